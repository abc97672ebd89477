//! A phrase of the lists of words, and where it ends in a text.
//!
//! A phrase is written as people write it. `*` stands for any ending of a word, `_` for up to
//! three words, and what stands in brackets may be missing: `position(s) _ filled`. It is not turned
//! into a regular expression: there are seven hundred, and for one page it would take longer to
//! make them than to read it.

use super::text::is_of_a_word;

/// Nobody writes longer words, and so the time to look at one is bounded.
const LONGEST_WORD: usize = 64;

/// The places at which a phrase ends that begins at a byte of a text, the longest ending of a word
/// first. Both are in small letters; an edge of a word stands before the place.
pub fn ends(phrase: &str, text: &str, at: usize) -> Vec<usize> {
    let whole = phrase.ends_with(char::is_alphanumeric) || phrase.ends_with(')');
    let mut ends = Vec::new();
    let mut end = |at: usize| {
        let next = text.get(at..).and_then(|rest| rest.chars().next());
        let goes_on = whole && next.is_some_and(is_of_a_word);
        if !goes_on && !ends.contains(&at) {
            ends.push(at);
        }
    };
    match may_be_missing(phrase) {
        Some((word, rest)) if rest.starts_with(' ') => begin(word, rest, text, at, &mut end),
        _ => walk(phrase, text, at, &mut end),
    }
    ends
}

/// What a phrase can begin with, up to what is not told letter by letter.
pub fn beginnings(phrase: &str) -> Vec<String> {
    let (word, rest) = may_be_missing(phrase).unwrap_or((phrase, ""));
    let special = |(at, letter): &(usize, char)| match letter {
        '*' | '(' | '\'' | '-' => true,
        ' ' => word[*at..].starts_with(" (") || word[*at..].starts_with(" _"),
        _ => false,
    };
    let plain = word.char_indices().find(special).map_or(word.len(), |(at, _)| at);
    let (letters, behind) = word.split_at(plain);
    let rest = rest.trim_start_matches(' ');
    let mut all = if rest.is_empty() { Vec::new() } else { beginnings(rest) };
    if behind.starts_with('\'') {
        all.extend(['\'', '’'].map(|mark| format!("{letters}{mark}")));
    } else {
        all.push(letters.to_owned());
    }
    all
}

/// What stands in brackets at the beginning, and what stands behind them.
fn may_be_missing(phrase: &str) -> Option<(&str, &str)> {
    phrase.strip_prefix('(')?.split_once(')')
}

/// A phrase whose first word may be missing, and the space behind it with it.
fn begin(word: &str, rest: &str, text: &str, at: usize, end: &mut dyn FnMut(usize)) {
    walk(word, text, at, &mut |at| walk(rest, text, at, end));
    let rest = rest.trim_start_matches(' ');
    match may_be_missing(rest) {
        Some((word, rest)) if rest.starts_with(' ') => begin(word, rest, text, at, end),
        _ => walk(rest, text, at, end),
    }
}

/// Follows a phrase through a text, and tells every place at which it can end.
fn walk(phrase: &str, text: &str, at: usize, end: &mut dyn FnMut(usize)) {
    let Some(rest_of_text) = text.get(at..) else { return };
    let mut letters = phrase.chars();
    let Some(letter) = letters.next() else { return end(at) };
    let rest = letters.as_str();
    match letter {
        ' ' if rest == "_" || rest.starts_with("_ ") => {
            gap(&rest[1..], text, at, end);
        }
        ' ' if rest.starts_with('(') => {
            let Some((word, behind)) = may_be_missing(rest) else { return };
            // Brackets at the beginning of a word make only those letters optional.
            let is_word = behind.is_empty() || behind.starts_with(' ');
            if rest_of_text.starts_with(' ') {
                walk(word, text, at + 1, &mut |at| walk(behind, text, at, end));
                if !is_word {
                    walk(behind, text, at + 1, end);
                }
            }
            if is_word {
                walk(behind, text, at, end);
            }
        }
        '(' => {
            let Some((inside, behind)) = may_be_missing(phrase) else { return };
            walk(inside, text, at, &mut |at| walk(behind, text, at, end));
            walk(behind, text, at, end);
        }
        '*' => {
            for length in endings(rest_of_text) {
                walk(rest, text, at + length, end);
            }
        }
        '\'' => {
            if let Some(mark @ ('\'' | '’')) = rest_of_text.chars().next() {
                walk(rest, text, at + mark.len_utf8(), end);
            }
        }
        '-' => {
            if let Some(joint @ (' ' | '–' | '-')) = rest_of_text.chars().next() {
                walk(rest, text, at + joint.len_utf8(), end);
            }
            walk(rest, text, at, end);
        }
        letter if rest_of_text.starts_with(letter) => {
            walk(rest, text, at + letter.len_utf8(), end);
        }
        _ => {}
    }
}

