//! Feed: a list of all ads that others fetch, complete each time it is written.
//!
//! `format` says what a list of a kind is made of, `list` makes it, `shape` and `valid` look at it
//! before it takes the place of the last good one, `store` remembers the entries and writes files,
//! `push` carries them to where they are fetched, `lookup` finds the page that a board makes of an
//! entry. The order is: made, looked at, pushed, written
//! here, remembered; so what is remembered was really given out. Writing the same again changes
//! nothing, and only one process writes at a time.

mod first_release;
pub mod format;
pub mod list;
pub mod lookup;
pub mod push;
mod shape;
pub mod store;
pub mod valid;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::http::{Exchange, Http};
use super::known::Known;
use super::secret::SecretRef;
use super::wire::FeedEntry;
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, words,
};
use crate::adapt::{Form, Rendition};
use format::Format;
use list::{About, Entry};
use lookup::Lookup;
use push::{Pusher, Sftp, WebDav};
use store::{Change, Store};

/// The folder is locked while it is written, and nothing is written after the send-by: what is not
/// there then never will be.
const IN_FLIGHT_SECONDS: u32 = 0;
/// Where it goes to a server: how long a request may take that was begun in time.
const IN_FLIGHT_SECONDS_PUSHED: u32 = 120;
/// A person is asked about an ad whose page was not found for two weeks.
const PATIENCE_SECONDS: u64 = 14 * 24 * 60 * 60;

/// The `[feed]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder to write to; relative paths count from the site's folder. Without it the list
    /// lies beside the ledger, where `handbill serve` shows it.
    #[serde(default)]
    pub folder: PathBuf,
    /// Where readers find that folder, if it is served; gives each entry its link.
    pub url: Option<Url>,
    /// The feed's title; default is the site's name.
    pub title: Option<String>,
    #[serde(default)]
    pub format: Format,
    /// How sure it is that who fetches the list wants it as it is written.
    pub known: Option<Known>,
    /// Where that was learnt: the address of their documentation.
    pub docs: Option<String>,
    /// The website that the feed is of; default is the site's.
    pub home: Option<Url>,
    /// An XML schema that a list has to keep to before it goes out; needs `xmllint`.
    pub validate: Option<PathBuf>,
    /// EURAXESS's key of the organisation: `organisationIDKey`.
    pub organisation_key: Option<String>,
    /// EURAXESS's key of who delivers the list: `datasourceKey`.
    pub datasource_key: Option<String>,
    /// Where the page that EURAXESS makes of an ad is looked up. With it an ad is live only once
    /// that page is there.
    pub lookup: Option<Lookup>,
    pub webdav: Option<WebDav>,
    pub sftp: Option<Sftp>,
    /// Where the feed remembers its entries; the site says it.
    #[serde(skip)]
    pub state: PathBuf,
}

impl Config {
    /// Fills in what the site knows: paths count from its folder.
    pub fn complete(&mut self, site: &Path, home: &Url) {
        if !self.folder.as_os_str().is_empty() {
            self.folder = site.join(&self.folder);
        }
        let of_sftp = self.sftp.iter_mut();
        let of_sftp = of_sftp.flat_map(|it| it.identity.iter_mut().chain(&mut it.known_hosts));
        for path in self.validate.iter_mut().chain(of_sftp) {
            *path = site.join(&*path);
        }
        self.home.get_or_insert_with(|| home.clone());
    }

    /// Says where it remembers its entries. Without a folder of its own the list lies there too.
    pub fn remember_in(&mut self, folder: PathBuf) {
        if self.folder.as_os_str().is_empty() {
            self.folder = folder.join("public");
        }
        self.state = folder;
    }

    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let password = self.webdav.as_mut().and_then(|webdav| webdav.password.as_mut());
        password.map(|password| ("password", password)).into_iter().collect()
    }
}

/// One list.
pub struct Feed {
    config: Config,
    about: About,
    pusher: Option<Pusher>,
    http: Http,
    /// A list is made of all that is remembered, so only one writer may be at work.
    writing: Mutex<()>,
}

