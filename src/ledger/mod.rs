//! The ledger: the durable record of what was planned, tried, and came of it.
//!
//! What people see of it is the syndication log. It knows nothing of channels: a delivery is a
//! key, a state, and the exact bytes of each attempt. Arrows go one way: nothing leaves before its
//! attempt is committed, what a dead worker left becomes unknown and never due, and unknown never
//! becomes due by itself.
//!
//! SQL stays in this room, in the subset that SQLite and PostgreSQL share: `text` and `bigint`
//! columns only, times as microseconds since 1970, JSON as text, `$1` placeholders, and `now` as a
//! parameter. [`place`] says where it is, [`store`] opens it, `sqlite` and [`postgres`] reach it,
//! `engine` is what the two do differently. [`binding`] ties it to its site, [`generation`] notices
//! that it was put back, [`event`] is the chain of events, [`integrity`], [`backup`], [`export`] and
//! [`import`] are its upkeep, [`notice`] is the outbox of what people are told; [`words`] keeps what
//! events say beside the chain, so that [`erase`] and [`retention`] can forget it. The rest is one file
//! per idea in the life of a delivery: it is observed and planned, claimed and settled, found out about,
//! and read.

mod anchor;
pub mod arrival;
pub mod backup;
pub mod binding;
mod change;
pub mod claim;
pub mod decide;
mod engine;
pub mod erase;
pub mod event;
pub mod export;
pub mod find_out;
pub mod generation;
mod group;
pub mod import;
pub mod integrity;
pub mod mailbox;
mod mark;
pub mod notice;
pub mod observe;
mod occurrence;
pub mod pause;
pub mod picture;
pub mod place;
pub mod plan;
pub mod postgres;
pub mod read;
pub mod retention;
mod row;
pub mod settle;
mod sqlite;
mod state;
pub mod step;
pub mod store;
pub mod survey;
pub mod uses;
pub mod words;
pub mod worker;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use uuid::Uuid;

use crate::adapt::{Occasion, Rendition};
use crate::channel::{ChannelName, DeliveryKey, Outcome, Receipt, Wire};
use crate::clock::Steady;
use crate::posting::{PostingId, Revision};
pub use anchor::Anchor;
pub use arrival::Mailed;
pub use backup::{Backup, IfNewer, Restoration};
pub use binding::SiteMark;
pub use claim::{AsSeen, Began};
pub use decide::Adopted;
pub use erase::{Copies, Erasure, Files, Refusal};
pub use event::ChainReport;
pub use export::Exported;
pub use find_out::{Resolution, Whom};
pub use generation::Restored;
pub use import::Imported;
pub use integrity::{Flaw, Glance, Health, Part};
pub use notice::{Concerns, Heard, NewNotice, Outbox, Telling, Way};
pub use observe::{Hiring, Observed, Seen};
pub use occurrence::Occurrence;
pub use place::{Database, Place, Schema};
pub use plan::Time;
pub use postgres::{Server, Standbys};
pub use read::Owned;
pub use retention::{Forgotten, Retention};
pub use row::storable;
pub use state::{CopyState, Deed, State};
pub use store::{Ledger, Opening, Turnstile};
pub use survey::{EndedAttempt, Pauses, Published};
pub use words::Words;
pub use worker::{Liveness, liveness, this_worker};

/// What a delivery delivers; its key is a function of this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryName {
    pub posting: PostingId,
    pub channel: ChannelName,
    pub occasion: Occasion,
    pub occurrence: Occurrence,
}

impl DeliveryName {
    /// What is done: `announce`, or `remind 7d`.
    pub fn doing(&self) -> String {
        match self.occasion {
            Occasion::Remind => format!("remind {}", self.occurrence),
            occasion => occasion.to_string(),
        }
    }