/// None to three words between two of a phrase, the fewest first.
fn gap(phrase: &str, text: &str, at: usize, end: &mut dyn FnMut(usize)) {
    let mut at = at;
    walk(phrase, text, at, end);
    for _ in 0..3 {
        let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(' ')) else { return };
        let word: usize = length_while(rest, |letter| letter != ' ');
        if word == 0 {
            return;
        }
        at += 1 + word;
        walk(phrase, text, at, end);
    }
}

/// How long the ending of a word can be that a text begins with, the longest first. The endings of
/// gender-neutral German (`Mitarbeiter*in`, `Mitarbeiter:innen`) belong to it, but a colon that
/// follows a word does not have to.
fn endings(text: &str) -> Vec<usize> {
    let longest = length_while(text, |letter| {
        !matches!(
            letter,
            ' ' | '.' | ',' | ';' | '!' | '?' | '(' | ')' | '[' | ']' | '"' | '“' | '”' | '„'
        )
    });
    let mut endings = vec![longest];
    let ending = text.get(..longest).unwrap_or_default();
    let edges = ending.char_indices().rev().filter(|(_, letter)| !is_of_a_word(*letter));
    endings.extend(edges.map(|(at, _)| at));
    endings
}

/// The bytes at the beginning of a text that hold, up to the longest word.
fn length_while(text: &str, holds: impl Fn(char) -> bool) -> usize {
    text.chars().take(LONGEST_WORD).take_while(|it| holds(*it)).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_as_people_write_it() {
        for (phrase, text, found) in [
            ("position(s) _ filled", "the position has been filled", true),
            ("position(s) _ filled", "positions filled", true),
            ("position(s) _ filled", "the position of the water which has been filled", false),
            ("(the) position is (now) filled", "position is filled", true),
            ("(the) position is (now) filled", "the position is now filled", true),
            ("(the) position is (now) filled", "position isfilled", false),
            ("(die) (eine) stelle", "eine stelle", true),
            ("(die) (eine) stelle", "die eine stelle", true),
            ("(die) (eine) stelle", "die eine stellen", false),
            ("(online-)bewerbung", "online bewerbung", true),
            ("(online-)bewerbung", "bewerbung", true),
            ("doktorand*", "eine doktorand*in", true),
            ("wissenschaftliche* mitarbeit*", "wissenschaftliche*r mitarbeiter*in", true),
            ("enseignant*-chercheu*", "enseignante-chercheuse", true),
            ("appel d'offres", "appel d’offres", true),
            ("full-time", "full time", true),
            ("full-time", "fulltime", true),
            ("job", "jobs", false),
            ("job", "jobü", false),
        ] {
            let mut starts = text.char_indices().map(|(at, _)| at);
            let matches = starts.any(|at| !ends(phrase, text, at).is_empty());
            assert_eq!(matches, found, "{phrase} in {text}");
        }
    }

    #[test]
    fn a_long_ending_comes_before_a_short_one() {
        assert_eq!(ends("mitarbeit*", "mitarbeiter:innen: hier", 0), [18, 17, 11]);
    }

    #[test]
    fn a_phrase_begins_with_what_may_be_missing_or_with_what_follows() {
        assert_eq!(beginnings("(die) stelle(n) ist"), ["stelle", "die"]);
        assert_eq!(beginnings("ab sofort"), ["ab sofort"]);
        assert_eq!(beginnings("ab (dem) ersten"), ["ab"]);
        assert_eq!(beginnings("(l')offre"), ["offre", "l'", "l’"]);
    }
}
