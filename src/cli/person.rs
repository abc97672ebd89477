//! The moments that need a person: `record`, `resolve`, `resume`.

use std::path::PathBuf;

use url::Url;

use super::{CliError, End, clock, load, parse_link, say};
use crate::channel::Receipt;
use crate::ledger::{Deed, Resolution};

#[derive(Debug, clap::Args)]
pub(super) struct RecordArguments {
    /// The delivery, as `handbill log` shows it (its first digits are enough)
    id: String,
    /// Where readers find it; not needed for what was changed or taken down
    #[arg(value_parser = parse_link)]
    link: Option<Url>,
}

pub(super) async fn record(
    arguments: &RecordArguments,
    folder: Option<PathBuf>,
) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let clock = clock(None);
    let ledger = load::existing_ledger(&site, &clock).await?;
    let delivery = ledger.find_by_prefix(&arguments.id).await?;
    let (delivery, what) = match &arguments.link {
        Some(link) => (ledger.record(delivery.key, link, clock.now()).await?, link.to_string()),
        None if delivery.deed == Deed::Ask => {
            let done = Resolution::Posted(Receipt::default());
            (ledger.resolve(delivery.key, &done, clock.now()).await?, "done".to_owned())
        }
        None => {
            return Err(CliError::Usage(format!(
                "where do readers find it?\nhelp: `handbill record {} LINK`",
                delivery.key.short()
            )));
        }
    };
    ledger.close().await;
    say(&format!("Recorded for {} on {}: {what}\n", delivery.name.posting, delivery.name.channel))?;
    Ok(End::Done)
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false, id = "what")]
pub(super) struct WhatHappened {
    /// It is there, under this link
    #[arg(long, value_name = "LINK", value_parser = parse_link)]
    posted: Option<Url>,
    /// It is certainly not there: it may be sent again
    #[arg(long)]
    not_posted: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResolveArguments {
    /// The delivery, as `handbill log` shows it (its first digits are enough)
    id: String,
    #[command(flatten)]
    what: WhatHappened,
}

pub(super) async fn resolve(
    arguments: &ResolveArguments,
    folder: Option<PathBuf>,
) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let clock = clock(None);
    let ledger = load::existing_ledger(&site, &clock).await?;
    let delivery = ledger.find_by_prefix(&arguments.id).await?;
    let resolution = match &arguments.what.posted {
        Some(link) => Resolution::Posted(Receipt { remote_id: None, link: Some(link.clone()) }),
        None => Resolution::NotPosted,
    };
    let delivery = ledger.resolve(delivery.key, &resolution, clock.now()).await?;
    ledger.close().await;
    say(&format!(
        "{} on {} is {} now\n",
        delivery.name.posting,
        delivery.name.channel,
        delivery.state.as_str()
    ))?;
    Ok(End::Done)
}

#[derive(Debug, clap::Args)]
pub(super) struct ResumeArguments {
    /// The channel's name
    channel: String,
}

pub(super) async fn resume(
    arguments: &ResumeArguments,
    folder: Option<PathBuf>,
) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let names = site.channels.iter().map(|channel| &channel.name).collect();
    let channel = load::known_channel(&arguments.channel, &names)?;
    let clock = clock(None);
    let ledger = load::existing_ledger(&site, &clock).await?;
    ledger.resume(&channel, clock.now()).await?;
    ledger.close().await;
    say(&format!("{} goes on\n", arguments.channel))?;
    Ok(End::Done)
}
