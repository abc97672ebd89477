//! What LinkedIn's answers mean (learn.microsoft.com, "Posts API" and "Error Handling"). Pure.

use crate::channel::http::{Answer, Busy};
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{Outcome, words};

/// The outcome of a request that was answered and is no success.
pub(super) fn failure(request: &HttpRequest, answer: &Answer) -> Outcome {
    let said = answer.summary();
    match answer.status {
        401 => Outcome::Blocked { why: not_taken(&said) },
        // Every refusal of this kind is about the app's permissions or the member's role.
        403 => Outcome::Blocked {
            why: format!(
                "the token may not do that for this author; it needs `w_organization_social` and a \
                 role on the page, or `w_member_social`: {said}"
            ),
        },
        426 => Outcome::Blocked { why: retired(&said) },
        422 if request.verb == Verb::Create && is_duplicate(answer) => {
            let which = urn_in(&answer.body).map_or_else(String::new, |urn| {
                format!("; it names https://www.linkedin.com/feed/update/{urn}/")
            });
            Outcome::Duplicate {
                why: format!("LinkedIn says that it has this text already{which}; {said}"),
            }
        }
        _ => answer.failure(Busy::Unsaid),
    }
}

/// What is said where the access token is not taken.
pub(super) fn not_taken(said: &str) -> String {
    format!(
        "LinkedIn does not take the access token any more (it lives 60 days, and ends where somebody \
         revokes it): {said}; get a new one with `handbill channels renew`"
    )
}

/// What is said where the version of the API is not served any more.
pub(super) fn retired(said: &str) -> String {
    format!(
        "LinkedIn does not serve this version of its API any more; set `linkedin.version` to a newer \
         one, year and month: {said}"
    )
}

fn is_duplicate(answer: &Answer) -> bool {
    let codes = answer.json().and_then(|json| {
        let errors = json.pointer("/errorDetails/inputErrors")?.as_array()?.clone();
        Some(errors.iter().any(|error| error["code"] == "DUPLICATE_POST"))
    });
    codes.unwrap_or_default() || answer.body.contains("DUPLICATE_POST")
}

/// The post that a message names.
fn urn_in(message: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':';
    let starts = ["urn:li:share:", "urn:li:ugcPost:", "urn:li:activity:"];
    let at = starts.iter().find_map(|start| message.find(start))?;
    let rest = message.get(at..)?;
    let urn = rest.get(..rest.find(|c| !is_part(c)).unwrap_or(rest.len()))?;
    is_post(urn).then_some(urn)
}

/// Whether this names a post that requests can address.
pub(super) fn is_post(urn: &str) -> bool {
    let number =
        ["urn:li:share:", "urn:li:ugcPost:"].iter().find_map(|kind| urn.strip_prefix(kind));
    number.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A success that does not say what it made.
pub(super) fn unexpected(answer: &Answer) -> Outcome {
    let body = words::excerpt(&answer.body);
    Outcome::Unknown {
        why: format!(
            "LinkedIn took it, but names no post (HTTP {}, no `x-restli-id`) {body}",
            answer.status
        )
        .trim_end()
        .to_owned(),
    }
}
