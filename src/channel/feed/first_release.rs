//! A feed of the first release, which remembered its entries in the folder that others read: in
//! `NAME.jsonld`, with `feed.atom` and `index.json` made of them, and no list beside these.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::format::{ATOM, Format, INDEX, JSON_FEED, RSS};
use super::list::{Entry, is_entry_id};
use super::valid;

/// What such a feed remembers, and when its list was made; `None` if the folder is none of its, or
/// does not hold a document for each entry of the list.
///
/// # Errors
/// If a file is there and cannot be read.
pub fn entries(format: Format, folder: &Path) -> io::Result<Option<(Vec<Entry>, DateTime<Utc>)>> {
    let stands = |name: &str| folder.join(name).is_file();
    let is_of_it = format == Format::JsonLd
        && [ATOM, INDEX].into_iter().all(stands)
        && ![RSS, JSON_FEED].into_iter().any(stands);
    if !is_of_it {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let (Some(name), Some("jsonld")) = (
            path.file_stem().and_then(|name| name.to_str()),
            path.extension().and_then(|ending| ending.to_str()),
        ) else {
            continue;
        };
        if is_entry_id(name) {
            entries.push(Entry {
                id: name.to_owned(),
                document: std::fs::read_to_string(&path)?,
                changed_at: modified(&path)?,
            });
        }
    }
    entries.sort_by(|one, other| one.id.cmp(&other.id));
    let list = folder.join(ATOM);
    let listed = valid::number_of_entries(format, &std::fs::read_to_string(&list)?);
    Ok(if listed == entries.len() { Some((entries, modified(&list)?)) } else { None })
}

fn modified(path: &Path) -> io::Result<DateTime<Utc>> {
    Ok(path.metadata()?.modified()?.into())
}
