//! A channel's file: `channels/NAME.toml`.
//!
//! Common keys stand at the top, those of the kind in a table named after it. A `preset` is a
//! shipped file under it: the file's own keys win.

mod along;
mod requires;
mod rules;
mod schema;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
pub use schema::schema;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::credential::missing;
use super::filter::Filter;
use super::length::Length;
use super::policy::{self, Close, Offset, Update};
use super::queue::{Defaults, Holds, Queue, WrittenBudget};
use super::quiet::{QuietTable, QuietTimes};
use super::{SiteError, card, list, preset, read_text, timezone, toml_file};
use crate::adapt::picture::PictureOf;
use crate::adapt::template::Templates;
use crate::adapt::thread::Thread;
use crate::adapt::{AdaptError, Occasion, Target};
use crate::channel::secret::SecretRef;
use crate::channel::{
    BuildError, Channel, ChannelName, Context, Kind, bluesky, board, feed, git, linkedin, mail,
    manual, mastodon, x,
};
use crate::check::channels::RequiredFact;
use crate::diagnostic::{Diagnostic, Source, suggestion};
use crate::posting::Settings;
use crate::schedule::Schedule;

/// Hashtags where the file does not say how many.
const HASHTAGS: usize = 5;
/// On X, where people write fewer.
const HASHTAGS_ON_X: usize = 3;

/// A channel as its file describes it.
#[derive(Debug, Clone)]
pub struct ChannelSpec {
    pub name: ChannelName,
    pub file: Arc<Source>,
    /// `None`: at any time.
    pub schedule: Option<Schedule>,
    pub timezone: Tz,
    pub filter: Filter,
    /// Folder of the templates, for example `mastodon`.
    pub template: String,
    pub language: Option<String>,
    /// Whether a status goes on as a thread.
    pub thread: Thread,
    /// Which picture goes with a status.
    pub picture: PictureOf,
    /// At most so many hashtags; `None`: as many as the kind is used to.
    pub hashtags: Option<usize>,
    /// How long before the deadline reminders are due, the earliest first.
    pub remind: Vec<Offset>,
    pub update: Update,
    pub close: Close,
    pub queue: Queue,
    pub holds: Holds,
    /// Facts that the channel takes no ad without, for `handbill check`.
    pub requires: Vec<RequiredFact>,
    /// How long after it was asked a person is asked again, each time; `None`: once is enough.
    pub ask_again: Option<TimeDelta>,
    /// `[values]`: free values for templates.
    pub values: serde_json::Value,
    pub config: KindConfig,
}

/// The table of the channel's kind.
#[derive(Debug, Clone)]
pub enum KindConfig {
    Mail(Box<mail::Config>),
    Mastodon(mastodon::Config),
    X(Box<x::Config>),
    Bluesky(Box<bluesky::Config>),
    LinkedIn(Box<linkedin::Config>),
    Board(Box<board::Config>),
    Feed(Box<feed::Config>),
    Git(Box<git::Config>),
    Manual(manual::Config),
}

