//! What a text has to hold so that a pattern may find something in it.
//!
//! To read this off a pattern takes a twentieth of the time of making it, and on most pages most
//! patterns find nothing.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, Concat, RepetitionKind, RepetitionRange};

use super::pattern::without_case;
use super::text::small;

/// Words of which one stands wherever a pattern finds something, in small letters; none if that is
/// not known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gate(Option<Vec<String>>);

/// More words than that take longer to look for than they are worth.
const WORDS: usize = 40;

impl Gate {
    pub(super) fn of(pattern: &'static str) -> Self {
        let (flags, text) = without_case(pattern).unwrap_or(("", pattern));
        let parsed = Parser::new().parse(&format!("{flags}{text}"));
        // A pattern that cannot be parsed is found when it is made.
        let words = parsed.ok().and_then(|ast| needed(&ast)).filter(|it| it.len() <= WORDS);
        Self(words)
    }

    /// Whether the pattern may find something in this text, which is in small letters.
    pub(super) fn is_open_to(&self, small: &str) -> bool {
        let Self(Some(words)) = self else { return true };
        words.iter().any(|word| small.contains(word.as_str()))
    }
}

/// Of these words one is in everything that the pattern finds.
fn needed(ast: &Ast) -> Option<Vec<String>> {
    match ast {
        Ast::Literal(literal) => Some(vec![small(literal.c.encode_utf8(&mut [0; 4])).into_owned()]),
        Ast::Group(group) => needed(&group.ast),
        Ast::Repetition(repetition) if is_certain(&repetition.op.kind) => needed(&repetition.ast),
        Ast::Alternation(either) => {
            let all: Option<Vec<Vec<String>>> = either.asts.iter().map(needed).collect();
            all.map(|all| all.concat())
        }
        Ast::Concat(parts) => needed_of_all(parts),
        _ => None,
    }
}

/// The best of what the parts of a pattern need: the longest words, then the fewest.
fn needed_of_all(parts: &Concat) -> Option<Vec<String>> {
    let mut candidates: Vec<Vec<String>> = Vec::new();
    let mut run = String::new();
    for part in &parts.asts {
        if let Ast::Literal(literal) = part {
            run.push(literal.c);
            continue;
        }
        if !run.is_empty() {
            candidates.push(vec![small(&std::mem::take(&mut run)).into_owned()]);
        }
        candidates.extend(needed(part));
    }
    if !run.is_empty() {
        candidates.push(vec![small(&run).into_owned()]);
    }
    let worth = |words: &Vec<String>| {
        let shortest = words.iter().map(String::len).min().unwrap_or_default();
        (shortest.min(4), std::cmp::Reverse(words.len()))
    };
    candidates.into_iter().max_by_key(worth)
}

/// Whether what is repeated stands there at least once.
fn is_certain(kind: &RepetitionKind) -> bool {
    match kind {
        RepetitionKind::OneOrMore => true,
        RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => false,
        RepetitionKind::Range(
            RepetitionRange::Exactly(least)
            | RepetitionRange::AtLeast(least)
            | RepetitionRange::Bounded(least, _),
        ) => *least > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_needs_its_longest_words() {
        for (pattern, words) in [
            (r"(?i)\bBefristet (?:auf|für)\b", Some(vec!["befristet "])),
            (
                r"(?ix) \b (?: open \ position | [Ss]telle ) s? \b",
                Some(vec!["open position", "telle"]),
            ),
            (r"(?:TV-?L|(?i:Entgelt)gruppe)+", Some(vec!["tv", "gruppe"])),
            (r"a{2,3}[0-9]*", Some(vec!["a"])),
            (r"[0-9]{4}", None),
            (r"(?:by|[0-9])", None),
            (r"(?:für)?", None),
            (r"^[^.;]{0,90}$", None),
        ] {
            let words = words.map(|it| it.into_iter().map(str::to_owned).collect());
            assert_eq!(Gate::of(pattern), Gate(words), "{pattern}");
        }
        assert!(Gate::of(r"(?i)\bÄRZTE\b").is_open_to("für ärzte"));
        assert!(!Gate::of(r"(?i)\bÄRZTE\b").is_open_to("für alle"));
    }
}
