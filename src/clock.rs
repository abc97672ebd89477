//! The clock of a run: what is due, and what the ledger writes down, goes by its wall clock; how
//! long something has certainly been over goes by its steady one, which nobody can set.
//!
//! A channel that talks to a server reads the system's clock, as the server does.

use std::fs;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The time, or a time that somebody set (`--at`, the rehearsal, the simulation).
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    Set(SetClock),
}

/// A clock that stands where it was put; clones show the same time.
#[derive(Debug, Clone)]
pub struct SetClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    wall: DateTime<Utc>,
    steady: Steady,
}

/// A moment on a clock that nobody sets: time since the machine started, sleep included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steady {
    /// Names the start that `micros` counts from.
    pub boot: String,
    pub micros: i64,
}

impl Steady {
    /// How much time has certainly passed since an earlier moment, whatever the wall clock says.
    /// Across a restart of the machine that is only the time since the restart.
    pub fn since(&self, earlier: &Self) -> TimeDelta {
        let micros = if self.boot == earlier.boot {
            self.micros.saturating_sub(earlier.micros)
        } else {
            self.micros
        };
        TimeDelta::microseconds(micros.max(0))
    }
}

impl Clock {
    /// A clock that stands at `time`. Nobody turned it: several of them, one after the other
    /// (`--at` in one process and the next), let the time between them go by.
    pub fn at(time: DateTime<Utc>) -> Self {
        let steady = Steady { boot: "set".to_owned(), micros: time.timestamp_micros() };
        Self::Set(SetClock(Arc::new(Mutex::new(Hands { wall: time, steady }))))
    }

    /// What the clock on the wall shows.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Set(set) => set.hands().wall,
        }
    }

    /// What the clock shows that nobody sets.
    pub fn steady(&self) -> Steady {
        match self {
            Self::System => since_start(),
            Self::Set(set) => set.hands().steady.clone(),
        }
    }

    /// Lets time go by until a set clock shows `to`; the system's clock is left alone. Going back
    /// turns the hands back and lets no time go by.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Set(set) = self {
            let mut hands = set.hands();
            let passed = (to - hands.wall).num_microseconds().unwrap_or(0).max(0);
            hands.steady.micros = hands.steady.micros.saturating_add(passed);
            hands.wall = to;
        }
    }

    /// Somebody turns the hands of a set clock: no time goes by.
    pub fn jump(&self, to: DateTime<Utc>) {
        if let Self::Set(set) = self {
            set.hands().wall = to;
        }
    }

    /// The machine of a set clock starts anew: its steady clock begins again.
    pub fn restart(&self, boot: &str) {
        if let Self::Set(set) = self {
            set.hands().steady = Steady { boot: boot.to_owned(), micros: 0 };
        }
    }
}

impl SetClock {
    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `/proc/uptime` counts the time asleep too (proc_uptime(5)). Where there is none, the process's
/// own clock is all there is, and says nothing of other processes.
fn since_start() -> Steady {
    static PROCESS: LazyLock<(String, Instant)> =
        LazyLock::new(|| (format!("process {}", Uuid::new_v4()), Instant::now()));
    let uptime = || {
        let text = fs::read_to_string("/proc/uptime").ok()?;
        let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "far from the end of 64 bits")]
        let micros = (seconds * 1e6) as i64;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(Steady { boot: boot.trim().to_owned(), micros })
    };
    uptime().unwrap_or_else(|| {
        let (boot, began) = &*PROCESS;
        let micros = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Steady { boot: boot.clone(), micros }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_turned_hand_lets_no_time_go_by() {
        let clock = Clock::at(at("2027-01-11T08:00:00Z"));
        let before = clock.steady();
        clock.jump(at("2027-01-12T08:00:00Z"));
        assert_eq!(clock.steady().since(&before), TimeDelta::zero());
        clock.set(at("2027-01-12T09:00:00Z"));
        assert_eq!(clock.steady().since(&before), TimeDelta::hours(1));
        clock.set(at("2027-01-12T07:00:00Z"));
        assert_eq!(clock.steady().since(&before), TimeDelta::hours(1));
    }

    #[test]
    fn after_a_restart_only_the_time_since_then_is_certain() {
        let clock = Clock::at(at("2027-01-11T08:00:00Z"));
        clock.set(at("2027-01-11T20:00:00Z"));
        let before = clock.steady();
        clock.restart("second");
        clock.set(at("2027-01-11T20:05:00Z"));
        assert_eq!(clock.steady().since(&before), TimeDelta::minutes(5));
    }

    #[test]
    fn the_systems_clock_goes_on() {
        let before = Clock::System.steady();
        let after = Clock::System.steady();
        assert_eq!(before.boot, after.boot);
        assert!(after.micros >= before.micros);
    }
}
