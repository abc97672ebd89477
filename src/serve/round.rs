//! One look at everything: the ledger, the clock, the pages; then what is due is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::open_ledger::OpenLedger;
use super::status::{Held, HeldBy, Status};
use super::watch::Follower;
use super::{ClockTrust, Setup, timer};
use crate::channel::DeliveryKey;
use crate::clock::Clock;
use crate::deliver::{self, Aside, Courier, Reading, Round, Unavailable, Wanted, Worker};
use crate::diagnostic::Diagnostic;
use crate::ledger::{KnownPosting, Ledger, LedgerError, State};
use crate::plan::{Pace, Plan, Reason, When};
use crate::posting::PostingId;
use crate::schedule::local_time;
use crate::site::SiteError;
use crate::write_back;

/// A clock that is earlier than the ledger by no more than this was set right a little.
const CLOCK_MAY_DIFFER: TimeDelta = TimeDelta::minutes(5);

/// The year of this source: no clock that is right shows an earlier one.
const WRITTEN_IN: i32 = 2026;

/// What a round needs, and gives back.
pub(super) struct Tools {
    pub ledger: Option<OpenLedger>,
    pub follower: Follower,
}

/// What a round is about.
pub(super) struct Task {
    pub setup: Arc<Setup>,
    pub worker: Worker,
    pub clock: Clock,
    pub trust: ClockTrust,
    /// Told of the ledger as soon as it is open.
    pub status: Status,
}

/// What a round saw and did.
pub(super) struct Seen {
    pub unavailable: Vec<Unavailable>,
    pub page_errors: Vec<String>,
    /// Why there are no events of files, if there are none.
    pub no_events: Option<String>,
    pub has_neighbour: bool,
    pub held: BTreeMap<DeliveryKey, Held>,
    /// When the next round may find something to do.
    pub next: Option<DateTime<Utc>>,
    /// Whether a channel should be asked again soon what became of an attempt.
    pub asks_again: bool,
    /// How many deliveries were tried.
    pub tried: usize,
    /// What stands as it should and what does not, for those who are told.
    pub plan: Plan,
    /// Why links could not be put onto the site.
    pub without_links: Option<String>,
}

/// Why a round could not be held. It is held again later.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    #[error(
        "{0}; nothing goes out until the clock is right\n\
         help: if it is right now and was wrong then, start once with `--trust-clock`"
    )]
    Clock(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error("the pages could not be read: {0}")]
    Thread(String),
}

/// Holds a round. The tools come back whatever happened.
pub(super) async fn hold(task: Task, mut tools: Tools) -> (Tools, Result<Seen, RoundError>) {
    // A second is a second as long as servers are involved.
    let _at_work = task.clock.at_work();
    let seen = task.hold(&mut tools).await;
    if let Err(RoundError::Ledger(_)) = &seen
        && let Some(ledger) = tools.ledger.take()
    {
        // What became of the file is found out by opening it anew; and a connection on which a
        // change broke off, because the disk was full, makes no further one.
        ledger.close().await;
    }
    (tools, seen)
}

impl Task {
    async fn hold(&self, tools: &mut Tools) -> Result<Seen, RoundError> {
        self.check_year()?;
        let ledger = self.ledger(tools).await?;
        let known = ledger.known_postings().await?;
        let (reading, unavailable, no_events) = self.read(tools, known).await?;
        let courier = Courier {
            site: &self.setup.site,
            stations: &self.setup.stations,
            ledger: &ledger,
            worker: self.worker.clone(),
            clock: self.clock.clone(),
            aside: Some(Aside::new(&self.setup.site, &self.setup.stations)),
        };
        let round = courier.round(&reading.postings, Pace::OnSchedule, Wanted::default()).await?;
        for problem in &round.problems {
            tracing::debug!("{problem}");
        }
        let without_links = self.write_back(&ledger, &courier, &reading).await?;
        let next =
            timer::next(&round.plan, &reading.postings, &self.setup, &ledger, &self.clock).await?;
        let has_neighbour = tools.ledger.as_mut().is_some_and(OpenLedger::has_neighbour);
        Ok(Seen {
            unavailable,
            page_errors: page_errors(&reading),
            no_events,
            has_neighbour,
            held: held(&round.plan, self.clock.now()),
            next,
            asks_again: has_unknown(&round),
            tried: round.done.len(),
            plan: round.plan,
            without_links,
        })
    }

    /// Puts the links of copies onto the site, and says what keeps that from being done.
    async fn write_back(
        &self,
        ledger: &Ledger,
        courier: &Courier<'_>,
        reading: &Reading,
    ) -> Result<Option<String>, LedgerError> {
        let site = &self.setup.site;
        if site.write_back.is_none() {
            return Ok(None);
        }
        let postings = courier.with_missing(&reading.postings).await?;
        let written = write_back::run(site, ledger, &postings).await?;
        for path in &written.written {
            tracing::info!(file = %path.display(), "links were put onto the site");
        }
        Ok((!written.remarks.is_empty()).then(|| written.remarks.join("; ")))
    }

