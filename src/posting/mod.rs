//! The posting: the canonical job ad, a page read into the terms of schema.org/JobPosting.
//!
//! Reads text that somebody else loaded; touches no disk, no network and no clock. A page becomes
//! a [`Posting`] in three steps: [`page`] splits it and reads its front matter, [`markdown`] turns
//! the body into a [`markdown::Document`], and [`facts`] reads what the ad says, each fact with
//! the line it came from ([`Origin`]).

pub mod facts;
pub mod front_matter;
pub mod identity;
pub mod image;
pub mod listing;
pub mod markdown;
pub mod mojibake;
pub mod page;
pub mod parts;
pub mod permalink;
pub mod revision;
pub mod shortcode;
pub mod term;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::diagnostic::{Diagnostic, Source, Span};
pub use image::PageImage;
use markdown::Document;
use parts::Parts;

/// Names a posting for ever: bound to its page in the ledger at first sight.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostingId(pub Arc<str>);

impl PostingId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PostingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one version of a posting: the SHA-256 (hex) of what it says, not of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub Arc<str>);

impl Revision {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Written as a field in the page's front matter.
    Declared(Span),
    /// Read out of prose; the span holds the words.
    Inferred(Span),
    /// From `[defaults]` of the site's file.
    Default,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Field<T> {
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// A day as far as it is known: `2027-07-01`, `2027-07` or `2027`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartialDate {
    Day(NaiveDate),
    Month { year: i32, month: u32 },
    Year(i32),
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{}", day.format("%Y-%m-%d")),
            Self::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}

/// When work begins (schema.org `jobStartDate`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    On(PartialDate),
    AsSoonAsPossible,
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => date.fmt(f),
            Self::AsSoonAsPossible => f.write_str("asap"),
        }
    }
}

/// Until when applications count (schema.org `validThrough`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// The last day on which an application counts.
    On(NaiveDate),
    /// Until the position is filled.
    Rolling,
    /// Those who apply until the first day are looked at first; the ad stays open after it, until
    /// the last day, or until the position is filled where there is none.
    Staged { first: NaiveDate, last: Option<NaiveDate> },
}

impl Deadline {
    /// The day that people are told: the only one, or the first of several.
    pub fn next_day(self) -> Option<NaiveDate> {
        match self {
            Self::On(day) | Self::Staged { first: day, .. } => Some(day),
            Self::Rolling => None,
        }
    }

    /// The last day on which an application counts, if there is one.
    pub fn last_day(self) -> Option<NaiveDate> {
        match self {
            Self::On(day) => Some(day),
            Self::Staged { last, .. } => last,
            Self::Rolling => None,
        }
    }

    /// Whether the ad stays open until the position is filled.
    pub fn is_rolling(self) -> bool {
        self.last_day().is_none()
    }

    /// The last second at which an application counts; `None` where the ad stays open.
    pub fn ends(self, zone: Tz) -> Option<DateTime<Utc>> {
        let day = self.last_day()?;
        let end = day.and_hms_opt(23, 59, 59)?;
        zone.from_local_datetime(&end).latest().map(|at| at.to_utc())
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(day) => write!(f, "{}", day.format("%Y-%m-%d")),
            Self::Rolling => f.write_str("rolling"),
            Self::Staged { first, last: None } => write!(f, "{first}, then until filled"),
            Self::Staged { first, last: Some(last) } => write!(f, "{first}, then {last}"),
        }
    }
}

/// By how much a contract can be extended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extension {
    /// The ad does not say by how much.
    Possible,
    Months(f64),
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Possible => f.write_str("possible"),
            Self::Months(months) => write!(f, "{months} months"),
        }
    }
}

/// Pay as an amount (schema.org `baseSalary`): gross for a full position, as far as an ad says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Salary {
    pub from: f64,
    /// The upper end of a range.
    pub to: Option<f64>,
    /// The code of ISO 4217, or the sign where the ad says only `$` or `kr`.
    pub currency: &'static str,
    /// For how long the amount pays, where the ad says it.
    pub period: Option<Period>,
}

