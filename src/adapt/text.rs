//! The body as plain text for mail, 72 columns wide.
//!
//! Written for people who read and moderate mail in a terminal: headings underlined, emphasis
//! dropped, links numbered and listed whole at the end, tables as `Key: value` lines. No link and
//! no word is ever broken, because both are then no longer what they were.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use url::Url;

use super::{cut, html};
use crate::posting::markdown::{Block, BlockKind, Document, Inline, plain};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Columns, as lists and their archives show mail.
pub const WIDTH: usize = 72;

/// A space at which no line is broken, while the text is being laid out.
const TIED: char = '\u{FFF0F}';

/// The document as plain text, without line ends at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// Its words, with the numbers of its links.
    pub prose: String,
    /// Where the links lead, each on a line; empty if there are none.
    pub links: String,
}

impl Laid {
    /// The words with the links below them.
    pub fn whole(&self) -> String {
        let Self { prose, links } = self;
        if links.is_empty() { prose.clone() } else { format!("{prose}\n\n{links}") }
    }
}

/// Lays a document out. Links of the page that are relative count from `base`.
pub fn render(document: &Document, base: &Url) -> Laid {
    let first = highest_mark(&document.blocks) + 1;
    let mut writer = Writer { base, style: Style::Columns, first, links: Vec::new() };
    let prose = join(&writer.blocks(&document.blocks, WIDTH));
    let listed = (first..).zip(&writer.links);
    let links: Vec<String> =
        listed.map(|(number, link)| format!("[{number}] <{}>", link.target)).collect();
    Laid { prose, links: join(&links) }
}

/// The document for a form, which breaks lines itself: each paragraph and each point is one line,
/// and a link stands behind its words.
pub fn unbroken(document: &Document, base: &Url) -> String {
    let mut writer = Writer { base, style: Style::Unbroken, first: 1, links: Vec::new() };
    join(&writer.blocks(&document.blocks, usize::MAX))
}

/// Lays each line out anew at 72 columns; a line that is indented or a bullet goes on below its
/// own first word.
pub fn wrap(words: &str) -> String {
    let lines: Vec<String> = words.lines().flat_map(wrap_line).collect();
    join(&lines)
}

/// Words as a few lines of so many columns, for a picture: a word that is wider has a line of its own
/// and is cut there, and what does not go into the last line ends with `…`.
pub fn lines(words: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.width() + 1 + word.width() <= columns => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let is_longer = lines.len() > most;
    lines.truncate(most);
    let last = lines.len().saturating_sub(1);
    for (number, line) in lines.iter_mut().enumerate() {
        let is_cut = is_longer && number == last;
        if is_cut {
            line.truncate(cut::before_leading_on(line, |kept| kept.width() < columns).len());
        }
        if is_cut || line.width() > columns {
            *line = format!("{}…", up_to(line, columns.saturating_sub(1)).trim_end());
        }
    }
    lines
}

