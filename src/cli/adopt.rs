//! `handbill adopt`: a copy that somebody made by other means is ours from now on.

use std::path::PathBuf;

use url::Url;

use super::desk::Desk;
use super::{AsIf, CliError, End, Format, parse_link, say, say_json};
use crate::adapt::{self, Occasion};
use crate::channel::{Kind, Receipt};
use crate::decide::not_anothers;
use crate::deliver::Station;
use crate::ledger::{Adopted, CopyState, Delivery, DeliveryName, Occurrence, Standing, State};
use crate::posting::PostingId;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ad, as `handbill plan` shows it
    posting: String,
    /// The channel that has a copy
    channel: String,
    /// Where readers find the copy
    #[arg(value_parser = parse_link)]
    link: Url,
    /// The channel's own id of the copy, where the link does not say it
    #[arg(long, value_name = "REMOTE_ID")]
    id: Option<String>,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let desk = Desk::open(folder, &arguments.as_if).await?;
    let posting = desk.known(&arguments.posting)?.id.clone();
    let station = desk.station(&arguments.channel)?;
    let receipt = receipt(arguments, station)?;
    let ours = desk.past.deliveries.iter().find(|it| is_announcement(it, &posting, station));
    let newest = desk
        .past
        .deliveries
        .iter()
        .filter(|it| is_announcement(it, &posting, station))
        .max_by_key(|it| ordinal(it))
        .or(ours);
    if let Some(same) = newest.filter(|it| stands(it) && it.receipt.as_ref() == Some(&receipt)) {
        return told(arguments, same, "was ours already");
    }
    let occurrence = free_ordinal(&posting, station, newest)?;
    not_anothers(&desk.past, station, &receipt, None)?;
    let rendition = adapt::adapt(
        desk.page(&posting)?,
        &station.target,
        Occasion::Announce,
        &desk.site.templates,
    )
    .map_err(|error| CliError::Failed(format!("{posting} on {}: {error}", station.spec.name)))?;
    let adopted = Adopted {
        name: DeliveryName {
            posting: posting.clone(),
            channel: station.spec.name.clone(),
            occasion: Occasion::Announce,
            occurrence,
        },
        receipt,
        standing: Standing {
            revision: desk.page(&posting)?.revision.clone(),
            content_hash: rendition.content_hash(),
            rendition,
        },
    };
    let now = desk.clock.now();
    let delivery = desk.ledger.adopt(&adopted, now).await?;
    desk.close().await;
    told(arguments, &delivery, "is ours from now on")
}

/// The channel's id and link of the copy.
fn receipt(arguments: &Arguments, station: &Station) -> Result<Receipt, CliError> {
    let link = &arguments.link;
    let id = arguments.id.clone().or_else(|| station.channel.recognise(link));
    let kind = station.spec.kind();
    if id.is_none()
        && matches!(kind, Kind::Mail | Kind::Mastodon | Kind::X | Kind::Bluesky | Kind::LinkedIn)
    {
        return Err(CliError::Usage(format!(
            "{link} does not say which copy on {} it is\n\
             help: name the link of the copy itself, or add its id there: `--id REMOTE_ID`",
            station.spec.name
        )));
    }
    Ok(Receipt { remote_id: id, link: Some(link.clone()), ..Receipt::default() })
}

fn is_announcement(delivery: &Delivery, posting: &PostingId, station: &Station) -> bool {
    delivery.name.occasion == Occasion::Announce
        && delivery.name.posting == *posting
        && delivery.name.channel == station.spec.name
}

fn ordinal(delivery: &Delivery) -> u32 {
    delivery.name.occurrence.ordinal()
}

fn stands(delivery: &Delivery) -> bool {
    delivery.state == State::Posted && delivery.copy.is_some_and(CopyState::stands)
}

/// Which announcement the copy counts as; there is none to give where ours stands, or may.
fn free_ordinal(
    posting: &PostingId,
    station: &Station,
    newest: Option<&Delivery>,
) -> Result<Occurrence, CliError> {
    let Some(newest) = newest else { return Ok(Occurrence::FIRST) };
    let refused = |what: &str, help: &str| {
        Err(CliError::Usage(format!("{posting} on {}: {what}\nhelp: {help}", station.spec.name)))
    };
    let id = newest.key.short();
    match newest.state {
        State::Planned | State::Cancelled if newest.attempts == 0 => {
            Ok(newest.name.occurrence.clone())
        }
        State::Cancelled => Ok(Occurrence::Ordinal(ordinal(newest) + 1)),
        State::Posted if !newest.copy.is_some_and(CopyState::stands) => {
            Ok(Occurrence::Ordinal(ordinal(newest) + 1))
        }
        State::Posted => refused(
            "it was announced there already, and that copy is on record",
            &format!("`handbill log show {id}` shows it"),
        ),
        State::Planned | State::Sending => {
            refused("it is just being announced there", "wait for what comes of it: `handbill log`")
        }
        State::Asked => {
            refused("a person was asked to post it there", &format!("`handbill record {id} LINK`"))
        }
        State::Unknown | State::Refused => refused(
            "it was tried to be announced there",
            &format!("`handbill resolve {id} --posted LINK`"),
        ),
    }
}

fn told(arguments: &Arguments, delivery: &Delivery, what: &str) -> Result<End, CliError> {
    let (posting, channel) = (&delivery.name.posting, &delivery.name.channel);
    if arguments.format == Format::Json {
        say_json(delivery)?;
        return Ok(End::Done);
    }
    let id = delivery.receipt.as_ref().and_then(|it| it.remote_id.as_ref());
    let id = id.map(|id| format!(" (id {id})")).unwrap_or_default();
    say(&format!("{}{id} {what}: {posting} on {channel}\n", arguments.link))?;
    say("It is taken to say what the page says now; what changes from now on is carried there.\n")?;
    Ok(End::Done)
}
