//! Our reference is looked for before anything is created: in lists, page by page.

use handbill::channel::{Channel, Outcome, Trace};

use super::{build, publish};
use crate::channels::servers::{self, Reply, Scripted, answer, json};

const LISTS: &str = r#"
base = "BASE"
format = "json"
[find]
method = "GET"
url = "{base}/jobs?page={page}"
items = "/jobs"
reference = "/number"
id = { json = "/id" }
link = { json = "/link" }
pages = { first = 1, most = 3 }
[create]
method = "POST"
url = "{base}/jobs"
id = { json = "/id" }
"#;

const EMPTY: &str = r#"{"jobs":[]}"#;

fn page(numbers: &[&str]) -> Reply {
    let jobs: Vec<String> = numbers
        .iter()
        .map(|number| format!(r#"{{"id":"of-{number}","number":"{number}","link":"/j/{number}"}}"#))
        .collect();
    json(200, &format!(r#"{{"jobs":[{}]}}"#, jobs.join(",")))
}

#[tokio::test]
async fn every_page_is_looked_at_until_ours_is_there() {
    let server =
        Scripted::start([page(&["2026-W06", "12026-W07"]), page(&["x", "2026-W07"])]).await;
    let board = build(&LISTS.replace("BASE", &server.base)).unwrap();
    let Outcome::Posted(receipt) = board.send(&publish(&board), &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("of-2026-W07"));
    assert_eq!(receipt.link.unwrap().path(), "/j/2026-W07");
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "nothing is created");
    assert!(requests[0].starts_with("GET /jobs?page=1 ") && requests[1].contains("page=2 "));
}

#[tokio::test]
async fn a_page_without_copies_is_the_last() {
    let server = Scripted::start([page(&["a"]), json(200, EMPTY), json(201, r#"{"id":17}"#)]).await;
    let board = build(&LISTS.replace("BASE", &server.base)).unwrap();
    let outcome = board.send(&publish(&board), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert!(server.requests()[2].starts_with("POST /jobs "));
}

#[tokio::test]
async fn a_list_that_was_not_looked_at_to_its_end_proves_nothing() {
    let server = Scripted::start([page(&["a"]), page(&["b"]), page(&["c"])]).await;
    let board = build(&LISTS.replace("BASE", &server.base)).unwrap();
    let wire = publish(&board);
    let outcome = board.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("find.pages.most"), "{outcome:?}");
    assert_eq!(server.requests().len(), 3, "nothing is created");
    for reply in [json(200, "{}"), json(200, r#"{"jobs":{}}"#), json(200, "no JSON")] {
        let server = Scripted::start([reply]).await;
        let board = build(&LISTS.replace("BASE", &server.base)).unwrap();
        let key = servers::key();
        let trace = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
        assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
    }
}

#[tokio::test]
async fn the_next_page_may_have_a_mark_of_its_own() {
    let marked = |next: &str| json(200, &format!(r#"{{"jobs":[],"next":{next}}}"#));
    let file =
        LISTS.replace("pages = { first = 1, most = 3 }", "pages = { next = { json = \"/next\" } }");
    let server = Scripted::start([marked(r#""a&b=""#), marked("7"), page(&["2026-W07"])]).await;
    let board = build(&file.replace("BASE", &server.base)).unwrap();
    let key = servers::key();
    let trace = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
    assert!(matches!(trace, Trace::Found(_)), "{trace:?}");
    let asked: Vec<String> = server.requests();
    for (request, mark) in asked.iter().zip(["", "a%26b%3D", "7"]) {
        assert!(request.starts_with(&format!("GET /jobs?page={mark} ")), "{request}");
    }
    for (replies, is_absent) in [
        (vec![marked(r#""2""#), marked("null")], true),
        // A board that shows the same page again has not shown all it has.
        (vec![marked(r#""2""#), marked(r#""2""#)], false),
    ] {
        let server = Scripted::start(replies).await;
        let board = build(&file.replace("BASE", &server.base)).unwrap();
        let trace = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
        assert_eq!(trace == Trace::Absent, is_absent, "{trace:?}");
    }
}

#[tokio::test]
async fn the_next_page_may_be_named_by_the_answer() {
    let by_link = LISTS
        .replace("?page={page}", "")
        .replace("pages = { first = 1, most = 3 }", "pages = { next = { header = \"Link\" } }");
    let by_json = by_link.replace("{ header = \"Link\" }", "{ json = \"/next\" }");
    for (file, first) in [
        (
            &by_link,
            answer(200, &["Link: </jobs?c=0>; rel=\"prev\", </jobs?c=2>; rel=\"next\""], EMPTY),
        ),
        (&by_json, json(200, r#"{"jobs":[],"next":"/jobs?c=2"}"#)),
    ] {
        let server = Scripted::start([first, page(&["2026-W07"])]).await;
        let board = build(&file.replace("BASE", &server.base)).unwrap();
        let key = servers::key();
        let trace = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
        assert!(matches!(trace, Trace::Found(_)), "{trace:?}");
        assert!(server.requests()[1].starts_with("GET /jobs?c=2 "));
    }
    // Where it leads to somebody else, our credentials do not go there.
    let next = json(200, r#"{"jobs":[],"next":"https://elsewhere.example/jobs"}"#);
    let server = Scripted::start([next]).await;
    let board = build(&by_json.replace("BASE", &server.base)).unwrap();
    let outcome = board.send(&publish(&board), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("another server"), "{outcome:?}");
}

#[tokio::test]
async fn a_search_may_be_a_request_with_a_body() {
    let file = LISTS
        .replace(
            "method = \"GET\"\nurl = \"{base}/jobs?page={page}\"",
            "method = \"POST\"\nurl = \"{base}/_search\"\nbody = { json = { q = \"{reference}\" } }",
        )
        .replace("pages = { first = 1, most = 3 }\n", "");
    let server = Scripted::start([page(&["2026-W07"])]).await;
    let board = build(&file.replace("BASE", &server.base)).unwrap();
    let key = servers::key();
    let trace = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
    assert!(matches!(trace, Trace::Found(_)), "{trace:?}");
    assert!(server.requests()[0].ends_with(r#"{"q":"2026-W07"}"#), "{}", server.requests()[0]);
}

const ELEMENTS: &str = r#"
base = "BASE"
format = "json"
[find]
method = "GET"
url = "{base}/list"
ok = { body = "<jobs" }
items = { xml = { select = "job" } }
reference = { xml = { select = "ref" } }
id = { xml = { select = "job", attribute = "id" } }
link = { xml = { select = "link" } }
[create]
method = "POST"
url = "{base}/jobs"
id = { json = "/id" }
"#;

#[tokio::test]
async fn a_list_may_be_elements_of_a_page_or_of_xml() {
    let xml =
        |jobs: &str| answer(200, &["Content-Type: text/xml"], &format!("<jobs>{jobs}</jobs>"));
    let two = "<job id=\"1\"><ref>12026-W07</ref></job><job id=\"2\"><ref>2026-W07</ref>\
               <link>/j/2</link></job>";
    let server =
        Scripted::start([xml(two), xml(""), answer(200, &[], "<p>Log in, 2026-W07</p>")]).await;
    let board = build(&ELEMENTS.replace("BASE", &server.base)).unwrap();
    let (wire, key) = (publish(&board), servers::key());
    let search = servers::search(&wire, &key, servers::at());
    let Trace::Found(receipt) = board.find(&search).await else { panic!("not found") };
    assert_eq!(receipt.remote_id.as_deref(), Some("2"));
    assert_eq!(receipt.link.unwrap().path(), "/j/2");
    assert_eq!(board.find(&search).await, Trace::Absent);
    let login = board.find(&search).await;
    assert!(matches!(login, Trace::CannotTell { .. }), "{login:?}");
    let silent = ELEMENTS.replace("ok = { body = \"<jobs\" }", "");
    let why = build(&silent.replace("BASE", "http://127.0.0.1:1")).err().unwrap();
    assert!(why.contains("so a login page would"), "{why}");
}

#[tokio::test]
async fn only_what_says_so_means_that_there_is_none() {
    let none = super::SIMPLE.replace("# find", "none = { status = [404] }");
    let server = Scripted::start([json(404, "{}"), json(200, "[]")]).await;
    let board = build(&none.replace("BASE", &server.base)).unwrap();
    let (wire, key) = (publish(&board), servers::key());
    let search = servers::search(&wire, &key, servers::at());
    assert_eq!(board.find(&search).await, Trace::Absent);
    let unsaid = board.find(&search).await;
    assert!(matches!(unsaid, Trace::CannotTell { .. }), "{unsaid:?}");
    // An error that comes as success has no list in it.
    let server = Scripted::start([json(200, r#"{"error":"maintenance"}"#)]).await;
    let board = build(&super::SIMPLE.replace("BASE", &server.base)).unwrap();
    let error = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
    assert!(matches!(error, Trace::CannotTell { .. }), "{error:?}");
}
