//! One job on a board: what arrived, and what of it readers see.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;
use serde_json::Value;
use url::Url;

use crate::adapt::DocumentType;
use crate::rehearsal::copies::{End, StoredCopy, Version};
use crate::rehearsal::page::plain_text;

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    /// Where the request's address named it.
    pub(super) reference: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) original: Document,
    pub(super) edits: Vec<(DateTime<Utc>, Document)>,
    pub(super) end: Option<End>,
}

/// A body as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) format: DocumentType,
    pub(super) raw: String,
}

/// Elements with only text in them, and attributes.
static XML_LEAVES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let element =
        r"<(?P<element>[\w:.-]+)[^>]*>(?:<!\[CDATA\[(?P<data>[\s\S]*?)\]\]>|(?P<text>[^<]*))</";
    let attribute = r#"(?P<attribute>[\w:.-]+)="(?P<value>[^"]*)""#;
    Regex::new(&format!("{element}|{attribute}")).ok()
});

impl Job {
    pub(super) fn current(&self) -> &Document {
        self.edits.last().map_or(&self.original, |(_, document)| document)
    }

    /// Whether it is known under that number: in its address, or as a whole word of a value.
    pub(super) fn has_reference(&self, reference: &str) -> bool {
        self.reference.as_deref() == Some(reference)
            || [&self.original, self.current()]
                .into_iter()
                .any(|it| it.leaves().iter().any(|(_, value)| has_word(value, reference)))
    }

    /// Whether a request whose address names no job means this one: it says one of its own values,
    /// an address or a number.
    pub(super) fn is_named_in(&self, body: &str) -> bool {
        has_word(body, &self.id.to_string())
            || self
                .current()
                .leaves()
                .iter()
                .any(|(_, value)| value.starts_with("http") && body.contains(value.as_str()))
    }

    /// Whether a document is about the same, for a board that takes it in the place of the first.
    pub(super) fn is_about_the_same(&self, other: &Document) -> bool {
        let values = |document: &Document| -> Vec<String> {
            let addresses = document.leaves().into_iter().map(|(_, value)| value);
            addresses.filter(|value| value.starts_with("http")).collect()
        };
        let ours = values(self.current());
        values(other).iter().any(|value| ours.contains(value))
    }

    pub(super) fn copy(&self, link: Option<Url>) -> StoredCopy {
        let version = |at: DateTime<Utc>, document: &Document| Version {
            at,
            title: document.title(),
            text: document.description(),
            raw: document.raw.clone(),
        };
        StoredCopy {
            id: self.id.to_string(),
            link,
            labels: Vec::new(),
            answers: None,
            original: version(self.created_at, &self.original),
            edits: self.edits.iter().map(|(at, document)| version(*at, document)).collect(),
            end: self.end,
        }
    }
}

impl Document {
    pub(super) fn title(&self) -> Option<String> {
        let named = ["title", "jobtitle", "job_title", "headline", "position", "name"];
        self.value_of(&named)
    }

    /// The description, or everything where no part is called so.
    pub(super) fn description(&self) -> String {
        let named = ["description", "content", "body", "text", "jobdescription"];
        match self.value_of(&named) {
            Some(html) if html.contains("</") => plain_text(&html),
            Some(text) => text,
            None => self.raw.clone(),
        }
    }

    /// The first value under one of these names, the first name before the others. Boards wrap
    /// values (`title: { raw: … }`), so a name counts for everything below it.
    fn value_of(&self, names: &[&str]) -> Option<String> {
        let leaves = self.leaves();
        names.iter().find_map(|wanted| {
            leaves
                .iter()
                .find(|(path, value)| {
                    !value.trim().is_empty() && path.iter().any(|name| name == wanted)
                })
                .map(|(_, value)| value.clone())
        })
    }

    /// Every single value with the names that lead to it, in lower case.
    fn leaves(&self) -> Vec<(Vec<String>, String)> {
        match self.format {
            DocumentType::Json | DocumentType::JsonLd => {
                let mut leaves = Vec::new();
                if let Ok(value) = serde_json::from_str(&self.raw) {
                    json_leaves(&value, &mut Vec::new(), &mut leaves);
                }
                leaves
            }
            DocumentType::Form => url::form_urlencoded::parse(self.raw.as_bytes())
                .map(|(name, value)| (vec![name.to_lowercase()], value.into_owned()))
                .collect(),
            DocumentType::Xml => xml_leaves(&self.raw),
            DocumentType::Text | DocumentType::Yaml | DocumentType::Markdown => {
                vec![(Vec::new(), self.raw.clone())]
            }
        }
    }
}

fn json_leaves(value: &Value, path: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, String)>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                path.push(name.to_lowercase());
                json_leaves(inner, path, leaves);
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| json_leaves(inner, path, leaves)),
        Value::String(text) => leaves.push((path.clone(), text.clone())),
        Value::Null => {}
        other => leaves.push((path.clone(), other.to_string())),
    }
}

fn xml_leaves(raw: &str) -> Vec<(Vec<String>, String)> {
    let Some(pattern) = XML_LEAVES.as_ref() else { return Vec::new() };
    pattern
        .captures_iter(raw)
        .filter_map(|found| {
            let name = found.name("element").or(found.name("attribute"))?.as_str();
            let local = name.rsplit(':').next().unwrap_or(name).to_lowercase();
            let text = match found.name("data") {
                Some(data) => data.as_str().to_owned(),
                None => unescaped(found.name("text").or(found.name("value"))?.as_str()),
            };
            Some((vec![local], text))
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// Whether the words stand in the text with no letter or digit right beside them.
fn has_word(text: &str, word: &str) -> bool {
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|it| it.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|it| it.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(format: DocumentType, raw: &str) -> Job {
        Job {
            id: 1,
            reference: None,
            created_at: DateTime::UNIX_EPOCH,
            original: Document { format, raw: raw.to_owned() },
            edits: Vec::new(),
            end: None,
        }
    }

    #[test]
    fn a_reference_is_a_whole_value_in_every_format() {
        for (format, raw) in [
            (DocumentType::Json, r#"{"meta":{"ref":"LAB-12"}}"#),
            (DocumentType::Form, "title=x&ref=LAB-12"),
            (DocumentType::Xml, "<job><ref>LAB-12</ref></job>"),
            (DocumentType::Xml, r#"<job id="LAB-12"/>"#),
            (DocumentType::Text, "Reference: LAB-12."),
        ] {
            assert!(job(format, raw).has_reference("LAB-12"), "{raw}");
            assert!(!job(format, raw).has_reference("LAB-1"), "{raw}");
        }
    }

    #[test]
    fn readers_see_title_and_description() {
        let json = job(
            DocumentType::Json,
            r#"{"title":{"raw":"PhD <3"},"content":"<p>One</p><ul><li>two</li></ul>"}"#,
        );
        assert_eq!(json.current().title().as_deref(), Some("PhD <3"));
        assert_eq!(json.current().description(), "One\n\n- two");
        let xml = job(
            DocumentType::Xml,
            "<a:title>R&amp;D</a:title><description><![CDATA[<b>x</b>]]></description>",
        );
        assert_eq!(xml.current().title().as_deref(), Some("R&D"));
        assert_eq!(xml.current().description(), "x");
    }
}
