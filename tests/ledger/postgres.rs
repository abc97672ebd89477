//! A ledger in PostgreSQL: several machines share it, and nothing goes out twice, whatever happens to
//! the connection.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use handbill::adapt::Occasion;
use handbill::channel::DeliveryKey;
use handbill::channel::secret::SecretRef;
use handbill::ledger::{Claim, Database, Deed, Ledger, Liveness, Place, State};
use sqlx::Row;

use super::site::*;
use crate::support::line::Line;
use crate::support::postgres;

/// How many deliveries two machines are after.
const COUNT: usize = 40;

async fn claim(ledger: &Ledger, key: DeliveryKey, worker: &str) -> Option<Claim> {
    let (wire, text) = (wire("body"), rendition("text"));
    ledger.claim(key, worker, (&wire, &text), &began(at(10)), at(12)).await.unwrap()
}

/// Ends every connection to the site's ledger, as a fail-over does.
async fn cut(site: &Site) {
    let mut connection = site.connect().await.unwrap();
    let (_, schema) = site.postgres.as_ref().unwrap();
    let ended = sqlx::query(
        "select count(*) as ended from
           (select pg_terminate_backend(pid) from pg_stat_activity
              where application_name = $1 and pid <> pg_backend_pid()) as it",
    )
    .bind(schema.clone())
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert!(ended.get::<i64, _>("ended") > 0);
}

/// The same ledger from another machine, which has a mark of its own.
async fn from_another_machine(site: &Site) -> Ledger {
    let (address, schema) = site.postgres.clone().unwrap();
    let folder = site.folder.path().join("other machine");
    let place = postgres::place(&address, &schema, &folder);
    Ledger::open(&place, &site.mark(), at(1)).await.unwrap()
}

#[tokio::test]
async fn of_two_machines_each_delivery_is_had_by_one() {
    let Some(site) = Site::in_postgres() else { return };
    let here = site.observed().await;
    let there = from_another_machine(&site).await;
    let new =
        |number: usize| new_delivery(Occasion::Update, &(number + 1).to_string(), Deed::Publish);
    let keys = here.plan(&(0..COUNT).map(new).collect::<Vec<_>>(), at(1)).await.unwrap();
    let both =
        keys.iter().flat_map(|key| [claim(&here, *key, "here"), claim(&there, *key, "there")]);
    let claims: Vec<Claim> = join_all(both).await.into_iter().flatten().collect();
    let claimed: BTreeSet<DeliveryKey> = claims.iter().map(Claim::key).collect();
    assert_eq!((claims.len(), claimed.len()), (COUNT, COUNT));
    // Their events are one chain.
    there.verify_chain().await.unwrap();
    assert!(here.check().await.unwrap().flaws.is_empty());
}

#[tokio::test]
async fn what_two_machines_write_at_the_same_moment_is_one_chain() {
    let Some(site) = Site::in_postgres() else { return };
    let here = site.observed().await;
    let there = from_another_machine(&site).await;
    for number in 0..COUNT {
        let [one, other] = [2 * number + 1, 2 * number + 2]
            .map(|number| [new_delivery(Occasion::Update, &number.to_string(), Deed::Publish)]);
        let (one, other) = tokio::join!(here.plan(&one, at(1)), there.plan(&other, at(1)));
        assert_eq!((one.unwrap().len(), other.unwrap().len()), (1, 1));
    }
    there.verify_chain().await.unwrap();
}

#[tokio::test]
async fn a_machine_that_joins_takes_the_ledger_for_what_it_is() {
    let Some(site) = Site::in_postgres() else { return };
    let here = site.observed().await;
    let there = from_another_machine(&site).await;
    assert_eq!(there.id(), here.id());
    assert_eq!(there.restored().await.unwrap(), None);
    // Both go on, whoever wrote last.
    for (number, ledger) in [&here, &there, &here].into_iter().enumerate() {
        let number = (number + 1).to_string();
        posted(ledger, &new_delivery(Occasion::Update, &number, Deed::Publish), &number).await;
    }
}

#[tokio::test]
async fn an_outcome_is_recorded_though_the_connection_was_lost_in_the_middle_of_the_attempt() {
    let Some(site) = Site::in_postgres() else { return };
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claim(&ledger, key, "worker").await.unwrap();
    cut(&site).await;
    let outcome = settled("posted");
    let mut written = ledger.settle(&claim, &outcome, None, at(11)).await;
    if written.is_err() {
        // What cannot be written is kept, and written before anything else.
        written = ledger.settle(&claim, &outcome, None, at(11)).await;
    }
    assert_eq!(written.unwrap().state, State::Posted);
    assert_eq!(delivery(&ledger, key).await.attempts, 1);
    ledger.verify_chain().await.unwrap();
}

/// A site with a line to its ledger that can lose answers.
fn on_a_line() -> Option<(Site, Line)> {
    let mut site = Site::in_postgres()?;
    let (address, schema) = site.postgres.take()?;
    let line = Line::to(&address);
    site.postgres = Some((line.address(), schema));
    Some((site, line))
}

