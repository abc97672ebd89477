//! Joins plan, ledger and channels: attempt, outcome, finding out.
//!
//! The order is the promise: claim, attempt on disk (key, exact bytes, time), call, receipt on
//! disk, everything else. What is previewed is made by the same [`compose`] as what is sent.

pub mod clock;
pub mod compose;
pub mod station;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tracing::{info, warn};

use crate::adapt::Occasion;
use crate::channel::{ChannelName, DeliveryKey, Kind, Outcome, Sight, Trace, Wire, wire::Verb};
use crate::ledger::{
    self, Asked, Attempt, CopyState, Deed, Delivery, Ledger, LedgerError, NewDelivery, Observed,
    Past, Settlement, Standing, State,
};
use crate::plan::{self, Inputs, Pace, Plan, Step, When};
use crate::posting::Posting;
use crate::site::Site;
pub use clock::Clock;
pub use station::Station;

/// Nothing of an attempt is sent later than this after it was recorded.
const SEND_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// How long after that the slowest channel may still be taking it in: the time limit for the end of
/// a mail's data is five minutes, and servers need a moment to show what they took.
const ARRIVES_WITHIN: TimeDelta = TimeDelta::minutes(8);

/// The first wait after a deferral; doubled with every further one, up to [`LONGEST_WAIT`].
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(5);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// The postings of a site as they were read just now.
#[derive(Debug, Clone, Default)]
pub struct Postings {
    pub open: Vec<Posting>,
    /// Paths of pages that have errors.
    pub held_back: BTreeSet<String>,
}

/// Carries out what is due.
pub struct Courier<'a> {
    pub site: &'a Site,
    pub stations: &'a [Station],
    pub ledger: &'a Ledger,
    /// Names this process in the ledger.
    pub worker: String,
    pub clock: Clock,
}

/// What a round did.
#[derive(Debug, Default, Serialize)]
pub struct Round {
    pub done: Vec<Done>,
    /// What could not even be prepared: a person has to mend a page, a template or a file.
    pub problems: Vec<String>,
    pub plan: Plan,
}

/// One delivery that was tried, or found out about.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    pub key: DeliveryKey,
    pub posting: String,
    pub channel: ChannelName,
    pub occasion: Occasion,
    pub state: State,
    pub reason: String,
    pub link: Option<url::Url>,
}

