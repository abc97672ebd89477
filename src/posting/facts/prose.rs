//! The words of a page as a flat list of passages, and where in the file they stand.

use std::ops::Range;
use std::sync::Arc;

use super::pattern::Pattern;
use crate::diagnostic::{Source, Span};
use crate::posting::front_matter::{Table, Value};
use crate::posting::markdown::{Block, BlockKind, Inline};
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
    pub text: String,
    pub links: Vec<Link>,
    /// The heading above it; empty before the first.
    pub heading: String,
    /// The block or field it came from.
    span: Span,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub url: String,
    /// Where its words stand in the passage's text.
    pub range: Range<usize>,
}

/// What a theme's own field of the front matter says, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKey {
    Position,
    Reference,
    Organisation,
    Unit,
    Place,
    Country,
    Start,
    Duration,
    Deadline,
    Contact,
    Email,
    Apply,
}

/// A field of the front matter outside the `job:` block.
#[derive(Debug)]
pub struct FrontField {
    pub key: FieldKey,
    pub text: String,
    pub span: Span,
}

/// The passages of a page, the front matter's before the body's.
#[derive(Debug)]
pub struct Prose {
    source: Arc<Source>,
    passages: Vec<Passage>,
    fields: Vec<FrontField>,
}

impl Prose {
    pub fn of(page: &Page) -> Self {
        let mut passages = Vec::new();
        front(page, &mut passages);
        let mut heading = String::new();
        for block in &page.document.blocks {
            push_block(block, &mut heading, &mut passages);
        }
        Self { source: Arc::clone(&page.source), passages, fields: fields(&page.front) }
    }

    /// What the front matter says under one of the names that themes use for this.
    pub fn field(&self, key: FieldKey) -> Option<&FrontField> {
        self.fields.iter().find(|field| field.key == key)
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

/// The names that themes and labs give to these fields, without case, `-` and `_`.
const FIELD_NAMES: [(FieldKey, &[&str]); 12] = [
    (FieldKey::Position, &["position", "positiontype", "jobtype", "role", "poste", "stelle"]),
    (FieldKey::Reference, &["reference", "ref", "jobid", "kennziffer"]),
    (
        FieldKey::Organisation,
        &["organisation", "organization", "institution", "employer", "university", "company"],
    ),
    (FieldKey::Unit, &["unit", "department", "lab", "team", "group"]),
    (
        FieldKey::Place,
        &["place", "location", "joblocation", "city", "ort", "lieu", "lugar", "sede"],
    ),
    (FieldKey::Country, &["country", "land", "pays"]),
    (FieldKey::Start, &["starts", "start", "starting", "jobstart", "beginn", "debut"]),
    (FieldKey::Duration, &["duration", "contractduration", "dauer", "duree"]),
    (
        FieldKey::Deadline,
        &[
            "deadline",
            "applicationdeadline",
            "closingdate",
            "closes",
            "applyby",
            "until",
            "validthrough",
            "frist",
            "bewerbungsfrist",
            "datelimite",
            "scadenza",
            "sluitingsdatum",
        ],
    ),
    (FieldKey::Contact, &["contact", "contactname", "contactperson", "supervisor", "kontakt"]),
    (FieldKey::Email, &["email", "contactemail", "mail"]),
    (
        FieldKey::Apply,
        &["applyurl", "apply", "applylink", "applicationurl", "applicationlink", "adurl", "joburl"],
    ),
];

fn fields(front: &Table) -> Vec<FrontField> {
    let mut fields = Vec::new();
    for entry in &front.entries {
        let name: String =
            entry.key.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
        let name = name.to_lowercase();
        let known = FIELD_NAMES.iter().find(|(_, names)| names.contains(&name.as_str()));
        let text = match &entry.node.value {
            Value::Text(text) => single_spaced(text),
            Value::Integer(number) => number.to_string(),
            _ => String::new(),
        };
        if let Some((key, _)) = known
            && !text.is_empty()
        {
            fields.push(FrontField { key: *key, text, span: entry.node.span });
        }
    }
    fields
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
            let text = single_spaced(&TAG.replace_all(text, ""));
            passages.push(Passage { role, text, links: Vec::new(), heading: String::new(), span });
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
    let lines = content.split(|inline| *inline == Inline::HardBreak);
    for line in lines {
        let mut words = Writer::default();
        words.push_all(line);
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
                Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strikethrough(inner) => {
                    self.push_all(inner)
                }
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
            passages.push(Passage { role, text, links, heading: heading.to_owned(), span });
        }
    }
}

/// Finds words in a part of a file, with nothing but markup and punctuation between them.
fn locate(text: &str, within: Span, words: &str) -> Option<Span> {
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
