//! Dates as people write them in ads of six languages.

use std::ops::Range;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::pattern::Pattern;
use super::text::Searched;
use crate::posting::PartialDate;

/// A date in a text and what can be known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub range: Range<usize>,
    pub reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Known(PartialDate),
    WithoutYear {
        day: u32,
        month: u32,
    },
    /// "the end of December": as a deadline its last day, as a start the month.
    EndOfMonth {
        year: Option<i32>,
        month: u32,
    },
    /// No day of the calendar, such as 31 June.
    Impossible,
    /// Such as `03/04/2027`, which two continents read differently.
    Ambiguous,
}

impl Reading {
    /// The date as exactly as it is written, if its year is.
    pub fn date(self) -> Option<PartialDate> {
        match self {
            Self::Known(date) => Some(date),
            Self::EndOfMonth { year: Some(year), month } => {
                Some(PartialDate::Month { year, month })
            }
            _ => None,
        }
    }
}

/// Nobody writes more dates into one paragraph, and so the time to compare them is bounded.
const MOST: usize = 200;

/// The dates in a text, in the order of the text.
pub fn mentions(searched: &(impl Searched + ?Sized)) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    // Most passages hold no date, and most dates hold a digit.
    let text = searched.written();
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let forms = if digits { &FORMS[..] } else { &[] };
    for (pattern, form) in WORDED.iter().chain(forms) {
        for captures in pattern.captures_iter(searched) {
            if found.len() >= MOST {
                break;
            }
            let Some(whole) = captures.get(0) else { continue };
            let range = whole.range();
            let glued = text[..range.start].ends_with(['/', '.', '-', '_']);
            let overlaps =
                found.iter().any(|it| it.range.start < range.end && range.start < it.range.end);
            if glued || overlaps {
                continue;
            }
            let part = |name| captures.name(name).map(|it| it.as_str());
            let number = |name| part(name).and_then(|it| it.parse::<u32>().ok());
            let year = number("year").map(|year| if year < 100 { year + 2000 } else { year });
            let month = number("month").or_else(|| part("name").and_then(month_of));
            let day = number("day").or_else(|| part("ordinal").and_then(day_of));
            if let Some(reading) = form.read(year, month, day, part("season")) {
                found.push(Mention { range, reading });
            }
        }
    }
    found.sort_by_key(|mention| mention.range.start);
    found
}

/// Reads `2027-07-01`, `2027-07` or `2027`; the time after a day is left out.
pub fn iso(text: &str) -> Option<PartialDate> {
    let text = text.trim();
    let day = text.split_once(['T', 't', ' ']).map_or(text, |(day, _)| day);
    let mut parts = day.split('-');
    let year: i32 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let Some(month) = parts.next() else { return Some(PartialDate::Year(year)) };
    let month: u32 = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    let Some(day) = parts.next() else { return Some(PartialDate::Month { year, month }) };
    let day = NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)?;
    parts.next().is_none().then_some(PartialDate::Day(day))
}

/// The year of a day that was written without one, if the page's own date makes it certain: the
/// next such day, at most half a year after the page was written.
pub fn complete(day: u32, month: u32, written: NaiveDate) -> Option<NaiveDate> {
    next(written, |year| NaiveDate::from_ymd_opt(year, month, day))
}

/// The last day of a month, whose year is told in the same way if it is not written.
pub fn end_of_month(
    year: Option<i32>,
    month: u32,
    written: Option<NaiveDate>,
) -> Option<NaiveDate> {
    let last = |year| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        first.checked_add_months(Months::new(1))?.pred_opt()
    };
    year.map_or_else(|| next(written?, last), last)
}

/// The first day from when the page was written on, at most half a year after it.
fn next(written: NaiveDate, of_year: impl Fn(i32) -> Option<NaiveDate>) -> Option<NaiveDate> {
    let latest = written.checked_add_days(Days::new(183))?;
    let days = [written.year(), written.year() + 1].into_iter().filter_map(of_year);
    days.into_iter().find(|date| *date >= written && *date <= latest)
}

