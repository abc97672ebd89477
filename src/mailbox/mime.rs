//! One mail taken apart (RFC 5322, MIME): its headers, what a reader is shown of it, and what came
//! back inside it. Touches nothing.
//!
//! mail-parser reads it. Its accessors of a message index into parts that a broken mail does not
//! have, so only its data is used.

use mail_parser::{
    DateTime as MailDate, HeaderValue, Message, MessageParser, MessagePart, PartType,
};

/// What lies beyond this many bytes is not looked at; reports return whole postings, not more.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// A mail in a mail in a mail: each level is a call when the parser's tree is dropped, so a mail
/// with more than this many is read as headers alone.
const MOST_MAILS_WITHIN: usize = 100;

/// More headers than this many are not kept.
const MOST_HEADERS: usize = 500;

/// Header fields in their order, unfolded and decoded (RFC 2047).
#[derive(Debug, Clone, Default)]
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first field of this name, which is given in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All fields of this name, which is given in lower case.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether the field of this name begins with `word`, in any case.
    pub(super) fn says(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|value| starts_with(value.trim(), word))
    }

    fn of_part(part: &MessagePart<'_>) -> Self {
        let fields = part.headers.iter().take(MOST_HEADERS).filter_map(|header| {
            let HeaderValue::Text(value) = &header.value else { return None };
            Some((header.name.as_str().to_ascii_lowercase(), value.trim().to_owned()))
        });
        Self(fields.collect())
    }

    fn of_message(message: &Message<'_>) -> Self {
        message.parts.first().map(Self::of_part).unwrap_or_default()
    }

    /// Fields as they stand in a text.
    pub(super) fn of_text(text: &str) -> Self {
        // Without an empty line after it the parser would lose the last field.
        let closed = format!("{}\r\n\r\n", text.trim_matches(['\r', '\n']));
        let message = parser().parse_headers(closed.as_bytes());
        message.as_ref().map(Self::of_message).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Mail {
    pub(super) headers: Headers,
    /// What a reader is shown, with `\n` at the ends of lines, without the message that came back.
    pub(super) text: String,
    /// The headers of the messages that it holds, attached or as text.
    pub(super) returned: Vec<Headers>,
    /// The groups of fields of a delivery report (RFC 3464 §2.1): first the message's, then each
    /// recipient's. Empty if it has no report.
    pub(super) report: Vec<Headers>,
}

impl Mail {
    /// Reads any bytes; what is no mail has nothing in it.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..MOST_BYTES).unwrap_or(bytes);
        let message = if mails_within(bytes) > MOST_MAILS_WITHIN {
            parser().parse_headers(bytes)
        } else {
            parser().parse(bytes)
        };
        let Some(message) = message else { return Self::default() };
        let mut mail = Self { headers: Headers::of_message(&message), ..Self::default() };
        let shown = message.text_body.iter().filter_map(|id| message.parts.get(*id as usize));
        let texts: Vec<String> = shown.filter_map(shown_text).collect();
        mail.text = texts.join("\n");
        for part in message.parts.iter().skip(1) {
            mail.take(part);
        }
        mail.split_off_returned();
        mail
    }

    /// What an inner part adds.
    fn take(&mut self, part: &MessagePart<'_>) {
        let kind = Headers::content_type(part);
        match &part.body {
            PartType::Message(message) => {
                let headers = Headers::of_message(message);
                if !headers.is_empty() {
                    self.returned.push(headers);
                }
            }
            _ if kind.ends_with("delivery-status") => {
                self.report.extend(blocks(&content(part)));
            }
            _ if kind.ends_with("rfc822-headers") || kind == "message/global-headers" => {
                let headers = Headers::of_text(&content(part));
                if !headers.is_empty() {
                    self.returned.push(headers);
                }
            }
            _ => {}
        }
    }

    /// Servers that make no MIME (Exim, qmail, Google Groups, Mailman 2's refusals) put the message
    /// that comes back below their text. It begins with the header fields around `Message-ID:`.
    fn split_off_returned(&mut self) {
        let lines: Vec<&str> = self.text.lines().collect();
        let Some(named) = lines.iter().position(|line| starts_with(line, "message-id:")) else {
            return;
        };
        let blank = |line: &&str| line.trim().is_empty();
        let before = lines.iter().take(named).rposition(blank);
        let start = before.map_or(0, |blank| blank + 1);
        let end = lines.iter().skip(named).position(|line| line.trim().is_empty());
        let end = end.map_or(lines.len(), |after| named + after);
        let fields = lines.get(start..end).unwrap_or_default();
        // mbox and Exim begin with a line that is no field.
        let fields = fields.iter().skip_while(|line| !is_field(line)).copied();
        let headers = Headers::of_text(&fields.collect::<Vec<_>>().join("\r\n"));
        if !headers.has("message-id") {
            return;
        }
        let own = lines.get(..start).unwrap_or_default();
        let own_ends = own
            .iter()
            .rposition(|line| line.chars().any(char::is_alphanumeric) && !is_ruled_off(line))
            .map_or(0, |last| last + 1);
        let own = own.get(..own_ends).unwrap_or_default().join("\n");
        self.text = own;
        self.returned.push(headers);
    }

    /// When it was written, if its Date says so.
    pub(super) fn date(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        let date = MailDate::parse_rfc822(&format!("{}\n", self.headers.get("date")?))?;
        if !date.is_valid() {
            return None;
        }
        chrono::DateTime::from_timestamp(date.to_timestamp(), 0)
    }

    /// The paragraphs of its text: lines between empty ones.
    pub(super) fn paragraphs(&self) -> Vec<&str> {
        let mut paragraphs = Vec::new();
        let mut rest = self.text.as_str();
        while !rest.is_empty() {
            let (paragraph, after) = rest.split_once("\n\n").unwrap_or((rest, ""));
            if !paragraph.trim().is_empty() {
                paragraphs.push(paragraph.trim_matches('\n'));
            }
            rest = after;
        }
        paragraphs
    }
}

