//! When a channel may be addressed: cron expressions and quiet times in a time zone.
//!
//! The only room that knows the cron crate. Pure: the clock comes in as a parameter, a calendar as
//! its text. [`Schedule`] is the front door; `expression` reads what people write, `suggest` guesses
//! what they meant, `slots` walks, [`quiet`] knows the days on which nothing goes out, [`length`]
//! reads lengths of time, and [`calendar`] holidays.

pub mod calendar;
mod expression;
pub mod length;
mod remark;
mod slots;
mod suggest;
#[cfg(test)]
mod tests;

pub mod quiet;

use std::fmt;
use std::ops::Range;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub use remark::Remark;
pub(crate) use slots::place;

/// Slots: moments at which a channel's schedule allows posting.
///
/// A slot is a time on the wall clock of a zone and is served exactly once (RFC 5545 §3.3.5): a
/// time that happens twice in autumn is the earlier one, a time that a change of clocks skips is
/// the first instant after the gap.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: String,
    cron: cron::Schedule,
    zone: Tz,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression && self.zone == other.zone
    }
}

/// What is wrong with a schedule and how to write it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ScheduleError {
    pub message: String,
    pub help: String,
    /// The wrong part, in bytes of the expression.
    pub span: Range<usize>,
    /// What was probably meant, so that whoever has a clock can show when it would come.
    pub meant: Option<Box<Schedule>>,
}

impl Schedule {
    /// Reads a cron expression: five fields as in a crontab (minute, hour, day of month, month,
    /// day of week, where 0 and 7 are Sunday), or six or seven with seconds first and a year last,
    /// where weekdays have to be written as names; or `@hourly`, `@daily`, `@weekly`, `@monthly`,
    /// `@yearly`.
    ///
    /// A day has to match day of month **and** month **and** day of week. `*` and `?` match every
    /// day. So `0 9 1-7 * Mon` is the first Monday of a month, and `0 9 13 * Fri` comes only on a
    /// Friday the 13th, where crontab(5) would take every Friday and every 13th.
    ///
    /// # Errors
    /// [`ScheduleError`] if the expression cannot be read or has no slot that ever comes.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, ScheduleError> {
        Self::read(expression, zone).map_err(|mistake| {
            let meant = mistake.meant.iter().find_map(|candidate| Self::read(candidate, zone).ok());
            let help = match &meant {
                Some(meant) => mistake.help.with(&meant.expression),
                None => mistake.help.plain,
            };
            ScheduleError {
                message: mistake.message,
                help,
                span: mistake.span,
                meant: meant.map(Box::new),
            }
        })
    }

    fn read(expression: &str, zone: Tz) -> Result<Self, expression::Mistake> {
        let cron = expression::read(expression)?;
        let schedule = Self { expression: expression.to_owned(), cron, zone };
        if schedule.next(DateTime::UNIX_EPOCH).is_none() {
            return Err(expression::Mistake::never(expression));
        }
        Ok(schedule)
    }

    /// The expression as it was written.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone whose wall clock the expression speaks of.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// All slots strictly after `after`, strictly increasing. Each step costs about a microsecond,
    /// however many have been taken. It ends with the year 2100.
    pub fn slots_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        slots::after(&self.cron, self.zone, after)
    }

    /// The first slot strictly after `after`.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.slots_after(after).next()
    }

    /// The first slot at or after `from`.
    pub fn first_from(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next(slots::just_before(from))
    }

    /// The last slot after `after` and before `before`.
    pub fn last_between(
        &self,
        after: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.last_in(slots::just_after(after), slots::just_before(before))
    }

    /// The last slot at or after `from` and at or before `until`. Found by halving: the cost grows
    /// with the logarithm of the span, not with the number of slots in it.
    pub fn last_in(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let within = |slot: &DateTime<Utc>, end: DateTime<Utc>| *slot <= end;
        let mut last = self.first_from(from).filter(|slot| within(slot, until))?;
        let mut end = until;
        // The answer is `last` or lies after it, and is not after `end`.
        while let Some(next) = self.next(last).filter(|slot| within(slot, end)) {
            last = next;
            let middle = last + (end - last) / 2;
            match self.next(middle).filter(|slot| within(slot, end)) {
                Some(later) => last = later,
                None => end = middle,
            }
        }
        Some(last)
    }

    /// The next five slots after `now`, to show people what an expression means.
    pub fn next_five(&self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        self.slots_after(now).take(5).collect()
    }

    /// What is valid but probably not meant.
    pub fn remark(&self) -> Option<Remark> {
        remark::remark(&self.expression, &self.cron)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression, self.zone)
    }
}

/// A moment as people of a zone would note it down: `Tue 2027-01-12 10:30`.
pub fn local_time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string()
}
