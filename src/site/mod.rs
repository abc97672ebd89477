//! A site: the folder that somebody edits. `handbill.toml`, `channels/*.toml`, `templates/`, and
//! the pages.
//!
//! This room reads files and hands text to the pure rooms. Everything wrong in a file that a
//! person wrote becomes a [`Diagnostic`] with its place; an `Err` means that there is no site.

pub mod account;
mod board;
mod card;
pub mod channel_file;
pub mod check;
pub mod credential;
pub mod filter;
pub mod instances;
mod ledger;
mod list;
pub mod mailbox;
pub mod notices;
pub mod pages;
pub mod policy;
pub mod preset;
pub mod queue;
mod quiet;
mod retention;
mod schema;
pub mod serve;
mod toml_file;
pub mod twin;
mod vocabulary;
pub mod web;
pub mod write_back;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use crate::adapt::AdaptError;
use crate::adapt::template::Templates;
use crate::channel::feed::list::entry_id;
use crate::diagnostic::{Diagnostic, Source, suggestion};
use crate::ledger::{Place, Retention, SiteMark};
use crate::posting::Settings;
pub use crate::schedule::length;
pub use channel_file::ChannelSpec;
use quiet::QuietTimes;
pub use schema::schema;

/// The shipped example: what `handbill init` writes and `handbill rehearse` plays.
pub static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/site");

/// The name of a site's own file.
pub const FILE: &str = "handbill.toml";

/// The codes of the errors that say that a folder with pages is not there. To a command they are
/// errors like others; a daemon waits for a volume that may come back.
const MISSING_POSTINGS: &str = "site::postings";
const MISSING_CONTENT: &str = "site::content";

/// A site, read.
#[derive(Debug, Clone)]
pub struct Site {
    pub folder: PathBuf,
    pub name: String,
    /// The site owner's own address, for `post --to-me`.
    pub owner: Option<String>,
    /// The employer's domain, in small letters: as the site says, or else the site's own host.
    pub employer_domain: Option<String>,
    pub settings: Settings,
    /// The folder from which the paths of pages count.
    pub content: PathBuf,
    /// Folders and files with postings.
    pub postings: Vec<PathBuf>,
    /// Its file; of one in PostgreSQL, beside what this machine keeps of it.
    pub ledger: PathBuf,
    /// Where the ledger is.
    pub ledger_place: Place,
    pub channels: Vec<ChannelSpec>,
    pub templates: Templates,
    /// `[plan]`: what holds for all channels.
    pub plan: queue::PlanRules,
    /// `[notices]`: who is told what needs a person; `None` if nobody is.
    pub notices: Option<notices::Notices>,
    /// `[mailbox]`: where answers to our mails come; `None` if nobody reads them.
    pub mailbox: Option<mailbox::SiteMailbox>,
    /// `[retention]`: how long content is kept once its ad is over.
    pub retention: Retention,
    /// `[serve]` and `[content]`: how the daemon runs.
    pub serve: serve::ServeRules,
    /// `[serve.web]`: who may do what on the web page.
    pub web: web::WebRules,
    /// `[write_back]`: how links come back onto the site; `None` if they do not.
    pub write_back: Option<write_back::WriteBack>,
    /// `[check]`: which remarks are not wanted, which are errors, and what is paid.
    pub check: check::CheckRules,
}

/// Why there is no site to work with.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error(
        "there is no {FILE} in {} or above it\n\
         help: `handbill init` makes a site; `--site FOLDER` names one", .0.display()
    )]
    NotFound(PathBuf),
    #[error("cannot read {}: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
}

