//! A file per ad, which a site generator reads as data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Change, Plan};
use crate::deliver::Postings;
use crate::ledger::Published;
use crate::posting::{Posting, PostingId};
use crate::site::write_back::WriteBack;

/// Shows the links on a page of Hugo, with microformats.
pub const PARTIAL: &str = include_str!("../../templates/hugo/syndication.html");

/// Whose file it is: others are not touched.
const OURS: &str = "handbill";

/// What a file of data says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Syndication {
    made_by: String,
    id: String,
    /// The pages of the ad, from the content folder.
    pages: Vec<String>,
    links: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    channel: String,
    /// For readers: the host.
    name: String,
    url: String,
}

/// Names the files that are not what they should be.
pub(super) fn plan(
    rules: &WriteBack,
    published: &[Published],
    postings: &Postings,
    plan: &mut Plan,
) {
    let mut wanted: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (id, links) in by_posting(published) {
        let Some(posting) = postings.named(id) else { continue };
        let data = Syndication {
            made_by: OURS.to_owned(),
            id: id.as_str().to_owned(),
            pages: pages_of(posting),
            links,
        };
        match serde_json::to_string_pretty(&data) {
            Ok(text) => drop(wanted.insert(rules.data.join(file_name(id)), text + "\n")),
            Err(error) => plan.remarks.push(format!("{id}: {error}")),
        }
    }
    let known: BTreeSet<PathBuf> = wanted.keys().cloned().chain(ours(rules)).collect();
    for path in known {
        let before = fs::read_to_string(&path).ok();
        let after = wanted.remove(&path);
        if before.as_deref().is_some_and(|text| !is_ours(text)) {
            let why = "somebody else's file stands where ours should";
            plan.remarks.push(format!("{}: {why}", path.display()));
        } else if before != after {
            plan.changes.push(Change { path, before, after });
        }
    }
}

fn by_posting(published: &[Published]) -> BTreeMap<&PostingId, Vec<Link>> {
    let mut by_posting: BTreeMap<&PostingId, Vec<Link>> = BTreeMap::new();
    for copy in published.iter().filter(|copy| copy.stands()) {
        by_posting.entry(&copy.posting).or_default().push(Link {
            channel: copy.channel.as_str().to_owned(),
            name: copy.link.host_str().unwrap_or_default().to_owned(),
            url: copy.link.to_string(),
        });
    }
    by_posting
}

pub(super) fn pages_of(posting: &Posting) -> Vec<String> {
    let others = posting.translations.values().map(|it| it.path.clone());
    let pages: BTreeSet<String> = others.chain([posting.path.clone()]).collect();
    pages.into_iter().collect()
}

/// The files in the folder that we have made.
fn ours(rules: &WriteBack) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(&rules.data) else { return Vec::new() };
    let paths = folder.filter_map(|entry| Some(entry.ok()?.path()));
    let is_data = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    let read = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| is_ours(&text));
    paths.filter(is_data).filter(read).collect()
}

pub(super) fn is_ours(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|it: Syndication| it.made_by == OURS)
}

/// The id as a name of a file, and nothing that leads out of the folder.
fn file_name(id: &PostingId) -> String {
    let sign = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let name: String = id.as_str().chars().map(sign).collect();
    // Two ids that look alike as names have a file each.
    let whole = crate::adapt::picture::sha256(id.as_str().as_bytes());
    match name == id.as_str() {
        true => format!("{name}.json"),
        false => format!("{name}-{}.json", whole.get(..8).unwrap_or_default()),
    }
}
