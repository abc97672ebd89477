//! Closed vocabularies: the words that a board takes and no others, as data, and which of them
//! stand for a posting.
//!
//! `vocabularies/*.toml` hold the lists; a site's `[vocabulary]` maps its own tags and kinds of
//! position to their words. Nothing is guessed: what nothing stands for has no word.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::posting::{PositionType, Posting};

/// Between a word and one of the list that refines it: `Computer science: Informatics`.
const REFINED: &str = ": ";

/// The lists of a vocabulary by name.
type Lists = BTreeMap<String, List>;

static SHIPPED: LazyLock<BTreeMap<&'static str, Lists>> = LazyLock::new(|| {
    [
        ("euraxess", include_str!("../../vocabularies/euraxess.toml")),
        ("google", include_str!("../../vocabularies/google.toml")),
        ("personio", include_str!("../../vocabularies/personio.toml")),
    ]
    .into_iter()
    // That each can be read is tested.
    .map(|(name, text)| (name, toml::from_str(text).unwrap_or_default()))
    .collect()
});

/// A closed list, and what stands for its words without a site's help.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    take: Take,
    /// The list whose words refine those of this one.
    sub: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    facts: BTreeMap<Fact, String>,
    #[serde(default)]
    position_types: BTreeMap<PositionType, String>,
    /// By ISO 3166-1 alpha-2.
    #[serde(default)]
    countries: BTreeMap<String, String>,
    default: Option<String>,
}

/// How many words an ad has of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Take {
    One,
    /// Those of the first source that has any.
    Several,
    /// Those of all sources.
    All,
}

/// What a page says, as far as a list has a word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fact {
    FullTime,
    PartTime,
    /// The contract ends.
    Limited,
}

impl Fact {
    fn holds(self, posting: &Posting) -> bool {
        let workload = posting.facts.workload_percent.as_ref().map(|it| it.value);
        match self {
            Self::FullTime => workload.is_some_and(|share| share >= 100.0),
            Self::PartTime => workload.is_some_and(|share| share < 100.0),
            Self::Limited => posting.facts.duration_months.is_some(),
        }
    }
}

/// A word of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    pub value: String,
    /// A word of the list that refines it.
    pub sub: Option<String>,
}

/// A word that no list has, and those that it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTerm {
    pub word: String,
    pub known: Vec<String>,
}

/// What a site says stands for the words of one list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// By the tag in small letters.
    pub tags: BTreeMap<String, Vec<Term>>,
    pub position_types: BTreeMap<PositionType, Vec<Term>>,
    /// Where nothing else is known.
    pub default: Vec<Term>,
}

/// The shipped vocabularies with a site's mappings, by vocabulary and list.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    mappings: Arc<BTreeMap<(String, String), Mapping>>,
}

impl Vocabularies {
    pub fn mapped_by(mappings: BTreeMap<(String, String), Mapping>) -> Self {
        Self { mappings: Arc::new(mappings) }
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.keys().copied()
    }

    /// The lists of a vocabulary; `None` if there is no such vocabulary.
    pub fn lists(vocabulary: &str) -> Option<impl Iterator<Item = &'static str>> {
        Some(SHIPPED.get(vocabulary)?.keys().map(String::as_str))
    }

    /// All words of a list; none if there is no such list.
    pub fn words(vocabulary: &str, list: &str) -> Vec<&'static str> {
        let list = SHIPPED.get(vocabulary).and_then(|lists| lists.get(list));
        list.into_iter().flat_map(List::words).collect()
    }

    /// Reads a word of a list, whichever way its letters are written.
    ///
    /// # Errors
    /// [`UnknownTerm`] if the list has no such word.
    pub fn read(vocabulary: &str, list: &str, written: &str) -> Result<Term, UnknownTerm> {
        let find = |list: &str, word: &str| {
            let known = Self::words(vocabulary, list);
            match known.iter().find(|it| it.to_lowercase() == word.trim().to_lowercase()) {
                Some(found) => Ok((*found).to_owned()),
                None => Err(UnknownTerm {
                    word: word.trim().to_owned(),
                    known: known.into_iter().map(str::to_owned).collect(),
                }),
            }
        };
        let sub = SHIPPED.get(vocabulary).and_then(|lists| lists.get(list)?.sub.as_deref());
        match (sub, written.split_once(REFINED)) {
            (Some(sub), Some((value, refined))) => {
                Ok(Term { value: find(list, value)?, sub: Some(find(sub, refined)?) })
            }
            _ => Ok(Term { value: find(list, written)?, sub: None }),
        }
    }

    /// The words that stand for a posting, by vocabulary and list; every list is there.
    pub fn terms(
        &self,
        posting: &Posting,
    ) -> BTreeMap<&'static str, BTreeMap<&'static str, Vec<Term>>> {
        let of_list = |vocabulary: &str, name: &str, list: &List| {
            let mapping = self.mappings.get(&(vocabulary.to_owned(), name.to_owned()));
            list.terms(posting, mapping.unwrap_or(&NO_MAPPING))
        };
        SHIPPED
            .iter()
            .map(|(vocabulary, lists)| {
                let terms = lists
                    .iter()
                    .map(|(name, list)| (name.as_str(), of_list(vocabulary, name, list)));
                (*vocabulary, terms.collect())
            })
            .collect()
    }
}