/// What is written in handbill.toml.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    /// Who we are and where our job ads are.
    site: SiteTable,
    /// As `permalinks` of the Hugo site: a pattern for each section.
    #[serde(default)]
    permalinks: BTreeMap<String, String>,
    /// What is true of all our ads, by the names of the `job:` block; a page that says something
    /// else wins.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    defaults: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    /// When things go out, on all channels.
    #[serde(default)]
    plan: queue::PlanTable,
    /// The record of what went where.
    #[serde(default)]
    ledger: ledger::LedgerTable,
    /// Who is told, once, what needs a person.
    notices: Option<notices::NoticesTable>,
    /// Where answers to our mails come.
    mailbox: Option<crate::mailbox::config::Config>,
    /// How long content is kept once its ad is closed everywhere; without it, for ever.
    #[serde(default)]
    retention: retention::RetentionTable,
    /// How `handbill serve` runs.
    #[serde(default)]
    serve: serve::ServeTable,
    /// Pages that are pulled by git.
    content: Option<serve::ContentTable>,
    /// Links of copies back onto the site.
    write_back: Option<write_back::WriteBackTable>,
    /// What `handbill check` shall not say, and what shall be an error.
    #[serde(default)]
    check: check::CheckTable,
    /// What stands for the words of closed lists.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, vocabulary::MappingTable>>")]
    vocabulary: vocabulary::VocabularyTable,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SiteTable {
    /// Who we are.
    name: String,
    /// Where the site is read, as Hugo's `baseURL`.
    #[schemars(with = "Url")]
    base_url: Spanned<Url>,
    /// IANA name, for example `Europe/Berlin`.
    #[schemars(with = "String")]
    timezone: Spanned<String>,
    /// The language of pages that say none, as ISO 639-1 writes it; default `en`.
    #[serde(default = "english")]
    language: String,
    /// All languages of the site; default: the one.
    #[serde(default)]
    languages: Vec<String>,
    /// As `defaultContentLanguageInSubdir` of the Hugo site.
    #[serde(default)]
    default_language_in_folder: bool,
    /// For `handbill post --to-me`: where tests go.
    #[schemars(with = "Option<String>")]
    owner: Option<Spanned<String>>,
    /// Where the employer's web pages are, if not at `base_url`.
    #[schemars(with = "Option<String>")]
    employer_domain: Option<Spanned<String>>,
    /// The folder from which the addresses of pages count; default `content`.
    #[schemars(with = "Option<PathBuf>")]
    content: Option<Spanned<PathBuf>>,
    /// Folders or pages with job ads.
    #[schemars(with = "Vec<PathBuf>")]
    postings: Vec<Spanned<PathBuf>>,
}

fn english() -> String {
    "en".to_owned()
}

/// The folder for pages where the site's file names none.
const CONTENT: &str = "content";

impl Site {
    /// The folder of the site that `start` lies in: itself or one above it.
    ///
    /// # Errors
    /// [`SiteError::NotFound`] if there is none.
    pub fn find(start: &Path) -> Result<PathBuf, SiteError> {
        let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        absolute
            .ancestors()
            .find(|folder| folder.join(FILE).is_file())
            .map(|folder| if folder == absolute { start.to_owned() } else { folder.to_owned() })
            .ok_or_else(|| SiteError::NotFound(start.to_owned()))
    }

    /// The channel that a file would make which is not written yet, as [`Site::load`] would read it,
    /// but for what the site says for all channels about when things go out.
    ///
    /// # Errors
    /// [`SiteError::Unreadable`] if a file that it names cannot be read.
    pub fn draft_channel(
        &self,
        path: &Path,
        text: &str,
    ) -> Result<(Option<ChannelSpec>, Vec<Diagnostic>), SiteError> {
        let around = channel_file::Around {
            folder: &self.folder,
            settings: &self.settings,
            templates: &self.templates,
            for_all: &queue::Defaults::default(),
            answers: channel_file::Answers::Read,
            now: Utc::now(),
        };
        let mut diagnostics = Vec::new();
        let file = Source::new(path, text);
        let channel = channel_file::read(&file, &around, &mut diagnostics)?;
        Ok((channel, diagnostics))
    }

