//! Sympa, where it does not speak by reports (those are read in [`super::report`]).
//!
//! Up to 6.2.70 a hold is a mail named "Message distribution" that gives the list's name and nothing
//! else (`message_report.tt2`, `moderating_message`); later ones send a report. A moderator's refusal
//! (`reject.tt2`) quotes the subject, and a request for confirmation (`send_auth.tt2`) has the
//! message attached.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::phrases::{Verdict, verdict};
use super::{Confirmation, Found, ListMark, Says, addresses, one_line, pattern};
use crate::mailbox::mime::Mail;

pub(super) fn read(mail: &Mail) -> Option<Found> {
    if !is_from_sympa(mail) {
        return None;
    }
    confirmation(mail).or_else(|| notice(mail))
}

/// Its command address, `sympa@`, or that of its owner, is in every mail of its own; `X-Loop` names
/// it too.
fn is_from_sympa(mail: &Mail) -> bool {
    let robot = |address: String| {
        let local = address.split('@').next().unwrap_or_default().to_owned();
        matches!(local.as_str(), "sympa" | "sympa-request" | "sympa-owner")
    };
    let names = ["from", "reply-to", "x-loop", "sender"];
    mail.headers.says("x-mailer", "sympa")
        || names.iter().flat_map(|name| mail.headers.all(name)).flat_map(addresses).any(robot)
}

/// `CONFIRM KEY` is a command and the same in every language.
fn confirmation(mail: &Mail) -> Option<Found> {
    static COMMAND: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?-i:CONFIRM)\s+([0-9a-f]{8,64})\b"));
    static TOPIC: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"https?://[^\s<>"]+/request_topic/[^\s<>"]+"#));
    // The message to confirm hangs on it.
    mail.returned.first()?;
    let subject = mail.headers.get("subject").unwrap_or_default();
    let link = TOPIC.find(&mail.text).and_then(|it| Url::parse(it.as_str()).ok());
    let key = [subject, &mail.text].iter().find_map(|text| COMMAND.captures(text));
    let command = key.and_then(|it| it.get(1)).map(|key| format!("CONFIRM {}", key.as_str()));
    if command.is_none() && link.is_none() {
        return None;
    }
    let headers = &mail.headers;
    let to = headers.get("reply-to").or_else(|| headers.get("from"));
    let to = to.and_then(|to| addresses(to).next());
    let confirmation = Confirmation { to, subject: command, link };
    // The text is the command and where to send it: the subject says what is wanted.
    Some(Found::new(Says::Confirm(confirmation), &subject_without_key(subject)))
}

fn subject_without_key(subject: &str) -> String {
    let first = subject.split_whitespace().next().unwrap_or_default();
    if first == "CONFIRM" { String::new() } else { subject.to_owned() }
}

fn notice(mail: &Mail) -> Option<Found> {
    let first = *mail.paragraphs().first()?;
    let sentence = first.split("\n(").next().unwrap_or(first);
    // Behind it, in brackets: `(Subject of your mail: …)`.
    let bracket = mail.text.split_once("\n(").map(|(_, rest)| rest);
    let bracket = bracket.and_then(|rest| rest.split("\n\n").next()).map(str::trim_end);
    let inner = bracket.map(|inner| inner.strip_suffix(')').unwrap_or(inner));
    let quoted = inner.and_then(|inner| inner.split_once(": ")).map(|(_, subject)| subject);
    let says = match verdict(sentence)? {
        Verdict::Held => Says::Held,
        Verdict::Refused => Says::Refused,
        Verdict::Received | Verdict::LastToday => return None,
    };
    // What our subject could contain is not looked into for the list's name.
    let name = list_name(sentence, mail);
    Some(Found::new(says, sentence).list(name).subject(quoted))
}

/// The list as the sentence names it: by its address, in quotes, or after its word for "list".
fn list_name(sentence: &str, mail: &Mail) -> Option<ListMark> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:['«»]\s*([\w.+-]+)\s*['»«]|\b(?:liste?|lista|lijst|listan|listy|рассылки)\s+([\w.+-]+))",
        )
    });
    let sentence = one_line(sentence);
    if let Some(address) = addresses(&sentence).find(|address| !address.starts_with("sympa")) {
        return Some(ListMark::Address(address));
    }
    let found = NAME.captures(&sentence)?;
    let name = found.get(1).or(found.get(2))?.as_str().to_lowercase();
    let from = mail.headers.get("from").and_then(|from| addresses(from).next())?;
    let (_, domain) = from.split_once('@')?;
    Some(ListMark::Name { name, domain: domain.to_owned() })
}
