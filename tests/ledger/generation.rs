//! A ledger that was put back from a copy is noticed, and nothing else is taken for it (promise 1).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use handbill::ledger::{Ledger, LedgerError, Restored, SiteMark, State, this_worker};

use super::site::*;

fn mark(site: &Site) -> PathBuf {
    let mut path = site.path().into_os_string();
    path.push(".generation");
    path.into()
}

/// Opens the ledger at this minute and says whether it counts as put back.
async fn restored(site: &Site, minute: i64) -> Option<Restored> {
    let ledger = Ledger::open(&site.path(), &site.mark(), at(minute)).await.unwrap();
    let restored = ledger.restored().await.unwrap();
    ledger.verify_chain().await.unwrap();
    ledger.close().await;
    restored
}

/// Why it counts as put back, by the newest event.
async fn why(site: &Site) -> String {
    let ledger = Ledger::open_existing_read_only(&site.path()).await.unwrap().unwrap();
    let newest = ledger.verify_chain().await.unwrap().events;
    let event = ledger.events(newest - 1, 1).await.unwrap().remove(0);
    assert_eq!(event.what, "restored");
    let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap();
    detail["why"].as_str().unwrap().to_owned()
}

/// A closed ledger with one planned delivery.
async fn waiting(site: &Site) {
    let ledger = site.observed().await;
    planned(&ledger, &announcement()).await;
    ledger.close().await;
}

/// A site with a closed ledger, a copy of it from before a posting, and the posting.
async fn copied_and_posted() -> (Site, PathBuf) {
    let site = Site::in_a_file();
    site.observed().await.close().await;
    let copy = site.folder.path().join("copy");
    fs::copy(site.path(), &copy).unwrap();
    let ledger = site.open().await;
    posted(&ledger, &announcement(), "77").await;
    ledger.close().await;
    (site, copy)
}

#[tokio::test]
async fn a_copy_from_before_a_posting_that_is_put_back_is_noticed_once() {
    let (site, copy) = copied_and_posted().await;
    assert_eq!(restored(&site, 20).await, None);
    fs::copy(&copy, site.path()).unwrap();
    let seen = Some(Restored { at: at(30), from: at(0) });
    assert_eq!(restored(&site, 30).await, seen);
    assert_eq!(why(&site).await, "it ends with event 3, and had come to event 6");
    assert_eq!(restored(&site, 40).await, seen, "and is in order from then on");
    fs::copy(&copy, site.path()).unwrap();
    assert_eq!(restored(&site, 50).await, Some(Restored { at: at(50), from: at(0) }));
}

#[tokio::test]
async fn a_copy_that_went_another_way_is_noticed_even_if_it_is_longer() {
    let (site, copy) = copied_and_posted().await;
    let state = fs::read(mark(&site)).unwrap();
    fs::copy(&copy, site.path()).unwrap();
    fs::remove_file(mark(&site)).unwrap();
    assert!(restored(&site, 20).await.is_some());
    // As if the mark of then were still there, and the copy had gone on under it.
    let generation = String::from_utf8(state.clone()).unwrap();
    let generation = generation.split('"').nth(1).unwrap().to_owned();
    site.meddle(&format!("update ledger set generation = '{generation}'")).await.unwrap();
    let ledger = Ledger::open_existing_read_only(&site.path()).await.unwrap().unwrap();
    assert_eq!(ledger.verify_chain().await.unwrap().events, 4);
    ledger.close().await;
    fs::write(mark(&site), String::from_utf8(state).unwrap().replace("event = 6", "event = 2"))
        .unwrap();
    assert_eq!(restored(&site, 30).await.unwrap().at, at(30));
    assert_eq!(why(&site).await, "its event 2 is another one than was");
}

#[tokio::test]
async fn a_backup_that_is_put_back_by_hand_is_noticed_though_nothing_happened_since() {
    let site = Site::in_a_file();
    waiting(&site).await;
    let backup = site.folder.path().join("backup");
    let ledger = Ledger::open_for_upkeep(&site.path()).await.unwrap().unwrap();
    ledger.backup(&backup, at(5)).await.unwrap();
    ledger.close().await;
    assert_eq!(restored(&site, 6).await, None, "making a copy changes nothing");
    fs::copy(&backup, site.path()).unwrap();
    assert_eq!(restored(&site, 7).await, Some(Restored { at: at(7), from: at(1) }));
    assert_eq!(why(&site).await, "it is a copy that was made at 2027-03-01 08:05:00 UTC");
    assert_eq!(restored(&site, 8).await, Some(Restored { at: at(7), from: at(1) }));
}

