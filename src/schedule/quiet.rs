//! Quiet times: when nothing goes out although a schedule would allow it.

use chrono::{DateTime, Utc};

/// Placeholder; replaced by the schedule branch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quiet {}

/// Which rule makes a time quiet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuietTime {
    Dates(String),
}

impl std::fmt::Display for QuietTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dates(text) => f.write_str(text),
        }
    }
}

impl Quiet {
    pub fn at(&self, _time: DateTime<Utc>) -> Option<QuietTime> {
        None
    }

    pub fn first_allowed(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(from)
    }
}

impl super::Schedule {
    pub fn slots_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        std::iter::successors(self.next(after), |slot| self.next(*slot))
    }

    pub fn last_in(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let first = from - chrono::TimeDelta::microseconds(1);
        self.slots_after(first).take_while(|slot| *slot <= until).last()
    }
}