static NO_MAPPING: Mapping =
    Mapping { tags: BTreeMap::new(), position_types: BTreeMap::new(), default: Vec::new() };

impl List {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.values.iter().chain(self.countries.values()).map(String::as_str)
    }

    fn terms(&self, posting: &Posting, mapping: &Mapping) -> Vec<Term> {
        let word = |word: &String| Term { value: word.clone(), sub: None };
        let position_type = posting.facts.position_type.as_ref().map(|it| it.value);
        let facts: Vec<Term> = self
            .facts
            .iter()
            .filter(|(fact, _)| fact.holds(posting))
            .map(|it| word(it.1))
            .collect();
        let country = posting.facts.country.as_ref().and_then(|it| self.countries.get(&it.value));
        let tags =
            posting.tags.iter().filter_map(|tag| mapping.tags.get(&tag.trim().to_lowercase()));
        let of_type = position_type.and_then(|kind| mapping.position_types.get(&kind));
        let shipped = position_type.and_then(|kind| self.position_types.get(&kind));
        let sources = [
            facts,
            country.map(word).into_iter().collect(),
            tags.flatten().cloned().collect(),
            of_type.cloned().unwrap_or_default(),
            // What the site says of a kind takes the place of what is shipped.
            shipped.filter(|_| of_type.is_none()).map(word).into_iter().collect(),
        ];
        let mut terms: Vec<Term> = Vec::new();
        for source in sources {
            if terms.is_empty() || self.take == Take::All {
                for term in source {
                    if !terms.contains(&term) {
                        terms.push(term);
                    }
                }
            }
        }
        if terms.is_empty() {
            terms.clone_from(&mapping.default);
        }
        if terms.is_empty() {
            terms.extend(self.default.as_ref().map(word));
        }
        if self.take == Take::One {
            terms.truncate(1);
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_vocabulary_can_be_read_and_keeps_to_its_own_lists() {
        for (vocabulary, lists) in SHIPPED.iter() {
            assert!(!lists.is_empty(), "{vocabulary} cannot be read");
            for (name, list) in lists {
                let known: Vec<&str> = list.words().collect();
                let used = list.facts.values().chain(list.position_types.values());
                for word in used.chain(&list.default) {
                    assert!(known.contains(&word.as_str()), "{vocabulary}.{name}: {word}");
                }
                if let Some(sub) = &list.sub {
                    assert!(lists.contains_key(sub), "{vocabulary}.{name}: {sub}");
                }
            }
        }
        assert_eq!(Vocabularies::words("euraxess", "research_field").len(), 41);
    }

    #[test]
    fn a_word_is_read_whichever_way_it_is_written_and_may_be_refined() {
        let term =
            Vocabularies::read("euraxess", "research_field", "computer science: informatics");
        let (value, sub) = ("Computer science".to_owned(), Some("Informatics".to_owned()));
        assert_eq!(term, Ok(Term { value, sub }));
        let wrong = Vocabularies::read("euraxess", "research_field", "Tides").unwrap_err();
        assert_eq!((wrong.word.as_str(), wrong.known.len()), ("Tides", 41));
    }
}
