//! Reads what the ad says: declared in the `job:` block, inferred from a line, or a default.
//!
//! One file per idea. `declared` reads the `job:` block; `prose` lays out the page's words;
//! each of the others reads one thing out of them, and says in which words. What was declared
//! wins over what was inferred, and that over the defaults. Nothing is invented: what no line
//! says stays absent, and where two lines disagree both are named.

pub(crate) mod addresses;
mod apply;
mod contact;
mod contradiction;
mod dates;
mod deadline;
mod declared;
mod documents;
mod duration;
mod elsewhere;
mod extension;
mod funding;
mod gate;
mod instructions;
mod labels;
mod language;
mod names;
mod number;
mod opening;
mod organisation;
mod parts;
pub(crate) mod pattern;
mod pay;
mod people;
mod phrase;
mod place;
mod position_type;
mod positions;
mod prose;
mod reference;
mod salary;
mod sentence;
mod start;
pub(crate) mod text;
mod title;
mod value;
mod window;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveTime;

use super::image;
use super::page::Page;
use super::{
    Availability, Facts, Origin, Posting, PostingId, Revision, Settings, identity, revision,
};
use crate::diagnostic::{Diagnostic, Source, Span};
use contradiction::{Judge, Positions, Topic};
use declared::Job;
pub use declared::{check_default, is_field};
use prose::Prose;

/// The postings of a page: one, or one per position of its `job.positions`. With them what positions
/// are called that are described and not listed.
pub fn postings(
    page: &Page,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Posting>, Vec<String>) {
    let job = declared::job(page, diagnostics);
    let defaults = declared::cascaded(page, diagnostics).or(declared::defaults(&settings.defaults));
    let prose = Prose::of(page);
    let described = title::positions(&prose);
    let headings: Vec<Span> = match described.len() {
        0 | 1 => Vec::new(),
        _ => described.iter().map(|(_, place)| *place).collect(),
    };
    let several = match (job.positions.as_slice(), described.as_slice()) {
        ([_, ..], _) => Positions::Declared,
        ([], [_, _, ..]) => Positions::Described,
        ([], _) => Positions::One,
    };
    let inferred = infer(page, &prose, &job.facts, several, diagnostics);
    let says_a_job = page.front.get("job").is_some_and(|job| !job.is_empty());
    // What was declared decides; only where nothing was do the words tell whether there is a job.
    let availability = match page.availability {
        Availability::Open if !says_a_job => {
            opening::infer(&prose, page, &inferred, &headings, diagnostics)
        }
        _ => None,
    };
    if !says_a_job && availability.is_none() && page.availability == Availability::Open {
        diagnostics.extend(elsewhere::remark(&prose, page));
    }
    let words = Words {
        language: language::infer(&prose).map_or_else(|| page.language.clone(), Into::into),
        availability: availability.unwrap_or_else(|| page.availability.clone()),
    };
    // Who gave the page a title of its own means one ad.
    let not_listed = several == Positions::Described && job.facts.title.is_none();
    if not_listed && words.availability == Availability::Open {
        diagnostics.extend(positions::not_listed(&page.source, &described));
    }
    if words.availability == Availability::Open
        && several != Positions::Declared
        && job.facts.deadline.is_none()
        && inferred.deadline.is_none()
    {
        let written = page.date.or(page.publish_at).map(|at| at.date_naive());
        diagnostics.extend(deadline::unread(&prose, written).map(|at| unread(&page.source, at)));
    }
    let page_facts = |declared: Facts| declared.or(inferred.clone()).or(defaults.clone());
    if job.positions.is_empty() {
        let names = described.into_iter().filter(|_| not_listed).map(|(name, _)| name);
        let one = posting(page, &words, &job, None, page_facts(job.facts.clone()));
        return (vec![one], names.collect());
    }
    let parts = positions::parts(page, &prose, &job.positions, &described);
    let positions = job.positions.iter().zip(parts);
    let postings = positions
        .map(|(position, part)| {
            let declared = position.facts.clone().or(job.facts.clone());
            let Some(positions::Part { page, title, own }) = part else {
                return posting(page, &words, &job, Some(position), page_facts(declared));
            };
            let prose = Prose::of(&page);
            let mut of_part = Vec::new();
            let mut facts = infer(&page, &prose, &declared, Positions::One, &mut of_part);
            // What is of all positions was remarked already.
            of_part.retain(|remark| !diagnostics.contains(remark));
            diagnostics.extend(of_part);
            (facts.title, facts.display_title) = (Some(title.clone()), Some(title));
            // "Three positions" above all of them is no number of this one.
            let is_own = |at: Span| own.start <= at.start && at.end <= own.end;
            facts.openings = facts.openings.filter(|it| span(&it.origin).is_some_and(is_own));
            let facts = declared.or(facts).or(defaults.clone());
            let mut posting = posting(&page, &words, &job, Some(position), facts);
            if posting.availability == Availability::Open
                && position.closed.is_none()
                && let Some(at) = opening::closed_section(&prose, own)
            {
                posting.availability = Availability::Closed(Origin::Inferred(at));
                posting.revision = revision::of(&posting);
            }
            posting
        })
        .collect();
    (postings, Vec::new())
}

