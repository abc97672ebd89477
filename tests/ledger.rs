//! The ledger keeps its promises: never twice, never lost, unknown is a state of its own, the
//! record comes first (promises 1 to 4).

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use handbill::adapt::{Occasion, Rendition};
use handbill::channel::wire::{HttpRequest, MailMessage, Verb};
use handbill::channel::{ChannelName, DeliveryKey, Outcome, Receipt, Wire};
use handbill::ledger::{
    Asked, Claim, CopyState, Deed, Delivery, DeliveryName, Ledger, LedgerError, Liveness,
    NewDelivery, Observed, Occurrence, Resolution, Settlement, SiteMark, Standing, State, liveness,
    this_worker,
};
use handbill::posting::{PostingId, Revision};
use proptest::prelude::*;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tempfile::TempDir;
use url::Url;

/// A site in a folder of its own, with the ledger in it.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn mark(&self) -> SiteMark {
        SiteMark {
            folder: self.folder.path().to_owned(),
            base_url: "https://lab.example/".to_owned(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state/ledger.sqlite")
    }

    async fn open(&self) -> Ledger {
        Ledger::open(&self.path(), &self.mark(), at(0)).await.unwrap()
    }

    /// A ledger that knows one posting and the channels `list` and `network`.
    async fn observed(&self) -> Ledger {
        let ledger = self.open().await;
        ledger.observe(&[observed("tides", "1")], &channels(), at(0)).await.unwrap();
        ledger
    }

    /// The names of all files, to see that nothing was made.
    fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                }
                found.push(path);
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found.sort();
        found
    }

    /// SQL behind the ledger's back.
    async fn meddle(&self, statements: &str) -> Result<(), sqlx::Error> {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}", self.path().display());
        let mut connection = AnyConnection::connect(&url).await?;
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
        connection.close().await
    }
}

/// Minutes after the beginning.
fn at(minutes: i64) -> DateTime<Utc> {
    "2027-03-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn observed(id: &str, revision: &str) -> Observed {
    Observed {
        id: PostingId(id.to_owned()),
        path: format!("jobs/{id}/index.md"),
        translation_key: format!("jobs/{id}"),
        sub_id: None,
        reference: Some("2027-04".to_owned()),
        title: "PhD student in tidal models".to_owned(),
        revision: Revision(revision.to_owned()),
    }
}

fn channels() -> [ChannelName; 2] {
    [ChannelName("list".to_owned()), ChannelName("network".to_owned())]
}

fn new_delivery(occasion: Occasion, occurrence: &str, deed: Deed) -> NewDelivery {
    NewDelivery {
        name: DeliveryName {
            posting: PostingId("tides".to_owned()),
            channel: ChannelName("network".to_owned()),
            occasion,
            occurrence: Occurrence(occurrence.to_owned()),
        },
        deed,
        target: None,
        due_at: at(10),
        revision: Revision("1".to_owned()),
    }
}

fn announcement() -> NewDelivery {
    new_delivery(Occasion::Announce, "once", Deed::Publish)
}

fn wire(body: &str) -> Wire {
    Wire::Http(HttpRequest {
        verb: Verb::Create,
        method: "POST".to_owned(),
        url: "https://social.example/api/v1/statuses".to_owned(),
        headers: vec![("Authorization".to_owned(), "Bearer {secret}".to_owned())],
        body: Some(body.to_owned()),
        remote_id: None,
    })
}

fn rendition(text: &str) -> Rendition {
    Rendition::Status {
        text: text.to_owned(),
        language: "en".to_owned(),
        length: text.len(),
        limit: 500,
        left_out: Vec::new(),
    }
}

fn standing(revision: &str, text: &str) -> Standing {
    let rendition = rendition(text);
    let content_hash = rendition.content_hash();
    Standing { revision: Revision(revision.to_owned()), content_hash, rendition }
}

fn receipt(id: &str) -> Receipt {
    let link = Url::parse(&format!("https://social.example/@lab/{id}")).unwrap();
    Receipt { remote_id: Some(id.to_owned()), link: Some(link) }
}

fn done(id: &str) -> Settlement {
    Settlement { outcome: Outcome::Posted(receipt(id)), again_at: None, asked_person: Asked::Done }
}

