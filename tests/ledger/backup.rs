//! Copies of the ledger: whole, and put back without losing what was there (promises 1 and 4).

use std::fs;
use std::path::PathBuf;

use handbill::adapt::Occasion;
use handbill::ledger::{Deed, IfNewer, Ledger, LedgerError, Restored};

use super::site::*;

async fn upkeep(site: &Site) -> Ledger {
    Ledger::open_for_upkeep(&site.path()).await.unwrap().unwrap()
}

/// A site, a backup of its ledger from before a posting, and the posting.
async fn backed_up_and_posted() -> (Site, PathBuf) {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let backup = site.folder.path().join("backup.sqlite");
    ledger.backup(&backup, at(2)).await.unwrap();
    posted(&ledger, &announcement(), "77").await;
    ledger.close().await;
    (site, backup)
}

async fn restore(
    site: &Site,
    from: &std::path::Path,
    if_newer: IfNewer,
) -> Result<(), LedgerError> {
    let done = Ledger::restore(from, &site.path(), &site.mark(), if_newer, at(30)).await?;
    done.ledger.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_while_others_write_is_whole() {
    let site = Site::in_a_file();
    let ledger = site.observed().await;
    let writer = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            for number in 0..60 {
                let new = new_delivery(Occasion::Remind, &number.to_string(), Deed::Publish);
                posted(&ledger, &new, "77").await;
            }
        }
    });
    let mut events = Vec::new();
    for number in 0..5 {
        let copy = site.folder.path().join(format!("copies/{number}.sqlite"));
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        let backup = ledger.backup(&copy, at(2)).await.unwrap();
        assert_eq!(backup.bytes, fs::metadata(&copy).unwrap().len());
        let copied = Ledger::open_for_upkeep(&copy).await.unwrap().unwrap();
        let health = copied.check().await.unwrap();
        assert_eq!(health.flaws, []);
        assert_eq!(health.chain.unwrap().events, backup.events);
        copied.close().await;
        events.push(backup.events);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    writer.await.unwrap();
    assert!(events.is_sorted(), "{events:?}");
    assert!(events[0] < 3 + 60 * 3, "the writer was still at work: {events:?}");
    assert_eq!(ledger.verify_chain().await.unwrap().events, 3 + 60 * 3);
}

#[tokio::test]
async fn a_backup_is_one_file_that_only_its_owner_reads_and_replaces_none() {
    let (site, backup) = backed_up_and_posted().await;
    let files = site.files();
    assert_eq!(files.iter().filter(|file| file.parent() == Some(site.folder.path())).count(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let bytes = fs::read(&backup).unwrap();
    let ledger = upkeep(&site).await;
    let error = ledger.backup(&backup, at(20)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "there is already a file {}; nothing was written\nhelp: name another file",
            backup.display()
        )
    );
    assert_eq!(fs::read(&backup).unwrap(), bytes);
    let nowhere = site.folder.path().join("nowhere/backup.sqlite");
    let error = ledger.backup(&nowhere, at(20)).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot write {}: ", nowhere.display())), "{error}");
    ledger.close().await;
    assert_eq!(site.files(), files, "nothing was left behind");
}

#[tokio::test]
async fn a_broken_ledger_makes_no_backup() {
    let (site, _) = backed_up_and_posted().await;
    site.meddle("drop trigger event_is_never_changed; update event set at = 0 where number = 2")
        .await
        .unwrap();
    let files = site.files();
    let copy = site.folder.path().join("copy");
    let ledger = upkeep(&site).await;
    assert_eq!(
        ledger.backup(&copy, at(20)).await.unwrap_err().to_string(),
        format!(
            "cannot write {}: the ledger is not whole: the chain of events is broken at event 2: \
             it does not say what was written",
            copy.display()
        )
    );
    ledger.close().await;
    assert_eq!(site.files(), files);
}

#[tokio::test]
async fn a_restore_is_noticed_and_keeps_the_ledger_that_was_there() {
    let (site, backup) = backed_up_and_posted().await;
    let before = fs::read(site.path()).unwrap();
    let done =
        Ledger::restore(&backup, &site.path(), &site.mark(), IfNewer::Over, at(30)).await.unwrap();
    assert_eq!(done.restored, Restored { at: at(30), from: at(0) });
    assert_eq!(done.events, 3);
    let kept = done.kept.unwrap();
    assert_eq!(fs::read(&kept).unwrap(), before);
    let name = kept.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name, "ledger.sqlite.before-restore-20270301T083000Z");
    assert_eq!(done.ledger.past().await.unwrap().deliveries, []);
    posted(&done.ledger, &announcement(), "78").await;
    done.ledger.close().await;
    let ledger = site.open().await;
    assert_eq!(ledger.restored().await.unwrap(), Some(Restored { at: at(30), from: at(0) }));
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    ledger.close().await;

    // Once more in the same second: the first one is kept too.
    restore(&site, &backup, IfNewer::Over).await.unwrap();
    assert_eq!(fs::read(&kept).unwrap(), before);
    assert!(kept.with_file_name(name + "-2").exists());
}

