//! Finding out: what became of an attempt whose outcome is unknown.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use super::send::{gave_up, step_done, wait};
use super::{Courier, Done, Intake, Station, done, fail_point, unless_overtaken};
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{
    Abilities, Can, ChannelName, DeliveryKey, Edit, Likeness, Receipt, Search, StepDone, Trace,
    Wire,
};
use crate::clock::Clock;
use crate::ledger::{Attempt, Deed, Delivery, LedgerError, Owned, Standing, State, Whom};

/// A channel that does not answer is asked for a day; then a person is asked as well.
const ASKED_ALONE: TimeDelta = TimeDelta::days(1);

impl Courier<'_> {
    /// The deliveries whose outcome is unknown, by channel.
    pub(super) async fn unknown(
        &self,
    ) -> Result<BTreeMap<ChannelName, Vec<Delivery>>, LedgerError> {
        let mut unknown: BTreeMap<ChannelName, Vec<Delivery>> = BTreeMap::new();
        for delivery in self.ledger.in_state(State::Unknown).await? {
            unknown.entry(delivery.name.channel.clone()).or_default().push(delivery);
        }
        Ok(unknown)
    }

    /// Asks a channel about its unknown deliveries.
    pub(super) async fn find_out(&self, unknown: &[Delivery]) -> Result<Vec<Done>, LedgerError> {
        let mut found_out = Vec::new();
        for delivery in unknown {
            if self.worker.intake() == Intake::Closed {
                break;
            }
            found_out.push(self.look_into(delivery).await?);
        }
        Ok(found_out)
    }

    async fn look_into(&self, delivery: &Delivery) -> Result<Done, LedgerError> {
        let changed = match self.ledger.last_attempt(delivery.key).await? {
            Some(attempt) => {
                let trace = self.trace(delivery, &attempt).await?;
                unless_overtaken(self.conclude(delivery, &attempt, trace).await)?
            }
            None => None,
        };
        let done = done(changed.as_ref().unwrap_or(delivery));
        info!(delivery = %done.key, channel = %done.channel, state = done.state.as_str(), "looked into an unknown outcome");
        Ok(done)
    }

    /// What the channel shows of an attempt.
    async fn trace(&self, delivery: &Delivery, attempt: &Attempt) -> Result<Trace, LedgerError> {
        let Some(station) = self.station(&delivery.name.channel) else {
            let why = "its channel is not configured any more; look there".to_owned();
            return Ok(Trace::CannotTell { why });
        };
        let Some(wire) = attempt.carried.as_ref().map(|carried| &carried.wire) else {
            let why = "what was sent is erased, so it cannot be looked for; look there".to_owned();
            return Ok(Trace::CannotTell { why });
        };
        let since = began_on_this_clock(attempt, &self.clock);
        let owned = self.owned(&delivery.name.channel, delivery.key, since).await?;
        let done = self.ledger.steps_done(delivery.key).await?;
        let done: Vec<StepDone> = done.into_iter().map(|(_, done)| done).collect();
        let search = Search {
            wire,
            key: &delivery.key,
            since,
            now: self.clock.now(),
            owned: &owned.ids,
            likeness: Likeness::Words,
            done: &done,
        };
        let trace = station.channel.find(&search).await;
        fail_point::reached("after-find").await;
        let abilities = station.channel.abilities();
        if self.may_be_anothers(delivery, wire, &trace).await? {
            let why = "a copy that says the same may be another delivery's; it is looked for again";
            return Ok(Trace::NotYet { why: why.to_owned() });
        }
        Ok(match trace {
            Trace::NotYet { .. } | Trace::CannotTell { .. }
                if may_be_repeated(attempt, wire, &abilities, &self.clock) =>
            {
                Trace::Absent
            }
            _ if repeats_harmlessly(delivery.deed, wire, &abilities)
                && !matches!(trace, Trace::Found(_) | Trace::Held { .. }) =>
            {
                Trace::Absent
            }
            Trace::Absent | Trace::Partly(_) if abilities.proves_absence == Can::No => {
                let why = "it is not to be seen there, which proves nothing";
                Trace::CannotTell { why: why.to_owned() }
            }
            Trace::Absent | Trace::Partly(_)
                if may_be_under_way(attempt, &abilities, &self.clock) =>
            {
                let why = "not there yet; it may still arrive, so it is looked for again";
                Trace::NotYet { why: why.to_owned() }
            }
            Trace::Absent | Trace::Partly(_) if attempt.heard_of_a_duplicate() => {
                let why = "the channel said that it has these words already, and does not show \
                           whose they are; look there";
                Trace::CannotTell { why: why.to_owned() }
            }
            trace => trace,
        })
    }

    /// Why a mail that was to go out once more must not any longer: nobody knows whether the first one
    /// arrived, and its list may have forgotten it since. `None` if it may go out.
    ///
    /// A try that did not get through leaves it waiting, and the list's memory does not wait.
    pub(super) async fn forgotten_meanwhile(
        &self,
        station: &Station,
        wire: &Wire,
        on_record: &Delivery,
    ) -> Result<Option<&'static str>, LedgerError> {
        let abilities = station.channel.abilities();
        if on_record.attempts == 0
            || !matches!(wire, Wire::Mail(_))
            || abilities.proves_absence == Can::Yes
        {
            return Ok(None);
        }
        let attempts = self.ledger.attempts(on_record.key).await?;
        let Some(first) = attempts.iter().find(|it| it.left_it_unknown()) else { return Ok(None) };
        if is_remembered(first, &abilities, &self.clock) {
            return Ok(None);
        }
        // Who says that it is not there, or wants another try, has looked.
        let events = self.ledger.events_of(on_record.key).await?;
        let answered = events.iter().any(|it| it.what == "resolved" && it.at >= first.began_at);
        Ok((!answered).then_some(
            "an earlier mail may have arrived, and its list may have forgotten it since, so that \
             the same mail would stand there twice; look there",
        ))
    }

    /// The copies of other deliveries that may be mistaken for one on this channel: those of every
    /// channel with the same place.
    pub(super) async fn owned(
        &self,
        channel: &ChannelName,
        key: DeliveryKey,
        since: DateTime<Utc>,
    ) -> Result<Owned, LedgerError> {
        let place = self.station(channel).map(|station| station.channel.place());
        let sharing = |station: &&Station| {
            station.spec.name == *channel || Some(station.channel.place()) == place
        };
        let channels: Vec<ChannelName> =
            self.stations.iter().filter(sharing).map(|station| station.spec.name.clone()).collect();
        self.ledger.owned_by_others(key, since, &channels).await
    }

    /// Two channels may share an account and say the same there: what one of them made belongs to
    /// it even before it is on record. So the other attempts are asked first, and then once more
    /// what is on record: it may have come there while the channel was searched.
    async fn may_be_anothers(
        &self,
        delivery: &Delivery,
        wire: &Wire,
        trace: &Trace,
    ) -> Result<bool, LedgerError> {
        let found: Vec<Receipt> = match trace {
            Trace::Found(receipt) | Trace::Held { receipt, .. } => created(wire, receipt),
            Trace::Partly(done) => done.iter().map(StepDone::receipt).collect(),
            Trace::Absent
            | Trace::TurnedDown { .. }
            | Trace::NotYet { .. }
            | Trace::CannotTell { .. } => Vec::new(),
        };
        let ours = creations(wire);
        if found.is_empty() || ours.is_empty() {
            return Ok(false);
        }
        let says_the_same = |other: &Attempt| {
            let theirs = other.carried.as_ref().map(|it| creations(&it.wire)).unwrap_or_default();
            let is_one = |it: &&HttpRequest| {
                theirs.iter().any(|their| their.url == it.url && their.body == it.body)
            };
            other.delivery != delivery.key && ours.iter().any(is_one)
        };
        if self.ledger.unanswered().await?.iter().any(says_the_same) {
            return Ok(true);
        }
        // However old its record is: the clock may have been wrong by any length when it was made.
        let ever = DateTime::<Utc>::UNIX_EPOCH;
        let owned = self.owned(&delivery.name.channel, delivery.key, ever).await?;
        Ok(found.iter().any(|found| owned.has(found)))
    }

    async fn conclude(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        trace: Trace,
    ) -> Result<Delivery, LedgerError> {
        let now = self.clock.now();
        // Who holds the copy back has the edit as well.
        let trace = match trace {
            Trace::Held { receipt, .. } if delivery.deed == Deed::Edit => Trace::Found(receipt),
            trace => trace,
        };
        match trace {
            Trace::Found(receipt) => {
                let standing = attempt.carried.as_ref().map(|carried| Standing {
                    revision: delivery.revision.clone(),
                    content_hash: carried.rendition.content_hash(),
                    rendition: carried.rendition.clone(),
                });
                self.ledger.found(delivery.key, &receipt, standing.as_ref(), now).await
            }
            Trace::Absent => {
                let attempts = self.ledger.attempts(delivery.key).await?;
                let last = "the channel was searched and does not have it";
                match gave_up(&attempts, self.site.plan.give_up_after, last, now) {
                    Some(why) => self.ledger.given_up(delivery.key, &why, now).await,
                    None => {
                        let again = repeated_at(delivery, attempt, now);
                        self.ledger.absent(delivery.key, again, now).await
                    }
                }
            }
            Trace::Held { receipt, why } => {
                self.ledger.held(delivery.key, &receipt, &why, now).await
            }
            Trace::TurnedDown { why } => self.ledger.sent_back(delivery.key, &why, now).await,
            Trace::Partly(found) => {
                if let Some(carried) = &attempt.carried {
                    for done in &found {
                        let attempt = (attempt.delivery, attempt.number);
                        step_done(self.ledger, attempt, &carried.wire, done, now).await?;
                    }
                }
                let attempts = self.ledger.attempts(delivery.key).await?;
                match gave_up(&attempts, self.site.plan.give_up_after, "", now) {
                    Some(_) => {
                        let last = &attempt.detail;
                        let why = format!("a part of it is there, and the rest is not: {last}");
                        self.ledger.still_unknown(delivery.key, &why, Whom::APerson, now).await
                    }
                    None => {
                        let again = repeated_at(delivery, attempt, now);
                        self.ledger.goes_on(delivery.key, again, now).await
                    }
                }
            }
            Trace::NotYet { why } => {
                let alone = now <= attempt.send_by + ASKED_ALONE;
                let whom = if alone { Whom::TheChannel } else { Whom::APerson };
                self.ledger.still_unknown(delivery.key, &why, whom, now).await
            }
            Trace::CannotTell { why } => {
                self.ledger.still_unknown(delivery.key, &why, Whom::APerson, now).await
            }
        }
    }
}

