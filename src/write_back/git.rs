//! A commit of our files and nothing else. What somebody has staged or not finished stays as it is:
//! a page is committed only if links are all that it has beside the last commit.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::process::Command;

use super::data;
use crate::site::write_back::{Git, WriteBack};

/// What was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Committed {
    pub commit: String,
    /// From the root of the repository.
    pub files: Vec<PathBuf>,
    pub pushed: bool,
}

const MESSAGE: &str = "Links of job ads that are published elsewhere\n\nWritten by handbill.";

/// A command that takes longer is ended: a server may hang.
const WITHIN: Duration = Duration::from_secs(60);

/// The repository in which the site lies.
struct Repository {
    root: PathBuf,
}

/// Commits what is not committed yet of our data files and of pages that have other links; `None`
/// if all of it is. `wanted` is the text that a page should have instead of another one.
///
/// # Errors
/// In words. It is tried again the next time.
pub(super) async fn commit(
    rules: &WriteBack,
    pages: &[PathBuf],
    wanted: &(dyn Fn(&Path, &str) -> Option<String> + Sync),
) -> Result<Option<Committed>, String> {
    let there = rules.data.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let root = git(there, [OsStr::new("rev-parse"), OsStr::new("--show-toplevel")]).await?;
    let repository = Repository { root: PathBuf::from(root.trim_end()) };
    let mut files = repository.data(rules).await?;
    files.extend(repository.pages(pages, wanted).await?);
    if files.is_empty() {
        return Ok(None);
    }
    let paths = || files.iter().map(|path| path.as_os_str());
    let words = |words: &'static [&'static str]| words.iter().map(OsStr::new);
    repository.git(words(&["add", "--all", "--"]).chain(paths())).await?;
    let commit =
        words(&["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", MESSAGE]);
    repository.git(commit.chain(words(&["--only", "--"])).chain(paths())).await?;
    let commit = repository.git(words(&["rev-parse", "HEAD"])).await?.trim_end().to_owned();
    let pushed = rules.git == Git::Push;
    if pushed {
        let pushing = repository.git(words(&["push", "--quiet"])).await;
        pushing.map_err(|why| format!("the links are committed, and not pushed: {why}"))?;
    }
    Ok(Some(Committed { commit, files: files.into_iter().collect(), pushed }))
}

impl Repository {
    async fn git<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a OsStr>,
    ) -> Result<String, String> {
        git(&self.root, arguments).await
    }

    /// The text of a file in the last commit.
    async fn committed(&self, path: &Path) -> Option<String> {
        let name = format!("HEAD:{}", path.to_str()?);
        self.git([OsStr::new("show"), OsStr::new(&name)]).await.ok()
    }

    /// The data files that the last commit has not, or has otherwise.
    async fn data(&self, rules: &WriteBack) -> Result<BTreeSet<PathBuf>, String> {
        let folder = std::path::absolute(&rules.data).unwrap_or_else(|_| rules.data.clone());
        let folder =
            self.relative(&folder).ok_or("the data files lie outside of the repository")?;
        let status = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--"];
        let status = status.iter().map(OsStr::new).chain([folder.as_os_str()]);
        let status = self.git(status).await?;
        let mut files = BTreeSet::new();
        for line in status.split('\0').filter(|line| !line.is_empty()) {
            let Some(path) = line.get(3..).map(PathBuf::from) else { continue };
            let text = match fs::read_to_string(self.root.join(&path)) {
                Ok(text) => Some(text),
                Err(_) => self.committed(&path).await,
            };
            if text.is_some_and(|text| data::is_ours(&text)) {
                files.insert(path);
            }
        }
        Ok(files)
    }

    /// The pages that differ from the last commit by their links alone.
    async fn pages(
        &self,
        pages: &[PathBuf],
        wanted: &(dyn Fn(&Path, &str) -> Option<String> + Sync),
    ) -> Result<Vec<PathBuf>, String> {
        let mut files = Vec::new();
        let relative = pages.iter().filter_map(|page| Some((page, self.relative(page)?)));
        let relative: Vec<(&PathBuf, PathBuf)> = relative.collect();
        if relative.is_empty() {
            return Ok(files);
        }
        let status = ["status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--"];
        let paths = relative.iter().map(|(_, path)| path.as_os_str());
        let changed = self.git(status.iter().map(OsStr::new).chain(paths)).await?;
        let changed: BTreeSet<PathBuf> =
            changed.split('\0').filter_map(|line| line.get(3..).map(PathBuf::from)).collect();
        for (page, path) in relative.into_iter().filter(|(_, path)| changed.contains(path)) {
            let (Some(before), Ok(now)) = (self.committed(&path).await, fs::read_to_string(page))
            else {
                continue;
            };
            if before != now && wanted(page, &before).as_ref() == Some(&now) {
                files.push(path);
            }
        }
        Ok(files)
    }

    /// The path of a file in the repository, there or not.
    fn relative(&self, path: &Path) -> Option<PathBuf> {
        let there = path.ancestors().find(|it| it.exists())?;
        let rest = path.strip_prefix(there).ok()?;
        let whole = fs::canonicalize(there).ok()?.join(rest);
        Some(whole.strip_prefix(&self.root).ok()?.to_owned())
    }
}

/// Runs git, which can neither ask nor hang, and takes paths as they are.
async fn git<'a>(
    folder: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<String, String> {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        git.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    }
    let ended = match tokio::time::timeout(WITHIN, git.output()).await {
        Ok(ended) => ended.map_err(|error| format!("cannot run git: {error}"))?,
        Err(_) => return Err(format!("git was ended after {} s", WITHIN.as_secs())),
    };
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(format!("git in {} failed: {}", folder.display(), said.join("; ")))
}