    /// Reads the site in `folder`. `None` with errors among the diagnostics if its own file is
    /// wrong; a channel whose file is wrong is left out, with an error.
    ///
    /// # Errors
    /// [`SiteError::Unreadable`] if a file or folder cannot be read at all.
    pub fn load(folder: &Path) -> Result<(Option<Self>, Vec<Diagnostic>), SiteError> {
        let mut diagnostics = Vec::new();
        let path = folder.join(FILE);
        let Some(file) = read_text(&path, &mut diagnostics)? else {
            return Ok((None, diagnostics));
        };
        let Some(written) = toml_file::read::<SiteFile>(&file, None, &mut diagnostics) else {
            return Ok((None, diagnostics));
        };
        let Some(timezone) = timezone(&written.site.timezone, &file, &mut diagnostics) else {
            return Ok((None, diagnostics));
        };
        let vocabularies = vocabulary::read(&written.vocabulary, &file, &mut diagnostics);
        let templates = templates(folder, &mut diagnostics)?.with_vocabularies(vocabularies);
        site_values(&written.site, folder, &file, &mut diagnostics);
        let settings = Settings {
            base_url: written.site.base_url.into_inner(),
            timezone,
            default_language: written.site.language.clone(),
            languages: if written.site.languages.is_empty() {
                vec![written.site.language]
            } else {
                written.site.languages
            },
            default_language_in_folder: written.site.default_language_in_folder,
            permalinks: written.permalinks,
            defaults: defaults(written.defaults, &file, &mut diagnostics),
        };
        let mut postings = Vec::new();
        for path in &written.site.postings {
            let whole = folder.join(path.get_ref());
            if !whole.exists() {
                diagnostics.push(
                    Diagnostic::error(
                        MISSING_POSTINGS,
                        format!("there is no `{}`", path.get_ref().display()),
                    )
                    .at(&file, path.span())
                    .help("`postings` lists the folders or pages that hold job ads"),
                );
            }
            postings.push(whole);
        }
        let content =
            written.site.content.map_or_else(|| PathBuf::from(CONTENT), Spanned::into_inner);
        let now = Utc::now();
        let plan = written.plan.rules();
        let for_all = queue::Defaults {
            quiet: match &written.plan.quiet {
                Some(quiet) => quiet.read(folder, timezone, &file, now, &mut diagnostics)?,
                None => QuietTimes::default(),
            },
            settle: written.plan.settle,
            max_age: written.plan.max_age,
            approval: written.plan.approval,
            wait_for_page: written.plan.wait_for_page,
            declared: written.plan.declared,
            lateness: written.plan.lateness,
        };
        let around = channel_file::Around {
            folder,
            settings: &settings,
            templates: &templates,
            for_all: &for_all,
            answers: match written.mailbox {
                Some(_) => channel_file::Answers::Read,
                None => channel_file::Answers::Unread,
            },
            now,
        };
        let mut channels = channel_file::load_all(&around, &mut diagnostics)?;
        let (ledger, ledger_place) = written.ledger.place(folder, &file, &mut diagnostics);
        instances::Instances::beside(&ledger).tell(&mut channels);
        remember_feeds(&mut channels, &ledger);
        if channels.is_empty() && !diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.push(
                Diagnostic::warning("site::no-channel", "the site has no channel to post to")
                    .at(&file, 0..0)
                    .help("put a file for each into `channels`; `handbill init` writes examples"),
            );
        }
        let notices =
            written.notices.and_then(|it| it.read(folder, timezone, &file, &mut diagnostics));
        let mailbox = written
            .mailbox
            .and_then(|config| mailbox::SiteMailbox::read(config, folder, &file, &mut diagnostics));
        let retention = written.retention.read(&file, &mut diagnostics);
        let mut written_serve = written.serve;
        let web = written_serve.web.take().unwrap_or_default();
        let serve = written_serve.rules(written.content, folder, &content);
        let web = web.read(serve.listen, folder, &file, &mut diagnostics);
        let check = written.check.read(folder, &file, &mut diagnostics);
        let site = Self {
            folder: folder.to_owned(),
            name: written.site.name,
            owner: written.site.owner.map(Spanned::into_inner),
            employer_domain: written
                .site
                .employer_domain
                .map(Spanned::into_inner)
                .or_else(|| settings.base_url.host_str().map(str::to_owned))
                .map(|domain| domain.to_lowercase()),
            settings,
            content: folder.join(content),
            postings,
            ledger,
            ledger_place,
            channels,
            templates,
            plan,
            notices,
            mailbox,
            retention,
            serve,
            web,
            write_back: written.write_back.map(|it| it.rules(folder)),
            check,
        };
        Ok((Some(site), diagnostics))
    }

    /// A template's error, in the site's own file where it is one.
    pub fn template_error(&self, error: &AdaptError) -> Diagnostic {
        let own = match error {
            AdaptError::Template { name, source_text, .. } => {
                let path = self.folder.join("templates").join(name);
                path.is_file().then(|| Source::new(path, source_text.clone()))
            }
            _ => None,
        };
        channel_file::template_diagnostic(error, own.as_ref())
    }

    /// Whether a diagnostic of [`Site::load`] only says that a folder with pages is not there.
    pub fn is_missing_folder(diagnostic: &Diagnostic) -> bool {
        [MISSING_POSTINGS, MISSING_CONTENT].contains(&diagnostic.code)
    }

    /// What makes a day quiet, if it is so on every channel.
    pub fn quiet_on(&self, day: NaiveDate) -> Option<String> {
        let on = |zone: Tz| {
            let noon = day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?);
            Some(zone.from_local_datetime(&noon).earliest()?.to_utc())
        };
        let mut quiet = self.channels.iter().map(|it| it.queue.quiet.at(on(it.timezone)?));
        let first = quiet.next()??;
        quiet.all(|it| it.is_some()).then(|| first.to_string())
    }

    /// What binds a ledger to this site.
    pub fn mark(&self) -> SiteMark {
        SiteMark { folder: self.folder.clone(), base_url: self.settings.base_url.to_string() }
    }
}

