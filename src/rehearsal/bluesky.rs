//! Plays a PDS of the AT Protocol for one account, and the pages where people read its posts.
//!
//! Sources: the lexicons `com.atproto.server.*` and `com.atproto.repo.*`, the reference PDS
//! (<https://github.com/bluesky-social/atproto>, `packages/pds`), and what PDS 0.4.217 answers:
//! `tests/peers/bluesky.rs` asks a real one the same.

mod api;
mod record;
mod session;

use std::io;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy, Version};
use super::fault::{Faults, set};
use super::loopback::{Bound, Loopback, SharedClock, lock};
use super::page::{escape, missing, page};
use session::Sessions;

/// What the account is like.
#[derive(Debug, Clone)]
pub struct Options {
    pub did: String,
    pub handle: String,
    pub app_password: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            did: "did:plc:rehearsalrehearsalrehear".to_owned(),
            handle: "lab.example".to_owned(),
            app_password: "play-play-play-play".to_owned(),
        }
    }
}

/// A PDS on loopback: the API and the pages that people read under one address.
pub struct BlueskyStandIn {
    inner: Arc<Inner>,
    _server: Loopback,
}

impl BlueskyStandIn {
    /// Starts the server; `channel` is the name under which its copies are shown.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had.
    pub async fn start(channel: &str, options: Options, clock: SharedClock) -> io::Result<Self> {
        let bound = Bound::take().await?;
        let inner = Arc::new(Inner {
            channel: channel.to_owned(),
            url: bound.url()?,
            options,
            clock,
            creating: Faults::default(),
            changing: Faults::default(),
            signing_in: Faults::default(),
            posts: Mutex::default(),
            blobs: Mutex::default(),
            sessions: Mutex::default(),
        });
        let server = bound.serve(api::router(Arc::clone(&inner)));
        Ok(Self { inner, _server: server })
    }

    /// The address of the API and of the pages.
    pub fn url(&self) -> Url {
        self.inner.url.clone()
    }

    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// How many files were uploaded, shown or not.
    pub fn uploads(&self) -> usize {
        lock(&self.inner.blobs).len()
    }

    /// Faults of the requests that create a post.
    pub fn faults(&self) -> &Faults {
        &self.inner.creating
    }

    /// Faults of the requests that replace or delete one.
    pub fn change_faults(&self) -> &Faults {
        &self.inner.changing
    }

    /// Faults of making and refreshing a session.
    pub fn session_faults(&self) -> &Faults {
        &self.inner.signing_in
    }

    /// Every post that was ever stored.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }

    /// How often a session was made from the app password, and how often one was refreshed.
    pub fn sessions(&self) -> (usize, usize) {
        lock(&self.inner.sessions).counts()
    }

    /// Someone else takes the post away.
    pub fn remove(&self, key: &str) {
        let now = self.inner.clock.now();
        if let Some(post) = lock(&self.inner.posts).iter_mut().find(|it| it.key == key) {
            post.end.get_or_insert(End::Removed { at: now });
        }
    }

    /// The account's owner revokes every session.
    pub fn revoke_sessions(&self) {
        lock(&self.inner.sessions).revoke();
    }
}

