//! Channels: places where postings go, one file per kind.
//!
//! A channel prepares (pure) and sends (once), and says what it knows. It never retries and never
//! decides: whether something is sent again is [`crate::deliver`]'s business. It knows nothing of
//! the ledger.

pub mod bluesky;
pub mod board;
pub mod feed;
pub mod git;
pub mod http;
pub mod known;
pub mod linkedin;
pub mod mail;
pub mod manual;
pub mod mastodon;
mod multipart;
pub mod oauth1;
pub mod oauth2;
pub mod permit;
pub mod price;
pub mod secret;
mod setting;
mod sought;
pub mod steps;
pub mod tls;
pub mod wire;
pub mod words;
pub mod x;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::adapt::{Form, Rendition};
pub use permit::{Permit, SendBy};
use sought::Sought;
pub use steps::StepDone;
pub use wire::Wire;

/// A channel's name: the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelName(pub Arc<str>);

impl ChannelName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a channel speaks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Mail,
    Mastodon,
    X,
    Bluesky,
    LinkedIn,
    Board,
    Feed,
    Git,
    Manual,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Mail,
        Self::Mastodon,
        Self::X,
        Self::Bluesky,
        Self::LinkedIn,
        Self::Board,
        Self::Feed,
        Self::Git,
        Self::Manual,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Mastodon => "mastodon",
            Self::X => "x",
            Self::Bluesky => "bluesky",
            Self::LinkedIn => "linkedin",
            Self::Board => "board",
            Self::Feed => "feed",
            Self::Git => "git",
            Self::Manual => "manual",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names one delivery for ever: a UUIDv5 over ledger, posting, channel, occasion and occurrence.
/// It is the `Idempotency-Key`, and what a Message-ID is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryKey(pub Uuid);

impl DeliveryKey {
    /// The key without hyphens: 32 hexadecimal digits.
    pub fn compact(&self) -> String {
        self.0.simple().to_string()
    }

    /// The first eight digits, which people type (`handbill log show 3f2a91bc`).
    pub fn short(&self) -> String {
        self.compact()[..8].to_owned()
    }
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// What is put on a message beside what it says, so that it can be found again.
#[derive(Debug, Clone, Copy)]
pub struct Address<'a> {
    pub key: &'a DeliveryKey,
    /// The posting's id: our reference number towards boards and feeds.
    pub reference: &'a str,
    /// The time that is written into it (a mail's Date).
    pub at: DateTime<Utc>,
}

/// What a channel is built with, beside its own table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub channel: ChannelName,
    /// The site's name, for feeds.
    pub site: String,
    pub reach: Reach,
}

/// How far requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Anywhere,
    /// The rehearsal: only to `localhost` and loopback addresses; everything else is refused
    /// before a connection is opened.
    LoopbackOnly,
}

impl Reach {
    /// Whether a connection to this host (a name or an address) may be opened.
    pub fn allows(self, host: &str) -> bool {
        match self {
            Self::Anywhere => true,
            Self::LoopbackOnly => is_loopback(host),
        }
    }
}

/// Whether a host is this machine: `localhost` or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What is wrong in a channel's table, in the file's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error("`{key}` of channel {channel}: {why}")]
    Setting { channel: ChannelName, key: &'static str, why: String },
}

/// The channel's id and link for what it took.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receipt {
    /// The id on the channel: status id, Message-ID, the board's number.
    pub remote_id: Option<String>,
    /// Where readers find it; may come later.
    pub link: Option<Url>,
    /// The ids of the parts after the first one, if it is a thread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The picture that it carries, so that an edit can keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
}

/// A picture that a channel has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// SHA-256 (hex) of its bytes and its words: [`crate::adapt::Picture::shows`].
    pub shows: String,
    /// Its id on the channel.
    pub id: String,
}