fn asked() -> Settlement {
    Settlement {
        outcome: Outcome::Posted(Receipt::default()),
        again_at: None,
        asked_person: Asked::Person,
    }
}

async fn planned(ledger: &Ledger, delivery: &NewDelivery) -> DeliveryKey {
    let new = ledger.plan(std::slice::from_ref(delivery), at(1)).await.unwrap();
    assert_eq!(new, [delivery.name.key(ledger.id())]);
    new[0]
}

async fn claimed(ledger: &Ledger, key: DeliveryKey, minute: i64) -> Claim {
    ledger
        .claim(key, "worker", &wire("body"), &rendition("text"), at(minute), at(minute + 2))
        .await
        .unwrap()
        .expect("nobody else has it")
}

async fn posted(ledger: &Ledger, delivery: &NewDelivery, id: &str) -> Delivery {
    let key = planned(ledger, delivery).await;
    let claim = claimed(ledger, key, 10).await;
    ledger.settle(claim, &done(id), None, at(11)).await.unwrap()
}

async fn delivery(ledger: &Ledger, key: DeliveryKey) -> Delivery {
    ledger.find_by_prefix(&key.compact()).await.unwrap()
}

async fn what_happened(ledger: &Ledger, key: DeliveryKey) -> Vec<String> {
    ledger.events_of(key).await.unwrap().into_iter().map(|event| event.what).collect()
}

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
    let settled = ledger.settle(claim, &done("77"), Some(&says), at(11)).await.unwrap();
    ledger.close().await;

    let ledger = site.open().await;
    let kept = delivery(&ledger, key).await;
    assert_eq!(kept, settled);
    assert_eq!((kept.state, kept.copy, kept.attempts), (State::Posted, Some(CopyState::Live), 1));
    assert_eq!((kept.receipt.clone(), kept.changed_at), (Some(receipt("77")), at(11)));
    assert_eq!(kept.standing, Some(says));
    let attempts = ledger.attempts(key).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].wire, wire("body"));
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
    ledger.observe(&[observed("tides", "1")], &channels(), at(5)).await.unwrap();
    let before = ledger.verify_chain().await.unwrap().events;
    assert_eq!(before, 3, "one posting and two channels; seeing them again is no event");

    let moved = Observed { path: "positions/tides.md".to_owned(), ..observed("tides", "1") };
    ledger.observe(&[moved], &[], at(6)).await.unwrap();
    let tides = PostingId("tides".to_owned());
    let known = ledger.past().await.unwrap().postings[&tides].clone();
    assert_eq!((known.path.as_str(), known.revision_since), ("positions/tides.md", at(0)));

    ledger.observe(&[observed("tides", "2")], &[], at(7)).await.unwrap();
    let known = ledger.past().await.unwrap().postings[&tides].clone();
    assert_eq!((known.revision.0.as_str(), known.revision_since), ("2", at(7)));
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
        ledger.claim(key, "worker", &wire, &text, at(minute), at(minute + 1)).await.unwrap()
    };
    assert!(claim(9).await.is_none());

    ledger.reschedule(key, at(20), &Revision("2".to_owned()), at(9)).await.unwrap();
    assert!(claim(19).await.is_none());

    let network = ChannelName("network".to_owned());
    ledger.pause(&network, "the token has expired", at(19)).await.unwrap();
    assert!(claim(20).await.is_none());
    ledger.resume(&network, at(20)).await.unwrap();

    ledger.cancel(key, "the ad was closed", at(20)).await.unwrap();
    assert!(claim(21).await.is_none());
    let cancelled = delivery(&ledger, key).await;
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.reason, "the ad was closed");
    assert_eq!((cancelled.attempts, cancelled.revision.0.as_str()), (0, "2"));
    let error = ledger.cancel(key, "again", at(22)).await.unwrap_err().to_string();
    assert_eq!(error, format!("{} is cancelled, so it cannot be cancelled", key.short()));
}

