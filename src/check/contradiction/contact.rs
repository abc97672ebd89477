//! Whom to write to: one person with addresses at two domains, a name that its address spells
//! otherwise, and applications by e-mail on a page without an address.

use std::collections::BTreeMap;

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

static ADDRESS: Pattern = Pattern::new(
    r"(?i)\b(?P<name>[a-z0-9][a-z0-9.+_-]*)@(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})\b",
);

/// Boxes that exist at every employer.
static OFFICE: Pattern = Pattern::new(
    r"(?xi) ^ (?: info | job | career | karriere | contact | kontakt | office | sekretariat | secretar
        | bewerbung | appl | recruit | recrut | hr \b | personal | admin | mail | team | lab \b
        | candidat | concours | vacanc | dekanat | graduate | phd | postdoc | student )",
);

/// That applications come by e-mail; German and English say so in these words.
static BY_MAIL: Pattern = Pattern::new(
    r"(?i)\b(?:(?:by|via|per) (?:an? )?e-?mail|(?:in|of) your (?:application )?e-?mail)\b",
);

static APPLYING: Pattern =
    Pattern::new(r"(?i)\b(?:appl(?:y|ication)|cover letter|cv\b|bewerb|unterlagen|lebenslauf)");

/// That they do not: "applications by e-mail are not considered".
static NOT: Pattern = Pattern::new(
    r"(?xi) \b (?: not \s (?: send | submit | be | accept | consider | apply | use | e-?mail | by | via | per )
        | no \s e-?mail | don['’]t \s (?: send | apply | e-?mail ) | instead | rather\ than
        | nicht \s (?: per | angenommen | berücksichtigt | möglich ) | keine ) \b",
);

/// A person by a title before the name.
static PERSON: Pattern = Pattern::new(
    r"\b(?:Prof|Dr|PD|Professor)\.?(?: (?:Prof|Dr|rer|nat|med|habil|phil|ing)\.?-?)* (?P<name>[A-ZÀ-ÞĀ-ɏ][A-Za-zÀ-ɏ'’-]+(?: [A-ZÀ-ÞĀ-ɏ]\.)? [A-ZÀ-ÞĀ-ɏ][A-Za-zÀ-ɏ'’-]+)",
);

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    two_domains(page, remarks);
    spelled_otherwise(page, body, remarks);
    no_address(page, body, remarks);
}

/// Anywhere on the page: themes keep an address in a key of their own.
fn two_domains(page: &Posting, remarks: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<String, (String, Span)> = BTreeMap::new();
    for found in ADDRESS.captures_iter(&page.source.text) {
        let (Some(whole), Some(name), Some(domain)) =
            (found.get(0), found.name("name"), found.name("domain"))
        else {
            continue;
        };
        let name = name.as_str().to_lowercase();
        let domain = domain.as_str().to_lowercase();
        if name.len() < 5 || OFFICE.is_match(&name) {
            continue;
        }
        let Some((other, at)) = known.get(&name) else {
            known.insert(name, (domain, whole.range().into()));
            continue;
        };
        // `cs.tides.example` is a part of `tides.example`.
        let is_part = |one: &str, of: &str| one == of || one.ends_with(&format!(".{of}"));
        if is_part(&domain, other) || is_part(other, &domain) {
            continue;
        }
        let other = format!("@{other} {}", super::on_line(page, *at));
        let message = format!("one person has two addresses: `{}` here, {other}", whole.as_str());
        remarks.push(
            Diagnostic::warning("facts::contact-differs", message)
                .at(&page.source, Span::from(whole.range()))
                .help("write the one that is read; an old address may lead nowhere"),
        );
        return;
    }
}

/// `Ada Meier` and `ameyer@…`: one of the two is misspelled.
fn spelled_otherwise(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(emails) = &page.facts.contact_emails else { return };
    let contact = page.facts.contact_name.as_ref().map(|it| (it.value.clone(), place(it)));
    let persons = PERSON.captures_iter(body.text()).filter_map(|found| {
        let name = found.name("name")?;
        Some((name.as_str().to_owned(), body.span(name.range())))
    });
    for (name, at) in contact.into_iter().chain(persons) {
        let email = emails.value.iter().find(|email| is_spelled_otherwise(&name, email));
        if let Some(email) = email {
            let message = format!("the name is `{name}`, and its address `{email}`");
            remarks.push(
                Diagnostic::warning("facts::contact-differs", message)
                    .at(&page.source, at)
                    .label("spelled otherwise than the address")
                    .help("correct the one that is wrong; mail to a wrong address is lost"),
            );
            return;
        }
    }
}

