//! What an answer to a write means.

use serde_json::Value;
use tracing::warn;

use super::X;
use crate::channel::http::{Answer, Busy};
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{Outcome, Receipt};

/// What a 403 says when the account or the app is shut out altogether, and not this text refused.
const SHUT_OUT: [&str; 5] = [
    "usage-capped",
    "user-suspended",
    "unsupported authentication",
    "client-not-enrolled",
    "oauth1-permissions",
];

/// The same, if it was no reply that was to be made.
const NOT_PERMITTED: &str = "you are not permitted to perform this action";

impl X {
    pub(super) fn outcome(&self, request: &HttpRequest, answer: &Answer) -> Outcome {
        if answer.status == 403 {
            return forbidden(request, answer);
        }
        // A cap on what may be used in a month looks like a rate limit, and ends with the month.
        if answer.status == 429 && says(answer, &["usage-capped"]) {
            return Outcome::Blocked { why: answer.summary() };
        }
        if request.verb == Verb::Withdraw && answer.status == 404 {
            return Outcome::Posted(Receipt {
                remote_id: request.remote_id.clone(),
                ..Receipt::default()
            });
        }
        if !answer.is_success() {
            return answer.failure(Busy::Unsaid);
        }
        let data = answer.json().and_then(|json| json.get("data").cloned()).unwrap_or_default();
        match request.verb {
            Verb::Withdraw if data.get("deleted") == Some(&Value::Bool(true)) => {
                Outcome::Posted(Receipt {
                    remote_id: request.remote_id.clone(),
                    ..Receipt::default()
                })
            }
            Verb::Create | Verb::Update => match data.get("id").and_then(Value::as_str) {
                // It is there, whatever X could not do beside it.
                Some(id) => {
                    if let Some(errors) = answer.json().and_then(|it| it.get("errors").cloned()) {
                        warn!(post = id, %errors, "X took the post, and reports errors beside it");
                    }
                    Outcome::Posted(self.receipt(id))
                }
                None => unexpected(answer),
            },
            Verb::Withdraw | Verb::Upload => unexpected(answer),
        }
    }
}

/// A refusal with 403 has three meanings: the text stands there already, the account or the app
/// is shut out, or this text is not wanted.
fn forbidden(request: &HttpRequest, answer: &Answer) -> Outcome {
    let why = answer.summary();
    if says(answer, &["duplicate content"]) {
        let why = format!("X says that this text is there already; {why}");
        return Outcome::Duplicate { why };
    }
    // Who may not answer somebody may still post.
    let body = request.body.as_deref().and_then(|it| serde_json::from_str::<Value>(it).ok());
    let is_reply = body.is_some_and(|body| body.get("reply").is_some());
    if says(answer, &SHUT_OUT) || !is_reply && says(answer, &[NOT_PERMITTED]) {
        return Outcome::Blocked { why };
    }
    Outcome::Refused { why }
}

fn says(answer: &Answer, words: &[&str]) -> bool {
    let said = answer.body.to_lowercase();
    words.iter().any(|words| said.contains(words))
}

fn unexpected(answer: &Answer) -> Outcome {
    Outcome::Unknown { why: format!("X took it, but does not say so: {}", answer.summary()) }
}
