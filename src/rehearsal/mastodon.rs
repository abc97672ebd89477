//! Plays a Mastodon server with one account.
//!
//! Sources: docs.joinmastodon.org (methods/statuses, entities/Status, api/rate-limits) and, for
//! what happens behind them, `post_status_service.rb` and `status_length_validator.rb`.

mod api;
mod content;
mod entities;
mod media;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy, Version};
use super::fault::{Faults, set};
use super::loopback::{Bound, Loopback, SharedClock, lock};
use super::page::{escape, missing, page};
use crate::adapt::count::Count;
use media::Media;

/// What the server is like.
#[derive(Debug, Clone)]
pub struct Options {
    pub username: String,
    /// The only access token that is valid.
    pub token: String,
    pub keys: KeyPolicy,
    /// The longest status, as Mastodon counts.
    pub limit: usize,
    /// How long after it was created a status shows up in the account's timeline.
    pub timeline_lag: TimeDelta,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            username: "lab".to_owned(),
            token: "rehearsal-token".to_owned(),
            keys: KeyPolicy::Honoured,
            limit: 500,
            timeline_lag: TimeDelta::zero(),
        }
    }
}

/// What the server does with `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPolicy {
    /// For one hour the same key gives the same status, whatever the body says.
    Honoured,
    /// As GoToSocial, Takahe and snac do.
    Ignored,
}

/// A Mastodon server on loopback.
pub struct MastodonStandIn {
    inner: Arc<Inner>,
    _server: Loopback,
}

impl MastodonStandIn {
    /// Starts the server; `channel` is the name under which its copies are shown.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had.
    pub async fn start(channel: &str, options: Options, clock: SharedClock) -> io::Result<Self> {
        let bound = Bound::take().await?;
        let inner = Arc::new(Inner {
            channel: channel.to_owned(),
            url: bound.url()?,
            opened: clock.now(),
            options,
            clock,
            creating: Faults::default(),
            changing: Faults::default(),
            uploading: Faults::default(),
            account: Mutex::default(),
        });
        let server = bound.serve(api::router(Arc::clone(&inner)));
        Ok(Self { inner, _server: server })
    }

    /// The server's address.
    pub fn url(&self) -> Url {
        self.inner.url.clone()
    }

    pub fn token(&self) -> &str {
        &self.inner.options.token
    }

    /// Faults of the requests that create a status.
    pub fn faults(&self) -> &Faults {
        &self.inner.creating
    }

    /// Faults of the requests that edit or delete one.
    pub fn change_faults(&self) -> &Faults {
        &self.inner.changing
    }

    /// Faults of the requests that upload a picture.
    pub fn upload_faults(&self) -> &Faults {
        &self.inner.uploading
    }

    /// How many pictures were uploaded, shown or not.
    pub fn uploads(&self) -> usize {
        lock(&self.inner.account).media.len()
    }

    /// Every status that was ever stored.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }

    /// How many requests to create a status came in, whatever became of them.
    pub fn creating_requests(&self) -> usize {
        lock(&self.inner.account).creating_requests
    }

    /// Someone else takes the status away, for example a moderator.
    pub fn remove(&self, id: &str) {
        let now = self.inner.clock.now();
        if let Some(status) = lock(&self.inner.account).statuses.iter_mut().find(|it| it.id == id) {
            status.end.get_or_insert(End::Removed { at: now });
        }
    }
}