/// Whether an address is of this person by the first name, and has a surname nearly the same,
/// however it spells the letters that it cannot hold.
fn is_spelled_otherwise(name: &str, email: &str) -> bool {
    let compared: Vec<(String, String)> =
        [folded, bare].into_iter().filter_map(|spelled| surnames(name, email, spelled)).collect();
    compared.iter().all(|(one, other)| one != other)
        && compared.iter().any(|(one, other)| is_misspelling(one, other))
}

/// The surname of a person, and the one in `ada.meier@`, `a.meier@` or `ameier@` if the rest is the
/// person's first name.
fn surnames(name: &str, email: &str, spelled: fn(&str) -> String) -> Option<(String, String)> {
    let words: Vec<String> = name.split([' ', ',']).map(spelled).collect();
    let (surname, first_names) = words.split_last()?;
    let box_name = email.split_once('@')?.0.to_lowercase();
    let initials: Vec<char> = first_names.iter().filter_map(|it| it.chars().next()).collect();
    if let Some((first, last)) = box_name.split_once(['.', '_']) {
        let first = spelled(first);
        let is_first = first_names.contains(&first)
            || (first.chars().count() == 1 && first.chars().all(|it| initials.contains(&it)));
        return is_first.then(|| (surname.clone(), spelled(last)));
    }
    let box_name = spelled(&box_name);
    let mut letters = box_name.chars();
    letters.next().filter(|first| initials.contains(first))?;
    Some((surname.clone(), letters.as_str().to_owned()))
}

/// Whether one of two names is the other with a letter or two changed, and no short form of it.
fn is_misspelling(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.chars().count() >= 4
        && !long.starts_with(short)
        && one.chars().next() == other.chars().next()
        && (1..=2).contains(&strsim::damerau_levenshtein(one, other))
        && one.chars().count().abs_diff(other.chars().count()) <= 1
}

/// A name as German addresses spell it: `Müller` is `mueller`, `Núñez` is `nunez`.
fn folded(word: &str) -> String {
    let german = word.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    bare(&german.replace('ø', "oe").replace('å', "aa").replace('æ', "ae"))
}

/// A name as the addresses of other countries spell it: `Sjöström` is `sjostrom`.
fn bare(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;

    let small = word.to_lowercase().replace('ß', "ss").replace('ø', "o").replace('æ', "ae");
    small.replace('ł', "l").replace('đ', "d").nfd().filter(char::is_ascii_alphabetic).collect()
}

fn no_address(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let has_address = page.facts.contact_emails.is_some()
        || page.source.text.contains('@')
        || page.source.text.contains("mailto:");
    let Some(apply_url) = page.facts.apply_url.as_ref().filter(|_| !has_address) else { return };
    for found in BY_MAIL.find_iter(body.text()) {
        let is_asked = !NOT.is_match(body.sentence(found.range()));
        if is_asked && APPLYING.is_match(body.line(found.range())) {
            remarks.push(
                Diagnostic::warning(
                    "facts::apply-differs",
                    format!(
                        "applications are asked for by e-mail here, and the page names no address, \
                         only {}",
                        apply_url.value
                    ),
                )
                .at(&page.source, body.span(found.range()))
                .help("name the address, or say that applications come through that page"),
            );
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_address_are_compared_as_addresses_are_spelled() {
        let spelled = |name: &str, box_name: &str| {
            is_spelled_otherwise(name, &format!("{box_name}@tides.example"))
        };
        assert!(spelled("Prof. Dr. Ada Meier", "ada.meyer"));
        assert!(spelled("Ina Paul", "ipohl"));
        assert!(!spelled("Ada Müller", "a.mueller"));
        assert!(!spelled("Ada Sjöström", "ada.sjostrom"));
        assert!(!spelled("Bo Tøndel", "bo.tondel"));
        assert!(spelled("Ada Sjöström", "ada.sjostram"));
        assert!(!spelled("Ada Schmidtke", "aschmidt"));
        assert!(!spelled("Ada Meier", "office"));
        assert!(!spelled("Ada Meier", "ben.meyer"));
    }
}
