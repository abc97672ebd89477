//! How much goes out when: slots, spacing, quiet times, budgets; and what holds an announcement
//! back. The site's file says it for all channels under `[plan]`, a channel's own file for itself.

use std::fmt;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::length::Length;
use super::quiet::QuietTimes;
use crate::posting::term::Term;
use crate::schedule::quiet::Quiet;

/// For how long a missed slot is served late where nobody says otherwise: timers run weekly, and a
/// machine that was off for a holiday still posts what it missed.
pub const LATENESS: TimeDelta = TimeDelta::days(7);

/// How the messages of one channel share its slots.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Messages in one slot.
    pub per_slot: u32,
    /// Messages on one day, in the channel's zone.
    pub per_day: Option<u32>,
    /// The least time between two messages.
    pub spacing: TimeDelta,
    /// The least time between a message about an ad here and one on another list of the same host.
    pub host_gap: TimeDelta,
    /// A message goes out up to this much later than its slot, each by its own amount.
    pub jitter: TimeDelta,
    /// A slot that was missed by more than this waits for the next one.
    pub lateness: TimeDelta,
    pub budget: Option<Budget>,
    pub quiet: Quiet,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            per_slot: 1,
            per_day: None,
            spacing: TimeDelta::zero(),
            host_gap: TimeDelta::zero(),
            jitter: TimeDelta::zero(),
            lateness: LATENESS,
            budget: None,
            quiet: Quiet::default(),
        }
    }
}

impl Queue {
    /// How long a message that went out counts for those that come. A day is added, because clocks
    /// are put right.
    pub fn messages_count_for(&self) -> TimeDelta {
        let plus = |a: TimeDelta, b: TimeDelta| a.checked_add(&b).unwrap_or(TimeDelta::MAX);
        let for_a_month = self.budget.map(|_| TimeDelta::days(31)).unwrap_or_default();
        let for_a_day = self.per_day.map(|_| TimeDelta::days(1)).unwrap_or_default();
        let for_its_neighbours = plus(self.spacing.max(self.host_gap), self.jitter);
        // Its slot is not given to another while it can be made up for.
        let for_its_slot = plus(self.lateness, self.jitter);
        let longest = for_a_month.max(for_a_day).max(for_its_neighbours).max(for_its_slot);
        plus(longest, TimeDelta::days(1))
    }
}

/// An amount of money in millionths of its unit; which currency is the owner's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub u64);

/// Decimal places of an amount.
const PLACES: usize = 6;

impl Money {
    /// Reads a decimal number such as `20` or `0.25`, exactly.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > PLACES {
            return None;
        }
        let millionths: u64 = format!("{fraction:0<PLACES$}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(millionths).map(Self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Amount;
        impl Visitor<'_> for Amount {
            type Value = Money;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of money")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Money, E> {
                read(&number.to_string())
            }

            /// The shortest text that reads back as the same number is the one that was written,
            /// for up to 15 digits: so nothing of a decimal amount is lost on the way through a
            /// binary number.
            fn visit_f64<E: Error>(self, number: f64) -> Result<Money, E> {
                read(&number.to_string())
            }
        }
        fn read<E: Error>(text: &str) -> Result<Money, E> {
            Money::parse(text).ok_or_else(|| {
                E::custom(format!(
                    "`{text}` is no amount of money; write it with at most {PLACES} decimal \
                     places, for example `20` or `0.25`"
                ))
            })
        }
        deserializer.deserialize_any(Amount)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millionths) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let fraction = format!("{millionths:0PLACES$}");
        // Two places as people write money, more only where they say something.
        let fraction = fraction.trim_end_matches('0');
        write!(f, "{whole}.{fraction:0<2}")
    }
}

/// What a channel may cost in a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub per_month: Money,
    pub per_post: Money,
}

/// The same as it is written: where a post has a price that is known, it can be left out.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenBudget {
    #[schemars(with = "f64")]
    pub per_month: Money,
    #[schemars(with = "Option<f64>")]
    pub per_post: Option<Money>,
}

