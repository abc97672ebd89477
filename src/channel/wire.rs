//! Exactly what crosses the wire, as it is kept in the ledger and shown by a dry run.
//!
//! Credentials are not in it: a header value may hold a [`SECRET`] placeholder, which the channel
//! fills in as it sends.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::git::entry::List;

/// Stands in a header value where a credential belongs.
pub const SECRET: &str = "{secret}";

/// Stands in an address, a header or a body where a credential belongs, or what a server gives out
/// for one request. The delivery's key is in it, so that no words of an ad can be taken for it.
pub fn held_back(name: &str, key: &str) -> String {
    format!("{{{name}:{key}}}")
}

/// Stands in the body of a [`Step`] for the bytes of its picture.
pub const PICTURE: &str = "{picture}";

/// Stands in an address or a body for the id that an earlier step of the same record returned.
pub fn id_of(step: &str) -> String {
    format!("{{id of {step}}}")
}

/// Stands in place of an address for the one that an earlier step of the same record was given.
pub fn address_of(step: &str) -> String {
    format!("{{address of {step}}}")
}

/// What one attempt sends, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wire", rename_all = "lowercase")]
pub enum Wire {
    Http(HttpRequest),
    Steps(Steps),
    Mail(MailMessage),
    /// An entry of a feed is written or left out.
    Entry(FeedEntry),
    /// A branch of a repository gets a commit.
    Commit(GitCommit),
    /// A person is asked to do something.
    Errand {
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// What this request is for, so that its answer can be read.
    pub verb: Verb,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// The id of the copy that is edited or withdrawn.
    pub remote_id: Option<String>,
    /// Our reference number, under which a board can be asked for the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The address that is asked for a copy of ours first: one that is there is not made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_first: Option<String>,
    /// The delivery's key, where placeholders bear it ([`held_back`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// What it makes nobody sees until a later step uses it: a picture.
    Upload,
    Create,
    Update,
    Withdraw,
}

/// Several requests, one after the other: [`super::steps`] sends them and looks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    pub steps: Vec<Step>,
}

/// One of several requests. With what earlier steps returned in place of [`id_of`] and
/// [`address_of`], and the picture in place of [`PICTURE`], it is exactly what goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How the record calls it: `picture`, `part 2`.
    pub name: String,
    pub request: HttpRequest,
    /// SHA-256 (hex) of the picture that it carries; its bytes are kept beside the attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// What names the picture together with its words, so that an edit knows it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailMessage {
    /// `smtp://host:port`, without credentials.
    pub server: String,
    pub envelope_from: String,
    pub envelope_to: String,
    /// Without angle brackets.
    pub message_id: String,
    /// As readers see it; in `message` it may be encoded (RFC 2047).
    pub subject: String,
    /// RFC 5322, CRLF line ends, ASCII only (quoted-printable).
    pub message: String,
    /// What the server is asked to report of it, if it offers that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportRequest>,
    /// As whom it is signed as it is sent: the signature is a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_as: Option<SignedAs>,
}

/// The parameters of MAIL and RCPT that ask for delivery status notifications (RFC 3461); with
/// `RET=HDRS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// `ENVID`, by which a report names the delivery.
    pub envelope_id: String,
    /// `NOTIFY`: `FAILURE,DELAY`.
    pub notify: String,
}

/// The key of a DKIM signature, as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedAs {
    pub domain: String,
    pub selector: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// The feed's folder.
    pub folder: String,
    /// The file in it that shows the entry: its own, or the list.
    #[serde(default)]
    pub file: String,
    /// Names the entry for ever.
    pub id: String,
    /// The document, or `None` to leave the entry out.
    pub document: Option<String>,
    /// When it is written or left out: the feed's `updated`.
    pub at: DateTime<Utc>,
}

/// A commit that puts an entry into a file, or takes it out. On what it is built is seen as it is
/// made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitCommit {
    pub verb: Verb,
    /// The repository of the list, and the branch that readers' pages are made of.
    pub repository: String,
    pub base: String,
    /// The repository that gets the branch: the same, or a fork of ours.
    pub pushed_to: String,
    /// The branch, named from the delivery's key.
    pub branch: String,
    /// The branch on which the copy that is changed came first: while that is not merged, the
    /// commit goes there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<String>,
    pub file: String,
    /// How the list looks; `None` if the file is the ad's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<List>,
    /// What names the entry that stands, or is to stand; of a file of its own its path.
    pub name: String,
    /// What names the entry from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
    /// The entry, or `None` to take it out.
    pub entry: Option<String>,
    pub author_name: String,
    pub author_email: String,
    /// The date of the commit.
    pub at: DateTime<Utc>,
    pub message: String,
    pub request: PullRequest,
}

/// What a pull request says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub title: String,
    pub body: String,
}
