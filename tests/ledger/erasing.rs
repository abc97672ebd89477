//! What a person has erased is gone, and the record stays whole.

use std::path::Path;

use chrono::TimeDelta;
use handbill::adapt::Occasion;
use handbill::channel::ChannelName;
use handbill::ledger::{
    Approval, Claim, Copies, CopyState, Deed, Files, Hiring, Ledger, LedgerError, NewNotice,
    Observed, Refusal, State, Way,
};
use handbill::posting::PostingId;

use super::site::*;

/// In everything that the tests want erased.
const SECRET: &str = "Marisol-Tideway";

fn tides() -> PostingId {
    PostingId("tides".into())
}

fn with_contact(revision: &str) -> Observed {
    Observed {
        title: format!("PhD with {SECRET}"),
        source: format!("Ask {SECRET}, {}", "at the pier. ".repeat(900)),
        ..observed("tides", revision)
    }
}

async fn claimed_with(ledger: &Ledger, delivery: handbill::channel::DeliveryKey) -> Claim {
    let carried = (&wire(&format!("write to {SECRET}")), &rendition(SECRET));
    let claim = ledger.claim(delivery, "worker", carried, &began(at(10)), at(12)).await;
    claim.unwrap().expect("nobody else has it")
}

/// A ledger in which an ad was announced, reminded of in vain, and is over.
pub async fn over(site: &Site) -> Ledger {
    let ledger = site.open().await;
    observe(&ledger, &[with_contact("1")], at(0)).await;
    observe(&ledger, &[Observed { title: format!("{SECRET} again"), ..with_contact("2") }], at(1))
        .await;
    let approval = Approval { content_hash: "aa".to_owned(), by: SECRET.to_owned(), at: at(1) };
    ledger.approve(&tides(), &ChannelName("network".into()), &approval).await.unwrap();
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed_with(&ledger, key).await;
    ledger.settle(&claim, &done("77"), None, at(11)).await.unwrap();
    let reminder = new_delivery(Occasion::Remind, "7d", Deed::Publish);
    let key = planned(&ledger, &reminder).await;
    let claim = claimed_with(&ledger, key).await;
    let mut refusal = settled("refused");
    refusal.outcome =
        handbill::channel::Outcome::Refused { why: format!("no, {SECRET} is not known here") };
    ledger.settle(&claim, &refusal, None, at(12)).await.unwrap();
    let closing = new_delivery(Occasion::Close, "once", Deed::Withdraw);
    let closing = handbill::ledger::NewDelivery {
        target: Some(announcement().name.key(ledger.id())),
        ..closing
    };
    let key = planned(&ledger, &closing).await;
    let claim = claimed_with(&ledger, key).await;
    ledger.settle(&claim, &done("77"), None, at(13)).await.unwrap();
    ledger.keep_answer(&letter("1", Some(key), SECRET)).await.unwrap();
    let notice = NewNotice {
        about: "refused".to_owned(),
        content: format!(r#"{{"posting":"tides","what":"{SECRET}"}}"#),
    };
    let wanted = handbill::ledger::notice::Wanted::Digest(at(1000));
    ledger.take_notice(&[notice], &[Way::Mail], wanted, at(14)).await.unwrap();
    ledger.finish(&[tides()], at(15), at(15)).await.unwrap();
    assert!(ledger.posting(&tides()).await.unwrap().unwrap().finished_at.is_some());
    ledger
}

/// How often a text is found in the files beside the ledger.
pub fn found_in_files(site: &Site, text: &str) -> usize {
    let is_there = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    site.files().iter().filter(|path| path.is_file() && is_there(path)).count()
}

#[tokio::test]
async fn what_was_erased_is_in_no_file_and_the_chain_is_whole() {
    let site = Site::in_a_file();
    let ledger = over(&site).await;
    assert!(found_in_files(&site, SECRET) > 0);
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    let head = ledger.verify_chain().await.unwrap();
    let preview = ledger.erasure(&tides()).await.unwrap();

    let erased = ledger.erase(&tides(), Copies::MustNotStand, at(20)).await.unwrap();
    assert_eq!(erased, preview, "what was shown is what is done");
    let counts = erased.counts;
    let whole = [
        counts.pages,
        counts.titles,
        counts.attempts,
        counts.copies,
        counts.answers,
        counts.people,
        counts.notices,
    ];
    assert_eq!(whole, [1, 3, 3, 1, 2, 2, 1]);
    assert_eq!(erased.kept_in_chain, 0);
    assert_eq!(ledger.scrub().await.unwrap(), Files::Clean);
    assert_eq!(found_in_files(&site, SECRET), 0, "with the ledger open");
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    let after = ledger.verify_chain().await.unwrap();
    assert_eq!(after.events, head.events + 1);
    let event = ledger.events(head.events, 1).await.unwrap().remove(0);
    assert_eq!(event.what, "erased");
    assert!(event.detail.contains(r#""attempts":3"#), "{}", event.detail);
    ledger.close().await;
    assert_eq!(found_in_files(&site, SECRET), 0, "and closed");
}

#[tokio::test]
async fn keys_times_outcomes_links_and_hashes_stay() {
    let site = Site::new();
    let ledger = over(&site).await;
    let key = announcement().name.key(ledger.id());
    let before = delivery(&ledger, key).await;
    ledger.erase(&tides(), Copies::MustNotStand, at(20)).await.unwrap();
    let after = delivery(&ledger, key).await;
    assert_eq!(after.receipt, before.receipt);
    assert_eq!(
        (after.state, after.copy, after.changed_at),
        (State::Posted, Some(CopyState::Withdrawn), before.changed_at)
    );
    let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
    assert_eq!((attempt.carried, attempt.erased_at), (None, Some(at(20))));
    assert_eq!((attempt.outcome.as_deref(), attempt.began_at), (Some("posted"), at(10)));
    let events = ledger.events_of(key).await.unwrap();
    assert!(events.iter().any(|event| event.says("content_hash").is_some()));
    let posting = ledger.posting(&tides()).await.unwrap().unwrap();
    assert_eq!((posting.title.as_str(), posting.erased_at), ("", Some(at(20))));
    let mut text = String::new();
    let exported = ledger.export(|lines| {
        text.push_str(lines);
        Ok::<_, LedgerError>(())
    });
    exported.await.unwrap();
    assert!(!text.contains(SECRET));
    assert!(text.contains("https://social.example/@lab/77"));
}

#[tokio::test]
async fn erased_twice_is_erased_once() {
    let site = Site::new();
    let ledger = over(&site).await;
    ledger.erase(&tides(), Copies::MustNotStand, at(20)).await.unwrap();
    let head = ledger.verify_chain().await.unwrap();
    let again = ledger.erase(&tides(), Copies::MustNotStand, at(30)).await.unwrap();
    assert!(again.is_done());
    assert_eq!(again.erased_at, Some(at(20)));
    assert_eq!(ledger.verify_chain().await.unwrap(), head);
}

#[tokio::test]
async fn what_is_open_or_going_on_is_not_erased() {
    let site = Site::new();
    let ledger = site.observed().await;
    let refusal = async |copies| match ledger.erase(&tides(), copies, at(20)).await {
        Err(LedgerError::CannotErase { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(Copies::MayStand).await, Refusal::GoingOn);
    planned(&ledger, &announcement()).await;
    assert_eq!(refusal(Copies::MayStand).await, Refusal::Open);
    let unknown = ledger.erase(&PostingId("none".into()), Copies::MayStand, at(20)).await;
    assert!(matches!(unknown, Err(LedgerError::NoSuchPosting(_))));
    assert!(ledger.page_text(&tides()).await.unwrap().is_some());
}

#[tokio::test]
async fn copies_that_stand_keep_their_posting_until_somebody_insists() {
    let site = Site::new();
    let ledger = site.observed().await;
    posted(&ledger, &announcement(), "77").await;
    ledger.finish(&[tides()], at(15), at(15)).await.unwrap();
    let refused = ledger.erase(&tides(), Copies::MustNotStand, at(20)).await;
    let why = Refusal::CopiesStand;
    assert!(matches!(refused, Err(LedgerError::CannotErase { why: it, .. }) if it == why));
    let erased = ledger.erase(&tides(), Copies::MayStand, at(20)).await.unwrap();
    assert_eq!(erased.standing.len(), 1);
    let copy = delivery(&ledger, announcement().name.key(ledger.id())).await;
    assert_eq!((copy.copy, copy.standing), (Some(CopyState::Live), None));
    assert_eq!(copy.receipt, Some(receipt("77")));
}

#[tokio::test]
async fn a_page_that_is_still_there_is_kept_again_only_once_its_ad_is_open() {
    let site = Site::new();
    let ledger = over(&site).await;
    ledger.erase(&tides(), Copies::MustNotStand, at(20)).await.unwrap();
    let closed = Observed { hiring: Hiring::Closed, ..with_contact("2") };
    observe(&ledger, std::slice::from_ref(&closed), at(21)).await;
    observe(&ledger, &[], at(22)).await;
    observe(&ledger, &[closed], at(23)).await;
    assert_eq!(ledger.page_text(&tides()).await.unwrap(), None);
    assert_eq!(ledger.posting(&tides()).await.unwrap().unwrap().title, "");

    observe(&ledger, &[with_contact("3")], at(24)).await;
    let posting = ledger.posting(&tides()).await.unwrap().unwrap();
    assert_eq!((posting.erased_at, posting.finished_at), (None, None));
    assert!(posting.title.contains(SECRET));
    assert!(ledger.page_text(&tides()).await.unwrap().is_some());
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    assert!(at(24) - at(20) < TimeDelta::days(1));
}

#[tokio::test]
async fn words_that_an_older_handbill_wrote_into_the_chain_are_counted_and_stay() {
    let site = Site::in_a_file();
    let ledger = over(&site).await;
    ledger.close().await;
    // As version 5 left it: no words beside the chain, and all of them in it.
    let older = "pragma foreign_keys = off; drop trigger event_is_never_changed;
                 update event set detail = '{\"posting\":\"tides\",\"title\":\"PhD\"}'
                  where what = 'seen';
                 update event set detail = '{\"posting\":\"tides\",\"by\":\"somebody\"}'
                  where what = 'approved';
                 delete from event_words";
    site.meddle(older).await.unwrap();
    let ledger = Ledger::open_for_upkeep(&site.place()).await.unwrap().unwrap();
    assert_eq!(ledger.erasure(&tides()).await.unwrap().kept_in_chain, 2);
}

/// It is nobody's, so no posting's erasure reaches it; whoever has seen to it is done with it.
#[tokio::test]
async fn a_letter_that_was_seen_to_is_in_no_file() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    ledger.keep_answer(&letter("3f2a", None, SECRET)).await.unwrap();
    assert!(found_in_files(&site, SECRET) > 0);
    assert_eq!(ledger.dismiss_stray("3f", at(15)).await.unwrap(), 1);
    assert!(ledger.strays().await.unwrap().is_empty());
    assert!(ledger.has_answer("3f2a").await.unwrap(), "read again it is no news");
    ledger.scrub().await.unwrap();
    assert_eq!(found_in_files(&site, SECRET), 0);
}