#[derive(Clone, Copy)]
enum Form {
    Plain,
    /// Numbers with dots, which without a year may be a time: `13.00`.
    Dotted,
    EndOfMonth,
    /// Numbers with slashes, which may be in either order.
    Slashed,
    Season,
}

macro_rules! month {
    () => {
        "(?:jan(?:uary|uar)?|jänner|feb(?:ruary|ruar)?|mar(?:ch)?|märz|maerz|mär|mrz|apr(?:il)?|\
         may|mai|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|\
         nov(?:ember)?|de[cz](?:ember)?|\
         janvier|février|fevrier|mars|avril|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre|\
         enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|\
         gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|\
         januari|februari|maart|mei|augustus)"
    };
}

macro_rules! year {
    () => {
        "(?P<year>(?:19|20)[0-9]{2})"
    };
}

/// The forms of a date that may stand without a digit. They claim their words before all others.
static WORDED: [(Pattern, Form); 3] = [
    (
        Pattern::new(concat!(
            r"(?i)\b(?P<ordinal>(?:twenty|thirty)[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|",
            r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|",
            r"(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)(?: day)? of (?P<name>",
            month!(),
            r")\b(?:,? ",
            year!(),
            r"\b)?"
        )),
        Form::Plain,
    ),
    (
        Pattern::new(concat!(
            r"(?i)\b(?P<ordinal>ersten|premier|primero|primo|eerste) (?:de )?(?P<name>",
            month!(),
            r")\b(?: (?:de )?",
            year!(),
            r"\b)?"
        )),
        Form::Plain,
    ),
    (
        Pattern::new(concat!(
            r"(?i)\b(?:end of|ende|fin(?:ales)? de|fin|fine di|fine|eind) (?P<name>",
            month!(),
            r")\b\.?(?:,? (?:del? )?",
            year!(),
            r"\b)?"
        )),
        Form::EndOfMonth,
    ),
];

/// The forms of a date, the most telling first: a later one never claims the words of an earlier.
static FORMS: [(Pattern, Form); 10] = [
    (
        Pattern::new(concat!(r"\b", year!(), r"-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})\b")),
        Form::Plain,
    ),
    (
        Pattern::new(
            r"\b(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\.(?: ?(?P<year>20[0-9]{2}|[0-9]{2})\b)?",
        ),
        Form::Dotted,
    ),
    (
        Pattern::new(concat!(r"\b(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/", year!(), r"\b")),
        Form::Slashed,
    ),
    (
        Pattern::new(concat!(
            r"(?i)\b(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|º|°|\.)?(?: of| de| di)?[ -]?(?P<name>",
            month!(),
            r")\b\.?(?:(?:,? (?:del? )?|-)",
            year!(),
            r"\b)?"
        )),
        Form::Plain,
    ),
    (
        Pattern::new(concat!(
            r"(?i)\b(?P<name>",
            month!(),
            r")\b\.?,? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?\b(?:,? ",
            year!(),
            r"\b)?"
        )),
        Form::Plain,
    ),
    (
        Pattern::new(concat!(
            r"(?i)\b(?P<name>",
            month!(),
            r")\b\.?(?: ?(?:/|or|oder|ou|o|of|–|-) ?",
            month!(),
            r"\b\.?)?,?(?: del?)? ",
            year!(),
            r"\b"
        )),
        Form::Plain,
    ),
    (
        Pattern::new(
            r"(?ix) \b (?P<season> (?: spring | summer | autumn | fall | winter | frühjahr | frühling
                | sommer | herbst ) (?:\ ?semester)? )
                (?:\ of)? \ (?P<year>20[0-9]{2})\b (?:/[0-9]{2,4})?",
        ),
        Form::Season,
    ),
    (Pattern::new(r"\b(?P<season>Q[1-4])[ /]?(?P<year>20[0-9]{2})\b"), Form::Season),
    (Pattern::new(r"\b(?P<month>0[1-9]|1[0-2])[/.](?P<year>20[0-9]{2})\b"), Form::Plain),
    (Pattern::new(r"\b(?P<year>20[0-9]{2})\b"), Form::Plain),
];

