//! `handbill withdraw`: the copies of an ad are taken back, whatever its page says.

use std::path::PathBuf;

use serde_json::json;

use super::desk::Desk;
use super::{AsIf, CliError, End, Format, say, say_json};
use crate::decide::withdraw::{Wish, Withdrawal, withdraw};
use crate::schedule::local_time;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ad, as `handbill log` shows it
    posting: String,
    /// Not any more: what was not taken back yet stays
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let desk = Desk::open(folder, &arguments.as_if).await?;
    let known = desk.known(&arguments.posting)?;
    let (id, zone, now) = (known.id.clone(), desk.site.settings.timezone, desk.clock.now());
    let wish = if arguments.undo { Wish::Undo } else { Wish::TakeBack };
    let grace = desk.site.plan.grace;
    let withdrawal = withdraw(&desk.ledger, &desk.past, known, wish, grace, now).await?;
    let Withdrawal { before, since, counts_from, copies } = withdrawal;
    desk.close().await;
    if arguments.format == Format::Json {
        let copies: Vec<_> = copies
            .iter()
            .map(|it| {
                json!({
                    "channel": it.name.channel,
                    "link": it.receipt.as_ref().and_then(|receipt| receipt.link.as_ref()),
                })
            })
            .collect();
        say_json(&json!({
            "posting": id, "withdrawn_at": since, "counts_from": counts_from, "copies": copies,
        }))?;
        return Ok(End::Done);
    }
    match (arguments.undo, before) {
        (true, None) => say(&format!("{id} was not withdrawn\n"))?,
        (true, Some(_)) => say(&format!("{id} is not withdrawn any more\n"))?,
        (false, Some(at)) => {
            say(&format!("{id} is withdrawn since {}\n", local_time(at, zone)))?;
        }
        (false, None) => say(&format!("{id} is withdrawn\n"))?,
    }
    if arguments.undo {
        return Ok(End::Done);
    }
    match counts_from.filter(|from| *from > now) {
        Some(from) => say(&format!(
            "Its page is gone, so this counts from {}, unless the page is back by then.\n",
            local_time(from, zone)
        ))?,
        None if copies.is_empty() => say("No copy of it stands anywhere.\n")?,
        None => say("The next round closes its copies as each channel does: `handbill post`.\n")?,
    }
    for copy in &copies {
        let link = copy.receipt.as_ref().and_then(|it| it.link.as_ref());
        let link = link.map(ToString::to_string).unwrap_or_default();
        say(&format!("  {}\n", format!("{:<16} {link}", copy.name.channel.0).trim_end()))?;
    }
    Ok(End::Done)
}
