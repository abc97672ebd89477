//! `handbill ledger`: keeping the ledger safe.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::Subcommand;
use serde_json::json;

use super::{CliError, End, Format, complain, load, say, say_json};
use crate::deliver::Clock;
use crate::ledger::{Health, IfNewer, Ledger, LedgerError};
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Bring the ledger's tables up to date
    ///
    /// Every command that writes does the same; this one does nothing else.
    Migrate {
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Copy the ledger into a new file, also while Handbill is running
    Backup {
        /// The copy; there must be no such file yet
        file: PathBuf,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Put a copy in the place of the ledger, which is kept beside it
    ///
    /// What went out since the copy was made is not in it. So the ledger remembers that it was
    /// restored.
    Restore {
        /// The copy
        file: PathBuf,
        /// Even if the ledger in place is whole and knows more than the copy
        #[arg(long)]
        over: bool,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Look whether the ledger is whole: file, chain of events, deliveries and attempts
    Check {
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Write down outside where the chain of events stands, so that nobody can write it anew unseen
    Anchor(super::anchor::Arguments),
    /// Write everything that the ledger holds as JSON Lines
    Export {
        /// Into this new file; default: standard output
        file: Option<PathBuf>,
        /// How to say what was written to the file
        #[arg(long, value_enum, default_value_t = Format::Text, requires = "file")]
        format: Format,
    },
    /// Make the ledger out of an export, where the site has none yet: in the other engine, or on
    /// another machine
    ///
    /// Stop every Handbill of the site before the export. The ledger that was exported is refused from
    /// then on.
    Import {
        /// What `handbill ledger export` wrote
        file: PathBuf,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    match &arguments.what {
        What::Migrate { format } => migrate(&site, *format).await,
        What::Backup { file, format } => backup(&site, file, *format).await,
        What::Restore { file, over, format } => {
            let if_newer = if *over { IfNewer::Over } else { IfNewer::Refuse };
            restore(&site, file, if_newer, *format).await
        }
        What::Check { format } => check(&site, *format).await,
        What::Anchor(arguments) => super::anchor::run(arguments, &site).await,
        What::Export { file, format } => export(&site, file.as_deref(), *format).await,
        What::Import { file, format } => import(&site, file, *format).await,
    }
}

async fn migrate(site: &Site, format: Format) -> Result<End, CliError> {
    // What keeps this from being read is said when the ledger is opened.
    let from = Ledger::version(&site.ledger_place).await.ok().flatten();
    let ledger = load::existing_ledger(site, &Clock::System).await?;
    ledger.close().await;
    let to = Ledger::version(&site.ledger_place).await?.unwrap_or_default();
    // A file that was made and never written to has no tables yet.
    let from = from.unwrap_or_default();
    match format {
        Format::Json => {
            say_json(&json!({ "ledger": site.ledger_place.to_string(), "from": from, "to": to }))?
        }
        Format::Text if from == to => say(&format!("The ledger is up to date: version {to}\n"))?,
        Format::Text => {
            say(&format!("Brought the ledger from version {from} to version {to}\n"))?;
        }
    }
    Ok(End::Done)
}

async fn backup(site: &Site, file: &Path, format: Format) -> Result<End, CliError> {
    let ledger = for_upkeep(site).await?;
    let backup = ledger.backup(file, Clock::System.now()).await?;
    ledger.close().await;
    match format {
        Format::Json => say_json(&backup)?,
        Format::Text => {
            let until = backup.newest.map_or_else(String::new, |newest| {
                format!(", the last of {}", minute(newest, site.settings.timezone))
            });
            let bytes = backup.bytes.div_ceil(1024);
            say(&format!(
                "Backed up the ledger to {}\n  {}{until}; {bytes} KiB; it is whole\n",
                file.display(),
                counted(backup.events, "event", "events"),
            ))?;
        }
    }
    Ok(End::Done)
}

async fn restore(
    site: &Site,
    file: &Path,
    if_newer: IfNewer,
    format: Format,
) -> Result<End, CliError> {
    let now = Clock::System.now();
    let done = Ledger::restore(file, &site.ledger_place, &site.mark(), if_newer, now).await?;
    done.ledger.close().await;
    match format {
        Format::Json => say_json(&json!({
            "ledger": site.ledger,
            "kept": done.kept,
            "events": done.events,
            "restored_at": done.restored.at,
            "restored_from": done.restored.from,
        }))?,
        Format::Text => {
            let mut text = format!(
                "Restored the ledger from {}\n  it knows what happened until {}, and that it was restored\n",
                file.display(),
                minute(done.restored.from, site.settings.timezone),
            );
            if let Some(kept) = &done.kept {
                text += &format!("  the ledger until now is kept as\n  {}\n", kept.display());
            }
            say(&text)?;
        }
    }
    Ok(End::Done)
}

async fn check(site: &Site, format: Format) -> Result<End, CliError> {
    let ledger = for_upkeep(site).await?;
    let restored = match Ledger::version(&site.ledger_place).await? {
        // An older ledger cannot know it.
        Some(version) if version >= RESTORED_SINCE => ledger.restored().await?,
        _ => None,
    };
    let health = ledger.check().await?;
    ledger.close().await;
    match format {
        Format::Json => say_json(&json!({ "health": health, "restored": restored }))?,
        Format::Text => {
            say(&words(&health))?;
            if let Some(restored) = restored {
                let zone = site.settings.timezone;
                say(&format!(
                    "It was restored on {}, from a copy that ends on {}.\n",
                    minute(restored.at, zone),
                    minute(restored.from, zone)
                ))?;
            }
        }
    }
    Ok(if health.flaws.is_empty() { End::Done } else { End::Failed })
}

fn words(health: &Health) -> String {
    let deliveries = counted(health.deliveries, "delivery", "deliveries");
    let attempts = counted(health.attempts, "attempt", "attempts");
    match (&health.chain, health.flaws.as_slice()) {
        (Some(chain), []) => format!(
            "The ledger is whole: {deliveries}, {attempts}, {}\n  the chain ends with {}\n",
            counted(chain.events, "event", "events"),
            chain.head
        ),
        (_, flaws) => {
            let mut text = String::from("The ledger is damaged:\n");
            for flaw in flaws {
                text += &format!("  {:<10}  {}\n", flaw.part.as_str(), flaw.what);
            }
            text + "help: keep this file, and `handbill ledger restore` the last good copy\n"
        }
    }
}

async fn export(site: &Site, file: Option<&Path>, format: Format) -> Result<End, CliError> {
    let ledger = for_upkeep(site).await?;
    let Some(path) = file else {
        ledger.export(say).await?;
        ledger.close().await;
        return Ok(End::Done);
    };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CliError::Ledger(LedgerError::Exists { path: path.display().to_string() })
        }
        _ => CliError::Failed(format!("cannot write {}: {error}", path.display())),
    };
    let mut file = create_private(path).map_err(failed)?;
    let exported = ledger.export(|lines| file.write_all(lines.as_bytes()).map_err(failed)).await;
    let exported = match exported.and_then(|rows| file.sync_all().map(|()| rows).map_err(failed)) {
        Ok(exported) => exported,
        Err(error) => {
            // Half of it would pass for all of it.
            if let Err(error) = std::fs::remove_file(path) {
                complain(&format!("{} is not complete: {error}", path.display()));
            }
            return Err(error);
        }
    };
    ledger.close().await;
    match format {
        Format::Json => say_json(&json!({ "file": path, "rows": exported.rows }))?,
        Format::Text => say(&format!("Exported {} rows to {}\n", exported.rows, path.display()))?,
    }
    Ok(End::Done)
}

async fn import(site: &Site, path: &Path, format: Format) -> Result<End, CliError> {
    let file = File::open(path)
        .map_err(|error| CliError::Failed(format!("cannot read {}: {error}", path.display())))?;
    let now = Clock::System.now();
    let lines = io::BufReader::new(file);
    let imported = Ledger::import(lines, &site.ledger_place, &site.mark(), now).await?;
    match format {
        Format::Json => say_json(&imported)?,
        Format::Text => say(&format!(
            "Imported {} rows: {}, {}, {}; it is whole\n  the ledger is {} now\n",
            imported.rows,
            counted(imported.deliveries, "delivery", "deliveries"),
            counted(imported.attempts, "attempt", "attempts"),
            counted(imported.events, "event", "events"),
            site.ledger_place,
        ))?,
    }
    Ok(End::Done)
}

/// A new file that only its owner can read.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The version of the tables since which a ledger knows that it was restored.
const RESTORED_SINCE: i64 = 4;

async fn for_upkeep(site: &Site) -> Result<Ledger, CliError> {
    let ledger = Ledger::open_for_upkeep(&site.ledger_place).await?;
    ledger.ok_or_else(|| load::no_ledger(site))
}

fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn minute(at: chrono::DateTime<chrono::Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}
