//! Placeholders in a board's description are filled in.

use std::fmt::Write as _;

use super::description::{Auth, Config};
use crate::adapt::DocumentType;
use crate::adapt::html::escape;
use crate::adapt::text::slug;
use crate::channel::wire::{Verb, held_back, id_of};
use crate::diagnostic::suggestion;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The placeholders of addresses and bodies.
const PLACEHOLDERS: [&str; 8] = ["base", "id", "link", "reference", "slug", "key", "page", "file"];

/// Begins the placeholder of one of the channel's own `[values]`.
const OWN: &str = "values.";

/// Begins the placeholder of a time, before its format.
const AT: &str = "at:";

/// Begins a placeholder with three words: of a request that creates, of one that changes, and of one
/// that takes back.
const VERB: &str = "verb:";

/// Stands for the document that a template made, or with a JSON pointer for a part of it.
const DOCUMENT: &str = "document";

/// Begins the placeholder of a value that the board's session gave.
const SESSION: &str = "session.";

/// Stands for the credential, where the file says where that belongs.
const CREDENTIAL: &str = "secret";

/// What is percent-encoded in an address: all but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub config: &'a Config,
    pub id: Option<&'a str>,
    pub link: Option<&'a str>,
    pub reference: Option<&'a str>,
    pub key: Option<&'a str>,
    pub page: Option<u32>,
    /// The part of an uploaded file's name by which its result is found.
    pub file: Option<&'a str>,
    pub at: Option<DateTime<Utc>>,
    pub verb: Option<Verb>,
    pub document: Option<&'a str>,
}

impl<'a> Values<'a> {
    /// With nothing known but the board.
    pub(super) fn of(config: &'a Config) -> Self {
        Self {
            config,
            id: None,
            link: None,
            reference: None,
            key: None,
            page: None,
            file: None,
            at: None,
            verb: None,
            document: None,
        }
    }

    /// An address with its placeholders filled in; `None` if a value is not known. A page that is
    /// not known yet stays a placeholder.
    pub(super) fn address(&self, template: &str) -> Option<String> {
        // An address that is one whole placeholder is that address.
        if template == "{link}" {
            return self.link.map(str::to_owned);
        }
        self.fill(template, Absent::Unknown, |name, value| match name {
            "base" => value.to_owned(),
            // An id that is not known before the request is made.
            "id" if value == id_of(super::CREATE) => value.to_owned(),
            _ => in_address(value),
        })
    }

    /// A text with its placeholders filled in as they are.
    pub(super) fn text(&self, template: &str) -> Option<String> {
        self.fill(template, Absent::Unknown, |_, value| value.to_owned())
    }

    /// The same with every value escaped for XML; a part that the document does not have is empty.
    pub(super) fn xml(&self, template: &str) -> Option<String> {
        self.fill(template, Absent::Empty, |_, value| escape(value))
    }

    /// The same with every value as a regular expression that means it.
    pub(super) fn pattern(&self, template: &str) -> Option<String> {
        self.fill(template, Absent::Unknown, |_, value| regex::escape(value))
    }