impl Exhibitor for BlueskyStandIn {
    fn channel(&self) -> String {
        self.inner.channel.clone()
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

struct Inner {
    channel: String,
    url: Url,
    options: Options,
    clock: SharedClock,
    creating: Faults,
    changing: Faults,
    signing_in: Faults,
    /// In the order in which they came.
    posts: Mutex<Vec<Post>>,
    /// The links of the files that were uploaded, shown or not.
    blobs: Mutex<Vec<String>>,
    sessions: Mutex<Sessions>,
}

/// One post. One that another took the place of in the same request is that one, under a new key.
struct Post {
    key: String,
    record: Value,
    made_at: DateTime<Utc>,
    replaced: Vec<(DateTime<Utc>, Value)>,
    end: Option<End>,
}

impl Post {
    fn stands(&self) -> bool {
        self.end.is_none()
    }

    fn cid(&self) -> String {
        record::cid(&self.record)
    }

    fn version(at: DateTime<Utc>, record: &Value) -> Version {
        let text = record["text"].as_str().unwrap_or_default().to_owned();
        Version { at, title: None, text, raw: record.to_string() }
    }

    fn copy(&self, link: Option<Url>) -> StoredCopy {
        let mut versions: Vec<Version> =
            self.replaced.iter().map(|(at, record)| Self::version(*at, record)).collect();
        let last = self.replaced.last().map_or(self.made_at, |(at, _)| *at);
        versions.push(Self::version(last, &self.record));
        let answers = self.record.pointer("/reply/parent/uri").and_then(Value::as_str);
        let card = self.record.pointer("/embed/external/title").and_then(Value::as_str);
        StoredCopy {
            id: self.key.clone(),
            link,
            labels: card.map(|title| ("Card".to_owned(), title.to_owned())).into_iter().collect(),
            answers: answers.and_then(|uri| uri.rsplit('/').next()).map(str::to_owned),
            original: Version { at: self.made_at, ..versions.remove(0) },
            edits: versions,
            end: self.end,
        }
    }
}

impl Inner {
    fn copies(&self) -> Vec<StoredCopy> {
        lock(&self.posts).iter().map(|post| post.copy(self.page_of(&post.key))).collect()
    }

    fn page_of(&self, key: &str) -> Option<Url> {
        self.url.join(&format!("profile/{}/post/{key}", self.options.did)).ok()
    }

    fn uri(&self, key: &str) -> String {
        format!("at://{}/{}/{key}", self.options.did, record::POSTS)
    }

    /// `uploadBlob`: the same bytes are the same blob.
    fn upload(&self, media_type: &str, body: &[u8]) -> Json<Value> {
        let cid = record::blob(body);
        lock(&self.blobs).push(cid.clone());
        Json(json!({ "blob": {
            "$type": "blob",
            "ref": { "$link": cid },
            "mimeType": media_type,
            "size": body.len(),
        }}))
    }

    /// A record may name only what was uploaded.
    fn has_blob(&self, record: &Value) -> Result<(), Refusal> {
        match record["embed"]["external"]["thumb"]["ref"]["$link"].as_str() {
            Some(cid) if !lock(&self.blobs).iter().any(|it| it == cid) => Err(Refusal::of(
                StatusCode::BAD_REQUEST,
                "BlobNotFound",
                format!("Could not find blob: {cid}"),
            )),
            _ => Ok(()),
        }
    }

    /// `putRecord`: where `swapRecord` is null, nothing else may be there.
    fn put(&self, body: &Value) -> Result<Json<Value>, Refusal> {
        let (key, post) = (record::key(body)?, record::checked(&body["record"])?);
        self.has_blob(&post)?;
        let now = self.clock.now();
        let mut posts = lock(&self.posts);
        let there = posts.iter_mut().find(|it| it.key == key && it.stands());
        let swap = body.as_object().and_then(|body| body.get("swapRecord"));
        let (cid, changed) = match there {
            Some(there) if there.record == post => (there.cid(), false),
            Some(there) if swap.is_some_and(|swap| *swap != there.cid()) => {
                return Err(Refusal::swap(&there.cid()));
            }
            // The record is another one now; readers' servers keep showing the first.
            Some(there) => {
                there.record = post;
                (there.cid(), true)
            }
            None => {
                posts.push(Post {
                    key: key.clone(),
                    record: post.clone(),
                    made_at: now,
                    replaced: Vec::new(),
                    end: None,
                });
                (record::cid(&post), true)
            }
        };
        let mut answer = json!({ "uri": self.uri(&key), "cid": cid, "validationStatus": "valid" });
        if changed {
            answer["commit"] = json!({ "cid": record::cid(&json!([cid])), "rev": key });
        }
        Ok(Json(answer))
    }

    /// `applyWrites` with deletions and creations, the only writes that are played: all or nothing, and
    /// where it cannot be, only that something went wrong. A post that is created is the one that
    /// is deleted in the same place of the order, under a new key.
    fn apply(&self, body: &Value) -> Result<Json<Value>, Refusal> {
        let (mut gone, mut made) = (Vec::new(), Vec::new());
        for write in body["writes"].as_array().into_iter().flatten() {
            match write["$type"].as_str() {
                Some("com.atproto.repo.applyWrites#delete") => gone.push(record::key(write)?),
                Some("com.atproto.repo.applyWrites#create") => {
                    made.push((record::key(write)?, record::checked(&write["value"])?));
                }
                _ => return Err(Refusal::invalid("the stand-in plays no other writes")),
            }
        }
        for (_, post) in &made {
            self.has_blob(post)?;
        }
        let now = self.clock.now();
        let mut posts = lock(&self.posts);
        let stands = |key: &String| posts.iter().any(|it| it.key == *key && it.stands());
        if !gone.iter().all(stands) || made.iter().any(|(key, _)| stands(key)) {
            return Err(Refusal::trouble());
        }
        let mut results: Vec<Value> = gone
            .iter()
            .map(|_| json!({ "$type": "com.atproto.repo.applyWrites#deleteResult" }))
            .collect();
        let mut gone = gone.into_iter();
        for (key, record) in made {
            let old = gone.next();
            let there = posts.iter_mut().find(|it| Some(&it.key) == old.as_ref() && it.stands());
            let cid = record::cid(&record);
            if let Some(there) = there {
                let replaced = std::mem::replace(&mut there.record, record);
                there.replaced.push((now, replaced));
                there.key.clone_from(&key);
            } else {
                posts.push(Post {
                    key: key.clone(),
                    record,
                    made_at: now,
                    replaced: Vec::new(),
                    end: None,
                });
            }
            results.push(json!({
                "$type": "com.atproto.repo.applyWrites#createResult",
                "uri": self.uri(&key),
                "cid": cid,
                "validationStatus": "valid",
            }));
        }
        for old in gone {
            if let Some(post) = posts.iter_mut().find(|it| it.key == old && it.stands()) {
                post.end = Some(End::Withdrawn { at: now });
            }
        }
        let commit = json!({ "cid": record::cid(&json!(results)), "rev": now.timestamp_micros().to_string() });
        Ok(Json(json!({ "commit": commit, "results": results })))
    }

    /// `deleteRecord`; what is not there is deleted already.
    fn delete(&self, body: &Value) -> Result<Json<Value>, Refusal> {
        let key = record::key(body)?;
        let now = self.clock.now();
        let mut posts = lock(&self.posts);
        let Some(post) = posts.iter_mut().find(|it| it.key == key && it.stands()) else {
            return Ok(Json(json!({})));
        };
        post.end = Some(End::Withdrawn { at: now });
        Ok(Json(json!({ "commit": { "cid": post.cid(), "rev": key } })))
    }

    fn shown(&self, post: &Post) -> Value {
        json!({ "uri": self.uri(&post.key), "cid": post.cid(), "value": post.record })
    }

    /// `getRecord`
    fn get(&self, key: &str) -> Result<Json<Value>, Refusal> {
        let posts = lock(&self.posts);
        let post = posts.iter().find(|it| it.key == key && it.stands());
        let post = post.ok_or_else(|| Refusal::no_record(&self.uri(key)))?;
        Ok(Json(self.shown(post)))
    }

    /// `listRecords`: the greatest key first.
    fn list(&self, limit: usize, cursor: Option<&str>) -> Json<Value> {
        let posts = lock(&self.posts);
        let mut standing: Vec<&Post> = posts
            .iter()
            .filter(|it| it.stands() && cursor.is_none_or(|cursor| it.key.as_str() < cursor))
            .collect();
        standing.sort_by(|one, other| other.key.cmp(&one.key));
        standing.truncate(limit);
        let mut answer = json!({
            "records": standing.iter().map(|post| self.shown(post)).collect::<Vec<_>>(),
        });
        if let Some(last) = standing.last() {
            answer["cursor"] = last.key.clone().into();
        }
        Json(answer)
    }

    fn public_page(&self, key: &str) -> Response {
        let posts = lock(&self.posts);
        let Some(post) = posts.iter().find(|it| it.key == key && it.stands()) else {
            return missing(StatusCode::NOT_FOUND);
        };
        let handle = format!("@{}", self.options.handle);
        let text = post.record["text"].as_str().unwrap_or_default();
        let body = format!(
            "<article>\n<h1>{}</h1>\n<div class=\"text\">{}</div>\n{}</article>",
            escape(&handle),
            escape(text),
            record::card(&post.record),
        );
        page(&format!("{handle} on the stand-in for Bluesky"), &body).into_response()
    }
}

/// An error as XRPC writes it (<https://atproto.com/specs/xrpc#error-responses>).
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    error: &'static str,
    message: String,
}

impl Refusal {
    fn of(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    fn swap(cid: &str) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "InvalidSwap", format!("Record was at {cid}"))
    }

    fn no_record(uri: &str) -> Self {
        let message = format!("Could not locate record: {uri}");
        Self::of(StatusCode::BAD_REQUEST, "RecordNotFound", message)
    }

    fn trouble() -> Self {
        let message = "Internal Server Error";
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "message": self.message });
        let mut response = (self.status, Json(body)).into_response();
        set(&mut response, "content-type", "application/json; charset=utf-8");
        response
    }
}
