//! Ads in the European Union that say nothing of the pay.
//!
//! Source: Directive (EU) 2023/970, Article 5(1): applicants are told the initial pay or its range,
//! and the collective agreement where there is one, in the ad or otherwise in good time.

use super::{first_line, law};
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

pub(super) fn check(page: &Posting, remarks: &mut Vec<Diagnostic>) {
    // Anywhere on the page, keys of a theme of its own included.
    let says_pay = page.facts.pay_scheme.is_some() || PAY.is_match(&page.source.text);
    if says_pay || !law::is_european(page) {
        return;
    }
    remarks.push(
        Diagnostic::notice("law::pay-range", "the ad says nothing of the pay")
            .at(&page.source, first_line(&page.source))
            .help("name the range, and the collective agreement where there is one"),
    );
}
