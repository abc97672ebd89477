//! What comes, week by week.

use chrono::{DateTime, Datelike, Days, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Outlook, link};
use crate::plan::When;

/// How many weeks a page shows.
const WEEKS: u64 = 4;

/// The furthest week that somebody can leaf to.
const LAST_WEEK: u64 = 520;

#[derive(Debug, Serialize)]
pub struct Calendar {
    pub weeks: Vec<Week>,
    /// How many messages come after these weeks.
    pub later: usize,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Week {
    pub number: u32,
    pub first: String,
    pub last: String,
    /// Those on which something happens, or nothing may.
    pub days: Vec<Day>,
}

#[derive(Debug, Serialize)]
pub struct Day {
    pub date: String,
    pub name: String,
    pub is_today: bool,
    pub quiet: Option<String>,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
pub struct Entry {
    /// `10:30`, or `now`.
    pub time: String,
    pub channel: String,
    pub occasion: String,
    pub title: String,
    pub href: String,
}

/// Computes the weeks from the one that is `skipped` weeks from now. `quiet` names what makes a day
/// quiet on every channel.
pub fn calendar(
    outlook: &Outlook<'_>,
    skipped: u64,
    quiet: &dyn Fn(NaiveDate) -> Option<String>,
) -> Calendar {
    let zone = outlook.zone();
    let skipped = skipped.min(LAST_WEEK);
    let today = outlook.now.with_timezone(&zone).date_naive();
    let monday = today.week(chrono::Weekday::Mon).first_day() + Days::new(7 * skipped);
    let entries = entries(outlook, zone);
    let end = monday + Days::new(7 * WEEKS);
    let weeks = (0..WEEKS).map(|week| {
        let first = monday + Days::new(7 * week);
        let days = (0..7).map(|day| first + Days::new(day)).filter_map(|date| {
            let of_day: Vec<Entry> = entries
                .iter()
                .filter(|(at, _)| at.date_naive() == date)
                .map(|(_, entry)| entry())
                .collect();
            let quiet = quiet(date);
            (!of_day.is_empty() || quiet.is_some() || date == today).then(|| Day {
                date: date.to_string(),
                name: date.format("%a %-d %b").to_string(),
                is_today: date == today,
                quiet,
                entries: of_day,
            })
        });
        Week {
            number: first.iso_week().week(),
            first: first.format("%-d %b").to_string(),
            last: (first + Days::new(6)).format("%-d %b %Y").to_string(),
            days: days.collect(),
        }
    });
    let at = |weeks: u64| {
        let weeks = if weeks == 0 { String::new() } else { weeks.to_string() };
        link::asking(link::CALENDAR, &[("weeks", &weeks)])
    };
    Calendar {
        weeks: weeks.collect(),
        later: entries.iter().filter(|(at, _)| at.date_naive() >= end).count(),
        before: (skipped > 0).then(|| at(skipped.saturating_sub(WEEKS))),
        after: (skipped < LAST_WEEK).then(|| at(skipped + WEEKS)),
    }
}

/// What comes, in its order; an entry is drawn once somebody sees it.
fn entries<'a>(outlook: &Outlook<'a>, zone: Tz) -> Vec<(DateTime<Tz>, impl Fn() -> Entry + 'a)> {
    let now = outlook.now;
    let mut entries: Vec<_> = outlook
        .plan
        .steps
        .iter()
        .filter_map(|step| {
            let (at, time) = match &step.when {
                When::Due { .. } => (now.with_timezone(&zone), None),
                When::At { slot } => (slot.with_timezone(&zone), Some(slot.with_timezone(&zone))),
                When::Not { .. } => return None,
            };
            Some(((at, &step.name), step, time))
        })
        .collect();
    entries.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    entries
        .into_iter()
        .map(|((at, name), step, time)| {
            let entry = move || Entry {
                time: time.map_or_else(|| "now".to_owned(), |it| it.format("%H:%M").to_string()),
                channel: name.channel.as_str().to_owned(),
                occasion: name.doing(),
                title: step.title.to_string(),
                href: link::of_pair(&name.posting, &name.channel),
            };
            (at, entry)
        })
        .collect()
}
