//! Reads a TOML file into a struct, with every mistake at its place.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Source, Span, suggestion};

/// Reads `file` into a `T`, over `preset` where there is one: keys of the file win, tables are
/// joined. `None` with errors among the diagnostics if it cannot be read.
pub(crate) fn read<T: DeserializeOwned>(
    file: &Arc<Source>,
    preset: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let (mut table, errors) = DeTable::parse_recoverable(&file.text);
    if !errors.is_empty() {
        diagnostics.extend(errors.iter().map(|error| syntax(file, error)));
        return None;
    }
    if let Some(preset) = preset {
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
                {
                    join(own, below);
                }
            }
        }
    }
}

fn syntax(file: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    Diagnostic::error("config::syntax", "this is not valid TOML")
        .at(file, span)
        .label(first_line(error.message()))
}

/// Puts serde's words about a key or value into ours.
fn meaning(file: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let span = Span::from(error.span().unwrap_or(0..0));
    let message = first_line(error.message());
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
    Diagnostic::error("config::value", message).at(file, span)
}

/// The words between backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

/// Where in the file the value at a path of keys stands.
pub(crate) fn locate(file: &Source, path: &[&str]) -> Option<Span> {
    let table = DeTable::parse(&file.text).ok()?;
    let mut span = None;
    let mut here: Option<Spanned<DeValue<'_>>> = None;
    for key in path {
        let found = match &here {
            None => table.get_ref().get(*key).cloned(),
            Some(value) => value.get_ref().as_table().and_then(|table| table.get(*key)).cloned(),
        }?;
        span = Some(Span::from(found.span()));
        here = Some(found);
    }
    span
}
