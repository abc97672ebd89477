//! The story: the whole life of some postings, played against the stand-ins through exactly the
//! code that real use takes.
//!
//! Days go by on a set clock: everything is announced in its slots, a deadline moves, reminders
//! come, the ads close. Pages are changed in memory only; nothing leaves the machine, because
//! every channel is built with [`Reach::LoopbackOnly`] and addressed to a stand-in.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Days, TimeDelta, Utc};
use url::Url;

use super::StandIns;
use super::change;
use super::loopback::SharedClock;
use super::stage;
use crate::channel::Reach;
use crate::channel::http::{Exchange, Http};
use crate::deliver::{Clock, Courier, Postings, Round, Seen, Station, Wanted, Worker};
use crate::diagnostic::{Diagnostic, Source};
use crate::ledger::SiteMark;
use crate::ledger::{CopyState, Ledger, LedgerError, Past, State};
use crate::plan::{Pace, Reason, Step, When};
use crate::posting::{self, PageFile, Posting, identity};
use crate::site::Site;
use crate::site::queue::{Holds, PageWait};

/// A rehearsal under way.
pub struct Rehearsal {
    pub site: Site,
    pub stand_ins: StandIns,
    stations: Vec<Station>,
    ledger: Ledger,
    clock: Clock,
    pages: Vec<PageFile>,
    postings: Postings,
}

/// Why a rehearsal cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("a stand-in could not be started: {0}")]
    Stage(#[from] std::io::Error),
    #[error("{0}")]
    Channel(String),
    #[error("there is no posting to rehearse")]
    NothingToPlay,
}

/// How long after the announcement the page changes.
const CHANGE_AFTER: Days = Days::new(12);
/// By how much the deadline moves, and how far off it is put where there was none.
const EXTENSION: Days = Days::new(14);
const NEW_DEADLINE: Days = Days::new(45);

impl Rehearsal {
    /// Starts a stand-in for each channel of the site, and reads the pages. `folder` takes the
    /// ledger and the feeds; `start` is the first day, by default the day on which the last of the
    /// pages is published.
    ///
    /// # Errors
    /// [`RehearsalError`] if a stand-in or the ledger cannot be made, or no page can be played.
    pub async fn start(
        mut site: Site,
        pages: Vec<PageFile>,
        folder: &Path,
        start: Option<DateTime<Utc>>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Self, RehearsalError> {
        let postings = read(&site, &pages, &Past::default(), diagnostics);
        if postings.open.is_empty() {
            return Err(RehearsalError::NothingToPlay);
        }
        let first_day = start
            .or_else(|| postings.open.iter().filter_map(|it| it.publish_at.or(it.date)).max())
            .unwrap_or_else(Utc::now);
        let clock = Clock::at(first_day);
        for channel in &mut site.channels {
            // There is no web site to look at here, and nobody to ask.
            channel.holds = Holds { page: PageWait::DoNotWait, ..Holds::default() };
        }
        let stand_ins = stage::build(&mut site, folder, &SharedClock::of(&clock)).await?;
        let mut wrong = Vec::new();
        let stations = Station::all(&site, Reach::LoopbackOnly, &mut wrong);
        if let Some(wrong) = wrong.first() {
            return Err(RehearsalError::Channel(wrong.message.clone()));
        }
        let mark =
            SiteMark { folder: folder.to_owned(), base_url: site.settings.base_url.to_string() };
        let ledger = Ledger::open(&folder.join("ledger.db"), &mark, clock.now()).await?;
        Ok(Self { site, stand_ins, stations, ledger, clock, pages, postings })
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn postings(&self) -> &[Posting] {
        &self.postings.open
    }

    /// The channels, pointed at their stand-ins.
    pub fn stations(&self) -> &[Station] {
        &self.stations
    }

    /// The ledger of this rehearsal, as the log reads it.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub async fn past(&self) -> Result<Past, LedgerError> {
        self.ledger.past().await
    }

    fn courier(&self) -> Courier<'_> {
        Courier {
            site: &self.site,
            stations: &self.stations,
            ledger: &self.ledger,
            worker: Worker::this(),
            clock: self.clock.clone(),
            aside: None,
        }
    }

    /// Lets days go by until `end`: one round at every slot and every closing on the way, and one
    /// at the end. Each round that did something is told.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails.
    pub async fn until(
        &self,
        end: DateTime<Utc>,
        mut told: impl FnMut(DateTime<Utc>, &Round),
    ) -> Result<(), LedgerError> {
        loop {
            let now = self.clock.now();
            let courier = self.courier();
            let mut round =
                courier.round(&self.postings, Pace::OnSchedule, Wanted::default()).await?;
            round.note_arrivals(courier.arrivals(Wanted::default()).await?);
            if !round.done.is_empty() || !round.problems.is_empty() {
                told(now, &round);
            }
            if round.done.iter().any(|done| done.state == State::Posted) {
                // What was done may make something else due at the same moment.
                continue;
            }
            if now >= end {
                return Ok(());
            }
            let slots = round.plan.steps.iter().filter_map(|step| match step.when {
                When::At { slot } => Some(slot),
                _ => None,
            });
            let next = slots.chain(self.closings()).filter(|moment| *moment > now).min();
            self.clock.set(next.map_or(end, |next| next.min(end)));
        }
    }

