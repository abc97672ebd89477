//! `handbill plan`: what will be done when, what not, and why.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::{CliError, End, Format, clock, complain_about, load, parse_time, say, say_json};
use crate::channel::Reach;
use crate::deliver;
use crate::plan::{Pace, Step, When};
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Plan as if it were this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<DateTime<Utc>>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let stations = load::stations(&site, Reach::Anywhere)?;
    let past = load::past(&site).await?;
    let read = load::postings(&site, &[], &past, load::Guesses::Shown)?;
    complain_about(&load::worth_saying(&read.diagnostics));
    let now = clock(arguments.at).now();
    let plan = deliver::make_plan(&site, &stations, &read.postings, &past, Pace::OnSchedule, now);
    match arguments.format {
        Format::Json => say_json(&plan)?,
        Format::Text => {
            if plan.steps.is_empty() {
                say(nothing(read.has_errors()))?;
            }
            let mut title = "";
            for step in &plan.steps {
                if step.title != title {
                    title = &step.title;
                    say(&format!("{title}\n"))?;
                }
                say(&format!(
                    "  {:<16} {:<9} {}\n",
                    step.name.channel.0,
                    occasion(step),
                    when(step, &site)
                ))?;
            }
        }
    }
    Ok(if read.has_errors() { End::CheckFailed } else { End::Done })
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
    match step.name.occasion {
        crate::adapt::Occasion::Remind => format!("remind {}", step.name.occurrence.0),
        occasion => occasion.to_string(),
    }
}

/// When, in the site's zone, or why not.
pub(super) fn when(step: &Step, site: &Site) -> String {
    let local = |at: &DateTime<Utc>| {
        at.with_timezone(&site.settings.timezone).format("%a %Y-%m-%d %H:%M").to_string()
    };
    match &step.when {
        When::Due { .. } => "due now".to_owned(),
        When::At { slot } => local(slot),
        When::Not { reason } => format!("not: {reason}"),
    }
}
