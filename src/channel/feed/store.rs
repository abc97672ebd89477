//! What a feed remembers, and the files that it writes.
//!
//! `entries.json` in the feed's own folder holds the entries that were given out, and is written
//! last, whole. The folder that others read holds only what can be made anew from it: where a
//! website's build has swept it, the next change brings all of it back.

use std::collections::BTreeMap;
use std::fs::TryLockError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::format::Format;
use super::list::{About, Entry, File};
use super::{first_release, valid};
use crate::channel::{Outcome, SendBy};

const MEMORY: &str = "entries.json";

/// A longer list is not read back before it is written over, in bytes: the HTTP client reads no more.
const LONGEST_COMPARED: usize = 4 * 1024 * 1024;

/// What was given out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    /// By id.
    entries: Vec<Entry>,
    /// When the list was made.
    made_at: DateTime<Utc>,
    /// What may stand on the server, by file: the SHA-256 of what was carried there, and of what
    /// attempts have tried to carry since.
    #[serde(default)]
    on_server: BTreeMap<String, Vec<String>>,
}

/// The memory of a feed, locked: nobody else writes the feed meanwhile.
pub struct Store {
    memory: Memory,
    known: Known,
    state: PathBuf,
    folder: PathBuf,
    about: About,
    lock: std::fs::File,
}

/// Whether there is a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Remembered,
    Nothing,
}

/// What is done to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Put(Entry),
    LeaveOut(String),
}

/// A list that is made and not given out yet.
pub struct Made {
    store: Store,
    before: Vec<File>,
    pub(super) files: Vec<File>,
    change: Adds,
}

/// Whether a list says something new, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adds {
    Something,
    Nothing,
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing it is not enough while a program that is just being started has it open as well.
        let _ = self.lock.unlock();
    }
}

