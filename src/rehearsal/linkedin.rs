//! Plays LinkedIn's Posts API for one author.
//!
//! Sources: learn.microsoft.com ("Posts API", "Images API", "little Text Format", "Error Handling", "LinkedIn
//! Marketing API Versioning"); the duplicate's 422 as reported in Arisamiga/Linkedin-RSS#5, the one
//! that names a deleted post in ComposioHQ/composio#2710, a retired version's 426 in n8n-io/n8n#28600.
//! What LinkedIn says to a text that is too long is not documented: the answer here is plausible.

mod api;
mod image;
mod post;

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy};
use super::fault::{Faults, set};
use super::loopback::{Bound, Loopback, SharedClock, lock};
use super::page::{escape, missing, page};
use api::Finder;
use image::Image;
use post::{Post, shown};

/// What the author is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// `urn:li:organization:N`, or `urn:li:person:ID`, whose posts nobody can read.
    pub author: String,
    pub token: String,
    /// The only version that is served.
    pub version: String,
    /// How long after it was created a post shows up among the author's.
    pub lag: TimeDelta,
    pub ghosts: Ghosts,
}

/// Whether a deleted post's words are still refused as a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ghosts {
    Forgotten,
    Remembered,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            author: "urn:li:organization:2414183".to_owned(),
            token: "rehearsal-linkedin-token".to_owned(),
            version: "202609".to_owned(),
            lag: TimeDelta::zero(),
            ghosts: Ghosts::Forgotten,
        }
    }
}

/// LinkedIn on loopback: the API and the pages that people read under one address.
pub struct LinkedInStandIn {
    inner: Arc<Inner>,
    _server: Loopback,
}

impl LinkedInStandIn {
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
            uploading: Faults::default(),
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

    /// Faults of the requests that change or delete one.
    pub fn change_faults(&self) -> &Faults {
        &self.inner.changing
    }

    /// Faults of the requests that ask for a place for a picture, and that bring it there.
    pub fn upload_faults(&self) -> &Faults {
        &self.inner.uploading
    }

    /// How many pictures were brought, shown or not.
    pub fn uploads(&self) -> usize {
        let account = lock(&self.inner.account);
        account.images.iter().filter(|image| image.bytes.is_some()).count()
    }

    /// Every post that was ever stored.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }

    /// How many requests to create a post came in, whatever became of them.
    pub fn creating_requests(&self) -> usize {
        lock(&self.inner.account).creating_requests
    }
}

