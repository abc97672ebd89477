//! `handbill resolve`: a person says what became of an attempt whose outcome is unknown.

use std::path::PathBuf;

use url::Url;

use super::{AsIf, CliError, End, Format, adopt, load, parse_link, say, say_json};
use crate::channel::{Reach, Receipt};
use crate::deliver::{self, Clock, Station};
use crate::ledger::{Delivery, Ledger, Resolution, State};
use crate::schedule::local_time;
use crate::site::Site;

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
    let resolution = match &arguments.what.posted {
        Some(link) => {
            let receipt = receipt(link, station.as_ref());
            if let Some(station) = &station {
                adopt::not_anothers(&ledger.past().await?, station, &receipt, Some(delivery.key))?;
            }
            Resolution::Posted(receipt)
        }
        None => {
            not_too_early(&site, &ledger, &delivery, station.as_ref(), &clock).await?;
            Resolution::NotPosted
        }
    };
    let delivery = ledger.resolve(delivery.key, &resolution, clock.now()).await?;
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

/// What a link says of a copy: its id too, where the channel can read that from it.
pub(super) fn receipt(link: &Url, station: Option<&Station>) -> Receipt {
    let remote_id = station.and_then(|station| station.channel.recognise(link));
    Receipt { remote_id, link: Some(link.clone()), ..Receipt::default() }
}

/// What is still on its way may arrive after a person looked: sent again, it would be there twice.
async fn not_too_early(
    site: &Site,
    ledger: &Ledger,
    delivery: &Delivery,
    station: Option<&Station>,
    clock: &Clock,
) -> Result<(), CliError> {
    let Some(station) = station.filter(|_| delivery.state == State::Unknown) else {
        return Ok(());
    };
    let Some(attempt) = ledger.last_attempt(delivery.key).await? else { return Ok(()) };
    let abilities = station.channel.abilities();
    let Some(until) = deliver::under_way_until(&attempt, &abilities, clock) else {
        return Ok(());
    };
    Err(CliError::Failed(format!(
        "it may still arrive until {}: nobody can say now that it is not there\n\
         help: look again then, and say so again",
        local_time(until, site.settings.timezone)
    )))
}
