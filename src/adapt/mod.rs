//! Adapts a posting to a channel: the [`Rendition`] is exactly what will be sent.
//!
//! Pure: the same posting, target and templates give the same rendition. One file per form:
//! [`status`], [`mail`], [`document`], [`card`]. Templates come from [`template`] and are given a [`view`];
//! counting comes from [`count`], and [`fit`] drops and shortens until a text fits; `unintended` keeps
//! networks from making links and mentions of a page's words.

pub mod ad;
pub mod ascii;
pub mod card;
pub mod count;
mod cut;
pub mod document;
pub mod fit;
mod hashtag;
pub mod html;
pub mod identifier;
pub mod limits;
pub mod little_text;
pub mod mail;
pub mod picture;
pub mod rich_text;
pub mod sentence;
pub mod status;
pub mod syndication;
pub mod template;
pub mod text;
pub mod thread;
mod unintended;
pub mod view;
pub mod vocabulary;
pub mod words;
pub mod xml;

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::check::channels::RequiredFact;
use crate::posting::Posting;
use card::{CardField, CardForm};
use count::Count;
use limits::{Limits, Unfit};
use picture::PictureOf;
use template::Templates;
use thread::Thread;

/// Why a channel is addressed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    Announce,
    Remind,
    Update,
    Close,
}

impl Occasion {
    pub const ALL: [Self; 4] = [Self::Announce, Self::Remind, Self::Update, Self::Close];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::Remind => "remind",
            Self::Update => "update",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Occasion {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|occasion| occasion.as_str() == word)
            .ok_or_else(|| format!("`{word}` is no occasion"))
    }
}

/// What a channel wants from us, as the adapter needs to know it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The channel's name.
    pub channel: String,
    pub form: Form,
    /// Template folder, for example `mastodon`: `status.txt.j2` in it is the announcement,
    /// `status.remind.txt.j2` a reminder.
    pub template: String,
    /// The language to prefer where a posting has several.
    pub language: Option<String>,
    /// At most so many of the page's tags become hashtags.
    pub hashtags: usize,
    /// The zone in which dates are written.
    pub timezone: Tz,
    /// Free values of the channel's file (`[values]`), for templates.
    pub values: serde_json::Value,
    /// Whether a status goes on as a thread.
    pub thread: Thread,
    /// Which picture goes with a status.
    pub picture: PictureOf,
}

impl Target {
    /// The signs in which it is written.
    fn charset(&self) -> Charset {
        match &self.form {
            Form::Mail(form) => form.charset,
            Form::Status { .. } | Form::Document { .. } | Form::Board { .. } | Form::Card(_) => {
                Charset::Utf8
            }
        }
    }
}

/// The shape of a rendition and its limits.
#[derive(Debug, Clone)]
pub enum Form {
    /// A short text under a limit, counted as the network counts.
    Status {
        count: Count,
        limit: usize,
        card: CardUse,
    },
    Mail(MailForm),
    /// A document made by one template, for example `document.json.j2`.
    Document {
        media_type: DocumentType,
    },
    /// The same for a board, which takes no more than its limits say.
    Board {
        media_type: DocumentType,
        limits: Box<Limits>,
    },
    /// The fields of a form that a person fills in.
    Card(CardForm),
}

/// Whether a network shows a card that leads to the page below the words, and we say what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardUse {
    /// It makes its own, or none.
    NotOurs,
    Ours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailForm {
    pub body: MailBody,
    pub charset: Charset,
    /// The longest subject, in characters.
    pub subject_limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailBody {
    /// text/plain only, what most lists want.
    #[default]
    Text,
    /// multipart/alternative with an HTML half.
    Alternative,
}

/// The signs in which a mail is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Charset {
    /// All of them.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Those of ASCII, for lists and archives that garble everything else; see [`ascii`].
    #[serde(rename = "ascii")]
    Ascii,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DocumentType {
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "form")]
    Form,
    #[serde(rename = "xml")]
    Xml,
    #[serde(rename = "text")]
    Text,
    #[serde(rename = "json-ld")]
    JsonLd,
    #[serde(rename = "yaml")]
    Yaml,
    #[serde(rename = "markdown")]
    Markdown,
}

impl DocumentType {
    /// The value of `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Xml => "application/xml",
            Self::Text => "text/plain; charset=utf-8",
            Self::JsonLd => "application/ld+json",
            Self::Yaml => "application/yaml",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }

    /// The ending of the template's file name before `.j2`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
            Self::Xml => "xml",
            Self::Text => "txt",
            Self::JsonLd => "jsonld",
            Self::Yaml => "yaml",
            Self::Markdown => "md",
        }
    }
}

/// The posting adapted to one channel: exactly what will be sent, before addresses, keys and
/// credentials are put around it by the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "lowercase")]
pub enum Rendition {
    Status {
        text: String,
        language: String,
        /// The length as the network counts it, and what it allows.
        length: usize,
        limit: usize,
        /// What fitting left out or shortened, in words, for the person who looks at a dry run.
        left_out: Vec<String>,
        /// What goes on as replies, if it is a thread: each fits as the text does.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picture: Option<Picture>,
        /// What leads to the page below the words, where the network lets us say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<Card>,
    },
    Mail {
        subject: String,
        text: String,
        html: Option<String>,
        language: String,
    },
    Document {
        media_type: DocumentType,
        body: String,
        language: String,
    },
    Card {
        fields: Vec<CardField>,
        language: String,
    },
}

