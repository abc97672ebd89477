//! How a board's description is read: addresses are filled, answers are judged, values are taken
//! out of them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::header::HeaderName;
use serde_json::Value;
use url::Url;

use super::{Place, Success};
use crate::channel::http::Answer;
use crate::channel::words;
use crate::diagnostic::suggestion;

/// The placeholders of addresses.
const PLACEHOLDERS: [&str; 4] = ["base", "id", "reference", "key"];

/// What is percent-encoded in an address: all but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How an answer compares with what counts as success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Success,
    /// The body says that it is an error.
    Error,
    /// The status is right, but the body lacks what a success has.
    Unexpected,
    /// The status decides.
    Status,
}

/// What a value is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Id,
    Link,
}

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub base: &'a Url,
    pub id: Option<&'a str>,
    pub reference: Option<&'a str>,
    pub key: Option<&'a str>,
}

impl Success {
    pub(super) fn judge(&self, answer: &Answer) -> Judgement {
        let expected = if self.status.is_empty() {
            answer.is_success()
        } else {
            self.status.contains(&answer.status)
        };
        let says_error = self.body_not.as_ref().is_some_and(|text| answer.body.contains(text));
        if says_error && (expected || answer.is_success()) {
            return Judgement::Error;
        }
        if !expected {
            return Judgement::Status;
        }
        match &self.body {
            Some(text) if !answer.body.contains(text) => Judgement::Unexpected,
            _ => Judgement::Success,
        }
    }
}

impl Values<'_> {
    /// The template with its placeholders replaced; `None` if a value is not known.
    pub(super) fn fill(&self, template: &str) -> Option<String> {
        let mut filled = template.replace("{base}", self.base.as_str().trim_end_matches('/'));
        let values = [("{id}", self.id), ("{reference}", self.reference), ("{key}", self.key)];
        for (placeholder, value) in values {
            if filled.contains(placeholder) {
                let value = utf8_percent_encode(value?, RESERVED).to_string();
                filled = filled.replace(placeholder, &value);
            }
        }
        Some(filled)
    }

    pub(super) fn read(
        &self,
        place: &Place,
        answer: &Answer,
        asked: &Url,
        want: Want,
    ) -> Option<String> {
        match place {
            Place::Json(pointer) => match answer.json()?.pointer(pointer)? {
                Value::String(text) if !text.is_empty() => match want {
                    Want::Id => Some(text.clone()),
                    Want::Link => asked.join(text).ok().map(String::from),
                },
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            },
            Place::Header(name) => {
                let value = answer.header(name).filter(|value| !value.is_empty())?;
                match want {
                    Want::Link => asked.join(value).ok().map(String::from),
                    Want::Id if name.eq_ignore_ascii_case("location") => {
                        let target = asked.join(value).ok()?;
                        let last = target.path_segments()?.rfind(|part| !part.is_empty())?;
                        Some(percent_decode_str(last).decode_utf8_lossy().into_owned())
                    }
                    Want::Id => Some(value.to_owned()),
                }
            }
            Place::Template(template) => self.fill(template),
        }
    }
}

/// Whether the copy that an answer names carries our reference: the part of the JSON in which its
/// id stands, or the whole answer. Boards change case and punctuation (`2026-W07/a` becomes the
/// slug `2026-w07-a`), so only letters and digits are compared.
pub(super) fn carries(answer: &Answer, id: &Place, reference: &str) -> bool {
    let wanted = slug(reference);
    if let (Place::Json(pointer), Some(json)) = (id, answer.json()) {
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        return json.pointer(parent).is_some_and(|part| any_text(part, &wanted));
    }
    slug(&answer.body).contains(&wanted)
}

/// The posting's title in a document: JSON's `title`, at the top or one level down, or the form
/// field `title`.
pub(super) fn title_of(document: &str) -> Option<String> {
    if let Ok(json) = serde_json::from_str::<Value>(document) {
        let inner = json.as_object()?.values().filter_map(|value| value.get("title"));
        return json.get("title").into_iter().chain(inner).find_map(|title| match title {
            Value::String(title) => Some(title.clone()),
            // WordPress: `"title": {"raw": "…"}`.
            title => title.get("raw").and_then(Value::as_str).map(str::to_owned),
        });
    }
    if let Some((_, rest)) = document.split_once("<title>") {
        let (title, _) = rest.split_once("</title>")?;
        return Some(words::decode_entities(title.trim()));
    }
    url::form_urlencoded::parse(document.as_bytes())
        .find(|(name, _)| name == "title")
        .map(|(_, title)| title.into_owned())
}

pub(super) fn check_address(method: &str, template: &str) -> Result<(), String> {
    method.parse::<reqwest::Method>().map_err(|_| format!("`{method}` is no HTTP method"))?;
    check_placeholders(template)?;
    let base = Url::parse("https://board.invalid").map_err(|error| error.to_string())?;
    let example = Values { base: &base, id: Some("1"), reference: Some("1"), key: Some("1") };
    let address = example.fill(template).unwrap_or_default();
    match Url::parse(&address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(format!("`{template}` makes no web address; begin it with `{{base}}/`")),
    }
}

pub(super) fn check_place(place: Option<&Place>) -> Result<(), String> {
    match place {
        Some(Place::Json(pointer)) if !pointer.is_empty() && !pointer.starts_with('/') => {
            Err(format!("`{pointer}` is no JSON pointer; it begins with `/`, like `/data/id`"))
        }
        Some(Place::Header(name)) if HeaderName::try_from(name).is_err() => {
            Err(format!("`{name}` is no name of a header"))
        }
        Some(Place::Template(template)) => check_placeholders(template),
        _ => Ok(()),
    }
}

fn any_text(json: &Value, wanted: &str) -> bool {
    match json {
        Value::String(text) => slug(text).contains(wanted),
        Value::Number(number) => slug(&number.to_string()).contains(wanted),
        Value::Array(items) => items.iter().any(|item| any_text(item, wanted)),
        Value::Object(fields) => fields.values().any(|value| any_text(value, wanted)),
        _ => false,
    }
}

/// `-2026-w07-a-`: with a hyphen at both ends, so that `7` is not found in `17`.
fn slug(text: &str) -> String {
    let mut slug = "-".to_owned();
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    if !slug.ends_with('-') {
        slug.push('-');
    }
    slug
}

fn check_placeholders(template: &str) -> Result<(), String> {
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| format!("`{template}` has a `{{` without its `}}`"))?;
        if !PLACEHOLDERS.contains(&name) {
            let help = match suggestion(name, PLACEHOLDERS) {
                Some(meant) => format!("did you mean `{{{meant}}}`?"),
                None => {
                    format!("there are {}", PLACEHOLDERS.map(|it| format!("`{{{it}}}`")).join(", "))
                }
            };
            return Err(format!("`{{{name}}}` stands for nothing; {help}"));
        }
        rest = after;
    }
    Ok(())
}
