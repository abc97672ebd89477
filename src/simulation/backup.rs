//! Copies of the ledger's files, made while nobody writes: backups that are put back, and what a
//! power cut leaves of a ledger that does not wait for the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The ledger and its write-ahead log. The mark beside it is not in a backup.
const FILES: [&str; 2] = ["ledger.db", "ledger.db-wal"];
/// What a power cut takes too.
const MARK: &str = "ledger.db.generation";
const EXPORT: &str = "ledger.jsonl";
const INDEX: &str = "ledger.db-shm";

/// The copies of one folder.
#[derive(Debug)]
pub struct Copies {
    folder: PathBuf,
}

impl Copies {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// # Errors
    /// If a file cannot be copied.
    pub fn keep_backup(&self) -> io::Result<()> {
        self.keep("backup", &FILES)
    }

    pub fn has_backup(&self) -> bool {
        self.folder.join("backup").exists()
    }

    /// # Errors
    /// If a file cannot be copied.
    pub fn restore(&self) -> io::Result<()> {
        self.put_back("backup", &FILES)
    }

    /// # Errors
    /// If a file cannot be copied.
    pub fn keep_for_power_cut(&self) -> io::Result<()> {
        self.keep("before", &[FILES[0], FILES[1], MARK])
    }

    /// # Errors
    /// If a file cannot be copied.
    pub fn cut_power(&self) -> io::Result<()> {
        self.put_back("before", &[FILES[0], FILES[1], MARK])
    }

    /// Keeps an export as the backup of a ledger that is in no file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_export(&self, text: &str) -> io::Result<()> {
        let place = self.folder.join("backup");
        fs::create_dir_all(&place)?;
        fs::write(place.join(EXPORT), text)
    }

    /// # Errors
    /// If it cannot be read.
    pub fn export(&self) -> io::Result<String> {
        fs::read_to_string(self.folder.join("backup").join(EXPORT))
    }

    fn keep(&self, name: &str, files: &[&str]) -> io::Result<()> {
        let place = self.folder.join(name);
        drop(fs::remove_dir_all(&place));
        fs::create_dir_all(&place)?;
        for file in files {
            let from = self.folder.join(file);
            if from.exists() {
                fs::copy(from, place.join(file))?;
            }
        }
        Ok(())
    }

    fn put_back(&self, name: &str, files: &[&str]) -> io::Result<()> {
        let place = self.folder.join(name);
        drop(fs::remove_file(self.folder.join(INDEX)));
        for file in files {
            let (kept, here) = (place.join(file), self.folder.join(file));
            drop(fs::remove_file(&here));
            if kept.exists() {
                fs::copy(kept, here)?;
            }
        }
        Ok(())
    }
}