impl Exhibitor for LinkedInStandIn {
    fn channel(&self) -> String {
        self.inner.channel.clone()
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

/// The longest post, its escapes counted.
const LIMIT: usize = 3000;

/// Posts that are listed at once.
const PAGE: usize = 100;

struct Inner {
    channel: String,
    url: Url,
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
    posts: Vec<Post>,
    last_id: i64,
    creating_requests: usize,
    images: Vec<Image>,
}

impl Inner {
    fn copies(&self) -> Vec<StoredCopy> {
        let account = lock(&self.account);
        let copy = |post: &Post| post.copy(&self.page_of(&post.urn), &account.images);
        account.posts.iter().map(copy).collect()
    }

    fn page_of(&self, urn: &str) -> String {
        format!("{}feed/update/{urn}/", self.url)
    }

    /// Whether the token is good.
    fn knows(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match given.and_then(|value| value.strip_prefix("Bearer ")) {
            Some(token) if token == self.options.token => Ok(()),
            _ => Err(Problem::Unauthorized),
        }
    }

    /// Whether a request to the versioned API is well-formed and signed.
    fn may(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if given("x-restli-protocol-version") != Some("2.0.0") {
            return Err(Problem::Invalid("X-Restli-Protocol-Version must be 2.0.0"));
        }
        match given("linkedin-version") {
            None => return Err(Problem::Invalid("A version must be present")),
            Some(version) if version != self.options.version => {
                return Err(Problem::NoSuchVersion(version.to_owned()));
            }
            Some(_) => {}
        }
        self.knows(headers)
    }

    fn create(&self, body: &Bytes) -> Result<Response, Problem> {
        let draft: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Problem::Invalid("The body is no JSON"))?;
        let field = |name: &str| draft.get(name).and_then(Value::as_str).unwrap_or_default();
        if field("author") != self.options.author {
            return Err(Problem::Forbidden);
        }
        if field("visibility") != "PUBLIC"
            || field("lifecycleState") != "PUBLISHED"
            || draft.get("distribution").is_none()
        {
            return Err(Problem::Invalid("A required field is missing"));
        }
        let commentary = words(field("commentary"))?;
        let now = self.clock.now();
        let mut account = lock(&self.account);
        if !account.has_image_of(&draft) {
            return Err(Problem::Invalid("content.article.thumbnail: no such image"));
        }
        let remembered = |post: &Post| post.stands() || self.options.ghosts == Ghosts::Remembered;
        if let Some(same) =
            account.posts.iter().find(|it| remembered(it) && it.commentary() == commentary)
        {
            return Err(Problem::Duplicate(same.urn.clone()));
        }
        account.last_id = (account.last_id + 1).max(now.timestamp_millis() << 20);
        let urn = format!("urn:li:share:{}", account.last_id);
        let mut response = StatusCode::CREATED.into_response();
        set(&mut response, "x-restli-id", &urn);
        account.posts.push(Post {
            urn,
            created_at: now,
            end: None,
            content: draft.get("content").cloned(),
            original: commentary.to_owned(),
            edits: Vec::new(),
            raw: String::from_utf8_lossy(body).into_owned(),
        });
        Ok(response)
    }

    fn change(&self, headers: &HeaderMap, urn: &str, body: &Bytes) -> Result<Response, Problem> {
        if headers.get("x-restli-method").is_none_or(|method| method != "PARTIAL_UPDATE") {
            return Err(Problem::Invalid("The method is not supported"));
        }
        let patch: Value =
            serde_json::from_slice(body).map_err(|_| Problem::Invalid("The body is no JSON"))?;
        let commentary = patch.pointer("/patch/$set/commentary").and_then(Value::as_str);
        let commentary = words(commentary.ok_or(Problem::Invalid("The patch sets nothing"))?)?;
        let now = self.clock.now();
        let mut account = lock(&self.account);
        let post = account.posts.iter_mut().find(|it| it.urn == urn && it.stands());
        post.ok_or(Problem::NotFound)?.edits.push((now, commentary.to_owned()));
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    /// Deleting what is deleted already is no error.
    fn delete(&self, urn: &str) -> Response {
        let now = self.clock.now();
        if let Some(post) = lock(&self.account).posts.iter_mut().find(|it| it.urn == urn) {
            post.end.get_or_insert(End::Withdrawn { at: now });
        }
        StatusCode::NO_CONTENT.into_response()
    }

    /// Only what a page posts can be read.
    fn readable(&self) -> Result<(), Problem> {
        if self.options.author.starts_with("urn:li:organization:") {
            Ok(())
        } else {
            Err(Problem::Forbidden)
        }
    }

    fn show(&self, urn: &str) -> Result<Value, Problem> {
        self.readable()?;
        let account = lock(&self.account);
        let post = account.posts.iter().find(|it| it.urn == urn && it.stands());
        post.map(|post| post.entity(&self.options.author)).ok_or(Problem::NotFound)
    }

    fn find(&self, finder: &Finder) -> Result<Value, Problem> {
        self.readable()?;
        if finder.q.as_deref() != Some("author") {
            return Err(Problem::Invalid("There is no such finder"));
        }
        if finder.author.as_ref() != Some(&self.options.author) {
            return Err(Problem::Forbidden);
        }
        let count = finder.count.unwrap_or(10);
        if count > PAGE {
            return Err(Problem::Invalid("count is too large"));
        }
        let visible_from = self.clock.now() - self.options.lag;
        let account = lock(&self.account);
        let elements: Vec<Value> = account
            .posts
            .iter()
            .rev()
            .filter(|it| it.stands() && it.created_at <= visible_from)
            .skip(finder.start.unwrap_or_default())
            .take(count)
            .map(|it| it.entity(&self.options.author))
            .collect();
        let paging = json!({ "start": finder.start.unwrap_or_default(), "count": count });
        Ok(json!({ "paging": paging, "elements": elements }))
    }

    fn member(&self) -> Value {
        let id = self.options.author.rsplit(':').next().unwrap_or_default();
        json!({ "sub": id, "name": "Robin Example" })
    }

    fn public_page(&self, urn: &str) -> Response {
        let account = lock(&self.account);
        let Some(post) = account.posts.iter().find(|it| it.urn == urn && it.stands()) else {
            return missing(StatusCode::NOT_FOUND);
        };
        let card = post.card().map_or_else(String::new, |(title, source)| {
            let (title, source) = (escape(title), escape(source));
            format!("<p class=\"card\"><a href=\"{source}\">{title}</a></p>\n")
        });
        let body = format!(
            "<article>\n<h1>{}</h1>\n<div class=\"text\">{}</div>\n{card}<p class=\"quiet\">{}</p>\n\
             </article>",
            escape(&self.options.author),
            escape(&shown(post.commentary())),
            post.created_at.format("%Y-%m-%d %H:%M UTC"),
        );
        page("A post on the stand-in for LinkedIn", &body).into_response()
    }
}

fn words(commentary: &str) -> Result<&str, Problem> {
    if commentary.trim().is_empty() {
        return Err(Problem::Invalid("commentary is required"));
    }
    if commentary.encode_utf16().count() > LIMIT {
        return Err(Problem::TooLong);
    }
    Ok(commentary)
}

/// An error as LinkedIn writes it.
#[derive(Debug)]
enum Problem {
    Unauthorized,
    Forbidden,
    Invalid(&'static str),
    TooLong,
    Duplicate(String),
    NoSuchVersion(String),
    NotFound,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, mut body) = match self {
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                json!({
                    "serviceErrorCode": 65602,
                    "code": "EXPIRED_ACCESS_TOKEN",
                    "message": "The token used in the request has expired",
                }),
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                json!({ "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "Not enough permissions to access: posts" }),
            ),
            Self::Invalid(why) => (StatusCode::BAD_REQUEST, json!({ "message": why })),
            Self::TooLong => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({ "message": "commentary: length exceeds 3000" }),
            ),
            Self::Duplicate(urn) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({
                    "errorDetailType": "com.linkedin.common.error.BadRequest",
                    "message": format!(
                        "com.linkedin.content.common.exception.BadRequestResponseException: \
                         Content is a duplicate of {urn}"
                    ),
                    "errorDetails": { "inputErrors": [{
                        "description": "Duplicate post is detected",
                        "input": {},
                        "code": "DUPLICATE_POST",
                    }]},
                }),
            ),
            Self::NoSuchVersion(version) => (
                StatusCode::UPGRADE_REQUIRED,
                json!({
                    "code": "NONEXISTENT_VERSION",
                    "message": format!("Requested version {version}01 is not active"),
                }),
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, json!({ "code": "NOT_FOUND", "message": "Not Found" }))
            }
        };
        body["status"] = status.as_u16().into();
        (status, Json(body)).into_response()
    }
}
