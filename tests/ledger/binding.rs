//! One site, one ledger: a second one, which could publish everything twice, is refused
//! (promise 1).

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use handbill::ledger::{Ledger, LedgerError, SiteMark};
use tempfile::TempDir;

fn now() -> DateTime<Utc> {
    "2027-03-01T08:00:00Z".parse().unwrap()
}

fn site(folder: &Path) -> SiteMark {
    SiteMark { folder: folder.to_owned(), base_url: "https://lab.example/".to_owned() }
}

/// A folder by the name that the system gives it, so that messages can be compared.
fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().canonicalize().unwrap();
    (folder, path)
}

async fn open(path: &Path, site: &SiteMark) -> Result<Ledger, LedgerError> {
    Ledger::open(path, site, now()).await
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown host".to_owned(), |name| name.trim().to_owned())
}

#[tokio::test]
async fn a_new_ledger_leaves_a_marker_that_explains_itself() {
    let (_keep, folder) = folder();
    let path = folder.join("ledger.sqlite");
    let ledger = open(&path, &site(&folder)).await.unwrap();
    let marker = fs::read_to_string(folder.join("ledger.id")).unwrap();
    assert_eq!(
        marker,
        format!(
            "# The ledger of this site: the record of what Handbill published, and where.\n\
             # Keep this file with the site and commit it: it stops a second ledger, which could \
             publish everything twice.\n\
             ledger = \"{}\"\nhost = \"{}\"\npath = \"{}\"\ncreated = \"2027-03-01\"\n",
            ledger.id(),
            host(),
            path.display()
        )
    );
    let id = ledger.id();
    ledger.close().await;
    assert_eq!(open(&path, &site(&folder)).await.unwrap().id(), id);
    assert_eq!(fs::read_to_string(folder.join("ledger.id")).unwrap(), marker);
}

#[tokio::test]
async fn a_second_ledger_beside_the_first_is_refused_with_what_to_do() {
    let (_keep, folder) = folder();
    let first = open(&folder.join("ledger.sqlite"), &site(&folder)).await.unwrap();
    let second = folder.join("other/ledger.sqlite");
    let error = open(&second, &site(&folder)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "this site already has a ledger ({id}), first opened as {folder}/ledger.sqlite on \
             {host}, and {folder}/other/ledger.sqlite is not it. Two ledgers for one site could \
             publish everything twice.\n\
             help: work where that ledger is, or use `--dry-run` here; if it is gone for good, \
             delete {folder}/ledger.id and start anew",
            id = first.id(),
            folder = folder.display(),
            host = host(),
        )
    );
    assert!(!folder.join("other").exists(), "nothing was made");
}

#[tokio::test]
async fn a_ledger_of_another_site_is_refused_even_if_it_is_there() {
    let (_keep, ours) = folder();
    let (_keep_too, theirs) = folder();
    open(&ours.join("ledger.sqlite"), &site(&ours)).await.unwrap();
    let path = theirs.join("ledger.sqlite");
    let other = SiteMark { base_url: "https://other.example/".to_owned(), ..site(&theirs) };
    open(&path, &other).await.unwrap();
    let error = open(&path, &site(&ours)).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");

    fs::remove_file(ours.join("ledger.id")).unwrap();
    let error = open(&path, &site(&ours)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the ledger {} belongs to another site (the one at https://other.example/, {})\n\
             help: give this site a ledger of its own: `path` under `[ledger]` in handbill.toml",
            path.display(),
            theirs.display()
        )
    );
    assert!(!ours.join("ledger.id").exists());
}

#[tokio::test]
async fn a_lost_marker_is_written_again() {
    let (_keep, folder) = folder();
    let path = folder.join("ledger.sqlite");
    open(&path, &site(&folder)).await.unwrap().close().await;
    let marker = fs::read_to_string(folder.join("ledger.id")).unwrap();
    fs::remove_file(folder.join("ledger.id")).unwrap();
    open(&path, &site(&folder)).await.unwrap().close().await;
    assert_eq!(fs::read_to_string(folder.join("ledger.id")).unwrap(), marker);
}

#[tokio::test]
async fn a_ledger_may_be_moved_but_its_copy_is_refused() {
    let (_keep, folder) = folder();
    let (path, copy) = (folder.join("ledger.sqlite"), folder.join("copy.sqlite"));
    open(&path, &site(&folder)).await.unwrap().close().await;
    fs::copy(&path, &copy).unwrap();
    let error = open(&copy, &site(&folder)).await.unwrap_err();
    assert!(matches!(error, LedgerError::SecondLedger { .. }), "{error}");

    fs::remove_file(&path).unwrap();
    open(&copy, &site(&folder)).await.unwrap().close().await;
    let marker = fs::read_to_string(folder.join("ledger.id")).unwrap();
    assert!(marker.contains("copy.sqlite"), "{marker}");
}

#[tokio::test]
async fn a_marker_that_says_nothing_stops_everything() {
    let (_keep, folder) = folder();
    fs::write(folder.join("ledger.id"), "ledger = \"none\"\n").unwrap();
    let error = open(&folder.join("ledger.sqlite"), &site(&folder)).await.unwrap_err().to_string();
    let start = format!("{}/ledger.id does not say which ledger this site has: ", folder.display());
    assert!(error.starts_with(&start), "{error}");
    assert!(error.ends_with("help: take the file back from the site's history"), "{error}");
    assert!(!folder.join("ledger.sqlite").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_open_a_new_ledger_at_once_agree_on_it() {
    let (_keep, folder) = folder();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let (path, site) = (folder.join("ledger.sqlite"), site(&folder));
            tokio::spawn(async move { open(&path, &site).await })
        })
        .collect();
    let mut ids = Vec::new();
    for ledger in opening {
        ids.push(ledger.await.unwrap().unwrap().id());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_ledger_is_named() {
    let (_keep, folder) = folder();
    let path = folder.join("ledger.sqlite");
    fs::write(&path, "these are not the records you are looking for".repeat(100)).unwrap();
    let start = format!("cannot open the ledger {}: ", path.display());
    let error = open(&path, &site(&folder)).await.unwrap_err().to_string();
    assert!(error.starts_with(&start), "{error}");
    let error = Ledger::open_existing_read_only(&path).await.unwrap_err().to_string();
    assert!(error.starts_with(&start), "{error}");
}
