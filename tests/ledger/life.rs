//! From first sight to posted, and what is not claimed.

use handbill::adapt::Occasion;
use handbill::channel::ChannelName;
use handbill::decide::{DecideError, approve};
use handbill::ledger::{CopyState, DeliveryName, NewDelivery, Observed, State};
use handbill::posting::{PostingId, Revision};
use uuid::Uuid;

use super::site::*;

#[tokio::test]
async fn a_delivery_lives_from_planned_to_posted_and_a_restart_knows_all_of_it() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    assert_eq!(delivery(&ledger, key).await.state, State::Planned);

    let claim = claimed(&ledger, key, 10).await;
    assert_eq!((claim.key(), claim.number(), claim.send_by()), (key, 1, at(12)));
    assert_eq!(delivery(&ledger, key).await.state, State::Sending);
    let says = standing("1", "text");
    let settled = ledger.settle(&claim, &done("77"), Some(&says), at(11)).await.unwrap();
    ledger.close().await;

    let ledger = site.open().await;
    let kept = delivery(&ledger, key).await;
    assert_eq!(kept, settled);
    assert_eq!((kept.state, kept.copy, kept.attempts), (State::Posted, Some(CopyState::Live), 1));
    assert_eq!((kept.receipt.clone(), kept.changed_at), (Some(receipt("77")), at(11)));
    assert_eq!(kept.standing, Some(says));
    let attempts = ledger.attempts(key).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].carried.as_ref().unwrap().wire, wire("body"));
    assert_eq!(attempts[0].outcome.as_deref(), Some("posted"));
    assert_eq!(attempts[0].ended_at, Some(at(11)));
    assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", "posted"]);
    assert_eq!(ledger.verify_chain().await.unwrap().events, 6);
    let past = ledger.past().await.unwrap();
    assert_eq!((past.ledger, past.deliveries), (Some(ledger.id()), vec![kept]));
    assert_eq!(past.channels.len(), 2);
}

#[tokio::test]
async fn planning_the_same_again_adds_nothing_whatever_became_of_it() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = posted(&ledger, &announcement(), "77").await.key;
    let again = NewDelivery { due_at: at(99), ..announcement() };
    assert_eq!(ledger.plan(&[again.clone(), again], at(20)).await.unwrap(), []);
    assert_eq!(delivery(&ledger, key).await.state, State::Posted);
    assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", "posted"]);
}

#[tokio::test]
async fn a_posting_is_remembered_and_every_change_of_it_is_an_event() {
    let site = Site::new();
    let ledger = site.observed().await;
    observe(&ledger, &[observed("tides", "1")], at(5)).await;
    let before = ledger.verify_chain().await.unwrap().events;
    assert_eq!(before, 3, "one posting and two channels; seeing them again is no event");

    let moved = Observed { path: "positions/tides.md".to_owned(), ..observed("tides", "1") };
    observe(&ledger, &[moved], at(6)).await;
    let tides = PostingId("tides".into());
    let known = ledger.past().await.unwrap().postings[&tides].clone();
    assert_eq!((known.path.as_str(), known.revision_since), ("positions/tides.md", at(0)));

    observe(&ledger, &[observed("tides", "2")], at(7)).await;
    let known = ledger.past().await.unwrap().postings[&tides].clone();
    assert_eq!((known.revision.as_str(), known.revision_since), ("2", at(7)));
    assert_eq!(known.first_seen, at(0));
    let events = ledger.events(before, 10).await.unwrap();
    let what: Vec<_> = events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(what, ["changed", "changed"]);
}

