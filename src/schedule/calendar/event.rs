//! What a VEVENT says about its days (RFC 5545 §3.6.1, §3.8.2, §3.8.5). Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rrule::{Frequency, RRule, RRuleSet, Unvalidated};

use super::{CalendarError, ContentLine};
use crate::schedule::place;

/// A day, or a time on the wall clock of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Day(NaiveDate),
    Time { wall: NaiveDateTime, zone: Tz },
}

impl When {
    /// What the wall clock shows; midnight of a day.
    const fn wall(self) -> NaiveDateTime {
        match self {
            Self::Day(date) => date.and_time(NaiveTime::MIN),
            Self::Time { wall, .. } => wall,
        }
    }

    /// None for a day, which is the same day everywhere.
    const fn zone(self) -> Option<Tz> {
        match self {
            Self::Day(_) => None,
            Self::Time { zone, .. } => Some(zone),
        }
    }

    /// What the wall clock of another zone shows then.
    fn wall_in(self, there: Tz) -> NaiveDateTime {
        match self {
            Self::Day(_) => self.wall(),
            Self::Time { wall, zone } => place(wall, zone).with_timezone(&there).naive_local(),
        }
    }
}

/// How long each occurrence takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// Further days after the first.
    Days(u64),
    Exact(TimeDelta),
}

#[derive(Debug)]
enum Recurrence {
    Once,
    ByRule(Box<RRuleSet>),
    /// The rule ends before it begins, as programs write when a series is split at its first
    /// occurrence.
    Never,
}

#[derive(Debug)]
pub(super) struct Event {
    /// Where it begins in the file.
    pub line: usize,
    pub uid: Option<String>,
    pub name: String,
    pub cancelled: bool,
    /// The occurrence of a recurring event with the same `uid` that this one stands for.
    pub replaces: Option<When>,
    start: When,
    length: Length,
    recurrence: Recurrence,
    further: Vec<When>,
    except: Vec<When>,
}

impl Event {
    /// Reads an event from its lines. Times without a zone are in `zone`.
    pub(super) fn read(
        line: usize,
        lines: &[ContentLine],
        zone: Tz,
    ) -> Result<Self, CalendarError> {
        let first = |name: &str| lines.iter().find(|line| line.name == name);
        let list = |name: &str| -> Result<Vec<When>, CalendarError> {
            let all = lines.iter().filter(|line| line.name == name);
            all.map(|line| whens(line, zone)).collect::<Result<Vec<_>, _>>().map(|it| it.concat())
        };
        let start = first("DTSTART").ok_or(CalendarError::NoStart { line })?;
        let start = when(start, &start.value, zone)?;
        let name = first("SUMMARY").map(ContentLine::words).filter(|name| !name.is_empty());
        let recurrence = match first("RRULE") {
            Some(line) => recurrence(line, start, zone)?,
            None => Recurrence::Once,
        };
        Ok(Self {
            line,
            uid: first("UID").map(|line| line.value.clone()),
            name: name.unwrap_or_else(|| "holiday".to_owned()),
            cancelled: first("STATUS")
                .is_some_and(|status| status.value.eq_ignore_ascii_case("CANCELLED")),
            replaces: first("RECURRENCE-ID")
                .map(|line| when(line, &line.value, zone))
                .transpose()?,
            start,
            length: length(line, start, first("DTEND"), first("DURATION"), zone)?,
            recurrence,
            further: list("RDATE")?,
            except: list("EXDATE")?,
        })
    }

