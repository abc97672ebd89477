//! Adds fields to the `job:` block of a page, and touches no other byte of it.

use serde_json::{Map, Value as Json};

use super::fence::{self, Format};
use super::{Entry, FrontMatter, Value};
use crate::diagnostic::Source;

/// What is to be put into a page, and before which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    pub at: usize,
    pub text: String,
}

/// Why fields cannot be added without rewriting what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    #[error("its front matter is JSON")]
    Json,
    #[error("its `job` stands on one line, in braces or with dots")]
    OneLine,
    #[error("its front matter cannot be read")]
    Unreadable,
}

/// The fields as lines of the `job:` block, which is begun where there is none. Values are texts,
/// numbers, or lists of texts or of tables of texts; no field may be there already.
///
/// # Errors
/// [`NoPlace`] if the block is written in a way in which a line cannot be added.
pub fn into_job(
    source: &Source,
    front: &FrontMatter,
    fields: &[(&str, Json)],
) -> Result<Insertion, NoPlace> {
    let parts = fence::split(&source.text).map_err(|_| NoPlace::Unreadable)?;
    let job = front.table.entries.iter().find(|entry| entry.key.eq_ignore_ascii_case("job"));
    let page = Page { text: &source.text, fields };
    match (parts.format, job) {
        (None, _) => Ok(page.alone(parts.body.start)),
        (Some(Format::Json), _) => Err(NoPlace::Json),
        (Some(Format::Yaml), None) => Ok(page.lines(parts.front.end, "job:", "  ", yaml)),
        (Some(Format::Yaml), Some(job)) => page.yaml_block(job),
        (Some(Format::Toml), None) => Ok(page.lines(parts.front.end, "\n[job]", "", toml)),
        (Some(Format::Toml), Some(job)) => page.toml_table(job),
    }
}

struct Page<'a> {
    text: &'a str,
    fields: &'a [(&'a str, Json)],
}

impl Page<'_> {
    /// A front matter for a page that has none.
    fn alone(&self, at: usize) -> Insertion {
        let Insertion { text, .. } = self.lines(at, "---\njob:", "  ", yaml);
        let end = self.line_end();
        Insertion { at, text: format!("{text}---{end}{end}") }
    }

    /// Before the first field that is there, so that nothing depends on where the last one ends.
    fn yaml_block(&self, job: &Entry) -> Result<Insertion, NoPlace> {
        let first = job.node.as_table().and_then(|table| table.entries.first());
        match (first, &job.node.value) {
            (Some(first), _) => {
                let line = self.line_of(first.key_span.start);
                let indent = self.text.get(line..first.key_span.start).unwrap_or_default();
                if indent.is_empty() || !indent.bytes().all(|byte| byte == b' ') {
                    return Err(NoPlace::OneLine);
                }
                Ok(self.lines(line, "", indent, yaml))
            }
            (None, Value::Null) => {
                let after = self.text.get(job.key_span.end..).unwrap_or_default();
                let (line, _) = after.split_once('\n').ok_or(NoPlace::OneLine)?;
                let rest = line.trim_start_matches(['"', '\'']).trim().strip_prefix(':');
                let is_open = |rest: &str| rest.is_empty() || rest.trim_start().starts_with('#');
                if !rest.is_some_and(is_open) {
                    return Err(NoPlace::OneLine);
                }
                Ok(self.lines(job.key_span.end + line.len() + 1, "", "  ", yaml))
            }
            _ => Err(NoPlace::OneLine),
        }
    }

    /// Below the header of the table.
    fn toml_table(&self, job: &Entry) -> Result<Insertion, NoPlace> {
        let line = self.line_of(job.key_span.start);
        let rest = self.text.get(line..).unwrap_or_default();
        let (header, _) = rest.split_once('\n').ok_or(NoPlace::OneLine)?;
        if !header.trim_start().starts_with('[') {
            return Err(NoPlace::OneLine);
        }
        Ok(self.lines(line + header.len() + 1, "", "", toml))
    }

    fn lines(
        &self,
        at: usize,
        heading: &str,
        indent: &str,
        line: fn(&str, &Json) -> String,
    ) -> Insertion {
        let mut text = String::new();
        if !heading.is_empty() {
            text.push_str(heading);
            text.push('\n');
        }
        for (name, value) in self.fields {
            text.push_str(indent);
            text.push_str(&line(name, value).replace('\n', &format!("\n{indent}")));
            text.push('\n');
        }
        Insertion { at, text: text.replace('\n', self.line_end()) }
    }

    /// Where the line of a byte begins.
    fn line_of(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind('\n').map_or(0, |end| end + 1)
    }

    /// As the page ends its first line.
    fn line_end(&self) -> &'static str {
        match self.text.split_once('\n') {
            Some((first, _)) if first.ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

fn yaml(name: &str, value: &Json) -> String {
    let written = match value {
        Json::String(text) => yaml_text(text),
        Json::Array(tables) if tables.iter().any(Json::is_object) => {
            tables.iter().filter_map(Json::as_object).map(yaml_item).collect()
        }
        // Every JSON list is a list of YAML (YAML 1.2 §1.3).
        other => other.to_string(),
    };
    let space = if written.starts_with('\n') { "" } else { " " };
    format!("{name}:{space}{written}")
}

/// A table as an item of a list, on lines of its own.
fn yaml_item(table: &Map<String, Json>) -> String {
    let lines = table.iter().enumerate().map(|(number, (name, value))| {
        let begin = if number == 0 { "- " } else { "  " };
        format!("\n  {begin}{}", yaml(name, value))
    });
    lines.collect()
}

/// Without quotes only where no reader of YAML could take it for anything but these words.
fn yaml_text(text: &str) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain = text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_alphanumeric() || " .,-()/+@".contains(c))
        && !words.contains(&text.to_lowercase().as_str());
    if is_plain || is_day(text) { text.to_owned() } else { Json::from(text).to_string() }
}