/// What a delivery asks of a channel.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// A new copy.
    Publish(&'a Rendition),
    /// A new copy that answers an earlier one: a mail in its thread, a reply.
    FollowUp(&'a Rendition, &'a Receipt),
    /// Change the copy in place.
    Edit(&'a Rendition, &'a Receipt),
    /// Take the copy back.
    Withdraw(&'a Receipt),
}

/// What is known after one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; for a manual channel: a person was told.
    Posted(Receipt),
    /// Certainly not there, and trying again would not change that.
    Refused { why: String },
    /// Certainly not there; try later.
    Deferred { why: String, after: Option<Duration> },
    /// Certainly not there, and nothing else will get through either: credentials, certificate.
    /// The channel is paused until a person has mended it; the delivery stays due.
    Blocked { why: String },
    /// The request left, and no answer says what became of it.
    Unknown { why: String },
    /// The place made nothing of it, because it says that it has the same words already: those of
    /// an earlier attempt, or somebody else's. So it is not known either whether ours is there; and
    /// that it is not to be seen proves nothing.
    Duplicate { why: String },
}

impl Outcome {
    /// What the channel gave as its reason; empty for [`Outcome::Posted`].
    pub fn why(&self) -> &str {
        match self {
            Self::Posted(_) => "",
            Self::Refused { why }
            | Self::Deferred { why, .. }
            | Self::Blocked { why }
            | Self::Unknown { why }
            | Self::Duplicate { why } => why,
        }
    }
}

/// What a search for the effect of an earlier attempt found: the copy that it created or changed,
/// or, for a withdrawal, that the copy is gone ([`Trace::Found`] then too).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    Found(Receipt),
    /// The place was searched in full, and holds a part: these steps were done, beside those on
    /// record. Another try does the rest alone.
    Partly(Vec<StepDone>),
    /// The place was searched in full and holds nothing of ours: another try is safe.
    Absent,
    /// It is there, and waits for somebody before readers see it: a moderator, or a person who says
    /// where it stands.
    Held {
        receipt: Receipt,
        why: String,
    },
    /// The place did not want it, and does not have it: nothing of ours is there, and trying again
    /// would not change that.
    TurnedDown {
        why: String,
    },
    /// Not to be seen yet; ask again later.
    NotYet {
        why: String,
    },
    /// This place cannot be searched: a person has to look.
    CannotTell {
        why: String,
    },
}

/// What is looked for on a channel.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What was, or would have been, sent.
    pub wire: &'a Wire,
    pub key: &'a DeliveryKey,
    /// When the attempt began: nothing older can be it.
    pub since: DateTime<Utc>,
    /// What time it is to whoever asks.
    pub now: DateTime<Utc>,
    /// Ids of copies that other deliveries own: they are none of it.
    pub owned: &'a BTreeSet<String>,
    pub likeness: Likeness<'a>,
    /// The steps that are done, as the record says.
    pub done: &'a [StepDone],
}

/// What makes a copy ours where no key of ours comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness<'a> {
    /// The same words.
    Words,
    /// After a restored backup nobody knows the exact words: this link, whatever else is said. A
    /// copy with other words is no [`Trace::Found`]: a person has to look
    /// ([`Trace::CannotTell`]).
    Link(&'a Url),
}

/// What a fetched link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// There, and it says what `expected` says.
    Agrees,
    /// There, but other words than expected.
    Differs { found: String },
    /// Not there (404, 410, left out of the feed).
    Gone,
    /// Could not be looked at.
    Unseen { why: String },
}

/// What a channel can do, as data, so that plan, doctor and documentation know it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Abilities {
    pub edit: Edit,
    pub follow_up: Can,
    pub withdraw: Can,
    /// After an unknown outcome: can the channel be asked what is there?
    pub find: Can,
    /// Whether a search that finds nothing proves that nothing is there.
    pub proves_absence: Can,
    /// For how long after its send-by something of an attempt may still be on its way, or stand
    /// there unseen: the channel's own time limits, and how long a server takes to show what it
    /// took. Nobody concludes "not there" earlier.
    pub in_flight_seconds: u32,
    /// Whether sending the same key twice is harmless, and for how long (seconds) after the first.
    pub repeat_safe_seconds: Option<u64>,
    pub arrival: Arrival,
}

