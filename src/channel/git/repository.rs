//! A bare copy of a repository, worked on with the system's `git`.
//!
//! There is no work tree: files are read from commits and commits are made of files, so nothing of
//! what others wrote is ever run or followed. Git gets an environment of its own: no prompts, no
//! hooks, no settings of this machine or its users; of these it keeps what `ssh` needs. Every call
//! has a time limit and is ended with it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::channel::http::Credential;
use crate::channel::{Outcome, words};

/// What works on this machine alone takes no longer.
const LOCAL: Duration = Duration::from_secs(60);

/// A fetch that takes longer is ended. The first one brings the whole repository; what comes after
/// it in an attempt is too late then, and the next attempt finds it here.
const FETCH: Duration = Duration::from_secs(10 * 60);

/// A push, and a look at what is there, take no longer.
pub(super) const EXCHANGE: Duration = Duration::from_secs(90);

/// The longest file that is read, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// The variables that git keeps: to find programs, for `ssh` its keys and its agent, for the web the
/// proxy and whom this machine trusts.
const KEPT: [&str; 11] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// This machine is never reached through a proxy.
const NEAR: &str = "localhost,127.0.0.1,::1";

/// What a person lends git to sign in with, over HTTPS.
pub(super) struct SignIn {
    /// The server that it is for, for example `https://github.com/`.
    pub origin: String,
    /// The value of `Authorization`.
    pub header: SecretString,
    /// Hides it in what git says.
    pub credential: Credential,
}

/// A commit or a blob, as git names it.
pub(super) type Id = String;

/// A bare repository in a folder.
pub(super) struct Repository {
    pub folder: PathBuf,
    pub sign_in: Option<SignIn>,
}

/// Why git did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// What git printed for programs.
    pub answer: String,
    /// What it said, in its own words.
    pub said: String,
    pub ended: Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself.
    Itself,
    /// Its time was over.
    TooLate,
    /// It did not even begin.
    NotBegun,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    Done,
    /// The branch says something that we have not seen.
    Behind(String),
    /// The server does not take it.
    Refused(String),
    /// Nothing was sent; it is said why.
    NotSent(Failure),
    /// Nobody knows.
    Lost(String),
}

/// Who commits, and when.
pub(super) struct Author<'a> {
    pub name: &'a str,
    pub email: &'a str,
    /// Seconds since 1970.
    pub at: i64,
}

/// What is written into a tree.
pub(super) enum Content<'a> {
    File(&'a [u8]),
    /// There is no such file.
    Nothing,
}

impl Repository {
    /// Makes the folder, if there is none.
    pub async fn prepare(&self) -> Result<(), Failure> {
        if self.folder.join("HEAD").is_file() {
            return Ok(());
        }
        if let Err(error) = std::fs::create_dir_all(&self.folder) {
            return Err(not_begun(format!("cannot make {}: {error}", self.folder.display())));
        }
        self.git(&["init", "--quiet", "--bare", "."], None, LOCAL, &[]).await.map(drop)
    }

    /// The commit at which a branch of a server is now; `None` if it has no such branch.
    pub async fn remote_branch(&self, url: &str, branch: &str) -> Result<Option<Id>, Failure> {
        let reference = format!("refs/heads/{branch}");
        let arguments = ["ls-remote", "--refs", "--", url, &reference];
        let listed = text(self.git(&arguments, None, EXCHANGE, &[]).await?);
        let at = listed.lines().filter_map(|line| line.split_once('\t'));
        Ok(at.into_iter().find(|(_, name)| *name == reference).map(|(id, _)| id.to_owned()))
    }

