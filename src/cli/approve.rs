//! `handbill approve`: a person agrees to the words of an ad, and to no others; without arguments:
//! what waits for that.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::desk::Desk;
use super::{AsIf, CliError, End, Format, load, say, say_json};
use crate::channel::Reach;
use crate::decide::approve::{self, Words, is_needed, words};
use crate::deliver::{self, Station, preview};
use crate::plan::{Pace, Reason, When};
use crate::posting::Posting;
use crate::schedule::local_time;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ads, as `handbill plan` shows them; none: list what waits
    #[arg(value_name = "POSTING")]
    postings: Vec<String>,
    /// Only on this channel
    #[arg(long, value_name = "NAME", requires = "postings")]
    channel: Option<String>,
    /// Show the words, and approve nothing
    #[arg(long, requires = "postings")]
    show: bool,
    /// Who approves; default: the user of this machine
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    if arguments.postings.is_empty() {
        return list(arguments, folder).await;
    }
    // Looking needs no name.
    let by = if arguments.show { String::new() } else { who(arguments)? };
    let desk = Desk::open(folder, &arguments.as_if).await?;
    let only = arguments.channel.as_deref().map(|typed| desk.station(typed)).transpose()?;
    let named = arguments.postings.iter().map(|typed| Ok(desk.known(typed)?.id.clone()));
    let named = named.collect::<Result<Vec<_>, CliError>>()?;
    let mut failed = false;
    let mut told = Vec::new();
    for id in &named {
        let posting = desk.page(id)?;
        let wanted = desk.stations.iter().filter(|station| {
            only.is_none_or(|only| only.spec.name == station.spec.name)
                && is_needed(posting, &station.spec)
        });
        let mut needed = 0;
        for station in wanted {
            needed += 1;
            let (site, id) = (&desk.site, desk.ledger.id());
            match words(posting, station, site, id, desk.clock.now()) {
                Ok(words) => {
                    told.push(decide(arguments, &desk, posting, station, &words, &by).await?);
                }
                Err(error) => {
                    failed = true;
                    super::complain(&format!("error: {id} on {}: {error}", station.spec.name));
                }
            }
        }
        if needed == 0 && arguments.format == Format::Text {
            say(&format!("{id} needs no approval\n"))?;
        }
    }
    if arguments.format == Format::Json {
        say_json(&told)?;
    }
    desk.close().await;
    Ok(if failed { End::Failed } else { End::Done })
}

/// Shows the words, and writes down that somebody agrees to them.
async fn decide(
    arguments: &Arguments,
    desk: &Desk,
    posting: &Posting,
    station: &Station,
    words: &Words,
    by: &str,
) -> Result<serde_json::Value, CliError> {
    let channel = &station.spec.name;
    let earlier = desk.past.approvals.get(&(posting.id.clone(), channel.clone()));
    let valid = earlier.filter(|it| it.content_hash == words.hash);
    let void = earlier.filter(|it| it.content_hash != words.hash);
    let zone = desk.site.settings.timezone;
    if arguments.format == Format::Text {
        say(&format!("{}\n  {} on {channel}\n", posting.name(), posting.id))?;
        if let Some(void) = void {
            say(&format!(
                "  the approval by {} of {} is void: the words have changed since\n",
                void.by,
                local_time(void.at, zone)
            ))?;
        }
        for (occasion, composed) in &words.shown {
            say(&format!("\n  {channel} · {occasion}\n{}", preview::draw(composed)))?;
            if let Some(cost) = preview::cost(station.spec.kind(), composed) {
                say(&format!("    {cost}\n"))?;
            }
        }
    }
    let now = desk.clock.now();
    let end = match valid {
        Some(approval) => {
            format!("approved already by {} on {}", approval.by, local_time(approval.at, zone))
        }
        None if arguments.show => {
            format!("not approved yet: `handbill approve {}`", posting.id)
        }
        None => {
            let (ledger, id) = (&desk.ledger, &posting.id);
            approve::approve(ledger, id, channel, words, &words.hash, by, now).await?;
            format!("approved by {by}")
        }
    };
    if arguments.format == Format::Text {
        say(&format!("\n  {end}\n\n"))?;
    }
    let shown: Vec<_> = words
        .shown
        .iter()
        .map(|(occasion, composed)| {
            let mut words = json!({ "occasion": occasion, "preview": preview::json(composed) });
            if let Some(cost) = preview::cost(station.spec.kind(), composed) {
                words["cost_usd"] = cost.price.dollars().into();
            }
            words
        })
        .collect();
    Ok(json!({
        "posting": posting.id,
        "channel": channel,
        "content_hash": words.hash,
        "words": shown,
        "approved": valid.is_some() || !arguments.show,
        "void": void,
    }))
}

fn who(arguments: &Arguments) -> Result<String, CliError> {
    let user = || std::env::var("USER").ok().filter(|name| !name.trim().is_empty());
    arguments
        .by
        .clone()
        .or_else(user)
        .ok_or_else(|| CliError::Usage("who approves it?\nhelp: add `--by NAME`".to_owned()))
}

async fn list(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let stations = load::stations(&site, Reach::Anywhere)?;
    let clock = arguments.as_if.clock();
    let view = load::view(&site, &stations, &[], &clock).await?;
    let (postings, past) = (&view.read.postings, &view.past);
    let plan = deliver::make_plan(&site, &stations, postings, past, Pace::OnSchedule, clock.now());
    let mut waiting: Vec<(&str, &str, &str, Option<DateTime<Utc>>)> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.when {
            When::Not { reason: Reason::NotApproved { void, .. } } => Some((
                step.name.posting.as_str(),
                step.name.channel.as_str(),
                &*step.title,
                void.map(|at| at.to_utc()),
            )),
            _ => None,
        })
        .collect();
    waiting.sort_unstable();
    waiting.dedup();
    if arguments.format == Format::Json {
        let all: Vec<_> = waiting
            .iter()
            .map(|(posting, channel, title, void)| {
                json!({ "posting": posting, "channel": channel, "title": title, "void": void })
            })
            .collect();
        say_json(&json!({ "waiting": all }))?;
        return Ok(End::Done);
    }
    if waiting.is_empty() {
        say("Nothing waits for approval.\n")?;
        return Ok(End::Done);
    }
    let mut posting = "";
    for (id, channel, title, void) in &waiting {
        if *id != posting {
            posting = id;
            say(&format!("{title}\n  {id}\n"))?;
        }
        let void = void.map_or_else(String::new, |at| {
            let at = local_time(at, site.settings.timezone);
            format!("  the approval of {at} is void: the words have changed since")
        });
        say(&format!("    {}\n", format!("{channel:<16}{void}").trim_end()))?;
    }
    say("\n\
         handbill approve POSTING… --show     shows the words\n\
         handbill approve POSTING…            shows the words and agrees to them\n")?;
    Ok(End::Done)
}