/// Each feed remembers its entries beside the ledger, under the channel's name: what stands in the
/// folder that others read may be swept by the build of a website.
fn remember_feeds(channels: &mut [ChannelSpec], ledger: &Path) {
    let folder = ledger.parent().unwrap_or(Path::new("")).join("feeds");
    for channel in channels {
        let name = entry_id(channel.name.as_str());
        if let channel_file::KindConfig::Feed(feed) = &mut channel.config {
            feed.remember_in(folder.join(name));
        }
    }
}

/// Reads a file as UTF-8; what is not UTF-8 is an error at its first wrong byte.
pub(crate) fn read_text(
    path: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Arc<Source>>, SiteError> {
    let bytes = std::fs::read(path)
        .map_err(|error| SiteError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Source::new(path, text))),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            // Every wrong byte becomes one character, so the place stays right up to the first.
            let source = Source::new(path, String::from_utf8_lossy(error.as_bytes()));
            diagnostics.push(
                Diagnostic::error("file::not-utf8", "the file is not UTF-8")
                    .at(&source, at..at + '\u{fffd}'.len_utf8())
                    .label("this byte belongs to another encoding")
                    .help(format!(
                        "save it as UTF-8, for example `iconv -f WINDOWS-1252 -t UTF-8 {}`",
                        source.path.display()
                    )),
            );
            Ok(None)
        }
    }
}