impl Headers {
    /// `type/subtype` in lower case.
    fn content_type(part: &MessagePart<'_>) -> String {
        let written = part.headers.iter().find_map(|header| match &header.value {
            HeaderValue::ContentType(kind)
                if header.name.as_str().eq_ignore_ascii_case("content-type") =>
            {
                Some(format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
            }
            _ => None,
        });
        written.unwrap_or_default().to_ascii_lowercase()
    }
}

/// Headers that MIME needs are read as such, all others as text.
fn parser() -> MessageParser {
    MessageParser::new().with_mime_headers().default_header_text()
}

/// How many mails may lie within this one, at most: what says so is counted, not parsed.
fn mails_within(bytes: &[u8]) -> usize {
    let lower = bytes.to_ascii_lowercase();
    let count = |word: &[u8]| lower.windows(word.len()).filter(|it| *it == word).count();
    count(b"message/rfc822") + count(b"message/global") + count(b"multipart/digest")
}

/// The text of a part that a reader is shown.
fn shown_text(part: &MessagePart<'_>) -> Option<String> {
    let text = match &part.body {
        PartType::Text(text) => text.to_string(),
        PartType::Html(html) => crate::channel::words::plain_text_of_html(html),
        _ => return None,
    };
    Some(with_line_feeds(&text))
}

/// What is in a part, as text.
fn content(part: &MessagePart<'_>) -> String {
    let text = match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        PartType::Message(_) | PartType::Multipart(_) => String::new(),
    };
    with_line_feeds(&text)
}

fn with_line_feeds(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // Lines of white space are empty to a reader.
    let lines = text.lines().map(|line| if line.trim().is_empty() { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// Groups of fields, separated by empty lines.
fn blocks(text: &str) -> Vec<Headers> {
    let groups = text.split("\n\n").map(Headers::of_text);
    groups.filter(|group| !group.is_empty()).take(MOST_HEADERS).collect()
}

/// `Name: value` (RFC 5322 §2.2).
fn is_field(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
    })
}

/// A line like `------ This is a copy of the message ------`, or one that says that headers follow.
fn is_ruled_off(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("--")
        || line.starts_with("__")
        || line.eq_ignore_ascii_case("original message headers:")
}

/// Whether a text begins with `start` (ASCII), in any case.
pub(super) fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}
