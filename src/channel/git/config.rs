//! A list in a repository as a channel's file describes it: the `[git]` table.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::entry::List;
use super::request;
use crate::adapt::DocumentType;
use crate::channel::known::Known;
use crate::channel::secret::SecretRef;

/// The `[git]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The repository of the list, as `git` takes it.
    pub repository: String,
    /// The branch that readers' pages are made of.
    #[serde(default = "main_branch")]
    pub branch: String,
    /// Our fork, where branches are pushed; default: the repository itself.
    pub fork: Option<String>,
    /// Where a copy of the repository is kept; default: `state/git/NAME` in the site's folder.
    #[serde(default)]
    pub folder: PathBuf,
    /// Who commits.
    pub author: AuthorName,
    /// The file of the list; or that of an ad alone, with `{reference}` in it and perhaps `{year}`.
    pub file: String,
    /// How the entries of the list look; without it each ad is a file of its own.
    pub list: Option<List>,
    /// What the template makes.
    pub format: DocumentType,
    /// With what branches are pushed over HTTPS; over SSH the machine's own key is taken.
    pub token: Option<SecretRef>,
    /// Where the pull request is opened; without it a person is asked to.
    pub request: Option<request::Config>,
    /// Where a person opens it, with `{base}`, `{owner}` and `{branch}`.
    pub compare: Option<String>,
    /// Where readers find what was merged.
    pub readers: Option<Url>,
    /// How sure it is that the list is as described here.
    pub known: Option<Known>,
    /// Where that was learnt.
    pub docs: Option<String>,
}

/// The author of commits.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorName {
    pub name: String,
    pub email: String,
}

fn main_branch() -> String {
    "main".to_owned()
}

impl Config {
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let token = self.token.iter_mut().map(|token| ("token", token));
        let request = self.request.iter_mut().map(|it| ("request.token", &mut it.token));
        token.chain(request).collect()
    }

    pub(super) fn pushed_to(&self) -> &str {
        self.fork.as_deref().unwrap_or(&self.repository)
    }

    /// Whose the repository is that branches go to: the last folder but one of its address.
    pub(super) fn owner(&self) -> &str {
        let path = self.pushed_to().trim_end_matches('/').trim_end_matches(".git");
        path.rsplit(['/', ':']).nth(1).unwrap_or_default()
    }
}

impl Config {
    /// # Errors
    /// The key that is wrong and why, with what to write.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        for (key, url) in
            [("git.repository", Some(&self.repository)), ("git.fork", self.fork.as_ref())]
        {
            if url.is_some_and(|url| !is_repository(url)) {
                let why = "it is no address of a repository; write it like \
                           `https://host.example/owner/name.git`";
                return Err((key, why));
            }
        }
        if !is_branch(&self.branch) {
            return Err(("git.branch", "it is no name of a branch; write for example `main`"));
        }
        if !is_path(&self.file) {
            let why = "it is no path in a repository; write it like `_data/jobs.yml` or \
                       `jobs/{reference}.md`";
            return Err(("git.file", why));
        }
        match &self.list {
            None if !self.file.contains("{reference}") => {
                let why = "all ads would be one file; write `{reference}` in it, or describe \
                           `git.list`";
                return Err(("git.file", why));
            }
            Some(_) if self.file.contains('{') => {
                return Err(("git.file", "a list is one file; write its path without braces"));
            }
            Some(list) if list.begins.is_empty() || list.known_by.trim().is_empty() => {
                let why = "`begins` and `known_by` may not be empty; write for example `- ` and \
                           `url:`";
                return Err(("git.list", why));
            }
            _ => {}
        }
        let AuthorName { name, email } = &self.author;
        let odd = |words: &str| words.trim().is_empty() || words.contains(['<', '>', '\n', '\0']);
        if odd(name) || odd(email) {
            let why = "name or address is no author; write \
                       `{ name = \"Lab\", email = \"lab@host.example\" }`";
            return Err(("git.author", why));
        }
        if self.request.is_none() && self.compare.is_none() {
            let why = "nobody would open the pull request; describe the host's API under it, or \
                       write in `compare` where a person opens it";
            return Err(("git.request", why));
        }
        Ok(())
    }
}

/// Whether git takes it for an address, and not for an option or a program to run (`ext::…`).
fn is_repository(url: &str) -> bool {
    let runs = url.split_once("::").is_some_and(|(before, _)| {
        before.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    !url.trim().is_empty() && !url.starts_with('-') && !runs
}

fn is_branch(name: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    !name.is_empty()
        && name.bytes().all(fit)
        && !name.contains("..")
        && !name.contains("//")
        && !name.starts_with(['-', '/', '.'])
        && !name.ends_with(['/', '.'])
}

/// A path below the repository's own folder, and not in git's.
pub(super) fn is_path(path: &str) -> bool {
    let parts_fit = path.split('/').all(|part| {
        !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git")
    });
    parts_fit
        && !path.contains(|c: char| c.is_control() || c == '\\' || c == ',')
        && !path.starts_with('-')
}

/// The host of a repository's address; `None` for a folder of this machine.
pub(super) fn host_of(url: &str) -> Option<String> {
    if let Ok(parsed) = Url::parse(url) {
        return parsed.host_str().filter(|host| !host.is_empty()).map(str::to_owned);
    }
    // `user@host:path`, as ssh is written.
    let (host, _) = url.split_once(':')?;
    (!host.contains('/')).then(|| host.rsplit('@').next().unwrap_or(host).to_owned())
}
