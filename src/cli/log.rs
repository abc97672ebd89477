//! `handbill log`: what stands where, since when, and what needs a person; `log show ID`: one
//! delivery with its attempts and exactly what was sent.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::{AsIf, CliError, End, load, preview, say, say_json};
use crate::adapt::Occasion;
use crate::channel::{DeliveryKey, Reach};
use crate::deliver;
use crate::deliver::compose::Composed;
use crate::diagnostic::suggestion;
use crate::ledger::{CopyState, Deed, Delivery, KnownPosting, Ledger, Past, State};
use crate::plan::{Pace, Plan, Reason, When};
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
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = LogFormat::Table)]
    format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Table,
    Json,
    Csv,
    Markdown,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let list = &arguments.list;
    let clock = list.as_if.clock();
    if let Some(Show::Show { id, format }) = &arguments.show {
        let ledger = load::existing_ledger(&site, &clock).await?;
        return show(&ledger, id, *format, site.settings.timezone).await;
    }
    let past = load::past(&site).await?;
    let stale = stale_plan(&site, &past, clock.now());
    if let Some(channel) = &list.channel {
        // A channel that was taken away still has a past.
        let now = site.channels.iter().map(|channel| &channel.name);
        let before = past.deliveries.iter().map(|delivery| &delivery.name.channel);
        load::known_channel(channel, &now.chain(before).collect())?;
    }
    if let Some(id) = &list.posting {
        known_posting(id, &past)?;
    }
    let mut rows = rows(&past, stale.as_ref());
    rows.retain(|row| {
        list.channel.as_ref().is_none_or(|channel| *channel == row.channel)
            && list.posting.as_ref().is_none_or(|posting| *posting == row.posting)
    });
    say(&match list.format {
        LogFormat::Table => table(&rows, site.settings.timezone),
        LogFormat::Json => {
            say_json(&rows)?;
            String::new()
        }
        LogFormat::Csv => csv(&rows),
        LogFormat::Markdown => markdown(&rows, site.settings.timezone),
    })?;
    let unknown = rows.iter().any(|row| row.state == State::Unknown.as_str());
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

/// One line of the syndication log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub id: String,
    pub posting: String,
    pub title: String,
    pub channel: String,
    /// `announce`, `remind 7d`, `update`, `close`.
    pub occasion: String,
    /// Of the delivery: `planned`, `posted`, `asked`, `refused`, `unknown` …
    pub state: String,
    /// Of the copy that it made: `sent`, `held`, `live`, `edited`, `withdrawn`, `gone`, `altered`.
    pub copy: Option<String>,
    /// When it was, or is, due.
    pub at: DateTime<Utc>,
    /// Since when it is in this state.
    pub since: DateTime<Utc>,
    pub link: Option<String>,
    pub note: String,
}

/// The log, by posting, then by time.
pub(crate) fn rows(past: &Past, plan: Option<&Plan>) -> Vec<Row> {
    let stale: BTreeSet<DeliveryKey> = plan
        .into_iter()
        .flat_map(|plan| &plan.steps)
        .filter(|step| step.when == When::Not { reason: Reason::Stale })
        .map(|step| step.key)
        .collect();
    let mut rows: Vec<Row> = past.deliveries.iter().map(|it| row(it, past, &stale)).collect();
    rows.sort_by(|a, b| {
        (&a.posting, a.at, &a.channel, &a.id).cmp(&(&b.posting, b.at, &b.channel, &b.id))
    });
    rows
}

