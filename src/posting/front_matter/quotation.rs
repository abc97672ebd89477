//! A value in quotation marks that holds such marks itself: `title: "the "Tides" group"`. No reader
//! of YAML takes it, and every person knows what is meant.

use crate::diagnostic::Span;

/// The text with each inner mark written as `'`, so that everything stays in its place, and where
/// those marks are; `None` where there is none.
pub(super) fn mended(text: &str) -> Option<(String, Vec<Span>)> {
    let mut marks = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((start, inside)) = quoted(line) {
            let mut escaped = false;
            for (offset, letter) in inside.char_indices() {
                if letter == '"' && !escaped {
                    let mark = at + start + offset;
                    marks.push(Span::new(mark, mark + 1));
                }
                escaped = letter == '\\' && !escaped;
            }
        }
        at += line.len();
    }
    if marks.is_empty() {
        return None;
    }
    let mut mended = text.to_owned();
    marks.iter().for_each(|mark| mended.replace_range(mark.start..mark.end, "'"));
    Some((mended, marks))
}

/// What stands between the outer marks of `key: "…"`, and where it begins in the line.
fn quoted(line: &str) -> Option<(usize, &str)> {
    let (key, value) = line.split_once(':')?;
    if key.contains(['"', '\'', '#']) {
        return None;
    }
    let start = key.len() + 1 + value.len() - value.trim_start().len();
    let inside = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some((start + 1, inside))
}
