//! The patterns by which facts are found: regular expressions with the syntax of the crate `regex`.
//!
//! There are some hundred of them, and for a single page it takes longer to make them than to use
//! them. So each is made when a text first holds a word that it needs ([`Gate`]), in a way that takes
//! little time, and without the tables that only make searching faster. What is dear in a pattern: all
//! letters of the world (`\w`, `\W`, `\p{L}`; better `[A-Za-zÀ-ɏ]`).

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::{Config, Regex};
use regex_automata::util::{captures, syntax};
use regex_automata::{Anchored, Input};

use super::gate::Gate;
use super::text::{Searched, is_of_a_word};

/// A pattern of this house, made when it is first needed.
pub struct Pattern {
    text: &'static str,
    gate: OnceLock<Gate>,
    made: OnceLock<Made>,
}

/// A pattern as it is searched with.
struct Made {
    regex: Regex,
    /// Whether it begins or ends at the edge of a word (`\b`) that has to be looked at again.
    edges: Edges,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edges {
    before: bool,
    after: bool,
}

/// Words that a pattern, or a group of it, has found.
#[derive(Debug, Clone, Copy)]
pub struct Match<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

/// A place that a pattern has found, with its groups.
#[derive(Debug)]
pub struct Captures<'t> {
    text: &'t str,
    groups: captures::Captures,
}

impl Pattern {
    /// A pattern that begins with `(?i)` or `(?ix)` minds no capitals anywhere.
    pub const fn new(text: &'static str) -> Self {
        Self { text, gate: OnceLock::new(), made: OnceLock::new() }
    }

    pub fn is_match(&self, text: &(impl Searched + ?Sized)) -> bool {
        self.find(text).is_some()
    }

    pub fn find<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Option<Match<'t>> {
        let (searched, made) = self.searched(text)?;
        let mut found = made.regex.find_iter(searched.as_ref()).map(|it| it.range());
        let range = found.find(|range| made.stands(&searched, range))?;
        Some(Match::new(text.written(), range))
    }

    pub fn find_iter<'t, S: Searched + ?Sized>(
        &self,
        text: &'t S,
    ) -> impl Iterator<Item = Match<'t>> + use<'t, S> {
        let mut found = Vec::new();
        if let Some((searched, made)) = self.searched(text) {
            let all = made.regex.find_iter(searched.as_ref()).map(|it| it.range());
            found.extend(all.filter(|range| made.stands(&searched, range)));
        }
        found.into_iter().map(move |range| Match::new(text.written(), range))
    }

    pub fn captures<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Option<Captures<'t>> {
        self.captured(text, 0, Anchored::No)
    }

    /// The first place from a byte offset on; what stands before it is still seen as its context.
    pub fn captures_at<'t>(
        &self,
        text: &'t (impl Searched + ?Sized),
        from: usize,
    ) -> Option<Captures<'t>> {
        self.captured(text, from, Anchored::No)
    }

    /// The same for a place that begins right at the offset.
    pub fn captures_from<'t>(
        &self,
        text: &'t (impl Searched + ?Sized),
        from: usize,
    ) -> Option<Captures<'t>> {
        self.captured(text, from, Anchored::Yes)
    }

    fn captured<'t>(
        &self,
        text: &'t (impl Searched + ?Sized),
        from: usize,
        anchored: Anchored,
    ) -> Option<Captures<'t>> {
        let (searched, made) = self.searched(text)?;
        let input = Input::new(searched.as_ref()).range(from..).anchored(anchored);
        let mut found = made.regex.captures_iter(input);
        let groups = found.find(|groups| made.captured(&searched, groups))?;
        Some(Captures { text: text.written(), groups })
    }

    /// Whether it is found in the text up to an offset, as if the text ended there.
    pub fn is_match_up_to(&self, text: &(impl Searched + ?Sized), end: usize) -> bool {
        let small = text.small();
        let Some(small) = small.get(..end) else { return false };
        if !self.gate.get_or_init(|| Gate::of(self.text)).is_open_to(small) {
            return false;
        }
        let searched = match without_case(self.text) {
            Some(_) => small,
            None => text.written().get(..end).unwrap_or_default(),
        };
        let made = self.made.get_or_init(|| Made::of(self.text));
        let found = made.regex.captures_iter(searched).any(|it| made.captured(searched, &it));
        found
    }

    pub fn captures_iter<'t, S: Searched + ?Sized>(
        &self,
        text: &'t S,
    ) -> impl Iterator<Item = Captures<'t>> + use<'t, S> {
        let mut found = Vec::new();
        if let Some((searched, made)) = self.searched(text) {
            let all = made.regex.captures_iter(searched.as_ref());
            found.extend(all.filter(|groups| made.captured(&searched, groups)));
        }
        found.into_iter().map(move |groups| Captures { text: text.written(), groups })
    }

    pub fn replace_all(&self, text: &str, replacement: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut from = 0;
        for found in self.find_iter(text) {
            replaced.push_str(&text[from..found.start]);
            replaced.push_str(replacement);
            from = found.end;
        }
        replaced.push_str(&text[from..]);
        replaced
    }

    /// The text as it is searched, and the pattern to search it with; `None` if it cannot find
    /// anything there.
    fn searched<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Option<(Cow<'t, str>, &Made)> {
        let small = text.small();
        if !self.gate.get_or_init(|| Gate::of(self.text)).is_open_to(&small) {
            return None;
        }
        let searched = match without_case(self.text) {
            Some(_) => small,
            None => Cow::Borrowed(text.written()),
        };
        Some((searched, self.made.get_or_init(|| Made::of(self.text))))
    }
}

