//! `handbill check`: what is wrong or missing, pointing into the files.

mod fix;
mod report;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;

use super::rewrite::Consent;
use super::{AsIf, CliError, End, count, load};
use crate::adapt::vocabulary::Vocabularies;
use crate::adapt::{self, AdaptError, Occasion, Rendition};
use crate::channel::{Action, Address, ChannelName, DeliveryKey, Kind, Reach};
use crate::check::channels::Requirements;
use crate::check::lists;
use crate::check::{self, Around, StructuredData};
use crate::deliver::Station;
use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::ledger::Past;
use crate::posting::{Origin, Posting, PostingId};
use crate::site::channel_file::KindConfig;
use crate::site::mailbox::SiteMailbox;
use crate::site::notices::Notices;
use crate::site::{ChannelSpec, Site, twin};
use fix::fix;
use report::{Form, explain, report};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Pages to check; default: all of the site
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Say what a code means, why it matters and how to mend it
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    explain: Option<String>,
    /// Mend what is safe to mend (broken letters, lost bullets, hints of a template), shown as a
    /// diff first
    #[arg(long, conflicts_with_all = ["explain", "format"])]
    fix: bool,
    /// Write what `--fix` shows without asking
    #[arg(long, requires = "fix")]
    yes: bool,
    #[command(flatten)]
    as_if: AsIf,
}

pub(super) fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    if let Some(code) = &arguments.explain {
        explain(code, arguments.format)?;
        return Ok(End::Done);
    }
    load::pages_exist(&arguments.files)?;
    let (site, mut found) = load::site_as_it_is(folder)?;
    let Some(site) = site.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
        report(arguments.format, &mut found, None)?;
        return Ok(End::Configuration);
    };
    let stations = Station::all(&site, Reach::Anywhere, &mut found);
    let read = load::postings(&site, &arguments.files, &Past::default(), load::Guesses::Shown)?;
    let named = |posting: &&Posting| read.named.as_ref().is_none_or(|it| it.contains(&posting.id));
    let wanted: Vec<&Posting> = read.postings.open.iter().filter(named).collect();
    if arguments.fix {
        let consent = if arguments.yes { Consent::Given } else { Consent::Asked };
        return fix(pages(&wanted, &arguments.files), &read.diagnostics, consent);
    }
    let rendered = render(&wanted, &site, stations.iter());
    found.extend(rendered.in_templates);
    let in_configuration = found.iter().any(Diagnostic::is_error);
    found.extend(said_twice(&wanted, &site, &stations));
    found.extend(several_lists(&site));
    found.extend(site.channels.iter().flat_map(ChannelSpec::list_settings));
    found.extend(remarks(&wanted, &read.postings.open, &site, arguments));
    found.extend(read.diagnostics);
    found.extend(rendered.unfit);
    found.extend(rendered.forms);
    found.extend(
        pairs(&wanted, stations.iter())
            .flat_map(|(posting, station)| station.spec.board_remarks(posting, &station.target)),
    );
    found.extend(rendered.held_by_lists.into_iter().map(|held| held.why));
    if arguments.files.is_empty() {
        // Nothing is sent by a check, so a credential that is not here is worth only a warning.
        let of_channels = site.channels.iter().flat_map(ChannelSpec::missing_secrets);
        let of_notices = site.notices.iter().flat_map(Notices::missing_secrets);
        let of_mailbox = site.mailbox.iter().flat_map(SiteMailbox::missing_secrets);
        let of_web = site.web.missing_secrets();
        found.extend(of_channels.chain(of_notices).chain(of_mailbox).chain(of_web).map(
            |mut missing| {
                missing.severity = Severity::Warning;
                missing
            },
        ));
    }
    let all = read.postings.open.len() + read.postings.held_back.len();
    let what = format!(
        "{} checked for {}",
        count(read.named.as_ref().map_or(all, BTreeSet::len), "posting"),
        count(site.channels.len(), "channel"),
    );
    let mut found: Vec<Diagnostic> =
        found.into_iter().filter_map(|it| site.check.judge(it)).collect();
    report(arguments.format, &mut found, Some(&what))?;
    Ok(match found.iter().any(Diagnostic::is_error) {
        _ if in_configuration => End::Configuration,
        true => End::CheckFailed,
        false => End::Done,
    })
}

