//! A plain board that is busy, has moved, or asks for a login, at each verb: once, or twice, before the
//! request was carried out, or after.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::server::{Asked, Reply, Server, html, json as answer, with};
use super::{ID, Lab};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Find,
    Create,
    Update,
    Withdraw,
}

/// What comes in the place of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Busy,
    BusyUntil,
    Away,
    AwayUntil,
    Moved,
    ToLogin,
    LoginPage,
    Broken,
    HangUp,
}

/// Whether the server does what it was asked, whatever it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Done,
    NotDone,
}

const FAULTS: [(&str, Fault); 9] = [
    ("429", Fault::Busy),
    ("429-later", Fault::BusyUntil),
    ("503", Fault::Away),
    ("503-later", Fault::AwayUntil),
    ("301", Fault::Moved),
    ("302", Fault::ToLogin),
    ("login-page", Fault::LoginPage),
    ("500", Fault::Broken),
    ("lost", Fault::HangUp),
];

const VERBS: [(&str, Verb); 4] = [
    ("find", Verb::Find),
    ("create", Verb::Create),
    ("update", Verb::Update),
    ("withdraw", Verb::Withdraw),
];

/// One board with its fault.
#[derive(Debug)]
pub struct Board {
    verb: Verb,
    fault: Fault,
    deed: Deed,
    /// How often it still happens.
    left: u32,
    /// Every job that was ever made: its title as it is now; `None` once it was taken away.
    jobs: Vec<Option<Value>>,
    created: u32,
}

pub type Boards = Arc<Mutex<BTreeMap<String, Board>>>;

impl Board {
    /// One that does what it is asked, at once.
    pub fn plain() -> Self {
        let (verb, fault, deed) = (Verb::Find, Fault::Busy, Deed::NotDone);
        Self { verb, fault, deed, left: 0, jobs: Vec::new(), created: 0 }
    }
}

fn boards() -> BTreeMap<String, Board> {
    let mut boards = BTreeMap::new();
    for (verb_name, verb) in VERBS {
        for (fault_name, fault) in FAULTS {
            for (deed_name, deed) in [("", Deed::NotDone), ("-done", Deed::Done)] {
                if verb == Verb::Find && deed == Deed::Done {
                    continue;
                }
                let board = Board { verb, fault, deed, left: 2, jobs: Vec::new(), created: 0 };
                boards.insert(format!("{verb_name}-{fault_name}{deed_name}"), board);
            }
        }
    }
    boards
}

pub fn file(base: &str, name: &str) -> String {
    format!(
        r#"kind = "board"
[board]
base = "{base}/{name}"
format = "json"
[board.find]
method = "GET"
url = "{{base}}/jobs?reference={{reference}}"
items = "/jobs"
reference = "/reference"
id = {{ json = "/id" }}
link = {{ json = "/link" }}
[board.create]
method = "POST"
url = "{{base}}/jobs"
ok = {{ status = [201] }}
id = {{ json = "/id" }}
link = {{ json = "/link" }}
[board.update]
method = "PUT"
url = "{{base}}/jobs/{{id}}"
ok = {{ json = {{ "/ok" = true }} }}
[board.withdraw]
method = "DELETE"
url = "{{base}}/jobs/{{id}}"
ok = {{ json = {{ "/ok" = true }} }}
"#
    )
}

