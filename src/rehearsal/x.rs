//! Plays X's API v2 for one account in OAuth 1.0a user context.
//!
//! Sources: docs.x.com (manage posts, timelines, errors, rate limits) and its OpenAPI document;
//! the duplicate's 403 as reported in akrherz/iembot#163. What X says to a text that is too long,
//! and to deleting what is deleted already, is not documented: the answers here are plausible.

mod api;
mod media;
mod signature;
mod tweet;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy};
use super::fault::{Faults, set};
use super::loopback::{Bound, Loopback, SharedClock, lock};
use super::page::{escape, missing, page};
use crate::adapt::count::Count;
use tweet::{Expansion, Tweet};

pub use signature::Keys;

/// What the account is like.
#[derive(Debug, Clone)]
pub struct Options {
    pub username: String,
    /// The account's numeric id.
    pub user_id: String,
    pub keys: Keys,
    /// How long after it was created a post shows up in the account's timeline.
    pub timeline_lag: TimeDelta,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            username: "lab".to_owned(),
            user_id: "2244994945".to_owned(),
            keys: Keys {
                consumer_key: "rehearsal-consumer".to_owned(),
                consumer_secret: "rehearsal-consumer-secret".to_owned(),
                access_token: "2244994945-rehearsal".to_owned(),
                access_token_secret: "rehearsal-access-secret".to_owned(),
            },
            timeline_lag: TimeDelta::zero(),
        }
    }
}

/// X on loopback: the API and the pages that people read under one address.
pub struct XStandIn {
    inner: Arc<Inner>,
    _server: Loopback,
}

impl XStandIn {
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
            account: Mutex::default(),
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

    /// Faults of the requests that create a post.
    pub fn faults(&self) -> &Faults {
        &self.inner.creating
    }

    /// Faults of the requests that delete one.
    pub fn change_faults(&self) -> &Faults {
        &self.inner.changing
    }

    /// Every post that was ever stored.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }

    /// How many pictures were uploaded, shown or not.
    pub fn uploads(&self) -> usize {
        lock(&self.inner.account).media.len()
    }

    /// How many requests to create a post came in, whatever became of them.
    pub fn creating_requests(&self) -> usize {
        lock(&self.inner.account).creating_requests
    }

    /// Someone else takes the post away.
    pub fn remove(&self, id: &str) {
        let now = self.inner.clock.now();
        if let Some(tweet) = lock(&self.inner.account).tweets.iter_mut().find(|it| it.id == id) {
            tweet.end.get_or_insert(End::Removed { at: now });
        }
    }
}