/// What an edit does to a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    No,
    /// It says something else under the same id.
    InPlace,
    /// It is taken away, and another stands under an id of its own.
    Anew,
}

/// When what a channel took stands where readers look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// With its answer.
    AtOnce,
    /// It passes it on: a mail server to a list, and the list to its archive, perhaps by way of a
    /// moderator. A person is asked about what was not seen after so many seconds.
    Later { give_up_after_seconds: u64 },
    /// A person has to take it further, who is asked to and says so.
    ByAPerson,
    /// It passes it on to a person, and nobody ever says that it arrived: what has not come back
    /// after so many seconds has.
    Unsaid { comes_back_within_seconds: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Can {
    Yes,
    No,
}

/// What a probe of the account says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// For example `@lab@social.example`, or `250 mail.example`.
    pub identity: String,
    pub expires: Option<DateTime<Utc>>,
}

/// Why an action cannot be put on the wire; nothing is sent then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    #[error("{kind} cannot {verb}")]
    Unable { kind: Kind, verb: &'static str },
    #[error("the receipt of the earlier copy has no {what}, so it cannot be addressed")]
    NoReceipt { what: &'static str },
    #[error("{0}")]
    Invalid(String),
}

/// A place where postings go.
///
/// Laws: [`Channel::prepare`] is pure, and what it returns is what [`Channel::send`] transmits,
/// credentials filled in at that moment and nowhere else. `send` transmits once; it never retries.
/// It answers [`Outcome::Unknown`] for everything that happened after the first byte of a request
/// that could have created something, unless a readable answer says otherwise. What takes several
/// requests is a [`wire::Steps`], which [`steps`] sends: the next one goes out when what the one
/// before it returned is on disk, and a step that is on record is not done again.
#[async_trait]
pub trait Channel: Send + Sync {
    fn kind(&self) -> Kind;

    fn abilities(&self) -> Abilities;

    /// Names the place in which its ids count: the server, the board, the folder. Channels with the
    /// same place see each other's copies; the same id in another place is another copy.
    fn place(&self) -> String;

    /// The shape and limits of renditions for this channel.
    fn form(&self) -> Form;

    /// The exact request for an action, with placeholders where credentials belong.
    ///
    /// # Errors
    /// [`PrepareError`] if the channel has no such verb or the receipt does not address a copy.
    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError>;

    /// Transmits once, unless the permit has run out: it is checked immediately before the first
    /// byte of each request that could create or change something.
    ///
    /// Cancelling it (dropping the future) loses the answer and nothing else: a connection that owes
    /// one is never used again, so no later request can be given that answer.
    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome;

    /// Nothing more is sent for now: a connection that is kept for the next message is closed in
    /// good order.
    async fn hang_up(&self) {}

    /// Looks for what an earlier attempt of unknown outcome left.
    ///
    /// A request that the other side is still working on is not to be seen yet. So
    /// [`Trace::Absent`] is to be believed only [`Abilities::in_flight_seconds`] after the
    /// attempt's send-by, unless repeating is harmless; the caller waits that long, a channel does
    /// not know when it was called last.
    async fn find(&self, search: &Search<'_>) -> Trace;

    /// The id of the copy behind a link that a person gives, if the link says it: then the copy
    /// can be changed and taken back as one of our own.
    fn recognise(&self, link: &Url) -> Option<String> {
        let _ = link;
        None
    }

    /// Looks whether a copy is there and says what `expected` says. Where nobody knows what it
    /// says, it agrees if it is there.
    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight;

    /// Whether the credentials are good.
    ///
    /// # Errors
    /// What is wrong, in words a person can act on.
    async fn probe(&self) -> Result<Probe, String>;
}

/// The outcome for a record that another kind of channel made: a mistake of ours, and harmless.
fn not_ours(kind: Kind) -> Outcome {
    Outcome::Refused { why: format!("nothing was sent: the record is none of a {kind} channel") }
}
