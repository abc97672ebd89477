//! A board that answers with a ticket, and says later what became of it, and under which number it
//! keeps the ad.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::server::{Asked, Reply, Server, html, json as answer, with};
use super::{ID, Lab, PAGE};

/// What the board has; a ticket's number is that of its ad.
#[derive(Default)]
struct Board {
    ads: Vec<Value>,
    /// Those whose ticket was worked through.
    decided: usize,
    /// What it then says instead of taking them.
    objection: Option<&'static str>,
    writes: Vec<String>,
}

fn file(base: &str) -> String {
    format!(
        r#"kind = "board"
[board]
base = "{base}"
format = "json"
[board.find]
method = "GET"
url = "{{base}}/ads?ours={{reference}}"
items = "/ads"
reference = "/reference"
id = {{ json = "/name" }}
link = {{ json = "/page" }}
[board.create]
method = "POST"
url = "{{base}}/intake"
ok = {{ status = [202] }}
id = {{ header = "Location" }}
[board.poll]
method = "GET"
url = "{{base}}/tickets/{{id}}"
state = {{ json = "/state" }}
error = {{ json = "/objection" }}
id = {{ json = "/name" }}
link = {{ json = "/page" }}
[board.update]
method = "PUT"
url = "{{base}}/ads/{{id}}"
[board.withdraw]
method = "DELETE"
url = "{{base}}/ads/{{id}}"
[board.states]
pending = ["queued"]
refused = ["objected"]
"#
    )
}

fn serve(board: &Mutex<Board>, asked: &Asked) -> Reply {
    let mut board = board.lock().unwrap();
    let what = asked.what();
    if asked.method != "GET" {
        board.writes.push(what.clone());
    }
    let name = |number: usize| format!("ad-{number:04}");
    let page = |number: usize| format!("/pages/{number}");
    let number = what.rsplit(['/', '-']).next().and_then(|it| it.parse::<usize>().ok());
    match (asked.method.as_str(), number) {
        ("POST", _) => {
            board.ads.push(asked.json());
            with(202, &[&format!("Location: /tickets/{}", board.ads.len() - 1)], "")
        }
        ("GET", None) => {
            let there = board.ads.iter().take(board.decided).enumerate();
            let listed = there.filter(|(_, ad)| !ad.is_null()).map(|(number, ad)| {
                json!({"name": name(number), "page": page(number), "reference": ad["reference"]})
            });
            answer(200, &json!({"ads": listed.collect::<Vec<_>>()}))
        }
        ("GET", Some(number)) if what.contains("/tickets/") => {
            if number >= board.decided {
                return answer(200, &json!({"state": "queued"}));
            }
            match board.objection {
                Some(why) => answer(200, &json!({"state": "objected", "objection": why})),
                None => {
                    let (name, page) = (name(number), page(number));
                    answer(200, &json!({"state": "done", "name": name, "page": page}))
                }
            }
        }
        ("GET", Some(number)) => match board.ads.get(number) {
            Some(ad) if !ad.is_null() => html(200, &ad["title"].to_string()),
            _ => html(404, "no such page"),
        },
        (method, Some(number)) if number < board.decided => {
            board.ads[number] = if method == "PUT" { asked.json() } else { Value::Null };
            answer(200, &json!({}))
        }
        _ => answer(404, &json!({"error": "no such ad"})),
    }
}

fn lab() -> (Arc<Mutex<Board>>, Server, Lab) {
    let board = Arc::new(Mutex::new(Board::default()));
    let served = Arc::clone(&board);
    let server = Server::start(move |asked| serve(&served, asked));
    let lab = Lab::with(&[("agency", file(&server.base()))]);
    (board, server, lab)
}

#[test]
fn a_change_waits_for_the_ticket_and_is_then_an_update_of_that_ad() {
    let (board, _server, mut lab) = lab();
    lab.rounds();
    assert_eq!(lab.standing("agency", "announce"), "sent");
    lab.edit();
    lab.rounds();
    let plan = lab.handbill(&["plan"]);
    assert!(plan.out.contains("has not said yet"), "{plan:?}");
    assert_eq!(lab.standing("agency", "update"), "nothing", "nobody is sent on an errand");
    assert_eq!(board.lock().unwrap().writes, ["POST /intake"]);

    board.lock().unwrap().decided = 1;
    lab.wait_for_a_look();
    lab.rounds();
    assert_eq!(lab.standing("agency", "announce"), "edited");
    assert_eq!(board.lock().unwrap().writes, ["POST /intake", "PUT /ads/ad-0000"]);
    assert_eq!(board.lock().unwrap().ads[0]["deadline"], "2027-03-15");
    let seen = lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");

    lab.close();
    lab.rounds();
    assert_eq!(lab.standing("agency", "announce"), "withdrawn");
    assert_eq!(board.lock().unwrap().writes.last().unwrap(), "DELETE /ads/ad-0000");
}

#[test]
fn an_ad_that_closes_while_its_ticket_is_open_is_taken_back_once_it_has_a_number() {
    let (board, _server, mut lab) = lab();
    lab.rounds();
    lab.close();
    lab.rounds();
    assert_eq!(board.lock().unwrap().writes, ["POST /intake"]);
    board.lock().unwrap().decided = 1;
    lab.wait_for_a_look();
    lab.rounds();
    assert_eq!(board.lock().unwrap().writes, ["POST /intake", "DELETE /ads/ad-0000"]);
    assert_eq!(lab.standing("agency", "announce"), "withdrawn");
}

#[test]
fn what_the_board_objects_to_is_refused_in_its_words_and_goes_out_anew_once_the_page_has_changed() {
    let (board, _server, mut lab) = lab();
    lab.rounds();
    {
        let mut board = board.lock().unwrap();
        board.decided = 1;
        board.objection = Some("pay is missing");
    }
    lab.rounds();
    assert_eq!(lab.standing("agency", "announce"), "refused");
    let rows = lab.rows();
    assert!(rows[0].to_string().contains("pay is missing"), "{rows:#?}");
    {
        let mut board = board.lock().unwrap();
        board.objection = None;
        board.ads.clear();
        board.decided = 0;
    }
    lab.edit();
    lab.rounds();
    board.lock().unwrap().decided = 1;
    lab.wait_for_a_look();
    lab.rounds();
    assert_eq!(lab.standing("agency", "announce"), "live");
    let board = board.lock().unwrap();
    assert!(board.ads.len() == 1 && board.ads[0]["reference"] == ID);
}

#[test]
fn a_person_who_found_the_ad_is_asked_to_change_it() {
    let (_board, _server, mut lab) = lab();
    lab.rounds();
    let id = lab.rows()[0]["id"].as_str().unwrap().to_owned();
    let recorded = lab.handbill(&["record", &id, "https://agency.example/ads/7"]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    lab.site.replace(PAGE, "28th February 2027", "15th March 2027");
    lab.rounds();
    assert_eq!(lab.standing("agency", "update"), "asked");
}
