//! What a mistyped schedule probably meant. Pure.
//!
//! Only guesses, likeliest first: whoever asks keeps the first that can be read.

use super::expression::{Field, SHORTHANDS, Unit, WEEKDAY_NAMES, WEEKDAYS, named_weekday};
use crate::diagnostic::suggestion;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The shorthand that a word is near to; other programs' names for them count.
pub(super) fn shorthand(word: &str) -> Option<String> {
    match word {
        "@midnight" => Some("@daily".to_owned()),
        "@annually" => Some("@yearly".to_owned()),
        _ => suggestion(word, SHORTHANDS).map(ToOwned::to_owned),
    }
}

/// Expressions that may have been meant by these fields.
pub(super) fn expressions(fields: &[Field<'_>]) -> Vec<String> {
    let typed: Vec<String> = fields.iter().map(|field| hyphens(field.text)).collect();
    let joined = rejoined(&typed);
    let mut meant = Vec::new();
    if let [word] = typed.as_slice() {
        meant.extend(shorthand(&format!("@{word}")));
    }
    meant.extend(time_of_day(&joined));
    if (5..=7).contains(&joined.len()) {
        let swapped = swapped(&joined);
        meant.push(mended(&joined).join(" "));
        meant.extend(swapped.iter().map(|fields| fields.join(" ")));
        meant.extend(swapped.iter().map(|fields| mended(fields).join(" ")));
    } else {
        meant.extend(completed(&joined));
    }
    meant
}

/// Dashes and dots as a range is written here.
fn hyphens(field: &str) -> String {
    field.replace("...", "-").replace("..", "-").replace(['–', '—'], "-")
}

/// `Mon - Fri` and `Tue, Thu` are one field each.
fn rejoined(fields: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for field in fields {
        match joined.last_mut() {
            Some(last) if last.ends_with(['-', ',']) || field.starts_with(['-', ',']) => {
                last.push_str(field);
            }
            _ => joined.push(field.clone()),
        }
    }
    joined
}

/// Each field with the mistakes mended that only concern itself.
fn mended(fields: &[String]) -> Vec<String> {
    let units = Unit::of(fields.len());
    fields
        .iter()
        .zip(units)
        .map(|(field, unit)| {
            field.split(',').map(|part| mended_part(part, *unit)).collect::<Vec<_>>().join(",")
        })
        .collect()
}

fn mended_part(part: &str, unit: Unit) -> String {
    match (unit, part) {
        (Unit::Hour, "24") => return "0".to_owned(),
        // Other dialects start counting at nought, or mean "any".
        (Unit::DayOfMonth | Unit::Month, "0") => return "*".to_owned(),
        _ => {}
    }
    let spelt = |word: &str| match unit {
        Unit::Month => similar(word, &MONTHS),
        Unit::DayOfWeek => similar(word, &WEEKDAYS).or_else(|| similar(word, &WEEKDAY_NAMES)),
        _ => None,
    };
    let (range, step) = part.split_once('/').unwrap_or((part, ""));
    let range: Vec<String> =
        range.split('-').map(|word| spelt(word).unwrap_or_else(|| word.to_owned())).collect();
    let range = match (range.as_slice(), step) {
        ([first, last], "") => over_the_end(first, last, unit).unwrap_or_else(|| range.join("-")),
        _ => range.join("-"),
    };
    if step.is_empty() { range } else { format!("{range}/{step}") }
}

/// The name that a word is near to, unless it is one.
fn similar(word: &str, names: &[&str]) -> Option<String> {
    let letters = word.chars().count() >= 2 && word.chars().all(char::is_alphabetic);
    (letters && named_weekday(word).is_none())
        .then(|| suggestion(word, names.iter().copied()).map(ToOwned::to_owned))
        .flatten()
}

/// `22-2` as an hour is `22-23,0-2`.
fn over_the_end(first: &str, last: &str, unit: Unit) -> Option<String> {
    if unit == Unit::Month
        && let (Some(from), Some(to)) = (month(first), month(last))
    {
        return (from > to).then(|| format!("{from}-12,1-{to}"));
    }
    let (from, to) = (first.parse::<u8>().ok()?, last.parse::<u8>().ok()?);
    let (lowest, highest) = match unit {
        Unit::Second | Unit::Minute => (0, 59),
        Unit::Hour => (0, 23),
        Unit::DayOfMonth => (1, 31),
        Unit::Month | Unit::DayOfWeek | Unit::Year => return None,
    };
    (from > to && from <= highest && to >= lowest)
        .then(|| format!("{from}-{highest},{lowest}-{to}"))
}

fn month(word: &str) -> Option<usize> {
    match word.parse::<usize>() {
        Ok(number) => (1..=12).contains(&number).then_some(number),
        Err(_) => MONTHS.iter().position(|name| name.eq_ignore_ascii_case(word)).map(|at| at + 1),
    }
}

/// The pairs that people mix up, each exchanged.
fn swapped(fields: &[String]) -> Vec<Vec<String>> {
    const MIXED_UP: [(Unit, Unit); 4] = [
        (Unit::DayOfMonth, Unit::DayOfWeek),
        (Unit::Month, Unit::DayOfWeek),
        (Unit::Minute, Unit::Hour),
        (Unit::DayOfMonth, Unit::Month),
    ];
    let units = Unit::of(fields.len());
    let place = |unit| units.iter().position(|it| *it == unit);
    MIXED_UP
        .iter()
        .filter_map(|(one, other)| {
            let mut exchanged = fields.to_vec();
            let (one, other) = (place(*one)?, place(*other)?);
            (exchanged.get(one) != exchanged.get(other)).then(|| {
                exchanged.swap(one, other);
                exchanged
            })
        })
        .collect()
}

/// A time as a clock shows it, with or without weekdays: `9:30 Mon-Fri`.
fn time_of_day(fields: &[String]) -> Option<String> {
    let clock = |field: &String| {
        let (hour, minute) = field.split_once(':')?;
        Some((hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?))
    };
    let (hour, minute) = fields.iter().find_map(clock)?;
    let rest: Vec<&String> =
        fields.iter().filter(|field| clock(field).is_none() && *field != "*").collect();
    match rest.as_slice() {
        [] => Some(format!("{minute} {hour} * * *")),
        [days] if is_weekdays(days) => Some(format!("{minute} {hour} * * {days}")),
        _ => None,
    }
}

/// One to four fields with the likely missing ones filled in.
fn completed(fields: &[String]) -> Option<String> {
    let (mut fields, weekday) = match fields {
        [before @ .., last] if is_weekdays(last) => (before.to_vec(), Some(last.clone())),
        _ => (fields.to_vec(), None),
    };
    // `10 * * *`: an hour without its minute.
    let is_hour = |field: &String| field.parse::<u8>().is_ok_and(|hour| hour < 24);
    let is_time = |field: &String| field.starts_with(|it: char| it.is_ascii_digit());
    if fields.first().is_some_and(is_hour) && !fields.get(1).is_some_and(is_time) {
        fields.insert(0, "0".to_owned());
    }
    let wanted = 5 - usize::from(weekday.is_some());
    if fields.is_empty() || fields.len() > wanted {
        return None;
    }
    fields.resize(wanted, "*".to_owned());
    fields.extend(weekday);
    Some(fields.join(" "))
}

/// Whether a field names weekdays and nothing else.
fn is_weekdays(field: &str) -> bool {
    field.split([',', '-']).all(|word| named_weekday(word).is_some())
}
