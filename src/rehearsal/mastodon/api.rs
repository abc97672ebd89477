//! The addresses of the API and of the public pages.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Json, Response};
use axum::routing::{get, post};
use serde_json::Value;

use super::{Inner, Refusal};
use crate::rehearsal::loopback::{Connection, lock};
use crate::rehearsal::page::missing;

#[derive(Debug, serde::Deserialize)]
pub(super) struct TimelineQuery {
    pub(super) limit: Option<usize>,
    pub(super) max_id: Option<i64>,
    pub(super) since_id: Option<i64>,
    pub(super) min_id: Option<i64>,
    pub(super) exclude_replies: Option<String>,
}

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/api/v1/statuses", post(create))
        .route("/api/v1/statuses/{id}", get(show).put(edit).delete(delete))
        .route("/api/v1/accounts/verify_credentials", get(verify_credentials))
        .route("/api/v1/accounts/{id}/statuses", get(timeline))
        .route("/api/v2/media", post(upload))
        .route("/api/v1/media/{id}", get(media))
        .route("/picture/{id}", get(picture))
        .route("/api/v1/instance", get(instance_v1))
        .route("/api/v2/instance", get(instance_v2))
        .route("/.well-known/nodeinfo", get(nodeinfo_links))
        .route("/nodeinfo/2.0", get(nodeinfo))
        .route("/{handle}/{id}", get(public_page))
        .fallback(async || Refusal::not_found())
        .with_state(inner)
}

async fn create(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let store = || inner.create(&headers, &body);
    inner.creating.around(&connection, &inner.clock, store).await
}

async fn edit(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let store = || inner.edit(&headers, &id, &body);
    inner.changing.around(&connection, &inner.clock, store).await
}

async fn delete(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let store = || inner.delete(&headers, &id);
    inner.changing.around(&connection, &inner.clock, store).await
}

async fn upload(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let store = || inner.upload(&headers, &body);
    inner.uploading.around(&connection, &inner.clock, store).await
}

async fn media(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    inner.media(&headers, &id)
}

async fn picture(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    inner.picture(&id)
}

async fn show(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let owner = inner.may(&headers).is_ok();
    let account = lock(&inner.account);
    account
        .statuses
        .iter()
        .find(|it| it.id == id && it.end.is_none() && (owner || it.is_open()))
        .map(|status| inner.answer(status))
        .ok_or_else(Refusal::not_found)
}

async fn timeline(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    Query(query): Query<TimelineQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    inner.timeline(&headers, &id, &query)
}

async fn verify_credentials(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    inner.may(&headers)?;
    Ok(Json(inner.account_entity()))
}

async fn instance_v1(State(inner): State<Arc<Inner>>) -> Json<Value> {
    Json(inner.instance_v1_entity())
}

async fn instance_v2(State(inner): State<Arc<Inner>>) -> Json<Value> {
    Json(inner.instance_v2_entity())
}

async fn nodeinfo_links(State(inner): State<Arc<Inner>>) -> Json<Value> {
    Json(inner.nodeinfo_links_entity())
}

async fn nodeinfo(State(inner): State<Arc<Inner>>) -> Json<Value> {
    Json(inner.nodeinfo_entity())
}

async fn public_page(
    State(inner): State<Arc<Inner>>,
    Path((handle, id)): Path<(String, String)>,
) -> Response {
    if handle.strip_prefix('@') == Some(inner.options.username.as_str()) {
        inner.public_page(&id)
    } else {
        missing(StatusCode::NOT_FOUND)
    }
}
