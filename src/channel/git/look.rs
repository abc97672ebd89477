//! What stands on the branches of a server, and what is to be done about it.

use serde_json::Value;

use super::repository::{Failure, Id, Repository};
use crate::channel::wire::GitCommit;

/// A branch as it is on a server.
pub(super) struct At {
    pub commit: Id,
    /// The file; `None` if it has none.
    pub text: Option<String>,
}

/// What stands where.
pub(super) struct Look {
    pub base: At,
    /// The delivery's own branch.
    pub own: Option<At>,
    /// The branch on which the copy came first.
    pub earlier: Option<At>,
}

/// Where a commit goes.
pub(super) enum Way<'a> {
    /// It stands there already, on this branch.
    Stands(&'a str),
    /// Nothing is to be done: what readers see says it.
    Merged,
    /// On top of this commit, to this branch.
    OnTop { parent: &'a At, branch: &'a str },
}

/// A file as it is in a commit.
///
/// # Errors
/// [`Failure`] if git does not say, or it is no text.
pub(super) async fn at(repository: &Repository, commit: Id, path: &str) -> Result<At, Failure> {
    let bytes = repository.file(&commit, path).await?;
    let text = bytes
        .map(String::from_utf8)
        .transpose()
        .map_err(|_| Failure::of_ours(format!("`{path}` is not UTF-8 there")))?;
    Ok(At { commit, text })
}

/// Looks at everything that a commit is about.
///
/// # Errors
/// [`Failure`] if a server does not say what it has.
pub(super) async fn look(repository: &Repository, wanted: &GitCommit) -> Result<Look, Failure> {
    repository.prepare().await?;
    let base = repository.fetch(&wanted.repository, &wanted.base).await?;
    let base = at(repository, base, &wanted.file).await?;
    let mut look = Look { base, own: None, earlier: None };
    for branch in std::iter::once(&wanted.branch).chain(&wanted.earlier) {
        if repository.remote_branch(&wanted.pushed_to, branch).await?.is_none() {
            continue;
        }
        let commit = repository.fetch(&wanted.pushed_to, branch).await?;
        let at = at(repository, commit, &wanted.file).await?;
        match *branch == wanted.branch {
            true => look.own = Some(at),
            false => look.earlier = Some(at),
        }
    }
    Ok(look)
}

/// Where the commit goes, as things stand.
pub(super) fn way<'a>(look: &'a Look, wanted: &'a GitCommit) -> Result<Way<'a>, String> {
    let says = |at: &At| says(at.text.as_deref(), wanted);
    if let Some(own) = &look.own {
        return Ok(match says(own)? {
            true => Way::Stands(&wanted.branch),
            false => Way::OnTop { parent: own, branch: &wanted.branch },
        });
    }
    // A branch whose entry the base has not, is not merged: it takes the change too.
    if let (Some(earlier), Some(branch)) = (&look.earlier, &wanted.earlier) {
        if says(earlier)? && !says(&look.base)? {
            return Ok(Way::Stands(branch));
        }
        if !is_same_entry(earlier, &look.base, wanted)? {
            return Ok(Way::OnTop { parent: earlier, branch });
        }
    }
    Ok(match says(&look.base)? {
        true => Way::Merged,
        false => Way::OnTop { parent: &look.base, branch: &wanted.branch },
    })
}

/// Whether two branches say the same of this ad.
fn is_same_entry(one: &At, other: &At, wanted: &GitCommit) -> Result<bool, String> {
    let entry = |at: &At| match (&wanted.list, at.text.as_deref()) {
        (Some(list), Some(text)) => list
            .find(text, &wanted.name)
            .map(|it| it.map(str::to_owned))
            .map_err(|it| it.to_string()),
        (_, text) => Ok(text.map(str::to_owned)),
    };
    Ok(match (entry(one)?, entry(other)?) {
        (Some(one), Some(other)) => same(&one, &other),
        (None, None) => true,
        _ => false,
    })
}

/// What stands in a file of this ad.
///
/// # Errors
/// In words, if it is not known which entry is ours.
pub(super) fn standing<'a>(
    text: Option<&'a str>,
    wanted: &GitCommit,
) -> Result<Option<&'a str>, String> {
    let name = wanted.new_name.as_ref().unwrap_or(&wanted.name);
    match (&wanted.list, text) {
        (Some(list), Some(text)) => list.find(text, name).map_err(|error| error.to_string()),
        (_, text) => Ok(text),
    }
}

/// Whether a file says what is wanted.
///
/// # Errors
/// In words, if it is not known which entry is ours.
pub(super) fn says(text: Option<&str>, wanted: &GitCommit) -> Result<bool, String> {
    Ok(match (standing(text, wanted)?, &wanted.entry) {
        (Some(stands), Some(entry)) => same(stands, entry),
        (None, None) => true,
        _ => false,
    })
}

/// The file with the entry put in or taken out; `None` if there is no such file then.
pub(super) fn changed(text: Option<&str>, wanted: &GitCommit) -> Result<Option<String>, String> {
    let Some(list) = &wanted.list else { return Ok(wanted.entry.clone()) };
    let text = text.unwrap_or_default();
    let changed = match (&wanted.entry, &wanted.new_name) {
        (Some(entry), Some(new_name)) => {
            // The entry may have had another name, and may have its new one already.
            let had = list.find(text, &wanted.name).map_err(|error| error.to_string())?;
            let name = if had.is_some() { &wanted.name } else { new_name };
            list.with(text, entry, name)
        }
        _ => list.without(text, &wanted.name),
    };
    changed.map(Some).map_err(|error| error.to_string())
}

/// Whether two entries say the same. Who keeps a list in YAML lays it out anew, so what it means
/// counts.
pub(super) fn same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    if lines(one) == lines(other) {
        return true;
    }
    let meaning =
        |text: &str| serde_saphyr::from_str::<Value>(text).ok().filter(|it| !it.is_string());
    matches!((meaning(one), meaning(other)), (Some(one), Some(other)) if one == other)
}
