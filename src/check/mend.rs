//! Mends what can be mended without asking what was meant: broken letters, lost bullets, hints of
//! a template. Every other byte of the page stays as it is.

use std::sync::Arc;

use super::comments;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::mojibake;

/// A change of a page: the bytes at `span` become `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// The changes that mend a page, in its order, none within another. `found` is what reading it
/// brought up; what concerns other pages is ignored.
pub fn edits(source: &Arc<Source>, found: &[Diagnostic]) -> Vec<Edit> {
    let here = |code: &str| -> Vec<Span> {
        let of_code = found.iter().filter(|it| it.code == code);
        of_code
            .filter_map(|it| it.place.as_ref())
            .filter(|(other, _)| other == source)
            .map(|(_, span)| *span)
            .collect()
    };
    let broken = here("page::mojibake");
    let mut edits: Vec<Edit> = mojibake::runs(&source.text)
        .into_iter()
        .filter(|run| broken.contains(&run.span))
        .map(|run| Edit { span: run.span, text: run.repaired })
        .collect();
    edits.extend(here("markdown::lost-bullet").into_iter().filter_map(|at| bullet(source, at)));
    let hints = comments::hints(source);
    edits.extend(
        hints.into_iter().map(|at| Edit { span: whole_lines(source, at), text: String::new() }),
    );
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut end = 0;
    edits.retain(|edit| {
        let is_free = edit.span.start >= end;
        if is_free {
            end = edit.span.end;
        }
        is_free
    });
    edits
}

/// The page with its changes made.
pub fn mended(text: &str, edits: &[Edit]) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        mended.push_str(text.get(at..edit.span.start).unwrap_or_default());
        mended.push_str(&edit.text);
        at = edit.span.end;
    }
    mended.push_str(text.get(at..).unwrap_or_default());
    mended
}

/// Gives a line the bullet of the nearest item above it; `None` where that is none we know.
fn bullet(source: &Source, line: Span) -> Option<Edit> {
    let before = source.text.get(..line.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let above = before.get(..start)?.lines().rev().find_map(|line| {
        let words = line.trim_start();
        let rest = words.strip_prefix(['-', '*', '+'])?;
        let gap = rest.len() - rest.trim_start_matches(' ').len();
        (gap > 0).then(|| &line[..line.len() - words.len() + 1 + gap])
    })?;
    Some(Edit { span: Span::new(start, line.start), text: above.to_owned() })
}

/// A comment with its line, where nothing else stands on it, and with one of two empty lines that
/// would be left.
fn whole_lines(source: &Source, comment: Span) -> Span {
    let (Some(before), Some(after)) =
        (source.text.get(..comment.start), source.text.get(comment.end..))
    else {
        return comment;
    };
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = after.find('\n').map_or(after.len(), |at| at + 1);
    let is_alone = before[line..].trim().is_empty() && after[..rest].trim().is_empty();
    if !is_alone {
        return comment;
    }
    let mut end = comment.end + rest;
    let is_empty = |line: Option<&str>| line.is_none_or(|line| line.trim().is_empty());
    let next = source.text.get(end..).unwrap_or_default();
    if is_empty(before[..line].lines().next_back()) && is_empty(next.lines().next()) {
        end += next.find('\n').map_or(0, |at| at + 1);
    }
    Span::new(line, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mend(page: &str) -> String {
        let source = Source::new("a.md", page);
        let mut found = Vec::new();
        mojibake::report(&source, Span::new(0, page.len()), &mut found);
        mended(page, &edits(&source, &found))
    }

    #[test]
    fn a_hint_of_a_template_goes_with_its_line_and_an_authors_note_stays() {
        for (page, expected) in [
            ("a\n\n<!-- Replace this by your text -->\n\nb\n", "a\n\nb\n"),
            ("a\r\n<!-- Template: job ad -->\r\nb\r\n", "a\r\nb\r\n"),
            ("a <!-- insert the name --> b\n", "a  b\n"),
            ("a\n<!-- Hier bitte die Frist eintragen\n-->", "a\n"),
        ] {
            assert_eq!(mend(page), expected, "{page:?}");
        }
        for page in ["a <!--more--> b", "<!-- Remember to replace the photo -->", "a < b\n"] {
            assert_eq!(mend(page), page);
        }
    }

    #[test]
    fn a_bullet_is_that_of_the_item_above() {
        let source = Source::new("a.md", "  *  **One:** a\n**Two:** b\n");
        let at = source.text.find("**Two").expect("the line");
        let edit = bullet(&source, Span::new(at, at + 5)).expect("an edit");
        assert_eq!(mended(&source.text, &[edit]), "  *  **One:** a\n  *  **Two:** b\n");
    }

    #[test]
    fn letters_are_mended_and_a_second_time_nothing_changes() {
        let once = mend("\u{feff}emailâ€™s für\r\n");
        assert_eq!(once, "\u{feff}email’s für\r\n");
        assert_eq!(mend(&once), once);
    }
}
