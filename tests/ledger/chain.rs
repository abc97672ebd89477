//! The chain of events names what was changed behind the ledger's back.

use super::site::*;

/// The chain of six events after somebody who knows SQL was there.
async fn chain_after(statements: &str) -> Result<i64, String> {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    posted(&ledger, &announcement(), "77").await;
    let unguarded = "pragma foreign_keys = off;
        drop trigger event_is_never_changed; drop trigger event_is_never_deleted;";
    site.meddle(&format!("{unguarded} {statements}")).await.unwrap();
    let report = ledger.verify_chain().await;
    report.map(|report| report.events).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_broken_chain_names_the_first_event_that_is_not_what_was_written() {
    assert_eq!(chain_after("select 1").await, Ok(6));
    for (number, why, statements) in [
        (4, "it does not say what was written", "update event set detail = '{}' where number = 4"),
        (4, "it does not say what was written", "update event set at = at + 1 where number = 4"),
        (
            4,
            "it does not say what was written",
            "update event set delivery = null where number > 3",
        ),
        (4, "it does not say what was written", "update event set what = 'seen' where number = 4"),
        (4, "it does not say what was written", "update event set hash = 'ff' where number = 4"),
        (2, "it is missing", "delete from event where number = 2"),
        (6, "it is missing", "delete from event where number = 6"),
        (1, "it is missing", "delete from event"),
        (
            7,
            "the ledger did not write it",
            "insert into event select 7, at, delivery, what, detail, hash from event limit 1",
        ),
        (
            5,
            "it is not the newest that was written",
            "delete from event where number = 6; update ledger set last_event = 5",
        ),
    ] {
        let broken = format!("the chain of events is broken at event {number}: {why}");
        assert_eq!(chain_after(statements).await, Err(broken), "{statements}");
    }
}

#[tokio::test]
async fn sqlite_itself_refuses_to_change_or_delete_an_event() {
    let site = Site::new();
    let _ledger = site.observed().await;
    for statement in ["update event set what = 'x'", "delete from event"] {
        let error = site.meddle(statement).await.unwrap_err().to_string();
        assert!(error.contains("events are append-only"), "{error}");
    }
}
