//! A thread: what does not go into one status goes on as replies.
//!
//! The first part is the status itself, with link, deadline and reference. The template
//! `thread.txt.j2` says how it goes on; its text is cut at paragraphs, else between lines, else
//! between sentences, and between words only where a sentence alone is too long. Pure.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

use super::count::Count;
use super::sentence;
use crate::posting::markdown::{Block, BlockKind, Document, Inline, plain};

/// Whether a text goes on as a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Thread {
    /// It does not: what does not fit is left out.
    #[default]
    None,
    Plain,
    /// The replies end with `2/4`.
    Numbered,
}

/// More parts than this nobody reads; what comes after them is left out.
pub const MOST_PARTS: usize = 8;

/// Stands at the end of a thread that does not say all.
const GOES_ON: &str = "[…]";

/// What goes on after the first part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// In their order; each fits.
    pub parts: Vec<String>,
    /// How many more there would be.
    pub left_out: usize,
}

/// Cuts a text into parts that fit, in their order; `first` is what stands before them.
pub fn cut(text: &str, first: &str, thread: Thread, count: Count, limit: usize) -> Cut {
    let said = one_line(first);
    // What the first part says already is not said again.
    let paragraphs = text.split("\n\n").map(str::trim).filter(|it| !it.is_empty());
    let paragraphs = paragraphs.map(|it| without_heading(it, &said));
    let paragraphs = paragraphs.filter(|it| !said.contains(&one_line(it)));
    let number_is_wanted = thread == Thread::Numbered;
    let room = if number_is_wanted { limit.saturating_sub(longest_number()) } else { limit };
    let fits = |text: &str| count.length(text) <= room;
    let mut parts: Vec<String> = Vec::new();
    for paragraph in paragraphs {
        let mut between = "\n\n";
        for (piece, after) in pieces(paragraph, &fits) {
            match parts.last_mut() {
                Some(last) if fits(&format!("{last}{between}{piece}")) => {
                    last.push_str(between);
                    last.push_str(piece);
                }
                _ => begin_part(&mut parts, piece, between, &fits),
            }
            between = after;
        }
    }
    let left_out = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    if left_out > 0
        && let Some(last) = parts.last_mut()
    {
        *last = that_goes_on(last, &fits);
    }
    if number_is_wanted {
        let count = parts.len() + 1;
        for (number, part) in (2..).zip(&mut parts) {
            part.push_str(&format!("\n\n{number}/{count}"));
        }
    }
    Cut { parts, left_out }
}

/// Begins a part with a piece, and with the heading that would else be left behind.
fn begin_part(parts: &mut Vec<String>, piece: &str, between: &str, fits: &dyn Fn(&str) -> bool) {
    let headed = parts.last().and_then(|last| {
        let (before, heading) = last.rsplit_once('\n')?;
        let together = format!("{heading}{between}{piece}");
        (heading.ends_with(':') && fits(&together)).then(|| (before.trim_end().len(), together))
    });
    let Some((end, together)) = headed else { return parts.push(piece.to_owned()) };
    if let Some(last) = parts.last_mut() {
        last.truncate(end);
    }
    parts.push(together);
}

/// A last part with the sign that it is not all: of its sentences as many as leave room for it, and
/// no heading without what it heads.
fn that_goes_on(part: &str, fits: &dyn Fn(&str) -> bool) -> String {
    let ends = sentence::ends(part).into_iter().rev();
    let ends_of_lines = part.match_indices('\n').map(|(at, _)| at).rev();
    let mut ends: Vec<usize> = ends.chain(ends_of_lines).chain([part.len()]).collect();
    ends.sort_unstable_by_key(|end| std::cmp::Reverse(*end));
    let kept = ends.into_iter().filter_map(|end| part.get(..end)).map(str::trim_end);
    let mut whole = kept.filter(|kept| !kept.is_empty() && !kept.ends_with(':'));
    let marked = whole.find_map(|kept| {
        let marked = format!("{kept}\n\n{GOES_ON}");
        fits(&marked).then_some(marked)
    });
    marked.unwrap_or_else(|| part.to_owned())
}

/// A paragraph without a heading above it that was said: the title, most often.
fn without_heading<'a>(paragraph: &'a str, said: &str) -> &'a str {
    match paragraph.split_once('\n') {
        Some((heading, rest)) if heading.ends_with(':') => {
            let is_said = said.contains(&one_line(heading.trim_end_matches(':')));
            if is_said { rest.trim_start() } else { paragraph }
        }
        _ => paragraph,
    }
}

