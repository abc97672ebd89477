//! Pictures: a place is asked for, then the bytes come there.
//!
//! Source: learn.microsoft.com, "Images API".

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::{Account, Inner, Problem};
use crate::rehearsal::loopback::lock;

/// A place for a picture, and what was brought there.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) urn: String,
    pub(super) bytes: Option<usize>,
}

/// How long a place may be used; the API says so in its answer, the documentation gives no number.
const KEPT: TimeDelta = TimeDelta::hours(24);

impl Inner {
    pub(super) fn place(&self, body: &Bytes) -> Result<Response, Problem> {
        let asked: Value =
            serde_json::from_slice(body).map_err(|_| Problem::Invalid("The body is no JSON"))?;
        let owner = asked["initializeUploadRequest"]["owner"].as_str();
        if owner != Some(self.options.author.as_str()) {
            return Err(Problem::Forbidden);
        }
        let now = self.clock.now();
        let mut account = lock(&self.account);
        account.last_id = (account.last_id + 1).max(now.timestamp_millis() << 20);
        let name = account.last_id.to_string();
        let urn = format!("urn:li:image:{name}");
        let answer = json!({ "value": {
            "uploadUrlExpiresAt": (now + KEPT).timestamp_millis(),
            "uploadUrl": format!("{}dms-uploads/{name}", self.url),
            "image": urn,
        }});
        account.images.push(Image { urn, bytes: None });
        Ok(Json(answer).into_response())
    }

    pub(super) fn bring(&self, name: &str, body: &Bytes) -> Result<Response, Problem> {
        let urn = format!("urn:li:image:{name}");
        let mut account = lock(&self.account);
        let image = account.images.iter_mut().find(|it| it.urn == urn);
        image.ok_or(Problem::NotFound)?.bytes = Some(body.len());
        Ok(StatusCode::CREATED.into_response())
    }
}

impl Account {
    /// Whether the picture that a post wants to show was brought; true if it wants none.
    pub(super) fn has_image_of(&self, draft: &Map<String, Value>) -> bool {
        let thumbnail = draft.get("content").and_then(|it| it["article"]["thumbnail"].as_str());
        thumbnail.is_none_or(|urn| {
            self.images.iter().any(|image| image.urn == urn && image.bytes.is_some())
        })
    }
}
