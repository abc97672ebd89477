//! A copy that a person names by its link.

use url::Url;

use super::DecideError;
use crate::channel::{DeliveryKey, Receipt};
use crate::deliver::Station;
use crate::ledger::{Deed, Past};

/// What a link says of a copy: its id too, where the channel can read that from it. The channel is
/// `None` if it is not configured any more.
pub fn receipt(link: &Url, station: Option<&Station>) -> Receipt {
    let remote_id = station.and_then(|station| station.channel.recognise(link));
    Receipt { remote_id, link: Some(link.clone()), ..Receipt::default() }
}

/// That a copy is no other delivery's: one copy belongs to one ad.
///
/// # Errors
/// [`DecideError::Mistaken`] names the delivery that has it.
pub fn not_anothers(
    past: &Past,
    station: &Station,
    receipt: &Receipt,
    own: Option<DeliveryKey>,
) -> Result<(), DecideError> {
    let same = |other: &Receipt| {
        (receipt.remote_id.is_some() && other.remote_id == receipt.remote_id)
            || other.link == receipt.link
    };
    let owner = past.deliveries.iter().find(|it| {
        it.name.channel == station.spec.name
            && Some(it.key) != own
            && matches!(it.deed, Deed::Publish | Deed::FollowUp)
            && it.receipt.as_ref().is_some_and(same)
    });
    match owner {
        None => Ok(()),
        Some(owner) => Err(DecideError::Mistaken(format!(
            "that copy is on record already, as one of {}\n\
             help: `handbill log show {}` shows it",
            owner.name.posting,
            owner.key.short()
        ))),
    }
}
