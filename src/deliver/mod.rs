//! Joins plan, ledger and channels: attempt, outcome, finding out.
//!
//! The order is the promise: claim, attempt on disk (key, exact bytes, time), call, receipt on
//! disk, everything else. What is previewed is made by the same [`compose`] as what is sent.

pub mod clock;
pub mod compose;
mod find_out;
pub mod station;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tracing::{Instrument, info, info_span, warn};

use crate::adapt::Occasion;
use crate::channel::{ChannelName, DeliveryKey, Kind, Outcome, Sight};
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

impl Round {
    /// Adds what a channel did that had to be asked first.
    fn add(&mut self, channel: &ChannelName, mut found_out: Vec<Done>, rest: Self) {
        // What went out at once after the search counts by what came of that.
        found_out.retain(|found| !rest.done.iter().any(|done| done.key == found.key));
        self.done.extend(found_out);
        self.done.extend(rest.done);
        self.problems.extend(rest.problems);
        self.plan.steps.retain(|step| step.name.channel != *channel);
        let newer = rest.plan.steps.into_iter().filter(|step| step.name.channel == *channel);
        self.plan.steps.extend(newer);
    }
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
    /// [`LedgerError`] if the record fails; what other channels answered is on record all the same.
    pub async fn round(
        &self,
        postings: &Postings,
        pace: Pace,
        wanted: Wanted<'_>,
    ) -> Result<Round, LedgerError> {
        let alive = |attempt: &Attempt| ledger::liveness(&attempt.worker);
        for lost in self.ledger.recover(alive, self.clock.now()).await? {
            warn!(delivery = %lost.key, channel = %lost.name.channel, "an attempt of a process that ended is unknown now");
        }
        self.observe(&postings.open).await?;
        // A channel that has to be asked first may be slow to answer: no other waits for it.
        let unknown = self.unknown().await?;
        let in_doubt = unknown.iter().map(|(channel, deliveries)| async move {
            let found_out = self.find_out(deliveries).await?;
            let rest = self.deliver_due(postings, pace, wanted, |it| it == channel).await?;
            Ok::<_, LedgerError>((channel, found_out, rest))
        });
        let others = |channel: &ChannelName| !unknown.contains_key(channel);
        let (in_doubt, others) = futures_util::future::join(
            futures_util::future::join_all(in_doubt),
            self.deliver_due(postings, pace, wanted, others),
        )
        .await;
        let mut round = others?;
        for asked in in_doubt {
            let (channel, found_out, rest) = asked?;
            round.add(channel, found_out, rest);
        }
        Ok(round)
    }

    /// Plans, and does what is due on some of the channels.
    async fn deliver_due(
        &self,
        postings: &Postings,
        pace: Pace,
        wanted: Wanted<'_>,
        on: impl Fn(&ChannelName) -> bool,
    ) -> Result<Round, LedgerError> {
        let past = self.ledger.past().await?;
        let plan = self.plan(postings, &past, pace);
        self.write_down(&plan, &past).await?;

        let mut by_channel: BTreeMap<&ChannelName, Vec<&Step>> = BTreeMap::new();
        for step in plan.due().filter(|step| wanted.includes(step) && on(&step.name.channel)) {
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
        let (mut done, mut problems) = (Vec::new(), Vec::new());
        for result in results.into_iter().flatten() {
            match result {
                Ok(Some(one)) => done.push(one),
                Ok(None) => {}
                Err(DeliverError::Compose(problem)) => problems.push(problem),
                Err(DeliverError::Ledger(error)) => return Err(error),
            }
        }
        Ok(Round { done, problems, plan })
    }

    /// The difference between what should stand and what does, by this site's templates.
    pub fn plan(&self, postings: &Postings, past: &Past, pace: Pace) -> Plan {
        make_plan(self.site, self.stations, postings, past, pace, self.clock.now())
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
            let Some(known) = written.get(&step.key) else {
                new.push(NewDelivery {
                    name: step.name.clone(),
                    deed: step.deed,
                    target: step.target,
                    due_at,
                    revision: step.revision.clone(),
                });
                continue;
            };
            // What goes out once more as it was says what it said.
            let revision = match known.attempts {
                1.. if self.same_bytes(step.key).await?.is_some() => &known.revision,
                _ => &step.revision,
            };
            let waits = known.state == State::Planned;
            if !waits || known.due_at != due_at || known.revision != *revision {
                let moved = self.ledger.reschedule(step.key, due_at, revision, now).await;
                unless_overtaken(moved)?;
            }
        }
        self.ledger.plan(&new, now).await?;
        for (key, reason) in &plan.cancel {
            unless_overtaken(self.ledger.cancel(*key, reason, now).await)?;
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
        let Some(on_record) = self.ledger.delivery(step.key).await? else { return Ok(None) };
        if changes_a_copy(step.deed)
            && (on_record.deed, on_record.target) != (step.deed, step.target)
        {
            // Somebody else gave this ordinal to another copy; the next plan sees that.
            return Ok(None);
        }
        let target = match step.target {
            Some(key) => self.ledger.delivery(key).await?,
            None => None,
        };
        let target = target.as_ref();
        let now = self.clock.now();
        let (composed, revision) = match self.same_bytes(step.key).await? {
            Some(composed) => (composed, on_record.revision.clone()),
            None => match compose::compose(self.site, station, posting, step, target, now) {
                Ok(composed) => (composed, step.revision.clone()),
                Err(error) => return Err(self.problem(step, &error).await),
            },
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
            // What the client says meanwhile belongs to this delivery.
            let span = info_span!("send", delivery = %step.key, channel = %step.name.channel);
            station.channel.send(claim.wire()).instrument(span).await
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
            revision,
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

    /// A delivery that cannot even be prepared waits, and the log says why.
    async fn problem(&self, step: &Step, error: &compose::ComposeError) -> DeliverError {
        let why = error.to_string();
        warn!(delivery = %step.key, channel = %step.name.channel, why, "cannot be prepared");
        let noted = self.ledger.still_waits(step.key, &why, self.clock.now()).await;
        match unless_overtaken(noted) {
            Ok(_) => DeliverError::Compose(format!("{}: {why}", name(step))),
            Err(error) => DeliverError::Ledger(error),
        }
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

/// Another process was quicker, or a person: what became of the delivery is in the ledger, and no
/// fault of it.
fn unless_overtaken<T>(changed: Result<T, LedgerError>) -> Result<Option<T>, LedgerError> {
    match changed {
        Ok(changed) => Ok(Some(changed)),
        Err(LedgerError::WrongState { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the deed is written down at the copy that it changes.
fn changes_a_copy(deed: Deed) -> bool {
    match deed {
        Deed::Edit | Deed::Withdraw | Deed::Ask => true,
        Deed::Publish | Deed::FollowUp => false,
    }
}

fn name(step: &Step) -> String {
    format!("{} to {}", step.name.posting, step.name.channel)
}

/// How long to wait after the given attempt; what the channel asked for wins.
fn wait(attempt: u32, asked: Option<std::time::Duration>) -> TimeDelta {
    if let Some(asked) = asked.and_then(|asked| TimeDelta::from_std(asked).ok()) {
        return asked;
    }
    let doubled = 2_i32.checked_pow(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    FIRST_WAIT.checked_mul(doubled).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

/// Whether a step will be done, now or later.
pub fn is_wanted(step: &Step) -> bool {
    !matches!(step.when, When::Not { .. })
}
