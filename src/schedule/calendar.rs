//! Holidays from the text of an iCalendar file (RFC 5545). Pure: somebody else reads the file.
//!
//! `content_line` splits lines, `event` reads what an event says, and here it becomes days. The
//! only room that knows the rrule crate, which is asked as if every wall clock were UTC.

mod content_line;
mod event;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use chrono_tz::Tz;

use content_line::{ContentLine, content_lines};
use event::{Event, When};

/// A day off.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    pub date: NaiveDate,
    pub name: String,
}

/// Why the holidays of a file cannot be told. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("this is no iCalendar file: it does not begin with BEGIN:VCALENDAR")]
    NoCalendar,
    #[error("line {line} has no colon between a name and a value")]
    NoColon { line: usize },
    #[error("line {line} ends `{component}`, which is not open there")]
    NotOpen { line: usize, component: String },
    #[error("`{component}`, begun in line {line}, is never ended")]
    NotClosed { line: usize, component: String },
    #[error("the event in line {line} has no DTSTART")]
    NoStart { line: usize },
    #[error("line {line}: `{written}` is no date or time")]
    Time { line: usize, written: String },
    #[error("line {line}: `{written}` is no duration")]
    Duration { line: usize, written: String },
    #[error("line {line}: there is no time zone `{written}`")]
    Zone { line: usize, written: String },
    #[error("the event in line {line} ends before it begins")]
    Backwards { line: usize },
    #[error("line {line}: the rule cannot be read: {reason}")]
    Rule { line: usize, reason: String },
    #[error("line {line}: this recurs too often for a holiday")]
    TooMany { line: usize },
}

impl CalendarError {
    /// The line to look at, from 1.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::NoCalendar => None,
            Self::NoColon { line }
            | Self::NotOpen { line, .. }
            | Self::NotClosed { line, .. }
            | Self::NoStart { line }
            | Self::Time { line, .. }
            | Self::Duration { line, .. }
            | Self::Zone { line, .. }
            | Self::Backwards { line }
            | Self::Rule { line, .. }
            | Self::TooMany { line } => Some(*line),
        }
    }

    /// What to do about it.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoCalendar => "export the calendar as iCalendar (`.ics`), not as a web page",
            Self::NoColon { .. } | Self::NotOpen { .. } | Self::NotClosed { .. } => {
                "the file may be cut short: export or download it again"
            }
            Self::NoStart { .. } => "give the event a day, or remove it",
            Self::Time { .. } => "write `20280106`, or `20280106T090000` with a time",
            Self::Duration { .. } => "write `P1D` for a day, `P2W` for two weeks, `PT8H` for hours",
            Self::Zone { .. } => {
                "name a zone of the IANA database such as `Europe/Berlin`, or make it an all-day \
                 event"
            }
            Self::Backwards { .. } => "mend the event's DTEND or DURATION",
            Self::Rule { .. } => "write a rule of RFC 5545 such as `FREQ=YEARLY`",
            Self::TooMany { .. } => "let the rule begin later or come less often",
        }
    }
}

/// More steps than any calendar of holidays needs: a rule that comes daily since the year 1 would
/// take three quarters of them.
const MOST_STEPS: usize = 1_000_000;

/// The days from `from` to `until` (both included) that events of a calendar touch in `zone`, in
/// order. An all-day event has the same days everywhere; a time without a zone is one in `zone`.
/// Cancelled events are left out; a single occurrence that was moved counts where it was moved to.
///
/// # Errors
/// [`CalendarError`] if the file is broken: no holiday is silently lost.
pub fn holidays(
    text: &str,
    zone: Tz,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<Holiday>, CalendarError> {
    let events = events(text)?
        .iter()
        .map(|(line, lines)| Event::read(*line, lines, zone))
        .collect::<Result<Vec<_>, _>>()?;
    // Occurrences that an event of their own stands for.
    let mut moved: HashMap<&str, Vec<When>> = HashMap::new();
    for event in &events {
        if let (Some(uid), Some(occurrence)) = (&event.uid, event.replaces) {
            moved.entry(uid).or_default().push(occurrence);
        }
    }
    let mut found = BTreeSet::new();
    let mut steps_left = MOST_STEPS;
    for event in events.iter().filter(|event| !event.cancelled) {
        let moved = match (&event.uid, event.replaces) {
            (Some(uid), None) => moved.get(uid.as_str()).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        for start in event.starts(moved) {
            let (first, last) = event.days(start, zone);
            if first > until && event.is_in_order() {
                break;
            }
            let days: Vec<NaiveDate> = first
                .max(from)
                .iter_days()
                .take_while(|date| *date <= last.min(until))
                .take(steps_left)
                .collect();
            steps_left = steps_left.saturating_sub(1 + days.len());
            if steps_left == 0 {
                return Err(CalendarError::TooMany { line: event.line });
            }
            found.extend(days.into_iter().map(|date| Holiday { date, name: event.name.clone() }));
        }
    }
    Ok(found.into_iter().collect())
}

/// The lines of each event, without those of its alarms.
fn events(text: &str) -> Result<Vec<(usize, Vec<ContentLine>)>, CalendarError> {
    if !is_calendar(text) {
        return Err(CalendarError::NoCalendar);
    }
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut events: Vec<(usize, Vec<ContentLine>)> = Vec::new();
    for line in content_lines(text)? {
        let component = line.value.trim().to_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                if component == "VEVENT" {
                    events.push((line.line, Vec::new()));
                }
                open.push((line.line, component));
            }
            "END" => match open.pop() {
                Some((_, begun)) if begun == component => {}
                _ => return Err(CalendarError::NotOpen { line: line.line, component }),
            },
            _ => {
                let in_event = open.last().is_some_and(|(_, begun)| begun == "VEVENT");
                if let (true, Some((_, event))) = (in_event, events.last_mut()) {
                    event.push(line);
                }
            }
        }
    }
    match open.pop() {
        Some((line, component)) => Err(CalendarError::NotClosed { line, component }),
        None => Ok(events),
    }
}

fn is_calendar(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    start
        .get(.."BEGIN:VCALENDAR".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR"))
}

#[cfg(test)]
mod tests;
