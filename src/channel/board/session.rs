//! What a board wants to be asked before a request: the page of a form, whose token against forgery
//! the request has to say, or a login.
//!
//! Only placeholders are on record. What the answers gave is filled in as the request goes out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use url::Url;

use super::Board;
use super::description::Visit;
use super::filling::{Values, credential, of_session};
use super::reading::{Judgement, Shown, Want};
use crate::channel::Outcome;
use crate::channel::http::{self, Answer, Busy, Credential, Exchange};

/// A session is used so long for requests that only read. One that writes gets a new one, because a
/// form takes its token once.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// What stands for the session's cookies.
const COOKIES: &str = "cookies";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Any session that has not ended.
    Kept,
    New,
}

/// The values and cookies that the board gave.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    values: BTreeMap<String, SecretString>,
    cookies: BTreeMap<String, String>,
}

/// The session that was had last, and until when it is used.
#[derive(Default)]
pub(super) struct Session(tokio::sync::Mutex<Option<(Given, Instant)>>);

impl Session {
    /// The board did not take it: the next request gets another one.
    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl Given {
    /// The credential, with all that the session gave under the placeholders of this key.
    fn beside(&self, mut credential: Credential, key: &str) -> Credential {
        for (name, value) in &self.values {
            credential = credential.and(of_session(name, key), value.clone());
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        credential.and(of_session(COOKIES, key), cookies.join("; ").into())
    }

    /// Whether a text needs nothing of the session that is not given yet.
    fn holds_all_of(&self, text: &str) -> bool {
        let known = self.values.keys().map(String::as_str).chain([COOKIES]);
        let left =
            known.fold(text.to_owned(), |text, name| text.replace(&of_session(name, ""), ""));
        !left.contains("{session.")
    }

    /// Takes the cookies of an answer (RFC 6265 §4.1); what they are for is this server alone.
    fn take_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let pair = cookie.to_str().ok().and_then(|it| it.split(';').next()?.split_once('='));
            let Some((name, value)) = pair else { continue };
            self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

impl Board {
    /// The header with the session's cookies, as the record has it.
    pub(super) fn cookies(&self, key: &str) -> Option<(String, String)> {
        let has_session = !self.config.session.is_empty();
        has_session.then(|| ("Cookie".to_owned(), of_session(COOKIES, key)))
    }

    /// What the placeholders of a request stand for now.
    ///
    /// # Errors
    /// An outcome that says that the request was not sent.
    pub(super) async fn credential(
        &self,
        key: &str,
        freshness: Freshness,
    ) -> Result<Option<Credential>, Outcome> {
        let Some(given) = self.session(freshness).await? else { return self.own(key).await };
        let own = self.own(key).await?.unwrap_or_else(Credential::none);
        Ok(Some(given.beside(own, key)))
    }

    /// The board did not take what we showed.
    pub(super) async fn forget(&self) {
        self.authorisation.forget_token().await;
        self.session.forget().await;
    }

    /// What stands for the account, without a session.
    async fn own(&self, key: &str) -> Result<Option<Credential>, Outcome> {
        self.authorisation.credential(&credential(key)).await
    }

    async fn session(&self, freshness: Freshness) -> Result<Option<Given>, Outcome> {
        if self.config.session.is_empty() {
            return Ok(None);
        }
        let mut held = self.session.0.lock().await;
        if let Some((given, until)) = held.as_ref()
            && freshness == Freshness::Kept
            && Instant::now() < *until
        {
            return Ok(Some(given.clone()));
        }
        *held = None;
        let mut given = Given::default();
        for visit in &self.config.session {
            self.visit(visit, &mut given).await?;
        }
        *held = Some((given.clone(), Instant::now() + LIFE));
        Ok(Some(given))
    }

    /// Asks once, and takes what the answer gives.
    async fn visit(&self, visit: &Visit, given: &mut Given) -> Result<(), Outcome> {
        let request = self.visiting(visit, given)?;
        let account = self.own("").await?.unwrap_or_else(Credential::none);
        let credential = given.beside(account, "");
        let hide = |answer: &Answer| self.hidden(visit, answer, &request.url, given);
        let answer = match self.http.send_hiding(&request, Some(&credential), hide).await {
            Exchange::Answer(answer) => answer,
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                return Err(Outcome::Deferred { why: no_session(&why), after: None });
            }
            Exchange::NoAnswer(outcome) => return Err(outcome),
        };
        match visit.ok.judge(&answer) {
            Judgement::Success => {}
            Judgement::Status if answer.status >= 400 => {
                let why = no_session(&hide(&answer).summary());
                return Err(match answer.failure(Busy::BeforeProcessing) {
                    Outcome::Deferred { after, .. } => Outcome::Deferred { why, after },
                    Outcome::Unknown { .. } => Outcome::Deferred { why, after: None },
                    _ => Outcome::Blocked { why },
                });
            }
            Judgement::Status | Judgement::Error | Judgement::Unexpected => {
                let why = format!(
                    "the answer of {} is none that its `ok` takes ({}); check user and password",
                    request.url,
                    hide(&answer).summary()
                );
                return Err(Outcome::Blocked { why: no_session(&why) });
            }
        }
        if let Some(name) = self.take(visit, &answer, &request.url, given) {
            // What stands there may be a secret all the same.
            let why = format!(
                "the answer of {} shows no `{name}` where its `values` say; `handbill channels test` \
                 shows the answer",
                request.url
            );
            return Err(Outcome::Blocked { why: no_session(&why) });
        }
        Ok(())
    }

    fn visiting(&self, visit: &Visit, given: &Given) -> Result<http::Request, Outcome> {
        let cannot = |why: &str| Outcome::Blocked { why: no_session(why) };
        let values = Values::of(&self.config);
        let url = values.address(&visit.url).and_then(|it| Url::parse(&it).ok());
        let url = url.ok_or_else(|| cannot("its address needs a value that is not known"))?;
        let mut headers =
            self.headers(&values, &visit.headers).map_err(|it| cannot(&it.to_string()))?;
        // A header of all requests may need what only this visit gives.
        headers.retain(|(_, value)| given.holds_all_of(value));
        let body = visit.body.as_ref().map(|body| {
            body.make(&values, self.config.format, self.config.content_type.as_deref())
        });
        let made = body.transpose().map_err(|it| cannot(&it.to_string()))?.flatten();
        let body = made.map(|made| {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("Content-Type".to_owned(), made.content_type));
            }
            made.text
        });
        let url = self.authorisation.address(url);
        Ok(http::Request { method: visit.method.to_uppercase(), url, headers, body, bytes: None })
    }

    /// An answer without what it gives: that is nobody's to see.
    fn hidden(&self, visit: &Visit, answer: &Answer, asked: &Url, given: &Given) -> Answer {
        let mut seen = given.clone();
        self.take(visit, answer, asked, &mut seen);
        let body = seen.beside(Credential::none(), "").hide(&answer.body);
        let mut headers = answer.headers.clone();
        headers.remove("set-cookie");
        Answer { status: answer.status, headers, body }
    }

    /// Takes what an answer gives; the name of what it should give and does not.
    fn take<'a>(
        &self,
        visit: &'a Visit,
        answer: &Answer,
        asked: &Url,
        given: &mut Given,
    ) -> Option<&'a str> {
        given.take_cookies(answer);
        let json = answer.json();
        let shown = Shown { answer, text: &answer.body, json: json.as_ref(), asked };
        let values = Values::of(&self.config);
        let mut missing = None;
        for (name, place) in &visit.values {
            match shown.read(place, &values, Want::Words) {
                Some(value) => drop(given.values.insert(name.clone(), value.into())),
                None => missing = missing.or(Some(name.as_str())),
            }
        }
        missing
    }
}

fn no_session(why: &str) -> String {
    format!("nothing was sent, because the board gave no session: {why}")
}
