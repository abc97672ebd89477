//! What a board's answer to a request means.

use url::Url;

use super::Board;
use super::description::Request;
use super::filling::Values;
use super::reading::{Judgement, Shown, Want};
use super::search::State;
use crate::channel::http::{Answer, Busy};
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{Outcome, Receipt};

impl Board {
    pub(super) async fn outcome(
        &self,
        on_record: &HttpRequest,
        described: &Request,
        answer: &Answer,
    ) -> Outcome {
        let known = on_record.remote_id.as_deref();
        let is_gone =
            described.gone.as_ref().is_some_and(|it| it.judge(answer) == Judgement::Success);
        match described.ok.judge(answer) {
            _ if is_gone && on_record.verb == Verb::Withdraw => {}
            _ if is_gone => {
                let why = format!("the board has no such copy any more: {}", answer.summary());
                return Outcome::Refused { why };
            }
            Judgement::Success => {}
            Judgement::Error => return Outcome::Refused { why: answer.summary() },
            Judgement::Unexpected => {
                let why = format!("the board's answer is no success: {}", answer.summary());
                return Outcome::Unknown { why };
            }
            // Taking back what is gone already has done what was asked.
            Judgement::Status
                if on_record.verb == Verb::Withdraw && matches!(answer.status, 404 | 410) => {}
            // A conflict can mean that our reference is taken, by a copy of ours.
            Judgement::Status
                if on_record.verb == Verb::Create
                    && answer.status == 409
                    && self.config.find.is_some() =>
            {
                return Outcome::Unknown { why: answer.summary() };
            }
            // The same request is wanted somewhere else (RFC 9110 §15.4.2, §15.4.8, §15.4.9): a person
            // says where, or every try would end so. A board that did it all the same is asked for
            // our reference before the next one.
            Judgement::Status if matches!(answer.status, 301 | 307 | 308) => {
                let why = format!("{}; correct the address in the board's file", answer.summary());
                return Outcome::Blocked { why };
            }
            Judgement::Status => return answer.failure(Busy::Unsaid),
        }
        let Ok(asked) = Url::parse(&on_record.url) else {
            return Outcome::Unknown { why: "the address on record cannot be read".to_owned() };
        };
        let json = answer.json();
        let shown = Shown { answer, text: &answer.body, json: json.as_ref(), asked: &asked };
        let reference = on_record.reference.as_deref();
        let document = on_record.body.as_deref();
        let values = Values { id: known, reference, document, ..Values::of(&self.config) };
        if on_record.verb == Verb::Create
            && let State::Refused(word) = self.state(described.state.as_ref(), shown, &values)
        {
            return Outcome::Refused { why: format!("the board calls it `{word}`") };
        }
        let id = match (&described.id, known) {
            (Some(place), _) if on_record.verb == Verb::Create => {
                match shown.read(place, &values, Want::Id) {
                    Some(id) => Some(id),
                    None => {
                        let why = format!("the board names no id: {}", answer.summary());
                        return Outcome::Unknown { why };
                    }
                }
            }
            (None, None) if on_record.verb == Verb::Create => {
                // The board says its id only when it is asked.
                if let (Some(ask), Some(reference)) = (&on_record.ask_first, reference)
                    && let Ok(Some(standing)) = self.look(ask, reference).await
                {
                    return Outcome::Posted(standing.receipt);
                }
                None
            }
            (_, known) => known.map(str::to_owned),
        };
        let values = Values { id: id.as_deref(), ..values };
        let link = described
            .link
            .as_ref()
            .and_then(|place| shown.read(place, &values, Want::Link))
            .and_then(|link| Url::parse(&link).ok());
        Outcome::Posted(Receipt { remote_id: id, link, ..Receipt::default() })
    }
}
