//! Plays a job board as its file describes it ([`Config`]): the addresses are served, the
//! credentials checked, the bodies stored, and the answers shaped as the file expects them.

mod answer;
mod job;
mod route;

use std::collections::BTreeMap;
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
use crate::channel::board::{Auth, Config, Place, Repeat, Request, Success, Visit};
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

/// Where the stand-in gives out what a board's file calls its session.
const SESSION: &str = "/rehearsal-session";

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
    create: Option<Route>,
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
        let of = |request: &Request| {
            let body = request.body.as_ref();
            Route::new(&request.method, &request.url, base).map(|it| it.saying(body))
        };
        let find = config.find.as_ref().map(|it| {
            Route::new(&it.method, &it.url, base).map(|route| route.saying(it.body.as_ref()))
        });
        Ok(Self {
            find: find.transpose()?,
            create: Some(of(&config.create)?),
            update: config.update.as_ref().map(of).transpose()?,
            withdraw: config.withdraw.as_ref().map(of).transpose()?,
            page: page_template(config).map(|it| Route::new("GET", it, base)).transpose()?,
        })
    }

    fn wish(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Option<Wish> {
        let body = String::from_utf8_lossy(body);
        let of = |route: &Option<Route>| {
            let route = route.as_ref().filter(|it| it.is_said_in(&body))?;
            route.matches(method, path, query).map(|it| (route.words(), it))
        };
        // An update and a withdrawal may go to one address; only the first has a body.
        if body.is_empty()
            && let Some((_, found)) = of(&self.withdraw)
        {
            return Some(Wish::Withdraw(found));
        }
        // Of several requests to one address it is the one of which most is said.
        let wish = |wish: fn(Placeholders) -> Wish| {
            move |(words, found): (usize, Placeholders)| (words, wish(found))
        };
        let wishes = [
            of(&self.find).map(wish(Wish::Find)),
            of(&self.create).map(wish(Wish::Create)),
            of(&self.update).map(wish(Wish::Update)),
            of(&self.withdraw).map(wish(Wish::Withdraw)),
            of(&self.page).map(wish(Wish::Read)),
        ];
        wishes.into_iter().flatten().rev().max_by_key(|(words, _)| *words).map(|(_, wish)| wish)
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
                .replace("{slug}", job.reference.as_deref().unwrap_or_default())
                .replace("{reference}", job.reference.as_deref().unwrap_or_default()),
            None => format!("/jobs/{}", job.id),
        };
        format!("{}{}", self.root, path.trim_start_matches('/'))
    }

    fn hit(&self, job: &Job) -> Hit {
        Hit { id: job.id, link: Some(self.link(job)), reference: None }
    }

    fn may(&self, headers: &HeaderMap, query: &str) -> Result<(), Refusal> {
        let given = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let authorization = given(header::AUTHORIZATION.as_str());
        let secret = self.options.secret.as_str();
        let good = match &self.config.auth {
            // Where the file says it in a body, it is not looked for.
            Auth::None | Auth::Body { .. } => true,
            Auth::Basic { username, .. } => {
                let pair = BASE64.encode(format!("{username}:{secret}").as_bytes());
                authorization.and_then(|it| it.strip_prefix("Basic ")) == Some(pair.as_str())
            }
            Auth::Bearer { .. } | Auth::ClientCredentials { .. } | Auth::ServiceAccount { .. } => {
                authorization.and_then(|it| it.strip_prefix("Bearer ")) == Some(secret)
            }
            Auth::Header { name, prefix, .. } => {
                given(name).and_then(|it| it.strip_prefix(prefix.as_str())) == Some(secret)
            }
            Auth::Query { name, .. } => url::form_urlencoded::parse(query.as_bytes())
                .any(|(known, value)| known == *name && value == secret),
        };
        if good { Ok(()) } else { Err(Refusal::Credentials) }
    }

    /// A value for all that the file reads of a session.
    fn session(&self) -> Json<serde_json::Value> {
        let names = self.config.session.iter().flat_map(|visit| visit.values.keys());
        Json(names.map(|name| (name.clone(), json!(format!("rehearsal-{name}")))).collect())
    }

    fn find(&self, wanted: &Placeholders) -> Result<Response, Refusal> {
        let find = self.config.find.as_ref().ok_or(Refusal::NoSuchJob)?;
        let desk = lock(&self.desk);
        let hits: Vec<Hit> = desk
            .jobs
            .iter()
            .filter(|job| job.end.is_none())
            .filter(|job| number(wanted).is_none_or(|it| job.has_reference(it)))
            .filter(|job| wanted.get("id").is_none_or(|id| job.id.to_string() == *id))
            .map(|job| Hit { reference: number(wanted).cloned(), ..self.hit(job) })
            .collect();
        let within = |place: &Place| match (&find.items, place) {
            (Some(Place::Json(items)), Place::Json(pointer)) => {
                Place::Json(format!("{items}/0{pointer}"))
            }
            (_, place) => place.clone(),
        };
        let (id, link) = (within(&find.id), find.link.as_ref().map(within));
        let reference = find.reference.as_ref().map(within).and_then(|it| match it {
            Place::Json(pointer) => Some(pointer),
            _ => None,
        });
        let places = Places { id: Some(&id), link: link.as_ref(), reference: reference.as_deref() };
        // A list in pages has one here.
        let is_later = find.pages.as_ref().is_some_and(|pages| {
            wanted.get("page").is_some_and(|page| *page != pages.first.to_string())
        });
        Ok(found(&find.ok, places, if is_later { &[] } else { &hits }))
    }

    fn create(&self, wanted: &Placeholders, body: &Bytes) -> Result<Response, Refusal> {
        let create = &self.config.create;
        let places = Places { id: create.id.as_ref(), link: create.link.as_ref(), reference: None };
        let document = self.document(body)?;
        let now = self.clock.now();
        let mut desk = lock(&self.desk);
        let reference = number(wanted).cloned();
        if let Some(known) =
            desk.jobs.iter_mut().filter(|job| job.end.is_none()).find(|job| match create.repeat {
                Repeat::Replaces if reference.is_none() => job.is_about_the_same(&document),
                _ => reference.is_some() && job.reference == reference,
            })
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
        let job = named(&mut desk, wanted, body).ok_or(Refusal::NoSuchJob)?;
        if job.current().raw != document.raw {
            job.edits.push((now, document));
        }
        let places = Places { id: update.id.as_ref(), link: update.link.as_ref(), reference: None };
        Ok(done(&update.ok, StatusCode::OK, places, &self.hit(job)))
    }

    fn withdraw(&self, wanted: &Placeholders, body: &Bytes) -> Result<Response, Refusal> {
        let withdraw = self.config.withdraw.as_ref().ok_or(Refusal::NoSuchJob)?;
        let mut desk = lock(&self.desk);
        let job = named(&mut desk, wanted, body).ok_or(Refusal::NoSuchJob)?;
        job.end = Some(End::Withdrawn { at: self.clock.now() });
        let places =
            Places { id: withdraw.id.as_ref(), link: withdraw.link.as_ref(), reference: None };
        Ok(done(&withdraw.ok, StatusCode::OK, places, &self.hit(job)))
    }

    fn document(&self, body: &Bytes) -> Result<Document, Refusal> {
        match std::str::from_utf8(body) {
            Ok(raw) if !raw.trim().is_empty() => {
                let raw = uploaded(raw).unwrap_or(raw).to_owned();
                Ok(Document { format: self.config.format, raw })
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
    if uri.path() == SESSION {
        return inner.session().into_response();
    }
    let wish = inner.routes.wish(method.as_str(), uri.path(), query, &body);
    let may = || inner.may(&headers, query);
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
            let store = || may().and_then(|()| inner.withdraw(&wanted, &body));
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
        _ => None,
    })
}

