//! What one rendition says otherwise than the one before it.

use similar::{ChangeTag, TextDiff};

use super::plain;
use crate::adapt::Rendition;
use crate::adapt::card::written;

/// How many lines that are the same stand around a change.
const CONTEXT: usize = 2;

/// The lines that went (`-`) and came (`+`), with a few around them; empty if both say the same.
pub fn difference(before: &Rendition, after: &Rendition) -> Vec<String> {
    let (before, after) = (words_of(before), words_of(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push("  …".to_owned());
        }
        for change in group.iter().flat_map(|it| diff.iter_changes(it)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let line = change.value();
            lines.push(
                format!("{sign} {}", plain(line.trim_end_matches('\n'))).trim_end().to_owned(),
            );
        }
    }
    lines
}

/// What readers see of it.
pub fn words_of(rendition: &Rendition) -> String {
    match rendition {
        Rendition::Status { text, .. } => text.clone(),
        Rendition::Mail { subject, text, .. } => format!("Subject: {subject}\n\n{text}"),
        Rendition::Document { body, .. } => body.clone(),
        Rendition::Card { fields, .. } => written::text(fields),
    }
}