/// Of what was found, that which the record's own requests created: parts that an edit has only
/// changed are those of the copy that it is about.
fn created(wire: &Wire, found: &Receipt) -> Vec<Receipt> {
    let Wire::Steps(steps) = wire else { return vec![found.clone()] };
    let changed =
        |id: &String| steps.steps.iter().any(|step| step.request.remote_id.as_ref() == Some(id));
    let ids = found.remote_id.iter().chain(&found.parts).filter(|id| !changed(id));
    ids.map(|id| Receipt { remote_id: Some(id.clone()), ..Receipt::default() }).collect()
}

/// The requests of a record that create something that readers see.
fn creations(wire: &Wire) -> Vec<&HttpRequest> {
    match wire {
        Wire::Http(request) if request.verb == Verb::Create => vec![request],
        Wire::Steps(steps) => steps.creations().collect(),
        Wire::Http(_) | Wire::Mail(_) | Wire::Entry(_) | Wire::Commit(_) | Wire::Errand { .. } => {
            Vec::new()
        }
    }
}

/// Whether the same once more leaves the world as it is, and nothing is lost where it is never done:
/// a copy that is on record is changed or taken back, a person who was not told yet is asked. A copy
/// that is made anew stands under another id, which has to be known before anything else. A new
/// entry could be written once more as well, but if nothing asks for it any more by then, somebody
/// has to know that it stands.
fn repeats_harmlessly(deed: Deed, wire: &Wire, abilities: &Abilities) -> bool {
    match wire {
        Wire::Http(_) | Wire::Steps(_) if deed == Deed::Edit && abilities.edit == Edit::Anew => {
            false
        }
        Wire::Http(_) | Wire::Steps(_) => creations(wire).is_empty(),
        Wire::Entry(_) | Wire::Commit(_) => deed != Deed::Publish,
        Wire::Errand { .. } => true,
        Wire::Mail(_) => false,
    }
}

