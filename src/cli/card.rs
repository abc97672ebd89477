//! `handbill card`: what a person types into a form, field by field. Changes nothing.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use super::{CliError, End, load, say, say_json};
use crate::adapt::card::{self, CardField, FieldChange, written};
use crate::adapt::{self, Occasion, Rendition};
use crate::channel::Reach;
use crate::deliver::Station;
use crate::ledger::{CopyState, Delivery, Past, State};
use crate::posting::{Availability, Posting};
use crate::site::Site;
use crate::site::channel_file::KindConfig;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The channel whose form it is
    channel: String,
    /// The ads, as `handbill plan` shows them; none: all that the channel wants
    #[arg(value_name = "POSTING")]
    postings: Vec<String>,
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Write each card as a page into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "format")]
    folder: Option<PathBuf>,
}

/// How a card is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a terminal
    Text,
    /// For machines; stable
    Json,
    /// A page to copy from, for one ad
    Html,
}

/// A card with what is known of its copy.
#[derive(Serialize)]
struct Shown<'a> {
    channel: &'a str,
    posting: &'a str,
    title: &'a str,
    /// Where the person goes.
    place: &'a str,
    /// Where the ad itself stands.
    link: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caution: Option<&'a str>,
    /// What to type when it is done; `None` while nobody was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    fields: &'a [CardField],
    /// What says something else than the copy that stands, or than the person was asked for.
    changes: Vec<FieldChange<'a>>,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let names = site.channels.iter().map(|channel| &channel.name).collect();
    let name = load::known_channel(&arguments.channel, &names)?;
    let stations = load::stations(&site, Reach::Anywhere)?;
    let station = stations.iter().find(|station| station.spec.name == name);
    let station =
        station.ok_or_else(|| CliError::Failed(format!("the channel {name} cannot be built")))?;
    let past = load::past(&site).await?;
    let read = load::postings(&site, &[], &past, load::Guesses::Shown)?;
    let wanted = wanted(arguments, station, &read.postings.open)?;
    if arguments.format == Form::Html && wanted.len() != 1 {
        let what = format!("a page is one card, and these are {}", wanted.len());
        return Err(CliError::Usage(format!("{what}\nhelp: name an ad, or use `--folder FOLDER`")));
    }
    let mut cards = Vec::new();
    for posting in wanted {
        cards.push((posting, filled_in(posting, station, &site)?));
    }
    let shown = cards.iter().map(|(posting, fields)| shown(posting, fields, station, &past));
    let shown = shown.collect::<Result<Vec<_>, CliError>>()?;
    match (&arguments.folder, arguments.format) {
        (Some(folder), _) => write_all(folder, &shown, &site)?,
        (None, Form::Json) => say_json(&shown)?,
        (None, Form::Html) => {
            for card in &shown {
                say(&page(card, &site)?)?;
            }
        }
        (None, Form::Text) if shown.is_empty() => {
            say(&format!("{name} wants none of the ads that are open\n"))?;
        }
        (None, Form::Text) => {
            let all: Vec<String> = shown.iter().map(text).collect();
            say(&all.join("\n"))?;
        }
    }
    Ok(End::Done)
}

/// The ads that were named, or all that the channel wants.
fn wanted<'a>(
    arguments: &Arguments,
    station: &Station,
    open: &'a [Posting],
) -> Result<Vec<&'a Posting>, CliError> {
    if arguments.postings.is_empty() {
        let wants = |posting: &&Posting| {
            posting.availability == Availability::Open
                && station.spec.filter.rejects(posting).is_none()
        };
        return Ok(open.iter().filter(wants).collect());
    }
    let find = |typed: &String| {
        open.iter().find(|posting| posting.id.as_str() == typed).ok_or_else(|| {
            let near = crate::diagnostic::suggestion(typed, open.iter().map(|it| it.id.as_str()));
            let help = match near {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`handbill plan` shows each ad with its id".to_owned(),
            };
            CliError::Usage(format!("there is no open posting `{typed}`\nhelp: {help}"))
        })
    };
    arguments.postings.iter().map(find).collect()
}

