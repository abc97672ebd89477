//! The web page over HTTP. A request passes the [`gate`] (is the page shown at all, is this address
//! ours, does the form come from our own pages, who asks), then [`pages`] answers with what
//! [`crate::web`] computes and draws, or [`changes`] takes a decision by the same functions as the
//! command line.
//!
//! [`snapshot`] is what pages are computed from, kept for seconds; [`people`] knows who is logged in
//! and which forms are theirs; [`limit`] how often somebody may try; [`refusal`] says no, and why.

mod changes;
mod gate;
mod health;
mod limit;
mod pages;
mod people;
mod refusal;
mod snapshot;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use tokio::sync::Notify;

use super::Setup;
use super::status::Status;
use crate::web::Moment;
use crate::web::draw::{Drawer, ICON, STYLE};
use gate::Visitor;
use limit::Limits;
use people::Logins;
use refusal::Refusal;
use snapshot::{Snapshot, Snapshots};

/// A form is a few lines of text.
const LARGEST_FORM: usize = 64 * 1024;

/// What every answer says to browsers (CSP 3, Fetch, Referrer Policy, HTML). No script runs, and
/// nothing comes from elsewhere. Forms keep their `Origin`, which `no-referrer` would take away.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What all requests share; clones are the same.
#[derive(Clone)]
pub(super) struct Web(Arc<Shared>);

struct Shared {
    status: Status,
    snapshots: Snapshots,
    logins: Logins,
    limits: Limits,
    /// Somebody has decided something: the loop looks at everything again.
    decided: Arc<Notify>,
}

/// What stands round every page.
#[derive(Debug, Clone, Serialize)]
struct Frame {
    site: String,
    /// The address of the page in the list of pages.
    here: &'static str,
    /// Whether the visitor may read.
    sees: bool,
    who: Option<String>,
    can_log_in: bool,
    can_log_out: bool,
    /// Where to log in, to come back here.
    login: String,
    /// Binds the forms of this page to who it was drawn for.
    token: Option<String>,
    /// What was done just now.
    said: Option<&'static str>,
    now: Moment,
    zone: &'static str,
}

#[derive(Serialize)]
struct Drawn<'a, P> {
    frame: &'a Frame,
    page: &'a P,
}

impl Web {
    /// `decided` is told after every decision.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub(super) fn new(status: Status, decided: Arc<Notify>) -> io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            status,
            snapshots: Snapshots::default(),
            logins: Logins::new()?,
            limits: Limits::default(),
            decided,
        })))
    }

    /// The pages, as they are answered at an address.
    pub(super) fn router(&self, at: SocketAddr) -> Router {
        let web = self.clone();
        let gate = move |ConnectInfo(peer): ConnectInfo<SocketAddr>, asked: Request, next: Next| {
            gate::pass(web.clone(), at, peer, asked, next)
        };
        Router::new()
            .route("/", get(pages::overview))
            .route("/posting", get(pages::posting))
            .route("/delivery/{key}", get(pages::delivery))
            .route("/calendar", get(pages::calendar))
            .route("/log", get(pages::log))
            .route("/channels", get(pages::channels))
            .route("/health", get(pages::how_it_is))
            .route("/picture/{sha256}", get(pages::picture))
            .route("/login", get(pages::login).post(changes::log_in))
            .route("/logout", post(changes::log_out))
            .route("/approve", post(changes::approve))
            .route("/resolve", post(changes::resolve))
            .route("/record", post(changes::record))
            .route("/withdraw", post(changes::withdraw))
            .route("/pause", post(changes::pause))
            .route("/resume", post(changes::resume))
            .route("/style.css", get(style))
            .route("/icon.svg", get(icon))
            .route_layer(middleware::from_fn(gate))
            .layer(DefaultBodyLimit::max(LARGEST_FORM))
            .with_state(self.clone())
    }

    fn setup(&self) -> Arc<Setup> {
        self.0.status.look(|facts| Arc::clone(&facts.setup))
    }

    /// What pages are computed from; made anew if it is a few seconds old.
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Refusal> {
        self.0.snapshots.get(&self.0.status).await
    }

    /// Something was decided: nobody is shown what was before, and the loop looks at it.
    fn decided(&self) {
        self.0.snapshots.forget();
        self.0.decided.notify_one();
    }

    fn frame(&self, visitor: &Visitor, here: &'static str) -> Frame {
        let setup = self.setup();
        let (site, now) = (&setup.site, self.0.status.clock().now());
        let zone = site.settings.timezone;
        let who = visitor.who.as_ref();
        Frame {
            site: site.name.clone(),
            here,
            sees: visitor.may_read,
            who: who.map(|who| who.name.clone()),
            can_log_in: !site.web.people.is_empty(),
            can_log_out: who.is_some_and(people::Who::can_log_out),
            login: crate::web::link::asking("/login", &[("to", &visitor.at)]),
            token: who.map(|who| self.0.logins.form_token(who, now)),
            said: None,
            now: Moment::new(now, zone),
            zone: zone.name(),
        }
    }

    /// Draws a refusal for who is refused.
    fn refuse(&self, visitor: &Visitor, refusal: &Refusal) -> Response {
        let frame = self.frame(visitor, "");
        let mut answer = draw(&Drawer::default(), "message", &frame, &refusal.page());
        *answer.status_mut() = refusal.status();
        if let Some(seconds) = refusal.retry_after() {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}

fn draw(drawer: &Drawer, template: &str, frame: &Frame, page: &impl Serialize) -> Response {
    match drawer.draw(template, &Drawn { frame, page }) {
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!("the page `{template}` cannot be drawn: {error:#}");
            (StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be drawn; the log says why\n")
                .into_response()
        }
    }
}

/// Adds to every answer what browsers have to know.
pub(super) async fn with_headers(asked: Request, next: Next) -> Response {
    let mut answer = next.run(asked).await;
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    answer
}

async fn style() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, STYLE).into_response()
}

async fn icon() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, ICON).into_response()
}