#[tokio::test]
async fn what_was_claimed_in_a_commit_without_an_answer_is_sent_by_nobody() {
    let Some((site, line)) = on_a_line() else { return };
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    line.loses_the_answer_to_the_next_commit();
    let (wire, text) = (wire("body"), rendition("text"));
    let worker = handbill::ledger::this_worker();
    let claim = ledger.claim(key, &worker, (&wire, &text), &began(at(10)), at(12)).await;
    assert!(!matches!(claim, Ok(Some(_))), "nobody knows whether the attempt is on disk");
    assert_eq!(line.lost(), 1);
    // It is. So it counts as one that may have been sent.
    assert_eq!(delivery(&ledger, key).await.state, State::Sending);
    let ended = |_: &handbill::ledger::Attempt| Liveness::Dead;
    assert_eq!(ledger.recover(ended, at(13)).await.unwrap().len(), 1);
    assert_eq!(delivery(&ledger, key).await.state, State::Unknown);
    ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn an_outcome_in_a_commit_without_an_answer_is_on_record_once() {
    let Some((site, line)) = on_a_line() else { return };
    let ledger = site.observed().await;
    for (number, word, state) in [
        ("1", "posted", State::Posted),
        ("2", "refused", State::Refused),
        ("3", "unknown", State::Unknown),
        ("4", "deferred", State::Planned),
    ] {
        let new = new_delivery(Occasion::Update, number, Deed::Publish);
        let key = planned(&ledger, &new).await;
        let claim = claim(&ledger, key, "worker").await.unwrap();
        line.loses_the_answer_to_the_next_commit();
        let outcome = settled(word);
        if ledger.settle(&claim, &outcome, None, at(11)).await.is_err() {
            // What cannot be written is kept, and written before anything else.
            ledger.settle(&claim, &outcome, None, at(11)).await.unwrap();
        }
        assert_eq!(delivery(&ledger, key).await.state, state, "{word}");
        let happened = what_happened(&ledger, key).await;
        // That nobody knows may be said twice.
        let times = happened.iter().filter(|it| *it == word).count();
        assert!(times == 1 || word == "unknown", "{happened:?}");
    }
    assert_eq!(line.lost(), 4);
    assert!(ledger.check().await.unwrap().flaws.is_empty());
}

#[tokio::test]
async fn what_a_machine_left_that_never_came_back_is_unknown_and_never_due() {
    let Some(site) = Site::in_postgres() else { return };
    let here = site.observed().await;
    let key = planned(&here, &announcement()).await;
    let claim = claim(&here, key, "another.example:7:aa.1.1").await.unwrap();
    let there = from_another_machine(&site).await;
    let silent = |_: &handbill::ledger::Attempt| Liveness::CannotTell;
    // Nothing may be sent after its send-by; until well after that, it may be at work.
    assert!(there.recover(silent, at(13)).await.unwrap().is_empty());
    assert_eq!(there.recover(silent, at(40)).await.unwrap().len(), 1);
    assert_eq!(delivery(&there, key).await.state, State::Unknown);
    // Its answer still counts when it comes.
    here.settle(&claim, &settled("posted"), None, at(41)).await.unwrap();
    assert_eq!(delivery(&there, key).await.state, State::Posted);
}

#[tokio::test]
async fn a_machine_of_the_same_name_is_not_taken_for_this_one_after_a_reboot() {
    let Some(site) = Site::in_postgres() else { return };
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let name = handbill::ledger::this_worker();
    let (host, _) = name.rsplit_once(':').unwrap();
    let _claim = claim(&ledger, key, &format!("{host}:0b0b.1.1")).await.unwrap();
    let by_name = |attempt: &handbill::ledger::Attempt| handbill::ledger::liveness(&attempt.worker);
    assert!(ledger.recover(by_name, at(13)).await.unwrap().is_empty());
    assert_eq!(ledger.recover(by_name, at(40)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_stays_as_it_was_written() {
    let Some(site) = Site::in_postgres() else { return };
    let ledger = site.observed().await;
    for statement in
        ["update event set detail = 'another'", "delete from event", "truncate event cascade"]
    {
        let error = site.meddle(statement).await.unwrap_err().to_string();
        assert!(error.contains("events are append-only"), "{error}");
    }
    ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn a_copy_is_made_by_postgresql_itself() {
    let Some(site) = Site::in_postgres() else { return };
    let ledger = site.observed().await;
    let copy = site.folder.path().join("copy.db");
    let error = ledger.backup(&copy, at(2)).await.unwrap_err().to_string();
    let (_, schema) = site.postgres.as_ref().unwrap();
    assert!(error.contains(&format!("pg_dump --format=custom --schema={schema}")), "{error}");
    assert!(!copy.exists());
}

#[tokio::test]
async fn a_password_is_in_no_error_and_in_no_debug() {
    const PASSWORD: &str = "tidal-gauge-0815";
    let folder = tempfile::TempDir::new().unwrap();
    let secret = folder.path().join("address");
    let nobody = format!("postgres://handbill:{PASSWORD}@127.0.0.1:1/handbill");
    let other = format!("mysql://handbill:{PASSWORD}@127.0.0.1:1/handbill");
    let broken = format!("postgres://handbill:{PASSWORD}@:port/handbill");
    for address in [nobody, other, broken] {
        std::fs::write(&secret, &address).unwrap();
        let place = Place::Postgres(Database {
            address: SecretRef::file(&secret),
            schema: "handbill".parse().unwrap(),
            beside: folder.path().join("ledger.db"),
        });
        let error = Ledger::open_existing_read_only(&place).await.unwrap_err();
        for said in
            [error.to_string(), format!("{error:?}"), format!("{place:?}"), place.to_string()]
        {
            assert!(!said.contains(PASSWORD), "{said}");
        }
    }
    let Some(site) = Site::in_postgres() else { return };
    let ledger = site.observed().await;
    let (address, _) = site.postgres.as_ref().unwrap();
    assert!(!format!("{ledger:?}").contains(address.as_str()));
}
