//! Looks at a list, and at each entry, before it takes the place of the last good one.

use std::io;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::format::{Format, INDEX, JSON_FEED};
use super::list::File;
use super::shape::{self, EURAXESS, INDEED, PERSONIO};
use crate::channel::Outcome;

/// How much of what `xmllint` says is shown.
const LINES: usize = 3;

/// What Google requires of a JobPosting, and of one that has a place or an employer:
/// <https://developers.google.com/search/docs/appearance/structured-data/job-posting>
const JOB_POSTING: [&str; 5] = [
    "/title",
    "/description",
    "/datePosted",
    "/hiringOrganization/name",
    "/jobLocation/address/addressCountry",
];

/// What a list for readers cannot do without.
const READABLE: [&str; 2] = ["/title", "/url"];

/// Whether an entry is what its format wants.
///
/// # Errors
/// In words: what is wrong with it.
pub fn entry(format: Format, document: &str) -> Result<(), String> {
    match format {
        Format::Hugo => json_entry(document, &JOB_POSTING),
        Format::JsonLd | Format::Atom | Format::Rss | Format::JsonFeed => {
            json_entry(document, &READABLE)
        }
        Format::Euraxess => shape::check(&tree(document)?, &EURAXESS),
        Format::Indeed => shape::check(&tree(document)?, &INDEED),
        Format::Personio => shape::check(&tree(document)?, &PERSONIO),
    }
}

/// Whether an entry says all that Google requires of a JobPosting.
pub fn is_job_posting(document: &str) -> bool {
    json_entry(document, &JOB_POSTING).is_ok()
}

/// Whether a file of a list is what its format wants.
///
/// # Errors
/// In words: what is wrong with it.
pub fn file(format: Format, file: &File) -> Result<(), String> {
    let in_file = |why: String| format!("{}: {why}", file.name);
    match (format, file.name.as_str()) {
        (Format::Euraxess | Format::Indeed | Format::Personio, _) => {
            let tree = roxmltree::Document::parse(&file.text)
                .map_err(|error| in_file(error.to_string()))?;
            entries(format, &tree)
                .try_for_each(|entry| shape::check_element(entry, shape_of(format)))
                .map_err(in_file)
        }
        (_, name) if name.ends_with(".atom") || name.ends_with(".rss") => {
            roxmltree::Document::parse(&file.text).map(|_| ()).map_err(|it| in_file(it.to_string()))
        }
        (_, INDEX) => json(&file.text).map(|_| ()).map_err(in_file),
        (_, JSON_FEED) => {
            let feed = json(&file.text).map_err(in_file)?;
            let items = feed["items"].as_array().into_iter().flatten();
            let mut ids: Vec<&str> = items.filter_map(|item| item["id"].as_str()).collect();
            let number = ids.len();
            ids.sort_unstable();
            ids.dedup();
            if ids.len() == number { Ok(()) } else { Err(in_file("an id stands twice".to_owned())) }
        }
        (format, _) => entry(format, &file.text).map_err(in_file),
    }
}

/// How many ads a list holds; none if it cannot be read.
pub fn number_of_entries(format: Format, list: &str) -> usize {
    match format {
        Format::JsonFeed => {
            json(list).ok().and_then(|feed| feed["items"].as_array().map(Vec::len)).unwrap_or(0)
        }
        _ => roxmltree::Document::parse(list).map_or(0, |tree| entries(format, &tree).count()),
    }
}

/// Whether a list keeps to an XML schema, as `xmllint` says.
///
/// # Errors
/// [`Outcome::Refused`] if not, [`Outcome::Blocked`] if there is no `xmllint` or no schema.
pub fn by_schema(list: &Path, schema: &Path) -> Result<(), Outcome> {
    let looked = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([schema, list])
        .output();
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let why = "`validate` wants `xmllint`, and it is not here: install it (Debian: \
                       `apt install libxml2-utils`), or remove `validate`"
                .to_owned();
            return Err(Outcome::Blocked { why });
        }
        Err(error) => {
            let why = format!("`xmllint` cannot be run: {error}");
            return Err(Outcome::Deferred { why, after: None });
        }
    };
    let said = String::from_utf8_lossy(&looked.stderr);
    let shown = list.display().to_string();
    let said: Vec<String> =
        said.lines().take(LINES).map(|line| line.replace(&shown, "the list")).collect();
    match looked.status.code() {
        Some(0) => Ok(()),
        // Its own codes: 3 and 4 for a document that is not valid, 1 for one that cannot be read.
        Some(1 | 3 | 4) => Err(Outcome::Refused {
            why: format!("the list would not keep to {}: {}", schema.display(), said.join("; ")),
        }),
        _ => Err(Outcome::Blocked {
            why: format!("{} cannot be used as a schema: {}", schema.display(), said.join("; ")),
        }),
    }
}

fn shape_of(format: Format) -> &'static shape::Element {
    match format {
        Format::Indeed => &INDEED,
        Format::Personio => &PERSONIO,
        _ => &EURAXESS,
    }
}

fn entries<'a, 'input>(
    format: Format,
    tree: &'a roxmltree::Document<'input>,
) -> impl Iterator<Item = roxmltree::Node<'a, 'input>> {
    let name = match format {
        Format::Euraxess | Format::Indeed | Format::Personio => shape_of(format).name,
        Format::Rss => "item",
        _ => "entry",
    };
    tree.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

fn tree(document: &str) -> Result<roxmltree::Document<'_>, String> {
    roxmltree::Document::parse(document).map_err(|error| error.to_string())
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

fn json_entry(document: &str, wanted: &[&str]) -> Result<(), String> {
    let document = json(document)?;
    let says = |pointer: &&&str| {
        document.pointer(pointer).and_then(Value::as_str).is_some_and(|it| !it.trim().is_empty())
    };
    match wanted.iter().find(|pointer| !says(pointer)) {
        None => Ok(()),
        Some(pointer) => {
            let path = pointer.trim_start_matches('/').replace('/', ".");
            Err(format!("the entry has no `{path}`"))
        }
    }
}
