//! The words of a page as a flat list of passages, and where in the file they stand.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use super::dates::{self, Mention};
use super::labels::{self, FieldKey};
use super::pattern::Pattern;
use super::text::Text;
use crate::diagnostic::{Source, Span};
use crate::posting::front_matter::{Entry, Table, Value};
use crate::posting::markdown::{Block, BlockKind, Inline, plain};
use crate::posting::page::Page;

/// Where a passage stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The front matter's title.
    Title,
    /// The front matter's summary or description.
    Summary,
    Heading,
    Text,
}

/// A run of words without markup and with single spaces: a field of the front matter, a heading,
/// a paragraph up to a hard break, a list item, a row of a table.
#[derive(Debug, Clone)]
pub struct Passage {
    pub role: Role,
    pub text: Text,
    pub links: Vec<Link>,
    /// The heading above it; empty before the first.
    pub heading: String,
    /// The block or field it came from.
    span: Span,
    /// Its dates, once somebody asked for them.
    dates: OnceCell<Vec<Mention>>,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub url: String,
    /// Where its words stand in the passage's text.
    pub range: Range<usize>,
}

/// A field outside the `job:` block: a key of the front matter, or a line of the body such as
/// `Location: Seahaven`.
#[derive(Debug)]
pub struct Labelled {
    pub key: FieldKey,
    pub text: String,
    pub span: Span,
    pub place: FieldPlace,
}

/// Where a field stands. The front matter is filled in field by field; in the body anything may
/// stand behind a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldPlace {
    Front,
    Body,
}

/// The passages of a page, the front matter's before the body's.
#[derive(Debug)]
pub struct Prose {
    source: Arc<Source>,
    passages: Vec<Passage>,
    fields: Vec<Labelled>,
}

impl Prose {
    pub fn of(page: &Page) -> Self {
        let mut passages = Vec::new();
        front(page, &mut passages);
        let mut heading = String::new();
        for block in &page.document.blocks {
            push_block(block, &mut heading, &mut passages);
        }
        let fields = fields(&page.front, &passages, &page.source);
        Self { source: Arc::clone(&page.source), passages, fields }
    }

    /// What the page says under one of the names that themes and labs use for this, the front
    /// matter first.
    pub fn fields(&self, key: FieldKey) -> impl Iterator<Item = &Labelled> {
        self.fields.iter().filter(move |field| field.key == key)
    }

    pub fn passages(&self) -> impl Iterator<Item = &Passage> {
        self.passages.iter()
    }

    /// The passages of the body that are no headings.
    pub fn texts(&self) -> impl Iterator<Item = &Passage> {
        self.passages.iter().filter(|passage| passage.role == Role::Text)
    }

    pub fn headings(&self) -> impl Iterator<Item = &Passage> {
        self.passages.iter().filter(|passage| passage.role == Role::Heading)
    }

    /// The bytes of the file that hold the words at `range` of a passage; the whole passage where
    /// markup or a repair stands between them.
    pub fn span(&self, passage: &Passage, range: Range<usize>) -> Span {
        let words = passage.text.get(range).unwrap_or_default();
        locate(&self.source.text, passage.span, words).unwrap_or(passage.span)
    }
}

impl Passage {
    /// The dates in it, in the order of the text.
    pub fn dates(&self) -> &[Mention] {
        self.dates.get_or_init(|| dates::mentions(&self.text))
    }

    /// The block or field of the file that it came from.
    pub fn place(&self) -> Span {
        self.span
    }

    /// Whether the words at a place of the file are of this passage.
    pub fn is_at(&self, place: Span) -> bool {
        self.span.start <= place.start && place.end <= self.span.end
    }

    /// The text before a byte offset, at most `reach` characters of it.
    pub fn before(&self, offset: usize, reach: usize) -> &str {
        let text = self.text.get(..offset).unwrap_or_default();
        let start = text.char_indices().rev().nth(reach.saturating_sub(1)).map_or(0, |(at, _)| at);
        &text[start..]
    }

    /// The text after a byte offset, at most `reach` characters of it.
    pub fn after(&self, offset: usize, reach: usize) -> &str {
        let text = self.text.get(offset..).unwrap_or_default();
        text.char_indices().nth(reach).map_or(text, |(end, _)| &text[..end])
    }
}

