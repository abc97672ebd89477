//! The words of six languages by which facts are recognised. They stand in `words/`, one file per
//! language, where a native speaker can add to them; this file finds them in a text, all in one
//! pass. All languages are looked for on every page: a German page has an English title, and it
//! costs nothing.
//!
//! How a phrase is written stands in `phrase.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use super::pattern::{Match, Pattern};
use super::phrase;
use super::text::{Searched, is_of_a_word};

/// The lists of one language: topic to phrases.
type Lists = BTreeMap<String, Vec<String>>;

/// The files as they are built into the program.
const FILES: [(&str, &str); 6] = [
    ("en", include_str!("words/en.toml")),
    ("de", include_str!("words/de.toml")),
    ("fr", include_str!("words/fr.toml")),
    ("es", include_str!("words/es.toml")),
    ("it", include_str!("words/it.toml")),
    ("nl", include_str!("words/nl.toml")),
];

/// Words of all languages that offer a position.
pub static OFFER: Phrases = Phrases::of("offer");

/// The phrases of a topic in all languages, in the order of the files, in small letters.
pub fn phrases(topic: &str) -> impl Iterator<Item = &'static str> {
    let number = LEXICON.topic(topic);
    let all = LEXICON.phrases.iter().filter(move |(topic, _)| Some(*topic) == number);
    all.map(|(_, phrase)| phrase.as_str())
}

/// The phrases of a topic, looked for in all languages and whatever their case. Of several that
/// begin at the same place, the first in the lists is found.
pub struct Phrases {
    name: &'static str,
    topic: OnceLock<Option<Topic>>,
    before: Option<Pattern>,
    after: Option<Pattern>,
}

impl Phrases {
    pub const fn of(topic: &'static str) -> Self {
        Self { name: topic, topic: OnceLock::new(), before: None, after: None }
    }

    /// Those with something before and behind them. The pattern before ends in
    /// `$`, which is where the phrase begins; the one behind begins where it ends.
    pub const fn between(before: &'static str, topic: &'static str, after: &'static str) -> Self {
        Self {
            name: topic,
            topic: OnceLock::new(),
            before: Some(Pattern::new(before)),
            after: Some(Pattern::new(after)),
        }
    }

    /// Those with something before them.
    pub const fn preceded(before: &'static str, topic: &'static str) -> Self {
        let before = Some(Pattern::new(before));
        Self { name: topic, topic: OnceLock::new(), before, after: None }
    }

    /// Those with something behind them.
    pub const fn followed(topic: &'static str, after: &'static str) -> Self {
        let after = Some(Pattern::new(after));
        Self { name: topic, topic: OnceLock::new(), before: None, after }
    }

    pub fn is_match(&self, text: &(impl Searched + ?Sized)) -> bool {
        self.find(text).is_some()
    }

    /// The first place at which one of the phrases stands; the words before and behind it are no
    /// part of it.
    pub fn find<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Option<Match<'t>> {
        self.find_map(text, Some)
    }

    /// The first place of which something is true.
    pub fn find_map<'t, T>(
        &self,
        text: &'t (impl Searched + ?Sized),
        told: impl Fn(Match<'t>) -> Option<T>,
    ) -> Option<T> {
        let topic = (*self.topic.get_or_init(|| LEXICON.topic(self.name)))?;
        let occurrences = text.occurrences();
        occurrences.iter().filter(|it| it.topic == topic).find_map(|it| {
            let (start, end) = (it.start as usize, it.end as usize);
            self.stands(text, start, end).then(|| told(Match::new(text.written(), start..end)))?
        })
    }

    /// All places, without those that begin inside another one; the longest phrase of a place.
    pub fn find_all<'t>(&self, text: &'t (impl Searched + ?Sized)) -> Vec<Match<'t>> {
        let Some(topic) = *self.topic.get_or_init(|| LEXICON.topic(self.name)) else {
            return Vec::new();
        };
        let mut all: Vec<Match<'t>> = Vec::new();
        for it in text.occurrences().iter().filter(|it| it.topic == topic) {
            let found = Match::new(text.written(), it.start as usize..it.end as usize);
            match all.last_mut() {
                Some(last) if found.start() == last.start() && found.end() > last.end() => {
                    *last = found;
                }
                Some(last) if found.start() < last.end() => {}
                _ => all.push(found),
            }
        }
        all
    }

    /// The phrase that begins at a byte offset.
    pub fn find_at<'t>(
        &self,
        text: &'t (impl Searched + ?Sized),
        start: usize,
    ) -> Option<Match<'t>> {
        self.find_map(text, |found| Some(found).filter(|found| found.start() == start))
    }

    /// Whether what has to stand before and behind a place does.
    fn stands(&self, text: &(impl Searched + ?Sized), start: usize, end: usize) -> bool {
        self.before.as_ref().is_none_or(|it| it.is_match_up_to(text, start))
            && self.after.as_ref().is_none_or(|it| it.captures_from(text, end).is_some())
    }
}

