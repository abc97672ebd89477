//! Two pay groups of a collective agreement for one position.

use std::collections::BTreeSet;

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// A pay group of a German collective agreement, with its number.
static GROUP: Pattern = Pattern::new(
    r"(?x) \b (?: E | EG | (?i:entgeltgruppe|pay\ group|salary\ group) ) [\ .-]? (?:E\ ?)?
        (?P<group> [2-9][abcü]? | 1[0-5][abü]? ) \b",
);

/// That the group is one of a collective agreement.
static AGREEMENT: Pattern =
    Pattern::new(r"\bTV[- –]?(?:L|H|V-L|öD|ÖD|oeD)\b|(?i:entgeltgruppe|pay group|salary group)");

pub(super) fn check(page: &Posting, text: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(scheme) = &page.facts.pay_scheme else { return };
    let Some(taken) = group_in(&scheme.value) else { return };
    let mut other = None;
    for found in GROUP.captures_iter(text.text()) {
        let (Some(whole), Some(group)) = (found.get(0), found.name("group")) else { continue };
        let line = text.line(whole.range());
        if !AGREEMENT.is_match(line) {
            continue;
        }
        // "E13 or E14, depending on experience" leaves it open, and so does the page then.
        let on_line: BTreeSet<_> = GROUP
            .captures_iter(line)
            .filter_map(|it| it.name("group").map(|it| it.as_str().to_lowercase()))
            .collect();
        if on_line.len() > 1 {
            return;
        }
        if group.as_str().to_lowercase() != taken {
            other.get_or_insert(whole);
        }
    }
    let Some(other) = other else { return };
    let message = format!(
        "the page says two different things about the pay: {} here, {} {}",
        other.as_str(),
        scheme.value,
        super::on_line(page, place(scheme)),
    );
    remarks.push(
        Diagnostic::warning("facts::pay-differs", message)
            .at(&page.source, text.span(other.range()))
            .label(format!("{} is taken", scheme.value))
            .help("make both say the same"),
    );
}

/// The one group in a scheme such as `TV-L E13`.
fn group_in(scheme: &str) -> Option<String> {
    let mut groups = GROUP.captures_iter(scheme).filter_map(|it| it.name("group"));
    let group = groups.next()?.as_str().to_lowercase();
    (groups.next().is_none() && !scheme.contains('/')).then_some(group)
}
