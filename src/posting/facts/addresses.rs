//! The addresses of a page, also disguised ones, and what one writes to each of them about.

use std::ops::Range;

use super::pattern::Pattern;
use super::prose::Passage;
use super::sentence;
use super::text::Searched;
use super::words::Phrases;

static ADDRESS: Pattern =
    Pattern::new(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}");

/// `name [at] uni [dot] example`, and `name at uni dot example` where a dot is spelled out.
static DISGUISED: Pattern = Pattern::new(concat!(
    r"(?P<local>[A-Za-z0-9][A-Za-z0-9._+-]*(?: ?[\[({](?i:dot|punkt)[\])}] ?[A-Za-z0-9_+-]+)*)",
    r"(?: ?[\[({<] ?(?:(?i:at|ät|arroba|arobase|chiocciola|apenstaartje)|@) ?[\])}>] ?(?P<domain>[A-Za-z0-9-]+(?:(?:\.| ?[\[({<] ?(?:(?i:dot|punkt)|\.) ?[\])}>] ?| (?i:dot|punkt) )[A-Za-z0-9-]+)+)",
    // In English "at the point of care" is no address.
    r"| (?i:at) (?P<spelled>[A-Za-z0-9-]+(?: (?i:dot) [A-Za-z0-9-]+)+)",
    r"| (?i:arroba|arobase|chiocciola|apenstaartje) (?P<spoken>[A-Za-z0-9-]+(?: (?i:dot|punto|point|punt) [A-Za-z0-9-]+)+))"
));

static DOT: Pattern =
    Pattern::new(r" ?[\[({<] ?(?:(?i:dot|punkt)|\.) ?[\])}>] ?| (?i:dot|punkt|punto|point|punt) ");

/// Addresses that stand for one: `first.last@…`, `vorname.nachname@…`.
static PLACEHOLDER: Pattern = Pattern::new(
    r"(?ix)^
        (?: (?:first|last|sur|your|vor|nach|user)[._-]?name | pr[eé]nom | xxx+ | name | someone
        | example | user | you
        | (?:first|vorname|pr[eé]nom|nome|nombre|voornaam) [._-]
          (?:last|nachname|nom|cognome|apellido|achternaam) )
        (?: [._-] (?: (?:last|sur|nach|family)?-?(?:name|nom) | last ) )? @",
);

/// Boxes whose very name says that they are for something else than an application.
static OTHER_BOX: Pattern = Pattern::new(
    r"(?ix)^ (?: datenschutz (?:beauftragte[rn]?)? | data-?protection | dpo | dsb | privacy | rgpd | gdpr
        | (?:schwer)?behinderten-?vertretung | gleichstellung (?:sbeauftragte)? | frauenbeauftragte
        | personalrat | betriebsrat | works-?council | ombuds? (?:man|person)?
        | help-?desk | webmaster | postmaster | no-?reply | do-?not-?reply ) @",
);

/// Words before an address that make it somebody's who is asked about something else: data
/// protection, a union, a council, a technical fault.
static OTHER: Phrases = Phrases::of("contact.other");

/// Words behind an address that nobody reads any more.
static DEAD: Phrases = Phrases::of("contact.dead");

/// Words of a sentence that asks for applications.
static APPLYING: Phrases = Phrases::of("contact.applying");

/// Words of a sentence about questions.
static ASKING: Phrases = Phrases::of("contact.asking");

/// Headings of the part on how to apply.
static APPLICATION: Phrases = Phrases::of("section.application");

/// What one writes to an address about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It stands in a sentence on applying.
    Applications,
    /// The position, for all that the page says.
    Questions,
    /// Neither: data protection, a union, a fault of the form, a box that is no longer read.
    SomethingElse,
}

#[derive(Debug)]
pub struct Address {
    /// The words that carry it, in the text of the passage.
    pub range: Range<usize>,
    /// In lower case and without a disguise.
    pub plain: String,
    pub purpose: Purpose,
}

/// The addresses that stand undisguised in a text, without placeholders, in lower case.
pub fn written(text: &str) -> impl Iterator<Item = String> {
    let found = ADDRESS.find_iter(text).map(|it| it.as_str().to_lowercase());
    found.filter(|address| !PLACEHOLDER.is_match(address))
}

/// The addresses of a passage, in its order; placeholders are none.
pub fn in_passage(passage: &Passage) -> Vec<Address> {
    let found = found_in(passage);
    let mut addresses: Vec<Address> = Vec::new();
    for (at, (range, plain)) in found.iter().enumerate() {
        let next = found.iter().skip(at + 1).map(|(next, _)| next.start);
        let next = next.filter(|next| *next >= range.end).min().unwrap_or(passage.text.len());
        let purpose = purpose(passage, addresses.last(), range, plain, next);
        addresses.push(Address { range: range.clone(), plain: plain.clone(), purpose });
    }
    addresses
}

