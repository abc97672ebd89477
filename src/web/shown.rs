//! A rendition as its readers see it.

use serde::Serialize;
use url::Url;

use super::link;
use crate::adapt::card::Need;
use crate::adapt::{DocumentType, Rendition};
use crate::log;

/// A rendition, ready to be drawn.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shown {
    pub form: &'static str,
    pub language: String,
    /// `272 of 280 characters`.
    pub length: Option<String>,
    /// What fitting left out.
    pub left_out: Vec<String>,
    /// Of a mail.
    pub subject: Option<String>,
    /// The words, part after part.
    pub parts: Vec<Vec<Piece>>,
    pub picture: Option<Picture>,
    /// What leads to the page below the words.
    pub card: Option<Card>,
    /// Of a form or a document of names and values.
    pub fields: Vec<Field>,
    /// Whether the words are shown letter by letter, as data or a mail in plain text.
    pub is_verbatim: bool,
}

/// Words, or a link in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    pub text: String,
    pub href: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    pub alt: String,
    /// Where it is to be had, if it is made.
    pub source: Option<String>,
    pub width: u32,
    pub height: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Card {
    pub href: Option<String>,
    pub host: String,
    pub title: String,
    pub description: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Field {
    pub name: String,
    pub text: String,
    pub note: String,
}

/// Prepares a rendition.
pub fn shown(rendition: &Rendition) -> Shown {
    match rendition {
        Rendition::Status { text, language, length, limit, left_out, parts, picture, card } => {
            let words = std::iter::once(text).chain(parts);
            Shown {
                form: "status",
                language: language.clone(),
                length: Some(format!("{length} of {limit} characters")),
                left_out: left_out.clone(),
                parts: words.map(|words| pieces(words)).collect(),
                picture: picture.as_ref().map(|picture| Picture {
                    alt: picture.alt.clone(),
                    source: picture.file.as_ref().map(|file| link::of_picture(&file.sha256)),
                    width: picture.file.as_ref().map_or(0, |file| file.width),
                    height: picture.file.as_ref().map_or(0, |file| file.height),
                }),
                card: card.as_ref().map(|card| {
                    let link = Url::parse(&card.link).ok();
                    Card {
                        host: link.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned(),
                        href: link.as_ref().and_then(link::for_readers),
                        title: card.title.clone(),
                        description: card.description.clone().unwrap_or_default(),
                    }
                }),
                ..Shown::default()
            }
        }
        Rendition::Mail { subject, text, language, .. } => Shown {
            form: "mail",
            language: language.clone(),
            subject: Some(subject.clone()),
            parts: vec![pieces(text)],
            is_verbatim: true,
            ..Shown::default()
        },
        Rendition::Document { media_type, body, language } => document(*media_type, body, language),
        Rendition::Card { fields, language } => Shown {
            form: "form",
            language: language.clone(),
            left_out: fields.iter().flat_map(|it| it.left_out.clone()).collect(),
            fields: fields
                .iter()
                .map(|field| Field {
                    name: field.name.clone(),
                    text: field.text.clone(),
                    note: match (field.text.is_empty(), field.need) {
                        (true, Need::Required) => {
                            "the form takes nothing without it, and the page does not say it"
                                .to_owned()
                        }
                        (true, Need::Optional) => "the page does not say it".to_owned(),
                        (false, _) => String::new(),
                    },
                })
                .collect(),
            ..Shown::default()
        },
    }
}

/// What a program reads. Its markup is shown as letters, never drawn: whoever wrote the ad decides
/// what it says, not what this page is.
fn document(media_type: DocumentType, body: &str, language: &str) -> Shown {
    let base = Shown {
        form: "document",
        language: language.to_owned(),
        length: Some(format!("{}, {} bytes", media_type.media_type(), body.len())),
        is_verbatim: true,
        ..Shown::default()
    };
    if media_type == DocumentType::Form {
        let fields = url::form_urlencoded::parse(body.as_bytes()).map(|(name, text)| Field {
            name: name.into_owned(),
            text: text.into_owned(),
            note: String::new(),
        });
        return Shown { fields: fields.collect(), ..base };
    }
    let laid_out = match media_type {
        DocumentType::Json | DocumentType::JsonLd => {
            let read = serde_json::from_str::<serde_json::Value>(body).ok();
            read.and_then(|it| serde_json::to_string_pretty(&it).ok())
        }
        _ => None,
    };
    Shown { parts: vec![pieces(laid_out.as_deref().unwrap_or(body))], ..base }
}

/// Cuts words into links and what stands between them.
fn pieces(words: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = words;
    let next = |rest: &str| ["https://", "http://"].iter().filter_map(|it| rest.find(it)).min();
    while let Some(start) = next(rest) {
        let (before, from) = rest.split_at(start);
        let ends = |sign: char| sign.is_whitespace() || "<>\"'`|\\^{}".contains(sign);
        let (link, after) = from.split_at(from.find(ends).unwrap_or(from.len()));
        // What closes a sentence is not part of the address.
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '”', '“']);
        let after = from.get(link.len()..).unwrap_or(after);
        let href = Url::parse(link).ok().and_then(|url| link::for_readers(&url));
        if !before.is_empty() {
            pieces.push(Piece { text: before.to_owned(), href: None });
        }
        pieces.push(Piece { text: link.to_owned(), href });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece { text: rest.to_owned(), href: None });
    }
    pieces
}

/// What a picture is, by its first bytes; what is no picture is not shown as one.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    let is_webp = begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match () {
        () if begins(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if begins(b"\xff\xd8\xff") => Some("image/jpeg"),
        () if begins(b"GIF8") => Some("image/gif"),
        () if is_webp => Some("image/webp"),
        () => None,
    }
}

/// A line of what one revision says otherwise than the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `went`, `came`, `same` or `gap`.
    pub kind: &'static str,
    pub text: String,
}

/// What a rendition says otherwise than another one, line by line.
pub fn difference(before: &Rendition, after: &Rendition) -> Vec<Line> {
    lines(&log::difference(before, after))
}

/// The lines of a difference, as the log draws them.
pub fn lines(drawn: &[String]) -> Vec<Line> {
    let line = |drawn: &String| {
        let (kind, text) = match drawn.split_at_checked(1) {
            Some(("-", text)) => ("went", text),
            Some(("+", text)) => ("came", text),
            Some((_, text)) if drawn.trim() == "…" => ("gap", text),
            Some((_, text)) => ("same", text),
            None => ("same", ""),
        };
        Line { kind, text: text.strip_prefix(' ').unwrap_or(text).to_owned() }
    };
    drawn.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &str) -> Vec<(String, bool)> {
        pieces(words).into_iter().map(|it| (it.text, it.href.is_some())).collect()
    }

    #[test]
    fn a_link_ends_where_the_sentence_does() {
        let cut = texts("See https://lab.example/a?b=1. And (http://lab.example)!");
        let words: Vec<&str> = cut.iter().map(|(text, _)| text.as_str()).collect();
        let expected = ["See ", "https://lab.example/a?b=1", ". And (", "http://lab.example", ")!"];
        assert_eq!(words, expected);
        assert_eq!(cut.iter().filter(|(_, link)| *link).count(), 2);
    }

    #[test]
    fn all_words_are_kept_whatever_they_are() {
        for words in
            ["", "https://", "a https:// b", "https://[", "http://\u{202e}x\n https://ok.example\t"]
        {
            let kept: String = pieces(words).into_iter().map(|it| it.text).collect();
            assert_eq!(kept, words);
        }
    }
}
