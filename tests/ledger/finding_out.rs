//! What channel and person say after the attempt.

use handbill::adapt::Occasion;
use handbill::channel::Receipt;
use handbill::ledger::{CopyState, Deed, LedgerError, NewDelivery, Resolution, State, Whom};
use url::Url;

use super::site::*;

#[tokio::test]
async fn what_a_person_was_asked_to_do_stands_once_they_record_the_link() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    let waits = ledger.settle(&claim, &asked(), None, at(11)).await.unwrap();
    assert_eq!((waits.state, waits.copy), (State::Asked, None));

    let link = Url::parse("https://board.example/ads/5").unwrap();
    let recorded = ledger.record(key, &link, at(30)).await.unwrap();
    assert_eq!((recorded.state, recorded.copy), (State::Posted, Some(CopyState::Live)));
    assert_eq!(recorded.receipt.and_then(|receipt| receipt.link), Some(link));
    assert_eq!(recorded.standing, Some(standing("1", "text")));
    assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", "asked", "recorded"]);
}

#[tokio::test]
async fn what_a_person_was_asked_to_do_and_did_not_do_is_refused() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    ledger.settle(&claim, &asked(), None, at(11)).await.unwrap();
    let left = ledger.resolve(key, &Resolution::NotPosted, at(12)).await.unwrap();
    assert_eq!((left.state, left.copy), (State::Refused, None));
    assert_eq!(left.reason, "a person was asked and did not do it");
}

#[tokio::test]
async fn what_a_person_did_to_a_copy_is_known_of_the_copy() {
    for (occasion, copy) in
        [(Occasion::Update, CopyState::Edited), (Occasion::Close, CopyState::Withdrawn)]
    {
        let site = Site::new();
        let ledger = site.observed().await;
        let target = posted(&ledger, &announcement(), "77").await.key;
        let ask = NewDelivery { target: Some(target), ..new_delivery(occasion, "1", Deed::Ask) };
        let key = planned(&ledger, &ask).await;
        let claim = claimed(&ledger, key, 20).await;
        ledger.settle(&claim, &asked(), None, at(21)).await.unwrap();
        assert_eq!(delivery(&ledger, target).await.copy, Some(CopyState::Live));

        let did_it = Resolution::Posted(Receipt::default());
        ledger.resolve(key, &did_it, at(22)).await.unwrap();
        assert_eq!(delivery(&ledger, target).await.copy, Some(copy));
        let last = what_happened(&ledger, target).await.pop();
        assert_eq!(last.as_deref(), Some(copy.as_str()));
    }
}

#[tokio::test]
async fn an_unknown_outcome_stays_until_channel_or_person_says_what_became_of_it() {
    for found_out in ["found", "absent", "posted", "not posted", "link"] {
        let site = Site::new();
        let ledger = site.observed().await;
        let key = planned(&ledger, &announcement()).await;
        let claim = claimed(&ledger, key, 10).await;
        ledger.settle(&claim, &settled("unknown"), None, at(11)).await.unwrap();
        let waits = ledger
            .still_unknown(key, "no answer from the timeline", Whom::TheChannel, at(12))
            .await
            .unwrap();
        assert_eq!(waits.state, State::Unknown);
        assert_eq!(waits.reason, "no answer from the timeline");

        let there = receipt("77");
        let after = match found_out {
            "found" => ledger.found(key, &there, None, at(20)).await,
            "absent" => ledger.absent(key, at(20), at(20)).await,
            "posted" => ledger.resolve(key, &Resolution::Posted(there.clone()), at(20)).await,
            "not posted" => ledger.resolve(key, &Resolution::NotPosted, at(20)).await,
            _ => ledger.record(key, there.link.as_ref().unwrap(), at(20)).await,
        }
        .unwrap();
        if matches!(found_out, "absent" | "not posted") {
            assert_eq!((after.state, after.due_at), (State::Planned, at(20)), "{found_out}");
            let repeat = ledger.last_attempt(key).await.unwrap().unwrap();
            assert_eq!(
                repeat.carried.unwrap().wire,
                wire("body"),
                "the same bytes are there to send again"
            );
        } else {
            assert_eq!((after.state, after.copy), (State::Posted, Some(CopyState::Live)));
            assert_eq!(after.receipt.unwrap().link, there.link, "{found_out}");
        }
        let found = ledger.found(key, &receipt("78"), None, at(30)).await;
        if matches!(found_out, "absent" | "not posted") {
            // It shows up all the same, before it was sent again.
            assert_eq!(found.unwrap().state, State::Posted, "{found_out}");
        } else {
            let error = found.unwrap_err();
            assert!(matches!(error, LedgerError::WrongState { .. }), "{found_out}: {error}");
        }
    }
}

#[tokio::test]
async fn a_look_at_a_copy_is_remembered_and_a_change_is_an_event() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = posted(&ledger, &announcement(), "77").await.key;
    let day = chrono::TimeDelta::days(1);
    ledger.note_sight(&delivery(&ledger, key).await, CopyState::Live, day, at(50)).await.unwrap();
    let unseen = ledger
        .note_sight(&delivery(&ledger, key).await, CopyState::Gone, day, at(60))
        .await
        .unwrap();
    assert_eq!((unseen.copy, unseen.unseen_since), (Some(CopyState::Live), Some(at(60))));
    let later = at(60 + 24 * 60);
    let gone = ledger
        .note_sight(&delivery(&ledger, key).await, CopyState::Gone, day, later)
        .await
        .unwrap();
    assert_eq!((gone.copy, gone.verified_at), (Some(CopyState::Gone), Some(later)));
    assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", "posted", "sight"]);
}
