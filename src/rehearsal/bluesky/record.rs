//! What a PDS asks of a post before it takes it: lexicon `app.bsky.feed.post`.

use chrono::DateTime;
use data_encoding::BASE32_NOPAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use unicode_segmentation::UnicodeSegmentation;

use super::Refusal;
use crate::channel::bluesky;
use crate::channel::bluesky::id::{Tid, is_language_tag};
use crate::rehearsal::page::escape;

pub(super) const POSTS: &str = "app.bsky.feed.post";

/// The key under which a request wants a post.
pub(super) fn key(request: &Value) -> Result<String, Refusal> {
    if request["collection"] != POSTS {
        return Err(Refusal::invalid("the stand-in keeps posts only"));
    }
    let key = request["rkey"].as_str().unwrap_or_default();
    match Tid::parse(key) {
        Some(_) => Ok(key.to_owned()),
        None => Err(Refusal::invalid(format!("Invalid record key \"{key}\": not a TID"))),
    }
}

/// The post, if it is one.
pub(super) fn checked(post: &Value) -> Result<Value, Refusal> {
    let invalid =
        |what: &str| Err(Refusal::invalid(format!("Invalid app.bsky.feed.post record: {what}")));
    if post["$type"] != POSTS {
        return invalid("it has another $type");
    }
    let Some(text) = post["text"].as_str() else { return invalid("there is no text") };
    let graphemes = text.graphemes(true).count();
    if graphemes > 300 {
        let what = format!("grapheme too big (maximum 300, got {graphemes}) at $.record.text");
        return invalid(&what);
    }
    if text.len() > 3000 {
        let what = format!("string too big (maximum 3000, got {}) at $.record.text", text.len());
        return invalid(&what);
    }
    let created = post["createdAt"].as_str().unwrap_or_default();
    if DateTime::parse_from_rfc3339(created).is_err() {
        return invalid("createdAt is no datetime");
    }
    let languages = post.get("langs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tag = |language: &Value| language.as_str().is_some_and(is_language_tag);
    if languages.len() > 3 || !languages.iter().all(tag) {
        return invalid("langs holds too many languages, or one that is none");
    }
    if let Some(card) = post.pointer("/embed/external")
        && !["uri", "title", "description"].iter().all(|name| card[*name].is_string())
    {
        return invalid("the card needs uri, title and description");
    }
    for end in ["root", "parent"] {
        let Some(reply) = post.get("reply") else { break };
        if !["uri", "cid"].iter().all(|name| reply[end][*name].is_string()) {
            return invalid("reply needs root and parent, each with uri and cid");
        }
    }
    Ok(post.clone())
}

/// The link of a record.
pub(super) fn cid(record: &Value) -> String {
    bluesky::link_of(record).unwrap_or_default()
}

/// The link of a file: a CID for raw bytes.
pub(super) fn blob(bytes: &[u8]) -> String {
    let cid = [&[0x01, 0x55, 0x12, 0x20], Sha256::digest(bytes).as_slice()].concat();
    format!("b{}", BASE32_NOPAD.encode(&cid).to_lowercase())
}

/// The card of a post, as HTML.
pub(super) fn card(post: &Value) -> String {
    let Some(card) = post.pointer("/embed/external") else { return String::new() };
    let text = |name: &str| escape(card[name].as_str().unwrap_or_default());
    format!("<p><a href=\"{}\">{}</a><br>{}</p>\n", text("uri"), text("title"), text("description"))
}
