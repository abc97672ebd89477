//! The page on which to apply.

use url::Url;

use super::prose::{Pattern, Prose};
use crate::posting::{Field, Origin};

/// Words of a link that lead to a form.
static LINK_WORDS: Pattern = Pattern::new(
    r"(?i)^(?:please |how to )?(?:apply\b.*|(?:online )?application(?: (?:form|portal|system|page|website|link|site))?|submit .{0,30}application.*|(?:jetzt |online |hier )?bewerben\b.*|(?:online-?)?bewerbung(?:s(?:formular|portal|seite))?)$",
);

/// Words before a link that says only "here", or its own address.
static LEAD: Pattern = Pattern::new(
    r"(?i)(?:\bapply|\bapplications?\b[^.]{0,60}\b(?:via|through|using|at|under|to)|\bsubmit(?:ted)?|\bbewerben|\bbewerb\w*[^.]{0,60}(?:über|unter|auf|via|hier))\b[^.;]{0,50}$",
);

static BARE: Pattern = Pattern::new(
    r"(?i)^(?:https?://\S+|www\.\S+|here|hier|online|this (?:link|form|page|portal|website)|(?:this |the |our )?(?:online )?(?:form|portal|system|website)|link|formular|online-?portal|bewerbungsportal)$",
);

/// A file to fill in is no page on which to apply.
static FILE: Pattern = Pattern::new(r"(?i)\.(?:pdf|docx?|odt|png|jpe?g)$");

pub fn infer(prose: &Prose, permalink: &Url) -> Option<Field<Url>> {
    prose.texts().find_map(|passage| {
        passage.links.iter().find_map(|link| {
            let words = passage.text.get(link.range.clone())?.trim();
            let before = passage.before(link.range.start, 100);
            let meant = LINK_WORDS.is_match(words) || BARE.is_match(words) && LEAD.is_match(before);
            let url = permalink.join(&link.url).ok()?;
            let page = matches!(url.scheme(), "http" | "https") && !FILE.is_match(url.path());
            // A link into this very page leads nowhere new.
            let elsewhere = !link.url.starts_with('#');
            (meant && page && elsewhere)
                .then(|| Field::new(url, Origin::Inferred(prose.span(passage, link.range.clone()))))
        })
    })
}
