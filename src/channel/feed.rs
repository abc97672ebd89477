//! Feed: a folder with one JSON-LD document per posting and an Atom feed of them all.
//!
//! `{id}.jsonld` is one entry; `feed.atom` and `index.json` are made anew from all of them after
//! each change. Every file is written beside its place and moved there, so that a reader never
//! sees half of one, and writing the same again changes nothing. Only one process writes at a
//! time: the folder is locked.

use std::ffi::OsStr;
use std::fs::TryLockError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use url::Url;

use super::http::{Exchange, Http};
use super::wire::FeedEntry;
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, SendBy, Sight, Trace, Wire, http,
};
use crate::adapt::atom::atom;
use crate::adapt::{DocumentType, Form, Rendition};

/// The folder is locked while it is written, and nothing is written after the send-by: what is not
/// there then never will be.
const IN_FLIGHT_SECONDS: u32 = 0;

/// All entries as one JSON list.
const INDEX: &str = "index.json";

/// The `[feed]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder to write to; relative paths count from the site's folder.
    pub folder: PathBuf,
    /// Where readers find that folder, if it is served; gives each entry its link.
    pub url: Option<Url>,
    /// The feed's title; default is the site's name.
    pub title: Option<String>,
}

/// One folder of entries.
pub struct Feed {
    config: Config,
    title: String,
    http: Http,
    /// The collections are made from the folder as it is, so only one writer may be at work.
    writing: Mutex<()>,
}

impl Feed {
    /// # Errors
    /// [`BuildError`] if no folder is named.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        if config.folder.as_os_str().is_empty() {
            return Err(BuildError::Setting {
                channel: context.channel,
                key: "feed.folder",
                why: "it is empty; write the folder that your web server shows".to_owned(),
            });
        }
        let title = config.title.clone().unwrap_or(context.site);
        let http = Http::new(context.reach);
        Ok(Self { config, title, http, writing: Mutex::new(()) })
    }

    fn entry(
        &self,
        id: String,
        document: Option<&Rendition>,
        at: DateTime<Utc>,
    ) -> Result<Wire, PrepareError> {
        let document = match document {
            None => None,
            Some(Rendition::Document { body, .. }) => {
                serde_json::from_str::<Value>(body).map_err(|error| {
                    PrepareError::Invalid(format!("the entry is no JSON: {error}"))
                })?;
                Some(body.clone())
            }
            Some(_) => {
                let why = "a feed takes a document, and this is none".to_owned();
                return Err(PrepareError::Invalid(why));
            }
        };
        let folder = self.config.folder.to_string_lossy().into_owned();
        Ok(Wire::Entry(FeedEntry { folder, id, document, at }))
    }

    fn receipt(&self, id: &str) -> Receipt {
        Receipt {
            remote_id: Some(id.to_owned()),
            link: self.link(&file_name(id)),
            ..Receipt::default()
        }
    }

    fn link(&self, file: &str) -> Option<Url> {
        self.config.url.as_ref().map(|base| http::endpoint(base, &format!("/{file}")))
    }
}

#[async_trait]
impl Channel for Feed {
    fn kind(&self) -> Kind {
        Kind::Feed
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Edit::InPlace,
            follow_up: Can::No,
            withdraw: Can::Yes,
            find: Can::Yes,
            // The folder is the channel.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: Some(u64::MAX),
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.config.folder.display().to_string()
    }

