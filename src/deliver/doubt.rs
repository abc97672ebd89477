//! After a restored backup: what was to go out before the backup came back may have gone out in
//! the time that the ledger does not remember. So the channel is asked before the first attempt.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::send::Message;
use super::{Courier, Done, Intake, Postings, Station, compose, done, unless_overtaken};
use crate::adapt::Occasion;
use crate::channel::{DeliveryKey, Kind, Likeness, Search, Trace, Wire};
use crate::ledger::{Deed, Delivery, LedgerError, NewDelivery, Past, Restored, Standing, State};
use crate::plan::{Plan, Reason, Step, When};
use crate::posting::Posting;

/// Whether a delivery may have gone out in a time that is forgotten.
pub(super) enum Doubt {
    /// It may go out.
    None,
    /// It does not go out now: it was found, is asked about, or somebody else had it meanwhile.
    Settled(Option<Done>),
}

/// What came of asking about ads that are closed.
#[derive(Default)]
pub(super) struct Asked {
    /// Whether a channel was asked: then the ledger says more than before.
    pub somebody: bool,
    /// Announcements of which the channel does not say yet whether they stand.
    pub waiting: BTreeSet<DeliveryKey>,
}

/// Whether an ad that is not announced for this reason may have stood in the forgotten time.
fn may_have_stood(reason: &Reason, restored: &Restored) -> bool {
    match reason {
        Reason::Expired { at } => *at >= restored.from,
        Reason::Draft | Reason::NoOpening | Reason::Closed | Reason::Withdrawn => true,
        _ => false,
    }
}

/// Whether the channel was asked about it since the backup came back.
fn was_asked(past: &Past, step: &Step, restored: &Restored) -> bool {
    past.deliveries.iter().any(|it| {
        it.name.posting == step.name.posting
            && it.name.channel == step.name.channel
            && it.name.occasion == Occasion::Announce
            && it.state == State::Cancelled
            && it.changed_at > restored.at
    })
}

/// Whether a change of a thread makes a part that was not there.
fn adds_a_part(wire: &Wire) -> bool {
    matches!(wire, Wire::Steps(steps) if steps.creations().next().is_some())
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
        restored: Option<Restored>,
    ) -> Result<Doubt, LedgerError> {
        let Some(restored) = restored else { return Ok(Doubt::None) };
        let new_copy = matches!(step.deed, Deed::Publish | Deed::FollowUp);
        let new_part = step.deed == Deed::Edit && adds_a_part(&composed.message.wire);
        let tried_since = on_record.attempted_at.is_some_and(|at| at > restored.at);
        if !(new_copy || new_part)
            || tried_since
            || self.came_later(posting, &restored).await?
            || self.was_answered(step.key, &restored).await?
        {
            return Ok(Doubt::None);
        }
        if new_part {
            // It has no link of ours, and nobody knows which words it had.
            let why = "a backup was restored; the part that the thread is to get may be there \
                       already: look there";
            let doubted = self.ledger.doubt(step.key, why, self.clock.now()).await;
            return Ok(Doubt::Settled(unless_overtaken(doubted)?.map(|delivery| done(&delivery))));
        }
        let owned = self.owned(&step.name.channel, step.key, restored.from).await?;
        let search = Search {
            wire: &composed.message.wire,
            key: &step.key,
            since: restored.from,
            now: self.clock.now(),
            owned: &owned.ids,
            likeness: Likeness::Link(&posting.permalink),
            done: &[],
        };
        let now = self.clock.now();
        let in_flight = station.channel.abilities().in_flight_seconds;
        let in_flight = TimeDelta::seconds(in_flight.into());
        let settled = match station.channel.find(&search).await {
            Trace::Found(receipt) | Trace::Held { receipt, .. } => {
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
            // It is not there; asked to take it once more, the channel says why not.
            Trace::TurnedDown { .. } => return Ok(Doubt::None),
            Trace::Partly(_) => {
                let why = "a backup was restored; a part of it is there, and the rest is not: \
                           look there";
                self.ledger.doubt(step.key, why, now).await
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
        Ok(Doubt::Settled(unless_overtaken(settled)?.map(|delivery| done(&delivery))))
    }

    /// An ad that closed before its announcement was due again may stand where the ledger has
    /// forgotten it, and would stand there open for ever. So the channel is asked once before the
    /// announcement is called off. Returns those that wait for the channel's answer.
    pub(super) async fn ask_about_closed(
        &self,
        plan: &Plan,
        past: &Past,
        postings: &Postings,
        on: impl Fn(&Step) -> bool,
        restored: Option<Restored>,
    ) -> Result<Asked, LedgerError> {
        let mut asked = Asked::default();
        let Some(restored) = restored else { return Ok(asked) };
        for step in plan.steps.iter().filter(|step| on(step)) {
            let When::Not { reason } = &step.when else { continue };
            let announces = step.name.occasion == Occasion::Announce && step.deed == Deed::Publish;
            if !announces || !may_have_stood(reason, &restored) || was_asked(past, step, &restored)
            {
                continue;
            }
            if self.worker.intake() == Intake::Closed {
                // Nobody was asked about it: it is not called off.
                asked.waiting.insert(step.key);
                asked.somebody = true;
                continue;
            }
            let (Some(station), Some(posting)) =
                (self.station(&step.name.channel), postings.named(&step.name.posting))
            else {
                continue;
            };
            let now = self.clock.now();
            let Ok(message) = compose::compose(self.site, station, posting, step, None, now) else {
                // What cannot be prepared cannot be looked for either.
                continue;
            };
            let delivery = NewDelivery {
                name: step.name.clone(),
                deed: step.deed,
                target: None,
                due_at: now,
                slot: None,
                revision: step.revision.clone(),
            };
            self.ledger.plan(&[delivery], now).await?;
            let Some(on_record) = self.ledger.delivery(step.key).await? else { continue };
            let message = Message { message, revision: step.revision.clone() };
            let doubt =
                self.dispel_doubt(step, posting, station, &message, &on_record, Some(restored));
            match doubt.await? {
                Doubt::None => {
                    unless_overtaken(self.ledger.cancel(step.key, &reason.to_string(), now).await)?;
                }
                Doubt::Settled(Some(done)) if done.state == State::Planned => {
                    asked.waiting.insert(step.key);
                }
                Doubt::Settled(_) => {}
            }
            asked.somebody = true;
        }
        Ok(asked)
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

    /// Whether a person has looked since, and said that it is not there. Who asks for another try of
    /// what the channel refused has not looked.
    async fn was_answered(
        &self,
        key: DeliveryKey,
        restored: &Restored,
    ) -> Result<bool, LedgerError> {
        let events = self.ledger.events_of(key).await?;
        Ok(events.iter().any(|event| {
            let answers = event.what == "resolved" && event.at >= restored.at;
            answers && event.says("was").as_deref() == Some(State::Unknown.as_str())
        }))
    }
}