impl Form {
    fn read(
        self,
        year: Option<u32>,
        month: Option<u32>,
        day: Option<u32>,
        season: Option<&str>,
    ) -> Option<Reading> {
        match self {
            Self::Plain => Some(reading(year, month, day)),
            Self::Dotted => {
                let is_time = year.is_none() && month.is_some_and(|it| !(1..=12).contains(&it));
                (!is_time).then(|| reading(year, month, day))
            }
            Self::EndOfMonth => {
                let year = year.and_then(|year| i32::try_from(year).ok());
                Some(Reading::EndOfMonth { year, month: month? })
            }
            Self::Season => {
                let month = season.and_then(first_month)?;
                Some(reading(year, Some(month), None))
            }
            Self::Slashed => {
                let day_first = reading(year, month, day);
                let month_first = reading(year, day, month);
                Some(match (day_first, month_first) {
                    (one, other) if one == other => one,
                    (one, Reading::Impossible) => one,
                    (Reading::Impossible, other) => other,
                    _ => Reading::Ambiguous,
                })
            }
        }
    }
}

fn reading(year: Option<u32>, month: Option<u32>, day: Option<u32>) -> Reading {
    let year = year.and_then(|year| i32::try_from(year).ok());
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, month, day)
            .map_or(Reading::Impossible, |day| Reading::Known(PartialDate::Day(day))),
        (Some(year), Some(month), None) => Reading::Known(PartialDate::Month { year, month }),
        (Some(year), None, _) => Reading::Known(PartialDate::Year(year)),
        // Any leap year will do to see whether the day can exist at all.
        (None, Some(month), Some(day)) => NaiveDate::from_ymd_opt(2024, month, day)
            .map_or(Reading::Impossible, |_| Reading::WithoutYear { day, month }),
        (None, _, _) => Reading::Ambiguous,
    }
}

/// The names of the twelve months by their first letters, in six languages.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mae", "mrz", "maa"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mei", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

fn month_of(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let month = MONTHS.iter().position(|starts| starts.iter().any(|start| name.starts_with(start)));
    month.and_then(|month| u32::try_from(month + 1).ok())
}

/// The words for the days of a month in English, without the tens.
const ORDINALS: [&str; 19] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// The day that an ordinal word says.
fn day_of(ordinal: &str) -> Option<u32> {
    let ordinal = ordinal.to_lowercase();
    let (tens, rest) = match ordinal.split_once(['-', ' ']) {
        Some(("twenty", rest)) => (20, rest),
        Some(("thirty", rest)) => (30, rest),
        _ => (0, ordinal.as_str()),
    };
    match rest {
        "twentieth" => Some(20),
        "thirtieth" => Some(30),
        "ersten" | "premier" | "primero" | "primo" | "eerste" => Some(1),
        rest => {
            let place = ORDINALS.iter().position(|word| *word == rest)?;
            Some(tens + u32::try_from(place + 1).ok()?)
        }
    }
}

/// The month in which a season, semester or quarter begins, as in the north of the earth.
fn first_month(season: &str) -> Option<u32> {
    let month = match season.to_lowercase().replace(' ', "").as_str() {
        "wintersemester" => 10,
        "summersemester" | "sommersemester" | "springsemester" => 4,
        "spring" | "frühjahr" | "frühling" => 3,
        "summer" | "sommer" => 6,
        "autumn" | "fall" | "herbst" => 9,
        "winter" => 12,
        "q1" => 1,
        "q2" => 4,
        "q3" => 7,
        "q4" => 10,
        _ => return None,
    };
    Some(month)
}
