//! Plays a job board as its file describes it ([`Config`]): the addresses are served, the
//! credentials checked, the bodies stored, and the answers shaped as the file expects them.

mod answer;
mod job;
mod route;

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use data_encoding::BASE64;
use serde_json::json;
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy};
use super::fault::Faults;
use super::loopback::{Bound, Connection, Loopback, SharedClock, lock};
use super::page::{escape, missing, page};
use crate::channel::board::{Auth, Config, Place, Request};
use answer::{Hit, Places, done, found};
use job::{Document, Job};
use route::{Placeholders, Route, path_and_query};

/// What the board is like beside its file.
#[derive(Clone)]
pub struct Options {
    /// The password, token or header value that is valid, if the file names one.
    pub secret: String,
    pub moderation: Moderation,
}

impl Default for Options {
    fn default() -> Self {
        Self { secret: "rehearsal-secret".to_owned(), moderation: Moderation::None }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("moderation", &self.moderation).finish_non_exhaustive()
    }
}

/// When readers see a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moderation {
    /// At once.
    None,
    /// Once [`BoardStandIn::approve`] was called.
    Held,
}

/// A job board on loopback.
///
/// Two requests to create are two jobs, whatever they say, unless the address of the request
/// names the reference: then the second replaces what the first wrote.
pub struct BoardStandIn {
    inner: Arc<Inner>,
    _server: Loopback,
}

impl BoardStandIn {
    /// Starts the server; `channel` is the name under which its jobs are shown.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had, or an address in the file is none.
    pub async fn start(
        channel: &str,
        config: &Config,
        options: Options,
        clock: SharedClock,
    ) -> io::Result<Self> {
        let bound = Bound::take().await?;
        let root = bound.url()?;
        let config = rehosted(config, &root)?;
        let inner = Arc::new(Inner {
            channel: channel.to_owned(),
            routes: Routes::new(&config).map_err(io::Error::other)?,
            root,
            config,
            options,
            clock,
            creating: Faults::default(),
            changing: Faults::default(),
            desk: Mutex::default(),
        });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        Ok(Self { inner, _server: bound.serve(router) })
    }

    /// The board's file with every address on this server, and nothing else changed.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// What [`Config::base`] has to be to reach this server.
    pub fn base(&self) -> Url {
        self.inner.config.base.clone()
    }

    /// Faults of the requests that create a job.
    pub fn faults(&self) -> &Faults {
        &self.inner.creating
    }

    /// Faults of the requests that update or withdraw one.
    pub fn change_faults(&self) -> &Faults {
        &self.inner.changing
    }

    /// Every job that was ever stored.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }

    /// How many requests to create a job came in, whatever became of them.
    pub fn creating_requests(&self) -> usize {
        lock(&self.inner.desk).creating_requests
    }

    /// A moderator lets everything through that waits.
    pub fn approve(&self) {
        let mut desk = lock(&self.inner.desk);
        desk.approved_up_to = desk.last_id;
    }

    /// Someone else takes the job away.
    pub fn remove(&self, id: &str) {
        let at = self.inner.clock.now();
        if let Some(job) = lock(&self.inner.desk).jobs.iter_mut().find(|it| it.id.to_string() == id)
        {
            job.end.get_or_insert(End::Removed { at });
        }
    }
}

impl Exhibitor for BoardStandIn {
    fn channel(&self) -> String {
        self.inner.channel.clone()
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

struct Inner {
    channel: String,
    root: Url,
    config: Config,
    routes: Routes,
    options: Options,
    clock: SharedClock,
    creating: Faults,
    changing: Faults,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    /// The oldest first.
    jobs: Vec<Job>,
    last_id: u64,
    approved_up_to: u64,
    creating_requests: usize,
}

/// The board's addresses.
struct Routes {
    find: Option<Route>,
    create: Route,
    update: Option<Route>,
    withdraw: Option<Route>,
    /// Where readers find a job.
    page: Option<Route>,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    Credentials,
    Unreadable,
    NoSuchJob,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Self::Credentials => (StatusCode::UNAUTHORIZED, "The credentials are not valid"),
            Self::Unreadable => (StatusCode::UNPROCESSABLE_ENTITY, "The body is no text"),
            Self::NoSuchJob => (StatusCode::NOT_FOUND, "There is no such job"),
        };
        (status, Json(json!({ "error": why }))).into_response()
    }
}

/// What a request wants.
enum Wish {
    Find(Placeholders),
    Create(Placeholders),
    Update(Placeholders),
    Withdraw(Placeholders),
    Read(Placeholders),
}

impl Routes {
    fn new(config: &Config) -> Result<Self, regex::Error> {
        let base = &config.base;
        let of = |request: &Request| Route::new(&request.method, &request.url, base);
        let find = config.find.as_ref().map(|it| Route::new(&it.method, &it.url, base));
        Ok(Self {
            find: find.transpose()?,
            create: of(&config.create)?,
            update: config.update.as_ref().map(of).transpose()?,
            withdraw: config.withdraw.as_ref().map(of).transpose()?,
            page: page_template(config).map(|it| Route::new("GET", it, base)).transpose()?,
        })
    }