/// The beginning of a text that is so many columns wide at most.
fn up_to(text: &str, columns: usize) -> &str {
    let mut width = 0;
    let end = text.char_indices().find(|(_, c)| {
        width += c.width().unwrap_or_default();
        width > columns
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// A name in an address: lower-case letters and digits of ASCII, with single hyphens between them
/// (`2026-W07/a` is `2026-w07-a`).
pub fn slug(words: &str) -> String {
    let mut slug = String::with_capacity(words.len());
    for sign in words.nfkd().filter(|sign| !is_combining_mark(*sign)).flat_map(char::to_lowercase) {
        if sign.is_ascii_alphanumeric() {
            slug.push(sign);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// A heading, underlined.
pub fn heading(words: &str) -> String {
    join(&underlined(fill_lines(words, WIDTH)))
}

/// Labels and values as lines, the values below each other.
pub fn aligned(pairs: &[(String, String)], colon: &str) -> String {
    let widest = pairs.iter().map(|(label, _)| label.width()).max().unwrap_or_default();
    let column = widest + colon.width() + 2;
    let mut lines = Vec::new();
    for (label, value) in pairs {
        let fill = " ".repeat(column - label.width() - colon.width());
        let value = fill_lines(value, WIDTH.saturating_sub(column));
        lines.extend(hanging(&value, &format!("{label}{colon}{fill}"), column));
    }
    join(&lines)
}

/// How a document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// In columns, headings underlined, links numbered and listed below.
    Columns,
    Unbroken,
}

struct Writer<'a> {
    base: &'a Url,
    style: Style,
    /// The number of the first link.
    first: usize,
    /// Each once.
    links: Vec<Numbered>,
}

/// A link that is listed below.
struct Numbered {
    target: String,
    /// The words that bore it first. Where they come again, the number would say nothing new.
    words: String,
}

impl Writer<'_> {
    /// Blocks with a blank line between them.
    fn blocks(&mut self, blocks: &[Block], width: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for block in blocks {
            let block = self.block(&block.kind, width);
            if block.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(block);
        }
        lines
    }

    fn block(&mut self, block: &BlockKind, width: usize) -> Vec<String> {
        match block {
            BlockKind::Heading { content, .. } => self.heading(content, width),
            BlockKind::Paragraph(content) => fill_lines(&self.inlines(content), width),
            BlockKind::List { start, items } => self.list(*start, items, width),
            BlockKind::Quote(blocks) => {
                let lines = self.blocks(blocks, width.saturating_sub(2));
                lines.iter().map(|line| format!("> {line}").trim_end().to_owned()).collect()
            }
            BlockKind::Code(code) => {
                code.trim_end().lines().map(|line| format!("    {}", clean(line))).collect()
            }
            BlockKind::Table { header, rows } => self.table(header, rows, width),
            BlockKind::Rule => vec!["* * *".to_owned()],
        }
    }

    fn heading(&mut self, content: &[Inline], width: usize) -> Vec<String> {
        // The line says that the text goes on; a colon would say it twice.
        let words = self.inlines(content);
        let lines = fill_lines(words.trim_end().trim_end_matches(':'), width);
        match self.style {
            Style::Columns => underlined(lines),
            Style::Unbroken => lines,
        }
    }

    fn list(&mut self, start: Option<usize>, items: &[Vec<Block>], width: usize) -> Vec<String> {
        let last = start.unwrap_or_default() + items.len();
        let marker_width = if start.is_some() { last.to_string().len() + 2 } else { 2 };
        let loose = items.iter().any(|item| {
            item.iter().filter(|block| !matches!(block.kind, BlockKind::List { .. })).count() > 1
        });
        let mut lines: Vec<String> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let marker = match start {
                Some(first) => format!("{}.", first + index),
                None => "-".to_owned(),
            };
            let marker = format!("{marker:<marker_width$}");
            let inner_width = width.saturating_sub(marker_width);
            let mut inner: Vec<String> = Vec::new();
            for block in item {
                let block_lines = self.block(&block.kind, inner_width);
                if loose && !inner.is_empty() && !block_lines.is_empty() {
                    inner.push(String::new());
                }
                inner.extend(block_lines);
            }
            if loose && index > 0 {
                lines.push(String::new());
            }
            lines.extend(hanging(&inner, &marker, marker_width));
        }
        lines
    }

    /// Each row as `Key: value` lines, a blank line between rows of several.
    fn table(
        &mut self,
        header: &[Vec<Inline>],
        rows: &[Vec<Vec<Inline>>],
        width: usize,
    ) -> Vec<String> {
        let keys: Vec<String> = header.iter().map(|cell| self.inlines(cell)).collect();
        let headed = keys.iter().any(|key| !key.trim().is_empty());
        let mut lines: Vec<String> = Vec::new();
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| self.inlines(cell)).collect();
            let pairs: Vec<(&str, &str)> = if headed {
                keys.iter().map(String::as_str).zip(cells.iter().map(String::as_str)).collect()
            } else {
                match cells.split_first() {
                    Some((key, [value])) => vec![(key.as_str(), value.as_str())],
                    _ => cells.iter().map(|cell| ("", cell.as_str())).collect(),
                }
            };
            if headed && keys.len() > 1 && !lines.is_empty() {
                lines.push(String::new());
            }
            for (key, value) in pairs.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
                let key = key.trim().trim_end_matches(':');
                let line =
                    if key.is_empty() { value.to_owned() } else { format!("{key}: {value}") };
                lines.extend(hanging(&fill_lines(&line, width.saturating_sub(2)), "", 2));
            }
        }
        lines
    }

    /// The words of inlines; a hard break is a line end, links carry their numbers.
    fn inlines(&mut self, inlines: &[Inline]) -> String {
        let mut words = String::new();
        self.push(inlines, &mut words);
        words
    }

    fn push(&mut self, inlines: &[Inline], words: &mut String) {
        for (index, inline) in inlines.iter().enumerate() {
            match inline {
                Inline::Text(text) | Inline::Code(text) => words.push_str(&clean(text)),
                Inline::Emphasis(inner) | Inline::Strong(inner) => self.push(inner, words),
                // Struck out means no longer valid; without the stroke it would say the contrary.
                Inline::Strikethrough(_) => {}
                Inline::Link { url, content } => {
                    let follows = inlines.get(index + 1).is_some();
                    self.link(url, content, follows, words);
                }
                Inline::Image { alternative, .. } => {
                    words.push_str(&clean(html::image_words(alternative)));
                }
                Inline::SoftBreak => words.push(' '),
                Inline::HardBreak => words.push('\n'),
            }
        }
    }

    /// `follows`: whether something stands behind it in its line.
    fn link(&mut self, url: &str, content: &[Inline], follows: bool, words: &mut String) {
        let shown = self.inlines(content);
        let shown = shown.trim();
        let Some(target) = html::safe_link(url, self.base) else {
            words.push_str(shown);
            return;
        };
        if let Some(address) = target.strip_prefix("mailto:") {
            let address = address.split('?').next().unwrap_or(address);
            let address = percent_decoded(address);
            if shown.is_empty() || shown.to_lowercase().contains(&address.to_lowercase()) {
                words.push_str(if shown.is_empty() { &address } else { shown });
            } else {
                words.push_str(&format!("{shown}{TIED}<{address}>"));
            }
            return;
        }
        // As the author wrote it, where that can stand in a text.
        let written = url.trim();
        let whole = if written.contains("://") && !written.contains(char::is_whitespace) {
            clean(written)
        } else {
            target
        };
        // Words that are an address themselves would name another than the one they lead to.
        let is_address = shown.starts_with("http://") || shown.starts_with("https://");
        if shown.is_empty() || is_address || is_same(shown, url) || is_same(shown, &whole) {
            words.push_str(&whole);
            return;
        }
        if self.style == Style::Unbroken {
            words.push_str(&format!("{shown} ({whole})"));
            return;
        }
        let number = match self.links.iter().position(|known| known.target == whole) {
            Some(index) if self.links.get(index).is_some_and(|known| known.words == shown) => {
                words.push_str(shown);
                return;
            }
            Some(index) => self.first + index,
            None => {
                self.links.push(Numbered { target: whole, words: shown.to_owned() });
                self.first + self.links.len() - 1
            }
        };
        // The sign that ends the sentence, or the clause, comes after the number.
        let bare = shown.trim_end_matches([',', ';', ':']);
        let bare = if follows { bare } else { bare.trim_end_matches('.') };
        let sign = shown.get(bare.len()..).unwrap_or_default();
        words.push_str(&format!("{bare}{TIED}[{number}]{sign}"));
    }
}

