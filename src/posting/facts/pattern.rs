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
    text: Cow<'static, str>,
    case: Case,
    uses: AtomicU32,
    quick: OnceLock<Regex>,
    thorough: OnceLock<Regex>,
}

/// Whether a pattern minds capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Minded,
    /// The pattern is written in small letters, and the text is searched as if it were: a pattern
    /// that folds case itself (`(?i)`) takes four times as long to make.
    Folded,
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
    pub const fn new(text: &'static str) -> Self {
        Self::with(Cow::Borrowed(text), Case::Minded)
    }

    /// A pattern in small letters, which finds them and capitals.
    pub const fn small(text: &'static str) -> Self {
        Self::with(Cow::Borrowed(text), Case::Folded)
    }

    /// A pattern that is made of a list.
    pub const fn of(text: String, case: Case) -> Self {
        Self::with(Cow::Owned(text), case)
    }

    const fn with(text: Cow<'static, str>, case: Case) -> Self {
        let uses = AtomicU32::new(0);
        Self { text, case, uses, quick: OnceLock::new(), thorough: OnceLock::new() }
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
        match self.case {
            Case::Minded => Cow::Borrowed(text.written()),
            Case::Folded => text.small(),
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
        let regex = Regex::builder().configure(config).build(&self.text);
        regex.expect("the pattern is well formed")
    }
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
        let pattern = Pattern::of(r"\bfür (?P<who>ärzte|straßen)\b".to_owned(), Case::Folded);
        let text = "İm Büro: FÜR ÄRZTE, für Straßen, für STRAẞEN";
        let found: Vec<&str> = pattern.find_iter(text).map(|it| it.as_str()).collect();
        assert_eq!(found, ["FÜR ÄRZTE", "für Straßen"]);
        let who = |groups: Captures<'_>| groups.name("who").map(|it| it.as_str().to_owned());
        assert_eq!(pattern.captures(text).and_then(who).as_deref(), Some("ÄRZTE"));
        assert_eq!(pattern.captures_iter(text).filter_map(who).last().as_deref(), Some("Straßen"));
        assert!(!Pattern::of(r"\bfür\b".to_owned(), Case::Minded).is_match("FÜR"));
    }
}
