//! Joins plan, ledger and channels: attempt, outcome, finding out.
//!
//! The order is the promise: claim, attempt on disk (key, exact bytes, time), call, receipt on
//! disk, everything else. What is previewed is made by the same [`compose`] as what is sent.

mod arrival;
mod aside;
pub mod compose;
mod doubt;
pub mod drawing;
pub mod fail_point;
mod find_out;
pub mod instances;
pub mod letters;
mod open_posts;
mod pages;
mod picture;
pub mod preview;
mod reading;
mod send;
pub mod station;
mod verify;
pub mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::adapt::Occasion;
use crate::channel::{ChannelName, DeliveryKey};
pub use crate::clock::Clock;
use crate::ledger::{self, Attempt, Delivery, Ledger, LedgerError, NewDelivery, Past, State};
use crate::plan::{self, Inputs, Pace, Plan, Step, When};
use crate::posting::{Posting, PostingId};
use crate::site::Site;
pub use arrival::Arrivals;
pub use aside::Aside;
pub use find_out::under_way_until;
use pages::Looked;
pub use pages::first_sight;
pub use reading::{Guesses, Reading, Unavailable, read, read_what_is_there};
pub use station::Station;
pub use verify::{PATIENCE, Seen};
pub use worker::{Intake, Worker};

/// The postings of a site as they were read just now.
#[derive(Debug, Clone, Default)]
pub struct Postings {
    pub open: Vec<Posting>,
    /// Paths of pages that have errors.
    pub held_back: BTreeSet<String>,
    /// Those that somebody named: that is acceptance enough for an ad from before the first start.
    pub named: BTreeSet<PostingId>,
    /// Whose page is not there any more, as they were last read. A round fills this in.
    pub missing: Vec<Posting>,
}

impl Postings {
    /// The posting with an id, its page there or not.
    pub fn named(&self, id: &PostingId) -> Option<&Posting> {
        self.open.iter().chain(&self.missing).find(|posting| posting.id == *id)
    }
}

