//! Reading what people write as a schedule. Pure.
//!
//! An expression is translated into the crate's dialect (seconds first, weekdays by name), or its
//! first [`Mistake`] is pointed at.

use std::ops::Range;
use std::str::FromStr;

use super::suggest;

/// What is wrong with an expression, and expressions that may have been meant, likeliest first.
#[derive(Debug)]
pub(super) struct Mistake {
    pub message: String,
    pub help: Help,
    /// The wrong part, in bytes of the expression.
    pub span: Range<usize>,
    /// Not yet known to be valid.
    pub meant: Vec<String>,
}

/// Where a suggestion stands in a help.
const MEANT: &str = "{meant}";

/// How to write it.
#[derive(Debug)]
pub(super) struct Help {
    /// What is said when nothing better can be suggested.
    pub plain: String,
    /// What is said with a suggestion, which stands at [`MEANT`].
    pub suggesting: String,
}

impl Help {
    fn plain(plain: impl Into<String>) -> Self {
        Self { plain: plain.into(), suggesting: format!("did you mean {MEANT}?") }
    }

    /// The help that names an expression which is known to be valid.
    pub(super) fn with(self, meant: &str) -> String {
        self.suggesting.replace(MEANT, &format!("`{meant}`"))
    }
}

impl Mistake {
    /// The expression can be read, but asks for a day that does not exist.
    pub(super) fn never(expression: &str) -> Self {
        Self {
            message: "this schedule never comes".to_owned(),
            help: Help::plain(
                "day of month and day of week must both match, and the day must exist in that \
                 month",
            ),
            span: 0..expression.len(),
            meant: Vec::new(),
        }
    }
}

/// One field of an expression, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub text: &'a str,
    pub span: Range<usize>,
}

/// What a field says, in the order of the crate's seven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

impl Unit {
    pub(super) const ALL: [Self; 7] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::DayOfMonth,
        Self::Month,
        Self::DayOfWeek,
        Self::Year,
    ];

    /// The units of an expression with that many fields, in order.
    pub(super) fn of(count: usize) -> &'static [Self] {
        match count {
            5 => Self::ALL.get(1..6).unwrap_or_default(),
            count => Self::ALL.get(..count).unwrap_or_default(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of the month",
            Self::Month => "month",
            Self::DayOfWeek => "day of the week",
            Self::Year => "year",
        }
    }

    const fn values(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0 to 59",
            Self::Hour => "0 to 23",
            Self::DayOfMonth => "1 to 31",
            Self::Month => "1 to 12 or names such as `Mar`",
            Self::DayOfWeek => "names such as `Mon-Fri`",
            Self::Year => "1970 to 2100",
        }
    }

    /// Whether a field can be read where it stands for this unit, in the crate's dialect.
    fn reads(self, field: &str) -> bool {
        let alone: Vec<&str> =
            Self::ALL.iter().map(|unit| if *unit == self { field } else { "*" }).collect();
        cron::Schedule::from_str(&alone.join(" ")).is_ok()
    }
}

/// The fields of an expression.
pub(super) fn fields(expression: &str) -> Vec<Field<'_>> {
    expression
        .split_whitespace()
        .map(|text| {
            let start = text.as_ptr() as usize - expression.as_ptr() as usize;
            Field { text, span: start..start + text.len() }
        })
        .collect()
}

/// Reads an expression.
pub(super) fn read(expression: &str) -> Result<cron::Schedule, Mistake> {
    let fields = fields(expression);
    let translated = match fields.as_slice() {
        [only] if only.text.starts_with('@') => shorthand(expression, only)?,
        [before @ .., weekday] if fields.len() == 5 => {
            // Other fields are pointed at first, as people read from the left.
            let weekday = crontab_weekdays(weekday).map_err(|part| {
                wrong_field(&fields).unwrap_or_else(|| no_weekday(&part, &fields, weekday))
            })?;
            let before: Vec<&str> = before.iter().map(|field| field.text).collect();
            format!("0 {} {weekday}", before.join(" "))
        }
        [_, _, _, _, _, weekday] | [_, _, _, _, _, weekday, _] => {
            refuse_numeric_weekdays(expression, weekday)?;
            expression.trim().to_owned()
        }
        _ => return Err(wrong_count(expression, &fields)),
    };
    cron::Schedule::from_str(&translated)
        .map_err(|_| wrong_field(&fields).unwrap_or_else(|| unreadable(expression, &fields)))
}

