//! The picture of a card: a blob that the server has taken before the post that names it.
//!
//! Source: `com.atproto.repo.uploadBlob`, and the blob type of <https://atproto.com/specs/data-model>.
//! A blob's link is made from its bytes, so the post's record is known before anything is uploaded.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Bluesky, cid, xrpc};
use crate::adapt::{Picture, PictureFile, Rendition};
use crate::channel::http::{Exchange, Request};
use crate::channel::steps::StepByStep;
use crate::channel::wire::{HttpRequest, PICTURE, SECRET, Step, Steps, Verb};
use crate::channel::{Address, Outcome, Permit, Receipt, Search, Trace, Wire};

/// The steps, by name.
const UPLOAD: &str = "picture";
const POST: &str = "post";

/// A picture as a record names it.
pub(super) fn blob(file: &PictureFile) -> Option<Value> {
    Some(json!({
        "$type": "blob",
        "ref": { "$link": cid::of_file(&file.sha256)? },
        "mimeType": file.media_type,
        "size": file.bytes,
    }))
}

/// The picture of a card, if there are both.
pub(super) fn of(rendition: &Rendition) -> Option<(&Picture, &PictureFile)> {
    match rendition {
        Rendition::Status { card: Some(_), picture: Some(picture), .. } => {
            Some((picture, picture.file.as_ref()?))
        }
        _ => None,
    }
}

impl Bluesky {
    /// A post with the picture before it; alone, if it shows none, or one that is there already.
    pub(super) fn with_thumb(
        &self,
        post: HttpRequest,
        rendition: &Rendition,
        earlier: Option<&Receipt>,
        address: &Address<'_>,
    ) -> Wire {
        let there = earlier.and_then(|it| it.media.as_ref()).map(|it| &it.shows);
        let Some((picture, file)) = of(rendition) else { return Wire::Http(post) };
        if there.is_some() && there == picture.shows().as_ref() {
            return Wire::Http(post);
        }
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let upload = HttpRequest {
            verb: Verb::Upload,
            method: "POST".to_owned(),
            url: self.endpoint("com.atproto.repo.uploadBlob").into(),
            headers: vec![
                header("Authorization", &format!("Bearer {SECRET}")),
                header("Accept", "application/json"),
                header("Content-Type", &file.media_type),
            ],
            body: Some(PICTURE.to_owned()),
            remote_id: None,
            reference: Some(address.reference.to_owned()),
            ask_first: None,
            key: None,
        };
        let upload = Step {
            name: UPLOAD.to_owned(),
            request: upload,
            picture: Some(file.sha256.clone()),
            shows: picture.shows(),
        };
        let post = Step { name: POST.to_owned(), request: post, picture: None, shows: None };
        Wire::Steps(Steps { steps: vec![upload, post] })
    }
}

#[async_trait]
impl StepByStep for Bluesky {
    async fn transmit(
        &self,
        _step: &str,
        request: &HttpRequest,
        body: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        if request.verb != Verb::Upload {
            return self.send_one(request, permit).await;
        }
        let made = match Request::from_wire(request) {
            Ok(made) => Request { bytes: body, ..made },
            Err(why) => return Outcome::Refused { why },
        };
        match self.write(&made, permit).await {
            Exchange::NoAnswer(outcome) => outcome,
            Exchange::Answer(answer) if !answer.is_success() => {
                xrpc::Failure::read(&answer).outcome(&answer)
            }
            Exchange::Answer(answer) => {
                let link = answer.json().and_then(|json| {
                    Some(json.get("blob")?.get("ref")?.get("$link")?.as_str()?.to_owned())
                });
                match link {
                    Some(link) => {
                        Outcome::Posted(Receipt { remote_id: Some(link), ..Receipt::default() })
                    }
                    None => Outcome::Deferred {
                        why: format!("the server names no blob: {}", answer.summary()),
                        after: None,
                    },
                }
            }
        }
    }

    async fn look_for(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        self.look_for_one(request, search).await
    }
}
