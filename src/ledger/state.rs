//! The words of the record: where a delivery stands, what is known of its copy, what it does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its time, the first time or after a deferral.
    Planned,
    /// An attempt is on disk and may be on its way.
    Sending,
    /// Done, with a receipt.
    Posted,
    /// A person was asked to do it and has not recorded the link yet.
    Asked,
    /// Certainly not there, and not tried again.
    Refused,
    /// Nobody knows; the channel is asked, then a person.
    Unknown,
    /// Overtaken before it was sent: closed, expired, superseded.
    Cancelled,
}

impl State {
    pub const ALL: [Self; 7] = [
        Self::Planned,
        Self::Sending,
        Self::Posted,
        Self::Asked,
        Self::Refused,
        Self::Unknown,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Posted => "posted",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What is known of the copy that a posted delivery made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CopyState {
    /// Its server took it, and nobody has seen it where readers look for it.
    Sent,
    /// A moderator has it.
    Held,
    /// Stands there as it was announced.
    Live,
    /// Stands there, changed by us since.
    Edited,
    /// Taken back by us, on purpose.
    Withdrawn,
    /// Was there and is not any more, not by us.
    Gone,
    /// Says something else than we wrote.
    Altered,
}

impl CopyState {
    pub const ALL: [Self; 7] = [
        Self::Sent,
        Self::Held,
        Self::Live,
        Self::Edited,
        Self::Withdrawn,
        Self::Gone,
        Self::Altered,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Held => "held",
            Self::Live => "live",
            Self::Edited => "edited",
            Self::Withdrawn => "withdrawn",
            Self::Gone => "gone",
            Self::Altered => "altered",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether readers can still find it, or will as soon as it arrives.
    pub fn stands(self) -> bool {
        self.is_on_its_way() || matches!(self, Self::Live | Self::Edited | Self::Altered)
    }

    /// Whether it was handed over and was not seen there yet.
    pub fn is_on_its_way(self) -> bool {
        matches!(self, Self::Sent | Self::Held)
    }
}

/// What a delivery does to the world; kept so that a restart does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A new copy.
    Publish,
    /// A new copy that answers `target`.
    FollowUp,
    /// Changes the copy that `target` made.
    Edit,
    /// Takes the copy that `target` made back.
    Withdraw,
    /// Asks a person to change or remove the copy that `target` made.
    Ask,
}

impl Deed {
    pub const ALL: [Self; 5] =
        [Self::Publish, Self::FollowUp, Self::Edit, Self::Withdraw, Self::Ask];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::FollowUp => "follow-up",
            Self::Edit => "edit",
            Self::Withdraw => "withdraw",
            Self::Ask => "ask",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == word)
    }
}
