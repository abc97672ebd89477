//! Time and what is told of it: the true time, by which servers live, beside the clock of the
//! machine, which may be wrong.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::broken::Broken;
use super::server::Server;
use crate::clock::Clock;

/// Locks; a simulation has one thread, and what panicked in it is over.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What everybody in a simulation shares.
#[derive(Debug)]
pub struct Nature {
    pub seed: u64,
    pub broken: Option<Broken>,
    /// The machine's.
    pub clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    truth: DateTime<Utc>,
    servers: Vec<Arc<Mutex<Server>>>,
    /// Everything that came by mail, the oldest first.
    mailbox: Vec<Arc<[u8]>>,
    /// How many of a hundred requests meet a fault.
    faults: u64,
    told: Option<Vec<String>>,
}

/// Whether what happens is written down for a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    Nothing,
    Everything,
}

impl Nature {
    pub fn new(seed: u64, broken: Option<Broken>, start: DateTime<Utc>, tell: Tell) -> Self {
        let told = (tell == Tell::Everything).then(Vec::new);
        let state =
            State { truth: start, servers: Vec::new(), mailbox: Vec::new(), faults: 0, told };
        Self { seed, broken, clock: Clock::at(start), state: Mutex::new(state) }
    }

    pub fn truth(&self) -> DateTime<Utc> {
        lock(&self.state).truth
    }

    pub fn add(&self, server: Arc<Mutex<Server>>) {
        lock(&self.state).servers.push(server);
    }

    pub fn faults(&self) -> u64 {
        lock(&self.state).faults
    }

    pub fn set_faults(&self, of_a_hundred: u64) {
        lock(&self.state).faults = of_a_hundred;
    }

    /// Time goes by, for the servers and for the machine; what was under way arrives.
    pub fn pass(&self, time: TimeDelta) {
        let (now, servers) = {
            let mut state = lock(&self.state);
            state.truth += time;
            (state.truth, state.servers.clone())
        };
        self.clock.set(self.clock.now() + time);
        for server in servers {
            let (arrived, letters) = {
                let mut server = lock(&server);
                (server.arrivals(now), std::mem::take(&mut server.outbox))
            };
            for arrived in arrived {
                self.say("network", || arrived);
            }
            lock(&self.state).mailbox.extend(letters.into_iter().map(Arc::from));
        }
    }

    /// What came by mail, without the first letters.
    pub fn mailbox_after(&self, first: usize) -> Vec<Arc<[u8]>> {
        lock(&self.state).mailbox.iter().skip(first).cloned().collect()
    }

    /// Somebody turns the machine's clock.
    pub fn turn_clock(&self, by: TimeDelta) {
        let to = self.clock.now() + by;
        if self.broken == Some(Broken::WallClockOnly) {
            // No clock is left that nobody can set.
            self.clock.set(to);
        }
        self.clock.jump(to);
        self.say("clock", || format!("is turned by {} s, to {to}", by.num_seconds()));
    }

    /// By how much the machine's clock is ahead.
    pub fn clock_error(&self) -> TimeDelta {
        self.clock.now() - self.truth()
    }

    /// Tells what happens, if somebody listens.
    pub fn say(&self, who: &str, what: impl FnOnce() -> String) {
        if lock(&self.state).told.is_none() {
            return;
        }
        let what = what();
        let mut state = lock(&self.state);
        let time = state.truth.format("%Y-%m-%d %H:%M:%S");
        let line = format!("{time} {who:<9} {what}");
        state.told.get_or_insert_default().push(line);
    }

    pub fn told(&self) -> Vec<String> {
        lock(&self.state).told.take().unwrap_or_default()
    }
}
