//! Mailman 2 and 3.
//!
//! Their notices (`Hold.py`, `Moderate.py`, `ListAdmin.py`; `chains/hold.py`, `app/bounces.py`,
//! `app/moderator.py`) go to the address in From and name no Message-ID. What a notice quotes is
//! indented by four spaces in every language: first the subject (or, where a moderator refuses,
//! `Posting of your message titled "…"`), then the reasons of a hold.

use super::phrases::{Verdict, verdict};
use super::{Found, Says, one_line};
use crate::mailbox::mime::{Mail, starts_with};

pub(super) fn read(mail: &Mail) -> Option<Found> {
    if !is_notice(mail) {
        return None;
    }
    // A refusal in a list's own words has only this to be known by: our message hangs on it, and
    // its subject is that message's (`bounce_message`).
    let returned = mail.returned.first();
    let own_subject = one_line(mail.headers.get("subject").unwrap_or_default());
    let is_returned = returned.is_some_and(|headers| {
        headers.get("subject").is_some_and(|subject| one_line(subject) == own_subject)
    });
    let notice = Notice::of(mail);
    if is_returned && notice.quoted.is_none() {
        let subject = returned.and_then(|headers| headers.get("subject"));
        return Some(Found::new(Says::Refused, notice.refusal()).subject(subject));
    }
    let frame = if notice.quoted.is_some() || is_returned {
        notice.frame.clone()
    } else {
        format!("{own_subject} {}", notice.frame)
    };
    let found = match verdict(&frame)? {
        Verdict::LastToday => Found::new(Says::LastNoticeToday, &mail.text),
        Verdict::Received => Found::new(Says::Distributed, &notice.frame),
        Verdict::Held => Found::new(Says::Held, notice.hold_reason().unwrap_or(&notice.frame)),
        Verdict::Refused => Found::new(Says::Refused, notice.refusal()).subject(notice.titled()),
    };
    Some(found.subject(notice.quoted))
}

/// `X-List-Administrivia` marks the notices of Mailman 2 (`CookHeaders.py`, reduced list headers);
/// Mailman 3 gives them `Precedence: bulk`, and postings `list`.
fn is_notice(mail: &Mail) -> bool {
    let headers = &mail.headers;
    headers.has("x-list-administrivia")
        || (headers.has("x-mailman-version") && headers.says("precedence", "bulk"))
}

/// The text of a notice.
struct Notice<'a> {
    paragraphs: Vec<&'a str>,
    /// The first thing that is quoted, and which paragraph that is.
    quoted: Option<&'a str>,
    at: usize,
    /// The server's own sentences around it.
    frame: String,
}

impl<'a> Notice<'a> {
    fn of(mail: &'a Mail) -> Self {
        let paragraphs = mail.paragraphs();
        let at = paragraphs.iter().position(|it| is_quoted(it));
        // Not the first one: nothing is quoted before something is said of it.
        let at = at.filter(|at| *at > 0);
        let around = match at {
            Some(at) => [at.checked_sub(1), Some(at + 1)],
            None => [Some(0), None],
        };
        let frame = around.iter().flatten().filter_map(|at| paragraphs.get(*at)).copied();
        let frame = frame.collect::<Vec<_>>().join(" ");
        let quoted = at.and_then(|at| paragraphs.get(at)).copied();
        Self { quoted, at: at.unwrap_or(0), frame, paragraphs }
    }

    /// The reasons of a hold: the next thing that is quoted, or what follows a colon.
    fn hold_reason(&self) -> Option<&'a str> {
        let after = self.paragraphs.get(self.at + 1..)?;
        let quoted = after.iter().find(|it| is_quoted(it));
        let introduced = || {
            let colon = after.iter().position(|it| it.trim_end().ends_with([':', '：']))?;
            after.get(colon + 1)
        };
        quoted.or_else(introduced).copied()
    }

    /// The reason of a refusal: what a moderator wrote, or the reasons of a rule, or else the
    /// server's own sentence.
    fn refusal(&self) -> &'a str {
        let sentence = self.paragraphs.first().copied().unwrap_or_default();
        let reason = match self.quoted {
            Some(_) => self.paragraphs.get(self.at + 2),
            None if sentence.trim_end().ends_with([':', '：']) => self.paragraphs.get(1),
            None => None,
        };
        let quotes = ['"', '«', '»', '„', '“', '”', '\u{a0}', ' '];
        reason.map_or(sentence, |reason| reason.trim().trim_matches(quotes))
    }

    /// The subject in `Posting of your message titled "…"`.
    fn titled(&self) -> Option<&'a str> {
        let quoted = self.quoted?;
        let start = quoted.find(['"', '«', '„', '“'])?;
        let end = quoted.rfind(['"', '»', '”', '“'])?;
        let inner = quoted.get(start..end)?;
        let mut characters = inner.chars();
        characters.next();
        Some(characters.as_str().trim())
    }
}

fn is_quoted(paragraph: &str) -> bool {
    starts_with(paragraph, "  ") || paragraph.starts_with('\t')
}
