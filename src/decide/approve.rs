//! A person agrees to the words of an ad on a channel, and to no others.

use std::cell::RefCell;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::DecideError;
use crate::adapt::{self, Occasion, Rendition};
use crate::channel::{Action, Address, ChannelName};
use crate::deliver::Station;
use crate::deliver::compose::{self, ComposeError, Composed};
use crate::ledger::{Approval, DeliveryName, Ledger, Occurrence};
use crate::plan;
use crate::posting::{Posting, PostingId};
use crate::site::queue;
use crate::site::{ChannelSpec, Site};

/// All words of an ad on a channel, as they were rendered once: what is shown is what is agreed to.
#[derive(Debug, Clone)]
pub struct Words {
    pub hash: String,
    pub shown: Vec<(Occasion, Composed)>,
}

/// Renders an ad once for a channel, for every occasion that needs agreement. `ledger` is the
/// ledger's own id, by which deliveries are named.
///
/// # Errors
/// [`ComposeError`] if it cannot be rendered, or not be put on the wire.
pub fn words(
    posting: &Posting,
    station: &Station,
    site: &Site,
    ledger: Uuid,
    at: DateTime<Utc>,
) -> Result<Words, ComposeError> {
    let made: RefCell<Vec<(Occasion, Rendition)>> = RefCell::default();
    let render = |posting: &Posting, _: &ChannelSpec, occasion: Occasion| {
        let rendition = adapt::adapt(posting, &station.target, occasion, &site.templates)?;
        made.borrow_mut().push((occasion, rendition.clone()));
        Ok(rendition)
    };
    let hash = plan::words_to_approve(posting, &station.spec, &render)?;
    let mut shown = Vec::new();
    for (occasion, rendition) in made.take() {
        let name = DeliveryName {
            posting: posting.id.clone(),
            channel: station.spec.name.clone(),
            occasion,
            occurrence: Occurrence::FIRST,
        };
        let key = name.key(ledger);
        let address = Address { key: &key, reference: &posting.id.0, at };
        let (rendition, picture) = compose::with_picture(rendition, site, station, posting);
        let wire = station.channel.prepare(Action::Publish(&rendition), &address)?;
        shown.push((occasion, Composed { rendition, wire, picture }));
    }
    Ok(Words { hash, shown })
}

/// Whether an ad waits for somebody's agreement before it goes to a channel.
pub fn is_needed(posting: &Posting, channel: &ChannelSpec) -> bool {
    let asked =
        channel.holds.approval == queue::Approval::Needed || posting.asks_for_approval.is_some();
    asked && channel.filter.rejects(posting).is_none()
}

/// Writes down that somebody agrees to the words whose hash was shown to them, if these are the words
/// of now.
///
/// # Errors
/// [`DecideError::OtherWords`] if they are not.
pub async fn approve(
    ledger: &Ledger,
    posting: &PostingId,
    channel: &ChannelName,
    words: &Words,
    shown: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), DecideError> {
    if words.hash != shown {
        return Err(DecideError::OtherWords);
    }
    let approval = Approval { content_hash: words.hash.clone(), by: by.to_owned(), at: now };
    Ok(ledger.approve(posting, channel, &approval).await?)
}
