//! Quiet times: days of a zone's wall clock on which nothing goes out. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::calendar::Holiday;
use super::expression::WEEKDAY_NAMES;

/// How far [`Quiet::first_allowed`] looks ahead: ten years.
const HORIZON_DAYS: usize = 3660;

/// The days on which a channel is left alone. The default is never quiet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quiet {
    zone: Tz,
    weekdays: Vec<Weekday>,
    dates: Vec<DateRange>,
    holidays: BTreeMap<NaiveDate, String>,
}

/// The rule that makes a time quiet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuietTime {
    Weekday(Weekday),
    /// As it was written.
    Dates(String),
    /// Its name.
    Holiday(String),
}

impl fmt::Display for QuietTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekday(day) => f.write_str(weekday_name(*day)),
            Self::Dates(words) | Self::Holiday(words) => f.write_str(words),
        }
    }
}

fn weekday_name(day: Weekday) -> &'static str {
    WEEKDAY_NAMES.get(day.num_days_from_sunday() as usize).copied().unwrap_or_default()
}

impl Quiet {
    /// Never quiet; the days of all rules that are added begin and end at midnight in `zone`.
    pub fn new(zone: Tz) -> Self {
        Self { zone, ..Self::default() }
    }

    #[must_use]
    pub fn weekday(mut self, day: Weekday) -> Self {
        if !self.weekdays.contains(&day) {
            self.weekdays.push(day);
        }
        self
    }

    #[must_use]
    pub fn dates(mut self, range: DateRange) -> Self {
        if !self.dates.contains(&range) {
            self.dates.push(range);
        }
        self
    }

    /// Where two holidays share a day, the first that was added names it.
    #[must_use]
    pub fn holidays(mut self, holidays: impl IntoIterator<Item = Holiday>) -> Self {
        for holiday in holidays {
            self.holidays.entry(holiday.date).or_insert(holiday.name);
        }
        self
    }

    /// Quiet whenever one of the two is. Days are those of this one's zone, unless it is never
    /// quiet.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        if self.is_never() {
            return other.clone();
        }
        let mut joined = self.clone();
        for day in &other.weekdays {
            joined = joined.weekday(*day);
        }
        for range in &other.dates {
            joined = joined.dates(*range);
        }
        for (date, name) in &other.holidays {
            joined.holidays.entry(*date).or_insert_with(|| name.clone());
        }
        joined
    }

    /// Whether there is no rule at all.
    pub fn is_never(&self) -> bool {
        self.weekdays.is_empty() && self.dates.is_empty() && self.holidays.is_empty()
    }

    /// The rule that makes a moment quiet: a holiday by its name first, then dates, then the
    /// weekday.
    pub fn at(&self, time: DateTime<Utc>) -> Option<QuietTime> {
        // Never quiet is what most channels are: they are not asked for their local time.
        if self.is_never() { None } else { self.on(time.with_timezone(&self.zone).date_naive()) }
    }

    fn on(&self, date: NaiveDate) -> Option<QuietTime> {
        let holiday = || self.holidays.get(&date).cloned().map(QuietTime::Holiday);
        let dates = || {
            let range = self.dates.iter().find(|range| range.contains(date))?;
            Some(QuietTime::Dates(range.to_string()))
        };
        let weekday = || {
            let day = date.weekday();
            self.weekdays.contains(&day).then_some(QuietTime::Weekday(day))
        };
        holiday().or_else(dates).or_else(weekday)
    }

    /// The first moment at or after `from` that is not quiet: `from` itself or the first instant of
    /// a local day. `None` if there is none within ten years.
    pub fn first_allowed(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.at(from).is_none() {
            return Some(from);
        }
        let today = from.with_timezone(&self.zone).date_naive();
        today
            .iter_days()
            .skip(1)
            .take(HORIZON_DAYS)
            .filter(|date| self.on(*date).is_none())
            .find_map(|date| self.first_instant(date, from))
    }

    /// The first instant of a local day that is not before `from`.
    fn first_instant(&self, date: NaiveDate, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let midnight = date.and_time(NaiveTime::MIN);
        let instant = match self.zone.from_local_datetime(&midnight) {
            // Where the clock is put back over midnight, the day begins twice.
            LocalResult::Ambiguous(first, second) if first.to_utc() < from => second.to_utc(),
            // Where it is put forward over midnight, the day begins when the gap ends.
            _ => super::place(midnight, self.zone),
        };
        // Where the date line moved, the day does not exist.
        (instant.with_timezone(&self.zone).date_naive() == date).then_some(instant)
    }
}

