//! Settings that several kinds have, and what is wrong with them in the file's words.

use url::Url;

use super::{BuildError, ChannelName};

/// The address of a service: as it is written, or the one that everybody uses.
///
/// # Errors
/// [`BuildError`] if it is none of the web.
pub(super) fn web_address(
    channel: &ChannelName,
    key: &'static str,
    given: Option<&Url>,
    usual: &str,
) -> Result<Url, BuildError> {
    let url = match given {
        Some(url) => url.clone(),
        None => Url::parse(usual).map_err(|error| wrong(channel, key, error.to_string()))?,
    };
    if matches!(url.scheme(), "http" | "https") && url.host().is_some() {
        Ok(url)
    } else {
        Err(wrong(channel, key, format!("`{url}` is no web address")))
    }
}

pub(super) fn wrong(channel: &ChannelName, key: &'static str, why: String) -> BuildError {
    BuildError::Setting { channel: channel.clone(), key, why }
}
