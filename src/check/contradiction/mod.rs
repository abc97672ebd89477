//! Two statements of an ad that cannot both be true: within the page, between its languages, and
//! between the page and its PDF.
//!
//! Start, deadline and workload are compared where they are read (`posting::facts`). Here stands
//! what needs the page as a whole. Where a page offers several positions, two values are none.

mod contact;
mod count;
mod degree;
mod hours;
mod language;
mod pay;
mod position;
mod reference;
mod title;
pub(super) mod versions;

use super::body::Body;
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::Posting;

pub(super) fn check(
    page: &Posting,
    body: &Body,
    languages: &[String],
    remarks: &mut Vec<Diagnostic>,
) {
    let text = body.with_front_matter(page);
    contact::check(page, body, remarks);
    language::check(page, languages, remarks);
    reference::check(page, &text, remarks);
    title::check(page, body, remarks);
    count::check(page, &text, body, remarks);
    if count::offers_several(page, &text) {
        return;
    }
    position::check(page, body, remarks);
    degree::check(page, body, remarks);
    pay::check(page, &text, remarks);
    hours::check(page, &text, remarks);
}

/// "on line 12", for the other of two places.
fn on_line(page: &Posting, span: Span) -> String {
    let (line, _) = page.source.line_and_column(span.start);
    format!("on line {line}")
}
