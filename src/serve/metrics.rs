//! What `/metrics` says: counted by the ledger when somebody asks, so that nothing is counted twice
//! and other processes on the same ledger count too.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::exposition::{Exposition, Type, to_float};
use super::health::{self, ANSWER_WITHIN, Health};
use super::status::{Facts, Status};
use crate::channel::ChannelName;
use crate::ledger::{Ledger, LedgerError, State};
use crate::plan::{self, Spent};
use crate::site::credential::{Owner, credentials};

/// The bounds of the histogram of attempts, in seconds: a status takes one, a slow mail server a
/// minute, the permit to send two minutes.
const BOUNDS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 150.0];

/// What is counted from question to question.
#[derive(Clone, Default)]
pub struct Metrics {
    attempts: Arc<Mutex<Attempts>>,
}

/// The attempts that ended since this process opened the ledger.
#[derive(Default)]
struct Attempts {
    /// The newest event that was counted.
    counted: i64,
    ended: BTreeMap<(ChannelName, String), Durations>,
}

#[derive(Debug, Default)]
struct Durations {
    /// How many were at most as long as each of [`BOUNDS`].
    below: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

/// What the ledger says for metrics.
#[derive(Default)]
struct Counted {
    tally: Vec<(ChannelName, State, u64)>,
    budgets: Vec<(ChannelName, Spent)>,
}

impl Metrics {
    /// Everything, in Prometheus' text form.
    pub(super) async fn text(&self, status: &Status) -> String {
        let facts = status.facts();
        let now = status.clock().now();
        let health = health::look(status).await;
        let mut attempts = self.attempts.lock().await;
        let counted = match &facts.ledger {
            Some(ledger) => {
                let work = async {
                    attempts.count(ledger, facts.first_event.unwrap_or_default()).await?;
                    count(ledger, &facts, now).await
                };
                let answered = tokio::time::timeout(ANSWER_WITHIN, work).await;
                answered.ok().and_then(Result::ok).unwrap_or_default()
            }
            None => Counted::default(),
        };
        write(&facts, &health, &counted, &attempts, now)
    }
}

impl Attempts {
    /// Counts the attempts that ended since it was asked last, or since the first event.
    async fn count(&mut self, ledger: &Ledger, first: i64) -> Result<(), LedgerError> {
        let newest = ledger.last_event().await?.map_or(0, |(number, _)| number);
        let after = self.counted.max(first);
        for ended in ledger.attempts_ended(after, newest).await? {
            let durations = self.ended.entry((ended.channel, ended.outcome)).or_default();
            durations.add(ended.took.as_secs_f64());
        }
        self.counted = newest;
        Ok(())
    }
}

impl Durations {
    fn add(&mut self, seconds: f64) {
        for (below, bound) in self.below.iter_mut().zip(BOUNDS) {
            *below += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }
}

async fn count(ledger: &Ledger, facts: &Facts, now: DateTime<Utc>) -> Result<Counted, LedgerError> {
    let mut budgets = Vec::new();
    for channel in &facts.setup.site.channels {
        if channel.queue.budget.is_none() {
            continue;
        }
        // A day more, because months begin at different times in different zones.
        let month = TimeDelta::days(i64::from(now.day()) + 1);
        let uses = ledger.uses(&channel.name, now - month).await?;
        budgets.extend(plan::spent(channel, &uses, now).map(|spent| (channel.name.clone(), spent)));
    }
    Ok(Counted { tally: ledger.tally().await?, budgets })
}

fn write(
    facts: &Facts,
    health: &Health,
    counted: &Counted,
    attempts: &Attempts,
    now: DateTime<Utc>,
) -> String {
    let mut out = Exposition::default();
    out.family("handbill_build_info", Type::Gauge, "The version that runs; always 1.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    out.family("handbill_healthy", Type::Gauge, "1 if /healthz answers 200.")
        .sample(&[], if health.is_well() { 1.0 } else { 0.0 });

    let mut family =
        out.family("handbill_deliveries", Type::Gauge, "Deliveries by channel and state.");
    for (channel, state, number) in &counted.tally {
        family.sample(&[("channel", &channel.0), ("state", state.as_str())], to_float(*number));
    }
    out.family(
        "handbill_overdue_deliveries",
        Type::Gauge,
        "Deliveries that are overdue, at most 100.",
    )
    .sample(&[], to_float(health.overdue.len() as u64));
    let oldest = health.overdue.iter().map(|late| late.since).min();
    out.family(
        "handbill_oldest_overdue_seconds",
        Type::Gauge,
        "For how long the oldest overdue delivery has been due; 0 if none is.",
    )
    .sample(&[], oldest.map_or(0.0, |since| seconds(now - since)));
    out.family(
        "handbill_unknown_for_a_person",
        Type::Gauge,
        "Deliveries of which only a person can say what became of them.",
    )
    .sample(&[], to_float(health.unknown.len() as u64));

    let mut family = out.family(
        "handbill_attempt_duration_seconds",
        Type::Histogram,
        "How long attempts took, by channel and outcome, since this process started.",
    );
    for ((channel, outcome), durations) in &attempts.ended {
        let bounds: Vec<_> = BOUNDS.into_iter().zip(durations.below).collect();
        let labels = [("channel", channel.as_str()), ("outcome", outcome.as_str())];
        family.histogram(&labels, &bounds, durations.count, durations.sum);
    }

    let mut family = out.family("handbill_channel_paused", Type::Gauge, "1 if it is paused.");
    let all = health.paused.iter().any(|paused| paused.channel.is_none());
    for channel in &facts.setup.site.channels {
        let own = health.paused.iter().any(|it| it.channel.as_ref() == Some(&channel.name));
        family.sample(&[("channel", &channel.name.0)], if all || own { 1.0 } else { 0.0 });
    }
    let mut family = out.family(
        "handbill_budget_spent",
        Type::Gauge,
        "What a channel's messages have cost this month, in the site's currency.",
    );
    for (channel, Spent { spent, .. }) in &counted.budgets {
        family.sample(&[("channel", &channel.0)], money(spent.0));
    }
    let mut family = out.family(
        "handbill_budget_limit",
        Type::Gauge,
        "What a channel's messages may cost in a month.",
    );
    for (channel, Spent { per_month, .. }) in &counted.budgets {
        family.sample(&[("channel", &channel.0)], money(per_month.0));
    }
    let mut family = out.family(
        "handbill_credential_days_left",
        Type::Gauge,
        "Days until a credential expires, as far as that is written down; negative after it. \
         No channel: those of [notices] and [mailbox].",
    );
    let today = now.with_timezone(&facts.setup.site.settings.timezone).date_naive();
    for credential in credentials(&facts.setup.site) {
        let Some(days) = credential.days_left(today) else { continue };
        let owner = match &credential.owner {
            Owner::Channel(name) => name.as_str(),
            Owner::Notices | Owner::Mailbox | Owner::Web | Owner::Ledger => "",
        };
        let labels = [("channel", owner), ("credential", credential.key)];
        family.sample(&labels, seconds(TimeDelta::days(days)) / 86_400.0);
    }
    let mut family =
        out.family("handbill_trouble", Type::Gauge, "1 for what is wrong with the daemon itself.");
    for subject in facts.troubles.keys() {
        family.sample(&[("about", subject.as_str())], 1.0);
    }
    let mut family =
        out.family("handbill_rounds_total", Type::Counter, "Rounds, by how they ended.");
    family.sample(&[("ended", "done")], to_float(facts.rounds.done));
    family.sample(&[("ended", "failed")], to_float(facts.rounds.failed));
    let mut family = out.family(
        "handbill_last_round_timestamp_seconds",
        Type::Gauge,
        "When the last round that succeeded ended, in seconds since 1970.",
    );
    if let Some(last) = facts.rounds.last {
        family.sample(&[], seconds(last - DateTime::UNIX_EPOCH));
    }
    out.into_text()
}

fn seconds(length: TimeDelta) -> f64 {
    length.as_seconds_f64()
}

/// Millionths as units.
fn money(millionths: u64) -> f64 {
    to_float(millionths) / 1e6
}
