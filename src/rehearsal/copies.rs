//! What a stand-in truly holds, whatever it answered: the measure of "never twice".

use chrono::{DateTime, Utc};
use url::Url;

/// One copy on a stand-in, deleted ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCopy {
    /// The channel's id of it.
    pub id: String,
    /// Where readers find it; `None` where the channel has no page of its own.
    pub link: Option<Url>,
    /// What surrounds the text: a mail's headers, a status's visibility.
    pub labels: Vec<(String, String)>,
    /// The id of the copy that it answers.
    pub answers: Option<String>,
    /// As it was created; the version that stands now is in `edits`, if there are any.
    pub original: Version,
    /// The oldest first.
    pub edits: Vec<Version>,
    /// Set once it is deleted.
    pub end: Option<End>,
}

/// How a copy came to be no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its author deleted it.
    Withdrawn { at: DateTime<Utc> },
    /// Somebody else did.
    Removed { at: DateTime<Utc> },
}

/// What a copy said from some moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub at: DateTime<Utc>,
    pub title: Option<String>,
    /// As readers see it.
    pub text: String,
    /// As it arrived; for mail the whole message.
    pub raw: String,
}

impl StoredCopy {
    /// What it says now, or said when it was withdrawn.
    pub fn current(&self) -> &Version {
        self.edits.last().unwrap_or(&self.original)
    }

    /// Whether readers can still find it.
    pub fn stands(&self) -> bool {
        self.end.is_none()
    }
}

/// Something that shows its copies.
pub trait Exhibitor: Send + Sync {
    /// The name of the channel it stands in for.
    fn channel(&self) -> String;

    /// Everything that it truly holds, the oldest first.
    fn copies(&self) -> Vec<StoredCopy>;
}