pub(super) const SHORTHANDS: [&str; 5] = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"];

fn shorthand(expression: &str, field: &Field<'_>) -> Result<String, Mistake> {
    if SHORTHANDS.contains(&field.text) {
        return Ok(field.text.to_owned());
    }
    Err(Mistake {
        message: format!("there is no shorthand `{}`", field.text),
        help: Help::plain(format!("the shorthands are {}", SHORTHANDS.join(", "))),
        span: 0..expression.len(),
        meant: suggest::shorthand(field.text).into_iter().collect(),
    })
}

fn wrong_count(expression: &str, fields: &[Field<'_>]) -> Mistake {
    Mistake {
        message: format!("a schedule has five fields, this one has {}", fields.len()),
        help: Help {
            plain: "write minute, hour, day of month, month, day of week, for example \
                    `0 9 * * Tue` for Tuesdays at nine"
                .to_owned(),
            suggesting: format!(
                "write minute, hour, day of month, month, day of week: did you mean {MEANT}?"
            ),
        },
        span: 0..expression.len(),
        meant: suggest::expressions(fields),
    }
}

/// The first field that cannot be read even where all others are `*`.
fn wrong_field(fields: &[Field<'_>]) -> Option<Mistake> {
    // A crontab's days of the week are not in the crate's dialect and are read apart.
    let read_apart = |unit: Unit| fields.len() == 5 && unit == Unit::DayOfWeek;
    let (field, unit) = fields
        .iter()
        .zip(Unit::of(fields.len()))
        .find(|(field, unit)| !read_apart(**unit) && !unit.reads(field.text))?;
    Some(Mistake {
        message: format!("`{}` is no {}", field.text, unit.name()),
        help: Help::plain(format!(
            "write {}, several with commas, ranges from the smaller to the larger, or `*` for \
             every one",
            unit.values()
        )),
        span: field.span.clone(),
        meant: suggest::expressions(fields),
    })
}

fn unreadable(expression: &str, fields: &[Field<'_>]) -> Mistake {
    Mistake {
        message: "this schedule cannot be read".to_owned(),
        help: Help::plain(
            "write minute, hour, day of month, month, day of week, for example \
             `30 8 * * Mon-Fri` for workdays at half past eight",
        ),
        span: 0..expression.len(),
        meant: suggest::expressions(fields),
    }
}

/// A day of the week, counted from Sunday = 0.
type Day = usize;

pub(super) const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
pub(super) const WEEKDAY_NAMES: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A weekday by its name: three letters or more.
pub(super) fn named_weekday(word: &str) -> Option<Day> {
    let word = word.to_lowercase();
    (word.len() >= 3)
        .then(|| WEEKDAY_NAMES.iter().position(|name| name.to_lowercase().starts_with(&word)))
        .flatten()
}

/// A weekday by crontab's number (0 and 7 are Sunday) or by its name.
fn crontab_weekday(word: &str) -> Option<Day> {
    match word.parse::<usize>() {
        Ok(number) => (number <= 7).then_some(number % 7),
        Err(_) => named_weekday(word),
    }
}

/// Crontab's weekdays in the crate's dialect, because the crate counts from Sunday = 1 and knows
/// no range over the end of the week. Err is the part that is no weekday.
fn crontab_weekdays(field: &Field<'_>) -> Result<String, String> {
    weekdays(field.text, crontab_weekday).map(|days| written(&days))
}

/// The weekdays of a field, in order from Sunday.
fn weekdays(field: &str, day: impl Fn(&str) -> Option<Day>) -> Result<Vec<Day>, String> {
    let mut days = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step = step.parse::<usize>().ok().filter(|step| (1..=7).contains(step));
                (range, step.ok_or(part)?)
            }
            None => (part, 1),
        };
        if matches!(range, "*" | "?") {
            days.extend((0..7).step_by(step));
            continue;
        }
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (from, to) = (day(first).ok_or(first)?, day(last).ok_or(last)?);
        // `5-0`, `Fri-Mon` and `1-7` run over the end of the week.
        let length = if range == "0-7" { 7 } else { (to + 7 - from) % 7 + 1 };
        days.extend((0..length).step_by(step).map(|offset| (from + offset) % 7));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// Weekdays (in order) as both the crate and people read them: `Mon-Fri`, `Sun,Sat`, `*`.
fn written(days: &[Day]) -> String {
    if days.len() == 7 {
        return "*".to_owned();
    }
    let name = |day: &Day| WEEKDAYS.get(*day).copied().unwrap_or_default();
    runs(days)
        .map(|run| match run {
            [first, _, .., last] => format!("{}-{}", name(first), name(last)),
            few => few.iter().map(name).collect::<Vec<_>>().join(","),
        })
        .collect::<Vec<_>>()
        .join(",")
}

/// Weekdays in words: `Monday to Friday`, `Sunday and Saturday`.
fn in_words(days: &[Day]) -> String {
    let name = |day: &Day| WEEKDAY_NAMES.get(*day).copied().unwrap_or_default().to_owned();
    let parts: Vec<String> = runs(days)
        .flat_map(|run| match run {
            [first, _, .., last] => vec![format!("{} to {}", name(first), name(last))],
            few => few.iter().map(name).collect(),
        })
        .collect();
    match parts.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => parts.concat(),
    }
}

fn runs(days: &[Day]) -> impl Iterator<Item = &[Day]> {
    days.chunk_by(|day, next| day + 1 == *next)
}

fn no_weekday(part: &str, fields: &[Field<'_>], field: &Field<'_>) -> Mistake {
    Mistake {
        message: format!("`{part}` is no day of the week"),
        help: Help::plain(
            "write names such as `Mon-Fri` or `Tue,Thu`, or numbers from 0 (Sunday) to 7 (Sunday \
             again)",
        ),
        span: field.span.clone(),
        meant: suggest::expressions(fields),
    }
}

/// With seconds, the crate reads Quartz's numbers (1 is Sunday), which nobody expects.
fn refuse_numeric_weekdays(expression: &str, field: &Field<'_>) -> Result<(), Mistake> {
    let numeric = |part: &str| {
        part.split('/').next().is_some_and(|days| days.contains(|it: char| it.is_ascii_digit()))
    };
    if !field.text.split(',').any(numeric) {
        return Ok(());
    }
    let crontab = weekdays(field.text, crontab_weekday);
    let quartz = weekdays(field.text, |word| match word.parse::<usize>() {
        Ok(number) => (1..=7).contains(&number).then(|| number - 1),
        Err(_) => named_weekday(word),
    });
    let words = crontab.as_ref().map(|days| in_words(days)).unwrap_or_default();
    let otherwise = match quartz {
        Ok(quartz) => format!("; Quartz would read it as {}", in_words(&quartz)),
        Err(_) => String::new(),
    };
    let meant = crontab.ok().map(|days| {
        let mut meant = expression.to_owned();
        meant.replace_range(field.span.clone(), &written(&days));
        meant.trim().to_owned()
    });
    Err(Mistake {
        message: format!("in a schedule with seconds, `{}` could mean two things", field.text),
        help: Help {
            plain: "write the days as names, for example `Mon-Fri`".to_owned(),
            suggesting: format!("if you mean {words}, write {MEANT}{otherwise}"),
        },
        span: field.span.clone(),
        meant: meant.into_iter().collect(),
    })
}
