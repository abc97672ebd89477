//! Bounces that are no reports: Exim, qmail, old Exchange, Google Groups. Their texts are for
//! people; who sends them and what they return makes them known.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, ListMark, Says, addresses, is_automatic, is_from_a_server, pattern};
use crate::mailbox::mime::{Headers, Mail};

pub(super) fn read(mail: &Mail) -> Option<Found> {
    let headers = &mail.headers;
    let failed = headers.get("x-failed-recipients");
    // A vacation says that it is automatic as well. It comes from a person's address and returns
    // nothing.
    if failed.is_none() && !is_from_a_server(headers) {
        return owner(mail);
    }
    let recipients: Vec<String> = match failed {
        Some(failed) => addresses(failed).collect(),
        None => named(&mail.text),
    };
    let group = recipients.iter().find(|address| address.ends_with("@googlegroups.com"));
    let says = if group.is_some() {
        // Whatever its language: a group that is not there or may not be written to.
        Says::Refused
    } else if came_back_from_a_reader(mail) {
        Says::Distributed
    } else if is_warning(mail) {
        Says::Delayed
    } else if failed.is_some() || gives_up(mail) {
        Says::Bounced
    } else {
        return None;
    };
    let mut found = Found::new(says, reason(mail, &recipients));
    found.lists.extend(group.cloned().map(ListMark::Address));
    if found.says != Says::Distributed {
        found.recipients = recipients;
    }
    let subject = mail.returned.iter().find_map(|headers| headers.get("subject"));
    Some(found.subject(subject))
}

/// A reader's mailbox that is gone sends our mail back as well, some of them to us. What bears a
/// list's marks went out to its readers; nothing of ours bears them when we send it.
pub(super) fn came_back_from_a_reader(mail: &Mail) -> bool {
    let marks = ["list-id", "list-post", "list-unsubscribe", "x-beenthere", "archived-at"];
    let bears = |headers: &Headers| marks.iter().any(|mark| headers.has(mark));
    mail.returned.iter().any(bears)
}

/// groups.io and others let a moderator write the refusal; it comes from the list's owner address.
/// Only English words are known.
fn owner(mail: &Mail) -> Option<Found> {
    static SAID: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\byour (?:message|post(?:ing)?|e-?mail)\b.{0,200}?\b(?:has been|was|is) (?:not (?:sent|posted|accepted|approved|distributed)|rejected|declined)\b|\byou (?:are|must be)\b.{0,60}?\b(?:not allowed|not authori[sz]ed|not permitted|a member)\b.{0,60}?\b(?:post|send)\b",
        )
    });
    let from = mail.headers.get("from").and_then(|from| addresses(from).next())?;
    let of_service = from.ends_with("groups.io") || from.ends_with("@googlegroups.com");
    let of_owner = super::role_of(&from).is_some() && is_automatic(&mail.headers);
    if !of_service && !of_owner {
        return None;
    }
    let text = super::one_line(&mail.text);
    let found = SAID.find(&text)?;
    let subject = mail.headers.get("subject").map(without_reply_mark);
    Some(Found::new(Says::Refused, text.get(found.start()..).unwrap_or(&text)).subject(subject))
}

fn without_reply_mark(subject: &str) -> &str {
    subject.strip_prefix("Re: ").unwrap_or(subject)
}

/// Who gives up says so; without that, words from a server are anything.
fn gives_up(mail: &Mail) -> bool {
    static SAID: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"could not be delivered|couldn't be delivered|wasn't able to deliver|not able to deliver|unable to deliver|undeliver|delivery (?:has )?failed|failure notice|did not reach the following|returned mail|unzustellbar|non remis|permanent(?:e)? (?:fatal )?error",
        )
    });
    let subject = mail.headers.get("subject").unwrap_or_default();
    SAID.is_match(subject) || SAID.is_match(&mail.text)
}

/// Exim's warning, and others that go on trying.
fn is_warning(mail: &Mail) -> bool {
    static SAID: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"delivery (?:attempts )?(?:status notification \(delay|delayed|will continue)|message delayed|will (?:be retried|keep trying|continue to be made)|not yet been delivered|has not been delivered to one or more of its recipients after",
        )
    });
    let subject = mail.headers.get("subject").unwrap_or_default();
    SAID.is_match(subject) || SAID.is_match(&mail.text)
}

/// The addresses that a text puts into lines of their own: `  jobs@lists.example` (Exim),
/// `<jobs@lists.example>:` (qmail), `jobs@lists.example on Thu, …` (Exchange).
fn named(text: &str) -> Vec<String> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?m)^\s*<?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]+)>?(?::|,| on |\s*$)")
    });
    let found = LINE.captures_iter(text).filter_map(|line| line.get(1));
    let mut all: Vec<String> = Vec::new();
    for address in found.flat_map(|it| addresses(it.as_str())).take(10) {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

/// What stands at and below the recipient, or the text from its second paragraph: the first only
/// greets.
fn reason<'a>(mail: &'a Mail, recipients: &[String]) -> &'a str {
    let paragraphs = mail.paragraphs();
    let holds = |paragraph: &&&str| {
        let lower = paragraph.to_lowercase();
        recipients.iter().any(|recipient| lower.contains(recipient.as_str()))
    };
    let told = paragraphs.iter().skip(1).rfind(holds);
    told.or(paragraphs.get(1)).or(paragraphs.first()).copied().unwrap_or_default()
}