/// A place at which a phrase of a topic stands.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence {
    topic: Topic,
    start: u32,
    end: u32,
}

/// The phrases of all topics in a text in small letters: by their place, then in the order of the
/// lists.
pub fn occurrences(small: &str) -> Vec<Occurrence> {
    LEXICON.occurrences(small)
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let files = FILES.iter().map(|(_, text)| toml::from_str(text).unwrap_or_default());
    Lexicon::of(&files.collect::<Vec<Lists>>())
});

/// The number of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Topic(u16);

/// The phrases of all languages, and where to look for them.
struct Lexicon {
    /// The names of the topics, in order.
    topics: Vec<String>,
    /// In small letters, topic by topic in the order of the files.
    phrases: Vec<(Topic, String)>,
    /// By the first two bytes of what a phrase can begin with, where that is shorter than four.
    short: Buckets,
    /// By the first four.
    long: Buckets,
}

/// What a phrase begins with.
struct Beginning {
    letters: String,
    phrase: u16,
}

/// Beginnings in lists that are found by their first bytes, each list in the order of the phrases.
struct Buckets {
    /// How many bytes.
    bytes: usize,
    lists: Vec<Vec<Beginning>>,
}

/// How many lists the beginnings are in; more only take room.
const BUCKETS: usize = 1024;

impl Buckets {
    fn by(bytes: usize) -> Self {
        Self { bytes, lists: (0..BUCKETS).map(|_| Vec::new()).collect() }
    }

    /// Where to look for what begins with the letters of a text.
    fn number(&self, text: &str) -> Option<usize> {
        let first = text.as_bytes().get(..self.bytes)?;
        Some(first.iter().fold(0, |sum, byte| sum * 37 + usize::from(*byte)) % BUCKETS)
    }

    fn add(&mut self, beginning: Beginning) {
        let list = self.number(&beginning.letters).and_then(|at| self.lists.get_mut(at));
        if let Some(list) = list {
            list.push(beginning);
        }
    }

    /// What a text may begin with.
    fn of(&self, text: &str) -> &[Beginning] {
        let list = self.number(text).and_then(|at| self.lists.get(at));
        list.map(Vec::as_slice).unwrap_or_default()
    }
}

impl Lexicon {
    fn of(files: &[Lists]) -> Self {
        let names: BTreeSet<&String> = files.iter().flat_map(Lists::keys).collect();
        let mut phrases = Vec::new();
        for (number, name) in (0..).zip(&names) {
            let lists = files.iter().filter_map(|lists| lists.get(*name));
            phrases.extend(lists.flatten().map(|it| (Topic(number), it.to_lowercase())));
        }
        let (mut short, mut long) = (Buckets::by(2), Buckets::by(4));
        for (number, (_, phrase)) in (0..).zip(&phrases) {
            for letters in phrase::beginnings(phrase) {
                let buckets = if letters.len() < long.bytes { &mut short } else { &mut long };
                buckets.add(Beginning { letters, phrase: number });
            }
        }
        Self { topics: names.into_iter().cloned().collect(), phrases, short, long }
    }

    fn topic(&self, name: &str) -> Option<Topic> {
        let at = self.topics.binary_search_by(|topic| topic.as_str().cmp(name)).ok()?;
        u16::try_from(at).ok().map(Topic)
    }

