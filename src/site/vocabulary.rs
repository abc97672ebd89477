//! `[vocabulary]`: which of a site's tags and kinds of position stand for the words of closed lists.
//!
//! ```toml
//! [vocabulary.euraxess.research_field]
//! tags = { "deep learning" = "Computer science: Informatics", tides = "Geosciences" }
//! default = "Other"
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::adapt::vocabulary::{Mapping, Term, Vocabularies};
use crate::diagnostic::{Diagnostic, Source, suggestion};
use crate::posting::PositionType;

/// As many words as are shown of a list.
const SHOWN: usize = 8;

/// By vocabulary and list.
pub(super) type VocabularyTable =
    BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, MappingTable>>;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingTable {
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    tags: BTreeMap<Spanned<String>, Words>,
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    position_types: BTreeMap<Spanned<String>, Words>,
    #[schemars(with = "Option<serde_json::Value>")]
    default: Option<Words>,
}

/// A word, or a list of words.
type Words = Spanned<toml::Value>;

/// The site's mappings; what no list has is an error.
pub(super) fn read(
    written: &VocabularyTable,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vocabularies {
    let mut mappings = BTreeMap::new();
    for (vocabulary, lists) in written {
        let Some(known) = Vocabularies::lists(vocabulary.get_ref()) else {
            let names = Vocabularies::names().collect::<Vec<_>>();
            diagnostics.push(unknown("vocabulary", vocabulary, &names, file));
            continue;
        };
        let known: Vec<&str> = known.collect();
        for (list, mapping) in lists {
            if known.contains(&list.get_ref().as_str()) {
                let reader =
                    Reader { vocabulary: vocabulary.get_ref(), list: list.get_ref(), file };
                let mapping = reader.mapping(mapping, diagnostics);
                mappings.insert((vocabulary.get_ref().clone(), list.get_ref().clone()), mapping);
            } else {
                diagnostics.push(unknown("list", list, &known, file));
            }
        }
    }
    Vocabularies::mapped_by(mappings)
}

/// Reads one mapping.
struct Reader<'a> {
    vocabulary: &'a str,
    list: &'a str,
    file: &'a Arc<Source>,
}

impl Reader<'_> {
    fn mapping(&self, written: &MappingTable, diagnostics: &mut Vec<Diagnostic>) -> Mapping {
        let mut mapping = Mapping::default();
        for (tag, words) in &written.tags {
            let tag = tag.get_ref().trim().to_lowercase();
            mapping.tags.insert(tag, self.terms(words, diagnostics));
        }
        for (kind, words) in &written.position_types {
            match PositionType::parse(kind.get_ref()) {
                Some(known) => {
                    mapping.position_types.insert(known, self.terms(words, diagnostics));
                }
                None => {
                    let kinds = PositionType::ALL.map(PositionType::as_str);
                    diagnostics.push(unknown("kind of position", kind, &kinds, self.file));
                }
            }
        }
        if let Some(words) = &written.default {
            mapping.default = self.terms(words, diagnostics);
        }
        mapping
    }

    fn terms(&self, words: &Words, diagnostics: &mut Vec<Diagnostic>) -> Vec<Term> {
        let written: &[toml::Value] = match words.get_ref() {
            toml::Value::Array(words) => words,
            one => std::slice::from_ref(one),
        };
        let mut terms = Vec::new();
        for word in written {
            let word = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
            match Vocabularies::read(self.vocabulary, self.list, &word) {
                Ok(term) => terms.push(term),
                Err(wrong) => {
                    let known: Vec<&str> = wrong.known.iter().map(String::as_str).collect();
                    let wrong = Spanned::new(words.span(), wrong.word);
                    let what = format!("word of `{}.{}`", self.vocabulary, self.list);
                    diagnostics.push(unknown(&what, &wrong, &known, self.file));
                }
            }
        }
        terms
    }
}

fn unknown(
    what: &str,
    written: &Spanned<String>,
    known: &[&str],
    file: &Arc<Source>,
) -> Diagnostic {
    let help = match suggestion(written.get_ref(), known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            let more = if known.len() > SHOWN { " …" } else { "" };
            let shown = &known[..known.len().min(SHOWN)];
            format!("it takes {}{more}", shown.join(", "))
        }
    };
    Diagnostic::error("vocabulary::unknown", format!("there is no {what} `{}`", written.get_ref()))
        .at(file, written.span())
        .help(help)
}