pub fn serve(boards: &Boards, asked: &Asked) -> Reply {
    let mut boards = boards.lock().unwrap();
    let mut parts = asked.path.trim_start_matches('/').splitn(2, '/');
    let (name, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some(board) = boards.get_mut(name) else { return html(404, "no such board") };
    let number = rest.split('/').nth(1).and_then(|it| it.parse::<usize>().ok());
    let verb = match (asked.method.as_str(), rest) {
        ("GET", rest) if rest.starts_with("jobs?") => Verb::Find,
        ("POST", _) => Verb::Create,
        ("PUT", _) => Verb::Update,
        ("DELETE", _) => Verb::Withdraw,
        _ => {
            let shown = number.and_then(|it| board.jobs.get(it)).and_then(Option::as_ref);
            return shown
                .map_or_else(|| html(404, "gone"), |job| html(200, &job["title"].to_string()));
        }
    };
    let happens = verb == board.verb && board.left > 0;
    if happens {
        board.left -= 1;
        if board.deed == Deed::NotDone {
            return wrong(board.fault, name);
        }
    }
    let said = |number: usize| json!({"id": number, "link": format!("/{name}/view/{number}")});
    let reply = match verb {
        Verb::Find => {
            let there = board.jobs.iter().enumerate().filter(|(_, job)| job.is_some());
            let listed = there.map(|(number, job)| {
                let mut shown = said(number);
                shown["reference"] = job.as_ref().unwrap()["reference"].clone();
                shown
            });
            answer(200, &json!({"jobs": listed.collect::<Vec<_>>()}))
        }
        Verb::Create => {
            board.created += 1;
            board.jobs.push(Some(asked.json()));
            answer(201, &said(board.jobs.len() - 1))
        }
        Verb::Update | Verb::Withdraw => {
            let job = number.and_then(|it| board.jobs.get_mut(it)).filter(|it| it.is_some());
            let Some(job) = job else { return answer(404, &json!({"error": "none"})) };
            *job = (verb == Verb::Update).then(|| asked.json());
            answer(200, &json!({"ok": true}))
        }
    };
    if happens { wrong(board.fault, name) } else { reply }
}

fn wrong(fault: Fault, name: &str) -> Reply {
    let login = "<html><title>Log in</title><form action=/login></form></html>";
    match fault {
        Fault::Busy => with(429, &[], "slow down"),
        Fault::BusyUntil => with(429, &["Retry-After: 4000"], "slow down"),
        Fault::Away => with(503, &[], "maintenance"),
        Fault::AwayUntil => with(503, &["Retry-After: 4000"], "maintenance"),
        Fault::Moved => with(301, &[&format!("Location: /{name}/v2/jobs")], ""),
        Fault::ToLogin => with(302, &[&format!("Location: /{name}/login")], ""),
        Fault::LoginPage => html(200, login),
        Fault::Broken => answer(500, &json!({"error": "database"})),
        Fault::HangUp => Reply::HangUp,
    }
}

/// Rounds until nothing changes any more; a person lets go on what was stopped.
fn settle(lab: &mut Lab) {
    for _ in 0..9 {
        lab.round();
        for channel in lab.paused() {
            lab.resume(&channel);
        }
    }
}

#[test]
fn whatever_a_board_answers_first_an_ad_stands_there_once_and_comes_down() {
    let shared: Boards = Arc::new(Mutex::new(boards()));
    let served = Arc::clone(&shared);
    let server = Server::start(move |asked| serve(&served, asked));
    let names: Vec<String> = shared.lock().unwrap().keys().cloned().collect();
    let files: Vec<(&str, String)> =
        names.iter().map(|name| (name.as_str(), file(&server.base(), name))).collect();
    let mut lab = Lab::with(&files);

    let holds = |deadline: Option<&str>| {
        let boards = shared.lock().unwrap();
        let mut wrong = Vec::new();
        for (name, board) in &*boards {
            let there: Vec<&Value> = board.jobs.iter().flatten().collect();
            let right = match (deadline, &there[..]) {
                (Some(deadline), [job]) => job["deadline"] == deadline && job["reference"] == ID,
                (None, []) => true,
                _ => false,
            };
            if !right || board.created != 1 {
                wrong.push(format!("{name}: made {}, there {there:?}", board.created));
            }
        }
        wrong
    };
    settle(&mut lab);
    assert_eq!(holds(Some("2027-02-28")), [""; 0]);
    lab.edit();
    settle(&mut lab);
    assert_eq!(holds(Some("2027-03-15")), [""; 0]);
    lab.close();
    settle(&mut lab);
    assert_eq!(holds(None), [""; 0]);
    for name in &names {
        assert_eq!(lab.standing(name, "announce"), "withdrawn", "{name}");
    }
    let check = lab.site.run(&["ledger", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
}