    /// Brings a branch of a server here, and says at which commit it is.
    pub async fn fetch(&self, url: &str, branch: &str) -> Result<Id, Failure> {
        let here = format!("refs/fetched/{branch}");
        let what = format!("+refs/heads/{branch}:{here}");
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            "--",
            url,
            &what,
        ];
        self.git(&arguments, None, FETCH, &[]).await?;
        let id = self.git(&["rev-parse", "--verify", "--quiet", &here], None, LOCAL, &[]).await?;
        Ok(text(id).trim().to_owned())
    }

    /// A file of a commit; `None` if it has none of that name.
    pub async fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        let listed = self.git(&["ls-tree", commit, "--", path], None, LOCAL, &[]).await?;
        let listed = text(listed);
        let Some((about, _)) = listed.lines().next().and_then(|line| line.split_once('\t')) else {
            return Ok(None);
        };
        let mut about = about.split(' ');
        let (mode, blob) = (about.next().unwrap_or_default(), about.nth(1).unwrap_or_default());
        if !mode.starts_with("100") {
            return Err(not_begun(format!("`{path}` is no file there")));
        }
        let bytes = self.git(&["cat-file", "blob", blob], None, LOCAL, &[]).await?;
        if bytes.len() > LONGEST {
            return Err(not_begun(format!("`{path}` is larger than {LONGEST} bytes there")));
        }
        Ok(Some(bytes))
    }

    /// A commit on top of another one, in which one file is different. It is here alone.
    pub async fn commit(
        &self,
        parent: &str,
        path: &str,
        content: Content<'_>,
        message: &str,
        author: &Author<'_>,
    ) -> Result<Id, Failure> {
        // Git works in the folder, so the name alone says where it is.
        let scratch = format!("index.{}.{}", std::process::id(), hash_of(path, parent));
        let made = self.commit_in(&scratch, parent, path, content, message, author).await;
        // It is made anew each time.
        let _ = std::fs::remove_file(self.folder.join(&scratch));
        made
    }

    async fn commit_in(
        &self,
        scratch: &str,
        parent: &str,
        path: &str,
        content: Content<'_>,
        message: &str,
        author: &Author<'_>,
    ) -> Result<Id, Failure> {
        let with_index = [("GIT_INDEX_FILE", scratch)];
        self.git(&["read-tree", parent], None, LOCAL, &with_index).await?;
        // `0` takes a file out (git-update-index(1), USING --INDEX-INFO).
        let line = match content {
            Content::File(bytes) => {
                let blob = ["hash-object", "-w", "--stdin"];
                let blob = text(self.git(&blob, Some(bytes), LOCAL, &[]).await?);
                format!("100644 {}\t{path}\0", blob.trim())
            }
            Content::Nothing => format!("0 {}\t{path}\0", "0".repeat(parent.len())),
        };
        let update = ["update-index", "-z", "--index-info"];
        self.git(&update, Some(line.as_bytes()), LOCAL, &with_index).await?;
        let tree = text(self.git(&["write-tree"], None, LOCAL, &with_index).await?);
        let at = format!("{} +0000", author.at);
        let who = [
            ("GIT_AUTHOR_NAME", author.name),
            ("GIT_AUTHOR_EMAIL", author.email),
            ("GIT_AUTHOR_DATE", &at),
            ("GIT_COMMITTER_NAME", author.name),
            ("GIT_COMMITTER_EMAIL", author.email),
            ("GIT_COMMITTER_DATE", &at),
        ];
        let commit = ["commit-tree", tree.trim(), "-p", parent];
        let id = self.git(&commit, Some(message.as_bytes()), LOCAL, &who).await?;
        Ok(text(id).trim().to_owned())
    }

    /// Puts a commit at the end of a branch of a server. Never over a commit that is not below it.
    pub async fn push(&self, url: &str, commit: &str, branch: &str) -> Pushed {
        let what = format!("{commit}:refs/heads/{branch}");
        let arguments = ["push", "--porcelain", "--no-verify", "--", url, &what];
        match self.git(&arguments, None, EXCHANGE, &[]).await {
            Ok(_) => Pushed::Done,
            Err(failure) => what_a_push_means(failure),
        }
    }

    async fn git(
        &self,
        arguments: &[&str],
        input: Option<&[u8]>,
        within: Duration,
        variables: &[(&str, &str)],
    ) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("git");
        command
            .args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"])
            .args(["-c", "protocol.ext.allow=never", "-c", "http.followRedirects=false"])
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("no_proxy", near(std::env::var("no_proxy").or_else(|_| std::env::var("NO_PROXY"))))
            .env("LC_ALL", "C")
            .env("GIT_DIR", ".")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
            .envs(variables.iter().copied())
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(sign_in) = &self.sign_in {
            let header = format!("Authorization: {}", sign_in.header.expose_secret());
            command
                .env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", format!("http.{}.extraHeader", sign_in.origin))
                .env("GIT_CONFIG_VALUE_0", header);
        }
        let mut child = command
            .spawn()
            .map_err(|error| not_begun(format!("git cannot be started: {error}")))?;
        let stdin = child.stdin.take();
        let feed = async move {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // One that does not want it says why itself.
                let _ = stdin.write_all(input).await;
            }
        };
        let both = async { futures_util::future::join(feed, child.wait_with_output()).await.1 };
        let output = match tokio::time::timeout(within, both).await {
            Err(_) => {
                let said = format!("git was ended after {} seconds", within.as_secs());
                return Err(Failure { answer: String::new(), said, ended: Ended::TooLate });
            }
            Ok(Err(error)) => return Err(not_begun(format!("git cannot be read: {error}"))),
            Ok(Ok(output)) => output,
        };
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = self.hide(&text(output.stderr));
        let answer = self.hide(&text(output.stdout));
        Err(Failure { answer, said, ended: Ended::Itself })
    }

    fn hide(&self, said: &str) -> String {
        match &self.sign_in {
            Some(sign_in) => sign_in.credential.hide(said),
            None => said.to_owned(),
        }
    }
}

