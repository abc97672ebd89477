//! Pictures: uploaded first, then described, then shown by a post.
//!
//! Source: X's OpenAPI document (`POST /2/media/upload`, `POST /2/media/metadata`).

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Map, Value, json};

use super::{Inner, Problem};
use crate::rehearsal::form::{boundary, parts};
use crate::rehearsal::loopback::lock;

/// A picture that was uploaded.
#[derive(Debug, Clone)]
pub(super) struct Media {
    pub(super) id: String,
    pub(super) bytes: usize,
    pub(super) words: String,
}

/// The longest words for a picture (`CreateMediaMetadataMetadataAltText`).
const LONGEST_WORDS: usize = 1000;

impl Inner {
    pub(super) fn upload(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response, Problem> {
        let invalid = |why: &str| Problem::Invalid(why.to_owned());
        let boundary = boundary(headers).ok_or_else(|| invalid("$.media: is missing"))?;
        let parts = parts(body, boundary);
        let field = |name: &str| {
            let name = format!("name=\"{name}\"");
            parts.iter().find(|(head, _)| head.contains(&name)).map(|(_, content)| content)
        };
        if field("media_category").map(Vec::as_slice) != Some(b"tweet_image") {
            return Err(invalid("$.media_category: is missing"));
        }
        let bytes = field("media").map(Vec::len).filter(|it| *it > 0);
        let bytes = bytes.ok_or_else(|| invalid("$.media: is missing"))?;
        let mut account = lock(&self.account);
        account.last_id = (account.last_id + 1).max(self.clock.now().timestamp_millis() << 20);
        let id = account.last_id.to_string();
        account.media.push(Media { id: id.clone(), bytes, words: String::new() });
        let data = json!({ "id": id, "media_key": format!("3_{id}"), "size": bytes });
        Ok(Json(json!({ "data": data })).into_response())
    }

    pub(super) fn describe(&self, body: &Bytes) -> Result<Response, Problem> {
        let asked: Value = serde_json::from_slice(body)
            .map_err(|error| Problem::Invalid(format!("The body is no JSON: {error}")))?;
        let words = asked["metadata"]["alt_text"]["text"].as_str().unwrap_or_default();
        if words.chars().count() > LONGEST_WORDS {
            return Err(Problem::Invalid("$.metadata.alt_text.text: is too long".to_owned()));
        }
        let mut account = lock(&self.account);
        let media = account.media.iter_mut().find(|it| asked["id"] == it.id.as_str());
        let media = media.ok_or_else(|| Problem::Invalid("$.id: no such media".to_owned()))?;
        words.clone_into(&mut media.words);
        Ok(Json(json!({ "data": { "id": media.id } })).into_response())
    }
}

/// The ids of the pictures that a post wants to show.
pub(super) fn shown(draft: &Map<String, Value>) -> Vec<String> {
    let ids = draft.get("media").and_then(|media| media["media_ids"].as_array());
    ids.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
