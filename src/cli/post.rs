//! `handbill post`: do what is due, or show exactly what would go out.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use clap::ValueEnum;
use uuid::Uuid;

use super::check::Held;
use super::{
    AsIf, CliError, End, check, complain, complain_about, load, mailbox, plan, say, say_json,
    waiting,
};
use crate::adapt::Occasion;
use crate::channel::permit::NoJournal;
use crate::channel::price::Cost;
use crate::channel::{ChannelName, DeliveryKey, Outcome, Permit, Reach, SendBy, mastodon};
use crate::clock::Clock;
use crate::deliver::compose::{self, compose};
use crate::deliver::letters::ReadError;
use crate::deliver::preview;
use crate::deliver::{self, Aside, Courier, Reading, Round, Station, Wanted, Worker};
use crate::diagnostic::Diagnostic;
use crate::ledger::{Deed, DeliveryName, Ledger, Occurrence, State};
use crate::notice;
use crate::plan::{Pace, Reason, Step, When};
use crate::posting::Posting;
use crate::site::channel_file::KindConfig;
use crate::site::{ChannelSpec, Site, SiteError};

/// A private test is sent now or not at all.
const TEST_WITHIN: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Pages to post, inside the site's postings or not; default: all of the site
    files: Vec<PathBuf>,
    /// Only to this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Without waiting for the slot
    #[arg(long)]
    now: bool,
    /// Show exactly what would go out, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send a real test to the site owner's own address, or as a private post
    #[arg(long, conflicts_with = "dry_run")]
    to_me: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = PostFormat::Text)]
    format: PostFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PostFormat {
    /// For people
    Text,
    /// For machines; stable
    Json,
    /// A page that stands alone, of a dry run
    Html,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    if arguments.format == PostFormat::Html && !arguments.dry_run {
        return Err(CliError::Usage(
            "a page shows a dry run\nhelp: add `--dry-run`; `handbill log --format html` shows what \
             went out"
                .to_owned(),
        ));
    }
    load::pages_exist(&arguments.files)?;
    let example = example_folder(arguments, folder.as_deref())?;
    let mut site = match &example {
        Some(folder) => {
            complain(
                "notice: there is no site here, so this shows the example channels; \
                 `handbill init` makes a site",
            );
            let mut site = load::example_site(folder.path())?;
            site.postings.clear();
            // What is true of the example's own ads is not true of other pages.
            site.settings.defaults.clear();
            site
        }
        None => load::site(folder)?,
    };
    let channel = {
        let names = site.channels.iter().map(|channel| &channel.name).collect();
        arguments.channel.as_deref().map(|name| load::known_channel(name, &names)).transpose()?
    };
    if arguments.dry_run {
        return dry_run(arguments, &mut site, channel.as_ref()).await;
    }
    let stations = load::stations(&site, Reach::Anywhere)?;
    let wanted_channels =
        || site.channels.iter().filter(|it| channel.as_ref().is_none_or(|name| *name == it.name));
    let missing: Vec<Diagnostic> =
        wanted_channels().flat_map(ChannelSpec::missing_secrets).collect();
    if !missing.is_empty() {
        complain_about(&missing);
        return Err(CliError::Said(End::Configuration));
    }
    if arguments.to_me {
        return to_me(arguments, &site, channel.as_ref()).await;
    }

    let clock = arguments.as_if.clock();
    // Read before the ledger is made: what is wrong touches nothing.
    let read =
        load::postings(&site, &arguments.files, &load::past(&site).await?, load::Guesses::Refused)?;
    complain_about(&load::worth_saying(&read.diagnostics));
    if read.has_errors() && (read.postings.open.is_empty() || !arguments.files.is_empty()) {
        // Somebody who names a page wants that page: nothing else is done instead.
        return Ok(End::CheckFailed);
    }
    let held_by_lists = templates_work(&read, &site, &stations, channel.as_ref())?;
    // Before anything is composed, in a dry run too, so that it shows what is sent.
    let heard = deliver::instances::ask(&mut site, Reach::Anywhere, channel.as_ref()).await;
    let stations = if heard.is_news() { load::stations(&site, Reach::Anywhere)? } else { stations };
    let (site, stations) = (Arc::new(site), Arc::new(stations));
    let ledger = load::ledger(&site, &clock).await?;
    load::keep_instances(&heard);
    let courier = Courier {
        site: &site,
        stations: &stations,
        ledger: &ledger,
        worker: Worker::this(),
        clock,
        aside: Some(Aside::new(&site, &stations)),
    };
    let pace = if arguments.now { Pace::AtOnce } else { Pace::OnSchedule };
    let wanted = Wanted { channel: channel.as_ref(), postings: read.named.as_ref() };
    let mut round = courier.round(&read.postings, pace, wanted).await?;
    read_mailbox(&courier).await?;
    round.note_arrivals(courier.arrivals(wanted).await?);
    tell(&site, &ledger, &round, &courier.clock).await;
    if site.write_back.is_some() {
        // Copies that were taken back and pages that are gone belong to it too.
        let postings = courier.with_missing(&read.postings).await?;
        super::write_back::after_round(&site, &ledger, &postings).await;
    }
    ledger.clone().close().await;
    complain_about(&of_what_went_out(held_by_lists, &round));
    report(arguments.format, &round, &wanted, &site)?;
    Ok(end(&round, &wanted, read.has_errors()))
}

