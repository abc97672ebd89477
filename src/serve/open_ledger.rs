//! The ledger as a daemon holds it: opened once, looked at before every round, opened anew when its
//! volume went away and came back.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ledger::{Ledger, LedgerError};
use crate::site::Site;

/// Closing may take so long; a process that ends without it loses nothing.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// An open ledger.
pub(super) struct OpenLedger {
    pub ledger: Ledger,
    path: PathBuf,
    /// Which file it was: SQLite goes on writing into one that was deleted.
    file: (u64, u64),
    lock: Option<File>,
}

impl OpenLedger {
    /// Opens the ledger of a site, and makes it if there is none.
    pub(super) async fn open(site: &Site, now: DateTime<Utc>) -> Result<Self, LedgerError> {
        let ledger = Ledger::open(&site.ledger, &site.mark(), now).await?;
        let file =
            identity(&site.ledger).map_err(|error| unusable(&site.ledger, &error.to_string()))?;
        Ok(Self { ledger, path: site.ledger.clone(), file, lock: None })
    }

    /// That the file is still the one that was opened.
    pub(super) fn check(&self, site: &Site) -> Result<(), LedgerError> {
        if self.path != site.ledger {
            return Err(unusable(&self.path, "the site has another ledger now"));
        }
        match identity(&self.path) {
            Ok(file) if file == self.file => Ok(()),
            Ok(_) => Err(unusable(&self.path, "another file has taken its place")),
            Err(error) => Err(unusable(&self.path, &format!("it is not there any more: {error}"))),
        }
    }

    /// Whether another daemon works on the same ledger. That is allowed, and rarely meant.
    pub(super) fn has_neighbour(&mut self) -> bool {
        if self.lock.is_some() {
            return false;
        }
        let mut name = self.path.clone().into_os_string();
        name.push(".serve");
        let Ok(file) = File::options().create(true).truncate(false).write(true).open(name) else {
            // Where nothing can be written the ledger says so.
            return false;
        };
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                false
            }
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        }
    }

    /// Closes it in good order if that is possible.
    pub(super) async fn close(self) {
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.ledger.close()).await;
    }
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    path.metadata().map(|file| (file.dev(), file.ino()))
}

fn unusable(path: &Path, why: &str) -> LedgerError {
    LedgerError::Open { path: path.display().to_string(), why: why.to_owned() }
}
