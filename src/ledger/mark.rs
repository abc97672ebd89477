//! The mark beside the ledger: a small file, `LEDGER.generation`, that says how far the ledger has
//! come. It is read and written in place under an advisory lock, held for that long only.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::LedgerError;

/// The comment lines of the mark.
const EXPLANATION: &str = "\
# How far the ledger beside this file has come; by it, a ledger that is older than it was is noticed.
# Leave it where it is, and out of backups: never copy it, and never put it back.
";

/// What a mark says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ledger) struct Reached {
    pub(in crate::ledger) generation: Uuid,
    /// The number of the newest event.
    pub(in crate::ledger) event: i64,
    /// Its hash; of an empty chain, the ledger's id.
    pub(in crate::ledger) hash: String,
}

impl Reached {
    /// Always as many bytes, so that a newer one covers an older one.
    fn text(&self) -> String {
        let Self { generation, event, hash } = self;
        let hash = format!("\"{hash}\"");
        format!(
            "{EXPLANATION}generation = \"{generation}\"\nevent = {event:<19}\nhash = {hash:<66}\n"
        )
    }
}

/// The mark of one ledger.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Mark {
    path: PathBuf,
    pub(in crate::ledger) holders: Holders,
}

/// Who keeps a mark of the same ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum Holders {
    /// This machine alone.
    One,
    /// Every machine its own.
    Several,
}

impl Mark {
    /// The mark of the ledger in this file.
    pub(in crate::ledger) fn of(ledger: &Path) -> Self {
        let mut path = ledger.to_owned().into_os_string();
        path.push(".generation");
        Self { path: path.into(), holders: Holders::One }
    }

    /// This machine's mark of a ledger that several machines share. It stands where that of a file
    /// would: so a ledger that moves from one to the other keeps it.
    pub(in crate::ledger) fn of_shared(beside: &Path) -> Self {
        Self { holders: Holders::Several, ..Self::of(beside) }
    }

    /// What it says; `None` if there is none, or nothing that can be read. A mark that could not
    /// be written is an error already here.
    pub(in crate::ledger) fn read(&self) -> Result<Option<Reached>, LedgerError> {
        let read = || {
            let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
            file.lock_shared()?;
            parse(&file)
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            other => other.map_err(|error| self.failed(&error)),
        }
    }

    /// Writes it whatever it says now, and has it on disk before this returns.
    pub(in crate::ledger) fn set(&self, reached: &Reached) -> Result<(), LedgerError> {
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&self.path)?;
            file.lock()?;
            let text = reached.text();
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)?;
            file.sync_all()?;
            sync_folder(&self.path)
        };
        write().map_err(|error| self.failed(&error))
    }

    /// Writes it if it still says `before`, and says whether it did. It need not be on disk when
    /// this returns: what a process wrote outlives the process, and after a power cut an older
    /// mark is no worse, because the ledger itself was on disk first.
    pub(in crate::ledger) fn swap(
        &self,
        before: &Reached,
        after: &Reached,
    ) -> Result<bool, LedgerError> {
        let write = || -> io::Result<bool> {
            let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
            file.lock()?;
            if parse(&file)?.as_ref() != Some(before) {
                return Ok(false);
            }
            file.rewind()?;
            file.write_all(after.text().as_bytes())?;
            Ok(true)
        };
        match write() {
            // It was taken away meanwhile, which the caller finds when it looks again.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            other => other.map_err(|error| self.failed(&error)),
        }
    }

    fn failed(&self, error: &io::Error) -> LedgerError {
        LedgerError::Mark { path: self.path.display().to_string(), why: error.to_string() }
    }
}

fn parse(mut file: &File) -> io::Result<Option<Reached>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).ok().and_then(|text| toml::from_str(&text).ok()))
}

/// Has a file's name on disk, too.
pub(in crate::ledger) fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
