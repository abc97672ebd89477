//! The addresses of the API and of the public pages.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Json, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::Value;

use super::{Inner, Problem};
use crate::rehearsal::loopback::{Connection, lock};

#[derive(Debug, Deserialize)]
pub(super) struct Finder {
    pub(super) q: Option<String>,
    pub(super) author: Option<String>,
    pub(super) count: Option<usize>,
    pub(super) start: Option<usize>,
}

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/rest/posts", post(create).get(find))
        .route("/rest/posts/{urn}", get(show).post(change).delete(delete))
        .route("/rest/images", post(place))
        .route("/dms-uploads/{name}", put(bring))
        .route("/v2/userinfo", get(userinfo))
        .route("/feed/update/{urn}/", get(public_page))
        .fallback(async || Problem::NotFound)
        .with_state(inner)
}

async fn create(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    lock(&inner.account).creating_requests += 1;
    let store = || inner.may(&headers).and_then(|()| inner.create(&body));
    inner.creating.around(&connection, &inner.clock, store).await
}

#[derive(Debug, Deserialize)]
struct Asked {
    action: Option<String>,
}

async fn place(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let store = || {
        inner.may(&headers)?;
        match asked.action.as_deref() {
            Some("initializeUpload") => inner.place(&body),
            _ => Err(Problem::Invalid("There is no such action")),
        }
    };
    inner.uploading.around(&connection, &inner.clock, store).await
}

async fn bring(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let store = || inner.knows(&headers).and_then(|()| inner.bring(&name, &body));
    inner.uploading.around(&connection, &inner.clock, store).await
}

async fn change(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Path(urn): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let store = || inner.may(&headers).and_then(|()| inner.change(&headers, &urn, &body));
    inner.changing.around(&connection, &inner.clock, store).await
}

async fn delete(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    Path(urn): Path<String>,
    headers: HeaderMap,
) -> Response {
    let store = || inner.may(&headers).map(|()| inner.delete(&urn));
    inner.changing.around(&connection, &inner.clock, store).await
}

async fn show(
    State(inner): State<Arc<Inner>>,
    Path(urn): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    inner.may(&headers)?;
    inner.show(&urn).map(Json)
}

async fn find(
    State(inner): State<Arc<Inner>>,
    Query(finder): Query<Finder>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    inner.may(&headers)?;
    inner.find(&finder).map(Json)
}

async fn userinfo(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    inner.knows(&headers)?;
    Ok(Json(inner.member()))
}

async fn public_page(State(inner): State<Arc<Inner>>, Path(urn): Path<String>) -> Response {
    inner.public_page(&urn)
}
