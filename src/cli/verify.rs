//! `handbill verify`: are the links still there, do they still say the same.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{AsIf, CliError, End, Format, load, say, say_json};
use crate::channel::{Kind, Reach, Sight};
use crate::deliver::{Courier, PATIENCE, Seen, Wanted, Worker};
use crate::ledger::CopyState;
use crate::plan::reason;
use crate::schedule::local_time;
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Only this posting
    #[arg(long, value_name = "ID")]
    posting: Option<String>,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let clock = arguments.as_if.clock();
    let ledger = load::existing_ledger(&site, &clock).await?;
    let past = ledger.past().await?;
    let channel = match &arguments.channel {
        Some(typed) => {
            let names = site.channels.iter().map(|channel| &channel.name).collect();
            Some(load::known_channel(typed, &names)?)
        }
        None => None,
    };
    let posting = match &arguments.posting {
        Some(typed) => Some(BTreeSet::from([load::known_posting(typed, &past)?.id.clone()])),
        None => None,
    };
    let stations = load::stations(&site, Reach::Anywhere)?;
    let courier = Courier {
        site: &site,
        stations: &stations,
        ledger: &ledger,
        worker: Worker::this(),
        clock,
        aside: None,
    };
    let wanted = Wanted { channel: channel.as_ref(), postings: posting.as_ref() };
    courier.arrivals(wanted).await?;
    let seen = courier.verify(wanted).await?;
    ledger.clone().close().await;
    // What only a person can see is said, and fails nothing.
    let by_a_person = |seen: &Seen| {
        let channel = site.channels.iter().find(|it| it.name == seen.delivery.name.channel);
        channel.is_some_and(|channel| channel.kind() == Kind::Manual)
    };
    let well = seen.iter().all(|seen| matches!(seen.sight, Sight::Agrees) || by_a_person(seen));
    match arguments.format {
        Format::Json => {
            let all: Vec<_> = seen
                .iter()
                .map(|seen| {
                    serde_json::json!({
                        "key": seen.delivery.key,
                        "posting": seen.delivery.name.posting,
                        "channel": seen.delivery.name.channel,
                        "link": seen.delivery.receipt.as_ref().and_then(|it| it.link.as_ref()),
                        "copy": seen.copy,
                        "seen": words(seen, &site),
                        "unseen_since": seen.delivery.unseen_since,
                    })
                })
                .collect();
            say_json(&all)?;
        }
        Format::Text => {
            for seen in &seen {
                let link = seen.delivery.receipt.as_ref().and_then(|it| it.link.as_ref());
                say(&format!(
                    "{:<16} {:<28} {}  {}\n",
                    seen.delivery.name.channel.0,
                    seen.delivery.name.posting.0,
                    words(seen, &site),
                    link.map(ToString::to_string).unwrap_or_default()
                ))?;
            }
            if seen.is_empty() {
                say("Nothing stands anywhere yet.\n")?;
            }
        }
    }
    Ok(if well { End::Done } else { End::Failed })
}

fn words(seen: &Seen, site: &Site) -> String {
    match (&seen.sight, seen.delivery.unseen_since) {
        (Sight::Agrees, _) => "agrees".to_owned(),
        (Sight::Differs { found }, _) => format!("says something else: {found}"),
        // Servers have bad days.
        (Sight::Gone, Some(since)) if seen.copy != Some(CopyState::Gone) => format!(
            "not there since {}; it is looked at again, and counts as gone after {}",
            local_time(since, site.settings.timezone),
            reason::length(PATIENCE)
        ),
        (Sight::Gone, _) => "gone".to_owned(),
        (Sight::Unseen { why }, _) => format!("could not be seen: {why}"),
    }
}
