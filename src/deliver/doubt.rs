//! After a restored backup: what was to go out before the backup came back may have gone out in
//! the time that the ledger does not remember. So the channel is asked before the first attempt.

use chrono::TimeDelta;

use super::send::{DeliverError, Message, told};
use super::{Courier, Done, Station, unless_overtaken};
use crate::channel::{DeliveryKey, Kind, Likeness, Search, Trace};
use crate::ledger::{Deed, Delivery, LedgerError, Restored, Standing};
use crate::plan::Step;
use crate::posting::Posting;

/// Whether a delivery may have gone out in a time that is forgotten.
pub(super) enum Doubt {
    /// It may go out.
    None,
    /// It does not go out now: it was found, is asked about, or somebody else had it meanwhile.
    Settled(Option<Done>),
}

/// A page that was there before a backup came back has been seen again by then.
const LONGEST_AWAY: TimeDelta = TimeDelta::days(14);

impl Courier<'_> {
    /// Asks the channel about a delivery that was not tried since a backup came back, unless
    /// its ad is certainly newer than that. What a person or a later round has to decide is done here.
    pub(super) async fn dispel_doubt(
        &self,
        step: &Step,
        posting: &Posting,
        station: &Station,
        composed: &Message,
        on_record: &Delivery,
    ) -> Result<Doubt, DeliverError> {
        let Some(restored) = self.ledger.restored().await? else { return Ok(Doubt::None) };
        let new_copy = matches!(step.deed, Deed::Publish | Deed::FollowUp);
        let tried_since = on_record.attempted_at.is_some_and(|at| at > restored.at);
        if !new_copy
            || tried_since
            || self.came_later(posting, &restored).await?
            || self.was_answered(step.key, &restored).await?
        {
            return Ok(Doubt::None);
        }
        let owned = self.owned(&step.name.channel, step.key, restored.from).await?;
        let search = Search {
            wire: &composed.message.wire,
            key: &step.key,
            since: restored.from,
            owned: &owned,
            likeness: Likeness::Link(&posting.permalink),
        };
        let now = self.clock.now();
        let in_flight = station.channel.abilities().in_flight_seconds;
        let in_flight = TimeDelta::seconds(in_flight.into());
        let settled = match station.channel.find(&search).await {
            Trace::Found(receipt) => {
                let standing = Standing {
                    revision: composed.revision.clone(),
                    content_hash: composed.message.rendition.content_hash(),
                    rendition: composed.message.rendition.clone(),
                };
                // A board is asked for our reference, whatever its copy says: so it is brought up
                // to date.
                let says = (station.channel.kind() != Kind::Board).then_some(&standing);
                self.ledger.found(step.key, &receipt, says, now).await
            }
            Trace::Absent if now > restored.at + in_flight => return Ok(Doubt::None),
            Trace::Absent => {
                let why = "a backup was restored, and something from before may still arrive";
                self.ledger.still_waits(step.key, why, now).await
            }
            Trace::NotYet { why } => {
                let why = format!("a backup was restored, and the channel was asked first: {why}");
                self.ledger.still_waits(step.key, &why, now).await
            }
            Trace::CannotTell { why } => {
                let why = format!("a backup was restored; it may have gone out before: {why}");
                self.ledger.doubt(step.key, &why, now).await
            }
        };
        Ok(Doubt::Settled(unless_overtaken(settled)?.map(|delivery| told(&delivery))))
    }

    /// Whether an ad is so much newer than the backup that nothing of it can have gone out before.
    /// One date alone proves nothing: authors change the date of a page, and a page that is seen
    /// for the first time may have been there before and away for a while.
    async fn came_later(
        &self,
        posting: &Posting,
        restored: &Restored,
    ) -> Result<bool, LedgerError> {
        let dated = posting.publish_at.or(posting.date);
        let known = self.ledger.posting(&posting.id).await?;
        Ok(dated.is_some_and(|dated| dated > restored.at)
            && known.is_some_and(|known| known.first_seen > restored.at + LONGEST_AWAY))
    }

    /// Whether a person has said since that it is not there.
    async fn was_answered(
        &self,
        key: DeliveryKey,
        restored: &Restored,
    ) -> Result<bool, LedgerError> {
        let events = self.ledger.events_of(key).await?;
        Ok(events.iter().any(|event| event.what == "resolved" && event.at >= restored.at))
    }
}
