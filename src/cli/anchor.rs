//! `handbill ledger anchor`: the end of the chain of events, written down where whoever holds the
//! ledger cannot reach.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CliError, End, Format, load, say, say_json};
use crate::deliver::Clock;
use crate::ledger::Anchor;
use crate::notice;
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Add a line to this file, which belongs on another machine or a medium of its own
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Make a tag in the git repository of the site, to be pushed with it
    #[arg(long)]
    tag: bool,
    /// Tell it as `[notices]` says, by mail for example: with the next round
    #[arg(long)]
    tell: bool,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, site: &Site) -> Result<End, CliError> {
    let ledger = load::existing_ledger(site, &Clock::System).await?;
    let anchor = ledger.anchor().await?;
    let Some(anchor) = anchor else {
        ledger.close().await;
        return Err(CliError::Failed("the ledger has no event yet".to_owned()));
    };
    let mut done = Vec::new();
    if arguments.tell {
        let Some(notices) = &site.notices else {
            ledger.close().await;
            return Err(CliError::Usage(
                "nobody is told anything\nhelp: `[notices]` in handbill.toml says who".to_owned(),
            ));
        };
        notice::take_anchor(notices, &ledger, &anchor, Clock::System.now()).await?;
        done.push("It is told with the next round.".to_owned());
    }
    ledger.close().await;
    if let Some(file) = &arguments.file {
        let failed = |error: io::Error| {
            CliError::Failed(format!("cannot write {}: {error}", file.display()))
        };
        append(file, &anchor).map_err(failed)?;
        done.push(format!("It stands in {}.", file.display()));
    }
    if arguments.tag {
        let name = tag(&site.folder, &anchor)?;
        done.push(format!(
            "The tag {name} says it; `git push origin {name}` takes it away from here."
        ));
    }
    match arguments.format {
        Format::Json => say_json(&anchor)?,
        Format::Text => {
            say(&format!("The chain ends with event {}:\n  {}\n", anchor.event, anchor.hash))?;
            for line in done {
                say(&format!("{line}\n"))?;
            }
        }
    }
    Ok(End::Done)
}

/// Adds a line of JSON; the same anchor is not added twice in a row.
fn append(path: &Path, anchor: &Anchor) -> io::Result<()> {
    let line = serde_json::to_string(anchor).map_err(io::Error::other)?;
    let before = match std::fs::read_to_string(path) {
        Ok(before) => before,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    if before.lines().last() == Some(line.as_str()) {
        return Ok(());
    }
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{gap}{line}\n").as_bytes())?;
    file.sync_all()
}

/// Makes an annotated tag; one that is there and says the same is as good.
fn tag(folder: &Path, anchor: &Anchor) -> Result<String, CliError> {
    let name = format!("handbill-anchor-{}", anchor.event);
    let message =
        serde_json::to_string(anchor).map_err(|error| CliError::Failed(error.to_string()))?;
    let git = |arguments: &[&str]| {
        let run = Command::new("git").arg("-C").arg(folder).args(arguments).output();
        let run = run.map_err(|error| CliError::Failed(format!("cannot run git: {error}")))?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if run.status.success() {
            Ok(said(&run.stdout))
        } else {
            Err(CliError::Failed(said(&run.stderr)))
        }
    };
    let there = git(&["tag", "--list", "--format=%(contents:subject)", &name])?;
    if there == message {
        return Ok(name);
    }
    if !there.is_empty() {
        return Err(CliError::Failed(format!(
            "the tag {name} says something else: {there}\n\
             help: the chain was written anew since, or the tag is another ledger's"
        )));
    }
    git(&["tag", "--annotate", "--no-sign", "--message", &message, &name])?;
    Ok(name)
}
