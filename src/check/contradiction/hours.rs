//! Hours a week that are another share of a full-time position than the page says.

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

static HOURS: Pattern = Pattern::new(
    r"(?xi) \b (?P<hours> [1-9][0-9]? (?: [.,][0-9]{1,2} )? ) [\ -]?
        (?: h | hrs?\.? | hours? | std\.? | stunden ) \s?
        (?: / | per\ | a\ | pro\ | je\ | in\ der\ )? \s? (?: week (?:ly)? | woche | wöchentlich ) \b",
);

/// Full-time weeks lie between these, whatever the agreement: 35 hours in some industries, 42 for
/// physicians at university hospitals (TV-Ärzte, section 7).
const FULL_TIME: (f64, f64) = (35.0, 42.0);

pub(super) fn check(page: &Posting, text: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(share) = &page.facts.workload_percent else { return };
    for found in HOURS.captures_iter(text.text()) {
        let (Some(whole), Some(hours)) = (found.get(0), found.name("hours")) else { continue };
        let Ok(hours) = hours.as_str().replace(',', ".").parse::<f64>() else { continue };
        // From 35 hours on it may be the full-time week that the share is a share of.
        if hours >= FULL_TIME.0 || text.sentence(whole.range()).contains("teach") {
            continue;
        }
        let (least, most) = (100.0 * hours / FULL_TIME.1, 100.0 * hours / FULL_TIME.0);
        if (least - 1.0..=most + 1.0).contains(&share.value) {
            continue;
        }
        let message = format!(
            "{} are about {least:.0} to {most:.0} % of a full-time week, and the page says {} % {}",
            whole.as_str(),
            share.value,
            super::on_line(page, place(share)),
        );
        remarks.push(
            Diagnostic::warning("facts::workload-differs", message)
                .at(&page.source, text.span(whole.range()))
                .help("make both say the same"),
        );
        return;
    }
}
