//! Threads and pictures: deliveries of several requests, each with what happens on networks.

use async_trait::async_trait;

use super::channel::{SimulatedChannel, said};
use super::nature::lock;
use super::server::{KEY_HEADER, PART_HEADER, Server, Threads, link};
use crate::adapt::Rendition;
use crate::channel::steps::StepByStep;
use crate::channel::wire::{HttpRequest, Step, Steps, Verb, id_of};
use crate::channel::{
    Action, Address, Kind, Outcome, Permit, PrepareError, Receipt, Search, Trace, Wire,
};

/// How a text goes on; how many parts there are hangs on the text, so that an edit may need more
/// of them or fewer.
pub fn parts_of(says: &str) -> Vec<String> {
    let first = says.lines().next().unwrap_or_default();
    (2..2 + says.len() % 3).map(|number| format!("{number}: {first}")).collect()
}

impl SimulatedChannel {
    /// The record of an action on a server where threads are written; `None` where it needs one
    /// request.
    pub(super) fn steps(
        &self,
        action: Action<'_>,
        address: &Address<'_>,
    ) -> Result<Option<Wire>, PrepareError> {
        let name = {
            let server = lock(&self.server);
            if self.kind != Kind::Mastodon || server.habits.threads == Threads::Unknown {
                return Ok(None);
            }
            server.name.clone()
        };
        let new = |verb, says: Option<&str>| request(&name, verb, says, None, address);
        let that =
            |verb, says: Option<&str>, id: &str| request(&name, verb, says, Some(id), address);
        let steps = match action {
            Action::Publish(rendition) | Action::FollowUp(rendition, _) => {
                let says = said(rendition);
                let mut first = new(Verb::Create, Some(&says));
                first.url.push_str(&format!("?shows={}", id_of("picture")));
                let mut steps =
                    vec![step("picture", new(Verb::Upload, None)), step("part 1", first)];
                for (number, text) in (2..).zip(parts_of(&says)) {
                    steps.push(reply(
                        number,
                        &id_of(&part(number - 1)),
                        new(Verb::Create, Some(&text)),
                    ));
                }
                steps
            }
            Action::Edit(rendition, receipt) => {
                let says = said(rendition);
                let id = receipt.remote_id.as_deref();
                let id = id.ok_or(PrepareError::NoReceipt { what: "id" })?;
                let mut steps = vec![step("part 1", that(Verb::Update, Some(&says), id))];
                let mut standing = receipt.parts.iter();
                let texts = parts_of(&says);
                // An edit adds no part.
                for ((number, text), id) in (2..).zip(&texts).zip(standing.by_ref()) {
                    steps.push(step(&part(number), that(Verb::Update, Some(text), id)));
                }
                for (number, id) in (texts.len() + 2..).zip(standing) {
                    steps.push(step(&part(number), that(Verb::Withdraw, None, id)));
                }
                steps
            }
            Action::Withdraw(receipt) => {
                let ids = receipt.remote_id.iter().chain(&receipt.parts);
                let steps = (1..)
                    .zip(ids)
                    .map(|(number, id)| step(&part(number), that(Verb::Withdraw, None, id)));
                steps.collect::<Vec<_>>().into_iter().rev().collect()
            }
        };
        Ok(Some(Wire::Steps(Steps { steps })))
    }
}

/// Whether all parts stand that a copy should have.
pub fn agrees(server: &Server, receipt: &Receipt, rendition: &Rendition) -> bool {
    let wanted = parts_of(&said(rendition));
    server.habits.threads == Threads::Unknown
        || wanted.len() >= receipt.parts.len()
            && receipt.parts.iter().zip(&wanted).all(|(id, text)| {
                server.copies.iter().any(|it| it.id == *id && it.stands() && it.says == *text)
            })
}

fn part(number: usize) -> String {
    format!("part {number}")
}

fn step(name: &str, request: HttpRequest) -> Step {
    Step { name: name.to_owned(), request, picture: None, shows: None }
}

fn reply(number: usize, answers: &str, mut request: HttpRequest) -> Step {
    request.url.push_str(&format!("?answers={answers}"));
    request.headers.push((PART_HEADER.to_owned(), number.to_string()));
    step(&part(number), request)
}

fn request(
    server: &str,
    verb: Verb,
    says: Option<&str>,
    remote_id: Option<&str>,
    address: &Address<'_>,
) -> HttpRequest {
    let method = match verb {
        Verb::Create | Verb::Upload => "POST",
        Verb::Update => "PUT",
        Verb::Withdraw => "DELETE",
    };
    HttpRequest {
        verb,
        method: method.to_owned(),
        url: link(server, remote_id.unwrap_or("new")).into(),
        headers: vec![(KEY_HEADER.to_owned(), address.key.to_string())],
        body: says.map(str::to_owned),
        remote_id: remote_id.map(str::to_owned),
        reference: Some(address.reference.to_owned()),
        ask_first: None,
        key: None,
    }
}

#[async_trait]
impl StepByStep for SimulatedChannel {
    async fn transmit(
        &self,
        _step: &str,
        request: &HttpRequest,
        _body: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        self.transmit_one(&Wire::Http(request.clone()), permit).await
    }

    async fn look_for(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let wire = Wire::Http(request.clone());
        self.look(&Search { wire: &wire, ..*search })
    }
}
