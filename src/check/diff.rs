//! Changes of a page as a unified diff.

use std::fmt::Write as _;

use super::mend::{Edit, mended};
use crate::diagnostic::Span;

/// How many lines stand around a change.
const CONTEXT: usize = 3;

/// Lines that change together, and the changes in them.
struct Region<'a> {
    first: usize,
    /// The line behind the last.
    end: usize,
    edits: &'a [Edit],
}

/// The changes as `diff -u` would show them; empty if there are none. The edits are in the order of
/// the text, none within another.
pub fn unified(path: &str, text: &str, edits: &[Edit]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut starts: Vec<usize> = Vec::with_capacity(lines.len());
    let mut at = 0;
    for line in &lines {
        starts.push(at);
        at += line.len();
    }
    let regions = regions(&starts, edits);
    let mut hunks: Vec<&[Region<'_>]> = Vec::new();
    let mut rest = regions.as_slice();
    while !rest.is_empty() {
        let near = rest.windows(2).take_while(|two| two[1].first - two[0].end <= 2 * CONTEXT);
        let (hunk, others) = rest.split_at(near.count() + 1);
        hunks.push(hunk);
        rest = others;
    }

    let mut diff = String::new();
    if !hunks.is_empty() {
        let path = path.trim_start_matches('/');
        let _ = write!(diff, "--- a/{path}\n+++ b/{path}\n");
    }
    let mut moved: isize = 0;
    for hunk in hunks {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let from = first.first.saturating_sub(CONTEXT);
        let to = (last.end + CONTEXT).min(lines.len());
        let mut body = String::new();
        let mut added: isize = 0;
        let mut at = from;
        for region in hunk {
            push(&mut body, ' ', &lines[at..region.first]);
            let old = &lines[region.first..region.end];
            let start = starts.get(region.first).copied().unwrap_or(text.len());
            let new = replaced(&old.concat(), start, region.edits);
            let new: Vec<&str> = new.split_inclusive('\n').collect();
            // A line that only has others put before it is none that changes.
            let ends = old.iter().rev().zip(new.iter().rev());
            let same = ends.take_while(|(old, new)| old == new).count();
            let (gone, rest) = old.split_at(old.len() - same);
            push(&mut body, '-', gone);
            push(&mut body, '+', &new[..new.len() - same]);
            push(&mut body, ' ', rest);
            added += new.len() as isize - old.len() as isize;
            at = region.end;
        }
        push(&mut body, ' ', &lines[at..to]);
        let (count, line) = (to - from, from as isize + 1);
        let (new_line, new_count) = (line + moved, count as isize + added);
        let _ = writeln!(diff, "@@ -{line},{count} +{new_line},{new_count} @@");
        diff.push_str(&body);
        moved += added;
    }
    diff
}

/// The lines that each change touches; changes that share a line are one.
fn regions<'a>(starts: &[usize], edits: &'a [Edit]) -> Vec<Region<'a>> {
    let line = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let mut regions: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (number, edit) in edits.iter().enumerate() {
        let Span { start, end } = edit.span;
        let (first, last) = (line(start), line(end.saturating_sub(1).max(start)));
        match regions.last_mut() {
            Some((_, until, _, to)) if first < *until => {
                *until = (*until).max(last + 1);
                *to = number + 1;
            }
            _ => regions.push((first, last + 1, number, number + 1)),
        }
    }
    regions
        .into_iter()
        .map(|(first, end, from, to)| Region { first, end, edits: &edits[from..to] })
        .collect()
}

/// The text of a region, which begins at a byte of the page, with its changes made.
fn replaced(text: &str, start: usize, edits: &[Edit]) -> String {
    let edits: Vec<Edit> = edits
        .iter()
        .map(|edit| Edit {
            span: Span::new(edit.span.start - start, edit.span.end - start),
            text: edit.text.clone(),
        })
        .collect();
    mended(text, &edits)
}

fn push(body: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        body.push(mark);
        body.push_str(line);
        if !line.ends_with('\n') {
            body.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str, words: &str, new: &str) -> Edit {
        let start = text.find(words).expect("the words");
        Edit { span: Span::new(start, start + words.len()), text: new.to_owned() }
    }

    #[test]
    fn a_change_stands_between_three_lines_of_context() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let edits = [edit(text, "5\n", ""), edit(text, "6", "six")];
        assert_eq!(
            unified("a.md", text, &edits),
            "--- a/a.md\n+++ b/a.md\n@@ -2,8 +2,7 @@\n 2\n 3\n 4\n-5\n-6\n+six\n 7\n 8\n 9\n\
             \\ No newline at end of file\n"
        );
    }

    #[test]
    fn lines_put_in_between_change_no_other() {
        let text = "1\n2\n3\n";
        let edits = [Edit { span: Span::new(2, 2), text: "a\nb\n".to_owned() }];
        let shown = "--- a/x.md\n+++ b/x.md\n@@ -1,3 +1,5 @@\n 1\n+a\n+b\n 2\n 3\n";
        assert_eq!(unified("/x.md", text, &edits), shown);
    }

    #[test]
    fn changes_far_apart_are_hunks_of_their_own_and_count_on() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let edits = [edit(text, "1\n", ""), edit(text, "12", "twelve")];
        assert_eq!(
            unified("a.md", text, &edits),
            "--- a/a.md\n+++ b/a.md\n@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -9,4 +8,4 @@\n 9\n 10\n \
             11\n-12\n+twelve\n"
        );
        assert_eq!(unified("a.md", text, &[]), "");
    }
}