/// The file in a form that a browser would upload.
fn uploaded(body: &str) -> Option<&str> {
    let (boundary, _) = body.strip_prefix("--")?.split_once("\r\n")?;
    let (_, part) = body.split_once("; filename=\"")?;
    let (_, content) = part.split_once("\r\n\r\n")?;
    content.split_once(&format!("\r\n--{boundary}")).map(|(content, _)| content)
}

/// The file with every address on the server at `root`.
fn rehosted(config: &Config, root: &Url) -> io::Result<Config> {
    let mut here = config.clone();
    here.base = root.join(config.base.path()).map_err(io::Error::other)?;
    let rehost = |template: &mut String| {
        for (name, value) in &config.values {
            *template = template.replace(&format!("{{values.{name}}}"), value);
        }
        if !template.starts_with("{base}") {
            let path = path_and_query(template, &config.base);
            *template = format!("{}{}", root, path.trim_start_matches('/'));
        }
    };
    let rehost_link = |place: &mut Option<Place>| match place {
        Some(Place::Template(template)) => rehost(template),
        // No page or person is played here: the answer says it.
        Some(Place::Regex(_) | Place::Html(_) | Place::Manual) => {
            *place = Some(Place::Json("/link".to_owned()));
        }
        _ => {}
    };
    let readable = |place: &mut Place| {
        if matches!(place, Place::Regex(_) | Place::Html(_)) {
            *place = Place::Json("/id".to_owned());
        }
    };
    if let Some(find) = &mut here.find {
        rehost(&mut find.url);
        rehost_link(&mut find.link);
        // Of elements the stand-in has none: what it lists is JSON.
        if !find.needs_json() {
            find.items = find.items.as_ref().map(|_| Place::Json(String::new()));
            find.reference = find.reference.as_ref().map(|_| Place::Json("/reference".to_owned()));
            find.link = find.link.as_ref().map(|_| Place::Json("/link".to_owned()));
            find.id = Place::Json("/id".to_owned());
            find.ok = Success::default();
        }
        find.none = None;
        find.state = None;
        // Its pages have numbers.
        if let Some(pages) = find.pages.as_mut().filter(|_| find.url.contains("{page}")) {
            pages.next = None;
        }
    }
    here.client_certificate = None;
    here.ca = None;
    if !here.session.is_empty() {
        let names = here.session.iter().flat_map(|it| it.values.keys().cloned());
        let values = names.map(|name| (name.clone(), Place::Json(format!("/{name}")))).collect();
        let url = format!("{root}{}", SESSION.trim_start_matches('/'));
        let (method, ok) = ("GET".to_owned(), Success::default());
        let headers = BTreeMap::new();
        here.session = vec![Visit { method, url, headers, body: None, ok, values }];
    }
    // Readers see every job at once here, and the page behind its link is what is looked at.
    here.states = None;
    here.publish = Vec::new();
    here.verify = None;
    here.poll = None;
    let requests = [Some(&mut here.create), here.update.as_mut(), here.withdraw.as_mut()];
    for request in requests.into_iter().flatten() {
        rehost(&mut request.url);
        rehost_link(&mut request.link);
        if let Some(id) = &mut request.id {
            readable(id);
        }
        request.state = None;
        request.gone = None;
    }
    Ok(here)
}

/// Our number in an address, as it is or as a name.
fn number(wanted: &Placeholders) -> Option<&String> {
    wanted.get("reference").or_else(|| wanted.get("slug"))
}

fn is_named(job: &Job, wanted: &Placeholders) -> bool {
    match (wanted.get("id"), number(wanted)) {
        (Some(id), _) => job.id.to_string() == *id,
        (None, Some(reference)) => job.has_reference(reference),
        (None, None) => false,
    }
}

/// The job that a request is about: by its address, or where that says nothing by its body.
fn named<'a>(desk: &'a mut Desk, wanted: &Placeholders, body: &[u8]) -> Option<&'a mut Job> {
    let body = String::from_utf8_lossy(body);
    let in_address = wanted.contains_key("id") || number(wanted).is_some();
    desk.jobs
        .iter_mut()
        .filter(|job| job.end.is_none())
        .find(|job| is_named(job, wanted) || (!in_address && job.is_named_in(&body)))
}