/// `2027-01-31`, which is written as a date.
fn is_day(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn toml(name: &str, value: &Json) -> String {
    match value {
        Json::String(text) if is_day(text) => format!("{name} = {text}"),
        Json::Array(tables) if tables.iter().any(Json::is_object) => {
            let tables = tables.iter().filter_map(Json::as_object).map(|table| {
                let fields = table.iter().map(|(name, value)| toml(name, value));
                format!("  {{ {} }},\n", fields.collect::<Vec<_>>().join(", "))
            });
            format!("{name} = [\n{}]", tables.collect::<String>())
        }
        // JSON's escapes are TOML's (TOML 1.0, Strings), and so are its numbers and lists of texts.
        other => format!("{name} = {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn with_deadline(page: &str) -> Result<String, NoPlace> {
        let source: Arc<Source> = Source::new("page.md", page);
        let front = super::super::read(&source, &mut Vec::new()).ok_or(NoPlace::Unreadable)?;
        let fields = [("deadline", json!("2027-01-31")), ("contact_name", json!("Ada: the Wave"))];
        let Insertion { at, text } = into_job(&source, &front, &fields)?;
        let mut page = page.to_owned();
        page.insert_str(at, &text);
        Ok(page)
    }

    #[test]
    fn fields_go_into_the_block_that_is_there_and_no_other_byte_changes() {
        let added = "deadline: 2027-01-31\n  contact_name: \"Ada: the Wave\"\n";
        for (page, expected) in [
            ("---\ntitle: A\n---\nx", format!("---\ntitle: A\njob:\n  {added}---\nx")),
            (
                "---\njob:\n  # ours\n  id: a\ntitle: A\n---\n",
                format!("---\njob:\n  # ours\n  {added}  id: a\ntitle: A\n---\n"),
            ),
            (
                "---\njob: # ours\ntitle: A\n---\n",
                format!("---\njob: # ours\n  {added}title: A\n---\n"),
            ),
            ("Only words.\n", format!("---\njob:\n  {added}---\n\nOnly words.\n")),
        ] {
            assert_eq!(with_deadline(page), Ok(expected), "{page:?}");
        }
        let added = "deadline = 2027-01-31\ncontact_name = \"Ada: the Wave\"\n";
        for (page, expected) in [
            ("+++\ntitle = 'A'\n+++\n", format!("+++\ntitle = 'A'\n\n[job]\n{added}+++\n")),
            ("+++\n[job]\nid = 'a'\n+++\n", format!("+++\n[job]\n{added}id = 'a'\n+++\n")),
        ] {
            assert_eq!(with_deadline(page), Ok(expected), "{page:?}");
        }
        let page = with_deadline("---\r\ntitle: A\r\n---\r\n").expect("a place");
        assert_eq!(page.matches('\n').count(), page.matches("\r\n").count(), "{page:?}");
    }

    #[test]
    fn a_block_that_would_have_to_be_rewritten_is_left_to_a_person() {
        for (page, why) in [
            ("---\njob: {id: a}\n---\n", NoPlace::OneLine),
            ("---\njob: ~\n---\n", NoPlace::OneLine),
            ("+++\njob = {id = 'a'}\n+++\n", NoPlace::OneLine),
            ("+++\njob.id = 'a'\n+++\n", NoPlace::OneLine),
            ("{\"title\": \"A\"}\n", NoPlace::Json),
        ] {
            assert_eq!(with_deadline(page), Err(why), "{page:?}");
        }
    }

    #[test]
    fn a_text_that_yaml_would_read_otherwise_stands_in_quotes() {
        for (text, written) in [
            ("University of Seaforth", "University of Seaforth"),
            ("TV-L E13", "TV-L E13"),
            ("2027", "\"2027\""),
            ("yes", "\"yes\""),
            ("a: b", "\"a: b\""),
            ("#1", "\"#1\""),
            ("2027-07-01", "2027-07-01"),
        ] {
            assert_eq!(yaml_text(text), written);
        }
    }
}
