//! The addresses of the API and of the public pages.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Inner, Options, Problem, RATE_LIMIT};
use crate::rehearsal::fault::set;
use crate::rehearsal::loopback::{Connection, lock};
use crate::rehearsal::page::missing;

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/2/tweets", post(create))
        .route("/2/tweets/{id}", get(show).delete(delete))
        .route("/2/media/upload", post(upload))
        .route("/2/media/metadata", post(describe))
        .route("/2/users/me", get(me))
        .route("/2/users/{id}/tweets", get(timeline))
        .route("/i/web/status/{id}", get(page_by_id))
        .route("/{username}/status/{id}", get(public_page))
        .fallback(async || Problem::NoSuchAddress)
        .with_state(inner)
}

async fn create(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let used = {
        let mut account = lock(&inner.account);
        account.creating_requests += 1;
        account.creating_requests
    };
    let store = || {
        inner.may(&method, &uri, &headers)?;
        let mut response = inner.create(&body).into_response();
        let reset = (inner.clock.now() + TimeDelta::minutes(15)).timestamp();
        let remaining = RATE_LIMIT.saturating_sub(used);
        set(&mut response, "x-rate-limit-limit", &RATE_LIMIT.to_string());
        set(&mut response, "x-rate-limit-remaining", &remaining.to_string());
        set(&mut response, "x-rate-limit-reset", &reset.to_string());
        Ok::<_, Problem>(response)
    };
    inner.creating.around(&connection, &inner.clock, store).await
}

async fn upload(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    inner.may(&method, &uri, &headers)?;
    inner.upload(&headers, &body)
}

async fn describe(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    inner.may(&method, &uri, &headers)?;
    inner.describe(&body)
}

async fn delete(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let store = || inner.may(&method, &uri, &headers).map(|()| inner.delete(&id));
    inner.changing.around(&connection, &inner.clock, store).await
}

async fn show(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    inner.may(&method, &uri, &headers)?;
    Ok(inner.show(&id, uri.query().unwrap_or_default()))
}

async fn timeline(
    State(inner): State<Arc<Inner>>,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    inner.may(&method, &uri, &headers)?;
    inner.timeline(&user, query.as_deref().unwrap_or_default())
}

async fn me(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    inner.may(&method, &uri, &headers)?;
    let Options { user_id, username, .. } = &inner.options;
    Ok(Json(json!({ "data": { "id": user_id, "name": username, "username": username } })))
}

async fn public_page(
    State(inner): State<Arc<Inner>>,
    Path((username, id)): Path<(String, String)>,
) -> Response {
    if username.eq_ignore_ascii_case(&inner.options.username) {
        inner.public_page(&id)
    } else {
        missing(StatusCode::NOT_FOUND)
    }
}

async fn page_by_id(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    inner.public_page(&id)
}