/// A text without line breaks, so that it can be looked for in another one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `\n\n9/9`, the number with the blank line before it.
fn longest_number() -> usize {
    format!("\n\n{0}/{0}", MOST_PARTS + 1).len()
}

/// The pieces of a paragraph that each fit, with what stands between a piece and the next one if
/// both come into the same part.
fn pieces<'a>(paragraph: &'a str, fits: &dyn Fn(&str) -> bool) -> Vec<(&'a str, &'static str)> {
    if fits(paragraph) {
        return vec![(paragraph, "\n\n")];
    }
    let mut pieces = Vec::new();
    let mut lines = lines_of(paragraph).into_iter();
    while let Some(mut place) = lines.next() {
        // A heading stays with what it is about, with its first sentence at least.
        if paragraph[place.clone()].ends_with(':')
            && let Some(next) = lines.next()
        {
            place.end = next.end;
        }
        let line = &paragraph[place];
        if fits(line) {
            pieces.push((line, "\n"));
            continue;
        }
        let mut start = 0;
        for end in sentence::ends(line).into_iter().chain([line.len()]) {
            let sentence = line.get(start..end).unwrap_or_default().trim();
            start = end;
            if sentence.is_empty() {
                continue;
            }
            if fits(sentence) {
                pieces.push((sentence, " "));
            } else {
                pieces.extend(words(sentence, fits).into_iter().map(|words| (words, " ")));
            }
        }
        if let Some((_, after)) = pieces.last_mut() {
            *after = "\n";
        }
    }
    pieces
}

