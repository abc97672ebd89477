//! When a channel may be addressed: cron expressions in a time zone.
//!
//! The only room that knows the cron crate. Pure: the clock comes in as a parameter.
//!
//! The crate is asked as if local time were UTC, and each wall-clock slot is then placed in its
//! zone here (RFC 5545 §3.3.5, "compatible"): a time that happens twice in autumn is the earlier
//! one, a time that a change of clocks skips is the first instant after the gap. Asked directly,
//! cron 0.17 skips such slots, doubles them, or answers with a time in the past.

pub mod quiet;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Slots: moments at which a channel's schedule allows posting.
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScheduleError {
    pub message: String,
    pub help: String,
    /// The wrong part, in bytes of the expression.
    pub span: Range<usize>,
}

/// Longest change of clocks on record, with room: how far back the wall clock is searched.
const LONGEST_CLOCK_CHANGE: TimeDelta = TimeDelta::hours(26);

impl Schedule {
    /// Reads a cron expression: five fields as in a crontab (minute, hour, day of month, month,
    /// day of week, where 0 and 7 are Sunday), or six or seven with seconds first and a year last,
    /// where weekdays have to be written as names. Day of month **and** day of week must match.
    ///
    /// # Errors
    /// [`ScheduleError`] if the expression cannot be read or has no slot that ever comes.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let whole = 0..expression.len();
        let fields = fields(expression);
        let translated = if expression.trim_start().starts_with('@') {
            shorthand(expression)?
        } else {
            match fields.len() {
                5 => {
                    let (weekday, span) = fields[4].clone();
                    let weekday = crontab_weekdays(weekday, &span)?;
                    let before: Vec<&str> = fields[..4].iter().map(|(field, _)| *field).collect();
                    format!("0 {} {weekday}", before.join(" "))
                }
                6 | 7 => {
                    let (weekday, span) = &fields[5];
                    refuse_numeric_weekdays(weekday, span)?;
                    expression.trim().to_owned()
                }
                count => {
                    return Err(ScheduleError {
                        message: format!("a schedule has five fields, this one has {count}"),
                        help: "write minute, hour, day of month, month, day of week, for example \
                               `0 9 * * Tue` for Tuesdays at nine"
                            .to_owned(),
                        span: whole,
                    });
                }
            }
        };
        let cron = cron::Schedule::from_str(&translated)
            .map_err(|_| wrong_field(&fields).unwrap_or_else(|| unreadable(whole.clone())))?;
        let schedule = Self { expression: expression.to_owned(), cron, zone };
        if schedule.next(DateTime::UNIX_EPOCH).is_none() {
            return Err(ScheduleError {
                message: "this schedule never comes".to_owned(),
                help: "day of month and day of week must both match, and the day must exist in \
                       that month"
                    .to_owned(),
                span: whole,
            });
        }
        Ok(schedule)
    }

    /// The first slot strictly after `after`.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = after.with_timezone(&self.zone).naive_local() - LONGEST_CLOCK_CHANGE;
        self.cron
            .after(&local.and_utc())
            .map(|slot| place(slot.naive_utc(), self.zone))
            .find(|slot| *slot > after)
    }

    /// The first slot at or after `from`.
    pub fn first_from(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next(from - TimeDelta::microseconds(1))
    }

    /// The last slot after `after` and before `before`.
    pub fn last_between(
        &self,
        after: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        std::iter::successors(self.next(after), |slot| self.next(*slot))
            .take_while(|slot| *slot < before)
            .last()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression, self.zone)
    }
}

/// The instant of a wall-clock time.
fn place(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => end_of_gap(local, zone),
    }
}

/// The first instant after the gap in which `local` lies: found by halving, to the second.
fn end_of_gap(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let wall =
        |at: i64| DateTime::from_timestamp(at, 0).map(|at| at.with_timezone(&zone).naive_local());
    let middle = local.and_utc().timestamp();
    let day = TimeDelta::hours(26).num_seconds();
    let (mut before, mut after) = (middle - day, middle + day);
    while after - before > 1 {
        let half = before + (after - before) / 2;
        if wall(half).is_some_and(|wall| wall < local) {
            before = half;
        } else {
            after = half;
        }
    }
    DateTime::from_timestamp(after, 0).unwrap_or_else(|| local.and_utc())
}

