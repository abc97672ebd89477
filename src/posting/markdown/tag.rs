//! HTML as a row of texts and tags, without comments and without what is not for readers.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use crate::diagnostic::Span;

/// A tag, by its lower-case name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub name: String,
    attributes: Vec<(String, String)>,
    /// `</name>`.
    pub closes: bool,
    /// `<name/>`.
    pub is_empty: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text(&'a str),
    Tag(Tag),
}

impl Tag {
    /// Reads one tag, which is the whole of `text`; `None` for comments and the like.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match tag(text) {
            Some((Some(tag), length)) if length == text.len() => Some(tag),
            _ => None,
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether what stands inside is not for readers.
    pub(super) fn hides_its_content(&self) -> bool {
        [
            "script", "style", "iframe", "object", "noscript", "template", "svg", "video", "audio",
            "canvas", "form", "select", "textarea", "title", "head",
        ]
        .contains(&self.name.as_str())
    }

    /// Whether the words before and after do not stand on one line.
    pub(super) fn is_block(&self) -> bool {
        [
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "html",
            "li",
            "main",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]
        .contains(&self.name.as_str())
    }
}

/// Splits HTML into text and tags; comments and what hides its content are left out.
pub(super) fn tokens(text: &str) -> Vec<(Span, Token<'_>)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut words = 0;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let Some((tag, length)) = tag(&text[start..]) else {
            at = start + 1;
            continue;
        };
        if words < start {
            tokens.push((Span::new(words, start), Token::Text(&text[words..start])));
        }
        let mut end = start + length;
        if let Some(tag) = tag {
            if tag.hides_its_content() {
                if !tag.closes && !tag.is_empty {
                    end = end_of_hidden(text, end, &tag.name);
                }
            } else {
                tokens.push((Span::new(start, end), Token::Tag(tag)));
            }
        }
        at = end;
        words = end;
    }
    if words < text.len() {
        tokens.push((Span::new(words, text.len()), Token::Text(&text[words..])));
    }
    tokens
}

/// The end of the tag that closes an element; of the text if nothing does.
fn end_of_hidden(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = text[at..].find("</") {
        let start = at + found;
        match tag(&text[start..]) {
            Some((Some(tag), length)) if tag.name == name => return start + length,
            _ => at = start + 2,
        }
    }
    text.len()
}

/// The tag, comment or declaration that begins here, and its length in bytes.
fn tag(text: &str) -> Option<(Option<Tag>, usize)> {
    if text.starts_with("<!--") {
        return Some((None, text.find("-->").map_or(text.len(), |end| end + 3)));
    }
    let rest = text.strip_prefix('<')?;
    if rest.starts_with(['!', '?']) {
        return Some((None, text.find('>')? + 1));
    }
    let closes = rest.starts_with('/');
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name: String =
        rest.chars().take_while(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let mut at = text.len() - rest.len() + name.len();
    let mut attributes = Vec::new();
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let rest = &text[at..];
        if rest.starts_with('>') || rest.starts_with("/>") {
            let is_empty = rest.starts_with('/');
            let end = at + if is_empty { 2 } else { 1 };
            let tag = Tag { name: name.to_ascii_lowercase(), attributes, closes, is_empty };
            return Some((Some(tag), end));
        }
        if let Some(rest) = rest.strip_prefix('/') {
            at = text.len() - rest.len();
            continue;
        }
        let key = rest
            .find(|it: char| it.is_ascii_whitespace() || matches!(it, '=' | '>' | '/'))
            .map(|end| &rest[..end])
            .filter(|key| !key.is_empty() && !key.contains('<'))?;
        at += key.len();
        let value = text[at..].trim_start();
        let Some(value) = value.strip_prefix('=') else {
            attributes.push((key.to_ascii_lowercase(), String::new()));
            continue;
        };
        let value = value.trim_start();
        let start = text.len() - value.len();
        let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
        let (written, end) = match quote {
            Some(quote) => {
                let length = value[1..].find(quote)?;
                (&value[1..=length], start + length + 2)
            }
            None => {
                let length = value.find(|it: char| it.is_ascii_whitespace() || it == '>')?;
                (&value[..length], start + length)
            }
        };
        attributes.push((key.to_ascii_lowercase(), decoded(written)));
        at = end;
    }
}

/// Text with its entities (`&uuml;`) decoded; comrak knows them all.
pub(super) fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').map(|end| &rest[..=end]).filter(|it| it.len() <= 40);
        match entity.and_then(|entity| character(entity).map(|found| (entity, found))) {
            Some((entity, found)) => {
                decoded.push_str(&found);
                rest = &rest[entity.len()..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn character(entity: &str) -> Option<String> {
    let inner = entity.strip_prefix('&')?.strip_suffix(';')?;
    if inner.is_empty() || !inner.chars().all(|it| it.is_ascii_alphanumeric() || it == '#') {
        return None;
    }
    let arena = Arena::new();
    // Between letters no entity can be taken for markup or for blanks at an end.
    let root = parse_document(&arena, &format!("x{entity}x"), &Options::default());
    let mut text = String::new();
    for node in root.descendants() {
        if let NodeValue::Text(words) = &node.data().value {
            text.push_str(words);
        }
    }
    let found = text.strip_prefix('x')?.strip_suffix('x')?;
    (found != entity).then(|| found.to_owned())
}