    /// When occurrences begin, on the wall clock of the event's zone, without those that are
    /// excepted or `moved`.
    pub(super) fn starts(&self, moved: &[When]) -> impl Iterator<Item = NaiveDateTime> {
        let (mut days, mut times) = (BTreeSet::new(), BTreeSet::new());
        for except in self.except.iter().chain(moved) {
            match (except.zone(), self.start.zone()) {
                (Some(_), Some(zone)) => {
                    times.insert(except.wall_in(zone));
                }
                // Programs write a day for a time and a time for a day.
                _ => {
                    days.insert(except.wall().date());
                }
            }
        }
        let (once, rule) = match &self.recurrence {
            Recurrence::Once => (Some(self.start.wall()), None),
            Recurrence::ByRule(rule) => (None, Some(rule.as_ref())),
            Recurrence::Never => (None, None),
        };
        let ruled = rule.into_iter().flatten().map(|start| start.naive_utc());
        let further = self.further.iter().map(|further| match self.start.zone() {
            Some(zone) => further.wall_in(zone),
            None => further.wall().date().and_time(NaiveTime::MIN),
        });
        further
            .chain(once)
            .chain(ruled)
            .filter(move |start| !days.contains(&start.date()) && !times.contains(start))
    }

    /// Whether [`Self::starts`] are in order of time.
    pub(super) const fn is_in_order(&self) -> bool {
        self.further.is_empty()
    }

    /// The first and last day in `zone` that the occurrence at `start` touches.
    pub(super) fn days(&self, start: NaiveDateTime, zone: Tz) -> (NaiveDate, NaiveDate) {
        match self.length {
            Length::Days(further) => {
                let last = start.date().checked_add_days(Days::new(further));
                (start.date(), last.unwrap_or(NaiveDate::MAX))
            }
            Length::Exact(length) => {
                let there = self.start.zone().unwrap_or(zone);
                let begin = place(start, there);
                let end = begin.checked_add_signed(length).unwrap_or(begin);
                // The moment at which it ends is not part of it.
                let last = if end > begin { end - TimeDelta::nanoseconds(1) } else { begin };
                let date = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
                (date(begin), date(last))
            }
        }
    }
}

fn whens(line: &ContentLine, zone: Tz) -> Result<Vec<When>, CalendarError> {
    // Of a period (`20280106T090000Z/PT8H`) the start.
    let start = |value: &str| value.split('/').next().unwrap_or_default().to_owned();
    line.value.split(',').map(|value| when(line, &start(value), zone)).collect()
}

fn when(line: &ContentLine, value: &str, zone: Tz) -> Result<When, CalendarError> {
    let value = value.trim();
    let wrong = || CalendarError::Time { line: line.line, written: value.to_owned() };
    let Some((day, time)) = value.split_once('T') else {
        return date(value).map(When::Day).ok_or_else(wrong);
    };
    let (time, utc) = match time.strip_suffix('Z') {
        Some(time) => (time, true),
        None => (time, false),
    };
    let wall = date(day).ok_or_else(wrong)?.and_time(clock(time).ok_or_else(wrong)?);
    let zone = match line.parameter("TZID") {
        _ if utc => Tz::UTC,
        Some(name) => named_zone(name)
            .ok_or_else(|| CalendarError::Zone { line: line.line, written: name.to_owned() })?,
        None => zone,
    };
    Ok(When::Time { wall, zone })
}

/// `Europe/Berlin`, or what some programs make of it: `/example.org/20260101/Europe/Berlin`.
fn named_zone(name: &str) -> Option<Tz> {
    let parts: Vec<&str> = name.split('/').collect();
    (0..parts.len()).find_map(|from| parts.get(from..)?.join("/").parse().ok())
}

fn digits<const N: usize>(text: &str, lengths: [usize; N]) -> Option<[u32; N]> {
    let mut rest = text;
    let mut numbers = [0; N];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let (digits, behind) = rest.split_at_checked(length)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = digits.parse().ok()?;
        rest = behind;
    }
    rest.is_empty().then_some(numbers)
}

fn date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = digits(text, [4, 2, 2])?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|date| date.year() > 0)
}

fn clock(text: &str) -> Option<NaiveTime> {
    let [hour, minute, second] = digits(text, [2, 2, 2])?;
    // A leap second is the end of its minute here.
    NaiveTime::from_hms_opt(hour, minute, if second == 60 { 59 } else { second })
}