impl Courier<'_> {
    /// One round: what dead workers left becomes unknown, unknowns are looked into, the plan is
    /// made and written down, and what is due is done; each channel on its own, so that one
    /// channel's trouble delays no other.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails; then nothing more is sent.
    pub async fn round(
        &self,
        postings: &Postings,
        pace: Pace,
        wanted: Wanted<'_>,
    ) -> Result<Round, LedgerError> {
        let mut round = Round::default();
        let alive = |attempt: &Attempt| ledger::liveness(&attempt.worker);
        for lost in self.ledger.recover(alive, self.clock.now()).await? {
            warn!(delivery = %lost.key, channel = %lost.name.channel, "an attempt of a process that ended is unknown now");
        }
        round.done.extend(self.find_out().await?);
        self.observe(&postings.open).await?;
        let past = self.ledger.past().await?;
        round.plan = self.plan(postings, &past, pace);
        self.write_down(&round.plan, &past).await?;

        let mut by_channel: BTreeMap<&ChannelName, Vec<&Step>> = BTreeMap::new();
        for step in round.plan.due().filter(|step| wanted.includes(step)) {
            by_channel.entry(&step.name.channel).or_default().push(step);
        }
        let channels = by_channel.into_values().map(|steps| async {
            let mut results = Vec::new();
            for step in steps {
                results.push(self.deliver(step, postings).await);
            }
            results
        });
        let results = futures_util::future::join_all(channels).await;
        for result in results.into_iter().flatten() {
            match result {
                Ok(Some(done)) => round.done.push(done),
                Ok(None) => {}
                Err(DeliverError::Compose(problem)) => round.problems.push(problem),
                Err(DeliverError::Ledger(error)) => return Err(error),
            }
        }
        Ok(round)
    }

    /// The difference between what should stand and what does, by this site's templates.
    pub fn plan(&self, postings: &Postings, past: &Past, pace: Pace) -> Plan {
        make_plan(self.site, self.stations, postings, past, pace, self.clock.now())
    }

    /// Asks the channels about every attempt whose outcome is unknown.
    async fn find_out(&self) -> Result<Vec<Done>, LedgerError> {
        let mut found_out = Vec::new();
        for delivery in self.ledger.past().await?.deliveries {
            if delivery.state != State::Unknown {
                continue;
            }
            let Some(attempt) = self.ledger.last_attempt(delivery.key).await? else { continue };
            let now = self.clock.now();
            let changed = match &attempt.wire {
                // Changing or taking back a copy once more does no harm.
                Wire::Http(request) if request.verb != Verb::Create => {
                    Some(self.ledger.absent(delivery.key, now, now).await?)
                }
                Wire::Entry(_) => Some(self.ledger.absent(delivery.key, now, now).await?),
                wire => {
                    let Some(station) = self.station(&delivery.name.channel) else { continue };
                    let trace = station.channel.find(wire, &delivery.key, attempt.began_at).await;
                    match trace {
                        Trace::Found(receipt) => {
                            let standing = Standing {
                                revision: delivery.revision.clone(),
                                content_hash: attempt.rendition.content_hash(),
                                rendition: attempt.rendition.clone(),
                            };
                            let now = self.clock.now();
                            Some(
                                self.ledger
                                    .found(delivery.key, &receipt, Some(&standing), now)
                                    .await?,
                            )
                        }
                        Trace::Absent if may_repeat(&attempt, station, self.clock.now()) => {
                            let now = self.clock.now();
                            Some(self.ledger.absent(delivery.key, now, now).await?)
                        }
                        Trace::Absent => {
                            let why =
                                "not there yet; it may still arrive, so it is looked for again";
                            Some(
                                self.ledger
                                    .still_unknown(delivery.key, why, self.clock.now())
                                    .await?,
                            )
                        }
                        Trace::NotYet { why } | Trace::CannotTell { why } => Some(
                            self.ledger.still_unknown(delivery.key, &why, self.clock.now()).await?,
                        ),
                    }
                }
            };
            let done = done(&changed.unwrap_or(delivery));
            info!(delivery = %done.key, channel = %done.channel, state = done.state.as_str(), "looked into an unknown outcome");
            found_out.push(done);
        }
        Ok(found_out)
    }

    async fn observe(&self, postings: &[Posting]) -> Result<(), LedgerError> {
        let observed: Vec<Observed> = postings.iter().map(observed).collect();
        let channels: Vec<ChannelName> =
            self.stations.iter().map(|station| station.spec.name.clone()).collect();
        self.ledger.observe(&observed, &channels, self.clock.now()).await
    }

    /// Writes every wanted delivery down, and cancels what nothing wants any more.
    async fn write_down(&self, plan: &Plan, past: &Past) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let written: BTreeMap<DeliveryKey, &Delivery> =
            past.deliveries.iter().map(|delivery| (delivery.key, delivery)).collect();
        let mut new = Vec::new();
        for step in &plan.steps {
            let Some(due_at) = step.when.time() else { continue };
            match written.get(&step.key) {
                None => new.push(NewDelivery {
                    name: step.name.clone(),
                    deed: step.deed,
                    target: step.target,
                    due_at,
                    revision: step.revision.clone(),
                }),
                Some(known) if known.due_at != due_at || known.revision != step.revision => {
                    self.ledger.reschedule(step.key, due_at, &step.revision, now).await?;
                }
                Some(_) => {}
            }
        }
        self.ledger.plan(&new, now).await?;
        for (key, reason) in &plan.cancel {
            self.ledger.cancel(*key, reason, now).await?;
        }
        Ok(())
    }

    /// Claim, attempt on disk, call, receipt on disk.
    async fn deliver(
        &self,
        step: &Step,
        postings: &Postings,
    ) -> Result<Option<Done>, DeliverError> {
        let Some(station) = self.station(&step.name.channel) else { return Ok(None) };
        let Some(posting) = postings.open.iter().find(|it| it.id == step.name.posting) else {
            return Ok(None);
        };
        let target = match step.target {
            Some(key) => self.ledger.delivery(key).await?,
            None => None,
        };
        let now = self.clock.now();
        let composed = match self.same_bytes(step.key).await? {
            Some(composed) => composed,
            None => compose::compose(self.site, station, posting, step, target.as_ref(), now)
                .map_err(|error| DeliverError::Compose(format!("{}: {error}", name(step))))?,
        };
        let claim = self
            .ledger
            .claim(
                step.key,
                &self.worker,
                &composed.wire,
                &composed.rendition,
                now,
                now + SEND_WITHIN,
            )
            .await?;
        // Somebody else has it, or it was cancelled meanwhile.
        let Some(claim) = claim else { return Ok(None) };
        let number = claim.number();
        info!(delivery = %step.key, channel = %step.name.channel, occasion = %step.name.occasion, attempt = number, "sending");

        let outcome = if self.clock.now() > claim.send_by() {
            Outcome::Deferred { why: "the time to send it had passed".to_owned(), after: None }
        } else if step.deed == Deed::Ask {
            Outcome::Posted(crate::channel::Receipt::default())
        } else {
            station.channel.send(claim.wire()).await
        };

        let now = self.clock.now();
        let asked_person = if step.deed == Deed::Ask || station.channel.kind() == Kind::Manual {
            Asked::Person
        } else {
            Asked::Done
        };
        let again_at = match &outcome {
            Outcome::Deferred { after, .. } => Some(now + wait(number, *after)),
            Outcome::Blocked { .. } => Some(now),
            _ => None,
        };
        let standing = Standing {
            revision: step.revision.clone(),
            content_hash: composed.rendition.content_hash(),
            rendition: composed.rendition,
        };
        let settlement = Settlement { outcome, again_at, asked_person };
        let delivery = self.ledger.settle(claim, &settlement, Some(&standing), now).await?;
        let done = done(&delivery);
        match done.state {
            State::Posted | State::Asked => {
                info!(delivery = %done.key, channel = %done.channel, link = done.link.as_ref().map(tracing::field::display), "{}", done.state.as_str());
            }
            _ => {
                warn!(delivery = %done.key, channel = %done.channel, reason = done.reason, "{}", done.state.as_str());
            }
        }
        Ok(Some(done))
    }

    /// After an unknown outcome that proved absent, the very same bytes go out again: a key that
    /// the channel may remember must never come with other words.
    async fn same_bytes(&self, key: DeliveryKey) -> Result<Option<compose::Composed>, LedgerError> {
        let attempt = self.ledger.last_attempt(key).await?;
        Ok(attempt
            .filter(|attempt| attempt.outcome.as_deref() == Some("unknown"))
            .map(|attempt| compose::Composed { rendition: attempt.rendition, wire: attempt.wire }))
    }

    /// Looks whether every copy is there and says what it should.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails.
    pub async fn verify(&self, wanted: Wanted<'_>) -> Result<Vec<Seen>, LedgerError> {
        let mut seen = Vec::new();
        for delivery in self.ledger.past().await?.deliveries {
            let Some(copy) = delivery.copy.filter(|copy| copy.stands()) else { continue };
            let (Some(receipt), Some(standing)) = (&delivery.receipt, &delivery.standing) else {
                continue;
            };
            let Some(station) = self.station(&delivery.name.channel) else { continue };
            if !wanted.includes_delivery(&delivery) {
                continue;
            }
            let sight = station.channel.verify(receipt, &standing.rendition).await;
            let state = match &sight {
                Sight::Agrees if copy == CopyState::Altered => Some(CopyState::Live),
                Sight::Agrees => Some(copy),
                Sight::Differs { .. } => Some(CopyState::Altered),
                Sight::Gone => Some(CopyState::Gone),
                Sight::Unseen { .. } => None,
            };
            if let Some(state) = state {
                self.ledger.note_sight(delivery.key, state, self.clock.now()).await?;
            }
            seen.push(Seen { delivery, sight, copy: state });
        }
        Ok(seen)
    }

    fn station(&self, name: &ChannelName) -> Option<&Station> {
        self.stations.iter().find(|station| station.spec.name == *name)
    }
}

