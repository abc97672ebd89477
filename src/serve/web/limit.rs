//! How often somebody may try: a number of tries at once, and one more after each while.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Try {
    /// To log in, from an address.
    LogIn(IpAddr),
    /// To change something, by a person.
    Change(String),
}

/// How often.
struct Rule {
    at_once: u32,
    one_more_every: Duration,
}

impl Try {
    /// To log in, from a computer or its network: who has one address of IPv6 has 2⁶⁴ of them.
    pub fn to_log_in(from: IpAddr) -> Self {
        Self::LogIn(match from {
            IpAddr::V4(_) => from,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }

    fn rule(&self) -> Rule {
        match self {
            Self::LogIn(_) => Rule { at_once: 10, one_more_every: Duration::from_secs(15) },
            Self::Change(_) => Rule { at_once: 60, one_more_every: Duration::from_secs(1) },
        }
    }
}

/// More are not kept: what is given back first is forgotten.
const KEPT: usize = 1000;

/// When all tries that were used up are given back.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<Try, Instant>>);

impl Limits {
    /// Uses up a try.
    ///
    /// # Errors
    /// How long to wait, if there is none left.
    pub fn take(&self, what: Try, now: Instant) -> Result<(), Duration> {
        let rule = what.rule();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used_until = all.get(&what).map_or(now, |until| now.max(*until));
        let until = used_until + rule.one_more_every;
        let latest = now + rule.one_more_every * rule.at_once;
        if until > latest {
            return Err(until - latest);
        }
        if all.len() >= KEPT && !all.contains_key(&what) {
            let first = all.iter().min_by_key(|(_, until)| **until).map(|(it, _)| it.clone());
            first.map(|first| all.remove(&first));
        }
        all.insert(what, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_and_then_one_every_while() {
        let limits = Limits::default();
        let began = Instant::now();
        let take = |address: &str, seconds: u64| {
            let what = Try::to_log_in(address.parse().unwrap());
            limits.take(what, began + Duration::from_secs(seconds))
        };
        for _ in 0..10 {
            assert_eq!(take("192.0.2.1", 0), Ok(()));
        }
        assert_eq!(take("192.0.2.1", 0), Err(Duration::from_secs(15)));
        assert_eq!(take("192.0.2.2", 0), Ok(()), "another one is not kept from it");
        assert!(take("192.0.2.1", 14).is_err());
        assert_eq!(take("192.0.2.1", 15), Ok(()));
        assert!(take("192.0.2.1", 15).is_err());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let limits = Limits::default();
        let now = Instant::now();
        for last in 0..10 {
            let address = format!("2001:db8::{last}").parse().unwrap();
            assert_eq!(limits.take(Try::to_log_in(address), now), Ok(()));
        }
        assert!(limits.take(Try::to_log_in("2001:db8::ff".parse().unwrap()), now).is_err());
    }

    #[test]
    fn what_is_kept_does_not_grow_for_ever() {
        let limits = Limits::default();
        let now = Instant::now();
        for number in 0..2000_u32 {
            let _ = limits.take(Try::Change(number.to_string()), now);
        }
        assert!(limits.0.lock().unwrap().len() <= KEPT);
    }
}