impl Feed {
    /// # Errors
    /// [`BuildError`] if no folder is named, a key is missing that the format cannot do without, or
    /// the list should go to two servers.
    pub fn new(mut config: Config, context: Context) -> Result<Self, BuildError> {
        let wrong = |key, why: &str| BuildError::Setting {
            channel: context.channel.clone(),
            key,
            why: why.to_owned(),
        };
        if config.folder.as_os_str().is_empty() {
            let why = "it is empty; write the folder that your web server shows";
            return Err(wrong("feed.folder", why));
        }
        if config.format == Format::Euraxess
            && config.organisation_key.as_ref().is_none_or(|key| key.trim().is_empty())
        {
            let why = "EURAXESS takes no list without the key that it gives to an organisation; \
                       ask its helpdesk or your national contact for one";
            return Err(wrong("feed.organisation_key", why));
        }
        if config.lookup.is_some() && config.format != Format::Euraxess {
            let why = "only the pages of EURAXESS are looked up; take the table away";
            return Err(wrong("feed.lookup", why));
        }
        if config.state.as_os_str().is_empty() {
            config.state = config.folder.join(".handbill");
        }
        let pusher = match (&config.webdav, &config.sftp) {
            (Some(_), Some(_)) => {
                let why = "a list goes to one server; make a second channel for the other";
                return Err(wrong("feed.sftp", why));
            }
            (Some(webdav), None) => Some(Pusher::webdav(webdav.clone(), context.reach)),
            (None, Some(sftp)) => Some(Pusher::sftp(sftp.clone(), context.reach)),
            (None, None) => None,
        };
        let about = About {
            format: config.format,
            title: config.title.clone().unwrap_or(context.site),
            home: config.home.clone(),
            url: config.url.clone(),
            organisation_key: config.organisation_key.clone(),
            datasource_key: config.datasource_key.clone(),
        };
        let http = Http::new(context.reach);
        Ok(Self { config, about, pusher, http, writing: Mutex::new(()) })
    }

    fn entry(
        &self,
        id: String,
        rendition: Option<&Rendition>,
        at: DateTime<Utc>,
    ) -> Result<Wire, PrepareError> {
        let document = match rendition {
            None => None,
            Some(Rendition::Document { body, .. }) => {
                let document = self.about.completed(body, at);
                valid::entry(self.config.format, &document).map_err(PrepareError::Invalid)?;
                Some(document)
            }
            Some(_) => {
                let why = "a feed takes a document, and this is none".to_owned();
                return Err(PrepareError::Invalid(why));
            }
        };
        let folder = self.config.folder.to_string_lossy().into_owned();
        let file = self.about.file_of(&id, document.as_deref().unwrap_or_default());
        Ok(Wire::Entry(FeedEntry { folder, file, id, document, at }))
    }

    fn receipt(&self, entry: &FeedEntry) -> Receipt {
        Receipt {
            remote_id: Some(entry.id.clone()),
            link: self.about.link(&entry.file),
            ..Receipt::default()
        }
    }

    /// Whether the page that a board has made of an entry is still there, with the title of what was
    /// sent.
    async fn shown(&self, link: &Url, entry: &str) -> Sight {
        match self.http.fetch(link).await {
            Exchange::Answer(answer) if matches!(answer.status, 404 | 410) => Sight::Gone,
            Exchange::Answer(answer) if !answer.is_success() => {
                Sight::Unseen { why: answer.summary() }
            }
            Exchange::Answer(answer) if lookup::shows(&answer.body, entry) => Sight::Agrees,
            Exchange::Answer(answer) => Sight::Differs { found: words::excerpt(&answer.body) },
            Exchange::NoAnswer(outcome) => Sight::Unseen { why: outcome.why().to_owned() },
        }
    }

