//! Never twice, and the record comes first: claims, and what a killed process leaves.

use std::process::Command;

use handbill::adapt::Occasion;
use handbill::channel::wire::{HttpRequest, MailMessage, Verb};
use handbill::channel::{DeliveryKey, Wire};
use handbill::ledger::{AsSeen, Deed, Ledger, Liveness, SiteMark, State, liveness, this_worker};
use handbill::posting::Revision;
use proptest::prelude::*;

use super::site::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_ledgers_that_claim_the_same_deliveries_get_each_once() {
    const COUNT: usize = 200;
    let site = Site::new();
    let ledger = site.observed().await;
    let deliveries: Vec<_> = (0..COUNT)
        .map(|number| new_delivery(Occasion::Update, &number.to_string(), Deed::Publish))
        .collect();
    let keys = ledger.plan(&deliveries, at(1)).await.unwrap();
    assert_eq!(keys.len(), COUNT);

    let claim_all = |ledger: Ledger, worker: &'static str, keys: Vec<DeliveryKey>| {
        tokio::spawn(async move {
            let mut won = Vec::new();
            for key in keys {
                let (wire, text) = (wire(worker), rendition("text"));
                let claim = ledger.claim(key, worker, (&wire, &text), &began(at(10)), at(12)).await;
                won.extend(claim.unwrap().map(|claim| claim.key()));
            }
            won
        })
    };
    let other = site.open().await;
    let first = claim_all(ledger.clone(), "first", keys.clone());
    let second = claim_all(other, "second", keys.clone());
    let (first, second) = (first.await.unwrap(), second.await.unwrap());

    assert_eq!(first.len() + second.len(), COUNT);
    for key in keys {
        assert!(first.contains(&key) != second.contains(&key), "{key} was claimed once");
        assert_eq!(ledger.attempts(key).await.unwrap().len(), 1);
    }
    assert_eq!(ledger.verify_chain().await.unwrap().events, 3 + 2 * COUNT as i64);
}

/// Words were made for the first time; meanwhile another process tried it, and it waits again. What
/// that one sent has to go out the same, so it is not to be had with other words.
#[tokio::test]
async fn what_was_tried_since_it_was_seen_is_not_to_be_had() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    ledger.settle(&claim, &settled("unknown"), None, at(11)).await.unwrap();
    ledger.absent(key, at(20), at(20)).await.unwrap();
    let take = async |seen: AsSeen| {
        let (wire, text) = (wire("other words"), rendition("other words"));
        ledger.claim(seen, "w", (&wire, &text), &began(at(30)), at(32)).await.unwrap()
    };
    assert!(take(AsSeen::untried(key)).await.is_none());
    assert_eq!(ledger.attempts(key).await.unwrap().len(), 1);
    let seen_now = AsSeen::from(&delivery(&ledger, key).await);
    assert_eq!(take(seen_now).await.map(|claim| claim.number()), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_ledgers_that_change_one_delivery_wait_for_each_other() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let reschedule = |ledger: Ledger, revision: &'static str| {
        tokio::spawn(async move {
            for minute in 20..70 {
                let revision = Revision(format!("{revision}{minute}").into());
                ledger.reschedule(key, &time(at(minute)), &revision, at(2)).await.unwrap();
            }
        })
    };
    let first = reschedule(ledger.clone(), "first");
    let second = reschedule(site.open().await, "second");
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(what_happened(&ledger, key).await.len(), 1 + 2 * 50);
    ledger.verify_chain().await.unwrap();
}

