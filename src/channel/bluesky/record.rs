//! Posts as records: what is written, and what is read back. Pure.
//!
//! Sources: the lexicons `app.bsky.feed.post`, `app.bsky.richtext.facet`,
//! `app.bsky.embed.external`, `com.atproto.repo.putRecord`, `applyWrites` and `deleteRecord`
//! (<https://docs.bsky.app/docs/api/com-atproto-repo-put-record>).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use url::Url;

use super::cid;
use super::id::{Did, PostId, RecordKey, StrongRef, is_language_tag};
use crate::adapt::Card;
use crate::adapt::rich_text::{Facet, Feature, RichText};

/// The collection of posts.
pub(super) const POSTS: &str = "app.bsky.feed.post";

/// What a post says.
pub(super) struct Draft<'a> {
    pub(super) text: &'a str,
    pub(super) language: &'a str,
    pub(super) card: Option<&'a Card>,
    /// The picture of the card: a blob that the server has.
    pub(super) thumb: Option<Value>,
    pub(super) at: DateTime<Utc>,
    pub(super) answers: Option<Answers>,
}

/// What a post answers.
#[derive(Clone)]
pub(super) struct Answers {
    pub(super) root: StrongRef,
    pub(super) parent: StrongRef,
}

/// The record of a post; the same draft always gives the same bytes.
pub(super) fn post(draft: &Draft<'_>, account: &Did) -> Value {
    let RichText { text, facets } = RichText::of(draft.text);
    let mut post = json!({ "$type": POSTS, "text": text });
    if !facets.is_empty() {
        post["facets"] = facets.iter().map(facet).collect();
    }
    if let Some(Answers { root, parent }) = &draft.answers {
        post["reply"] = json!({ "root": strong(root, account), "parent": strong(parent, account) });
    }
    if let Some(Card { link, title, description }) = draft.card {
        let mut external = json!({
            "uri": link,
            "title": title,
            // It has to be there, and may be empty.
            "description": description.as_deref().unwrap_or_default(),
        });
        if let Some(thumb) = &draft.thumb {
            external["thumb"] = thumb.clone();
        }
        post["embed"] = json!({ "$type": "app.bsky.embed.external", "external": external });
    }
    // At most three, and the posting has one.
    if is_language_tag(draft.language) {
        post["langs"] = json!([draft.language]);
    }
    post["createdAt"] = draft.at.to_rfc3339_opts(SecondsFormat::Millis, true).into();
    post
}

fn facet(facet: &Facet) -> Value {
    let feature = match &facet.feature {
        Feature::Link(url) => json!({ "$type": "app.bsky.richtext.facet#link", "uri": url }),
        Feature::Tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
    };
    json!({
        "index": { "byteStart": facet.bytes.start, "byteEnd": facet.bytes.end },
        "features": [feature],
    })
}

fn strong(reference: &StrongRef, account: &Did) -> Value {
    json!({ "uri": uri(account, &reference.key), "cid": reference.cid })
}

/// `at://DID/app.bsky.feed.post/KEY`
pub(super) fn uri(account: &Did, key: &RecordKey) -> String {
    format!("at://{account}/{POSTS}/{key}")
}

/// The key of a post of this account.
fn key_in(uri: &str, account: &Did) -> Option<RecordKey> {
    let path = uri.strip_prefix("at://")?.strip_prefix(account.as_str())?;
    RecordKey::parse(path.strip_prefix('/')?.strip_prefix(POSTS)?.strip_prefix('/')?)
}

/// Puts a post where nothing is: `swapRecord: null`. The same once more changes nothing.
pub(super) fn put(account: &Did, key: &RecordKey, record: &Value) -> Value {
    json!({
        "repo": account.as_str(),
        "collection": POSTS,
        "rkey": key.as_str(),
        "validate": true,
        "record": record,
        "swapRecord": null,
    })
}

/// Takes posts away and puts others there, all of it or nothing: a post in the place of another one,
/// a whole thread at once.
pub(super) fn apply(account: &Did, gone: &[RecordKey], posts: &[Written]) -> Value {
    let gone = gone.iter().map(|key| {
        json!({
            "$type": "com.atproto.repo.applyWrites#delete",
            "collection": POSTS,
            "rkey": key.as_str(),
        })
    });
    let made = posts.iter().map(|Written { key, record }| {
        json!({
            "$type": "com.atproto.repo.applyWrites#create",
            "collection": POSTS,
            "rkey": key.as_str(),
            "value": record,
        })
    });
    let writes: Vec<Value> = gone.chain(made).collect();
    json!({ "repo": account.as_str(), "validate": true, "writes": writes })
}

