//! The parts of the ad: what it has under headings, under bold words that begin a line, and in
//! lists below a sentence that leads to them ("You will:").

use super::contradiction::Positions;
use super::prose::{locate, single_spaced};
use super::sentence;
use super::text::Text;
use super::words::Phrases;
use crate::diagnostic::Span;
use crate::posting::markdown::{Block, BlockKind, Inline, plain};
use crate::posting::page::Page;
use crate::posting::parts::Parts;
use crate::posting::{Field, Origin};

/// What a part of the ad is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Description,
    Responsibilities,
    Qualifications,
    DesirableQualifications,
    Benefits,
    ApplyInstructions,
    Funding,
    /// The contact, the lab, the literature: nothing of the above.
    Other,
}

/// A heading with little beside these has a day below it: "Application deadline".
static DEADLINE: Phrases = Phrases::of("section.deadline");

/// Sentences that ask for an application.
static ASKED: Phrases = Phrases::of("application.sentence");

/// The words for each part. Where a heading has words for several, the first here decides:
/// "Desirable qualifications", "Application requirements".
static WORDS: [(Phrases, Part); 8] = [
    (Phrases::of("section.desirable"), Part::DesirableQualifications),
    (Phrases::of("section.application"), Part::ApplyInstructions),
    (Phrases::of("section.qualifications"), Part::Qualifications),
    (Phrases::of("section.benefits"), Part::Benefits),
    (Phrases::of("section.responsibilities"), Part::Responsibilities),
    (Phrases::of("section.funding"), Part::Funding),
    (Phrases::of("section.description"), Part::Description),
    (Phrases::of("section.other"), Part::Other),
];

/// A paragraph, a list item or a row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub part: Part,
    pub text: String,
    pub span: Span,
    pub kind: LineKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Words,
    Item,
}

/// The lines of the page that belong to a part, in its order.
pub fn lines(page: &Page) -> Vec<Line> {
    let mut reader = Reader {
        source: &page.source.text,
        lines: Vec::new(),
        // What stands before any heading is the description.
        current: Some(Part::Description),
        level: 0,
        lead: None,
    };
    reader.blocks(&page.document.blocks);
    reader.lines.retain(|line| line.part != Part::Other);
    reader.lines
}

/// Words that begin a line and name a part stand below all headings.
const LEVEL_OF_A_LABEL: u8 = 7;

/// More words than this are a sentence and no heading.
const LONGEST_HEADING: usize = 10;

/// More words than this before a colon are a sentence and no label.
const LONGEST_LABEL: usize = 6;

/// More words than this before a list lead to more than one thing.
const LONGEST_LEAD: usize = 35;

struct Reader<'p> {
    source: &'p str,
    lines: Vec<Line>,
    current: Option<Part>,
    /// The level of the heading that says so.
    level: u8,
    /// What a sentence says of the list behind it.
    lead: Option<Part>,
}

