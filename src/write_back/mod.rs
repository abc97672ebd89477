//! The links of copies, back on the site: a data file per ad, and `syndication:` in the front matter
//! of its pages where that is wanted.
//!
//! [`plan`] names what has to change, by what the ledger says and what the files hold; `apply` does
//! it. A dry run shows the same plan. Whatever was interrupted is done by the next run, because
//! nothing is remembered but the files themselves.
//!
//! A page is touched only if what it says stays the same: a new text that would be another revision
//! is not written (`pages`). Data files that are not ours are not touched at all (`data`).

mod data;
mod git;
mod pages;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::deliver::Postings;
use crate::ledger::{Ledger, LedgerError, Published};
use crate::site::Site;
use crate::site::write_back::{FrontMatter, Git, WriteBack};
pub use data::PARTIAL;
pub use git::Committed;

/// A file that is to be made, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub path: PathBuf,
    /// What it holds now; `None` if it is not there.
    pub before: Option<String>,
    /// What it is to hold; `None` if it is to go.
    pub after: Option<String>,
}

/// What there is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// What cannot be done, and why.
    pub remarks: Vec<String>,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    pub written: Vec<PathBuf>,
    pub committed: Option<Committed>,
    pub remarks: Vec<String>,
}

/// What the files should hold and do not.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot be read.
pub async fn plan(site: &Site, ledger: &Ledger, postings: &Postings) -> Result<Plan, LedgerError> {
    let Some(rules) = &site.write_back else { return Ok(Plan::default()) };
    Ok(planned(site, rules, &ledger.published().await?, postings))
}

fn planned(site: &Site, rules: &WriteBack, published: &[Published], postings: &Postings) -> Plan {
    let mut plan = Plan::default();
    data::plan(rules, published, postings, &mut plan);
    if rules.front_matter == FrontMatter::Written {
        pages::plan(site, published, postings, &mut plan);
    }
    plan
}

/// Writes what should be there, and commits it if that is wanted.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot be read. What could not be written is a remark.
pub async fn run(
    site: &Site,
    ledger: &Ledger,
    postings: &Postings,
) -> Result<Written, LedgerError> {
    let Some(rules) = &site.write_back else { return Ok(Written::default()) };
    let published = ledger.published().await?;
    let Plan { changes, remarks } = planned(site, rules, &published, postings);
    let mut written = Written { remarks, ..Written::default() };
    for change in changes {
        match apply(&change) {
            Ok(()) => written.written.push(change.path),
            Err(why) => written.remarks.push(format!("{}: {why}", change.path.display())),
        }
    }
    if rules.git != Git::None {
        let wanted = |path: &Path, text: &str| pages::wanted(&published, postings, path, text);
        match git::commit(rules, &pages::files(postings), &wanted).await {
            Ok(committed) => written.committed = committed,
            Err(why) => written.remarks.push(why),
        }
    }
    Ok(written)
}

/// Does one change: whole or not at all, and not if the file is another one by now.
fn apply(change: &Change) -> io::Result<()> {
    // The file behind a link is replaced, not the link.
    let path = fs::canonicalize(&change.path).unwrap_or_else(|_| change.path.clone());
    let now = match fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if now.as_deref() != change.before.as_ref().map(String::as_bytes) {
        return Err(io::Error::other(
            "somebody changed it meanwhile; it is looked at the next time",
        ));
    }
    let Some(text) = &change.after else { return fs::remove_file(&path) };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.as_os_str().to_owned();
    // Under a name that no generator takes for a page or a file of data.
    name.push(".new");
    let beside = PathBuf::from(name);
    let put = || {
        let mut file = fs::File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        if let Ok(there) = fs::metadata(&path) {
            file.set_permissions(there.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&beside, &path)
    };
    put().inspect_err(|_| {
        // What is left of it helps nobody; the error that is told is the first one.
        let _ = fs::remove_file(&beside);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_not_if_somebody_changed_it_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/ad.json");
        let text = |text: &str| Some(text.to_owned());
        let change = |before: Option<String>, after: Option<String>| {
            apply(&Change { path: path.clone(), before, after }).map_err(|error| error.to_string())
        };
        assert_eq!(change(None, text("one")), Ok(()));
        assert!(change(None, text("two")).unwrap_err().contains("changed it meanwhile"));
        assert!(change(text("another"), None).unwrap_err().contains("changed it meanwhile"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(change(text("one"), text("two")), Ok(()));
        assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1);
        assert_eq!(change(text("two"), None), Ok(()));
        assert!(!path.exists());
    }
}
