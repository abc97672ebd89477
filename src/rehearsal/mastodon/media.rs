//! Pictures: uploaded first, shown by a status later.
//!
//! Source: docs.joinmastodon.org (methods/media), and `Status#media_attachments` for what an edit
//! does with those that it does not name.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Map, Value, json};

use super::{Inner, Refusal};
use crate::rehearsal::form::{boundary, parts};
use crate::rehearsal::loopback::lock;

/// A picture that was uploaded.
#[derive(Debug, Clone)]
pub(super) struct Media {
    pub(super) id: String,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
    pub(super) description: String,
}

/// The longest description (`MediaAttachment::MAX_DESCRIPTION_LENGTH`).
const LONGEST_DESCRIPTION: usize = 1500;

impl Inner {
    pub(super) fn upload(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response, Refusal> {
        self.may(headers)?;
        let invalid = |why: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why);
        let boundary =
            boundary(headers).ok_or_else(|| invalid("Validation failed: File can't be blank"))?;
        let mut media = Media {
            id: String::new(),
            media_type: String::new(),
            bytes: Vec::new(),
            description: String::new(),
        };
        for (head, content) in parts(body, boundary) {
            if head.contains("name=\"file\"") {
                let named = head.lines().find_map(|line| line.strip_prefix("Content-Type: "));
                named.unwrap_or("application/octet-stream").clone_into(&mut media.media_type);
                media.bytes = content;
            } else if head.contains("name=\"description\"") {
                media.description = String::from_utf8_lossy(&content).into_owned();
            }
        }
        if media.bytes.is_empty() {
            return Err(invalid("Validation failed: File can't be blank"));
        }
        if media.description.chars().count() > LONGEST_DESCRIPTION {
            return Err(invalid("Validation failed: Description is too long"));
        }
        let mut account = lock(&self.account);
        account.last_id = (account.last_id + 1).max(self.clock.now().timestamp_millis() << 16);
        media.id = account.last_id.to_string();
        let answer = Json(self.media_entity(&media)).into_response();
        account.media.push(media);
        Ok(answer)
    }

    pub(super) fn media(&self, headers: &HeaderMap, id: &str) -> Result<Response, Refusal> {
        self.may(headers)?;
        let account = lock(&self.account);
        let media = account.media.iter().find(|it| it.id == id).ok_or_else(Refusal::not_found)?;
        Ok(Json(self.media_entity(media)).into_response())
    }

    /// The file, as readers see it.
    pub(super) fn picture(&self, id: &str) -> Result<Response, Refusal> {
        let account = lock(&self.account);
        let media = account.media.iter().find(|it| it.id == id).ok_or_else(Refusal::not_found)?;
        let head = [(header::CONTENT_TYPE, media.media_type.clone())];
        Ok((head, media.bytes.clone()).into_response())
    }

    pub(super) fn media_entity(&self, media: &Media) -> Value {
        json!({
            "id": media.id,
            "type": "image",
            "url": format!("{}picture/{}", self.url, media.id),
            "preview_url": format!("{}picture/{}", self.url, media.id),
            "remote_url": null,
            "description": media.description,
            "blurhash": null,
        })
    }
}

/// The ids in `media_ids`.
pub(super) fn media_ids(fields: &Map<String, Value>) -> Vec<String> {
    let ids = fields.get("media_ids").and_then(Value::as_array);
    ids.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
