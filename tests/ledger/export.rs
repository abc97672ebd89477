//! An export holds everything that the ledger does.

use std::fs;

use handbill::adapt::Occasion;
use handbill::channel::ChannelName;
use handbill::ledger::mailbox::ReadUpTo;
use handbill::ledger::notice::Wanted;
use handbill::ledger::{Approval, Deed, Ledger, LedgerError, NewNotice, Way};
use handbill::posting::PostingId;
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use super::site::*;

async fn exported(ledger: &Ledger) -> Vec<Value> {
    let mut text = String::new();
    let exported = ledger.export(|lines| {
        text.push_str(lines);
        Ok::<_, LedgerError>(())
    });
    let rows = exported.await.unwrap().rows;
    let lines: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, rows);
    lines
}

#[tokio::test]
async fn an_export_holds_every_row_and_every_column_in_its_order() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    // More than one page of each.
    for number in 0..510 {
        let new = new_delivery(Occasion::Remind, &number.to_string(), Deed::Publish);
        if number % 50 == 0 {
            posted(&ledger, &new, "77").await;
        } else {
            planned(&ledger, &new).await;
        }
    }
    let claim = {
        let key = planned(&ledger, &announcement()).await;
        claimed(&ledger, key, 10).await
    };
    for number in 0..510 {
        let did = serde_json::json!({ "number": number });
        ledger.note_step(claim.key(), claim.number(), "upload", &did, at(11)).await.unwrap();
    }
    let approval =
        Approval { content_hash: "of these words".to_owned(), by: "ada".to_owned(), at: at(11) };
    for channel in ["network", "list"] {
        ledger
            .approve(&PostingId("tides".into()), &ChannelName(channel.into()), &approval)
            .await
            .unwrap();
    }
    for id in ["b", "a"] {
        ledger.keep_answer(&letter(id, None, "no such list")).await.unwrap();
    }
    for name in ["b@tidal.example", "a@tidal.example"] {
        let read = ReadUpTo { uid_validity: 7, last_uid: 41 };
        ledger.note_read_up_to(name, read).await.unwrap();
    }
    for about in ["unknown b", "unknown a"] {
        let news = NewNotice { about: about.to_owned(), content: "{}".to_owned() };
        ledger.take_notice(&[news], &Way::ALL, Wanted::AtOnce, at(13)).await.unwrap();
    }
    let url = format!("sqlite://{}", site.path().display());
    let mut beside = AnyConnection::connect(&url).await.unwrap();
    for picture in ["'tides', 'b7', 'aGVsbG8='", "'tides', 'a1', 'd29ybGQ='"] {
        let insert = format!("insert into picture (posting, sha256, content) values ({picture})");
        sqlx::query(AssertSqlSafe(insert)).execute(&mut beside).await.unwrap();
    }
    let lines = exported(&ledger).await;
    assert_eq!(lines[0]["version"], Ledger::version(&site.path()).await.unwrap().unwrap());

    let mut connection =
        AnyConnection::connect(&format!("sqlite://{}", site.path().display())).await.unwrap();
    let mut rest = lines.iter();
    for (table, order) in [
        ("ledger", "id"),
        ("channel", "name"),
        ("posting", "id"),
        ("delivery", "key"),
        ("approval", "posting, channel"),
        ("picture", "posting, sha256"),
        ("attempt", "delivery, number"),
        ("carried", "delivery, attempt"),
        ("step", "delivery, attempt, number"),
        ("event", "number"),
        ("event_words", "number"),
        ("answer", "id"),
        ("mailbox", "name"),
        ("notice", "about"),
        ("telling", "id"),
        ("told", "telling, notice"),
    ] {
        // SQLite itself says what is in a row, column by column.
        let columns = format!("select name from pragma_table_info('{table}')");
        let columns: Vec<String> = sqlx::query(AssertSqlSafe(columns))
            .fetch_all(&mut connection)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        let pairs: Vec<_> = columns.iter().map(|name| format!("'{name}', {name}")).collect();
        let rows = format!(
            "select json_object({}) as row from {table} order by {order}",
            pairs.join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let line = rest.next().unwrap();
            assert_eq!(line["table"], table);
            let row: Value = serde_json::from_str(&row.get::<String, _>("row")).unwrap();
            assert_eq!(line["row"], row);
        }
    }
    assert_eq!(rest.next(), None);
    drop(claim);
}

#[tokio::test]
async fn an_export_stops_where_its_reader_does_and_keeps_what_was_stored_byte_for_byte() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let body = "ü\u{0}\u{7f}\"\\ \u{2028}";
    let claim =
        ledger.claim(key, "w", (&wire(body), &rendition("text")), &began(at(10)), at(12)).await;
    let stored = serde_json::to_string(claim.unwrap().unwrap().wire()).unwrap();
    let lines = exported(&ledger).await;
    let carried = lines.iter().find(|line| line["table"] == "carried").unwrap();
    assert_eq!(carried["row"]["wire"], stored);

    let stopped = ledger.export(|_| Err(LedgerError::Corrupt("the pipe is closed".to_owned())));
    stopped.await.unwrap_err();
    let before = fs::read(site.path()).unwrap();
    ledger.close().await;
    assert!(!before.is_empty());
}
