//! Servers that speak Mastodon's API in their own way, and ignore `Idempotency-Key`: whatever they
//! answer, an ad stands there once, and what they do not say is not made up.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use chrono::{DateTime, Utc};
use handbill::channel::Reach;
use handbill::deliver::{Clock, Station, instances};
use handbill::ledger::State;
use handbill::rehearsal::loopback::{Bound, Connection, Loopback};
use handbill::site::channel_file::KindConfig;
use serde_json::{Value, json};

use super::{MASTODON, World, folder};
use handbill::rehearsal::mastodon::KeyPolicy;

/// How a server is odd; the rest is as plain as it can be.
#[derive(Clone, Copy)]
struct Oddity {
    name: &'static str,
    /// Lines of the channel's file.
    file: &'static str,
    /// What it says to who asks what it is.
    instance: fn(&str) -> Response,
    /// What it says of the account that has so many statuses.
    account: fn(usize) -> Value,
    /// The id of the status with this number.
    id: fn(usize) -> Value,
    /// What is different in each status.
    entity: fn(&mut Value),
    /// What it says of a status that it just made.
    made: fn(Value) -> Response,
    timeline: Timeline,
    /// Whether an ad whose answer said nothing is found there, or a person is asked.
    is_found: bool,
}

/// What it shows of an account's statuses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Timeline {
    Whole,
    /// No status at all.
    Empty,
    /// The newest page again and again, whatever is asked for.
    TheSamePage,
    Html,
    Text,
    /// 200, and an error.
    Error,
    NotThere,
}

const HTML: &str = "<html><body>Welcome to our instance!</body></html>";

const PLAIN: Oddity = Oddity {
    name: "plain",
    file: "",
    instance: |_| StatusCode::NOT_FOUND.into_response(),
    account: |statuses| json!({"id": "7", "username": "lab", "statuses_count": statuses}),
    id: |number| json!(number.to_string()),
    entity: |_| {},
    made: |status| Json(status).into_response(),
    timeline: Timeline::Whole,
    is_found: true,
};

fn oddities() -> Vec<Oddity> {
    let error = |_| Json(json!({"error": "An unexpected error occurred"})).into_response();
    vec![
        PLAIN,
        Oddity {
            name: "no v2, no contact account",
            instance: |path| match path {
                "/api/v1/instance" => Json(json!({
                    "version": "2.7.2 (compatible; Tidepool 1.0)", "contact_account": null,
                    "max_toot_chars": 5000,
                }))
                .into_response(),
                _ => StatusCode::NOT_FOUND.into_response(),
            },
            ..PLAIN
        },
        Oddity { name: "a page for everything", instance: |_| HTML.into_response(), ..PLAIN },
        Oddity { name: "numbers for ids", id: |number| json!(number), ..PLAIN },
        Oddity {
            name: "names for ids",
            id: |number| json!(format!("1795738689.01HZ_{number}-x")),
            ..PLAIN
        },
        Oddity {
            name: "no address, only a name",
            file: "software = \"snac\"\n",
            entity: |status| status["url"] = Value::Null,
            // It counts nothing.
            account: |_| json!({"id": "7", "username": "lab", "statuses_count": 0}),
            ..PLAIN
        },
        Oddity {
            name: "its own address left out",
            entity: |status| status["url"] = json!("/@lab/1"),
            ..PLAIN
        },
        Oddity {
            name: "an account that is only an id",
            entity: |status| status["account"] = Value::Null,
            account: |_| json!({"id": 7}),
            ..PLAIN
        },
        Oddity { name: "text when it made it", made: |_| "ok".into_response(), ..PLAIN },
        Oddity { name: "a page when it made it", made: |_| HTML.into_response(), ..PLAIN },
        Oddity { name: "an error when it made it", made: error, ..PLAIN },
        Oddity {
            name: "nothing when it made it",
            made: |_| StatusCode::ACCEPTED.into_response(),
            ..PLAIN
        },
        Oddity { name: "the same page again", timeline: Timeline::TheSamePage, ..PLAIN },
        Oddity { name: "no list", timeline: Timeline::Empty, is_found: false, ..PLAIN },
        Oddity {
            name: "no list and no number",
            timeline: Timeline::Empty,
            account: |_| json!({"id": "7"}),
            is_found: false,
            ..PLAIN
        },
        Oddity { name: "a page for a list", timeline: Timeline::Html, is_found: false, ..PLAIN },
        Oddity { name: "text for a list", timeline: Timeline::Text, is_found: false, ..PLAIN },
        Oddity { name: "an error for a list", timeline: Timeline::Error, is_found: false, ..PLAIN },
        Oddity { name: "404 for a list", timeline: Timeline::NotThere, is_found: false, ..PLAIN },
        Oddity {
            name: "statuses without a time",
            entity: |status| status["created_at"] = json!("yesterday"),
            is_found: false,
            ..PLAIN
        },
        Oddity {
            name: "statuses without words",
            entity: |status| status["content"] = Value::Null,
            is_found: false,
            ..PLAIN
        },
        Oddity {
            name: "marks read into the words",
            entity: |status| {
                let words = status["content"].as_str().unwrap().replace("position", "<i>post</i>");
                status["content"] = json!(words);
            },
            is_found: false,
            ..PLAIN
        },
        Oddity {
            name: "words that are no text",
            entity: |status| status["content"] = json!("<p>\u{FFFD}\u{FFFD}hD position</p>"),
            is_found: false,
            ..PLAIN
        },
        Oddity {
            name: "an account without an id",
            account: |_| json!({"username": "lab"}),
            is_found: false,
            ..PLAIN
        },
    ]
}

