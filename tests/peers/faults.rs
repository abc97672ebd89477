//! A server that fails as its recipient's name says (`.ci/peer/faults.py`): each failure ends in the
//! right state, with the right number of copies on the server.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Lab, Peer, Peers, unique};
use crate::support::command;

/// A lab whose list fails like this, and the list's address.
fn lab(peers: &Peers, faults: &str) -> (Lab, String) {
    let to = format!("{faults}+{}@fault.test", unique("ad"));
    let mail = format!(
        "to = \"{to}\"\nfrom = \"poster@lab.test\"\nhost = \"127.0.0.1\"\nport = {}\n\
         security = \"none\"\n",
        peers.port("FAULTS")
    );
    (Lab::with_channel(peers, &mail), to)
}

/// The Message-IDs of what the server truly took for an address.
fn taken(peers: &Peers, to: &str) -> Vec<String> {
    let path = format!("{}/taken.jsonl", peers.says("FAULTS_STORED"));
    let lines = std::fs::read_to_string(path).unwrap_or_default();
    lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["recipient"] == to)
        .map(|line| line["message_id"].as_str().unwrap().to_owned())
        .collect()
}

/// Nothing was stored when it failed, so it comes later by itself, once.
#[tokio::test]
async fn what_the_server_puts_off_goes_out_later_and_once() {
    let Some(peers) = Peers::need(&[Peer::Faults]).await else { return };
    for fault in ["greylist", "rcpt4", "421", "dropmid", "data4", "greylist-data4"] {
        let (mut lab, to) = lab(&peers, fault);
        lab.post();
        let row = lab.row("announce");
        let certain = fault != "dropmid";
        if certain {
            assert_eq!(row["state"], "planned", "{fault}: {row:#}");
            assert!(taken(&peers, &to).is_empty(), "{fault}");
            lab.settle_down();
            assert_eq!(lab.standing(), "sent", "{fault}");
            assert_eq!(taken(&peers, &to).len(), 1, "{fault}");
        } else {
            // The connection closed under the body: no reply says what became of it.
            assert_eq!(row["state"], "unknown", "{fault}: {row:#}");
            lab.settle_down();
            assert!(taken(&peers, &to).len() <= 1, "{fault}");
        }
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_not_sent_again() {
    let Some(peers) = Peers::need(&[Peer::Faults]).await else { return };
    for (fault, word) in [("rcpt5", "550"), ("refuse", "554"), ("data5", "554")] {
        let (mut lab, to) = lab(&peers, fault);
        let post = lab.post();
        assert_eq!(post.code, 1, "{fault}: {post:?}");
        lab.settle_down();
        let row = lab.row("announce");
        assert_eq!(row["state"], "refused", "{fault}: {row:#}");
        assert!(row["note"].as_str().unwrap().contains(word), "{fault}: {row:#}");
        assert!(taken(&peers, &to).is_empty(), "{fault}");
        assert_eq!(lab.attempts(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_server_that_is_slow_to_answer_is_waited_for() {
    let Some(peers) = Peers::need(&[Peer::Faults]).await else { return };
    let (mut lab, to) = lab(&peers, "slow");
    assert_eq!(lab.post().code, 0);
    assert_eq!(lab.standing(), "sent");
    lab.settle_down();
    assert_eq!(taken(&peers, &to).len(), 1);
}

#[tokio::test]
async fn where_the_answer_to_the_message_is_lost_a_person_is_asked_and_nothing_is_doubled() {
    let Some(peers) = Peers::need(&[Peer::Faults]).await else { return };
    for fault in ["drop", "garbage"] {
        let (mut lab, to) = lab(&peers, fault);
        let post = lab.post();
        assert_eq!(post.code, 3, "{fault}: {post:?}");
        lab.settle_down();
        let row = lab.row("announce");
        assert_eq!(row["state"], "unknown", "{fault}: {row:#}");
        assert_eq!(taken(&peers, &to), [format!("<{}>", lab.message_id("announce"))], "{fault}");
        // Who has looked says so, and then the log has it.
        let id = row["id"].as_str().unwrap();
        let said = lab.site.run(&["resolve", id, "--posted", "https://lists.example/1"]);
        assert_eq!(said.code, 0, "{said:?}");
        lab.settle_down();
        assert_eq!(lab.standing(), "live", "{fault}");
        assert_eq!(taken(&peers, &to).len(), 1, "{fault}");
    }
}

/// Stopped by its user, a machine that went down: the process ends while the answer is owed.
#[tokio::test]
async fn ended_while_the_server_owes_its_answer_it_knows_at_the_next_start_that_it_does_not_know() {
    let Some(peers) = Peers::need(&[Peer::Faults]).await else { return };
    let (mut lab, to) = lab(&peers, "stall");
    let mut program = command(&lab.site.root(), &["post"]).spawn().unwrap();
    let began = Instant::now();
    while taken(&peers, &to).is_empty() {
        assert!(began.elapsed() < super::PATIENCE, "it never came so far");
        std::thread::sleep(Duration::from_millis(50));
    }
    program.kill().unwrap();
    program.wait().unwrap();
    lab.settle_down();
    assert_eq!(lab.standing(), "unknown");
    assert_eq!(taken(&peers, &to).len(), 1);
}

#[tokio::test]
async fn the_same_bytes_go_out_again_when_a_person_has_seen_that_nothing_is_there() {
    let Some(peers) = Peers::need(&[Peer::Faults]).await else { return };
    let (mut lab, to) = lab(&peers, "dropmid");
    lab.post();
    let row = lab.row("announce");
    assert_eq!(row["state"], "unknown", "{row:#}");
    // What may be under way still has time to arrive first.
    lab.settle_down();
    let id = row["id"].as_str().unwrap();
    let said = lab.handbill(&["resolve", id, "--not-posted"]);
    assert_eq!(said.code, 0, "{said:?}");
    let before = lab.message_id("announce");
    lab.settle_down();
    assert_eq!(lab.standing(), "sent");
    assert_eq!(taken(&peers, &to), [format!("<{before}>")]);
}
