//! The page on which to apply.

use url::Url;

use super::pattern::Pattern;
use super::prose::Prose;
use crate::posting::{Field, Origin};

/// Words of a link that lead to a form.
static LINK_WORDS: Pattern = Pattern::new(
    r"(?ix)^(?: (?:please\ |how\ to\ )? apply\b.*
        | (?:online\ )? application (?:\ (?:form|portal|system|page|website|link|site))?
        | submit\ .* application.*
        | (?:jetzt\ |online\ |hier\ )? bewerben\b.*
        | (?:online-?)? bewerbung (?:s(?:formular|portal|seite))? )$",
);

/// Words before a link that says only "here", or its own address.
static LEAD: Pattern = Pattern::new(
    r"(?ix) \b (?: apply
        | applications?\b [^.]* \b (?:via|through|using|at|under|to)
        | submit (?:ted)?
        | bewerben | bewerb\S*\ [^.]* (?:über|unter|auf|via|hier) ) \b [^.;]* $",
);

static BARE: Pattern = Pattern::new(
    r"(?ix)^(?: https?://\S+ | www\.\S+ | here | hier | online | link | this\ (?:link|page)
        | (?:this\ |the\ |our\ )? (?:online\ )? (?:form|portal|system|website)
        | formular | online-?portal | bewerbungsportal )$",
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
