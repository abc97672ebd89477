//! The body of a page as a small tree that every channel renders from.
//!
//! HTML comments never enter the tree, scripts and frames neither; what simple HTML says does.

mod html;
mod inline;
mod lost_bullet;
mod tag;
mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::mojibake;
use super::shortcode::{self, Target};
use crate::diagnostic::{Diagnostic, Source, Span};

/// The body of a posting.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    pub blocks: Vec<Block>,
}

/// A block and the bytes of the file it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub span: Span,
    pub kind: BlockKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BlockKind {
    /// Also a paragraph that is bold from end to end, which authors use as a heading.
    Heading {
        level: u8,
        content: Vec<Inline>,
    },
    Paragraph(Vec<Inline>),
    /// `start` is the first number of an ordered list.
    List {
        start: Option<usize>,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Code(String),
    Table {
        header: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Rule,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    Text(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Strikethrough(Vec<Inline>),
    Code(String),
    Link { url: String, content: Vec<Inline> },
    Image { url: String, alternative: String },
    SoftBreak,
    HardBreak,
}

/// The text of inlines without markup; breaks become spaces.
pub fn plain(inlines: &[Inline]) -> String {
    let mut text = String::new();
    push_plain(inlines, &mut text);
    text
}

fn push_plain(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(words) | Inline::Code(words) => text.push_str(words),
            Inline::Emphasis(inner)
            | Inline::Strong(inner)
            | Inline::Strikethrough(inner)
            | Inline::Link { content: inner, .. } => push_plain(inner, text),
            Inline::Image { alternative, .. } => text.push_str(alternative),
            Inline::SoftBreak | Inline::HardBreak => text.push(' '),
        }
    }
}

/// How the body of a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Markdown,
    /// A page whose file ends in `.html`: no Markdown in it.
    Html,
}

/// What links in a page are relative to, and what they may be put together from.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub page: Url,
    pub site: Url,
    /// Keys of the front matter and what they say, which a link may name.
    pub keys: BTreeMap<String, String>,
}

/// Reads `body`, a span of `source`, into a tree whose spans point into `source`. Template tags
/// are left out, broken characters repaired, and lost bullets put back, each with a diagnostic;
/// links are made absolute.
pub fn read(
    source: &Arc<Source>,
    body: Span,
    syntax: Syntax,
    addresses: &Addresses,
    diagnostics: &mut Vec<Diagnostic>,
) -> Document {
    let text = shortcode::cover(source, body, &addresses.keys, diagnostics);
    for visible in outside_comments(source.words(body)) {
        mojibake::report(source, visible.shifted(body.start), diagnostics);
    }
    let blocks = match syntax {
        Syntax::Markdown => tree::blocks(source, &text, body.start, addresses, diagnostics),
        Syntax::Html => html::blocks(&text, body.start, addresses),
    };
    Document { blocks }
}

/// The parts of a text that are not HTML comments.
fn outside_comments(text: &str) -> Vec<Span> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("<!--") {
        parts.push(Span::new(at, at + found));
        at = match text[at + found..].find("-->") {
            Some(end) => at + found + end + 3,
            None => return parts,
        };
    }
    parts.push(Span::new(at, text.len()));
    parts
}

/// A piece of text as readers shall see it.
fn words(text: &str) -> String {
    let text = shortcode::uncover(text);
    mojibake::repair(&text).unwrap_or(text)
}

/// The absolute address behind a link; `None` if it leads nowhere that can be named.
fn address(url: &str, addresses: &Addresses) -> Option<String> {
    let url = match shortcode::target(url, &addresses.keys) {
        Target::Unknown => return None,
        Target::OnSite(path) => {
            let mut site = addresses.site.clone();
            if !site.path().ends_with('/') {
                site.set_path(&format!("{}/", site.path()));
            }
            return site.join(&path).ok().map(String::from);
        }
        Target::Written(url) => url,
    };
    if url.is_empty() {
        return None;
    }
    match Url::parse(&url) {
        Ok(parsed) => {
            let known = ["http", "https", "mailto", "tel", "ftp"].contains(&parsed.scheme());
            known.then_some(url)
        }
        Err(_) if url.contains('@') && !url.contains(['/', ' ']) => Some(format!("mailto:{url}")),
        Err(_) if url.starts_with("www.") => Some(format!("https://{url}")),
        Err(_) => addresses.page.join(&url).ok().map(String::from),
    }
}
