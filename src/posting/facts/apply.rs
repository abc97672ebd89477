//! The page on which to apply.

use url::Url;

use super::labels::FieldKey;
use super::pattern::Pattern;
use super::prose::{Link, Passage, Prose};
use super::sentence;
use super::words::Phrases;
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

/// The same in all languages, from the lists of words.
static LINK_PHRASES: Phrases = Phrases::between(
    r"(?i)^[^0-9A-Za-zÀ-ɏ]*(?:(?:see|view|go to|the|our|this|le|la|il|zur|zum|de|naar) )*$",
    "apply.link",
    r"[^0-9A-Za-zÀ-ɏ]*$",
);

/// Words of all languages before a link that make it the place to apply.
static LEAD_PHRASES: Phrases = Phrases::followed("apply.lead", r"[^.;]{0,90}$");

/// The same anywhere in a sentence: "see the call, and follow it to apply".
static APPLYING: Phrases = Phrases::of("apply.lead");

/// Words right before a link that make it the way on which something goes, and an article or the
/// kind of the place between: "via the \[careers page\]", "tramite la piattaforma \[PICA\]".
static THROUGH: Pattern = Pattern::new(
    r"(?ix) \b (?: via | through | using | tramite | attraverso | mediante | a\ través\ de | über | sur | à\ travers )
        (?: \ (?:the|our|this|their|le|la|les|il|lo|el|los|het|de|das|den|die|unser(?:e[nms]?)?|notre|onze|nostro|nostra|nuestro|nuestra|site|sitio|sito|portal|portail|portale|plataforma|piattaforma|plateforme|page|pagina|página|website|web|system|university['’]s) ){0,4}
        \ [\x22“«(]? $",
);

/// Words of a sentence in which an application goes somewhere.
static SENDING: Phrases = Phrases::of("apply.sending");

static BARE: Pattern = Pattern::new(
    r"(?ix)^(?: https?://\S+ | www\.\S+ | here\.? | hier | deze\ (?:link|pagina) | diese[nmrs]?\ (?:link|formular|seite)
        | ce\ (?:lien|formulaire) | este\ enlace | questo\ (?:link|modulo) | ici | aquí | qui | online | link | call
        | this\ (?:link|page)
        | (?:\S+\ ){0,5} (?: form | portal[e]? | portail | formulaire | formulario | formulier | modulo | system | website | (?:job\ )?site )
        | formular | online-?portal | bewerbungsportal )$",
);

static ADDRESS: Pattern = Pattern::new(r"(?i)^(?:https?://|www\.)\S+$");

/// A file to fill in is no page on which to apply.
static FILE: Pattern = Pattern::new(r"(?i)\.(?:pdf|docx?|odt|png|jpe?g)$");

/// Pages about something, which nobody applies on.
const ELSEWHERE: [&str; 10] = [
    "wikipedia.org",
    "github.com",
    "github.io",
    "gitlab.com",
    "arxiv.org",
    "doi.org",
    "youtube.com",
    "twitter.com",
    "x.com",
    "linkedin.com",
];

/// The front matter's own field, else a link whose words say that one applies there, else one
/// behind such words, else an address that stands alone as what the page leads to.
pub fn infer(prose: &Prose, permalink: &Url) -> Option<Field<Url>> {
    let of_field = || {
        prose.fields(FieldKey::Apply).find_map(|field| {
            let url = Url::parse(&field.text).ok().filter(leads_on)?;
            Some(Field::new(url, Origin::Inferred(field.span)))
        })
    };
    of_field()
        .or_else(|| find(prose, permalink, says_so))
        .or_else(|| find(prose, permalink, is_led_to))
        .or_else(|| find(prose, permalink, stands_alone))
}

fn find(
    prose: &Prose,
    permalink: &Url,
    meant: impl Fn(&Passage, &Link) -> bool,
) -> Option<Field<Url>> {
    prose.texts().find_map(|passage| {
        passage.links.iter().find_map(|link| {
            // A link into this very page leads nowhere new.
            if link.url.starts_with('#') || !meant(passage, link) {
                return None;
            }
            let url = permalink.join(&link.url).ok().filter(leads_on)?;
            Some(Field::new(url, Origin::Inferred(prose.span(passage, link.range.clone()))))
        })
    })
}

/// Whether an address can be that of a page on which to apply.
fn leads_on(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && !FILE.is_match(url.path())
}

fn words_of<'a>(passage: &'a Passage, link: &Link) -> &'a str {
    passage.text.get(link.range.clone()).unwrap_or_default().trim()
}

fn says_so(passage: &Passage, link: &Link) -> bool {
    let words = words_of(passage, link);
    let before = passage.before(link.range.start, 240);
    let sentence = before.get(sentence::last_start(before)..).unwrap_or_default();
    if THROUGH.find(sentence).is_some_and(|it| SENDING.is_match(&sentence[..it.start()])) {
        return true;
    }
    let led = BARE.is_match(words) && LEAD.is_match(passage.before(link.range.start, 200));
    led || LINK_WORDS.is_match(words) || LINK_PHRASES.is_match(words) && !is_home(link)
}

fn is_led_to(passage: &Passage, link: &Link) -> bool {
    let words = words_of(passage, link);
    let led = || LEAD_PHRASES.is_match(passage.before(link.range.start, 100));
    let called = || words.eq_ignore_ascii_case("call") && APPLYING.is_match(&passage.text);
    BARE.is_match(words) && !is_home(link) && (led() || called())
}

fn stands_alone(passage: &Passage, link: &Link) -> bool {
    let words = words_of(passage, link);
    let alone = link.range.len() * 10 >= passage.text.len() * 9;
    alone && ADDRESS.is_match(words) && !is_home(link)
}

/// The first page of a site, or a site where nobody applies.
fn is_home(link: &Link) -> bool {
    Url::parse(&link.url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let is_elsewhere = ELSEWHERE.iter().any(|site| {
            host == *site || host.strip_suffix(site).is_some_and(|it| it.ends_with('.'))
        });
        is_elsewhere || url.path().trim_matches('/').is_empty() && url.query().is_none()
    })
}