/// The highest number that the author has put in square brackets himself, for a list of references:
/// a link of that number would be taken for one of them.
fn highest_mark(blocks: &[Block]) -> usize {
    let of_inlines = |inlines: &[Inline]| marks(&plain(inlines)).max().unwrap_or(0);
    let of_block = |block: &Block| match &block.kind {
        BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => of_inlines(content),
        BlockKind::List { items, .. } => {
            items.iter().map(|item| highest_mark(item)).max().unwrap_or(0)
        }
        BlockKind::Quote(blocks) => highest_mark(blocks),
        BlockKind::Table { header, rows } => {
            let cells = header.iter().chain(rows.iter().flatten());
            cells.map(|cell| of_inlines(cell)).max().unwrap_or(0)
        }
        BlockKind::Code(_) | BlockKind::Rule => 0,
    };
    blocks.iter().map(of_block).max().unwrap_or(0)
}

/// The numbers of at most two digits that stand in square brackets; a year is none.
fn marks(words: &str) -> impl Iterator<Item = usize> {
    let inner = words.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    inner.filter(|(inner, _)| inner.len() <= 2).filter_map(|(inner, _)| inner.parse().ok())
}

/// With `-` for every level: in a mail each `=` would travel as `=3D` (RFC 2045 §6.7), and digests
/// and old archives show that.
fn underlined(mut lines: Vec<String>) -> Vec<String> {
    let widest = lines.iter().map(|line| line.width()).max().unwrap_or_default();
    if widest > 0 {
        lines.push("-".repeat(widest.min(WIDTH)));
    }
    lines
}

