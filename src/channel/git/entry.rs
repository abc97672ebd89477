//! An entry in a file that others write too: found by what names it, put in, replaced, taken out.
//! Every other byte of the file stays as it is.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the entries of a list look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// With what the first line of an entry begins, for example `- `. What stands below it, indented,
    /// belongs to it; below a heading (`### `) everything does, up to the next one.
    pub begins: String,
    /// With what the line begins that names an entry, for example `url:`.
    pub known_by: String,
    /// Where a new entry is put.
    #[serde(default)]
    pub place: Place,
}

/// Where in a list a new entry is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Before all others.
    #[default]
    Top,
    /// At the end of the file.
    Bottom,
}

/// Why a list cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("{count} entries are named `{name}`, so it is not known which is ours")]
    Several { name: String, count: usize },
}

impl List {
    /// What names an entry: the rest of its line, without quotation marks.
    pub fn name_of<'a>(&self, entry: &'a str) -> Option<&'a str> {
        entry.lines().find_map(|line| {
            let line = line.strip_prefix(&*self.begins).unwrap_or(line).trim_start();
            let name = line.strip_prefix(&*self.known_by)?.trim();
            let bare = name.trim_matches(['"', '\'']);
            (!bare.is_empty()).then_some(bare)
        })
    }

    /// The entry with a name.
    ///
    /// # Errors
    /// [`ListError`] if there are several.
    pub fn find<'a>(&self, text: &'a str, name: &str) -> Result<Option<&'a str>, ListError> {
        Ok(self.place_of(text, name)?.and_then(|at| text.get(at)))
    }

    /// The text with an entry in the place of the one with a name, or added where there is none.
    ///
    /// # Errors
    /// [`ListError`] if there are several with that name.
    pub fn with(&self, text: &str, entry: &str, name: &str) -> Result<String, ListError> {
        let entry = with_line_ends_of(text, entry);
        if let Some(at) = self.place_of(text, name)? {
            let ended = text.get(at.clone()).is_some_and(|old| old.ends_with('\n'));
            let entry = if ended { entry.as_str() } else { entry.trim_end() };
            return Ok(spliced(text, at, entry));
        }
        let at = match self.place {
            Place::Top => self.entries(text).first().map_or(text.len(), |first| first.start),
            Place::Bottom => text.len(),
        };
        let before = text.get(..at).unwrap_or_default();
        // A last line without an end gets one, or two lines would become one.
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        Ok(spliced(text, at..at, &format!("{gap}{entry}")))
    }

    /// The text without the entry with a name.
    ///
    /// # Errors
    /// [`ListError`] if there are several.
    pub fn without(&self, text: &str, name: &str) -> Result<String, ListError> {
        Ok(match self.place_of(text, name)? {
            Some(at) => spliced(text, at, ""),
            None => text.to_owned(),
        })
    }

    fn place_of(&self, text: &str, name: &str) -> Result<Option<Range<usize>>, ListError> {
        let is_named = |at: &Range<usize>| {
            text.get(at.clone()).and_then(|entry| self.name_of(entry)) == Some(name)
        };
        let mut found: Vec<Range<usize>> =
            self.entries(text).into_iter().filter(is_named).collect();
        match found.len() {
            0 | 1 => Ok(found.pop()),
            count => Err(ListError::Several { name: name.to_owned(), count }),
        }
    }

    /// The places of all entries, without the blank lines between them.
    fn entries(&self, text: &str) -> Vec<Range<usize>> {
        let mut entries: Vec<Range<usize>> = Vec::new();
        let mut open = false;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let (start, end) = (at, at + line.len());
            at = end;
            if line.starts_with(&*self.begins) {
                entries.push(start..end);
                open = true;
            } else if !line.trim().is_empty() {
                open = open && self.goes_on(line);
                if let Some(last) = entries.last_mut().filter(|_| open) {
                    last.end = end;
                }
            }
        }
        entries
    }

    /// Whether a line that is not blank belongs to the entry above it.
    fn goes_on(&self, line: &str) -> bool {
        let level = |line: &str| line.len() - line.trim_start_matches('#').len();
        match level(&self.begins) {
            0 => line.starts_with([' ', '\t']),
            heading => level(line) == 0 || level(line) > heading,
        }
    }
}

