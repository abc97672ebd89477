//! What an answer to a write means. Only id, link and visibility are read of it, so that an unusual
//! server's answer is no error.

use serde_json::Value;
use tracing::warn;

use super::reading::{id_of, link_of};
use super::{Mastodon, field_of_body, is_status_id};
use crate::channel::http::{Answer, Busy};
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{Outcome, Receipt};

/// What a refusal says when the token or the account is shut out altogether: Doorkeeper's scopes,
/// and `require_user!` of Mastodon's API.
const SHUT_OUT: [&str; 5] = [
    "outside the authorized scopes",
    "requires an authenticated user",
    "login is currently disabled",
    "login is currently pending approval",
    "login is missing a confirmed e-mail address",
];

/// What a refusal says of a status that is too long: Mastodon's `statuses.errors` by version, and
/// the words of others.
const TOO_LONG: [&str; 5] =
    ["character limit", "too long", "limit exceeded", "limit of", "too many characters"];

impl Mastodon {
    pub(super) fn outcome(&self, request: &HttpRequest, answer: &Answer) -> Outcome {
        let known = || Receipt { remote_id: request.remote_id.clone(), ..Receipt::default() };
        match request.verb {
            // Deleting what is gone already has done what was asked.
            Verb::Withdraw if matches!(answer.status, 404 | 410) => Outcome::Posted(known()),
            Verb::Withdraw if answer.is_success() && !is_readable(answer) => Outcome::Unknown {
                why: format!("the answer does not say that it is gone: {}", answer.summary()),
            },
            Verb::Withdraw if answer.is_success() => Outcome::Posted(known()),
            Verb::Create | Verb::Update if answer.is_success() => match self.receipt_of(answer) {
                Some(receipt) => {
                    self.compare_visibility(request, answer);
                    Outcome::Posted(receipt)
                }
                None => Outcome::Unknown {
                    why: format!("the server took it, but names no status: {}", answer.summary()),
                },
            },
            _ if matches!(answer.status, 403 | 422) && says(answer, &SHUT_OUT) => {
                Outcome::Blocked { why: answer.summary() }
            }
            Verb::Create | Verb::Update
                if matches!(answer.status, 400 | 413 | 422) && says(answer, &TOO_LONG) =>
            {
                Outcome::Refused { why: self.too_long(request, answer) }
            }
            // A server that does not know how to edit answers as if the post were gone.
            Verb::Update if matches!(answer.status, 404 | 405 | 410 | 501) => Outcome::Refused {
                why: format!(
                    "{}: the post is gone, or the server cannot edit; if you see it there, say \
                     `update = \"follow-up\"` and `close = \"withdraw\"` in the channel's file",
                    answer.summary()
                ),
            },
            _ => answer.failure(Busy::Unsaid),
        }
    }

    fn receipt_of(&self, answer: &Answer) -> Option<Receipt> {
        let status = answer.json()?;
        // One that is to come has no place among the others yet, and an id of another kind.
        if status.get("scheduled_at").is_some_and(Value::is_string) {
            return None;
        }
        let text = |key: &str| status.get(key).and_then(Value::as_str);
        let link = link_of(text("url"), text("uri"), &self.config.server);
        // One that no address can hold could never be edited: the account's list may say it better.
        let id = id_of(&status).filter(|id| is_status_id(id))?;
        Some(Receipt { remote_id: Some(id), link, ..Receipt::default() })
    }

    /// A server shows the statuses of accounts that its moderators limited to fewer people than was
    /// asked for (`PostStatusService`).
    fn compare_visibility(&self, request: &HttpRequest, answer: &Answer) {
        let asked = request.body.as_deref().and_then(|body| field_of_body(body, "visibility"));
        let made = answer.json().and_then(|it| it["visibility"].as_str().map(str::to_owned));
        if let (Some(asked), Some(made)) = (asked, made)
            && asked != made
        {
            warn!(
                server = %self.config.server,
                "the post was to be {asked}, and the server made it {made}: its moderators may have \
                 limited the account"
            );
        }
    }

    /// The server's words, and what it was taken to allow.
    fn too_long(&self, request: &HttpRequest, answer: &Answer) -> String {
        let text = request.body.as_deref().and_then(|body| field_of_body(body, "status"));
        let (count, limit) = self.config.limit();
        let length = [self.config.content_warning(), &text.unwrap_or_default()].concat();
        let length = count.length(&length);
        let whence = match (self.config.limit, &self.config.instance) {
            (Some(_), _) => "as the channel's file says",
            (None, Some(_)) => "as the server says of itself",
            (None, None) => "which is usual; the server was not asked yet",
        };
        format!(
            "{}: the status has {length} characters as Handbill counts, and {limit} were taken to be \
             allowed, {whence}; a smaller `limit` under [mastodon] makes it fit",
            answer.summary()
        )
    }
}

fn says(answer: &Answer, words: &[&str]) -> bool {
    let said = answer.body.to_lowercase();
    words.iter().any(|words| said.contains(words))
}

/// Whether a success is one: nothing, or JSON that is no error. A text or a page is neither.
fn is_readable(answer: &Answer) -> bool {
    answer.body.trim().is_empty()
        || answer.json().is_some_and(|json| json.is_object() && json.get("error").is_none())
}