#[tokio::test]
async fn a_channel_that_was_resumed_goes_on() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let network = ChannelName("network".to_owned());
    ledger.pause(&network, "the token has expired", at(5)).await.unwrap();
    ledger.pause(&network, "the certificate is wrong", at(6)).await.unwrap();
    let pause = ledger.past().await.unwrap().channels[&network].paused.clone().unwrap();
    assert_eq!((pause.since, pause.reason.as_str()), (at(5), "the certificate is wrong"));
    ledger.resume(&network, at(7)).await.unwrap();
    assert_eq!(ledger.past().await.unwrap().channels[&network].paused, None);
    let _claim = claimed(&ledger, key, 10).await;

    let error = ledger.resume(&ChannelName("netwrok".to_owned()), at(8)).await.unwrap_err();
    assert_eq!(error.to_string(), "the ledger knows no channel `netwrok`");
}

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
                let claim = ledger.claim(key, worker, &wire, &text, at(10), at(12)).await;
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

/// Not a promise of its own: the process that the next test kills.
#[tokio::test]
async fn helper_that_claims_and_is_killed() {
    let Ok(folder) = std::env::var("HANDBILL_TEST_KILLED_IN") else { return };
    let mark = SiteMark { folder: folder.into(), base_url: "https://lab.example/".to_owned() };
    let path = mark.folder.join("state/ledger.sqlite");
    let ledger = Ledger::open(&path, &mark, at(0)).await.unwrap();
    let key = announcement().name.key(ledger.id());
    let (wire, text) = (wire("frozen"), rendition("text"));
    let claim = ledger.claim(key, &this_worker(), &wire, &text, at(10), at(12)).await.unwrap();
    assert!(claim.is_some());
    std::process::abort();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_killed_process_was_sending_becomes_unknown_and_never_planned() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    ledger.close().await;
    let killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_claims_and_is_killed"])
        .env("HANDBILL_TEST_KILLED_IN", site.folder.path())
        .output()
        .unwrap();
    assert!(!killed.status.success());

    let ledger = site.open().await;
    assert_eq!(delivery(&ledger, key).await.state, State::Sending);
    let recovered = ledger.recover(|attempt| liveness(&attempt.worker), at(11)).await.unwrap();
    assert_eq!(recovered.len(), 1);
    let left = delivery(&ledger, key).await;
    assert_eq!(left.state, State::Unknown);
    assert_eq!(left.reason, "the process that was sending it ended before an answer came");
    let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
    assert_eq!((attempt.wire, attempt.outcome.as_deref()), (wire("frozen"), Some("unknown")));
    let again = ledger.claim(key, "w", &wire("x"), &rendition("x"), at(99), at(100)).await;
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

#[tokio::test]
async fn an_answer_that_comes_after_all_still_counts() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    ledger.recover(|_| Liveness::Dead, at(30)).await.unwrap();
    ledger.absent(key, at(40), at(31)).await.unwrap();
    let late = ledger.settle(claim, &done("77"), None, at(32)).await.unwrap();
    assert_eq!((late.state, late.receipt), (State::Posted, Some(receipt("77"))));
}

#[tokio::test]
async fn an_answer_to_an_attempt_that_was_overtaken_is_kept_and_changes_nothing() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let first = claimed(&ledger, key, 10).await;
    ledger.recover(|_| Liveness::Dead, at(30)).await.unwrap();
    ledger.absent(key, at(40), at(31)).await.unwrap();
    let second = claimed(&ledger, key, 40).await;
    assert_eq!(second.number(), 2);

    let unmoved = ledger.settle(first, &settled("refused"), None, at(41)).await.unwrap();
    assert_eq!((unmoved.state, unmoved.attempts), (State::Sending, 2));
    assert_eq!(what_happened(&ledger, key).await.last().map(String::as_str), Some("late"));
    let outcomes: Vec<_> =
        ledger.attempts(key).await.unwrap().into_iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Some("refused".to_owned()), None]);
    let last = ledger.settle(second, &done("78"), None, at(42)).await.unwrap();
    assert_eq!(last.state, State::Posted);
}

/// What an outcome makes of a delivery: its state, why, and when it is due.
const SETTLED: [(&str, State, &str, i64); 5] = [
    ("posted", State::Posted, "", 10),
    ("refused", State::Refused, "no such account", 10),
    ("deferred", State::Planned, "slow down", 60),
    ("blocked", State::Planned, "the token has expired", 10),
    ("unknown", State::Unknown, "the connection broke", 10),
];

