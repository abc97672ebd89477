//! Which delivery an answer is about. Touches nothing and never guesses: where two could be meant,
//! it says both.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use percent_encoding::percent_decode_str;
use sha1::{Digest, Sha1};
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, Says};
use crate::channel::DeliveryKey;

/// By how much the clock of a list's server may be behind ours.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

/// A delivery by mail that an answer could be about.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub key: DeliveryKey,
    /// Without angle brackets.
    pub message_id: &'a str,
    /// The one recipient: the list's posting address.
    pub list: &'a str,
    /// The address in From.
    pub from: &'a str,
    /// The subject as readers see it.
    pub subject: &'a str,
    pub sent_at: DateTime<Utc>,
}

/// Which delivery it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    One(DeliveryKey),
    Nobody,
    /// It could be any of these: a person decides.
    Several(Vec<DeliveryKey>),
}

impl Whose {
    fn of<'a>(found: impl Iterator<Item = &'a Candidate<'a>>) -> Self {
        let mut keys: Vec<DeliveryKey> = found.map(|candidate| candidate.key).collect();
        keys.sort_unstable();
        keys.dedup();
        match keys.as_slice() {
            [] => Self::Nobody,
            [key] => Self::One(*key),
            _ => Self::Several(keys),
        }
    }
}

/// Looks for the delivery that an answer is about. Pass those whose end is open: a list whose older
/// notices name nothing but itself (Sympa up to 6.2.70) is matched if exactly one of them went there.
///
/// The ways are tried in this order, the surest first, and the first that finds anything decides:
///
/// 1. A Message-ID: of the message that came back, or in In-Reply-To. Google Groups sets the latter.
/// 2. The key in the address to which the answer came (VERP).
/// 3. The envelope's id, as a report repeats it (RFC 3461 §4.4).
/// 4. The list and the quoted subject: all that Mailman's notices and a Sympa moderator's refusal say.
/// 5. The list alone, if the answer quotes no subject.
///
/// A list's copy goes another way: its own Message-ID, its link in the archive, or list, subject and
/// author together.
///
/// What is about a recipient that is not the candidate's list is about somebody else: a reader's
/// server may return our message too, where a list is a plain alias.
pub fn whose(answer: &Answer, candidates: &[Candidate<'_>]) -> Whose {
    let near: Vec<&Candidate<'_>> =
        candidates.iter().filter(|candidate| may_be_about(answer, candidate)).collect();
    let ways: &[fn(&Answer, &Candidate<'_>) -> bool] = match answer.says {
        Says::ListCopy { .. } => &[by_message_id, by_link, by_author],
        _ => &[by_message_id, by_answered, by_envelope_key, by_envelope_id, by_subject, by_list],
    };
    for way in ways {
        let found = near.iter().copied().filter(|candidate| way(answer, candidate));
        match Whose::of(found) {
            Whose::Nobody => {}
            found => return found,
        }
    }
    Whose::Nobody
}

/// Not what was written before the posting went out, and not what names other recipients.
fn may_be_about(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    let later = answer.date.is_none_or(|date| date + CLOCKS_DIFFER >= candidate.sent_at);
    let recipients = &answer.about.recipients;
    let here = recipients.is_empty()
        || recipients.iter().any(|address| is_address_of(address, candidate.list));
    later && here
}

/// The same address, or the same name within the list's own domain: a server may name the machine
/// on which the list lives (`jobs@mx.lists.example`).
fn is_address_of(recipient: &str, list: &str) -> bool {
    let (recipient, list) = (recipient.to_lowercase(), list.to_lowercase());
    if recipient == list {
        return true;
    }
    match (recipient.split_once('@'), list.split_once('@')) {
        (Some((one, host)), Some((other, domain))) => {
            one == other && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        }
        _ => false,
    }
}

fn by_message_id(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    answer.about.message_ids.iter().any(|id| id == candidate.message_id)
}

fn by_answered(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    answer.about.answers.iter().any(|id| id == candidate.message_id)
}

fn by_envelope_key(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    answer.about.envelope_key == Some(candidate.key)
}

/// ENVID is the key, with or without hyphens, or the Message-ID.
fn by_envelope_id(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    answer.about.envelope_id.as_deref().is_some_and(|id| {
        let key = Uuid::try_parse(id).map(DeliveryKey);
        key.is_ok_and(|key| key == candidate.key) || id == candidate.message_id
    })
}

fn by_subject(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    names_list(answer, candidate)
        && answer.about.subjects.iter().any(|quoted| same_subject(quoted, candidate.subject))
}

fn by_list(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    answer.says != Says::Other
        && answer.about.subjects.is_empty()
        && names_list(answer, candidate)
        // What names a message is about that one, or about none of ours.
        && answer.about.message_ids.is_empty()
        && answer.about.envelope_key.is_none()
}

/// An archive's link holds the Message-ID (Google Groups, public-inbox, W3C, Sympa up to 6.2.70), or
/// its hash (Mailman 3). It stays true where the list gave readers a copy with a new Message-ID
/// because of DMARC: archiving comes before that (`pipelines/builtin.py`).
fn by_link(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    let Says::ListCopy { link: Some(link) } = &answer.says else { return false };
    link_names(link, candidate.message_id)
}

fn link_names(link: &Url, message_id: &str) -> bool {
    let path = percent_decode_str(link.path()).decode_utf8_lossy().into_owned();
    let hash = BASE32_NOPAD.encode(&Sha1::digest(message_id));
    path.split('/').any(|segment| segment == message_id || segment == hash)
}

/// The same subject on the same list, with us as the author: in From, or in Reply-To or Cc where the
/// list put itself into From (Mailman's `dmarc.py`).
fn by_author(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    let from = candidate.from.to_lowercase();
    names_list(answer, candidate)
        && answer.about.authors.contains(&from)
        && answer.about.subjects.iter().any(|subject| is_copy_of(subject, candidate.subject))
}

fn names_list(answer: &Answer, candidate: &Candidate<'_>) -> bool {
    answer.about.lists.iter().any(|mark| mark.names(candidate.list))
}

/// Whether a notice quotes this subject. Mailman 2 writes `?` for a letter that the list's character
/// set lacks.
fn same_subject(quoted: &str, ours: &str) -> bool {
    let (quoted, ours) = (spaced(quoted), spaced(ours));
    let lacks = |letter: char| matches!(letter, '?' | '\u{fffd}');
    !ours.is_empty()
        && quoted.chars().count() == ours.chars().count()
        && quoted
            .chars()
            .zip(ours.chars())
            .all(|(one, other)| one == other || (lacks(one) && !other.is_ascii()))
}

/// Whether a list's copy has this subject: the same, or with the list's tag before it
/// (`[jobs] …`, `Jobs: …`), but no mark of an answer.
fn is_copy_of(subject: &str, ours: &str) -> bool {
    const ANSWERS: [&str; 12] =
        ["re", "aw", "fw", "fwd", "wg", "antw", "sv", "vs", "tr", "rv", "r", "odp"];
    let (subject, ours) = (spaced(subject), spaced(ours));
    if ours.is_empty() {
        return false;
    }
    let Some(before) = subject.strip_suffix(&ours) else { return false };
    let before = before.trim();
    let in_brackets =
        before.starts_with('[') && before.find(']') == Some(before.len().wrapping_sub(1));
    let word = before.strip_suffix(':').filter(|word| !word.contains([' ', ':']));
    let is_tag = word.is_some_and(|word| !ANSWERS.contains(&word.to_lowercase().as_str()));
    before.is_empty() || in_brackets || is_tag
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
