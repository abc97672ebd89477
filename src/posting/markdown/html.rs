//! Raw HTML in a page: what it says is kept, how it looks is not.

use super::inline::{self, Inlines};
use super::tag::{Tag, Token, decoded, tokens};
use super::{Addresses, Block, BlockKind, Inline, words};
use crate::diagnostic::Span;

/// Deeper nesting than this is read as if the tags were not there.
const DEPTH: usize = 16;

/// The blocks of a piece of HTML that stands at byte `offset` of the source.
pub(super) fn blocks(text: &str, offset: usize, addresses: &Addresses) -> Vec<Block> {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, at: 0, offset, addresses };
    let mut blocks = Vec::new();
    // A closing tag that nothing opened ends a run of blocks; the rest follows.
    while reader.at < tokens.len() {
        blocks.append(&mut reader.blocks("", 0));
        reader.at += 1;
    }
    blocks
}

/// How far the first element reaches, if Markdown follows it on a line of its own. CommonMark
/// takes what follows for HTML up to the next blank line; kramdown, and whoever writes `**` there,
/// means Markdown.
pub(super) fn before_markdown(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (span, token) in tokens(text) {
        let Token::Tag(tag) = token else { continue };
        if !tag.is_block() || tag.is_empty || tag.name == "hr" {
            continue;
        }
        depth = if tag.closes { depth.saturating_sub(1) } else { depth + 1 };
        let rest = text[span.end..].trim_start_matches([' ', '\t', '\r']);
        let follows = rest.starts_with('\n') && !rest.trim_start().starts_with(['<', '\0']);
        if depth == 0 && follows && !rest.trim().is_empty() {
            return Some(span.end);
        }
    }
    None
}

struct Reader<'a> {
    tokens: &'a [(Span, Token<'a>)],
    at: usize,
    offset: usize,
    addresses: &'a Addresses,
}