/// The server: it keeps what it was given, and forgets nothing.
struct Server {
    oddity: Oddity,
    url: String,
    clock: Clock,
    /// Whether the answer to the next new status is lost.
    loses: Mutex<bool>,
    statuses: Mutex<Vec<Status>>,
    _running: Mutex<Option<Loopback>>,
}

struct Status {
    text: String,
    made_at: DateTime<Utc>,
    is_deleted: bool,
}

impl Server {
    async fn start(oddity: Oddity, clock: Clock) -> Arc<Self> {
        let bound = Bound::take().await.unwrap();
        let server = Arc::new(Self {
            oddity,
            url: bound.url().unwrap().to_string(),
            clock,
            loses: Mutex::new(false),
            statuses: Mutex::default(),
            _running: Mutex::default(),
        });
        let router = Router::new().fallback(handle).with_state(Arc::clone(&server));
        *server._running.lock().unwrap() = Some(bound.serve(router));
        server
    }

    fn entity(&self, number: usize, status: &Status) -> Value {
        let mut entity = json!({
            "id": (self.oddity.id)(number),
            "uri": format!("{}objects/{number}", self.url),
            "url": format!("{}@lab/{number}", self.url),
            "created_at": status.made_at.to_rfc3339(),
            "content": format!("<p>{}</p>", status.text.replace('&', "&amp;").replace('\n', "<br>")),
            "account": {"id": "7", "username": "lab"},
            "reblog": null,
        });
        (self.oddity.entity)(&mut entity);
        entity
    }

    /// The number of the status with an id, as it stands in an address.
    fn numbered(&self, id: &str) -> Option<usize> {
        let shown = |number: usize| match (self.oddity.id)(number) {
            Value::String(id) => id,
            id => id.to_string(),
        };
        (0..self.statuses.lock().unwrap().len()).find(|number| shown(*number) == id)
    }

    fn timeline(&self, older_than: Option<usize>) -> Response {
        match self.oddity.timeline {
            Timeline::Empty => return Json(json!([])).into_response(),
            Timeline::Html => return HTML.into_response(),
            Timeline::Text => return "nothing here".into_response(),
            Timeline::Error => return Json(json!({"error": "not yet"})).into_response(),
            Timeline::NotThere => return StatusCode::NOT_FOUND.into_response(),
            Timeline::Whole | Timeline::TheSamePage => {}
        }
        let end = older_than.filter(|_| self.oddity.timeline == Timeline::Whole);
        let statuses = self.statuses.lock().unwrap();
        let page: Vec<Value> = statuses
            .iter()
            .enumerate()
            .filter(|(number, status)| !status.is_deleted && end.is_none_or(|end| *number < end))
            .map(|(number, status)| self.entity(number, status))
            .rev()
            .collect();
        Json(page).into_response()
    }