impl Made {
    fn of(text: &'static str) -> Self {
        let written = match without_case(text) {
            Some((flags, text)) => Cow::Owned(format!("{flags}{}", in_small_letters(text))),
            None => Cow::Borrowed(text),
        };
        let (written, edges) = if has_plain_edges(&written) {
            (with_plain_edges(&written), Edges::of(&written))
        } else {
            (written.into_owned(), Edges { before: false, after: false })
        };
        // Patterns are constants of this program; the tests of this room touch every one.
        let regex = Regex::builder()
            // The gate has looked for its words already.
            .configure(Config::new().dfa(false).onepass(false).auto_prefilter(false))
            // What `with_plain_classes` writes is whole letters, in bytes.
            .syntax(syntax::Config::new().utf8(false))
            .build(&with_plain_classes(&written));
        Self { regex: regex.expect("the pattern is well formed"), edges }
    }

    fn captured(&self, text: &str, groups: &captures::Captures) -> bool {
        groups.get_match().is_some_and(|whole| self.stands(text, &whole.range()))
    }

    /// Whether no letter outside ASCII glues what was found to the word beside it.
    fn stands(&self, text: &str, range: &Range<usize>) -> bool {
        let glued =
            |letter: Option<char>| letter.is_some_and(|it| !it.is_ascii() && is_of_a_word(it));
        let before = || text.get(..range.start).and_then(|before| before.chars().next_back());
        let after = || text.get(range.end..).and_then(|after| after.chars().next());
        !(self.edges.before && glued(before()) || self.edges.after && glued(after()))
    }
}

impl Edges {
    fn of(text: &str) -> Self {
        let text = text.strip_prefix("(?x)").unwrap_or(text).trim();
        Self { before: text.starts_with(r"\b"), after: text.ends_with(r"\b") }
    }
}

/// Whether the edges of words (`\b`) in a pattern stand beside letters of ASCII only: whether every
/// other letter is in the midst of a word, as in `für`.
fn has_plain_edges(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let inside = letters.windows(3).all(|three| match three {
        [before, letter, after] if !letter.is_ascii() && is_of_a_word(*letter) => {
            before.is_ascii_alphabetic() && after.is_ascii_alphabetic()
        }
        _ => true,
    });
    inside && !text.contains(r"\w") && !text.contains(r"\p")
}

