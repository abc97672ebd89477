//! `handbill rehearse`: the whole life of some postings against stand-ins on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CliError, End, Format, check, complain, complain_about, count, load, parse_time, say, say_json,
};
use crate::adapt::Occasion;
use crate::channel::Sight;
use crate::deliver::{Round, Seen};
use crate::diagnostic::Diagnostic;
use crate::ledger::State;
use crate::log::table::{Grouping, table};
use crate::log::{self, Row};
use crate::rehearsal::gallery::Gallery;
use crate::rehearsal::story::Rehearsal;
use crate::site::{self, Site, pages};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A site's folder, or pages to play on the example channels; default: the shipped example
    places: Vec<PathBuf>,
    /// Leave the stand-ins up, to look at every post in a browser
    #[arg(long)]
    keep: bool,
    /// The first day; default: when the last of the pages is published
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<DateTime<Utc>>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A folder that goes away with the command.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self, CliError> {
        let name = format!("handbill-{}", uuid::Uuid::new_v4().simple());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|error| {
            CliError::Failed(format!("cannot make the folder {}: {error}", path.display()))
        })?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the story leaves, for machines.
#[derive(Debug, Serialize)]
struct Told {
    first_day: DateTime<Utc>,
    last_day: DateTime<Utc>,
    /// Channel to kind.
    channels: BTreeMap<String, String>,
    before_closing: Vec<Look>,
    taken_back: Vec<Look>,
    /// How many copies each stand-in truly holds, those taken back included.
    copies: BTreeMap<String, usize>,
    log: Vec<Row>,
    /// What could not even be prepared.
    problems: Vec<String>,
}

/// One link, looked at.
#[derive(Debug, Serialize)]
struct Look {
    channel: String,
    link: String,
    copy: String,
    /// What the channel shows there: `agrees`, `differs`, `gone`, `unseen`.
    seen: &'static str,
    /// What a reader who follows the link is answered.
    http: Option<u16>,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let temporary = Folder::new()?;
    let mut diagnostics = Vec::new();
    let (site, pages) = stage(arguments, folder, temporary.path(), &mut diagnostics)?;
    let mut rehearsal =
        Rehearsal::start(site, pages, temporary.path(), arguments.at, &mut diagnostics)
            .await
            .map_err(|error| {
                complain_about(&load::worth_saying(&diagnostics));
                if diagnostics.iter().any(Diagnostic::is_error) {
                    return CliError::Said(End::CheckFailed);
                }
                CliError::Failed(error.to_string())
            })?;
    complain_about(&load::worth_saying(&diagnostics));
    let page_errors = diagnostics.iter().any(Diagnostic::is_error);
    templates_work(&rehearsal)?;
    let gallery = Gallery::start(rehearsal.stand_ins.exhibitors())
        .await
        .map_err(|error| CliError::Failed(format!("cannot show the stand-ins: {error}")))?;

    let tell = Teller(arguments.format);
    let told = play(&mut rehearsal, &tell).await?;
    match arguments.format {
        Format::Json => say_json(&told)?,
        Format::Text => {
            say("\nThe syndication log\n\n")?;
            say(&table(&told.log, Grouping::ByPosting, rehearsal.site.settings.timezone))?;
            say("\nNothing left this machine: every server was a stand-in on 127.0.0.1.\n")?;
        }
    }
    if arguments.keep {
        let address = gallery.url();
        let here = format!(
            "\nLook at every post as its readers would see it: {address}\nStop with Ctrl-C.\n"
        );
        if arguments.format == Format::Text {
            say(&here)?
        } else {
            complain(&here)
        };
        let _ = tokio::signal::ctrl_c().await;
    }
    let failed = told
        .log
        .iter()
        .any(|row| row.state != State::Posted.as_str() && row.state != State::Asked.as_str());
    Ok(match (failed, page_errors) {
        (true, _) => End::Failed,
        (false, true) => End::CheckFailed,
        (false, false) => End::Done,
    })
}

