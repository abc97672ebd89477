//! Hugo's `cascade`: front matter that a section hands down to the pages below it.
//!
//! <https://gohugo.io/content-management/front-matter/#cascade-1>

use regex::Regex;

use super::content_path::ContentPath;
use crate::posting::front_matter::{Table, Value};

/// What a page above hands down to a page, the strongest last.
pub(super) fn handed_down(above: &Table, path: &ContentPath, language: &str) -> Vec<Table> {
    let Some(cascade) = above.get("cascade") else { return Vec::new() };
    let tables: Vec<&Table> = match &cascade.value {
        Value::Table(table) => vec![table],
        Value::List(items) => items.iter().filter_map(|item| item.as_table()).collect(),
        _ => Vec::new(),
    };
    // In Hugo the first entry that sets a key wins.
    tables
        .into_iter()
        .rev()
        .filter(|table| is_meant(table, path, language))
        .map(without_target)
        .collect()
}

/// Whether the target of a cascade, if it has one, matches the page. What cannot be judged from
/// the page alone, such as the environment, is taken to match.
fn is_meant(table: &Table, path: &ContentPath, language: &str) -> bool {
    let Some(target) = table.get("_target").or_else(|| table.get("target")) else { return true };
    let Some(target) = target.as_table() else { return true };
    let matches = |key: &str, word: &str| {
        target.text(key).is_none_or(|(pattern, _)| {
            glob(&pattern.to_lowercase()).is_some_and(|glob| glob.is_match(word))
        })
    };
    matches("path", &path.logical())
        && matches("kind", path.kind.as_str())
        && matches("lang", language)
}

fn without_target(table: &Table) -> Table {
    let entries = table
        .entries
        .iter()
        .filter(|entry| !["_target", "target"].contains(&entry.key.to_lowercase().as_str()))
        .cloned()
        .collect();
    Table { entries }
}

/// A glob (`**`, `*`, `?`, `{a,b}`) as a regular expression.
fn glob(pattern: &str) -> Option<Regex> {
    let mut expression = String::from("^");
    let mut alternatives = 0_usize;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.peek() == Some(&'*') => {
                characters.next();
                expression.push_str(".*");
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '{' => {
                alternatives += 1;
                expression.push_str("(?:");
            }
            '}' if alternatives > 0 => {
                alternatives -= 1;
                expression.push(')');
            }
            ',' if alternatives > 0 => expression.push('|'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    Regex::new(&expression).ok()
}