/// The fields of an expression and where each stands.
fn fields(expression: &str) -> Vec<(&str, Range<usize>)> {
    expression
        .split_whitespace()
        .map(|field| {
            let start = field.as_ptr() as usize - expression.as_ptr() as usize;
            (field, start..start + field.len())
        })
        .collect()
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Crontab's weekday numbers (0 and 7 are Sunday) as names, ranges written out, because the crate
/// counts from Sunday = 1 and knows no range over the end of the week.
fn crontab_weekdays(field: &str, span: &Range<usize>) -> Result<String, ScheduleError> {
    let wrong = |what: &str| ScheduleError {
        message: format!("`{what}` is no day of the week"),
        help: "write names such as `Mon-Fri` or `Tue,Thu`, or numbers from 0 (Sunday) to 7 \
               (Sunday again)"
            .to_owned(),
        span: span.clone(),
    };
    let day = |word: &str| -> Option<usize> {
        if let Ok(number) = word.parse::<usize>() {
            return (number <= 7).then_some(number % 7);
        }
        let word = word.to_lowercase();
        let full = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
        (word.len() >= 3).then(|| full.iter().position(|name| name.starts_with(&word))).flatten()
    };
    let mut days = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step = step.parse::<usize>().ok().filter(|step| (1..=7).contains(step));
                (range, step.ok_or_else(|| wrong(part))?)
            }
            None => (part, 1),
        };
        if matches!(range, "*" | "?") {
            if step == 1 {
                return Ok("*".to_owned());
            }
            days.extend((0..7).step_by(step));
            continue;
        }
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => {
                (day(first).ok_or_else(|| wrong(first))?, day(last).ok_or_else(|| wrong(last))?)
            }
            None => {
                let only = day(range).ok_or_else(|| wrong(range))?;
                (only, only)
            }
        };
        // `5-0`, `Fri-Mon` and `1-7` run over the end of the week.
        let length = (last + 7 - first) % 7 + 1;
        let length = if range == "0-7" { 7 } else { length };
        days.extend((0..length).step_by(step).map(|offset| (first + offset) % 7));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days.into_iter().map(|day| WEEKDAYS[day]).collect::<Vec<_>>().join(","))
}

/// With seconds, the crate reads Quartz's numbers (1 is Sunday), which nobody expects.
fn refuse_numeric_weekdays(field: &str, span: &Range<usize>) -> Result<(), ScheduleError> {
    if field.split('/').next().is_some_and(|days| days.contains(|it: char| it.is_ascii_digit())) {
        return Err(ScheduleError {
            message: format!("in a schedule with seconds, `{field}` could mean two things"),
            help: "write the days as names, for example `Mon-Fri`".to_owned(),
            span: span.clone(),
        });
    }
    Ok(())
}

const SHORTHANDS: [&str; 5] = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"];

fn shorthand(expression: &str) -> Result<String, ScheduleError> {
    let word = expression.trim();
    if SHORTHANDS.contains(&word) {
        return Ok(word.to_owned());
    }
    Err(ScheduleError {
        message: format!("there is no shorthand `{word}`"),
        help: match crate::diagnostic::suggestion(word, SHORTHANDS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the shorthands are {}", SHORTHANDS.join(", ")),
        },
        span: 0..expression.len(),
    })
}

/// The first field that cannot be read even where all others are `*`.
fn wrong_field(fields: &[(&str, Range<usize>)]) -> Option<ScheduleError> {
    const FIELDS: [(&str, &str); 7] = [
        ("second", "0 to 59"),
        ("minute", "0 to 59"),
        ("hour", "0 to 23"),
        ("day of the month", "1 to 31"),
        ("month", "1 to 12 or names such as `Mar`"),
        ("day of the week", "names such as `Mon-Fri`"),
        ("year", "1970 to 2100"),
    ];
    // A crontab's five fields have no seconds before them.
    let first = usize::from(fields.len() == 5);
    fields.iter().zip(FIELDS.iter().enumerate().skip(first)).find_map(
        |((field, span), (place, (name, range)))| {
            // A crontab's days of the week were read before.
            if first == 1 && place == 5 {
                return None;
            }
            let alone: Vec<&str> =
                (0..FIELDS.len()).map(|at| if at == place { field } else { "*" }).collect();
            cron::Schedule::from_str(&alone.join(" ")).is_err().then(|| ScheduleError {
                message: format!("`{field}` is no {name}"),
                help: format!(
                    "write {range}, several with commas, ranges from the smaller to the larger, \
                     or `*` for every one"
                ),
                span: span.clone(),
            })
        },
    )
}

