//! What takes more than one request: a picture and the status that shows it, a thread.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Mastodon, is_status_id, status_of};
use crate::adapt::{Picture, Rendition};
use crate::channel::http::{self, Answer, Credential, Exchange, Request};
use crate::channel::steps::{self, StepByStep};
use crate::channel::wire::{HttpRequest, PICTURE, SECRET, Step, Steps, Verb, id_of};
use crate::channel::{
    Address, Outcome, Permit, PrepareError, Receipt, Search, Sight, Trace, Wire, multipart, words,
};

/// The name of the step that uploads the picture.
const UPLOAD: &str = "picture";

/// How often is looked whether the server is done with a picture, and how long is waited between
/// two looks: it makes other sizes of it (`/api/v2/media` answers 202 meanwhile).
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

impl Mastodon {
    /// A new status: the request alone, or with a picture before it and further parts behind.
    pub(super) fn published(
        &self,
        first: HttpRequest,
        rendition: &Rendition,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let (parts, picture) = more_of(rendition);
        if parts.is_empty() && picture.is_none() {
            return Ok(Wire::Http(first));
        }
        let mut steps = Vec::new();
        let mut body = body_of(&first)?;
        if let Some(picture) = picture {
            steps.push(self.upload(picture, address)?);
            body["media_ids"] = json!([id_of(UPLOAD)]);
        }
        let following = HttpRequest { body: Some(body_of(&first)?.to_string()), ..first.clone() };
        steps.push(step(&part(1), HttpRequest { body: Some(body.to_string()), ..first }));
        for (number, text) in (2..).zip(parts) {
            steps.push(self.reply(number, text, &id_of(&part(number - 1)), &following, address)?);
        }
        Ok(Wire::Steps(Steps { steps }))
    }

    /// An edit of everything that stands. A picture that is there already is kept; parts that are not
    /// wanted any more are taken back, and what the text has more goes on as answers to the last part.
    pub(super) fn edited(
        &self,
        first: HttpRequest,
        rendition: &Rendition,
        receipt: &Receipt,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let (parts, picture) = more_of(rendition);
        let mut steps = Vec::new();
        let mut body = body_of(&first)?;
        if let Some(picture) = picture {
            let there =
                receipt.media.as_ref().filter(|it| Some(&it.shows) == picture.shows().as_ref());
            if let Some(media) = there {
                body["media_ids"] = json!([media.id]);
            } else {
                steps.push(self.upload(picture, address)?);
                body["media_ids"] = json!([id_of(UPLOAD)]);
            }
        }
        let first = HttpRequest { body: Some(body.to_string()), ..first };
        if parts.is_empty() && receipt.parts.is_empty() && steps.is_empty() {
            return Ok(Wire::Http(first));
        }
        let (_, language) = status_of(rendition)?;
        let mut last = fit_id(first.remote_id.as_deref().unwrap_or_default())?.to_owned();
        let mut standing = receipt.parts.iter();
        let mut rest = Vec::new();
        for (number, text) in (2..).zip(parts) {
            if let Some(id) = standing.next() {
                rest.push(self.edit_of_part(number, fit_id(id)?, text, &first, address)?);
                last.clone_from(id);
            } else {
                let like = self.new_status(text, language, None, address);
                rest.push(self.reply(number, text, &last, &like, address)?);
                last = id_of(&part(number));
            }
        }
        steps.push(step(&part(1), first));
        steps.extend(rest);
        for (number, id) in (parts.len() + 2..).zip(standing) {
            steps.push(self.deletion(number, fit_id(id)?, address));
        }
        Ok(Wire::Steps(Steps { steps }))
    }

