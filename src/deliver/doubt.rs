//! After a restored backup: what was to go out before the backup came back may have gone out in
//! the time that the ledger does not remember. So the channel is asked before the first attempt.

use super::send::{DeliverError, Message, told};
use super::{Courier, Done, Station, unless_overtaken};
use crate::channel::{Likeness, Search, Trace};
use crate::ledger::{Deed, Standing};
use crate::plan::Step;
use crate::posting::Posting;

impl Courier<'_> {
    /// Asks the channel about a delivery that the ledger never tried, if its time lies before a
    /// restored backup came back. `None`: it may go out. What a person or a later round has to
    /// decide is done here, and returned.
    pub(super) async fn dispel_doubt(
        &self,
        step: &Step,
        posting: &Posting,
        station: &Station,
        composed: &Message,
    ) -> Result<Option<Done>, DeliverError> {
        let Some(restored) = self.ledger.restored().await? else { return Ok(None) };
        let due = step.slot.or(step.when.time());
        let new_copy = matches!(step.deed, Deed::Publish | Deed::FollowUp);
        if !new_copy || due.is_none_or(|due| due > restored.at) {
            return Ok(None);
        }
        let owned = self.ledger.owned_by_others(step.key, restored.from).await?;
        let search = Search {
            wire: &composed.message.wire,
            key: &step.key,
            since: restored.from,
            owned: &owned,
            likeness: Likeness::Link(&posting.permalink),
        };
        let now = self.clock.now();
        let settled = match station.channel.find(&search).await {
            Trace::Found(receipt) => {
                let standing = Standing {
                    revision: composed.revision.clone(),
                    content_hash: composed.message.rendition.content_hash(),
                    rendition: composed.message.rendition.clone(),
                };
                self.ledger.found(step.key, &receipt, Some(&standing), now).await
            }
            Trace::Absent => return Ok(None),
            Trace::NotYet { why } => {
                let why = format!("a backup was restored, and the channel was asked first: {why}");
                self.ledger.still_waits(step.key, &why, now).await
            }
            Trace::CannotTell { why } => {
                let why = format!("a backup was restored; it may have gone out before: {why}");
                self.ledger.doubt(step.key, &why, now).await
            }
        };
        Ok(unless_overtaken(settled)?.map(|delivery| told(&delivery)))
    }
}
