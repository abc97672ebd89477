//! `handbill plan`: what will be done when, what not, and why.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::calendar::{self, Entry};
use super::{AsIf, CliError, End, Format, complain_about, load, say, say_json};
use crate::adapt::text;
use crate::channel::{ChannelName, DeliveryKey, Reach};
use crate::deliver;
use crate::ledger::{Delivery, DeliveryName, Past};
use crate::plan::{Pace, Plan, Step, When};
use crate::posting::{PostingId, term};
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
    /// How many weeks the calendar shows; 0 for none
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(..=520))]
    weeks: u64,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A plan for machines.
#[derive(Serialize)]
struct Told<'a> {
    now: DateTime<Utc>,
    #[serde(flatten)]
    plan: &'a Plan,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let stations = load::stations(&site, Reach::Anywhere)?;
    let clock = arguments.as_if.clock();
    let view = load::view(&site, &stations, &[], &clock).await?;
    let (read, past) = (&view.read, &view.past);
    complain_about(&load::worth_saying(&read.diagnostics));
    let now = clock.now();
    let mut plan =
        deliver::make_plan(&site, &stations, &read.postings, past, Pace::OnSchedule, now);
    only_named(&mut plan, arguments, &site, past)?;
    match arguments.format {
        Format::Json => say_json(&Told { now, plan: &plan })?,
        Format::Text => {
            if plan.steps.is_empty() && plan.cancel.is_empty() {
                say(nothing(read.has_errors()))?;
            } else {
                say(&list(&plan, past, &site))?;
                say(&calendar(&plan, &site, now, arguments.weeks))?;
            }
        }
    }
    Ok(if read.has_errors() { End::CheckFailed } else { End::Done })
}

/// Leaves what the command is about.
fn only_named(
    plan: &mut Plan,
    arguments: &Arguments,
    site: &Site,
    past: &Past,
) -> Result<(), CliError> {
    let channel = match &arguments.channel {
        Some(typed) => {
            // A channel that was taken away still has a past.
            let now = site.channels.iter().map(|channel| &channel.name);
            let before = past.deliveries.iter().map(|delivery| &delivery.name.channel);
            Some(load::known_channel(typed, &now.chain(before).collect())?)
        }
        None => None,
    };
    let posting = match &arguments.posting {
        Some(typed) if !plan.steps.iter().any(|step| step.name.posting.as_str() == typed) => {
            Some(load::known_posting(typed, past)?.id.clone())
        }
        Some(typed) => Some(PostingId(typed.clone().into())),
        None => None,
    };
    let is_named = |name: &DeliveryName| {
        channel.as_ref().is_none_or(|it: &ChannelName| *it == name.channel)
            && posting.as_ref().is_none_or(|it| *it == name.posting)
    };
    plan.steps.retain(|step| is_named(&step.name));
    let names: BTreeMap<DeliveryKey, &DeliveryName> =
        past.deliveries.iter().map(|it| (it.key, &it.name)).collect();
    plan.cancel.retain(|(key, _)| names.get(key).is_some_and(|name| is_named(name)));
    plan.guessed.retain(|id, _| posting.as_ref().is_none_or(|it| it == id));
    plan.finished.retain(|id| posting.as_ref().is_none_or(|it| it == id));
    Ok(())
}

/// Every delivery with its time or the reason why not, by ad.
fn list(plan: &Plan, past: &Past, site: &Site) -> String {
    let called_off: BTreeMap<DeliveryKey, &str> =
        plan.cancel.iter().map(|(key, why)| (*key, why.as_str())).collect();
    let line = |channel: &ChannelName, occasion: &str, what: &str| {
        below_each_other(&format!("  {:<16} {occasion:<9} ", channel.0), what)
    };
    let mut list = String::new();
    let mut title = "";
    for step in &plan.steps {
        if *step.title != *title {
            title = &step.title;
            list.push_str(&format!("{title}\n"));
            if let Some(terms) = plan.guessed.get(&step.name.posting) {
                let terms = term::in_words(terms);
                list.push_str(&format!("  read from the text, not declared: {terms}\n"));
            }
        }
        let note = step.note.map(|note| format!(" ({note})")).unwrap_or_default();
        let what = format!("{}{note}", when(step, site));
        list.push_str(&line(&step.name.channel, &occasion(step), &what));
    }
    // What has a step says why it does not go out there.
    let steps: Vec<DeliveryKey> = plan.steps.iter().map(|step| step.key).collect();
    let rest = past.deliveries.iter().filter(|it| !steps.contains(&it.key));
    let mut rest: Vec<(&Delivery, &str)> =
        rest.filter_map(|it| called_off.get(&it.key).map(|why| (it, *why))).collect();
    rest.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    if !rest.is_empty() {
        list.push_str("Called off\n");
    }
    for (delivery, why) in rest {
        let what = format!("{}: {why}", delivery.name.posting);
        list.push_str(&line(&delivery.name.channel, &delivery.name.doing(), &what));
    }
    list
}

/// What stands behind a channel and an occasion, wrapped for a terminal.
fn below_each_other(before: &str, what: &str) -> String {
    const WIDTH: usize = 80;
    let indent = before.chars().count();
    let room = WIDTH.saturating_sub(indent).max(WIDTH / 3);
    let lines = text::fill_lines(what, room);
    let rest: String = lines.iter().skip(1).map(|line| format!("{:indent$}{line}\n", "")).collect();
    format!("{before}{}\n{rest}", lines.first().map_or("", String::as_str))
}

fn calendar(plan: &Plan, site: &Site, now: DateTime<Utc>, weeks: u64) -> String {
    let zone = site.settings.timezone;
    let entries: Vec<Entry<'_>> = plan
        .steps
        .iter()
        .filter_map(|step| {
            let at = match &step.when {
                When::Due { .. } => now,
                When::At { slot } => *slot,
                When::Not { .. } => return None,
            };
            Some(Entry {
                at: at.with_timezone(&zone),
                channel: &step.name.channel.0,
                occasion: occasion(step),
                posting: &step.name.posting.0,
            })
        })
        .collect();
    if weeks == 0 || entries.is_empty() {
        return String::new();
    }
    let today = now.with_timezone(&zone).date_naive();
    format!("\n{}", calendar::draw(entries, today, weeks, &|day| site.quiet_on(day)))
}

/// What is said where no step is left.
pub(super) fn nothing(page_errors: bool) -> &'static str {
    if page_errors {
        "Nothing can be done before the pages are mended.\n"
    } else {
        "Nothing to do: everything stands as it should.\n"
    }
}

/// `announce`, or a reminder with its offset.
pub(super) fn occasion(step: &Step) -> String {
    step.name.doing()
}

/// When, in the site's zone, or why not.
pub(super) fn when(step: &Step, site: &Site) -> String {
    match &step.when {
        When::Due { .. } => "due now".to_owned(),
        When::At { slot } => local_time(*slot, site.settings.timezone),
        When::Not { reason } => format!("not: {reason}"),
    }
}
