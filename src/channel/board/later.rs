//! What is asked of a board later: whether a copy is as it should be, and what became of an upload.

use chrono::TimeDelta;
use regex::Regex;
use serde_json::Value;
use url::Url;

use super::Board;
use super::body::uploaded;
use super::description::{Place, Poll, Repeat, Verify};
use super::filling::Values;
use super::question::Question;
use super::reading::{Judgement, Shown, Want, is_same};
use super::search::State;
use crate::channel::http::{Answer, Exchange};
use crate::channel::wire::HttpRequest;
use crate::channel::{Outcome, Receipt, Search, Sight, Trace, words};

/// An upload that a board says nothing of for so long was not taken.
const LOST: TimeDelta = TimeDelta::hours(6);

impl Board {
    /// What the board itself says that it has.
    pub(super) async fn ask_for_copy(
        &self,
        verify: &Verify,
        receipt: &Receipt,
        sent: Option<&str>,
    ) -> Sight {
        let values = Values {
            id: receipt.remote_id.as_deref(),
            link: receipt.link.as_ref().map(Url::as_str),
            ..Values::of(&self.config)
        };
        let unseen = |why: String| Sight::Unseen { why };
        let Some(url) = values.address(&verify.url).and_then(|it| Url::parse(&it).ok()) else {
            return unseen("the record of the copy does not say what to ask for".to_owned());
        };
        let Verify { method, headers, body, .. } = verify;
        let question = Question { method, url: url.clone(), headers, body: body.as_ref() };
        let answer = match self.get(&question, &values).await {
            Ok(answer) => answer,
            Err(outcome) => return unseen(outcome.why().to_owned()),
        };
        if verify.gone.as_ref().is_some_and(|it| it.judge(&answer) == Judgement::Success) {
            return Sight::Gone;
        }
        match verify.ok.judge(&answer) {
            Judgement::Success => {}
            Judgement::Status if matches!(answer.status, 404 | 410) => return Sight::Gone,
            _ => return unseen(answer.summary()),
        }
        let json = answer.json();
        let shown = Shown { answer: &answer, text: &answer.body, json: json.as_ref(), asked: &url };
        match self.state(verify.state.as_ref(), shown, &values) {
            State::Shown => {}
            State::Withdrawn => return Sight::Gone,
            State::Pending(word) => {
                return unseen(format!("it waits at the board, which calls that `{word}`"));
            }
            State::Refused(word) => {
                return Sight::Differs { found: format!("the board calls it `{word}`") };
            }
        }
        let Some(sent) = sent.and_then(|it| serde_json::from_str::<Value>(it).ok()) else {
            return Sight::Agrees;
        };
        for (ours, theirs) in &verify.same {
            let Some(wanted) = sent.pointer(ours) else { continue };
            let found = match theirs {
                Place::Json(pointer) => json.as_ref().and_then(|it| it.pointer(pointer)).cloned(),
                place => shown.read(place, &values, Want::Words).map(Value::String),
            };
            let name = match theirs {
                Place::Json(pointer) => pointer,
                _ => ours,
            };
            if !found.as_ref().is_some_and(|found| is_same(wanted, found)) {
                let found = found.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
                let found = format!("{name}: {}", words::excerpt(&found));
                return Sight::Differs { found };
            }
        }
        Sight::Agrees
    }

    /// What became of an upload, as the board says it later.
    pub(super) async fn result_of(
        &self,
        poll: &Poll,
        search: &Search<'_>,
        on_record: &HttpRequest,
        ticket: Option<&str>,
    ) -> Trace {
        let waited = search.now - search.since;
        let after = poll.after.map_or_else(TimeDelta::zero, |it| it.0);
        if poll.after.is_some() && waited < after {
            let why = "the board says later what became of it".to_owned();
            return Trace::NotYet { why };
        }
        let name = on_record.body.as_deref().and_then(uploaded);
        let file = match (name, poll.file.as_deref().map(Regex::new)) {
            (Some(name), Some(Ok(pattern))) => {
                let found = pattern.captures(name);
                found.and_then(|it| it.get(1)).map_or(name, |it| it.as_str())
            }
            (name, _) => name.unwrap_or_default(),
        };
        let key = search.key.to_string();
        let values = Values {
            id: ticket,
            file: Some(file),
            reference: on_record.reference.as_deref(),
            key: Some(&key),
            ..Values::of(&self.config)
        };
        let Some(url) = values.address(&poll.url).and_then(|it| Url::parse(&it).ok()) else {
            return Trace::CannotTell { why: "it is not known what to ask for".to_owned() };
        };
        let result = match self.fetch_result(poll, &values, &url).await {
            Ok(result) => result,
            Err(trace) => return trace,
        };
        match result {
            Some((answer, asked)) => self.judge_result(poll, &values, &answer, &asked, on_record),
            // The same upload once more replaces the first.
            None if self.config.create.repeat == Repeat::Replaces && waited > after + LOST => {
                Trace::Absent
            }
            None => {
                Trace::NotYet { why: "the board does not say yet what became of it".to_owned() }
            }
        }
    }