/// Whether the same mail may go out once more though nobody knows whether the first one arrived: only
/// once, where the list certainly drops a second one, and when the first one is not under way any
/// more. Archive, own copy and notices have been asked by then.
fn may_be_repeated(attempt: &Attempt, wire: &Wire, abilities: &Abilities, clock: &Clock) -> bool {
    matches!(wire, Wire::Mail(_))
        && attempt.number == 1
        && !attempt.heard_of_a_duplicate()
        && !may_be_under_way(attempt, abilities, clock)
        && is_remembered(attempt, abilities, clock)
}

/// Whether the place still knows what it was sent in an attempt, and drops the same. Both clocks have
/// to agree: one that was turned back does not make it so.
fn is_remembered(attempt: &Attempt, abilities: &Abilities, clock: &Clock) -> bool {
    let Some(safe) = abilities.repeat_safe_seconds.and_then(|it| i64::try_from(it).ok()) else {
        return false;
    };
    let safe = TimeDelta::try_seconds(safe).unwrap_or_default();
    let passed = attempt.steady.as_ref().map(|began| clock.steady().since(began));
    clock.now() < attempt.began_at + safe && passed.is_none_or(|passed| passed < safe)
}

/// How far back is looked after a clock was turned back over a restart: nobody knows by how much.
const LONG_AGO: TimeDelta = TimeDelta::days(30);

