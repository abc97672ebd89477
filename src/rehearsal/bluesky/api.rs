//! The addresses of the API and of the public pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{Inner, Refusal, record};
use crate::rehearsal::fault::set;
use crate::rehearsal::loopback::{Connection, lock};
use crate::rehearsal::page::missing;

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/xrpc/com.atproto.server.createSession", post(create_session))
        .route("/xrpc/com.atproto.server.refreshSession", post(refresh_session))
        .route("/xrpc/com.atproto.repo.putRecord", post(put))
        .route("/xrpc/com.atproto.repo.uploadBlob", post(upload))
        .route("/xrpc/com.atproto.repo.applyWrites", post(apply))
        .route("/xrpc/com.atproto.repo.deleteRecord", post(delete))
        .route("/xrpc/com.atproto.repo.getRecord", get(show))
        .route("/xrpc/com.atproto.repo.listRecords", get(list))
        .route("/profile/{account}/post/{key}", get(public_page))
        .fallback(async || {
            let message = "Method Not Implemented";
            Refusal::of(StatusCode::NOT_IMPLEMENTED, "MethodNotImplemented", message)
        })
        .with_state(inner)
}

impl Inner {
    /// Whether a request to change something is the account's.
    fn may(&self, headers: &HeaderMap, body: &Value) -> Result<(), Refusal> {
        lock(&self.sessions).check(&bearer(headers)?, self.clock.now())?;
        let account = body["repo"].as_str().unwrap_or_default();
        if account == self.options.did || account == self.options.handle {
            return Ok(());
        }
        Err(Refusal::of(StatusCode::FORBIDDEN, "AccountNotFound", "Account not found"))
    }

    fn session(&self, (access, refresh): (String, String)) -> Json<Value> {
        Json(json!({
            "accessJwt": access,
            "refreshJwt": refresh,
            "did": self.options.did,
            "handle": self.options.handle,
            "active": true,
        }))
    }
}

fn bearer(headers: &HeaderMap) -> Result<String, Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bearer "));
    token.map(str::to_owned).ok_or_else(|| {
        let message = "Authentication Required";
        Refusal::of(StatusCode::UNAUTHORIZED, "AuthMissing", message)
    })
}

async fn create_session(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Json(body): Json<Value>,
) -> Response {
    let make = || {
        let now = inner.clock.now();
        let mut sessions = lock(&inner.sessions);
        if let Some(until) = sessions.full_until(now) {
            let refusal = Refusal::of(
                StatusCode::TOO_MANY_REQUESTS,
                "RateLimitExceeded",
                "Rate Limit Exceeded",
            );
            let mut response = refusal.into_response();
            set(&mut response, "ratelimit-remaining", "0");
            set(&mut response, "ratelimit-reset", &until.timestamp().to_string());
            return response;
        }
        let known = body["identifier"] == inner.options.did.as_str()
            || body["identifier"] == inner.options.handle.as_str();
        if !known || body["password"] != inner.options.app_password.as_str() {
            let message = "Invalid identifier or password";
            return Refusal::of(StatusCode::UNAUTHORIZED, "AuthenticationRequired", message)
                .into_response();
        }
        inner.session(sessions.make(now)).into_response()
    };
    inner.signing_in.around(&connection, &inner.clock, make).await
}

async fn refresh_session(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
) -> Response {
    let renew = || {
        let token = bearer(&headers)?;
        let tokens = lock(&inner.sessions).renew(&token, inner.clock.now())?;
        Ok::<_, Refusal>(inner.session(tokens))
    };
    inner.signing_in.around(&connection, &inner.clock, renew).await
}

async fn upload(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    lock(&inner.sessions).check(&bearer(&headers)?, inner.clock.now())?;
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Ok(inner.upload(media_type.unwrap_or("*/*"), &body))
}

async fn put(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let store = || inner.may(&headers, &body).and_then(|()| inner.put(&body));
    inner.creating.around(&connection, &inner.clock, store).await
}

async fn apply(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let store = || inner.may(&headers, &body).and_then(|()| inner.apply(&body));
    let writes = body["writes"].as_array().map_or(&[][..], Vec::as_slice);
    let changes = writes.iter().any(|write| write.get("value").is_none());
    let faults = if changes { &inner.changing } else { &inner.creating };
    faults.around(&connection, &inner.clock, store).await
}

async fn delete(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let store = || inner.may(&headers, &body).and_then(|()| inner.delete(&body));
    inner.changing.around(&connection, &inner.clock, store).await
}

type Asked = Query<BTreeMap<String, String>>;

async fn show(
    State(inner): State<Arc<Inner>>,
    Query(asked): Asked,
) -> Result<Json<Value>, Refusal> {
    inner.get(key_of(&inner, &asked)?)
}

async fn list(
    State(inner): State<Arc<Inner>>,
    Query(asked): Asked,
) -> Result<Json<Value>, Refusal> {
    account_of(&inner, &asked)?;
    let limit = asked.get("limit").map_or(Ok(50), |limit| limit.parse());
    match limit {
        Ok(limit @ 1..=100) => Ok(inner.list(limit, asked.get("cursor").map(String::as_str))),
        _ => Err(Refusal::invalid("Error: limit must be between 1 and 100")),
    }
}

fn key_of<'a>(inner: &Inner, asked: &'a BTreeMap<String, String>) -> Result<&'a str, Refusal> {
    account_of(inner, asked)?;
    asked.get("rkey").map(String::as_str).ok_or_else(|| Refusal::invalid("Error: rkey is missing"))
}

/// A repository of another server is asked of readers' servers, and here there are none.
fn account_of(inner: &Inner, asked: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    if of("collection") != record::POSTS {
        return Err(Refusal::invalid("the stand-in keeps posts only"));
    }
    if of("repo") == inner.options.did || of("repo") == inner.options.handle {
        return Ok(());
    }
    let message = "Upstream service unreachable";
    Err(Refusal::of(StatusCode::BAD_GATEWAY, "UpstreamFailure", message))
}

async fn public_page(
    State(inner): State<Arc<Inner>>,
    Path((account, key)): Path<(String, String)>,
) -> Response {
    if account == inner.options.did || account == inner.options.handle {
        inner.public_page(&key)
    } else {
        missing(StatusCode::NOT_FOUND)
    }
}
