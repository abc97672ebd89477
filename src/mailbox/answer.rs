//! What a mail says that came back after a posting was sent. Touches nothing.
//!
//! Lists and servers answer in many ways, and only some of them are made for programs. Each file
//! below knows the forms of one kind of sender; the facts behind them were captured or read in the
//! programs that write them, which the functions name. What none of them knows is
//! [`Says::Other`]: it is shown to a person and moves nothing.

mod bounce;
mod copy;
mod listserv;
mod mailman;
mod mlmmj;
mod phrases;
mod report;
mod sympa;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;
use url::Url;
use uuid::Uuid;

use super::mime::{Headers, Mail};
use crate::channel::DeliveryKey;

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 300;

/// More names of the same thing than this are not kept.
const MOST_NAMES: usize = 100;

/// One mail, as far as it concerns a posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub says: Says,
    pub about: About,
    /// The reason in the list's or the server's own words: a few lines of at most 300 characters,
    /// without control characters. Empty if it gives none.
    pub words: String,
    /// The address in From.
    pub from: Option<String>,
    pub subject: String,
    /// When it was written, by the clock of whoever wrote it.
    pub date: Option<DateTime<Utc>>,
    /// Its own Message-ID, without angle brackets.
    pub message_id: Option<String>,
}

/// What it says of a posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A moderator has to look at it first.
    Held,
    /// The list, or its moderator, does not take it.
    Refused,
    /// It did not reach the list.
    Bounced,
    /// A server still tries to pass it on.
    Delayed,
    /// The list's server has it (a report of success, RFC 3464 §2.3.3).
    Relayed,
    /// It went out to the list's readers.
    Distributed,
    /// The list has these words already, and did not send them again.
    Duplicate,
    /// The list wants to hear from the sender that this is meant.
    Confirm(Confirmation),
    /// A mail that the list sent to its readers; whether it is a posting of ours, [`whose`] knows.
    ///
    /// [`whose`]: super::whose::whose
    ListCopy {
        /// Where the list's archive shows it, if the mail says so.
        link: Option<Url>,
    },
    /// The list will send no more notices today, so that silence means nothing until tomorrow. The
    /// posting that led to this one is held or refused.
    LastNoticeToday,
    /// Nothing that is known here: a person's words, a vacation, another matter.
    Other,
}

/// How a posting is confirmed: by a mail, or by opening a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confirmation {
    /// Where the answer goes.
    pub to: Option<String>,
    /// Its subject, for lists that want one.
    pub subject: Option<String>,
    pub link: Option<Url>,
}

/// What it says of the posting's identity. All ids are without angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// The Message-ID of the message that came back with it. For a [`Says::ListCopy`] its own, and
    /// those of the messages that the list wrapped in it.
    pub message_ids: Vec<String>,
    /// What it answers: In-Reply-To.
    pub answers: Vec<String>,
    /// The key in the address to which it came (VERP: `bot+KEY@lab.example`).
    pub envelope_key: Option<DeliveryKey>,
    /// `Original-Envelope-Id` of a report: what we gave as ENVID (RFC 3461 §4.4), decoded.
    pub envelope_id: Option<String>,
    /// The lists it names, by whatever name.
    pub lists: Vec<ListMark>,
    /// The recipients that a bounce or report is about, in lower case.
    pub recipients: Vec<String>,
    /// The subjects it quotes; some notices show several texts that could be it.
    pub subjects: Vec<String>,
    /// For a [`Says::ListCopy`]: the addresses in From, Reply-To and Cc, in lower case. A list that
    /// writes itself into From moves the author to one of the others.
    pub authors: Vec<String>,
}

/// A name by which a mail speaks of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListMark {
    /// Its posting address, in lower case.
    Address(String),
    /// Its List-Id (RFC 2919), in lower case: in all programs known here the address with `.` for `@`.
    Id(String),
    /// A bare name, and the domain of the server that spoke of it.
    Name { name: String, domain: String },
}

impl ListMark {
    /// Whether it names the list with this posting address.
    pub fn names(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        match self {
            Self::Address(it) => *it == address,
            Self::Id(id) => *id == address.replacen('@', ".", 1),
            Self::Name { name, domain } => {
                let Some((local, host)) = address.split_once('@') else { return false };
                *name == local && related(domain, host)
            }
        }
    }
}