/// A picture that goes with a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// SHA-256 (hex) of what it is made from: the drawing of a card, the file of the page.
    pub source: String,
    /// What is sent, once it is made; a plan does not make it.
    pub file: Option<PictureFile>,
}

impl Picture {
    /// SHA-256 (hex) of its bytes and its words, if it is made.
    pub fn shows(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(picture::sha256([&file.sha256, "\0", &self.alt].concat().as_bytes()))
    }
}

/// The file of a picture, but for its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFile {
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
    /// `image/png` or `image/jpeg`.
    pub media_type: String,
    pub bytes: usize,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

/// The card below a status. It is no part of what is compared ([`Rendition::content_hash`]): it says
/// nothing that the words do not say, and no network lets it be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Where it leads.
    pub link: String,
    pub title: String,
    pub description: Option<String>,
}

impl Rendition {
    /// SHA-256 (hex) of what readers will see: two renditions with the same hash say the same.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        match self {
            Self::Status { text, language, parts, picture, .. } => {
                hash.update(["status\0", language, "\0", text].concat());
                for part in parts {
                    hash.update(["\0part\0", part].concat());
                }
                if let Some(Picture { alt, source, .. }) = picture {
                    hash.update(["\0picture\0", source, "\0", alt].concat());
                }
            }
            Self::Mail { subject, text, html, language } => {
                let html = html.as_deref().unwrap_or_default();
                hash.update(["mail\0", language, "\0", subject, "\0", text, "\0", html].concat());
            }
            Self::Document { body, language, .. } => {
                hash.update(["document\0", language, "\0", body].concat());
            }
            Self::Card { fields, language } => {
                hash.update(["card\0", language].concat());
                for CardField { name, text, .. } in fields {
                    hash.update(["\0", name, "\0", text].concat());
                }
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn language(&self) -> &str {
        match self {
            Self::Status { language, .. }
            | Self::Mail { language, .. }
            | Self::Document { language, .. }
            | Self::Card { language, .. } => language,
        }
    }
}

/// Why a posting could not be adapted; nothing is sent then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdaptError {
    #[error("there is no template `{name}`{}", help.as_deref().map(|it| format!("; {it}")).unwrap_or_default())]
    MissingTemplate { name: String, help: Option<String> },
    /// A mistake in a template, where it is (`span` in bytes of `source`).
    #[error("template `{name}`: {message}")]
    Template {
        name: String,
        source_text: String,
        line: Option<usize>,
        span: Option<(usize, usize)>,
        message: String,
    },
    #[error(
        "the fixed parts of template `{template}` need {length}, but {channel} allows {limit}: \
         mark more of it with `optional` or `shorten`"
    )]
    DoesNotFit { template: String, channel: String, length: usize, limit: usize },
    #[error("the channel needs the posting's {field}, but the page does not say it")]
    MissingField { field: String },
    /// A board does not take what the page says.
    #[error("{0}")]
    Unfit(Unfit),
    #[error(
        "the channel needs one of the words of `{vocabulary}.{list}`, and nothing on the page stands \
         for one"
    )]
    Unmapped { vocabulary: String, list: String },
    #[error("template `{template}` does not make valid {format}: {message}")]
    Malformed { template: String, format: &'static str, message: String },
}

/// Adapts a posting to a channel for an occasion. For [`Occasion::Update`] and
/// [`Occasion::Close`] a template of its own (`….update.…`, `….close.…`) is taken where there is
/// one; for a status an update without one re-renders the announcement, because it is an edit.
///
/// # Errors
/// [`AdaptError`] if the template is missing or wrong, or if the text cannot be made to fit.
pub fn adapt(
    posting: &Posting,
    target: &Target,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let posting = in_language(posting, target.language.as_deref());
    match &target.form {
        Form::Status { count, limit, card } => {
            let mut rendition =
                status::adapt(posting, target, *count, *limit, occasion, templates)?;
            if let (Rendition::Status { card: place, .. }, CardUse::Ours) = (&mut rendition, card) {
                *place = Some(status::card(posting));
            }
            Ok(rendition)
        }
        Form::Mail(form) => mail::adapt(posting, target, *form, occasion, templates),
        Form::Document { media_type } => {
            document::adapt(posting, target, *media_type, occasion, templates)
        }
        Form::Board { media_type, limits } => {
            let unsaid = |fact: &RequiredFact| !fact.is_stated(posting);
            if let Some(fact) = limits.required_facts().into_iter().find(unsaid) {
                return Err(AdaptError::MissingField { field: fact.as_str().to_owned() });
            }
            document::adapt(posting, target, *media_type, occasion, templates)
        }
        Form::Card(form) => card::adapt(posting, target, form, occasion, templates),
    }
}

/// The page of this posting in the wanted language, or the posting itself. A page in German for
/// Austria (`de-at`) will do for German, and the other way round.
fn in_language<'a>(posting: &'a Posting, wanted: Option<&str>) -> &'a Posting {
    let Some(wanted) = wanted else { return posting };
    let pages = || {
        let translations = posting.translations.values().map(|translation| &**translation);
        std::iter::once(posting).chain(translations)
    };
    let exact = |page: &&Posting| page.language.eq_ignore_ascii_case(wanted);
    let related = |page: &&Posting| primary_language(&page.language) == primary_language(wanted);
    pages().find(exact).or_else(|| pages().find(related)).unwrap_or(posting)
}

/// The language without region and script: `de` of `de-AT`. Mastodon takes no more (ISO 639), and
/// silently takes its own default for what it does not know.
fn primary_language(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or(language).to_ascii_lowercase()
}