    /// The key under which this delivery is known for ever. `ledger` is the ledger's own id, so
    /// that two sites never share a key.
    pub fn key(&self, ledger: Uuid) -> DeliveryKey {
        let mut hash = Sha1::new_with_prefix(ledger);
        hash.update(self.posting.as_str());
        for part in [self.channel.as_str(), self.occasion.as_str()] {
            hash.update(b"\x1f");
            hash.update(part);
        }
        hash.update(b"\x1f");
        match &self.occurrence {
            Occurrence::Ordinal(ordinal) => hash.update(ordinal.to_string()),
            Occurrence::Named(name) => hash.update(name.as_bytes()),
        }
        // RFC 9562 §5.5: the first 16 of 20 bytes.
        let hash: [u8; 20] = hash.finalize().into();
        let [name @ .., _, _, _, _] = hash;
        DeliveryKey(uuid::Builder::from_sha1_bytes(name).into_uuid())
    }
}

/// A delivery to be written down before it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub name: DeliveryName,
    pub deed: Deed,
    /// The delivery whose copy this one changes, answers or takes back.
    pub target: Option<DeliveryKey>,
    /// Not before.
    pub due_at: DateTime<Utc>,
    /// The slot that it uses, if its channel has any.
    pub slot: Option<DateTime<Utc>>,
    pub revision: Revision,
}

/// One delivery as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    pub key: DeliveryKey,
    #[serde(flatten)]
    pub name: DeliveryName,
    pub deed: Deed,
    pub target: Option<DeliveryKey>,
    pub state: State,
    pub due_at: DateTime<Utc>,
    /// The revision that it carries, or carried.
    pub revision: Revision,
    pub attempts: u32,
    /// When the state was last changed.
    pub changed_at: DateTime<Utc>,
    /// Why it is in this state, in words; empty where the state says it all.
    pub reason: String,
    pub receipt: Option<Receipt>,
    /// Of the copy that this delivery made; `None` if it made none.
    pub copy: Option<CopyState>,
    /// Hash, revision and rendition that the copy now says; follows edits.
    pub standing: Option<Standing>,
    /// When the link was last looked at, if ever.
    pub verified_at: Option<DateTime<Utc>>,
    /// The slot that it uses; without jitter.
    pub slot: Option<DateTime<Utc>>,
    /// When it was last tried.
    pub attempted_at: Option<DateTime<Utc>>,
    /// Since when the copy was not to be seen.
    pub unseen_since: Option<DateTime<Utc>>,
    /// Since when a person is asked what became of it.
    pub asks_since: Option<DateTime<Utc>>,
}

/// What a copy says now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub revision: Revision,
    pub content_hash: String,
    pub rendition: Rendition,
}

/// One try, recorded before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    pub delivery: DeliveryKey,
    /// From 1.
    pub number: u32,
    pub worker: String,
    pub began_at: DateTime<Utc>,
    /// Nothing of this attempt may be sent later than this.
    pub send_by: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// `posted`, `refused`, `deferred`, `blocked`, `unknown`, `duplicate`; `None` while it runs.
    pub outcome: Option<String>,
    pub detail: String,
    /// What it carried; `None` once that was erased.
    #[serde(flatten)]
    pub carried: Option<Carried>,
    pub erased_at: Option<DateTime<Utc>>,
    /// When it began, by the clock that nobody sets; unknown of attempts of older versions.
    pub steady: Option<Steady>,
}

/// The word for [`Outcome::Duplicate`].
const DUPLICATE: &str = "duplicate";

impl Attempt {
    /// Whether it left its delivery unknown.
    pub fn left_it_unknown(&self) -> bool {
        self.heard_of_a_duplicate() || self.outcome.as_deref() == Some("unknown")
    }

    /// Whether the channel said that it has these words already.
    pub fn heard_of_a_duplicate(&self) -> bool {
        self.outcome.as_deref() == Some(DUPLICATE)
    }
}

/// What an attempt carried: the exact bytes, and what they say to readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carried {
    pub wire: Wire,
    pub rendition: Rendition,
}

/// What one request of an attempt did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From 1.
    pub number: u32,
    pub at: DateTime<Utc>,
    /// `asked`, `part 2` …
    pub what: String,
    /// JSON.
    pub detail: String,
}