    fn form(&self) -> Form {
        Form::Document { media_type: DocumentType::JsonLd }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => {
                self.entry(entry_id(address.reference), Some(rendition), address.at)
            }
            Action::Edit(rendition, receipt) => {
                self.entry(id_of(receipt)?, Some(rendition), address.at)
            }
            Action::Withdraw(receipt) => self.entry(id_of(receipt)?, None, address.at),
            Action::FollowUp(..) => {
                Err(PrepareError::Unable { kind: Kind::Feed, verb: "follow up" })
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let Wire::Entry(entry) = wire else { return super::not_ours(Kind::Feed) };
        if !is_entry_id(&entry.id) {
            return Outcome::Refused { why: format!("`{}` cannot name a file", entry.id) };
        }
        let _turn = self.writing.lock().await;
        let (entry_to_write, title, own) =
            (entry.clone(), self.title.clone(), self.link("feed.atom"));
        let send_by = permit.send_by().clone();
        let written = tokio::task::spawn_blocking(move || {
            write(&entry_to_write, &title, own.as_ref().map(Url::as_str), &send_by)
        })
        .await;
        match written {
            Ok(Ok(())) => Outcome::Posted(self.receipt(&entry.id)),
            Ok(Err(outcome)) => outcome,
            Err(error) => Outcome::Unknown { why: error.to_string() },
        }
    }

    /// By the entry's file, which nobody else's posting has: so every likeness is the same. One
    /// that says something else is not there yet; writing it (again) is harmless.
    async fn find(&self, search: &Search<'_>) -> Trace {
        let Wire::Entry(entry) = search.wire else {
            return Trace::CannotTell { why: "the record is no entry of a feed".to_owned() };
        };
        let (id, document, folder) =
            (entry.id.clone(), entry.document.clone(), PathBuf::from(&entry.folder));
        let looked =
            tokio::task::spawn_blocking(move || is_done(&folder, &id, document.as_deref())).await;
        match looked {
            Ok(Ok(true)) => Trace::Found(self.receipt(&entry.id)),
            Ok(Ok(false)) => Trace::Absent,
            Ok(Err(why)) => Trace::NotYet { why },
            Err(error) => Trace::NotYet { why: error.to_string() },
        }
    }

    fn recognise(&self, link: &Url) -> Option<String> {
        let base = self.config.url.as_ref().filter(|base| base.origin() == link.origin())?;
        let file = link.path().strip_prefix(base.path().trim_end_matches('/'))?;
        let id = file.strip_prefix('/')?.strip_suffix(".jsonld")?;
        is_entry_id(id).then(|| id.to_owned())
    }

    /// Looks at the file, and at the link as a reader would, if the folder is served.
    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let Ok(id) = id_of(receipt) else {
            return Sight::Unseen { why: "the receipt names no entry".to_owned() };
        };
        let body = match expected {
            Some(Rendition::Document { body, .. }) => Some(body),
            Some(_) => return Sight::Unseen { why: "what was sent is no entry".to_owned() },
            None => None,
        };
        let agrees = |found: &str| body.is_none_or(|body| says_the_same(found, body));
        match stands(&self.config.folder, &id).await {
            Err(why) => return Sight::Unseen { why },
            Ok(None) => return Sight::Gone,
            Ok(Some(document)) if !agrees(&document) => {
                return Sight::Differs { found: document };
            }
            Ok(Some(_)) => {}
        }
        let Some(link) = &receipt.link else { return Sight::Agrees };
        match self.http.fetch(link).await {
            Exchange::Answer(answer) if answer.is_success() && agrees(&answer.body) => {
                Sight::Agrees
            }
            Exchange::Answer(answer) if answer.is_success() => {
                Sight::Differs { found: answer.body }
            }
            Exchange::Answer(answer) => Sight::Unseen {
                why: format!("the file is written, but {link} answers HTTP {}", answer.status),
            },
            Exchange::NoAnswer(outcome) => Sight::Unseen {
                why: format!("the file is written, but {link} cannot be read: {}", outcome.why()),
            },
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        let folder = self.config.folder.clone();
        let probed = tokio::task::spawn_blocking(move || {
            replace(&folder.join(".handbill-probe"), b"")
                .and_then(|()| std::fs::remove_file(folder.join(".handbill-probe")))
                .map_err(|error| format!("cannot write in {}: {error}", folder.display()))
        });
        probed.await.map_err(|error| error.to_string())??;
        Ok(Probe { identity: self.config.folder.display().to_string(), expires: None })
    }
}

/// The name of an entry: the posting's id, made fit for a file and an address. An id that has to
/// be changed for that gets a piece of its hash, so that no two become one.
fn entry_id(reference: &str) -> String {
    if is_entry_id(reference) {
        return reference.to_owned();
    }
    let fit: String = reference
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || it == '_' { it } else { '-' })
        .take(100)
        .collect();
    let hash: String =
        Sha256::digest(reference).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", fit.trim_matches('-')).trim_start_matches('-').to_owned()
}

fn is_entry_id(id: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !id.is_empty() && id.len() <= 120 && id.bytes().all(fit) && !id.starts_with(['.', '-'])
}

fn file_name(id: &str) -> String {
    format!("{id}.jsonld")
}

fn id_of(receipt: &Receipt) -> Result<String, PrepareError> {
    let id = receipt.remote_id.clone().ok_or(PrepareError::NoReceipt { what: "entry id" })?;
    if is_entry_id(&id) {
        Ok(id)
    } else {
        Err(PrepareError::Invalid(format!("`{id}` is no id of an entry")))
    }
}

