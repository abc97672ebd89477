//! When the next round is worth its while: what the plan waits for, as times.

use chrono::{DateTime, TimeDelta, Utc};

use super::Setup;
use crate::clock::Clock;
use crate::deliver::{Postings, under_way_until};
use crate::ledger::{Attempt, Ledger, LedgerError};
use crate::notice;
use crate::plan::{Plan, Reason, When};

/// A moment later than what something waits for: then it has certainly come.
const MARGIN: TimeDelta = TimeDelta::seconds(1);

/// The first time after `now` at which a round may find something to do that it does not find now.
/// `None` if nothing is waited for but changes.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot be read.
pub(super) async fn next(
    plan: &Plan,
    postings: &Postings,
    setup: &Setup,
    ledger: &Ledger,
    clock: &Clock,
) -> Result<Option<DateTime<Utc>>, LedgerError> {
    let now = clock.now();
    // What was put off during the round is due at another time than the plan says.
    let due = ledger.next_due(now).await?;
    let zone = setup.site.settings.timezone;
    let closes = postings.open.iter().filter_map(|posting| posting.closes_at(zone));
    let unanswered = ledger.unanswered().await?;
    let answers = unanswered.iter().filter_map(|attempt| answer(attempt, setup, clock));
    let waits = in_plan(plan);
    let again = asked_again(setup, ledger, now).await?;
    let later = closes.chain(answers).chain(again).map(|it| it + MARGIN);
    let times = due.into_iter().chain(waits).chain(later);
    Ok(times.filter(|time| *time > now).min())
}

/// When a person is to be asked again; `None` if nobody is.
async fn asked_again(
    setup: &Setup,
    ledger: &Ledger,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, LedgerError> {
    let site = &setup.site;
    if site.notices.is_none() || site.channels.iter().all(|channel| channel.ask_again.is_none()) {
        return Ok(None);
    }
    Ok(notice::next_asked_again(&ledger.concerns(now).await?, site, now))
}

/// The times that steps of a plan wait for.
fn in_plan(plan: &Plan) -> impl Iterator<Item = DateTime<Utc>> {
    plan.steps.iter().filter_map(|step| match &step.when {
        When::Due { .. } => None,
        When::At { slot } => Some(*slot),
        When::Not { reason } => match reason {
            Reason::NotYetPublished { at }
            | Reason::Settling { until: at }
            | Reason::WithdrawnFrom { at } => Some(at.to_utc() + MARGIN),
            _ => None,
        },
    })
}

/// When nothing of an attempt can be under way any more, so that its channel can be believed.
fn answer(attempt: &Attempt, setup: &Setup, clock: &Clock) -> Option<DateTime<Utc>> {
    // Its channel is not known here, and the longest in flight is not far from the others.
    let abilities = setup.stations.iter().map(|station| station.channel.abilities());
    let longest = abilities.max_by_key(|abilities| abilities.in_flight_seconds)?;
    under_way_until(attempt, &longest, clock)
}

/// How long to wait before something that failed is tried again: twice as long each time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    first: TimeDelta,
    longest: TimeDelta,
    times: u32,
}

impl Backoff {
    pub(super) fn new(first: TimeDelta, longest: TimeDelta) -> Self {
        Self { first, longest, times: 0 }
    }

    /// The next wait.
    pub(super) fn wait(&mut self) -> TimeDelta {
        let doubled = 2_i32.checked_pow(self.times).unwrap_or(i32::MAX);
        self.times = self.times.saturating_add(1);
        self.first.checked_mul(doubled).unwrap_or(self.longest).min(self.longest)
    }

    pub(super) fn reset(&mut self) {
        self.times = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew() {
        let mut backoff = Backoff::new(TimeDelta::seconds(5), TimeDelta::minutes(5));
        let waits: Vec<i64> = (0..9).map(|_| backoff.wait().num_seconds()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        for _ in 0..100 {
            assert_eq!(backoff.wait(), TimeDelta::minutes(5));
        }
        backoff.reset();
        assert_eq!(backoff.wait(), TimeDelta::seconds(5));
    }
}
