//! A ledger moves from a file into PostgreSQL and back: all of it, and only there.

use std::path::PathBuf;

use handbill::adapt::Occasion;
use handbill::channel::ChannelName;
use handbill::ledger::mailbox::ReadUpTo;
use handbill::ledger::notice::Wanted;
use handbill::ledger::{
    Approval, Deed, Imported, Ledger, LedgerError, Liveness, NewNotice, Place, State, Way,
};
use handbill::posting::PostingId;

use super::site::*;
use crate::support::postgres;

async fn exported(ledger: &Ledger) -> String {
    let mut text = String::new();
    let exported = ledger.export(|lines| {
        text.push_str(lines);
        Ok::<_, LedgerError>(())
    });
    exported.await.unwrap();
    text
}

async fn import(text: &str, place: &Place, site: &Site) -> Result<Imported, LedgerError> {
    Ledger::import(text.as_bytes(), place, &site.mark(), at(60)).await
}

/// A ledger in which there is something of everything that may be lost on the way, an attempt that is
/// under way among it.
async fn lived(site: &Site) -> String {
    let ledger = site.observed().await;
    let done = posted(&ledger, &announcement(), "77").await;
    let mut update = new_delivery(Occasion::Update, "1", Deed::Edit);
    update.target = Some(done.key);
    let key = planned(&ledger, &update).await;
    let claim = claimed(&ledger, key, 10).await;
    let did = serde_json::json!({ "words": "ü \u{2028} \"" });
    ledger.note_step(claim.key(), claim.number(), "upload", &did, at(11)).await.unwrap();
    ledger.settle(&claim, &settled("unknown"), None, at(12)).await.unwrap();
    let under_way = new_delivery(Occasion::Remind, "7d", Deed::Publish);
    let key = planned(&ledger, &under_way).await;
    let _open = claimed(&ledger, key, 12).await;
    let by_ada = Approval { content_hash: "of this".into(), by: "ada".into(), at: at(9) };
    let (tides, network) = (PostingId("tides".into()), ChannelName("network".into()));
    ledger.approve(&tides, &network, &by_ada).await.unwrap();
    ledger.keep_picture(&tides, "b7", b"a picture").await.unwrap();
    ledger.keep_answer(&letter("a", None, "no such list")).await.unwrap();
    let read = ReadUpTo { uid_validity: 7, last_uid: 41 };
    ledger.note_read_up_to("jobs@tidal.example", read).await.unwrap();
    ledger.take_notice(&[news()], &Way::ALL, Wanted::AtOnce, at(13)).await.unwrap();
    let text = exported(&ledger).await;
    ledger.close().await;
    text
}

fn news() -> NewNotice {
    NewNotice { about: "unknown tides".into(), content: "{\"what\":\"it is unknown\"}".into() }
}

/// What an export says but for the place, which every ledger has of its own.
fn but_for_the_place(text: &str) -> (Vec<String>, serde_json::Value) {
    let mut lines = text.lines();
    let mut first: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    first["row"].as_object_mut().unwrap().remove("path");
    (lines.map(str::to_owned).collect(), first)
}

fn file(site: &Site, name: &str) -> PathBuf {
    site.folder.path().join(name)
}

#[tokio::test]
async fn from_a_file_into_postgresql_and_back_nothing_is_lost() {
    let Some(address) = postgres::needed() else { return };
    let site = Site::in_a_file();
    let first = lived(&site).await;
    let state = site.path().parent().unwrap().to_owned();
    let database = postgres::place(&address, &postgres::schema(), &state);

    let imported = import(&first, &database, &site).await.unwrap();
    assert_eq!((imported.deliveries, imported.attempts), (3, 3));
    assert_eq!(imported.rows, first.lines().count() as u64);
    let ledger = Ledger::open(&database, &site.mark(), at(61)).await.unwrap();
    assert_eq!(ledger.restored().await.unwrap(), None, "nothing is in doubt");
    assert!(ledger.check().await.unwrap().flaws.is_empty());
    let there = exported(&ledger).await;
    assert_eq!(but_for_the_place(&there), but_for_the_place(&first));
    let told = ledger.take_notice(&[news()], &Way::ALL, Wanted::AtOnce, at(61)).await.unwrap();
    assert_eq!(told, 0, "it was taken before");
    // What was under way when it was exported may be there.
    let ended = |_: &handbill::ledger::Attempt| Liveness::CannotTell;
    let unknown = ledger.recover(ended, at(62)).await.unwrap();
    assert_eq!(unknown.len(), 1, "{unknown:#?}");
    assert_eq!(unknown[0].state, State::Unknown);

    // It goes on there, and comes back.
    let more = posted(&ledger, &new_delivery(Occasion::Update, "2", Deed::Publish), "78").await;
    let there = exported(&ledger).await;
    ledger.close().await;
    std::fs::rename(site.path(), file(&site, "before")).unwrap();
    import(&there, &(&site.path()).into(), &site).await.unwrap();
    let back = Ledger::open(&site.path(), &site.mark(), at(63)).await.unwrap();
    assert_eq!(back.restored().await.unwrap(), None, "nothing is in doubt");
    assert_eq!(delivery(&back, more.key).await.state, State::Posted);
    assert_eq!(but_for_the_place(&exported(&back).await), but_for_the_place(&there));
    back.close().await;
}