impl Reader<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for (index, block) in blocks.iter().enumerate() {
            let lead = self.lead.take();
            let next = blocks.get(index + 1).map(|next| &next.kind);
            let before_list = matches!(next, Some(BlockKind::List { .. }));
            match &block.kind {
                BlockKind::Heading { level, content } => {
                    let words = single_spaced(&plain(content));
                    if count(&words) > LONGEST_HEADING || words.ends_with('.') {
                        self.push(&words, block.span, LineKind::Words);
                    } else {
                        self.heading(&words, *level, block.span);
                    }
                }
                BlockKind::Paragraph(content) => self.paragraph(content, block.span, before_list),
                BlockKind::List { items, .. } => {
                    let before = self.current;
                    self.current = lead.or(before);
                    for item in items {
                        self.item(item);
                    }
                    self.current = before;
                }
                BlockKind::Quote(inner) => self.blocks(inner),
                BlockKind::Table { header, rows } => {
                    for row in std::iter::once(header).chain(rows) {
                        let cells: Vec<String> = row.iter().map(|it| plain(it)).collect();
                        let words = single_spaced(&cells.join(": "));
                        self.row(&words, &[], block.span, LineKind::Words);
                    }
                }
                BlockKind::Code(_) | BlockKind::Rule => {}
            }
        }
    }

    fn heading(&mut self, words: &str, level: u8, span: Span) {
        let part = part_of(words);
        if part.is_none() && self.is_below(level) {
            self.push(words, span, LineKind::Words);
        }
        self.enter(part, level);
    }

    /// Whether a heading stands below the one that began the part.
    fn is_below(&self, level: u8) -> bool {
        self.level > 0 && level > self.level
    }

    /// A heading that names no part goes on with the one above it if it stands below that one's
    /// heading, else with the description. Behind the other parts nobody knows what follows.
    fn enter(&mut self, part: Option<Part>, level: u8) {
        match part {
            Some(part) => (self.current, self.level) = (Some(part), level),
            None if self.is_below(level) => {}
            None => {
                let has_begun = self
                    .lines
                    .iter()
                    .any(|line| !matches!(line.part, Part::Description | Part::Other));
                self.current = (!has_begun).then_some(Part::Description);
                self.level = level;
            }
        }
    }

    fn paragraph(&mut self, content: &[Inline], span: Span, before_list: bool) {
        let rows = rows(content);
        let last = rows.len().saturating_sub(1);
        let mut rest = span;
        for (index, row) in rows.into_iter().enumerate() {
            let words = single_spaced(&plain(row));
            if words.is_empty() {
                continue;
            }
            let place = match index {
                0 if last == 0 => Some(span),
                _ => locate(self.source, rest, &words),
            };
            rest.start = place.map_or(rest.end, |place| place.end);
            let place = place.unwrap_or(span);
            if !(before_list && index == last && self.leads(&words, place)) {
                self.row(&words, row, place, LineKind::Words);
            }
        }
    }

    /// Whether the last sentence of a paragraph says what the list behind it is about. What it says
    /// beside that stays: "Please send to Ada by May:".
    fn leads(&mut self, words: &str, span: Span) -> bool {
        if !words.ends_with(':') {
            return false;
        }
        let (before, lead) = words.split_at(sentence::last_start(words));
        let part = Some(lead).filter(|lead| count(lead) <= LONGEST_LEAD).and_then(named_in);
        let Some(part) = part else { return false };
        self.push(before.trim_end(), span, LineKind::Words);
        if count(lead) > LONGEST_LABEL {
            self.push_to(part, lead, span, LineKind::Words);
        }
        self.lead = Some(part);
        true
    }

    fn item(&mut self, blocks: &[Block]) {
        let before = (self.current, self.level);
        for (index, block) in blocks.iter().enumerate() {
            let next = blocks.get(index + 1).map(|next| &next.kind);
            let before_list = matches!(next, Some(BlockKind::List { .. }));
            match &block.kind {
                BlockKind::Paragraph(content) => {
                    let words = single_spaced(&plain(content));
                    if !(before_list && self.leads(&words, block.span)) {
                        self.row(&words, content, block.span, LineKind::Item);
                    }
                }
                _ => self.blocks(std::slice::from_ref(block)),
            }
        }
        (self.current, self.level) = before;
    }

    /// A line of a paragraph, an item or a row of a table, which may begin with the name of a part.
    fn row(&mut self, words: &str, inlines: &[Inline], span: Span, kind: LineKind) {
        if let Some(rest) = after_bold_label(inlines) {
            let label = words.strip_suffix(rest.as_str()).unwrap_or(words);
            // "Educational background: …" among what is asked for is one more point of it.
            let in_points = kind == LineKind::Item && self.is_list_of_points();
            let part = part_of(label).filter(|part| !(in_points && *part == Part::Description));
            self.enter(part, LEVEL_OF_A_LABEL);
            // An unknown label is part of what is said.
            let said = part.map_or(words, |_| rest.trim_start_matches([':', ' ', '–', '-']));
            return self.push(said, span, kind);
        }
        let (label, rest) = words.split_once(':').unwrap_or((words, ""));
        match Some(label).filter(|label| count(label) <= LONGEST_LABEL).and_then(part_of) {
            Some(part) if !rest.is_empty() => self.push_to(part, rest.trim_start(), span, kind),
            Some(part) if kind == LineKind::Words && is_name(label) => {
                if inlines.iter().any(|inline| matches!(inline, Inline::Link { .. })) {
                    return self.push_to(part, words, span, kind);
                }
                self.enter(Some(part), LEVEL_OF_A_LABEL);
            }
            // The last list of an ad is often followed by what to do.
            _ if kind == LineKind::Words && self.is_list_of_points() && ASKED.is_match(words) => {
                self.push_to(Part::ApplyInstructions, words, span, kind);
            }
            _ => self.push(words, span, kind),
        }
    }

    fn is_list_of_points(&self) -> bool {
        let points = [
            Part::Responsibilities,
            Part::Qualifications,
            Part::DesirableQualifications,
            Part::Benefits,
        ];
        self.current.is_some_and(|part| points.contains(&part))
    }

    fn push(&mut self, words: &str, span: Span, kind: LineKind) {
        if let Some(part) = self.current {
            self.push_to(part, words, span, kind);
        }
    }

    fn push_to(&mut self, part: Part, words: &str, span: Span, kind: LineKind) {
        if !words.is_empty() {
            self.lines.push(Line { part, text: words.to_owned(), span, kind });
        }
    }
}

