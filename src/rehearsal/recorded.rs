//! Plays back what a server said once: `handbill channels test --recorded`.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::Url;

use super::loopback::{Bound, Loopback, lock};

/// A request and what came back, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub method: String,
    /// Path and query.
    pub path: String,
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
}

/// A server that answers each request as it was answered then: the same request the first time
/// with its first answer, and so on, and then always with the last.
pub struct Playback {
    url: Url,
    _server: Loopback,
}

#[derive(Clone)]
struct Script {
    recorded: Arc<Vec<Recorded>>,
    played: Arc<Mutex<Vec<usize>>>,
}

impl Playback {
    /// What the server at `spoke` said once. Addresses on it, such as links of ads, lead to the
    /// playback, so that nothing is asked of the real one.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had.
    pub async fn start(mut recorded: Vec<Recorded>, spoke: &Url) -> io::Result<Self> {
        let bound = Bound::take().await?;
        let url = bound.url()?;
        let (there, here) =
            (spoke.origin().ascii_serialization(), url.origin().ascii_serialization());
        for it in &mut recorded {
            it.body = led(&it.body, &there, &here);
            for (_, value) in &mut it.headers {
                *value = led(value, &there, &here);
            }
        }
        let script = Script { recorded: Arc::new(recorded), played: Arc::default() };
        let router = Router::new().fallback(play).with_state(script);
        Ok(Self { url, _server: bound.serve(router) })
    }

    /// Where it listens.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// A text whose addresses on one server are addresses on another; JSON may escape their slashes.
fn led(text: &str, from: &str, to: &str) -> String {
    let escaped = |address: &str| address.replace('/', "\\/");
    text.replace(from, to).replace(&escaped(from), &escaped(to))
}

async fn play(State(script): State<Script>, method: Method, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let mut played = lock(&script.played);
    let same = |it: &&(usize, &Recorded)| {
        it.1.method.eq_ignore_ascii_case(method.as_str()) && it.1.path == path
    };
    let all: Vec<(usize, &Recorded)> = script.recorded.iter().enumerate().collect();
    let known = all.iter().find(|it| same(it) && !played.contains(&it.0));
    let Some((place, answer)) = known.or_else(|| all.iter().rev().find(same)) else {
        let why = format!("the record has no {method} {path}");
        return (StatusCode::NOT_IMPLEMENTED, why).into_response();
    };
    played.push(*place);
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::NOT_IMPLEMENTED);
    let mut response = (status, Body::from(answer.body.clone())).into_response();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
