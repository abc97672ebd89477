//! What a careful colleague would remark of a page before it goes out: dates that cannot be meant,
//! statements that contradict each other, left-overs, characters that get lost, what channels, search
//! engines and the law ask for.
//!
//! One file per idea; `contradiction` holds those on two statements of an ad, `tv-l.toml` what is
//! paid; `mend` mends what is safe to mend, and `diff` shows it. Pure: no disk, no
//! network, no clock; today is a parameter. Every remark is a warning or a notice and holds nothing
//! back; a site can switch each off, or make it an error (`[check]`). In doubt a rule stays silent:
//! a false alarm costs the trust in all the others.

mod age;
mod body;
pub mod channels;
mod characters;
mod comments;
mod contradiction;
mod dates;
pub mod diff;
mod employer;
mod gender;
mod images;
mod law;
mod leftover;
mod links;
pub mod lists;
mod markup;
pub mod mend;
mod pay;
mod public;
mod search;
mod spelling;
pub mod tariff;

use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::{Availability, Field, Origin, Posting};
use body::Body;
use channels::Requirements;
use tariff::Tariffs;

/// What surrounds the pages that are checked.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The day on which the check is made, where the site is.
    pub today: NaiveDate,
    /// Where that is.
    pub timezone: Tz,
    /// All languages of the site.
    pub languages: &'a [String],
    pub structured_data: StructuredData,
    /// What the channels that want an ad require of it.
    pub channels: &'a [Requirements],
    /// What collective agreements pay.
    pub tariffs: &'a Tariffs,
}

/// Whether the site hands search engines a `JobPosting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructuredData {
    /// A channel makes it.
    Made,
    /// No channel of ours does.
    NotByUs,
}

/// Remarks on a posting and its translations. Nothing is remarked of an ad that is over, except
/// that it is, nor of a page that offers no position, which is said where it is read.
pub fn posting(posting: &Posting, around: &Around<'_>) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    for page in std::iter::once(posting).chain(posting.translations.values().map(Arc::as_ref)) {
        page_remarks(page, around, &mut remarks);
    }
    if offers_something(posting) {
        contradiction::versions::translations(posting, &mut remarks);
    }
    remarks
}

/// Remarks on where the PDF of an ad, read as if it were a page, says otherwise than the page.
pub fn pdf(page: &Posting, pdf: &Posting) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    if offers_something(page) {
        contradiction::versions::pdf(page, pdf, &mut remarks);
    }
    remarks
}

/// Remarks on what only shows beside the other ads of the site.
pub fn together(postings: &[&Posting]) -> Vec<Diagnostic> {
    let open: Vec<&Posting> =
        postings.iter().copied().filter(|posting| offers_something(posting)).collect();
    employer::contacts(&open)
}

fn offers_something(page: &Posting) -> bool {
    !matches!(page.availability, Availability::Closed(_) | Availability::NoOpening(_))
}

fn page_remarks(page: &Posting, around: &Around<'_>, remarks: &mut Vec<Diagnostic>) {
    if !offers_something(page) {
        return;
    }
    if let Some(over) = dates::over(page, around.today, around.timezone) {
        remarks.push(over);
        return;
    }
    let body = Body::of(&page.source);
    dates::check(page, around.timezone, remarks);
    contradiction::check(page, &body, around.languages, remarks);
    spelling::check(page, &body, remarks);
    leftover::check(page, &body, remarks);
    employer::check(page, &body, remarks);
    comments::check(page, remarks);
    links::check(page, &body, remarks);
    markup::check(page, &body, remarks);
    images::check(page, &body, remarks);
    characters::check(page, &body, remarks);
    search::check(page, around.structured_data, remarks);
    channels::check(page, around.channels, remarks);
    gender::check(page, &body, remarks);
    age::check(page, &body, remarks);
    pay::check(page, around.tariffs, remarks);
    public::check(page, &body, remarks);
}

/// Where a field stands on the page; its beginning for what stands nowhere.
fn place<T>(field: &Field<T>) -> Span {
    match field.origin {
        Origin::Declared(span) | Origin::Inferred(span) => span,
        Origin::Default => Span::default(),
    }
}

/// The first line of a page, for what concerns all of it.
fn first_line(source: &Source) -> Span {
    Span::new(0, source.text.lines().next().map_or(0, str::len))
}