fn filled_in(
    posting: &Posting,
    station: &Station,
    site: &Site,
) -> Result<Vec<CardField>, CliError> {
    let name = &station.spec.name;
    match adapt::adapt(posting, &station.target, Occasion::Announce, &site.templates) {
        Ok(Rendition::Card { fields, .. }) => Ok(fields),
        Ok(_) => Err(CliError::Usage(format!(
            "{name} has no card: its file lists no fields of a form\n\
             help: `handbill post --dry-run --channel {name}` shows what goes there"
        ))),
        Err(error) => Err(CliError::Failed(format!("{} on {name}: {error}", posting.id))),
    }
}

fn shown<'a>(
    posting: &'a Posting,
    fields: &'a [CardField],
    station: &'a Station,
    past: &'a Past,
) -> Result<Shown<'a>, CliError> {
    let KindConfig::Manual(manual) = &station.spec.config else {
        return Err(CliError::Failed(format!("{} is no form", station.spec.name)));
    };
    let ours = || {
        past.deliveries.iter().filter(|it| {
            it.name.posting == posting.id
                && it.name.channel == station.spec.name
                && it.copy != Some(CopyState::Withdrawn)
        })
    };
    let asked = ours().filter(|it| it.state == State::Asked).max_by_key(|it| it.changed_at);
    let copy = ours()
        .filter(|it| it.name.occasion == Occasion::Announce)
        .max_by_key(|it| it.name.occurrence.ordinal());
    let before = match copy.and_then(|copy| copy.standing.as_ref()).map(|it| &it.rendition) {
        Some(Rendition::Card { fields, .. }) => Some(fields),
        _ => None,
    };
    Ok(Shown {
        channel: station.spec.name.as_str(),
        posting: posting.id.as_str(),
        title: posting.name(),
        place: &manual.place,
        link: posting.permalink.as_str(),
        caution: manual.caution(),
        command: asked.map(command),
        fields,
        changes: before.map(|before| card::changes(before, fields)).unwrap_or_default(),
    })
}

/// What to type when an errand is done.
fn command(asked: &Delivery) -> String {
    let id = asked.key.short();
    match asked.name.occasion {
        Occasion::Announce | Occasion::Remind => format!("handbill record {id} LINK"),
        Occasion::Update | Occasion::Close => format!("handbill record {id}"),
    }
}

fn text(card: &Shown<'_>) -> String {
    let mut text = format!("{}\n{} on {}\n", card.title, card.posting, card.channel);
    text += &format!("where: {}\n", card.place);
    if let Some(caution) = card.caution {
        text += &format!("{}\n", adapt::text::wrap(caution));
    }
    if !card.changes.is_empty() {
        text += "\nWhat changed since it was published, or since a person was asked:\n\n";
        text += &written::text_of_changes(&card.changes);
        text += "\nAll fields:\n";
    }
    text += &format!("\n{}", written::text(card.fields));
    if let Some(command) = &card.command {
        text += &format!("\nWhen it is done: `{command}`\n");
    }
    text
}

fn page(card: &Shown<'_>, site: &Site) -> Result<String, CliError> {
    let about = written::About {
        title: card.title,
        channel: card.channel,
        place: card.place,
        link: card.link,
        caution: card.caution,
        command: card.command.as_deref(),
    };
    let page = written::page(&about, card.fields, &card.changes, &site.templates);
    page.map_err(|error| CliError::Failed(error.to_string()))
}

/// Writes each card as a page, and says where.
fn write_all(folder: &Path, cards: &[Shown<'_>], site: &Site) -> Result<(), CliError> {
    let failed = |path: &Path, error: std::io::Error| {
        CliError::Failed(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for card in cards {
        let path = folder.join(file_name(card));
        std::fs::write(&path, page(card, site)?).map_err(|error| failed(&path, error))?;
        say(&format!("{}\n", path.display()))?;
    }
    Ok(())
}

/// A name that every file system takes.
fn file_name(card: &Shown<'_>) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = format!("{}.{}", card.channel, card.posting).chars().map(fit).collect();
    format!("{}.html", name.trim_start_matches(['.', '-']))
}
