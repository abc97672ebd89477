//! What becomes of a mail at a list, and what is written back: letters as real programs write them,
//! so that the engine's own reading of them is part of the game.

use chrono::{DateTime, TimeDelta, Utc};

use super::chance::Chance;
use super::server::{Habits, Repeats};
use crate::channel::wire::MailMessage;

/// What will become of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// From when on the archive shows it; `None`: never.
    pub shown_from: Option<DateTime<Utc>>,
    /// When it is over with it: a moderator refuses it, or a server on the way sends it back.
    pub ends: Option<DateTime<Utc>>,
    /// What is written back, and when.
    pub letters: Vec<(DateTime<Utc>, Vec<u8>)>,
}

/// Draws what becomes of a mail that a list's server has taken.
pub fn course(
    habits: &Habits,
    mail: &MailMessage,
    now: DateTime<Utc>,
    chance: &mut Chance,
) -> Course {
    let silence = Course { shown_from: None, ends: None, letters: Vec::new() };
    if chance.per_cent(habits.never_shown) {
        return silence;
    }
    if chance.per_cent(habits.sent_back) {
        let ends = now + chance.minutes(1, 600);
        return Course { ends: Some(ends), letters: vec![letter(ends, bounce(mail))], ..silence };
    }
    if !chance.per_cent(habits.held) {
        let lag = chance.between(0, habits.lag.num_seconds());
        return Course { shown_from: Some(now + TimeDelta::seconds(lag)), ..silence };
    }
    let mut letters = Vec::new();
    if !chance.one_in(4) {
        letters.push(letter(now + chance.seconds(2, 600), hold_notice(habits, mail)));
    }
    let decided = now + chance.minutes(600, 30_000);
    match chance.below(5) {
        0 => Course { letters, ..silence },
        1 | 2 => {
            letters.push(letter(decided, refusal(habits, mail)));
            Course { ends: Some(decided), letters, ..silence }
        }
        _ => Course { shown_from: Some(decided), letters, ..silence },
    }
}

/// A letter with the time at which it is written: what was written before a mail is not about it.
fn letter(at: DateTime<Utc>, text: Vec<u8>) -> (DateTime<Utc>, Vec<u8>) {
    (at, [format!("Date: {}\r\n", at.to_rfc2822()).into_bytes(), text].concat())
}

/// A moderator has it. Mailman's notice quotes the subject and nothing else; a new Sympa's names the
/// message.
fn hold_notice(habits: &Habits, mail: &MailMessage) -> Vec<u8> {
    let MailMessage { envelope_from: poster, envelope_to: list, subject, .. } = mail;
    match habits.repeats {
        Repeats::Dropped => report(
            mail,
            "Message distribution: Forwarded",
            "Your message has been forwarded to the moderator(s)",
            "Action: delivered\r\nStatus: 2.3.0\r\nDiagnostic-Code: X-Sympa; Message has been \
             forwarded to the list moderator(s)",
        ),
        Repeats::Doubled => {
            let name = list.replace('@', "-bounces@");
            format!(
                "Return-Path: <{name}>\r\nFrom: {name}\r\nTo: {poster}\r\n\
                 Subject: Your message to {list} awaits moderator approval\r\n{}\r\n\
                 Your mail to '{list}' with the subject\r\n\r\n    {subject}\r\n\r\n\
                 Is being held until the list moderator can review it for approval.\r\n\r\n\
                 The message is being held because:\r\n\r\n    The message is not from a list \
                 member\r\n\r\nEither the message will get posted to the list, or you will \
                 receive\r\nnotification of the moderator's decision.\r\n",
                mailmans_head(mail, "hold", "text/plain; charset=\"us-ascii\"")
            )
            .into_bytes()
        }
    }
}

