//! The patterns by which facts are found: regular expressions with the syntax of the crate `regex`.
//!
//! There are some fifty of them, and for a single page it takes longer to make them than to use
//! them. So each is made quickly at first, without the tables that only make searching faster, and
//! thoroughly once it has been used so often that this pays. Both find the same.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures;
use regex_automata::{Anchored, Input};

use super::text::Searched;

/// A pattern of this house, made when it is first needed.
pub struct Pattern {
    text: &'static str,
    uses: AtomicU32,
    quick: OnceLock<Regex>,
    thorough: OnceLock<Regex>,
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

/// A page searches with a pattern about forty times; after some twenty pages it pays to make it
/// thoroughly.
const OFTEN: u32 = 1000;

impl Pattern {
    /// A pattern that begins with `(?i)` or `(?ix)` minds no capitals anywhere.
    pub const fn new(text: &'static str) -> Self {
        let uses = AtomicU32::new(0);
        Self { text, uses, quick: OnceLock::new(), thorough: OnceLock::new() }
    }

    pub fn is_match(&self, text: &(impl Searched + ?Sized)) -> bool {
        self.regex().is_match(self.searched(text).as_ref())
    }

    pub fn find<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Option<Match<'t>> {
        let found = self.regex().find(self.searched(text).as_ref())?;
        Some(Match::new(text.written(), found.range()))
    }

    pub fn find_iter<'t, S: Searched + ?Sized>(
        &self,
        text: &'t S,
    ) -> impl Iterator<Item = Match<'t>> + use<'t, S> {
        let searched = self.searched(text);
        let found: Vec<_> =
            self.regex().find_iter(searched.as_ref()).map(|it| it.range()).collect();
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
        let regex = self.regex();
        let searched = self.searched(text);
        let mut groups = regex.create_captures();
        let input = Input::new(searched.as_ref()).range(from..).anchored(anchored);
        regex.search_captures(&input, &mut groups);
        groups.is_match().then_some(Captures { text: text.written(), groups })
    }

    pub fn captures_iter<'t, S: Searched + ?Sized>(
        &self,
        text: &'t S,
    ) -> impl Iterator<Item = Captures<'t>> + use<'t, S> {
        let searched = self.searched(text);
        let groups: Vec<_> = self.regex().captures_iter(searched.as_ref()).collect();
        groups.into_iter().map(move |groups| Captures { text: text.written(), groups })
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

    fn searched<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Cow<'t, str> {
        match without_case(self.text) {
            Some(_) => text.small(),
            None => Cow::Borrowed(text.written()),
        }
    }

    fn regex(&self) -> &Regex {
        if let Some(regex) = self.thorough.get() {
            return regex;
        }
        if self.uses.fetch_add(1, Ordering::Relaxed) < OFTEN {
            let quick = Config::new().auto_prefilter(false).dfa(false).onepass(false);
            self.quick.get_or_init(|| self.made(quick))
        } else {
            self.thorough.get_or_init(|| self.made(Config::new()))
        }
    }

    fn made(&self, config: Config) -> Regex {
        // Patterns are constants of this program; the tests of this room touch every one.
        let text = match without_case(self.text) {
            Some((flags, text)) => Cow::Owned(format!("{flags}{}", in_small_letters(text))),
            None => Cow::Borrowed(self.text),
        };
        let regex = Regex::builder().configure(config).build(&text);
        regex.expect("the pattern is well formed")
    }
}

/// The flags that remain of a pattern that minds no capitals, and the pattern itself.
///
/// Such a pattern is put into small letters, and so is the text that it is looked for in: that is
/// made in a quarter of the time of a pattern that folds case itself.
fn without_case(text: &'static str) -> Option<(&'static str, &'static str)> {
    let whole = text.strip_prefix("(?i)").map(|text| ("", text));
    whole.or_else(|| text.strip_prefix("(?ix)").map(|text| ("(?x)", text)))
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
    fn the_syntax_of_a_pattern_is_no_word_to_put_into_small_letters() {
        let text = r"(?P<Name>\S+ \P{Lu}TV-L [A-ZÄ] (?:E13)?)";
        assert_eq!(in_small_letters(text), r"(?P<name>\S+ \P{Lu}tv-l [a-zä] (?:e13)?)");
    }
}
