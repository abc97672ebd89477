//! Answers `/healthz`, `/metrics`, `/feeds/NAME` and the web page over HTTP, on a thread of its own:
//! what it does never keeps the loop from delivering, and it answers while the loop is at work.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use chrono::TimeDelta;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use super::metrics::Metrics;
use super::status::Status;
use super::timer::Backoff;
use super::web::{self, Web};
use super::{feeds, health};
use crate::site::serve::Listen;

/// The content type of metrics in Prometheus' text form.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The server, as the loop holds it.
pub(super) struct Http {
    listen: watch::Sender<Listen>,
    decided: Arc<Notify>,
}

impl Http {
    /// Starts the thread that answers.
    ///
    /// # Errors
    /// If there is no thread to be had, or no random bytes for the keys of logins.
    pub(super) fn start(status: Status, listen: Listen) -> io::Result<Self> {
        let (sender, receiver) = watch::channel(listen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let decided = Arc::new(Notify::new());
        let answers = Answers {
            web: Web::new(status.clone(), Arc::clone(&decided))?,
            status,
            metrics: Metrics::default(),
        };
        std::thread::Builder::new().name("http".to_owned()).spawn(move || {
            runtime.block_on(serve(answers, receiver));
        })?;
        Ok(Self { listen: sender, decided })
    }

    /// Waits until somebody has decided something on the web page.
    pub(super) async fn decided(&self) {
        self.decided.notified().await;
    }

    /// Answers there from now on.
    pub(super) fn listen(&self, listen: Listen) {
        self.listen.send_if_modified(|now| std::mem::replace(now, listen) != listen);
    }
}

/// Answers where it is wanted, until the loop is gone.
async fn serve(answers: Answers, mut listen: watch::Receiver<Listen>) {
    loop {
        let wanted = *listen.borrow_and_update();
        let answering = async {
            match wanted {
                Listen::At(address) => answer(address, &answers).await,
                Listen::Off => std::future::pending().await,
            }
        };
        tokio::select! {
            () = answering => {}
            changed = listen.changed() => if changed.is_err() {
                return;
            }
        }
    }
}

/// Answers at one address. A port that is taken is tried again, and said once.
async fn answer(address: SocketAddr, answers: &Answers) {
    let mut backoff = Backoff::new(TimeDelta::seconds(1), TimeDelta::minutes(1));
    let mut said = None;
    loop {
        let why = match TcpListener::bind(address).await {
            Ok(listener) => {
                let at = listener.local_addr().unwrap_or(address);
                info!(%at, "health and metrics are answered");
                let app = answers.router(at).into_make_service_with_connect_info::<SocketAddr>();
                match axum::serve(listener, app).await {
                    Ok(()) => return,
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => error.to_string(),
        };
        if said.as_ref() != Some(&why) {
            warn!(%address, why, "health and metrics cannot be answered there; deliveries go on, and it is tried again");
            said = Some(why);
        }
        tokio::time::sleep(backoff.wait().to_std().unwrap_or(Duration::from_secs(60))).await;
    }
}

#[derive(Clone)]
struct Answers {
    status: Status,
    metrics: Metrics,
    web: Web,
}

impl Answers {
    /// What is answered at an address.
    fn router(&self, at: SocketAddr) -> Router {
        Router::new()
            .route("/healthz", get(healthz))
            .route("/metrics", get(metrics_text))
            .route("/feeds/{channel}", get(feed))
            .route("/feeds/{channel}/{file}", get(file_of_feed))
            .with_state(self.clone())
            .merge(self.web.router(at))
            .layer(middleware::from_fn(web::with_headers))
    }
}

async fn healthz(State(answers): State<Answers>) -> Response {
    let health = health::look(&answers.status).await;
    let code = if health.is_well() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health)).into_response()
}

async fn metrics_text(State(answers): State<Answers>) -> Response {
    let text = answers.metrics.text(&answers.status).await;
    ([(header::CONTENT_TYPE, METRICS)], text).into_response()
}

/// The list that others fetch.
async fn feed(
    State(answers): State<Answers>,
    Path(channel): Path<String>,
    headers: HeaderMap,
) -> Response {
    feeds::answer(&answers.status.facts().setup.site, &channel, None, &headers).await
}

async fn file_of_feed(
    State(answers): State<Answers>,
    Path((channel, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    feeds::answer(&answers.status.facts().setup.site, &channel, Some(&file), &headers).await
}
