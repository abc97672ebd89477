//! Whose turn it is: everything that leaves a trace (a change of the ledger, a step of a request)
//! waits here until the simulation lets it happen. So the order of things is drawn from the seed,
//! and a process can be killed between any two of them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;

use super::nature::lock;
use crate::ledger::{LedgerError, Turnstile};

/// The number of a daemon.
pub type Daemon = usize;

/// What waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Changes the ledger.
    Change,
    /// A step of a request.
    Step(String),
}

/// What somebody hears whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    Ahead,
    /// The disk is full.
    Full,
    /// Somebody else holds the ledger locked.
    Locked,
}

#[derive(Debug)]
struct Waiting {
    daemon: Daemon,
    what: What,
    go: Option<Go>,
}

#[derive(Debug, Default)]
struct Inner {
    rules: bool,
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

/// The queue of a simulation. While it does not rule, everybody goes ahead at once.
#[derive(Debug, Default)]
pub struct Turns(Mutex<Inner>);

impl Turns {
    pub fn rule(&self, rules: bool) {
        lock(&self.0).rules = rules;
    }

    /// Who waits, the first first.
    pub fn waiting(&self) -> Vec<(u64, Daemon, What)> {
        let inner = lock(&self.0);
        let waits = inner.waiting.iter().filter(|(_, it)| it.go.is_none());
        waits.map(|(id, it)| (*id, it.daemon, it.what.clone())).collect()
    }

    pub fn give(&self, id: u64, go: Go) {
        if let Some(waiting) = lock(&self.0).waiting.get_mut(&id) {
            waiting.go = Some(go);
        }
    }

    /// Waits for a turn.
    pub fn take(self: &Arc<Self>, daemon: Daemon, what: What) -> Turn {
        Turn { turns: Arc::clone(self), daemon, what: Some(what), id: None }
    }
}

/// Becomes ready when it is its turn.
pub struct Turn {
    turns: Arc<Turns>,
    daemon: Daemon,
    what: Option<What>,
    id: Option<u64>,
}

impl Future for Turn {
    type Output = Go;

    /// Nobody is woken: whoever gives turns polls everybody afterwards.
    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Go> {
        let turns = Arc::clone(&self.turns);
        let mut inner = lock(&turns.0);
        if !inner.rules {
            return Poll::Ready(Go::Ahead);
        }
        if let Some(id) = self.id {
            return match inner.waiting.get(&id).and_then(|it| it.go) {
                Some(go) => Poll::Ready(go),
                None => Poll::Pending,
            };
        }
        let id = inner.next;
        inner.next += 1;
        let what = self.what.take().unwrap_or(What::Change);
        inner.waiting.insert(id, Waiting { daemon: self.daemon, what, go: None });
        self.id = Some(id);
        Poll::Pending
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            lock(&self.turns.0).waiting.remove(&id);
        }
    }
}

/// Before the ledger of one daemon.
#[derive(Debug)]
pub struct Gate {
    pub turns: Arc<Turns>,
    pub daemon: Daemon,
}

#[async_trait]
impl Turnstile for Gate {
    async fn pass(&self) -> Result<(), LedgerError> {
        match self.turns.take(self.daemon, What::Change).await {
            Go::Ahead => Ok(()),
            Go::Full => {
                Err(LedgerError::Database(sqlx::Error::Io(std::io::ErrorKind::StorageFull.into())))
            }
            // What SQLite's `busy_timeout` ends in, and what the ledger is patient with.
            Go::Locked => Err(LedgerError::Database(sqlx::Error::PoolTimedOut)),
        }
    }
}
