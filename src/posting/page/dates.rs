//! Dates in front matter, in the forms that Hugo and Jekyll take.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads a date; one without a zone is meant in the site's. `None` if it is no date.
pub(super) fn parse(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    let with_zone = [
        "%Y-%m-%d %H:%M:%S%.f %z",
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%dT%H:%M%#z",
        "%Y-%m-%d %H:%M %z",
        "%a, %d %b %Y %H:%M:%S %z",
    ];
    if let Some(instant) =
        with_zone.iter().find_map(|format| DateTime::parse_from_str(text, format).ok())
    {
        return Some(instant.to_utc());
    }
    let with_time =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    if let Some(time) =
        with_time.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    {
        return local(time, zone);
    }
    let day_only = ["%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%Y/%m/%d"];
    day_only
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .and_then(|day| local(day.and_time(NaiveTime::MIN), zone))
}

/// The beginning of a day where the site is.
pub(super) fn midnight(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    local(day.and_time(NaiveTime::MIN), zone)
}

/// A time on the wall; one that the change to summer time leaves out is an hour later.
fn local(time: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    zone.from_local_datetime(&time)
        .earliest()
        .or_else(|| {
            zone.from_local_datetime(&time.checked_add_signed(Duration::hours(1))?).earliest()
        })
        .map(|instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_hugo_and_jekyll_are_read() {
        for (text, expected) in [
            ("2023-06-07T00:00:00Z", "2023-06-07T00:00:00Z"),
            ("2023-06-07T00:00:00.000Z", "2023-06-07T00:00:00Z"),
            ("2023-06-07T02:00:00+02:00", "2023-06-07T00:00:00Z"),
            ("2023-06-07 02:00:00 +0200", "2023-06-07T00:00:00Z"),
            ("2023-06-07", "2023-06-06T22:00:00Z"),
            ("2023-06-07 10:00:00", "2023-06-07T08:00:00Z"),
            ("2023-01-07 10:00", "2023-01-07T09:00:00Z"),
            ("2023-03-26 02:30:00", "2023-03-26T01:30:00Z"),
            ("7 June 2023", "2023-06-06T22:00:00Z"),
            ("June 7, 2023", "2023-06-06T22:00:00Z"),
        ] {
            let read = parse(text, Tz::Europe__Berlin).map(|it| it.format("%FT%TZ").to_string());
            assert_eq!(read.as_deref(), Some(expected), "{text}");
        }
        for text in ["soon", "07.06.2023", "2023-02-30", "", "06/07/2023"] {
            assert_eq!(parse(text, Tz::Europe__Berlin), None, "{text}");
        }
    }
}