fn settled(word: &str) -> Settlement {
    let outcome = match word {
        "posted" => Outcome::Posted(receipt("78")),
        "refused" => Outcome::Refused { why: "no such account".to_owned() },
        "deferred" => Outcome::Deferred { why: "slow down".to_owned(), after: None },
        "blocked" => Outcome::Blocked { why: "the token has expired".to_owned() },
        _ => Outcome::Unknown { why: "the connection broke".to_owned() },
    };
    Settlement { outcome, again_at: Some(at(60)), asked_person: Asked::Done }
}

#[tokio::test]
async fn every_outcome_of_every_deed_is_settled_as_the_table_says() {
    for deed in Deed::ALL {
        for (word, state, reason, due) in SETTLED {
            let case = format!("{word} {}", deed.as_str());
            let site = Site::new();
            let ledger = site.observed().await;
            let target = posted(&ledger, &announcement(), "77").await.key;
            let second =
                NewDelivery { target: Some(target), ..new_delivery(Occasion::Update, "1", deed) };
            let key = planned(&ledger, &second).await;
            let claim = claimed(&ledger, key, 20).await;
            let new = standing("2", "new words");
            ledger.settle(claim, &settled(word), Some(&new), at(21)).await.unwrap();

            let own = delivery(&ledger, key).await;
            assert_eq!((own.state, own.reason.as_str()), (state, reason), "{case}");
            assert_eq!(own.due_at, at(due), "{case}");
            assert_eq!(own.receipt, (word == "posted").then(|| receipt("78")), "{case}");
            let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
            assert_eq!(attempt.outcome.as_deref(), Some(word), "{case}");
            assert_eq!(attempt.detail, reason, "{case}");
            assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", word], "{case}");

            let target = delivery(&ledger, target).await;
            let (made, left) = match (word, deed) {
                ("posted", Deed::Publish | Deed::FollowUp) => {
                    (Some(CopyState::Live), CopyState::Live)
                }
                ("posted", Deed::Edit | Deed::Ask) => (None, CopyState::Edited),
                ("posted", Deed::Withdraw) => (None, CopyState::Withdrawn),
                _ => (None, CopyState::Live),
            };
            assert_eq!((own.copy, target.copy), (made, Some(left)), "{case}");
            assert_eq!(own.standing, made.map(|_| new.clone()), "{case}");
            let says = if left == CopyState::Edited { new } else { standing("1", "text") };
            assert_eq!(target.standing, Some(says), "{case}");

            let channels = ledger.past().await.unwrap().channels;
            let paused = channels[&second.name.channel].paused.as_ref();
            let why = paused.map(|pause| pause.reason.as_str());
            assert_eq!(why, (word == "blocked").then_some("the token has expired"), "{case}");
            ledger.verify_chain().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_a_person_was_asked_to_do_stands_once_they_record_the_link() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    let waits = ledger.settle(claim, &asked(), None, at(11)).await.unwrap();
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
    ledger.settle(claim, &asked(), None, at(11)).await.unwrap();
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
        ledger.settle(claim, &asked(), None, at(21)).await.unwrap();
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
        ledger.settle(claim, &settled("unknown"), None, at(11)).await.unwrap();
        let waits = ledger.still_unknown(key, "no answer from the timeline", at(12)).await.unwrap();
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
            assert_eq!(repeat.wire, wire("body"), "the same bytes are there to send again");
        } else {
            assert_eq!((after.state, after.copy), (State::Posted, Some(CopyState::Live)));
            assert_eq!(after.receipt.unwrap().link, there.link, "{found_out}");
        }
        let error = ledger.found(key, &receipt("78"), None, at(30)).await.unwrap_err();
        assert!(matches!(error, LedgerError::WrongState { .. }), "{found_out}: {error}");
    }
}

#[tokio::test]
async fn a_look_at_a_copy_is_remembered_and_a_change_is_an_event() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = posted(&ledger, &announcement(), "77").await.key;
    ledger.note_sight(key, CopyState::Live, at(50)).await.unwrap();
    let gone = ledger.note_sight(key, CopyState::Gone, at(60)).await.unwrap();
    assert_eq!((gone.copy, gone.verified_at), (Some(CopyState::Gone), Some(at(60))));
    assert_eq!(what_happened(&ledger, key).await, ["planned", "attempt", "posted", "sight"]);
}

