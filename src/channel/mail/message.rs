//! The bytes of one message (RFC 5322): built once, kept on record, sent as they are.
//!
//! A posting has no `Auto-Submitted`, `Precedence` or `List-*`: list servers drop or mute posts that
//! carry them. A notice to a person says that no person wrote it.

use std::time::SystemTime;

use chrono::{DateTime, Datelike, Utc};
use data_encoding::BASE64;
use lettre::Address as MailAddress;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use crate::adapt::Charset;
use crate::channel::{DeliveryKey, PrepareError};

/// The longest line that RFC 5322 §2.1.1 allows, without its CRLF.
const LONGEST_LINE: usize = 998;

/// What a message is made from.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    pub from: &'a Mailbox,
    pub to: &'a MailAddress,
    pub subject: &'a str,
    pub text: &'a str,
    /// The HTML half, if there is one.
    pub html: Option<&'a str>,
    pub charset: Charset,
    /// Without angle brackets, as all ids here.
    pub message_id: &'a str,
    /// The Message-ID of the message that this one answers.
    pub answers: Option<&'a str>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<&'a MailAddress>,
    pub at: DateTime<Utc>,
    pub origin: Origin,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A posting: what a person wrote.
    Posting,
    /// Ours alone: `Auto-Submitted: auto-generated` (RFC 3834 §5), so that nothing answers it.
    Notice,
}

/// The Message-ID of a delivery: the same for ever, ASCII, and short enough that no server folds
/// or cuts it.
pub fn message_id(key: &DeliveryKey, domain: &str) -> String {
    format!("hb.{}@{domain}", key.compact())
}

/// The subject as readers see it, and the whole message: ASCII, CRLF, byte for byte the same for
/// the same letter.
///
/// # Errors
/// [`PrepareError::Invalid`] if the letter cannot be a message.
pub fn compose(letter: &Letter<'_>) -> Result<(String, String), PrepareError> {
    let subject = subject(letter.subject)?;
    let mut builder =
        Message::builder().from(letter.from.clone()).to(Mailbox::new(None, letter.to.clone()));
    builder = if subject.contains("=?") {
        let name = HeaderName::new_from_ascii_str("Subject");
        let encoded = encoded_words(&subject);
        builder.raw_header(HeaderValue::dangerous_new_pre_encoded(name, subject.clone(), encoded))
    } else {
        builder.subject(subject.as_str())
    };
    builder = builder
        .date(date(letter.at)?)
        .raw_header(id_header(HeaderName::new_from_ascii_str("Message-ID"), letter.message_id)?);
    if let Some(answers) = letter.answers {
        for name in ["In-Reply-To", "References"] {
            let name = HeaderName::new_from_ascii_str(name);
            builder = builder.raw_header(id_header(name, answers)?);
        }
    }
    if let Some(reply_to) = letter.reply_to {
        builder = builder.reply_to(Mailbox::new(None, reply_to.clone()));
    }
    if letter.origin == Origin::Notice {
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        builder = builder.raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
    }
    let text = part("text/plain", letter.text, letter.charset)?;
    let message = match letter.html {
        None => builder.singlepart(text),
        Some(html) => {
            // "=_" cannot stand in quoted-printable text, so the boundary never does.
            let boundary = format!("=_{}", letter.message_id.split('@').next().unwrap_or("hb"));
            let parts = MultiPart::alternative().boundary(boundary);
            let html = part("text/html", html, letter.charset)?;
            builder.multipart(parts.singlepart(text).singlepart(html))
        }
    };
    let message = message.map_err(|error| PrepareError::Invalid(error.to_string()))?;
    let message = String::from_utf8(message.formatted())
        .map_err(|_| PrepareError::Invalid("the message is not ASCII".to_owned()))?;
    let message = with_sender_folded(message);
    check(&message)?;
    Ok((subject, message))
}

/// Encoded words stand on lines of 76 characters at most (RFC 2047 §2); lettre lets the address
/// follow a long name on the same one.
fn with_sender_folded(message: String) -> String {
    let Some((sender, rest)) = message.split_once("\r\nTo: ") else { return message };
    match sender.rsplit_once("?= <") {
        Some((name, address)) => format!("{name}?=\r\n <{address}\r\nTo: {rest}"),
        None => message,
    }
}