    fn wish(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Option<Wish> {
        let of = |route: &Option<Route>| route.as_ref()?.matches(method, path, query);
        // An update and a withdrawal may go to one address; only the first has a body.
        if body.is_empty()
            && let Some(found) = of(&self.withdraw)
        {
            return Some(Wish::Withdraw(found));
        }
        None.or_else(|| of(&self.find).map(Wish::Find))
            .or_else(|| self.create.matches(method, path, query).map(Wish::Create))
            .or_else(|| of(&self.update).map(Wish::Update))
            .or_else(|| of(&self.withdraw).map(Wish::Withdraw))
            .or_else(|| of(&self.page).map(Wish::Read))
    }
}

impl Inner {
    fn copies(&self) -> Vec<StoredCopy> {
        let link = |job: &Job| Url::parse(&self.link(job)).ok();
        lock(&self.desk).jobs.iter().map(|job| job.copy(link(job))).collect()
    }

    /// Where readers find the job: where the file says, else `/jobs/ID`.
    fn link(&self, job: &Job) -> String {
        let path = match page_template(&self.config) {
            Some(template) => path_and_query(template, &self.config.base)
                .replace("{id}", &job.id.to_string())
                .replace("{reference}", job.reference.as_deref().unwrap_or_default()),
            None => format!("/jobs/{}", job.id),
        };
        format!("{}{}", self.root, path.trim_start_matches('/'))
    }

    fn hit(&self, job: &Job) -> Hit {
        Hit { id: job.id, link: Some(self.link(job)), reference: None }
    }

    fn may(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let authorization = given(header::AUTHORIZATION.as_str());
        let secret = self.options.secret.as_str();
        let good = match &self.config.auth {
            Auth::None => true,
            Auth::Basic { username, .. } => {
                let pair = BASE64.encode(format!("{username}:{secret}").as_bytes());
                authorization.and_then(|it| it.strip_prefix("Basic ")) == Some(pair.as_str())
            }
            Auth::Bearer { .. } => {
                authorization.and_then(|it| it.strip_prefix("Bearer ")) == Some(secret)
            }
            Auth::Header { name, .. } => given(name) == Some(secret),
        };
        if good { Ok(()) } else { Err(Refusal::Credentials) }
    }

    fn find(&self, wanted: &Placeholders) -> Result<Response, Refusal> {
        let find = self.config.find.as_ref().ok_or(Refusal::NoSuchJob)?;
        let desk = lock(&self.desk);
        let hits: Vec<Hit> = desk
            .jobs
            .iter()
            .filter(|job| job.end.is_none())
            .filter(|job| wanted.get("reference").is_none_or(|it| job.has_reference(it)))
            .filter(|job| wanted.get("id").is_none_or(|id| job.id.to_string() == *id))
            .map(|job| Hit { reference: wanted.get("reference").cloned(), ..self.hit(job) })
            .collect();
        let places = Places { id: Some(&find.id), link: find.link.as_ref() };
        Ok(found(&find.ok, places, &hits))
    }

    fn create(&self, wanted: &Placeholders, body: &Bytes) -> Result<Response, Refusal> {
        let create = &self.config.create;
        let places = Places { id: create.id.as_ref(), link: create.link.as_ref() };
        let document = self.document(body)?;
        let now = self.clock.now();
        let mut desk = lock(&self.desk);
        let reference = wanted.get("reference").cloned();
        if let Some(known) = desk
            .jobs
            .iter_mut()
            .find(|job| reference.is_some() && job.reference == reference && job.end.is_none())
        {
            if known.current().raw != document.raw {
                known.edits.push((now, document));
            }
            return Ok(done(&create.ok, StatusCode::OK, places, &self.hit(known)));
        }
        desk.last_id = desk.last_id.max(1000) + 1;
        let job = Job {
            id: desk.last_id,
            reference,
            created_at: now,
            original: document,
            edits: Vec::new(),
            end: None,
        };
        let hit = self.hit(&job);
        desk.jobs.push(job);
        Ok(done(&create.ok, StatusCode::CREATED, places, &hit))
    }

    fn update(&self, wanted: &Placeholders, body: &Bytes) -> Result<Response, Refusal> {
        let update = self.config.update.as_ref().ok_or(Refusal::NoSuchJob)?;
        let document = self.document(body)?;
        let now = self.clock.now();
        let mut desk = lock(&self.desk);
        let job = named(&mut desk, wanted).ok_or(Refusal::NoSuchJob)?;
        if job.current().raw != document.raw {
            job.edits.push((now, document));
        }
        let places = Places { id: update.id.as_ref(), link: update.link.as_ref() };
        Ok(done(&update.ok, StatusCode::OK, places, &self.hit(job)))
    }