#[tokio::test]
async fn a_whole_ledger_that_knows_more_is_restored_over_only_on_demand() {
    let (site, backup) = backed_up_and_posted().await;
    let (files, before) = (site.files(), fs::read(site.path()).unwrap());
    let error = restore(&site, &backup, IfNewer::Refuse).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the ledger {} is whole, and newer: it ends with event 6, the copy with event 3. \
             Nothing was changed\n\
             help: `--over` restores the copy all the same; the ledger of now is kept beside it",
            site.path().canonicalize().unwrap().display()
        )
    );
    assert_eq!(site.files(), files);
    assert_eq!(fs::read(site.path()).unwrap(), before);

    let damage = "drop trigger event_is_never_deleted; delete from event where number = 6";
    site.meddle(damage).await.unwrap();
    restore(&site, &backup, IfNewer::Refuse).await.expect("there is something to mend");
}

#[tokio::test]
async fn a_ledger_that_is_lost_or_no_database_any_more_is_restored() {
    let (site, backup) = backed_up_and_posted().await;
    fs::write(site.path(), "this was overwritten by accident".repeat(200)).unwrap();
    restore(&site, &backup, IfNewer::Refuse).await.unwrap();
    fs::remove_dir_all(site.path().parent().unwrap()).unwrap();
    let error = Ledger::open(&site.path(), &site.mark(), at(31)).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");
    restore(&site, &backup, IfNewer::Refuse).await.unwrap();
    assert!(site.open().await.restored().await.unwrap().is_some());
}

#[tokio::test]
async fn a_write_ahead_log_without_its_ledger_is_moved_away_too() {
    let (site, backup) = backed_up_and_posted().await;
    let ledger = site.open().await;
    ledger.pause(&channels()[0], "mended soon", at(20)).await.unwrap();
    let log = site.path().with_extension("sqlite-wal");
    let bytes = fs::read(&log).unwrap();
    ledger.close().await;
    fs::remove_file(site.path()).unwrap();
    fs::write(&log, &bytes).unwrap();
    let done = Ledger::restore(&backup, &site.path(), &site.mark(), IfNewer::Refuse, at(30))
        .await
        .unwrap();
    assert_eq!(done.ledger.check().await.unwrap().flaws, []);
    assert_eq!(done.ledger.verify_chain().await.unwrap().events, 3 + 1);
    done.ledger.close().await;
    let kept = PathBuf::from(format!("{}-wal", done.kept.unwrap().display()));
    assert_eq!(fs::read(kept).unwrap(), bytes);
}

#[tokio::test]
async fn a_ledger_that_is_in_use_is_not_restored() {
    let (site, backup) = backed_up_and_posted().await;
    let ledger = site.open().await;
    let error = restore(&site, &backup, IfNewer::Over).await.unwrap_err();
    assert!(matches!(error, LedgerError::InUse { .. }), "{error}");
    ledger.close().await;
    restore(&site, &backup, IfNewer::Over).await.unwrap();
}

#[tokio::test]
async fn a_copy_that_is_damaged_or_of_another_site_is_not_restored() {
    let (site, backup) = backed_up_and_posted().await;
    let (other, foreign) = backed_up_and_posted().await;
    let before = fs::read(site.path()).unwrap();
    let error = restore(&site, &foreign, IfNewer::Over).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");
    fs::remove_file(other.folder.path().join("ledger.id")).unwrap();

    let mut bytes = fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(7);
    fs::write(&backup, &bytes).unwrap();
    for (copy, why) in [(&backup, ""), (&site.path(), "it is the ledger itself")] {
        let error = restore(&site, copy, IfNewer::Over).await.unwrap_err().to_string();
        let start = format!("{} cannot be restored: {why}", copy.display());
        assert!(error.starts_with(&start), "{error}");
    }
    fs::write(&backup, "").unwrap();
    restore(&site, &backup, IfNewer::Over).await.unwrap_err();
    restore(&site, &site.folder.path().join("none"), IfNewer::Over).await.unwrap_err();
    assert_eq!(fs::read(site.path()).unwrap(), before);
    assert_eq!(site.open().await.restored().await.unwrap(), None);
}

#[tokio::test]
async fn any_copy_of_a_ledger_is_restored_also_one_of_an_older_handbill() {
    let site = Site::in_a_file();
    site.observed().await.close().await;
    let old = AS_OF_VERSION_3;
    site.meddle(old).await.unwrap();
    let ledger = upkeep(&site).await;
    let backup = site.folder.path().join("backup");
    ledger.backup(&backup, at(2)).await.unwrap();
    assert_eq!(ledger.check().await.unwrap().flaws, []);
    ledger.close().await;
    assert_eq!(
        Ledger::version(&backup).await.unwrap(),
        Ledger::version(&site.path()).await.unwrap()
    );
    restore(&site, &backup, IfNewer::Refuse).await.unwrap();
    let ledger = site.open().await;
    assert_eq!(ledger.restored().await.unwrap(), Some(Restored { at: at(30), from: at(0) }));
}