/// The text with every run of white space as one space.
pub fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A tag of HTML; themes put titles into pages unescaped.
static TAG: Pattern = Pattern::new(r"</?[A-Za-z][^<>]*>");

/// The fields of the front matter, and what stands under the same names in the body.
fn fields(front: &Table, passages: &[Passage], source: &Source) -> Vec<Labelled> {
    let mut fields = Vec::new();
    // Zola keeps a page's own keys under `extra`, Hugo under `params`.
    let nested = ["extra", "params"].iter().filter_map(|key| front.get(key)?.as_table());
    for entry in std::iter::once(front).chain(nested).flat_map(|table| &table.entries) {
        let text = match &entry.node.value {
            Value::Text(text) => single_spaced(text),
            Value::Integer(number) => number.to_string(),
            _ => String::new(),
        };
        // The page's own title is a passage.
        let key = labels::key_of(&entry.key).filter(|_| !text.is_empty());
        // A site's own `start_date` is most often when the page goes online.
        let online = key == Some(FieldKey::Start) && entry.key.to_lowercase().ends_with("date");
        let key = key.filter(|_| !online);
        fields.extend(key.map(|key| Labelled {
            key,
            text,
            span: entry.node.span,
            place: FieldPlace::Front,
        }));
    }
    fields.extend(nested_contact(front));
    for passage in passages.iter().filter(|passage| passage.role == Role::Text) {
        if let Some((key, start)) = labels::labelled(&passage.text) {
            let text = passage.text.get(start..).unwrap_or_default().to_owned();
            let span = locate(&source.text, passage.span, &text).unwrap_or(passage.span);
            fields.push(Labelled { key, text, span, place: FieldPlace::Body });
        }
    }
    fields
}

/// The person of `contact: {name: …, email: …}`.
fn nested_contact(front: &Table) -> Vec<Labelled> {
    let is_contact = |entry: &&Entry| labels::key_of(&entry.key) == Some(FieldKey::Contact);
    let tables = front.entries.iter().filter(is_contact).filter_map(|it| it.node.as_table());
    let field = |table: &Table, names: &[&str], key: FieldKey| {
        let (text, span) = names.iter().find_map(|name| table.text(name))?;
        Some(Labelled { key, text: single_spaced(text), span, place: FieldPlace::Front })
    };
    let both = |table: &Table| {
        let name = field(table, &["name", "person"], FieldKey::Contact);
        let email = field(table, &["email", "e-mail", "mail"], FieldKey::Email);
        name.into_iter().chain(email)
    };
    tables.flat_map(both).collect()
}

fn front(page: &Page, passages: &mut Vec<Passage>) {
    // A description that is all the page has was read as its body.
    let is_body = |span: Span| {
        let mut blocks = page.document.blocks.iter();
        blocks.any(|block| span.start <= block.span.start && block.span.end <= span.end)
    };
    let fields = [
        ("title", Role::Title),
        ("summary", Role::Summary),
        ("description", Role::Summary),
        ("excerpt", Role::Summary),
        ("subtitle", Role::Summary),
    ];
    for (key, role) in fields {
        if let Some((text, span)) = page.front.text(key)
            && !is_body(span)
        {
            let text = single_spaced(&TAG.replace_all(text, "")).into();
            let (links, heading) = (Vec::new(), String::new());
            let dates = OnceCell::new();
            passages.push(Passage { role, text, links, heading, span, dates });
        }
    }
}

fn push_block(block: &Block, heading: &mut String, passages: &mut Vec<Passage>) {
    match &block.kind {
        BlockKind::Heading { content, .. } => {
            let before = passages.len();
            push_inlines(content, Role::Heading, block.span, "", passages);
            let words = passages[before..].iter().map(|passage| passage.text.as_str());
            *heading = words.collect::<Vec<_>>().join(" ");
        }
        BlockKind::Paragraph(content) => {
            push_inlines(content, Role::Text, block.span, heading, passages);
        }
        BlockKind::List { items, .. } => {
            for block in items.iter().flatten() {
                push_block(block, heading, passages);
            }
        }
        BlockKind::Quote(blocks) => {
            for block in blocks {
                push_block(block, heading, passages);
            }
        }
        BlockKind::Table { header, rows } => {
            for row in std::iter::once(header).chain(rows) {
                let mut cells = Writer::default();
                for (index, cell) in row.iter().enumerate() {
                    if index > 0 {
                        cells.push_text(": ");
                    }
                    cells.push_all(cell);
                }
                cells.finish(Role::Text, block.span, heading, passages);
            }
        }
        BlockKind::Code(_) | BlockKind::Rule => {}
    }
}

