//! The right to put one attempt on the network: until when, and where its steps are written down.
//!
//! Whoever delivers makes one from the attempt that is on disk. A channel checks it immediately
//! before each first byte of a request that could create or change something, after everything
//! that takes time: connecting, TLS, signing in, asking.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Outcome, Receipt, StepDone};
use crate::clock::{Clock, Steady};

/// Nothing of an attempt may leave later than this. A clock that is turned back does not make it
/// later: the steady clock counts too.
#[derive(Debug, Clone)]
pub struct SendBy {
    at: DateTime<Utc>,
    clock: Clock,
    began: Steady,
    within: TimeDelta,
}

impl SendBy {
    /// By `at` on this clock; what is left until then begins to run now.
    pub fn new(at: DateTime<Utc>, clock: Clock) -> Self {
        let within = at - clock.now();
        let began = clock.steady();
        Self { at, clock, began, within }
    }

    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The time by the clock that it goes by.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether it is too late to send.
    pub fn has_passed(&self) -> bool {
        self.clock.now() > self.at || self.clock.steady().since(&self.began) > self.within
    }

    /// How long there is until then.
    pub fn left(&self) -> Duration {
        let by_the_wall = self.at - self.clock.now();
        let steady = self.within - self.clock.steady().since(&self.began);
        by_the_wall.min(steady).to_std().unwrap_or_default()
    }

    /// # Errors
    /// The outcome if it is too late: certainly nothing was sent.
    pub fn check(&self) -> Result<(), Outcome> {
        if self.has_passed() { Err(too_late()) } else { Ok(()) }
    }
}

/// The outcome of an attempt whose time to be sent had passed.
pub fn too_late() -> Outcome {
    Outcome::Deferred { why: "the time to send it had passed".to_owned(), after: None }
}

/// Where the steps of one attempt are written down, each before the next one goes out: the parts
/// of a thread, the requests of a board that needs several.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes down what a step did; `what` names it (`asked`, `part 2`), `detail` is JSON: its
    /// id, its link.
    ///
    /// # Errors
    /// In words, if it could not be written: then nothing further may be sent.
    async fn note(&self, what: &str, detail: &serde_json::Value) -> Result<(), String>;

    /// The steps of this delivery that are done and need not be done again, in this attempt or one
    /// before it.
    ///
    /// # Errors
    /// In words, if the record could not be read: then nothing may be sent.
    async fn done(&self) -> Result<Vec<StepDone>, String> {
        Ok(Vec::new())
    }

    /// The posting whose copy this is by the record, if it is another one than this attempt's: two
    /// ids can be one name to a place.
    ///
    /// # Errors
    /// In words, if the record could not be read: then nothing may be sent.
    async fn copy_of_another(&self, _copy: &Receipt) -> Result<Option<String>, String> {
        Ok(None)
    }

    /// Writes down that a step is done. It is on disk when this returns.
    ///
    /// # Errors
    /// In words, if it could not be written: then nothing further may be sent.
    async fn step_done(&self, done: &StepDone) -> Result<(), String> {
        let detail = serde_json::to_value(done).map_err(|error| error.to_string())?;
        self.note(&done.step, &detail).await
    }

    /// The bytes of a picture that was put on record with the attempt, by their SHA-256 (hex).
    ///
    /// # Errors
    /// In words, if they are not there: then the step that carries it cannot be sent.
    async fn picture(&self, sha256: &str) -> Result<Vec<u8>, String> {
        Err(format!("the picture {sha256} is not on record"))
    }
}

/// The right to send one attempt.
pub struct Permit<'a> {
    send_by: SendBy,
    journal: &'a dyn Journal,
}

impl<'a> Permit<'a> {
    pub fn new(send_by: SendBy, journal: &'a dyn Journal) -> Self {
        Self { send_by, journal }
    }

    pub fn send_by(&self) -> &SendBy {
        &self.send_by
    }

    /// Where the steps are written down.
    pub fn journal(&self) -> &dyn Journal {
        self.journal
    }

    /// Writes a step down.
    ///
    /// # Errors
    /// [`Outcome::Deferred`] if that failed: what comes after it was not sent.
    pub async fn note(&self, what: &str, detail: &serde_json::Value) -> Result<(), Outcome> {
        self.journal.note(what, detail).await.map_err(|why| Outcome::Deferred {
            why: format!("the step `{what}` could not be written down: {why}"),
            after: None,
        })
    }
}

/// For what is no delivery and is on no record: a private test (`post --to-me`).
pub struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn note(&self, _what: &str, _detail: &serde_json::Value) -> Result<(), String> {
        Ok(())
    }
}
