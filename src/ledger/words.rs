//! What events say in words: titles, names, answers. They lie beside the chain, which holds only
//! their hash, so that they can be erased and the chain can be verified all the same.
//!
//! Events that a Handbill before version 6 of the tables wrote hold their words themselves, and
//! keep them: to take them out would break the chain.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use uuid::Uuid;

use super::{Event, LedgerError, row};
use crate::channel::DeliveryKey;

/// The words of an event, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// JSON; `None` once they were erased.
    pub content: Option<String>,
    pub erased_at: Option<DateTime<Utc>>,
}

/// What words are about; it decides how long they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum About {
    /// The title of an ad: kept until a person has it erased, because the log is read by it.
    Title,
    /// Who decided something: kept as long.
    Person,
    /// What a channel, a page or a template answered.
    Answer,
}

impl About {
    pub(in crate::ledger) fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Person => "person",
            Self::Answer => "answer",
        }
    }

    /// What the words of an event are about, and the name that they have in its detail; `None` if
    /// it has none. Other events say why in Handbill's own words, or speak of a whole channel.
    fn of(what: &str) -> Option<(Self, &'static str)> {
        match what {
            "seen" | "changed" => Some((Self::Title, "title")),
            "approved" => Some((Self::Person, "approved_by")),
            "refused" | "deferred" | "blocked" | "unknown" | "late" | "still unknown"
            | "asks a person" | "held back" | "page not seen" | "held" | "sent back" | "heard" => {
                Some((Self::Answer, "why"))
            }
            _ => None,
        }
    }
}

/// The name of the hash in an event's detail.
const HASH: &str = "words";
const SALT: &str = "salt";

/// The name under which words say who decided it.
const BY: &str = "by";

/// Words that were taken out of an event before it was written.
pub(in crate::ledger) struct Taken {
    about: About,
    content: String,
}

/// Takes the words out of an event's detail and leaves their hash. The name of the person who decided
/// it, if one did who is known, is among them.
pub(in crate::ledger) fn take(
    what: &str,
    detail: &Value,
    person: Option<&str>,
    delivery: Option<DeliveryKey>,
) -> (Value, Option<Taken>) {
    let mut rest = detail.clone();
    let Some(fields) = rest.as_object_mut() else { return (rest, None) };
    let mut words = Map::new();
    let mut about = None;
    if let Some((of, name)) = About::of(what)
        && let Some(value) = fields.remove(name)
    {
        words.insert(name.to_owned(), value);
        about = Some(of);
    }
    if let Some(person) = person.filter(|_| about != Some(About::Person)) {
        if delivery.is_some() || fields.contains_key("posting") {
            words.insert(BY.to_owned(), person.into());
            about.get_or_insert(About::Person);
        } else {
            // A pause is about no ad: there is none with which its words could be erased.
            fields.insert(BY.to_owned(), person.into());
        }
    }
    let taken = about.map(|about| {
        words.insert(SALT.to_owned(), Uuid::new_v4().simple().to_string().into());
        let content = Value::Object(words).to_string();
        fields.insert(HASH.to_owned(), hash(&content).into());
        Taken { about, content }
    });
    (rest, taken)
}

impl Taken {
    /// The words beside the event that they belong to.
    pub(in crate::ledger) fn beside(
        self,
        number: i64,
        delivery: Option<DeliveryKey>,
        detail: &Value,
    ) -> Kept {
        let posting = detail.get("posting").and_then(Value::as_str).map(str::to_owned);
        Kept { number, delivery, posting, about: self.about, content: self.content }
    }
}

/// Words that are to be kept beside their event.
pub(in crate::ledger) struct Kept {
    number: i64,
    delivery: Option<DeliveryKey>,
    posting: Option<String>,
    about: About,
    content: String,
}

