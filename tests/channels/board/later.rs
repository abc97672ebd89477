//! What becomes of a copy: moderators, links that a person gives, results of uploads, and whether
//! the board still has what was sent.

use handbill::channel::permit::Journal;
use handbill::channel::{Arrival, Channel, Outcome, Receipt, Sight, Trace};

use super::steps::{self, Kept};
use super::{SIMPLE, build, publish, rendition};
use crate::channels::servers::{self, Scripted, answer, json};

fn moderated(server: &str) -> handbill::channel::board::Board {
    let text = SIMPLE
        .replace("BASE", server)
        .replace("# find", "state = { json = \"/0/status\" }")
        .replace("# ok", "state = { json = \"/status\" }");
    let states =
        "[states]\npending = [\"Pending\"]\nrefused = [\"rejected\"]\nwithdrawn = [\"trash\"]\n";
    build(&format!("{text}{states}")).unwrap()
}

fn ours(status: &str) -> servers::Reply {
    json(200, &format!(r#"[{{"id":17,"ref":"2026-W07","link":"/jobs/17","status":"{status}"}}]"#))
}

#[tokio::test]
async fn what_a_moderator_has_is_held_until_the_board_calls_it_otherwise() {
    let server = Scripted::start([
        json(200, "[]"),
        json(201, r#"{"id":17,"status":"pending"}"#),
        ours("pending"),
        ours("published"),
        ours("Rejected"),
        ours("trash"),
    ])
    .await;
    let board = moderated(&server.base);
    assert!(matches!(board.abilities().arrival, Arrival::Later { .. }));
    let wire = publish(&board);
    let outcome = board.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let key = servers::key();
    let search = servers::search(&wire, &key, servers::at());
    let Trace::Held { receipt, why } = board.find(&search).await else { panic!("not held") };
    assert_eq!(receipt.remote_id.as_deref(), Some("17"));
    assert!(why.contains("`pending`"), "{why}");
    let Trace::Found(receipt) = board.find(&search).await else { panic!("not found") };
    assert_eq!(receipt.link.unwrap().path(), "/jobs/17");
    let refused = board.find(&search).await;
    assert!(
        matches!(&refused, Trace::TurnedDown { why } if why.contains("Rejected")),
        "{refused:?}"
    );
    assert_eq!(board.find(&search).await, Trace::Absent, "one in the trash is none");
}

#[tokio::test]
async fn an_ad_that_the_board_refuses_is_not_made_again() {
    for (replies, requests) in [
        (vec![json(200, "[]"), json(201, r#"{"id":17,"status":"rejected"}"#)], 2),
        (vec![ours("rejected")], 1),
    ] {
        let server = Scripted::start(replies).await;
        let board = moderated(&server.base);
        let outcome = board.send(&publish(&board), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
        assert_eq!(server.requests().len(), requests);
    }
}

#[tokio::test]
async fn one_in_the_trash_does_not_keep_a_new_one_away() {
    let server = Scripted::start([ours("trash"), json(201, r#"{"id":18}"#)]).await;
    let board = moderated(&server.base);
    let Outcome::Posted(receipt) = board.send(&publish(&board), &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("18"));
}

#[tokio::test]
async fn a_link_that_only_a_person_knows_is_waited_for() {
    let server = Scripted::start([
        json(200, "[]"),
        json(201, r#"{"id":17}"#),
        json(200, r#"[{"id":17,"ref":"2026-W07"}]"#),
    ])
    .await;
    let text = SIMPLE.replace("BASE", &server.base).replace("# ok", "link = \"manual\"");
    let board = build(&text.replace("link = { json = \"/0/link\" }", "")).unwrap();
    assert_eq!(board.abilities().arrival, Arrival::Later { give_up_after_seconds: 0 });
    let wire = publish(&board);
    let Outcome::Posted(receipt) = board.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt, Receipt { remote_id: Some("17".to_owned()), ..Receipt::default() });
    let key = servers::key();
    let trace = board.find(&servers::search(&wire, &key, servers::at())).await;
    assert!(
        matches!(&trace, Trace::Held { why, .. } if why.contains("record the link")),
        "{trace:?}"
    );
}

#[tokio::test]
async fn the_board_itself_says_whether_a_copy_is_as_it_was_sent() {
    let shown = |status: &str, title: &str| {
        json(200, &format!(r#"{{"status":"{status}","job":{{"name":"{title}"}}}}"#))
    };
    let verify = "[verify]\nmethod = \"GET\"\nurl = \"{base}/jobs/{id}?context=edit\"\n\
                  state = { json = \"/status\" }\nsame = { \"/title\" = \"/job/name\" }\n\
                  [states]\npending = [\"pending\"]\nrefused = [\"rejected\"]\nwithdrawn = [\"trash\"]\n";
    let receipt = Receipt { remote_id: Some("17".to_owned()), ..Receipt::default() };
    let seen = async |reply| {
        let server = Scripted::start([reply]).await;
        let board = build(&format!("{}{verify}", SIMPLE.replace("BASE", &server.base))).unwrap();
        let sight = board.verify(&receipt, Some(&rendition())).await;
        assert!(server.requests()[0].starts_with("GET /jobs/17?context=edit "));
        sight
    };
    assert_eq!(seen(shown("published", "PhD on  tides")).await, Sight::Agrees);
    let differs = seen(shown("published", "Postdoc")).await;
    assert!(
        matches!(&differs, Sight::Differs { found } if found.contains("Postdoc")),
        "{differs:?}"
    );
    assert_eq!(seen(shown("trash", "PhD on tides")).await, Sight::Gone);
    assert_eq!(seen(json(404, "{}")).await, Sight::Gone);
    assert!(matches!(seen(shown("pending", "PhD on tides")).await, Sight::Unseen { .. }));
    assert!(matches!(seen(shown("rejected", "PhD on tides")).await, Sight::Differs { .. }));
    assert!(matches!(seen(json(500, "{}")).await, Sight::Unseen { .. }));
}

/// As the HR-BA-XML interface of the Bundesagentur für Arbeit is described: the upload is answered
/// at once, and a file among others says later what became of it.
const UPLOADS: &str = r#"
base = "BASE"
format = "json"
[create]
method = "POST"
url = "{base}/upload"
repeat = "replaces"
id = { template = "{reference}-S" }
link = { template = "https://board.example/{id}" }
body = { upload = { field = "upload", file_name = "DS{at:%H-%M}.xml" } }
[poll]
method = "GET"
url = "{base}/results"
file = '^DS(.*)\.xml$'
result = { regex = 'href="(/ES[PV]{file}\.xml)"' }
ok = { body = 'count="0"' }
error = { regex = '<Error>(.*?)</Error>' }
"#;

#[tokio::test]
async fn what_became_of_an_upload_is_read_from_its_own_result() {
    let list = |name: &str| answer(200, &[], &format!("<a href=\"/ESP09-59.xml\">x</a> {name}"));
    let ours = || list("<a href=\"/ESP10-00.xml\">ours</a>");
    let server = Scripted::start([
        list(""),
        ours(),
        answer(200, &[], "<Errors count=\"1\"><Error>title &gt; 60</Error></Errors>"),
        ours(),
        answer(200, &[], "<Errors count=\"0\"></Errors>"),
        answer(500, &[], ""),
    ])
    .await;
    let board = build(&UPLOADS.replace("BASE", &server.base)).unwrap();
    let (wire, key) = (publish(&board), servers::key());
    let just_now = chrono::Utc::now();
    let search = servers::search(&wire, &key, just_now);
    let nothing_yet = board.find(&search).await;
    assert!(matches!(nothing_yet, Trace::NotYet { .. }), "{nothing_yet:?}");
    let refused = board.find(&search).await;
    assert_eq!(refused, Trace::TurnedDown { why: "title > 60".to_owned() });
    let Trace::Found(receipt) = board.find(&search).await else { panic!("not found") };
    assert_eq!(receipt.link.unwrap().as_str(), "https://board.example/2026-W07-S");
    let later = board.find(&search).await;
    assert!(matches!(later, Trace::NotYet { .. }), "{later:?}");
    assert!(server.requests()[2].starts_with("GET /ESP10-00.xml "));
}

#[tokio::test]
async fn a_ticket_is_asked_for_until_the_copy_has_its_own_id() {
    let server = Scripted::start([
        json(200, "[]"),
        answer(202, &["Location: /tickets/t1"], ""),
        json(200, r#"{"state":"queued"}"#),
        json(200, r#"{"state":"done","id":"a-9","link":"/v/a-9"}"#),
        json(200, r#"{"state":"failed","why":"no such field"}"#),
    ])
    .await;
    let text = SIMPLE
        .replace("BASE", &server.base)
        .replace("id = { json = \"/id\" }", "id = { header = \"Location\" }")
        .replace("# ok", "ok = { status = [202] }");
    let poll = "[poll]\nmethod = \"GET\"\nurl = \"{base}/tickets/{id}\"\n\
                state = { json = \"/state\" }\nerror = { json = \"/why\" }\n\
                id = { json = \"/id\" }\nlink = { json = \"/link\" }\n\
                [states]\npending = [\"queued\"]\nrefused = [\"failed\"]\n";
    let board = build(&format!("{text}{poll}")).unwrap();
    let (wire, key, kept) = (publish(&board), servers::key(), Kept::default());
    let outcome = steps::send(&board, &wire, &kept).await;
    assert_eq!(outcome, Outcome::Posted(Receipt::default()), "a ticket is no id of a copy");
    let done = kept.done().await.unwrap();
    let search =
        handbill::channel::Search { done: &done, ..servers::search(&wire, &key, servers::at()) };
    let queued = board.find(&search).await;
    assert!(matches!(queued, Trace::NotYet { .. }), "{queued:?}");
    let Trace::Found(receipt) = board.find(&search).await else { panic!("not found") };
    assert_eq!(receipt.remote_id.as_deref(), Some("a-9"));
    assert_eq!(receipt.link.unwrap().path(), "/v/a-9");
    let failed = board.find(&search).await;
    assert_eq!(failed, Trace::TurnedDown { why: "no such field".to_owned() });
    assert!(server.requests()[2].starts_with("GET /tickets/t1 "));
}
