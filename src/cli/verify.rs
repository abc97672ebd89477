//! `handbill verify`: are the links still there, do they still say the same.

use std::path::PathBuf;

use super::{CliError, End, Format, clock, load, say, say_json};
use crate::channel::{Kind, Reach, Sight};
use crate::deliver::{Courier, Seen, Wanted, Worker};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let clock = clock(None);
    let ledger = load::existing_ledger(&site, &clock).await?;
    let stations = load::stations(&site, Reach::Anywhere)?;
    let courier = Courier {
        site: &site,
        stations: &stations,
        ledger: &ledger,
        worker: Worker::this(),
        clock,
    };
    let seen = courier.verify(Wanted::default()).await?;
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
                        "seen": words(&seen.sight),
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
                    words(&seen.sight),
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

fn words(sight: &Sight) -> String {
    match sight {
        Sight::Agrees => "agrees".to_owned(),
        Sight::Differs { found } => format!("says something else: {found}"),
        Sight::Gone => "gone".to_owned(),
        Sight::Unseen { why } => format!("could not be seen: {why}"),
    }
}
