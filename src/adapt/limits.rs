//! What a board takes: how long a title may be, which tags, whose words for what we call otherwise.
//!
//! The `[board.limits]` table. Nothing is cut in silence where the table does not say so: what does
//! not fit keeps the posting from that board, and a person is told.

mod layout;
mod markdown;
mod plain;
mod review;
mod tags;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::cut;
use crate::check::channels::RequiredFact;
pub use review::{Complaint, ComplaintKind};
pub use tags::Tag;

/// The `[board.limits]` table of a channel's file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub title: Option<Limit>,
    pub display_title: Option<Limit>,
    pub organisation: Option<Limit>,
    pub unit: Option<Limit>,
    pub employer: Option<Limit>,
    pub city: Option<Limit>,
    pub reference: Option<Limit>,
    pub pay_text: Option<Limit>,
    pub summary: Option<Limit>,
    /// The ad itself, which templates call `description`.
    #[serde(default)]
    pub description: DescriptionLimit,
    /// Facts without which the board takes no ad, as in `requires`: `deadline`, `apply` …
    #[serde(default)]
    pub required: Vec<String>,
    /// The board's own words: of a fact that templates know by this name, each value and what the
    /// board calls it. `"*"` stands for every other value, `""` for a page that does not say it.
    #[serde(default)]
    pub enums: BTreeMap<String, BTreeMap<String, Value>>,
    /// How days are written, as `strftime` does, for example `%d.%m.%Y`. Default: `%Y-%m-%d`. The
    /// filters `date` and `days` of templates know both.
    pub dates: Option<String>,
}

/// How long a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// In characters.
    pub max: usize,
    #[serde(default)]
    pub on_over: OnOver,
}

/// What happens with a text that is too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnOver {
    /// The posting is not sent to this board, and a person is told.
    #[default]
    Error,
    /// It is cut, between words. An ad that is cut ends with the link to the page.
    Truncate,
}

/// How the ad itself is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DescriptionLimit {
    /// In characters, markup counted.
    pub max: Option<usize>,
    #[serde(default)]
    pub on_over: OnOver,
    #[serde(default)]
    pub format: Format,
    /// The HTML elements that the board takes; what stands in others is kept without them.
    pub tags: Option<Vec<Tag>>,
}

/// The form of the ad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Html,
    Markdown,
    Plain,
}

/// Why a fact cannot be given to a board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("`{field}` has {length} characters, and it takes {max}")]
    TooLong { field: &'static str, length: usize, max: usize },
    #[error(
        "it has a word of its own for each `{field}`, and none for `{value}`: write one under \
         `enums.{field}`"
    )]
    Unmapped { field: String, value: String },
}

/// The facts of templates that can have a limit.
pub const LIMITED: [&str; 9] = [
    "title",
    "display_title",
    "organisation",
    "unit",
    "employer",
    "city",
    "reference",
    "pay_text",
    "summary",
];

/// The facts of templates that are days.
const DAYS: [&str; 3] = ["deadline", "start", "date_posted"];

impl Limits {
    /// # Errors
    /// The key of a channel's file that makes no sense, and why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(format) = &self.dates
            && day(NaiveDate::default(), format).is_none()
        {
            let why = format!("`{format}` is no format of a day; write it like `%d.%m.%Y`");
            return Err(("board.limits.dates", why));
        }
        for word in &self.required {
            if RequiredFact::parse(word).is_none() {
                let known: Vec<&str> = RequiredFact::words().collect();
                let why = format!("there is no `{word}`; it takes {}", known.join(", "));
                return Err(("board.limits.required", why));
            }
        }
        for field in self.enums.keys() {
            if !super::view::View::NAMES.contains(&field.as_str()) {
                let meant =
                    crate::diagnostic::suggestion(field, super::view::View::NAMES.iter().copied());
                let help = meant.map_or_else(
                    || "templates know the names".to_owned(),
                    |it| format!("did you mean `{it}`?"),
                );
                let why = format!("no posting has `{field}`; {help}");
                return Err(("board.limits.enums", why));
            }
        }
        Ok(())
    }

    /// The limit of a fact.
    pub fn of(&self, field: &str) -> Option<Limit> {
        match field {
            "title" => self.title,
            "display_title" => self.display_title,
            "organisation" => self.organisation,
            "unit" => self.unit,
            "employer" => self.employer,
            "city" => self.city,
            "reference" => self.reference,
            "pay_text" => self.pay_text,
            "summary" => self.summary,
            _ => None,
        }
    }

    /// The facts that the board takes no ad without.
    pub fn required_facts(&self) -> Vec<RequiredFact> {
        self.required.iter().filter_map(|word| RequiredFact::parse(word)).flatten().collect()
    }

    /// Brings the facts of templates (a JSON object) into the form that the board wants.
    ///
    /// # Errors
    /// [`Unfit`] if one does not fit.
    pub(super) fn apply(&self, facts: &mut Value) -> Result<(), Unfit> {
        let Some(facts) = facts.as_object_mut() else { return Ok(()) };
        for field in LIMITED {
            let (Some(limit), Some(Value::String(text))) = (self.of(field), facts.get_mut(field))
            else {
                continue;
            };
            if let Some(shorter) = limit.fit(field, text)? {
                *text = shorter;
            }
        }
        if let Some(format) = &self.dates {
            for field in DAYS {
                let Some(Value::String(text)) = facts.get_mut(field) else { continue };
                if let Some(written) = text.parse().ok().and_then(|it| day(it, format)) {
                    *text = written;
                }
            }
        }
        for (field, words) in &self.enums {
            let Some(value) = facts.get_mut(field) else { continue };
            *value = meant(field, value, words)?;
        }
        Ok(())
    }
}

impl Limit {
    /// The text in its length; `None` if it is not too long.
    fn fit(self, field: &'static str, text: &str) -> Result<Option<String>, Unfit> {
        let length = text.chars().count();
        if length <= self.max {
            return Ok(None);
        }
        let fits = |it: &String| it.chars().count() <= self.max;
        let cut = match self.on_over {
            OnOver::Error => None,
            OnOver::Truncate => cut::fixed(text, "…").into_iter().flatten().find(fits),
        };
        cut.map(Some).ok_or(Unfit::TooLong { field, length, max: self.max })
    }
}

/// The board's word for a value; of several values each one's.
fn meant(field: &str, value: &Value, words: &BTreeMap<String, Value>) -> Result<Value, Unfit> {
    let ours = match value {
        Value::Array(items) => {
            let meant: Result<Vec<Value>, Unfit> =
                items.iter().map(|item| meant(field, item, words)).collect();
            return meant.map(Value::Array);
        }
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // What the page does not say is no other value: without a word for it, it stays unsaid.
    let any = if ours.is_empty() { None } else { words.get("*") };
    match words.get(&ours).or(any) {
        Some(word) => Ok(word.clone()),
        None if ours.is_empty() => Ok(Value::Null),
        None => Err(Unfit::Unmapped { field: field.to_owned(), value: ours }),
    }
}

/// A day as a format writes it; `None` if the format is none.
pub(super) fn day(day: NaiveDate, format: &str) -> Option<String> {
    let mut written = String::new();
    write!(written, "{}", day.format(format)).ok()?;
    (!written.is_empty()).then_some(written)
}