impl Exhibitor for XStandIn {
    fn channel(&self) -> String {
        self.inner.channel.clone()
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

/// The longest post, weighted (docs.x.com/fundamentals/counting-characters).
const LIMIT: usize = 280;

/// Posts per user in 15 minutes (docs.x.com/x-api/fundamentals/rate-limits).
const RATE_LIMIT: usize = 100;

/// The fields of a request to create a post, of which these are understood; others are refused.
const FIELDS: [&str; 15] = [
    "text",
    "reply",
    "media",
    "poll",
    "geo",
    "quote_tweet_id",
    "reply_settings",
    "for_super_followers_only",
    "direct_message_deep_link",
    "nullcast",
    "card_uri",
    "community_id",
    "made_with_ai",
    "paid_partnership",
    "share_with_followers",
];

struct Inner {
    channel: String,
    url: Url,
    options: Options,
    clock: SharedClock,
    creating: Faults,
    changing: Faults,
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    /// The oldest first.
    tweets: Vec<Tweet>,
    /// Every picture that was uploaded, shown or not.
    media: Vec<media::Media>,
    /// Nonces that were used; each is good for one request (RFC 5849 §3.3).
    nonces: BTreeSet<String>,
    last_id: i64,
    creating_requests: usize,
}

impl Inner {
    fn copies(&self) -> Vec<StoredCopy> {
        let account = lock(&self.account);
        let copy = |tweet: &Tweet| {
            let mut copy = tweet.copy(&self.page_of(&tweet.id));
            let shown = account.media.iter().filter(|it| tweet.pictures.contains(&it.id));
            let labels =
                shown.map(|it| ("picture".to_owned(), format!("{} bytes: {}", it.bytes, it.words)));
            copy.labels.extend(labels);
            copy
        };
        account.tweets.iter().map(copy).collect()
    }

    fn page_of(&self, id: &str) -> String {
        format!("{}{}/status/{id}", self.url, self.options.username)
    }

    /// Checks the signature of a request; the body is not signed where it is JSON.
    fn may(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let address = format!("http://{}{}", host.unwrap_or_default(), uri.path());
        let query = uri.query().unwrap_or_default();
        let nonce = given
            .and_then(|given| self.options.keys.verify(given, method.as_str(), &address, query));
        if nonce.is_some_and(|nonce| lock(&self.account).nonces.insert(nonce)) {
            Ok(())
        } else {
            Err(Problem::Unauthorized)
        }
    }

    fn create(&self, body: &Bytes) -> Result<Response, Problem> {
        let draft: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| Problem::Invalid(format!("The body is no JSON object: {error}")))?;
        if let Some(unknown) = draft.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(Problem::Invalid(format!("$.{unknown}: is not defined in the schema")));
        }
        let text = draft.get("text").and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Problem::Invalid("Tweet text or media is required".to_owned()));
        }
        if Count::X.length(text) > LIMIT {
            let why = "Your Tweet text is too long. For more information, please refer to the \
                       character counting page.";
            return Err(Problem::Forbidden(why));
        }
        let answers = draft
            .get("reply")
            .and_then(|reply| reply.get("in_reply_to_tweet_id"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let now = self.clock.now();
        let mut account = lock(&self.account);
        let standing = |id: &str| account.tweets.iter().any(|it| it.id == id && it.stands());
        if answers.as_deref().is_some_and(|parent| !standing(parent)) {
            let why = "You attempted to reply to a Tweet that is deleted or not visible to you.";
            return Err(Problem::Forbidden(why));
        }
        if account.tweets.iter().any(|it| it.stands() && it.text == text) {
            let why = "You are not allowed to create a Tweet with duplicate content.";
            return Err(Problem::Forbidden(why));
        }
        let pictures = media::shown(&draft);
        if !pictures.iter().all(|id| account.media.iter().any(|it| it.id == *id)) {
            return Err(Problem::Invalid("Your media IDs are invalid.".to_owned()));
        }
        // Ids grow with time: milliseconds, then a sequence (Snowflake).
        account.last_id = (account.last_id + 1).max(now.timestamp_millis() << 20);
        let tweet = Tweet {
            id: account.last_id.to_string(),
            text: text.to_owned(),
            created_at: now,
            end: None,
            answers,
            pictures,
            raw: String::from_utf8_lossy(body).into_owned(),
        };
        let answer = json!({ "data": {
            "id": tweet.id,
            "text": tweet.shortened().0,
            "edit_history_tweet_ids": [tweet.id],
        }});
        account.tweets.push(tweet);
        Ok((StatusCode::CREATED, Json(answer)).into_response())
    }

    fn delete(&self, id: &str) -> Response {
        let now = self.clock.now();
        if let Some(tweet) = lock(&self.account).tweets.iter_mut().find(|it| it.id == id) {
            tweet.end.get_or_insert(End::Withdrawn { at: now });
        }
        Json(json!({ "data": { "deleted": true } })).into_response()
    }

    /// A missing post is answered with 200 and an error in the body.
    fn show(&self, id: &str, query: &str) -> Response {
        let account = lock(&self.account);
        match account.tweets.iter().find(|it| it.id == id && it.stands()) {
            Some(tweet) => {
                Json(json!({ "data": tweet.entity(&self.options.user_id, Expansion::of(query)) }))
                    .into_response()
            }
            None => Json(not_found("tweet", id)).into_response(),
        }
    }

    fn timeline(&self, user: &str, query: &str) -> Result<Response, Problem> {
        if user != self.options.user_id {
            return Ok(Json(not_found("user", user)).into_response());
        }
        let page = TimelinePage::read(query).map_err(Problem::Invalid)?;
        let visible_from = self.clock.now() - self.options.timeline_lag;
        let account = lock(&self.account);
        let found: Vec<&Tweet> = account
            .tweets
            .iter()
            .rev()
            .filter(|it| it.stands() && it.created_at <= visible_from)
            .filter(|it| page.before.is_none_or(|before| it.number() < before))
            .filter(|it| page.since.is_none_or(|since| it.number() > since))
            .filter(|it| page.from.is_none_or(|from| it.created_at >= from))
            .collect();
        let shown: Vec<&Tweet> = found.iter().take(page.size).copied().collect();
        let mut meta = json!({ "result_count": shown.len() });
        if let (Some(newest), Some(oldest)) = (shown.first(), shown.last()) {
            meta["newest_id"] = newest.id.clone().into();
            meta["oldest_id"] = oldest.id.clone().into();
            if found.len() > shown.len() {
                meta["next_token"] = oldest.id.clone().into();
            }
        }
        let expansion = Expansion::of(query);
        let data: Vec<Value> =
            shown.iter().map(|it| it.entity(&self.options.user_id, expansion)).collect();
        // Where nothing was found, `data` is absent, not empty.
        let answer = if data.is_empty() {
            json!({ "meta": meta })
        } else {
            json!({ "data": data, "meta": meta })
        };
        Ok(Json(answer).into_response())
    }

    fn public_page(&self, id: &str) -> Response {
        let account = lock(&self.account);
        let Some(tweet) = account.tweets.iter().find(|it| it.id == id && it.stands()) else {
            return missing(StatusCode::NOT_FOUND);
        };
        let handle = format!("@{}", self.options.username);
        let body = format!(
            "<article>\n<h1>{}</h1>\n<div class=\"text\">{}</div>\n<p class=\"quiet\">{}</p>\n\
             </article>",
            escape(&handle),
            escape(&tweet.text),
            tweet.created_at.format("%Y-%m-%d %H:%M UTC"),
        );
        page(&format!("{handle} on the stand-in for X"), &body).into_response()
    }
}

