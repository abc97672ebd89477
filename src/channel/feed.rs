//! Feed: a folder with one JSON-LD document per posting and an Atom feed of them all.

//!
//! `{id}.jsonld` is one entry; `feed.atom` and `index.json` are made anew from all of them after
//! each change. Every file is written beside its place and moved there, so that a reader never
//! sees half of one, and writing the same again changes nothing.

use std::ffi::OsStr;
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
    Abilities, Action, Address, BuildError, Can, Channel, Context, Kind, Outcome, Permit,
    PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, http,
};
use crate::adapt::atom::atom;
use crate::adapt::{DocumentType, Form, Rendition};

/// Files are written by this process: what it did not write, it never will.
const IN_FLIGHT_SECONDS: u32 = 0;

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
        Receipt { remote_id: Some(id.to_owned()), link: self.link(&file_name(id)) }
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
            edit: Can::Yes,
            follow_up: Can::No,
            withdraw: Can::Yes,
            find: Can::Yes,
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: Some(u64::MAX),
        }
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
        if let Err(outcome) = permit.send_by().check() {
            return outcome;
        }
        if !is_entry_id(&entry.id) {
            return Outcome::Refused { why: format!("`{}` cannot name a file", entry.id) };
        }
        let _turn = self.writing.lock().await;
        let (entry_to_write, title, own) =
            (entry.clone(), self.title.clone(), self.link("feed.atom"));
        let written = tokio::task::spawn_blocking(move || {
            write(&entry_to_write, &title, own.as_ref().map(Url::as_str))
        })
        .await;
        match written {
            Ok(Ok(())) => Outcome::Posted(self.receipt(&entry.id)),
            Ok(Err(why)) => Outcome::Deferred { why, after: None },
            Err(error) => Outcome::Deferred { why: error.to_string(), after: None },
        }
    }

    async fn find(&self, search: &Search<'_>) -> Trace {
        let wire = search.wire;
        let Wire::Entry(entry) = wire else {
            return Trace::CannotTell { why: "the record is no entry of a feed".to_owned() };
        };
        match stands(Path::new(&entry.folder), &entry.id).await {
            Ok(document) if document == entry.document => Trace::Found(self.receipt(&entry.id)),
            Ok(_) => Trace::Absent,
            Err(why) => Trace::NotYet { why },
        }
    }

    /// Looks at the file, and at the link as a reader would, if the folder is served.
    async fn verify(&self, receipt: &Receipt, expected: &Rendition) -> Sight {
        let (Ok(id), Rendition::Document { body, .. }) = (id_of(receipt), expected) else {
            return Sight::Unseen { why: "the receipt names no entry".to_owned() };
        };
        match stands(&self.config.folder, &id).await {
            Err(why) => return Sight::Unseen { why },
            Ok(None) => return Sight::Gone,
            Ok(Some(document)) if !says_the_same(&document, body) => {
                return Sight::Differs { found: document };
            }
            Ok(Some(_)) => {}
        }
        let Some(link) = &receipt.link else { return Sight::Agrees };
        match self.http.fetch(link).await {
            Exchange::Answer(answer)
                if answer.is_success() && says_the_same(&answer.body, body) =>
            {
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

fn write(entry: &FeedEntry, title: &str, own_link: Option<&str>) -> Result<(), String> {
    let folder = Path::new(&entry.folder);
    let at = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| format!("cannot write {path}: {error}")
    };
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    let path = folder.join(file_name(&entry.id));
    match &entry.document {
        Some(document) => replace(&path, document.as_bytes()).map_err(at(&path))?,
        None => match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&path)(error)),
            _ => sync_folder(folder).map_err(at(folder))?,
        },
    }
    let entries = entries(folder)?;
    let updated = entry.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let feed = atom(&entries, title, own_link, &updated)
        .map_err(|error| format!("the Atom feed could not be made: {error}"))?;
    let index = serde_json::to_string_pretty(&entries).map_err(|error| error.to_string())?;
    for (name, text) in [("feed.atom", feed), ("index.json", index)] {
        let path = folder.join(name);
        replace(&path, text.as_bytes()).map_err(at(&path))?;
    }
    Ok(())
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
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// A rename is durable only once its folder is on the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}
