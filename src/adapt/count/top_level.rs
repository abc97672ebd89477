//! The top-level domains under which X and Mastodon find links, and how they look for them.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::signs;

/// Which lists are believed. What a network's server knows today is not published, so a text is
/// counted with both, and the longer count holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// What twitter-text 3.1.0 knows.
    ToTheLibrary,
    /// What the root zone has today as well.
    Today,
}

/// The names behind each other, with the date and source of each list.
static LISTS: &str = include_str!("top_level_domains.txt");

/// What begins a name in Punycode (RFC 5891); every such name is taken for a top-level domain.
const PUNYCODE: &[u32] = &['x' as u32, 'n' as u32, '-' as u32, '-' as u32];

static TO_THE_LIBRARY: LazyLock<Names> = LazyLock::new(|| Names::read(&["generic", "country"]));
static TODAY: LazyLock<Names> = LazyLock::new(|| Names::read(&["generic", "country", "later"]));

struct Names {
    ascii: HashSet<Vec<u32>>,
    /// The others, the longest first: `भारतम्` before `भारत`.
    other: Vec<Vec<u32>>,
}

impl Names {
    fn read(wanted: &[&str]) -> Self {
        let mut names = Self { ascii: HashSet::new(), other: Vec::new() };
        let mut section = "";
        for line in LISTS.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
            } else if wanted.contains(&section) {
                for name in line.split_whitespace() {
                    names.add(name);
                }
            }
        }
        names.other.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names
    }

    fn add(&mut self, name: &str) {
        let folded = name.chars().map(|c| signs::fold(c.into())).collect();
        if name.is_ascii() {
            self.ascii.insert(folded);
        } else {
            self.other.push(folded);
        }
    }
}

/// The length of the top-level domain at the start of `rest`: a name of the lists, after which
/// neither a letter or digit of ASCII follows, nor `@`, `+` or `-`.
pub fn length_at(rest: &[u32], known: Known) -> Option<usize> {
    let names = match known {
        Known::ToTheLibrary => &*TO_THE_LIBRARY,
        Known::Today => &*TODAY,
    };
    let ends = |length: usize| rest.get(length).is_none_or(|next| !signs::continues_domain(*next));
    let run = rest.iter().take_while(|unit| signs::is_ascii_alphanumeric(**unit)).count();
    let folded: Vec<u32> = rest.iter().take(run).map(|unit| signs::fold(*unit)).collect();
    if run > 0 && ends(run) && names.ascii.contains(&folded) {
        return Some(run);
    }
    let is_here = |name: &&Vec<u32>| {
        ends(name.len())
            && rest.len() >= name.len()
            && name.iter().zip(rest).all(|(one, other)| *one == signs::fold(*other))
    };
    names.other.iter().find(is_here).map(Vec::len).or_else(|| punycode_at(rest))
}

/// Whether one list finds a top-level domain in a text where the other finds none.
pub fn lists_differ(units: &[u32]) -> bool {
    let after_dots = units.iter().zip(1..).filter(|(unit, _)| **unit == '.' as u32);
    after_dots
        .filter_map(|(_, next)| units.get(next..))
        .any(|rest| length_at(rest, Known::ToTheLibrary) != length_at(rest, Known::Today))
}

fn punycode_at(rest: &[u32]) -> Option<usize> {
    let begins = rest.len() > PUNYCODE.len()
        && PUNYCODE.iter().zip(rest).all(|(one, other)| signs::fold(*one) == signs::fold(*other));
    let is_inside = |unit: &&u32| signs::is_ascii_alphanumeric(**unit) || **unit == '-' as u32;
    let length = rest.iter().take_while(is_inside).count();
    (begins && length > PUNYCODE.len()).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str, known: Known) -> Option<usize> {
        length_at(&text.chars().map(u32::from).collect::<Vec<_>>(), known)
    }

    #[test]
    fn a_name_ends_before_what_is_no_letter_or_digit() {
        assert_eq!(length("de", Known::ToTheLibrary), Some(2));
        assert_eq!(length("DE/jobs", Known::ToTheLibrary), Some(2));
        assert_eq!(length("de漢", Known::ToTheLibrary), Some(2));
        for no in ["dex", "de@", "de-", "example", "", "漢"] {
            assert_eq!(length(no, Known::Today), None, "{no}");
        }
        assert_eq!(length("xn--p1ai-", Known::Today), Some(9));
    }

    #[test]
    fn names_of_other_scripts_are_known_in_both_cases() {
        assert_eq!(length("рф", Known::ToTheLibrary), Some(2));
        assert_eq!(length("РФ.", Known::ToTheLibrary), Some(2));
        assert_eq!(length("भारतम्", Known::ToTheLibrary), Some("भारतम्".chars().count()));
    }

    #[test]
    fn what_the_root_zone_got_later_is_known_today() {
        assert_eq!(length("kids", Known::ToTheLibrary), None);
        assert_eq!(length("kids", Known::Today), Some(4));
    }
}
