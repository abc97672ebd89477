//! What each outcome makes of a delivery and of the copy it concerns.

use handbill::adapt::Occasion;
use handbill::channel::wire::Verb;
use handbill::channel::{Outcome, Receipt, StepDone};
use handbill::ledger::{CopyState, Deed, Liveness, Meaning, NewDelivery, Settlement, State};
use handbill::posting::PostingId;

use super::site::*;

#[tokio::test]
async fn an_answer_that_comes_after_all_still_counts() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    ledger.recover(|_| Liveness::Dead, at(30)).await.unwrap();
    ledger.absent(key, at(40), at(31)).await.unwrap();
    let late = ledger.settle(&claim, &done("77"), None, at(32)).await.unwrap();
    assert_eq!((late.state, late.receipt), (State::Posted, Some(receipt("77"))));
}

#[tokio::test]
async fn an_answer_to_an_attempt_that_was_overtaken_is_kept_and_changes_nothing() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let first = claimed(&ledger, key, 10).await;
    ledger.recover(|_| Liveness::Dead, at(30)).await.unwrap();
    ledger.absent(key, at(40), at(31)).await.unwrap();
    let second = claimed(&ledger, key, 40).await;
    assert_eq!(second.number(), 2);

    let unmoved = ledger.settle(&first, &settled("refused"), None, at(41)).await.unwrap();
    assert_eq!((unmoved.state, unmoved.attempts), (State::Sending, 2));
    assert_eq!(what_happened(&ledger, key).await.last().map(String::as_str), Some("late"));
    let outcomes: Vec<_> =
        ledger.attempts(key).await.unwrap().into_iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Some("refused".to_owned()), None]);
    let last = ledger.settle(&second, &done("78"), None, at(42)).await.unwrap();
    assert_eq!(last.state, State::Posted);
}

/// What an outcome makes of a delivery: its state, why, and when it is due.
const SETTLED: [(&str, State, &str, i64); 5] = [
    ("posted", State::Posted, "", 10),
    ("refused", State::Refused, "no such account", 10),
    ("deferred", State::Planned, "slow down", 60),
    ("blocked", State::Planned, "the token has expired", 10),
    ("unknown", State::Unknown, "the connection broke", 10),
];

#[tokio::test]
async fn every_outcome_of_every_deed_is_settled_as_the_table_says() {
    for deed in Deed::ALL {
        for (word, state, reason, due) in SETTLED {
            let case = format!("{word} {}", deed.as_str());
            let site = Site::new();
            let ledger = site.observed().await;
            let target = posted(&ledger, &announcement(), "77").await.key;
            let second =
                NewDelivery { target: Some(target), ..new_delivery(Occasion::Update, "1", deed) };
            let key = planned(&ledger, &second).await;
            let claim = claimed(&ledger, key, 20).await;
            let new = standing("2", "new words");
            ledger.settle(&claim, &settled(word), Some(&new), at(21)).await.unwrap();

            let own = delivery(&ledger, key).await;
            assert_eq!((own.state, own.reason.as_str()), (state, reason), "{case}");
            assert_eq!(own.due_at, at(due), "{case}");
            assert_eq!(own.receipt, (word == "posted").then(|| receipt("78")), "{case}");
            let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
            assert_eq!(attempt.outcome.as_deref(), Some(word), "{case}");
            assert_eq!(attempt.detail, reason, "{case}");
            assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", word], "{case}");

            let target = delivery(&ledger, target).await;
            let (made, left) = match (word, deed) {
                ("posted", Deed::Publish | Deed::FollowUp) => {
                    (Some(CopyState::Live), CopyState::Live)
                }
                ("posted", Deed::Edit | Deed::Ask) => (None, CopyState::Edited),
                ("posted", Deed::Withdraw) => (None, CopyState::Withdrawn),
                _ => (None, CopyState::Live),
            };
            assert_eq!((own.copy, target.copy), (made, Some(left)), "{case}");
            assert_eq!(own.standing, made.map(|_| new.clone()), "{case}");
            let says = if left == CopyState::Edited { new } else { standing("1", "text") };
            assert_eq!(target.standing, Some(says), "{case}");

            let channels = ledger.past().await.unwrap().channels;
            let paused = channels[&second.name.channel].paused.as_ref();
            let why = paused.map(|pause| pause.reason.as_str());
            assert_eq!(why, (word == "blocked").then_some("the token has expired"), "{case}");
            ledger.verify_chain().await.unwrap();
        }
    }
}

