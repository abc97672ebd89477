//! What an answer of a server that speaks XRPC means: <https://atproto.com/specs/xrpc>.

use serde_json::Value;

use crate::channel::Outcome;
use crate::channel::http::{Answer, Busy};
use crate::channel::words;

/// An answer that is no success, in the server's own words.
pub(super) struct Failure {
    /// The name of the error, for example `InvalidRequest`; empty if it is none of XRPC's.
    pub(super) error: String,
    pub(super) why: String,
}

impl Failure {
    pub(super) fn read(answer: &Answer) -> Self {
        let said = answer.json();
        let text = |name: &str| Some(said.as_ref()?.get(name)?.as_str()?.to_owned());
        match text("error") {
            Some(error) => {
                let message = text("message").map(|it| format!(": {}", words::excerpt(&it)));
                let why = format!("HTTP {} {error}{}", answer.status, message.unwrap_or_default());
                Self { error, why }
            }
            None => Self { error: String::new(), why: answer.summary() },
        }
    }

    /// Whether the server says that the token is no longer good; then nothing else was looked at.
    pub(super) fn is_of_the_token(&self) -> bool {
        matches!(self.error.as_str(), "ExpiredToken" | "InvalidToken")
    }

    /// Whether the server says that the account has no such record: by its own error since 2024, by
    /// its words before.
    pub(super) fn is_no_record(&self) -> bool {
        self.error == "RecordNotFound"
            || (self.error == "InvalidRequest" && self.why.contains("Could not locate record"))
    }

    /// What it means for a request that could have created or changed something.
    pub(super) fn outcome(self, answer: &Answer) -> Outcome {
        let Self { error, why } = self;
        match (answer.status, error.as_str()) {
            (_, "InvalidSwap") => Outcome::Refused {
                why: format!("under the key of this post another one stands already; {why}"),
            },
            (400, "ExpiredToken" | "InvalidToken") => Outcome::Blocked { why },
            // The account itself: taken down, suspended, not here.
            (403, name) if !name.is_empty() => Outcome::Blocked { why },
            (400, name) if name.starts_with("Account") => Outcome::Blocked { why },
            _ => match answer.failure(Busy::Unsaid) {
                Outcome::Refused { .. } => Outcome::Refused { why },
                Outcome::Blocked { .. } => Outcome::Blocked { why },
                Outcome::Deferred { after, .. } => Outcome::Deferred { why, after },
                _ => Outcome::Unknown { why },
            },
        }
    }
}

/// The value of a field that an answer has to have.
pub(super) fn text<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    answer.get(name)?.as_str().filter(|it| !it.is_empty())
}