    /// The answer that holds the result, and where it was asked for; `None` if there is none yet.
    async fn fetch_result(
        &self,
        poll: &Poll,
        values: &Values<'_>,
        url: &Url,
    ) -> Result<Option<(Answer, Url)>, Trace> {
        let not_yet = |outcome: Outcome| Trace::NotYet { why: outcome.why().to_owned() };
        let Poll { method, headers, body, .. } = poll;
        let question = Question { method, url: url.clone(), headers, body: body.as_ref() };
        let answer = self.get(&question, values).await.map_err(not_yet)?;
        let Some(place) = &poll.result else { return Ok(Some((answer, url.clone()))) };
        if !answer.is_success() {
            return Err(Trace::NotYet { why: answer.summary() });
        }
        let json = answer.json();
        let shown = Shown { answer: &answer, text: &answer.body, json: json.as_ref(), asked: url };
        let found = shown.read(place, values, Want::Link).and_then(|it| Url::parse(&it).ok());
        let Some(address) = found else { return Ok(None) };
        if address.origin() != url.origin() {
            let why = "the board names a result on another server".to_owned();
            return Err(Trace::CannotTell { why });
        }
        let question = Question { method: "GET", url: address.clone(), headers, body: None };
        let result = self.get(&question, values).await.map_err(not_yet)?;
        Ok(Some((result, address)))
    }

    fn judge_result(
        &self,
        poll: &Poll,
        values: &Values<'_>,
        answer: &Answer,
        asked: &Url,
        on_record: &HttpRequest,
    ) -> Trace {
        let json = answer.json();
        let shown = Shown { answer, text: &answer.body, json: json.as_ref(), asked };
        let said = || poll.error.as_ref().and_then(|it| shown.read(it, values, Want::Words));
        match poll.ok.judge(answer) {
            Judgement::Success => match self.state(poll.state.as_ref(), shown, values) {
                State::Shown => self.result(poll, values, shown, on_record),
                State::Pending(word) => {
                    Trace::NotYet { why: format!("the board calls its state `{word}`") }
                }
                State::Refused(word) => {
                    let why = said().unwrap_or_else(|| format!("the board calls it `{word}`"));
                    Trace::TurnedDown { why }
                }
                State::Withdrawn => {
                    Trace::TurnedDown { why: "the board has taken it back".to_owned() }
                }
            },
            Judgement::Status if matches!(answer.status, 404 | 425 | 429 | 500..) => {
                Trace::NotYet { why: answer.summary() }
            }
            Judgement::Error | Judgement::Unexpected => {
                Trace::TurnedDown { why: said().unwrap_or_else(|| words::excerpt(&answer.body)) }
            }
            Judgement::Status => Trace::CannotTell { why: answer.summary() },
        }
    }

    /// Id and link as the result says them, or else as they are made of our reference.
    fn result(
        &self,
        poll: &Poll,
        values: &Values<'_>,
        shown: Shown<'_>,
        on_record: &HttpRequest,
    ) -> Trace {
        let computed = self.computed(on_record.reference.as_deref());
        let id = match &poll.id {
            None => values.id.map(str::to_owned).or(computed.remote_id),
            Some(place) => match shown.read(place, values, Want::Id) {
                Some(id) => Some(id),
                None => {
                    let why = format!("its result names no id: {}", shown.answer.summary());
                    return Trace::CannotTell { why };
                }
            },
        };
        let values = Values { id: id.as_deref(), ..*values };
        let link = poll.link.as_ref().and_then(|place| shown.read(place, &values, Want::Link));
        let link = link.and_then(|it| Url::parse(&it).ok()).or(computed.link);
        Trace::Found(Receipt { remote_id: id, link, ..Receipt::default() })
    }

    /// Id and link, as far as they are made of our reference.
    fn computed(&self, reference: Option<&str>) -> Receipt {
        let values = Values { reference, ..Values::of(&self.config) };
        let id = match &self.config.create.id {
            Some(Place::Template(template)) => values.text(template),
            _ => None,
        };
        let values = Values { id: id.as_deref(), ..values };
        let link = match &self.config.create.link {
            Some(Place::Template(template)) => values.address(template),
            _ => None,
        };
        Receipt {
            link: link.and_then(|it| Url::parse(&it).ok()),
            remote_id: id,
            ..Receipt::default()
        }
    }

    /// Asks for something that changes nothing.
    async fn get(&self, question: &Question<'_>, values: &Values<'_>) -> Result<Answer, Outcome> {
        let request = self
            .question(question, values)
            .map_err(|error| Outcome::Refused { why: error.to_string() })?;
        match self.read(&request, values.key.unwrap_or_default()).await? {
            Exchange::Answer(answer) => Ok(answer),
            Exchange::NoAnswer(outcome) => Err(outcome),
        }
    }
}