fn row(delivery: &Delivery, past: &Past, stale: &BTreeSet<DeliveryKey>) -> Row {
    let occasion = match delivery.name.occasion {
        Occasion::Remind => format!("remind {}", delivery.name.occurrence),
        occasion => occasion.to_string(),
    };
    let mut note = delivery.reason.clone();
    if stale.contains(&delivery.key) {
        note = Reason::Stale.to_string();
    } else if note.is_empty() {
        note = match (delivery.state, delivery.deed) {
            (State::Refused, _) => past
                .postings
                .get(&delivery.name.posting)
                .and_then(|known| known.erased_at)
                .map(|at| format!("why: {}", erased_on(at)))
                .unwrap_or_default(),
            (State::Posted, Deed::Edit) => "the copy was changed".to_owned(),
            (State::Posted, Deed::Withdraw) => "the copy was taken back on purpose".to_owned(),
            (State::Asked, Deed::Ask | Deed::Edit | Deed::Withdraw) => {
                format!("waits for a person: `handbill record {}`", delivery.key.short())
            }
            (State::Asked, _) => {
                format!("waits for a person: `handbill record {} LINK`", delivery.key.short())
            }
            _ => String::new(),
        };
    }
    // An edit or a withdrawal is about the link of the copy that it changed.
    let target = || past.deliveries.iter().find(|it| Some(it.key) == delivery.target);
    let receipt = match delivery.deed {
        Deed::Edit | Deed::Withdraw | Deed::Ask => target().and_then(|it| it.receipt.as_ref()),
        Deed::Publish | Deed::FollowUp => delivery.receipt.as_ref(),
    };
    let title = past.postings.get(&delivery.name.posting).map(title);
    let mut link = receipt.and_then(|it| it.link.as_ref()).map(ToString::to_string);
    if let Some(copy) = delivery.copy.filter(|copy| copy.is_on_its_way()) {
        // Nobody has seen it there, so it is no link for readers yet.
        note = on_its_way(delivery, copy, link.take().as_deref());
    }
    Row {
        id: delivery.key.short(),
        posting: delivery.name.posting.0.to_string(),
        title: title.unwrap_or_default(),
        channel: delivery.name.channel.0.to_string(),
        occasion,
        state: delivery.state.as_str().to_owned(),
        copy: delivery.copy.map(|copy| copy.as_str().to_owned()),
        at: delivery.due_at,
        since: delivery.changed_at,
        link,
        note,
    }
}

/// What is known of a copy that was handed over and not seen, and what a person does about it.
fn on_its_way(delivery: &Delivery, copy: CopyState, link: Option<&str>) -> String {
    let mut note = match (copy, delivery.reason.as_str(), link) {
        (CopyState::Held, "", _) => "a moderator has it".to_owned(),
        (_, "", Some(link)) => format!("not seen yet at {link}"),
        (_, "", None) => "not seen yet where readers look for it".to_owned(),
        (_, reason, _) => reason.to_owned(),
    };
    if delivery.asks_since.is_some() {
        let id = delivery.key.short();
        let _ = write!(note, "; `handbill resolve {id} --posted LINK` or `--not-posted`");
    }
    note
}

/// The title of a posting, or that it is gone.
fn title(known: &KnownPosting) -> String {
    match known.erased_at {
        Some(at) => format!("({})", erased_on(at)),
        None => known.title.clone(),
    }
}

/// What stands in the place of something that was erased.
fn erased_on(at: DateTime<Utc>) -> String {
    format!("erased on {}", at.format("%Y-%m-%d"))
}

impl Row {
    /// What a person wants to know first: where the copy stands, or else the delivery.
    fn standing(&self) -> &str {
        match (&self.copy, self.state.as_str()) {
            (Some(copy), "posted") => copy,
            _ => &self.state,
        }
    }
}

/// For a terminal of 80 columns; a link has a line of its own, so that it is never cut.
pub(crate) fn table(rows: &[Row], zone: Tz) -> String {
    if rows.is_empty() {
        return "Nothing has been planned or posted yet.\n".to_owned();
    }
    let width = rows.iter().map(|row| row.channel.chars().count()).max().unwrap_or(0).clamp(7, 20);
    let mut drawn = String::new();
    let mut posting = "";
    for row in rows {
        if row.posting != posting {
            let gap = if posting.is_empty() { "" } else { "\n" };
            posting = &row.posting;
            // Writing to a string cannot fail.
            let _ = writeln!(drawn, "{gap}{}\n  {}\n", row.title, row.posting);
            let _ = writeln!(
                drawn,
                "  {:<8}  {:<width$}  {:<11}  {:<9}  WHEN",
                "ID", "CHANNEL", "OCCASION", "STATE"
            );
        }
        let _ = writeln!(
            drawn,
            "  {:<8}  {:<width$}  {:<11}  {:<9}  {}",
            row.id,
            row.channel,
            row.occasion,
            row.standing(),
            row.at.with_timezone(&zone).format("%Y-%m-%d %H:%M")
        );
        for more in [row.link.as_deref().unwrap_or_default(), &row.note] {
            if !more.is_empty() {
                let _ = writeln!(drawn, "            {more}");
            }
        }
    }
    drawn
}