/// What one look at a copy showed.
#[derive(Debug)]
pub struct Seen {
    pub delivery: Delivery,
    pub sight: Sight,
    /// What the ledger says now; `None` if nothing could be seen.
    pub copy: Option<CopyState>,
}

/// Which deliveries a command is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Only this channel.
    pub channel: Option<&'a ChannelName>,
    /// Only these postings.
    pub postings: Option<&'a BTreeSet<crate::posting::PostingId>>,
}

impl Wanted<'_> {
    pub fn includes(&self, step: &Step) -> bool {
        self.channel.is_none_or(|channel| *channel == step.name.channel)
            && self.postings.is_none_or(|postings| postings.contains(&step.name.posting))
    }

    pub fn includes_delivery(&self, delivery: &Delivery) -> bool {
        self.channel.is_none_or(|channel| *channel == delivery.name.channel)
            && self.postings.is_none_or(|postings| postings.contains(&delivery.name.posting))
    }
}

/// The plan of a site at a time; pure but for the templates that are already in memory.
pub fn make_plan(
    site: &Site,
    stations: &[Station],
    postings: &Postings,
    past: &Past,
    pace: Pace,
    now: DateTime<Utc>,
) -> Plan {
    let render = |posting: &Posting, spec: &crate::site::ChannelSpec, occasion: Occasion| {
        let station = stations.iter().find(|station| station.spec.name == spec.name);
        match station {
            Some(station) => {
                crate::adapt::adapt(posting, &station.target, occasion, &site.templates)
            }
            None => Err(crate::adapt::AdaptError::MissingTemplate {
                name: spec.template.clone(),
                help: None,
            }),
        }
    };
    plan::plan(&Inputs {
        postings: &postings.open,
        held_back: &postings.held_back,
        channels: &site.channels,
        past,
        timezone: site.settings.timezone,
        now,
        pace,
        render: &render,
    })
}