/// Whether a link shows its own address.
fn is_same(shown: &str, url: &str) -> bool {
    let bare = |address: &str| {
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        address.trim_end_matches('/').to_lowercase()
    };
    bare(shown) == bare(url)
}

/// Percent signs decoded, as they are in a `mailto:` address.
fn percent_decoded(address: &str) -> String {
    let protected = address.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(protected.as_bytes())
        .next()
        .map_or_else(|| address.to_owned(), |(decoded, _)| decoded.into_owned())
}

/// Without control characters; a tab is a space.
fn clean(words: &str) -> String {
    // As most words are.
    if words.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return words.to_owned();
    }
    words
        .chars()
        .map(|c| if matches!(c, '\t' | '\n') { ' ' } else { c })
        .filter(|c| !c.is_control() && *c != '\u{AD}')
        .collect()
}

/// Lines below a marker: the first after it, the others below its first word.
fn hanging(lines: &[String], marker: &str, indent: usize) -> Vec<String> {
    if lines.is_empty() {
        return vec![marker.trim_end().to_owned()];
    }
    let lines = lines.iter().enumerate().map(|(index, line)| {
        let start = if index == 0 { marker.to_owned() } else { " ".repeat(indent) };
        format!("{start}{line}").trim_end().to_owned()
    });
    lines.collect()
}

/// Fills lines with words, breaking at line ends and between words only.
pub(crate) fn fill_lines(words: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for part in words.split('\n') {
        let part = with_signs_tied(part);
        let part = &*with_single_spaces(&part);
        let new_line = || String::with_capacity(width.min(part.len()));
        let mut line = new_line();
        let mut filled = 0;
        for word in part.split(' ').filter(|word| !word.is_empty()) {
            for (index, piece) in pieces(word).enumerate() {
                let space = usize::from(index == 0 && !line.is_empty());
                let piece_width = columns(piece);
                if !line.is_empty() && filled + space + piece_width > width {
                    lines.push(std::mem::replace(&mut line, new_line()));
                    filled = 0;
                } else if space == 1 {
                    line.push(' ');
                    filled += 1;
                }
                line.push_str(piece);
                filled += piece_width;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    for line in lines.iter_mut().filter(|line| line.contains(TIED)) {
        *line = line.replace(TIED, " ");
    }
    lines
}

/// Without the spaces at which no line breaks where one stands beside that breaks it all the same.
fn with_single_spaces(words: &str) -> Cow<'_, str> {
    let is_hard = |c: char| matches!(c, '\u{A0}' | '\u{202F}');
    if !words.contains(is_hard) {
        return Cow::Borrowed(words);
    }
    let words: Vec<&str> = words.split(' ').map(|word| word.trim_matches(is_hard)).collect();
    Cow::Owned(words.join(" "))
}

/// Signs that some languages set with a space before them, and that begin no line.
const CLOSING_SIGNS: [char; 6] = [':', ';', '!', '?', '»', '%'];

/// Words with the signs tied to them that stand alone.
fn with_signs_tied(words: &str) -> Cow<'_, str> {
    let is_sign = |word: &str| !word.is_empty() && word.chars().all(|c| CLOSING_SIGNS.contains(&c));
    if !words.contains('«') && !words.split(' ').any(is_sign) {
        return Cow::Borrowed(words);
    }
    let mut tied = String::with_capacity(words.len());
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if !tied.is_empty() {
            tied.push(if is_sign(word) || tied.ends_with('«') { TIED } else { ' ' });
        }
        tied.push_str(word);
    }
    Cow::Owned(tied)
}

