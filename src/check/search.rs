//! What search engines require of a job ad, and the page does not say.
//!
//! Source: Google, "Learn about JobPosting schema markup", required properties, and `validThrough`
//! where an ad expires.
//! <https://developers.google.com/search/docs/appearance/structured-data/job-posting>

use super::{StructuredData, first_line};
use crate::diagnostic::{Diagnostic, Severity};
use crate::posting::Posting;

pub(super) fn check(page: &Posting, data: StructuredData, remarks: &mut Vec<Diagnostic>) {
    let facts = &page.facts;
    let expires = facts.deadline.is_some() || page.expires_at.is_some();
    let required = [
        ("title", "`title`", facts.title.is_some()),
        ("description", "the ad's own words", !page.document.blocks.is_empty()),
        ("hiringOrganization", "`organisation` under `job:`", facts.organisation.is_some()),
        ("jobLocation", "`country` under `job:`", facts.country.is_some()),
        ("datePosted", "`date`", page.date.is_some()),
        ("validThrough", "`deadline` under `job:`", expires),
    ];
    let missing: Vec<_> = required.iter().filter(|(_, _, is_there)| !is_there).collect();
    if missing.is_empty() {
        return;
    }
    // An ad without a deadline may never expire; only its author knows.
    let is_certain = missing.iter().any(|(name, _, _)| *name != "validThrough");
    let severity = match data {
        StructuredData::Made if is_certain => Severity::Warning,
        StructuredData::Made | StructuredData::NotByUs => Severity::Notice,
    };
    let join = |words: Vec<&str>| words.join(", ");
    let names = join(missing.iter().map(|(name, _, _)| *name).collect());
    let keys = join(missing.iter().map(|(_, key, _)| *key).collect());
    remarks.push(
        Diagnostic::new(
            severity,
            "search::missing",
            format!("search engines want what this page does not say: {names}"),
        )
        .at(&page.source, first_line(&page.source))
        .help(format!(
            "add {keys}; what is true of all ads can stand under `[defaults]` in handbill.toml"
        )),
    );
}
