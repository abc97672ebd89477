//! The clock of a run: what is due, and what the ledger writes down, goes by its wall clock; how
//! long something has certainly been over goes by its steady one, which nobody can set.
//!
//! A channel that talks to a server reads the system's clock, as the server does.

use std::fs;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The time, or a time that somebody set (`--at`, the rehearsal, the simulation).
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    Set(SetClock),
}

/// A clock that stands where it was put, or goes on from there; clones show the same time.
#[derive(Debug, Clone)]
pub struct SetClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    wall: DateTime<Utc>,
    steady: Steady,
    /// When the hands were read last, of a clock that goes.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    read: Instant,
    /// How many seconds go by in one second while nobody is at work.
    speed: u32,
    /// How many are at work: then a second is a second.
    at_work: usize,
}

/// As long as somebody holds this, a clock that goes faster than real ones does not.
#[derive(Debug)]
pub struct AtWork(Option<SetClock>);

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
        Self::set_to(time, None)
    }

    /// A clock that goes on from `time`, so many times as fast as real ones while nobody is
    /// [at work](Clock::at_work): for a process that is driven through weeks.
    pub fn going_from(time: DateTime<Utc>, speed: u32) -> Self {
        Self::set_to(time, Some(Running { read: Instant::now(), speed, at_work: 0 }))
    }

    fn set_to(wall: DateTime<Utc>, running: Option<Running>) -> Self {
        let steady = Steady { boot: "set".to_owned(), micros: wall.timestamp_micros() };
        Self::Set(SetClock(Arc::new(Mutex::new(Hands { wall, steady, running }))))
    }

    /// While the guard lives, a second is a second: servers and networks are no faster than they
    /// are.
    pub fn at_work(&self) -> AtWork {
        let Self::Set(set) = self else { return AtWork(None) };
        if let Some(running) = &mut set.hands().running {
            running.at_work += 1;
        }
        AtWork(Some(set.clone()))
    }

    /// How long it takes until this clock shows `time`; `None` if it stands.
    pub fn until(&self, time: DateTime<Utc>) -> Option<Duration> {
        let left = (time - self.now()).to_std().unwrap_or_default();
        match self {
            Self::System => Some(left),
            Self::Set(set) => {
                set.hands().running.as_ref().map(|running| left / running.speed.max(1))
            }
        }
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
    /// The hands, where they are now.
    fn hands(&self) -> MutexGuard<'_, Hands> {
        let mut hands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hands.go_on(Instant::now());
        hands
    }
}

impl Hands {
    /// Lets the time go by that has gone by since the hands were read last.
    fn go_on(&mut self, now: Instant) {
        let Some(running) = &mut self.running else { return };
        let speed = if running.at_work > 0 { 1 } else { running.speed };
        let passed = now.saturating_duration_since(running.read).saturating_mul(speed);
        running.read = now;
        let passed = TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
        self.steady.micros =
            self.steady.micros.saturating_add(passed.num_microseconds().unwrap_or(i64::MAX));
        self.wall = self.wall.checked_add_signed(passed).unwrap_or(self.wall);
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(set) = &self.0
            && let Some(running) = &mut set.hands().running
        {
            running.at_work = running.at_work.saturating_sub(1);
        }
    }
}

/// Linux' `CLOCK_BOOTTIME` counts the time asleep too (clock_gettime(2)). Where there is none, the
/// process's own clock is all there is, and says nothing of other processes.
fn since_start() -> Steady {
    static PROCESS: LazyLock<(String, Instant)> =
        LazyLock::new(|| (format!("process {}", Uuid::new_v4()), Instant::now()));
    // The same for as long as this process lives.
    static BOOT: LazyLock<Option<String>> = LazyLock::new(|| {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(boot.trim().to_owned())
    });
    let booted = BOOT.as_ref().zip(since_boot());
    booted.map(|(boot, micros)| Steady { boot: boot.clone(), micros }).unwrap_or_else(|| {
        let (boot, began) = &*PROCESS;
        let micros = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Steady { boot: boot.clone(), micros }
    })
}

/// In microseconds.
#[cfg(target_os = "linux")]
fn since_boot() -> Option<i64> {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    since.tv_sec.checked_mul(1_000_000)?.checked_add(since.tv_nsec / 1_000)
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<i64> {
    None
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
    fn a_fast_clock_is_as_slow_as_others_while_somebody_is_at_work() {
        let start = at("2027-01-11T08:00:00Z");
        let clock = Clock::going_from(start, 86_400);
        std::thread::sleep(Duration::from_millis(20));
        assert!(clock.now() > start + TimeDelta::minutes(20));
        let work = clock.at_work();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(20));
        let passed = clock.now() - before;
        assert!(passed >= TimeDelta::milliseconds(20) && passed < TimeDelta::minutes(20));
        drop(work);
        let day = clock.until(clock.now() + TimeDelta::days(1)).unwrap();
        assert!(day <= Duration::from_secs(1));
        assert_eq!(Clock::at(start).until(start), None, "it stands");
    }

    #[test]
    fn the_systems_clock_goes_on() {
        let before = Clock::System.steady();
        let after = Clock::System.steady();
        assert_eq!(before.boot, after.boot);
        assert!(after.micros >= before.micros);
    }
}