/// For how long an amount pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Hour,
    Month,
    Year,
}

impl Period {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl fmt::Display for Salary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.from)?;
        if let Some(to) = self.to {
            write!(f, "-{to}")?;
        }
        write!(f, " {}", self.currency)?;
        match self.period {
            Some(period) => write!(f, " per {}", period.as_str()),
            None => Ok(()),
        }
    }
}

/// The kind of position; the words of `position_type` in front matter and JSON.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PositionType {
    Phd,
    Postdoc,
    /// Professors, lecturers and other researchers with a chair, a tenure track or a permanent post.
    Faculty,
    ResearchAssistant,
    StudentAssistant,
    Internship,
    Thesis,
    Engineer,
    Staff,
    Other,
}

impl PositionType {
    pub const ALL: [Self; 10] = [
        Self::Phd,
        Self::Postdoc,
        Self::Faculty,
        Self::ResearchAssistant,
        Self::StudentAssistant,
        Self::Internship,
        Self::Thesis,
        Self::Engineer,
        Self::Staff,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phd => "phd",
            Self::Postdoc => "postdoc",
            Self::Faculty => "faculty",
            Self::ResearchAssistant => "research_assistant",
            Self::StudentAssistant => "student_assistant",
            Self::Internship => "internship",
            Self::Thesis => "thesis",
            Self::Engineer => "engineer",
            Self::Staff => "staff",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What the ad says. Every field is declared, inferred from a line, a default, or absent; nothing
/// is invented (promise 8). The names are those of the `job:` block in front matter; the comment
/// gives the schema.org/JobPosting property.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// `title`: as a person would write it, without the reference number.
    pub title: Option<Field<String>>,
    /// The title exactly as the page shows it.
    pub display_title: Option<Field<String>>,
    /// `identifier`.
    pub reference: Option<Field<String>>,
    pub position_type: Option<Field<PositionType>>,
    /// `hiringOrganization`.
    pub organisation: Option<Field<String>>,
    /// `hiringOrganization.department`.
    pub unit: Option<Field<String>>,
    /// `jobLocation.address.addressLocality`.
    pub city: Option<Field<String>>,
    /// `jobLocation.address.addressCountry`, ISO 3166-1 alpha-2.
    pub country: Option<Field<String>>,
    /// `baseSalary` in the words of the ad: of a collective agreement, for example `TV-L E13`, or
    /// of the amount where no agreement is named.
    pub pay_scheme: Option<Field<String>>,
    /// `baseSalary` as an amount.
    pub salary: Option<Field<Salary>>,
    /// Share of a full-time position, in per cent.
    pub workload_percent: Option<Field<f64>>,
    /// `jobStartDate`.
    pub start: Option<Field<Start>>,
    pub duration_months: Option<Field<f64>>,
    /// `validThrough`.
    pub deadline: Option<Field<Deadline>>,
    /// `applicationContact.name`.
    pub contact_name: Option<Field<String>>,
    /// `applicationContact.email`, lower case.
    pub contact_emails: Option<Field<Vec<String>>>,
    /// Those of them that the page asks to send applications to, where it says so. Never declared.
    pub application_emails: Option<Field<Vec<String>>>,
    /// `totalJobOpenings`: how many positions are offered.
    pub openings: Option<Field<u32>>,
    /// Whether the contract can be extended.
    pub extension: Option<Field<Extension>>,
    /// What an applicant sends, as the page calls it.
    pub documents: Option<Field<Vec<String>>>,
    /// Where to apply, if it is a page and not a mail.
    pub apply_url: Option<Field<Url>>,
    /// One or two sentences for a teaser.
    pub summary: Option<Field<String>>,
    /// What the ad has under headings.
    pub parts: Parts,
}

/// Whether the author wants this page in public, as far as the page itself says. Dates are
/// compared with now by `plan`, not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    Open,
    /// `draft: true`.
    Draft(Span),
    /// Marked closed or filled: `closed: true` or `job.closed: true`, or in its words.
    Closed(Origin),
    /// The words offer no position: a template, a list of other pages, an open invitation.
    NoOpening(Span),
}

