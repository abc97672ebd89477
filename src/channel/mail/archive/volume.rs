//! Into which part of an archive a message falls; pure.
//!
//! A server counts days by its own clock. Where nobody says in which zone that is, the parts of
//! every zone come into question.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::diagnostic::suggestion;

/// How long a message may be under way to the archive.
const UNDER_WAY: TimeDelta = TimeDelta::hours(2);

/// By how much a zone differs from UTC at most.
const FARTHEST_ZONE: TimeDelta = TimeDelta::hours(14);

/// How Pipermail divides an archive (`archive_volume_frequency`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Volume {
    Year,
    Quarter,
    #[default]
    Month,
    Week,
    Day,
}

impl Volume {
    /// The name of the volume that holds a day (`HyperArch.dateToVolName`).
    fn name(self, day: NaiveDate) -> String {
        let format = match self {
            Self::Year => "%Y",
            Self::Quarter => return format!("{}q{}", day.year(), day.month0() / 3 + 1),
            Self::Month => "%Y-%B",
            Self::Week => {
                let monday = day.week(chrono::Weekday::Mon).first_day();
                return monday.format("Week-of-Mon-%Y%m%d").to_string();
            }
            Self::Day => "%Y%m%d",
        };
        day.format(format).to_string()
    }

    /// The volumes that may hold a message, the likeliest first: of the time in its header, the
    /// neighbours where that is near a boundary, and that of today, for one that was held so long
    /// that it was dated anew.
    pub fn candidates(
        self,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        zone: Option<Tz>,
    ) -> Vec<String> {
        names(at, now, zone, |day| self.name(day))
    }
}

/// The month of a moment as Sympa writes it: `2026-11`.
pub fn month(at: DateTime<Utc>, zone: Option<Tz>) -> String {
    year_and_month(local(at, zone))
}

/// The months that may hold a message, the likeliest first.
pub fn months(at: DateTime<Utc>, now: DateTime<Utc>, zone: Option<Tz>) -> Vec<String> {
    names(at, now, zone, year_and_month)
}

/// The same as LISTSERV writes them: `2611`.
pub fn short_months(at: DateTime<Utc>, now: DateTime<Utc>, zone: Option<Tz>) -> Vec<String> {
    names(at, now, zone, |day| day.format("%y%m").to_string())
}

/// Reads a time zone as people write it.
///
/// # Errors
/// With a suggestion, if it is none.
pub fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
    let name = String::deserialize(deserializer)?;
    if let Ok(zone) = name.parse() {
        return Ok(Some(zone));
    }
    // Many write the town alone.
    let town = TZ_VARIANTS.iter().map(|zone| zone.name()).find(|it| {
        it.rsplit_once('/').is_some_and(|(_, town)| town.eq_ignore_ascii_case(name.trim()))
    });
    let meant = town.or_else(|| suggestion(&name, TZ_VARIANTS.iter().map(|zone| zone.name())));
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write it like `Europe/Berlin`".to_owned(),
    };
    Err(D::Error::custom(format!("`{name}` is no time zone; {help}")))
}

fn year_and_month(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

fn names(
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    zone: Option<Tz>,
    name: impl Fn(NaiveDate) -> String,
) -> Vec<String> {
    let (before, after) = match zone {
        Some(_) => (TimeDelta::zero(), UNDER_WAY),
        None => (FARTHEST_ZONE, FARTHEST_ZONE),
    };
    let mut names: Vec<String> = Vec::new();
    for moment in [at, at + after, at - before, now.max(at)] {
        let name = name(local(moment, zone));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn local(at: DateTime<Utc>, zone: Option<Tz>) -> NaiveDate {
    at.with_timezone(&zone.unwrap_or(Tz::UTC)).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_volume_has_the_name_that_pipermail_gives_it() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 29).unwrap();
        assert_eq!(Volume::Year.name(day), "2026");
        assert_eq!(Volume::Quarter.name(day), "2026q4");
        assert_eq!(Volume::Month.name(day), "2026-November");
        assert_eq!(Volume::Week.name(day), "Week-of-Mon-20261123");
        assert_eq!(Volume::Day.name(day), "20261129");
    }

    #[test]
    fn near_a_boundary_the_neighbouring_volume_is_looked_into_too() {
        let berlin = Some(chrono_tz::Europe::Berlin);
        let of = |text: &str, zone| Volume::Month.candidates(at(text), at(text), zone);
        assert_eq!(of("2026-11-24T10:00:00Z", berlin), ["2026-November"]);
        assert_eq!(of("2026-11-30T22:30:00Z", berlin), ["2026-November", "2026-December"]);
        assert_eq!(of("2026-11-30T23:30:00Z", berlin), ["2026-December"]);
        // Nobody says where the server is: it may be anywhere.
        assert_eq!(of("2026-12-01T05:00:00Z", None), ["2026-December", "2026-November"]);
    }

    #[test]
    fn a_message_that_was_held_may_stand_where_today_is() {
        let (at, now) = (at("2026-11-24T10:00:00Z"), at("2026-12-03T10:00:00Z"));
        assert_eq!(months(at, now, Some(Tz::UTC)), ["2026-11", "2026-12"]);
        assert_eq!(short_months(at, now, Some(Tz::UTC)), ["2611", "2612"]);
    }
}