impl Facts {
    /// These facts, completed with those of `other` where they say nothing.
    #[must_use]
    fn or(self, other: Self) -> Self {
        Self {
            title: self.title.or(other.title),
            display_title: self.display_title.or(other.display_title),
            reference: self.reference.or(other.reference),
            position_type: self.position_type.or(other.position_type),
            organisation: self.organisation.or(other.organisation),
            unit: self.unit.or(other.unit),
            city: self.city.or(other.city),
            country: self.country.or(other.country),
            pay_scheme: self.pay_scheme.or(other.pay_scheme),
            salary: self.salary.or(other.salary),
            workload_percent: self.workload_percent.or(other.workload_percent),
            start: self.start.or(other.start),
            duration_months: self.duration_months.or(other.duration_months),
            deadline: self.deadline.or(other.deadline),
            contact_name: self.contact_name.or(other.contact_name),
            contact_emails: self.contact_emails.or(other.contact_emails),
            application_emails: self.application_emails.or(other.application_emails),
            openings: self.openings.or(other.openings),
            extension: self.extension.or(other.extension),
            documents: self.documents.or(other.documents),
            apply_url: self.apply_url.or(other.apply_url),
            summary: self.summary.or(other.summary),
            parts: self.parts.or(other.parts),
        }
    }
}

/// What the words of a page say of it as a whole.
struct Words {
    language: String,
    availability: Availability,
}

fn posting(page: &Page, words: &Words, job: &Job, position: Option<&Job>, facts: Facts) -> Posting {
    let closed = position.and_then(|position| position.closed).or(job.closed);
    let availability = match (&words.availability, closed) {
        (Availability::Open, Some(span)) => Availability::Closed(Origin::Declared(span)),
        (availability, _) => availability.clone(),
    };
    let date_posted = job.date.map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let mut posting = Posting {
        id: PostingId("".into()),
        revision: Revision("".into()),
        source: Arc::clone(&page.source),
        path: page.path.clone(),
        declared_id: job.id.clone(),
        sub_id: position
            .and_then(|position| position.id.as_ref())
            .map(|id| identity::clean(&id.value)),
        translation_key: page.translation_key.clone(),
        language: words.language.clone(),
        site_language: page.language.clone(),
        translations: BTreeMap::new(),
        permalink: page.permalink.clone(),
        aliases: page.aliases.clone(),
        availability,
        asks_for_approval: position.and_then(|position| position.approval).or(job.approval),
        date: date_posted.or(page.date),
        publish_at: page.publish_at,
        expires_at: page.expires_at,
        tags: page.tags.clone(),
        facts,
        image: image::of(page),
        document: Arc::clone(&page.document),
    };
    posting.id = identity::proposal(&posting);
    posting.revision = revision::of(&posting);
    posting
}

/// What the page's words say. The declared facts decide, but where the words contradict them the
/// author hears of it.
fn infer(
    page: &Page,
    prose: &Prose,
    declared: &Facts,
    positions: Positions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Facts {
    let written = page.date.or(page.publish_at).map(|at| at.date_naive());
    let employer = organisation::infer(prose);
    let (salary, amount) = salary::infer(prose).unzip();
    let pay_scheme = pay::infer_scheme(prose).or(amount);
    let place = place::infer(
        prose,
        declared.organisation.as_ref().or(employer.organisation.as_ref()),
        declared.pay_scheme.as_ref().or(pay_scheme.as_ref()),
    );
    let deadline = deadline::infer(prose, written);
    diagnostics.extend(deadline.impossible.iter().map(|span| impossible(&page.source, *span)));
    let mut judge = Judge { source: &page.source, positions, diagnostics };
    let workload_percent = judge.settle(
        Topic::Workload,
        declared.workload_percent.as_ref(),
        pay::infer_workload(prose),
        |one, other| (one - other).abs() < 0.01,
        |share| format!("{share} %"),
    );
    let start = judge.settle(
        Topic::Start,
        declared.start.as_ref(),
        start::infer(prose),
        start::agree,
        ToString::to_string,
    );
    let deadline = judge.settle(
        Topic::Deadline,
        declared.deadline.as_ref(),
        deadline.deadlines,
        deadline::agree,
        ToString::to_string,
    );
    let lines = parts::lines(page);
    let mut parts = parts::infer(&lines, positions);
    parts.funding = parts.funding.or_else(|| funding::infer(prose));
    parts.apply_instructions = parts.apply_instructions.or_else(|| instructions::infer(prose));
    let emails = contact::infer_emails(prose);
    Facts {
        title: title::infer(prose),
        display_title: title::infer_display(prose),
        reference: reference::infer(prose),
        position_type: position_type::infer(prose),
        organisation: employer.organisation,
        unit: employer.unit,
        city: place.city,
        country: place.country,
        pay_scheme,
        salary,
        workload_percent,
        start,
        duration_months: duration::infer(prose),
        deadline,
        contact_name: contact::infer_name(prose),
        contact_emails: emails.all,
        application_emails: emails.for_applications,
        openings: number::infer(prose, positions),
        extension: extension::infer(prose),
        documents: documents::infer(&lines, prose),
        apply_url: apply::infer(prose, &page.permalink),
        summary: title::infer_summary(prose),
        parts,
    }
}

fn impossible(source: &Arc<Source>, span: Span) -> Diagnostic {
    let message = format!("the deadline `{}` is no day of the calendar", source.words(span));
    Diagnostic::warning("facts::impossible-date", message)
        .at(source, span)
        .label("not read as a deadline")
        .help("correct the day, or declare `deadline` under `job:`")
}

fn unread(source: &Arc<Source>, span: Span) -> Diagnostic {
    let message = format!(
        "`{}` stands where the page speaks of applying, and no deadline was read",
        source.words(span)
    );
    Diagnostic::warning("facts::deadline-unread", message)
        .at(source, span)
        .label("perhaps the deadline")
        .help("if it is, write `Deadline: …` with day, month and year, or declare it under `job:`")
}

fn span(origin: &Origin) -> Option<Span> {
    match origin {
        Origin::Declared(span) | Origin::Inferred(span) => Some(*span),
        Origin::Default => None,
    }
}
