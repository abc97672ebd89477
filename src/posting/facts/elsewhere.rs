//! Whether the ad itself stands on the page, or the page only leads to it: to a PDF, or to the
//! employer's portal.

use super::pattern::Pattern;
use super::prose::{Prose, Role};
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::front_matter::Value;
use crate::posting::page::Page;

/// More letters than this say something of the position.
const FEW: usize = 120;

static PDF: Pattern = Pattern::new(r"(?i)\.pdf(?:$|[?#])");

static PDF_WORDS: Pattern = Pattern::new(r"(?i)\bpdf\b");

/// A remark on a page whose own words say next to nothing, with what it leads to.
pub fn remark(prose: &Prose, page: &Page) -> Option<Diagnostic> {
    let letters: usize = prose
        .texts()
        .map(|passage| {
            let linked: usize = passage.links.iter().map(|link| link.range.len()).sum();
            passage.text.len().saturating_sub(linked)
        })
        .sum();
    if letters > FEW {
        return None;
    }
    let (what, span) = pdf(prose, page).or_else(|| link(prose))?;
    let message = format!("the ad itself is not on this page, which only leads to {what}");
    Some(
        Diagnostic::warning("facts::ad-elsewhere", message)
            .at(&page.source, span)
            .label("not read")
            .help("write on the page what the position is about, or its facts under `job:`"),
    )
}

fn pdf(prose: &Prose, page: &Page) -> Option<(&'static str, Span)> {
    const WHAT: &str = "a PDF";
    let linked = prose.texts().find_map(|passage| {
        let link = passage.links.iter().find(|link| PDF.is_match(&link.url))?;
        Some((WHAT, prose.span(passage, link.range.clone())))
    });
    let field = || {
        let is_file =
            |value: &Value| matches!(value, Value::Text(text) if PDF.is_match(text.trim()));
        let entry = page.front.entries.iter().find(|entry| is_file(&entry.node.value))?;
        Some((WHAT, entry.node.span))
    };
    // A viewer or button whose address only the website can fill in.
    let named = || {
        let body = prose.passages().filter(|it| matches!(it.role, Role::Heading | Role::Text));
        let mut named = body.filter_map(|passage| {
            let words = PDF_WORDS.find(&passage.text)?;
            Some((WHAT, prose.span(passage, words.range())))
        });
        named.next()
    };
    linked.or_else(field).or_else(named)
}

/// The only link of the page, where it leads to another site.
fn link(prose: &Prose) -> Option<(&'static str, Span)> {
    let mut links = prose.texts().flat_map(|passage| {
        let outward = passage.links.iter().filter(|link| link.url.starts_with("http"));
        outward.map(move |link| (passage, link))
    });
    let (passage, link) = links.next()?;
    let only = links.all(|(_, other)| other.url == link.url);
    only.then(|| ("another page", prose.span(passage, link.range.clone())))
}
