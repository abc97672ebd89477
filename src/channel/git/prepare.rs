//! A commit as it goes on record, before anything is asked or sent. Touches nothing.

use chrono::Datelike;

use super::config::{Config, is_path};
use crate::adapt::Rendition;
use crate::channel::wire::{GitCommit, PullRequest, Verb};
use crate::channel::{Address, PrepareError, Receipt, Wire};

/// How much of a delivery's key names its branch.
const KEY_IN_BRANCH: usize = 12;

/// Ready to be committed; `target` is the copy that is changed.
pub(super) fn commit(
    config: &Config,
    verb: Verb,
    rendition: Option<&Rendition>,
    target: Option<&Receipt>,
    address: &Address<'_>,
) -> Result<Wire, PrepareError> {
    let entry = match rendition {
        None => None,
        Some(Rendition::Document { body, .. }) => Some(body.clone()),
        Some(_) => {
            let why = "a repository takes a document, and this is none".to_owned();
            return Err(PrepareError::Invalid(why));
        }
    };
    let earlier = match target {
        None => None,
        Some(receipt) => {
            let id = receipt.remote_id.as_deref().and_then(|id| id.split_once(' '));
            Some(id.ok_or(PrepareError::NoReceipt { what: "branch" })?)
        }
    };
    let new_name = match (&config.list, &entry) {
        (Some(list), Some(entry)) => {
            Some(list.name_of(entry).map(str::to_owned).ok_or_else(|| {
                PrepareError::Invalid(format!(
                    "the entry has no line that begins with `{}`",
                    list.known_by
                ))
            })?)
        }
        _ => None,
    };
    let file = match (&config.list, earlier) {
        // A file of its own is known by its path.
        (None, Some((_, path))) => path.to_owned(),
        (None, None) => {
            let reference: String = address
                .reference
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
                .collect();
            let year = address.at.year().to_string();
            config
                .file
                .replace("{reference}", reference.trim_start_matches(['.', '-']))
                .replace("{year}", &year)
        }
        (Some(_), _) => config.file.clone(),
    };
    let name = match earlier {
        Some((_, name)) => name.to_owned(),
        None => new_name.clone().unwrap_or_else(|| file.clone()),
    };
    if !is_path(&file) {
        return Err(PrepareError::Invalid(format!("`{file}` is no path in a repository")));
    }
    let reference = address.reference;
    let subject = match verb {
        // Nothing is uploaded beside a commit.
        Verb::Create | Verb::Upload => format!("Add the job {reference}"),
        Verb::Update => format!("Update the job {reference}"),
        Verb::Withdraw => format!("Remove the job {reference}"),
    };
    let shown = entry.as_deref().map(|entry| format!("\n\n```\n{}\n```", entry.trim_end()));
    let body = format!("{subject}, from {}.{}", config.author.name, shown.unwrap_or_default());
    Ok(Wire::Commit(GitCommit {
        verb,
        repository: config.repository.clone(),
        base: config.branch.clone(),
        pushed_to: config.pushed_to().to_owned(),
        branch: format!("handbill/{}", &address.key.compact()[..KEY_IN_BRANCH]),
        earlier: earlier.map(|(branch, _)| branch.to_owned()),
        file,
        list: config.list.clone(),
        name,
        new_name,
        entry,
        author_name: config.author.name.clone(),
        author_email: config.author.email.clone(),
        at: address.at,
        message: format!("{subject}\n"),
        request: PullRequest { title: subject, body },
    }))
}
