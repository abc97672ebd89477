//! A board that takes an ad in four requests: a draft, a text of its own in another field, a picture of
//! words, and the word that readers may see it; only the last one says where. Each answer gets lost once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::server::{Asked, Reply, Server, html, json as answer};
use super::{ID, Lab};

#[derive(Default)]
struct Board {
    ads: Vec<Ad>,
    /// The requests whose next answer is lost, each with whether the server does what it was asked.
    lost: Vec<(&'static str, Deed)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Done,
    NotDone,
}

#[derive(Default)]
struct Ad {
    words: Value,
    parts: Vec<String>,
    shown: bool,
    gone: bool,
}

fn file(base: &str) -> String {
    format!(
        r#"kind = "board"
[board]
base = "{base}"
format = "json"
[board.find]
method = "GET"
url = "{{base}}/drafts?ours={{reference}}"
items = ""
reference = "/reference"
id = {{ json = "/number" }}
link = {{ json = "/link" }}
[board.create]
method = "POST"
url = "{{base}}/drafts"
body = {{ json = {{ reference = "{{reference}}", title = "{{document/title}}" }} }}
ok = {{ status = [201] }}
id = {{ json = "/number" }}
[[board.publish]]
method = "PUT"
url = "{{base}}/drafts/{{id}}/text"
body = {{ json = {{ text = "{{document/description}}" }} }}
ok = {{ json = {{ "/stored" = true }} }}
[[board.publish]]
method = "PUT"
url = "{{base}}/drafts/{{id}}/attachment"
body = {{ upload = {{ field = "file", file_name = "ad-{{reference}}.txt", content = "{{document/title}}", content_type = "text/plain" }} }}
ok = {{ json = {{ "/stored" = true }} }}
[[board.publish]]
method = "POST"
url = "{{base}}/drafts/{{id}}/publication"
ok = {{ status = [200], json = {{ "/public" = true }} }}
link = {{ json = "/link" }}
[board.update]
method = "PUT"
url = "{{base}}/drafts/{{id}}"
body = {{ json = {{ reference = "{{reference}}", deadline = "{{document/deadline}}" }} }}
[board.withdraw]
method = "DELETE"
url = "{{base}}/drafts/{{id}}"
"#
    )
}

fn serve(board: &Mutex<Board>, name: &str, asked: &Asked) -> Reply {
    let mut board = board.lock().unwrap();
    let path = asked.path.split('?').next().unwrap_or_default().to_owned();
    let mut parts = path.trim_start_matches('/').split('/').skip(2);
    let (number, what) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let verb = match (asked.method.as_str(), what) {
        ("POST", "") => "create",
        (_, "text") => "text",
        (_, "attachment") => "attachment",
        (_, "publication") => "publication",
        ("PUT", _) => "update",
        ("DELETE", _) => "withdraw",
        _ => "look",
    };
    let lost = board.lost.iter().position(|(name, _)| *name == verb);
    let lost = lost.map(|at| board.lost.remove(at).1);
    if lost == Some(Deed::NotDone) {
        return Reply::HangUp;
    }
    let reply = done(&mut board.ads, name, verb, number, asked);
    if lost.is_some() { Reply::HangUp } else { reply }
}

fn done(ads: &mut Vec<Ad>, name: &str, verb: &str, number: &str, asked: &Asked) -> Reply {
    let link = |number: usize| format!("/{name}/drafts/{number}");
    if verb == "create" {
        ads.push(Ad { words: asked.json(), ..Ad::default() });
        return answer(201, &json!({"number": ads.len() - 1}));
    }
    if verb == "look" && number.is_empty() {
        let there = ads.iter().enumerate().filter(|(_, ad)| !ad.gone);
        let listed = there.map(|(number, ad)| {
            let link = if ad.shown { Value::from(link(number)) } else { Value::Null };
            json!({"number": number, "reference": ad.words["reference"], "link": link})
        });
        return answer(200, &Value::Array(listed.collect()));
    }
    let at = number.parse::<usize>().ok();
    let Some((at, ad)) = at.and_then(|at| Some((at, ads.get_mut(at)?))).filter(|(_, ad)| !ad.gone)
    else {
        return answer(404, &json!({"error": "no such draft"}));
    };
    match verb {
        "text" | "attachment" => {
            ad.parts.push(verb.to_owned());
            answer(200, &json!({"stored": true}))
        }
        "publication" => {
            ad.shown = true;
            answer(200, &json!({"public": true, "link": link(at)}))
        }
        "update" => {
            ad.words = asked.json();
            answer(200, &json!({}))
        }
        "withdraw" => {
            ad.gone = true;
            answer(200, &json!({}))
        }
        _ if ad.shown => html(200, &format!("<h1>{}</h1>", ad.words["title"])),
        _ => html(404, "not yet"),
    }
}

#[test]
fn a_draft_its_parts_and_its_publication_go_out_once_each_whatever_is_lost() {
    let boards: Arc<BTreeMap<String, Mutex<Board>>> = Arc::new(
        [Deed::Done, Deed::NotDone]
            .into_iter()
            .flat_map(|deed| {
                ["create", "text", "attachment", "publication"].map(|lost| {
                    let lost_all = vec![(lost, deed), ("update", deed), ("withdraw", deed)];
                    let board = Board { lost: lost_all, ..Board::default() };
                    (format!("{lost}-{deed:?}").to_lowercase(), Mutex::new(board))
                })
            })
            .chain([("nothing".to_owned(), Mutex::default())])
            .collect(),
    );
    let served = Arc::clone(&boards);
    let server = Server::start(move |asked| {
        let name = asked.path.split('/').nth(1).unwrap_or_default();
        served.get(name).map_or_else(|| html(404, ""), |board| serve(board, name, asked))
    });
    let files: Vec<(&str, String)> = boards
        .keys()
        .map(|name| (name.as_str(), file(&format!("{}/{name}", server.base()))))
        .collect();
    let mut lab = Lab::with(&files);
    lab.rounds();
    let rows = lab.rows();
    for (name, board) in &*boards {
        let board = board.lock().unwrap();
        let [ad] = &board.ads[..] else { panic!("{name}: {} ads", board.ads.len()) };
        assert!(ad.shown, "{name}: it is public");
        assert_eq!(ad.words["reference"], ID);
        assert!(ad.parts.contains(&"text".to_owned()), "{name}");
        assert!(ad.parts.contains(&"attachment".to_owned()), "{name}");
        assert_eq!(lab.standing(name, "announce"), "live", "{name}");
        let row = rows.iter().find(|row| row["channel"] == *name).unwrap();
        assert_eq!(row["link"], format!("{}/{name}/drafts/0", server.base()), "{name}");
    }
    lab.edit();
    lab.rounds();
    for (name, board) in &*boards {
        assert_eq!(lab.standing(name, "announce"), "edited", "{name}");
        assert_eq!(board.lock().unwrap().ads[0].words["deadline"], "2027-03-15", "{name}");
    }
    lab.close();
    lab.rounds();
    for (name, board) in &*boards {
        assert_eq!(lab.standing(name, "announce"), "withdrawn", "{name}");
        let board = board.lock().unwrap();
        assert!(board.ads.len() == 1 && board.ads[0].gone, "{name}");
    }
}