/// Whether two domains are one organisation's, as far as names show: equal, or one within the
/// other, or both directly within a domain of at least two labels (`sympa.inst.example` speaks for
/// lists at `lists.inst.example`).
fn related(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let parent = |domain: &str| {
        let (_, parent) = domain.split_once('.')?;
        parent.contains('.').then(|| parent.to_owned())
    };
    within(one, other) || within(other, one) || {
        let (one, other) = (parent(one), parent(other));
        one.is_some() && one == other
    }
}

/// What one way of reading found.
struct Found {
    says: Says,
    words: String,
    lists: Vec<ListMark>,
    subjects: Vec<String>,
    recipients: Vec<String>,
}

impl Found {
    fn new(says: Says, words: &str) -> Self {
        let words = reason(words);
        Self { says, words, lists: Vec::new(), subjects: Vec::new(), recipients: Vec::new() }
    }

    fn list(mut self, mark: Option<ListMark>) -> Self {
        self.lists.extend(mark);
        self
    }

    fn subject(mut self, subject: Option<&str>) -> Self {
        self.subjects.extend(subject.map(one_line));
        self
    }
}

/// Reads the bytes of one mail; whatever they are, it neither fails nor panics. Of a mail of more
/// than 1 MiB only the beginning is read.
pub fn read(bytes: &[u8]) -> Answer {
    let mail = Mail::read(bytes);
    // A list's copy is the only kind that holds words of other people, so it comes first: nothing
    // that stands in a posting is taken for a notice. A report is made for programs; the others
    // have texts for people and are told apart by who writes them.
    let found = copy::read(&mail)
        .or_else(|| report::read(&mail))
        .or_else(|| mailman::read(&mail))
        .or_else(|| sympa::read(&mail))
        .or_else(|| mlmmj::read(&mail))
        .or_else(|| listserv::read(&mail))
        .or_else(|| bounce::read(&mail))
        .unwrap_or_else(|| Found::new(Says::Other, &mail.text));
    let mut about = about(&mail, &found.says);
    about.lists.extend(found.lists);
    about.lists.truncate(MOST_NAMES);
    about.subjects = found.subjects;
    about.recipients = found.recipients;
    Answer {
        says: found.says,
        about,
        words: found.words,
        from: mail.headers.get("from").and_then(|from| addresses(from).next()),
        subject: one_line(mail.headers.get("subject").unwrap_or_default()),
        date: mail.date(),
        message_id: mail.headers.get("message-id").and_then(|id| ids(id).next()),
    }
}

/// What the headers say of the posting's identity, whatever the mail says.
fn about(mail: &Mail, says: &Says) -> About {
    let headers = &mail.headers;
    let is_copy = matches!(says, Says::ListCopy { .. });
    let own = is_copy.then_some(headers).into_iter();
    let named = own.chain(&mail.returned).filter_map(|headers| headers.get("message-id"));
    // Not of a copy: that is a reader's answer on the list.
    let answered = headers.all("in-reply-to").filter(|_| !is_copy);
    let authors = ["from", "reply-to", "cc", "x-original-from"];
    let authors = authors.iter().flat_map(|name| headers.all(name)).filter(|_| is_copy);
    let envelope_id = mail.report.iter().find_map(|group| group.get("original-envelope-id"));
    About {
        message_ids: named.flat_map(ids).take(MOST_NAMES).collect(),
        answers: answered.flat_map(ids).take(MOST_NAMES).collect(),
        envelope_key: envelope_key(headers),
        envelope_id: envelope_id.map(|id| decode_xtext(id.trim())),
        lists: list_marks(headers),
        authors: authors.flat_map(addresses).take(MOST_NAMES).collect(),
        ..About::default()
    }
}

/// The key in the address to which a mail came. Who delivers it keeps that address in
/// `Delivered-To` (Postfix, Dovecot), `X-Original-To` (Postfix), `Envelope-To` (Exim); a bounce has
/// it in To as well.
fn envelope_key(headers: &Headers) -> Option<DeliveryKey> {
    static KEY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:^|[+=_.-])([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:$|[+=_.-])",
        )
    });
    let names =
        ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to"];
    let all = names.iter().flat_map(|name| headers.all(name)).flat_map(addresses);
    all.into_iter().find_map(|address| {
        let (local, _) = address.split_once('@')?;
        let found = KEY.captures(local)?;
        Uuid::try_parse(found.get(1)?.as_str()).ok().map(DeliveryKey)
    })
}

