//! LISTSERV. No answer of it was captured; its texts are known from its users alone, so what is
//! read here asks for several marks at once, and the rest is left to a person.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::{Confirmation, Found, ListMark, Says, addresses, one_line, pattern};
use crate::mailbox::mime::Mail;

pub(super) fn read(mail: &Mail) -> Option<Found> {
    let from = mail.headers.get("from").and_then(|from| addresses(from).next())?;
    let (local, domain) = from.split_once('@')?;
    if local != "listserv" && !local.starts_with("owner-listserv") {
        return None;
    }
    let text = one_line(&mail.text);
    let lower = text.to_lowercase();
    let says = if let Some(confirmation) = confirmation(mail, &from) {
        Says::Confirm(confirmation)
    } else if lower.contains("already been distributed") {
        Says::Duplicate
    } else if lower.contains("not authorized to send mail to")
        || lower.contains("returned to you unprocessed")
        || lower.contains("has been rejected")
    {
        Says::Refused
    } else if lower.contains("submitted to the moderator") {
        Says::Held
    } else if lower.contains("successfully distributed to the") {
        Says::Distributed
    } else {
        return None;
    };
    let words = if matches!(says, Says::Confirm(_)) {
        mail.headers.get("subject").unwrap_or_default()
    } else {
        mail.paragraphs().first().copied().unwrap_or_default()
    };
    let found = Found::new(says, words).list(list_name(&text, domain)).subject(quoted(&text));
    Some(found)
}

/// It is confirmed by a reply that says `ok`, or by opening a page whose address has `OK=KEY`.
fn confirmation(mail: &Mail, from: &str) -> Option<Confirmation> {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"https?://[^\s<>"]+[?&]OK=[0-9a-f]{4,}[^\s<>"]*"#));
    let subject = mail.headers.get("subject").unwrap_or_default().to_lowercase();
    let link = LINK.find(&mail.text).and_then(|it| Url::parse(it.as_str()).ok());
    if link.is_none() && !subject.contains("confirmation request") {
        return None;
    }
    let subject = mail.headers.get("subject").map(|subject| format!("Re: {}", one_line(subject)));
    Some(Confirmation { to: Some(from.to_owned()), subject, link })
}

/// `… to the JOBS-L list`.
fn list_name(text: &str, domain: &str) -> Option<ListMark> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bthe ([\w-]+) list\b"));
    let name = NAME.captures(text)?.get(1)?.as_str().to_lowercase();
    Some(ListMark::Name { name, domain: domain.to_lowercase() })
}

/// `… with subject "…"`.
fn quoted(text: &str) -> Option<&str> {
    static SUBJECT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"\bsubject "(.*?)" (?:has|was|is|to)\b"#));
    Some(SUBJECT.captures(text)?.get(1)?.as_str())
}
