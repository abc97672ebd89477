//! One post, and how LinkedIn reads its words and tells of it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use super::Image;
use crate::adapt::little_text::{RESERVED, unescape};
use crate::rehearsal::copies::{End, StoredCopy, Version};

#[derive(Debug)]
pub(super) struct Post {
    pub(super) urn: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) end: Option<End>,
    pub(super) content: Option<Value>,
    /// Little text as it was sent, the oldest first; never empty.
    pub(super) original: String,
    pub(super) edits: Vec<(DateTime<Utc>, String)>,
    /// The request's body.
    pub(super) raw: String,
}

impl Post {
    pub(super) fn stands(&self) -> bool {
        self.end.is_none()
    }

    pub(super) fn commentary(&self) -> &str {
        self.edits.last().map_or(&self.original, |(_, little)| little)
    }

    /// The title of its card, and where it leads.
    pub(super) fn card(&self) -> Option<(&str, &str)> {
        let article = self.content.as_ref()?.get("article")?;
        Some((article["title"].as_str()?, article["source"].as_str()?))
    }

    pub(super) fn entity(&self, author: &str) -> Value {
        let changed = self.edits.last().map_or(self.created_at, |(at, _)| *at);
        let mut entity = json!({
            "id": self.urn,
            "author": author,
            "commentary": self.commentary(),
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "createdAt": self.created_at.timestamp_millis(),
            "publishedAt": self.created_at.timestamp_millis(),
            "lastModifiedAt": changed.timestamp_millis(),
        });
        if let Some(content) = &self.content {
            entity["content"] = content.clone();
        }
        entity
    }

    /// The picture of its card.
    fn thumbnail(&self) -> Option<&str> {
        self.content.as_ref()?["article"]["thumbnail"].as_str()
    }

    pub(super) fn copy(&self, page: &str, images: &[Image]) -> StoredCopy {
        let version = |at: DateTime<Utc>, little: &str| Version {
            at,
            title: None,
            text: shown(little),
            raw: little.to_owned(),
        };
        let mut original = version(self.created_at, &self.original);
        original.raw.clone_from(&self.raw);
        let picture = self.thumbnail().map(|urn| {
            let bytes = images.iter().find(|it| it.urn == urn).and_then(|it| it.bytes);
            ("picture".to_owned(), format!("{} bytes", bytes.unwrap_or_default()))
        });
        StoredCopy {
            id: self.urn.clone(),
            link: Url::parse(page).ok(),
            labels: self
                .card()
                .map(|(title, source)| ("card".to_owned(), format!("{title} ({source})")))
                .into_iter()
                .chain(picture)
                .collect(),
            answers: None,
            original,
            edits: self.edits.iter().map(|(at, little)| version(*at, little)).collect(),
            end: self.end,
        }
    }
}

/// What readers see: everything up to the first reserved sign that is neither escaped nor part of
/// an element. LinkedIn cuts there without an error (brightbeanxyz/brightbean-studio#121).
pub(super) fn shown(little: &str) -> String {
    let mut at = 0;
    while let Some(sign) = little[at..].chars().next() {
        let rest = &little[at..];
        let element = if sign == '\\' {
            rest[1..].chars().next().filter(|it| RESERVED.contains(it)).map(|it| 1 + it.len_utf8())
        } else if sign == '#' {
            let word = rest[1..].find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len() - 1);
            (word > 0).then_some(1 + word)
        } else if rest.starts_with("{hashtag|") {
            rest.find('}').map(|end| end + 1)
        } else if RESERVED.contains(&sign) {
            None
        } else {
            Some(sign.len_utf8())
        };
        match element {
            Some(length) => at += length,
            None => break,
        }
    }
    unescape(&little[..at])
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn an_unescaped_sign_cuts_the_rest_off() {
        assert_eq!(shown("PhD (m/f/d) in Tides"), "PhD ");
        assert_eq!(shown(r"PhD \(m/f/d\) in C\# #Tides"), "PhD (m/f/d) in C# #Tides");
        assert_eq!(shown(r"Tides {hashtag|\#|Tides} and_waves"), "Tides #Tides and");
        assert_eq!(shown("C# and more"), "C");
    }
}
