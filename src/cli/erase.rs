//! `handbill erase`: what the ledger holds of an ad is erased, its texts and the people in them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{AsIf, CliError, End, Format, count, load, say, say_json};
use crate::ledger::{Copies, Delivery, Erasure, Files, Refusal};
use crate::schedule::local_time;
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ad, as `handbill log` shows it
    posting: String,
    /// Erase it; without this it is only shown what would be
    #[arg(long)]
    yes: bool,
    /// Even if copies still stand: they can be neither compared nor changed any more
    #[arg(long)]
    although_copies_stand: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let clock = arguments.as_if.clock();
    let ledger = load::existing_ledger(&site, &clock).await?;
    let id = load::known_posting(&arguments.posting, &ledger.past().await?)?.id.clone();
    let copies =
        if arguments.although_copies_stand { Copies::MayStand } else { Copies::MustNotStand };
    let erasure = ledger.erasure(&id).await?;
    if let Some(refusal) = erasure.refusal(copies) {
        ledger.close().await;
        return Err(CliError::Failed(refused(&erasure, refusal)));
    }
    let ended = if arguments.yes {
        let erasure = ledger.erase(&id, copies, clock.now()).await?;
        // Also where it was erased before: the files may not have been written anew then.
        let files = ledger.scrub().await?;
        Ended { erasure, files: Some(files), copies: set_aside(&site.ledger) }
    } else {
        Ended { erasure, files: None, copies: set_aside(&site.ledger) }
    };
    ledger.close().await;
    match arguments.format {
        Format::Json => say_json(&json!({
            "erasure": ended.erasure,
            "erased": ended.files.is_some(),
            "files": ended.files,
            "older_copies": ended.copies,
        }))?,
        Format::Text => say(&ended.draw(&site))?,
    }
    let left = matches!(ended.files, Some(Files::NotYet { .. }));
    Ok(if left { End::Failed } else { End::Done })
}

/// How it ended.
struct Ended {
    erasure: Erasure,
    /// `None` if nothing was to be erased yet.
    files: Option<Files>,
    /// Ledgers that made way for a backup, beside the ledger.
    copies: Vec<PathBuf>,
}

impl Ended {
    fn draw(&self, site: &Site) -> String {
        let id = &self.erasure.posting;
        let mut text = match (self.erasure.is_done(), self.erasure.erased_at, &self.files) {
            (true, Some(at), _) => {
                let at = local_time(at, site.settings.timezone);
                format!("Nothing is left to erase of {id}: it was erased on {at}.\n")
            }
            (_, _, Some(_)) => format!("Erased of {id}:\n{}{KEPT}", self.parts()),
            (_, _, None) => {
                format!("This would be erased of {id}:\n{}{KEPT}", self.parts())
            }
        };
        // Writing to a string cannot fail.
        for copy in &self.erasure.standing {
            let _ = writeln!(text, "Its copy still stands: {}", place(copy));
        }
        for other in &self.erasure.same_page {
            let _ = writeln!(
                text,
                "The ad {other} is on the same page, whose text is kept for it: erase that too."
            );
        }
        if self.erasure.kept_in_chain > 0 {
            let events =
                count(usize::try_from(self.erasure.kept_in_chain).unwrap_or(usize::MAX), "event");
            let _ = writeln!(
                text,
                "In the chain of events, {events} of an older Handbill keep title, name or answer: \
                 without them the chain could not be verified."
            );
        }
        text += "Copies of the ledger that were made before still hold it: backups and exports.\n";
        for copy in &self.copies {
            let _ = writeln!(text, "  and {}, put aside by a restore", copy.display());
        }
        match &self.files {
            None if self.erasure.is_done() => {}
            None => {
                let flag =
                    if self.erasure.standing.is_empty() { "" } else { " --although-copies-stand" };
                let _ = writeln!(
                    text,
                    "\nNothing was erased yet. It cannot be taken back: \
                     `handbill erase {id}{flag} --yes`"
                );
            }
            Some(Files::Clean) => {}
            Some(Files::NotYet { why }) => {
                let _ = writeln!(
                    text,
                    "\nThe bytes are still in the ledger's files: {why}.\n\
                     Stop every Handbill of this site and say the same once more."
                );
            }
        }
        text
    }

    /// What there is of each kind.
    fn parts(&self) -> String {
        let counts = &self.erasure.counts;
        let parts = [
            (
                counts.titles,
                "title, here and in the words of events",
                "titles, here and in the words of events",
            ),
            (counts.pages, "page text", "page texts"),
            (counts.attempts, "attempt: exactly what it sent", "attempts: exactly what they sent"),
            (counts.copies, "copy: what it says", "copies: what they say"),
            (counts.answers, "answer of a channel or page", "answers of channels and pages"),
            (counts.people, "name of who approved it", "names of who approved it"),
            (counts.notices, "notice that waits to be told", "notices that wait to be told"),
        ];
        let lines = parts.into_iter().filter(|(number, ..)| *number > 0);
        lines.fold(String::new(), |text, (number, one, many)| {
            let noun = if number == 1 { one } else { many };
            format!("{text}  {number} {noun}\n")
        })
    }
}

const KEPT: &str =
    "Keys, times, outcomes, links and hashes stay; the chain of events stays whole.\n";

/// Why it is not erased, and what to do first.
fn refused(erasure: &Erasure, refusal: Refusal) -> String {
    let id = &erasure.posting;
    let mut text = format!("{id} is not erased: {refusal}\n");
    let (named, help) = match refusal {
        Refusal::Open => (
            &erasure.open,
            "let `handbill post` finish them, or answer them with `handbill resolve` or `handbill \
             record`; close the ad first"
                .to_owned(),
        ),
        Refusal::GoingOn => (
            &erasure.standing,
            "close the ad on its page, or remove the page, and run `handbill post`".to_owned(),
        ),
        Refusal::CopiesStand => (
            &erasure.standing,
            format!(
                "`handbill withdraw {id}` and `handbill post` take back what a channel can take \
                 back; `--although-copies-stand` erases it all the same, and then they can be \
                 neither compared nor changed"
            ),
        ),
    };
    for delivery in named {
        let _ = writeln!(text, "  {}", place(delivery));
    }
    text + "help: " + &help
}

/// A delivery, and where its copy is.
fn place(delivery: &Delivery) -> String {
    let link = delivery.receipt.as_ref().and_then(|receipt| receipt.link.as_ref());
    let link = link.map(|link| format!("  {link}")).unwrap_or_default();
    let state = delivery.copy.map_or(delivery.state.as_str(), |copy| copy.as_str());
    format!(
        "{}  {}, {}: {state}{link}",
        delivery.key.short(),
        delivery.name.channel,
        delivery.name.occasion
    )
}

/// Ledgers beside the ledger that made way for a backup.
fn set_aside(ledger: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (ledger.parent(), ledger.file_name()) else {
        return Vec::new();
    };
    let prefix = format!("{}.before-restore-", name.to_string_lossy());
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_database = !name.ends_with("-wal") && !name.ends_with("-shm");
            name.starts_with(&prefix) && is_database
        })
        .collect();
    found.sort();
    found
}
