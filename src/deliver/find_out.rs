//! Finding out: what became of an attempt whose outcome is unknown.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tracing::info;

use super::{Courier, Done, done, unless_overtaken, wait};
use crate::channel::wire::Verb;
use crate::channel::{ChannelName, Kind, Receipt, Trace, Wire};
use crate::ledger::{Attempt, CopyState, Deed, Delivery, LedgerError, Past, Standing, State};

/// How long after its `send_by` the slowest channel may still be taking an attempt in: the time
/// limit for the end of a mail's data is five minutes, and servers need a moment to show what they
/// took.
const ARRIVES_WITHIN: TimeDelta = TimeDelta::minutes(8);

impl Courier<'_> {
    /// The deliveries whose outcome is unknown, by channel.
    pub(super) async fn unknown(
        &self,
    ) -> Result<BTreeMap<ChannelName, Vec<Delivery>>, LedgerError> {
        let mut unknown: BTreeMap<ChannelName, Vec<Delivery>> = BTreeMap::new();
        for delivery in self.ledger.past().await?.deliveries {
            if delivery.state == State::Unknown {
                unknown.entry(delivery.name.channel.clone()).or_default().push(delivery);
            }
        }
        Ok(unknown)
    }

    /// Asks each channel about its unknown deliveries; no channel waits for another.
    pub(super) async fn find_out(
        &self,
        unknown: &BTreeMap<ChannelName, Vec<Delivery>>,
    ) -> Result<Vec<Done>, LedgerError> {
        let channels = unknown.values().map(|deliveries| async move {
            let mut found_out = Vec::new();
            for delivery in deliveries {
                found_out.push(self.look_into(delivery).await);
            }
            found_out
        });
        join_all(channels).await.into_iter().flatten().collect()
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
        let trace = station.channel.find(&attempt.wire, &delivery.key, attempt.began_at).await;
        Ok(match trace {
            _ if repeats_harmlessly(&attempt.wire) && !matches!(trace, Trace::Found(_)) => {
                Trace::Absent
            }
            Trace::Absent if self.clock.now() <= attempt.send_by + ARRIVES_WITHIN => {
                let why = "not there yet; it may still arrive, so it is looked for again";
                Trace::NotYet { why: why.to_owned() }
            }
            Trace::Found(receipt) if is_found_by_its_words(station.channel.kind()) => {
                let past = self.ledger.past().await?;
                match owner(&past, delivery, &receipt) {
                    Some(owner) => Trace::CannotTell {
                        why: format!(
                            "what says the same there is the copy of {}; look for another",
                            owner.key.short()
                        ),
                    },
                    None => Trace::Found(receipt),
                }
            }
            trace => trace,
        })
    }

    async fn conclude(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        trace: Trace,
    ) -> Result<Delivery, LedgerError> {
        let now = self.clock.now();
        match trace {
            Trace::Found(receipt) => {
                let standing = Standing {
                    revision: delivery.revision.clone(),
                    content_hash: attempt.rendition.content_hash(),
                    rendition: attempt.rendition.clone(),
                };
                self.ledger.found(delivery.key, &receipt, Some(&standing), now).await
            }
            Trace::Absent => self.ledger.absent(delivery.key, repeated_at(attempt, now), now).await,
            Trace::NotYet { why } | Trace::CannotTell { why } => {
                self.ledger.still_unknown(delivery.key, &why, now).await
            }
        }
    }
}

/// Whether the same once more leaves the world as it is: a copy is changed or taken back, an entry
/// is written, a person who was not told yet is asked.
fn repeats_harmlessly(wire: &Wire) -> bool {
    match wire {
        Wire::Http(request) => request.verb != Verb::Create,
        Wire::Entry(_) | Wire::Errand { .. } => true,
        Wire::Mail(_) => false,
    }
}

/// Where no key of ours comes back, the words are all there is to go by.
fn is_found_by_its_words(kind: Kind) -> bool {
    match kind {
        Kind::Mastodon | Kind::X => true,
        Kind::Mail | Kind::Board | Kind::Feed | Kind::Manual => false,
    }
}

/// The delivery that made the copy which was found, if it was another one: two channels may share
/// an account, and two ads may say the same.
fn owner<'a>(past: &'a Past, delivery: &Delivery, receipt: &Receipt) -> Option<&'a Delivery> {
    if !matches!(delivery.deed, Deed::Publish | Deed::FollowUp) || receipt.remote_id.is_none() {
        return None;
    }
    past.deliveries.iter().find(|other| {
        other.key != delivery.key
            && other.copy.is_some_and(CopyState::stands)
            && other.receipt.as_ref().is_some_and(|it| {
                it.remote_id == receipt.remote_id
                    && (it.link == receipt.link || other.name.channel == delivery.name.channel)
            })
    })
}

/// At once the first time; what keeps getting lost is tried less and less often.
fn repeated_at(attempt: &Attempt, now: DateTime<Utc>) -> DateTime<Utc> {
    match attempt.number {
        0 | 1 => now,
        number => now.max(attempt.began_at + wait(number - 1, None)),
    }
}