/// The lists that the headers name.
fn list_marks(headers: &Headers) -> Vec<ListMark> {
    let mut marks = Vec::new();
    let id = headers.get("list-id").and_then(|id| {
        let id =
            id.rsplit_once('<').and_then(|(_, id)| id.split_once('>')).map_or(id, |(id, _)| id);
        let id = id.trim();
        (!id.is_empty() && !id.contains(char::is_whitespace)).then(|| id.to_ascii_lowercase())
    });
    marks.extend(id.map(ListMark::Id));
    for name in ["list-post", "x-beenthere", "mailing-list"] {
        let found = headers.get(name).and_then(|value| addresses(value).next());
        marks.extend(found.map(ListMark::Address));
    }
    for name in ["from", "sender", "reply-to", "return-path"] {
        let found = headers.get(name).and_then(|value| addresses(value).next());
        marks.extend(found.and_then(|address| role_of(&address)).map(ListMark::Address));
    }
    marks
}

/// The list behind an address of its own for a role (RFC 2142 §6 and the programs' usage):
/// `jobs-owner@`, `jobs-bounces+x@`, `jobs+owner@`, `owner-jobs@`.
fn role_of(address: &str) -> Option<String> {
    const ROLES: [&str; 8] =
        ["owner", "bounces", "bounce", "request", "admin", "editor", "noreply", "help"];
    let (local, domain) = address.split_once('@')?;
    let (stem, detail) = local.split_once('+').map_or((local, None), |(a, b)| (a, Some(b)));
    let role = |word: &str| ROLES.contains(&word);
    let list = if let Some((list, last)) = stem.rsplit_once('-')
        && role(last)
    {
        list
    } else if let Some(list) = stem.strip_prefix("owner-") {
        list
    } else if detail.is_some_and(role) {
        stem
    } else {
        return None;
    };
    (!list.is_empty()).then(|| format!("{list}@{domain}"))
}

/// Whether a program sent it, as far as its headers say (RFC 3834 §5, and older ways).
fn is_automatic(headers: &Headers) -> bool {
    let declared = headers.get("auto-submitted").is_some_and(|it| !starts_with_no(it));
    let junk = headers.get("precedence").is_some_and(|it| !it.eq_ignore_ascii_case("list"));
    declared || junk || is_from_a_server(headers)
}

/// `Auto-Submitted: no` is what a person's mail may say.
fn starts_with_no(value: &str) -> bool {
    value.split([';', ' ']).next().is_some_and(|word| word.eq_ignore_ascii_case("no"))
}

/// Whether it comes from a mail server and not from a person: by the null sender (RFC 5321 §4.5.5),
/// or by a name that servers use.
fn is_from_a_server(headers: &Headers) -> bool {
    let null = headers.get("return-path").is_some_and(|path| path.trim() == "<>");
    let from = headers.get("from").and_then(|from| addresses(from).next()).unwrap_or_default();
    let local = from.split('@').next().unwrap_or_default();
    null || ["mailer-daemon", "postmaster", "mdaemon", "microsoftexchange"]
        .iter()
        .any(|name| local.starts_with(name))
}

/// The addresses in a header, in lower case.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)*"));
    let found = ADDRESS.find_iter(text).map(|it| it.as_str().to_lowercase());
    found.take(MOST_NAMES).collect::<Vec<_>>().into_iter()
}

/// The message ids in a header, without angle brackets.
fn ids(text: &str) -> impl Iterator<Item = String> {
    let within = text.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    let ids: Vec<String> = within
        .map(|(id, _)| id.trim().to_owned())
        .filter(|id| !id.is_empty() && !id.contains(char::is_whitespace))
        .take(MOST_NAMES)
        .collect();
    ids.into_iter()
}

/// Words for the log: no control characters, no runs of spaces, at most 300 characters.
fn reason(text: &str) -> String {
    let lines = text.lines().map(one_line).filter(|line| !line.is_empty());
    // More than can be kept is not gone through.
    let text = lines.take(LONGEST_REASON).collect::<Vec<_>>().join("\n");
    match text.char_indices().nth(LONGEST_REASON - 1) {
        Some((end, _)) if text.len() > end => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{}…", kept.trim_end())
        }
        _ => text,
    }
}

/// A text on one line, without control characters.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// RFC 3461 §4: `+2B` for `+`.
fn decode_xtext(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        decoded.push_str(before);
        let code = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                decoded.push(char::from(code));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('+');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// Our own patterns, known when the program is built; in any case of letters.
fn pattern(text: &str) -> Regex {
    let made = regex::RegexBuilder::new(text).case_insensitive(true).build();
    made.expect("a constant pattern is valid")
}