    /// A part that says something else; in everything but its words it is like the first.
    fn edit_of_part(
        &self,
        number: usize,
        id: &str,
        text: &str,
        first: &HttpRequest,
        address: &Address<'_>,
    ) -> Result<Step, PrepareError> {
        let mut body = body_of(first)?;
        body["status"] = text.into();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("media_ids");
        }
        let path = format!("/api/v1/statuses/{id}");
        let mut request = self.request(Verb::Update, "PUT", &path, Some(id), address);
        request.body = Some(body.to_string());
        Ok(step(&part(number), request))
    }

    /// Takes everything back, the last part first, so that none answers a status that is gone.
    pub(super) fn withdrawn(
        &self,
        first: HttpRequest,
        receipt: &Receipt,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        if receipt.parts.is_empty() {
            return Ok(Wire::Http(first));
        }
        let mut steps = Vec::new();
        for (number, id) in (2..).zip(&receipt.parts).collect::<Vec<_>>().into_iter().rev() {
            steps.push(self.deletion(number, fit_id(id)?, address));
        }
        steps.push(step(&part(1), first));
        Ok(Wire::Steps(Steps { steps }))
    }

    fn deletion(&self, number: usize, id: &str, address: &Address<'_>) -> Step {
        let path = format!("/api/v1/statuses/{id}");
        step(&part(number), self.request(Verb::Withdraw, "DELETE", &path, Some(id), address))
    }

    /// A part that answers another one; in everything else it is like the first.
    fn reply(
        &self,
        number: usize,
        text: &str,
        answers: &str,
        like: &HttpRequest,
        address: &Address<'_>,
    ) -> Result<Step, PrepareError> {
        let mut body = body_of(like)?;
        body["status"] = text.into();
        body["in_reply_to_id"] = answers.into();
        let mut request = HttpRequest { body: Some(body.to_string()), ..like.clone() };
        for (name, value) in &mut request.headers {
            if name == "Idempotency-Key" {
                // A key of its own: with the first part's a server would return that.
                *value = Uuid::new_v5(&address.key.0, part(number).as_bytes()).to_string();
            }
        }
        Ok(step(&part(number), request))
    }

    /// `POST /api/v2/media`, with a known length: Takahe and snac refuse a body in chunks.
    fn upload(&self, picture: &Picture, address: &Address<'_>) -> Result<Step, PrepareError> {
        let Some(file) = &picture.file else {
            return Err(PrepareError::Invalid("the picture was not made".to_owned()));
        };
        let mut request = self.request(Verb::Upload, "POST", "/api/v2/media", None, address);
        let form = multipart::Form::new(address.key).file("file", file, PICTURE);
        let form = form.text("description", &picture.alt);
        for (name, value) in &mut request.headers {
            if name == "Content-Type" {
                *value = form.media_type();
            }
        }
        request.body = Some(form.body());
        Ok(Step {
            name: UPLOAD.to_owned(),
            request,
            picture: Some(file.sha256.clone()),
            shows: picture.shows(),
        })
    }

    /// Waits until the server is done with a picture that it took.
    async fn taken(&self, answer: &Answer, token: &Credential, permit: &Permit<'_>) -> Outcome {
        let id = answer.json().and_then(|json| match json.get("id") {
            Some(Value::String(id)) if is_status_id(id) => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        });
        let Some(id) = id else {
            let why = format!("the server took the picture, but names no id: {}", answer.summary());
            return Outcome::Deferred { why, after: None };
        };
        let url = http::endpoint(&self.config.server, &format!("/api/v1/media/{id}"));
        let look = Request::get(url)
            .header("Authorization", &format!("Bearer {SECRET}"))
            .header("Accept", "application/json");
        let mut is_ready = answer.status != 202;
        for _ in 0..LOOKS {
            if is_ready || permit.send_by().left() <= BETWEEN_LOOKS {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            is_ready = match self.http.send(&look, Some(token)).await {
                Exchange::Answer(answer) if answer.status == 206 => false,
                Exchange::Answer(answer) if answer.is_success() => true,
                Exchange::Answer(answer) if answer.status < 500 && answer.status != 429 => {
                    return Outcome::Refused { why: answer.summary() };
                }
                Exchange::Answer(_) | Exchange::NoAnswer(_) => false,
            };
        }
        if is_ready {
            Outcome::Posted(Receipt { remote_id: Some(id), ..Receipt::default() })
        } else {
            let why = "the server is still working on the picture".to_owned();
            Outcome::Deferred { why, after: None }
        }
    }

    /// Looks at the parts behind the first one.
    pub(super) async fn verify_parts(&self, receipt: &Receipt, expected: &Rendition) -> Sight {
        let (parts, _) = more_of(expected);
        let wanted = parts.len() + 1;
        if parts.len() != receipt.parts.len() {
            let there = receipt.parts.len() + 1;
            return Sight::Differs { found: format!("{there} of {wanted} parts") };
        }
        for ((number, text), id) in (2..).zip(parts).zip(&receipt.parts) {
            match self.shown(id).await {
                Ok(status) if words::same(text, &status.text) => {}
                Ok(status) => return Sight::Differs { found: status.text },
                Err(unread) if unread.is_gone() => {
                    let found = format!("part {number} of {wanted} is not there");
                    return Sight::Differs { found };
                }
                Err(unread) => return Sight::Unseen { why: unread.why },
            }
        }
        Sight::Agrees
    }

    pub(super) async fn send_steps(&self, steps: &Steps, permit: &Permit<'_>) -> Outcome {
        steps::send(self, steps, permit).await
    }

    pub(super) async fn find_steps(&self, steps: &Steps, search: &Search<'_>) -> Trace {
        steps::find(self, steps, search).await
    }
}

#[async_trait]
impl StepByStep for Mastodon {
    async fn transmit(
        &self,
        _step: &str,
        request: &HttpRequest,
        body: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        let token = match self.config.token.read() {
            Ok(token) => Credential::new(token),
            Err(error) => return Outcome::Blocked { why: error.to_string() },
        };
        let made = match Request::from_wire(request) {
            Ok(made) => Request { bytes: body, ..made },
            Err(why) => return Outcome::Refused { why },
        };
        match self.http.write(&made, Some(&token), permit).await {
            Exchange::NoAnswer(outcome) => outcome,
            Exchange::Answer(answer) if request.verb == Verb::Upload && answer.is_success() => {
                self.taken(&answer, &token, permit).await
            }
            Exchange::Answer(answer) => self.outcome(request, &answer),
        }
    }

    async fn look_for(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        self.look_for_one(request, search).await
    }
}

fn step(name: &str, request: HttpRequest) -> Step {
    Step { name: name.to_owned(), request, picture: None, shows: None }
}

/// The name of the step that makes, changes or takes back a part.
fn part(number: usize) -> String {
    format!("part {number}")
}

fn more_of(rendition: &Rendition) -> (&[String], Option<&Picture>) {
    match rendition {
        // A picture that could not be made is left out, as the rendition says.
        Rendition::Status { parts, picture, .. } => {
            (parts, picture.as_ref().filter(|it| it.file.is_some()))
        }
        Rendition::Mail { .. } | Rendition::Document { .. } | Rendition::Card { .. } => (&[], None),
    }
}

fn body_of(request: &HttpRequest) -> Result<Value, PrepareError> {
    let body = request.body.as_deref().unwrap_or_default();
    serde_json::from_str(body).map_err(|error| PrepareError::Invalid(error.to_string()))
}

fn fit_id(id: &str) -> Result<&str, PrepareError> {
    match is_status_id(id) {
        true => Ok(id),
        false => Err(PrepareError::Invalid(format!("`{id}` is no id of a status"))),
    }
}