/// A moderator has the copy, with the old words or the new ones: readers see neither.
#[tokio::test]
async fn an_edit_of_a_copy_that_a_moderator_has_does_not_make_it_seen() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    let sent = Settlement { meaning: Meaning::PassedOn, ..done("77") };
    ledger.settle(&claim, &sent, None, at(11)).await.unwrap();
    ledger.held(key, &receipt("77"), "a moderator has it", at(12)).await.unwrap();

    let edit = NewDelivery { target: Some(key), ..new_delivery(Occasion::Update, "1", Deed::Edit) };
    let edit = planned(&ledger, &edit).await;
    let claim = claimed(&ledger, edit, 20).await;
    let new = standing("2", "new words");
    ledger.settle(&claim, &done("77"), Some(&new), at(21)).await.unwrap();

    let copy = delivery(&ledger, key).await;
    assert_eq!(copy.copy, Some(CopyState::Held));
    assert_eq!(copy.standing, Some(new));
    let seen = ledger.arrived(key, &receipt("77"), None, at(30)).await.unwrap();
    assert_eq!(seen.copy, Some(CopyState::Live));
}

/// A board that answers with a ticket says the id of the copy with the result. The ticket was noted
/// as a step meanwhile, and names nothing that could be changed.
#[tokio::test]
async fn the_id_of_a_copy_is_the_one_that_comes_with_it_and_not_that_of_a_step() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    let ticket = StepDone {
        step: "create".to_owned(),
        request: "of the request".to_owned(),
        verb: Verb::Create,
        id: "ticket-7".to_owned(),
        link: None,
        parts: Vec::new(),
    };
    ledger.step_done(key, 1, &ticket, Some(&receipt("ticket-7")), at(11)).await.unwrap();
    let outcome = Outcome::Posted(Receipt::default());
    let sent = Settlement { outcome, again_at: None, meaning: Meaning::PassedOn };
    let words = standing("1", "text");
    let posted = ledger.settle(&claim, &sent, Some(&words), at(12)).await.unwrap();
    assert_eq!(posted.receipt.unwrap().remote_id, None);
    let arrived = ledger.arrived(key, &receipt("17"), None, at(13)).await.unwrap();
    assert_eq!(arrived.receipt, Some(receipt("17")));
}

#[tokio::test]
async fn a_copy_of_another_posting_is_known_until_it_was_taken_back() {
    let site = Site::new();
    let ledger = site.observed().await;
    let first = posted(&ledger, &announcement(), "77").await;
    let mut other = announcement();
    other.name.posting = PostingId("TIDES".into());
    observe(&ledger, &[observed("tides", "1"), observed("TIDES", "1")], at(2)).await;
    let other = planned(&ledger, &other).await;
    let owner = ledger.copy_of_another(other, &receipt("77")).await.unwrap();
    assert_eq!(owner, Some(first.name.posting.clone()));
    assert_eq!(ledger.copy_of_another(other, &receipt("78")).await.unwrap(), None);
    assert_eq!(ledger.copy_of_another(first.key, &receipt("77")).await.unwrap(), None);

    let close = NewDelivery {
        target: Some(first.key),
        ..new_delivery(Occasion::Close, "1", Deed::Withdraw)
    };
    let close = planned(&ledger, &close).await;
    let claim = claimed(&ledger, close, 20).await;
    ledger.settle(&claim, &done("77"), None, at(21)).await.unwrap();
    assert_eq!(ledger.copy_of_another(other, &receipt("77")).await.unwrap(), None);
}

/// PostgreSQL's text has no U+0000, and what others say may.
#[tokio::test]
async fn words_of_others_are_kept_whatever_signs_are_in_them() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    let refused = Outcome::Refused { why: "no\0such \u{7}list".to_owned() };
    let settlement = Settlement { outcome: refused, again_at: None, meaning: Meaning::Shown };
    let refused = ledger.settle(&claim, &settlement, None, at(11)).await.unwrap();
    assert_eq!(refused.reason, "no\u{FFFD}such \u{7}list");
    let receipt = Receipt { remote_id: Some("7\0".to_owned()), ..Receipt::default() };
    let posted = Outcome::Posted(receipt.clone());
    let settlement = Settlement { outcome: posted, again_at: None, meaning: Meaning::Shown };
    let posted = ledger.settle(&claim, &settlement, None, at(12)).await.unwrap();
    assert_eq!(posted.receipt, Some(receipt));
    ledger.keep_answer(&letter("a", Some(key), "un\0known")).await.unwrap();
    ledger.note_page(&PostingId("tides".into()), Err("4\0 4"), at(13)).await.unwrap();
    ledger.pause_all("be\0cause", at(14)).await.unwrap();
    assert!(ledger.check().await.unwrap().flaws.is_empty());
}