impl Exhibitor for MastodonStandIn {
    fn channel(&self) -> String {
        self.inner.channel.clone()
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

/// The account's one id.
const ACCOUNT_ID: &str = "109302436954721982";

/// How long a key is kept (`setex 3600` in `post_status_service.rb`).
const KEY_LIFE: TimeDelta = TimeDelta::hours(1);

struct Inner {
    channel: String,
    url: Url,
    opened: DateTime<Utc>,
    options: Options,
    clock: SharedClock,
    creating: Faults,
    changing: Faults,
    uploading: Faults,
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    /// The oldest first.
    statuses: Vec<Status>,
    /// Key to status id, and when it was used.
    keys: BTreeMap<String, (String, DateTime<Utc>)>,
    /// Every picture that was uploaded, shown or not.
    media: Vec<Media>,
    last_id: i64,
    creating_requests: usize,
}

#[derive(Debug, Clone)]
struct Status {
    id: String,
    created_at: DateTime<Utc>,
    end: Option<End>,
    in_reply_to: Option<String>,
    visibility: String,
    key: Option<String>,
    original: Draft,
    edits: Vec<(DateTime<Utc>, Draft)>,
}

/// What the author writes in a status, and may edit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    text: String,
    spoiler: String,
    sensitive: bool,
    language: String,
    /// The ids of its pictures.
    media: Vec<String>,
}

impl Status {
    fn draft(&self) -> &Draft {
        self.edits.last().map_or(&self.original, |(_, draft)| draft)
    }

    fn is_open(&self) -> bool {
        matches!(self.visibility.as_str(), "public" | "unlisted")
    }
}

impl Inner {
    fn copies(&self) -> Vec<StoredCopy> {
        let version = |at: DateTime<Utc>, draft: &Draft| Version {
            at,
            title: (!draft.spoiler.is_empty()).then(|| draft.spoiler.clone()),
            text: draft.text.clone(),
            raw: draft.text.clone(),
        };
        let account = lock(&self.account);
        account
            .statuses
            .iter()
            .map(|status| StoredCopy {
                id: status.id.clone(),
                link: Url::parse(&self.page_of(&status.id)).ok(),
                labels: [
                    Some(("visibility".to_owned(), status.visibility.clone())),
                    Some(("language".to_owned(), status.draft().language.clone())),
                    status.key.clone().map(|key| ("Idempotency-Key".to_owned(), key)),
                ]
                .into_iter()
                .flatten()
                .chain(account.pictures(status.draft()).into_iter().map(|media| {
                    let size = media.bytes.len();
                    ("picture".to_owned(), format!("{size} bytes: {}", media.description))
                }))
                .collect(),
                answers: status.in_reply_to.clone(),
                original: version(status.created_at, &status.original),
                edits: status.edits.iter().map(|(at, draft)| version(*at, draft)).collect(),
                end: status.end,
            })
            .collect()
    }

    fn page_of(&self, id: &str) -> String {
        format!("{}@{}/{id}", self.url, self.options.username)
    }

    fn may(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match given.and_then(|value| value.strip_prefix("Bearer ")) {
            Some(token) if token == self.options.token => Ok(()),
            _ => Err(Refusal::new(StatusCode::UNAUTHORIZED, "The access token is invalid")),
        }
    }

    fn create(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response, Refusal> {
        let mut account = lock(&self.account);
        account.creating_requests += 1;
        self.may(headers)?;
        let now = self.clock.now();
        let key = headers
            .get("idempotency-key")
            .and_then(|value| value.to_str().ok())
            .filter(|key| !key.is_empty())
            .map(str::to_owned);
        let honoured = key.clone().filter(|_| self.options.keys == KeyPolicy::Honoured);
        if let Some((id, used)) = honoured.as_ref().and_then(|key| account.keys.get(key))
            && now - *used < KEY_LIFE
        {
            // A deleted status is not found again, and not made again either.
            let known = account.statuses.iter().find(|it| it.id == *id && it.end.is_none());
            return known.map(|status| self.answer(status)).ok_or_else(Refusal::not_found);
        }
        let fields = fields(headers, body)?;
        let draft = self.draft(&fields)?;
        account.has_all(&draft.media)?;
        let in_reply_to = text_field(&fields, "in_reply_to_id");
        if let Some(parent) = &in_reply_to
            && !account.statuses.iter().any(|it| it.id == *parent && it.end.is_none())
        {
            let why = "The post you are trying to reply to does not appear to exist.";
            return Err(Refusal::new(StatusCode::NOT_FOUND, why));
        }
        let visibility = text_field(&fields, "visibility").unwrap_or_else(|| "public".to_owned());
        if !["public", "unlisted", "private", "direct"].contains(&visibility.as_str()) {
            let why = "Validation failed: Visibility is not included in the list";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why));
        }
        // Ids grow with time, as Mastodon's do: milliseconds, then a sequence.
        account.last_id = (account.last_id + 1).max(now.timestamp_millis() << 16);
        let status = Status {
            id: account.last_id.to_string(),
            created_at: now,
            end: None,
            in_reply_to,
            visibility,
            key,
            original: draft,
            edits: Vec::new(),
        };
        if let Some(key) = honoured {
            account.keys.insert(key, (status.id.clone(), now));
        }
        let mut response = self.answer(&status);
        account.statuses.push(status);
        let remaining = 300_usize.saturating_sub(account.creating_requests);
        let reset = (now + TimeDelta::minutes(5)).to_rfc3339_opts(SecondsFormat::Micros, true);
        set(&mut response, "x-ratelimit-limit", "300");
        set(&mut response, "x-ratelimit-remaining", &remaining.to_string());
        set(&mut response, "x-ratelimit-reset", &reset);
        Ok(response)
    }

