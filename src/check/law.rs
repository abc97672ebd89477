//! Whose law an ad comes under, as far as the page says.

use crate::posting::Posting;

/// The members of the European Union (ISO 3166-1).
const EUROPEAN_UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Whether the work is in Germany; where no country is known, an ad in German counts.
pub(super) fn is_german(page: &Posting) -> bool {
    match &page.facts.country {
        Some(country) => country.value == "DE",
        None => page.language == "de",
    }
}

/// Whether the work is certainly in the European Union.
pub(super) fn is_european(page: &Posting) -> bool {
    let country = page.facts.country.as_ref();
    country.is_some_and(|it| EUROPEAN_UNION.contains(&it.value.as_str()))
}
