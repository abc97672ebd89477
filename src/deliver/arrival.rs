//! What was handed over and passed on: has it arrived where readers look for it?
//!
//! A mail that its server took may stand in the list's archive after seconds, or after a moderator has
//! come back from holidays. It is looked for at once, and then each time as long after as it has been
//! waited for already. Nothing is ever sent here.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use super::{Courier, Intake, Station, Wanted, unless_overtaken};
use crate::channel::{Arrival, Can, ChannelName, Likeness, Receipt, Search, StepDone, Trace};
use crate::ledger::{CopyState, Delivery, LedgerError};
use crate::schedule::local_time;

/// The shortest and the longest time between two looks.
const SHORTEST: TimeDelta = TimeDelta::seconds(5);
const LONGEST: TimeDelta = TimeDelta::hours(12);

/// What a look at everything on its way found.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// As they are now, those that were looked for.
    pub looked_for: Vec<Delivery>,
    /// When the next one should be looked for.
    pub next: Option<DateTime<Utc>>,
}

impl Courier<'_> {
    /// Looks for what is on its way and was not looked for lately.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails.
    pub async fn arrivals(&self, wanted: Wanted<'_>) -> Result<Arrivals, LedgerError> {
        let mut by_channel: BTreeMap<ChannelName, Vec<Delivery>> = BTreeMap::new();
        for delivery in self.ledger.on_their_way().await? {
            if wanted.includes_delivery(&delivery) {
                by_channel.entry(delivery.name.channel.clone()).or_default().push(delivery);
            }
        }
        // An archive that is slow to answer keeps no other waiting.
        let looks = by_channel.iter().filter_map(|(channel, deliveries)| {
            let station = self.station(channel)?;
            Some(self.look_for(station, deliveries))
        });
        let mut all = Arrivals::default();
        for arrivals in futures_util::future::join_all(looks).await {
            let arrivals = arrivals?;
            all.looked_for.extend(arrivals.looked_for);
            all.next = all.next.into_iter().chain(arrivals.next).min();
        }
        Ok(all)
    }

    /// Whether what a channel takes is only on its way then. Where neither an archive nor a mailbox
    /// says that it has arrived, a person does.
    pub(super) fn will_arrive(&self, station: &Station) -> bool {
        match station.channel.abilities().arrival {
            Arrival::AtOnce | Arrival::ByAPerson => false,
            Arrival::Later { .. } => true,
            // Only who hears what comes back learns anything by waiting for it.
            Arrival::Unsaid { .. } => self.site.mailbox.is_some(),
        }
    }

    async fn look_for(
        &self,
        station: &Station,
        deliveries: &[Delivery],
    ) -> Result<Arrivals, LedgerError> {
        let mut arrivals = Arrivals::default();
        for delivery in deliveries {
            if self.worker.intake() == Intake::Closed {
                break;
            }
            let now = self.clock.now();
            let next = if looked_for_at(station, delivery, now) <= now {
                let seen = self.look_for_one(station, delivery).await?;
                let on_its_way = seen.copy.is_some_and(CopyState::is_on_its_way);
                let next = on_its_way.then(|| looked_for_at(station, &seen, self.clock.now()));
                arrivals.looked_for.push(seen);
                next
            } else {
                Some(looked_for_at(station, delivery, now))
            };
            arrivals.next = arrivals.next.into_iter().chain(next).min();
        }
        Ok(arrivals)
    }

    async fn look_for_one(
        &self,
        station: &Station,
        delivery: &Delivery,
    ) -> Result<Delivery, LedgerError> {
        let attempt = self.ledger.last_attempt(delivery.key).await?;
        let wire = attempt.as_ref().and_then(|it| it.carried.as_ref()).map(|carried| &carried.wire);
        let trace = match (&attempt, wire) {
            (Some(attempt), Some(wire)) => {
                let done = self.ledger.steps_done(delivery.key).await?;
                let done: Vec<StepDone> = done.into_iter().map(|(_, done)| done).collect();
                let search = Search {
                    wire,
                    key: &delivery.key,
                    since: attempt.began_at,
                    now: self.clock.now(),
                    owned: &[].into(),
                    likeness: Likeness::Words,
                    done: &done,
                };
                station.channel.find(&search).await
            }
            _ => Trace::CannotTell { why: "what was sent is erased".to_owned() },
        };
        let now = self.clock.now();
        let changed = match trace {
            Trace::Found(receipt) => {
                info!(delivery = %delivery.key, channel = %delivery.name.channel, "arrived");
                self.ledger.arrived(delivery.key, &receipt, None, now).await
            }
            Trace::Held { receipt, why } => {
                let held = self.ledger.held(delivery.key, &receipt, &why, now).await;
                if let Some(held) = unless_overtaken(held)?
                    && self.is_given_up(station, &held, now).is_some()
                {
                    unless_overtaken(self.ledger.needs_a_person(delivery.key, &why, now).await)?;
                }
                self.ledger.not_seen_yet(delivery.key, now).await
            }
            Trace::TurnedDown { why } => self.ledger.sent_back(delivery.key, &why, now).await,
            _ if self.has_not_come_back(station, delivery, now) => {
                self.ledger.arrived(delivery.key, &Receipt::default(), None, now).await
            }
            Trace::Absent | Trace::Partly(_) | Trace::NotYet { .. } | Trace::CannotTell { .. } => {
                if let Some(why) = self.is_given_up(station, delivery, now) {
                    unless_overtaken(self.ledger.needs_a_person(delivery.key, &why, now).await)?;
                }
                self.ledger.not_seen_yet(delivery.key, now).await
            }
        };
        // A letter from the list, or a person, was quicker.
        Ok(unless_overtaken(changed)?.unwrap_or_else(|| delivery.clone()))
    }

    /// Whether it went to a person, and would have come back by now.
    fn has_not_come_back(
        &self,
        station: &Station,
        delivery: &Delivery,
        now: DateTime<Utc>,
    ) -> bool {
        let Arrival::Unsaid { comes_back_within_seconds } = station.channel.abilities().arrival
        else {
            return false;
        };
        now - delivery.changed_at >= length(comes_back_within_seconds)
    }

    /// Whether it has been on its way for too long, and what that means.
    fn is_given_up(
        &self,
        station: &Station,
        delivery: &Delivery,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let Arrival::Later { give_up_after_seconds } = station.channel.abilities().arrival else {
            return None;
        };
        let patience = length(give_up_after_seconds);
        if delivery.asks_since.is_some() || now - delivery.changed_at < patience {
            return None;
        }
        let since = local_time(delivery.changed_at, self.site.settings.timezone);
        Some(match delivery.copy {
            Some(CopyState::Held) => {
                format!("its server took it on {since}, and a moderator has it still")
            }
            _ => format!("its server took it on {since}, and it was not seen since"),
        })
    }
}

fn length(seconds: u64) -> TimeDelta {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}

/// When it is looked for next: at once, and then after as long as it has been waited for already; and
/// where nothing can be looked at, once its time is over. What a clock that was ahead has left is not
/// waited for.
fn looked_for_at(station: &Station, delivery: &Delivery, now: DateTime<Utc>) -> DateTime<Utc> {
    match delivery.verified_at {
        Some(last) if last <= now => {
            last + (last - delivery.changed_at).abs().clamp(SHORTEST, LONGEST)
        }
        _ if station.channel.abilities().find == Can::No => now.max(over_at(station, delivery)),
        _ => now,
    }
}

/// When a delivery has been on its way for too long, or has arrived because nothing came back.
fn over_at(station: &Station, delivery: &Delivery) -> DateTime<Utc> {
    let patience = match station.channel.abilities().arrival {
        Arrival::Later { give_up_after_seconds: patience }
        | Arrival::Unsaid { comes_back_within_seconds: patience } => length(patience),
        Arrival::AtOnce | Arrival::ByAPerson => TimeDelta::zero(),
    };
    delivery.changed_at.checked_add_signed(patience).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
