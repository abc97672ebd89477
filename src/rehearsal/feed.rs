//! Serves a feed's folder, read-only, so that the links in it can be followed.

use std::io;
use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy, Version};
use super::loopback::{Bound, Loopback, SharedClock, lock};
use super::page::{escape, missing, page, plain_text};
use crate::channel::feed::format::{JSON_FEED, media_type};

/// A web server on loopback for one folder.
pub struct FeedStandIn {
    inner: Arc<Inner>,
    _server: Loopback,
}

impl FeedStandIn {
    /// Starts the server; the folder may come into being later. `channel` is the name under which
    /// its entries are shown, `clock` dates what is seen of them.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had.
    pub async fn start(
        channel: &str,
        folder: impl Into<PathBuf>,
        clock: SharedClock,
    ) -> io::Result<Self> {
        let bound = Bound::take().await?;
        let inner = Arc::new(Inner {
            channel: channel.to_owned(),
            url: bound.url()?,
            folder: folder.into(),
            clock,
            seen: Mutex::default(),
        });
        let router = Router::new()
            .route("/", get(index))
            .route("/{*path}", get(file))
            .with_state(Arc::clone(&inner));
        let server = bound.serve(router);
        Ok(Self { inner, _server: server })
    }

    /// Where the folder is served.
    pub fn url(&self) -> Url {
        self.inner.url.clone()
    }

    /// The entries that were ever seen in the folder. It is looked at on each call and each visit:
    /// what changed or vanished in between is an edit or a withdrawal of that moment.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

impl Exhibitor for FeedStandIn {
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
    folder: PathBuf,
    clock: SharedClock,
    /// The oldest first.
    seen: Mutex<Vec<StoredCopy>>,
}

impl Inner {
    fn names(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    fn copies(&self) -> Vec<StoredCopy> {
        let now = self.clock.now();
        let found: Vec<(String, Version)> = self
            .names()
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.version(&name, now)?)))
            .collect();
        let mut seen = lock(&self.seen);
        for (name, version) in &found {
            let standing = seen.iter_mut().find(|copy| copy.id == *name && copy.stands());
            match standing {
                Some(copy) if copy.current().raw == version.raw => {}
                Some(copy) => copy.edits.push(version.clone()),
                None => seen.push(StoredCopy {
                    id: name.clone(),
                    link: self.url.join(name).ok(),
                    labels: Vec::new(),
                    answers: None,
                    original: version.clone(),
                    edits: Vec::new(),
                    end: None,
                }),
            }
        }
        for copy in seen.iter_mut().filter(|copy| copy.stands()) {
            if !found.iter().any(|(name, _)| *name == copy.id) {
                copy.end = Some(End::Withdrawn { at: now });
            }
        }
        seen.clone()
    }

    /// What a file says, if it is a JSON-LD document with a title, and no list of them.
    fn version(&self, name: &str, at: DateTime<Utc>) -> Option<Version> {
        if name == JSON_FEED {
            return None;
        }
        let raw = std::fs::read_to_string(self.folder.join(name)).ok()?;
        let document: Value = serde_json::from_str(&raw).ok()?;
        let title = document.get("title").and_then(Value::as_str)?.to_owned();
        let description = document.get("description").and_then(Value::as_str).unwrap_or_default();
        Some(Version { at, title: Some(title), text: plain_text(description), raw })
    }
}

async fn index(State(inner): State<Arc<Inner>>) -> Response {
    let entries: Vec<String> = inner
        .names()
        .iter()
        .map(|name| format!("<li><a href=\"/{0}\">{0}</a></li>\n", escape(name)))
        .collect();
    let body = format!("<h1>{}</h1>\n<ul>\n{}</ul>", escape(&inner.channel), entries.concat());
    page(&inner.channel, &body).into_response()
}

async fn file(State(inner): State<Arc<Inner>>, Path(path): Path<String>) -> Response {
    inner.copies();
    let wanted = FilePath::new(&path);
    // Only plain names lead into the folder; a link in it that leads out is not followed.
    if !wanted.components().all(|part| matches!(part, Component::Normal(_))) {
        return missing(StatusCode::NOT_FOUND);
    }
    let found = inner.folder.canonicalize().and_then(|folder| {
        let file = folder.join(wanted).canonicalize()?;
        if file.starts_with(&folder) { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
    });
    let Ok(found) = found else { return missing(StatusCode::NOT_FOUND) };
    let name = found.file_name().unwrap_or_default().to_string_lossy();
    match tokio::fs::read(&found).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, media_type(&name))], bytes).into_response(),
        Err(_) => missing(StatusCode::NOT_FOUND),
    }
}
