//! `handbill record`: the link of something that a person posted, or that came later.

use std::path::PathBuf;

use url::Url;

use super::{AsIf, CliError, End, Format, adopt, load, parse_link, resolve, say, say_json};
use crate::channel::Receipt;
use crate::ledger::{Deed, Resolution, State};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The delivery, as `handbill log` shows it (its first digits are enough)
    id: String,
    /// Where readers find it; not needed for what was changed or taken down
    #[arg(value_parser = parse_link)]
    link: Option<Url>,
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
    let (key, now) = (delivery.key, clock.now());
    let (delivery, what) = match &arguments.link {
        Some(link) if matches!(delivery.state, State::Asked | State::Unknown) => {
            let station = resolve::station(&site, &delivery)?;
            let receipt = resolve::receipt(link, station.as_ref());
            if let Some(station) = &station {
                adopt::not_anothers(&ledger.past().await?, station, &receipt, Some(key))?;
            }
            (ledger.resolve(key, &Resolution::Posted(receipt), now).await?, link.to_string())
        }
        Some(link) => (ledger.record(key, link, now).await?, link.to_string()),
        None if matches!(delivery.deed, Deed::Ask | Deed::Edit | Deed::Withdraw) => {
            let done = Resolution::Posted(Receipt::default());
            (ledger.resolve(key, &done, now).await?, "done".to_owned())
        }
        None => {
            return Err(CliError::Usage(format!(
                "where do readers find it?\nhelp: `handbill record {} LINK`",
                key.short()
            )));
        }
    };
    ledger.close().await;
    if arguments.format == Format::Json {
        say_json(&delivery)?;
        return Ok(End::Done);
    }
    say(&format!("Recorded for {} on {}: {what}\n", delivery.name.posting, delivery.name.channel))?;
    Ok(End::Done)
}
