//! Answers of a board are judged, and values taken out of them.

use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value;
use url::Url;

use super::description::{Element, Place, Success};
use super::filling::Values;
use super::selector::{Markup, Selector};
use crate::channel::http::Answer;
use crate::channel::words;

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
    /// A word or sentence of the board.
    Words,
}

impl Success {
    pub(super) fn judge(&self, answer: &Answer) -> Judgement {
        let expected = if self.status.is_empty() {
            answer.is_success()
        } else {
            self.status.contains(&answer.status)
        };
        let needs_json = !self.json.is_empty() || !self.json_not.is_empty();
        let json = if needs_json { answer.json() } else { None };
        let holds = |pointer: &str, value: &Value| {
            json.as_ref().and_then(|it| it.pointer(pointer)).is_some_and(|it| is_same(it, value))
        };
        let says_error = self.body_not.as_ref().is_some_and(|text| answer.body.contains(text))
            || self.json_not.iter().any(|(pointer, value)| holds(pointer, value));
        if says_error && (expected || answer.is_success()) {
            return Judgement::Error;
        }
        if !expected {
            return Judgement::Status;
        }
        let lacks_text = self.body.as_ref().is_some_and(|text| !answer.body.contains(text));
        if lacks_text || !self.json.iter().all(|(pointer, value)| holds(pointer, value)) {
            return Judgement::Unexpected;
        }
        Judgement::Success
    }
}

/// An answer, or one copy in an answer that lists several.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub answer: &'a Answer,
    /// The body, or the element of it that is one copy.
    pub text: &'a str,
    /// Where the pointers begin; `None` if the answer is no JSON.
    pub json: Option<&'a Value>,
    /// What was asked, for links that are relative.
    pub asked: &'a Url,
}

impl Shown<'_> {
    /// The value at a place, if there is one.
    pub(super) fn read(&self, place: &Place, values: &Values<'_>, want: Want) -> Option<String> {
        let found = match place {
            Place::Json(pointer) => match self.json?.pointer(pointer)? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(state) => state.to_string(),
                _ => return None,
            },
            Place::Header(name) if want == Want::Id && name.eq_ignore_ascii_case("location") => {
                let target = self.asked.join(self.answer.header(name)?).ok()?;
                let last = target.path_segments()?.rfind(|part| !part.is_empty())?;
                percent_decode_str(last).decode_utf8_lossy().into_owned()
            }
            Place::Header(name) if want == Want::Link && name.eq_ignore_ascii_case("link") => {
                next_link(self.answer.header(name)?)?
            }
            Place::Header(name) => self.answer.header(name)?.to_owned(),
            Place::Regex(pattern) => {
                let pattern = Regex::new(&values.pattern(pattern)?).ok()?;
                let found = pattern.captures(self.text)?;
                words::decode_entities(found.get(1).or(found.get(0))?.as_str())
            }
            Place::Html(element) => element.read(self.text, self.markup(), want)?,
            Place::Template(template) => match want {
                Want::Id | Want::Words => values.text(template)?,
                Want::Link => values.address(template)?,
            },
            Place::Sent(pointer) => {
                let sent: Value = serde_json::from_str(values.document?).ok()?;
                sent.pointer(pointer)?.as_str()?.to_owned()
            }
            Place::Manual => return None,
        };
        let found = found.trim();
        match want {
            _ if found.is_empty() => None,
            Want::Link => self.asked.join(found).ok().map(String::from),
            Want::Id | Want::Words => Some(found.to_owned()),
        }
    }

    /// Whether the copy carries our reference: the part of the JSON in which its id stands, or the
    /// whole answer. Boards change case and punctuation (`2026-W07/a` becomes the slug
    /// `2026-w07-a`), so only letters and digits are compared.
    pub(super) fn carries(&self, id: &Place, reference: &str) -> bool {
        let wanted = slug(reference);
        match (id, self.json) {
            (Place::Json(pointer), Some(json)) => {
                let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                json.pointer(parent).is_some_and(|part| any_text(part, &wanted))
            }
            _ => slug(self.text).contains(&wanted),
        }
    }

    /// The elements of the text that each are one copy.
    pub(super) fn items(&self, element: &Element) -> Vec<String> {
        let Ok(selector) = Selector::parse(&element.select) else { return Vec::new() };
        let found = selector.all(self.text, self.markup());
        found.into_iter().map(|it| it.whole().to_owned()).collect()
    }

    fn markup(&self) -> Markup {
        let media_type = self.answer.header("content-type").unwrap_or_default();
        let is_html = media_type.contains("html");
        if !is_html && (media_type.contains("xml") || self.answer.body.starts_with("<?xml")) {
            Markup::Xml
        } else {
            Markup::Html
        }
    }
}

impl Element {
    fn read(&self, page: &str, markup: Markup, want: Want) -> Option<String> {
        let found = Selector::parse(&self.select).ok()?.first(page, markup)?;
        match (&self.attribute, want) {
            (Some(name), _) => found.attribute(name),
            (None, Want::Link) => found.attribute("href").or_else(|| Some(found.text())),
            (None, _) => Some(found.text()),
        }
    }
}

/// Whether two references are the same number, whatever a board made of case and punctuation.
pub(super) fn is_reference(found: &str, reference: &str) -> bool {
    slug(found) == slug(reference)
}

/// The posting's title in a document: JSON's `title`, at the top or one level down, an element of XML, or
/// the form field `title`.
pub(super) fn title_of(document: &str) -> Option<String> {
    if let Ok(json) = serde_json::from_str::<Value>(document) {
        let inner = json.as_object()?.values().filter_map(|value| value.get("title"));
        return json.get("title").into_iter().chain(inner).find_map(|title| match title {
            Value::String(title) => Some(title.clone()),
            // WordPress: `"title": {"raw": "…"}`.
            title => title.get("raw").and_then(Value::as_str).map(str::to_owned),
        });
    }
    if let Ok(tree) = roxmltree::Document::parse(document) {
        // `title`, `job:title`, `JobPositionTitleDescription`; beside it a code or a degree may stand.
        let is_title = |it: &roxmltree::Node<'_, '_>| {
            it.tag_name().name().to_lowercase().contains("title")
                && it.children().all(|child| child.is_text())
        };
        let titles = tree.descendants().filter(|it| it.is_element()).filter(is_title);
        let titles = titles.filter_map(|it| it.text()).map(|title| title.trim().to_owned());
        return titles.filter(|title| !title.is_empty()).max_by_key(|title| title.chars().count());
    }
    url::form_urlencoded::parse(document.as_bytes())
        .find(|(name, _)| name == "title")
        .map(|(_, title)| title.into_owned())
}

/// Whether two values say the same: a board may write a number as text, and `&` as `&amp;`.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(words::normalised(&words::decode_entities(text))),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    one == other || scalar(one).is_some_and(|one| scalar(other).is_some_and(|it| it == one))
}

/// The address of the next page in a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            let parameter: String = parameter.chars().filter(|it| !it.is_whitespace()).collect();
            matches!(parameter.as_str(), "rel=next" | "rel=\"next\"")
        });
        is_next.then(|| address.to_owned())
    })
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
