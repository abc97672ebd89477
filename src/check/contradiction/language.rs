//! A page whose words are in another language than it, or its place on the site, says.

use crate::check::first_line;
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::{Posting, front_matter};

/// Where generators are told the language of a page.
const KEYS: [&str; 3] = ["lang", "language", "locale"];

/// `languages` are those of the site. Where it has one and the page says nothing, nobody has said
/// anything of this page's language.
pub(super) fn check(page: &Posting, languages: &[String], remarks: &mut Vec<Diagnostic>) {
    let (words, said) = (page.language.as_str(), page.site_language.as_str());
    // `de-at` and `de` are one language here.
    let main = |code: &str| code.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    let declared = declared(page);
    if main(words) == main(said) || (declared.is_none() && languages.len() < 2) {
        return;
    }
    let message =
        format!("the site takes this page for one in `{said}`, and its words are in `{words}`");
    remarks.push(
        Diagnostic::notice("facts::language-differs", message)
            .at(&page.source, declared.unwrap_or_else(|| first_line(&page.source)))
            .help(format!(
                "say `lang: {words}` in its front matter, or put it where the site has that \
                 language; nothing, if this page is meant to be in another"
            )),
    );
}

/// Where the page itself says its language.
fn declared(page: &Posting) -> Option<Span> {
    let front = front_matter::read(&page.source, &mut Vec::new())?;
    KEYS.iter().find_map(|key| front.table.text(key)).map(|(_, span)| span)
}
