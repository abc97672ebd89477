//! TOML front matter, read with the `toml` crate; all mistakes are told at once.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::{Entry, Node, Table, Value};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Reads `text`, which stands at byte `offset` of the source.
pub(super) fn parse(
    source: &Arc<Source>,
    text: &str,
    offset: usize,
) -> Result<Table, Vec<Diagnostic>> {
    let (parsed, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table(parsed.get_ref(), text, offset));
    }
    Err(errors
        .iter()
        .map(|error| {
            let place = error.span().unwrap_or(0..0);
            Diagnostic::error(
                "page::front-matter",
                format!("the front matter is no valid TOML: {}", error.message()),
            )
            .at(source, Span::from(place).shifted(offset))
            .help(match error.message() {
                "duplicate key" => "keep one of the two lines and delete the other",
                _ => "correct this line; text stands in quotation marks in TOML",
            })
        })
        .collect())
}

fn table(parsed: &DeTable<'_>, text: &str, offset: usize) -> Table {
    let mut entries: Vec<Entry> = parsed
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: Span::from(key.span()).shifted(offset),
            node: node(value.get_ref(), value.span(), text, offset),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Table { entries }
}

fn node(value: &DeValue<'_>, span: std::ops::Range<usize>, text: &str, offset: usize) -> Node {
    let written = || text.get(span.clone()).unwrap_or_default().to_owned();
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Text(written()), Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::Text(written()), Value::Float)
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(_) => Value::Text(written()),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| node(item.get_ref(), item.span(), text, offset)).collect(),
        ),
        DeValue::Table(inner) => Value::Table(table(inner, text, offset)),
    };
    Node { span: Span::from(span).shifted(offset), value }
}
