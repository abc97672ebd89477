//! `handbill write-back`: the links of copies onto the site, now; or what that would change.

use std::path::PathBuf;

use similar::TextDiff;

use super::{AsIf, CliError, End, Format, complain, load, say, say_json};
use crate::channel::Reach;
use crate::deliver::Postings;
use crate::ledger::Ledger;
use crate::site::Site;
use crate::write_back::{self, Change, PARTIAL, Plan, Written};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a partial for Hugo that shows the links, and write nothing
    #[arg(long, conflicts_with = "dry_run")]
    partial: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    if arguments.partial {
        say(PARTIAL)?;
        return Ok(End::Done);
    }
    let site = load::site(folder)?;
    if site.write_back.is_none() {
        return Err(CliError::Usage(
            "there is no table `[write_back]` in handbill.toml\n\
             help: `[write_back]` alone is enough for a file per ad in data/syndication"
                .to_owned(),
        ));
    }
    let stations = load::stations(&site, Reach::Anywhere)?;
    let view = load::view(&site, &stations, &[], &arguments.as_if.clock()).await?;
    let ledger = Ledger::open_existing_read_only(&site.ledger_place).await?;
    let ledger = ledger.ok_or_else(|| load::no_ledger(&site))?;
    if arguments.dry_run {
        let plan = write_back::plan(&site, &ledger, &view.read.postings).await?;
        ledger.close().await;
        show(&plan, arguments.format)?;
        return Ok(End::Done);
    }
    let written = write_back::run(&site, &ledger, &view.read.postings).await?;
    ledger.close().await;
    match arguments.format {
        Format::Json => say_json(&written)?,
        Format::Text => tell(&written)?,
    }
    Ok(if written.remarks.is_empty() { End::Done } else { End::Failed })
}

/// After a round: what was written is said, and what could not be.
pub(super) async fn after_round(site: &Site, ledger: &Ledger, postings: &Postings) {
    match write_back::run(site, ledger, postings).await {
        Ok(written) => {
            for remark in written.remarks {
                complain(&format!("warning: links on the site: {remark}"));
            }
        }
        Err(error) => complain(&format!("warning: links on the site: {error}")),
    }
}

fn show(plan: &Plan, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return say_json(plan);
    }
    for Change { path, before, after } in &plan.changes {
        let (before, after) = (before.as_deref(), after.as_deref());
        let verb = match (before, after) {
            (None, _) => "make",
            (_, None) => "remove",
            _ => "change",
        };
        say(&format!("{verb} {}\n", path.display()))?;
        let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
        for line in diff.unified_diff().context_radius(2).to_string().lines() {
            say(&format!("    {}\n", crate::log::plain(line)))?;
        }
    }
    for remark in &plan.remarks {
        say(&format!("not: {remark}\n"))?;
    }
    if plan.changes.is_empty() && plan.remarks.is_empty() {
        say("The site has the links that stand.\n")?;
    }
    Ok(())
}

fn tell(written: &Written) -> Result<(), CliError> {
    for path in &written.written {
        say(&format!("wrote {}\n", path.display()))?;
    }
    if let Some(committed) = &written.committed {
        let short = committed.commit.get(..12).unwrap_or(&committed.commit);
        let pushed = if committed.pushed { ", pushed" } else { "" };
        say(&format!("commit {short}: {}{pushed}\n", super::count(committed.files.len(), "file")))?;
    }
    for remark in &written.remarks {
        complain(&format!("warning: {remark}"));
    }
    if written.written.is_empty() && written.committed.is_none() && written.remarks.is_empty() {
        say("The site has the links that stand.\n")?;
    }
    Ok(())
}
