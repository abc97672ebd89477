//! What other versions of an ad say: its other languages, and its PDF.

use crate::check::place;
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::{Deadline, Facts, Field, Origin, Posting, Start};

/// A fact that two versions state, and not alike: each with its words and their place.
struct Difference {
    what: &'static str,
    ours: (String, Span),
    theirs: (String, Span),
}

/// Where the other languages of an ad differ from its page.
pub(in crate::check) fn translations(posting: &Posting, remarks: &mut Vec<Diagnostic>) {
    for other in posting.translations.values() {
        for Difference { what, ours, theirs } in differences(&posting.facts, &other.facts) {
            let (line, _) = posting.source.line_and_column(ours.1.start);
            let message = format!(
                "the {what} is {} here, and {} on line {line} of `{}`",
                theirs.0,
                ours.0,
                posting.source.path.display()
            );
            remarks.push(
                Diagnostic::warning("facts::translation-differs", message)
                    .at(&other.source, theirs.1)
                    .help("make both languages say the same: copies go out in both"),
            );
        }
    }
}

/// Where the PDF of an ad differs from its page.
pub(in crate::check) fn pdf(page: &Posting, pdf: &Posting, remarks: &mut Vec<Diagnostic>) {
    for Difference { what, ours, theirs } in differences(&page.facts, &pdf.facts) {
        let name = pdf.source.path.display();
        let message = format!("the {what} is {} here, and {} in `{name}`", ours.0, theirs.0);
        remarks.push(
            Diagnostic::warning("facts::pdf-differs", message)
                .at(&page.source, ours.1)
                .help("make both say the same, or remove the old PDF"),
        );
    }
}

/// The facts that both state, and that cannot both be true.
fn differences(ours: &Facts, theirs: &Facts) -> Vec<Difference> {
    let same_pay = |one: &String, other: &String| {
        one.starts_with(other.as_str()) || other.starts_with(one.as_str())
    };
    let same_share = |one: &f64, other: &f64| (one - other).abs() < 0.01;
    let share = |share: &f64| format!("{share} %");
    let same_number = |one: &String, other: &String| letters(one) == letters(other);
    let (number, pay) = ("reference number", "pay");
    [
        difference("start", &ours.start, &theirs.start, starts_alike, Start::to_string),
        difference("deadline", &ours.deadline, &theirs.deadline, Deadline::eq, Deadline::to_string),
        difference("workload", &ours.workload_percent, &theirs.workload_percent, same_share, share),
        difference(pay, &ours.pay_scheme, &theirs.pay_scheme, same_pay, String::clone),
        difference(number, &ours.reference, &theirs.reference, same_number, String::clone),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A value that is missing, or the same for all pages of the site, contradicts nothing.
fn difference<T>(
    what: &'static str,
    ours: &Option<Field<T>>,
    theirs: &Option<Field<T>>,
    are_alike: impl Fn(&T, &T) -> bool,
    written: impl Fn(&T) -> String,
) -> Option<Difference> {
    let stated = |field: &Field<T>| field.origin != Origin::Default;
    let ours = ours.as_ref().filter(|it| stated(it))?;
    let theirs = theirs.as_ref().filter(|it| stated(it))?;
    let shown = |field: &Field<T>| (written(&field.value), place(field));
    let differ = !are_alike(&ours.value, &theirs.value);
    differ.then(|| Difference { what, ours: shown(ours), theirs: shown(theirs) })
}

/// Whether two starts can both be true: a month and a day in it can, and "as soon as possible" says
/// nothing against a date.
fn starts_alike(one: &Start, other: &Start) -> bool {
    let (Start::On(one), Start::On(other)) = (one, other) else { return true };
    let (one, other) = (one.to_string(), other.to_string());
    one.starts_with(&other) || other.starts_with(&one)
}

fn letters(number: &str) -> String {
    number.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
