//! The front matter of a page (YAML, TOML or JSON) as one tree with positions.

use crate::diagnostic::Span;

/// A value and the bytes of the file that it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    /// Also dates and times, as they are written.
    Text(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys and values in the order of the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Table {
    /// The value of a key. Hugo's keys are case-insensitive, and so is this.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|entry| entry.key.eq_ignore_ascii_case(key))
            .map(|entry| &entry.node)
    }

    /// The text of a key that holds a non-empty string.
    pub fn text(&self, key: &str) -> Option<(&str, Span)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some((text.trim(), node.span)),
            _ => None,
        }
    }
}