/// The list does not take it; the message is attached, so that it is known whose it was.
fn refusal(habits: &Habits, mail: &MailMessage) -> Vec<u8> {
    let MailMessage { envelope_from: poster, envelope_to: list, subject, .. } = mail;
    match habits.repeats {
        Repeats::Dropped => report(
            mail,
            "Message distribution: Authorization denied",
            "Your message was rejected.",
            "Action: failed\r\nStatus: 5.7.1\r\nDiagnostic-Code: X-Sympa; Delivery not authorized, \
             message refused",
        ),
        Repeats::Doubled => {
            let owner = list.replace('@', "-owner@");
            format!(
                "From: {owner}\r\nTo: {poster}\r\nSubject: {subject}\r\n{}\r\n\
                 --parts\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\n\r\n\
                 Your message to the {list} mailing-list was rejected for the following\r\n\
                 reasons:\r\n\r\nNo job ads here.\r\n\r\n\
                 The original message as received by Mailman is attached.\r\n\r\n\
                 --parts\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n--parts--\r\n",
                mailmans_head(mail, "refusal", "multipart/mixed; boundary=\"parts\""),
                original(mail)
            )
            .into_bytes()
        }
    }
}

/// A server on the way to the list gives up.
fn bounce(mail: &MailMessage) -> Vec<u8> {
    report(
        mail,
        "Undelivered Mail Returned to Sender",
        "Your message could not be delivered.",
        "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 unknown address",
    )
}

/// A report for programs (RFC 3464), with the head of the message in it.
fn report(mail: &MailMessage, subject: &str, words: &str, fields: &str) -> Vec<u8> {
    let MailMessage { envelope_from: poster, envelope_to: list, message_id, .. } = mail;
    let sender = if fields.contains("X-Sympa") { "sympa" } else { "mailer-daemon" };
    format!(
        "Return-Path: <>\r\nFrom: {sender}@lists.example\r\nTo: {poster}\r\n\
         Message-ID: <report.{message_id}>\r\nSubject: {subject}\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"parts\"\r\n\r\n\
         --parts\r\nContent-Type: text/plain\r\n\r\n{words}\r\n\r\n\
         --parts\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; lists.example\r\n\r\nFinal-Recipient: rfc822; {list}\r\n{fields}\r\n\r\n\
         --parts\r\nContent-Type: text/rfc822-headers\r\n\r\n{}\r\n--parts--\r\n",
        original(mail)
    )
    .into_bytes()
}

/// The lines by which a letter of Mailman's is known.
fn mailmans_head(mail: &MailMessage, what: &str, content: &str) -> String {
    let MailMessage { envelope_to: list, message_id, .. } = mail;
    format!(
        "Message-ID: <{what}.{message_id}>\r\nPrecedence: bulk\r\nX-Mailman-Version: 3.3.8\r\n\
         List-Id: <{}>\r\nMIME-Version: 1.0\r\nContent-Type: {content}\r\n",
        list.replace('@', ".")
    )
}

fn original(mail: &MailMessage) -> String {
    let MailMessage { envelope_from: poster, envelope_to: list, message_id, subject, .. } = mail;
    format!(
        "From: {poster}\r\nTo: {list}\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::answer::{self, Says};

    /// What is written here has to mean what it is meant to.
    #[test]
    fn the_engine_reads_these_letters_as_they_are_meant() {
        let mail = MailMessage {
            server: "tides".to_owned(),
            envelope_from: "office@tidal.example".to_owned(),
            envelope_to: "mail-1@lists.example".to_owned(),
            message_id: "4711@tidal.example".to_owned(),
            subject: "Tides".to_owned(),
            message: "Tides".to_owned(),
            report: None,
            signed_as: None,
        };
        for repeats in [Repeats::Dropped, Repeats::Doubled] {
            let habits = Habits { repeats, ..Habits::default() };
            let notice = answer::read(&hold_notice(&habits, &mail));
            assert_eq!(notice.says, Says::Held, "{repeats:?}");
            let refusal = answer::read(&refusal(&habits, &mail));
            assert_eq!(refusal.says, Says::Refused, "{repeats:?}");
            assert_eq!(refusal.about.message_ids, ["4711@tidal.example"], "{repeats:?}");
        }
        assert_eq!(answer::read(&bounce(&mail)).says, Says::Bounced);
    }
}