/// Writes words whose events are written.
pub(in crate::ledger) async fn write(
    tx: &mut AnyConnection,
    words: &[Kept],
) -> Result<(), LedgerError> {
    for words in words.chunks(row::ROWS_AT_ONCE) {
        let insert = format!(
            "with kept (k_number, k_delivery, k_posting, k_kind, k_content) as (values {})
             insert into event_words (number, posting, kind, content)
             select k_number,
                    coalesce((select posting from delivery where key = k_delivery), k_posting),
                    k_kind, k_content
               from kept",
            row::values(words.len(), 5)
        );
        let mut query = sqlx::query(AssertSqlSafe(insert));
        for kept in words {
            query = query
                .bind(kept.number)
                .bind(kept.delivery.map(|key| key.to_string()))
                .bind(kept.posting.clone())
                .bind(kept.about.as_str())
                .bind(kept.content.clone());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

impl Event {
    /// A text of its detail, or of its words.
    pub fn says(&self, name: &str) -> Option<String> {
        let words = self.words.as_ref().and_then(|words| words.content.as_deref());
        [Some(self.detail.as_str()), words].into_iter().flatten().find_map(|text| {
            let fields: Value = serde_json::from_str(text).ok()?;
            fields.get(name)?.as_str().map(str::to_owned)
        })
    }

    /// Everything that it says, for people: its detail with its words in it, or that they were
    /// erased.
    pub fn told(&self) -> String {
        let Some(words) = &self.words else { return self.detail.clone() };
        let Ok(Value::Object(mut told)) = serde_json::from_str(&self.detail) else {
            return self.detail.clone();
        };
        told.remove(HASH);
        match words.content.as_deref().map(serde_json::from_str) {
            Some(Ok(Value::Object(mut content))) => {
                content.remove(SALT);
                told.append(&mut content);
            }
            _ => {
                let day = words.erased_at.map(|at| at.format("%Y-%m-%d").to_string());
                let day = day.unwrap_or_else(|| "an unknown day".to_owned());
                told.insert(HASH.to_owned(), format!("erased on {day}").into());
            }
        }
        Value::Object(told).to_string()
    }
}

/// Whether an event holds words itself, as older versions wrote it.
pub(in crate::ledger) fn are_in_detail(what: &str, detail: &Value) -> bool {
    let Some((about, name)) = About::of(what) else { return false };
    let older = match about {
        About::Title => detail.get("changes").is_some_and(|it| it.get("title").is_some()),
        About::Person => detail.get("by").is_some(),
        About::Answer => false,
    };
    older || detail.get(name).is_some()
}

/// How many events are read at a time.
const PAGE: i64 = 1000;

/// That the words beside the chain are what their events say they are, and none is missing that was
/// not erased.
pub(in crate::ledger) async fn flaws(
    connection: &mut AnyConnection,
) -> Result<Vec<String>, LedgerError> {
    let mut flaws = Vec::new();
    let mut last = 0;
    loop {
        let rows = sqlx::query(
            "select event.number as event, detail, event_words.number as has, content, erased_at
               from event left join event_words on event_words.number = event.number
              where event.number > $1 order by event.number limit $2",
        )
        .bind(last)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Ok(flaws);
        }
        for row in rows {
            last = row.try_get("event")?;
            let detail: String = row.try_get("detail")?;
            let has: Option<i64> = row.try_get("has")?;
            let content: Option<String> = row.try_get("content")?;
            let erased_at: Option<i64> = row.try_get("erased_at")?;
            if has.is_none() && !detail.contains("\"words\":") {
                continue;
            }
            let expected = serde_json::from_str::<Value>(&detail)
                .ok()
                .and_then(|detail| detail.get(HASH).and_then(Value::as_str).map(str::to_owned));
            let flaw = match (expected, has, content) {
                (None, None, _) => None,
                (None, Some(_), _) => Some("are there, but it has none"),
                (Some(_), None, _) => Some("are missing"),
                (Some(_), Some(_), None) if erased_at.is_none() => Some("are missing"),
                (Some(_), Some(_), None) => None,
                (Some(expected), Some(_), Some(content)) => {
                    (hash(&content) != expected).then_some("are not what was written")
                }
            };
            flaws.extend(flaw.map(|flaw| format!("the words of event {last} {flaw}")));
        }
    }
}

fn hash(content: &str) -> String {
    Sha256::digest(content.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
