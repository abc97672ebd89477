//! Handbill's own words in a rendition, in the languages it speaks, a file for each. A posting in
//! another language gets English ones.

mod dutch;
mod english;
mod french;
mod german;
mod italian;
mod spanish;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::posting::{PartialDate, PositionType, Start};

/// A language that Handbill can write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    Dutch,
    English,
    French,
    German,
    Italian,
    Spanish,
}

/// The words of a language for templates: `{{ words.deadline }}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    pub position: &'static str,
    pub employer: &'static str,
    pub place: &'static str,
    pub pay: &'static str,
    /// Where the ad says how much work it is, and not what it pays.
    pub workload: &'static str,
    pub start: &'static str,
    pub duration: &'static str,
    pub deadline: &'static str,
    /// Before a short date in a subject.
    pub deadline_short: &'static str,
    /// Before the deadline in a sentence.
    pub deadline_is: &'static str,
    pub reference: &'static str,
    pub contact: &'static str,
    pub page: &'static str,
    /// Before a date: `Apply by 15 January 2027`.
    pub apply_by: &'static str,
    pub rolling: &'static str,
    /// Between the first deadline and what follows it.
    pub then: &'static str,
    pub how_to_apply: &'static str,
    /// Before the deadline in a reminder.
    pub remind_by: &'static str,
    pub apply_at: &'static str,
    /// Above what the position does, above who is looked for, and above what is offered.
    pub tasks: &'static str,
    pub profile: &'static str,
    pub offer: &'static str,
    pub apply_to: &'static str,
    /// The same of addresses that the page names for one of the two.
    pub applications_to: &'static str,
    pub questions_to: &'static str,
    pub quote_reference: &'static str,
    pub job: &'static str,
    pub reminder: &'static str,
    pub still_open: &'static str,
    pub updated: &'static str,
    pub has_changed: &'static str,
    pub closed: &'static str,
    pub is_closed: &'static str,
    pub thanks: &'static str,
    /// To whoever keeps a list of jobs by hand.
    pub dear: &'static str,
    pub please_publish: &'static str,
    pub please_change: &'static str,
    pub please_remove: &'static str,
    /// After a label; French has a space before it.
    pub colon: &'static str,
    pub as_soon_as_possible: &'static str,
    /// One, and several.
    #[serde(skip)]
    year: [&'static str; 2],
    #[serde(skip)]
    month: [&'static str; 2],
    /// Their names, January first.
    #[serde(skip)]
    months: [&'static str; 12],
    #[serde(skip)]
    positions: Positions,
}

/// What people call a kind of position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Positions {
    phd: &'static str,
    postdoc: &'static str,
    faculty: &'static str,
    research_assistant: &'static str,
    student_assistant: &'static str,
    internship: &'static str,
    thesis: &'static str,
    engineer: &'static str,
    staff: &'static str,
}

impl Tongue {
    /// The tongue for a language code (ISO 639-1, perhaps with a region: `de-AT`).
    pub fn of(language: &str) -> Self {
        match language.split(['-', '_']).next() {
            Some("de") => Self::German,
            Some("es") => Self::Spanish,
            Some("fr") => Self::French,
            Some("it") => Self::Italian,
            Some("nl") => Self::Dutch,
            _ => Self::English,
        }
    }

    pub fn words(self) -> &'static Words {
        match self {
            Self::Dutch => &dutch::WORDS,
            Self::English => &english::WORDS,
            Self::French => &french::WORDS,
            Self::German => &german::WORDS,
            Self::Italian => &italian::WORDS,
            Self::Spanish => &spanish::WORDS,
        }
    }

    /// `15 January 2027`, `15. Januar 2027` or `15 de enero de 2027`.
    pub fn day(self, day: NaiveDate) -> String {
        let month = self.month(day.month());
        let (day, year) = (day.day(), day.year());
        match self {
            Self::French if day == 1 => format!("1er {month} {year}"),
            Self::Italian if day == 1 => format!("1º {month} {year}"),
            Self::German => format!("{day}. {month} {year}"),
            Self::Spanish => format!("{day} de {month} de {year}"),
            Self::Dutch | Self::English | Self::French | Self::Italian => {
                format!("{day} {month} {year}")
            }
        }
    }

    /// `15 Jan 2027`, `15/01/2027` or `15.1.2027`, for a subject.
    pub fn short_day(self, day: NaiveDate) -> String {
        match self {
            Self::English => {
                let month: String = self.month(day.month()).chars().take(3).collect();
                format!("{} {month} {}", day.day(), day.year())
            }
            Self::French | Self::Italian | Self::Spanish => day.format("%d/%m/%Y").to_string(),
            Self::Dutch => day.format("%d-%m-%Y").to_string(),
            Self::German => format!("{}.{}.{}", day.day(), day.month(), day.year()),
        }
    }

    /// As much of the date as is known.
    pub fn date(self, date: PartialDate) -> String {
        match date {
            PartialDate::Day(day) => self.day(day),
            PartialDate::Month { year, month } => match self {
                Self::Spanish => format!("{} de {year}", self.month(month)),
                _ => format!("{} {year}", self.month(month)),
            },
            PartialDate::Year(year) => year.to_string(),
        }
    }

    pub fn start(self, start: Start) -> String {
        match start {
            Start::On(date) => self.date(date),
            Start::AsSoonAsPossible => self.words().as_soon_as_possible.to_owned(),
        }
    }

    /// `3 years`, `18 months`.
    pub fn duration(self, months: f64) -> String {
        let years = months / 12.0;
        let whole = years.fract() == 0.0 && years >= 1.0;
        let words = self.words();
        let (number, [one, many]) = if whole { (years, words.year) } else { (months, words.month) };
        format!("{} {}", self.number(number), if number == 1.0 { one } else { many })
    }

    /// `75%` or `75 %`, as the language writes it.
    pub fn percent(self, percent: f64) -> String {
        let number = self.number(percent);
        match self {
            Self::Dutch | Self::English | Self::Italian => format!("{number}%"),
            Self::French | Self::German | Self::Spanish => format!("{number} %"),
        }
    }

    /// The human word for a kind of position; none for [`PositionType::Other`].
    pub fn position(self, kind: PositionType) -> Option<&'static str> {
        let positions = &self.words().positions;
        Some(match kind {
            PositionType::Phd => positions.phd,
            PositionType::Postdoc => positions.postdoc,
            PositionType::Faculty => positions.faculty,
            PositionType::ResearchAssistant => positions.research_assistant,
            PositionType::StudentAssistant => positions.student_assistant,
            PositionType::Internship => positions.internship,
            PositionType::Thesis => positions.thesis,
            PositionType::Engineer => positions.engineer,
            PositionType::Staff => positions.staff,
            PositionType::Other => return None,
        })
    }

    fn number(self, number: f64) -> String {
        let plain = number.to_string();
        if self == Self::English { plain } else { plain.replace('.', ",") }
    }

    fn month(self, month: u32) -> &'static str {
        let at = (month as usize).wrapping_sub(1);
        self.words().months.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 15).unwrap();
        assert_eq!(Tongue::English.day(day), "15 January 2027");
        assert_eq!(Tongue::of("de-AT").day(day), "15. Januar 2027");
        let month = PartialDate::Month { year: 2027, month: 3 };
        assert_eq!(Tongue::German.date(month), "März 2027");
        assert_eq!(Tongue::of("fr").day(day), "15 janvier 2027");
        let first = NaiveDate::from_ymd_opt(2027, 2, 1).unwrap();
        assert_eq!(Tongue::French.day(first), "1er février 2027");
        assert_eq!(Tongue::French.short_day(first), "01/02/2027");
        assert_eq!(Tongue::of("es").day(day), "15 de enero de 2027");
        assert_eq!(Tongue::Spanish.date(month), "marzo de 2027");
        assert_eq!(Tongue::of("it").day(first), "1º febbraio 2027");
        assert_eq!(Tongue::of("nl-BE").short_day(first), "01-02-2027");
    }

    #[test]
    fn durations_are_in_years_where_they_are_whole() {
        assert_eq!(Tongue::English.duration(36.0), "3 years");
        assert_eq!(Tongue::English.duration(18.0), "18 months");
        assert_eq!(Tongue::German.duration(12.0), "1 Jahr");
        assert_eq!(Tongue::German.duration(4.5), "4,5 Monate");
        assert_eq!(Tongue::Dutch.duration(48.0), "4 jaar");
        assert_eq!(Tongue::Italian.duration(1.0), "1 mese");
    }
}