#[tokio::test]
async fn a_ledger_without_its_mark_or_beside_the_mark_of_another_counts_as_put_back() {
    let site = Site::in_a_file();
    waiting(&site).await;
    fs::remove_file(mark(&site)).unwrap();
    assert_eq!(restored(&site, 6).await, Some(Restored { at: at(6), from: at(1) }));
    assert_eq!(why(&site).await, "the mark beside it is missing");

    fs::write(mark(&site), "scribbled over\n").unwrap();
    assert_eq!(restored(&site, 7).await, Some(Restored { at: at(7), from: at(1) }));

    let other = Site::in_a_file();
    waiting(&other).await;
    fs::copy(mark(&other), mark(&site)).unwrap();
    assert_eq!(restored(&site, 8).await, Some(Restored { at: at(8), from: at(1) }));
    assert_eq!(why(&site).await, "the mark beside it is of another generation");
}

#[tokio::test]
async fn a_mark_that_a_process_could_not_move_on_before_it_died_is_in_order() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let mut marks = vec![fs::read(mark(&site)).unwrap()];
    let key = planned(&ledger, &announcement()).await;
    let claim = claimed(&ledger, key, 10).await;
    marks.push(fs::read(mark(&site)).unwrap());
    ledger.settle(&claim, &done("77"), None, at(11)).await.unwrap();
    ledger.close().await;
    marks.push(fs::read(mark(&site)).unwrap());
    marks.dedup();
    assert_eq!(marks.len(), 3, "it moves on with a claim and at the end");
    for older in marks {
        fs::write(mark(&site), older).unwrap();
        assert_eq!(restored(&site, 20).await, None);
    }
}

#[tokio::test]
async fn a_process_that_dies_between_a_new_mark_and_its_commit_is_noticed_as_what_it_was() {
    let site = Site::in_a_file();
    waiting(&site).await;
    // A new ledger that was marked, but did not commit its generation.
    site.meddle("update ledger set generation = null").await.unwrap();
    assert_eq!(restored(&site, 6).await, None);

    // A ledger that was put back: mark and ledger of after, then the ledger of before.
    let copy = site.folder.path().join("copy");
    fs::copy(site.path(), &copy).unwrap();
    fs::remove_file(mark(&site)).unwrap();
    assert_eq!(restored(&site, 7).await, Some(Restored { at: at(7), from: at(1) }));
    fs::copy(&copy, site.path()).unwrap();
    assert_eq!(restored(&site, 8).await, Some(Restored { at: at(8), from: at(1) }));
}

#[tokio::test]
async fn a_ledger_from_before_there_were_marks_is_brought_up_to_date_without_alarm() {
    let site = Site::in_a_file();
    waiting(&site).await;
    let old = AS_OF_VERSION_3;
    site.meddle(old).await.unwrap();
    let copy = site.folder.path().join("copy");
    fs::copy(site.path(), &copy).unwrap();
    fs::remove_file(mark(&site)).unwrap();
    assert_eq!(restored(&site, 6).await, None);
    assert!(mark(&site).exists());

    let ledger = site.open().await;
    let key = announcement().name.key(ledger.id());
    let claim = claimed(&ledger, key, 10).await;
    ledger.settle(&claim, &done("77"), None, at(11)).await.unwrap();
    ledger.close().await;
    fs::copy(&copy, site.path()).unwrap();
    assert_eq!(restored(&site, 20).await, Some(Restored { at: at(20), from: at(1) }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_open_and_claim_at_once_agree_and_the_mark_never_goes_back() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let deliveries: Vec<_> = (0..40)
        .map(|number| {
            let occurrence = number.to_string();
            new_delivery(
                handbill::adapt::Occasion::Remind,
                &occurrence,
                handbill::ledger::Deed::Publish,
            )
        })
        .collect();
    let keys = ledger.plan(&deliveries, at(1)).await.unwrap();
    let (path, at_mark) = (site.path(), mark(&site));
    let working: Vec<_> = keys
        .chunks(10)
        .map(|keys| {
            let (path, site, keys, at_mark) =
                (path.clone(), site.mark(), keys.to_vec(), at_mark.clone());
            tokio::spawn(async move {
                let ledger = Ledger::open(&path, &site, at(2)).await.unwrap();
                let mut last = 0;
                for key in keys {
                    let claim = claimed(&ledger, key, 10).await;
                    let marked = event_number(&at_mark);
                    assert!(marked > last, "{marked} after {last}");
                    let own = ledger.events_of(key).await.unwrap().pop().unwrap().number;
                    assert!(marked >= own, "{marked} is before the claim's own {own}");
                    last = marked;
                    ledger.settle(&claim, &done("77"), None, at(11)).await.unwrap();
                }
                assert_eq!(ledger.restored().await.unwrap(), None);
                ledger.close().await;
            })
        })
        .collect();
    for worker in working {
        worker.await.unwrap();
    }
    ledger.close().await;
    assert_eq!(event_number(&at_mark), 3 + 40 * 3);
    assert_eq!(restored(&site, 20).await, None);
}

fn event_number(mark: &Path) -> i64 {
    let text = fs::read_to_string(mark).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("event = ")).unwrap();
    line.trim().parse().unwrap()
}

#[tokio::test]
async fn a_ledger_that_was_exchanged_while_it_was_open_sends_nothing() {
    let (site, copy) = copied_and_posted().await;
    let ledger = site.open().await;
    let reminder =
        new_delivery(handbill::adapt::Occasion::Remind, "7d", handbill::ledger::Deed::FollowUp);
    let key = planned(&ledger, &reminder).await;
    // Somebody restores by hand, and another process notices it.
    for part in ["", "-wal", "-shm"] {
        let beside = |path: PathBuf| PathBuf::from(format!("{}{part}", path.display()));
        fs::rename(beside(site.path()), beside(site.folder.path().join("aside"))).unwrap();
    }
    fs::copy(&copy, site.path()).unwrap();
    assert!(restored(&site, 20).await.is_some());
    let (wire, text) = (wire("body"), rendition("text"));
    let error = ledger.claim(key, "w", (&wire, &text), &began(at(21)), at(23)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "another ledger has taken the place of {} while it was open: the mark beside it is of \
             another generation. Nothing was sent\n\
             help: stop every Handbill of this site and start it again",
            site.path().canonicalize().unwrap().display()
        )
    );
    assert_eq!(delivery(&ledger, key).await.state, State::Planned);
}