/// Hears what came back by mail. A mailbox that cannot be read keeps nothing from going out: it is
/// said, and tried again at the next run.
async fn read_mailbox(courier: &Courier<'_>) -> Result<(), CliError> {
    match mailbox::read(courier).await {
        Ok(_) => Ok(()),
        Err(ReadError::Ledger(error)) => Err(error.into()),
        Err(ReadError::Mailbox(error)) => {
            complain(&format!("warning: the mailbox could not be read: {error}"));
            Ok(())
        }
    }
}

/// Somebody is told what needs a person. What keeps that from happening is said here, and changes
/// nothing else: it is tried again at the next run.
async fn tell(site: &Site, ledger: &Ledger, round: &Round, clock: &Clock) {
    match notice::tell(site, ledger, &round.plan, clock).await {
        Ok(told) => {
            for why in &told.failed {
                complain(&format!("warning: a notice could not be sent yet by {why}"));
            }
            for why in &told.given_up {
                complain(&format!("warning: a notice was given up by {why}"));
            }
        }
        Err(error) => complain(&format!("warning: notices could not be written down: {error}")),
    }
}

/// A folder for the example channels, if there is no site and only a dry run is wanted.
fn example_folder(
    arguments: &Arguments,
    folder: Option<&std::path::Path>,
) -> Result<Option<super::rehearse::Folder>, CliError> {
    if folder.is_some() || !arguments.dry_run || arguments.files.is_empty() {
        return Ok(None);
    }
    match Site::find(std::path::Path::new(".")) {
        Ok(_) => Ok(None),
        Err(SiteError::NotFound(_)) => super::rehearse::Folder::new().map(Some),
        Err(error) => Err(error.into()),
    }
}

/// Ends the command, with nothing touched, if a template that is wanted here is wrong. Otherwise
/// what lists would hold back of what is wanted; what they would not take at all is said where it
/// stays here.
fn templates_work(
    read: &Reading,
    site: &Site,
    stations: &[Station],
    channel: Option<&ChannelName>,
) -> Result<Vec<Held>, CliError> {
    let named = |posting: &&Posting| read.named.as_ref().is_none_or(|it| it.contains(&posting.id));
    let postings: Vec<&Posting> = read.postings.open.iter().filter(named).collect();
    let wanted = |station: &&Station| channel.is_none_or(|name| *name == station.spec.name);
    let rendered = check::render(&postings, site, stations.iter().filter(wanted));
    if rendered.in_templates.is_empty() {
        let held = rendered.held_by_lists.into_iter().filter(|held| !held.why.is_error());
        let judged =
            held.filter_map(|held| Some(Held { why: site.check.judge(held.why)?, ..held }));
        return Ok(judged.collect());
    }
    complain_about(&rendered.in_templates);
    Err(CliError::Said(End::Configuration))
}

/// What lists may hold back of what went out just now. What went out before was said then.
fn of_what_went_out(held_by_lists: Vec<Held>, round: &Round) -> Vec<Diagnostic> {
    let went_out = |held: &Held| {
        round.done.iter().any(|done| {
            done.state == State::Posted
                && done.posting == held.posting.as_str()
                && done.channel == held.channel
        })
    };
    held_by_lists.into_iter().filter(went_out).map(|held| held.why).collect()
}