#[tokio::test]
async fn what_was_left_behind_is_refused() {
    let Some(address) = postgres::needed() else { return };
    let site = Site::in_a_file();
    let text = lived(&site).await;
    let state = site.path().parent().unwrap().to_owned();
    let database = postgres::place(&address, &postgres::schema(), &state);
    import(&text, &database, &site).await.unwrap();
    let error = Ledger::open(&site.path(), &site.mark(), at(61)).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");
    // And the same the other way round.
    let back = file(&site, "back.db");
    import(&text, &(&back).into(), &site).await.unwrap();
    let error = Ledger::open(&database, &site.mark(), at(62)).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");
}

#[tokio::test]
async fn what_was_left_behind_in_another_database_is_refused() {
    let Some(address) = postgres::needed() else { return };
    let site = Site::in_a_file();
    let text = lived(&site).await;
    let state = site.path().parent().unwrap().to_owned();
    let [first, second] = [(); 2].map(|()| postgres::place(&address, &postgres::schema(), &state));
    import(&text, &first, &site).await.unwrap();
    import(&text, &second, &site).await.unwrap();
    let error = Ledger::open(&first, &site.mark(), at(61)).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");
    Ledger::open(&second, &site.mark(), at(61)).await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_went_on_after_it_was_exported_counts_as_put_back() {
    let Some(address) = postgres::needed() else { return };
    let site = Site::in_a_file();
    let text = lived(&site).await;
    let ledger = site.open().await;
    posted(&ledger, &new_delivery(Occasion::Update, "2", Deed::Publish), "78").await;
    ledger.close().await;
    let state = site.path().parent().unwrap().to_owned();
    let database = postgres::place(&address, &postgres::schema(), &state);
    import(&text, &database, &site).await.unwrap();
    let ledger = Ledger::open(&database, &site.mark(), at(61)).await.unwrap();
    assert!(ledger.restored().await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_is_imported_over_a_ledger_or_for_another_site() {
    let site = Site::in_a_file();
    let text = lived(&site).await;
    let error = import(&text, &(&site.path()).into(), &site).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotEmpty { .. }), "{error}");
    let other = Site::in_a_file();
    let _ = lived(&other).await;
    let place = file(&other, "second.db");
    let error = import(&text, &(&place).into(), &other).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");
    assert!(!place.exists());
}

#[tokio::test]
async fn half_an_export_is_none_and_leaves_nothing() {
    let site = Site::in_a_file();
    let text = lived(&site).await;
    let moved = Site::in_a_file();
    std::fs::copy(site.mark().marker(), moved.mark().marker()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without = |table: &str| -> String {
        let name = format!("{{\"table\":\"{table}\"");
        lines.iter().filter(|line| !line.starts_with(&name)).copied().collect()
    };
    let last_event =
        lines.iter().rposition(|line| line.starts_with("{\"table\":\"event\"")).unwrap();
    let broken = [
        String::new(),
        lines[1..].concat(),
        lines[..last_event].concat(),
        text[..text.len() - 2].to_owned(),
        without("attempt"),
        without("carried"),
        without("event_words"),
        text.replacen("\"what\":\"posted\"", "\"what\":\"refused\"", 1),
        text.replacen("{\"table\":\"channel\"", "{\"table\":\"sqlite_master\"", 1),
        text.replacen("\"version\":", "\"version\":1", 1),
    ];
    let place = moved.path();
    for broken in broken {
        let error = import(&broken, &(&place).into(), &moved).await.unwrap_err();
        assert!(matches!(error, LedgerError::NoExport { .. }), "{error}");
        assert!(!place.exists(), "{error}");
    }
    import(&text, &(&place).into(), &moved).await.unwrap();
}
