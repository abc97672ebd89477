//! What is kept for a time goes after it and not before, and what is needed never goes.

use chrono::{DateTime, TimeDelta, Utc};
use handbill::ledger::{Deed, Forgotten, Ledger, Retention};
use handbill::posting::PostingId;

use super::erasing::{found_in_files, over};
use super::site::*;

const SECRET: &str = "Marisol-Tideway";

fn day(day: i64) -> DateTime<Utc> {
    at(day * 24 * 60)
}

fn retention() -> Retention {
    Retention {
        pages: Some(TimeDelta::days(30)),
        attempts: Some(TimeDelta::days(20)),
        answers: Some(TimeDelta::days(10)),
    }
}

async fn forgotten(ledger: &Ledger, on: i64) -> Option<Forgotten> {
    ledger.apply_retention(&retention(), day(on)).await.unwrap()
}

#[tokio::test]
async fn each_kind_goes_after_its_time_and_not_before() {
    let site = Site::new();
    let ledger = over(&site).await;
    ledger.keep_answer(&letter("2", None, "nobody's")).await.unwrap();
    assert_eq!(forgotten(&ledger, 1).await, None, "the first look only notes the day");
    for on in 2..=40 {
        let expected = Forgotten {
            pages: u64::from(on == 31),
            attempts: if on == 21 { 3 } else { 0 },
            copies: u64::from(on == 21),
            // What a channel said, a letter about the ad, and one that is nobody's.
            answers: if on == 11 { 3 } else { 0 },
        };
        assert_eq!(forgotten(&ledger, on).await, Some(expected), "day {on}");
    }
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    let posting = ledger.posting(&PostingId("tides".into())).await.unwrap().unwrap();
    assert!(!posting.title.is_empty(), "titles stay: the log is read by them");
    let events = ledger.events(0, 1000).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.what == "forgotten").count(), 39);
    let refused = events.iter().find(|event| event.what == "refused").unwrap();
    assert!(refused.told().contains("erased on 2027-03-12"), "{}", refused.told());
}

#[tokio::test]
async fn what_was_forgotten_is_in_no_file() {
    let site = Site::in_a_file();
    let ledger = over(&site).await;
    assert!(found_in_files(&site, "is not known here") > 0);
    assert!(found_in_files(&site, &format!("write to {SECRET}")) > 0);
    forgotten(&ledger, 50).await;
    forgotten(&ledger, 51).await;
    for text in ["is not known here", "write to ", "at the pier"] {
        assert_eq!(found_in_files(&site, text), 0, "{text}");
    }
}

#[tokio::test]
async fn it_is_looked_once_a_day_and_never_if_all_is_kept() {
    let site = Site::new();
    let ledger = over(&site).await;
    let head = ledger.verify_chain().await.unwrap();
    for on in 50..60 {
        let kept = ledger.apply_retention(&Retention::default(), day(on)).await.unwrap();
        assert_eq!(kept, None);
    }
    assert_eq!(ledger.verify_chain().await.unwrap(), head);
    assert_eq!(forgotten(&ledger, 60).await, None);
    assert!(forgotten(&ledger, 61).await.is_some());
    let soon = day(62) - TimeDelta::minutes(1);
    assert_eq!(ledger.apply_retention(&retention(), soon).await.unwrap(), None);
    assert_eq!(forgotten(&ledger, 62).await, Some(Forgotten::default()));
}

#[tokio::test]
async fn a_clock_that_leaps_forgets_nothing_by_its_leap() {
    let site = Site::new();
    let ledger = over(&site).await;
    forgotten(&ledger, 1).await;
    forgotten(&ledger, 2).await;
    assert_eq!(forgotten(&ledger, 20_000).await, None, "it is put right within a day");
    assert_eq!(forgotten(&ledger, 3).await, None);
    assert_eq!(forgotten(&ledger, 4).await, Some(Forgotten::default()));
}

#[tokio::test]
async fn what_stands_and_what_is_not_over_is_never_touched() {
    let site = Site::new();
    let ledger = site.observed().await;
    let standing = posted(&ledger, &announcement(), "77").await;
    forgotten(&ledger, 50).await;
    assert_eq!(forgotten(&ledger, 51).await, Some(Forgotten::default()), "it is not over");
    ledger.finish(&[PostingId("tides".into())], at(15), at(15)).await.unwrap();
    let went = forgotten(&ledger, 52).await.unwrap();
    assert_eq!((went.pages, went.attempts, went.copies), (1, 1, 0));
    let copy = delivery(&ledger, standing.key).await;
    assert_eq!(copy, standing, "it is compared with what stands there");
    assert!(copy.standing.is_some());

    let reminder = new_delivery(handbill::adapt::Occasion::Remind, "7d", Deed::FollowUp);
    let site = Site::new();
    let ledger = over(&site).await;
    planned(&ledger, &reminder_of(reminder)).await;
    forgotten(&ledger, 50).await;
    assert_eq!(forgotten(&ledger, 51).await, Some(Forgotten::default()), "something is open");
}

fn reminder_of(mut new: handbill::ledger::NewDelivery) -> handbill::ledger::NewDelivery {
    new.name.occurrence = "3d".into();
    new
}

#[tokio::test]
async fn a_page_text_that_was_forgotten_is_not_kept_again_while_its_ad_is_over() {
    let site = Site::new();
    let ledger = site.observed().await;
    let id = PostingId("tides".into());
    ledger.finish(std::slice::from_ref(&id), at(15), at(15)).await.unwrap();
    forgotten(&ledger, 50).await;
    assert_eq!(forgotten(&ledger, 51).await.unwrap().pages, 1);
    let mut page = observed("tides", "1");
    page.hiring = handbill::ledger::Hiring::Closed;
    page.path = "jobs/moved/index.md".to_owned();
    observe(&ledger, &[page], day(52)).await;
    assert_eq!(ledger.page_text(&id).await.unwrap(), None);
    assert_eq!(ledger.posting(&id).await.unwrap().unwrap().path, "jobs/moved/index.md");
    observe(&ledger, &[observed("tides", "2")], day(53)).await;
    assert!(ledger.page_text(&id).await.unwrap().is_some(), "it is open again");
}