    fn edit(&self, headers: &HeaderMap, id: &str, body: &Bytes) -> Result<Response, Refusal> {
        self.may(headers)?;
        let draft = self.draft(&fields(headers, body)?)?;
        let now = self.clock.now();
        let mut account = lock(&self.account);
        account.has_all(&draft.media)?;
        let status = standing(&mut account, id)?;
        // An edit that changes nothing is answered as if it had.
        if *status.draft() != draft {
            status.edits.push((now, draft));
        }
        Ok(self.answer(status))
    }

    fn delete(&self, headers: &HeaderMap, id: &str) -> Result<Response, Refusal> {
        self.may(headers)?;
        let mut account = lock(&self.account);
        let status = standing(&mut account, id)?;
        let mut entity = self.status_entity(status);
        // What it said comes back as source text, so that an author can write it again.
        entity["text"] = status.draft().text.clone().into();
        status.end = Some(End::Withdrawn { at: self.clock.now() });
        Ok(Json(entity).into_response())
    }

    fn answer(&self, status: &Status) -> Response {
        Json(self.status_entity(status)).into_response()
    }

    /// Reads a draft; a field that is absent is empty, on an edit too (`statuses_controller.rb`).
    fn draft(&self, fields: &Map<String, Value>) -> Result<Draft, Refusal> {
        let draft = Draft {
            text: text_field(fields, "status").unwrap_or_default(),
            spoiler: text_field(fields, "spoiler_text").unwrap_or_default(),
            sensitive: text_field(fields, "sensitive").is_some_and(|it| it == "true"),
            language: text_field(fields, "language").unwrap_or_else(|| "en".to_owned()),
            media: media::media_ids(fields),
        };
        if draft.text.trim().is_empty() && draft.media.is_empty() {
            let why = "Validation failed: Text can't be blank";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why));
        }
        let counted = [draft.spoiler.as_str(), draft.text.as_str()].concat();
        if Count::Mastodon.length(&counted) > self.options.limit {
            let why = format!(
                "Validation failed: Text character limit of {} exceeded",
                self.options.limit
            );
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why));
        }
        Ok(draft)
    }

    fn timeline(
        &self,
        headers: &HeaderMap,
        id: &str,
        query: &api::TimelineQuery,
    ) -> Result<Response, Refusal> {
        if id != ACCOUNT_ID {
            return Err(Refusal::not_found());
        }
        let owner = self.may(headers).is_ok();
        let visible_from = self.clock.now() - self.options.timeline_lag;
        let limit = query.limit.unwrap_or(20).clamp(1, 40);
        let account = lock(&self.account);
        let mut found: Vec<&Status> = account
            .statuses
            .iter()
            .filter(|it| it.end.is_none() && (owner || it.is_open()))
            .filter(|it| it.created_at <= visible_from)
            .filter(|it| query.max_id.is_none_or(|max| number(&it.id) < max))
            .filter(|it| query.since_id.is_none_or(|since| number(&it.id) > since))
            .filter(|it| query.min_id.is_none_or(|min| number(&it.id) > min))
            .filter(|it| query.exclude_replies.is_none() || it.in_reply_to.is_none())
            .collect();
        // `min_id` pages from the old end, everything else from the new one.
        if query.min_id.is_none() {
            found.reverse();
        }
        found.truncate(limit);
        found.sort_by_key(|it| std::cmp::Reverse(number(&it.id)));
        let entities: Vec<Value> = found.iter().map(|it| self.status_entity(it)).collect();
        let mut response = Json(entities).into_response();
        if let (Some(newest), Some(oldest)) = (found.first(), found.last()) {
            let address = format!("{}api/v1/accounts/{id}/statuses?limit={limit}", self.url);
            let links = format!(
                "<{address}&max_id={}>; rel=\"next\", <{address}&min_id={}>; rel=\"prev\"",
                oldest.id, newest.id
            );
            set(&mut response, "link", &links);
        }
        Ok(response)
    }

    fn public_page(&self, id: &str) -> Response {
        let account = lock(&self.account);
        let Some(status) = account.statuses.iter().find(|it| it.id == id && it.is_open()) else {
            return missing(StatusCode::NOT_FOUND);
        };
        if status.end.is_some() {
            return missing(StatusCode::GONE);
        }
        let draft = status.draft();
        let handle = format!("@{}", self.options.username);
        let edited = match status.edits.last() {
            Some((at, _)) => format!(" · edited {}", at.format("%Y-%m-%d %H:%M UTC")),
            None => String::new(),
        };
        let spoiler = match draft.spoiler.as_str() {
            "" => String::new(),
            warning => format!("<p><strong>{}</strong></p>\n", escape(warning)),
        };
        let shown = account.pictures(draft).into_iter().map(|media| {
            let (id, words) = (&media.id, escape(&media.description));
            format!("<p><img src=\"/picture/{id}\" alt=\"{words}\" width=\"600\"></p>\n")
        });
        let pictures: String = shown.collect();
        let body = format!(
            "<article lang=\"{}\">\n<h1>{}</h1>\n{spoiler}<div class=\"e-content\">{}</div>\n\
             {pictures}<p class=\"quiet\">{}{edited}</p>\n</article>",
            escape(&draft.language),
            escape(&handle),
            content::html(&draft.text, &self.url),
            status.created_at.format("%Y-%m-%d %H:%M UTC"),
        );
        page(&format!("{handle} on the stand-in for Mastodon"), &body).into_response()
    }
}

