//! Plays the archive of a Mailman 3 list (HyperKitty): a message's page under the hash of its
//! Message-ID, its thread, the list's index, and the JSON of a message.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use url::Url;

use super::letter::Letter;
use super::page::{escape, missing, page};
use super::smtp::{Inner, StoredMail};

/// HyperKitty's name for a message: Base32 of the SHA-1 of the Message-ID without angle brackets.
pub fn message_hash(message_id: &str) -> String {
    BASE32_NOPAD.encode(&Sha1::digest(message_id))
}

/// `{base}/list/{list@host}/message/{hash}/`.
pub(super) fn permalink(base: &Url, list: &str, message_id: &str) -> String {
    let base = base.as_str().trim_end_matches('/');
    format!("{base}/list/{list}/message/{}/", message_hash(message_id))
}

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/archives/list/{list}/", get(index))
        .route("/archives/list/{list}/message/{hash}/", get(message))
        .route("/archives/list/{list}/thread/{hash}/", get(thread))
        .route("/archives/api/list/{list}/email/{hash}/", get(email))
        .fallback(async || missing(StatusCode::NOT_FOUND))
        .with_state(inner)
}

async fn index(State(inner): State<Arc<Inner>>, Path(list): Path<String>) -> Response {
    let entries: Vec<String> = on_list(&inner, &list)
        .iter()
        .map(|letter| {
            format!(
                "<li><a href=\"/archives/list/{}/message/{}/\">{}</a></li>\n",
                escape(&list),
                hash(letter),
                escape(letter.header("Subject").unwrap_or_default())
            )
        })
        .collect();
    let body = format!("<h1>{}</h1>\n<ul>\n{}</ul>", escape(&list), entries.concat());
    page(&list, &body).into_response()
}

async fn message(
    State(inner): State<Arc<Inner>>,
    Path((list, wanted)): Path<(String, String)>,
) -> Response {
    let letters = on_list(&inner, &list);
    let Some(letter) = letters.iter().find(|letter| hash(letter) == wanted) else {
        return missing(StatusCode::NOT_FOUND);
    };
    let thread = hash(first_of_thread(&letters, letter));
    let body = format!(
        "{}\n<p><a href=\"/archives/list/{}/thread/{thread}/\">The whole thread</a></p>",
        shown(letter),
        escape(&list)
    );
    page(letter.header("Subject").unwrap_or_default(), &body).into_response()
}

async fn thread(
    State(inner): State<Arc<Inner>>,
    Path((list, wanted)): Path<(String, String)>,
) -> Response {
    let letters = on_list(&inner, &list);
    let shown: Vec<String> = letters
        .iter()
        .filter(|letter| hash(first_of_thread(&letters, letter)) == wanted)
        .map(shown)
        .collect();
    if shown.is_empty() {
        return missing(StatusCode::NOT_FOUND);
    }
    page("Thread", &shown.join("\n")).into_response()
}

async fn email(
    State(inner): State<Arc<Inner>>,
    Path((list, wanted)): Path<(String, String)>,
) -> Response {
    let letters = on_list(&inner, &list);
    match letters.iter().find(|letter| hash(letter) == wanted) {
        Some(letter) => Json(entity(&letters, letter, &list)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not found." }))).into_response(),
    }
}

fn on_list(inner: &Inner, list: &str) -> Vec<Letter> {
    let is_on_list = |mail: &StoredMail| {
        mail.recipients.iter().any(|recipient| recipient.eq_ignore_ascii_case(list))
    };
    inner.archived().iter().filter(|mail| is_on_list(mail)).map(StoredMail::letter).collect()
}

fn hash(letter: &Letter) -> String {
    message_hash(letter.message_id().unwrap_or_default())
}

fn parent<'a>(letters: &'a [Letter], letter: &Letter) -> Option<&'a Letter> {
    let answered = letter.in_reply_to()?;
    letters.iter().find(|it| it.message_id() == Some(answered))
}

fn first_of_thread<'a>(letters: &'a [Letter], letter: &'a Letter) -> &'a Letter {
    let mut first = letter;
    // No thread is deeper than there are letters; letters that answer in a circle end here too.
    for _ in letters {
        match parent(letters, first) {
            Some(earlier) => first = earlier,
            None => break,
        }
    }
    first
}

fn shown(letter: &Letter) -> String {
    let part = |name: &str| escape(letter.header(name).unwrap_or_default());
    format!(
        "<article>\n<h1>{}</h1>\n<p class=\"quiet\">{} · {}</p>\n\
         <div class=\"text mail\">{}</div>\n</article>",
        part("Subject"),
        part("From"),
        part("Date"),
        escape(&letter.readable()),
    )
}

fn entity(letters: &[Letter], letter: &Letter, list: &str) -> Value {
    let address = |kind: &str, hash: &str| format!("/archives/api/list/{list}/{kind}/{hash}/");
    json!({
        "url": address("email", &hash(letter)),
        "mailinglist": format!("/archives/api/list/{list}/"),
        "message_id": letter.message_id(),
        "message_id_hash": hash(letter),
        "thread": address("thread", &hash(first_of_thread(letters, letter))),
        "sender_name": letter.header("From"),
        "subject": letter.header("Subject"),
        "date": letter.header("Date"),
        "parent": parent(letters, letter).map(|parent| address("email", &hash(parent))),
        "content": letter.readable(),
        "attachments": [],
    })
}

#[cfg(test)]
mod tests {
    use super::message_hash;

    /// Published pairs of Message-ID and hash.
    #[test]
    fn the_hash_is_the_one_in_real_archives() {
        assert_eq!(message_hash("first"), "4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB");
        assert_eq!(
            message_hash("AAAFF3E5-1154-4A14-A0B9-3AC66142531A@gmail.com"),
            "36JSBPPJTV77RNVUXEMH2SSAPHEMJYRL"
        );
    }
}