    /// The file that shows an entry, if it says what it should; or what is seen instead.
    async fn remembered(&self, id: &str, expected: Option<&str>) -> Result<String, Sight> {
        let _turn = self.writing.lock().await;
        let unseen = |why: &str| Sight::Unseen { why: why.to_owned() };
        let store = self.store().map_err(|outcome| unseen(outcome.why()))?;
        let entry = store.entry(id).ok_or(Sight::Gone)?;
        let says_it = |body| self.about.completed(body, entry.changed_at) == entry.document;
        if !expected.is_none_or(says_it) {
            return Err(Sight::Differs { found: entry.document.clone() });
        }
        let file = self.about.file_of(id, &entry.document);
        let own = store.file(&file).map_err(|why| unseen(&why))?.ok_or(Sight::Gone)?;
        match store.expected(&file) {
            Some(expected) if expected != own => Err(Sight::Differs { found: own }),
            _ => Ok(own),
        }
    }

    /// An entry that is in the list: where the board shows it, if that is looked up.
    async fn page_of(&self, entry: &FeedEntry, standing: Option<&str>) -> Trace {
        let receipt = self.receipt(entry);
        let (Some(lookup), Some(document)) = (&self.config.lookup, standing) else {
            return Trace::Found(receipt);
        };
        match lookup.page_of(document, &self.http).await {
            Ok(link) => Trace::Found(Receipt { link: Some(link), ..receipt }),
            Err(why) => {
                let why = format!("it is in the list, and its page is not known: {why}");
                Trace::Held { receipt, why }
            }
        }
    }

    /// The memory, locked.
    fn store(&self) -> Result<Store, Outcome> {
        Store::open(&self.config.state, &self.config.folder, self.about.clone())
    }

    /// Makes the list with this change, looks at it, carries it away and writes it.
    async fn carry_out(&self, entry: &FeedEntry, permit: &Permit<'_>) -> Result<(), Outcome> {
        let (store, wanted) = (self.store()?, entry.clone());
        let schema = self.config.validate.clone();
        let made = tokio::task::spawn_blocking(move || {
            let change = match wanted.document {
                Some(document) => {
                    Change::Put(Entry { id: wanted.id, document, changed_at: wanted.at })
                }
                None => Change::LeaveOut(wanted.id),
            };
            let mut made = store.with(change, wanted.at)?;
            made.look_at(schema.as_deref())?;
            Ok::<_, Outcome>(made)
        });
        let mut made = match made.await {
            Ok(made) => made?,
            Err(error) => return Err(nothing_done(&error.to_string())),
        };
        if let Some(pusher) = &self.pusher {
            pusher.push(&mut made, permit).await?;
        }
        let send_by = self.pusher.is_none().then(|| permit.send_by().clone());
        let written = tokio::task::spawn_blocking(move || made.write(send_by.as_ref()));
        match written.await {
            Ok(written) => written,
            Err(error) => Err(Outcome::Unknown { why: error.to_string() }),
        }
    }
}

