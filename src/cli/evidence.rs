//! `handbill evidence`: one archive that shows where and when an ad was published with which words;
//! and whether such an archive holds together.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{CliError, End, Format, complain, count, load, say, say_json};
use crate::evidence::{self, Archive, Checked, EvidenceError};
use crate::ledger::{Anchor, Ledger};
use crate::posting::PostingId;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ad, as `handbill log` shows it
    #[arg(value_name = "POSTING", required_unless_present = "check")]
    posting: Option<String>,
    /// The archive to write; default: `evidence-POSTING.zip` here
    #[arg(long, value_name = "FILE", requires = "posting")]
    output: Option<PathBuf>,
    /// Look whether an archive holds together, without the ledger
    #[arg(long, value_name = "ARCHIVE", conflicts_with = "posting")]
    check: Option<PathBuf>,
    /// And whether it agrees with what `handbill ledger anchor --file` wrote
    #[arg(long, value_name = "FILE", requires = "check")]
    anchors: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    match (&arguments.posting, &arguments.check) {
        (_, Some(archive)) => check(archive, arguments),
        (Some(posting), None) => make(posting, arguments, folder).await,
        (None, None) => Err(CliError::Usage("name an ad, or an archive to check".to_owned())),
    }
}

async fn make(
    posting: &str,
    arguments: &Arguments,
    folder: Option<PathBuf>,
) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let ledger = Ledger::open_existing_read_only(&site.ledger_place).await?;
    let ledger = ledger.ok_or_else(|| load::no_ledger(&site))?;
    let about = (site.name.as_str(), site.settings.base_url.as_str());
    let archive = evidence::gather(&ledger, about, &PostingId(posting.into())).await;
    ledger.close().await;
    let archive = archive?;
    let checked = evidence::check(&archive, &[])?;
    let bytes = archive.bytes()?;
    let path = match &arguments.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("evidence-{}.zip", file_name(posting))),
    };
    write_new(&path, &bytes)?;
    match arguments.format {
        Format::Json => say_json(&json!({
            "file": path, "sha256": crate::adapt::picture::sha256(&bytes), "checked": checked,
        }))?,
        Format::Text => {
            say(&format!("Wrote {}\n{}", path.display(), told(&checked)))?;
        }
    }
    Ok(if checked.flaws.is_empty() { End::Done } else { End::Failed })
}

fn check(path: &Path, arguments: &Arguments) -> Result<End, CliError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let archive = Archive::read(&bytes)?;
    let anchors = match &arguments.anchors {
        Some(file) => anchors(file)?,
        None => Vec::new(),
    };
    let checked = evidence::check(&archive, &anchors)?;
    match arguments.format {
        Format::Json => say_json(&checked)?,
        Format::Text => say(&told(&checked))?,
    }
    Ok(if checked.flaws.is_empty() { End::Done } else { End::Failed })
}

/// The lines of a file that `handbill ledger anchor --file` keeps.
fn anchors(path: &Path) -> Result<Vec<Anchor>, CliError> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let why = |error: serde_json::Error| {
                unreadable(path, &format!("a line of it is no anchor: {error}"))
            };
            serde_json::from_str(line).map_err(why)
        })
        .collect()
}

fn told(checked: &Checked) -> String {
    let mut text = format!(
        "{}: {} in {}, the chain ends with {}\n",
        crate::log::plain(&checked.posting),
        count(checked.events, "event"),
        count(checked.files, "file"),
        checked.head
    );
    for anchor in &checked.anchors {
        let day = anchor.at.format("%Y-%m-%d %H:%M UTC");
        text += &format!(
            "It agrees with the anchor of {day}: up to event {} nothing was changed since.\n",
            anchor.event
        );
    }
    if checked.beyond > 0 {
        text += &format!(
            "{} of events that are not in it, and say nothing of it.\n",
            count(checked.beyond, "anchor")
        );
    }
    if checked.flaws.is_empty() {
        return text + "It holds together.\n";
    }
    for flaw in &checked.flaws {
        text += &format!("  wrong: {}\n", crate::log::plain(flaw));
    }
    text
}

/// Writes a file that is not there yet, and that only its owner reads: names are in it.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::Usage(format!(
            "there is already a file {}; nothing was written\nhelp: name another one with `--output`",
            path.display()
        )),
        _ => CliError::Failed(format!("cannot write {}: {error}", path.display())),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        // Half of it would pass for all of it.
        if let Err(error) = fs::remove_file(path) {
            complain(&format!("{} is not complete: {error}", path.display()));
        }
        CliError::Failed(format!("cannot write {}: {error}", path.display()))
    })
}

/// An id as a part of a file's name.
fn file_name(id: &str) -> String {
    id.chars()
        .map(|sign| if sign.is_alphanumeric() || "-_.".contains(sign) { sign } else { '-' })
        .collect()
}

fn unreadable(path: &Path, why: &str) -> CliError {
    CliError::Usage(format!("cannot read {}: {why}", path.display()))
}

impl From<EvidenceError> for CliError {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Ledger(error) => Self::Ledger(error),
            error => Self::Failed(error.to_string()),
        }
    }
}