fn spliced(text: &str, at: Range<usize>, entry: &str) -> String {
    let (before, after) = (text.get(..at.start), text.get(at.end..));
    [before.unwrap_or_default(), entry, after.unwrap_or_default()].concat()
}

/// The entry with the line ends that the file has.
fn with_line_ends_of(text: &str, entry: &str) -> String {
    let entry = format!("{}\n", entry.trim_end());
    match text.split_inclusive('\n').next() {
        Some(line) if line.ends_with("\r\n") => entry.replace('\n', "\r\n"),
        _ => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(place: Place) -> List {
        List { begins: "- ".to_owned(), known_by: "url:".to_owned(), place }
    }

    const JOBS: &str = "# Jobs\n- name: One\n  url: https://one.example/\n\n# old\n- name: 'Two:\n    \
                        long'\n  url: \"https://two.example/\"\n";

    const NEW: &str = "- name: Three\n  url: \"https://three.example/\"\n";

    #[test]
    fn an_entry_is_added_at_the_top_and_taken_out_and_nothing_else_moves() {
        let list = yaml(Place::Top);
        let name = list.name_of(NEW).unwrap();
        assert_eq!(name, "https://three.example/");
        let with = list.with(JOBS, NEW, name).unwrap();
        assert_eq!(with, JOBS.replace("# Jobs\n", &format!("# Jobs\n{NEW}")));
        assert_eq!(list.find(&with, name).unwrap(), Some(NEW));
        assert_eq!(list.without(&with, name).unwrap(), JOBS);
        assert_eq!(list.with(&with, NEW, name).unwrap(), with, "twice is once");
    }

    #[test]
    fn an_entry_is_replaced_where_it_stands_however_it_is_quoted() {
        let list = yaml(Place::Top);
        let changed = "- name: Two again\n  url: https://two.example/\n";
        let with = list.with(JOBS, changed, "https://two.example/").unwrap();
        assert!(with.starts_with("# Jobs\n- name: One\n  url: https://one.example/\n\n# old\n"));
        assert!(with.ends_with(&format!("# old\n{changed}")), "{with}");
    }

    #[test]
    fn at_the_bottom_a_last_line_without_an_end_gets_one() {
        let list = yaml(Place::Bottom);
        let with = list.with("- url: a", NEW, "https://three.example/").unwrap();
        assert_eq!(with, format!("- url: a\n{NEW}"));
        assert_eq!(list.with("", NEW, "x").unwrap(), NEW);
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        let list = yaml(Place::Top);
        let with = list.with("- url: a\r\n", NEW, "https://three.example/").unwrap();
        assert_eq!(with, format!("{}- url: a\r\n", NEW.replace('\n', "\r\n")));
    }

    #[test]
    fn two_entries_of_one_name_are_nobodys() {
        let list = yaml(Place::Top);
        let twice = "- url: a\n- url: 'a'\n";
        let several = ListError::Several { name: "a".to_owned(), count: 2 };
        assert_eq!(list.with(twice, NEW, "a"), Err(several.clone()));
        assert_eq!(list.without(twice, "a"), Err(several));
    }

    #[test]
    fn below_a_heading_everything_belongs_to_the_entry() {
        let list =
            List { begins: "### ".to_owned(), known_by: "Link:".to_owned(), place: Place::Bottom };
        let page =
            "# Jobs\n\n### A\nWords.\n#### More\nLink: a\n\n### B\nLink: b\n\n## Other\nEnd.\n";
        assert_eq!(list.find(page, "a").unwrap(), Some("### A\nWords.\n#### More\nLink: a\n"));
        assert_eq!(list.find(page, "b").unwrap(), Some("### B\nLink: b\n"));
    }
}
