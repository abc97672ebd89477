//! `handbill log`: what stands where, since when, and what needs a person; `log --follow`: what
//! happens, as it happens; `log show ID`: one delivery with its attempts and exactly what was sent.

mod follow;
mod show;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Subcommand, ValueEnum};

use super::{AsIf, CliError, End, load, parse_time, say, say_json};
use crate::channel::Reach;
use crate::deliver;
use crate::diagnostic::suggestion;
use crate::ledger::{Ledger, Past, State};
use crate::log::filter::Filter;
use crate::log::table::{self, Grouping, table};
use crate::log::{STATES, csv, html, json_lines, markdown, rows};
use crate::notice::due_notices;
use crate::plan::{Pace, Plan};
use crate::schedule::length::Length;
use crate::site::Site;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    show: Option<Show>,
    #[command(flatten)]
    list: ListArguments,
}

#[derive(Debug, Subcommand)]
enum Show {
    /// One delivery: every attempt, exactly what was sent, what came of it
    Show {
        /// Its first digits are enough
        id: String,
        #[arg(long, value_enum, default_value_t = super::Format::Text)]
        format: super::Format,
    },
}

#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Only this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Only this posting
    #[arg(long, value_name = "ID")]
    posting: Option<String>,
    /// Only what is in this state, of the delivery or of its copy; several with commas
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = STATES)]
    state: Vec<String>,
    /// Only what changed since then: a time, or how long ago (`7d`, `12h`)
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    since: Option<Moment>,
    /// Only what changed before then
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    until: Option<Moment>,
    /// Only where these words stand: in the title, a name, the link, the note
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only what needs a person, and what to do about it
    #[arg(long, conflicts_with_all = ["state", "by", "follow"])]
    needs_me: bool,
    /// What stands together in the table
    #[arg(long, value_enum, default_value_t = By::Posting)]
    by: By,
    /// Go on with what happens, until Ctrl-C
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = LogFormat::Table)]
    format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Posting,
    Channel,
}

/// A time that somebody typed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    At(DateTime<Utc>),
    Ago(chrono::TimeDelta),
}

impl Moment {
    fn time(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(time) => time,
            Self::Ago(length) => now.checked_sub_signed(length).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

fn parse_moment(text: &str) -> Result<Moment, String> {
    match Length::parse(text) {
        Ok(length) => Ok(Moment::Ago(length.0)),
        Err(_) => parse_time(text).map(Moment::At).map_err(|_| {
            "write a time such as `2027-01-31`, or how long ago, such as `7d`".to_owned()
        }),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Table,
    /// One array
    Json,
    /// JSON Lines: an object a line
    Jsonl,
    Csv,
    Markdown,
    /// A page that stands alone
    Html,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let list = &arguments.list;
    let clock = list.as_if.clock();
    if let Some(Show::Show { id, format }) = &arguments.show {
        let ledger = load::existing_ledger(&site, &clock).await?;
        return show::show(&ledger, id, *format, site.settings.timezone).await;
    }
    let past = load::past(&site).await?;
    if let Some(channel) = &list.channel {
        // A channel that was taken away still has a past.
        let now = site.channels.iter().map(|channel| &channel.name);
        let before = past.deliveries.iter().map(|delivery| &delivery.name.channel);
        load::known_channel(channel, &now.chain(before).collect())?;
    }
    if let Some(id) = &list.posting {
        known_posting(id, &past)?;
    }
    let now = clock.now();
    let filter = Filter {
        channel: list.channel.clone(),
        posting: list.posting.clone(),
        states: list.state.clone(),
        since: list.since.map(|it| it.time(now)),
        until: list.until.map(|it| it.time(now)),
        text: list.text.clone(),
    };
    if list.follow {
        return follow::follow(&site, &filter, list.format).await;
    }
    let stale = stale_plan(&site, &past, now);
    if list.needs_me {
        return needs_me(&site, &filter, stale.unwrap_or_default(), list.format, now).await;
    }
    let mut rows = rows(&past, stale.as_ref());
    let planned = !rows.is_empty();
    rows.retain(|row| filter.includes(row));
    let zone = site.settings.timezone;
    let grouping = match list.by {
        By::Posting => Grouping::ByPosting,
        By::Channel => Grouping::ByChannel,
    };
    match list.format {
        LogFormat::Table if rows.is_empty() && planned => say("Nothing in the log is so.\n")?,
        LogFormat::Table => say(&table(&rows, grouping, zone))?,
        LogFormat::Json => say_json(&rows)?,
        LogFormat::Jsonl => say(&json_lines(&rows).map_err(|error| cannot_write(&error))?)?,
        LogFormat::Csv => say(&csv(&rows))?,
        LogFormat::Markdown => say(&markdown(&rows, zone))?,
        LogFormat::Html => say(&html(&rows, zone))?,
    }
    let unknown = rows.iter().any(|row| row.state == State::Unknown.as_str());
    Ok(if unknown { End::Unknown } else { End::Done })
}

fn cannot_write(error: &serde_json::Error) -> CliError {
    CliError::Failed(format!("cannot write JSON: {error}"))
}

/// Everything that needs a person now, told before or not.
async fn needs_me(
    site: &Site,
    filter: &Filter,
    plan: Plan,
    format: LogFormat,
    now: DateTime<Utc>,
) -> Result<End, CliError> {
    let mut concerns = match Ledger::open_existing_read_only(&site.ledger_place).await? {
        Some(ledger) => ledger.concerns(now).await?,
        None => crate::ledger::Concerns::default(),
    };
    concerns.known.clear();
    let unknown = concerns.deliveries.iter().any(|it| it.state == State::Unknown);
    let mut notices = due_notices(&concerns, &plan, site, now);
    notices.retain(|it| filter.concerns(it));
    match format {
        LogFormat::Table => say(&table::needs(&notices, site.settings.timezone))?,
        LogFormat::Json => say_json(&notices)?,
        LogFormat::Jsonl => {
            for notice in &notices {
                let line = serde_json::to_string(notice).map_err(|error| cannot_write(&error))?;
                say(&format!("{line}\n"))?;
            }
        }
        LogFormat::Csv | LogFormat::Markdown | LogFormat::Html => {
            return Err(CliError::Usage(
                "what needs a person is shown as a table, as JSON or as JSON Lines".to_owned(),
            ));
        }
    }
    Ok(if unknown { End::Unknown } else { End::Done })
}

/// That the ledger knows of a posting that somebody typed.
fn known_posting(typed: &str, past: &Past) -> Result<(), CliError> {
    let ids = || past.deliveries.iter().map(|delivery| delivery.name.posting.as_str());
    if ids().any(|id| id == typed) {
        return Ok(());
    }
    let help = match suggestion(typed, ids()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`handbill log` lists what was posted, each with its id".to_owned(),
    };
    Err(CliError::Usage(format!("nothing was posted under the id `{typed}`\nhelp: {help}")))
}

/// The plan of this moment, for what it says about copies that lag behind; `None` where pages or
/// templates are wrong, because the log must be readable all the same.
fn stale_plan(site: &Site, past: &Past, now: DateTime<Utc>) -> Option<Plan> {
    let stations = load::stations(site, Reach::Anywhere).ok()?;
    let read = load::postings(site, &[], past, load::Guesses::Shown).ok()?;
    Some(deliver::make_plan(site, &stations, &read.postings, past, Pace::OnSchedule, now))
}
