//! The requests that a board's file describes, made for a posting: pure, with placeholders where
//! credentials belong.

use std::collections::BTreeMap;

use url::Url;

use super::Board;
use super::description::{Auth, Body, Poll, Request};
use super::filling::Values;
use crate::adapt::Rendition;
use crate::channel::wire::{HttpRequest, Step, Steps, Verb, id_of};
use crate::channel::{Action, Address, Kind, PrepareError, Receipt, Wire};

/// How the record calls the request that creates, where another one follows it.
pub(super) const CREATE: &str = "create";
/// And those: `publish`, `publish 2` and so on.
const PUBLISH: &str = "publish";

/// What a request is made for.
struct Purpose<'a> {
    verb: Verb,
    request: &'a Request,
    usual_body: Body,
    copy: Option<&'a Receipt>,
    document: Option<&'a str>,
}

impl Board {
    pub(super) fn prepared(
        &self,
        action: Action<'_>,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let unable = |verb| PrepareError::Unable { kind: Kind::Board, verb };
        let purpose = match action {
            Action::Publish(rendition) => {
                let document = Some(document_of(rendition)?);
                let create = Purpose {
                    verb: Verb::Create,
                    request: &self.config.create,
                    usual_body: Body::Document,
                    copy: None,
                    document,
                };
                let step = |name: &str, request| Step {
                    name: name.to_owned(),
                    request,
                    picture: None,
                    shows: None,
                };
                if self.config.publish.is_empty() {
                    let create = self.request(&create, address)?;
                    // What it returns is needed later, so it is kept as the id of a step.
                    return Ok(if self.config.poll.as_ref().is_some_and(Poll::names_id) {
                        Wire::Steps(Steps { steps: vec![step(CREATE, create)] })
                    } else {
                        Wire::Http(create)
                    });
                }
                let made = Receipt { remote_id: Some(id_of(CREATE)), ..Receipt::default() };
                let mut steps = vec![step(CREATE, self.request(&create, address)?)];
                for (number, request) in self.config.publish.iter().enumerate() {
                    let publish = Purpose {
                        verb: Verb::Update,
                        request,
                        usual_body: Body::None,
                        copy: Some(&made),
                        document,
                    };
                    let publish = self.request(&publish, address)?;
                    let publish = HttpRequest { remote_id: None, ..publish };
                    steps.push(step(&publish_step(number), publish));
                }
                return Ok(Wire::Steps(Steps { steps }));
            }
            Action::FollowUp(..) => return Err(unable("follow up")),
            Action::Edit(rendition, receipt) => Purpose {
                verb: Verb::Update,
                request: self.config.update.as_ref().ok_or_else(|| unable("change a copy"))?,
                usual_body: Body::Document,
                copy: Some(receipt),
                document: Some(document_of(rendition)?),
            },
            Action::Withdraw(receipt) => Purpose {
                verb: Verb::Withdraw,
                request: self.config.withdraw.as_ref().ok_or_else(|| unable("take a copy back"))?,
                usual_body: Body::None,
                copy: Some(receipt),
                document: None,
            },
        };
        self.request(&purpose, address).map(Wire::Http)
    }

    fn request(
        &self,
        purpose: &Purpose<'_>,
        address: &Address<'_>,
    ) -> Result<HttpRequest, PrepareError> {
        let Purpose { verb, request, copy, document, .. } = purpose;
        let key = address.key.to_string();
        let values = Values {
            id: copy.and_then(|it| it.remote_id.as_deref()),
            link: copy.and_then(|it| it.link.as_ref()).map(Url::as_str),
            reference: Some(address.reference),
            key: Some(&key),
            at: Some(address.at),
            verb: Some(*verb),
            document: *document,
            ..Values::of(&self.config)
        };
        let mut headers = self.headers(&values, &request.headers)?;
        let body = request.body.as_ref().unwrap_or(&purpose.usual_body);
        let what = match copy {
            Some(Receipt { link: None, .. }) if request.url.contains("{link}") => "link",
            _ => "id of the board",
        };
        let unknown = || PrepareError::NoReceipt { what };
        if copy.is_some_and(|it| it.remote_id.is_none()) && request.names_id() {
            return Err(unknown());
        }
        let made = body.make(&values, self.config.format, self.config.content_type.as_deref())?;
        let body = made.map(|made| {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("Content-Type".to_owned(), made.content_type));
            }
            made.text
        });
        let url = values.address(&request.url).ok_or_else(unknown)?;
        let url = match (Url::parse(&url), &self.config.auth) {
            (Ok(url), Auth::Query { .. }) => self.authorisation.address(url).to_string(),
            _ => url,
        };
        Ok(HttpRequest {
            verb: *verb,
            method: request.method.to_uppercase(),
            url,
            headers,
            body,
            remote_id: copy.and_then(|it| it.remote_id.clone()),
            reference: Some(address.reference.to_owned()),
            ask_first: self.config.find.as_ref().and_then(|find| values.address(&find.url)),
            key: self.fills_in_by_key().then_some(key),
        })
    }

    /// Whether placeholders that bear the delivery's key may stand in a request.
    fn fills_in_by_key(&self) -> bool {
        !self.config.session.is_empty() || matches!(self.config.auth, Auth::Body { .. })
    }

    /// The headers of a request, or of one that only reads, with placeholders for what is filled in as
    /// it goes out.
    pub(super) fn headers(
        &self,
        values: &Values<'_>,
        own: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, String)>, PrepareError> {
        let is_own = |name: &str| own.keys().any(|it| it.eq_ignore_ascii_case(name));
        let common = self.config.headers.iter().filter(|(name, _)| !is_own(name));
        let mut headers = Vec::new();
        for (name, template) in common.chain(own) {
            match values.text(template) {
                Some(value) => headers.push((name.clone(), value)),
                // A request that only reads is about no delivery.
                None if values.verb.is_none() && !is_own(name) => {}
                None => {
                    let why = format!("the header {name} needs a value that is not known");
                    return Err(PrepareError::Invalid(why));
                }
            }
        }
        headers.extend(self.authorisation.headers());
        headers.extend(self.cookies(values.key.unwrap_or_default()));
        Ok(headers)
    }
}

/// How the record calls a request that makes visible what was created.
pub(super) fn publish_step(number: usize) -> String {
    match number {
        0 => PUBLISH.to_owned(),
        later => format!("{PUBLISH} {}", later + 1),
    }
}

pub(super) fn document_of(rendition: &Rendition) -> Result<&str, PrepareError> {
    match rendition {
        Rendition::Document { body, .. } => Ok(body),
        _ => Err(PrepareError::Invalid("a board takes a document, and this is none".to_owned())),
    }
}
