//! The content of a page whose body is empty: page builders keep it in the front matter, in block
//! scalars (`text: |`) that may stand deep below other keys.
//!
//! Each of them is read as a document of its own, and what is found there is put back to where it
//! stands in the file.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::front_matter::{Entry, Node, Table, Value};
use crate::posting::markdown::{self, Addresses, Block, BlockKind, Document, Inline, Syntax};

/// Keys of texts that are meant for readers, also where they stand on one line.
const CONTENT_KEYS: [&str; 6] = ["text", "content", "body", "markdown", "html", "copy"];

/// Keys whose values readers never see as text.
const HIDDEN_KEYS: [&str; 12] = [
    "job",
    "cascade",
    "css",
    "style",
    "styles",
    "css_style",
    "script",
    "js",
    "code",
    "bibtex",
    "citation",
    "schema",
];

/// Fewer letters than this are a caption, not the content of a page.
const ENOUGH: usize = 40;

/// Deeper nesting than this is not looked into.
const DEPTH: usize = 12;

/// What the front matter holds for readers, in the order of the page.
pub(super) fn read(
    source: &Arc<Source>,
    front: &Table,
    addresses: &Addresses,
    diagnostics: &mut Vec<Diagnostic>,
) -> Document {
    let mut reader = Reader { source, addresses, diagnostics, blocks: Vec::new() };
    reader.table(front, 0);
    Document { blocks: reader.blocks }
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    addresses: &'a Addresses,
    diagnostics: &'a mut Vec<Diagnostic>,
    blocks: Vec<Block>,
}

impl Reader<'_> {
    fn table(&mut self, table: &Table, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let visible = |entry: &&Entry| {
            !HIDDEN_KEYS.iter().any(|hidden| entry.key.eq_ignore_ascii_case(hidden))
        };
        // The title of the page itself is no heading of its content.
        if depth > 0
            && table.entries.iter().any(|entry| is_content(self.source, entry))
            && let Some((title, span)) = table.text("title")
        {
            let content = vec![Inline::Text(title.to_owned())];
            self.blocks.push(Block { span, kind: BlockKind::Heading { level: 2, content } });
        }
        for entry in table.entries.iter().filter(visible) {
            match &entry.node.value {
                Value::Text(text) if is_content(self.source, entry) => {
                    self.text(text, entry.node.span);
                }
                _ => self.node(&entry.node, depth + 1),
            }
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        match &node.value {
            Value::Table(table) => self.table(table, depth),
            Value::List(items) if depth <= DEPTH => {
                items.iter().for_each(|item| self.node(item, depth + 1));
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, span: Span) {
        match Scalar::of(self.source.words(span)) {
            Some(scalar) => {
                self.document(&scalar.text, |part| scalar.place(part).shifted(span.start))
            }
            // Where quotation marks and escapes stand between, the whole value is the place.
            None => self.document(text, |_| span),
        }
    }

    fn document(&mut self, text: &str, place: impl Fn(Span) -> Span) {
        let own = Source::new(self.source.path.clone(), text);
        let whole = Span::new(0, text.len());
        let mut told = Vec::new();
        let read = markdown::read(&own, whole, Syntax::Markdown, self.addresses, &mut told);
        let mut blocks = read.blocks;
        put_back(&mut blocks, &place);
        self.blocks.append(&mut blocks);
        self.diagnostics.extend(told.into_iter().map(|mut diagnostic| {
            let at = diagnostic.place.map(|(_, part)| (Arc::clone(self.source), place(part)));
            diagnostic.place = at;
            diagnostic
        }));
    }
}

/// Whether a field holds text for readers: a block scalar, or a text under one of the keys that
/// page builders use for it.
fn is_content(source: &Source, entry: &Entry) -> bool {
    let Value::Text(text) = &entry.node.value else { return false };
    let named = CONTENT_KEYS.iter().any(|key| entry.key.eq_ignore_ascii_case(key));
    let hidden = HIDDEN_KEYS.iter().any(|key| entry.key.eq_ignore_ascii_case(key));
    !hidden
        && (named || Scalar::of(source.words(entry.node.span)).is_some())
        && text.chars().filter(|letter| letter.is_alphabetic()).count() >= ENOUGH
}

/// A value that runs over lines, without its indentation, and where each line stands.
struct Scalar {
    text: String,
    /// Where a line begins in the text, and where in the value as it is written.
    lines: Vec<(usize, usize)>,
}

impl Scalar {
    /// YAML's `|` and `>`, and the strings of TOML that run over lines.
    fn of(written: &str) -> Option<Self> {
        let quotes = ["\"\"\"", "'''"].into_iter().find(|it| written.starts_with(it));
        let (start, end) = match quotes {
            Some(quotes) => (quotes.len(), written.len().saturating_sub(quotes.len())),
            None if written.starts_with(['|', '>']) => (written.find('\n')? + 1, written.len()),
            None => return None,
        };
        let inside = written.get(start..end)?;
        let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let first = inside.lines().find(|line| !line.trim().is_empty())?;
        let indented = if quotes.is_some() { 0 } else { indentation(first) };
        let mut scalar = Self { text: String::new(), lines: Vec::new() };
        let mut at = start;
        for line in inside.split_inclusive('\n') {
            let cut = indented.min(indentation(line));
            scalar.lines.push((scalar.text.len(), at + cut));
            scalar.text.push_str(&line[cut..]);
            at += line.len();
        }
        Some(scalar)
    }

    /// The place of a part of the text in the value as it is written.
    fn place(&self, part: Span) -> Span {
        let written = |offset: usize| {
            let line = self.lines.partition_point(|(start, _)| *start <= offset);
            let line = line.checked_sub(1).and_then(|at| self.lines.get(at));
            line.map_or(0, |(start, written)| written + offset - start)
        };
        // The end of a part is the end of its last line, not the beginning of the next one.
        let last = part.end.saturating_sub(1).max(part.start);
        Span::new(written(part.start), written(last) + (part.end - last))
    }
}

/// Gives blocks, and what they hold, their places in the file.
fn put_back(blocks: &mut [Block], place: &impl Fn(Span) -> Span) {
    for block in blocks {
        block.span = place(block.span);
        match &mut block.kind {
            BlockKind::List { items, .. } => {
                items.iter_mut().for_each(|item| put_back(item, place));
            }
            BlockKind::Quote(inner) => put_back(inner, place),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_block_scalar_is_found_again_where_it_is_written() {
        let written = "|-\n    Höhe\n\n      - eins\n    zwei\n";
        let scalar = Scalar::of(written).unwrap();
        assert_eq!(scalar.text, "Höhe\n\n  - eins\nzwei\n");
        for word in ["Höhe", "- eins", "zwei", "eins\nzwei"] {
            let at = scalar.text.find(word).unwrap();
            let place = scalar.place(Span::new(at, at + word.len()));
            let found = &written[place.start..place.end];
            assert_eq!(
                found.split_whitespace().collect::<Vec<_>>(),
                word.split_whitespace().collect::<Vec<_>>()
            );
        }
        let all = scalar.place(Span::new(0, scalar.text.len()));
        assert!(written.get(all.start..all.end).is_some());
    }

    #[test]
    fn a_string_of_toml_that_runs_over_lines_is_read_too_and_a_short_one_is_not() {
        let scalar = Scalar::of("'''\nWe look for\nsomebody.'''").unwrap();
        assert_eq!(scalar.text.trim(), "We look for\nsomebody.");
        assert!(Scalar::of("'short'").is_none());
        assert!(Scalar::of("\"\"\"\"\"\"").is_none());
        assert!(Scalar::of("|").is_none());
    }
}
