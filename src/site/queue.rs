//! How much goes out when: slots, spacing, quiet times, budgets; and what holds an announcement
//! back. The site's file says it for all channels under `[plan]`, a channel's own file for itself.

use chrono::TimeDelta;

use crate::schedule::quiet::Quiet;

/// How the messages of one channel share its slots.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Messages in one slot.
    pub per_slot: u32,
    /// Messages on one day, in the channel's zone.
    pub per_day: Option<u32>,
    /// The least time between two messages.
    pub spacing: TimeDelta,
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
            jitter: TimeDelta::zero(),
            lateness: TimeDelta::days(7),
            budget: None,
            quiet: Quiet::default(),
        }
    }
}

/// An amount of money in millionths of its unit; which currency is the owner's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub u64);

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, cents) = (self.0 / 1_000_000, self.0 % 1_000_000 / 10_000);
        write!(f, "{whole}.{cents:02}")
    }
}

/// What a channel may cost in a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub per_month: Money,
    pub per_post: Money,
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