    fn withdraw(&self, wanted: &Placeholders) -> Result<Response, Refusal> {
        let withdraw = self.config.withdraw.as_ref().ok_or(Refusal::NoSuchJob)?;
        let mut desk = lock(&self.desk);
        let job = named(&mut desk, wanted).ok_or(Refusal::NoSuchJob)?;
        job.end = Some(End::Withdrawn { at: self.clock.now() });
        let places = Places { id: withdraw.id.as_ref(), link: withdraw.link.as_ref() };
        Ok(done(&withdraw.ok, StatusCode::OK, places, &self.hit(job)))
    }

    fn document(&self, body: &Bytes) -> Result<Document, Refusal> {
        match std::str::from_utf8(body) {
            Ok(raw) if !raw.trim().is_empty() => {
                Ok(Document { format: self.config.format, raw: raw.to_owned() })
            }
            _ => Err(Refusal::Unreadable),
        }
    }

    fn public_page(&self, wanted: &Placeholders) -> Response {
        let desk = lock(&self.desk);
        let held =
            |job: &Job| self.options.moderation == Moderation::Held && job.id > desk.approved_up_to;
        let job = desk.jobs.iter().find(|job| is_named(job, wanted));
        let Some(job) = job.filter(|job| job.end.is_none() && !held(job)) else {
            return missing(StatusCode::NOT_FOUND);
        };
        let title = job.current().title().unwrap_or_else(|| format!("Job {}", job.id));
        let body = format!(
            "<article>\n<h1>{}</h1>\n<div class=\"text\">{}</div>\n<p class=\"quiet\">{}</p>\n\
             </article>",
            escape(&title),
            escape(&job.current().description()),
            job.created_at.format("%Y-%m-%d %H:%M UTC"),
        );
        page(&title, &body).into_response()
    }
}

async fn serve(
    State(inner): State<Arc<Inner>>,
    connection: Connection,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = uri.query().unwrap_or_default();
    let wish = inner.routes.wish(method.as_str(), uri.path(), query, &body);
    let may = || inner.may(&headers);
    match wish {
        Some(Wish::Find(wanted)) => may().and_then(|()| inner.find(&wanted)).into_response(),
        Some(Wish::Create(wanted)) => {
            lock(&inner.desk).creating_requests += 1;
            let store = || may().and_then(|()| inner.create(&wanted, &body));
            inner.creating.around(&connection, &inner.clock, store).await
        }
        Some(Wish::Update(wanted)) => {
            let store = || may().and_then(|()| inner.update(&wanted, &body));
            inner.changing.around(&connection, &inner.clock, store).await
        }
        Some(Wish::Withdraw(wanted)) => {
            let store = || may().and_then(|()| inner.withdraw(&wanted));
            inner.changing.around(&connection, &inner.clock, store).await
        }
        Some(Wish::Read(wanted)) => inner.public_page(&wanted),
        // Where the file gives readers no address of their own, they come here.
        None => match uri.path().strip_prefix("/jobs/") {
            Some(id) if method == Method::GET => {
                inner.public_page(&[("id".to_owned(), id.to_owned())].into())
            }
            _ => Refusal::NoSuchJob.into_response(),
        },
    }
}

/// The template of the page that readers see, if the file has one.
fn page_template(config: &Config) -> Option<&str> {
    let places =
        [config.create.link.as_ref(), config.find.as_ref().and_then(|it| it.link.as_ref())];
    places.into_iter().flatten().find_map(|place| match place {
        Place::Template(template) => Some(template.as_str()),
        Place::Json(_) | Place::Header(_) => None,
    })
}

/// The file with every address on the server at `root`.
fn rehosted(config: &Config, root: &Url) -> io::Result<Config> {
    let mut here = config.clone();
    here.base = root.join(config.base.path()).map_err(io::Error::other)?;
    let rehost = |template: &mut String| {
        if !template.starts_with("{base}") {
            let path = path_and_query(template, &config.base);
            *template = format!("{}{}", root, path.trim_start_matches('/'));
        }
    };
    let rehost_link = |place: &mut Option<Place>| {
        if let Some(Place::Template(template)) = place {
            rehost(template);
        }
    };
    if let Some(find) = &mut here.find {
        rehost(&mut find.url);
        rehost_link(&mut find.link);
    }
    let requests = [Some(&mut here.create), here.update.as_mut(), here.withdraw.as_mut()];
    for request in requests.into_iter().flatten() {
        rehost(&mut request.url);
        rehost_link(&mut request.link);
    }
    Ok(here)
}

fn is_named(job: &Job, wanted: &Placeholders) -> bool {
    match (wanted.get("id"), wanted.get("reference")) {
        (Some(id), _) => job.id.to_string() == *id,
        (None, Some(reference)) => job.has_reference(reference),
        (None, None) => false,
    }
}

fn named<'a>(desk: &'a mut Desk, wanted: &Placeholders) -> Option<&'a mut Job> {
    desk.jobs.iter_mut().find(|job| job.end.is_none() && is_named(job, wanted))
}
