//! What becomes of a copy when the page changes or closes, and when readers are reminded.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::length::{Length, LengthError};
use crate::channel::Kind;
use crate::diagnostic::{Diagnostic, Source};

/// A length of time before the deadline: `14d`, `36h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offset {
    /// As it is written; names the reminder for ever.
    pub text: Arc<str>,
    pub length: TimeDelta,
}

impl Offset {
    /// Reads `14d` (days), `36h` (hours) or `2w` (weeks).
    ///
    /// # Errors
    /// [`LengthError`] if it is no length of time, or none at all.
    pub fn parse(text: &str) -> Result<Self, LengthError> {
        let Length(length) = Length::parse(text)?;
        if length.is_zero() {
            return Err(LengthError {
                message: "a reminder comes before the deadline".to_owned(),
                help: "write how long before, for example `7d` or `36h`".to_owned(),
            });
        }
        Ok(Self { text: text.trim().into(), length })
    }
}

/// What becomes of a copy when the page changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    Edit,
    /// The copy is taken away and a new one stands in its place, where nothing can be edited.
    Replace,
    FollowUp,
    /// A person is told what to change.
    Manual,
    /// The copy stays as it is and is shown as stale.
    Ignore,
}

/// What becomes of a copy when the ad closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Close {
    Withdraw,
    /// The copy is changed to say that it is closed.
    Edit,
    FollowUp,
    /// A person is told to take it down.
    Manual,
    /// The copy stays as it is.
    Ignore,
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Edit => "edit",
            Self::Replace => "replace",
            Self::FollowUp => "follow-up",
            Self::Manual => "manual",
            Self::Ignore => "ignore",
        })
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Withdraw => "withdraw",
            Self::Edit => "edit",
            Self::FollowUp => "follow-up",
            Self::Manual => "manual",
            Self::Ignore => "ignore",
        })
    }
}

/// The kind's usual way where the file says nothing; what the kind cannot do is an error.
pub(super) fn policies(
    update: Option<&Spanned<Update>>,
    close: Option<&Spanned<Close>>,
    kind: Kind,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Update, Close) {
    let (updates, closes): (&[Update], &[Close]) = match kind {
        Kind::Mail => (
            &[Update::FollowUp, Update::Manual, Update::Ignore],
            &[Close::Ignore, Close::FollowUp, Close::Manual],
        ),
        Kind::Mastodon => (
            &[Update::Edit, Update::FollowUp, Update::Manual, Update::Ignore],
            &[Close::Edit, Close::Withdraw, Close::FollowUp, Close::Manual, Close::Ignore],
        ),
        Kind::X => (
            &[Update::Ignore, Update::FollowUp, Update::Manual],
            &[Close::Withdraw, Close::FollowUp, Close::Manual, Close::Ignore],
        ),
        Kind::Bluesky => (
            &[Update::Replace, Update::FollowUp, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::FollowUp, Close::Manual, Close::Ignore],
        ),
        Kind::LinkedIn => (
            &[Update::Edit, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::Edit, Close::Manual, Close::Ignore],
        ),
        Kind::Board => (
            &[Update::Edit, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::Manual, Close::Ignore],
        ),
        Kind::Feed => (&[Update::Edit], &[Close::Withdraw]),
        Kind::Git => (
            &[Update::Edit, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::Edit, Close::Manual, Close::Ignore],
        ),
        Kind::Manual => (&[Update::Manual, Update::Ignore], &[Close::Manual, Close::Ignore]),
    };
    if let Some(written) = update.filter(|it| !updates.contains(it.get_ref())) {
        diagnostics
            .push(cannot("update", written.get_ref(), updates, kind).at(file, written.span()));
    }
    if let Some(written) = close.filter(|it| !closes.contains(it.get_ref())) {
        diagnostics.push(cannot("close", written.get_ref(), closes, kind).at(file, written.span()));
    }
    (
        update.map_or(updates[0], |written| *written.get_ref()),
        close.map_or(closes[0], |written| *written.get_ref()),
    )
}

fn cannot<P: fmt::Display>(key: &str, policy: &P, possible: &[P], kind: Kind) -> Diagnostic {
    let possible: Vec<String> = possible.iter().map(|it| format!("`{it}`")).collect();
    Diagnostic::error(
        "channel::cannot",
        format!("a channel of kind {kind} cannot have `{key} = \"{policy}\"`"),
    )
    .help(format!("possible: {}", possible.join(", ")))
}
