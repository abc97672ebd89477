//! Finding a delivery; reading without leaving a trace.

use std::path::PathBuf;

use handbill::adapt::Occasion;
use handbill::ledger::{Deed, Ledger, LedgerError, State};

use super::site::*;

#[tokio::test]
async fn a_delivery_is_found_by_the_beginning_of_its_key() {
    let site = Site::in_a_file();
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
    let site = Site::in_a_file();
    assert!(Ledger::open_existing_read_only(&site.path()).await.unwrap().is_none());
    assert_eq!(site.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn reading_a_ledger_changes_no_file_beside_it_and_can_write_nothing() {
    let site = Site::in_a_file();
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
    let site = Site::in_a_file();
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
    let site = Site::in_a_file();
    let _ledger = site.observed().await;
    let state = site.path().parent().unwrap().to_owned();
    for file in site.files().into_iter().filter(|file| file.starts_with(&state)) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{}", file.display());
    }
}

#[tokio::test]
async fn a_ledger_that_a_newer_handbill_wrote_is_left_alone() {
    let site = Site::in_a_file();
    site.observed().await.close().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, \
                 execution_time) values (99, 'to come', true, x'00', 0)";
    site.meddle(newer).await.unwrap();
    let expected = format!(
        "cannot open the ledger {}: a newer Handbill wrote it; use that one",
        site.path().display()
    );
    let error = Ledger::open(&site.path(), &site.mark(), at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), expected);
    let error = Ledger::open_existing_read_only(&site.path()).await.unwrap_err();
    assert_eq!(error.to_string(), expected);
}
