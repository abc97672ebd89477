//! The ledger as a daemon holds it: opened once, looked at before every round, opened anew when its
//! volume went away and came back.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ledger::{Ledger, LedgerError, Place};
use crate::site::Site;

/// Closing may take so long; a process that ends without it loses nothing.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// An open ledger.
pub(super) struct OpenLedger {
    pub ledger: Ledger,
    place: Place,
    /// Beside it stands what this machine keeps of the ledger.
    path: PathBuf,
    /// Which file it was: SQLite goes on writing into one that was deleted. `None` in PostgreSQL.
    file: Option<(u64, u64)>,
    lock: Option<File>,
}

impl OpenLedger {
    /// Opens the ledger of a site, and makes it if there is none.
    pub(super) async fn open(site: &Site, now: DateTime<Utc>) -> Result<Self, LedgerError> {
        let place = site.ledger_place.clone();
        let ledger = Ledger::open(&place, &site.mark(), now).await?;
        let file = place.file().map(identity).transpose();
        let file = file.map_err(|error| unusable(&place, &error.to_string()))?;
        Ok(Self { ledger, place, path: site.ledger.clone(), file, lock: None })
    }

    /// That the file is still the one that was opened.
    pub(super) fn check(&self, site: &Site) -> Result<(), LedgerError> {
        if self.place != site.ledger_place || self.path != site.ledger {
            return Err(unusable(&self.place, "the site has another ledger now"));
        }
        let Some(opened) = self.file else { return Ok(()) };
        match identity(&self.path) {
            Ok(file) if file == opened => Ok(()),
            Ok(_) => Err(unusable(&self.place, "another file has taken its place")),
            Err(error) => Err(unusable(&self.place, &format!("it is not there any more: {error}"))),
        }
    }

    /// Whether another daemon on this machine works on the same ledger. That is allowed, and rarely meant.
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

fn unusable(place: &Place, why: &str) -> LedgerError {
    LedgerError::Open { path: place.to_string(), why: why.to_owned() }
}