/// What is written in the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChannelFile {
    #[schemars(with = "Kind")]
    kind: Spanned<String>,
    /// A shipped file under this one, such as `mailman3` or `boards/wordpress`; the keys here win.
    #[serde(rename = "preset")]
    _preset: Option<String>,
    /// Default: the name of the file.
    #[schemars(with = "Option<String>")]
    name: Option<Spanned<String>>,
    /// When it may be used, as a crontab says it. Default: at any time.
    #[schemars(with = "Option<String>")]
    schedule: Option<Spanned<String>>,
    /// Default: the site's.
    #[schemars(with = "Option<String>")]
    timezone: Option<Spanned<String>>,
    /// Which postings it wants; default: all.
    #[serde(default)]
    postings: Filter,
    /// The folder of its templates; default: the kind.
    #[schemars(with = "Option<String>")]
    template: Option<Spanned<String>>,
    /// The language to take where a posting has several; default: the page's own.
    language: Option<String>,
    /// Whether the text of an ad goes on as replies.
    #[schemars(with = "Option<Thread>")]
    thread: Option<Spanned<Thread>>,
    /// Which picture goes along: the one beside the page, or a card that is drawn.
    #[schemars(with = "Option<PictureOf>")]
    picture: Option<Spanned<PictureOf>>,
    /// At most so many of the page's tags; default 5, on X 3.
    hashtags: Option<usize>,
    /// Facts without which `handbill check` remarks on an ad.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    requires: Vec<Spanned<String>>,
    /// How long before the deadline reminders are due.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    remind: Vec<Spanned<String>>,
    /// What becomes of a copy when the page changes.
    #[schemars(with = "Option<Update>")]
    update: Option<Spanned<Update>>,
    /// What becomes of a copy when the ad closes.
    #[schemars(with = "Option<Close>")]
    close: Option<Spanned<Close>>,
    /// How many messages share a slot; default 1.
    per_slot: Option<NonZeroU32>,
    /// How many messages go out in a day.
    per_day: Option<NonZeroU32>,
    /// How far apart messages are at least.
    spacing: Option<Length>,
    /// By how much at most a message leaves after its slot, at random.
    jitter: Option<Length>,
    /// A slot that was missed by more than this waits for the next.
    lateness: Option<Length>,
    /// A page is announced once it was unchanged that long.
    settle: Option<Length>,
    /// An ad whose page is dated longer ago waits to be accepted.
    max_age: Option<Length>,
    /// A person agrees first: `handbill approve`.
    approval: Option<bool>,
    /// Whether a page is announced only once it was seen on the web; default true.
    wait_for_page: Option<bool>,
    /// What messages may cost.
    budget: Option<WrittenBudget>,
    /// Days on which nothing goes out, beside those of the site.
    quiet: Option<QuietTable>,
    /// How long after it was asked a person is asked again; without it, once.
    #[schemars(with = "Option<String>")]
    ask_again: Option<Spanned<Length>>,
    /// Free values for templates and for a board's placeholders (`{values.NAME}`).
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    values: toml::Table,
    mail: Option<mail::Config>,
    mastodon: Option<mastodon::Config>,
    x: Option<x::Config>,
    bluesky: Option<bluesky::Config>,
    linkedin: Option<linkedin::Config>,
    board: Option<board::Config>,
    feed: Option<feed::Config>,
    git: Option<git::Config>,
    manual: Option<manual::Config>,
}

/// The one key that is read before the rest.
#[derive(Debug, Deserialize)]
struct PresetOnly {
    preset: Option<Spanned<String>>,
}

/// What a channel's file stands in.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub folder: &'a Path,
    pub settings: &'a Settings,
    pub templates: &'a Templates,
    /// What the site says for all channels.
    pub for_all: &'a Defaults,
    pub answers: Answers,
    /// When the files are read: for the years that a calendar is read for, and examples of slots.
    pub now: DateTime<Utc>,
}

/// Whether what comes back by mail is read: `[mailbox]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    Read,
    Unread,
}