/// When an attempt began, as the clock on the wall shows it now, or earlier: what it made is not
/// older. A clock that was ahead, and was put right since, wrote down a time that is too late.
fn began_on_this_clock(attempt: &Attempt, clock: &Clock) -> DateTime<Utc> {
    let Some(began) = &attempt.steady else { return attempt.began_at };
    let here = clock.steady();
    let latest = clock.now() - here.since(began);
    if attempt.began_at <= latest {
        attempt.began_at
    } else if here.boot == began.boot {
        latest
    } else {
        latest - LONG_AGO
    }
}

/// Whether something of an attempt may still be on its way, or stand there unseen. Both clocks have
/// to agree that it cannot: one that was turned forward does not make it so.
pub fn may_be_under_way(attempt: &Attempt, abilities: &Abilities, clock: &Clock) -> bool {
    under_way_until(attempt, abilities, clock).is_some()
}

/// Until when something of an attempt may still be on its way; `None` once it cannot be.
pub fn under_way_until(
    attempt: &Attempt,
    abilities: &Abilities,
    clock: &Clock,
) -> Option<DateTime<Utc>> {
    let now = clock.now();
    let in_flight = TimeDelta::seconds(abilities.in_flight_seconds.into());
    let by_the_wall = attempt.send_by + in_flight;
    let within = (attempt.send_by - attempt.began_at) + in_flight;
    let passed = attempt.steady.as_ref().map(|began| clock.steady().since(began));
    let left = passed.map_or(TimeDelta::MIN, |passed| within - passed);
    if now > by_the_wall && left < TimeDelta::zero() {
        return None;
    }
    Some(by_the_wall.max(now + left.max(TimeDelta::zero())))
}

/// At once the first time; what keeps getting lost is tried less and less often.
fn repeated_at(delivery: &Delivery, attempt: &Attempt, now: DateTime<Utc>) -> DateTime<Utc> {
    match attempt.number {
        0 | 1 => now,
        number => now.max(attempt.began_at + wait(delivery.key, number - 1, None)),
    }
}