fn csv(rows: &[Row]) -> String {
    let mut text = "id,posting,title,channel,occasion,state,copy,at,since,link,note\r\n".to_owned();
    for row in rows {
        let fields = [
            &row.id,
            &row.posting,
            &row.title,
            &row.channel,
            &row.occasion,
            &row.state,
            row.copy.as_ref().unwrap_or(&String::new()),
            &row.at.to_rfc3339(),
            &row.since.to_rfc3339(),
            row.link.as_ref().unwrap_or(&String::new()),
            &row.note,
        ]
        .map(|field| csv_field(field));
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// RFC 4180 §2: quoted where it holds a comma, quote or line break. What a spreadsheet would take
/// for a formula is quoted with an apostrophe before it.
fn csv_field(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t']);
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

fn markdown(rows: &[Row], zone: Tz) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = "| id | posting | channel | occasion | state | when | link | note |\n\
                    | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for row in rows {
        let link = row.link.as_ref().map(|link| format!("<{link}>")).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            cell(&row.title),
            cell(&row.channel),
            row.occasion,
            row.standing(),
            row.at.with_timezone(&zone).format("%Y-%m-%d %H:%M"),
            link,
            cell(&row.note)
        );
    }
    text
}

async fn show(ledger: &Ledger, id: &str, format: super::Format, zone: Tz) -> Result<End, CliError> {
    let delivery = ledger.find_by_prefix(id).await?;
    let attempts = ledger.attempts(delivery.key).await?;
    let events = ledger.events_of(delivery.key).await?;
    let letters = ledger.answers_to(delivery.key).await?;
    if format == super::Format::Json {
        say_json(&serde_json::json!({
            "delivery": delivery, "attempts": attempts, "letters": letters, "events": events,
        }))?;
        return Ok(End::Done);
    }
    let past = ledger.past().await?;
    say(&table(&[row(&delivery, &past, &BTreeSet::new())], zone))?;
    let local = |at: &DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S");
    say(&format!("\n  key {}\n  revision {}\n", delivery.key, delivery.revision.0))?;
    for attempt in &attempts {
        let outcome = attempt.outcome.as_deref().unwrap_or("on its way");
        let detail =
            if attempt.detail.is_empty() { String::new() } else { format!(": {}", attempt.detail) };
        say(&format!(
            "\n  attempt {} at {} by {}: {outcome}{detail}\n",
            attempt.number,
            local(&attempt.began_at),
            attempt.worker
        ))?;
        match (&attempt.carried, attempt.erased_at) {
            (Some(carried), _) => say(&preview::draw(&Composed {
                rendition: carried.rendition.clone(),
                wire: carried.wire.clone(),
            }))?,
            (None, Some(at)) => say(&format!("    what it sent: {}\n", erased_on(at)))?,
            (None, None) => {}
        }
    }
    for letter in &letters {
        let at = local(&letter.read_at);
        say(&format!("\n  letter of {}, read at {at}: {}\n", letter.sender, letter.says))?;
        for line in std::iter::once(letter.subject.as_str()).chain(letter.words.lines()) {
            say(&format!("    {line}\n"))?;
        }
    }
    say("\n  what happened\n")?;
    for event in &events {
        say(&format!("    {}  {:<10} {}\n", local(&event.at), event.what, event.told()))?;
    }
    Ok(End::Done)
}
