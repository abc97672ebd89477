//! What a list sent to its readers, and where its archive shows that.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::{Found, Says, one_line, pattern, starts_with_no};
use crate::mailbox::mime::{Headers, Mail};

pub(super) fn read(mail: &Mail) -> Option<Found> {
    if !is_of_a_list(&mail.headers) {
        return None;
    }
    let subject = mail.headers.get("subject");
    let link = archived_at(&mail.headers).or_else(|| footer(&mail.text));
    // The words of whoever wrote it are nobody's answer.
    let words = one_line(subject.unwrap_or_default());
    Some(Found::new(Says::ListCopy { link }, &words).subject(subject))
}

/// A list marks what it distributes; its notices lack `List-Post` and `Archived-At`, and say that
/// they are automatic or administrative.
fn is_of_a_list(headers: &Headers) -> bool {
    let automatic = headers.get("auto-submitted").is_some_and(|it| !starts_with_no(it));
    if automatic || headers.has("x-list-administrivia") || headers.has("x-failed-recipients") {
        return false;
    }
    ["list-post", "archived-at", "x-google-group-id", "x-beenthere"]
        .iter()
        .any(|mark| headers.has(mark))
        || (headers.says("precedence", "list") && headers.has("list-id"))
        // Sympa without archive; LISTSERV, which may add no List-Post. Mailman's copies have it, and its
        // notices say how to unsubscribe as well.
        || (headers.has("list-id")
            && headers.has("list-unsubscribe")
            && !headers.has("x-mailman-version"))
}

/// RFC 5064. Each archiver adds one; the list's own is the one on a host that its other addresses
/// name, or else the first.
fn archived_at(headers: &Headers) -> Option<Url> {
    let found: Vec<Url> = headers.all("archived-at").filter_map(link_in).collect();
    let archive = headers.get("list-archive").and_then(link_in);
    let same_host = |link: &&Url| archive.as_ref().is_some_and(|it| it.host() == link.host());
    found.iter().find(same_host).or(found.first()).cloned()
}

fn link_in(value: &str) -> Option<Url> {
    let value = value.trim();
    let bare = value.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let bare = bare.map_or(value, |(link, _)| link);
    // A long one may have been folded.
    let link = Url::parse(&bare.split_whitespace().collect::<String>()).ok()?;
    matches!(link.scheme(), "http" | "https").then_some(link)
}

/// Google Groups and groups.io write the link below the text. The last one counts: earlier ones
/// could stand in a posting.
fn footer(text: &str) -> Option<Url> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"https://groups\.google\.com/(?:a/[\w.-]+/)?d/msgid/[^\s<>"]+|https?://[\w.-]+/g/[\w+.-]+/message/\d+"#,
        )
    });
    let last = LINK.find_iter(text).last()?;
    Url::parse(last.as_str().trim_end_matches(['.', ',', ')'])).ok()
}
