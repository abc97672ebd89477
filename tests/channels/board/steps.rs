//! Boards that want a second request before readers see anything: create, then publish.

use std::sync::Mutex;

use async_trait::async_trait;
use handbill::channel::permit::Journal;
use handbill::channel::{Channel, Outcome, Permit, Receipt, Search, StepDone, Trace, Wire};

use super::{SIMPLE, build, publish};
use crate::channels::servers::{self, Reply, Scripted, json};

const PUBLISH: &str = "[publish]\nmethod = \"POST\"\nurl = \"{base}/jobs/{id}/publications\"\n\
                       body = { json = { job = \"{id}\" } }\nok = { status = [201] }\n";

/// The record of a delivery's steps.
#[derive(Default)]
pub(super) struct Kept(Mutex<Vec<StepDone>>);

#[async_trait]
impl Journal for Kept {
    async fn note(&self, _what: &str, _detail: &serde_json::Value) -> Result<(), String> {
        Ok(())
    }

    async fn done(&self) -> Result<Vec<StepDone>, String> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn step_done(&self, done: &StepDone) -> Result<(), String> {
        self.0.lock().unwrap().push(done.clone());
        Ok(())
    }
}

fn board(server: &str) -> handbill::channel::board::Board {
    build(&format!("{}{PUBLISH}", SIMPLE.replace("BASE", server))).unwrap()
}

pub(super) async fn send(board: &impl Channel, wire: &Wire, kept: &Kept) -> Outcome {
    let soon = chrono::Utc::now() + chrono::TimeDelta::minutes(10);
    let send_by = handbill::channel::SendBy::new(soon, handbill::clock::Clock::System);
    board.send(wire, &Permit::new(send_by, kept)).await
}

#[tokio::test]
async fn what_is_created_is_published_under_the_id_that_the_board_gave_it() {
    let server =
        Scripted::start([json(200, "[]"), json(201, r#"{"id":"a-17"}"#), json(201, "{}")]).await;
    let board = board(&server.base);
    let wire = publish(&board);
    assert!(serde_json::to_string(&wire).unwrap().contains("/jobs/{id of create}/publications"));
    let Outcome::Posted(receipt) = send(&board, &wire, &Kept::default()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("a-17"));
    let requests = server.requests();
    assert!(requests[1].starts_with("POST /jobs ") && requests[1].ends_with(super::BODY));
    assert!(requests[2].starts_with("POST /jobs/a-17/publications "), "{}", requests[2]);
    assert!(requests[2].ends_with(r#"{"job":"a-17"}"#), "{}", requests[2]);
}

#[tokio::test]
async fn half_a_way_is_gone_on_with_and_nothing_is_created_twice() {
    let server = Scripted::start([
        json(200, "[]"),
        json(201, r#"{"id":"a-17"}"#),
        Reply::HangUp,
        json(201, "{}"),
    ])
    .await;
    let board = board(&server.base);
    let (wire, kept, key) = (publish(&board), Kept::default(), servers::key());
    let outcome = send(&board, &wire, &kept).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert!(outcome.why().contains("`create` is there; then `publish`"), "{outcome:?}");
    let done = kept.done().await.unwrap();
    let search = Search { done: &done, ..servers::search(&wire, &key, servers::at()) };
    let trace = board.find(&search).await;
    assert!(matches!(trace, Trace::Partly(_)), "{trace:?}");
    let outcome = send(&board, &wire, &kept).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let created = server.requests().iter().filter(|it| it.starts_with("POST /jobs ")).count();
    assert_eq!(created, 1);
}

#[tokio::test]
async fn a_lost_answer_to_the_first_request_is_looked_for() {
    let ours = || json(200, r#"[{"id":"a-17","ref":"2026-W07"}]"#);
    let server =
        Scripted::start([json(200, "[]"), Reply::HangUp, ours(), ours(), json(201, "{}")]).await;
    let board = board(&server.base);
    let (wire, kept, key) = (publish(&board), Kept::default(), servers::key());
    let outcome = send(&board, &wire, &kept).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    let trace = board.find(&servers::search(&wire, &key, servers::at())).await;
    let Trace::Partly(found) = trace else { panic!("{trace:?}") };
    assert_eq!(found[0].id, "a-17");
    // What was found is on record by then, or the board names it again: it is not made twice.
    let outcome = send(&board, &wire, &kept).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let requests = server.requests();
    assert_eq!(requests.iter().filter(|it| it.starts_with("POST /jobs ")).count(), 1);
    assert!(requests[4].starts_with("POST /jobs/a-17/publications "));
}

#[tokio::test]
async fn a_draft_that_a_lost_answer_left_is_published_and_not_waited_for() {
    let draft = || json(200, r#"[{"id":"a-17","ref":"2026-W07","status":"draft"}]"#);
    let server = Scripted::start([
        json(200, "[]"),
        Reply::HangUp,
        draft(),
        draft(),
        json(201, "{}"),
        draft(),
    ])
    .await;
    let text =
        SIMPLE.replace("BASE", &server.base).replace("# find", "state = { json = \"/0/status\" }");
    let board = build(&format!("{text}{PUBLISH}[states]\npending = [\"draft\"]\n")).unwrap();
    let (wire, kept, key) = (publish(&board), Kept::default(), servers::key());
    let outcome = send(&board, &wire, &kept).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    let trace = board.find(&servers::search(&wire, &key, servers::at())).await;
    assert!(matches!(trace, Trace::Partly(_)), "{trace:?}");
    let outcome = send(&board, &wire, &kept).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert!(server.requests()[4].starts_with("POST /jobs/a-17/publications "));
    // Once it is published, whoever has it still is at the board.
    let done = kept.done().await.unwrap();
    let search = Search { done: &done, ..servers::search(&wire, &key, servers::at()) };
    let trace = board.find(&search).await;
    assert!(matches!(trace, Trace::Held { .. }), "{trace:?}");
}

/// A journal whose ledger says that every copy is another posting's.
struct OfAnother;

#[async_trait]
impl Journal for OfAnother {
    async fn note(&self, _what: &str, _detail: &serde_json::Value) -> Result<(), String> {
        Ok(())
    }

    async fn copy_of_another(&self, copy: &Receipt) -> Result<Option<String>, String> {
        assert_eq!(copy.remote_id.as_deref(), Some("17"));
        Ok(Some("2026-w07".to_owned()))
    }
}

/// `2026-W07` and `2026-w07` are one name to a board, and two ads here.
#[tokio::test]
async fn a_copy_of_another_posting_is_not_taken_for_ours() {
    let server = Scripted::start([json(200, super::OURS)]).await;
    let board = build(&SIMPLE.replace("BASE", &server.base)).unwrap();
    let permit = Permit::new(servers::permit().send_by().clone(), &OfAnother);
    let outcome = board.send(&publish(&board), &permit).await;
    assert!(
        matches!(&outcome, Outcome::Refused { why } if why.contains("copy of `2026-w07`")),
        "{outcome:?}"
    );
    assert_eq!(server.requests().len(), 1, "nothing is created");
}