/// Whether a message can cross SMTP unchanged. A bare CR or LF before a dot would be read as the
/// end of the message by some servers (SMTP smuggling).
///
/// # Errors
/// [`PrepareError::Invalid`] with what is wrong.
pub fn check(message: &str) -> Result<(), PrepareError> {
    let invalid = |why: &str| Err(PrepareError::Invalid(format!("the message {why}")));
    if !message.is_ascii() {
        return invalid("is not ASCII");
    }
    let mut lines = message.split('\n').peekable();
    while let Some(line) = lines.next() {
        let whole = if lines.peek().is_some() { line.strip_suffix('\r') } else { Some(line) };
        match whole {
            Some(line) if !line.contains('\r') => {
                if line.len() > LONGEST_LINE {
                    return invalid("has a line of more than 998 characters");
                }
            }
            _ => return invalid("has a bare line end"),
        }
    }
    Ok(())
}

/// One line, single spaces.
fn subject(text: &str) -> Result<String, PrepareError> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return Err(PrepareError::Invalid("the subject is empty".to_owned()));
    }
    if line.contains(char::is_control) {
        return Err(PrepareError::Invalid("the subject holds a control character".to_owned()));
    }
    Ok(line)
}

/// Encoded as a whole (RFC 2047): what begins with `=?` on a page is to be read as it stands there,
/// and not decoded by who reads the mail.
fn encoded_words(words: &str) -> String {
    let mut encoded: Vec<String> = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        // 60 characters of Base64: with its marks and the header's name below 76.
        let (word, after) = rest.split_at(rest.floor_char_boundary(42));
        encoded.push(format!("=?utf-8?b?{}?=", BASE64.encode(word.as_bytes())));
        rest = after;
    }
    encoded.join("\r\n ")
}

/// A header with one id, never folded: Mailman computes a wrong hash of a folded Message-ID.
fn id_header(name: HeaderName, id: &str) -> Result<HeaderValue, PrepareError> {
    let fit = |byte: u8| byte.is_ascii_graphic() && !b"<>".contains(&byte);
    if id.is_empty() || id.len() > 250 || !id.bytes().all(fit) {
        return Err(PrepareError::Invalid(format!("`{}` is no Message-ID", id.escape_debug())));
    }
    let value = format!("<{id}>");
    Ok(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value))
}

fn date(at: DateTime<Utc>) -> Result<SystemTime, PrepareError> {
    if (1970..=9999).contains(&at.year()) {
        Ok(at.into())
    } else {
        Err(PrepareError::Invalid(format!("the year {} cannot be written in a mail", at.year())))
    }
}