/// Reads all files in `channels/` of a site, sorted by name.
pub(super) fn load_all(
    around: &Around<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<ChannelSpec>, SiteError> {
    let mut channels: BTreeMap<ChannelName, ChannelSpec> = BTreeMap::new();
    for path in super::pages::walk(&around.folder.join("channels"))? {
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let Some(file) = read_text(&path, diagnostics)? else { continue };
        let Some(channel) = read(&file, around, diagnostics)? else { continue };
        if let Some(other) = channels.get(&channel.name) {
            // A name that is written down is the one to look at.
            let written = |file| toml_file::locate(file, &["name"]);
            let (at, span) = match (written(&file), written(&other.file)) {
                (None, Some(span)) => (&other.file, span),
                (span, _) => (&file, span.unwrap_or_default()),
            };
            diagnostics.push(
                Diagnostic::error(
                    "channel::same-name",
                    format!(
                        "two channels are named `{}`: {} and {}",
                        channel.name,
                        other.file.path.display(),
                        file.path.display()
                    ),
                )
                .at(at, span)
                .help("rename one: the ledger knows a channel by its name"),
            );
            continue;
        }
        channels.insert(channel.name.clone(), channel);
    }
    Ok(channels.into_values().collect())
}

/// Reads one channel's file; `None` with errors among the diagnostics.
pub(super) fn read(
    file: &Arc<Source>,
    around: &Around<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<ChannelSpec>, SiteError> {
    let presets = match toml::from_str::<PresetOnly>(&file.text).ok().and_then(|it| it.preset) {
        None => Vec::new(),
        Some(name) => match named_presets(&name, file, diagnostics) {
            Some(presets) => presets,
            None => return Ok(None),
        },
    };
    let texts = presets.iter().map(|(_, text)| *text);
    let Some(written) = toml_file::read::<ChannelFile>(file, texts, diagnostics) else {
        return Ok(None);
    };
    let errors_before = diagnostics.len();
    let quiet = rules::quiet(&written, file, around, diagnostics)?;
    let Some(spec) = understood(written, quiet, file, around, diagnostics) else {
        return Ok(None);
    };
    let read = diagnostics.get(errors_before..).unwrap_or_default();
    Ok((!read.iter().any(Diagnostic::is_error)).then_some(spec))
}

/// What the words of a channel's file mean.
fn understood(
    written: ChannelFile,
    quiet: QuietTimes,
    file: &Arc<Source>,
    around: &Around<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ChannelSpec> {
    let Around { folder, settings, templates, .. } = *around;

    let name = match &written.name {
        Some(name) => name.get_ref().clone(),
        None => file.path.file_stem()?.to_string_lossy().into_owned(),
    };
    if name.trim().is_empty() || name.contains(char::is_control) {
        let span = written.name.as_ref().map_or(0..0, Spanned::span);
        diagnostics.push(
            Diagnostic::error("channel::name", "a channel needs a name that can be typed")
                .at(file, span)
                .help("write a short word, or remove `name`: then the file's name is taken"),
        );
    }
    let kind = kind(&written.kind, file, diagnostics)?;
    other_tables(&written, kind, file, diagnostics);
    let zone = match &written.timezone {
        Some(name) => timezone(name, file, diagnostics)?,
        None => settings.timezone,
    };
    let schedule = match &written.schedule {
        None => None,
        Some(text) => rules::schedule(text, zone, file, around.now, diagnostics),
    };
    let remind = rules::reminders(&written.remind, kind, file, diagnostics);
    let usual = match &written.feed {
        Some(feed) if kind == Kind::Feed => feed.format.template(),
        _ => kind.as_str(),
    };
    let template = template(written.template.as_ref(), usual, templates, file, diagnostics);
    let (update, close) =
        policy::policies(written.update.as_ref(), written.close.as_ref(), kind, file, diagnostics);

    let mut config = config_of(kind, &written).or_else(|| {
        diagnostics.push(
            Diagnostic::error("channel::no-table", format!("the table `[{kind}]` is missing"))
                .at(file, written.kind.span())
                .label(format!("a channel of kind {kind} needs it"))
                .help(format!("add a line `[{kind}]` and the keys of the kind below it")),
        );
        None
    })?;
    for (_, secret) in config.secrets_mut() {
        secret.in_folder(folder);
    }
    if let KindConfig::Mail(mail) = &mut config
        && let Some(path) = &mut mail.ca
        && path.is_relative()
    {
        *path = folder.join(&*path);
    }
    if let KindConfig::Bluesky(bluesky) = &mut config
        && let Some(path) = &mut bluesky.session
        && path.is_relative()
    {
        *path = folder.join(&*path);
    }
    if let KindConfig::Board(board) = &mut config {
        board.values = scalars(&written.values);
        if let Some(path) = board.ca.as_mut().filter(|path| path.is_relative()) {
            *path = folder.join(&*path);
        }
    }
    if let KindConfig::Feed(feed) = &mut config {
        feed.complete(folder, &settings.base_url);
    }
    if let KindConfig::Git(git) = &mut config {
        if git.folder.as_os_str().is_empty() {
            git.folder = Path::new("state/git").join(&name);
        }
        git.folder = folder.join(&git.folder);
    }
    if let KindConfig::Mail(mail) = &config {
        list::reminders(mail, &remind, file, diagnostics);
    }
    let queue = rules::queue(&written, kind, &quiet, zone, file, around, diagnostics);
    let holds = rules::holds(&written, around, &config);
    let thread = along::thread(written.thread.as_ref(), kind, file, diagnostics);
    let picture = along::picture(written.picture.as_ref(), kind, file, diagnostics);
    let requires = requires::read(&written.requires, file, diagnostics);
    let ask_again = rules::ask_again(written.ask_again.as_ref(), file, diagnostics);
    if let KindConfig::Manual(manual) = &config {
        card::check(manual, templates, file, diagnostics);
    }
    Some(ChannelSpec {
        name: ChannelName(name.into()),
        file: Arc::clone(file),
        schedule,
        timezone: zone,
        filter: written.postings,
        template,
        language: written.language,
        thread,
        picture,
        hashtags: written.hashtags,
        remind,
        update,
        close,
        queue,
        holds,
        requires,
        ask_again,
        values: serde_json::to_value(written.values).unwrap_or_default(),
        config,
    })
}

impl ChannelSpec {
    pub fn kind(&self) -> Kind {
        match &self.config {
            KindConfig::Mail(_) => Kind::Mail,
            KindConfig::Mastodon(_) => Kind::Mastodon,
            KindConfig::X(_) => Kind::X,
            KindConfig::Bluesky(_) => Kind::Bluesky,
            KindConfig::LinkedIn(_) => Kind::LinkedIn,
            KindConfig::Board(_) => Kind::Board,
            KindConfig::Feed(_) => Kind::Feed,
            KindConfig::Git(_) => Kind::Git,
            KindConfig::Manual(_) => Kind::Manual,
        }
    }

    /// The occasions on which words of ours reach this channel's readers.
    pub fn occasions(&self) -> Vec<Occasion> {
        let is_used = |occasion: &Occasion| match occasion {
            Occasion::Announce => true,
            Occasion::Remind => !self.remind.is_empty(),
            // An edit shows the announcement as it is now.
            Occasion::Update => self.update == Update::FollowUp,
            Occasion::Close => matches!(self.close, Close::Edit | Close::FollowUp),
        };
        Occasion::ALL.into_iter().filter(is_used).collect()
    }

    /// Makes the channel that this file describes.
    ///
    /// # Errors
    /// [`BuildError`] if the table of the kind makes no sense.
    pub fn build(&self, context: Context) -> Result<Box<dyn Channel>, BuildError> {
        Ok(match self.config.clone() {
            KindConfig::Mail(config) => Box::new(mail::Mail::new(*config, context)?),
            KindConfig::Mastodon(config) => Box::new(mastodon::Mastodon::new(config, context)?),
            KindConfig::X(config) => Box::new(x::X::new(*config, context)?),
            KindConfig::Bluesky(config) => Box::new(bluesky::Bluesky::new(*config, context)?),
            KindConfig::LinkedIn(config) => Box::new(linkedin::LinkedIn::new(*config, context)?),
            KindConfig::Board(config) => Box::new(board::Board::new(*config, context)?),
            KindConfig::Feed(config) => Box::new(feed::Feed::new(*config, context)?),
            KindConfig::Git(config) => Box::new(git::Git::new(*config, context)?),
            KindConfig::Manual(config) => Box::new(manual::Manual::new(config, context)?),
        })
    }

    /// A setting that makes no sense, at its place in the file.
    pub fn setting(&self, error: &BuildError) -> Diagnostic {
        let BuildError::Setting { key, why, .. } = error;
        let mut path: Vec<&str> = key.split('.').collect();
        let mut span = None;
        // Where the key itself is missing, or stands in the preset, its table is shown.
        while span.is_none() && !path.is_empty() {
            span = toml_file::locate(&self.file, &path);
            path.pop();
        }
        let (why, help) = match why.rsplit_once("; ") {
            Some((why, help)) => (why, Some(help)),
            None => (why.as_str(), None),
        };
        let mut diagnostic = Diagnostic::error("channel::setting", format!("`{key}`: {why}"))
            .at(&self.file, span.unwrap_or_default());
        diagnostic.help = help.map(ToOwned::to_owned);
        diagnostic
    }

    /// A template that the channel needs and its folder has not.
    pub fn missing_template(&self, error: &AdaptError) -> Diagnostic {
        let span = toml_file::locate(&self.file, &["template"])
            .or_else(|| toml_file::locate(&self.file, &["kind"]));
        let said = error.to_string();
        let (message, help) = said.split_once("; ").unwrap_or((said.as_str(), ""));
        Diagnostic::error("channel::template", message)
            .at(&self.file, span.unwrap_or_default())
            .label(format!("a channel of kind {} needs it", self.kind()))
            .help(help)
    }

    /// What the adapter needs to know of this channel.
    pub fn target(&self, channel: &dyn Channel) -> Target {
        Target {
            channel: self.name.0.to_string(),
            form: channel.form(),
            template: self.template.clone(),
            language: self.language.clone(),
            hashtags: self.hashtags.unwrap_or(match self.kind() {
                Kind::X => HASHTAGS_ON_X,
                _ => HASHTAGS,
            }),
            timezone: self.timezone,
            values: self.values.clone(),
            thread: self.thread,
            picture: self.picture,
        }
    }

    /// A diagnostic for each credential that cannot be read now.
    pub fn missing_secrets(&self) -> Vec<Diagnostic> {
        missing(&self.secrets(), &self.file, "channel::secret", &format!("{} needs it", self.name))
    }

    /// The credentials that it uses, each under the name of its key.
    pub fn secrets(&self) -> Vec<(&'static str, SecretRef)> {
        let mut config = self.config.clone();
        config.secrets_mut().into_iter().map(|(key, secret)| (key, secret.clone())).collect()
    }
}

impl KindConfig {
    fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        match self {
            Self::Mail(config) => config.secrets_mut(),
            Self::Mastodon(config) => vec![("token", &mut config.token)],
            Self::X(config) => config.secrets_mut(),
            Self::Bluesky(config) => vec![("app_password", &mut config.app_password)],
            Self::LinkedIn(config) => config.secrets_mut(),
            Self::Board(config) => config.secrets_mut(),
            Self::Git(config) => config.secrets_mut(),
            Self::Feed(config) => config.secrets_mut(),
            Self::Manual(_) => Vec::new(),
        }
    }
}

/// The values that are one word or number.
fn scalars(values: &toml::Table) -> BTreeMap<String, String> {
    let text = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(_) | toml::Value::Table(_) => None,
        other => Some(other.to_string()),
    };
    values.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

fn named_presets(
    name: &Spanned<String>,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<(String, &'static str)>> {
    let found = preset::with_those_below(name.get_ref());
    let found = (!found.is_empty()).then_some(found);
    if found.is_none() {
        let names = preset::names();
        let help = match suggestion(name.get_ref(), names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("shipped presets: {}", names.join(", ")),
        };
        diagnostics.push(
            Diagnostic::error(
                "channel::preset",
                format!("there is no preset `{}`", name.get_ref()),
            )
            .at(file, name.span())
            .help(help),
        );
    }
    found
}

fn kind(
    word: &Spanned<String>,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Kind> {
    let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == word.get_ref());
    if found.is_none() {
        let names = Kind::ALL.map(Kind::as_str);
        let help = match suggestion(word.get_ref(), names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the kinds are {}", names.join(", ")),
        };
        diagnostics.push(
            Diagnostic::error(
                "channel::kind",
                format!("there is no kind of channel `{}`", word.get_ref()),
            )
            .at(file, word.span())
            .help(help),
        );
    }
    found
}

fn template(
    written: Option<&Spanned<String>>,
    usual: &str,
    templates: &Templates,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let Some(written) = written else { return usual.to_owned() };
    let folder = written.get_ref();
    let names: Vec<&str> = templates.names().collect();
    if names.iter().any(|name| name.starts_with(&format!("{folder}/"))) {
        return folder.clone();
    }
    let folders: std::collections::BTreeSet<&str> =
        names.iter().filter_map(|name| name.split_once('/').map(|(folder, _)| folder)).collect();
    let help = match suggestion(folder, folders.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("make a folder `templates/{folder}` in the site, or use a shipped one"),
    };
    diagnostics.push(
        Diagnostic::error("channel::template", format!("there are no templates `{folder}`"))
            .at(file, written.span())
            .help(help),
    );
    folder.clone()
}

/// A table of another kind says nothing here, and was meant to.
fn other_tables(
    written: &ChannelFile,
    kind: Kind,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for other in Kind::ALL.into_iter().filter(|it| *it != kind) {
        if config_of(other, written).is_some() {
            diagnostics.push(
                Diagnostic::error(
                    "channel::other-table",
                    format!("a channel of kind {kind} has no table `[{other}]`"),
                )
                .at(file, toml_file::locate(file, &[other.as_str()]).unwrap_or_default())
                .help(format!("remove it, or write `kind = \"{other}\"`")),
            );
        }
    }
}

fn config_of(kind: Kind, written: &ChannelFile) -> Option<KindConfig> {
    match kind {
        Kind::Mail => written.mail.clone().map(|it| KindConfig::Mail(Box::new(it))),
        Kind::Mastodon => written.mastodon.clone().map(KindConfig::Mastodon),
        Kind::X => written.x.clone().map(|it| KindConfig::X(Box::new(it))),
        Kind::Bluesky => written.bluesky.clone().map(|it| KindConfig::Bluesky(Box::new(it))),
        Kind::LinkedIn => written.linkedin.clone().map(|it| KindConfig::LinkedIn(Box::new(it))),
        Kind::Board => written.board.clone().map(|it| KindConfig::Board(Box::new(it))),
        Kind::Feed => written.feed.clone().map(|it| KindConfig::Feed(Box::new(it))),
        Kind::Git => written.git.clone().map(|it| KindConfig::Git(Box::new(it))),
        Kind::Manual => written.manual.clone().map(KindConfig::Manual),
    }
}

/// A template's error as a diagnostic, in the site's file where it is one.
pub(super) fn template_diagnostic(error: &AdaptError, file: Option<&Arc<Source>>) -> Diagnostic {
    let AdaptError::Template { name, source_text, line, span, message } = error else {
        return Diagnostic::error("template::error", error.to_string());
    };
    let source = file
        .cloned()
        .unwrap_or_else(|| Source::new(Path::new("templates").join(name), source_text.clone()));
    let span = span.map(|(start, end)| start..end).unwrap_or_else(|| {
        // Only the line is known: underline it whole.
        let wanted = line.unwrap_or(1).saturating_sub(1);
        let start: usize = source.text.split_inclusive('\n').take(wanted).map(str::len).sum();
        let length = source.text.get(start..).and_then(|it| it.lines().next()).map_or(0, str::len);
        start..start + length
    });
    let (message, help) = match message.split_once("; ") {
        Some((message, help)) => (message, help),
        None => (
            message.as_str(),
            "`{{ name }}` prints, `{% if name %} … {% endif %}` decides; the shipped templates \
             show how",
        ),
    };
    Diagnostic::error("template::error", message).at(&source, span).help(help)
}