/// The columns that words take on a terminal; most words are ASCII, where that is their length.
fn columns(words: &str) -> usize {
    if words.is_ascii() { words.len() } else { words.width() }
}

/// The pieces between which a word may be broken: only where wide characters of Chinese, Japanese
/// or Korean meet, which are written without spaces.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let (piece, after) =
            rest.split_at(if rest.is_ascii() { rest.len() } else { piece_end(rest) });
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn piece_end(word: &str) -> usize {
    let is_wide = |c: char| c.width() == Some(2);
    let mut before = None;
    let end = word.char_indices().find(|(_, c)| {
        before.replace(*c).is_some_and(is_wide) && is_wide(*c) && c.is_alphanumeric()
    });
    end.map_or(word.len(), |(at, _)| at)
}

fn wrap_line(line: &str) -> Vec<String> {
    if line.trim().is_empty() {
        return vec![String::new()];
    }
    let words = line.trim_start();
    let indent = line.len() - words.len();
    let marker = if words.starts_with("- ") || words.starts_with("> ") { 2 } else { 0 };
    let (marker, words) = words.split_at(marker);
    let column = indent + marker.len();
    let lines = fill_lines(words, WIDTH.saturating_sub(column).max(20));
    hanging(&lines, &format!("{}{marker}", " ".repeat(indent)), column)
}