/// The files of these postings and their translations, as far as the command names them.
fn pages(wanted: &[&Posting], files: &[PathBuf]) -> Vec<Arc<Source>> {
    let of = |posting: &&Posting| {
        let translations = posting.translations.values().map(|it| Arc::clone(&it.source));
        std::iter::once(Arc::clone(&posting.source)).chain(translations).collect::<Vec<_>>()
    };
    wanted.iter().flat_map(of).filter(|page| is_named(page, files)).collect()
}

/// Whether the command names a page, or none and means all.
fn is_named(page: &Source, files: &[PathBuf]) -> bool {
    let is_same = |file: &PathBuf| match (file.canonicalize(), page.path.canonicalize()) {
        (Ok(file), Ok(page)) => file == page,
        _ => false,
    };
    files.is_empty() || files.iter().any(is_same)
}

/// What a careful colleague would remark of these ads, which stand among all those of the site.
fn remarks(
    postings: &[&Posting],
    all: &[Posting],
    site: &Site,
    arguments: &Arguments,
) -> Vec<Diagnostic> {
    let now = arguments.as_if.clock().now().with_timezone(&site.settings.timezone);
    let is_feed = |channel: &ChannelSpec| channel.kind() == Kind::Feed;
    let structured_data = match site.channels.iter().any(is_feed) {
        true => StructuredData::Made,
        false => StructuredData::NotByUs,
    };
    let on_named = |remark: &Diagnostic| {
        let page = remark.place.as_ref().map(|(source, _)| source);
        page.is_none_or(|page| is_named(page, &arguments.files))
    };
    let of_posting = |posting: &&Posting| {
        let channels = requirements(posting, site);
        let around = Around {
            today: now.date_naive(),
            timezone: site.settings.timezone,
            languages: &site.settings.languages,
            structured_data,
            channels: &channels,
            tariffs: &site.check.tariffs,
        };
        let mut remarks = check::posting(posting, &around);
        if posting.sub_id.is_none()
            && let Some(pdf) = twin::read(posting, &site.settings)
        {
            remarks.extend(check::pdf(posting, &pdf));
        }
        remarks
    };
    let all: Vec<&Posting> = all.iter().collect();
    let alone = postings.iter().flat_map(of_posting);
    alone.chain(check::together(&all)).filter(on_named).collect()
}

/// What the channels that want an ad require of it.
fn requirements(posting: &Posting, site: &Site) -> Vec<Requirements> {
    let wants = |channel: &&ChannelSpec| {
        !channel.requires.is_empty() && channel.filter.rejects(posting).is_none()
    };
    let of = |channel: &ChannelSpec| Requirements {
        channel: channel.name.to_string(),
        facts: channel.requires.clone(),
    };
    site.channels.iter().filter(wants).map(of).collect()
}

/// What rendering brings up.
#[derive(Default)]
pub(super) struct Rendered {
    /// Mistakes in templates that only show when a posting is rendered, each one once.
    pub(super) in_templates: Vec<Diagnostic>,
    /// What keeps a posting from a channel that wants it, though the templates are right.
    unfit: Vec<Diagnostic>,
    /// What a mailing list would hold back, or not take.
    pub(super) held_by_lists: Vec<Held>,
    /// What forms require, and the page does not say.
    forms: Vec<Diagnostic>,
}

/// An ad that a mailing list would hold back, or not take.
pub(super) struct Held {
    pub(super) posting: PostingId,
    pub(super) channel: ChannelName,
    pub(super) why: Diagnostic,
}