/// Days from a first to a last, both included, in one year or in every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateRange {
    /// `2027-12-24..2028-01-02`
    Once { first: NaiveDate, last: NaiveDate },
    /// `12-24..01-02`: runs over the end of the year if the last day is the earlier one.
    Yearly { first: MonthDay, last: MonthDay },
}

/// A day of every year that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

impl DateRange {
    /// Reads `2027-12-24..2028-01-02`, `2027-12-24`, `12-24..01-02` or `12-24`.
    ///
    /// # Errors
    /// [`QuietError`] if the text is none of these, or a day does not exist.
    pub fn parse(text: &str) -> Result<Self, QuietError> {
        let text = text.trim();
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (Day::parse(first)?, Day::parse(last)?) {
            (Day::Once(first), Day::Once(last)) if first > last => {
                Err(QuietError::Backwards { first, last })
            }
            (Day::Once(first), Day::Once(last)) => Ok(Self::Once { first, last }),
            (Day::Yearly(first), Day::Yearly(last)) => Ok(Self::Yearly { first, last }),
            _ => Err(QuietError::Mixed { written: text.to_owned() }),
        }
    }

    pub fn contains(&self, date: NaiveDate) -> bool {
        match self {
            Self::Once { first, last } => (*first..=*last).contains(&date),
            Self::Yearly { first, last } => {
                let day = MonthDay { month: date.month(), day: date.day() };
                if first <= last {
                    (*first..=*last).contains(&day)
                } else {
                    day >= *first || day <= *last
                }
            }
        }
    }
}

impl FromStr for DateRange {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once { first, last } if first == last => write!(f, "{first}"),
            Self::Once { first, last } => write!(f, "{first}..{last}"),
            Self::Yearly { first, last } if first == last => write!(f, "{first}"),
            Self::Yearly { first, last } => write!(f, "{first}..{last}"),
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

enum Day {
    Once(NaiveDate),
    Yearly(MonthDay),
}

impl Day {
    fn parse(text: &str) -> Result<Self, QuietError> {
        let text = text.trim();
        let wrong = || QuietError::Date { written: text.to_owned() };
        let number = |digits: &str, length: usize| {
            (digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| digits.parse::<u32>().ok())
                .flatten()
                .ok_or_else(wrong)
        };
        // 2028 is a leap year: 29 February is a day of those years that have it.
        const LEAP_YEAR: i32 = 2028;
        let no_such_day = || QuietError::NoSuchDay { written: text.to_owned() };
        match text.split('-').collect::<Vec<_>>().as_slice() {
            [year, month, day] => {
                let year = i32::try_from(number(year, 4)?).map_err(|_| wrong())?;
                NaiveDate::from_ymd_opt(year, number(month, 2)?, number(day, 2)?)
                    .map(Self::Once)
                    .ok_or_else(no_such_day)
            }
            [month, day] => {
                let (month, day) = (number(month, 2)?, number(day, 2)?);
                NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).ok_or_else(no_such_day)?;
                Ok(Self::Yearly(MonthDay { month, day }))
            }
            _ => Err(wrong()),
        }
    }
}

/// Reads a weekday: `Sat`, `Saturday`.
///
/// # Errors
/// [`QuietError::Weekday`] if it is none.
pub fn weekday(text: &str) -> Result<Weekday, QuietError> {
    let word = text.trim();
    word.parse().map_err(|_| QuietError::Weekday { written: word.to_owned() })
}