/// The right to send one attempt, once. Only [`Ledger::claim`] makes one, after the attempt is on
/// disk; [`Ledger::settle`] ends it.
#[derive(Debug)]
#[must_use]
pub struct Claim {
    pub(in crate::ledger) key: DeliveryKey,
    pub(in crate::ledger) number: u32,
    pub(in crate::ledger) wire: Wire,
    pub(in crate::ledger) send_by: DateTime<Utc>,
}

impl Claim {
    pub fn key(&self) -> DeliveryKey {
        self.key
    }

    /// From 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Exactly what to send.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    pub fn send_by(&self) -> DateTime<Utc> {
        self.send_by
    }
}

/// How an attempt ended, for [`Ledger::settle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub outcome: Outcome,
    /// When to try again after a deferral; ignored otherwise.
    pub again_at: Option<DateTime<Utc>>,
    /// What this channel's "posted" means.
    pub meaning: Meaning,
}

/// What it means that a channel took something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Readers see it.
    Shown,
    /// It is passed on, and will be seen later: a mail to a list.
    PassedOn,
    /// A person was asked and will record the link.
    PersonAsked,
}

/// A page as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownPosting {
    pub id: PostingId,
    pub path: String,
    pub translation_key: String,
    pub sub_id: Option<String>,
    pub reference: Option<String>,
    pub title: String,
    pub first_seen: DateTime<Utc>,
    /// The newest revision seen, and since when.
    pub revision: Revision,
    pub revision_since: DateTime<Utc>,
    pub acceptance: Acceptance,
    /// Since when a person wants its copies taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Since when its page is not among the site's postings.
    pub missing_since: Option<DateTime<Utc>>,
    pub page: PageSight,
    /// Since when it is closed everywhere.
    pub finished_at: Option<DateTime<Utc>>,
    /// When a person had its texts erased; they are empty then.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Whether an ad may be announced at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "acceptance", rename_all = "kebab-case")]
pub enum Acceptance {
    /// It came after the first start.
    New,
    /// It was there before the first start: it may stand everywhere already.
    Waits,
    Accepted {
        at: DateTime<Utc>,
    },
}

/// Whether the page was seen where readers will look for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PageSight {
    pub seen_at: Option<DateTime<Utc>>,
    /// Why it was not, in words; empty if nobody looked.
    pub note: String,
}

/// A channel as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownChannel {
    pub name: ChannelName,
    pub first_seen: DateTime<Utc>,
    /// Since when and why nothing goes out.
    pub paused: Option<Pause>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pause {
    pub since: DateTime<Utc>,
    pub reason: String,
}

/// A person's agreement to the words of a posting on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Of all its renditions there; other words are not agreed to.
    pub content_hash: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// One message that went out, or may have: what spacing, days and budgets count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Which ad it is about.
    pub posting: PostingId,
    pub slot: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
}

/// Everything that `plan` needs to know of the past.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// The ledger's own id; `None` where there is no ledger yet.
    pub ledger: Option<Uuid>,
    /// Everything is paused.
    pub paused: Option<Pause>,
    pub approvals: BTreeMap<(PostingId, ChannelName), Approval>,
    /// The messages of the last weeks by channel, the oldest first.
    pub uses: BTreeMap<ChannelName, Vec<Use>>,
    pub postings: BTreeMap<PostingId, KnownPosting>,
    pub channels: BTreeMap<ChannelName, KnownChannel>,
    pub deliveries: Vec<Delivery>,
    /// Postings that are closed everywhere, and whose deliveries were left out for that.
    pub over: BTreeSet<PostingId>,
}

/// One entry of the chain of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// From 1, without gaps.
    pub number: i64,
    pub at: DateTime<Utc>,
    /// The delivery it is about, if any.
    pub delivery: Option<DeliveryKey>,
    /// One word or two: `planned`, `attempt`, `posted`, `recorded` …
    pub what: String,
    /// JSON.
    pub detail: String,
    /// SHA-256 (hex) over the previous hash and this event.
    pub hash: String,
    /// What it says in words, beside the chain; `None` if nothing.
    pub words: Option<Words>,
}