/// Not a promise of its own: the process that the next test kills.
#[tokio::test]
async fn helper_that_claims_and_is_killed() {
    let Ok(folder) = std::env::var("HANDBILL_TEST_KILLED_IN") else { return };
    let mark = SiteMark { folder: folder.into(), base_url: "https://lab.example/".to_owned() };
    let path = mark.folder.join("state/ledger.sqlite");
    let ledger = Ledger::open(&path, &mark, at(0)).await.unwrap();
    let key = announcement().name.key(ledger.id());
    let (wire, text) = (wire("frozen"), rendition("text"));
    let claim =
        ledger.claim(key, &this_worker(), (&wire, &text), &began(at(10)), at(12)).await.unwrap();
    assert!(claim.is_some());
    std::process::abort();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_killed_process_was_sending_becomes_unknown_and_never_planned() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    ledger.close().await;
    let killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::claiming::helper_that_claims_and_is_killed"])
        .env("HANDBILL_TEST_KILLED_IN", site.folder.path())
        .output()
        .unwrap();
    assert!(!killed.status.success());

    let bytes = std::fs::read(site.path()).unwrap();
    let reading = Ledger::open_existing_read_only(&site.path()).await.unwrap().unwrap();
    assert_eq!(delivery(&reading, key).await.state, State::Sending, "a reader sees it too");
    reading.close().await;
    assert_eq!(std::fs::read(site.path()).unwrap(), bytes);

    let ledger = site.open().await;
    assert_eq!(delivery(&ledger, key).await.state, State::Sending);
    let recovered = ledger.recover(|attempt| liveness(&attempt.worker), at(11)).await.unwrap();
    assert_eq!(recovered.len(), 1);
    let left = delivery(&ledger, key).await;
    assert_eq!(left.state, State::Unknown);
    assert_eq!(left.reason, "the process that was sending it ended before an answer came");
    let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
    assert_eq!(attempt.carried.unwrap().wire, wire("frozen"));
    assert_eq!(attempt.outcome.as_deref(), Some("unknown"));
    let again =
        ledger.claim(key, "w", (&wire("x"), &rendition("x")), &began(at(99)), at(100)).await;
    assert!(again.unwrap().is_none());
    assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", "unknown"]);
}

#[tokio::test]
async fn the_attempt_of_a_live_worker_is_never_touched_and_an_unseen_one_waits_for_its_end() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    drop(claimed(&ledger, key, 10).await);
    let recover = async |worker: Liveness, minute| {
        ledger.recover(|_| worker, at(minute)).await.unwrap().len()
    };
    assert_eq!(recover(Liveness::Alive, 100_000).await, 0);
    assert_eq!(recover(Liveness::CannotTell, 12 + 15).await, 0);
    assert_eq!(recover(Liveness::CannotTell, 12 + 16).await, 1);
    assert_eq!(recover(Liveness::Dead, 100_000).await, 0, "there is nothing left to recover");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Promise 4: the exact bytes are on disk, whatever they are.
    #[test]
    fn the_bytes_of_an_attempt_come_back_byte_for_byte(
        body in any::<String>(),
        header in "\\PC*",
        message in "(?s)[\\x00-\\x7f]{0,200}",
    ) {
        let http = Wire::Http(HttpRequest {
            verb: Verb::Update,
            method: "PUT".to_owned(),
            url: "https://social.example/ü?q=%00".to_owned(),
            headers: vec![(header.clone(), body.clone())],
            body: Some(body.clone()),
            remote_id: Some(header.clone()),
            reference: Some(body.clone()),
            ask_first: None,
            key: None,
        });
        let mail = Wire::Mail(MailMessage {
            server: "smtp://mail.example:587".to_owned(),
            envelope_from: header,
            envelope_to: "list@lists.example".to_owned(),
            message_id: "k@lab.example".to_owned(),
            subject: body.clone(),
            message,
            report: None,
            signed_as: None,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let site = Site::new();
            let ledger = site.observed().await;
            for (occurrence, wire) in [("1", http), ("2", mail)] {
                let new = new_delivery(Occasion::Update, occurrence, Deed::Publish);
                let key = planned(&ledger, &new).await;
                let text = rendition(&body);
                let claim = ledger.claim(key, "worker", (&wire, &text), &began(at(10)), at(12)).await;
                let claim = claim.unwrap().unwrap();
                prop_assert_eq!(claim.wire(), &wire);
                let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
                let carried = attempt.carried.unwrap();
                prop_assert_eq!((carried.wire, carried.rendition), (wire, text));
            }
            Ok(())
        })?;
    }
}
