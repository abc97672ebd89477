//! What every template is given: one posting for one channel, as [`View`].
//!
//! A fact that the page does not say is `none`, so that `{% if deadline %}` works; a name that is
//! not in here is an error, because it is a typo.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::ad::Ad;
use super::count::Count;
use super::limits::{Limits, Unfit};
use super::words::{Tongue, Words};
use super::{Charset, Form, Occasion, Target, ascii, fit, hashtag, unintended};
use crate::posting::markdown::Block;
use crate::posting::{Deadline, Facts, Field, Origin, Posting, Salary};
use minijinja::value::{Serde, merge_maps};
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The context of every template. Words in the posting's language; dates as people write them end
/// in `_text`, the others are ISO 8601.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct View {
    /// The posting's id, by which we and a board know it for ever.
    pub id: String,
    /// Without the reference number, as a person would write it.
    pub title: Option<String>,
    /// Exactly as the page shows it.
    pub display_title: Option<String>,
    pub reference: Option<String>,
    /// `phd`, `postdoc` …
    pub position_type: Option<&'static str>,
    /// `PhD position`, `Promotionsstelle`.
    pub position: Option<&'static str>,
    pub organisation: Option<String>,
    pub unit: Option<String>,
    /// Unit and organisation, the unit first.
    pub employer: Option<String>,
    /// The first and the last part of it, for where there is little room: the group and the
    /// university, without the clinics and faculties between them.
    pub employer_short: Option<String>,
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub pay_scheme: Option<String>,
    /// Pay as an amount, where the page says currency and period.
    pub salary: Option<Amount>,
    pub workload_percent: Option<Number>,
    /// `75%`, `75 %`.
    pub workload_text: Option<String>,
    /// Pay and workload in one phrase: `TV-L E13, 75%`.
    pub pay_text: Option<String>,
    /// `2027-07-01`, `2027-07`, `2027` or `asap`.
    pub start: Option<String>,
    /// `July 2027`.
    pub start_text: Option<String>,
    pub duration_months: Option<Number>,
    /// `3 years`.
    pub duration_text: Option<String>,
    /// The last day on which an application counts; none if it is rolling.
    pub deadline: Option<String>,
    /// The last second of that day, with offset.
    pub deadline_ends: Option<String>,
    /// `15 January 2027`; of a rolling deadline, that it is.
    pub deadline_text: Option<String>,
    /// `15 Jan 2027`, for a subject; none if it is rolling.
    pub deadline_short: Option<String>,
    /// True if the page says that applications count until the position is filled.
    pub deadline_rolling: bool,
    /// The last second at which the ad stands, with offset: deadline or the page's expiry date.
    pub valid_through: Option<String>,
    pub contact_name: Option<String>,
    pub contact_emails: Vec<String>,
    /// Those of them that take applications; all of them if they were declared.
    pub application_emails: Vec<String>,
    /// Whether the ad itself shows where to apply, in whatever disguise or behind a link.
    pub ad_says_where: bool,
    pub apply_url: Option<String>,
    /// How many positions are offered.
    pub openings: Option<u32>,
    /// The part of the ad about this, a paragraph or a list item on a line; so are the next ones.
    pub responsibilities: Option<String>,
    pub qualifications: Option<String>,
    pub benefits: Option<String>,
    pub apply_instructions: Option<String>,
    /// Where readers find the page.
    pub link: String,
    /// ISO 639-1.
    pub language: String,
    pub tags: Vec<String>,
    /// The tags as hashtags that all networks read, at most as many as the channel wants:
    /// `#DeepLearning #Tides`.
    pub hashtags: Option<String>,
    /// The same, one by one.
    pub hashtag_list: Vec<String>,
    pub summary: Option<String>,
    /// `teaser`, `text`, `prose`, `links`, `plain`, `html`, `description`, `sections` and `paragraphs`.
    #[serde(skip)]
    pub ad: Arc<Ad>,
    /// The teaser of a short text, in the place of the ad's.
    #[serde(skip)]
    teaser: Option<String>,
    /// The facts that the page says, with their labels, in the order in which people want them.
    pub facts: Vec<Fact>,
    /// `announce`, `remind`, `update` or `close`.
    pub occasion: &'static str,
    pub channel: String,
    /// The day on which the page is dated.
    pub date_posted: Option<String>,
    /// The same as RFC 2822 writes it, for feeds that want it so.
    pub date_posted_rfc2822: Option<String>,
    /// `[values]` of the channel's file.
    pub values: Value,
    /// Handbill's own words in the posting's language.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub words: &'static Words,
}