/// Carries out what is due.
pub struct Courier<'a> {
    pub site: &'a Site,
    pub stations: &'a [Station],
    pub ledger: &'a Ledger,
    pub worker: Worker,
    pub clock: Clock,
    /// Where there is one, what many deliveries say is made there.
    pub aside: Option<Aside>,
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
    /// What this round did and has arrived meanwhile has its link.
    pub fn note_arrivals(&mut self, arrivals: Arrivals) {
        for delivery in arrivals.looked_for {
            if let Some(same) = self.done.iter_mut().find(|it| it.key == delivery.key) {
                *same = done(&delivery);
            }
        }
    }

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
        let began = self.clock.now();
        self.write_what_waits().await?;
        let alive = |attempt: &Attempt| self.worker.liveness(attempt);
        self.ledger.recover(alive, self.clock.now()).await?;
        let postings = &Arc::new(self.observe(postings).await?);
        fail_point::reached("observed").await;
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
        self.ledger.finish(&round.plan.finished, began, self.clock.now()).await?;
        let retained = self.ledger.apply_retention(&self.site.retention, self.clock.now()).await;
        if let Err(error) = retained {
            // Nothing waits for it, and the next round tries again.
            tracing::warn!("what is not kept any longer could not be erased: {error}");
        }
        Ok(round)
    }

    /// Outcomes that the ledger could not take at an earlier round.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot take them now either; they are kept.
    pub async fn write_what_waits(&self) -> Result<(), LedgerError> {
        while let Some(unsettled) = self.worker.unsettled() {
            self.settle(unsettled, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Plans, and does what is due on some of the channels.
    async fn deliver_due(
        &self,
        postings: &Arc<Postings>,
        pace: Pace,
        wanted: Wanted<'_>,
        on: impl Fn(&ChannelName) -> bool,
    ) -> Result<Round, LedgerError> {
        let mut past = self.open_past(postings).await?;
        let mut plan = self.plan(postings, &past, pace);
        let unseen = |step: &&Step| wanted.includes(step) && on(&step.name.channel);
        if self.look_at_pages(plan.steps.iter().filter(unseen), postings).await? == Looked::AtSome {
            past = self.open_past(postings).await?;
            plan = self.plan(postings, &past, pace);
        }
        let ours = |step: &Step| wanted.includes(step) && on(&step.name.channel);
        // One that is put back while this round goes on is noticed at the next claim.
        let restored = self.ledger.restored().await?;
        let asked = self.ask_about_closed(&plan, &past, postings, ours, restored).await?;
        if asked.somebody {
            past = self.open_past(postings).await?;
            plan = self.plan(postings, &past, pace);
            plan.cancel.retain(|(key, _)| !asked.waiting.contains(key));
        }
        self.write_down(&plan, &past, &on).await?;
        fail_point::reached("planned").await;

        let tried: BTreeSet<DeliveryKey> =
            past.deliveries.iter().filter(|it| it.attempts > 0).map(|it| it.key).collect();
        let mut by_channel: BTreeMap<&ChannelName, Vec<&Step>> = BTreeMap::new();
        for step in plan.due().filter(|step| wanted.includes(step) && on(&step.name.channel)) {
            by_channel.entry(&step.name.channel).or_default().push(step);
        }
        let channels = by_channel.into_iter().map(|(name, steps)| async {
            let results = self.deliver_all(steps, postings, &tried, restored).await;
            if let Some(station) = self.station(name) {
                station.channel.hang_up().await;
            }
            results
        });
        let results = futures_util::future::join_all(channels).await;
        let (mut done, mut problems) = (Vec::new(), Vec::new());
        for result in results.into_iter().flatten() {
            match result {
                Ok(Some(one)) => done.push(one),
                Ok(None) => {}
                Err(send::DeliverError::Compose(problem)) => problems.push(problem),
                Err(send::DeliverError::Ledger(error)) => return Err(error),
            }
        }
        Ok(Round { done, problems, plan })
    }

    /// The difference between what should stand and what does, by this site's templates.
    pub fn plan(&self, postings: &Postings, past: &Past, pace: Pace) -> Plan {
        make_plan(self.site, self.stations, postings, past, pace, self.clock.now())
    }

    /// What the ledger knows of what is not over.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub async fn open_past(&self, postings: &Postings) -> Result<Past, LedgerError> {
        let present: Vec<PostingId> = postings.open.iter().map(|it| it.id.clone()).collect();
        let now = self.clock.now();
        let counts_since: BTreeMap<ChannelName, DateTime<Utc>> = self
            .site
            .channels
            .iter()
            .map(|it| {
                let since = now.checked_sub_signed(it.queue.messages_count_for());
                (it.name.clone(), since.unwrap_or(DateTime::UNIX_EPOCH))
            })
            .collect();
        self.ledger.open_past(&present, &counts_since).await
    }

    /// Writes every wanted delivery down, and cancels what nothing wants any more; of these channels
    /// alone, because another channel may just be asked whether it has what seems to be wanted by
    /// nobody.
    async fn write_down(
        &self,
        plan: &Plan,
        past: &Past,
        on: impl Fn(&ChannelName) -> bool,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let written: BTreeMap<DeliveryKey, &Delivery> =
            past.deliveries.iter().map(|delivery| (delivery.key, delivery)).collect();
        let mut new = Vec::new();
        for step in plan.steps.iter().filter(|step| on(&step.name.channel)) {
            let Some(due_at) = step.when.time() else { continue };
            let Some(known) = written.get(&step.key) else {
                new.push(NewDelivery {
                    name: step.name.clone(),
                    deed: step.deed,
                    target: step.target,
                    due_at,
                    slot: step.slot,
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
            let slot = if known.attempts > 0 { known.slot } else { step.slot };
            let moved = known.due_at != due_at || known.slot != slot;
            if !waits || moved || known.revision != *revision {
                let to = ledger::Time { due_at, slot, attempts: known.attempts };
                let moved = self.ledger.reschedule(step.key, &to, revision, now).await;
                unless_overtaken(moved)?;
            }
        }
        self.ledger.plan(&new, now).await?;
        let ours = |key: &DeliveryKey| written.get(key).is_none_or(|it| on(&it.name.channel));
        for (key, reason) in plan.cancel.iter().filter(|(key, _)| ours(key)) {
            unless_overtaken(self.ledger.cancel(*key, reason, now).await)?;
        }
        Ok(())
    }

    fn station(&self, name: &ChannelName) -> Option<&Station> {
        self.stations.iter().find(|station| station.spec.name == *name)
    }
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
        missing: &postings.missing,
        held_back: &postings.held_back,
        named: &postings.named,
        channels: &site.channels,
        past,
        timezone: site.settings.timezone,
        grace: site.plan.grace,
        now,
        pace,
        render: &render,
    })
}

fn done(delivery: &Delivery) -> Done {
    Done {
        key: delivery.key,
        posting: delivery.name.posting.0.to_string(),
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

/// Whether a step will be done, now or later.
pub fn is_wanted(step: &Step) -> bool {
    !matches!(step.when, When::Not { .. })
}