    fn occurrences(&self, text: &str) -> Vec<Occurrence> {
        let mut found = Vec::new();
        let mut inside = false;
        for (at, letter) in text.char_indices() {
            let begins = !std::mem::replace(&mut inside, is_of_a_word(letter)) && inside;
            if begins {
                self.occurrences_at(text, at, &mut found);
            }
        }
        found
    }

    /// The phrases that begin at a place, where a word begins.
    fn occurrences_at(&self, text: &str, at: usize, found: &mut Vec<Occurrence>) {
        let rest = text.get(at..).unwrap_or_default();
        let begin = |it: &&Beginning| rest.starts_with(it.letters.as_str());
        let mut long = self.long.of(rest).iter().filter(begin).peekable();
        let mut short = self.short.of(rest).iter().filter(begin).peekable();
        // Both in the order of the phrases.
        while let Some(beginning) = match (short.peek(), long.peek()) {
            (Some(one), Some(other)) if one.phrase > other.phrase => long.next(),
            (Some(_), _) => short.next(),
            (None, _) => long.next(),
        } {
            let Some((topic, phrase)) = self.phrases.get(usize::from(beginning.phrase)) else {
                continue;
            };
            for end in phrase::ends(phrase, text, at) {
                // No page is larger than four gigabytes.
                if let (Ok(start), Ok(end)) = (u32::try_from(at), u32::try_from(end)) {
                    found.push(Occurrence { topic: *topic, start, end });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rooms beside this one ask for.
    const TOPICS: [&str; 49] = [
        "apply.sending",
        "contact.applying",
        "contact.asking",
        "contact.dead",
        "contact.other",
        "apply.link",
        "apply.lead",
        "closed.mark",
        "closed.sentence",
        "deadline.extended",
        "deadline.first_step",
        "deadline.last_step",
        "deadline.named",
        "deadline.rolling",
        "deadline.window",
        "employer",
        "institute",
        "unit",
        "general_call",
        "none_open",
        "offer",
        "position.engineer",
        "position.faculty",
        "position.internship",
        "position.phd",
        "position.postdoc",
        "position.research_assistant",
        "position.staff",
        "position.student_assistant",
        "position.thesis",
        "start.named",
        "start.soon",
        "title.general",
        "title.lead",
        "duration.named",
        "located",
        "application.sentence",
        "document",
        "extension.named",
        "funding.named",
        "section.application",
        "section.benefits",
        "section.deadline",
        "section.description",
        "section.desirable",
        "section.funding",
        "section.other",
        "section.qualifications",
        "section.responsibilities",
    ];

    #[test]
    fn phrases_of_one_place_come_in_the_order_of_the_lists_however_they_begin() {
        let topics = [("a", "phd student"), ("b", "ph* student"), ("c", "phd stud*"), ("d", "pH*")];
        let list = |(topic, phrase): (&str, &str)| (topic.to_owned(), vec![phrase.to_owned()]);
        let lexicon = Lexicon::of(&[topics.into_iter().map(list).collect()]);
        let found = lexicon.occurrences("a phd student");
        let topics: Vec<u16> = found.iter().map(|it| it.topic.0).collect();
        assert_eq!(topics, [0, 1, 2, 3], "{found:?}");
        assert!(found.iter().all(|it| it.start == 2), "{found:?}");
    }

    #[test]
    fn every_file_of_words_can_be_read_and_has_every_topic() {
        for (language, text) in FILES {
            let lists: Lists = toml::from_str(text).unwrap();
            for topic in TOPICS {
                let phrases = lists.get(topic).unwrap_or_else(|| panic!("{language}: {topic}"));
                assert!(!phrases.is_empty(), "{language}: {topic}");
                for phrase in phrases {
                    let beginnings = phrase::beginnings(phrase);
                    // By two bytes they are looked up.
                    assert!(beginnings.iter().all(|it| it.len() >= 2), "{language}: {phrase}");
                    let behind = phrase.split('*').skip(1);
                    let ended = behind.into_iter().all(|it| !it.starts_with(char::is_alphanumeric));
                    assert!(ended, "{language}: {phrase}: `*` ends a word");
                }
            }
            for topic in lists.keys() {
                assert!(TOPICS.contains(&topic.as_str()), "{language}: nobody reads {topic}");
            }
        }
    }
}