pub(super) fn delete(account: &Did, key: &RecordKey) -> Value {
    json!({ "repo": account.as_str(), "collection": POSTS, "rkey": key.as_str() })
}

/// The keys of the posts that the body of [`apply`] takes away, the first of a thread first.
pub(super) fn taken_away(body: &str) -> Vec<RecordKey> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let writes = body.get("writes").and_then(Value::as_array);
    let gone = writes.into_iter().flatten().filter(|write| write.get("value").is_none());
    gone.filter_map(|write| RecordKey::parse(write.get("rkey")?.as_str()?)).collect()
}

/// A post that a request puts there.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) key: RecordKey,
    pub(super) record: Value,
}

impl Written {
    /// The posts of the body of [`put`] or [`apply`], the first of a thread first; `None` if it is
    /// neither.
    pub(super) fn read(body: &str) -> Option<Vec<Self>> {
        let body: Value = serde_json::from_str(body).ok()?;
        let post = |key: Option<&Value>, record: Option<&Value>| {
            Some(Self { key: RecordKey::parse(key?.as_str()?)?, record: record?.clone() })
        };
        let posts: Option<Vec<Self>> = match body.get("writes") {
            Some(writes) => {
                let writes = writes.as_array()?.iter();
                let made = writes.filter(|write| write.get("value").is_some());
                made.map(|write| post(write.get("rkey"), write.get("value"))).collect()
            }
            None => Some(vec![post(body.get("rkey"), body.get("record"))?]),
        };
        posts.filter(|posts| !posts.is_empty())
    }

    /// What an answer to it needs; its hash is made of what it says.
    pub(super) fn reference(&self) -> Option<StrongRef> {
        Some(StrongRef { key: self.key.clone(), cid: cid::of_record(&self.record)? })
    }

    pub(super) fn id(&self, account: &Did) -> PostId {
        let cid = cid::of_record(&self.record);
        PostId { key: self.key.clone(), cid, root: root_of(&self.record, account) }
    }
}

/// A post as a server shows it.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) key: RecordKey,
    pub(super) cid: String,
    pub(super) record: Value,
}

impl Post {
    /// From `uri`, `cid` and `value`, as `getRecord` and `listRecords` give them.
    pub(super) fn read(shown: &Value, account: &Did) -> Option<Self> {
        let text = |name: &str| shown.get(name).and_then(Value::as_str);
        Some(Self {
            key: key_in(text("uri")?, account)?,
            cid: text("cid")?.to_owned(),
            record: shown.get("value")?.clone(),
        })
    }

    pub(super) fn id(&self, account: &Did) -> PostId {
        let root = root_of(&self.record, account);
        PostId { key: self.key.clone(), cid: Some(self.cid.clone()), root }
    }

    /// Its text with its links whole, as it was before they were shown short.
    pub(super) fn words(&self) -> String {
        let text = self.record.get("text").and_then(Value::as_str).unwrap_or_default();
        let facets = self.record.get("facets").and_then(Value::as_array);
        let mut links: Vec<(usize, usize, &str)> =
            facets.into_iter().flatten().filter_map(link_of).collect();
        links.sort_unstable();
        let (mut whole, mut done) = (String::with_capacity(text.len()), 0);
        for (start, end, link) in links {
            // A server takes ranges that are none; they change nothing.
            let (Some(before), Some(_)) = (text.get(done..start), text.get(start..end)) else {
                continue;
            };
            whole.push_str(before);
            whole.push_str(link);
            done = end;
        }
        whole.push_str(text.get(done..).unwrap_or_default());
        whole
    }
}

/// The first post of the thread in which a post is.
pub(super) fn root_of(record: &Value, account: &Did) -> Option<StrongRef> {
    let root = record.get("reply")?.get("root")?;
    let key = key_in(root.get("uri")?.as_str()?, account)?;
    Some(StrongRef { key, cid: root.get("cid")?.as_str()?.to_owned() })
}

fn link_of(facet: &Value) -> Option<(usize, usize, &str)> {
    let place = |name| usize::try_from(facet.get("index")?.get(name)?.as_u64()?).ok();
    let mut features = facet.get("features")?.as_array()?.iter();
    let link = features.find_map(|feature| feature.get("uri")?.as_str())?;
    Url::parse(link).ok()?;
    Some((place("byteStart")?, place("byteEnd")?, link))
}
