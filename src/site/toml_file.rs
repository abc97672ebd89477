//! Reads a TOML file into a struct, with every mistake at its place.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use crate::channel::secret::IN_FILE;
use crate::diagnostic::{Diagnostic, Source, Span, suggestion};

/// Reads `file` into a `T`, over `presets`, the nearest first: keys of the file win, tables are
/// joined. `None` with errors among the diagnostics if it cannot be read.
pub(crate) fn read<'a, T: DeserializeOwned>(
    file: &Arc<Source>,
    presets: impl IntoIterator<Item = &'a str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let (mut table, errors) = DeTable::parse_recoverable(&file.text);
    if !errors.is_empty() {
        diagnostics.extend(errors.iter().map(|error| syntax(file, error)));
        return None;
    }
    for preset in presets {
        // A shipped preset that cannot be parsed is caught by a test; a person cannot mend it.
        if let Ok(preset) = DeTable::parse(preset) {
            join(table.get_mut(), preset.into_inner());
        }
    }
    match T::deserialize(toml::de::Deserializer::from(table)) {
        Ok(value) => Some(value),
        Err(error) => {
            diagnostics.push(meaning(file, &error));
            None
        }
    }
}

/// Adds what `below` has and `over` has not.
fn join<'a>(over: &mut DeTable<'a>, below: DeTable<'a>) {
    for (key, value) in below {
        match over.get_mut(&key) {
            None => {
                over.insert(key, value);
            }
            Some(own) => {
                if let (DeValue::Table(own), DeValue::Table(below)) =
                    (own.get_mut(), value.into_inner())
                    && !is_instead_of(own, &below)
                {
                    join(own, below);
                }
            }
        }
    }
}

/// Of these a table says one: where a value stands in a board's answer, and what a body is made of.
const ALTERNATIVES: [&str; 9] =
    ["json", "header", "regex", "html", "xml", "template", "sent", "form", "upload"];

/// Whether a table says another alternative than the one below it: then it takes its place.
fn is_instead_of(over: &DeTable<'_>, below: &DeTable<'_>) -> bool {
    let alternative = |table: &DeTable<'_>| {
        let mut names = table.keys();
        let name = names.next().filter(|_| names.len() == 0)?.get_ref().as_ref().to_owned();
        ALTERNATIVES.contains(&name.as_str()).then_some(name)
    };
    match (alternative(over), alternative(below)) {
        (Some(over), Some(below)) => over != below,
        _ => false,
    }
}

fn syntax(file: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    let label = first_line(error.message());
    let help = match label.as_str() {
        "duplicate key" => "keep one of the two lines and delete the other",
        _ => "text stands in quotation marks, a list in `[ ]`",
    };
    Diagnostic::error("config::syntax", "this is not valid TOML")
        .at(file, span)
        .label(label)
        .help(help)
}

/// Puts serde's words about a key or value into ours.
fn meaning(file: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let span = Span::from(error.span().unwrap_or(0..0));
    let message = first_line(error.message());
    if message == IN_FILE {
        // The credential is not drawn: what is drawn may end up in somebody's log.
        return Diagnostic::error("config::secret", message).at(&masked(file, span), span).help(
            "write where it is found: `{ env = \"NAME\" }`, `{ file = \"PATH\" }` or \
             `{ credential = \"NAME\" }`",
        );
    }
    let named = quoted(&message);
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let what = if message.starts_with("unknown field") { "key" } else { "value" };
        let wrong = named.first().copied().unwrap_or_default();
        let known = named.get(1..).unwrap_or_default();
        let help = match suggestion(wrong, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => format!("remove this {what}"),
            None => format!("known here: {}", known.join(", ")),
        };
        return Diagnostic::error("config::unknown-key", format!("unknown {what} `{wrong}`"))
            .at(file, span)
            .help(help);
    }
    if message.starts_with("missing field") {
        let missing = named.first().copied().unwrap_or_default();
        // serde points at the whole table: its first line says which.
        return Diagnostic::error("config::missing-key", format!("`{missing}` is missing here"))
            .at(file, span)
            .help(format!("add a line `{missing} = …`"));
    }
    let written = file.words(span).trim_matches(['"', '\'']);
    if Url::parse(written).is_err() && message.ends_with(&format!("{written:?}")) {
        let whole = format!("https://{written}");
        let help = match Url::parse(&whole) {
            Ok(_) if written.contains('.') => format!("did you mean `{whole}`?"),
            _ => "write it whole, for example `https://www.tides.example/`".to_owned(),
        };
        return Diagnostic::error("config::value", format!("`{written}` is no web address"))
            .at(file, span)
            .help(help);
    }
    if let Some((found, expected)) = wrong_type(&message) {
        let wrong = Diagnostic::error("config::value", format!("this is {found}")).at(file, span);
        let header = file.words(span).lines().next().unwrap_or_default().trim();
        if found == "a table" && expected.starts_with("a list") && header.starts_with('[') {
            let help = format!("write its name in two brackets: `[{header}]`");
            return wrong.label("there may be several of it").help(help);
        }
        return wrong.label(format!("expected {expected}"));
    }
    // Our own words about a value end with what to do.
    match message.split_once("; ") {
        Some((message, help)) => {
            Diagnostic::error("config::value", message).at(file, span).help(help)
        }
        None => Diagnostic::error("config::value", message).at(file, span),
    }
}

