//! What a person agrees to when they approve: all words that a posting would show on a channel.

use sha2::{Digest, Sha256};

use super::Render;
use crate::adapt::{AdaptError, Occasion};
use crate::posting::Posting;
use crate::site::ChannelSpec;

/// The hash over the renditions of a posting on a channel, for every occasion that brings new
/// words there. That an ad is closed needs no agreement.
///
/// # Errors
/// [`AdaptError`] if one of them cannot be rendered.
pub fn words_to_approve(
    posting: &Posting,
    channel: &ChannelSpec,
    render: Render<'_>,
) -> Result<String, AdaptError> {
    let mut hash = Sha256::new();
    for occasion in channel.occasions() {
        if occasion == Occasion::Close {
            continue;
        }
        let rendition = render(posting, channel, occasion)?;
        hash.update(occasion.as_str());
        hash.update([0]);
        hash.update(rendition.content_hash());
        hash.update([0]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
