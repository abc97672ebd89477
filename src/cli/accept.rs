//! `handbill accept`: ads that were there before the first start, or are too old for a channel, may
//! be announced; without arguments: which they are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::desk::Desk;
use super::{AsIf, CliError, End, Format, count, load, say, say_json};
use crate::channel::Reach;
use crate::deliver;
use crate::plan::{Pace, Plan, Reason, When};
use crate::posting::PostingId;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ads, as `handbill plan` shows them; none: list those that wait
    #[arg(value_name = "POSTING", conflicts_with = "all")]
    postings: Vec<String>,
    /// All that wait
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// An ad that waits to be accepted.
struct Waiting {
    title: String,
    why: String,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    if arguments.postings.is_empty() && !arguments.all {
        return list(arguments, folder).await;
    }
    let desk = Desk::open(folder, &arguments.as_if).await?;
    let waiting = waiting(&desk.plan());
    let wanted: Vec<PostingId> = if arguments.all {
        waiting.keys().cloned().collect()
    } else {
        let named = arguments.postings.iter().map(|typed| Ok(desk.known(typed)?.id.clone()));
        named.collect::<Result<_, CliError>>()?
    };
    let (wanted, others): (Vec<PostingId>, Vec<PostingId>) =
        wanted.into_iter().partition(|id| waiting.contains_key(id));
    for id in &wanted {
        desk.ledger.accept(id, desk.clock.now()).await?;
    }
    desk.close().await;
    if arguments.format == Format::Json {
        say_json(&serde_json::json!({ "accepted": wanted, "not_waiting": others }))?;
        return Ok(End::Done);
    }
    for id in &wanted {
        say(&format!("{id} is accepted\n"))?;
    }
    for id in &others {
        say(&format!(
            "{id} does not wait to be accepted; `handbill plan` says what it waits for\n"
        ))?;
    }
    if arguments.all && wanted.is_empty() {
        say(NOTHING)?;
    }
    if !wanted.is_empty() {
        say("It goes out in the next slots: `handbill plan` says when.\n")?;
    }
    Ok(End::Done)
}

const NOTHING: &str = "No ad waits to be accepted.\n";

async fn list(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let stations = load::stations(&site, Reach::Anywhere)?;
    let clock = arguments.as_if.clock();
    let view = load::view(&site, &stations, &[], &clock).await?;
    let (postings, past) = (&view.read.postings, &view.past);
    let plan = deliver::make_plan(&site, &stations, postings, past, Pace::OnSchedule, clock.now());
    let waiting = waiting(&plan);
    if arguments.format == Format::Json {
        let all: Vec<_> = waiting
            .iter()
            .map(|(id, it)| serde_json::json!({ "posting": id, "title": it.title, "why": it.why }))
            .collect();
        say_json(&serde_json::json!({ "waiting": all }))?;
        return Ok(End::Done);
    }
    if waiting.is_empty() {
        say(NOTHING)?;
        return Ok(End::Done);
    }
    let verb = if waiting.len() == 1 { "waits" } else { "wait" };
    say(&format!("{} {verb} to be accepted:\n\n", count(waiting.len(), "ad")))?;
    for (id, it) in &waiting {
        say(&format!("  {id}\n    {}\n    {}\n", it.title, it.why))?;
    }
    say("\n\
         handbill accept POSTING…                 announces it\n\
         handbill accept --all                    announces all of them\n\
         handbill adopt POSTING CHANNEL LINK      takes over a copy that exists\n")?;
    Ok(End::Done)
}

/// What waits, by posting.
fn waiting(plan: &Plan) -> BTreeMap<PostingId, Waiting> {
    let mut waiting = BTreeMap::new();
    for step in &plan.steps {
        let why = match &step.when {
            When::Not { reason: Reason::Predates { .. } } => {
                "it was here before the first start".to_owned()
            }
            When::Not { reason: Reason::TooOld { dated, .. } } => {
                format!("its page is of {}, older than `max_age`", dated.format("%Y-%m-%d"))
            }
            _ => continue,
        };
        waiting
            .entry(step.name.posting.clone())
            .or_insert(Waiting { title: step.title.to_string(), why });
    }
    waiting
}