fn join(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn text(words: &str) -> Inline {
        Inline::Text(words.to_owned())
    }

    fn link(url: &str, words: &str) -> Inline {
        Inline::Link { url: url.to_owned(), content: vec![text(words)] }
    }

    fn block(kind: BlockKind) -> Block {
        Block { span: Span::default(), kind }
    }

    fn paragraph(content: Vec<Inline>) -> Block {
        block(BlockKind::Paragraph(content))
    }

    #[test]
    fn words_for_a_picture_take_a_few_lines_and_no_word_is_lost_in_silence() {
        assert_eq!(lines("one two three four", 9, 4), ["one two", "three", "four"]);
        assert_eq!(lines("one two three four", 9, 2), ["one two", "three…"]);
        assert_eq!(lines("one two three four", 7, 1), ["one…"]);
        assert_eq!(lines("tides and currents", 12, 1), ["tides…"]);
        assert_eq!(lines("Donaudampfschifffahrt und", 12, 3), ["Donaudampfs…", "und"]);
        assert_eq!(lines("潮汐を予報します", 9, 2), ["潮汐を予…"], "they are twice as wide");
        assert_eq!(lines(" \n", 9, 2), [""; 0]);
    }

    fn rendered(blocks: Vec<Block>) -> String {
        let base = Url::parse("https://lab.example/jobs/tides/").unwrap();
        render(&Document { blocks }, &base).whole()
    }

    #[test]
    fn links_are_numbered_once_and_listed_whole() {
        let long = format!("https://lab.example/{}", "very-long-".repeat(9));
        let rendered = rendered(vec![paragraph(vec![
            text("See "),
            link(&long, "our page"),
            text(", "),
            link("../", "all jobs"),
            text(" and "),
            link(&long, "the page"),
            text(" or "),
            link(&long, &long),
            text("."),
        ])]);
        assert_eq!(
            rendered,
            format!(
                "See our page [1], all jobs [2] and the page [1] or\n{long}.\n\n\
                 [1] <{long}>\n[2] <https://lab.example/jobs/>"
            )
        );
    }

    #[test]
    fn numbers_of_links_go_on_behind_those_of_the_authors_own_references() {
        let rendered = rendered(vec![
            paragraph(vec![text("As was shown [2], [2031], see "), link("/", "us"), text(".")]),
            paragraph(vec![text("[2] Brine, A.: Tides. 2031")]),
        ]);
        assert_eq!(
            rendered,
            "As was shown [2], [2031], see us [3].\n\n[2] Brine, A.: Tides. 2031\n\n\
             [3] <https://lab.example/>"
        );
    }

    #[test]
    fn a_hard_space_beside_a_space_is_one_space() {
        assert_eq!(
            fill_lines("tide\u{A0} table\u{202F}: 3 \u{A0}m", 72),
            ["tide table\u{202F}: 3 m"]
        );
    }

    #[test]
    fn a_number_stands_once_and_before_the_sign_that_ends_the_sentence() {
        let rendered = rendered(vec![
            paragraph(vec![
                text("Read "),
                link("../", "all jobs,"),
                text(" or "),
                link("/", "us."),
            ]),
            paragraph(vec![text("So many: "), link("../", "all jobs,"), text(" or none.")]),
            paragraph(vec![link("https://lab.example/?job=1&ad=2", "https://lab.example/?job=1")]),
        ]);
        assert_eq!(
            rendered,
            "Read all jobs [1], or us [2].\n\nSo many: all jobs, or none.\n\n\
             https://lab.example/?job=1&ad=2\n\n\
             [1] <https://lab.example/jobs/>\n[2] <https://lab.example/>"
        );
    }

    #[test]
    fn a_sign_begins_no_line() {
        let words = format!("{} « oui » ! Et toi ?", "mot ".repeat(17).trim());
        let lines = fill_lines(&words, WIDTH);
        assert_eq!(lines, [&words[..67], "« oui » ! Et toi ?"]);
        assert_eq!(fill_lines("75 % 25 %", 6), ["75 %", "25 %"]);
    }

    #[test]
    fn an_image_without_words_of_its_own_says_nothing() {
        let image = |alternative: &str| Inline::Image {
            url: "figure.png".to_owned(),
            alternative: alternative.to_owned(),
        };
        let rendered = rendered(vec![
            paragraph(vec![image("Figure_1.PNG")]),
            paragraph(vec![image("Our ship")]),
        ]);
        assert_eq!(rendered, "Our ship");
    }

    #[test]
    fn an_address_is_shown_and_a_dangerous_link_is_not() {
        let rendered = rendered(vec![paragraph(vec![
            link("mailto:jobs@lab.example?subject=Tides", "Prof. Doe"),
            text(", "),
            link("mailto:jobs@lab.example", "jobs@lab.example"),
            text(", "),
            link("javascript:alert(1)", "click"),
        ])]);
        assert_eq!(rendered, "Prof. Doe <jobs@lab.example>, jobs@lab.example, click");
    }

    #[test]
    fn lists_hang_below_their_bullets() {
        let inner = block(BlockKind::List {
            start: Some(9),
            items: vec![vec![paragraph(vec![text("nine")])], vec![paragraph(vec![text("ten")])]],
        });
        let rendered = rendered(vec![block(BlockKind::List {
            start: None,
            items: vec![
                vec![paragraph(vec![text(&"word ".repeat(20))])],
                vec![paragraph(vec![text("two")]), inner],
            ],
        })]);
        let expected = "\
- word word word word word word word word word word word word word word
  word word word word word word
- two
  9.  nine
  10. ten";
        assert_eq!(rendered, expected);
    }

    #[test]
    fn a_table_is_read_out_row_by_row() {
        let cell = |words: &str| vec![text(words)];
        let rendered = rendered(vec![block(BlockKind::Table {
            header: vec![cell("Post"), cell("Pay")],
            rows: vec![vec![cell("PhD"), cell("E13")], vec![cell("Postdoc"), cell("E14")]],
        })]);
        assert_eq!(rendered, "Post: PhD\nPay: E13\n\nPost: Postdoc\nPay: E14");
    }

    #[test]
    fn wide_characters_fill_lines_without_spaces() {
        let rendered = rendered(vec![paragraph(vec![text(&"潮".repeat(50))])]);
        let widths: Vec<usize> = rendered.lines().map(UnicodeWidthStr::width).collect();
        assert_eq!(widths, [72, 28]);
    }

    #[test]
    fn what_was_struck_out_is_not_said() {
        let rendered = rendered(vec![paragraph(vec![
            text("by "),
            Inline::Strikethrough(vec![text("1 May")]),
            text(" 1 June"),
        ])]);
        assert_eq!(rendered, "by 1 June");
    }
}
