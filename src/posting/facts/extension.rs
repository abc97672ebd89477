//! Whether the contract can be extended, and by how much.

use super::duration;
use super::pattern::Pattern;
use super::prose::{Prose, Role};
use super::sentence;
use super::words::Phrases;
use crate::posting::{Extension, Field, Origin};

static NAMED: Phrases = Phrases::of("extension.named");

/// Words before it or in it that say the contrary, or speak of something else that is extended.
static OTHERWISE: Pattern = Pattern::new(
    r"(?i)\b(?:no|not|without|cannot|deadline|kein|keine|nicht|ohne|frist|pas|sans|délai|non|senza|sin|plazo|geen|niet|zonder)\b",
);

/// Words behind it that make it another thing: "renewable energy".
static ENERGY: Pattern =
    Pattern::new(r"(?i)^[^0-9A-Za-zÀ-ɏ]*(?:energ|resource|raw|material|fuel|source)");

/// How far behind the words the months stand, in characters.
const REACH: usize = 60;

/// The last two words before a noun, which say by how much: "2 years extension possible".
static MEASURE: Pattern = Pattern::new(r"[^ ,;.:()+]+[ -](?:[^ ,;.:()+]+ )?$");

/// How many bytes before the words may say by how much.
fn before_noun(before: &str, words: &str) -> usize {
    let words = words.to_lowercase();
    let is_noun = ["extension", "year", "renewal"].iter().any(|noun| words.starts_with(noun));
    let measure = MEASURE.find(before).filter(|_| is_noun);
    measure.map_or(0, |measure| measure.range().len())
}

/// The first words of the page that say so.
pub fn infer(prose: &Prose) -> Option<Field<Extension>> {
    let passages = prose.passages().filter(|passage| passage.role != Role::Title);
    passages.into_iter().find_map(|passage| {
        let named = NAMED.find_map(&passage.text, |named| {
            let sentence = sentence::around(&passage.text, named.start());
            let before = passage.text.get(sentence.start..named.end())?;
            let behind = passage.text.get(named.end()..sentence.end.max(named.end()))?;
            let is_meant = !OTHERWISE.is_match(before) && !ENERGY.is_match(behind);
            is_meant.then_some((named, sentence))
        });
        let (named, sentence) = named?;
        let start = named.start() - before_noun(passage.text.get(..named.start())?, named.as_str());
        let near = passage.text.get(start..sentence.end.max(named.end()))?;
        let near = near.char_indices().nth(REACH).map_or(near, |(end, _)| &near[..end]);
        let months = duration::named(near).map_or(Extension::Possible, Extension::Months);
        let span = prose.span(passage, named.range());
        Some(Field::new(months, Origin::Inferred(span)))
    })
}