/// A number that is written without a fraction where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Number {
    Whole(i64),
    Fraction(f64),
}

/// Pay as an amount, gross.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Amount {
    pub from: Number,
    /// The upper end of a range.
    pub to: Option<Number>,
    /// ISO 4217.
    pub currency: &'static str,
    /// `hour`, `month` or `year`.
    pub period: &'static str,
}

impl Amount {
    fn of(salary: Salary) -> Option<Self> {
        let is_code = salary.currency.len() == 3
            && salary.currency.bytes().all(|byte| byte.is_ascii_uppercase());
        Some(Self {
            from: salary.from.into(),
            to: salary.to.map(Number::from),
            currency: is_code.then_some(salary.currency)?,
            period: salary.period?.as_str(),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
}

impl View {
    /// All names that a template may use.
    pub const NAMES: &'static [&'static str] = &[
        "id",
        "title",
        "display_title",
        "reference",
        "position_type",
        "position",
        "organisation",
        "unit",
        "employer",
        "employer_short",
        "city",
        "country",
        "pay_scheme",
        "salary",
        "workload_percent",
        "workload_text",
        "pay_text",
        "start",
        "start_text",
        "duration_months",
        "duration_text",
        "deadline",
        "deadline_ends",
        "deadline_text",
        "deadline_short",
        "deadline_rolling",
        "valid_through",
        "contact_name",
        "contact_emails",
        "application_emails",
        "ad_says_where",
        "apply_url",
        "openings",
        "responsibilities",
        "qualifications",
        "benefits",
        "apply_instructions",
        "link",
        "language",
        "tags",
        "hashtags",
        "hashtag_list",
        "summary",
        "teaser",
        "text",
        "prose",
        "links",
        "plain",
        "html",
        "description",
        "sections",
        "paragraphs",
        "facts",
        "occasion",
        "channel",
        "date_posted",
        "date_posted_rfc2822",
        "values",
        "terms",
        "words",
    ];

    /// `ad` is the posting's own.
    pub fn new(posting: &Posting, target: &Target, occasion: Occasion, ad: Arc<Ad>) -> Self {
        let tongue = Tongue::of(&posting.language);
        let zone = target.timezone;
        let facts = &posting.facts;
        let posted = posting.date.or(posting.publish_at).map(|at| at.with_timezone(&zone));
        let organisation = line(&facts.organisation);
        let unit = line(&facts.unit);
        let employer = joined(&[&unit, &organisation]);
        let workload = value(&facts.workload_percent);
        let workload_text = workload.map(|percent| tongue.percent(percent));
        let pay_scheme = line(&facts.pay_scheme);
        let deadline = value(&facts.deadline);
        let next_day = deadline.and_then(|deadline| match occasion {
            // The first of several days is over by then.
            Occasion::Remind => deadline.last_day(),
            _ => deadline.next_day(),
        });
        let mut hashtag_list = hashtag::from_tags(&posting.tags);
        hashtag_list.truncate(target.hashtags);
        let mut view = Self {
            id: one_line(&posting.id.0),
            title: line(&facts.title).map(|title| without_markup(&title)),
            display_title: line(&facts.display_title).map(|title| without_markup(&title)),
            reference: line(&facts.reference),
            position_type: value(&facts.position_type).map(|kind| kind.as_str()),
            position: value(&facts.position_type).and_then(|kind| tongue.position(kind)),
            employer_short: employer.as_deref().map(first_and_last),
            employer,
            organisation,
            unit,
            city: line(&facts.city),
            country: line(&facts.country),
            pay_text: pay_text(pay_scheme.as_deref(), workload, workload_text.as_deref()),
            pay_scheme,
            salary: value(&facts.salary).and_then(Amount::of),
            workload_percent: workload.map(Number::from),
            workload_text,
            start: value(&facts.start).map(|start| start.to_string()),
            start_text: value(&facts.start).map(|start| tongue.start(start)),
            duration_months: value(&facts.duration_months).map(Number::from),
            duration_text: value(&facts.duration_months).map(|months| tongue.duration(months)),
            deadline: next_day.map(|day| day.to_string()),
            deadline_ends: next_day
                .and_then(|day| Deadline::On(day).ends(zone))
                .map(|end| end.with_timezone(&zone).to_rfc3339()),
            deadline_short: next_day.map(|day| tongue.short_day(day)),
            deadline_text: deadline.map(|deadline| match deadline {
                Deadline::On(day) => tongue.day(day),
                Deadline::Rolling => tongue.words().rolling.to_owned(),
                Deadline::Staged { first, last } => {
                    let then = match last {
                        Some(last) => tongue.day(last),
                        None => tongue.words().rolling.to_owned(),
                    };
                    format!("{}, {} {then}", tongue.day(first), tongue.words().then)
                }
            }),
            deadline_rolling: deadline.is_some_and(Deadline::is_rolling),
            valid_through: posting.closes_at(zone).map(|at| at.with_timezone(&zone).to_rfc3339()),
            contact_name: line(&facts.contact_name),
            contact_emails: facts.contact_emails.iter().flat_map(|it| &it.value).cloned().collect(),
            application_emails: application_emails(facts),
            ad_says_where: ad_says_where(posting),
            apply_url: facts.apply_url.as_ref().map(|field| field.value.to_string()),
            openings: value(&facts.openings),
            responsibilities: lines(&facts.parts.responsibilities),
            qualifications: lines(&facts.parts.qualifications),
            benefits: lines(&facts.parts.benefits),
            apply_instructions: lines(&facts.parts.apply_instructions),
            link: posting.permalink.to_string(),
            language: posting.language.clone(),
            tags: posting.tags.iter().map(|tag| one_line(tag)).collect(),
            hashtags: (!hashtag_list.is_empty()).then(|| hashtag_list.join(" ")),
            hashtag_list,
            summary: summary_of(posting),
            ad,
            teaser: None,
            facts: Vec::new(),
            occasion: occasion.as_str(),
            channel: target.channel.clone(),
            date_posted: posted.map(|at| at.format("%Y-%m-%d").to_string()),
            date_posted_rfc2822: posted.map(|at| at.to_rfc2822()),
            values: match &target.values {
                Value::Null => Value::Object(serde_json::Map::new()),
                values => without_marks(values),
            },
            words: tongue.words(),
        };
        if let Form::Status { count, .. } = &target.form {
            view.keep_plain(*count);
        }
        view.facts = view.key_facts();
        view
    }

    /// Writes the page's words so that the network makes no links and mentions of them.
    fn keep_plain(&mut self, count: Count) {
        let words = [
            &mut self.title,
            &mut self.display_title,
            &mut self.organisation,
            &mut self.unit,
            &mut self.employer,
            &mut self.employer_short,
            &mut self.city,
            &mut self.pay_scheme,
            &mut self.pay_text,
            &mut self.contact_name,
            &mut self.responsibilities,
            &mut self.qualifications,
            &mut self.benefits,
            &mut self.apply_instructions,
            &mut self.summary,
        ];
        for words in words.into_iter().flatten() {
            if let Cow::Owned(plain) = unintended::plain(words, count) {
                *words = plain;
            }
        }
        // A line of the benefits that is only the pay stands above already.
        self.benefits = self.benefits.take().map(|benefits| {
            let own = benefits.lines().filter(|line| !self.pay_says(line));
            own.collect::<Vec<_>>().join("\n")
        });
        self.benefits = self.benefits.take().filter(|benefits| !benefits.trim().is_empty());
        // A teaser that the title says already is none.
        let teaser = self.ad.teaser().filter(|teaser| !self.title_says(teaser));
        let plain = teaser.map(|teaser| unintended::plain(&teaser, count).into_owned());
        self.teaser = Some(plain.unwrap_or_default());
    }

    /// Whether little but the pay is in some words.
    fn pay_says(&self, words: &str) -> bool {
        const A_FEW_LETTERS: usize = 25;
        self.pay_scheme.as_ref().is_some_and(|pay| {
            let rest = words.replacen(pay.as_str(), "", 1);
            let letters = rest.chars().filter(|it| it.is_alphabetic()).count();
            rest.len() < words.len() && letters <= A_FEW_LETTERS
        })
    }

    fn title_says(&self, words: &str) -> bool {
        let words = words.trim_end_matches(['.', '!']).to_lowercase();
        self.title.as_ref().is_some_and(|title| title.to_lowercase().contains(&words))
    }

    /// What `{{ teaser }}` says.
    pub fn teaser(&self) -> Option<String> {
        self.teaser.clone().or_else(|| self.ad.teaser()).filter(|teaser| !teaser.is_empty())
    }

    /// What a template is rendered with.
    pub fn context(&self, charset: Charset) -> minijinja::Value {
        let ad = minijinja::Value::from_dyn_object(Arc::clone(&self.ad));
        let facts = match charset {
            Charset::Utf8 => minijinja::Value::from(Serde(self)),
            Charset::Ascii => {
                let facts = serde_json::to_value(self).unwrap_or_default();
                minijinja::Value::from(Serde(ascii::value(&facts, &self.language)))
            }
        };
        match &self.teaser {
            // The last to know a name says it.
            Some(teaser) => merge_maps([facts, ad, minijinja::context! { teaser }]),
            None => merge_maps([facts, ad]),
        }
    }

    /// What a board's template is rendered with.
    ///
    /// # Errors
    /// [`Unfit`] if the board does not take what the page says.
    pub fn within(&self, limits: &Limits) -> Result<minijinja::Value, Unfit> {
        let mut facts = serde_json::to_value(self).unwrap_or_default();
        limits.apply(&mut facts)?;
        let description = limits.description.write(&self.ad.body(), self.ad.permalink())?;
        let description = minijinja::Value::from(fit::without_marks(&description));
        let ad = minijinja::Value::from_dyn_object(Arc::clone(&self.ad));
        let facts = minijinja::Value::from(Serde(facts));
        Ok(merge_maps([facts, ad, minijinja::context! { description }]))
    }

    fn key_facts(&self) -> Vec<Fact> {
        let words = self.words;
        let contact = match (&self.contact_name, self.contact_emails.as_slice()) {
            (Some(name), []) => Some(name.clone()),
            (Some(name), [email]) => Some(format!("{name} <{email}>")),
            // Which of them is whose, nobody knows.
            (Some(name), emails) => Some(format!("{name}, {}", emails.join(", "))),
            (None, []) => None,
            (None, emails) => Some(emails.join(", ")),
        };
        let facts = [
            (words.position, self.title.clone()),
            (words.employer, self.employer.clone()),
            (words.place, self.city.clone()),
            (
                if self.pay_scheme.is_some() { words.pay } else { words.workload },
                self.pay_text.clone(),
            ),
            (words.start, self.start_text.clone()),
            (words.duration, self.duration_text.clone()),
            (words.deadline, self.deadline_text.clone()),
            (words.reference, self.reference.clone()),
            (words.contact, contact),
            (words.page, Some(self.link.clone())),
        ];
        facts.into_iter().filter_map(|(label, value)| Some(Fact { label, value: value? })).collect()
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        // Percentages and months are far below the range in which this would lose anything.
        if number.fract() == 0.0 && number.abs() < 1e15 {
            Self::Whole(number as i64)
        } else {
            Self::Fraction(number)
        }
    }
}

fn value<T: Copy>(field: &Option<Field<T>>) -> Option<T> {
    field.as_ref().map(|field| field.value)
}

/// The author's summary, without markup.
pub(super) fn summary_of(posting: &Posting) -> Option<String> {
    line(&posting.facts.summary).map(|summary| without_markup(&summary))
}

/// The field on one line, or none if nothing is left of it.
fn line(field: &Option<Field<String>>) -> Option<String> {
    let line = one_line(&field.as_ref()?.value);
    (!line.is_empty()).then_some(line)
}

/// The field with its lines, each as [`one_line`] writes it.
fn lines(field: &Option<Field<String>>) -> Option<String> {
    let lines: Vec<String> = field.as_ref()?.value.lines().map(one_line).collect();
    Some(lines.join("\n"))
}

/// One line without control characters or marks, single spaces between words.
pub(super) fn one_line(words: &str) -> String {
    let words = fit::without_marks(words);
    if is_one_line(&words) {
        return words;
    }
    let mut line = String::with_capacity(words.len());
    for c in words.trim().chars() {
        if !c.is_whitespace() && !c.is_control() {
            line.push(c);
        } else if line.ends_with(char::is_whitespace) {
            line.pop();
            line.push(' ');
        } else {
            // A space at which no line may be broken stays one.
            line.push(if c == '\u{A0}' || c == '\u{202F}' { c } else { ' ' });
        }
    }
    line.trim().to_owned()
}

/// Whether nothing has to be changed: printable ASCII with single spaces within, as most words are.
fn is_one_line(words: &str) -> bool {
    words.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !words.starts_with(' ')
        && !words.ends_with(' ')
        && !words.contains("  ")
}

fn joined(parts: &[&Option<String>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The addresses to which applications go. What the page says of the addresses that were read in
/// it holds for them alone; whoever declares one means it for everything.
fn application_emails(facts: &Facts) -> Vec<String> {
    let Some(contacts) = &facts.contact_emails else { return Vec::new() };
    if !matches!(contacts.origin, Origin::Inferred(_)) {
        return contacts.value.clone();
    }
    let said = facts.application_emails.iter().flat_map(|it| &it.value);
    said.filter(|address| contacts.value.contains(address)).cloned().collect()
}

/// Whether the place to apply was read in the words of the ad itself.
fn ad_says_where(posting: &Posting) -> bool {
    let facts = &posting.facts;
    let origin = match (&facts.apply_url, &facts.contact_emails) {
        (Some(url), _) => &url.origin,
        (None, Some(emails)) => &emails.origin,
        (None, None) => return false,
    };
    let Origin::Inferred(place) = origin else { return false };
    let holds = |block: &Block| block.span.start <= place.start && place.end <= block.span.end;
    posting.document.blocks.iter().any(holds)
}

fn first_and_last(employer: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, letter) in employer.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            // A comma in brackets stands within a name: "Institute of Tides (IT, Unit 4)".
            ',' if depth == 0 && employer[at..].starts_with(", ") => {
                parts.push(&employer[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    match (parts.first(), &employer[start..]) {
        (Some(first), last) if *first != last => format!("{first}, {last}"),
        _ => employer.to_owned(),
    }
}

/// Titles and summaries in front matter may be Markdown or HTML; what readers get is their words.
pub(super) fn without_markup(summary: &str) -> String {
    let plain =
        MARKUP.as_ref().map_or(summary.into(), |markup| markup.replace_all(summary, "$text"));
    one_line(&plain)
}

static MARKUP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Tags that mark words up, and no others: `<T>` may be what is meant.
    Regex::new(r"(?i)</?(?:a|abbr|b|br|code|em|font|i|mark|p|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>|!?\[(?<text>[^\[\]]*)\]\([^()]*\)|\*\*|__")
        .ok()
});

/// Scheme and workload; a scheme that already says the workload is left as it is.
fn pay_text(scheme: Option<&str>, percent: Option<f64>, text: Option<&str>) -> Option<String> {
    match (scheme, percent, text) {
        (Some(scheme), Some(percent), Some(text)) => {
            let said = scheme.contains('%') && scheme.contains(&percent.to_string());
            Some(if said { scheme.to_owned() } else { format!("{scheme}, {text}") })
        }
        (Some(only), ..) | (None, _, Some(only)) => Some(only.to_owned()),
        _ => None,
    }
}

fn without_marks(value: &Value) -> Value {
    match value {
        Value::String(words) => Value::String(fit::without_marks(words)),
        Value::Array(items) => items.iter().map(without_marks).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (fit::without_marks(key), without_marks(value)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_has_single_spaces() {
        assert_eq!(one_line(" a \u{A0}b\r\n\tc 75\u{A0}% "), "a b c 75\u{A0}%");
    }

    #[test]
    fn a_summary_loses_its_markup_and_keeps_its_words() {
        assert_eq!(
            without_markup(
                "<b>Two</b> **new** posts, [see here](a b.pdf), 3 < 4 years, <jobs@lab.example>"
            ),
            "Two new posts, see here, 3 < 4 years, <jobs@lab.example>"
        );
    }

    #[test]
    fn a_long_employer_has_a_short_form() {
        assert_eq!(
            first_and_last("Tidal Lab, Clinic of Waves, University of Seaforth"),
            "Tidal Lab, University of Seaforth"
        );
        assert_eq!(first_and_last("Tidal Lab"), "Tidal Lab");
        assert_eq!(
            first_and_last(
                "Laboratoire du Littoral (LIL, UMR 12), Faculté, Université de Seaforth"
            ),
            "Laboratoire du Littoral (LIL, UMR 12), Université de Seaforth"
        );
    }

    #[test]
    fn pay_says_the_workload_once() {
        assert_eq!(
            pay_text(Some("TV-L E13"), Some(75.0), Some("75%")).as_deref(),
            Some("TV-L E13, 75%")
        );
        assert_eq!(
            pay_text(Some("TV-L E13 75 %"), Some(75.0), Some("75%")).as_deref(),
            Some("TV-L E13 75 %")
        );
        assert_eq!(pay_text(None, Some(50.0), Some("50%")).as_deref(), Some("50%"));
    }
}