/// The zone of an IANA name, or an error with a suggestion.
pub(crate) fn timezone(
    name: &Spanned<String>,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Tz> {
    if let Ok(zone) = name.get_ref().parse::<Tz>() {
        return Some(zone);
    }
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    // People write the city alone.
    let city = format!("/{}", name.get_ref().replace(' ', "_").to_lowercase());
    let of_city = names().find(|zone| zone.to_lowercase().ends_with(&city));
    let help = match of_city.or_else(|| suggestion(name.get_ref(), names())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write an IANA name such as `Europe/Berlin`".to_owned(),
    };
    diagnostics.push(
        Diagnostic::error(
            "config::timezone",
            format!("there is no time zone `{}`", name.get_ref()),
        )
        .at(file, name.span())
        .help(help),
    );
    None
}

/// What can be read and makes no sense all the same.
fn site_values(
    written: &SiteTable,
    folder: &Path,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let base_url = written.base_url.get_ref();
    if !matches!(base_url.scheme(), "http" | "https") {
        diagnostics.push(
            Diagnostic::error(
                "site::base-url",
                format!("`{base_url}` is no address of a web site"),
            )
            .at(file, written.base_url.span())
            .help("write the `baseURL` of the site, for example `https://www.tides.example/`"),
        );
    }
    if let Some(owner) = &written.owner
        && owner.get_ref().parse::<lettre::Address>().is_err()
    {
        diagnostics.push(
            Diagnostic::error("site::owner", format!("`{}` is no mail address", owner.get_ref()))
                .at(file, owner.span())
                .help("write the address that `handbill post --to-me` sends tests to"),
        );
    }
    if let Some(domain) = &written.employer_domain
        && url::Host::parse(domain.get_ref()).is_err()
    {
        diagnostics.push(
            Diagnostic::error(
                "site::employer-domain",
                format!("`{}` is no domain", domain.get_ref()),
            )
            .at(file, domain.span())
            .help("write the employer's domain alone, for example `seaforth.example`"),
        );
    }
    if let Some(content) = &written.content
        && !folder.join(content.get_ref()).is_dir()
    {
        diagnostics.push(
            Diagnostic::error(
                MISSING_CONTENT,
                format!("there is no folder `{}`", content.get_ref().display()),
            )
            .at(file, content.span())
            .help("`content` names the folder from which the addresses of pages count"),
        );
    }
}

/// The `[defaults]` as text, by the names of the `job:` block.
fn defaults(
    written: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    const NAMES: [&str; 8] = [
        "organisation",
        "unit",
        "city",
        "country",
        "pay_scheme",
        "contact_name",
        "contact_emails",
        "apply_url",
    ];
    let mut written: Vec<_> = written.into_iter().collect();
    written.sort_by_key(|(key, _)| key.span().start);
    let mut defaults = BTreeMap::new();
    for (key, value) in written {
        if !NAMES.contains(&key.get_ref().as_str()) {
            let help = match suggestion(key.get_ref(), NAMES) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("a site can have defaults for {}", NAMES.join(", ")),
            };
            diagnostics.push(
                Diagnostic::error(
                    "site::default",
                    format!("`{}` cannot have a default", key.get_ref()),
                )
                .at(file, key.span())
                .help(help),
            );
            continue;
        }
        let text = match value.get_ref() {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), ToOwned::to_owned))
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        };
        match crate::posting::facts::check_default(key.get_ref(), &text) {
            Ok(()) => {
                defaults.insert(key.into_inner(), text);
            }
            Err(why) => {
                let (message, label) = match why.split_once(": expected ") {
                    Some((message, expected)) => (message, format!("expected {expected}")),
                    None => (why.as_str(), String::new()),
                };
                diagnostics.push(
                    Diagnostic::error("site::default", message).at(file, value.span()).label(label),
                );
            }
        }
    }
    defaults
}

/// The shipped templates with the site's own over them, each one compiled.
fn templates(folder: &Path, diagnostics: &mut Vec<Diagnostic>) -> Result<Templates, SiteError> {
    let own = folder.join("templates");
    let mut sources = BTreeMap::new();
    let mut files = BTreeMap::new();
    for path in pages::walk(&own)? {
        let name = path.strip_prefix(&own).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if !name.ends_with(".j2") {
            continue;
        }
        if let Some(source) = read_text(&path, diagnostics)? {
            sources.insert(name.clone(), source.text.clone());
            files.insert(name, source);
        }
    }
    let templates = Templates::with_overrides(sources);
    for (name, file) in &files {
        if let Err(error) = templates.check(name) {
            diagnostics.push(channel_file::template_diagnostic(&error, Some(file)));
        }
    }
    Ok(templates)
}