/// What serde found and what it expected, in words of the file.
fn wrong_type(message: &str) -> Option<(&'static str, &'static str)> {
    const FOUND: [(&str, &str); 6] = [
        ("string", "text"),
        ("integer", "a number"),
        ("floating point", "a number with a point"),
        ("boolean", "`true` or `false`"),
        ("sequence", "a list"),
        ("map", "a table"),
    ];
    const EXPECTED: [(&str, &str); 11] = [
        ("a length of time", "a length of time in quotation marks, for example `\"2h\"`"),
        ("an amount of money", "an amount such as `20` or `0.25`"),
        ("a nonzero u32", "a whole number from 1"),
        ("a sequence", "a list, for example `[\"one\"]`"),
        ("a string", "text in quotation marks"),
        ("path string", "text in quotation marks"),
        ("a boolean", "`true` or `false`"),
        ("u16", "a whole number from 0 to 65535"),
        ("usize", "a whole number"),
        ("struct", "a table"),
        ("a map", "a table"),
    ];
    let said = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "))?;
    let (found, expected) = said.split_once(", expected ")?;
    let in_words = |words: &[(&str, &'static str)], said: &str| {
        words.iter().find(|(start, _)| said.starts_with(start)).map(|(_, words)| *words)
    };
    Some((in_words(&FOUND, found)?, in_words(&EXPECTED, expected)?))
}

/// The file with a part of it made unreadable.
fn masked(file: &Source, span: Span) -> Arc<Source> {
    let mut text = file.text.clone();
    if text.get(span.start..span.end).is_some() {
        text.replace_range(span.start..span.end, &"*".repeat(span.end - span.start));
    }
    Source::new(file.path.clone(), text)
}

/// The words between backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

/// Where in the file the value at a path of keys stands; in a list the key is the place, from 0.
pub(crate) fn locate(file: &Source, path: &[&str]) -> Option<Span> {
    let table = DeTable::parse(&file.text).ok()?;
    let mut span = None;
    let mut here: Option<Spanned<DeValue<'_>>> = None;
    for key in path {
        let found = match &here {
            None => table.get_ref().get(*key).cloned(),
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => table.get(*key).cloned(),
                DeValue::Array(list) => {
                    key.parse().ok().and_then(|at: usize| list.get(at)).cloned()
                }
                _ => None,
            },
        }?;
        span = Some(Span::from(found.span()));
        here = Some(found);
    }
    span
}

/// Where in the file a text stands as the value of a key, at whatever depth.
pub(crate) fn locate_text(file: &Source, key: &str, wanted: &dyn Fn(&str) -> bool) -> Option<Span> {
    fn search(table: &DeTable<'_>, key: &str, wanted: &dyn Fn(&str) -> bool) -> Option<Span> {
        table.iter().find_map(|(name, value)| match value.get_ref() {
            DeValue::String(text) if name.get_ref() == key && wanted(text) => {
                Some(Span::from(value.span()))
            }
            DeValue::Table(inner) => search(inner, key, wanted),
            _ => None,
        })
    }
    search(DeTable::parse(&file.text).ok()?.get_ref(), key, wanted)
}
