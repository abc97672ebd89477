//! What a network would make of words that mean nothing of the kind: `M.Sc.` a link to a stranger,
//! `@home` a mention of somebody, `$HOME` a symbol of a stock exchange.
//!
//! Only the page's words are written otherwise, never those of a template: a mention there is meant.
//! A name that is an address and cannot be written otherwise (`fast.ai`, `README.md`) stays as it is,
//! and X counts and prices it as a link.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::count::Count;

/// The words as the network that counts so will leave them.
pub fn plain(words: &str, count: Count) -> Cow<'_, str> {
    match count {
        Count::X => {
            let words = replace(&DEGREE, words, |found| found["letters"].to_owned() + "Sc");
            let words = apply(words, |it| replace(&TITLES, it, spaced));
            let words = apply(words, |it| replace(&CASHTAG, it, kept));
            apply(words, |it| without_mentions(it, stops_mention_on_x))
        }
        Count::Mastodon => without_mentions(words, stops_mention_on_mastodon),
        _ => Cow::Borrowed(words),
    }
}

/// `M.Sc.`, `B.Sc`: the top-level domain of the Seychelles is `sc`. Also written without its dots.
static DEGREE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?P<letters>M|B|D)\.\s?(?i:sc)\b\.?").ok());

/// `Dr.med.`, `Dr.rer.nat`: `med` and others are top-level domains. With spaces, as it should be.
static TITLES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:Dr|Dipl|Prof|Priv)\.(?:[a-zA-Z]+\.?)+").ok());

/// What X takes for a symbol of a stock exchange; a post may hold one at most.
static CASHTAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?P<before>^|\s)\$(?P<name>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?\b)").ok()
});

/// An `@` and a name behind it.
static MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"@[A-Za-z0-9_]").ok());

fn replace<'a>(
    pattern: &LazyLock<Option<Regex>>,
    words: &'a str,
    by: impl Fn(&Captures<'_>) -> String,
) -> Cow<'a, str> {
    match pattern.as_ref() {
        Some(pattern) => pattern.replace_all(words, by),
        None => Cow::Borrowed(words),
    }
}

fn apply<'a>(words: Cow<'a, str>, change: impl Fn(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    match change(&words) {
        Cow::Borrowed(_) => words,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

fn spaced(found: &Captures<'_>) -> String {
    found[0].split_inclusive('.').collect::<Vec<_>>().join(" ")
}

fn kept(found: &Captures<'_>) -> String {
    format!("{}{}", &found["before"], &found["name"])
}

/// What stands before an `@` that mentions nobody (twitter-text, `validMentionPrecedingChars`).
fn stops_mention_on_x(before: char) -> bool {
    before.is_ascii_alphanumeric() || "_!#$%&*@＠".contains(before)
}

/// The same for Mastodon (`Account::MENTION_RE`).
fn stops_mention_on_mastodon(before: char) -> bool {
    before.is_alphanumeric() || "_/=".contains(before)
}

/// With a space after each `@` that would mention somebody, unless a server is named behind the name:
/// nobody writes that by chance.
fn without_mentions(words: &str, stops_mention: fn(char) -> bool) -> Cow<'_, str> {
    let Some(pattern) = MENTION.as_ref().filter(|pattern| pattern.is_match(words)) else {
        return Cow::Borrowed(words);
    };
    let mut written = String::with_capacity(words.len() + 1);
    let mut at = 0;
    for found in pattern.find_iter(words) {
        let before = words[..found.start()].chars().next_back();
        let is_within = before.is_some_and(stops_mention);
        let rest = &words[found.start() + 1..];
        let name = rest.find(|sign: char| !(sign.is_alphanumeric() || "_.-".contains(sign)));
        let names_server = name.is_some_and(|end| rest[end..].starts_with('@'));
        if !is_within && !names_server {
            written.push_str(&words[at..=found.start()]);
            written.push(' ');
            at = found.start() + 1;
        }
    }
    written.push_str(&words[at..]);
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::count::x;

    #[test]
    fn degrees_and_titles_are_no_links_on_x() {
        for (words, written) in [
            ("an M.Sc. in physics", "an MSc in physics"),
            ("B.Sc./M.Sc. or D.Sc", "BSc/MSc or DSc"),
            ("M. Sc. in tides", "MSc in tides"),
            ("Dr.med. or Dr.rer.nat.", "Dr. med. or Dr. rer. nat."),
            ("Prof. Dr. Doe, Ph.D., e.g. Node.js", "Prof. Dr. Doe, Ph.D., e.g. Node.js"),
        ] {
            let plain = plain(words, Count::X);
            assert_eq!(plain, written);
            assert_eq!(x::links(&plain), [] as [&str; 0], "{plain}");
        }
        assert_eq!(plain("M.Sc. @home", Count::Bluesky), "M.Sc. @home");
        assert_eq!(plain("work with fast.ai", Count::X), "work with fast.ai");
    }

    #[test]
    fn nobody_is_mentioned_by_chance() {
        for count in [Count::X, Count::Mastodon] {
            assert_eq!(plain("work @home (@tum)", count), "work @ home (@ tum)");
            assert_eq!(plain("jobs@lab.example", count), "jobs@lab.example");
            assert_eq!(plain("see @lab@social.example", count), "see @lab@social.example");
            assert_eq!(plain("5 @ 3, @", count), "5 @ 3, @");
        }
    }

    #[test]
    fn a_price_or_a_variable_is_no_symbol_of_a_stock_exchange() {
        assert_eq!(plain("$100k, $HOME and US$", Count::X), "$100k, HOME and US$");
        assert_eq!(plain("$HOME", Count::Mastodon), "$HOME");
    }
}