    /// The document, in XML with the time of the request and what it does filled in; what an ad has
    /// in braces stays as it is.
    pub(super) fn whole_document(&self, format: DocumentType) -> Option<String> {
        let document = self.document?;
        if format != DocumentType::Xml {
            return Some(document.to_owned());
        }
        let mut filled = String::with_capacity(document.len());
        let mut rest = document;
        while let Some((before, placeholder, after)) = next(rest) {
            filled.push_str(before);
            rest = after;
            if placeholder.starts_with(AT) || placeholder.starts_with(VERB) {
                filled.push_str(&escape(&self.value(placeholder)?));
            } else {
                filled.push_str(&format!("{{{placeholder}}}"));
            }
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// JSON with the texts in it filled in.
    pub(super) fn json(&self, template: &Value) -> Option<Value> {
        Some(match template {
            Value::String(text) => match document_part(text) {
                Some(pointer) => self.document_at(pointer)?,
                None => Value::String(self.text(text)?),
            },
            Value::Array(items) => {
                Value::Array(items.iter().map(|it| self.json(it)).collect::<Option<_>>()?)
            }
            Value::Object(members) => {
                // A part that this document does not have is left out.
                let is_there = |it: &Value| match it.as_str().and_then(document_part) {
                    Some(pointer) => self.document_at(pointer).is_some(),
                    None => true,
                };
                let filled = members
                    .iter()
                    .filter(|(_, it)| is_there(it))
                    .map(|(name, it)| Some((name.clone(), self.json(it)?)));
                Value::Object(filled.collect::<Option<_>>()?)
            }
            other => other.clone(),
        })
    }

    /// Whether this is a part that the document does not have, as a whole.
    pub(super) fn lacks(&self, template: &str) -> bool {
        document_part(template).is_some_and(|it| !it.is_empty() && self.document_at(it).is_none())
    }

    /// A part of the document, which is JSON then.
    fn document_at(&self, pointer: &str) -> Option<Value> {
        let document: Value = serde_json::from_str(self.document?).ok()?;
        document.pointer(pointer).cloned()
    }

    /// The same as text.
    fn document_words(&self, pointer: &str) -> Option<String> {
        if pointer.is_empty() {
            return self.document.map(str::to_owned);
        }
        Some(match self.document_at(pointer)? {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    fn fill(
        &self,
        template: &str,
        absent: Absent,
        write: impl Fn(&str, &str) -> String,
    ) -> Option<String> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, placeholder, after)) = next(rest) {
            filled.push_str(before);
            rest = after;
            if placeholder == "page" && self.page.is_none() {
                filled.push_str("{page}");
                continue;
            }
            let value = match placeholder.strip_prefix(DOCUMENT) {
                Some(pointer) if self.document.is_some() && absent == Absent::Empty => {
                    self.document_words(pointer).unwrap_or_default()
                }
                _ => self.value(placeholder)?,
            };
            filled.push_str(&write(placeholder, &value));
        }
        filled.push_str(rest);
        Some(filled)
    }

    fn value(&self, placeholder: &str) -> Option<String> {
        if let Some(format) = placeholder.strip_prefix(AT) {
            return time(self.at?, format);
        }
        if let Some(words) = placeholder.strip_prefix(VERB) {
            let index = match self.verb? {
                Verb::Create => 0,
                Verb::Update => 1,
                Verb::Withdraw => 2,
                Verb::Upload => return None,
            };
            return words.split(',').nth(index).map(str::to_owned);
        }
        if let Some(name) = placeholder.strip_prefix(OWN) {
            return self.config.values.get(name).cloned();
        }
        if placeholder == CREDENTIAL || placeholder.starts_with(SESSION) {
            return Some(held_back(placeholder, self.key.unwrap_or_default()));
        }
        if let Some(pointer) = placeholder.strip_prefix(DOCUMENT) {
            return self.document_words(pointer);
        }
        let known = |value: Option<&str>| value.map(str::to_owned);
        match placeholder {
            "base" => Some(self.config.base.as_str().trim_end_matches('/').to_owned()),
            "id" => known(self.id),
            "link" => known(self.link),
            "reference" => known(self.reference),
            "slug" => self.reference.map(slug),
            "key" => known(self.key),
            "file" => known(self.file),
            "page" => self.page.map(|it| it.to_string()),
            _ => None,
        }
    }
}

/// What becomes of a part of the document that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// The text cannot be filled in.
    Unknown,
    Empty,
}

/// A value as it stands in an address.
pub(super) fn in_address(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// How the record writes the credential where the file says where it belongs.
pub(super) fn credential(key: &str) -> String {
    held_back(CREDENTIAL, key)
}

/// How the record writes a value of the session.
pub(super) fn of_session(name: &str, key: &str) -> String {
    held_back(&format!("{SESSION}{name}"), key)
}

/// The values of the session that a text needs.
pub(super) fn needs_of_session(template: &str) -> Vec<&str> {
    let mut needs = Vec::new();
    let mut rest = template;
    while let Some((_, name, after)) = next(rest) {
        needs.extend(name.strip_prefix(SESSION));
        rest = after;
    }
    needs
}

/// Whether the placeholders of a text mean something.
///
/// # Errors
/// In words, if one does not.
pub(super) fn check(template: &str, config: &Config) -> Result<(), String> {
    if document_part(template).is_some() {
        return Ok(());
    }
    let mut rest = template;
    while let Some((_, name, after)) = next(rest) {
        rest = after;
        if let Some(format) = name.strip_prefix(AT) {
            if time(DateTime::UNIX_EPOCH, format).is_none() {
                return Err(format!(
                    "`{format}` is no format of a time; write it like `%Y-%m-%d_%H-%M-%S`"
                ));
            }
        } else if let Some(words) = name.strip_prefix(VERB) {
            if words.split(',').count() != 3 {
                return Err(format!(
                    "`{{{name}}}` needs three words: to create, to change, to take back; write it \
                     like `{{verb:1,2,3}}`"
                ));
            }
        } else if let Some(own) = name.strip_prefix(OWN) {
            if !config.values.contains_key(own) {
                return Err(format!(
                    "`{{{name}}}` stands for nothing; write `{own} = …` under `[values]`"
                ));
            }
        } else if let Some(of_session) = name.strip_prefix(SESSION) {
            if !config.session.iter().any(|visit| visit.values.contains_key(of_session)) {
                return Err(format!(
                    "`{{{name}}}` stands for nothing; say where it comes from, under `values` of a \
                     `[[board.session]]`"
                ));
            }
        } else if name == CREDENTIAL {
            if !matches!(config.auth, Auth::Body { .. }) {
                return Err(
                    "`{secret}` stands for nothing; write `auth = { type = \"body\", value = … }`"
                        .to_owned(),
                );
            }
        } else if document_part(&format!("{{{name}}}")).is_some() {
            // What a document holds is not known here.
        } else if !PLACEHOLDERS.contains(&name) {
            let help = match suggestion(name, PLACEHOLDERS) {
                Some(meant) => format!("did you mean `{{{meant}}}`?"),
                None => {
                    format!("there are {}", PLACEHOLDERS.map(|it| format!("`{{{it}}}`")).join(", "))
                }
            };
            return Err(format!("`{{{name}}}` stands for nothing; {help}"));
        }
    }
    Ok(())
}

/// The next placeholder of a text, with what is before and after it. What is in braces and looks
/// like no name is none: `[0-9]{4}`.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find('{')?;
        let inside = text.get(open + 1..)?;
        let close = inside.find('}')?;
        let name = inside.get(..close)?;
        let begins = name.starts_with(|it: char| it.is_ascii_alphabetic());
        if begins && !name.contains(['{', '"', '\n']) {
            return Some((text.get(..open)?, name, inside.get(close + 1..)?));
        }
        from = open + 1;
    }
}

/// The JSON pointer of a text that is `{document}` or `{document/POINTER}` as a whole.
fn document_part(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?.strip_prefix(DOCUMENT)?;
    (inside.is_empty() || inside.starts_with('/')).then_some(inside)
}

/// A time as a format wants it; `None` if the format is none.
fn time(at: DateTime<Utc>, format: &str) -> Option<String> {
    let mut written = String::new();
    write!(written, "{}", at.format(format)).ok()?;
    (!written.is_empty()).then_some(written)
}
