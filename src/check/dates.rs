//! Deadlines that cannot be meant, or that are over.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;

use super::{first_line, place};
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::{Availability, PartialDate, Posting, Start};

/// That the ad is over though its page says nothing of it.
pub(super) fn over(page: &Posting, today: NaiveDate, zone: Tz) -> Option<Diagnostic> {
    let field = page.facts.deadline.as_ref()?;
    let day = field.value.last_day()?;
    if day >= today || page.availability != Availability::Open {
        return None;
    }
    let posted = page.date.map(|date| day_in(zone, date));
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

pub(super) fn check(page: &Posting, zone: Tz, remarks: &mut Vec<Diagnostic>) {
    page_date(page, zone, remarks);
    remarks.extend(weekday(page));
    let Some(field) = &page.facts.deadline else { return };
    let (Some(first), Some(day)) = (field.value.next_day(), field.value.last_day()) else { return };
    if let Some(start) = &page.facts.start
        && let Start::On(date) = start.value
        && last_day(date).is_some_and(|last| last < day || date == PartialDate::Day(day))
    {
        let when = if date == PartialDate::Day(day) { "the day of" } else { "after" };
        remarks.push(
            Diagnostic::warning(
                "dates::deadline-after-start",
                format!("applications count until {day}, and work begins {date}"),
            )
            .at(&page.source, place(field))
            .label(match place(start) {
                span if span.end == 0 => format!("{when} the start"),
                span => {
                    let (line, _) = page.source.line_and_column(span.start);
                    format!("{when} the start on line {line}")
                }
            })
            .help("correct one of the two; a year is most often what is wrong"),
        );
    }
    let is_weekend = |day: &NaiveDate| {
        matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
            && is_written(page.source.words(place(field)), day.day())
    };
    if let Some(day) = [first, day].into_iter().find(is_weekend) {
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

/// The days of the week by the beginnings of their names in six languages, Monday first.
const WEEKDAYS: [&[&str]; 7] = [
    &["monday", "montag", "lundi", "lunes", "lunedì", "maandag"],
    &["tuesday", "dienstag", "mardi", "martes", "martedì", "dinsdag"],
    &["wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì", "woensdag"],
    &["thursday", "donnerstag", "jeudi", "jueves", "giovedì", "donderdag"],
    &["friday", "freitag", "vendredi", "viernes", "venerdì", "vrijdag"],
    &["saturday", "samstag", "sonnabend", "samedi", "sábado", "sabato", "zaterdag"],
    &["sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag"],
];

/// That the day of the week before a deadline is not the one on which it falls.
fn weekday(page: &Posting) -> Option<Diagnostic> {
    let field = page.facts.deadline.as_ref()?;
    let span = place(field);
    let before = page.source.words(Span::new(0, span.start));
    let line = before.rsplit('\n').next()?.to_lowercase();
    let words = line.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let article = [" den", " dem", " the", " le", " el", " il"];
    let words = article.iter().find_map(|it| words.strip_suffix(it)).unwrap_or(words);
    let words = words.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let is_last = |names: &[&str]| names.iter().any(|name| words.ends_with(name));
    let named = WEEKDAYS.iter().position(|names| is_last(names))?;
    // The first of two days is the one whose words are shown.
    let day = field.value.next_day()?;
    let falls = usize::try_from(day.weekday().num_days_from_monday()).ok()?;
    (named != falls && is_written(page.source.words(span), day.day())).then(|| {
        Diagnostic::warning(
            "dates::weekday-differs",
            format!(
                "the deadline {day} is a {}, and the page calls it another day",
                day.format("%A")
            ),
        )
        .at(&page.source, span)
        .label("the day of the month is taken")
        .help("correct the date or the day of the week; applicants trust either")
    })
}

/// An ad is seldom out so long before its deadline, or its start; most often a year is wrong, or a
/// date was left from the page that this one was made from.
const LONG_BEFORE_DEADLINE: i64 = 270;
const LONG_BEFORE_START: i64 = 365;

/// Two dates of the page itself that lie so far apart are not both its own.
const FAR_APART: i64 = 365;

/// A date of the page, its own or of its file, that cannot belong to the same ad as the others.
fn page_date(page: &Posting, zone: Tz, remarks: &mut Vec<Diagnostic>) {
    let day = |at: DateTime<Utc>| day_in(zone, at);
    let (date, published) = (page.date.map(day), page.publish_at.map(day));
    let mut warn = |message: String, at: Span| {
        remarks.push(
            Diagnostic::notice("dates::page-date", message)
                .at(&page.source, at)
                .help("look at the year; a page that was copied keeps the dates of the old one"),
        );
    };
    let top = first_line(&page.source);
    let apart = |one: Option<NaiveDate>, other: Option<NaiveDate>| {
        one.zip(other).filter(|(one, other)| (*one - *other).num_days().abs() > FAR_APART)
    };
    if let Some((date, published)) = apart(date, published) {
        return warn(format!("the page has two dates, {date} and {published}"), top);
    }
    if let Some((date, named)) = apart(date, date_in_name(&page.path)) {
        return warn(format!("the page is dated {date}, and its file {named}"), top);
    }
    // A page that was changed since has a later date than it had; the earliest decides.
    let Some(written) = date.into_iter().chain(published).min() else { return };
    if let Some(field) = &page.facts.deadline
        && let Some(day) = field.value.last_day()
        && (day - written).num_days() > LONG_BEFORE_DEADLINE
    {
        return warn(format!("the page is dated {written}, and its deadline {day}"), place(field));
    }
    if let Some(field) = &page.facts.start
        && let Start::On(start) = field.value
        && let Some(first) = first_day(start)
        && (first - written).num_days() > LONG_BEFORE_START
    {
        warn(format!("the page is dated {written}, and work begins {start}"), place(field));
    }
}

/// The day that it is somewhere.
fn day_in(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The day in the name of a file or folder such as `2027-02-26-diver.md`.
fn date_in_name(path: &str) -> Option<NaiveDate> {
    path.rsplit('/').take(2).find_map(|name| NaiveDate::parse_from_str(name.get(..10)?, "%F").ok())
}

/// The first day that a date may mean.
fn first_day(date: PartialDate) -> Option<NaiveDate> {
    match date {
        PartialDate::Day(day) => Some(day),
        PartialDate::Month { year, month } => NaiveDate::from_ymd_opt(year, month, 1),
        PartialDate::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1),
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