#[tokio::test]
async fn a_mark_that_cannot_be_written_stops_a_claim_before_anything_is_written() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let key = planned(&ledger, &announcement()).await;
    fs::remove_file(mark(&site)).unwrap();
    fs::create_dir(mark(&site)).unwrap();
    let error = ledger
        .claim(key, "w", (&wire("body"), &rendition("text")), &began(at(10)), at(12))
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::Mark { .. }), "{error}");
    assert_eq!(delivery(&ledger, key).await.state, State::Planned);
    assert_eq!(what_happened(&ledger, key).await, ["planned"]);
}

/// Not a promise of its own: the process that the next test kills.
#[tokio::test]
async fn helper_that_claims_and_dies() {
    let Ok(folder) = std::env::var("HANDBILL_TEST_DIES_IN") else { return };
    let mark = SiteMark { folder: folder.into(), base_url: "https://lab.example/".to_owned() };
    let path = mark.folder.join("state/ledger.sqlite");
    let ledger = Ledger::open(&path, &mark, at(2)).await.unwrap();
    let key = announcement().name.key(ledger.id());
    let (wire, text) = (wire("frozen"), rendition("text"));
    let claim =
        ledger.claim(key, &this_worker(), (&wire, &text), &began(at(10)), at(12)).await.unwrap();
    assert!(claim.is_some());
    std::process::abort();
}

#[tokio::test]
async fn a_killed_process_is_no_alarm_and_its_claim_is_under_the_mark() {
    let site = Site::in_a_file();
    waiting(&site).await;
    let copy = site.folder.path().join("copy");
    fs::copy(site.path(), &copy).unwrap();
    let killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::generation::helper_that_claims_and_dies"])
        .env("HANDBILL_TEST_DIES_IN", site.folder.path())
        .output()
        .unwrap();
    assert!(!killed.status.success());
    assert_eq!(restored(&site, 20).await, None);
    fs::copy(&copy, site.path()).unwrap();
    assert_eq!(restored(&site, 30).await, Some(Restored { at: at(30), from: at(1) }));
}

#[cfg(unix)]
#[tokio::test]
async fn the_mark_explains_itself_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::in_a_file();
    waiting(&site).await;
    let text = fs::read_to_string(mark(&site)).unwrap();
    assert!(
        text.starts_with(
            "# How far the ledger beside this file has come; by it, a ledger that is older than it \
             was is noticed.\n\
             # Leave it where it is, and out of backups: never copy it, and never put it back.\n\
             generation = \""
        ),
        "{text}"
    );
    assert!(text.len() < 512, "within one sector of any disk");
    assert_eq!(fs::metadata(mark(&site)).unwrap().permissions().mode() & 0o777, 0o600);
}