    fn check_year(&self) -> Result<(), RoundError> {
        let now = self.clock.now();
        if self.trust == ClockTrust::AfterTheLedger && now.year() < WRITTEN_IN {
            let day = now.format("%Y-%m-%d");
            return Err(RoundError::Clock(format!(
                "the clock shows {day}, and this Handbill was written in {WRITTEN_IN}"
            )));
        }
        Ok(())
    }

    /// The ledger, opened if it is not; the clock is compared with it before anything is written.
    async fn ledger(&self, tools: &mut Tools) -> Result<Ledger, RoundError> {
        let site = &self.setup.site;
        if let Some(open) = &tools.ledger
            && let Err(error) = open.check(site)
        {
            if let Some(gone) = tools.ledger.take() {
                self.status.update(|facts| facts.ledger = None);
                gone.close().await;
            }
            return Err(error.into());
        }
        if let Some(open) = &tools.ledger {
            self.check_against(&open.ledger).await?;
            return Ok(open.ledger.clone());
        }
        if let Some(before) = Ledger::open_for_upkeep(&site.ledger_place).await? {
            let checked = self.check_against(&before).await;
            before.close().await;
            checked?;
        }
        let open = OpenLedger::open(site, self.clock.now()).await?;
        let ledger = open.ledger.clone();
        tools.ledger = Some(open);
        let newest = ledger.last_event().await?.map_or(0, |(number, _)| number);
        self.status.update(|facts| {
            facts.ledger = Some(ledger.clone());
            facts.first_event.get_or_insert(newest);
        });
        Ok(ledger)
    }

    async fn check_against(&self, ledger: &Ledger) -> Result<(), RoundError> {
        let now = self.clock.now();
        match ledger.last_event().await? {
            Some((_, newest))
                if newest > now + CLOCK_MAY_DIFFER && self.trust == ClockTrust::AfterTheLedger =>
            {
                let zone = self.setup.site.settings.timezone;
                Err(RoundError::Clock(format!(
                    "the clock shows {}, and the ledger has an entry of {}",
                    local_time(now, zone),
                    local_time(newest, zone)
                )))
            }
            _ => Ok(()),
        }
    }

    /// Reads the pages, on a thread that may hang as long as a mount does.
    async fn read(
        &self,
        tools: &mut Tools,
        known: BTreeMap<PostingId, KnownPosting>,
    ) -> Result<(Reading, Vec<Unavailable>, Option<String>), RoundError> {
        let setup = Arc::clone(&self.setup);
        let mut follower = tools.follower.take();
        let read = tokio::task::spawn_blocking(move || {
            // Before they are read: what changes meanwhile is an event.
            let no_events = follower.follow(&setup.site).err();
            let read = deliver::read_what_is_there(&setup.site, &known);
            (follower, read, no_events)
        });
        let (follower, read, no_events) =
            read.await.map_err(|error| RoundError::Thread(error.to_string()))?;
        tools.follower = follower;
        let (reading, unavailable) = read?;
        Ok((reading, unavailable, no_events))
    }
}

/// The pages that have errors, each once.
fn page_errors(reading: &Reading) -> Vec<String> {
    let errors = reading.diagnostics.iter().filter(|it| it.is_error());
    let of = |it: &Diagnostic| match &it.place {
        Some((source, _)) => format!("{}: {}", source.path.display(), it.message),
        None => it.message.clone(),
    };
    let mut errors: Vec<String> = errors.map(of).collect();
    errors.sort();
    errors.dedup();
    errors
}

/// Why what is wanted was not begun.
fn held(plan: &Plan, now: DateTime<Utc>) -> BTreeMap<DeliveryKey, Held> {
    let waiting = plan.steps.iter().filter_map(|step| match &step.when {
        When::Not { reason } => Some((step, reason)),
        When::Due { .. } | When::At { .. } => None,
    });
    let held = waiting.map(|(step, reason)| {
        let by = match reason {
            Reason::NotYetPublished { .. }
            | Reason::NotApproved { .. }
            | Reason::NotDeclared { .. }
            | Reason::Settling { .. }
            | Reason::WithdrawnFrom { .. } => HeldBy::Rule,
            Reason::Paused { .. } | Reason::PageNotSeen { .. } => HeldBy::Wait,
            _ => HeldBy::Trouble,
        };
        (step.key, Held { name: step.name.clone(), since: now, why: reason.to_string(), by })
    });
    held.collect()
}

fn has_unknown(round: &Round) -> bool {
    round.done.iter().any(|done| done.state == State::Unknown)
}
