//! `handbill resolve`: a person says what became of an attempt whose outcome is unknown.

use std::path::PathBuf;

use url::Url;

use super::{AsIf, CliError, End, Format, load, parse_link, say, say_json};
use crate::channel::Reach;
use crate::decide::resolve::{self, Around, Saw};
use crate::deliver::Station;
use crate::ledger::Delivery;
use crate::site::Site;

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false, id = "what")]
pub(super) struct WhatHappened {
    /// It is there, under this link; a list may have none that leads to it
    #[arg(long, value_name = "LINK", num_args = 0..=1, value_parser = parse_link)]
    posted: Option<Option<Url>>,
    /// It is certainly not there: it may be sent again
    #[arg(long)]
    not_posted: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The delivery, as `handbill log` shows it (its first digits are enough)
    id: String,
    #[command(flatten)]
    what: WhatHappened,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let clock = arguments.as_if.clock();
    let ledger = load::existing_ledger(&site, &clock).await?;
    let delivery = ledger.find_by_prefix(&arguments.id).await?;
    let station = station(&site, &delivery)?;
    let around = Around {
        ledger: &ledger,
        station: station.as_ref(),
        zone: site.settings.timezone,
        clock: &clock,
    };
    let saw = match arguments.what.posted.clone() {
        Some(Some(link)) => Saw::Posted(link),
        Some(None) => Saw::PostedWithoutLink,
        None => Saw::NotPosted,
    };
    let delivery = resolve::resolve(&around, &delivery, &saw).await?;
    ledger.close().await;
    if arguments.format == Format::Json {
        say_json(&delivery)?;
        return Ok(End::Done);
    }
    say(&format!(
        "{} on {} is {} now\n",
        delivery.name.posting,
        delivery.name.channel,
        delivery.state.as_str()
    ))?;
    Ok(End::Done)
}

/// The channel of a delivery; `None` if it is not configured any more.
pub(super) fn station(site: &Site, delivery: &Delivery) -> Result<Option<Station>, CliError> {
    let stations = load::stations(site, Reach::Anywhere)?;
    Ok(stations.into_iter().find(|station| station.spec.name == delivery.name.channel))
}