/// Whether two documents say the same, however they are laid out.
fn says_the_same(one: &str, other: &str) -> bool {
    match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The document that stands in the folder, if any.
async fn stands(folder: &Path, id: &str) -> Result<Option<String>, String> {
    let path = folder.join(file_name(id));
    match tokio::fs::read_to_string(&path).await {
        Ok(document) => Ok(Some(document)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Whether the entry stands as it should, and the collections were made after that.
fn is_done(folder: &Path, id: &str, document: Option<&str>) -> Result<bool, String> {
    let read = |path: PathBuf| match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    };
    if read(folder.join(file_name(id)))?.as_deref() != document {
        return Ok(false);
    }
    // The index is the last file that is written.
    match read(folder.join(INDEX))? {
        Some(index) => Ok(index == index_of(&entries(folder)?)?),
        None => Ok(false),
    }
}

/// Writes the entry or leaves it out, and makes the collections anew.
///
/// Until the entry is moved to its place nothing is there ([`Outcome::Deferred`]); from then on it
/// is, but not in the collections yet ([`Outcome::Unknown`]).
fn write(
    entry: &FeedEntry,
    title: &str,
    own_link: Option<&str>,
    send_by: &SendBy,
) -> Result<(), Outcome> {
    let folder = Path::new(&entry.folder);
    let deferred = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| Outcome::Deferred {
            why: format!("cannot write {path}: {error}"),
            after: None,
        }
    };
    std::fs::create_dir_all(folder).map_err(deferred(folder))?;
    let lock = std::fs::File::open(folder).map_err(deferred(folder))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Outcome::Deferred {
            why: format!("another process is writing in {}", folder.display()),
            after: None,
        },
        TryLockError::Error(error) => deferred(folder)(error),
    })?;
    // What stands in the way of the collections keeps the entry out too.
    entries(folder).map_err(|why| Outcome::Deferred { why, after: None })?;

    let path = folder.join(file_name(&entry.id));
    match &entry.document {
        Some(document) => {
            let beside = write_beside(&path, document.as_bytes()).map_err(deferred(&path))?;
            if let Err(outcome) = send_by.check() {
                std::fs::remove_file(&beside).map_err(deferred(&beside))?;
                return Err(outcome);
            }
            std::fs::rename(&beside, &path).map_err(deferred(&path))?;
        }
        None => {
            send_by.check()?;
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(deferred(&path)(error));
                }
                _ => {}
            }
        }
    }
    let made = collections(folder, title, own_link, entry.at);
    made.map_err(|why| Outcome::Unknown { why: format!("the entry is done, but {why}") })
}

/// Makes the feed and the index from the folder as it is.
fn collections(
    folder: &Path,
    title: &str,
    own_link: Option<&str>,
    at: DateTime<Utc>,
) -> Result<(), String> {
    sync_folder(folder).map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    let entries = entries(folder)?;
    let updated = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let feed = atom(&entries, title, own_link, &updated)
        .map_err(|error| format!("the Atom feed could not be made: {error}"))?;
    for (name, text) in [("feed.atom", feed), (INDEX, index_of(&entries)?)] {
        let path = folder.join(name);
        replace(&path, text.as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

fn index_of(entries: &[Value]) -> Result<String, String> {
    serde_json::to_string_pretty(entries).map_err(|error| error.to_string())
}

/// All entries of the folder, the newest first.
fn entries(folder: &Path) -> Result<Vec<Value>, String> {
    let unreadable = |path: &Path, why: String| format!("cannot read {}: {why}", path.display());
    let listing = std::fs::read_dir(folder).map_err(|it| unreadable(folder, it.to_string()))?;
    let mut entries = Vec::new();
    for file in listing {
        let path = file.map_err(|error| unreadable(folder, error.to_string()))?.path();
        if path.extension() != Some(OsStr::new("jsonld")) {
            continue;
        }
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| unreadable(&path, error.to_string()))?;
        let entry: Value =
            serde_json::from_str(&text).map_err(|error| unreadable(&path, error.to_string()))?;
        entries.push((entry["datePosted"].as_str().unwrap_or_default().to_owned(), path, entry));
    }
    entries.sort_by(|(a, name_a, _), (b, name_b, _)| b.cmp(a).then_with(|| name_a.cmp(name_b)));
    Ok(entries.into_iter().map(|(_, _, entry)| entry).collect())
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