/// What the site says of all its channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRules {
    /// How long a page must be gone before a person can have its copies taken back.
    pub grace: TimeDelta,
    /// For how long a delivery that a channel puts off is tried.
    pub give_up_after: TimeDelta,
}

impl Default for PlanRules {
    fn default() -> Self {
        Self { grace: TimeDelta::days(3), give_up_after: TimeDelta::days(3) }
    }
}

/// What holds an announcement back, beside its slot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holds {
    /// For how long the page must be unchanged before its first announcement.
    pub settle: TimeDelta,
    /// A page dated longer ago is not announced.
    pub max_age: Option<TimeDelta>,
    pub approval: Approval,
    pub page: PageWait,
    /// What has to stand in the `job:` block before anything is announced.
    pub declared: Vec<Term>,
    pub open_posts: OpenPosts,
}

/// How many messages may be on their way to a list at a time, not seen in its archive yet. A notice
/// that one of them waits for a moderator, or was refused, names no Message-ID: Mailman's quotes the
/// subject, Sympa's before 6.2.72 not even that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenPosts {
    #[default]
    Any,
    /// One with each subject.
    OnePerSubject,
    One,
}

/// Whether a person has to agree to the words first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Approval {
    #[default]
    NotNeeded,
    Needed,
}

/// Whether the first announcement waits until the page stands where its readers will look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageWait {
    #[default]
    UntilSeen,
    DoNotWait,
}

/// `[plan]` in the site's file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanTable {
    /// A page is announced once it was unchanged that long.
    pub settle: Option<Length>,
    /// An ad whose page is dated longer ago waits to be accepted.
    pub max_age: Option<Length>,
    /// A person agrees first: `handbill approve`.
    pub approval: Option<bool>,
    /// Whether a page is announced only once it was seen on the web; default true.
    pub wait_for_page: Option<bool>,
    /// Which facts must stand in the page's `job:` block first.
    #[serde(default)]
    pub declared: Vec<Term>,
    /// A slot that was missed by more than this waits for the next; default `7d`.
    pub lateness: Option<Length>,
    /// How long a page must be gone before that counts; default `3d`.
    pub grace: Option<Length>,
    /// How long a channel that puts an ad off is tried; default `3d`.
    pub give_up_after: Option<Length>,
    /// Days on which nothing goes out.
    pub quiet: Option<super::quiet::QuietTable>,
}

impl PlanTable {
    pub(super) fn rules(&self) -> PlanRules {
        let usual = PlanRules::default();
        PlanRules {
            grace: self.grace.map_or(usual.grace, |it| it.0),
            give_up_after: self.give_up_after.map_or(usual.give_up_after, |it| it.0),
        }
    }
}

/// What a channel's file need not say because the site's does.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub settle: Option<Length>,
    pub max_age: Option<Length>,
    pub approval: Option<bool>,
    pub wait_for_page: Option<bool>,
    pub declared: Vec<Term>,
    pub lateness: Option<Length>,
    /// Joined with the channel's own.
    pub quiet: QuietTimes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_of_money_is_exact() {
        #[derive(Deserialize)]
        struct Table {
            amount: Money,
        }
        let read = |text: &str| {
            toml::from_str::<Table>(&format!("amount = {text}")).map(|table| table.amount)
        };
        assert_eq!(read("20").unwrap(), Money(20_000_000));
        assert_eq!(read("20.0").unwrap(), Money(20_000_000));
        assert_eq!(read("0.2").unwrap(), Money(200_000));
        assert_eq!(read("0.1").unwrap().0 + read("0.2").unwrap().0, read("0.3").unwrap().0);
        assert_eq!(read("1234567.891234").unwrap(), Money(1_234_567_891_234));
        for wrong in ["-1", "-0.5", "0.1234567", "nan", "inf", "\"20\"", "9e30"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_amount_is_shown_as_it_was_written() {
        assert_eq!(Money(20_000_000).to_string(), "20.00");
        assert_eq!(Money(200_000).to_string(), "0.20");
        assert_eq!(Money(7_500).to_string(), "0.0075");
    }
}
