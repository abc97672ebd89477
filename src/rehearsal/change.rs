//! A change of the page, as an author would make it: the deadline moves.

use chrono::NaiveDate;

use crate::diagnostic::Span;
use crate::posting::{Deadline, Origin, Posting};

/// The text of the posting's page with another deadline, declared in its `job:` block.
///
/// The page of somebody's site is changed in memory only.
pub(super) fn with_deadline(posting: &Posting, deadline: NaiveDate) -> String {
    let text = &posting.source.text;
    let day = deadline.format("%Y-%m-%d").to_string();
    if let Some(field) = &posting.facts.deadline
        && let (Origin::Declared(span), Deadline::On(_)) = (&field.origin, field.value)
        && let Some(replaced) = replace(text, *span, &day)
    {
        return replaced;
    }
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let rest = &text[start..];
    let first_line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let insert = |addition: &str| {
        let at = start + first_line_end;
        format!("{}{addition}{}", &text[..at], &text[at..])
    };
    // A block of the author's is joined; otherwise one is put first, before any table.
    if let Some(at) = block_line(text, "job:") {
        return format!("{}  deadline: {day}\n{}", &text[..at], &text[at..]);
    }
    if let Some(at) = block_line(text, "[job]") {
        return format!("{}deadline = \"{day}\"\n{}", &text[..at], &text[at..]);
    }
    match rest.get(..3) {
        Some("---") => insert(&format!("job:\n  deadline: {day}\n")),
        Some("+++") => insert(&format!("job.deadline = \"{day}\"\n")),
        _ if rest.starts_with('{') => {
            let at = start + 1;
            format!("{}\"job\": {{\"deadline\": \"{day}\"}},{}", &text[..at], &text[at..])
        }
        _ => format!("---\njob:\n  deadline: {day}\n---\n{rest}"),
    }
}

/// The end of the line that is exactly `line`, in the front matter.
fn block_line(text: &str, line: &str) -> Option<usize> {
    let mut at = 0;
    for (number, each) in text.split_inclusive('\n').enumerate() {
        at += each.len();
        let trimmed = each.trim_end();
        if number > 0 && matches!(trimmed, "---" | "+++") {
            return None;
        }
        if trimmed == line {
            return Some(at);
        }
    }
    None
}

fn replace(text: &str, span: Span, with: &str) -> Option<String> {
    let old = text.get(span.start..span.end)?;
    // A quoted value keeps its quotes, whether the span holds them or not.
    let quote = old.chars().next().filter(|it| matches!(it, '"' | '\''));
    let with = quote.map_or_else(|| with.to_owned(), |quote| format!("{quote}{with}{quote}"));
    Some(format!("{}{with}{}", &text[..span.start], &text[span.end..]))
}