    /// What stands there now.
    fn standing(&self) -> Vec<String> {
        let statuses = self.statuses.lock().unwrap();
        statuses.iter().filter(|it| !it.is_deleted).map(|it| it.text.clone()).collect()
    }
}

async fn handle(
    Shared(server): Shared<Arc<Server>>,
    connection: Connection,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = || body["status"].as_str().unwrap_or_default().to_owned();
    let path = uri.path();
    if let Some(id) = path.strip_prefix("/api/v1/statuses/") {
        let Some(number) = server.numbered(id) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut statuses = server.statuses.lock().unwrap();
        let status = &mut statuses[number];
        if status.is_deleted {
            return StatusCode::NOT_FOUND.into_response();
        }
        match method {
            Method::PUT => status.text = text(),
            Method::DELETE => status.is_deleted = true,
            _ => {}
        }
        return Json(server.entity(number, status)).into_response();
    }
    match (method, path) {
        (Method::POST, "/api/v1/statuses") => {
            let status = Status { text: text(), made_at: server.clock.now(), is_deleted: false };
            let mut statuses = server.statuses.lock().unwrap();
            let entity = server.entity(statuses.len(), &status);
            statuses.push(status);
            if std::mem::take(&mut *server.loses.lock().unwrap()) {
                connection.cut();
            }
            (server.oddity.made)(entity)
        }
        (_, "/api/v1/accounts/verify_credentials") => {
            Json((server.oddity.account)(server.standing().len())).into_response()
        }
        (_, "/api/v1/accounts/7/statuses") => {
            let query = uri.query().unwrap_or_default();
            let older_than = url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == "max_id")
                .and_then(|(_, id)| server.numbered(&id));
            server.timeline(older_than)
        }
        (_, path) => (server.oddity.instance)(path),
    }
}

async fn world(oddity: Oddity) -> (World, Arc<Server>) {
    let folder = folder(&["mastodon"]);
    folder.write("channels/mastodon.toml", format!("{MASTODON}{}", oddity.file));
    let mut world = World::of(folder, KeyPolicy::Honoured).await;
    let server = Server::start(oddity, world.clock.clone()).await;
    for channel in &mut world.site.channels {
        if let KindConfig::Mastodon(config) = &mut channel.config {
            config.server = server.url.parse().unwrap();
            config.limit = None;
        }
    }
    let _ = instances::ask(&mut world.site, Reach::LoopbackOnly, None).await;
    world.stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
    (world, server)
}

/// Announces, changes and closes; `loses` is whether the announcement's answer is lost.
async fn live(oddity: Oddity, loses: bool) {
    let name = oddity.name;
    let (mut world, server) = world(oddity).await;
    *server.loses.lock().unwrap() = loses;
    world.round().await;
    let said = world.announcement("mastodon").await.state;
    assert!(!loses || said == State::Unknown, "{name}: {said:?}");
    world.settle_down().await;
    assert_eq!(server.standing().len(), 1, "{name}");
    let settled = world.announcement("mastodon").await;
    let is_known = said == State::Posted || oddity.is_found;
    let wanted = if is_known { State::Posted } else { State::Unknown };
    assert_eq!(settled.state, wanted, "{name}: {settled:#?}");

    world.change("The position starts in June 2027.", "The position starts in July 2027.").await;
    world.settle_down().await;
    let standing = server.standing();
    assert_eq!(standing.len(), 1, "{name}: {standing:#?}");
    assert_eq!(standing[0].contains("July 2027"), is_known, "{name}: {standing:#?}");

    world.change("job:\n", "job:\n  closed: true\n").await;
    world.settle_down().await;
    let made = server.statuses.lock().unwrap().len();
    assert_eq!(made, 1, "{name}: it was made again");
    assert_eq!(server.standing().is_empty(), is_known, "{name}");
    world.ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn whatever_a_server_answers_an_ad_stands_there_once() {
    for oddity in oddities() {
        live(oddity, false).await;
    }
}

#[tokio::test]
async fn whatever_a_server_answers_a_lost_answer_doubles_nothing() {
    for oddity in oddities() {
        live(oddity, true).await;
    }
}
