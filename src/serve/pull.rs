//! Pulls the pages with git, as a child process that can neither ask nor hang.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::site::serve::Pull;

/// One pull; in words what went wrong.
pub(super) async fn pull(rules: Pull) -> Result<(), String> {
    let folder = rules.folder.display().to_string();
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(&rules.folder)
        .args(["pull", "--ff-only", "--quiet"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Dropped, when the time is over or the daemon stops, it does not go on alone.
        .kill_on_drop(true);
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        git.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    }
    let ended = match tokio::time::timeout(rules.within, git.output()).await {
        Ok(ended) => ended.map_err(|error| format!("cannot run git: {error}"))?,
        Err(_) => {
            let within = seconds(rules.within);
            return Err(format!("git pull in {folder} was ended after {within}"));
        }
    };
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(format!("git pull in {folder} failed ({}): {}", ended.status, said.join("; ")))
}

fn seconds(length: Duration) -> String {
    format!("{} s", length.as_secs())
}