/// A pattern whose edges of words know only the letters of ASCII.
///
/// The fast way of searching cannot tell the edges of words beside other letters, and gives up at
/// the first of them in the text. A pattern with plain edges finds what it should all the same; what
/// is glued to another letter ("ü") is sorted out when it is found.
fn with_plain_edges(text: &str) -> String {
    text.replace(r"\b", r"(?-u:\b)")
}

/// A letter outside ASCII, by its bytes (RFC 3629 §3). In a text that is well formed nothing else
/// begins with these.
const LETTERS_OUTSIDE_ASCII: &str =
    r"[\xC2-\xDF][\x80-\xBF]|[\xE0-\xEF][\x80-\xBF]{2}|[\xF0-\xF4][\x80-\xBF]{3}";

/// A pattern whose classes of "anything but some letters of ASCII" are written in bytes.
///
/// They mean the same letters, and a third of the states: `[^.;]{0,90}` is made ninety times over.
fn with_plain_classes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '[']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.strip_prefix('\\') {
            Some(escaped) => 1 + escaped.chars().next().map_or(0, char::len_utf8),
            None => class_length(rest),
        };
        let (taken, after) = rest.split_at(length);
        match taken.strip_prefix("[^").and_then(|it| it.strip_suffix(']')).filter(|it| is_plain(it))
        {
            Some(letters) => {
                let _ = write!(plain, r"(?-u:[^{letters}\x80-\xFF]|{LETTERS_OUTSIDE_ASCII})");
            }
            None => plain.push_str(taken),
        }
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The length in bytes of the class with which a text begins, its brackets included.
fn class_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut letters = text.char_indices().peekable();
    let mut at_the_beginning = false;
    while let Some((at, letter)) = letters.next() {
        let begins = std::mem::replace(&mut at_the_beginning, false);
        match letter {
            '\\' => drop(letters.next()),
            '[' => {
                depth += 1;
                at_the_beginning = true;
                letters.next_if(|(_, letter)| *letter == '^');
            }
            // A bracket that comes first is one of the letters.
            ']' if begins => {}
            ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Whether the inside of a class is letters of ASCII and nothing else: no class in it, no `\s`.
fn is_plain(letters: &str) -> bool {
    let escaped_signs = letters.split('\\').skip(1).all(|after| {
        after.is_empty()
            || after.starts_with(|letter: char| letter.is_ascii_punctuation() || letter == 'n')
    });
    letters.is_ascii() && !letters.contains('[') && escaped_signs
}

/// The flags that remain of a pattern that minds no capitals, and the pattern itself.
///
/// Such a pattern is put into small letters, and so is the text that it is looked for in: that is
/// made in a quarter of the time of a pattern that folds case itself.
pub(super) fn without_case(text: &'static str) -> Option<(&'static str, &'static str)> {
    let verbose = text.strip_prefix("(?ix)").or_else(|| text.strip_prefix("(?xi)"));
    let plain = text.strip_prefix("(?i)").map(|text| ("", text));
    plain.or_else(|| verbose.map(|text| ("(?x)", text)))
}

/// A pattern with its letters small, but not those of its syntax (`\S`, `\p{L}`, `(?P<name>`).
fn in_small_letters(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        small.extend(letter.to_lowercase());
        match letter {
            '?' if small.ends_with("(?") => small.extend(letters.next()),
            '\\' => {
                let escaped = letters.next();
                small.extend(escaped);
                if matches!(escaped, Some('p' | 'P')) && letters.as_str().starts_with('{') {
                    small.extend(letters.by_ref().take_while(|letter| *letter != '}'));
                    small.push('}');
                }
            }
            _ => {}
        }
    }
    small
}

impl<'t> Match<'t> {
    /// The words at a range of a text, which lies between letters.
    pub fn new(text: &'t str, range: Range<usize>) -> Self {
        Self { text, start: range.start, end: range.end }
    }

    pub fn as_str(&self) -> &'t str {
        &self.text[self.start..self.end]
    }

    pub fn start(&self) -> usize {
        self.start
    }

    pub fn end(&self) -> usize {
        self.end
    }

    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

impl<'t> Captures<'t> {
    /// A group by its number; 0 is all that was found.
    pub fn get(&self, number: usize) -> Option<Match<'t>> {
        self.groups.get_group(number).map(|span| Match::new(self.text, span.range()))
    }

    pub fn name(&self, name: &str) -> Option<Match<'t>> {
        self.groups.get_group_by_name(name).map(|span| Match::new(self.text, span.range()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_pattern_finds_capitals_at_their_own_place() {
        let pattern = Pattern::new(r"(?i)\bfür (?P<who>ärzte|straßen)\b");
        let text = "İm Büro: FÜR ÄRZTE, für Straßen, für STRAẞEN";
        let found: Vec<&str> = pattern.find_iter(text).map(|it| it.as_str()).collect();
        assert_eq!(found, ["FÜR ÄRZTE", "für Straßen"]);
        let who = |groups: Captures<'_>| groups.name("who").map(|it| it.as_str().to_owned());
        assert_eq!(pattern.captures(text).and_then(who).as_deref(), Some("ÄRZTE"));
        assert_eq!(pattern.captures_iter(text).filter_map(who).last().as_deref(), Some("Straßen"));
        assert!(!Pattern::new(r"\bfür\b").is_match("FÜR"));
    }

    #[test]
    fn a_letter_outside_ascii_is_part_of_its_word() {
        for (pattern, text, found) in [
            (r"\bam\b", "am Meer", true),
            (r"\bam\b", "–am–", true),
            (r"\bam\b", "üam", false),
            (r"\bam\b", "amü", false),
            (r"\bam\b", "üam am", true),
            (r"(?i)\bfür\b", "FÜR DICH", true),
            (r"(?i)\bfür\b", "dafür", false),
            (r"\b(?:über|unter)\b", "das über dem", true),
            (r"\b(?:über|unter)\b", "äunter", false),
            (r"(?x) \b (?: ab | bis ) \b", "öab, bisö", false),
        ] {
            assert_eq!(Pattern::new(pattern).is_match(text), found, "{pattern} in {text}");
            let captures = Pattern::new(pattern).captures(text).is_some();
            assert_eq!(captures, found, "{pattern} in {text}");
        }
    }

    #[test]
    fn anything_but_some_letters_is_whole_letters() {
        for (pattern, text, found) in [
            (r"[^.;]{1,3}", "Tür.", "Tür"),
            (r"a[^.;\]]{0,2}?b", "aäb", "aäb"),
            (r"a[^.;]{0,2}b", "a–€b a…b", "a–€b"),
            (r"(?i)[^.;]{2}$", "x😀Ä", "😀Ä"),
            (r"[^\S.]b", "a b", " b"),
            (r"[^]x]+", "x]äx", "ä"),
            (r"[^ä]+", "äöä", "ö"),
            (r"[^\^-]+", "^é-", "é"),
        ] {
            let made = Pattern::new(pattern);
            assert_eq!(made.find(text).map(|it| it.as_str()), Some(found), "{pattern} in {text}");
        }
        assert!(with_plain_classes(r"[^.;]{0,9}").contains("-u:"));
        assert_eq!(with_plain_classes(r"[^\s.][[:^alpha:]\[^a]"), r"[^\s.][[:^alpha:]\[^a]");
    }

    #[test]
    fn the_syntax_of_a_pattern_is_no_word_to_put_into_small_letters() {
        let text = r"(?P<Name>\S+ \P{Lu}TV-L [A-ZÄ] (?:E13)?)";
        assert_eq!(in_small_letters(text), r"(?P<name>\S+ \P{Lu}tv-l [a-zä] (?:e13)?)");
    }
}
