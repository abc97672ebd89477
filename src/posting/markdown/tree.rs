//! Markdown, read with comrak and turned into our own tree.

use std::sync::Arc;

use comrak::nodes::{NodeValue, Sourcepos};
use comrak::{Arena, Node, Options, parse_document};

use super::inline::{self, Inlines};
use super::tag::Tag;
use super::{Addresses, Block, BlockKind, Inline, html, lost_bullet, plain, words};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Deeper nesting than this is flattened.
const DEPTH: usize = 32;

/// The longest bold line that is taken for a heading, in characters.
const LONGEST_HEADING: usize = 150;

/// Reads `text`, the body with its template tags covered, which stands at byte `offset` of the
/// source.
pub(super) fn blocks(
    source: &Arc<Source>,
    text: &str,
    offset: usize,
    addresses: &Addresses,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Block> {
    nested_blocks(source, text, offset, addresses, diagnostics, 0)
}

fn nested_blocks(
    source: &Arc<Source>,
    text: &str,
    offset: usize,
    addresses: &Addresses,
    diagnostics: &mut Vec<Diagnostic>,
    depth: usize,
) -> Vec<Block> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut reader =
        Reader { source, lines: Lines::new(text), text, offset, addresses, diagnostics };
    reader.blocks(root, Place::Page, depth)
}

/// Where the lines of a text begin, as comrak counts them.
pub(super) struct Lines {
    starts: Vec<usize>,
    end: usize,
}

/// Whether bold lines here are headings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Page,
    Item,
}

pub(super) struct Reader<'a> {
    pub source: &'a Arc<Source>,
    pub lines: Lines,
    pub text: &'a str,
    pub offset: usize,
    addresses: &'a Addresses,
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends_line {
                starts.push(at + 1);
            }
        }
        Self { starts, end: text.len() }
    }

    /// The bytes of a line (from 1), its end of line included.
    pub(super) fn line(&self, number: usize) -> Span {
        let start = |number: usize| {
            number.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(self.end)
        };
        Span::new(start(number), start(number + 1))
    }
}

