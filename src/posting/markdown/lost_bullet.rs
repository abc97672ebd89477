//! Finds list items that lost their bullet: a line that CommonMark glues to the item before it.
//!
//! Told from hard-wrapped text with care, because a wrong guess tears a sentence apart: the line
//! is not indented, nothing else in the list is wrapped, its first word would still have fitted on
//! the line before, and it begins with a label as the other items do, or follows a semicolon where
//! the other items end in one.

use std::sync::LazyLock;

use comrak::Node;
use comrak::nodes::NodeValue;
use regex::Regex;

use super::tree::Reader;

/// The lines (from 1) in a list that are items of their own.
pub(super) fn lines(list: Node<'_>, reader: &Reader<'_>) -> Vec<usize> {
    let line = |number: usize| {
        let span = reader.lines.line(number);
        reader.text[span.start..span.end].trim_end()
    };
    let mut single = Vec::new();
    let mut wrapped = Vec::new();
    for item in list.children() {
        let mut children = item.children();
        let (Some(paragraph), None) = (children.next(), children.next()) else { continue };
        let data = paragraph.data();
        if !matches!(data.value, NodeValue::Paragraph) {
            continue;
        }
        let (first, last) = (data.sourcepos.start.line, data.sourcepos.end.line);
        let column = item.data().sourcepos.start.column;
        if first == last {
            single.push(line(first));
        } else {
            wrapped.push((first, last, column));
        }
    }
    if single.len() < 2 || single.len() < 2 * wrapped.len() {
        return Vec::new();
    }
    let longest = single.iter().map(|it| it.chars().count()).max().unwrap_or(0);
    let labelled = single.iter().filter(|it| has_label(without_bullet(it))).count();
    let semicolons = single.iter().filter(|it| it.ends_with(';')).count();
    let mut lost = Vec::new();
    for (first, last, column) in wrapped {
        for number in first + 1..=last {
            let (before, words) = (line(number - 1), line(number));
            let indent = words.len() - words.trim_start().len();
            let first_word = words.split_whitespace().next().map_or(0, |it| it.chars().count());
            let would_fit = before.chars().count() + 1 + first_word <= longest;
            let like_the_others = (has_label(words.trim_start()) && 2 * labelled >= single.len())
                || (before.ends_with(';') && 2 * semicolons >= single.len());
            if indent < column && would_fit && like_the_others {
                lost.push(number);
            }
        }
    }
    lost
}

pub(super) fn is_in(line: usize, paragraph: Node<'_>) -> bool {
    let position = paragraph.data().sourcepos;
    (position.start.line..=position.end.line).contains(&line)
}

pub(super) fn any_in(lines: &[usize], paragraph: Node<'_>) -> bool {
    lines.iter().any(|line| is_in(*line, paragraph))
}

fn without_bullet(line: &str) -> &str {
    line.trim_start().trim_start_matches(['-', '*', '+']).trim_start()
}

/// Whether a line begins with a few words and a colon, as `Pension:` or `**Pension:**`.
fn has_label(line: &str) -> bool {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:\*\*|__)?[\p{L}\p{N}][^:.;]{1,60}(?::(?:\*\*|__)?|(?:\*\*|__):)\s+\S")
            .expect("a fixed pattern")
    });
    LABEL.is_match(line)
        && line.split(':').next().is_some_and(|label| label.split_whitespace().count() <= 7)
}