/// Where the lines of a paragraph stand, but for empty ones.
fn lines_of(paragraph: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in paragraph.split_inclusive('\n') {
        lines.push(start..start + line.trim_end().len());
        start += line.len();
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// A sentence that is too long, cut between words; a word that is too long, between characters.
fn words<'a>(sentence: &'a str, fits: &dyn Fn(&str) -> bool) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while !fits(rest) {
        let at_words = rest.match_indices(char::is_whitespace).map(|(at, _)| at);
        let end =
            at_words.take_while(|at| fits(rest[..*at].trim_end())).last().filter(|at| *at > 0);
        let end = end.or_else(|| {
            let clusters = rest.grapheme_indices(true).skip(1).map(|(at, _)| at);
            clusters.take_while(|at| fits(&rest[..*at])).last()
        });
        // Where not even one character fits, nothing is lost all the same.
        let Some(end) = end else { break };
        pieces.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The document as networks show text: a paragraph or a list item on a line, headings as lines
/// above what they are about, nothing numbered and nothing wrapped.
pub fn paragraphs(document: &Document) -> String {
    let mut text = String::new();
    let mut heading_is_open = false;
    for block in &document.blocks {
        let is_heading = matches!(block.kind, BlockKind::Heading { .. });
        let words = lines(block).join("\n");
        if words.trim().is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str(if heading_is_open && !is_heading { "\n" } else { "\n\n" });
        }
        text.push_str(&words);
        heading_is_open = is_heading;
    }
    text
}

fn lines(block: &Block) -> Vec<String> {
    let line = |content: &[Inline]| plain(content).split_whitespace().collect::<Vec<_>>().join(" ");
    match &block.kind {
        BlockKind::Heading { content, .. } => {
            vec![format!("{}:", line(content).trim_end_matches(':'))]
        }
        BlockKind::Paragraph(content) => vec![line(content)],
        BlockKind::List { start, items } => {
            let mut all = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let mark = match start {
                    Some(first) => format!("{}. ", first + index),
                    None => "– ".to_owned(),
                };
                for (number, words) in item.iter().flat_map(lines).enumerate() {
                    all.push(if number == 0 { format!("{mark}{words}") } else { words });
                }
            }
            all
        }
        BlockKind::Quote(blocks) => blocks.iter().flat_map(lines).collect(),
        BlockKind::Code(code) => code.lines().map(str::to_owned).collect(),
        BlockKind::Table { header, rows } => rows
            .iter()
            .map(|row| {
                let cells = row.iter().enumerate().map(|(column, cell)| {
                    let words = line(cell);
                    match header.get(column).map(|it| line(it)).filter(|it| !it.is_empty()) {
                        Some(label) => format!("{label}: {words}"),
                        None => words,
                    }
                });
                cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(", ")
            })
            .collect(),
        BlockKind::Rule => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "You forecast tides. You measure waves, e.g. in harbours.\n\n\
                        - a degree in physics\n- patience\n\nWe offer boats.";

    fn cut_at(limit: usize, thread: Thread) -> Vec<String> {
        cut(TEXT, "PhD on tides", thread, Count::Characters, limit).parts
    }

    #[test]
    fn what_fits_into_one_part_is_one() {
        assert_eq!(cut_at(500, Thread::Plain), [TEXT]);
    }

    #[test]
    fn parts_end_with_paragraphs_where_they_can() {
        let parts = cut_at(60, Thread::Plain);
        assert_eq!(
            parts,
            [
                "You forecast tides. You measure waves, e.g. in harbours.",
                "- a degree in physics\n- patience\n\nWe offer boats.",
            ]
        );
    }

    #[test]
    fn else_with_lines_and_sentences() {
        let parts = cut_at(40, Thread::Plain);
        assert_eq!(
            parts,
            [
                "You forecast tides.",
                "You measure waves, e.g. in harbours.",
                "- a degree in physics\n- patience",
                "We offer boats.",
            ]
        );
    }

    #[test]
    fn parts_are_numbered_if_wanted_and_fit_all_the_same() {
        let parts = cut_at(66, Thread::Numbered);
        assert_eq!(parts[0], "You forecast tides. You measure waves, e.g. in harbours.\n\n2/3");
        assert!(parts.iter().all(|part| part.chars().count() <= 66), "{parts:?}");
    }

    #[test]
    fn a_heading_stays_with_what_it_is_about() {
        let text = "We offer:\n– a boat of your own\n– a harbour\n– time";
        let parts =
            cut(&format!("Measure tides.\n\n{text}"), "", Thread::Plain, Count::Characters, 33);
        assert_eq!(
            parts.parts,
            ["Measure tides.", "We offer:\n– a boat of your own", "– a harbour\n– time"]
        );
    }

    #[test]
    fn a_heading_goes_along_with_the_first_sentence_of_a_long_paragraph() {
        let text = "Measure tides.\n\nWe offer:\nA boat of your own. A harbour for it. Time.";
        let parts = cut(text, "", Thread::Plain, Count::Characters, 32).parts;
        assert_eq!(
            parts,
            ["Measure tides.", "We offer:\nA boat of your own.", "A harbour for it. Time."]
        );
    }

    #[test]
    fn a_thread_that_does_not_say_all_says_so_at_its_end() {
        let text = "One tide rises.\n\n".repeat(MOST_PARTS) + "Another one falls.";
        let cut = cut(&text, "", Thread::Plain, Count::Characters, 20);
        assert_eq!((cut.parts.len(), cut.left_out), (MOST_PARTS, 1));
        assert_eq!(cut.parts[MOST_PARTS - 1], "One tide rises.\n\n[…]");
        let room = "One tide rises. One falls.\n\n".repeat(MOST_PARTS + 1);
        let cut = super::cut(&room, "", Thread::Plain, Count::Characters, 29);
        assert_eq!(cut.parts[MOST_PARTS - 1], "One tide rises.\n\n[…]");
    }

    #[test]
    fn what_the_first_part_says_is_not_said_again() {
        let first = "PhD on tides\n\nWe offer boats.";
        let parts = cut(TEXT, first, Thread::Plain, Count::Characters, 500).parts;
        assert!(!parts[0].contains("boats"), "{parts:?}");
    }

    #[test]
    fn a_heading_that_repeats_the_title_is_left_out() {
        let text = "PhD on tides:\nYou measure waves.\n\nWe offer:\nboats.";
        let parts = cut(text, "PhD on tides\n\nLink", Thread::Plain, Count::Characters, 500).parts;
        assert_eq!(parts, ["You measure waves.\n\nWe offer:\nboats."]);
    }

    #[test]
    fn a_sentence_that_is_too_long_is_cut_between_words_and_loses_none() {
        let long = "one two three four five six seven eight nine ten";
        let parts = cut(long, "", Thread::Plain, Count::Characters, 14).parts;
        assert_eq!(parts.join(" "), long);
        assert!(parts.iter().all(|part| part.chars().count() <= 14), "{parts:?}");
    }
}
