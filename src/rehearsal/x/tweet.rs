//! One post, and how X tells of it: with its links shortened to t.co.

use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::BASE64URL_NOPAD;
use regex::Regex;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use url::Url;

use crate::rehearsal::copies::{End, StoredCopy, Version};

static LINKS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"https?://[^\s<>"]*[^\s<>".,;:!?'\])]"#).ok());

#[derive(Debug)]
pub(super) struct Tweet {
    pub(super) id: String,
    /// As it was sent.
    pub(super) text: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) end: Option<End>,
    pub(super) answers: Option<String>,
    /// The ids of its pictures.
    pub(super) pictures: Vec<String>,
    /// The request's body.
    pub(super) raw: String,
}

/// What a reader asks for beside id and text (`tweet.fields`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Expansion {
    entities: Wanted,
    created_at: Wanted,
    author: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

impl Expansion {
    pub(super) fn of(query: &str) -> Self {
        let fields: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name == "tweet.fields")
            .flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let wanted = |name: &str| {
            if fields.iter().any(|field| field == name) { Wanted::Yes } else { Wanted::No }
        };
        Self {
            entities: wanted("entities"),
            created_at: wanted("created_at"),
            author: wanted("author_id"),
        }
    }
}

impl Tweet {
    pub(super) fn stands(&self) -> bool {
        self.end.is_none()
    }

    pub(super) fn number(&self) -> i64 {
        self.id.parse().unwrap_or_default()
    }

    pub(super) fn copy(&self, page: &str) -> StoredCopy {
        StoredCopy {
            id: self.id.clone(),
            link: Url::parse(page).ok(),
            labels: Vec::new(),
            answers: self.answers.clone(),
            original: Version {
                at: self.created_at,
                title: None,
                text: self.text.clone(),
                raw: self.raw.clone(),
            },
            edits: Vec::new(),
            end: self.end,
        }
    }

    /// The text as X gives it back, and its links: start and end in characters of that text.
    pub(super) fn shortened(&self) -> (String, Vec<Value>) {
        let Some(links) = LINKS.as_ref() else { return (self.text.clone(), Vec::new()) };
        let (mut text, mut entities, mut done) = (String::new(), Vec::new(), 0);
        for link in links.find_iter(&self.text) {
            text.push_str(self.text.get(done..link.start()).unwrap_or_default());
            done = link.end();
            let start = text.chars().count();
            let code: String = BASE64URL_NOPAD
                .encode(&Sha1::digest([self.id.as_str(), link.as_str()].concat()))
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(10)
                .collect();
            let short = format!("https://t.co/{code}");
            text.push_str(&short);
            let shown = link.as_str().split_once("://").map_or(link.as_str(), |(_, rest)| rest);
            entities.push(json!({
                "start": start,
                "end": text.chars().count(),
                "url": short,
                "expanded_url": link.as_str(),
                "display_url": shown.trim_start_matches("www."),
            }));
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        // A picture is a link at the end of the text, too.
        for (number, id) in (1..).zip(&self.pictures) {
            let short = format!("https://t.co/p{}", &self.id[self.id.len().saturating_sub(9)..]);
            text.push(' ');
            let start = text.chars().count();
            text.push_str(&short);
            entities.push(json!({
                "start": start,
                "end": text.chars().count(),
                "url": short,
                "expanded_url": format!("https://x.com/i/status/{}/photo/{number}", self.id),
                "display_url": "pic.x.com/example",
                "media_key": format!("3_{id}"),
            }));
        }
        (text, entities)
    }

    pub(super) fn entity(&self, author: &str, expansion: Expansion) -> Value {
        let (text, links) = self.shortened();
        let mut entity = json!({
            "id": self.id,
            "text": text,
            "edit_history_tweet_ids": [self.id],
        });
        if expansion.entities == Wanted::Yes && !links.is_empty() {
            entity["entities"] = json!({ "urls": links });
        }
        if expansion.created_at == Wanted::Yes {
            let at = self.created_at.to_rfc3339_opts(SecondsFormat::Millis, true);
            entity["created_at"] = at.into();
        }
        if expansion.author == Wanted::Yes {
            entity["author_id"] = author.into();
        }
        entity
    }
}