/// Renders each posting for each channel that wants it, for every occasion that the channel will
/// use. What several occasions lack is said once.
pub(super) fn render<'a>(
    postings: &[&'a Posting],
    site: &Site,
    stations: impl Iterator<Item = &'a Station> + Clone,
) -> Rendered {
    let mut rendered = Rendered::default();
    for (posting, station) in pairs(postings, stations) {
        let mut errors: Vec<AdaptError> = Vec::new();
        let mut remarks = Vec::new();
        for occasion in station.spec.occasions() {
            let made = adapt::adapt(posting, &station.target, occasion, &site.templates);
            let error = match made {
                Err(error) => error,
                Ok(rendition) => {
                    if let Some(why) = kept_out(posting, station, &rendition, occasion) {
                        rendered.unfit.push(why);
                    }
                    if occasion == Occasion::Announce {
                        rendered.forms.extend(station.spec.card_remarks(posting, &rendition));
                    }
                    for remark in station.spec.list_remarks(site, posting, &rendition) {
                        // The same rule for another occasion.
                        if !remarks.iter().any(|it: &Diagnostic| it.help == remark.help) {
                            remarks.push(remark);
                        }
                    }
                    continue;
                }
            };
            if is_said_of_board(&error, &station.spec) {
                continue;
            }
            let in_template = match &error {
                AdaptError::Template { .. } => Some(site.template_error(&error)),
                AdaptError::MissingTemplate { .. } => Some(station.spec.missing_template(&error)),
                _ => None,
            };
            if let Some(mistake) = in_template {
                if !rendered.in_templates.contains(&mistake) {
                    rendered.in_templates.push(mistake);
                }
                if matches!(error, AdaptError::MissingTemplate { .. }) {
                    // A folder that lacks one lacks the others for the same reason.
                    break;
                }
            } else if !errors.contains(&error) {
                let name = &station.spec.name;
                let message = format!("{name} cannot take this posting ({occasion}): {error}");
                rendered.unfit.push(match &error {
                    AdaptError::Unmapped { vocabulary, list } => {
                        unmapped(posting, message, vocabulary, list)
                    }
                    _ => Diagnostic::error("channel::rendition", message).at(&posting.source, 0..0),
                });
                errors.push(error);
            }
        }
        rendered.held_by_lists.extend(remarks.into_iter().map(|why| Held {
            posting: posting.id.clone(),
            channel: station.spec.name.clone(),
            why,
        }));
    }
    rendered
}

/// Whether an error is one of those that the board's limits tell better, with both places.
fn is_said_of_board(error: &AdaptError, spec: &ChannelSpec) -> bool {
    match (error, &spec.config) {
        (AdaptError::Unfit(_), KindConfig::Board(_)) => true,
        (AdaptError::MissingField { field }, KindConfig::Board(board)) => {
            board.limits.required_facts().iter().any(|fact| fact.as_str() == field)
        }
        _ => false,
    }
}

/// What keeps a posting out of a list though it can be laid out: a text that is too long, a word that
/// is none of the list's.
fn kept_out(
    posting: &Posting,
    station: &Station,
    rendition: &Rendition,
    occasion: Occasion,
) -> Option<Diagnostic> {
    if station.spec.kind() != Kind::Feed || occasion != Occasion::Announce {
        return None;
    }
    let key = DeliveryKey(uuid::Uuid::nil());
    let address = Address { key: &key, reference: &posting.id.0, at: DateTime::UNIX_EPOCH };
    let error = station.channel.prepare(Action::Publish(rendition), &address).err()?;
    let message = format!("{} leaves this posting out: {error}", station.spec.name);
    let title = posting.facts.title.as_ref().filter(|_| message.contains("title"));
    let place = title.map(|title| place_of(&title.origin)).unwrap_or_default();
    Some(Diagnostic::error("channel::rendition", message).at(&posting.source, place))
}

/// A closed list of which nothing on the page stands for a word: the line that could, and what to
/// write for it.
fn unmapped(posting: &Posting, message: String, vocabulary: &str, list: &str) -> Diagnostic {
    let table = format!("[vocabulary.{vocabulary}.{list}]");
    let words = Vocabularies::words(vocabulary, list);
    let example = words.first().copied().unwrap_or_default();
    let source = &posting.source;
    let (place, help) = match (posting.tags.first(), &posting.facts.position_type) {
        (Some(tag), _) => (
            line_of(source, "tags"),
            format!("write under `{table}` in handbill.toml `tags = {{ {tag:?} = {example:?} }}`"),
        ),
        (None, Some(kind)) => (
            place_of(&kind.origin),
            format!(
                "write under `{table}` in handbill.toml `position_types = {{ {} = {example:?} }}`",
                kind.value.as_str()
            ),
        ),
        (None, None) => (
            Span::default(),
            format!(
                "give the page tags, or write under `{table}` in handbill.toml `default = \
                 {example:?}`"
            ),
        ),
    };
    let some = words.iter().take(6).copied().collect::<Vec<_>>().join(", ");
    let more = if words.len() > 6 { " …" } else { "" };
    Diagnostic::error("vocabulary::unmapped", message)
        .at(source, place)
        .label("nothing here stands for one of its words")
        .help(format!("{help}; its words are {some}{more}"))
}