async fn dry_run(
    arguments: &Arguments,
    site: &mut Site,
    channel: Option<&ChannelName>,
) -> Result<End, CliError> {
    let stations = load::stations(site, Reach::Anywhere)?;
    let clock = arguments.as_if.clock();
    let load::View { past, read } = load::view(site, &stations, &arguments.files, &clock).await?;
    complain_about(&load::worth_saying(&read.diagnostics));
    let held_by_lists = templates_work(&read, site, &stations, channel)?;
    let held_by_lists: Vec<Diagnostic> = held_by_lists.into_iter().map(|held| held.why).collect();
    let heard = deliver::instances::ask(site, Reach::Anywhere, channel).await;
    let stations = if heard.is_news() { load::stations(site, Reach::Anywhere)? } else { stations };
    let site = &*site;
    complain_about(&held_by_lists);
    let now = clock.now();
    let pace = if arguments.now { Pace::AtOnce } else { Pace::OnSchedule };
    let plan = deliver::make_plan(site, &stations, &read.postings, &past, pace, now);
    let wanted = Wanted { channel, postings: read.named.as_ref() };
    let mut steps = Vec::new();
    let mut failed = false;
    for step in plan.steps.iter().filter(|step| wanted.includes(step)) {
        let shown = compose::show(step, site, &stations, &read.postings, &past, now);
        failed |= matches!(shown, Some(Err(_)));
        steps.push((step, shown));
    }
    match arguments.format {
        PostFormat::Json => {
            let steps: Vec<_> = steps
                .iter()
                .map(|(step, shown)| {
                    let mut json = serde_json::to_value(step).unwrap_or_default();
                    match shown {
                        Some(Ok(composed)) => {
                            json["preview"] = preview::json(composed);
                            if let Some(cost) = cost_of(step, composed, &stations) {
                                json["cost_usd"] = cost.price.dollars().into();
                            }
                        }
                        Some(Err(error)) => json["error"] = error.to_string().into(),
                        None => {}
                    }
                    json
                })
                .collect();
            let said = read.diagnostics.iter().chain(&held_by_lists);
            let diagnostics: Vec<_> = said.map(Diagnostic::to_json).collect();
            say_json(&serde_json::json!({
                "now": now, "steps": steps, "diagnostics": diagnostics,
            }))?;
        }
        PostFormat::Text => {
            draw_dry_run(&steps, site, &stations, &read)?;
        }
        PostFormat::Html => {
            let page = crate::web::preview::html(site, &steps, now);
            let cannot = |error| CliError::Failed(format!("the page cannot be drawn: {error:#}"));
            say(&page.map_err(cannot)?)?;
        }
    }
    Ok(match (failed, read.has_errors()) {
        (true, _) => End::Failed,
        (false, true) => End::CheckFailed,
        (false, false) => End::Done,
    })
}

type Shown = Option<Result<compose::Composed, compose::ComposeError>>;

fn cost_of(step: &Step, composed: &compose::Composed, stations: &[Station]) -> Option<Cost> {
    let station = stations.iter().find(|it| it.spec.name == step.name.channel)?;
    preview::cost(station.spec.kind(), composed)
}

fn draw_dry_run(
    steps: &[(&Step, Shown)],
    site: &Site,
    stations: &[Station],
    read: &Reading,
) -> Result<(), CliError> {
    let mut posting = None;
    for (step, shown) in steps {
        if posting != Some(&step.name.posting) {
            posting = Some(&step.name.posting);
            let page = read.postings.open.iter().find(|it| it.id == step.name.posting);
            let path = page.map(|it| it.source.path.display().to_string()).unwrap_or_default();
            say(&format!(
                "{}\n  {path}\n  id {}, revision {}\n",
                step.title,
                step.name.posting,
                step.revision.short()
            ))?;
        }
        let when = match &step.when {
            When::Not { reason } => format!("would not go out: {reason}"),
            When::Due { .. } | When::At { .. } => plan::when(step, site),
        };
        say(&format!("\n  {} · {} · {when}\n", step.name.channel, plan::occasion(step)))?;
        match shown {
            Some(Ok(composed)) => {
                if let Some(cost) = cost_of(step, composed, stations) {
                    say(&format!("    {cost}\n"))?;
                }
                say(&preview::draw(composed))?;
            }
            Some(Err(error)) => say(&format!("    error: {error}\n"))?,
            None => {}
        }
    }
    if steps.is_empty() {
        say(plan::nothing(read.has_errors()))?;
    } else {
        say("\nThis was a dry run: nothing was sent and nothing was recorded.\n")?;
    }
    Ok(())
}

fn report(
    format: PostFormat,
    round: &Round,
    wanted: &Wanted<'_>,
    site: &Site,
) -> Result<(), CliError> {
    if format == PostFormat::Json {
        return say_json(round);
    }
    for done in &round.done {
        let link = done.link.as_ref().map(|link| format!("  {link}")).unwrap_or_default();
        let reason =
            if done.reason.is_empty() { String::new() } else { format!("  ({})", done.reason) };
        say(&format!(
            "{:<9} {:<16} {:<9} {}{link}{reason}\n",
            done.state.as_str(),
            done.channel.0,
            done.occasion.as_str(),
            done.posting
        ))?;
    }
    for problem in &round.problems {
        complain(&format!("error: {problem}"));
    }
    let ours = round.plan.steps.iter().filter(|step| wanted.includes(step));
    let later = ours.clone().filter(|step| !matches!(step.when, When::Due { .. }));
    for step in later.filter(|step| !waiting::is_summarised(step)) {
        let note = step.note.map(|note| format!(" ({note})")).unwrap_or_default();
        say(&format!(
            "{:<9} {:<16} {:<9} {}  {}{note}\n",
            if deliver::is_wanted(step) { "later" } else { "-" },
            step.name.channel.0,
            plan::occasion(step),
            step.name.posting,
            plan::when(step, site)
        ))?;
    }
    say(&waiting::summary(ours))?;
    let has_steps = round.plan.steps.iter().any(|step| wanted.includes(step));
    if round.done.is_empty() && round.problems.is_empty() && !has_steps {
        say("Nothing to do: everything stands as it should.\n")?;
    }
    Ok(())
}