/// An error as X writes it (application/problem+json, RFC 9457).
#[derive(Debug)]
enum Problem {
    Unauthorized,
    Forbidden(&'static str),
    Invalid(String),
    NoSuchAddress,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let plain = |status: StatusCode, title: &str, detail: &str| {
            let body = json!({
                "title": title,
                "detail": detail,
                "type": "about:blank",
                "status": status.as_u16(),
            });
            (status, body)
        };
        let (status, body) = match self {
            Self::Unauthorized => plain(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized"),
            Self::Forbidden(why) => plain(StatusCode::FORBIDDEN, "Forbidden", why),
            Self::NoSuchAddress => plain(StatusCode::NOT_FOUND, "Not Found", "Not Found"),
            Self::Invalid(why) => (
                StatusCode::BAD_REQUEST,
                json!({
                    "errors": [{ "message": why }],
                    "title": "Invalid Request",
                    "detail": "One or more parameters to your request was invalid.",
                    "type": "https://api.twitter.com/2/problems/invalid-request",
                }),
            ),
        };
        let mut response = (status, Json(body)).into_response();
        set(&mut response, "content-type", "application/problem+json; charset=utf-8");
        response
    }
}

/// Which part of the timeline is asked for.
#[derive(Debug)]
struct TimelinePage {
    size: usize,
    before: Option<i64>,
    since: Option<i64>,
    from: Option<DateTime<Utc>>,
}

impl TimelinePage {
    fn read(query: &str) -> Result<Self, String> {
        let mut page = Self { size: 10, before: None, since: None, from: None };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let wrong = || format!("The `{name}` query parameter value [{value}] is not valid");
            match name.as_ref() {
                "max_results" => {
                    page.size = value.parse().map_err(|_| wrong())?;
                    if !(5..=100).contains(&page.size) {
                        return Err(format!("{}: it must be between 5 and 100", wrong()));
                    }
                }
                "pagination_token" | "until_id" => {
                    page.before = Some(value.parse().map_err(|_| wrong())?);
                }
                "since_id" => page.since = Some(value.parse().map_err(|_| wrong())?),
                "start_time" => page.from = Some(value.parse().map_err(|_| wrong())?),
                _ => {}
            }
        }
        Ok(page)
    }
}

/// What X says, with status 200, of something that is not there.
fn not_found(kind: &str, id: &str) -> Value {
    json!({ "errors": [{
        "value": id,
        "detail": format!("Could not find {kind} with id: [{id}]."),
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": "id",
        "resource_id": id,
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }]})
}
