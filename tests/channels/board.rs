//! Job boards that are described as data.

mod authorisation;
mod bodies;
mod later;
mod places;
mod search;
mod session;
mod shipped;
mod soap;
mod steps;

use handbill::adapt::{DocumentType, Rendition};
use handbill::channel::board::{Board, Config};
use handbill::channel::secret::SecretPlace;
use handbill::channel::{Action, Channel, Outcome, Permit, Receipt, Search, Sight, Trace, Wire};

use super::servers::{self, Reply, SECRET, Scripted, Steps, answer, half, json};

const BODY: &str = r#"{"title":"PhD on tides","reference":"2026-W07"}"#;
const NONE: &str = "[]";
const OURS: &str = r#"[{"id":17,"ref":"2026-W07","link":"/jobs/17"}]"#;

fn rendition() -> Rendition {
    Rendition::Document {
        media_type: DocumentType::Json,
        body: BODY.to_owned(),
        language: "en".to_owned(),
    }
}

const DESCRIPTION: &str = r#"
base = "BASE/api/"
format = "json"
auth = { type = "basic", username = "lab", password = { file = "PASSWORD" } }
headers = { Accept = "application/json" }

[find]
method = "GET"
url = "{base}/jobs?ref={reference}"
id = { json = "/0/id" }
link = { json = "/0/link" }

[create]
method = "POST"
url = "{base}/jobs"
ok = { status = [201], body_not = "Error:" }
id = { json = "/id" }
link = { template = "{base}/jobs/{id}" }

[update]
method = "put"
url = "{base}/jobs/{id}"

[withdraw]
method = "DELETE"
url = "{base}/jobs/{id}"
"#;

/// As little as a board can be; what is behind `#` can be replaced.
const SIMPLE: &str = r#"
base = "BASE"
format = "json"
[find]
method = "GET"
url = "{base}/jobs?ref={reference}"
id = { json = "/0/id" }
link = { json = "/0/link" }
# find
[create]
method = "POST"
url = "{base}/jobs"
id = { json = "/id" }
# ok
"#;

/// A board that is never reached, with more tables.
fn build_with(text: &str, more: &str) -> Board {
    build(&format!("{}{more}", text.replace("BASE", "http://127.0.0.1:1"))).unwrap()
}

fn description(server: &str) -> String {
    let SecretPlace::File(password) = servers::secret(SECRET).place else {
        unreachable!("servers::secret makes files")
    };
    DESCRIPTION.replace("BASE", server).replace("PASSWORD", &password.to_string_lossy())
}

fn build(description: &str) -> Result<Board, String> {
    let config: Config = toml::from_str(description).unwrap();
    Board::new(config, servers::context()).map_err(|error| error.to_string())
}

fn channel(server: &str) -> Board {
    build(&description(server)).unwrap()
}

fn publish(channel: &Board) -> Wire {
    let key = servers::key();
    channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap()
}

fn receipt() -> Receipt {
    Receipt { remote_id: Some("1/7".to_owned()), ..Receipt::default() }
}

async fn created(reply: Reply) -> Outcome {
    let server = Scripted::start([json(200, NONE), reply]).await;
    let channel = channel(&server.base);
    channel.send(&publish(&channel), &servers::permit()).await
}