impl Reader<'_> {
    /// The bytes of a node in the text, cut to whole characters.
    pub(super) fn span(&self, position: Sourcepos) -> Span {
        let at = |line: usize, column: usize| {
            (self.lines.line(line).start + column).min(self.text.len())
        };
        let mut start = at(position.start.line, position.start.column.saturating_sub(1));
        let mut end = at(position.end.line, position.end.column).max(start);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end)
    }

    fn blocks<'n>(&mut self, parent: Node<'n>, place: Place, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        for node in parent.children() {
            self.block(node, place, depth, &mut blocks);
        }
        blocks
    }

    fn block<'n>(&mut self, node: Node<'n>, place: Place, depth: usize, blocks: &mut Vec<Block>) {
        let span = self.span(node.data().sourcepos);
        let value = node.data().value.clone();
        let kind = match value {
            _ if depth >= DEPTH => {
                let content = vec![Inline::Text(all_text(node))];
                Some(BlockKind::Paragraph(content)).filter(|_| !all_text(node).is_empty())
            }
            NodeValue::Paragraph => self.paragraph(node.children(), place),
            NodeValue::Heading(heading) => self.heading(node, heading.level),
            NodeValue::List(list) => {
                let start =
                    (list.list_type == comrak::nodes::ListType::Ordered).then_some(list.start);
                let items = self.items(node, depth);
                (!items.is_empty()).then_some(BlockKind::List { start, items })
            }
            NodeValue::BlockQuote => {
                let inner = self.blocks(node, place, depth + 1);
                (!inner.is_empty()).then_some(BlockKind::Quote(inner))
            }
            NodeValue::CodeBlock(code) => self.code(&code.info, &code.literal, span),
            NodeValue::HtmlBlock(html) => {
                blocks.append(&mut self.html(&html.literal, span, depth));
                None
            }
            NodeValue::ThematicBreak => Some(BlockKind::Rule),
            NodeValue::Table(_) => self.table(node),
            _ => {
                blocks.append(&mut self.blocks(node, place, depth + 1));
                None
            }
        };
        blocks.extend(kind.map(|kind| Block { span: span.shifted(self.offset), kind }));
    }

    fn html(&mut self, literal: &str, span: Span, depth: usize) -> Vec<Block> {
        let written = &self.text[span.start..span.end];
        if written.trim() != literal.trim() {
            // In a quote or a list each line begins with something that is not HTML.
            let mut blocks = html::blocks(literal, 0, self.addresses);
            place_all(&mut blocks, span.shifted(self.offset));
            return blocks;
        }
        let end = html::before_markdown(written).unwrap_or(written.len());
        let offset = self.offset + span.start;
        let mut blocks = html::blocks(&written[..end], offset, self.addresses);
        blocks.append(&mut nested_blocks(
            self.source,
            &written[end..],
            offset + end,
            self.addresses,
            self.diagnostics,
            depth + 1,
        ));
        blocks
    }

    fn paragraph<'n>(
        &self,
        nodes: impl Iterator<Item = Node<'n>>,
        place: Place,
    ) -> Option<BlockKind> {
        let content = self.inlines(nodes, 0);
        if inline::is_empty(&content) {
            return None;
        }
        let heading = inline::all_bold(&content).filter(|bold| {
            let words = plain(bold);
            place == Place::Page
                && words.chars().count() <= LONGEST_HEADING
                && !words.trim_end().ends_with(['.', '!', ';', ','])
                && !bold.contains(&Inline::SoftBreak)
        });
        Some(match heading {
            Some(content) => BlockKind::Heading { level: 4, content },
            None => BlockKind::Paragraph(content),
        })
    }

    fn heading(&self, node: Node<'_>, level: u8) -> Option<BlockKind> {
        let mut content = self.inlines(node.children(), 0);
        // Hugo's `## Title {#anchor .class}`.
        if let Some(Inline::Text(text)) = content.last_mut()
            && let Some(at) = text.rfind('{')
            && text.ends_with('}')
            && text[at + 1..].starts_with(['#', '.'])
        {
            *text = text[..at].trim_end().to_owned();
        }
        let content = inline::all_bold(&content).unwrap_or(content);
        (!inline::is_empty(&content)).then_some(BlockKind::Heading { level, content })
    }

    fn items<'n>(&mut self, list: Node<'n>, depth: usize) -> Vec<Vec<Block>> {
        let lost = lost_bullet::lines(list, self);
        let mut items = Vec::new();
        for item in list.children() {
            let mut first = item.children();
            match first.next() {
                Some(paragraph) if lost_bullet::any_in(&lost, paragraph) => {
                    for line in lost.iter().filter(|line| lost_bullet::is_in(**line, paragraph)) {
                        self.tell_lost_bullet(*line);
                    }
                    items.extend(
                        self.split_paragraph(paragraph, &lost).into_iter().map(|it| vec![it]),
                    );
                    let mut rest = Vec::new();
                    for node in first {
                        self.block(node, Place::Item, depth + 1, &mut rest);
                    }
                    match items.last_mut() {
                        Some(last) => last.append(&mut rest),
                        None => items.push(rest),
                    }
                }
                _ => items.push(self.blocks(item, Place::Item, depth + 1)),
            }
        }
        items.retain(|item| !item.is_empty());
        items
    }

    /// The paragraph as several, cut before each of the lines.
    fn split_paragraph<'n>(&self, paragraph: Node<'n>, lost: &[usize]) -> Vec<Block> {
        let mut parts: Vec<Vec<Node<'n>>> = vec![Vec::new()];
        for node in paragraph.children() {
            let data = node.data();
            let is_break = matches!(data.value, NodeValue::SoftBreak | NodeValue::LineBreak);
            if is_break && lost.contains(&(data.sourcepos.start.line + 1)) {
                parts.push(Vec::new());
            } else if let Some(part) = parts.last_mut() {
                part.push(node);
            }
        }
        parts
            .into_iter()
            .filter_map(|nodes| {
                let first = self.span(nodes.first()?.data().sourcepos);
                let last = self.span(nodes.last()?.data().sourcepos);
                let span = Span::new(first.start, last.end).shifted(self.offset);
                let kind = self.paragraph(nodes.into_iter(), Place::Item)?;
                Some(Block { span, kind })
            })
            .collect()
    }

    fn tell_lost_bullet(&mut self, line: usize) {
        let span = self.lines.line(line);
        let words = self.text[span.start..span.end].trim();
        let start = span.start
            + (self.text[span.start..].len() - self.text[span.start..].trim_start().len());
        let place = Span::new(start, start + words.len()).shifted(self.offset);
        self.diagnostics.push(
            Diagnostic::warning("markdown::lost-bullet", "this line of a list has lost its bullet")
                .at(self.source, place)
                .label("read as an item of its own")
                .help("begin the line with `- `, like the lines around it"),
        );
    }

    fn code(&mut self, info: &str, literal: &str, span: Span) -> Option<BlockKind> {
        if info.trim_start().starts_with('{') {
            self.diagnostics.push(
                Diagnostic::notice(
                    "page::shortcode",
                    "a piece of code that makes a part of the page is left out",
                )
                .at(self.source, span.shifted(self.offset))
                .label("only the website can run this")
                .help("write out what it shows if readers elsewhere need it"),
            );
            return None;
        }
        let code = words(literal);
        (!code.trim().is_empty()).then_some(BlockKind::Code(code))
    }

    fn table(&self, table: Node<'_>) -> Option<BlockKind> {
        let mut header = Vec::new();
        let mut rows = Vec::new();
        for row in table.children() {
            let cells: Vec<Vec<Inline>> =
                row.children().map(|cell| self.inlines(cell.children(), 0)).collect();
            match row.data().value {
                NodeValue::TableRow(true) => header = cells,
                _ => rows.push(cells),
            }
        }
        Some(BlockKind::Table { header, rows })
    }

    fn inlines<'n>(&self, nodes: impl Iterator<Item = Node<'n>>, depth: usize) -> Vec<Inline> {
        let mut inlines = Inlines::new(self.addresses);
        for node in nodes {
            let data = node.data();
            let inner = || self.inlines(node.children(), depth + 1);
            match &data.value {
                _ if depth >= DEPTH => inlines.text(&all_text(node)),
                NodeValue::Text(text) => inlines.text(text),
                NodeValue::SoftBreak => inlines.push(Inline::SoftBreak),
                NodeValue::LineBreak => inlines.push(Inline::HardBreak),
                NodeValue::Code(code) => inlines.push(Inline::Code(words(&code.literal))),
                NodeValue::HtmlInline(literal) => {
                    if let Some(tag) = Tag::parse(literal) {
                        inlines.tag(&tag);
                    }
                }
                NodeValue::Emph => inlines.push(Inline::Emphasis(inner())),
                NodeValue::Strong => inlines.push(Inline::Strong(inner())),
                NodeValue::Strikethrough => inlines.push(Inline::Strikethrough(inner())),
                NodeValue::Link(link) => inlines.link(&link.url, inner()),
                NodeValue::Image(image) => {
                    let alternative = plain(&inner());
                    inlines.image(Some(&image.url), Some(&alternative));
                }
                _ => inlines.extend(inner()),
            }
        }
        inlines.finish()
    }
}

/// Gives one place to all of these blocks and what they hold.
fn place_all(blocks: &mut [Block], span: Span) {
    for block in blocks {
        block.span = span;
        match &mut block.kind {
            BlockKind::List { items, .. } => {
                items.iter_mut().for_each(|item| place_all(item, span));
            }
            BlockKind::Quote(inner) => place_all(inner, span),
            _ => {}
        }
    }
}

/// The words below a node, without markup.
fn all_text(node: Node<'_>) -> String {
    let mut text = String::new();
    for node in node.descendants() {
        match &node.data().value {
            NodeValue::Text(words) => text.push_str(words),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    words(&text)
}