/// Why a quiet time cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuietError {
    #[error("`{written}` is no day of the week")]
    Weekday { written: String },
    #[error("`{written}` is no date")]
    Date { written: String },
    #[error("there is no day `{written}`")]
    NoSuchDay { written: String },
    #[error("{first}..{last} ends before it begins")]
    Backwards { first: NaiveDate, last: NaiveDate },
    #[error("`{written}` has a year on one side only")]
    Mixed { written: String },
}

impl QuietError {
    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::Weekday { written } => {
                match crate::diagnostic::suggestion(written, WEEKDAY_NAMES)
                    .or_else(|| crate::diagnostic::suggestion(written, super::expression::WEEKDAYS))
                {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write a name such as `Sat` or `Saturday`".to_owned(),
                }
            }
            Self::Date { .. } => "write a day as `2027-12-24`, several as \
                                  `2027-12-24..2028-01-02`, and without years \
                                  (`12-24..01-02`) for every year"
                .to_owned(),
            Self::NoSuchDay { .. } => {
                "write year, month and day in this order, or month and day for every year"
                    .to_owned()
            }
            Self::Backwards { first, last } => format!("did you mean `{last}..{first}`?"),
            Self::Mixed { .. } => {
                "write the year of both days, or of neither for every year".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a test's time").to_utc()
    }

    fn range(text: &str) -> DateRange {
        DateRange::parse(text).expect("a test's range")
    }

    fn holiday(date: &str, name: &str) -> Holiday {
        Holiday { date: date.parse().expect("a test's date"), name: name.to_owned() }
    }

    fn closed() -> Quiet {
        Quiet::new(Berlin)
            .weekday(Weekday::Sat)
            .weekday(Weekday::Sun)
            .dates(range("2027-12-24..2028-01-02"))
            .holidays([holiday("2028-01-06", "Epiphany")])
    }

    #[test]
    fn the_default_is_never_quiet() {
        let now = at("2027-12-25T12:00:00Z");
        assert_eq!(Quiet::default().at(now), None);
        assert_eq!(Quiet::default().first_allowed(now), Some(now));
    }

    #[test]
    fn a_quiet_time_says_which_rule_it_is() {
        let words = |time| closed().at(at(time)).map(|quiet| quiet.to_string());
        assert_eq!(words("2027-12-18T12:00:00+01:00").as_deref(), Some("Saturday"));
        assert_eq!(words("2027-12-24T00:00:00+01:00").as_deref(), Some("2027-12-24..2028-01-02"));
        assert_eq!(words("2028-01-06T23:59:59+01:00").as_deref(), Some("Epiphany"));
        assert_eq!(words("2027-12-23T23:59:59+01:00"), None);
        assert_eq!(words("2028-01-03T00:00:00+01:00"), None);
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // Saturday in Berlin begins on Friday, 23:00 in Greenwich.
        assert_eq!(closed().at(at("2027-12-17T22:59:59Z")), None);
        assert_eq!(closed().at(at("2027-12-17T23:00:00Z")), Some(QuietTime::Weekday(Weekday::Sat)));
    }

    #[test]
    fn after_quiet_days_the_first_instant_of_the_next_day_is_allowed() {
        assert_eq!(
            closed().first_allowed(at("2027-12-24T10:00:00+01:00")),
            Some(at("2028-01-03T00:00:00+01:00"))
        );
    }

    #[test]
    fn a_day_without_midnight_begins_when_the_gap_ends() {
        let quiet = Quiet::new(chrono_tz::Asia::Beirut).weekday(Weekday::Sat);
        assert_eq!(
            quiet.first_allowed(at("2027-03-27T12:00:00Z")),
            Some(at("2027-03-28T01:00:00+03:00"))
        );
    }

    #[test]
    fn a_day_that_the_date_line_swallowed_is_left_out() {
        // Samoa had no 30 December 2011; the 31st was a Saturday.
        let quiet =
            Quiet::new(chrono_tz::Pacific::Apia).dates(range("2011-12-29")).weekday(Weekday::Sat);
        assert_eq!(
            quiet.first_allowed(at("2011-12-29T12:00:00-10:00")),
            Some(at("2012-01-01T00:00:00+14:00"))
        );
    }