/// The exit code of a round: unknown outcomes first, then failures and paused channels, then pages
/// with errors.
fn end(round: &Round, wanted: &Wanted<'_>, page_errors: bool) -> End {
    let held_back_by = |is: fn(&Reason) -> bool| {
        let mut steps = round.plan.steps.iter().filter(|step| wanted.includes(step));
        steps.any(|step| matches!(&step.when, When::Not { reason } if is(reason)))
    };
    let waits_for_person = round.done.iter().any(|done| done.state == State::Unknown)
        || held_back_by(|reason| *reason == Reason::Unknown);
    let failed = !round.problems.is_empty()
        || held_back_by(|reason| matches!(reason, Reason::Paused { .. }))
        || round.done.iter().any(|done| matches!(done.state, State::Refused | State::Planned));
    match (waits_for_person, failed, page_errors) {
        (true, _, _) => End::Unknown,
        (false, true, _) => End::Failed,
        (false, false, true) => End::CheckFailed,
        (false, false, false) => End::Done,
    }
}

/// A real test: to the owner's own address, or as a post that only the account itself sees. It is
/// no delivery: nothing is recorded.
async fn to_me(
    arguments: &Arguments,
    site: &Site,
    channel: Option<&ChannelName>,
) -> Result<End, CliError> {
    let Some(owner) = &site.owner else {
        return Err(CliError::Usage(
            "handbill.toml does not say who you are\n\
             help: write `owner = \"you@your-site\"` under [site]"
                .to_owned(),
        ));
    };
    let past = load::past(site).await?;
    let read = load::postings(site, &arguments.files, &past, load::Guesses::Shown)?;
    complain_about(&load::worth_saying(&read.diagnostics));
    let mut failed = read.has_errors();
    for spec in site.channels.iter().filter(|it| channel.is_none_or(|name| *name == it.name)) {
        let mut private = spec.clone();
        match &mut private.config {
            KindConfig::Mail(mail) => {
                mail.to.clone_from(owner);
                mail.archive = None;
            }
            KindConfig::Mastodon(mastodon) => mastodon.visibility = mastodon::Visibility::Direct,
            _ => {
                let (name, kind) = (&spec.name, spec.kind());
                say(&format!("{name}: a channel of kind {kind} has no private test\n"))?;
                continue;
            }
        }
        let station = Station::new(&private, site, Reach::Anywhere).map_err(|diagnostic| {
            complain_about(&[*diagnostic]);
            CliError::Said(End::Configuration)
        })?;
        let named = |id| read.named.as_ref().is_none_or(|named| named.contains(id));
        for posting in read.postings.open.iter().filter(|posting| named(&posting.id)) {
            let step = Step {
                // A key of its own: a test must never stand in the way of the real delivery.
                key: DeliveryKey(Uuid::new_v4()),
                name: DeliveryName {
                    posting: posting.id.clone(),
                    channel: spec.name.clone(),
                    occasion: Occasion::Announce,
                    occurrence: Occurrence::Named("test".into()),
                },
                title: posting.name().into(),
                deed: Deed::Publish,
                target: None,
                revision: posting.revision.clone(),
                slot: None,
                note: None,
                when: When::Due { since: Utc::now() },
            };
            let send_by = SendBy::new(Utc::now() + TEST_WITHIN, Clock::System);
            let permit = Permit::new(send_by, &NoJournal);
            let outcome = match compose(site, &station, posting, &step, None, Utc::now()) {
                Ok(composed) => station.channel.send(&composed.wire, &permit).await,
                Err(error) => Outcome::Refused { why: error.to_string() },
            };
            station.channel.hang_up().await;
            let (what, sent) = match outcome {
                Outcome::Posted(receipt) => (
                    receipt.link.map_or_else(|| format!("sent to {owner}"), |it| it.to_string()),
                    true,
                ),
                Outcome::Refused { why }
                | Outcome::Deferred { why, .. }
                | Outcome::Blocked { why }
                | Outcome::Unknown { why }
                | Outcome::Duplicate { why } => (why, false),
            };
            failed |= !sent;
            say(&format!("{}: {}: {what}\n", spec.name, posting.id))?;
        }
    }
    Ok(if failed { End::Failed } else { End::Done })
}