#[tokio::test]
async fn the_board_is_asked_before_anything_is_created() {
    let server = Scripted::start([json(200, NONE), json(201, r#"{"id":17}"#)]).await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    let Outcome::Posted(receipt) = channel.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("17"));
    assert_eq!(receipt.link.unwrap().as_str(), format!("{}/api/jobs/17", server.base));
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /api/jobs?ref=2026-W07 "));
    assert!(requests[1].starts_with("POST /api/jobs "));
    // lab:s3cret-17
    assert!(requests[1].contains("authorization: Basic bGFiOnMzY3JldC0xNw=="), "{}", requests[1]);
    assert!(requests[1].ends_with(BODY));
    assert!(!format!("{wire:?}").contains(SECRET));
}

#[tokio::test]
async fn a_copy_that_is_there_is_not_made_again() {
    let server = Scripted::start([json(200, OURS)]).await;
    let channel = channel(&server.base);
    let Outcome::Posted(receipt) = channel.send(&publish(&channel), &servers::permit()).await
    else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("17"));
    assert_eq!(receipt.link.unwrap().as_str(), format!("{}/jobs/17", server.base));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_the_board_said_is_noted_before_anything_is_created() {
    for (said, noted) in [
        (NONE, r#"asked {"reference":"2026-W07","found":null}"#),
        (
            OURS,
            r#"asked {"reference":"2026-W07","found":{"remote_id":"17","link":"BASE/jobs/17"}}"#,
        ),
    ] {
        let server = Scripted::start([json(200, said), json(201, r#"{"id":17}"#)]).await;
        let channel = channel(&server.base);
        let steps = Steps::default();
        let (_, send_by) = servers::deadline();
        let outcome = channel.send(&publish(&channel), &Permit::new(send_by, &steps)).await;
        assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
        assert_eq!(*steps.noted.lock().unwrap(), [noted.replace("BASE", &server.base)]);
    }
}

#[tokio::test]
async fn a_step_that_cannot_be_noted_is_the_last_one() {
    let server = Scripted::start([json(200, NONE)]).await;
    let channel = channel(&server.base);
    let steps = Steps { fails: true, ..Steps::default() };
    let (_, send_by) = servers::deadline();
    let outcome = channel.send(&publish(&channel), &Permit::new(send_by, &steps)).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(outcome.why().contains("the disk is full"), "{outcome:?}");
    assert_eq!(server.requests().len(), 1, "the board was asked, and given nothing");
}

#[tokio::test]
async fn time_that_passes_while_the_board_is_asked_counts() {
    let server = Scripted::start([json(200, NONE)]).await;
    let channel = channel(&server.base);
    let (clock, send_by) = servers::deadline();
    let steps = Steps { clock: Some(clock), ..Steps::default() };
    let permit = Permit::new(send_by, &steps);
    let outcome = channel.send(&publish(&channel), &permit).await;
    assert_eq!(outcome, handbill::channel::permit::too_late());
    assert_eq!(server.requests().len(), 1);
    channel.send(&publish(&channel), &permit).await;
    assert_eq!(server.requests().len(), 1, "after it, the board is not even asked");
}

#[tokio::test]
async fn the_copy_of_another_delivery_is_for_a_person() {
    let server = Scripted::start([json(200, OURS)]).await;
    let channel = channel(&server.base);
    let (wire, key) = (publish(&channel), servers::key());
    let owned = ["17".to_owned()].into();
    let search = Search { owned: &owned, ..servers::search(&wire, &key, servers::at()) };
    let trace = channel.find(&search).await;
    assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
}

#[tokio::test]
async fn a_search_that_names_somebody_elses_ad_creates_nothing() {
    let server = Scripted::start([json(200, r#"[{"id":3,"ref":"12026-W07"}]"#)]).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("does not carry it"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_board_that_cannot_be_asked_now_is_given_nothing() {
    for reply in [json(500, "{}"), Reply::HangUp, json(429, "{}")] {
        let server = Scripted::start([reply]).await;
        let channel = channel(&server.base);
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
        assert_eq!(server.requests().len(), 1);
    }
    for reply in [
        json(401, "{}"),
        json(403, "{}"),
        json(404, "{}"),
        answer(302, &["Location: /login"], ""),
        answer(200, &[], "hello"),
    ] {
        let server = Scripted::start([reply]).await;
        let channel = channel(&server.base);
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn success_is_status_and_body() {
    let error_page = created(json(201, "Error: no credits left")).await;
    assert!(matches!(error_page, Outcome::Refused { .. }), "{error_page:?}");
    for reply in [
        json(200, r#"{"id":17}"#),
        json(201, r#"{"message":"thanks"}"#),
        half(201, r#"{"id":17}"#),
        json(409, "{}"),
        json(500, "Error: out of order"),
        Reply::HangUp,
    ] {
        let outcome = created(reply.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{reply:?}: {outcome:?}");
    }
    assert!(matches!(created(json(422, "{}")).await, Outcome::Refused { .. }));
}

#[tokio::test]
async fn a_board_that_has_moved_says_where_and_nothing_more_is_tried() {
    for status in [301, 307, 308] {
        let outcome = created(answer(status, &["Location: /api/v2/jobs"], "")).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
        assert!(outcome.why().contains("leads to /api/v2/jobs"), "{outcome:?}");
    }
}

#[tokio::test]
async fn after_a_lost_answer_the_board_is_asked_by_our_reference() {
    let server = Scripted::start([json(200, OURS), json(200, NONE), Reply::HangUp]).await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    let found = channel.find(&servers::search(&wire, &servers::key(), servers::at())).await;
    assert!(matches!(found, Trace::Found(_)), "{found:?}");
    assert_eq!(
        channel.find(&servers::search(&wire, &servers::key(), servers::at())).await,
        Trace::Absent
    );
    let later = channel.find(&servers::search(&wire, &servers::key(), servers::at())).await;
    assert!(matches!(later, Trace::NotYet { .. }), "{later:?}");
}

#[tokio::test]
async fn an_id_is_percent_encoded_and_a_second_removal_is_done() {
    let server = Scripted::start([json(200, "{}"), json(404, "{}")]).await;
    let channel = channel(&server.base);
    let key = servers::key();
    let address = servers::address(&key);
    let edit = channel.prepare(Action::Edit(&rendition(), &receipt()), &address).unwrap();
    assert_eq!(channel.send(&edit, &servers::permit()).await, Outcome::Posted(receipt()));
    let withdraw = channel.prepare(Action::Withdraw(&receipt()), &address).unwrap();
    assert_eq!(channel.send(&withdraw, &servers::permit()).await, Outcome::Posted(receipt()));
    let requests = server.requests();
    assert!(requests[0].starts_with("PUT /api/jobs/1%2F7 "), "{}", requests[0]);
    assert!(requests[1].starts_with("DELETE /api/jobs/1%2F7 "), "{}", requests[1]);
}

#[tokio::test]
async fn the_id_may_stand_in_the_location_header() {
    let location = "ok = { status = [201] }\nid = { header = \"Location\" }";
    let server =
        Scripted::start([json(200, NONE), answer(201, &["Location: /api/jobs/a%2D9/"], "")]).await;
    let text = description(&server.base)
        .replace(
            "ok = { status = [201], body_not = \"Error:\" }\nid = { json = \"/id\" }",
            location,
        )
        .replace("link = { template = \"{base}/jobs/{id}\" }", "link = { header = \"Location\" }");
    let channel = build(&text).unwrap();
    let Outcome::Posted(receipt) = channel.send(&publish(&channel), &servers::permit()).await
    else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("a-9"));
    assert_eq!(receipt.link.unwrap().path(), "/api/jobs/a%2D9/");
}

#[tokio::test]
async fn a_page_that_shows_the_title_agrees_behind_a_redirect_too() {
    let server = Scripted::start([
        answer(301, &["Location: /jobs/17-phd"], ""),
        answer(200, &[], "<h1>PhD <em>on</em> tides</h1>"),
        answer(200, &[], "<h1>Postdoc on tides</h1>"),
        answer(404, &[], "<h1>PhD on tides</h1>"),
    ])
    .await;
    let channel = channel(&server.base);
    let link = format!("{}/jobs/17", server.base).parse().ok();
    let receipt = Receipt { link, ..Receipt::default() };
    assert_eq!(channel.verify(&receipt, Some(&rendition())).await, Sight::Agrees);
    assert!(matches!(channel.verify(&receipt, Some(&rendition())).await, Sight::Differs { .. }));
    assert_eq!(channel.verify(&receipt, Some(&rendition())).await, Sight::Gone);
    assert!(!server.requests().concat().contains("authorization"), "a reader has no password");
}

#[test]
fn a_description_that_cannot_work_is_refused_in_its_own_words() {
    let wrong = |from: &str, to: &str| {
        build(&description("http://127.0.0.1:1").replace(from, to)).err().unwrap_or_default()
    };
    assert_eq!(
        wrong("?ref={reference}", "?ref={refrence}"),
        "`board.find` of channel example: `{refrence}` stands for nothing; did you mean \
         `{reference}`?"
    );
    assert_eq!(
        wrong("{ json = \"/id\" }", "{ json = \"id\" }"),
        "`board.create` of channel example: `id` is no JSON pointer; it begins with `/`, like \
         `/data/id`"
    );
    assert!(wrong("url = \"{base}/jobs\"", "url = \"/jobs\"").contains("begin it with `{base}/`"));
    assert!(wrong("method = \"POST\"", "method = \"PO ST\"").contains("no HTTP method"));
    assert!(wrong("?ref={reference}", "?ref={key}").contains("write `{reference}` in it"));
    let without_find = description("http://127.0.0.1:1");
    let start = without_find.find("[find]").unwrap();
    let end = without_find.find("[create]").unwrap();
    let without_find = [&without_find[..start], &without_find[end..]].concat();
    assert!(build(&without_find).err().unwrap().contains("`board.find` of channel example"));
}
