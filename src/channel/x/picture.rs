//! A post with a picture: the picture, its words, then the post that shows it.
//!
//! Sources: `POST /2/media/upload` and `POST /2/media/metadata` in X's OpenAPI document
//! (<https://docs.x.com>). The body of the upload is no form, so OAuth 1.0a does not sign it.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::X;
use crate::adapt::{Picture, Rendition};
use crate::channel::http::{Exchange, Request};
use crate::channel::steps::StepByStep;
use crate::channel::wire::{HttpRequest, PICTURE, Step, Steps, Verb, id_of};
use crate::channel::{
    Address, Outcome, Permit, PrepareError, Receipt, Search, Trace, Wire, multipart,
};

/// The steps, by name.
const UPLOAD: &str = "picture";
const WORDS: &str = "words of the picture";
const POST: &str = "post";

impl X {
    /// A new post: the request alone, or with a picture before it.
    pub(super) fn published(
        &self,
        mut post: HttpRequest,
        rendition: &Rendition,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let Rendition::Status { picture: Some(picture), .. } = rendition else {
            return Ok(Wire::Http(post));
        };
        let Picture { alt, file: Some(file), .. } = picture else { return Ok(Wire::Http(post)) };
        let body = post.body.as_deref().unwrap_or_default();
        let body: Result<Value, _> = serde_json::from_str(body);
        let mut body = body.map_err(|error| PrepareError::Invalid(error.to_string()))?;
        body["media"] = json!({ "media_ids": [id_of(UPLOAD)] });
        post.body = Some(body.to_string());

        let with_type = |mut request: HttpRequest, media_type: &str, body: String| {
            request.headers.push(("Content-Type".to_owned(), media_type.to_owned()));
            request.body = Some(body);
            request
        };
        let form = multipart::Form::new(address.key);
        let upload = form.text("media_category", "tweet_image").file("media", file, PICTURE);
        let request = self.request(Verb::Upload, "POST", "/2/media/upload", None, address);
        let upload = Step {
            name: UPLOAD.to_owned(),
            request: with_type(request, &upload.media_type(), upload.body()),
            picture: Some(file.sha256.clone()),
            shows: picture.shows(),
        };
        let words = json!({ "id": id_of(UPLOAD), "metadata": { "alt_text": { "text": alt } } });
        let request = self.request(Verb::Upload, "POST", "/2/media/metadata", None, address);
        let words = with_type(request, "application/json", words.to_string());
        let step = |name: &str, request| Step {
            name: name.to_owned(),
            request,
            picture: None,
            shows: None,
        };
        let steps = vec![upload, step(WORDS, words), step(POST, post)];
        Ok(Wire::Steps(Steps { steps }))
    }
}

#[async_trait]
impl StepByStep for X {
    async fn transmit(
        &self,
        _step: &str,
        request: &HttpRequest,
        body: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        let made = match Request::from_wire(request) {
            Ok(made) => Request { bytes: body, ..made },
            Err(why) => return Outcome::Refused { why },
        };
        match self.exchange(&made, Some(permit)).await {
            Exchange::NoAnswer(outcome) => outcome,
            Exchange::Answer(answer) if request.verb != Verb::Upload || !answer.is_success() => {
                self.outcome(request, &answer)
            }
            Exchange::Answer(answer) => {
                let id = answer.json().and_then(|it| Some(it["data"]["id"].as_str()?.to_owned()));
                match id {
                    Some(id) => {
                        Outcome::Posted(Receipt { remote_id: Some(id), ..Receipt::default() })
                    }
                    None => Outcome::Deferred {
                        why: format!("X names no picture: {}", answer.summary()),
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
