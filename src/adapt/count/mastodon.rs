//! How long a text is on Mastodon.
//!
//! Grapheme clusters, after each address with a scheme is written as 23 signs and each
//! `@user@server` as `@user` (`app/validators/status_length_validator.rb`, `app/lib/extractor.rb`).
//! A content warning counts with it, as it stands.

use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use super::LINK;
use super::link::{self, Link};
use super::signs::{self, Reader};
use super::top_level::{self, Known};

pub fn length(text: &str) -> usize {
    let length = |known| countable(text, known).graphemes(true).count();
    let units: Vec<u32> = text.chars().map(u32::from).collect();
    let today = length(Known::Today);
    if top_level::lists_differ(&units) { today.max(length(Known::ToTheLibrary)) } else { today }
}

/// The longest server that a mention may name.
const LONGEST_SERVER: usize = 253;

/// `Account::MENTION_RE`; what may not stand before it is looked at apart.
static MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^@(?P<user>[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(?:@(?P<server>[\p{L}\p{M}\p{Nd}\p{Pc}]+(?:[.-]+[\p{L}\p{M}\p{Nd}\p{Pc}]+)*))?")
        .ok()
});

/// Ruby's `[:word:]`, of which none may stand before a mention.
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{M}\p{Nd}\p{Pc}]$").ok());

/// What is written in place of a part of the text, which is given in bytes.
struct Entity {
    start: usize,
    end: usize,
    countable: String,
}

/// The text as it is counted.
fn countable(text: &str, known: Known) -> String {
    let mut entities = links(text, known);
    entities.extend(mentions(text));
    entities.sort_by_key(|entity| entity.start);
    let mut countable = String::with_capacity(text.len());
    let mut at = 0;
    for entity in entities {
        // Of two that overlap the first counts.
        if entity.start < at {
            continue;
        }
        countable.push_str(&text[at..entity.start]);
        countable.push_str(&entity.countable);
        at = entity.end;
    }
    countable.push_str(&text[at..]);
    countable
}

fn links(text: &str, known: Known) -> Vec<Entity> {
    if !text.contains(':') {
        return Vec::new();
    }
    let (places, units): (Vec<usize>, Vec<u32>) =
        text.char_indices().map(|(at, sign)| (at, u32::from(sign))).unzip();
    let byte = |sign: usize| places.get(sign).copied().unwrap_or(text.len());
    link::find(&units, Reader::Mastodon, known)
        .into_iter()
        .map(|Link { at, length }| Entity {
            start: byte(at),
            end: byte(at + length),
            countable: "x".repeat(LINK),
        })
        .collect()
}

fn mentions(text: &str) -> Vec<Entity> {
    let mut mentions = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find('@').map(|at| from + at) {
        from = start + 1;
        if let Some((end, user)) = mention(&text[..start], &text[start..]) {
            from = start + end;
            mentions.push(Entity { start, end: from, countable: user });
        }
    }
    mentions
}

/// The length of the mention that `rest` begins with, and what of it counts.
fn mention(before: &str, rest: &str) -> Option<(usize, String)> {
    let is_within = before.ends_with(['=', '/'])
        || WORD.as_ref().is_some_and(|word| word.is_match(last_sign(before)));
    let found = MENTION.as_ref().filter(|_| !is_within)?.captures(rest)?;
    let end = found.get(0)?.end();
    let after = &rest[end..];
    let goes_on = after.starts_with(['@', '＠'])
        || after.starts_with("://")
        || after.chars().next().is_some_and(|sign| signs::is_accented_latin(sign.into()));
    let server = found.name("server").map_or("", |server| server.as_str());
    if goes_on || server.chars().count() > LONGEST_SERVER {
        return None;
    }
    Some((end, format!("@{}", found.name("user")?.as_str())))
}

fn last_sign(text: &str) -> &str {
    text.char_indices().next_back().map_or("", |(at, _)| &text[at..])
}