impl<'a> Reader<'a> {
    /// Blocks up to the tag that closes `parent`, which is left to the caller.
    fn blocks(&mut self, parent: &str, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut run = Run::new(self.addresses);
        while let Some((span, token)) = self.tokens.get(self.at) {
            let tag = match token {
                Token::Text(text) => {
                    run.text(text, *span);
                    self.at += 1;
                    continue;
                }
                Token::Tag(tag) => tag,
            };
            if !tag.is_block() {
                run.tag(tag, *span);
                self.at += 1;
                continue;
            }
            self.flush(&mut run, &mut blocks);
            if tag.closes {
                let ends = tag.name == parent
                    || (parent == "li" && matches!(tag.name.as_str(), "ul" | "ol"));
                if ends {
                    return blocks;
                }
                self.at += 1;
                continue;
            }
            if parent == "li" && tag.name == "li" {
                return blocks;
            }
            self.at += 1;
            match tag.name.as_str() {
                "hr" => blocks.push(self.block(*span, BlockKind::Rule)),
                _ if depth >= DEPTH => {}
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                    let level = tag.name.as_bytes().get(1).map_or(4, |digit| digit - b'0');
                    self.heading(&tag.name, level, &mut blocks);
                }
                "summary" => self.heading("summary", 4, &mut blocks),
                "ul" | "ol" => {
                    let start = (tag.name == "ol").then(|| {
                        tag.attribute("start").and_then(|it| it.parse().ok()).unwrap_or(1)
                    });
                    self.list(&tag.name, start, *span, depth, &mut blocks);
                }
                "li" => {
                    self.at -= 1;
                    self.list("ul", None, *span, depth, &mut blocks);
                }
                "blockquote" => {
                    let inner = self.blocks("blockquote", depth + 1);
                    let end = self.close("blockquote");
                    if !inner.is_empty() {
                        let whole = Span::new(span.start, end.max(span.end));
                        blocks.push(self.block(whole, BlockKind::Quote(inner)));
                    }
                }
                "table" => self.table(*span, &mut blocks),
                "pre" => self.preformatted(*span, &mut blocks),
                _ => {}
            }
        }
        self.flush(&mut run, &mut blocks);
        blocks
    }

    fn heading(&mut self, name: &str, level: u8, blocks: &mut Vec<Block>) {
        // Some pages wrap whole paragraphs in a heading to make them large; those stay apart.
        let mut run = Run::new(self.addresses);
        while let Some((span, token)) = self.tokens.get(self.at) {
            match token {
                Token::Text(text) => run.text(text, *span),
                Token::Tag(tag) if tag.is_block() => break,
                Token::Tag(tag) => run.tag(tag, *span),
            }
            self.at += 1;
        }
        self.close(name);
        if let Some((span, content)) = run.take() {
            let content = inline::all_bold(&content).unwrap_or(content);
            blocks.push(self.block(span, BlockKind::Heading { level, content }));
        }
    }

    fn list(
        &mut self,
        name: &str,
        start: Option<usize>,
        opening: Span,
        depth: usize,
        blocks: &mut Vec<Block>,
    ) {
        let mut items = Vec::new();
        let mut end = opening.end;
        while let Some((span, token)) = self.tokens.get(self.at) {
            end = span.end;
            match token {
                Token::Tag(tag) if tag.closes && tag.name == name => {
                    self.at += 1;
                    break;
                }
                Token::Tag(tag) if tag.name == "li" && !tag.closes => {
                    self.at += 1;
                    let item = self.blocks("li", depth + 1);
                    end = item.last().map_or(end, |last| last.span.end - self.offset);
                    self.close("li");
                    if !item.is_empty() {
                        items.push(item);
                    }
                }
                Token::Tag(tag) if tag.name == "li" => self.at += 1,
                Token::Text(text) if text.trim().is_empty() => self.at += 1,
                // A list without its items, or the end of items that no list holds.
                Token::Tag(tag) if tag.closes => break,
                _ => {
                    let before = self.at;
                    let item = self.blocks("li", depth + 1);
                    if !item.is_empty() {
                        items.push(item);
                    }
                    if self.at == before {
                        self.at += 1;
                    }
                }
            }
        }
        if !items.is_empty() {
            let span = Span::new(opening.start, end.max(opening.end));
            blocks.push(self.block(span, BlockKind::List { start, items }));
        }
    }

    fn table(&mut self, opening: Span, blocks: &mut Vec<Block>) {
        let mut rows: Vec<(bool, Vec<Vec<Inline>>)> = Vec::new();
        let mut cell: Option<Run<'a>> = None;
        let mut end = opening.end;
        while let Some((span, token)) = self.tokens.get(self.at) {
            self.at += 1;
            end = span.end;
            match (token, &mut cell) {
                (Token::Tag(tag), _)
                    if matches!(tag.name.as_str(), "td" | "th" | "tr" | "table") =>
                {
                    if let (Some(run), Some((_, cells))) = (cell.take(), rows.last_mut()) {
                        cells.push(run.take().map_or(Vec::new(), |(_, it)| it));
                    }
                    match tag.name.as_str() {
                        "table" if tag.closes => break,
                        "tr" if !tag.closes => rows.push((true, Vec::new())),
                        "td" | "th" if !tag.closes => {
                            if rows.is_empty() {
                                rows.push((true, Vec::new()));
                            }
                            if let Some((is_header, _)) = rows.last_mut() {
                                *is_header &= tag.name == "th";
                            }
                            cell = Some(Run::new(self.addresses));
                        }
                        _ => {}
                    }
                }
                (Token::Tag(tag), Some(run)) => run.tag(tag, *span),
                (Token::Text(text), Some(run)) => run.text(text, *span),
                _ => {}
            }
        }
        rows.retain(|(_, cells)| cells.iter().any(|cell| !inline::is_empty(cell)));
        let has_header = rows.first().is_some_and(|(is_header, _)| *is_header);
        let mut rows = rows.into_iter().map(|(_, cells)| cells);
        let header = if has_header { rows.next().unwrap_or_default() } else { Vec::new() };
        let rows: Vec<_> = rows.collect();
        if !(header.is_empty() && rows.is_empty()) {
            let span = Span::new(opening.start, end);
            blocks.push(self.block(span, BlockKind::Table { header, rows }));
        }
    }

    fn preformatted(&mut self, opening: Span, blocks: &mut Vec<Block>) {
        let mut code = String::new();
        let mut end = opening.end;
        while let Some((span, token)) = self.tokens.get(self.at) {
            self.at += 1;
            end = span.end;
            match token {
                Token::Text(text) => code.push_str(&words(&decoded(text))),
                Token::Tag(tag) if tag.closes && tag.name == "pre" => break,
                Token::Tag(_) => {}
            }
        }
        if !code.trim().is_empty() {
            blocks.push(self.block(Span::new(opening.start, end), BlockKind::Code(code)));
        }
    }

    /// Steps over the closing tag if it is next; the end of what was read.
    fn close(&mut self, name: &str) -> usize {
        if let Some((span, Token::Tag(tag))) = self.tokens.get(self.at)
            && tag.closes
            && tag.name == name
        {
            self.at += 1;
            return span.end;
        }
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |(span, _)| span.end)
    }

    fn flush(&self, run: &mut Run<'a>, blocks: &mut Vec<Block>) {
        let run = std::mem::replace(run, Run::new(self.addresses));
        if let Some((span, content)) = run.take() {
            blocks.push(self.block(span, BlockKind::Paragraph(content)));
        }
    }

    fn block(&self, span: Span, kind: BlockKind) -> Block {
        Block { span: span.shifted(self.offset), kind }
    }
}

/// Words between two block tags.
struct Run<'a> {
    inlines: Inlines<'a>,
    span: Option<Span>,
}

impl<'a> Run<'a> {
    fn new(addresses: &'a Addresses) -> Self {
        Self { inlines: Inlines::new(addresses), span: None }
    }

    fn text(&mut self, text: &str, span: Span) {
        if !text.trim().is_empty() {
            let blank = text.len() - text.trim_start().len();
            self.reach(Span::new(span.start + blank, span.start + text.trim_end().len()));
        }
        self.inlines.text(&decoded(text));
    }