/// The site and the pages of this rehearsal.
fn stage(
    arguments: &Arguments,
    folder: Option<PathBuf>,
    temporary: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(Site, Vec<crate::posting::PageFile>), CliError> {
    let whole_site = match (&folder, arguments.places.as_slice()) {
        (_, [place]) if place.join(site::FILE).is_file() => Some(place.clone()),
        (Some(folder), []) => Some(folder.clone()),
        _ => None,
    };
    if let Some(folder) = whole_site {
        let site = load::site(Some(folder))?;
        let pages = pages::load(&site, diagnostics)?;
        return Ok((site, pages));
    }
    // Pages are played on the channels of the site they are called from, or on the example's.
    let site = match folder {
        Some(folder) => load::site(Some(folder))?,
        None => load::example_site(&temporary.join("example"))?,
    };
    if arguments.places.is_empty() {
        let pages = pages::load(&site, diagnostics)?;
        return Ok((site, pages));
    }
    let mut loaded = Vec::new();
    for place in &arguments.places {
        if !place.is_file() {
            return Err(CliError::Usage(format!(
                "{} is neither a page nor a site\n\
                 help: name a folder with a {}, or pages",
                place.display(),
                site::FILE
            )));
        }
        loaded.extend(pages::load_one(place, Some(&site), diagnostics)?);
    }
    Ok((site, loaded))
}

/// Ends the rehearsal before it begins where `post` would refuse the site's templates.
fn templates_work(rehearsal: &Rehearsal) -> Result<(), CliError> {
    let postings: Vec<_> = rehearsal.postings().iter().collect();
    let stations = rehearsal.stations().iter();
    let wrong = check::render(&postings, &rehearsal.site, stations).in_templates;
    if wrong.is_empty() {
        return Ok(());
    }
    complain_about(&wrong);
    Err(CliError::Said(End::Configuration))
}

/// Says what happens, as it happens, to people only.
struct Teller(Format);

impl Teller {
    fn say(&self, text: &str) -> Result<(), CliError> {
        if self.0 == Format::Text { say(text) } else { Ok(()) }
    }
}

async fn play(rehearsal: &mut Rehearsal, tell: &Teller) -> Result<Told, CliError> {
    let first_day = rehearsal.now();
    tell.say(&format!(
        "A rehearsal on this machine, from {}: {} to {}\n",
        first_day.format("%Y-%m-%d"),
        count(rehearsal.postings().len(), "posting"),
        count(rehearsal.site.channels.len(), "channel"),
    ))?;

    tell.say("\nThe ads are announced\n")?;
    let mut problems = Vec::new();
    let change = rehearsal.change_time();
    days(rehearsal, change, tell, &mut problems).await?;

    tell.say(&format!("\nThe page changes ({})\n", rehearsal.now().format("%Y-%m-%d")))?;
    for what in rehearsal.change_pages() {
        tell.say(&format!("  {what}\n"))?;
    }
    let mut diagnostics = Vec::new();
    rehearsal.read_again(&mut diagnostics).await?;

    let mut before_closing = Vec::new();
    days(rehearsal, change, tell, &mut problems).await?;
    for step in rehearsal.stale().await? {
        tell.say(&format!(
            "  stays as it is    {:<16} {}: this channel is not changed\n",
            step.name.channel.0, step.name.posting
        ))?;
    }
    for closing in rehearsal.closings() {
        days(rehearsal, closing - chrono::TimeDelta::hours(1), tell, &mut problems).await?;
        let seen = rehearsal.look_before(closing).await?;
        if !seen.is_empty() {
            tell.say(&format!("\nThe links, an hour before {}\n", day(closing, rehearsal)))?;
        }
        for seen in &seen {
            let look = looked(seen, rehearsal).await;
            tell.say(&format!("  {:<9} {:<16} {}\n", look.copy, look.channel, look.link))?;
            before_closing.push(look);
        }
        tell.say("\nThe ad closes\n")?;
        days(rehearsal, closing, tell, &mut problems).await?;
    }
    // Slots for what is said after the closing.
    let end = rehearsal.now() + chrono::TimeDelta::days(7);
    days(rehearsal, end, tell, &mut problems).await?;

    let withdrawn = rehearsal.look_at_withdrawn().await?;
    if !withdrawn.is_empty() {
        tell.say("\nWhat was taken back\n")?;
    }
    let mut taken_back = Vec::new();
    for seen in withdrawn {
        let look = looked(&seen, rehearsal).await;
        let purpose = if look.seen == "gone" { "gone on purpose" } else { look.seen };
        tell.say(&format!("  {purpose:<15}  {:<16} {}\n", look.channel, look.link))?;
        taken_back.push(look);
    }

    let past = rehearsal.past().await?;
    let channels = rehearsal
        .site
        .channels
        .iter()
        .map(|channel| (channel.name.0.to_string(), channel.kind().to_string()))
        .collect();
    Ok(Told {
        first_day,
        last_day: rehearsal.now(),
        channels,
        before_closing,
        taken_back,
        copies: rehearsal.stand_ins.counts(),
        log: log::rows(&past, None),
        problems,
    })
}

/// Lets days go by and tells what each of them brought.
async fn days(
    rehearsal: &Rehearsal,
    end: DateTime<Utc>,
    tell: &Teller,
    problems: &mut Vec<String>,
) -> Result<(), CliError> {
    let zone = rehearsal.site.settings.timezone;
    let mut lines = Vec::new();
    rehearsal
        .until(end, |at, round| {
            lines.extend(told(at.with_timezone(&zone), round));
            // It would come again at every slot.
            for problem in &round.problems {
                if !problems.contains(problem) {
                    lines.push(format!("  error: {problem}\n"));
                    problems.push(problem.clone());
                }
            }
        })
        .await?;
    for line in lines {
        tell.say(&line)?;
    }
    Ok(())
}

/// The day that ends when an ad closes.
fn day(closing: DateTime<Utc>, rehearsal: &Rehearsal) -> String {
    let local = closing.with_timezone(&rehearsal.site.settings.timezone);
    format!("{} ends and its ad closes", (local - chrono::TimeDelta::hours(1)).format("%Y-%m-%d"))
}

fn told(at: DateTime<chrono_tz::Tz>, round: &Round) -> Vec<String> {
    let mut lines = Vec::new();
    for done in &round.done {
        let what = match (done.state, done.occasion) {
            (State::Posted, Occasion::Announce) => "announced",
            (State::Posted, Occasion::Remind) => "reminded",
            (State::Posted, Occasion::Update) => "updated",
            (State::Posted, Occasion::Close) => "closed",
            (State::Asked, _) => "a person is asked",
            (state, _) => state.as_str(),
        };
        let reason =
            if done.reason.is_empty() { String::new() } else { format!("  ({})", done.reason) };
        lines.push(format!(
            "  {}  {what:<17} {:<16} {}{reason}\n",
            at.format("%Y-%m-%d %H:%M"),
            done.channel.0,
            done.posting
        ));
    }
    lines
}

async fn looked(seen: &Seen, rehearsal: &Rehearsal) -> Look {
    let link = seen.delivery.receipt.as_ref().and_then(|receipt| receipt.link.as_ref());
    let http = match link {
        Some(link) => rehearsal.fetch(link).await,
        None => None,
    };
    Look {
        channel: seen.delivery.name.channel.0.to_string(),
        link: link.map(ToString::to_string).unwrap_or_default(),
        copy: seen.copy.map_or("unseen", |copy| copy.as_str()).to_owned(),
        seen: word(&seen.sight),
        http,
    }
}

fn word(sight: &Sight) -> &'static str {
    match sight {
        Sight::Agrees => "agrees",
        Sight::Differs { .. } => "differs",
        Sight::Gone => "gone",
        Sight::Unseen { .. } => "unseen",
    }
}
