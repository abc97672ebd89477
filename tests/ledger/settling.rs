//! What each outcome makes of a delivery and of the copy it concerns.

use handbill::adapt::Occasion;
use handbill::ledger::{CopyState, Deed, Liveness, NewDelivery, State};

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
