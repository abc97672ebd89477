//! Lengths of time as people write them: `90m`, `36h`, `14d`, `2w`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use chrono::TimeDelta;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Longer than this is taken for a mistake.
const LONGEST: TimeDelta = TimeDelta::days(3650);

/// A length of time as a file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub TimeDelta);

/// Why a text is no length of time, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct LengthError {
    pub message: String,
    pub help: String,
}

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^\\s*[0-9]+[mhdw]\\s*$",
            "description": "A length of time: `90m`, `36h`, `14d` or `2w`.",
        })
    }
}

impl Length {
    /// Reads a whole number and a unit: `m` for minutes, `h` for hours, `d` for days, `w` for
    /// weeks. A day is 24 hours, also where the clock is changed.
    ///
    /// # Errors
    /// [`LengthError`] with a suggestion.
    pub fn parse(text: &str) -> Result<Self, LengthError> {
        let text = text.trim();
        let digits = text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let wrong =
            |help: String| LengthError { message: format!("`{text}` is no length of time"), help };
        if number.is_empty() {
            let help = "write a number and a unit, for example `90m`, `36h`, `14d` or `2w`";
            return Err(wrong(help.to_owned()));
        }
        let minutes = match unit.trim() {
            "m" => 1,
            "h" => 60,
            "d" => 24 * 60,
            "w" => 7 * 24 * 60,
            unit => return Err(wrong(unit_meant(number, unit))),
        };
        if unit.starts_with(' ') {
            return Err(wrong(format!("did you mean `{number}{}`?", unit.trim())));
        }
        let length = number
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(minutes))
            .and_then(TimeDelta::try_minutes)
            .filter(|length| *length <= LONGEST);
        length.map(Self).ok_or_else(|| LengthError {
            message: format!("`{text}` is longer than ten years"),
            help: "write something shorter".to_owned(),
        })
    }
}

/// What somebody may have meant who wrote another unit behind a number.
fn unit_meant(number: &str, unit: &str) -> String {
    let word = unit.to_lowercase();
    let meant = match word.as_str() {
        "" => {
            return format!(
                "write `{number}m` for minutes, `{number}h` for hours, `{number}d` for days or \
                 `{number}w` for weeks"
            );
        }
        "min" | "mins" | "minute" | "minutes" | "m" => "m",
        "hr" | "hrs" | "hour" | "hours" | "h" => "h",
        "day" | "days" | "d" => "d",
        "week" | "weeks" | "wk" | "w" => "w",
        "s" | "sec" | "second" | "seconds" => {
            return "the smallest unit is a minute, for example `1m`".to_owned();
        }
        "mo" | "month" | "months" | "y" | "year" | "years" => {
            return "months and years differ in length: write days or weeks, for example `90d`"
                .to_owned();
        }
        _ => {
            return "write one whole number and one unit, for example `90m`, `36h`, `14d` or `2w`"
                .to_owned();
        }
    };
    format!("did you mean `{number}{meant}`?")
}

/// A length of time of which seconds matter: `30s`, or what [`Length`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShortLength(pub Duration);

impl ShortLength {
    /// Reads a whole number and a unit: `s` for seconds, or one of [`Length::parse`].
    ///
    /// # Errors
    /// [`LengthError`] with a suggestion.
    pub fn parse(text: &str) -> Result<Self, LengthError> {
        let seconds: Option<u32> =
            text.trim().strip_suffix('s').and_then(|number| number.parse().ok());
        if let Some(seconds) =
            seconds.filter(|seconds| i64::from(*seconds) <= LONGEST.num_seconds())
        {
            return Ok(Self(Duration::from_secs(seconds.into())));
        }
        Length::parse(text).map(|length| Self(length.0.to_std().unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for ShortLength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).and_then(|text| Self::parse(&text).map_err(Error::custom))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Length, E> {
                Length::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_whole_number_and_a_unit() {
        let read = |text| Length::parse(text).unwrap().0;
        assert_eq!(read("90m"), TimeDelta::minutes(90));
        assert_eq!(read("36h"), TimeDelta::hours(36));
        assert_eq!(read("14d"), TimeDelta::days(14));
        assert_eq!(read("2w"), TimeDelta::weeks(2));
        assert_eq!(read("0m"), TimeDelta::zero());
    }

    #[test]
    fn seconds_count_where_they_matter() {
        let read = |text| ShortLength::parse(text).unwrap().0;
        assert_eq!(read("30s"), Duration::from_secs(30));
        assert_eq!(read("2m"), Duration::from_secs(120));
        for text in ["s", "-3s", "99999999999s", "1.5s"] {
            assert!(ShortLength::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn another_unit_gets_a_suggestion() {
        let help = |text| Length::parse(text).unwrap_err().help;
        assert_eq!(help("10min"), "did you mean `10m`?");
        assert_eq!(help("2 hours"), "did you mean `2h`?");
        assert_eq!(help("2 h"), "did you mean `2h`?");
        assert_eq!(help("7D"), "did you mean `7d`?");
        assert!(help("15").contains("`15m` for minutes"));
        assert!(help("30s").contains("minute"));
        assert!(help("3 months").contains("days or weeks"));
        assert!(help("1.5h").contains("one whole number"));
        assert!(help("soon").contains("a number and a unit"));
    }

    #[test]
    fn what_is_too_long_is_refused_whatever_its_digits() {
        for text in ["521w1", "3651d", "99999999999999999999d", "9223372036854775807w"] {
            assert!(Length::parse(text).is_err(), "{text}");
        }
    }
}