/// An error as Mastodon writes it.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Record not found")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.why }))).into_response()
    }
}

impl Account {
    /// Whether each of these pictures was uploaded.
    fn has_all(&self, ids: &[String]) -> Result<(), Refusal> {
        let is_there = |id: &String| self.media.iter().any(|media| media.id == *id);
        if ids.iter().all(is_there) {
            return Ok(());
        }
        let why = "Validation failed: Media attachments could not be found";
        Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why))
    }

    /// The pictures that a draft shows.
    fn pictures(&self, draft: &Draft) -> Vec<&Media> {
        self.media.iter().filter(|media| draft.media.contains(&media.id)).collect()
    }
}

/// The status with that id, if it was not deleted.
fn standing<'a>(account: &'a mut Account, id: &str) -> Result<&'a mut Status, Refusal> {
    account
        .statuses
        .iter_mut()
        .find(|it| it.id == id && it.end.is_none())
        .ok_or_else(Refusal::not_found)
}

/// The fields of a request, sent as JSON or as a form.
fn fields(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|it| it.starts_with("application/json")) {
        let why = "Error occurred while parsing request parameters";
        return serde_json::from_slice(body)
            .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, why));
    }
    Ok(url::form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::from(value)))
        .collect())
}

/// A field as text; numbers and truth values are written out, nothing is nothing.
fn text_field(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A status's id as a number; ids that we gave are numbers.
fn number(id: &str) -> i64 {
    id.parse().unwrap_or_default()
}