    /// The moments right after the ads close, the earliest first.
    pub fn closings(&self) -> Vec<DateTime<Utc>> {
        let zone = self.site.settings.timezone;
        let mut closings: Vec<_> = self
            .postings
            .open
            .iter()
            .filter_map(|posting| posting.closes_at(zone))
            .map(|closes| closes + TimeDelta::seconds(1))
            .collect();
        closings.sort_unstable();
        closings.dedup();
        closings
    }

    /// The copies that say something older, because their channel is not changed.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn stale(&self) -> Result<Vec<Step>, LedgerError> {
        let past = self.ledger.past().await?;
        let plan = self.courier().plan(&self.postings, &past, Pace::OnSchedule);
        let stale = |step: &Step| step.when == When::Not { reason: Reason::Stale };
        Ok(plan.steps.into_iter().filter(stale).collect())
    }

    /// The author changes the page: every deadline moves, or is given where there was none.
    /// Returns what changed, in words.
    pub fn change_pages(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        let today = self.clock.now().with_timezone(&self.site.settings.timezone).date_naive();
        for posting in self.postings.open.clone() {
            let old = posting.facts.deadline.as_ref().and_then(|field| field.value.last_day());
            let new = match old {
                Some(day) if day > today => day.checked_add_days(EXTENSION),
                _ => today.checked_add_days(NEW_DEADLINE),
            };
            let Some(new) = new else { continue };
            let text = change::with_deadline(&posting, new);
            for page in self.pages.iter_mut().filter(|page| page.path == posting.path) {
                page.source = Source::new(page.source.path.clone(), text.clone());
            }
            told.push(match old {
                Some(old) => format!("{}: the deadline moves from {old} to {new}", posting.id),
                None => format!("{}: there is a deadline now, {new}", posting.id),
            });
        }
        told
    }

    /// Reads the pages once more, as a later run would.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn read_again(
        &mut self,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(), LedgerError> {
        let past = self.ledger.past().await?;
        self.postings = read(&self.site, &self.pages, &past, diagnostics);
        Ok(())
    }

    /// When the page will change.
    pub fn change_time(&self) -> DateTime<Utc> {
        self.clock.now().checked_add_days(CHANGE_AFTER).unwrap_or(self.clock.now())
    }

    /// Looks at every link of the ads that close at a moment.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails.
    pub async fn look_before(&self, closing: DateTime<Utc>) -> Result<Vec<Seen>, LedgerError> {
        let zone = self.site.settings.timezone;
        let closes = |posting: &&Posting| {
            posting.closes_at(zone).is_some_and(|at| at + TimeDelta::seconds(1) == closing)
        };
        let wanted: BTreeSet<_> =
            self.postings.open.iter().filter(closes).map(|posting| posting.id.clone()).collect();
        let wanted = Wanted { postings: Some(&wanted), ..Wanted::default() };
        self.courier().verify(wanted).await
    }

    /// Fetches a link as a reader would and says the status of the answer; `None` if there is none.
    pub async fn fetch(&self, link: &Url) -> Option<u16> {
        match Http::new(Reach::LoopbackOnly).fetch(link).await {
            Exchange::Answer(answer) => Some(answer.status),
            Exchange::NoAnswer(_) => None,
        }
    }

    /// Looks at every copy that was taken back: it should be gone.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn look_at_withdrawn(&self) -> Result<Vec<Seen>, LedgerError> {
        let mut seen = Vec::new();
        for delivery in self.ledger.past().await?.deliveries {
            let withdrawn = delivery.copy == Some(CopyState::Withdrawn);
            let (true, Some(receipt), Some(standing)) =
                (withdrawn, &delivery.receipt, &delivery.standing)
            else {
                continue;
            };
            let station = self.stations.iter().find(|it| it.spec.name == delivery.name.channel);
            let Some(station) = station else { continue };
            let sight = station.channel.verify(receipt, Some(&standing.rendition)).await;
            seen.push(Seen { delivery, sight, copy: Some(CopyState::Withdrawn) });
        }
        Ok(seen)
    }
}

fn read(
    site: &Site,
    pages: &[PageFile],
    past: &Past,
    diagnostics: &mut Vec<Diagnostic>,
) -> Postings {
    let mut read = Vec::new();
    let mut held_back = BTreeSet::new();
    for page in pages {
        let reading = posting::read(page, &site.settings);
        if reading.postings.is_empty() {
            held_back.insert(page.path.clone());
        }
        diagnostics.extend(reading.diagnostics);
        read.extend(reading.postings);
    }
    let known: Vec<identity::Known> = past.postings.values().map(identity::Known::from).collect();
    let open = identity::bind(read, &known, &site.settings.default_language, diagnostics);
    // Whoever plays these pages wants them announced, however old they are.
    let named = open.iter().map(|posting| posting.id.clone()).collect();
    Postings { open, held_back, named, ..Postings::default() }
}