#[tokio::test]
async fn nothing_is_claimed_before_its_time_or_after_it_was_called_off_or_while_paused() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = async |minute| {
        let (wire, text) = (wire("body"), rendition("text"));
        ledger
            .claim(key, "worker", (&wire, &text), &began(at(minute)), at(minute + 1))
            .await
            .unwrap()
    };
    assert!(claim(9).await.is_none());

    ledger.reschedule(key, &time(at(20)), &Revision("2".into()), at(9)).await.unwrap();
    assert!(claim(19).await.is_none());

    let network = ChannelName("network".into());
    ledger.pause(&network, "the token has expired", at(19)).await.unwrap();
    assert!(claim(20).await.is_none());
    ledger.resume(&network, at(20)).await.unwrap();

    ledger.cancel(key, "the ad was closed", at(20)).await.unwrap();
    assert!(claim(21).await.is_none());
    let cancelled = delivery(&ledger, key).await;
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.reason, "the ad was closed");
    assert_eq!((cancelled.attempts, cancelled.revision.as_str()), (0, "2"));
    let error = ledger.cancel(key, "again", at(22)).await.unwrap_err().to_string();
    assert_eq!(error, format!("{} is cancelled, so it cannot be cancelled", key.short()));
}

#[tokio::test]
async fn a_channel_that_was_resumed_goes_on() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let network = ChannelName("network".into());
    ledger.pause(&network, "the token has expired", at(5)).await.unwrap();
    ledger.pause(&network, "the certificate is wrong", at(6)).await.unwrap();
    let pause = ledger.past().await.unwrap().channels[&network].paused.clone().unwrap();
    assert_eq!((pause.since, pause.reason.as_str()), (at(5), "the certificate is wrong"));
    ledger.resume(&network, at(7)).await.unwrap();
    assert_eq!(ledger.past().await.unwrap().channels[&network].paused, None);
    let _claim = claimed(&ledger, key, 10).await;

    let error = ledger.resume(&ChannelName("netwrok".into()), at(8)).await.unwrap_err();
    assert_eq!(error.to_string(), "the ledger knows no channel `netwrok`");
}

#[test]
fn a_key_is_the_uuid_of_the_delivery_s_name_in_its_ledger() {
    let name = DeliveryName {
        posting: PostingId("jobs/tides".into()),
        channel: ChannelName("list".into()),
        occasion: Occasion::Remind,
        occurrence: "7d".into(),
    };
    let ledger = Uuid::from_u128(7);
    let words = "jobs/tides\u{1f}list\u{1f}remind\u{1f}7d";
    assert_eq!(name.key(ledger).0, Uuid::new_v5(&ledger, words.as_bytes()));
}

#[tokio::test]
async fn a_decision_names_the_person_beside_the_chain() {
    let site = Site::new();
    let ledger = site.open().await;
    observe(&ledger, &[observed("tides", "1")], at(0)).await;
    let tides = PostingId("tides".into());
    ledger.in_the_name_of("M. Brandt").withdraw(&tides, Some(at(1)), at(1)).await.unwrap();
    ledger.withdraw(&tides, None, at(2)).await.unwrap();
    let events = ledger.events(0, 100).await.unwrap();
    let of = |what: &str| events.iter().find(|it| it.what == what).unwrap();
    let asked = of("withdrawal asked");
    assert_eq!(asked.says("by").as_deref(), Some("M. Brandt"));
    assert!(!asked.detail.contains("Brandt"), "{}", asked.detail);
    assert_eq!(of("withdrawal called off").says("by"), None);
    ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn who_agrees_to_words_agrees_to_no_others() {
    let site = Site::new();
    let ledger = site.open().await;
    observe(&ledger, &[observed("tides", "1")], at(0)).await;
    let (tides, list) = (PostingId("tides".into()), ChannelName("list".into()));
    let words = approve::Words { hash: "of now".to_owned(), shown: Vec::new() };
    let agreed =
        |shown| approve::approve(&ledger, &tides, &list, &words, shown, "M. Brandt", at(1));
    assert!(matches!(agreed("of yesterday").await, Err(DecideError::OtherWords)));
    assert!(ledger.past().await.unwrap().approvals.is_empty());
    agreed("of now").await.unwrap();
    let approvals = ledger.past().await.unwrap().approvals;
    let hash = approvals.get(&(tides.clone(), list.clone())).map(|it| it.content_hash.as_str());
    assert_eq!(hash, Some("of now"));
}