impl Store {
    /// # Errors
    /// [`Outcome::Deferred`] if somebody else is writing or the memory cannot be read just now,
    /// [`Outcome::Blocked`] if it is broken.
    pub fn open(state: &Path, folder: &Path, about: About) -> Result<Self, Outcome> {
        std::fs::create_dir_all(state).map_err(deferred(state))?;
        let lock = std::fs::File::open(state).map_err(deferred(state))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Outcome::Deferred {
                why: format!("another process is writing in {}", state.display()),
                after: None,
            },
            TryLockError::Error(error) => deferred(state)(error),
        })?;
        let path = state.join(MEMORY);
        let (memory, known) = match std::fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str(&text) {
                Ok(memory) => (memory, Known::Remembered),
                Err(error) => {
                    let why = format!(
                        "{} cannot be read ({error}), so nobody knows what the feed holds: put it \
                         back from a backup, or delete it and the feed, and announce its ads anew",
                        path.display()
                    );
                    return Err(Outcome::Blocked { why });
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match taken_over(about.format, folder, &path).map_err(deferred(&path))? {
                    Some(memory) => (memory, Known::Remembered),
                    None => (Memory::default(), Known::Nothing),
                }
            }
            Err(error) => return Err(deferred(&path)(error)),
        };
        let (state, folder) = (state.to_owned(), folder.to_owned());
        Ok(Self { memory, known, state, folder, about, lock })
    }

    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.memory.entries.iter().find(|entry| entry.id == id)
    }

    pub fn document(&self, id: &str) -> Option<&str> {
        self.entry(id).map(|entry| entry.document.as_str())
    }

    /// What a file of the feed says now.
    ///
    /// # Errors
    /// In words, if it cannot be read.
    pub fn file(&self, name: &str) -> Result<Option<String>, String> {
        read(&self.folder.join(name))
    }

    /// What it should say.
    pub fn expected(&self, name: &str) -> Option<String> {
        let files = self.files().ok()?;
        files.into_iter().find(|file| file.name == name).map(|file| file.text)
    }

    fn files(&self) -> Result<Vec<File>, String> {
        match self.known {
            Known::Remembered => self.about.files(&self.memory.entries, self.memory.made_at),
            Known::Nothing => Ok(Vec::new()),
        }
    }

    /// Writes what the folder should hold, where it holds something else: an attempt broke off, and
    /// is tried anew or not at all.
    ///
    /// # Errors
    /// In words, if that fails.
    pub fn put_right(&self) -> Result<(), String> {
        for file in self.files()? {
            let path = self.folder.join(&file.name);
            if read(&path)?.as_ref() != Some(&file.text) {
                std::fs::create_dir_all(&self.folder)
                    .and_then(|()| replace(&path, file.text.as_bytes()))
                    .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The list with a change.
    ///
    /// # Errors
    /// [`Outcome::Blocked`] if a list stands that nobody remembers: with this change it would shrink
    /// to one entry, and no page says why.
    pub fn with(mut self, change: Change, made_at: DateTime<Utc>) -> Result<Made, Outcome> {
        let refused = |why| Outcome::Refused { why };
        std::fs::create_dir_all(&self.folder).map_err(deferred(&self.folder))?;
        if self.known == Known::Nothing {
            self.forgotten()?;
        }
        let before = self.files().map_err(refused)?;
        let (id, adds) = match &change {
            Change::Put(entry) => (entry.id.clone(), Adds::Something),
            Change::LeaveOut(id) => (id.clone(), Adds::Nothing),
        };
        self.memory.entries.retain(|entry| entry.id != id);
        if let Change::Put(entry) = change {
            self.memory.entries.push(entry);
            self.memory.entries.sort_by(|one, other| one.id.cmp(&other.id));
        }
        self.memory.made_at = made_at;
        self.known = Known::Remembered;
        let files = self.files().map_err(refused)?;
        Ok(Made { store: self, before, files, change: adds })
    }

    /// Nothing is remembered: then nothing may stand there either.
    fn forgotten(&self) -> Result<(), Outcome> {
        let Some(list) = self.about.format.list() else { return Ok(()) };
        let path = self.folder.join(list);
        let stands = read(&path).map_err(|why| Outcome::Deferred { why, after: None })?;
        let number = stands.map_or(0, |text| valid::number_of_entries(self.about.format, &text));
        if number == 0 {
            return Ok(());
        }
        Err(Outcome::Blocked {
            why: format!(
                "{} holds {number} ads, and {} is gone, which remembers them: the list would lose \
                 them, and no page says why. Put the memory back from a backup; or delete the list, \
                 if they may go, then `handbill resume`",
                path.display(),
                self.state.join(MEMORY).display()
            ),
        })
    }
}

impl Made {
    /// Whether the list is what its format wants, by our own look and by a schema.
    ///
    /// # Errors
    /// [`Outcome::Refused`] with what is wrong; the last good list stays. [`Outcome::Blocked`] if
    /// there is no `xmllint` to look with.
    pub fn look_at(&mut self, schema: Option<&Path>) -> Result<(), Outcome> {
        let format = self.store.about.format;
        for file in &self.files {
            valid::file(format, file).map_err(|why| Outcome::Refused {
                why: format!("the list would not be right with it, so it stays as it was: {why}"),
            })?;
        }
        // A list that says less was right before; and one that is empty is right in no schema.
        if let (Some(schema), Some(list), Adds::Something) =
            (schema, self.files.last(), self.change)
        {
            let beside = self.store.state.join(".looked-at.xml");
            std::fs::write(&beside, &list.text).map_err(deferred(&beside))?;
            let looked = valid::by_schema(&beside, schema);
            std::fs::remove_file(&beside).map_err(deferred(&beside))?;
            looked?;
        }
        Ok(())
    }

    /// The files that say something else than before, or are new.
    pub fn changed(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| !self.before.contains(file))
    }

    /// The names of files that are no part of the list any more.
    pub fn dropped(&self) -> impl Iterator<Item = &str> {
        let stays = |name: &str| self.files.iter().any(|file| file.name == name);
        self.before.iter().map(|file| file.name.as_str()).filter(move |name| !stays(name))
    }

    /// Whether what stands on the server may be written over: it is ours, or nothing is known of what
    /// was ours there.
    pub fn may_replace(&self, name: &str, there: &str) -> bool {
        let known = self.store.memory.on_server.get(name);
        known.is_none_or(|known| known.contains(&hash_of(there)))
    }

    /// Whether it is known what stands on the server under a name, short enough to be read there.
    pub fn can_be_compared(&self, name: &str) -> bool {
        let is_short = |file: &File| file.name != name || file.text.len() < LONGEST_COMPARED;
        self.store.memory.on_server.contains_key(name) && self.before.iter().all(is_short)
    }

    /// Notes on the disk that a file is about to be carried to the server.
    ///
    /// # Errors
    /// If the memory cannot be written.
    pub fn will_carry(&self, file: &File) -> io::Result<()> {
        self.note(|on_server| {
            if let Some(known) = on_server.get_mut(&file.name) {
                known.push(hash_of(&file.text));
            }
        })
    }

    /// It is there, or gone.
    pub fn carried(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.store.memory.on_server.insert(name.to_owned(), vec![hash_of(text)]),
            None => self.store.memory.on_server.remove(name),
        };
    }

    /// Whatever stands on the server under this name may be written over: a person was asked to look.
    ///
    /// # Errors
    /// If the memory cannot be written.
    pub fn forget(&self, name: &str) -> io::Result<()> {
        self.note(|on_server| drop(on_server.remove(name)))
    }

    /// Changes what is known of the server, and nothing else; the entries are remembered once their
    /// list stands. Where nothing is remembered yet, nothing is known.
    fn note(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<String>>)) -> io::Result<()> {
        let path = self.store.state.join(MEMORY);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            text => text?,
        };
        let mut memory: Memory = serde_json::from_str(&text)?;
        change(&mut memory.on_server);
        replace(&path, serde_json::to_string_pretty(&memory)?.as_bytes())
    }

    /// The folder in which files can be laid ready to be sent.
    pub fn outbox(&self) -> PathBuf {
        self.store.state.join("outbox")
    }

    /// Writes the files to their places, and remembers the entries. `send_by` is looked at before the
    /// first of them is moved there; what a server has already is written whatever the time is.
    ///
    /// # Errors
    /// [`Outcome::Deferred`] while nothing is changed yet, then [`Outcome::Unknown`].
    pub fn write(self, send_by: Option<&SendBy>) -> Result<(), Outcome> {
        let folder = &self.store.folder;
        std::fs::create_dir_all(folder).map_err(deferred(folder))?;
        let mut written = Vec::new();
        for file in &self.files {
            let path = folder.join(&file.name);
            if read(&path).is_ok_and(|stands| stands.as_ref() == Some(&file.text)) {
                continue;
            }
            written
                .push((write_beside(&path, file.text.as_bytes()).map_err(deferred(&path))?, path));
        }
        let state = self.store.state.join(MEMORY);
        let memory = serde_json::to_string_pretty(&self.store.memory);
        let memory = memory.map_err(|error| deferred(&state)(error.into()))?;
        let memory = write_beside(&state, memory.as_bytes()).map_err(deferred(&state))?;
        if let Err(outcome) = send_by.map_or(Ok(()), SendBy::check) {
            for beside in written.iter().map(|(beside, _)| beside).chain([&memory]) {
                std::fs::remove_file(beside).map_err(deferred(beside))?;
            }
            return Err(outcome);
        }
        let unknown = |error: io::Error| Outcome::Unknown {
            why: format!("the list is written in part: {error}"),
        };
        for (beside, path) in &written {
            std::fs::rename(beside, path).map_err(unknown)?;
        }
        for name in self.dropped() {
            match std::fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unknown(error));
                }
                _ => {}
            }
        }
        sync_folder(folder).map_err(unknown)?;
        std::fs::rename(memory, &state).map_err(unknown)?;
        sync_folder(&self.store.state).map_err(unknown)
    }
}

/// The memory of a feed that the first release wrote, kept at once: the next list may be written in
/// part, and nobody could read this one out of it then.
fn taken_over(format: Format, folder: &Path, path: &Path) -> io::Result<Option<Memory>> {
    let Some((entries, made_at)) = first_release::entries(format, folder)? else {
        return Ok(None);
    };
    let memory = Memory { entries, made_at, on_server: BTreeMap::new() };
    replace(path, &serde_json::to_vec_pretty(&memory)?)?;
    Ok(Some(memory))
}

/// SHA-256 in hexadecimal.
fn hash_of(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

fn deferred(path: &Path) -> impl Fn(io::Error) -> Outcome + use<> {
    let path = path.display().to_string();
    move |error| Outcome::Deferred { why: format!("cannot write {path}: {error}"), after: None }
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Puts a file in its place whole: written beside it, flushed to the disk, then moved.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::rename(write_beside(path, bytes)?, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(beside)
}

/// A rename is durable only once its folder is on the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}
