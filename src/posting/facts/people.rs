//! The people whom a page names, found by their addresses: `a.brine@…` is Ada Brine's, if a person
//! of this name stands on the page.

use std::ops::Range;

use super::contact::is_person;
use super::pattern::Pattern;
use super::prose::{Passage, Prose};

/// Two to four words that can be a name, with the titles before it.
static NAME: Pattern = Pattern::new(
    r"(?x) (?: (?:(?:Univ\.-)?Prof(?:essor(?:in)?|essoressa|\.ssa|ssa)?|Dott(?:\.ssa|ssa)?|Dr(?:\.ssa|a)?|dr|ir|PD|Mag|Ing|Priv\.-Doz)\.?(?:-Ing\.)?
        (?:\ (?:rer|med|phil|nat|habil|h|c)\.)* \ )*
        [A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]* \.? (?:\ (?:von|van|de|der|den|zu|del|di|le|la|ter|ten|[A-ZÀ-Þ]\.))*
        (?: \ [A-ZÀ-Þ][a-zÀ-ɏ'’-][A-Za-zÀ-ɏ'’-]* ){1,2}",
);

/// The person whose name an address is made of, where they stand on the page: with both names
/// ("ada.brine@"), a name and a letter ("abrine@", "brinea@"), or, if only one person has it, the
/// last name alone.
pub fn of_address<'p>(prose: &'p Prose, address: &str) -> Option<(&'p Passage, Range<usize>)> {
    let (local, _) = address.split_once('@')?;
    if local.chars().filter(|letter| letter.is_alphabetic()).count() < 4 {
        return None;
    }
    let mut alone: Vec<(&Passage, Range<usize>)> = Vec::new();
    for passage in prose.passages() {
        // "Head of Group Ada Brine": the name may begin at any of the words.
        for found in NAME.find_iter(&passage.text) {
            for range in beginnings(&passage.text, found.range()) {
                let Some(words) = passage.text.get(range.clone()) else { continue };
                match fits(words, local) {
                    Some(Fit::Both) if is_person(words) => return Some((passage, range)),
                    Some(Fit::LastName) if is_person(words) => alone.push((passage, range)),
                    _ => {}
                }
            }
        }
    }
    let text = |(passage, range): &(&Passage, Range<usize>)| {
        passage.text.get(range.clone()).map(without_titles).map(folded)
    };
    let first = alone.first()?;
    let same = alone.iter().all(|other| text(other) == text(first));
    same.then(|| alone.swap_remove(0))
}

/// How the name of a person is in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// By both names, or one of them and a letter of the other.
    Both,
    LastName,
}

/// The places at which a name can begin in a run of capitalised words, its whole first.
fn beginnings(text: &str, run: Range<usize>) -> Vec<Range<usize>> {
    let words = text.get(run.clone()).unwrap_or_default();
    let starts = words.match_indices(' ').map(|(at, _)| run.start + at + 1);
    let mut all = vec![run.clone()];
    all.extend(starts.map(|start| start..run.end));
    all
}

fn fits(person: &str, local: &str) -> Option<Fit> {
    let names: Vec<&str> = without_titles(person).split(' ').collect();
    let (first, rest) = names.split_first()?;
    let last = folded(&rest.concat());
    let own = folded(names.last()?);
    let first = folded(first);
    let initial = first.chars().next()?;
    let local: String = local.chars().filter(|letter| letter.is_alphanumeric()).collect();
    if rest.is_empty() || own.len() < 3 {
        return None;
    }
    let both = |last: &str, local: &str| {
        [
            format!("{first}{last}"),
            format!("{last}{first}"),
            format!("{initial}{last}"),
            format!("{last}{initial}"),
        ]
        .contains(&local.to_owned())
    };
    let local = folded(&local);
    let names = [last.as_str(), own.as_str()];
    if names.iter().any(|last| both(last, &local)) {
        Some(Fit::Both)
    } else if names.contains(&local.as_str()) {
        Some(Fit::LastName)
    } else {
        None
    }
}

/// A name without what stands before it with a dot or as a title.
fn without_titles(person: &str) -> &str {
    const TITLES: [&str; 11] = [
        "Prof",
        "Professor",
        "Professorin",
        "Dr",
        "Dra",
        "Dott",
        "Mag",
        "Ing",
        "Dottssa",
        "Profssa",
        "Docent",
    ];
    let is_title = |word: &str| {
        word.ends_with('.') && word.chars().count() > 2
            || TITLES.contains(&word)
            || ["dr", "ir", "PD"].contains(&word)
    };
    let mut rest = person;
    while let Some((word, behind)) = rest.split_once(' ') {
        if !is_title(word) {
            break;
        }
        rest = behind;
    }
    rest
}

/// The letters of a name as addresses have them: small, without accents, `ü` as `ue`.
fn folded(name: &str) -> String {
    let mut letters = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' | 'æ' => letters.push_str("ae"),
            'ö' | 'ø' | 'œ' => letters.push_str("oe"),
            'ü' => letters.push_str("ue"),
            'ß' => letters.push_str("ss"),
            'å' | 'á' | 'à' | 'â' | 'ã' | 'ą' => letters.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' => letters.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ı' => letters.push('i'),
            'ó' | 'ò' | 'ô' | 'õ' | 'ő' => letters.push('o'),
            'ú' | 'ù' | 'û' | 'ů' | 'ű' => letters.push('u'),
            'ç' | 'č' | 'ć' => letters.push('c'),
            'ñ' | 'ń' | 'ň' => letters.push('n'),
            'ş' | 'š' | 'ś' => letters.push('s'),
            'ž' | 'ż' | 'ź' => letters.push('z'),
            'ł' => letters.push('l'),
            'ř' => letters.push('r'),
            'ğ' => letters.push('g'),
            'ý' => letters.push('y'),
            letter if letter.is_alphanumeric() => letters.push(letter),
            _ => {}
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_a_name_in_many_ways() {
        for local in ["ada.brine", "a.brine", "abrine", "brine.a", "brinea"] {
            assert_eq!(fits("Prof. Dr. Ada Brine", local), Some(Fit::Both), "{local}");
        }
        assert_eq!(fits("Jörg van der Wahl", "joerg.vanderwahl"), Some(Fit::Both));
        assert_eq!(fits("Ada Brine", "brine"), Some(Fit::LastName));
        assert_eq!(fits("Ada Brine", "jobs"), None);
        assert_eq!(fits("Bo Brine", "a.brine"), None);
    }
}
