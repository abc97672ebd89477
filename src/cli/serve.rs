//! `handbill serve`: the daemon.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::{CliError, End, complain_about, load, parse_time};
use crate::clock::Clock;
use crate::serve::{self, ClockTrust, Options, ServeError};
use crate::site::serve::Listen;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where health and metrics are answered, or `off`; default: what handbill.toml says, or
    /// 127.0.0.1:8420
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<Listen>,
    /// Believe the clock, though the ledger has entries from a later time
    #[arg(long)]
    trust_clock: bool,
    /// As if it were this time, from which the clock goes on
    #[arg(long, value_name = "TIME", value_parser = parse_time, hide_short_help = true)]
    at: Option<DateTime<Utc>>,
    /// How many seconds go by in one second of the run while nothing is done
    #[arg(long, value_name = "N", requires = "at", default_value_t = 1, hide = true)]
    speed: u32,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let options = Options {
        folder: load::folder(folder)?,
        clock: arguments.at.map_or(Clock::System, |at| Clock::going_from(at, arguments.speed)),
        listen: arguments.listen,
        trust: if arguments.trust_clock { ClockTrust::Always } else { ClockTrust::AfterTheLedger },
    };
    match serve::run(options).await {
        Ok(()) => Ok(End::Done),
        Err(ServeError::Configuration(diagnostics)) => {
            complain_about(&diagnostics);
            Err(CliError::Said(End::Configuration))
        }
        Err(ServeError::Site(error)) => Err(error.into()),
        Err(ServeError::Ledger(error)) => Err(error.into()),
        Err(error) => Err(CliError::Failed(error.to_string())),
    }
}
