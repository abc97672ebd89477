//! What the loop knows of itself, for those who ask. Only the loop writes it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::{error, info, warn};

use super::Setup;
use crate::channel::DeliveryKey;
use crate::clock::Clock;
use crate::ledger::{DeliveryName, Ledger};

/// The state of the daemon; clones are the same one.
#[derive(Clone)]
pub struct Status {
    clock: Clock,
    facts: Arc<Mutex<Facts>>,
}

/// What is known at one moment.
#[derive(Clone)]
pub struct Facts {
    pub started_at: DateTime<Utc>,
    pub setup: Arc<Setup>,
    /// `None` while it cannot be opened.
    pub ledger: Option<Ledger>,
    /// The newest event when this process first opened the ledger.
    pub first_event: Option<i64>,
    pub rounds: Rounds,
    /// When the next round begins.
    pub next_round: Option<DateTime<Utc>>,
    pub troubles: BTreeMap<Subject, Trouble>,
    /// Why deliveries that are due were not begun in the last round.
    pub held: BTreeMap<DeliveryKey, Held>,
}

/// The rounds of this process.
#[derive(Debug, Clone, Default)]
pub struct Rounds {
    pub done: u64,
    pub failed: u64,
    /// Since when one is under way.
    pub under_way_since: Option<DateTime<Utc>>,
    /// When the last one that succeeded ended.
    pub last: Option<DateTime<Utc>>,
}

/// Why a delivery waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub name: DeliveryName,
    /// Since when this process has seen it held.
    pub since: DateTime<Utc>,
    pub why: String,
    pub by: HeldBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// It was decided so: by a date on the page, by the rules of the site, or by a person who has
    /// not agreed yet.
    Rule,
    /// It may be wanted now, and something else has to happen first: a channel is paused, a page
    /// is not to be seen. Such a delivery may have no time on record.
    Wait,
    /// Something that somebody has to mend.
    Trouble,
}

/// What can be wrong with the daemon itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Configuration,
    Ledger,
    Clock,
    /// A folder with postings is not to be had.
    Postings,
    /// Pages that have errors.
    Pages,
    /// The pages cannot be pulled.
    Pull,
    /// Events of files are not to be had.
    Watch,
    /// Another daemon works on the same ledger.
    SecondDaemon,
    /// Somebody should be told something, and cannot be.
    Notices,
    /// What comes back by mail cannot be read.
    Mailbox,
    /// Links cannot be put onto the site.
    WriteBack,
}

impl Subject {
    /// Whether the daemon does not do its work while this lasts. The rest is only said.
    pub fn fails(self) -> bool {
        match self {
            Self::Configuration | Self::Ledger | Self::Clock | Self::Postings => true,
            Self::Pages
            | Self::Pull
            | Self::Watch
            | Self::SecondDaemon
            | Self::Notices
            | Self::Mailbox
            | Self::WriteBack => false,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Ledger => "ledger",
            Self::Clock => "clock",
            Self::Postings => "postings",
            Self::Pages => "pages",
            Self::Pull => "pull",
            Self::Watch => "watch",
            Self::SecondDaemon => "second-daemon",
            Self::Notices => "notices",
            Self::Mailbox => "mailbox",
            Self::WriteBack => "write-back",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that is wrong, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    pub since: DateTime<Utc>,
    pub what: String,
}

impl Status {
    pub fn new(clock: Clock, setup: Arc<Setup>) -> Self {
        let facts = Facts {
            started_at: clock.now(),
            setup,
            ledger: None,
            first_event: None,
            rounds: Rounds::default(),
            next_round: None,
            troubles: BTreeMap::new(),
            held: BTreeMap::new(),
        };
        Self { clock, facts: Arc::new(Mutex::new(facts)) }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What is known now.
    pub fn facts(&self) -> Facts {
        self.lock().clone()
    }

    /// Looks at what is known now, without a copy of all of it.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Facts) -> T) -> T {
        at(&self.lock())
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.lock());
    }

    /// Something is wrong, or is not any more. Each distinct state is logged once, however often it
    /// is found.
    pub(super) fn trouble(&self, subject: Subject, what: Option<String>) {
        let now = self.clock.now();
        let mut facts = self.lock();
        match what {
            Some(what) => {
                let before = facts.troubles.get(&subject);
                if before.is_some_and(|before| before.what == what) {
                    return;
                }
                let since = before.map_or(now, |before| before.since);
                if subject.fails() {
                    error!(about = subject.as_str(), "{what}");
                } else {
                    warn!(about = subject.as_str(), "{what}");
                }
                facts.troubles.insert(subject, Trouble { since, what });
            }
            None => {
                if facts.troubles.remove(&subject).is_some() {
                    info!(about = subject.as_str(), "{subject}: in order again");
                }
            }
        }
    }

    /// The first line of what is wrong, if anything is.
    pub(super) fn first_trouble(&self) -> Option<String> {
        let facts = self.lock();
        let trouble = facts.troubles.values().next()?;
        trouble.what.lines().next().map(str::to_owned)
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