fn push_inlines(
    content: &[Inline],
    role: Role,
    span: Span,
    heading: &str,
    passages: &mut Vec<Passage>,
) {
    let begins_with_label = |line: &[Inline]| labels::begins_with_label(plain(line).trim_start());
    for line in content.split(|inline| *inline == Inline::HardBreak) {
        let rows: Vec<&[Inline]> = line.split(|inline| *inline == Inline::SoftBreak).collect();
        // Facts on lines of their own, which Markdown would run together.
        let is_list = rows.iter().filter(|row| begins_with_label(row)).count() >= 2;
        let mut words = Writer::default();
        let mut after_label = false;
        for row in rows {
            let labelled = begins_with_label(row);
            let begins = plain(row).trim_start().starts_with(char::is_uppercase);
            if is_list && (labelled || after_label && begins) {
                std::mem::take(&mut words).finish(role, span, heading, passages);
            }
            after_label = labelled;
            words.push_text(" ");
            words.push_all(row);
        }
        words.finish(role, span, heading, passages);
    }
}

/// Writes inlines as text with single spaces, and notes where links stand.
#[derive(Default)]
struct Writer {
    text: String,
    links: Vec<Link>,
}

impl Writer {
    fn push_all(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(words) | Inline::Code(words) => self.push_text(words),
                Inline::Emphasis(inner) | Inline::Strong(inner) => self.push_all(inner),
                // What is struck through no longer counts.
                Inline::Strikethrough(_) => {}
                Inline::Link { url, content } => {
                    let start = self.text.len();
                    self.push_all(content);
                    self.links.push(Link { url: url.clone(), range: start..self.text.len() });
                }
                Inline::Image { .. } => {}
                Inline::SoftBreak | Inline::HardBreak => self.push_text(" "),
            }
        }
    }

    fn push_text(&mut self, words: &str) {
        for character in words.chars() {
            if !character.is_whitespace() {
                self.text.push(character);
            } else if !self.text.is_empty() && !self.text.ends_with(' ') {
                self.text.push(' ');
            }
        }
    }

    fn finish(self, role: Role, span: Span, heading: &str, passages: &mut Vec<Passage>) {
        let Self { mut text, mut links } = self;
        text.truncate(text.trim_end().len());
        for link in &mut links {
            link.range = link.range.start.min(text.len())..link.range.end.min(text.len());
        }
        if !text.is_empty() {
            let text = text.into();
            let (heading, dates) = (heading.to_owned(), OnceCell::new());
            passages.push(Passage { role, text, links, heading, span, dates });
        }
    }
}

/// Finds words in a part of a file, with nothing but markup and punctuation between them.
pub fn locate(text: &str, within: Span, words: &str) -> Option<Span> {
    let slice = text.get(within.start..within.end)?;
    let (opening, rest) = words.split_at(words.find(char::is_alphanumeric)?);
    let closing = rest.rsplit(char::is_alphanumeric).next().unwrap_or_default();
    let mut parts =
        rest.split(|letter: char| !letter.is_alphanumeric()).filter(|it| !it.is_empty());
    let first = parts.next()?;
    slice.match_indices(first).find_map(|(at, _)| {
        let (before, from) = slice.split_at(at);
        if before.ends_with(char::is_alphanumeric) {
            return None;
        }
        let mut rest = from.strip_prefix(first)?;
        for part in parts.clone() {
            let letters = rest.trim_start_matches(|between: char| !between.is_alphanumeric());
            rest = letters.strip_prefix(part).filter(|_| letters.len() < rest.len())?;
        }
        if rest.starts_with(char::is_alphanumeric) {
            return None;
        }
        let start = before.strip_suffix(opening).unwrap_or(before).len();
        let end = slice.len() - rest.strip_prefix(closing).unwrap_or(rest).len();
        Some(Span::new(start, end).shifted(within.start))
    })
}