/// The lines of a paragraph: up to a hard break, or to a line that begins with bold words.
fn rows(content: &[Inline]) -> Vec<&[Inline]> {
    let mut rows = Vec::new();
    let mut start = 0;
    for (at, inline) in content.iter().enumerate() {
        let bold = || matches!(content.get(at + 1), Some(Inline::Strong(_)));
        if *inline == Inline::HardBreak || *inline == Inline::SoftBreak && bold() {
            rows.push(&content[start..at]);
            start = at + 1;
        }
    }
    rows.push(&content[start..]);
    rows
}

/// What stands behind bold words that begin a line and end in a colon, or have one behind them.
fn after_bold_label(row: &[Inline]) -> Option<String> {
    let blank = |inline: &Inline| matches!(inline, Inline::Text(text) if text.trim().is_empty());
    let start = row.iter().position(|inline| !blank(inline))?;
    let (first, rest) = row.get(start..)?.split_first()?;
    let Inline::Strong(label) = first else { return None };
    let (label, rest) = (plain(label), single_spaced(&plain(rest)));
    let is_label =
        label.trim_end().ends_with(':') || rest.starts_with([':', '–']) || rest.is_empty();
    (is_label && count(&label) <= LONGEST_HEADING).then_some(rest)
}

fn count(words: &str) -> usize {
    words.split(' ').count()
}

/// The part that a heading names. At least a third of it must be words for parts, so that "The
/// application of ice to tides and waves" is none.
fn part_of(heading: &str) -> Option<Part> {
    if DEADLINE.find_all(heading).iter().any(|it| it.range().len() * 3 >= heading.len() * 2) {
        return Some(Part::Other);
    }
    let (part, named) = names(heading)?;
    (named * 3 >= heading.len()).then_some(part)
}

/// Whether a line is the name of a part, and hardly more.
fn is_name(line: &str) -> bool {
    names(line).is_some_and(|(_, named)| named + 2 >= line.len())
}

/// The part that a sentence before a list speaks of: what it asks for, else what it names first.
fn named_in(sentence: &str) -> Option<Part> {
    let text = Text::from(sentence.to_owned());
    let found = |part: Part| {
        let (phrases, _) = WORDS.iter().find(|(_, of)| *of == part)?;
        phrases.find(&text).map(|words| (words.start(), part))
    };
    if found(Part::DesirableQualifications).is_some() {
        return Some(Part::DesirableQualifications);
    }
    if ASKED.is_match(&text) || is_name(sentence) && found(Part::ApplyInstructions).is_some() {
        return Some(Part::ApplyInstructions);
    }
    let parts = [Part::Qualifications, Part::Benefits, Part::Responsibilities];
    parts.into_iter().filter_map(found).min_by_key(|(start, _)| *start).map(|(_, part)| part)
}

/// The first part that is named, and how many bytes name parts.
fn names(words: &str) -> Option<(Part, usize)> {
    let text = Text::from(words.to_owned());
    let found = WORDS.iter().filter_map(|(phrases, part)| Some((*part, phrases.find(&text)?)));
    let found: Vec<_> = found.collect();
    let named = found.iter().map(|(_, words)| words.range().len()).sum();
    found.first().map(|(part, _)| (*part, named))
}

/// The lines of each part as the ad's own words. Where a page has several positions, the first
/// lines belong to the first one that is described; where the positions are only declared, lines
/// that stand at several places belong to nobody knows which.
pub fn infer(lines: &[Line], positions: Positions) -> Parts {
    let text = |part: Part| {
        let mut runs = lines.chunk_by(|one, next| one.part == next.part);
        let mut runs: Vec<&[Line]> =
            runs.by_ref().filter(|run| run.first().is_some_and(|line| line.part == part)).collect();
        match positions {
            Positions::Declared if runs.len() > 1 => return None,
            Positions::Described => runs.truncate(1),
            Positions::Declared | Positions::One => {}
        }
        let first = runs.first()?;
        let span = Span::new(first.first()?.span.start, first.last()?.span.end);
        let words = runs.iter().flat_map(|run| run.iter()).map(|line| match line.kind {
            LineKind::Words => line.text.clone(),
            LineKind::Item => format!("- {}", line.text),
        });
        Some(Field::new(words.collect::<Vec<_>>().join("\n"), Origin::Inferred(span)))
    };
    Parts {
        description: text(Part::Description),
        responsibilities: text(Part::Responsibilities),
        qualifications: text(Part::Qualifications),
        desirable_qualifications: text(Part::DesirableQualifications),
        benefits: text(Part::Benefits),
        apply_instructions: text(Part::ApplyInstructions),
        funding: text(Part::Funding),
    }
}
