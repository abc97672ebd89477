//! Ads in the European Union that say nothing of the pay, or name the agreement and no amount.
//!
//! Source: Directive (EU) 2023/970, Article 5(1): applicants are told the initial pay or its range,
//! and the collective agreement where there is one, in the ad or otherwise in good time.

use super::tariff::{PayRange, Tariffs};
use super::{first_line, law, place};
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// Words of pay in the languages of Handbill; any of them is enough.
static PAY: Pattern = Pattern::new(
    r"(?xi) € | \b (?: eur | euros? | tv-?[a-zöäü]{1,4} | salar | stipend | remunerat | wages? \b
        | pay \b | paid \b | scholarship | fellowship | gross \b | vergüt | vergut | besoldung | entgelt
        | gehalt | lohn | brutto | bezahl | dotier | stipendi | e \s? 1[0-5] \b | w \s? [123] \b
        | rémun | salair | traitement | bourse | gratification | retribu | sueldo | beca \b | stipendi
        | borsa | assegno | salaris | loon | bruto )",
);

/// An amount of money.
static AMOUNT: Pattern =
    Pattern::new(r"(?i)(?:€|\beur(?:os?)?\b)\s*[0-9]|[0-9][0-9.,' –-]*\s*(?:€|\beur(?:os?)?\b)");

pub(super) fn check(page: &Posting, tariffs: &Tariffs, remarks: &mut Vec<Diagnostic>) {
    if !law::is_european(page) {
        return;
    }
    // Anywhere on the page, keys of a theme of its own included.
    if page.facts.pay_scheme.is_none() && !PAY.is_match(&page.source.text) {
        remarks.push(
            Diagnostic::notice("law::pay-range", "the ad says nothing of the pay")
                .at(&page.source, first_line(&page.source))
                .help(
                    "name the range, and the collective agreement where there is one; with the \
                     group, the share and the start (`TV-L E13`, `75 %`, `2027-01`) the range is \
                     offered here",
                ),
        );
        return;
    }
    if let Some(scheme) = &page.facts.pay_scheme
        && let Some(range) = tariffs.range(page)
        && !AMOUNT.is_match(&page.source.text)
    {
        let PayRange { step, from, .. } = range;
        let message = format!("the ad names {} and no amount", range.scheme);
        remarks.push(
            Diagnostic::notice("law::pay-amount", message).at(&page.source, place(scheme)).help(
                format!(
                    "say what it comes to, for example \"{}\" (steps 1 to {step}, by the table \
                     from {from})",
                    range.in_words()
                ),
            ),
        );
    }
}
