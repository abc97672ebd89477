//! A list of texts under a key of its own in the front matter: read, and written anew with every other
//! byte as it was.

use std::ops::Range;

use super::fence::{self, Format};
use super::{Entry, FrontMatter, Value};
use crate::diagnostic::Source;

/// Why the list cannot be written without rewriting what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    #[error("its front matter is JSON")]
    Json,
    #[error("it has no front matter")]
    None,
    #[error("its front matter cannot be read")]
    Unreadable,
    #[error("its `syndication` is no plain list")]
    NoList,
}

/// The texts under a key; none if it is not there.
///
/// # Errors
/// [`NoPlace`] if that is something else than a list of texts.
pub fn read(text: &str, key: &str) -> Result<Vec<String>, NoPlace> {
    texts(entry(&front_matter(text)?, key))
}

/// The page with these texts under the key, or without the key if there are none.
///
/// # Errors
/// [`NoPlace`] if nothing can be put there, or what is there taken away.
pub fn written(text: &str, key: &str, texts: &[String]) -> Result<String, NoPlace> {
    let front = front_matter(text)?;
    let there = entry(&front, key);
    if self::texts(there)? == texts {
        return Ok(text.to_owned());
    }
    let parts = fence::split(text).map_err(|_| NoPlace::Unreadable)?;
    let format = parts.format.ok_or(NoPlace::None)?;
    let range = match (there, format) {
        (_, Format::Json) => return Err(NoPlace::Json),
        (Some(entry), format) => lines_of(text, entry, format)?,
        (None, Format::Yaml) => parts.front.end..parts.front.end,
        // Below a table it would be the table's.
        (None, Format::Toml) => parts.front.start..parts.front.start,
    };
    let end = if text.get(..parts.body.start).is_some_and(|it| it.contains("\r\n")) {
        "\r\n"
    } else {
        "\n"
    };
    let lines = lines(key, texts, format).replace('\n', end);
    let (before, after) =
        text.get(..range.start).zip(text.get(range.end..)).ok_or(NoPlace::Unreadable)?;
    let written = [before, &lines, after].concat();
    // What was left of a list that is written in another way would be read as something else.
    if read(&written, key) == Ok(texts.to_vec()) { Ok(written) } else { Err(NoPlace::NoList) }
}

fn front_matter(text: &str) -> Result<FrontMatter, NoPlace> {
    super::read(&Source::new("page", text), &mut Vec::new()).ok_or(NoPlace::Unreadable)
}

fn entry<'a>(front: &'a FrontMatter, key: &str) -> Option<&'a Entry> {
    front.table.entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(key))
}

fn texts(entry: Option<&Entry>) -> Result<Vec<String>, NoPlace> {
    let Some(entry) = entry else { return Ok(Vec::new()) };
    match &entry.node.value {
        Value::Null => Ok(Vec::new()),
        Value::Text(text) => Ok(vec![text.clone()]),
        Value::List(items) => items
            .iter()
            .map(|item| match &item.value {
                Value::Text(text) => Ok(text.clone()),
                _ => Err(NoPlace::NoList),
            })
            .collect(),
        _ => Err(NoPlace::NoList),
    }
}

/// The whole lines on which a key and its list stand, if nothing else stands there.
fn lines_of(text: &str, entry: &Entry, format: Format) -> Result<Range<usize>, NoPlace> {
    let start =
        text.get(..entry.key_span.start).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
    let line_end = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.find('\n').map_or(text.len(), |at| from + at + 1)
    };
    let is_alone = text
        .get(start..entry.key_span.start)
        .is_some_and(|it| it.trim_matches(['"', '\'']).is_empty());
    if !is_alone {
        return Err(NoPlace::NoList);
    }
    let key_line = text.get(entry.key_span.end..line_end(entry.key_span.end)).unwrap_or_default();
    let is_block = key_line.trim_start_matches(['"', '\'']).trim() == ":" && format == Format::Yaml;
    if !is_block {
        let end = entry.node.span.end.max(entry.key_span.end);
        let after = text.get(end..line_end(end)).unwrap_or_default();
        let rest = after.trim_start_matches(['"', '\'', ']', ':']).trim();
        return if rest.is_empty() { Ok(start..line_end(end)) } else { Err(NoPlace::NoList) };
    }
    let mut end = line_end(entry.key_span.end);
    while let Some(line) =
        text.get(end..line_end(end)).filter(|it| it.trim_start().starts_with("- "))
    {
        end += line.len();
    }
    Ok(start..end)
}

fn lines(key: &str, texts: &[String], format: Format) -> String {
    let quoted = texts.iter().map(|text| serde_json::Value::from(text.as_str()).to_string());
    match (texts, format) {
        ([], _) => String::new(),
        (_, Format::Yaml) => {
            let items: String = quoted.map(|text| format!("  - {text}\n")).collect();
            format!("{key}:\n{items}")
        }
        (_, Format::Toml | Format::Json) => {
            format!("{key} = [{}]\n", quoted.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(links: &[&str]) -> Vec<String> {
        links.iter().map(|&link| link.to_owned()).collect()
    }

    #[test]
    fn links_come_change_and_go_and_every_other_byte_stays() {
        let (one, two) = ("https://one.example/1", "https://two.example/2");
        for page in [
            "---\ntitle: \"Wärme\"   # kept\njob:\n  pay: 75\n---\n\nBody --- syndication: x\n",
            "\u{feff}---\r\ntitle: Wärme\r\n---\r\nBody\r\n",
            "+++\ntitle = 'Wärme' # kept\n\n[job]\npay = 75\n+++\nBody\n",
        ] {
            let first = written(page, "syndication", &links(&[one])).unwrap();
            assert_eq!(read(&first, "syndication").unwrap(), [one], "{first}");
            let both = written(&first, "syndication", &links(&[one, two])).unwrap();
            assert_eq!(read(&both, "syndication").unwrap(), [one, two], "{both}");
            assert_eq!(written(&both, "syndication", &links(&[one, two])).unwrap(), both);
            let line_ends = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
            assert_eq!(line_ends(&both) == 0, page.contains('\r'), "{both:?}");
            assert_eq!(written(&both, "syndication", &[]).unwrap(), page);
        }
    }

    #[test]
    fn what_an_author_has_written_is_changed_only_where_that_is_clear() {
        for page in [
            "---\nsyndication: [https://a.example/]\ntitle: x\n---\n",
            "---\nsyndication:\n- https://a.example/\ntitle: x\n---\n",
            "---\nSyndication: \"https://a.example/\"\ntitle: x\n---\n",
            "+++\nsyndication = [\n  'https://a.example/',\n]\ntitle = 'x'\n+++\n",
        ] {
            assert_eq!(read(page, "syndication").unwrap(), ["https://a.example/"], "{page}");
            let after = written(page, "syndication", &links(&["https://b.example/"])).unwrap();
            assert_eq!(read(&after, "syndication").unwrap(), ["https://b.example/"], "{page}");
            assert_eq!(
                super::super::read(&Source::new("x", after.as_str()), &mut Vec::new())
                    .unwrap()
                    .table
                    .entries
                    .len(),
                2,
                "{after}"
            );
        }
        for page in [
            "---\nsyndication:\n- https://a.example/\n# why\n- https://c.example/\n---\n",
            "---\nsyndication: [https://a.example/] # why\n---\n",
            "---\nsyndication: {a: b}\n---\n",
            "{ \"title\": \"x\" }\nBody",
            "Body\n",
        ] {
            assert!(
                written(page, "syndication", &links(&["https://b.example/"])).is_err(),
                "{page}"
            );
        }
    }
}