    fn tag(&mut self, tag: &Tag, span: Span) {
        if tag.name == "img" {
            self.reach(span);
        }
        self.inlines.tag(tag);
    }

    fn reach(&mut self, span: Span) {
        let start = self.span.map_or(span.start, |before| before.start);
        self.span = Some(Span::new(start, span.end));
    }

    fn take(self) -> Option<(Span, Vec<Inline>)> {
        let inlines = self.inlines.finish();
        let span = self.span?;
        (!inline::is_empty(&inlines)).then_some((span, inlines))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::plain;
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    fn read(text: &str) -> Vec<Block> {
        let page = Url::parse("https://lab.example/jobs/phd/").expect("a valid address");
        let site = page.join("/").expect("a valid address");
        let addresses = Addresses { site, page, keys: BTreeMap::new() };
        blocks(text, 0, &addresses)
    }

    /// One line per block: its kind and its words.
    fn outline(blocks: &[Block]) -> Vec<String> {
        let mut lines = Vec::new();
        for block in blocks {
            match &block.kind {
                BlockKind::Paragraph(content) => lines.push(plain(content)),
                BlockKind::Heading { level, content } => {
                    lines.push(format!("h{level} {}", plain(content)));
                }
                BlockKind::List { items, .. } => {
                    for item in items {
                        lines.push(format!("- {}", outline(item).join(" | ")));
                    }
                }
                BlockKind::Quote(inner) => lines.push(format!("> {}", outline(inner).join(" | "))),
                BlockKind::Code(code) => lines.push(format!("code {code}")),
                BlockKind::Rule => lines.push("---".to_owned()),
                BlockKind::Table { header, rows } => {
                    for row in std::iter::once(header).chain(rows) {
                        let cells: Vec<_> = row.iter().map(|cell| plain(cell)).collect();
                        lines.push(cells.join(" / "));
                    }
                }
            }
        }
        lines
    }

    #[test]
    fn what_html_says_is_kept() {
        let html = "<div class=\"x\"><h2>A <b>PhD</b></h2>\n<p>Join&nbsp;us &amp; swim<br>often</p>\
                    <ul><li>one</li><li><p>two</p><ul><li>deep</li></ul></li></ul>loose\
                    <blockquote>said</blockquote><hr/></div>";
        assert_eq!(
            outline(&read(html)),
            [
                "h2 A PhD",
                "Join\u{a0}us & swim often",
                "- one",
                "- two | - deep",
                "loose",
                "> said",
                "---"
            ]
        );
    }

    #[test]
    fn links_and_emphasis_become_inlines() {
        let blocks = read("<p>See <a href='/x?a=1&amp;b=2'><i>this</i></a>.</p>");
        let [Block { kind: BlockKind::Paragraph(content), .. }] = blocks.as_slice() else {
            panic!("{blocks:?}");
        };
        assert_eq!(
            content[1],
            Inline::Link {
                url: "https://lab.example/x?a=1&b=2".to_owned(),
                content: vec![Inline::Emphasis(vec![Inline::Text("this".to_owned())])],
            }
        );
    }

    #[test]
    fn scripts_styles_frames_and_comments_never_enter() {
        let html = "<script>if (a < b) {}</script><style>p{}</style><!-- secret <p>x -->\
                    <iframe src='x'>frame</iframe><p>kept</p><object data='x'>no</object>";
        assert_eq!(outline(&read(html)), ["kept"]);
    }

    #[test]
    fn tables_keep_rows_and_cells() {
        let html =
            "<table><tr><th>Pay</th><th>Start</th></tr><tr><td>E13</td><td>July</td></tr></table>";
        assert_eq!(outline(&read(html)), ["Pay / Start", "E13 / July"]);
    }

    #[test]
    fn untidy_html_loses_no_words() {
        for (html, expected) in [
            ("<li>one<li>two", vec!["- one", "- two"]),
            ("a < b and 3 > 2", vec!["a < b and 3 > 2"]),
            ("</ul></div>left", vec!["left"]),
            ("<ul>loose<li>one</ul>after", vec!["- loose", "- one", "after"]),
            ("<b>open<p>next", vec!["open", "next"]),
            ("<details><summary>More</summary>inside</details>", vec!["h4 More", "inside"]),
            ("<h4>\n<p>Large words</p></h4>", vec!["Large words"]),
        ] {
            assert_eq!(outline(&read(html)), expected, "{html}");
        }
    }

    proptest! {
        #[test]
        fn no_html_makes_it_panic_or_point_outside(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "<ul>", "</ul>", "<li>", "</li>", "<p>", "</p>", "<b>", "</b>", "<table>", "<tr>",
                "<td>", "</table>", "<blockquote>", "</blockquote>", "<h2>", "</h2>", "<pre>",
                "<a href=x>", "</a>", "<!--", "-->", "<script>", "</script>", "ä", " ", "<", "&",
                "&uuml;", "<img alt='x' src=y>", "<br/>", "\n", "<ol start=3>", "</ol>",
            ]), 0..40),
        ) {
            let html = pieces.concat();
            for block in read(&html) {
                prop_assert!(html.get(block.span.start..block.span.end).is_some());
            }
        }
    }
}
