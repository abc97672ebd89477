//! A list in a repository: a bare one on this machine, with nothing in it but the list.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::channel::git::Config;

/// Makes the repository in `folder` and points the channel at it. Nobody opens requests there: a
/// person would be asked to.
///
/// # Errors
/// If `git` is not there, or cannot make it.
pub fn build(config: &mut Config, folder: &Path) -> io::Result<()> {
    let there = folder.join("there.git");
    std::fs::create_dir_all(&there)?;
    git(&there, &["init", "--quiet", "--bare", "."], "")?;
    let file = match &config.list {
        Some(_) => config.file.as_str(),
        None => "README.md",
    };
    let blob = git(&there, &["hash-object", "-w", "--stdin"], "")?;
    let entry = format!("100644,{blob},{file}");
    git(&there, &["update-index", "--add", "--cacheinfo", &entry], "")?;
    let tree = git(&there, &["write-tree"], "")?;
    let commit = git(&there, &["commit-tree", &tree], "An empty list\n")?;
    git(&there, &["update-ref", &format!("refs/heads/{}", config.branch), &commit], "")?;
    config.repository = there.display().to_string();
    config.fork = None;
    config.token = None;
    config.request = None;
    config.compare = Some(format!("file://{}#{{branch}}", there.display()));
    config.readers = None;
    config.folder = folder.join("here.git");
    Ok(())
}

/// What `git` says.
fn git(folder: &Path, arguments: &[&str], input: &str) -> io::Result<String> {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_DIR", ".")
        .envs([("GIT_AUTHOR_NAME", "Keeper"), ("GIT_AUTHOR_EMAIL", "keeper@list.example")])
        .envs([("GIT_COMMITTER_NAME", "Keeper"), ("GIT_COMMITTER_EMAIL", "keeper@list.example")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        return Err(io::Error::other(format!("git {arguments:?}: {said}")));
    }
    Ok(String::from_utf8_lossy(&ended.stdout).trim().to_owned())
}