/// A page, read: one posting in one language. Several positions on one page are several of these,
/// each with its own `sub_id`.
#[derive(Debug, Clone)]
pub struct Posting {
    /// Given by [`identity::bind`]; until then a proposal from the page alone.
    pub id: PostingId,
    pub revision: Revision,
    pub source: Arc<Source>,
    /// Path from the content folder, with `/`, for example `jobs/phd-tides/index.md`.
    pub path: String,
    /// `job.id` as the author wrote it.
    pub declared_id: Option<Field<String>>,
    /// Names one of several positions on a page.
    pub sub_id: Option<String>,
    /// Pages with the same key are translations of one posting.
    pub translation_key: String,
    /// ISO 639-1, lower case, of the words of this page.
    pub language: String,
    /// The language that the site gives this page, by its name, its folder or `lang`. It tells
    /// translations apart: a page that is not translated yet stays what it is when it will be.
    pub site_language: String,
    /// The other pages of this posting, by language; filled by [`identity::bind`].
    pub translations: BTreeMap<String, Arc<Posting>>,
    /// Where readers find the page.
    pub permalink: Url,
    pub aliases: Vec<String>,
    pub availability: Availability,
    /// `job.approval: true`: a person has to agree before anything goes out.
    pub asks_for_approval: Option<Span>,
    /// `date` of the page (schema.org `datePosted`).
    pub date: Option<DateTime<Utc>>,
    /// Hugo's `publishDate`: nothing goes out earlier.
    pub publish_at: Option<DateTime<Utc>>,
    /// Hugo's `expiryDate`: closed from then on.
    pub expires_at: Option<DateTime<Utc>>,
    pub tags: Vec<String>,
    pub facts: Facts,
    /// The picture that lies beside the page.
    pub image: Option<PageImage>,
    pub document: Arc<Document>,
}

impl Posting {
    /// The title, or the path where a page has none, for lists and logs.
    pub fn name(&self) -> &str {
        self.facts.title.as_ref().map_or(self.path.as_str(), |title| title.value.as_str())
    }

    /// The instant after which the ad is closed by what it says: deadline or expiry date.
    pub fn closes_at(&self, zone: Tz) -> Option<DateTime<Utc>> {
        let deadline = self.facts.deadline.as_ref().and_then(|field| field.value.ends(zone));
        match (deadline, self.expires_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// A page to read, with what surrounds it.
#[derive(Debug, Clone)]
pub struct PageFile {
    pub source: Arc<Source>,
    /// Path from the content folder, with `/`.
    pub path: String,
    /// The `_index.*` pages above it, the outermost first: their `cascade` is honoured.
    pub ancestors: Vec<Arc<Source>>,
}

/// What the site says about all its pages.
#[derive(Debug, Clone)]
pub struct Settings {
    pub base_url: Url,
    pub timezone: Tz,
    pub default_language: String,
    /// All languages of the site; a file name or folder names one of them.
    pub languages: Vec<String>,
    /// Whether the default language stands in a folder too (Hugo's
    /// `defaultContentLanguageInSubdir`).
    pub default_language_in_folder: bool,
    /// Hugo's `permalinks`: section to pattern.
    pub permalinks: BTreeMap<String, String>,
    /// Field defaults of the site's file, by the names of the `job:` block.
    pub defaults: BTreeMap<String, String>,
}

/// What came of reading one page.
#[derive(Debug, Default)]
pub struct Reading {
    /// Empty when an error stands in the diagnostics.
    pub postings: Vec<Posting>,
    /// What the headings of several positions call them, where nobody has listed these: the page is
    /// one posting until somebody does.
    pub described: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one page. Pure: the same page and settings give the same reading.
pub fn read(file: &PageFile, settings: &Settings) -> Reading {
    let mut diagnostics = Vec::new();
    let Some(page) = page::read(file, settings, &mut diagnostics) else {
        return Reading { diagnostics, ..Reading::default() };
    };
    let (postings, described) = facts::postings(&page, settings, &mut diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Reading { diagnostics, ..Reading::default() };
    }
    Reading { postings, described, diagnostics }
}
