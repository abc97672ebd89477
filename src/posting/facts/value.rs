//! How the value of a declared field is read, and what is expected where it cannot be.

use chrono::NaiveDate;
use url::Url;

use super::dates;
use super::pattern::Pattern;
use super::place;
use super::prose::single_spaced;
use super::salary;
use crate::diagnostic::suggestion;
use crate::posting::front_matter::Value;
use crate::posting::{Deadline, Extension, PartialDate, PositionType, Salary, Start};

/// Why a value was not taken.
pub struct Problem {
    pub code: &'static str,
    /// What it is, after the field's name: "is no date".
    pub what: String,
    pub expected: String,
    pub help: Option<String>,
}

pub fn text(value: &Value) -> Result<String, Problem> {
    match value {
        Value::Text(text) => Ok(single_spaced(text)),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        other => Err(wrong_type(other, "a text")),
    }
}

/// A text, or the text that a schema.org object holds under a key.
pub fn text_or(value: &Value, key: &str) -> Result<String, Problem> {
    match value {
        Value::Table(table) => match table.get(key) {
            Some(node) => text(&node.value),
            None => Err(wrong_type(value, &format!("a text, or fields with `{key}`"))),
        },
        other => text(other),
    }
}

pub fn position_type(value: &Value) -> Result<PositionType, Problem> {
    let words = PositionType::ALL.map(PositionType::as_str);
    let expected = format!("one of {}", words.map(|word| format!("`{word}`")).join(", "));
    let written = match value {
        Value::Text(written) => written,
        other => return Err(wrong_type(other, &expected)),
    };
    let word = written.trim().to_lowercase().replace(['-', ' '], "_");
    let word = if word == "professor" { "faculty".to_owned() } else { word };
    PositionType::parse(&word).ok_or_else(|| Problem {
        code: "job::unknown-value",
        what: format!("is `{}`, which is no kind of position", written.trim()),
        expected,
        help: suggestion(&word, words).map(|near| format!("did you mean `{near}`?")),
    })
}

