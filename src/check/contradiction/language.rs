//! A page whose words are in another language than the site says.

use crate::check::first_line;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;

pub(super) fn check(page: &Posting, remarks: &mut Vec<Diagnostic>) {
    let (words, said) = (page.language.as_str(), page.site_language.as_str());
    // `de-at` and `de` are one language here.
    let main = |code: &str| code.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    if main(words) == main(said) {
        return;
    }
    let message =
        format!("the site takes this page for one in `{said}`, and its words are in `{words}`");
    remarks.push(
        Diagnostic::notice("facts::language-differs", message)
            .at(&page.source, first_line(&page.source))
            .help(format!(
                "say `lang: {words}` in its front matter, or put it where the site has that \
                 language; nothing, if this page is meant to be in another"
            )),
    );
}
