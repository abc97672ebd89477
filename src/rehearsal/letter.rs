//! Reads a mail back: its headers, and its text as a reader's program shows it (RFC 5322, 2045 to
//! 2047). As much of it as a rehearsal needs, and lenient.

use std::sync::LazyLock;

use data_encoding::BASE64_MIME_PERMISSIVE;
use encoding_rs::{Encoding, UTF_8};
use quoted_printable::ParseMode;
use regex::{Captures, Regex};

use super::page::plain_text;

/// A mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// Unfolded and decoded, in their order.
    pub headers: Vec<(String, String)>,
    /// The plain half; empty if there is none.
    pub text: String,
    pub html: Option<String>,
}

impl Letter {
    pub fn read(raw: &[u8]) -> Self {
        let (headers, body) = split(raw);
        let mut letter = Self::default();
        letter.read_part(&headers, body, 0);
        letter.headers = headers
            .into_iter()
            .map(|(name, value)| {
                let value = decode_words(&value);
                (name, value)
            })
            .collect();
        letter
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The Message-ID without angle brackets.
    pub fn message_id(&self) -> Option<&str> {
        self.header("Message-ID").map(|id| id.trim().trim_matches(['<', '>']))
    }

    /// The Message-ID of the message that this one answers, without angle brackets.
    pub fn in_reply_to(&self) -> Option<&str> {
        self.header("In-Reply-To").map(|id| id.trim().trim_matches(['<', '>']))
    }

    /// The plain half, or the HTML half as text where there is no plain one.
    pub fn readable(&self) -> String {
        match (&self.html, self.text.as_str()) {
            (Some(html), "") => plain_text(html),
            (_, text) => text.to_owned(),
        }
    }

    fn read_part(&mut self, headers: &[(String, String)], body: &[u8], depth: usize) {
        let media_type = header(headers, "Content-Type").unwrap_or("text/plain").to_owned();
        let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind.starts_with("multipart/")
            && depth < DEEPEST
            && let Some(boundary) = parameter(&media_type, "boundary")
        {
            for part in parts(body, &boundary) {
                let (headers, body) = split(part);
                self.read_part(&headers, body, depth + 1);
            }
            return;
        }
        let text = decode_body(headers, &media_type, body);
        match kind.as_str() {
            "text/html" => self.html = self.html.take().or(Some(text)),
            "text/plain" if self.text.is_empty() => self.text = text,
            _ => {}
        }
    }
}

/// How deep parts may stand in parts.
const DEEPEST: usize = 8;

static ENCODED_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"=\?([^?\s]+)\?([BbQq])\?([^?\s]*)\?=(?:[ \t]+(?P<next>=\?))?").ok()
});

/// Headers, unfolded, and what follows the empty line.
fn split(raw: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut rest = raw;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim_start());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    (headers, rest)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// A parameter of a header's value, for example the charset of a Content-Type.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (known, value) = part.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The parts between the boundary's lines; what comes before the first is for nobody.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let last = format!("--{boundary}--");
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let words = String::from_utf8_lossy(line);
        let words = words.trim_end();
        if words == delimiter || words == last {
            if let Some(part) = open.and_then(|start| body.get(start..at)) {
                parts.push(without_line_end(part));
            }
            open = (words == delimiter).then_some(at + line.len());
        }
        at += line.len();
    }
    if let Some(part) = open.and_then(|start| body.get(start..)) {
        parts.push(part);
    }
    parts
}

/// The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

fn decode_body(headers: &[(String, String)], media_type: &str, body: &[u8]) -> String {
    let encoding = header(headers, "Content-Transfer-Encoding").unwrap_or("7bit");
    let bytes = match encoding.trim().to_ascii_lowercase().as_str() {
        "quoted-printable" => {
            quoted_printable::decode(body, ParseMode::Robust).unwrap_or_else(|_| body.to_vec())
        }
        "base64" => BASE64_MIME_PERMISSIVE.decode(body).unwrap_or_else(|_| body.to_vec()),
        _ => body.to_vec(),
    };
    in_charset(&bytes, parameter(media_type, "charset").as_deref()).replace("\r\n", "\n")
}

fn in_charset(bytes: &[u8], charset: Option<&str>) -> String {
    let encoding = charset.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8);
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Decodes encoded words (RFC 2047); white space between two of them is not text.
fn decode_words(value: &str) -> String {
    let Some(words) = ENCODED_WORDS.as_ref() else { return value.to_owned() };
    let mut decoded = String::new();
    let mut rest = value;
    while let Some(found) = words.captures(rest) {
        let Some(whole) = found.get(0) else { break };
        decoded.push_str(rest.get(..whole.start()).unwrap_or_default());
        decoded.push_str(&decode_word(&found));
        // The look at the next word is not consumed.
        let end = found.name("next").map_or(whole.end(), |next| next.start());
        rest = rest.get(end..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

fn decode_word(found: &Captures<'_>) -> String {
    let group = |at: usize| found.get(at).map_or("", |it| it.as_str());
    let (charset, encoding, text) = (group(1), group(2), group(3));
    let bytes = if encoding.eq_ignore_ascii_case("B") {
        BASE64_MIME_PERMISSIVE.decode(text.as_bytes()).unwrap_or_default()
    } else {
        quoted_printable::decode(text.replace('_', " "), ParseMode::Robust).unwrap_or_default()
    };
    // RFC 2231 allows `charset*language`.
    in_charset(&bytes, charset.split('*').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_printable_text_reads_as_it_was_written() {
        let letter = Letter::read(
            b"Subject: =?utf-8?Q?F=C3=BCr?=\r\n =?utf-8?Q?_alle?=\r\nMessage-ID: <a@lab.example>\r\n\
              Content-Type: text/plain; charset=utf-8\r\n\
              Content-Transfer-Encoding: quoted-printable\r\n\r\n\
              Gr=C3=BC=C3=9Fe, a line that =\r\ngoes on\r\n",
        );
        assert_eq!(letter.header("subject"), Some("Für alle"));
        assert_eq!(letter.message_id(), Some("a@lab.example"));
        assert_eq!(letter.text, "Grüße, a line that goes on\n");
    }

    #[test]
    fn both_halves_of_an_alternative_are_found() {
        let letter = Letter::read(
            b"Content-Type: multipart/alternative;\r\n boundary=\"x y\"\r\n\r\npreamble\r\n\
              --x y\r\nContent-Type: text/plain\r\n\r\nplain\r\n\
              --x y\r\nContent-Type: text/html; charset=utf-8\r\n\
              Content-Transfer-Encoding: base64\r\n\r\nPHA+aMOkPC9wPg==\r\n--x y--\r\nafter",
        );
        assert_eq!(letter.text, "plain");
        assert_eq!(letter.html.as_deref(), Some("<p>hä</p>"));
    }

    #[test]
    fn words_that_are_not_encoded_stay_as_they_are() {
        assert_eq!(decode_words("PhD =?utf-8?B?w7w=?= and more"), "PhD ü and more");
    }
}