fn nothing_done(why: &str) -> Outcome {
    Outcome::Deferred { why: why.to_owned(), after: None }
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
            // What is remembered was given out, and what was not is given out once more.
            proves_absence: Can::Yes,
            in_flight_seconds: match self.pusher {
                Some(_) => IN_FLIGHT_SECONDS_PUSHED,
                None => IN_FLIGHT_SECONDS,
            },
            repeat_safe_seconds: Some(u64::MAX),
            arrival: match self.config.lookup {
                Some(_) => Arrival::Later { give_up_after_seconds: PATIENCE_SECONDS },
                None => Arrival::AtOnce,
            },
        }
    }

    /// Lists of several formats may lie in one folder.
    fn place(&self) -> String {
        let list = self.config.format.list().unwrap_or("hugo");
        self.config.folder.join(list).display().to_string()
    }

    fn form(&self) -> Form {
        Form::Document { media_type: self.config.format.document() }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => {
                self.entry(list::entry_id(address.reference), Some(rendition), address.at)
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
        if !list::is_entry_id(&entry.id) {
            return Outcome::Refused { why: format!("`{}` cannot name a file", entry.id) };
        }
        let _turn = self.writing.lock().await;
        match self.carry_out(entry, permit).await {
            Ok(()) => Outcome::Posted(self.receipt(entry)),
            Err(outcome) => outcome,
        }
    }

    /// By what is remembered, which nobody else's posting has: so every likeness is the same. An
    /// entry that says something else is not there yet; writing it (again) is harmless. What an
    /// attempt that broke off has left in the folder is put right.
    async fn find(&self, search: &Search<'_>) -> Trace {
        let Wire::Entry(entry) = search.wire else {
            return Trace::CannotTell { why: "the record is no entry of a feed".to_owned() };
        };
        let turn = self.writing.lock().await;
        let store = match self.store() {
            Ok(store) => store,
            Err(outcome) => return Trace::NotYet { why: outcome.why().to_owned() },
        };
        let (id, document, at) = (entry.id.clone(), entry.document.clone(), entry.at);
        let looks_up = self.config.lookup.is_some();
        let looked = tokio::task::spawn_blocking(move || {
            store.put_right()?;
            let standing = store.entry(&id);
            let is_newer = |it: &Entry| it.changed_at > at;
            // The page of an ad is looked for after its words have changed, too.
            let is_there = store.document(&id) == document.as_deref()
                || (looks_up && document.is_some() && standing.is_some_and(is_newer));
            Ok::<_, String>(is_there.then(|| standing.map(|it| it.document.clone())))
        });
        let looked = looked.await;
        drop(turn);
        match looked {
            Ok(Ok(Some(standing))) => self.page_of(entry, standing.as_deref()).await,
            Ok(Ok(None)) => Trace::Absent,
            Ok(Err(why)) => Trace::NotYet { why },
            Err(error) => Trace::NotYet { why: error.to_string() },
        }
    }

    fn recognise(&self, link: &Url) -> Option<String> {
        if self.config.format != Format::JsonLd {
            return None;
        }
        let base = self.config.url.as_ref().filter(|base| base.origin() == link.origin())?;
        let file = link.path().strip_prefix(base.path().trim_end_matches('/'))?;
        let id = file.strip_prefix('/')?.strip_suffix(".jsonld")?;
        list::is_entry_id(id).then(|| id.to_owned())
    }

    /// Looks at what is remembered, at the files, and at the link as a reader would, if the folder
    /// is served.
    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let Ok(id) = id_of(receipt) else {
            return Sight::Unseen { why: "the receipt names no entry".to_owned() };
        };
        let body = match expected {
            Some(Rendition::Document { body, .. }) => Some(body.as_str()),
            Some(_) => return Sight::Unseen { why: "what was sent is no entry".to_owned() },
            None => None,
        };
        let own = match self.remembered(&id, body).await {
            Ok(own) => own,
            Err(sight) => return sight,
        };
        let Some(link) = &receipt.link else { return Sight::Agrees };
        let is_file = self.config.url.as_ref().is_some_and(|it| it.origin() == link.origin());
        if !is_file {
            return self.shown(link, body.unwrap_or_default()).await;
        }
        match self.http.fetch(link).await {
            Exchange::Answer(answer) if answer.is_success() && answer.body.trim() == own.trim() => {
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
        let folders = [self.config.folder.clone(), self.config.state.clone()];
        let probed =
            tokio::task::spawn_blocking(move || folders.iter().try_for_each(|it| may_write(it)));
        probed.await.map_err(|error| error.to_string())??;
        let identity = match &self.pusher {
            Some(pusher) => pusher.probe().await?,
            None => self.config.folder.display().to_string(),
        };
        Ok(Probe { identity, expires: None })
    }
}

fn may_write(folder: &Path) -> Result<(), String> {
    let probe = folder.join(".handbill-probe");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| format!("cannot write in {}: {error}", folder.display()))
}

fn id_of(receipt: &Receipt) -> Result<String, PrepareError> {
    let id = receipt.remote_id.clone().ok_or(PrepareError::NoReceipt { what: "entry id" })?;
    if list::is_entry_id(&id) {
        Ok(id)
    } else {
        Err(PrepareError::Invalid(format!("`{id}` is no id of an entry")))
    }
}
