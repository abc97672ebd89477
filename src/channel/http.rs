//! The one HTTP client, and what an answer means.
//!
//! A request goes out once: no redirects, no retries, no connection that was used before, and if
//! it writes, none that came too late (`gate`). What came back is an [`Exchange`];
//! [`Answer::failure`] is the only table of what a status means for a request that could have
//! created something.

mod credential;
mod gate;
mod own_tls;
mod reading;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::permit::too_late;
use super::secret::SecretRef;
use super::wire::{HttpRequest, SECRET};
use super::{Outcome, Permit, Reach, SendBy, is_loopback, tls, words};
pub use credential::Credential;
use gate::Verdict;
use own_tls::OwnTls;
pub use reading::{Reading, Unread};

/// How long a connection may take: DNS, TCP, a proxy, TLS.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take from the beginning until an answer's head is there, and then between two
/// pieces of its body.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a whole exchange may take, if the channel does not say otherwise.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);

/// Longer answers are not read to their end.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// Longer waits than this are shortened: the server is asked again after a day.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Redirects that a reader's browser would follow; only [`Http::fetch`] does.
const REDIRECTS: usize = 5;

/// A request as a channel makes it; header values and the query of the address may hold the
/// `{secret}` placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// What goes out in place of `body`: the same, with a picture's bytes in it.
    pub bytes: Option<Vec<u8>>,
}

impl Request {
    pub fn get(url: Url) -> Self {
        Self { method: "GET".to_owned(), url, headers: Vec::new(), body: None, bytes: None }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the body is, without parameters.
    fn media_type(&self) -> Option<&str> {
        let is_it = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
        let value = self.headers.iter().find(is_it).map(|(_, value)| value.as_str())?;
        value.split(';').next().map(str::trim)
    }

    /// The request on record.
    ///
    /// # Errors
    /// In words, if its address cannot be read.
    pub fn from_wire(wire: &HttpRequest) -> Result<Self, String> {
        let url =
            Url::parse(&wire.url).map_err(|error| format!("the address {}: {error}", wire.url))?;
        Ok(Self {
            method: wire.method.clone(),
            url,
            headers: wire.headers.clone(),
            body: wire.body.clone(),
            bytes: None,
        })
    }
}

/// What became of a request.
#[derive(Debug)]
pub enum Exchange {
    /// An answer came, whatever its status.
    Answer(Answer),
    /// No answer that can be read; this is what is known all the same.
    NoAnswer(Outcome),
}

/// An answer, read to its end if it is a success.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// Whether a channel promises that its 503 with `Retry-After` comes before anything is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    BeforeProcessing,
    Unsaid,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// Status, where it leads, and the beginning of the body on one line.
    pub fn summary(&self) -> String {
        let excerpt = words::excerpt(&self.body);
        let target = self.header("location").filter(|_| (300..400).contains(&self.status));
        let target = target.map(|it| format!(", which leads to {it}")).unwrap_or_default();
        if excerpt.is_empty() {
            format!("HTTP {}{target}", self.status)
        } else {
            format!("HTTP {}{target}: {excerpt}", self.status)
        }
    }

    /// What an answer that is no success means for a request that could have created something.
    /// Asked of a success it is [`Outcome::Unknown`]: something is there, but not what was
    /// expected.
    pub fn failure(&self, busy: Busy) -> Outcome {
        let why = self.summary();
        match self.status {
            // 402: credits are used up; 407: the proxy wants credentials. Nothing else gets
            // through either until a person has been there.
            401 | 402 | 407 => Outcome::Blocked { why },
            // The server, or a proxy before it, gave up waiting: some do so after processing.
            408 | 425 => Outcome::Unknown { why },
            429 => Outcome::Deferred { why, after: retry_after(&self.headers, Utc::now()) },
            503 if busy == Busy::BeforeProcessing && self.headers.contains_key("retry-after") => {
                Outcome::Deferred { why, after: retry_after(&self.headers, Utc::now()) }
            }
            400..=499 => Outcome::Refused { why },
            _ => Outcome::Unknown { why },
        }
    }
}

