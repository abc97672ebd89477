//! What the channels of a site require of an ad, and the page does not say.

use super::first_line;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;

/// What a channel of the site requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    /// The channel's name.
    pub channel: String,
    pub facts: Vec<RequiredFact>,
}

/// A fact that a board takes no ad without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredFact {
    Title,
    Reference,
    PositionType,
    Organisation,
    City,
    Country,
    PayScheme,
    Workload,
    Start,
    Duration,
    /// A day, or "until filled".
    Deadline,
    /// A day; "until filled" is none.
    DeadlineDay,
    /// A mail address or a page.
    Apply,
    Summary,
    Description,
}

/// The required fields of EURAXESS that a page can say. Its own keys (organisation key, research
/// field, funding programme) are the channel's.
///
/// Source: `JobOpportunitySchema.xsd`, version 1.1: title, description, researcher profile, type of
/// contract, job status, application deadline (an `xs:dateTime`, never empty), hiring organisation
/// with its country, how to apply.
const EURAXESS: [RequiredFact; 9] = [
    RequiredFact::Title,
    RequiredFact::Description,
    RequiredFact::PositionType,
    RequiredFact::Duration,
    RequiredFact::Workload,
    RequiredFact::DeadlineDay,
    RequiredFact::Organisation,
    RequiredFact::Country,
    RequiredFact::Apply,
];

/// The longest title that EURAXESS takes, in characters (the same schema).
const EURAXESS_TITLE: usize = 255;

impl RequiredFact {
    const ALL: [Self; 15] = [
        Self::Title,
        Self::Reference,
        Self::PositionType,
        Self::Organisation,
        Self::City,
        Self::Country,
        Self::PayScheme,
        Self::Workload,
        Self::Start,
        Self::Duration,
        Self::Deadline,
        Self::DeadlineDay,
        Self::Apply,
        Self::Summary,
        Self::Description,
    ];

    /// The name as in the `job:` block, and as `requires` of a channel's file takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Reference => "reference",
            Self::PositionType => "position_type",
            Self::Organisation => "organisation",
            Self::City => "city",
            Self::Country => "country",
            Self::PayScheme => "pay_scheme",
            Self::Workload => "workload_percent",
            Self::Start => "start",
            Self::Duration => "duration_months",
            Self::Deadline => "deadline",
            Self::DeadlineDay => "deadline_day",
            Self::Apply => "apply",
            Self::Summary => "summary",
            Self::Description => "description",
        }
    }

    /// The facts that a word of `requires` stands for: one, or all that a known board requires.
    pub fn parse(word: &str) -> Option<Vec<Self>> {
        if word == "euraxess" {
            return Some(EURAXESS.to_vec());
        }
        Self::ALL.into_iter().find(|fact| fact.as_str() == word).map(|fact| vec![fact])
    }

    /// All words of `requires`.
    pub fn words() -> impl Iterator<Item = &'static str> {
        std::iter::once("euraxess").chain(Self::ALL.into_iter().map(Self::as_str))
    }

    /// Whether a page says it.
    pub fn is_stated(self, page: &Posting) -> bool {
        let facts = &page.facts;
        match self {
            Self::Title => facts.title.is_some(),
            Self::Reference => facts.reference.is_some(),
            Self::PositionType => facts.position_type.is_some(),
            Self::Organisation => facts.organisation.is_some(),
            Self::City => facts.city.is_some(),
            Self::Country => facts.country.is_some(),
            Self::PayScheme => facts.pay_scheme.is_some(),
            Self::Workload => facts.workload_percent.is_some(),
            Self::Start => facts.start.is_some(),
            Self::Duration => facts.duration_months.is_some(),
            Self::Deadline => facts.deadline.is_some(),
            Self::DeadlineDay => {
                facts.deadline.as_ref().is_some_and(|it| it.value.last_day().is_some())
            }
            Self::Apply => facts.apply_url.is_some() || facts.contact_emails.is_some(),
            Self::Summary => facts.summary.is_some(),
            Self::Description => !page.document.blocks.is_empty(),
        }
    }

    /// What an author writes to state it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Title => "`title`",
            Self::DeadlineDay => "`deadline` as a day",
            Self::Apply => "`contact_emails` or `apply_url`",
            Self::Description => "the ad's own words",
            other => other.as_str(),
        }
    }
}

pub(super) fn check(page: &Posting, channels: &[Requirements], remarks: &mut Vec<Diagnostic>) {
    for channel in channels {
        let missing: Vec<&str> = channel
            .facts
            .iter()
            .filter(|fact| !fact.is_stated(page))
            .map(|fact| fact.key())
            .collect();
        if !missing.is_empty() {
            let name = &channel.channel;
            remarks.push(
                Diagnostic::warning(
                    "channel::requires",
                    format!("{name} takes no ad without what this page does not say"),
                )
                .at(&page.source, first_line(&page.source))
                .help(format!("say under `job:` {}", missing.join(", "))),
            );
        }
        let title = page.facts.title.as_ref().map_or(0, |it| it.value.chars().count());
        if channel.facts == EURAXESS && title > EURAXESS_TITLE {
            let message =
                format!("{} takes {EURAXESS_TITLE} characters of a title", channel.channel);
            remarks.push(
                Diagnostic::warning("channel::requires", message)
                    .at(&page.source, first_line(&page.source))
                    .help(format!("shorten it: it has {title}")),
            );
        }
    }
}
