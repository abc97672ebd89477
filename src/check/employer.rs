//! What was left from the ad of another employer, or of another lab of the same site.

use std::collections::BTreeMap;

use super::body::Body;
use super::place;
use crate::diagnostic::Diagnostic;
use crate::posting::facts::pattern::Pattern;
use crate::posting::{Field, Posting};

/// Sentences that each university has its own of, and that go from ad to ad.
static FORMULA: Pattern = Pattern::new(
    r"(?xi) equal\ opportunit | committed\ to | diversity | severe(?:ly)?\ disab | women
        | chancengleichheit | gleichstellung | schwerbehindert | frauenförder | familiengerecht
        | égalité | igualdad | parità",
);

/// A university by its place, behind the word or before it.
static UNIVERSITY_OF: Pattern = Pattern::new(
    r"(?x) \b (?: University\ of | Universität (?:\ (?:zu|in|der))? | Université\ de | Universidad\ de
            | Università\ di ) \ (?P<place> [A-ZÀ-ÞĀ-ɏ][A-Za-zÀ-ɏ-]{2,} )",
);
static PLACE_UNIVERSITY: Pattern =
    Pattern::new(r"\b(?P<place>[A-ZÀ-ÞĀ-ɏ][A-Za-zÀ-ɏ-]{2,}) University\b");

/// Words before "University" that name no place.
const NO_PLACE: [&str; 8] =
    ["The", "Our", "This", "Technical", "State", "Open", "Medical", "Applied"];

/// How many other ads have to agree before one that differs is remarked.
const OTHERS: usize = 3;

/// A page that names more universities than this is a list of them.
const MANY: usize = 50;

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(employer) = &page.facts.organisation else { return };
    // Most of a name is not enough to tell two universities apart; a place in it is.
    let forms = [&UNIVERSITY_OF, &PLACE_UNIVERSITY];
    if !forms.iter().any(|form| form.is_match(&employer.value)) {
        return;
    }
    let facts = &page.facts;
    let known = [&facts.organisation, &facts.unit, &facts.city, &facts.title].into_iter().flatten();
    let known = known.map(|it| it.value.to_lowercase()).collect::<Vec<_>>().join(" ");
    let named = forms.iter().flat_map(|form| form.captures_iter(body.text()));
    for found in named.take(MANY) {
        let (Some(whole), Some(named)) = (found.get(0), found.name("place")) else { continue };
        let name = named.as_str();
        if NO_PLACE.contains(&name)
            || known.contains(&name.to_lowercase())
            || !FORMULA.is_match(body.sentence(whole.range()))
        {
            continue;
        }
        // A partner of the project is named where the project is told of, too.
        if body.text().matches(name).count() > 1 {
            continue;
        }
        let (line, _) = page.source.line_and_column(place(employer).start);
        let message = format!(
            "this sentence is of `{}`, and the employer is `{}`{}",
            whole.as_str(),
            employer.value,
            if place(employer).end == 0 { String::new() } else { format!(" on line {line}") }
        );
        remarks.push(
            Diagnostic::warning("leftover::other-employer", message)
                .at(&page.source, body.span(whole.range()))
                .help("it was most likely left from another ad: write your own"),
        );
        return;
    }
}

/// Ads whose contact is at another domain than that of all the other ads of the site.
pub(super) fn contacts(postings: &[&Posting]) -> Vec<Diagnostic> {
    let mut by_domain: BTreeMap<String, Vec<&Posting>> = BTreeMap::new();
    for posting in postings {
        if let Some(domain) = domain(&posting.facts.contact_emails) {
            by_domain.entry(domain).or_default().push(posting);
        }
    }
    let mut remarks = Vec::new();
    let [(one, few), (other, many)] = {
        let mut domains: Vec<_> = by_domain.into_iter().collect();
        domains.sort_by_key(|(_, postings)| postings.len());
        match <[_; 2]>::try_from(domains) {
            Ok(domains) => domains,
            Err(_) => return remarks,
        }
    };
    if let ([posting], true) = (few.as_slice(), many.len() >= OTHERS)
        && let Some(emails) = &posting.facts.contact_emails
    {
        let message = format!(
            "the contact of this ad is at `{one}`, those of the other {} at `{other}`",
            many.len()
        );
        remarks.push(
            Diagnostic::notice("leftover::other-contact", message)
                .at(&posting.source, place(emails))
                .help("nothing, if it is right; otherwise it was left from another ad"),
        );
    }
    remarks
}

/// The domain of all addresses, without what stands before its last two parts.
fn domain(emails: &Option<Field<Vec<String>>>) -> Option<String> {
    let mut domains =
        emails.as_ref()?.value.iter().filter_map(|it| it.split_once('@')).map(|(_, domain)| {
            let mut parts: Vec<&str> = domain.rsplit('.').take(2).collect();
            parts.reverse();
            parts.join(".")
        });
    let first = domains.next()?;
    domains.all(|it| it == first).then_some(first)
}