fn unreadable(span: Range<usize>) -> ScheduleError {
    ScheduleError {
        message: "this schedule cannot be read".to_owned(),
        help: "write minute, hour, day of month, month, day of week, for example \
               `30 8 * * Mon-Fri` for workdays at half past eight"
            .to_owned(),
        span,
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a test's time").to_utc()
    }

    fn slots(expression: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(expression, zone).expect("a test's schedule");
        let mut now = at(from);
        (0..count)
            .map(|_| {
                now = schedule.next(now).expect("a next slot");
                now.with_timezone(&zone).to_rfc3339()
            })
            .collect()
    }

    #[test]
    fn a_slot_that_the_clock_skips_comes_at_the_end_of_the_gap() {
        assert_eq!(
            slots("30 2 * * *", Berlin, "2027-03-27T12:00:00Z", 2),
            ["2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"]
        );
        assert_eq!(
            slots("0 0 * * *", chrono_tz::Asia::Beirut, "2027-03-27T12:00:00Z", 1),
            ["2027-03-28T01:00:00+03:00"]
        );
    }

    #[test]
    fn a_slot_that_comes_twice_is_served_once() {
        assert_eq!(
            slots("30 2 * * *", Berlin, "2027-10-30T12:00:00Z", 2),
            ["2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"]
        );
        // A restart in the second of the two hours does not serve it again.
        assert_eq!(
            slots("30 2 * * *", Berlin, "2027-10-31T01:15:00Z", 1),
            ["2027-11-01T02:30:00+01:00"]
        );
    }

    #[test]
    fn five_fields_count_weekdays_as_a_crontab() {
        for expression in ["0 9 * * 0", "0 9 * * 7", "0 9 * * Sun"] {
            assert_eq!(
                slots(expression, Berlin, "2026-11-24T00:00:00Z", 1),
                ["2026-11-29T09:00:00+01:00"],
                "{expression}"
            );
        }
        assert_eq!(
            slots("0 9 * * 1-5", Berlin, "2026-11-27T12:00:00Z", 1),
            ["2026-11-30T09:00:00+01:00"]
        );
        assert_eq!(
            slots("0 9 * * Sat-Mon", Berlin, "2026-11-27T12:00:00Z", 3),
            ["2026-11-28T09:00:00+01:00", "2026-11-29T09:00:00+01:00", "2026-11-30T09:00:00+01:00"]
        );
    }

    #[test]
    fn six_fields_refuse_numeric_weekdays() {
        let error = Schedule::parse("0 0 9 * * 1-5", Berlin).expect_err("refused");
        assert_eq!(error.message, "in a schedule with seconds, `1-5` could mean two things");
        assert_eq!(error.span, 10..13);
    }

    #[test]
    fn a_schedule_that_never_comes_is_refused() {
        let error = Schedule::parse("0 9 30 2 *", Berlin).expect_err("refused");
        assert_eq!(error.message, "this schedule never comes");
    }

    #[test]
    fn the_29th_of_february_comes_in_leap_years() {
        assert_eq!(
            slots("0 9 29 2 *", Berlin, "2026-11-24T00:00:00Z", 2),
            ["2028-02-29T09:00:00+01:00", "2032-02-29T09:00:00+01:00"]
        );
    }

    proptest! {
        #[test]
        fn slots_are_strictly_monotone_in_every_zone(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            start in 1_767_000_000_i64..1_830_000_000,
            expression in prop::sample::select(vec!["30 * * * *", "30 2 * * *", "0 0 * * Sun"]),
        ) {
            let schedule = Schedule::parse(expression, chrono_tz::TZ_VARIANTS[zone]).expect("valid");
            let mut now = DateTime::from_timestamp(start, 0).expect("in range");
            for _ in 0..30 {
                let next = schedule.next(now).expect("a next slot");
                prop_assert!(next > now);
                now = next;
            }
        }

        #[test]
        fn no_expression_panics(expression in "[ 0-9*/,@A-Za-z?-]{0,30}") {
            let _ = Schedule::parse(&expression, Berlin);
        }
    }
}
