//! How the daemon and its deliveries are, asked of the ledger when somebody asks.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::status::{Facts, HeldBy, Status, Subject, Trouble};
use crate::adapt::Occasion;
use crate::channel::{ChannelName, DeliveryKey};
use crate::ledger::{Delivery, Ledger, LedgerError, Pauses, State};
use crate::posting::PostingId;

/// The ledger may take so long to answer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How many overdue deliveries are named.
const NAMED: u32 = 100;

/// What `/healthz` says.
#[derive(Debug, Serialize)]
pub struct Health {
    pub status: Verdict,
    pub now: DateTime<Utc>,
    /// What is wrong, in words, the reasons of the verdict first.
    pub problems: Vec<Problem>,
    pub overdue: Vec<Late>,
    /// Deliveries of which only a person can say what became of them.
    pub unknown: Vec<Late>,
    /// What was handed over, and a person is asked why it is not to be seen.
    pub silent: Vec<Late>,
    pub paused: Vec<Paused>,
    pub rounds: RoundsSeen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    Failing,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub struct Problem {
    pub about: &'static str,
    pub what: String,
    pub since: DateTime<Utc>,
    /// Whether health fails for it.
    pub fails: bool,
}

/// A delivery that is late.
#[derive(Debug, Serialize)]
pub struct Late {
    pub delivery: DeliveryKey,
    pub posting: PostingId,
    pub channel: ChannelName,
    pub occasion: Occasion,
    pub state: State,
    pub since: DateTime<Utc>,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct Paused {
    /// `None` if everything is paused.
    pub channel: Option<ChannelName>,
    pub since: DateTime<Utc>,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct RoundsSeen {
    pub done: u64,
    pub failed: u64,
    pub last: Option<DateTime<Utc>>,
    pub last_age_seconds: Option<i64>,
    pub under_way_since: Option<DateTime<Utc>>,
    pub next: Option<DateTime<Utc>>,
}

impl Health {
    pub fn is_well(&self) -> bool {
        self.status == Verdict::Ok
    }
}

/// What the ledger says of deliveries that are late.
#[derive(Debug, Default)]
struct Asked {
    due: Vec<Delivery>,
    unknown: Vec<Delivery>,
    on_their_way: Vec<Delivery>,
    pauses: Pauses,
}

/// Looks how everything is.
pub(super) async fn look(status: &Status) -> Health {
    let facts = status.facts();
    let now = status.clock().now();
    let asked = match &facts.ledger {
        Some(ledger) => {
            let before = now - facts.setup.site.serve.overdue_after;
            match tokio::time::timeout(ANSWER_WITHIN, ask(ledger, before)).await {
                Ok(Ok(asked)) => Ok(asked),
                // A round that failed has closed it meanwhile, and says why at its end.
                Ok(Err(_)) if ledger.is_closed() => Ok(Asked::default()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("the ledger does not answer".to_owned()),
            }
        }
        // The round that could not open it has said why.
        None => Ok(Asked::default()),
    };
    judge(&facts, asked, now)
}

async fn ask(ledger: &Ledger, before: DateTime<Utc>) -> Result<Asked, LedgerError> {
    Ok(Asked {
        due: ledger.due_before(before, NAMED).await?,
        unknown: ledger.in_state(State::Unknown).await?,
        on_their_way: ledger.on_their_way().await?,
        pauses: ledger.pauses().await?,
    })
}

fn judge(facts: &Facts, asked: Result<Asked, String>, now: DateTime<Utc>) -> Health {
    let mut problems: Vec<Problem> = facts
        .troubles
        .iter()
        .map(|(subject, Trouble { since, what })| Problem {
            about: subject.as_str(),
            what: what.clone(),
            since: *since,
            fails: subject.fails(),
        })
        .collect();
    let asked = asked.unwrap_or_else(|what| {
        if !facts.troubles.contains_key(&Subject::Ledger) {
            let about = Subject::Ledger.as_str();
            problems.push(Problem { about, what, since: now, fails: true });
        }
        Asked::default()
    });
    let paused = paused(asked.pauses);
    let mut overdue = Vec::new();
    for delivery in asked.due {
        let held = facts.held.get(&delivery.key);
        if held.is_some_and(|held| held.by == HeldBy::Rule) {
            continue;
        }
        let why = held.map_or_else(|| delivery.reason.clone(), |held| held.why.clone());
        overdue.push(late(&delivery, delivery.due_at, why));
    }
    for (key, held) in &facts.held {
        let is_late = now - held.since > facts.setup.site.serve.overdue_after;
        if held.by == HeldBy::Wait && is_late && !overdue.iter().any(|it| it.delivery == *key) {
            overdue.push(Late {
                delivery: *key,
                posting: held.name.posting.clone(),
                channel: held.name.channel.clone(),
                occasion: held.name.occasion,
                state: State::Planned,
                since: held.since,
                why: held.why.clone(),
            });
        }
    }
    let mut unknown = Vec::new();
    for delivery in asked.unknown {
        if let Some(since) = delivery.asks_since {
            let why = delivery.reason.clone();
            unknown.push(late(&delivery, since, why));
        }
    }
    let silent: Vec<Late> = asked
        .on_their_way
        .iter()
        .filter_map(|it| it.asks_since.map(|since| late(it, since, it.reason.clone())))
        .collect();
    for (about, late, fails) in
        [("overdue", &overdue, true), ("unknown", &unknown, true), ("silent", &silent, false)]
    {
        if let Some(since) = late.iter().map(|it| it.since).min() {
            let names: Vec<String> =
                late.iter().take(5).map(|it| format!("{} on {}", it.posting, it.channel)).collect();
            let more = late.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let what = format!("{about}: {}{more}", names.join(", "));
            problems.push(Problem { about, what, since, fails });
        }
    }
    problems.extend(no_rounds(facts, now));
    problems.sort_by_key(|problem| (!problem.fails, problem.since));
    let fails = problems.iter().any(|problem| problem.fails);
    Health {
        status: if fails { Verdict::Failing } else { Verdict::Ok },
        now,
        problems,
        overdue,
        unknown,
        silent,
        paused,
        rounds: RoundsSeen {
            done: facts.rounds.done,
            failed: facts.rounds.failed,
            last: facts.rounds.last,
            last_age_seconds: facts.rounds.last.map(|last| (now - last).num_seconds()),
            under_way_since: facts.rounds.under_way_since,
            next: facts.next_round,
        },
    }
}

/// A round that does not end, or none at all for so long that several were missed.
fn no_rounds(facts: &Facts, now: DateTime<Utc>) -> Option<Problem> {
    let site = &facts.setup.site.serve;
    let longest = (site.scan * 3).max(TimeDelta::minutes(30));
    let last = facts.rounds.last.unwrap_or(facts.started_at);
    (now - last > longest).then(|| Problem {
        about: "rounds",
        what: "no round has come to its end since".to_owned(),
        since: last,
        fails: true,
    })
}

fn paused(pauses: Pauses) -> Vec<Paused> {
    let all =
        pauses.all.map(|pause| Paused { channel: None, since: pause.since, why: pause.reason });
    let channels = pauses.channels.into_iter().filter_map(|channel| {
        let pause = channel.paused?;
        Some(Paused { channel: Some(channel.name), since: pause.since, why: pause.reason })
    });
    all.into_iter().chain(channels).collect()
}

fn late(delivery: &Delivery, since: DateTime<Utc>, why: String) -> Late {
    Late {
        delivery: delivery.key,
        posting: delivery.name.posting.clone(),
        channel: delivery.name.channel.clone(),
        occasion: delivery.name.occasion,
        state: delivery.state,
        since,
        why,
    }
}
