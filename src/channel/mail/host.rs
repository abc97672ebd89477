//! What the channels of one mail server share: how many connections there are at a time, how fast
//! messages follow each other, and the connections that wait for the next message.
//!
//! Each channel says in its file what it grants itself; the strictest of those that there are holds
//! for all. Nothing here speaks to a server or waits for one: only for a turn.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::login::{Line, Login};

/// A connection at rest is not used after this long: servers close theirs in their own time.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// What one channel grants itself towards its mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections there may be at a time.
    pub connections: u32,
    /// How many messages may begin within a minute, evenly; `None`: as fast as they come.
    pub per_minute: Option<NonZeroU32>,
}

/// A connection that owes no reply.
pub struct AtRest {
    pub line: Line,
    /// How many messages it has taken.
    pub messages: u32,
    login: Arc<Login>,
    /// The seat of the channel that used it last.
    owner: u64,
    since: Instant,
}

/// What a turn finds among the connections at rest.
pub struct Found {
    /// One that may be used.
    pub usable: Option<AtRest>,
    /// One too many: it is to be closed before another is opened.
    pub surplus: Option<AtRest>,
}

/// One mail server, by host and port.
struct Host {
    /// As many as messages may be under way.
    turns: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    seats: BTreeMap<u64, Limits>,
    next_seat: u64,
    /// How many connections there may be.
    size: usize,
    /// Turns that are to go when they end: the limit became stricter meanwhile.
    owed: usize,
    /// Turns that were taken.
    under_way: usize,
    at_rest: Vec<AtRest>,
    /// When the next message may begin.
    next_message: Instant,
}

/// A channel's place at its mail server.
pub struct Seat {
    host: Arc<Host>,
    number: u64,
}

/// The right to one message under way, and to one connection for it.
pub struct Turn<'a> {
    seat: &'a Seat,
    permit: Option<OwnedSemaphorePermit>,
}

impl Seat {
    /// Takes a place at a mail server.
    pub fn at(host: &str, port: u16, limits: Limits) -> Self {
        static HOSTS: Mutex<BTreeMap<(String, u16), Arc<Host>>> = Mutex::new(BTreeMap::new());
        let name = (host.to_ascii_lowercase(), port);
        let host = {
            let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(name).or_insert_with(|| Arc::new(Host::new())))
        };
        let number = {
            let mut state = host.state();
            let number = state.next_seat;
            state.next_seat += 1;
            state.seats.insert(number, limits);
            host.resize(&mut state);
            number
        };
        Self { host, number }
    }

    /// Waits until the next message may begin.
    ///
    /// # Errors
    /// How long that would be, if it is longer than `left`; then nothing is waited for.
    pub async fn pace(&self, left: Duration) -> Result<(), Duration> {
        let wait = self.host.state().pace(Instant::now(), left)?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Waits for a turn, those who came first before those who came later.
    pub async fn turn(&self) -> Turn<'_> {
        // An error would say that somebody closed it, which nobody does.
        let permit = Arc::clone(&self.host.turns).acquire_owned().await.ok();
        self.host.state().under_way += 1;
        Turn { seat: self, permit }
    }

    /// How many connections there may be at a time.
    pub fn connections(&self) -> usize {
        self.host.state().size
    }

    /// The connections that this channel left at rest; they are no longer kept.
    pub fn leave(&self) -> Vec<AtRest> {
        let mut state = self.host.state();
        let (own, others) =
            state.at_rest.drain(..).partition(|at_rest| at_rest.owner == self.number);
        state.at_rest = others;
        own
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
        let mut state = self.host.state();
        state.seats.remove(&self.number);
        self.host.resize(&mut state);
    }
}

