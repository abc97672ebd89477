//! What a request that only reads brought: JSON, or why there is none and whether asking again
//! helps.

use chrono::{TimeDelta, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{Exchange, behind};
use crate::channel::{Outcome, Sight, Trace};

/// What a server shows, and by how much its clock is behind ours.
#[derive(Debug)]
pub struct Reading {
    pub json: Value,
    pub behind: TimeDelta,
    pub headers: HeaderMap,
}

/// Why something could not be read.
#[derive(Debug)]
pub enum Unread {
    /// It is not there.
    Gone,
    Later {
        why: String,
    },
    Unable {
        why: String,
    },
}

impl Reading {
    /// The JSON of a success.
    ///
    /// # Errors
    /// [`Unread`] for everything else.
    pub fn of(exchange: Exchange) -> Result<Self, Unread> {
        match exchange {
            Exchange::Answer(answer) if answer.is_success() => match answer.json() {
                Some(json) => {
                    let behind = behind(&answer.headers, Utc::now());
                    Ok(Self { json, behind, headers: answer.headers })
                }
                None => Err(Unread::Unable { why: answer.summary() }),
            },
            Exchange::Answer(answer) => Err(match answer.status {
                404 | 410 => Unread::Gone,
                429 | 500..=599 => Unread::Later { why: answer.summary() },
                _ => Unread::Unable { why: answer.summary() },
            }),
            Exchange::NoAnswer(outcome) => Err(outcome.into()),
        }
    }
}

impl From<Outcome> for Unread {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Deferred { why, .. } | Outcome::Unknown { why } => Self::Later { why },
            Outcome::Refused { why } | Outcome::Blocked { why } | Outcome::Duplicate { why } => {
                Self::Unable { why }
            }
            Outcome::Posted(_) => Self::Gone,
        }
    }
}

impl Unread {
    /// For a search that came to nothing; `gone` says what is not there.
    pub fn into_trace(self, gone: &str) -> Trace {
        match self {
            Self::Later { why } => Trace::NotYet { why },
            Self::Unable { why } => Trace::CannotTell { why },
            Self::Gone => Trace::CannotTell { why: gone.to_owned() },
        }
    }

    /// For a copy that was looked at.
    pub fn into_sight(self) -> Sight {
        match self {
            Self::Gone => Sight::Gone,
            Self::Later { why } | Self::Unable { why } => Sight::Unseen { why },
        }
    }

    /// For an account that was asked about; `gone` says what is not there.
    pub fn into_words(self, gone: &str) -> String {
        match self {
            Self::Gone => gone.to_owned(),
            Self::Later { why } | Self::Unable { why } => why,
        }
    }
}