#[tokio::test]
async fn a_delivery_is_found_by_the_beginning_of_its_key() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    for prefix in [key.short(), key.to_string(), key.compact().to_uppercase()] {
        assert_eq!(ledger.find_by_prefix(&prefix).await.unwrap().key, key, "{prefix}");
    }
    for prefix in ["", "%", "ffffffffffffffffffff", "no-such"] {
        let error = ledger.find_by_prefix(prefix).await.unwrap_err();
        assert!(matches!(error, LedgerError::NoSuchDelivery(_)), "{prefix}: {error}");
    }
    let more: Vec<_> = (0..17)
        .map(|number| new_delivery(Occasion::Update, &number.to_string(), Deed::Edit))
        .collect();
    let keys = ledger.plan(&more, at(2)).await.unwrap();
    let digit = "0123456789abcdef"
        .chars()
        .find(|digit| keys.iter().filter(|key| key.compact().starts_with(*digit)).count() > 1)
        .expect("17 keys, 16 digits");
    let error = ledger.find_by_prefix(&digit.to_string()).await.unwrap_err();
    assert!(matches!(error, LedgerError::Ambiguous(_)), "{error}");
}

#[tokio::test]
async fn reading_where_there_is_no_ledger_makes_none() {
    let site = Site::new();
    assert!(Ledger::open_existing_read_only(&site.path()).await.unwrap().is_none());
    assert_eq!(site.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn reading_a_ledger_changes_no_file_beside_it_and_can_write_nothing() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    ledger.close().await;
    let (files, bytes) = (site.files(), std::fs::read(site.path()).unwrap());
    let reading = Ledger::open_existing_read_only(&site.path()).await.unwrap().unwrap();
    assert_eq!(delivery(&reading, key).await.state, State::Planned);
    reading.cancel(key, "no", at(3)).await.unwrap_err();
    assert_eq!(site.files(), files, "while it is open");
    reading.close().await;
    assert_eq!(site.files(), files, "and after");
    assert_eq!(std::fs::read(site.path()).unwrap(), bytes);
}

#[tokio::test]
async fn reading_beside_a_writer_sees_what_was_committed() {
    let site = Site::new();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    let reading = Ledger::open_existing_read_only(&site.path()).await.unwrap().unwrap();
    assert_eq!(reading.id(), ledger.id());
    let _claim = claimed(&ledger, key, 10).await;
    assert_eq!(delivery(&reading, key).await.state, State::Sending);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let _ledger = site.observed().await;
    let state = site.path().parent().unwrap().to_owned();
    for file in site.files().into_iter().filter(|file| file.starts_with(&state)) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{}", file.display());
    }
}

/// The chain of six events after somebody who knows SQL was there.
async fn chain_after(statements: &str) -> Result<i64, String> {
    let site = Site::new();
    let ledger = site.observed().await;
    posted(&ledger, &announcement(), "77").await;
    let unguarded = "drop trigger event_is_never_changed; drop trigger event_is_never_deleted;";
    site.meddle(unguarded).await.unwrap();
    site.meddle(statements).await.unwrap();
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
        });
        let mail = Wire::Mail(MailMessage {
            server: "smtp://mail.example:587".to_owned(),
            envelope_from: header,
            envelope_to: "list@lists.example".to_owned(),
            message_id: "k@lab.example".to_owned(),
            message,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let site = Site::new();
            let ledger = site.observed().await;
            for (occurrence, wire) in [("1", http), ("2", mail)] {
                let new = new_delivery(Occasion::Update, occurrence, Deed::Publish);
                let key = planned(&ledger, &new).await;
                let text = rendition(&body);
                let claim = ledger.claim(key, "worker", &wire, &text, at(10), at(12)).await;
                let claim = claim.unwrap().unwrap();
                prop_assert_eq!(claim.wire(), &wire);
                let attempt = ledger.last_attempt(key).await.unwrap().unwrap();
                prop_assert_eq!((attempt.wire, attempt.rendition), (wire, text));
            }
            Ok(())
        })?;
    }
}
