//! The front matter of a page (YAML, TOML or JSON) as one tree with positions.

mod fence;
pub mod insert;
pub mod list;
mod quotation;
mod toml;
mod yaml;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use fence::Format;

/// A value and the bytes of the file that it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    /// Also dates and times, as they are written.
    Text(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys and values in the order of the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

/// The two halves of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontMatter {
    /// Empty where a page has no front matter.
    pub table: Table,
    /// The bytes after the front matter.
    pub body: Span,
}

impl Table {
    /// The value of a key. Hugo's keys are case-insensitive, and so is this.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|entry| entry.key.eq_ignore_ascii_case(key))
            .map(|entry| &entry.node)
    }

    /// The text of a key that holds a non-empty string.
    pub fn text(&self, key: &str) -> Option<(&str, Span)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some((text.trim(), node.span)),
            _ => None,
        }
    }
}

impl Node {
    /// The table behind this value, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// A yes or no, also where it is written as a word in quotes.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(value) => Some(*value),
            Value::Text(word) => match word.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nothing stands behind the key: `key:`, `key: ""`, `key: []`.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Text(text) => text.trim().is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Table(table) => table.entries.is_empty(),
            Value::Bool(_) | Value::Integer(_) | Value::Float(_) => false,
        }
    }
}

/// Splits a page and reads its front matter; `None`, with an error that points at the place, if
/// the front matter is not well formed.
pub fn read(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Option<FrontMatter> {
    let parts = match fence::split(&source.text) {
        Ok(parts) => parts,
        Err(open) => {
            diagnostics.push(
                Diagnostic::error("page::front-matter", "the front matter is never closed")
                    .at(source, open.fence)
                    .label("opened here")
                    .help(format!(
                        "put a line with `{}` after the last line of the front matter",
                        open.closing
                    )),
            );
            return None;
        }
    };
    let text = source.words(parts.front);
    let table = match parts.format {
        None => Ok(Table::default()),
        Some(Format::Yaml) => yaml::parse(source, text, parts.front.start)
            .or_else(|errors| mended(source, parts.front, diagnostics).ok_or(errors)),
        Some(Format::Json) => yaml::parse(source, text, parts.front.start),
        Some(Format::Toml) => toml::parse(source, text, parts.front.start),
    };
    match table {
        Ok(table) => Some(FrontMatter { table, body: parts.body }),
        Err(errors) => {
            diagnostics.extend(errors);
            None
        }
    }
}

/// Front matter that can be read once the quotation marks inside its quoted values are set right.
fn mended(source: &Arc<Source>, front: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Table> {
    let (text, marks) = quotation::mended(source.words(front))?;
    let table = yaml::parse(source, &text, front.start).ok()?;
    let first = marks.first()?.shifted(front.start);
    diagnostics.push(
        Diagnostic::warning("page::quotation", "a quotation mark stands inside a quoted value")
            .at(source, first)
            .label("read as a part of the value")
            .help("put a quotation mark inside quotation marks as `\\\"`; the website may refuse the page"),
    );
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(text: &str) -> (Option<FrontMatter>, Vec<Diagnostic>, Arc<Source>) {
        let source = Source::new("page.md", text);
        let mut diagnostics = Vec::new();
        let front = read(&source, &mut diagnostics);
        (front, diagnostics, source)
    }

    fn accepted(text: &str) -> (FrontMatter, Arc<Source>) {
        let (front, diagnostics, source) = read_text(text);
        assert_eq!(diagnostics, Vec::new(), "{text:?}");
        (front.expect("no error was reported"), source)
    }

    /// Message, line and column, and help of the only error.
    fn refused(text: &str) -> (String, (usize, usize), String) {
        let (front, diagnostics, _) = read_text(text);
        assert_eq!(front, None, "{text:?} was accepted");
        let [error] = diagnostics.as_slice() else {
            panic!("{text:?} gave {diagnostics:?}");
        };
        assert!(error.is_error());
        assert_eq!(error.code, "page::front-matter");
        let (source, span) = error.place.as_ref().expect("an error has a place");
        let place = source.line_and_column(span.start);
        (error.message.clone(), place, error.help.clone().unwrap_or_default())
    }

    #[test]
    fn a_title_in_quotes_may_run_over_two_lines() {
        let (front, source) =
            accepted("---\ntitle: \"LAB/01: Ph.D. position in \nTidal Flats\"\n---\nBody\n");
        let (title, span) = front.table.text("Title").expect("the key is there");
        assert_eq!(title, "LAB/01: Ph.D. position in Tidal Flats");
        assert_eq!(source.words(span), "\"LAB/01: Ph.D. position in \nTidal Flats\"");
        assert_eq!(source.words(front.body), "Body\n");
    }

    #[test]
    fn every_format_gives_the_same_tree_with_places_in_the_file() {
        for page in [
            "---\ntitle: Wärme\njob: {pay: 75}\ntags: [a, b]\ndate: 2027-01-02\ndraft: false\n---\nBody",
            "\u{feff}---  \r\ntitle: Wärme\r\njob:\r\n  pay: 75\r\ntags:\r\n- a\r\n- b\r\ndate: 2027-01-02\r\ndraft: false\r\n---\t\r\nBody",
            "+++\ntitle = 'Wärme'\ntags = ['a', 'b']\ndate = 2027-01-02\ndraft = false\n[job]\npay = 75\n+++\nBody",
            "{\n\"title\": \"Wärme\", \"job\": {\"pay\": 75}, \"tags\": [\"a\", \"b\"],\n\t\"date\": \"2027-01-02\", \"draft\": false }\nBody",
        ] {
            let (front, source) = accepted(page);
            assert_eq!(front.table.text("title").map(|it| it.0), Some("Wärme"), "{page}");
            assert_eq!(front.table.text("date").map(|it| it.0), Some("2027-01-02"), "{page}");
            assert_eq!(front.table.get("draft").and_then(Node::as_bool), Some(false), "{page}");
            let pay = front.table.get("job").and_then(Node::as_table).and_then(|it| it.get("pay"));
            assert_eq!(pay.map(|it| &it.value), Some(&Value::Integer(75)), "{page}");
            assert_eq!(pay.map(|it| source.words(it.span)), Some("75"), "{page}");
            let tags = front.table.get("tags").expect("tags are there");
            let Value::List(items) = &tags.value else { panic!("{tags:?}") };
            assert!(items.iter().all(|tag| source.words(tag.span).contains(['a', 'b'])));
            assert_eq!(source.words(front.body).trim(), "Body", "{page}");
        }
    }

    #[test]
    fn keys_keep_the_order_of_the_page() {
        let (front, _) = accepted("+++\nz = 1\na = 2\n[m]\nk = 1\n+++\n");
        let keys: Vec<_> = front.table.entries.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["z", "a", "m"]);
    }

    #[test]
    fn a_page_without_front_matter_is_all_body() {
        for page in ["", "Body\n", "# Title\n---\nBody", "{{< hl >}} Body", "{% include x %}\n"] {
            let (front, source) = accepted(page);
            assert_eq!(front.table, Table::default());
            assert_eq!(source.words(front.body), page);
        }
    }

    #[test]
    fn empty_keys_are_null_and_words_stay_words() {
        let (front, _) = accepted("---\na:\nb: ''\nc: no\nd: 007\ne: 12:30\n---\n");
        assert_eq!(front.table.get("a").map(|it| &it.value), Some(&Value::Null));
        assert!(front.table.get("b").is_some_and(Node::is_empty));
        assert_eq!(front.table.get("c").and_then(Node::as_bool), Some(false));
        assert_eq!(front.table.text("d").map(|it| it.0), Some("007"));
        assert_eq!(front.table.text("e").map(|it| it.0), Some("12:30"));
    }

    #[test]
    fn a_tab_that_separates_is_harmless_and_one_that_indents_is_named() {
        let (front, _) = accepted("---\nuntil:\t\t2027-02-03\t\ntags: [a,\tb]\n---\n");
        assert_eq!(front.table.text("until").map(|it| it.0), Some("2027-02-03"));

        let (message, place, help) = refused("---\njob:\n\tpay: E13\n---\n");
        assert_eq!(message, "this line of the front matter is indented with a tab");
        assert_eq!(place, (3, 1));
        assert_eq!(help, "YAML wants spaces: indent with two spaces instead of the tab");

        assert_eq!(refused("---\na: 1\n \tb: 2\n---\n").1, (3, 2));
    }

    #[test]
    fn every_mistake_is_shown_where_it_is_in_words_of_an_author() {
        let cases = [
            ("---\ntitle: x\nBody\n", "the front matter is never closed", (1, 1)),
            ("+++\ntitle = 'x'\nBody\n", "the front matter is never closed", (1, 1)),
            ("{ \"title\": \"x\"\nBody\n", "the front matter is never closed", (1, 1)),
            ("---\nä: ö\ntags: a\ntags: b\n---\n", "the key `tags` stands twice", (4, 1)),
            ("---\nä: \"ö\n---\n", "a quotation mark is never closed", (2, 4)),
            ("---\ntitle: PhD: tides\n---\n", "a second `:` stands in this value", (2, 11)),
            (
                "---\ns: \"in the Tides\" group.\n---\n",
                "something follows the closing quotation mark",
                (2, 19),
            ),
            ("---\ntitle: @tides\n---\n", "a value cannot begin with `@`", (2, 8)),
            ("---\nJust words\n---\n", "the front matter is not a list of keys and values", (2, 1)),
        ];
        for (page, message, place) in cases {
            let (found, at, help) = refused(page);
            assert_eq!((found.as_str(), at), (message, place), "{page:?}");
            assert!(!help.is_empty(), "{page:?} has no help");
        }
    }

    #[test]
    fn a_quotation_mark_inside_a_quoted_value_is_read_as_meant_and_told() {
        let (front, diagnostics, source) =
            read_text("---\nä: \"in the \"Tides\" group\"\ntitle: \"PhD\"\n---\nBody\n");
        let front = front.expect("it can be read");
        let (value, span) = front.table.text("ä").expect("the key is there");
        assert_eq!(value, "in the 'Tides' group");
        assert_eq!(source.words(span), "\"in the \"Tides\" group\"");
        assert_eq!(front.table.text("title").map(|it| it.0), Some("PhD"));
        let [warning] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
        assert_eq!((warning.code, warning.is_error()), ("page::quotation", false));
        let (_, mark) = warning.place.as_ref().expect("it has a place");
        assert_eq!((source.line_and_column(mark.start), source.words(*mark)), ((2, 12), "\""));
    }

    #[test]
    fn all_mistakes_in_toml_are_told_at_once() {
        let (_, diagnostics, source) =
            read_text("+++\ndate = 2027-02-30\ntitle = tides\nok = 1\n+++\n");
        let lines: Vec<_> = diagnostics
            .iter()
            .filter_map(|it| it.place.as_ref())
            .map(|(_, span)| source.line_and_column(span.start).0)
            .collect();
        assert_eq!(lines, [2, 3], "{diagnostics:?}");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic_or_point_outside_the_file(
            fence in prop::sample::select(vec!["---\n", "+++\n", "{", ""]),
            text in "[a-c:=\\[\\]{}\"'|>&*<ä€\u{feff}\t \r\n#-]{0,60}",
            close in prop::sample::select(vec!["\n---\n", "\n+++\n", "}", ""]),
        ) {
            let (front, diagnostics, source) = read_text(&format!("{fence}{text}{close}x"));
            for span in diagnostics.iter().filter_map(|it| it.place.as_ref()).map(|it| it.1)
                .chain(front.iter().map(|it| it.body))
                .chain(front.iter().flat_map(|it| &it.table.entries).map(|it| it.node.span))
            {
                prop_assert!(source.text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
}