fn length(
    event: usize,
    start: When,
    end: Option<&ContentLine>,
    duration: Option<&ContentLine>,
    zone: Tz,
) -> Result<Length, CalendarError> {
    let backwards = CalendarError::Backwards { line: event };
    let exact = match (end, duration) {
        (Some(end), _) => match (start, when(end, &end.value, zone)?) {
            (When::Time { wall, zone }, When::Time { wall: end, zone: there }) => {
                place(end, there) - place(wall, zone)
            }
            (start, end) => end.wall() - start.wall(),
        },
        (None, Some(line)) => parsed_duration(&line.value).ok_or_else(|| {
            CalendarError::Duration { line: line.line, written: line.value.clone() }
        })?,
        (None, None) => TimeDelta::zero(),
    };
    if exact < TimeDelta::zero() {
        return Err(backwards);
    }
    Ok(match start {
        // The day at which it ends is not part of it; without an end, it is one day.
        When::Day(_) => Length::Days(u64::try_from(exact.num_days() - 1).unwrap_or(0)),
        When::Time { .. } => Length::Exact(exact),
    })
}

/// `P1D`, `P2W`, `P1DT2H30M` (§3.3.6).
fn parsed_duration(text: &str) -> Option<TimeDelta> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let mut total = TimeDelta::zero();
    let mut number = String::new();
    let mut in_time = false;
    let mut empty = true;
    for character in text.chars() {
        let unit = match (character, in_time) {
            ('0'..='9', _) => {
                number.push(character);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('W', false) => TimeDelta::weeks(1),
            ('D', false) => TimeDelta::days(1),
            ('H', true) => TimeDelta::hours(1),
            ('M', true) => TimeDelta::minutes(1),
            ('S', true) => TimeDelta::seconds(1),
            _ => return None,
        };
        total = total.checked_add(&unit.checked_mul(number.parse().ok()?)?)?;
        number.clear();
        empty = false;
    }
    (number.is_empty() && !empty).then_some(total)
}

/// The rule of a recurring event, on its wall clock as if that were UTC.
fn recurrence(line: &ContentLine, start: When, zone: Tz) -> Result<Recurrence, CalendarError> {
    let wrong = |reason: String| CalendarError::Rule { line: line.line, reason };
    // The crate would read an end without `Z` in the zone of this machine.
    let (until, parts): (Vec<&str>, Vec<&str>) = line
        .value
        .split(';')
        .partition(|part| part.trim_start().to_uppercase().starts_with("UNTIL="));
    let rule: RRule<Unvalidated> =
        parts.join(";").parse().map_err(|error: rrule::RRuleError| wrong(error.to_string()))?;
    let by_the_clock = !rule.get_by_hour().is_empty()
        || !rule.get_by_minute().is_empty()
        || !rule.get_by_second().is_empty();
    let too_often =
        matches!(rule.get_freq(), Frequency::Hourly | Frequency::Minutely | Frequency::Secondly);
    if by_the_clock || too_often {
        return Err(CalendarError::TooMany { line: line.line });
    }
    if rule.get_interval() == 0 || rule.get_count() == Some(0) {
        return Err(wrong("INTERVAL and COUNT begin at one".to_owned()));
    }
    let first = start.wall().and_utc().with_timezone(&rrule::Tz::UTC);
    let rule = match until.first().and_then(|until| until.split_once('=')) {
        Some((_, written)) => {
            let until = match when(line, written, Tz::UTC)? {
                // The whole of that day.
                When::Day(date) => date.and_time(NaiveTime::MIN) + TimeDelta::seconds(86_399),
                // §3.3.10 wants UTC; what has no `Z` is meant as the wall clock.
                time if written.trim().ends_with('Z') => time.wall_in(start.zone().unwrap_or(zone)),
                time => time.wall(),
            };
            let until = until.and_utc().with_timezone(&rrule::Tz::UTC);
            if until < first {
                return Ok(Recurrence::Never);
            }
            rule.until(until)
        }
        None => rule,
    };
    let rule = rule.build(first).map_err(|error| wrong(error.to_string()))?;
    Ok(Recurrence::ByRule(Box::new(rule.limit())))
}