/// What one writes to an address about, by the words between the one before it and the one behind
/// it, within its sentence.
fn purpose(
    passage: &Passage,
    before: Option<&Address>,
    range: &Range<usize>,
    plain: &str,
    next: usize,
) -> Purpose {
    let text: &str = &passage.text;
    let mut sentence = sentence::around(text, range.start);
    // "Questions? Ask Ada (…)": the question says what the next sentence is about.
    let asked = text.get(..sentence.start).map(str::trim_end).filter(|it| it.ends_with('?'));
    if let Some(asked) = asked {
        sentence.start = sentence::around(text, asked.len() - 1).start;
    }
    let last_end = before.map_or(0, |it| it.range.end.min(range.start));
    let lead = text.get(sentence.start.max(last_end)..range.start).unwrap_or_default();
    let tail_end = sentence.end.min(next).max(range.end);
    let tail = text.get(range.end..tail_end).unwrap_or_default();
    // "a@… and b@…", "Ada Brine, a@…; Bo Brine, b@…": a list is for one thing.
    if let Some(before) = before
        && last_end > 0
        && text.get(last_end..range.start).is_some_and(goes_on)
    {
        return before.purpose;
    }
    let is_other = OTHER.find(lead).is_some_and(|other| {
        // "Applications for the position in technical support go to …"
        !APPLYING.is_match(lead.get(..other.start()).unwrap_or_default())
    });
    let under_other = OTHER.find(passage.heading.as_str()).is_some_and(|other| other.start() == 0);
    if OTHER_BOX.is_match(plain) || is_other || under_other || DEAD.is_match(tail) {
        return Purpose::SomethingElse;
    }
    let asks = ASKING.is_match(lead);
    let applies = APPLYING.is_match(lead) || !asks && APPLYING.is_match(tail);
    // "Questions about the application process": a question all the same.
    let is_question = ASKING
        .find(lead)
        .is_some_and(|asking| !APPLYING.is_match(lead.get(..asking.start()).unwrap_or_default()));
    let under_application = !asks && APPLICATION.is_match(passage.heading.as_str());
    if applies && !is_question || under_application {
        Purpose::Applications
    } else {
        Purpose::Questions
    }
}

/// Whether the words between two addresses are only names and what joins them.
fn goes_on(between: &str) -> bool {
    const JOINS: [&str; 12] =
        ["and", "or", "und", "oder", "et", "ou", "y", "o", "e", "en", "of", "sowie"];
    let small = |word: &str| word.starts_with(|first: char| first.is_lowercase());
    !between.contains([':', '.', '!', '?'])
        && between.split_whitespace().all(|word| {
            let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
            !small(word) || JOINS.contains(&word)
        })
}

/// The addresses of a passage and the words that carry them.
fn found_in(passage: &Passage) -> Vec<(Range<usize>, String)> {
    let mut found = in_text(&passage.text);
    for link in &passage.links {
        if let Some(address) = link.url.strip_prefix("mailto:") {
            let address = address.split('?').next().unwrap_or_default().trim();
            let address = address.replace("%40", "@").to_lowercase();
            if ADDRESS.find(&address).is_some_and(|it| it.as_str() == address) {
                found.push((link.range.clone(), address));
            }
        }
    }
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    found.retain(|(_, address)| !PLACEHOLDER.is_match(address));
    // The words of a link are often the address that it leads to.
    found.dedup_by(|later, earlier| later.0.start < earlier.0.end && later.1 == earlier.1);
    found
}

/// The addresses in a text, disguised or not, in lower case, and where they stand.
pub fn in_text(text: &(impl Searched + ?Sized)) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for address in ADDRESS.find_iter(text) {
        found.push((address.range(), address.as_str().to_lowercase()));
    }
    for captures in DISGUISED.captures_iter(text) {
        let domains = ["domain", "spelled", "spoken"];
        let domain = domains.iter().find_map(|name| captures.name(name));
        if let (Some(whole), Some(local), Some(domain)) =
            (captures.get(0), captures.name("local"), domain)
        {
            let plain = |text: &str| DOT.replace_all(text, ".").to_lowercase();
            let address = format!("{}@{}", plain(local.as_str()), plain(domain.as_str()));
            if ADDRESS.find(&address).is_some_and(|it| it.as_str() == address) {
                found.push((whole.range(), address));
            }
        }
    }
    found
}