/// Sees every exchange, for a person who looks on. What it sees has placeholders for credentials.
pub trait Witness: fmt::Debug + Send + Sync {
    fn sent(&self, request: &Request);
    fn came_back(&self, exchange: &Exchange);
}

/// Sends requests, as far as it may.
#[derive(Debug, Clone)]
pub struct Http {
    reach: Reach,
    timeout: Duration,
    own_tls: Option<OwnTls>,
    witness: Option<Arc<dyn Witness>>,
}

impl Http {
    pub fn new(reach: Reach) -> Self {
        Self { reach, timeout: TOTAL_TIMEOUT, own_tls: None, witness: None }
    }

    /// The same, which shows a certificate of ours: a file (PEM) with its private key.
    #[must_use]
    pub fn showing(mut self, certificate: Option<SecretRef>) -> Self {
        if certificate.is_some() {
            self.own_tls.get_or_insert_default().certificate = certificate;
        }
        self
    }

    /// The same, which also trusts the authority in a file (PEM).
    #[must_use]
    pub fn trusting(mut self, authority: Option<PathBuf>) -> Self {
        if authority.is_some() {
            self.own_tls.get_or_insert_default().authority = authority;
        }
        self
    }

    /// The same, with somebody who sees each exchange.
    #[must_use]
    pub fn watched_by(self, witness: Arc<dyn Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// Sends a request that only reads, and whose answer holds what nobody is to see: `hide` takes
    /// that out of what the witness is shown.
    pub async fn send_hiding(
        &self,
        request: &Request,
        credential: Option<&Credential>,
        hide: impl FnOnce(&Answer) -> Answer,
    ) -> Exchange {
        let quiet = Self { witness: None, ..self.clone() };
        let exchange = quiet.send(request, credential).await;
        if let Some(witness) = &self.witness {
            witness.sent(request);
            match &exchange {
                Exchange::Answer(answer) => witness.came_back(&Exchange::Answer(hide(answer))),
                Exchange::NoAnswer(outcome) => {
                    witness.came_back(&Exchange::NoAnswer(outcome.clone()));
                }
            }
        }
        exchange
    }

    /// The same, with another time for a whole exchange.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Whether a request to this address may leave.
    ///
    /// # Errors
    /// In words, if it may not.
    pub fn allows(&self, url: &Url) -> Result<(), String> {
        let host = url.host_str().unwrap_or_default();
        if self.reach.allows(host) {
            return Ok(());
        }
        Err(format!("nothing was sent: `{host}` is not this machine, and this is a rehearsal"))
    }

    /// Sends a request that only reads, once.
    pub async fn send(&self, request: &Request, credential: Option<&Credential>) -> Exchange {
        self.exchange(request, credential, None).await
    }

    /// Sends a request that creates or changes something, once, and only while the permit lasts:
    /// that is looked at before there is a connection, and again when it is there and nothing of
    /// the request has left.
    pub async fn write(
        &self,
        request: &Request,
        credential: Option<&Credential>,
        permit: &Permit<'_>,
    ) -> Exchange {
        match permit.send_by().check() {
            Ok(()) => self.exchange(request, credential, Some(permit.send_by())).await,
            Err(outcome) => Exchange::NoAnswer(outcome),
        }
    }

    /// Posts a form that is a secret as a whole, as where tokens are given out, whose answer is one
    /// too: nothing but `basic`, user and password, is hidden in it. It creates nothing that readers
    /// see, so it needs no permit.
    pub async fn send_form(
        &self,
        url: &Url,
        form: &SecretString,
        basic: Option<&Credential>,
    ) -> Exchange {
        self.send_secret(url, "application/x-www-form-urlencoded", form, basic).await
    }

    /// The same with JSON, as where a session is made from a password.
    pub async fn send_json(&self, url: &Url, json: &SecretString) -> Exchange {
        self.send_secret(url, "application/json", json, None).await
    }

    async fn send_secret(
        &self,
        url: &Url,
        media_type: &str,
        body: &SecretString,
        basic: Option<&Credential>,
    ) -> Exchange {
        let mut request = Request { method: "POST".to_owned(), ..Request::get(url.clone()) }
            .header("content-type", media_type)
            .header("accept", "application/json");
        if basic.is_some() {
            request = request.header("authorization", &format!("Basic {SECRET}"));
        }
        let fill = |builder: reqwest::RequestBuilder| builder.body(body.expose_secret().to_owned());
        self.exchange_filled(&request, basic, None, fill).await
    }

    async fn exchange(
        &self,
        request: &Request,
        credential: Option<&Credential>,
        send_by: Option<&SendBy>,
    ) -> Exchange {
        self.exchange_filled(request, credential, send_by, |builder| builder).await
    }

    /// `fill` adds what the request on record does not hold.
    async fn exchange_filled(
        &self,
        request: &Request,
        credential: Option<&Credential>,
        send_by: Option<&SendBy>,
        fill: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Exchange {
        if let Err(why) = self.allows(&request.url) {
            return Exchange::NoAnswer(Outcome::Refused { why });
        }
        let client = match &self.own_tls {
            Some(own) => own.client(&request.url),
            None => client(&request.url).cloned(),
        };
        let client = match client {
            Ok(client) => client,
            Err(why) => return Exchange::NoAnswer(Outcome::Blocked { why }),
        };
        let built = match self.build(&client, request, credential, fill) {
            Ok(built) => built,
            Err(outcome) => return Exchange::NoAnswer(outcome),
        };
        if let Some(witness) = &self.witness {
            witness.sent(request);
        }
        let hide = |text: &str| credential.map_or_else(|| text.to_owned(), |it| it.hide(text));
        let (response, verdict) = gate::pass(send_by, client.execute(built)).await;
        let exchange = match response {
            Ok(response) => read(response, hide).await,
            Err(error) => Exchange::NoAnswer(no_answer(error, verdict, request.url.host_str())),
        };
        if let Some(witness) = &self.witness {
            witness.came_back(&exchange);
        }
        exchange
    }

    /// Looks at a page as a reader would: without credentials, following redirects.
    pub async fn fetch(&self, url: &Url) -> Exchange {
        self.follow(url).await.1
    }

    /// The same, with the address at which the redirects ended.
    pub async fn follow(&self, url: &Url) -> (Url, Exchange) {
        let mut url = url.clone();
        for _ in 0..REDIRECTS {
            let exchange = self.send(&Request::get(url.clone()), None).await;
            let Exchange::Answer(answer) = &exchange else { return (url, exchange) };
            let target = answer.header("location").and_then(|target| url.join(target).ok());
            match target {
                Some(target) if (300..400).contains(&answer.status) => url = target,
                _ => return (url, exchange),
            }
        }
        let why = format!("more than {REDIRECTS} redirects");
        (url, Exchange::NoAnswer(Outcome::Unknown { why }))
    }

    fn build(
        &self,
        client: &reqwest::Client,
        request: &Request,
        credential: Option<&Credential>,
        fill: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<reqwest::Request, Outcome> {
        let invalid = |what: &str| Outcome::Refused {
            why: format!("nothing was sent: the request's {what} is not valid"),
        };
        let method = request.method.parse().map_err(|_| invalid("method"))?;
        let url = credential::address(&request.url, credential)?;
        let mut builder = client.request(method, url).timeout(self.timeout);
        for (name, value) in &request.headers {
            let header = HeaderName::try_from(name).map_err(|_| invalid("header name"))?;
            let Some(filled) = credential::header(name, value, credential)? else { continue };
            builder = builder.header(header, filled);
        }
        if let Some(bytes) = &request.bytes {
            builder = builder.body(bytes.clone());
        } else if let Some(body) = &request.body {
            let body = credential.map_or_else(
                || body.clone(),
                |it| it.fill_body(body, request.media_type().unwrap_or_default()),
            );
            builder = builder.body(body);
        }
        fill(builder).build().map_err(|_| invalid("address"))
    }
}

/// An address under a base that may have a path of its own: `https://host/api` and `/v1/x` make
/// `https://host/api/v1/x`.
pub fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&joined);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// The only place that makes HTTP clients. Loopback is never reached through a proxy; anything
/// else may be, as the environment says.
fn client(url: &Url) -> Result<&'static reqwest::Client, String> {
    static NEAR: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    static FAR: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    tls::install_provider();
    let made = if is_loopback(url.host_str().unwrap_or_default()) {
        // A machine without any certificates can still rehearse over plain HTTP.
        NEAR.get_or_init(|| {
            let builder = || builder().no_proxy();
            builder().build().or_else(|_| builder().tls_certs_only([]).build()).map_err(unmade)
        })
    } else {
        FAR.get_or_init(|| builder().build().map_err(unmade))
    };
    made.as_ref().map_err(Clone::clone)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes clients")]
fn builder() -> reqwest::ClientBuilder {
    gate::guard(reqwest::Client::builder())
        .user_agent(concat!("handbill/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // A connection that the server is about to close makes an outcome unknown for nothing.
        .pool_max_idle_per_host(0)
}

fn unmade(error: reqwest::Error) -> String {
    format!("no HTTP client could be made: {}", tls::chain(&error))
}

async fn read(mut response: reqwest::Response, hide: impl Fn(&str) -> String) -> Exchange {
    let status = response.status();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(None) => break None,
            Ok(Some(_)) if body.len() > LONGEST_BODY => break Some("it is too long".to_owned()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => break Some(tls::chain(&error.without_url())),
        }
    };
    match broken {
        Some(why) if status.is_success() => Exchange::NoAnswer(Outcome::Unknown {
            why: format!("HTTP {}, but the answer could not be read: {why}", status.as_u16()),
        }),
        _ => Exchange::Answer(Answer {
            status: status.as_u16(),
            body: hide(&words::decoded(&body, text_of(&headers, "content-type"))),
            headers,
        }),
    }
}

/// What is known when no answer came, by what the gate said to the connection.
fn no_answer(error: reqwest::Error, verdict: Option<Verdict>, host: Option<&str>) -> Outcome {
    let error = error.without_url();
    let host = host.unwrap_or("the server");
    match verdict {
        Some(Verdict::TooLate) => too_late(),
        None if error.is_builder() => {
            Outcome::Refused { why: format!("nothing was sent: {}", tls::chain(&error)) }
        }
        None => match tls::fault(&error) {
            Some(fault) => Outcome::Blocked {
                why: format!(
                    "no safe connection to {host}: {fault}; check the address and its certificate"
                ),
            },
            None => Outcome::Deferred {
                why: format!("no connection to {host}: {}", tls::chain(&error)),
                after: None,
            },
        },
        // TLS 1.3 says only after the handshake that our certificate is not taken; nothing of the
        // request was looked at before (RFC 8446 §4.4.2.4).
        Some(Verdict::LetThrough) if let Some(fault) = tls::refused_certificate(&error) => {
            Outcome::Blocked {
                why: format!(
                    "{host} does not take our certificate ({fault}): check \
                     `client_certificate`, and until when it is good"
                ),
            }
        }
        Some(Verdict::LetThrough) if error.is_timeout() => {
            Outcome::Unknown { why: format!("{host} took the request and did not answer in time") }
        }
        Some(Verdict::LetThrough) => Outcome::Unknown {
            why: format!(
                "{host} took the request, and the answer was lost: {}",
                tls::chain(&error)
            ),
        },
    }
}

/// How long a server asks to wait: `Retry-After` in seconds or as an HTTP date (RFC 9110 §10.2.3),
/// or `X-RateLimit-Reset` as seconds since 1970 (X) or ISO 8601 (Mastodon), or `RateLimit-Reset` as
/// seconds since 1970 (Bluesky's PDS). Times are read by the server's own clock if it says what that
/// is.
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| text_of(headers, name);
    let now = text("date").and_then(date).unwrap_or(now);
    let until = |at: DateTime<Utc>| (at - now).to_std().unwrap_or_default();
    let asked = text("retry-after").and_then(|value| match value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => date(value).map(until),
    });
    let reset = || {
        let value = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"]
            .into_iter()
            .find_map(text)?;
        match value.parse::<i64>() {
            Ok(epoch) => DateTime::from_timestamp(epoch, 0).map(until),
            Err(_) => DateTime::parse_from_rfc3339(value).ok().map(|at| until(at.to_utc())),
        }
    };
    asked.or_else(reset).map(|wait| wait.min(LONGEST_WAIT))
}

/// By how much the server's clock is behind this machine's, as its answer says; zero if it is
/// ahead, or not known. What the server created may bear a time that is earlier by so much.
pub fn behind(headers: &HeaderMap, now: DateTime<Utc>) -> TimeDelta {
    let theirs = text_of(headers, "date").and_then(date);
    theirs.map_or(TimeDelta::zero(), |theirs| (now - theirs).max(TimeDelta::zero()))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn wait(pairs: &[(&'static str, &str)]) -> Option<u64> {
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        retry_after(&headers(pairs), now).map(|wait| wait.as_secs())
    }

    #[test]
    fn every_way_to_ask_for_patience_is_understood() {
        assert_eq!(wait(&[("retry-after", "120")]), Some(120));
        assert_eq!(wait(&[("retry-after", "Tue, 24 Nov 2026 10:01:00 GMT")]), Some(60));
        assert_eq!(wait(&[("x-rate-limit-reset", "1795514460")]), Some(60));
        assert_eq!(wait(&[("ratelimit-reset", "1795514460")]), Some(60));
        assert_eq!(wait(&[("x-ratelimit-reset", "2026-11-24T10:01:30.123456Z")]), Some(90));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_wait_is_read_by_the_servers_own_clock_and_never_longer_than_a_day() {
        let date = ("date", "Tue, 24 Nov 2026 12:00:00 GMT");
        assert_eq!(wait(&[date, ("retry-after", "Tue, 24 Nov 2026 12:00:10 GMT")]), Some(10));
        assert_eq!(wait(&[("retry-after", "99999999")]), Some(86_400));
        assert_eq!(wait(&[("x-rate-limit-reset", "1000")]), Some(0));
    }

    #[test]
    fn a_server_may_be_behind_but_one_that_is_ahead_narrows_nothing() {
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        let behind = |date: &str| behind(&headers(&[("date", date)]), now).num_seconds();
        assert_eq!(behind("Tue, 24 Nov 2026 09:50:00 GMT"), 600);
        assert_eq!(behind("Tue, 24 Nov 2026 12:00:00 GMT"), 0);
        assert_eq!(behind("some time ago"), 0);
    }

    #[test]
    fn a_path_is_added_to_the_path_of_the_base() {
        let base = Url::parse("https://host.example/api/?x=1").unwrap();
        assert_eq!(endpoint(&base, "/v1/x").as_str(), "https://host.example/api/v1/x");
    }

    #[test]
    fn a_secret_that_a_server_echoes_stays_hidden() {
        let credential = Credential::made_from("dXNlcjpwdw==".into(), vec!["pw-17".into()]);
        assert_eq!(credential.hide("no pw-17, no dXNlcjpwdw=="), "no ***, no ***");
        let token = Credential::new("a/b\"c&d-17".into());
        for said in [
            r#"{"error":"a/b\"c&d-17"}"#,
            r#"{"error":"{\"error\":\"a/b\\\"c&d-17\"}"}"#,
            "?token=a%2Fb%22c%26d-17",
            "<p>a/b&quot;c&amp;d-17</p>",
            "Basic am9iczphL2IiYyZkLTE3",
            "AUTH PLAIN AGpvYnMAYS9iImMmZC0xNw==",
        ] {
            let hidden = token.hide(said);
            assert!(hidden.contains("***") && !hidden.contains("d-17"), "{said}: {hidden}");
            assert!(!hidden.contains("L2IiYyZk") && !hidden.contains("YS9iImMm"), "{hidden}");
        }
    }
}
