//! `handbill record`: the link of something that a person posted, or that came later.

use std::path::PathBuf;

use url::Url;

use super::{AsIf, CliError, End, Format, load, parse_link, resolve, say, say_json};
use crate::decide::resolve::{Around, record};

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
    let station = resolve::station(&site, &delivery)?;
    let around = Around {
        ledger: &ledger,
        station: station.as_ref(),
        zone: site.settings.timezone,
        clock: &clock,
    };
    let delivery = record(&around, &delivery, arguments.link.as_ref()).await?;
    let what = arguments.link.as_ref().map_or_else(|| "done".to_owned(), Url::to_string);
    ledger.close().await;
    if arguments.format == Format::Json {
        say_json(&delivery)?;
        return Ok(End::Done);
    }
    say(&format!("Recorded for {} on {}: {what}\n", delivery.name.posting, delivery.name.channel))?;
    Ok(End::Done)
}
