//! Posts as LinkedIn shows them, and what they say beside what we said. Pure.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::adapt::little_text;
use crate::channel::words;

/// Where addresses lead that LinkedIn shortens.
const SHORTENED: &str = "https://lnkd.in/";

/// One post of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) urn: String,
    pub(super) created_at: DateTime<Utc>,
    /// The words as readers see them.
    text: String,
    /// Where its card leads.
    source: Option<String>,
}

impl Post {
    /// `None` if what identifies it is missing.
    pub(super) fn read(json: &Value) -> Option<Self> {
        let created = json["createdAt"].as_i64().or_else(|| json["publishedAt"].as_i64())?;
        let source = json.pointer("/content/article/source").and_then(Value::as_str);
        Some(Self {
            urn: json["id"].as_str()?.to_owned(),
            created_at: DateTime::from_timestamp_millis(created)?,
            text: text_of(json),
            source: source.map(str::to_owned),
        })
    }

    /// Its words, to be compared with ours. Where they differ, its card's address belongs to them.
    pub(super) fn beside(&self, ours: &str) -> String {
        let shown = with_our_addresses(&self.text, ours);
        match &self.source {
            Some(source) if !words::same(&shown, ours) => format!("{shown}\n{source}"),
            _ => shown,
        }
    }
}

/// The words of a post as readers see them.
pub(super) fn text_of(json: &Value) -> String {
    little_text::unescape(json["commentary"].as_str().unwrap_or_default())
}

/// The words that are shown, with our addresses where LinkedIn has put short ones of its own in
/// their places.
pub(super) fn with_our_addresses(shown: &str, ours: &str) -> String {
    let (shown_words, our_words): (Vec<&str>, Vec<&str>) =
        (shown.split_whitespace().collect(), ours.split_whitespace().collect());
    if shown_words.len() != our_words.len() {
        return shown.to_owned();
    }
    let word = |(shown, ours): (&&str, &&str)| {
        let is_short = shown.starts_with(SHORTENED) && ours.contains("://");
        if is_short { (*ours).to_owned() } else { (*shown).to_owned() }
    };
    shown_words.iter().zip(&our_words).map(word).collect::<Vec<_>>().join(" ")
}