pub fn country(value: &Value) -> Result<String, Problem> {
    let written = text_or(value, "name")?;
    place::country::code_of(&written).map(str::to_owned).ok_or_else(|| Problem {
        code: "job::unknown-value",
        what: format!("is `{written}`, which is no country known here"),
        expected: "a code of two letters such as `DE` (ISO 3166-1)".to_owned(),
        help: None,
    })
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        #[expect(clippy::cast_precision_loss, reason = "shares and months are small numbers")]
        Value::Integer(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Text(text) => text.trim().trim_end_matches('%').trim_end().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

pub fn percentage(value: &Value) -> Result<f64, Problem> {
    number(value)
        .filter(|share| *share > 0.0 && *share <= 100.0)
        .ok_or_else(|| wrong_type(value, "a share of a full-time position in per cent, up to 100"))
}

pub fn salary(value: &Value) -> Result<Salary, Problem> {
    const EXPECTED: &str = "an amount such as `2600-3100 EUR per month`";
    let written = text(value).map_err(|_| wrong_type(value, EXPECTED))?;
    salary::read(&written).ok_or_else(|| wrong_type(value, EXPECTED))
}

pub fn months(value: &Value) -> Result<f64, Problem> {
    number(value)
        .filter(|months| *months > 0.0)
        .ok_or_else(|| wrong_type(value, "a number of months, such as `36`"))
}

pub fn openings(value: &Value) -> Result<u32, Problem> {
    let count = match value {
        Value::Integer(number) => u32::try_from(*number).ok(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    let expected = "how many positions are offered, such as `2`";
    count.filter(|count| *count > 0).ok_or_else(|| wrong_type(value, expected))
}

/// As it is shown: `possible`, or a number of months.
pub fn extension(value: &Value) -> Result<Extension, Problem> {
    const EXPECTED: &str = "`possible`, or a number of months such as `24`";
    if let Value::Text(text) = value {
        let text = text.trim().to_lowercase();
        if text == "possible" {
            return Ok(Extension::Possible);
        }
        if let Some(number) = text.strip_suffix(" months") {
            return extension(&Value::Text(number.to_owned()));
        }
    }
    number(value)
        .filter(|months| *months > 0.0)
        .map(Extension::Months)
        .ok_or_else(|| wrong_type(value, EXPECTED))
}

pub fn start(value: &Value) -> Result<Start, Problem> {
    const EXPECTED: &str = "a date such as `2027-07-01` or `2027-07`, or `asap`";
    let written = text(value).map_err(|_| wrong_type(value, EXPECTED))?;
    if written.eq_ignore_ascii_case("asap") || written.eq_ignore_ascii_case("as soon as possible") {
        return Ok(Start::AsSoonAsPossible);
    }
    dates::iso(&written).map(Start::On).ok_or_else(|| unreadable_date(&written, EXPECTED))
}

pub fn deadline(value: &Value) -> Result<Deadline, Problem> {
    const EXPECTED: &str =
        "a date such as `2027-01-31`, `rolling`, or `2027-01-31, then until filled`";
    if let Value::Text(written) = value
        && ["rolling", "until filled"].contains(&written.trim().to_lowercase().as_str())
    {
        return Ok(Deadline::Rolling);
    }
    // As it is shown: "2027-03-01, then until filled", "2027-03-01, then 2027-06-01".
    if let Value::Text(written) = value
        && let Some((first, then)) = written.split_once(", then ")
    {
        let day = |text: &str| day(&Value::Text(text.trim().to_owned()), EXPECTED);
        let last = (then.trim().to_lowercase() != "until filled").then(|| day(then)).transpose()?;
        return Ok(Deadline::Staged { first: day(first)?, last });
    }
    day(value, EXPECTED).map(Deadline::On)
}

pub fn day(value: &Value, expected: &str) -> Result<NaiveDate, Problem> {
    let written = text(value).map_err(|_| wrong_type(value, expected))?;
    match dates::iso(&written) {
        Some(PartialDate::Day(day)) => Ok(day),
        _ => Err(unreadable_date(&written, expected)),
    }
}

fn unreadable_date(written: &str, expected: &str) -> Problem {
    let mentions = dates::mentions(written);
    let readable = mentions.iter().find_map(|mention| match mention.reading {
        dates::Reading::Known(date @ PartialDate::Day(_)) => Some(date),
        _ => None,
    });
    Problem {
        code: "job::unreadable-date",
        what: format!("is `{written}`, which is no date that can be read"),
        expected: expected.to_owned(),
        help: readable.map(|date| format!("write `{date}`")),
    }
}

pub fn emails(value: &Value) -> Result<Vec<String>, Problem> {
    static ADDRESS: Pattern = Pattern::new(r"^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+$");
    const EXPECTED: &str = "an e-mail address, or a list of them";
    let written: Vec<String> = match value {
        Value::Text(text) => text.split([',', ';']).map(|it| it.trim().to_lowercase()).collect(),
        Value::List(items) => items
            .iter()
            .map(|item| text(&item.value).map(|it| it.to_lowercase()))
            .collect::<Result<_, _>>()
            .map_err(|_| wrong_type(value, EXPECTED))?,
        other => return Err(wrong_type(other, EXPECTED)),
    };
    match written.iter().find(|address| !ADDRESS.is_match(address)) {
        Some(wrong) => Err(Problem {
            code: "job::wrong-type",
            what: format!("holds `{wrong}`, which is no e-mail address"),
            expected: EXPECTED.to_owned(),
            help: None,
        }),
        None => Ok(written),
    }
}

pub fn address(value: &Value) -> Result<Url, Problem> {
    const EXPECTED: &str = "the full address of a page, such as `https://lab.example/apply`";
    let Value::Text(written) = value else { return Err(wrong_type(value, EXPECTED)) };
    let url =
        Url::parse(written.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| Problem {
        code: "job::wrong-type",
        what: format!("is `{}`, which is no address of a page", written.trim()),
        expected: EXPECTED.to_owned(),
        help: written
            .trim()
            .starts_with("mailto:")
            .then(|| "addresses for mail belong under `contact_emails`".to_owned()),
    })
}

pub fn wrong_type(value: &Value, expected: &str) -> Problem {
    Problem {
        code: "job::wrong-type",
        what: describe(value),
        expected: expected.to_owned(),
        help: None,
    }
}

pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "is empty".to_owned(),
        Value::Bool(value) => format!("is `{value}`"),
        Value::Integer(number) => format!("is the number `{number}`"),
        Value::Float(number) => format!("is the number `{number}`"),
        Value::Text(text) => format!("is the text `{}`", single_spaced(text)),
        Value::List(_) => "is a list".to_owned(),
        Value::Table(_) => "is a group of fields".to_owned(),
    }
}