/// Quoted-printable rather than base64: digests and old archives show the raw text. What is ASCII
/// where ASCII is wanted goes out as it reads, so that they show just that.
fn part(kind: &str, text: &str, charset: Charset) -> Result<SinglePart, PrepareError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let as_it_reads = charset == Charset::Ascii
        && text.is_ascii()
        && text.lines().all(|line| line.len() <= LONGEST_LINE);
    let charset = if as_it_reads { "us-ascii" } else { "utf-8" };
    let kind = ContentType::parse(&format!("{kind}; charset={charset}"))
        .map_err(|error| PrepareError::Invalid(error.to_string()))?;
    if !as_it_reads {
        return Ok(SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(text));
    }
    let body = text.replace('\n', "\r\n").into_bytes();
    let body = Body::dangerous_pre_encoded(body, ContentTransferEncoding::SevenBit);
    Ok(SinglePart::builder().header(kind).body(body))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn compose_with(
        subject: &str,
        text: &str,
        html: Option<&str>,
        answers: Option<&str>,
    ) -> Result<(String, String), PrepareError> {
        let key = DeliveryKey(Uuid::from_u128(0x2a));
        compose(&Letter {
            from: &"Tidal Lab <jobs@tides.example>".parse().unwrap(),
            to: &"list@lists.example".parse().unwrap(),
            subject,
            text,
            html,
            charset: Charset::Utf8,
            message_id: &message_id(&key, "a-rather-long-department.university.example"),
            answers,
            reply_to: None,
            at: "2026-11-24T10:00:00Z".parse().unwrap(),
            origin: Origin::Posting,
        })
    }

    #[test]
    fn what_a_server_could_take_for_another_end_of_the_message_is_no_message() {
        let long = "x".repeat(LONGEST_LINE);
        for good in ["", "a\r\n", "a\r\n.\r\nb", &long, &format!("{long}\r\n{long}")] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        for bad in ["a\n.\r\n", "a\r.\r\n", "\n", "\r", "a\r\n\r", "a\r\r\n", "é\r\n"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check(&format!("a\r\n{long}x\r\n")).is_err());
    }

    /// The header as a receiver reads it: unfolded.
    fn headers(message: &str) -> Vec<(String, String)> {
        let (head, _) = message.split_once("\r\n\r\n").unwrap();
        head.replace("\r\n ", " ")
            .split("\r\n")
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn names(message: &str) -> Vec<String> {
        headers(message).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_message_has_the_headers_of_a_list_post_and_no_others() {
        let (_, message) = compose_with("PhD on tides", "Come.\n", None, None).unwrap();
        assert_eq!(
            names(&message),
            [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding"
            ]
        );
        assert!(message.contains("Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n"));
        assert!(message.contains("Content-Type: text/plain; charset=utf-8\r\n"));
    }

    #[test]
    fn a_message_id_is_never_folded_however_long_the_domain() {
        let (_, message) = compose_with("PhD", "x", None, None).unwrap();
        assert!(message.contains(
            "\r\nMessage-ID: <hb.0000000000000000000000000000002a@\
             a-rather-long-department.university.example>\r\n"
        ));
    }

    #[test]
    fn a_follow_up_stands_in_the_thread_of_what_it_answers() {
        let (_, message) = compose_with("PhD", "x", None, Some("hb.1@tides.example")).unwrap();
        assert!(message.contains("\r\nIn-Reply-To: <hb.1@tides.example>\r\n"));
        assert!(message.contains("\r\nReferences: <hb.1@tides.example>\r\n"));
        assert!(compose_with("PhD", "x", None, Some("a>\r\nBcc: <b")).is_err());
    }

    #[test]
    fn the_same_letter_makes_the_same_bytes_with_an_html_half_too() {
        let one = compose_with("Küste", "Grüße", Some("<p>Grüße</p>"), None).unwrap();
        assert_eq!(one, compose_with("Küste", "Grüße", Some("<p>Grüße</p>"), None).unwrap());
        assert!(one.1.contains("multipart/alternative"));
        assert_eq!(one.1.matches("\r\n--=_hb.").count(), 3);
    }

    #[test]
    fn a_subject_over_two_lines_becomes_one_and_an_empty_one_is_refused() {
        assert_eq!(compose_with("PhD\n on  tides", "x", None, None).unwrap().0, "PhD on tides");
        assert!(compose_with(" \n", "x", None, None).is_err());
        assert!(compose_with("bell \u{7}", "x", None, None).is_err());
    }

    #[test]
    fn a_subject_that_looks_encoded_is_read_as_it_stands() {
        let title = "Coast =?utf-8?q?=0D=0ABcc:_a=40b.example?= and sea";
        let (subject, message) = compose_with(title, "x", None, None).unwrap();
        assert_eq!(subject, title);
        assert!(!message.contains("=?utf-8?q?"), "{message}");
        assert!(message.contains("\r\nSubject: =?utf-8?b?Q29hc3Q"), "{message}");
    }

    proptest! {
        /// Whatever a page says, it stays in its header and in its body.
        #[test]
        fn no_text_adds_a_header_or_breaks_a_line(subject in any::<String>(), text in any::<String>()) {
            if let Ok((_, message)) = compose_with(&subject, &text, None, None) {
                prop_assert!(check(&message).is_ok());
                prop_assert_eq!(names(&message).len(), 8);
            }
        }

        /// RFC 2045 §6.7, read backwards.
        #[test]
        fn what_arrives_is_what_was_written(text in "([ -~äß€]{0,90}\n){1,6}") {
            let (_, message) = compose_with("PhD", &text, None, None).unwrap();
            let (_, body) = message.split_once("\r\n\r\n").unwrap();
            let mut bytes = Vec::new();
            let mut rest = body.replace("=\r\n", "").replace("\r\n", "\n").into_bytes().into_iter();
            while let Some(byte) = rest.next() {
                bytes.push(match byte {
                    b'=' => {
                        let digits = [rest.next().unwrap(), rest.next().unwrap()];
                        u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                    }
                    byte => byte,
                });
            }
            let arrived = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(arrived.trim_end_matches(['\r', '\n']), text.trim_end_matches('\n'));
        }

        #[test]
        fn a_subject_with_a_line_end_never_becomes_a_header(
            before in "[a-zA-Zäöü ]{1,40}", end in "\\r\\n|\\n|\\r|\u{85}|\u{2028}|\u{b}",
        ) {
            let subject = format!("{before}{end}Bcc: all@lists.example");
            if let Ok((_, message)) = compose_with(&subject, "x", None, None) {
                prop_assert!(!names(&message).iter().any(|name| name == "Bcc"));
            }
        }
    }
}
