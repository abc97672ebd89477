//! The calendar of a plan: week by week, for a terminal of 80 columns.

use std::fmt::Write;

use chrono::{DateTime, Datelike, Days, NaiveDate};
use chrono_tz::Tz;

/// One message at its time, as the site's clock shows it.
pub(super) struct Entry<'a> {
    pub at: DateTime<Tz>,
    pub channel: &'a str,
    pub occasion: String,
    pub posting: &'a str,
}

/// What a terminal has room for.
const COLUMNS: usize = 80;

/// Draws `weeks` weeks from the one of `today` on, beginning on Mondays. `quiet` names what makes a
/// day quiet on every channel.
pub(super) fn draw(
    mut entries: Vec<Entry<'_>>,
    today: NaiveDate,
    weeks: u64,
    quiet: &dyn Fn(NaiveDate) -> Option<String>,
) -> String {
    entries.sort_by(|a, b| (a.at, a.channel, a.posting).cmp(&(b.at, b.channel, b.posting)));
    let monday = today.week(chrono::Weekday::Mon).first_day();
    let mut drawn = String::new();
    for week in 0..weeks {
        let first = monday + Days::new(7 * week);
        let days = || (0..7).map(|day| first + Days::new(day));
        let of = |day: NaiveDate| entries.iter().filter(move |it| it.at.date_naive() == day);
        let is_empty = days().all(|day| of(day).next().is_none());
        let last = first + Days::new(6);
        // Writing to a string cannot fail.
        let _ = writeln!(
            drawn,
            "Week {}, {} to {}{}",
            first.iso_week().week(),
            first.format("%-d %b"),
            last.format("%-d %b %Y"),
            if is_empty { ": nothing" } else { "" }
        );
        if is_empty {
            continue;
        }
        for day in days() {
            draw_day(&mut drawn, day, of(day), quiet(day));
        }
    }
    let end = monday + Days::new(7 * weeks);
    match entries.iter().filter(|it| it.at.date_naive() >= end).count() {
        0 => {}
        1 => drawn.push_str("Later: 1 more\n"),
        more => {
            let _ = writeln!(drawn, "Later: {more} more");
        }
    }
    drawn
}

fn draw_day<'a>(
    drawn: &mut String,
    day: NaiveDate,
    entries: impl Iterator<Item = &'a Entry<'a>>,
    quiet: Option<String>,
) {
    let mut label = day.format("%a %e").to_string();
    if let Some(quiet) = quiet {
        let _ = writeln!(drawn, "  {label}  quiet: {quiet}");
        label = String::new();
    }
    for entry in entries {
        let line = format!(
            "  {label:<6}  {}  {:<16} {:<11} {}",
            entry.at.format("%H:%M"),
            entry.channel,
            entry.occasion,
            entry.posting
        );
        let _ = writeln!(drawn, "{}", shortened(&line));
        label = String::new();
    }
}

/// A line that fits; the id is whole in the list.
fn shortened(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn entry<'a>(day: u32, hour: u32, posting: &'a str) -> Entry<'a> {
        Entry {
            at: Berlin.with_ymd_and_hms(2027, 1, day, hour, 0, 0).unwrap(),
            channel: "list",
            occasion: "announce".to_owned(),
            posting,
        }
    }

    #[test]
    fn a_week_shows_its_days_in_order_and_an_empty_one_is_one_line() {
        let entries =
            vec![entry(21, 9, "b"), entry(19, 10, "a"), entry(19, 9, "c"), entry(28, 9, "later")];
        let today = NaiveDate::from_ymd_opt(2027, 1, 13).unwrap();
        let weekend =
            |day: NaiveDate| (day.weekday() == chrono::Weekday::Sat).then(|| "Saturday".to_owned());
        assert_eq!(
            draw(entries, today, 2, &weekend),
            "Week 2, 11 Jan to 17 Jan 2027: nothing\n\
             Week 3, 18 Jan to 24 Jan 2027\n  \
             Tue 19  09:00  list             announce    c\n          \
             10:00  list             announce    a\n  \
             Thu 21  09:00  list             announce    b\n  \
             Sat 23  quiet: Saturday\n\
             Later: 1 more\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let long = "x".repeat(200);
        let today = NaiveDate::from_ymd_opt(2027, 1, 18).unwrap();
        let drawn = draw(vec![entry(19, 9, &long)], today, 1, &|_| None);
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(drawn.contains("x…\n"));
    }
}