/// What can go wrong with the ledger; ours, not the world's.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("cannot open the ledger {path}: {why}")]
    Open { path: String, why: String },
    #[error("the ledger failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the ledger's tables could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(
        "this site already has a ledger ({ledger}), first opened as {place}, and {path} is not it. \
         Two ledgers for one site could publish everything twice.\n\
         help: work where that ledger is, or use `--dry-run` here; if it is gone for good, delete \
         {marker} and start anew"
    )]
    SecondLedger { ledger: String, place: String, path: String, marker: String },
    #[error(
        "the ledger {path} belongs to another site (the one at {site})\n\
         help: give this site a ledger of its own: `path` under `[ledger]` in handbill.toml"
    )]
    OtherSite { path: String, site: String },
    #[error("cannot write {path}: {why}")]
    Marker { path: String, why: String },
    #[error(
        "{path} does not say which ledger this site has: {why}\n\
         help: take the file back from the site's history"
    )]
    UnreadableMarker { path: String, why: String },
    #[error("cannot keep {path}, by which a ledger that was put back is noticed: {why}")]
    Mark { path: String, why: String },
    #[error(
        "another ledger has taken the place of {path} while it was open: {why}. Nothing was sent\n\
         help: stop every Handbill of this site and start it again"
    )]
    Replaced { path: String, why: String },
    #[error("cannot write {path}: {why}")]
    Copy { path: String, why: String },
    #[error("there is already a file {path}; nothing was written\nhelp: name another file")]
    Exists { path: String },
    #[error("{path} cannot be restored: {why}")]
    Unfit { path: String, why: String },
    #[error(
        "the ledger {path} is in use\nhelp: stop every Handbill of this site first, for example with \
         `systemctl stop handbill`"
    )]
    InUse { path: String },
    #[error(
        "the ledger {path} is whole, and newer: it ends with event {newest}, the copy with event \
         {copied}. Nothing was changed\n\
         help: `--over` restores the copy all the same; the ledger of now is kept beside it"
    )]
    StillWhole { path: String, newest: i64, copied: i64 },
    #[error(
        "the ledger is in PostgreSQL, whose own programs copy it and put it back\n\
         help: `pg_dump --format=custom --schema={schema} --file=FILE ADDRESS` copies all of it, \
         `pg_restore` puts that back while every Handbill is stopped; `handbill ledger export FILE` \
         writes it for either engine"
    )]
    InPostgres { schema: String },
    #[error(
        "there is a ledger already at {path}; nothing was imported\n\
         help: import where none is: name another `path` or `schema` under `[ledger]` in handbill.toml"
    )]
    NotEmpty { path: String },
    #[error("what is to be imported is no whole export of a ledger: {why}")]
    NoExport { why: String },
    #[error("the ledger knows no channel `{0}`")]
    NoSuchChannel(ChannelName),
    #[error(
        "the ledger knows no posting `{0}`\nhelp: `handbill log` and `handbill plan` list the ids"
    )]
    NoSuchPosting(PostingId),
    #[error("no delivery begins with `{0}`\nhelp: `handbill log` lists the ids")]
    NoSuchDelivery(String),
    #[error("`{0}` names more than one delivery\nhelp: write more of the id")]
    Ambiguous(String),
    #[error("{posting} cannot be erased: {why}")]
    CannotErase { posting: PostingId, why: Refusal },
    #[error("{key} is {state}, so it cannot be {verb}")]
    WrongState { key: String, state: &'static str, verb: &'static str },
    #[error(
        "what was to be written was given up half-way, and may not be on disk\n\
         help: run it again; what may have gone out is asked about first"
    )]
    Interrupted,
    #[error("the ledger holds something unreadable: {0}")]
    Corrupt(String),
    #[error("the chain of events is broken at event {number}: {why}")]
    BrokenChain { number: i64, why: String },
}
