//! `handbill ledger check` finds what was damaged, and nothing where nothing was.

use handbill::ledger::{Ledger, Part, Resolution};

use super::site::*;

const UNGUARDED: &str = "drop trigger event_is_never_changed; drop trigger event_is_never_deleted; \
                         pragma foreign_keys = off;";

/// What a check finds after somebody who knows SQL was there. In the ledger are a posted delivery
/// and one that is being sent.
async fn flaws_after(statements: &str) -> Vec<(Part, String)> {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let done = posted(&ledger, &announcement(), "77").await.key;
    let reminder =
        new_delivery(handbill::adapt::Occasion::Remind, "7d", handbill::ledger::Deed::FollowUp);
    let sending = planned(&ledger, &reminder).await;
    let _claim = claimed(&ledger, sending, 20).await;
    ledger.close().await;
    site.meddle(&format!("{UNGUARDED} {statements}")).await.unwrap();
    let ledger = Ledger::open_for_upkeep(&site.place()).await.unwrap().unwrap();
    let health = ledger.check().await.unwrap();
    ledger.close().await;
    let (done, sending) = (done.to_string(), sending.to_string());
    let name = |what: String| what.replace(&done, "POSTED").replace(&sending, "SENDING");
    health.flaws.into_iter().map(|flaw| (flaw.part, name(flaw.what))).collect()
}

#[tokio::test]
async fn a_check_finds_a_tampered_event_a_missing_row_and_a_wrong_state() {
    assert_eq!(flaws_after("select 1").await, []);
    let posted_was_planned = "update delivery set state = 'planned' where state = 'posted'";
    for (statements, expected) in [
        (
            "update event set detail = '{}' where number = 4",
            vec![(
                Part::Chain,
                "the chain of events is broken at event 4: it does not say what was written",
            )],
        ),
        (
            posted_was_planned,
            vec![(Part::Records, "delivery POSTED is planned, but event 6 left it posted")],
        ),
        (
            "update delivery set state = 'planned' where state = 'sending'",
            vec![
                (Part::Records, "delivery SENDING is planned, but event 8 left it sending"),
                (
                    Part::Records,
                    "attempt 1 of delivery SENDING runs, but the delivery is not sending",
                ),
            ],
        ),
        (
            "update attempt set ended_at = 1, outcome = 'refused'",
            vec![
                (Part::Records, "delivery SENDING is sending, but its attempt 1 does not run"),
                (Part::Records, "delivery POSTED is posted, but nothing says how that came about"),
            ],
        ),
        (
            "delete from attempt where ended_at is null",
            vec![
                (Part::References, "1 row points from `carried` at a missing `attempt`"),
                (Part::Records, "delivery SENDING: its attempts are not the 1 that it has had"),
                (Part::Records, "delivery SENDING is sending, but its attempt 1 does not run"),
            ],
        ),
        (
            "delete from carried where delivery in (select key from delivery where state = 'posted')",
            vec![(Part::Records, "attempt 1 of delivery POSTED has lost what it carried")],
        ),
        (
            "delete from delivery where state = 'posted'",
            vec![
                (Part::References, "1 row points from `attempt` at a missing `delivery`"),
                (Part::References, "3 rows point from `event` at a missing `delivery`"),
                (Part::Records, "delivery POSTED was planned, but is missing"),
            ],
        ),
        (
            "delete from channel where name = 'list'",
            vec![(Part::Records, "channel list was seen, but is missing")],
        ),
        (
            "delete from posting",
            vec![
                (Part::References, "2 rows point from `delivery` at a missing `posting`"),
                (Part::References, "1 row points from `event_words` at a missing `posting`"),
                (Part::Records, "posting tides was seen, but is missing"),
            ],
        ),
        (
            "update event_words set content = replace(content, 'PhD', 'PhX')",
            vec![(Part::Records, "the words of event 1 are not what was written")],
        ),
        (
            "update event_words set content = null",
            vec![(Part::Records, "the words of event 1 are missing")],
        ),
        ("delete from event_words", vec![(Part::Records, "the words of event 1 are missing")]),
    ] {
        let found = flaws_after(statements).await;
        let expected: Vec<_> =
            expected.into_iter().map(|(part, what)| (part, what.to_owned())).collect();
        assert_eq!(found, expected, "{statements}");
    }
}

#[tokio::test]
async fn every_way_that_a_delivery_can_go_is_in_order() {
    for outcome in ["posted", "refused", "deferred", "blocked", "unknown"] {
        let site = Site::new();
        let ledger = site.observed().await;
        let key = planned(&ledger, &announcement()).await;
        let claim = claimed(&ledger, key, 10).await;
        ledger.settle(&claim, &settled(outcome), None, at(11)).await.unwrap();
        assert_eq!(ledger.check().await.unwrap().flaws, [], "{outcome}");
    }
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    ledger.cancel(key, "closed", at(2)).await.unwrap();
    ledger.reschedule(key, &time(at(3)), &announcement().revision, at(3)).await.unwrap();
    let claim = claimed(&ledger, key, 10).await;
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    ledger.recover(|_| handbill::ledger::Liveness::Dead, at(20)).await.unwrap();
    ledger.still_unknown(key, "asked", handbill::ledger::Whom::TheChannel, at(21)).await.unwrap();
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    ledger.absent(key, at(22), at(22)).await.unwrap();
    ledger.still_waits(key, "no address", at(23)).await.unwrap();
    ledger.settle(&claim, &settled("refused"), None, at(24)).await.unwrap();
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    let claim = claimed(&ledger, key, 30).await;
    ledger.settle(&claim, &asked(), None, at(31)).await.unwrap();
    ledger.resolve(key, &Resolution::Posted(receipt("77")), at(32)).await.unwrap();
    ledger
        .note_sight(
            &delivery(&ledger, key).await,
            handbill::ledger::CopyState::Gone,
            chrono::TimeDelta::zero(),
            at(33),
        )
        .await
        .unwrap();
    assert_eq!(ledger.check().await.unwrap().flaws, []);
}

#[tokio::test]
async fn a_damaged_page_of_the_file_is_a_finding_and_no_crash() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    posted(&ledger, &announcement(), "77").await;
    ledger.close().await;
    let mut bytes = std::fs::read(site.path()).unwrap();
    let last = bytes.len() - 4096;
    bytes[last..].fill(7);
    std::fs::write(site.path(), bytes).unwrap();
    let ledger = Ledger::open_for_upkeep(&site.place()).await.unwrap().unwrap();
    let health = ledger.check().await.unwrap();
    assert!(health.flaws.iter().any(|flaw| flaw.part == Part::File), "{health:?}");
}
