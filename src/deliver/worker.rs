//! This process as the ledger knows it: its name, what it is sending, and the outcomes that could
//! not be written down yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::channel::DeliveryKey;
use crate::ledger::{self, Attempt, Claim, Liveness, Settlement, Standing};

/// Says of a worker's name whether it can still send.
pub type LivenessOf = Arc<dyn Fn(&str) -> Liveness + Send + Sync>;

/// One process that delivers. Clones are the same process.
#[derive(Clone)]
pub struct Worker {
    name: String,
    liveness: LivenessOf,
    desk: Arc<Mutex<Desk>>,
}

/// What is on this worker's desk.
#[derive(Default)]
struct Desk {
    /// Deliveries that are under way in this process, and how often.
    sending: BTreeMap<DeliveryKey, usize>,
    /// Outcomes that are known and not on disk.
    unsettled: BTreeMap<DeliveryKey, Unsettled>,
    /// Whether this process is about to end.
    intake: Intake,
}

/// Whether a worker begins anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Intake {
    #[default]
    Open,
    /// What is under way is finished, and nothing else is begun: no attempt, no question to a
    /// channel.
    Closed,
}

/// An outcome that the ledger could not take: its disk was full, or somebody held it locked.
#[derive(Clone)]
pub(super) struct Unsettled {
    pub claim: Arc<Claim>,
    pub settlement: Settlement,
    pub standing: Standing,
}

impl Worker {
    /// This process.
    pub fn this() -> Self {
        Self::named(ledger::this_worker(), Arc::new(ledger::liveness))
    }

    /// A worker of another name, whose liveness and that of others is told by `liveness`: for
    /// simulations.
    pub fn named(name: String, liveness: LivenessOf) -> Self {
        Self { name, liveness, desk: Arc::default() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether an attempt may still be under way. Of its own attempts a process knows more than
    /// its name says: one that it does not send any more, because its future was dropped, is dead
    /// though the process lives; one whose outcome waits to be written is not.
    pub(super) fn liveness(&self, attempt: &Attempt) -> Liveness {
        if attempt.worker != self.name {
            return (self.liveness)(&attempt.worker);
        }
        let desk = self.desk();
        let key = attempt.delivery;
        if desk.sending.contains_key(&key) || desk.unsettled.contains_key(&key) {
            Liveness::Alive
        } else {
            Liveness::Dead
        }
    }

    /// From now on this worker begins nothing; a round that is under way ends soon.
    pub fn begin_nothing_more(&self) {
        self.desk().intake = Intake::Closed;
    }

    pub fn intake(&self) -> Intake {
        self.desk().intake
    }

    /// How many deliveries this process is sending now.
    pub fn under_way(&self) -> usize {
        self.desk().sending.len()
    }

    /// Takes a delivery onto the desk, from before it is claimed until the guard is dropped;
    /// `None` if nothing is begun any more.
    pub(super) fn takes_up(&self, key: DeliveryKey) -> Option<Sending> {
        let mut desk = self.desk();
        if desk.intake == Intake::Closed {
            return None;
        }
        *desk.sending.entry(key).or_default() += 1;
        Some(Sending { worker: self.clone(), key })
    }

    /// Keeps an outcome until it is on disk.
    pub(super) fn keep(&self, unsettled: Unsettled) {
        self.desk().unsettled.insert(unsettled.claim.key(), unsettled);
    }

    /// An outcome that waits to be written; it stays on the desk until [`Worker::settled`].
    pub(super) fn unsettled(&self) -> Option<Unsettled> {
        self.desk().unsettled.values().next().cloned()
    }

    /// An outcome is on disk.
    pub(super) fn settled(&self, key: DeliveryKey) {
        self.desk().unsettled.remove(&key);
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that is under way in this process.
pub(super) struct Sending {
    worker: Worker,
    key: DeliveryKey,
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut desk = self.worker.desk();
        if let Some(times) = desk.sending.get_mut(&self.key) {
            *times = times.saturating_sub(1);
            if *times == 0 {
                desk.sending.remove(&self.key);
            }
        }
    }
}
