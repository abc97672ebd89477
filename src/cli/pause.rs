//! `handbill pause` and `handbill resume`: nothing goes out to a channel, or to all, from now on. It
//! holds at once, for a process that runs too: every claim looks at the ledger.

use std::path::PathBuf;

use serde_json::json;

use super::desk::Desk;
use super::{AsIf, CliError, End, Format, load, say, say_json};
use crate::channel::ChannelName;
use crate::decide::pause::{self, NO_REASON, Resumed};
use crate::ledger::{Past, Pause};
use crate::schedule::local_time;
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct PauseArguments {
    /// The channels; none: show what is paused
    #[arg(value_name = "CHANNEL", conflicts_with = "all")]
    channels: Vec<String>,
    /// Everything, channels that come later included
    #[arg(long)]
    all: bool,
    /// Why, for those who wonder
    #[arg(long, value_name = "TEXT", default_value = NO_REASON, hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn pause(
    arguments: &PauseArguments,
    folder: Option<PathBuf>,
) -> Result<End, CliError> {
    let site = load::site(folder.clone())?;
    let channels = named(&arguments.channels, &site)?;
    if channels.is_empty() && !arguments.all {
        return shown(arguments.format, &load::past(&site).await?, &site);
    }
    let past = load::past(&site).await?;
    let clock = arguments.as_if.clock();
    let is_known = |name: &ChannelName| past.channels.contains_key(name);
    let ledger = if channels.iter().all(is_known) {
        load::ledger(&site, &clock).await?
    } else {
        // The ledger has not seen it yet: it is written down as at every round.
        Desk::open(folder, &arguments.as_if).await?.ledger
    };
    if arguments.all {
        ledger.pause_all(&arguments.reason, clock.now()).await?;
    }
    for channel in &channels {
        pause::pause(&ledger, channel, &arguments.reason, clock.now()).await?;
    }
    let past = ledger.past().await?;
    ledger.close().await;
    shown(arguments.format, &past, &site)
}

#[derive(Debug, clap::Args)]
pub(super) struct ResumeArguments {
    /// The channels; none: show what is paused
    #[arg(value_name = "CHANNEL", conflicts_with = "all")]
    channels: Vec<String>,
    /// What `pause --all` paused; channels that are paused on their own stay so
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn resume(
    arguments: &ResumeArguments,
    folder: Option<PathBuf>,
) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let channels = named(&arguments.channels, &site)?;
    if channels.is_empty() && !arguments.all {
        return shown(arguments.format, &load::past(&site).await?, &site);
    }
    let clock = arguments.as_if.clock();
    let ledger = load::existing_ledger(&site, &clock).await?;
    let before = ledger.past().await?;
    if arguments.all {
        ledger.resume_all(clock.now()).await?;
    }
    let mut said = Vec::new();
    if arguments.all {
        let what = if before.paused.is_some() {
            "everything goes on"
        } else {
            "not everything was paused"
        };
        said.push(what.to_owned());
    }
    for channel in &channels {
        said.push(match pause::resume(&ledger, &before, channel, clock.now()).await? {
            Resumed::GoesOn => format!("{channel} goes on"),
            Resumed::WasNotPaused => format!("{channel} was not paused"),
        });
    }
    let past = ledger.past().await?;
    ledger.close().await;
    if arguments.format == Format::Text {
        for line in said {
            say(&format!("{line}\n"))?;
        }
        if past.paused.is_none() && past.channels.values().all(|it| it.paused.is_none()) {
            return Ok(End::Done);
        }
    }
    shown(arguments.format, &past, &site)
}

fn named(typed: &[String], site: &Site) -> Result<Vec<ChannelName>, CliError> {
    let names = site.channels.iter().map(|channel| &channel.name).collect();
    typed.iter().map(|name| load::known_channel(name, &names)).collect()
}

/// Says what is paused, since when and why.
fn shown(format: Format, past: &Past, site: &Site) -> Result<End, CliError> {
    let channels = || {
        past.channels.values().filter_map(|it| it.paused.as_ref().map(|pause| (&it.name, pause)))
    };
    if format == Format::Json {
        let channels: serde_json::Map<_, _> =
            channels().map(|(name, pause)| (name.0.to_string(), json!(pause))).collect();
        say_json(&json!({ "all": past.paused, "channels": channels }))?;
        return Ok(End::Done);
    }
    let since = |pause: &Pause| local_time(pause.since, site.settings.timezone);
    if let Some(pause) = &past.paused {
        say(&format!(
            "everything is paused since {}: {} (`handbill resume --all`)\n",
            since(pause),
            pause.reason
        ))?;
    }
    for (name, pause) in channels() {
        say(&format!(
            "{name} is paused since {}: {} (`handbill resume {name}`)\n",
            since(pause),
            pause.reason
        ))?;
    }
    if past.paused.is_none() && channels().next().is_none() {
        say("Nothing is paused.\n")?;
    }
    Ok(End::Done)
}