    #[test]
    fn what_is_always_quiet_has_no_first_moment() {
        let quiet = Quiet::new(Berlin).dates(range("01-01..12-31"));
        assert_eq!(quiet.first_allowed(at("2027-01-01T00:00:00Z")), None);
    }

    #[test]
    fn a_yearly_range_runs_over_the_end_of_the_year() {
        let range = range("12-24..01-02");
        let contains = |date: &str| range.contains(date.parse().expect("a test's date"));
        assert!(contains("2027-12-24") && contains("2030-01-02") && contains("2030-12-31"));
        assert!(!contains("2027-12-23") && !contains("2030-01-03"));
    }

    #[test]
    fn what_was_written_is_what_is_shown() {
        for written in ["2027-12-24..2028-01-02", "2027-12-24", "12-24..01-02", "05-01", "02-29"] {
            assert_eq!(range(written).to_string(), written);
        }
    }

    #[test]
    fn mistakes_are_named_with_what_to_write() {
        let says = |text: &str| {
            let error = DateRange::parse(text).expect_err("refused");
            format!("{error}; {}", error.help())
        };
        assert_eq!(
            says("2028-01-02..2027-12-24"),
            "2028-01-02..2027-12-24 ends before it begins; did you mean `2027-12-24..2028-01-02`?"
        );
        assert_eq!(
            says("2027-02-29"),
            "there is no day `2027-02-29`; write year, month and day in this order, or month and \
             day for every year"
        );
        assert_eq!(
            says("2027-12-24..01-02"),
            "`2027-12-24..01-02` has a year on one side only; write the year of both days, or of \
             neither for every year"
        );
        assert!(says("24.12.2027").starts_with("`24.12.2027` is no date; write a day as"));
        let error = weekday("Saturdy").expect_err("refused");
        assert_eq!(
            format!("{error}; {}", error.help()),
            "`Saturdy` is no day of the week; did you mean `Saturday`?"
        );
        assert_eq!(weekday("sat"), Ok(Weekday::Sat));
    }

    #[test]
    fn joined_is_quiet_whenever_one_of_the_two_is() {
        let weekend = Quiet::new(Berlin).weekday(Weekday::Sat);
        let holidays = Quiet::new(Berlin).holidays([holiday("2028-01-06", "Epiphany")]);
        let joined = weekend.joined(&holidays);
        assert!(joined.at(at("2028-01-06T12:00:00Z")).is_some());
        assert!(joined.at(at("2028-01-08T12:00:00Z")).is_some());
        assert_eq!(Quiet::default().joined(&weekend), weekend);
        assert_eq!(weekend.joined(&Quiet::default()), weekend);
    }

    proptest! {
        #[test]
        fn nothing_quiet_is_allowed_and_nothing_earlier_is_missed(
            start in 1_767_000_000_i64..1_956_000_000,
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            days in prop::collection::vec(0_u8..7, 0..6),
            yearly in any::<bool>(),
        ) {
            let mut quiet = Quiet::new(chrono_tz::TZ_VARIANTS[zone])
                .dates(range(if yearly { "12-24..01-02" } else { "2027-12-24..2028-01-02" }));
            for day in days {
                quiet = quiet.weekday(Weekday::try_from(day).expect("below seven"));
            }
            let from = DateTime::from_timestamp(start, 0).expect("in range");
            let allowed = quiet.first_allowed(from).expect("some day is allowed");
            prop_assert!(allowed >= from);
            prop_assert_eq!(quiet.at(allowed), None);
            let mut before = from;
            while before < allowed {
                prop_assert!(quiet.at(before).is_some(), "{} is allowed", before);
                before += chrono::TimeDelta::minutes(15);
            }
            if allowed > from {
                prop_assert!(quiet.at(allowed - chrono::TimeDelta::seconds(1)).is_some());
            }
        }

        #[test]
        fn no_range_panics(text in "[0-9.-]{0,24}") {
            let _ = DateRange::parse(&text);
        }
    }
}
