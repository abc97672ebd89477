//! The clock of a run: what is due, and what the ledger writes down, goes by this one. A channel
//! that talks to a server reads the system's, as the server does.

use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// The time, or a time that somebody set (`--at`, the rehearsal).
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands at `time`.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(Mutex::new(time)))
    }

    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Set(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Sets a set clock; the system's clock is left alone.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Set(time) = self {
            *time.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }
}