impl Turn<'_> {
    /// Looks for a connection: the channel's own; only where no other may be opened, somebody
    /// else's with the same login, and else one to close.
    pub fn find(&self, login: &Login) -> Found {
        let mut state = self.seat.host.state();
        state.at_rest.retain(|at_rest| at_rest.since.elapsed() < KEPT_FOR);
        let is_own = |at_rest: &AtRest| at_rest.owner == self.seat.number;
        let found = state.at_rest.iter().position(is_own);
        if found.is_none() && state.under_way + state.at_rest.len() <= state.size {
            return Found { usable: None, surplus: None };
        }
        let found = found.or_else(|| state.at_rest.iter().position(|it| *it.login == *login));
        let usable = found.map(|at| state.at_rest.remove(at));
        let surplus = match usable {
            None if !state.at_rest.is_empty() => Some(state.at_rest.remove(0)),
            _ => None,
        };
        Found { usable, surplus }
    }

    /// Keeps a connection for the next message.
    pub fn rest(self, line: Line, messages: u32, login: &Arc<Login>) {
        let at_rest = AtRest {
            line,
            messages,
            login: Arc::clone(login),
            owner: self.seat.number,
            since: Instant::now(),
        };
        self.seat.host.state().at_rest.push(at_rest);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.seat.host.state();
        state.under_way = state.under_way.saturating_sub(1);
        if state.owed > 0 {
            state.owed -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

impl Host {
    fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(0)),
            state: Mutex::new(State {
                seats: BTreeMap::new(),
                next_seat: 0,
                size: 0,
                owed: 0,
                under_way: 0,
                at_rest: Vec::new(),
                next_message: Instant::now(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the strictest limit of those that have a seat the one that holds.
    fn resize(&self, state: &mut State) {
        let strictest = state.seats.values().map(|limits| limits.connections).min();
        let wanted = strictest.map_or(0, |connections| connections as usize);
        if wanted > state.size {
            let more = wanted - state.size;
            let kept = more.min(state.owed);
            state.owed -= kept;
            self.turns.add_permits(more - kept);
        } else {
            let fewer = state.size - wanted;
            state.owed += fewer - self.turns.forget_permits(fewer);
        }
        state.size = wanted;
    }
}

impl State {
    /// How long a message that is ready now waits, so that it keeps the pace; `Err` with that, if it
    /// is longer than `left`. Whoever waits has the place of the next one.
    fn pace(&mut self, now: Instant, left: Duration) -> Result<Duration, Duration> {
        let Some(interval) = self.interval() else { return Ok(Duration::ZERO) };
        let at = self.next_message.max(now);
        let wait = at - now;
        if wait > left {
            return Err(wait);
        }
        self.next_message = at + interval;
        Ok(wait)
    }

    /// How long after one message the next may begin.
    fn interval(&self) -> Option<Duration> {
        let strictest = self.seats.values().filter_map(|limits| limits.per_minute).min()?;
        Some(Duration::from_secs(60) / strictest.get())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn limits(connections: u32, per_minute: Option<u32>) -> Limits {
        Limits { connections, per_minute: per_minute.and_then(NonZeroU32::new) }
    }

    #[test]
    fn the_strictest_of_those_that_are_there_holds_for_all() {
        let wide = Seat::at("strictest.example", 25, limits(3, None));
        let (first, second) = (wide.turn().now_or_never(), wide.turn().now_or_never());
        assert!(first.is_some() && second.is_some());
        let strict = Seat::at("Strictest.example", 25, limits(1, None));
        assert_eq!(wide.connections(), 1);
        drop(first);
        assert!(strict.turn().now_or_never().is_none(), "one is under way");
        drop(second);
        let only = strict.turn().now_or_never();
        assert!(only.is_some() && wide.turn().now_or_never().is_none());
        drop(only);
        drop(strict);
        assert_eq!(wide.connections(), 3);
        let again = [wide.turn().now_or_never(), wide.turn().now_or_never()];
        assert!(again.iter().all(Option::is_some));
    }

    #[test]
    fn another_host_is_not_waited_for() {
        let busy = Seat::at("busy.example", 25, limits(1, None));
        let free = Seat::at("free.example", 25, limits(1, None));
        let turn = busy.turn().now_or_never();
        assert!(turn.is_some() && busy.turn().now_or_never().is_none());
        assert!(free.turn().now_or_never().is_some());
    }

    #[test]
    fn who_came_first_is_next() {
        let seat = Seat::at("queue.example", 25, limits(1, None));
        let turn = seat.turn().now_or_never();
        let mut first = Box::pin(seat.turn());
        let mut second = Box::pin(seat.turn());
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        drop(turn);
        assert!(second.as_mut().now_or_never().is_none());
        assert!(first.as_mut().now_or_never().is_some());
    }

    #[test]
    fn messages_follow_each_other_at_the_pace_that_was_asked_for() {
        let (seat, _other) = (
            Seat::at("pace.example", 25, limits(9, Some(300))),
            Seat::at("pace.example", 25, limits(9, Some(600))),
        );
        let milliseconds = Duration::from_millis;
        let (now, long) = (Instant::now(), milliseconds(2_000));
        let mut state = seat.host.state();
        assert_eq!(state.pace(now, Duration::ZERO), Ok(Duration::ZERO));
        // 300 a minute, the strictest of the two: one in 200 ms.
        assert_eq!(state.pace(now + milliseconds(50), milliseconds(20)), Err(milliseconds(150)));
        assert_eq!(state.pace(now + milliseconds(50), long), Ok(milliseconds(150)));
        assert_eq!(state.pace(now + milliseconds(50), long), Ok(milliseconds(350)));
        assert_eq!(state.pace(now + milliseconds(700), Duration::ZERO), Ok(Duration::ZERO));
    }
}