fn place_of(origin: &Origin) -> Span {
    match origin {
        Origin::Declared(span) | Origin::Inferred(span) => *span,
        Origin::Default => Span::default(),
    }
}

/// The line of the front matter that begins with a key; the page's beginning where there is none.
fn line_of(source: &Source, key: &str) -> Span {
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
        let is_key = |rest: &str| rest.trim_start_matches('"').trim_start().starts_with([':', '=']);
        if rest.is_some_and(is_key) {
            return Span::new(start, start + line.trim_end().len());
        }
        start += line.len();
    }
    Span::default()
}

/// Channels that would say the same to the same readers, with a posting that shows it.
fn said_twice(postings: &[&Posting], site: &Site, stations: &[Station]) -> Vec<Diagnostic> {
    let mut twice = Vec::new();
    for (place, station) in stations.iter().enumerate() {
        let sharing = stations.iter().take(place).filter(|other| {
            let account = station.spec.account();
            account.is_some() && account == other.spec.account()
        });
        for other in sharing {
            let words = |posting: &Posting, station: &Station| {
                if station.spec.filter.rejects(posting).is_some() {
                    return None;
                }
                let announce = Occasion::Announce;
                adapt::adapt(posting, &station.target, announce, &site.templates).ok()
            };
            let same = postings.iter().find(|posting| {
                let ours = words(posting, station);
                ours.is_some() && ours == words(posting, other)
            });
            if let Some(posting) = same {
                let (one, two) = (&other.spec.name, &station.spec.name);
                twice.push(
                    Diagnostic::warning(
                        "channel::same_account",
                        format!("{one} and {two} would both post {} in one place", posting.id),
                    )
                    .at(&station.spec.file, 0..0)
                    .help(
                        "its readers would see the same ad twice: give the channels different \
                         `[postings]` filters, languages or templates, or remove one of them",
                    ),
                );
            }
        }
    }
    twice
}

/// Lists of one host that takes one message for one of them at a time, and gets it for several in
/// the same slot.
fn several_lists(site: &Site) -> Vec<Diagnostic> {
    // A gap is kept by the plan, whatever the schedules say.
    let is_such = |channel: &&ChannelSpec| match &channel.config {
        KindConfig::Mail(config) => {
            lists::is_one_at_a_time(&config.to) && config.host_gap.is_none()
        }
        _ => false,
    };
    let lists: Vec<&ChannelSpec> = site.channels.iter().filter(is_such).collect();
    let mut remarks = Vec::new();
    for (place, list) in lists.iter().enumerate() {
        let mut before = lists.iter().take(place);
        if let Some(other) = before.find(|other| other.schedule == list.schedule) {
            let message = format!("{} and {} would get an ad together", other.name, list.name);
            remarks.push(Diagnostic::warning("channel::list", message).at(&list.file, 0..0).help(
                "their host takes one ad on several of its lists for spam, and stops the \
                     sender for 48 hours: write `host_gap = \"48h\"` under `[mail]` in both",
            ));
        }
    }
    remarks
}

/// Each posting with each channel that wants it.
fn pairs<'a>(
    postings: &[&'a Posting],
    stations: impl Iterator<Item = &'a Station> + Clone,
) -> impl Iterator<Item = (&'a Posting, &'a Station)> {
    postings.iter().flat_map(move |posting| {
        stations
            .clone()
            .filter(|station| station.spec.filter.rejects(posting).is_none())
            .map(|station| (*posting, station))
    })
}
