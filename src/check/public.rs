//! What ads of public employers in Germany say by law or by the rules of their state.
//!
//! Source: § 165 SGB IX (public employers invite severely disabled applicants); the equality laws of
//! the states, for example § 8 LGG NRW. Only for ads in Germany of employers that are public by
//! their name.

use super::body::Body;
use super::{law, place};
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// Employers that are public by their name.
static PUBLIC: Pattern = Pattern::new(
    r"(?xi) \b (?: universität (?:s (?:klinikum|medizin) )? | university | hochschule | klinikum\ der
        | ministerium | bundes (?:amt|anstalt|institut) | landesamt | stadtverwaltung ) ",
);

/// Universities and colleges that are not.
static PRIVATE: Pattern = Pattern::new(
    r"(?xi) \b (?: privat | constructor\ university | jacobs\ university | witten | bucerius | zeppelin
        | hertie | esmt | whu | ebs | frankfurt\ school | srh | iu\b | kühne | steinbeis | gmbh )",
);

static DISABILITY: Pattern = Pattern::new(
    r"(?i)schwerbehind|behinderung|disabilit|disabled|sgb ?ix|gleichgestellt|handicap|inklusion",
);

static EQUALITY: Pattern = Pattern::new(
    r"(?xi) \b (?: wom[ae]n | frauen | female | equal (?:ity)? | equal\ opportunit | gleichstell | gleichberecht
        | chancengleich | chancengerecht | diversity | diversität | vielfalt | genders? \b | geschlecht )",
);

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(employer) = &page.facts.organisation else { return };
    if !law::is_german(page)
        || !PUBLIC.is_match(&employer.value)
        || PRIVATE.is_match(&employer.value)
    {
        return;
    }
    let notices = [
        ("severely disabled applicants", &DISABILITY),
        ("the equality of women and men", &EQUALITY),
    ];
    let missing: Vec<&str> =
        notices.iter().filter(|(_, words)| !words.is_match(body.text())).map(|it| it.0).collect();
    if missing.is_empty() {
        return;
    }
    let message = format!(
        "`{}` is a public employer, and its ad says nothing of {}",
        employer.value,
        missing.join(" and ")
    );
    let at = match place(employer) {
        span if span.end == 0 => super::first_line(&page.source),
        span => span,
    };
    remarks.push(
        Diagnostic::notice("law::public-employer", message)
            .at(&page.source, at)
            .help("add the sentences that your personnel office gives for ads"),
    );
}
