//! Deadlines that cannot be meant, or that are over.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::place;
use crate::diagnostic::Diagnostic;
use crate::posting::{Availability, Deadline, PartialDate, Posting, Start};

/// That the ad is over though its page says nothing of it.
pub(super) fn over(page: &Posting, today: NaiveDate) -> Option<Diagnostic> {
    let field = page.facts.deadline.as_ref()?;
    let Deadline::On(day) = field.value else { return None };
    if day >= today || page.availability != Availability::Open {
        return None;
    }
    let posted = page.date.map(|date| date.date_naive());
    let remark = match posted.filter(|posted| day < *posted) {
        Some(posted) => Diagnostic::warning(
            "dates::deadline-past",
            format!("the deadline {day} was over before the page's own date, {posted}"),
        )
        .help("correct the deadline, perhaps its year; until then nothing is announced"),
        None => Diagnostic::notice("dates::deadline-past", format!("the deadline {day} is over"))
            .help("nothing, if it is; otherwise write the new deadline"),
    };
    Some(remark.at(&page.source, place(field)).label("the ad counts as closed"))
}

pub(super) fn check(page: &Posting, remarks: &mut Vec<Diagnostic>) {
    let Some(field) = &page.facts.deadline else { return };
    let Deadline::On(day) = field.value else { return };
    if let Some(start) = &page.facts.start
        && let Start::On(date) = start.value
        && last_day(date).is_some_and(|last| last < day)
    {
        remarks.push(
            Diagnostic::warning(
                "dates::deadline-after-start",
                format!("applications count until {day}, and work begins {date}"),
            )
            .at(&page.source, place(field))
            .label(match place(start) {
                span if span.end == 0 => "after the start".to_owned(),
                span => {
                    let (line, _) = page.source.line_and_column(span.start);
                    format!("after the start on line {line}")
                }
            })
            .help("correct one of the two; a year is most often what is wrong"),
        );
    }
    let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    if is_weekend && is_written(page.source.words(place(field)), day.day()) {
        let name = day.format("%A");
        remarks.push(
            Diagnostic::notice(
                "dates::deadline-on-weekend",
                format!("the deadline {day} is a {name}"),
            )
            .at(&page.source, place(field))
            .help("nothing, if it is meant; on a weekend nobody answers questions"),
        );
    }
}

/// Whether a day of the month stands in these words: "before Sunday 28" means the 27th, and the
/// author did not choose a Saturday.
fn is_written(words: &str, day: u32) -> bool {
    words.split(|it: char| !it.is_ascii_digit()).any(|number| number.parse() == Ok(day))
}

/// The last day that a date may mean.
fn last_day(date: PartialDate) -> Option<NaiveDate> {
    let first_after = match date {
        PartialDate::Day(day) => return Some(day),
        PartialDate::Month { year, month: 12 } | PartialDate::Year(year) => {
            NaiveDate::from_ymd_opt(year + 1, 1, 1)
        }
        PartialDate::Month { year, month } => NaiveDate::from_ymd_opt(year, month + 1, 1),
    };
    first_after?.checked_sub_days(Days::new(1))
}
