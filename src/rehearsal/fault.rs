//! Faults that a stand-in can be told to have, one after the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{SecondsFormat, TimeDelta};

use super::loopback::{Connection, SharedClock, lock};

/// What goes wrong with one request to a stand-in that speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An answer of our choice; nothing is stored.
    RefuseBeforeStoring { status: u16, headers: Vec<(String, String)>, body: String },
    /// The connection closes without an answer; nothing is stored.
    DropBeforeStoring,
    /// Stored; the connection closes without an answer.
    StoreThenDrop,
    /// Stored; the answer has this status and no readable body, as from a proxy in between.
    StoreThenStatus(u16),
    /// Stored; the answer's status is right, its body is none that the API makes.
    StoreThenGarbage,
    /// Stored; the answer breaks off in the middle of its body.
    StoreThenHalfBody,
    /// Stored; the answer comes so much later (real time).
    Delay(Duration),
    /// 429; nothing is stored.
    RateLimited { wait: Duration, style: RateLimitStyle },
}

/// How a server says when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitStyle {
    /// `Retry-After` in seconds (RFC 9110 §10.2.3).
    RetryAfterSeconds,
    /// `Retry-After` as an HTTP date.
    RetryAfterDate,
    /// `X-RateLimit-Reset` in ISO 8601 with microseconds, as Mastodon does; no `Retry-After`.
    IsoReset,
    /// `x-rate-limit-reset` in seconds since 1970, as X does; no `Retry-After`.
    EpochReset,
}

/// The faults that wait for the next requests; clones share one queue.
#[derive(Debug)]
pub struct Faults<F = Fault>(Arc<Mutex<VecDeque<F>>>);

impl<F> Faults<F> {
    /// The next request that finds no earlier fault gets this one.
    pub fn push(&self, fault: F) {
        lock(&self.0).push_back(fault);
    }

    /// How many faults have not happened yet.
    pub fn waiting(&self) -> usize {
        lock(&self.0).len()
    }

    pub(super) fn take(&self) -> Option<F> {
        lock(&self.0).pop_front()
    }

    /// Takes the next fault if it is one that happens here.
    pub(super) fn take_if(&self, happens: impl Fn(&F) -> bool) -> Option<F> {
        let mut queue = lock(&self.0);
        if queue.front().is_some_and(happens) { queue.pop_front() } else { None }
    }
}

impl<F> Clone for Faults<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl Faults {
    /// Answers a request with its fault, if one waits; `store` does what was asked and answers.
    pub(super) async fn around<R: IntoResponse>(
        &self,
        connection: &Connection,
        clock: &SharedClock,
        store: impl FnOnce() -> R,
    ) -> Response {
        let store = || store().into_response();
        let Some(fault) = self.take() else { return store() };
        match fault {
            Fault::RefuseBeforeStoring { status, headers, body } => {
                let mut response = (status_code(status), body).into_response();
                for (name, value) in &headers {
                    set(&mut response, name, value);
                }
                response
            }
            Fault::DropBeforeStoring => {
                connection.cut();
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Fault::StoreThenDrop => {
                let response = store();
                connection.cut();
                response
            }
            Fault::StoreThenStatus(status) => {
                store();
                (status_code(status), "<html><body>upstream trouble</body></html>").into_response()
            }
            Fault::StoreThenGarbage => {
                let mut response = store();
                *response.body_mut() = Body::from("<html><body>Welcome!</body></html>");
                response.headers_mut().remove(header::CONTENT_LENGTH);
                response.headers_mut().remove(header::LOCATION);
                response.headers_mut().remove("x-restli-id");
                set(&mut response, "content-type", "text/html; charset=utf-8");
                response
            }
            Fault::StoreThenHalfBody => {
                let response = store();
                connection.cut_in_the_body();
                response
            }
            Fault::Delay(wait) => {
                let response = store();
                tokio::time::sleep(wait).await;
                response
            }
            Fault::RateLimited { wait, style } => rate_limited(wait, style, clock),
        }
    }
}

fn rate_limited(wait: Duration, style: RateLimitStyle, clock: &SharedClock) -> Response {
    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
    let reset = clock.now().checked_add_signed(wait).unwrap_or_else(|| clock.now());
    let body = r#"{"error":"Too many requests"}"#;
    let mut response = (StatusCode::TOO_MANY_REQUESTS, body).into_response();
    set(&mut response, "content-type", "application/json; charset=utf-8");
    match style {
        RateLimitStyle::RetryAfterSeconds => {
            set(&mut response, "retry-after", &wait.num_seconds().to_string());
        }
        RateLimitStyle::RetryAfterDate => {
            let date = httpdate::fmt_http_date(SystemTime::from(reset));
            set(&mut response, "retry-after", &date);
        }
        RateLimitStyle::IsoReset => {
            set(&mut response, "x-ratelimit-limit", "300");
            set(&mut response, "x-ratelimit-remaining", "0");
            let reset = reset.to_rfc3339_opts(SecondsFormat::Micros, true);
            set(&mut response, "x-ratelimit-reset", &reset);
        }
        RateLimitStyle::EpochReset => {
            set(&mut response, "x-rate-limit-limit", "100");
            set(&mut response, "x-rate-limit-remaining", "0");
            set(&mut response, "x-rate-limit-reset", &reset.timestamp().to_string());
        }
    }
    response
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Sets a header; one that HTTP does not allow is left out.
pub(super) fn set(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        response.headers_mut().insert(name, value);
    }
}