/// Why one delivery stopped before it was tried.
enum DeliverError {
    Compose(String),
    Ledger(LedgerError),
}

impl From<LedgerError> for DeliverError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

fn observed(posting: &Posting) -> Observed {
    Observed {
        id: posting.id.clone(),
        path: posting.path.clone(),
        translation_key: posting.translation_key.clone(),
        sub_id: posting.sub_id.clone(),
        reference: posting.facts.reference.as_ref().map(|field| field.value.clone()),
        title: posting.name().to_owned(),
        revision: posting.revision.clone(),
    }
}

fn done(delivery: &Delivery) -> Done {
    Done {
        key: delivery.key,
        posting: delivery.name.posting.0.clone(),
        channel: delivery.name.channel.clone(),
        occasion: delivery.name.occasion,
        state: delivery.state,
        reason: delivery.reason.clone(),
        link: delivery.receipt.as_ref().and_then(|receipt| receipt.link.clone()),
    }
}

fn name(step: &Step) -> String {
    format!("{} to {}", step.name.posting, step.name.channel)
}

/// Whether "not there" may be believed: once nothing of the attempt can be under way any more, or
/// at once where the channel knows the key and a second request cannot make a second copy.
fn may_repeat(attempt: &Attempt, station: &Station, now: DateTime<Utc>) -> bool {
    let known_for = station
        .channel
        .abilities()
        .repeat_safe_seconds
        .and_then(|seconds| i64::try_from(seconds).ok())
        .and_then(TimeDelta::try_seconds);
    let age = now - attempt.began_at;
    // Half of the time that the channel remembers a key is left for the request itself.
    known_for.is_some_and(|known_for| age < known_for / 2) || now > attempt.send_by + ARRIVES_WITHIN
}

/// How long to wait after the given attempt; what the channel asked for wins.
fn wait(attempt: u32, asked: Option<std::time::Duration>) -> TimeDelta {
    if let Some(asked) = asked.and_then(|asked| TimeDelta::from_std(asked).ok()) {
        return asked;
    }
    let doubled = 2_i32.checked_pow(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    FIRST_WAIT.checked_mul(doubled).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

/// Whether a step will be done now, later, or not, for lists.
pub fn is_wanted(step: &Step) -> bool {
    !matches!(step.when, When::Not { .. })
}