impl Failure {
    /// What stands there cannot be worked with.
    pub fn of_ours(said: String) -> Self {
        not_begun(said)
    }

    /// What git said, short enough to be shown.
    pub fn why(&self) -> String {
        words::excerpt(&self.said)
    }

    /// What it means where nothing was sent yet: nothing is there.
    pub fn outcome(&self) -> Outcome {
        let why = self.why();
        if self.is_locked_out() {
            return Outcome::Blocked { why };
        }
        Outcome::Deferred { why, after: None }
    }

    /// Whether the server wants other credentials: nothing else gets through either.
    fn is_locked_out(&self) -> bool {
        let said = self.said.to_lowercase();
        const WORDS: [&str; 7] = [
            "authentication failed",
            "permission denied",
            "host key verification failed",
            "could not read username",
            "could not read password",
            "returned error: 401",
            "returned error: 403",
        ];
        WORDS.iter().any(|words| said.contains(words))
    }

    /// Whether git never got as far as sending something.
    fn never_connected(&self) -> bool {
        let said = self.said.to_lowercase();
        const WORDS: [&str; 6] = [
            "could not resolve host",
            "failed to connect",
            "connection refused",
            "does not appear to be a git repository",
            "repository not found",
            "returned error: 404",
        ];
        self.ended == Ended::NotBegun || WORDS.iter().any(|words| said.contains(words))
    }
}

/// With `--porcelain` the fate of each branch is on a line of its own (git-push(1), OUTPUT).
fn what_a_push_means(failure: Failure) -> Pushed {
    let verdict = failure.answer.lines().find(|line| line.starts_with("!\t"));
    if let Some(verdict) = verdict {
        let why = verdict.rsplit('\t').next().unwrap_or(verdict).to_owned();
        let said = format!("{why} {}", failure.why());
        return if why.starts_with("[rejected]") || is_a_race(&why) {
            Pushed::Behind(why)
        } else if failure.is_locked_out() {
            Pushed::NotSent(failure)
        } else {
            Pushed::Refused(said.trim().to_owned())
        };
    }
    if failure.is_locked_out() || failure.never_connected() {
        return Pushed::NotSent(failure);
    }
    Pushed::Lost(failure.why())
}

/// Whether a server's words say that the branch was moved at the same moment.
fn is_a_race(why: &str) -> bool {
    const WORDS: [&str; 5] = [
        "cannot lock ref",
        "reference already exists",
        "incorrect old value",
        "failed to update ref",
        "fetch first",
    ];
    WORDS.iter().any(|words| why.contains(words))
}

/// What is reached without a proxy: what the environment says, and this machine.
fn near(said: Result<String, std::env::VarError>) -> String {
    match said {
        Ok(said) if !said.is_empty() => format!("{said},{NEAR}"),
        _ => NEAR.to_owned(),
    }
}

fn not_begun(said: String) -> Failure {
    Failure { answer: String::new(), said, ended: Ended::NotBegun }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Names a scratch file after what it is for.
fn hash_of(path: &str, parent: &str) -> String {
    let hash = Sha256::digest([path, "\0", parent].concat());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(answer: &str, said: &str) -> Pushed {
        what_a_push_means(Failure {
            answer: answer.to_owned(),
            said: said.to_owned(),
            ended: Ended::Itself,
        })
    }

    #[test]
    fn only_what_the_server_said_is_certain() {
        let behind = "To x\n!\tabc:refs/heads/b\t[rejected] (fetch first)\nDone\n";
        assert!(matches!(failed(behind, "error: failed to push"), Pushed::Behind(_)));
        let hook = "!\tabc:refs/heads/b\t[remote rejected] (pre-receive hook declined)\n";
        assert!(matches!(failed(hook, "error: failed to push"), Pushed::Refused(_)));
        let gone = "fatal: '/x' does not appear to be a git repository";
        assert!(matches!(failed("", gone), Pushed::NotSent(_)));
        let denied = "git@x: Permission denied (publickey).";
        assert!(matches!(failed("", denied), Pushed::NotSent(_)));
        let cut = "fatal: the remote end hung up unexpectedly";
        assert!(matches!(failed("", cut), Pushed::Lost(_)));
    }
}
