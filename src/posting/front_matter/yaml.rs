//! YAML front matter (and JSON, which is YAML), read with serde-saphyr.
//!
//! The only file that knows serde-saphyr. Its messages are put into the words of an author.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Location, Spanned};

use super::{Entry, Node, Table, Value};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Reads `text`, which stands at byte `offset` of the source.
pub(super) fn parse(
    source: &Arc<Source>,
    text: &str,
    offset: usize,
) -> Result<Table, Vec<Diagnostic>> {
    // Only what YAML 1.2 calls a boolean or a number is one: `no` is a word, `007` an identifier.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false
    };
    let root = serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options)
        .map_err(|error| vec![mistake(source, text, offset, &error)])?;
    match node(root, text, offset) {
        Node { value: Value::Table(table), .. } => Ok(table),
        Node { value: Value::Null, .. } => Ok(Table::default()),
        Node { span, .. } => Err(vec![
            Diagnostic::error(
                "page::front-matter",
                "the front matter is not a list of keys and values",
            )
            .at(source, span)
            .help("write one `key: value` on each line, for example `title: …`"),
        ]),
    }
}

/// A value as it comes from the deserializer.
enum Raw {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Table(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or_else(|_| Raw::Text(value.to_string()), Raw::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Table(entries))
    }
}

/// The parser gives containers only their first byte; they reach to the end of what they hold.
fn node(raw: Spanned<Raw>, text: &str, offset: usize) -> Node {
    let mut span = place(raw.defined, text).shifted(offset);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Integer(value) => Value::Integer(value),
        Raw::Float(value) => Value::Float(value),
        Raw::Text(value) => Value::Text(value),
        Raw::List(items) => {
            let items: Vec<Node> = items.into_iter().map(|item| node(item, text, offset)).collect();
            span.end = items.iter().map(|item| item.span.end).fold(span.end, usize::max);
            Value::List(items)
        }
        Raw::Table(entries) => {
            let entries: Vec<Entry> = entries
                .into_iter()
                .map(|(key, value)| Entry {
                    key_span: place(key.defined, text).shifted(offset),
                    key: key.value,
                    node: node(value, text, offset),
                })
                .collect();
            span.end = entries.iter().map(|entry| entry.node.span.end).fold(span.end, usize::max);
            Value::Table(Table { entries })
        }
    };
    Node { span, value }
}

/// The bytes of a location; an error of the scanner knows only the character.
fn place(location: Location, text: &str) -> Span {
    let span = location.span();
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (start, length) = match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => (whole(start), whole(length)),
        _ => {
            let mut characters = text.char_indices().skip(whole(span.offset()));
            let start = characters.next().map_or(text.len(), |(at, _)| at);
            (start, characters.next().map_or(text.len(), |(at, _)| at) - start)
        }
    };
    let mut start = start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = start.saturating_add(length).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Span::new(start, end)
}

fn mistake(
    source: &Arc<Source>,
    text: &str,
    offset: usize,
    error: &serde_saphyr::Error,
) -> Diagnostic {
    let at = error.location().map_or(Span::new(0, 0), |location| place(location, text));
    if let Some(tab) = indenting_tab(text, at.start) {
        return Diagnostic::error(
            "page::front-matter",
            "this line of the front matter is indented with a tab",
        )
        .at(source, tab.shifted(offset))
        .label("a tab")
        .help("YAML wants spaces: indent with two spaces instead of the tab");
    }
    let (message, help) = in_words(text, at, &error.without_snippet().to_string());
    Diagnostic::error("page::front-matter", message).at(source, at.shifted(offset)).help(help)
}

/// A tab among the blanks that begin the line of the mistake or the line after it.
fn indenting_tab(text: &str, at: usize) -> Option<Span> {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let mut start = line;
    for line in text[line..].split_inclusive('\n').take(2) {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indent].find('\t')
            && !line.trim().is_empty()
        {
            return Some(Span::new(start + tab, start + tab + 1));
        }
        start += line.len();
    }
    None
}

/// What the parser says, as an author would say it, and what to do.
fn in_words(text: &str, at: Span, said: &str) -> (String, String) {
    let here = text.get(at.start..).and_then(|rest| rest.chars().next());
    let quote = "put the whole value in quotation marks, and a quotation mark inside it as `\\\"`";
    if said.starts_with("duplicate mapping key") {
        let rest = &text[at.start..];
        let key = rest.split([':', '\n']).next().unwrap_or_default().trim();
        return (
            format!("the key `{key}` stands twice"),
            "keep one of the two lines and delete the other".to_owned(),
        );
    }
    if said.contains("unclosed quote") {
        return ("a quotation mark is never closed".to_owned(), quote.to_owned());
    }
    if said.contains("trailing content after") {
        return ("something follows the closing quotation mark".to_owned(), quote.to_owned());
    }
    if said.contains("mapping values are not allowed") {
        return ("a second `:` stands in this value".to_owned(), quote.to_owned());
    }
    if let Some(character) = here.filter(|_| said.contains("unexpected character")) {
        return (format!("a value cannot begin with `{character}`"), quote.to_owned());
    }
    if said.contains("unknown anchor") {
        return (
            "a value that begins with `*` refers to something that is not there".to_owned(),
            quote.to_owned(),
        );
    }
    let said = said.rsplit_once(" at line ").map_or(said, |(what, _)| what);
    (
        format!("the front matter is no valid YAML: {said}"),
        "correct this line; a value with special characters stands in quotation marks".to_owned(),
    )
}
