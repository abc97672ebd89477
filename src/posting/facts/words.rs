//! The words of six languages by which facts are recognised. They stand in `words/`, one file per
//! language, where a native speaker can add to them; this file makes patterns of them.
//!
//! A phrase is written as people write it. `*` stands for any ending of a word, `_` for up to
//! three words, and what stands in brackets may be missing: `position(s) _ filled`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::pattern::{Case, Pattern};

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

static LISTS: LazyLock<Vec<Lists>> = LazyLock::new(|| {
    let parsed = FILES.iter().map(|(_, text)| toml::from_str(text).unwrap_or_default());
    parsed.collect()
});

/// Words of all languages that offer a position.
pub static OFFER: LazyLock<Pattern> = LazyLock::new(|| pattern("offer"));

/// The phrases of a topic in all languages, in the order of the files.
pub fn phrases(topic: &str) -> impl Iterator<Item = &'static str> {
    let lists = LISTS.iter().filter_map(move |lists| lists.get(topic));
    lists.flatten().map(String::as_str)
}

/// A pattern that finds any phrase of a topic, whatever its case.
pub fn pattern(topic: &str) -> Pattern {
    Pattern::of(format!(r"\b(?:{})", alternatives(topic)), Case::Folded)
}

/// A pattern with the phrases of a topic in the place of `PHRASE`. The frame is in small letters.
pub fn pattern_around(topic: &str, frame: &str) -> Pattern {
    Pattern::of(framed(topic, frame), Case::Folded)
}

/// The same for a frame in which capitals count, but those of the phrases do not.
pub fn pattern_within(topic: &str, frame: &str) -> Pattern {
    Pattern::of(framed(topic, &frame.replace("PHRASE", "(?i:PHRASE)")), Case::Minded)
}

fn framed(topic: &str, frame: &str) -> String {
    frame.replace("PHRASE", &format!("(?:{})", alternatives(topic)))
}

fn alternatives(topic: &str) -> String {
    phrases(topic).map(expression).collect::<Vec<_>>().join("|")
}

/// A phrase as a regular expression.
fn expression(phrase: &str) -> String {
    let mut expression = String::new();
    let mut begun = false;
    for word in phrase.split(' ') {
        let may_miss = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
        match may_miss.filter(|word| !word.contains(['(', ')'])) {
            Some(word) if begun => expression.push_str(&format!("(?: {})?", letters(word))),
            Some(word) => expression.push_str(&format!("(?:{} )?", letters(word))),
            None if word == "_" => expression.push_str(r"(?: [^ ]+){0,3}?"),
            None => {
                if begun {
                    expression.push(' ');
                }
                expression.push_str(&letters(word));
                begun = true;
            }
        }
    }
    let ends_in_letter = phrase.ends_with(char::is_alphanumeric) || phrase.ends_with(')');
    if ends_in_letter { expression + r"\b" } else { expression }
}

/// One word as a regular expression.
fn letters(word: &str) -> String {
    let mut expression = String::new();
    for letter in word.chars() {
        match letter {
            // Also the endings of gender-neutral German: `Mitarbeiter*in`, `Mitarbeiter:innen`.
            // Named by what ends a word: the class of all letters takes long to make.
            '*' => expression.push_str(r#"[^ .,;!?()\[\]"“”„]*"#),
            '(' => expression.push_str("(?:"),
            ')' => expression.push_str(")?"),
            '\'' => expression.push_str("['’]"),
            '-' => expression.push_str("[ –-]?"),
            other => {
                let small: String = other.to_lowercase().collect();
                expression.push_str(&regex::escape(&small));
            }
        }
    }
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rooms beside this one ask for.
    const TOPICS: [&str; 27] = [
        "apply.link",
        "apply.lead",
        "closed.mark",
        "closed.sentence",
        "deadline.named",
        "deadline.rolling",
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
    ];

    #[test]
    fn every_file_of_words_can_be_read_and_has_every_topic() {
        for (language, text) in FILES {
            let lists: Lists = toml::from_str(text).unwrap();
            for topic in TOPICS {
                let phrases = lists.get(topic).unwrap_or_else(|| panic!("{language}: {topic}"));
                assert!(!phrases.is_empty(), "{language}: {topic}");
                assert!(phrases.iter().all(|phrase| !phrase.trim().is_empty()), "{language}");
            }
            for topic in lists.keys() {
                assert!(TOPICS.contains(&topic.as_str()), "{language}: nobody reads {topic}");
            }
        }
    }

    #[test]
    fn a_phrase_is_found_as_people_write_it() {
        for (phrase, text, found) in [
            ("position(s) _ filled", "the position has been filled", true),
            ("position(s) _ filled", "positions filled", true),
            ("position(s) _ filled", "the position of the water which has been filled", false),
            ("doktorand*", "eine Doktorand*in", true),
            ("full-time", "Full time", true),
            ("job", "jobs", false),
        ] {
            let pattern = Pattern::of(format!(r"\b(?:{})", expression(phrase)), Case::Folded);
            assert_eq!(pattern.is_match(text), found, "{phrase} in {text}");
        }
    }
}
