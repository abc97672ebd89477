//! Text whose links and hashtags are told beside it, as Bluesky wants it: a post there links nothing
//! by itself, each link is a range of the text's bytes (a facet). Pure.
//!
//! So a link need not be shown whole. What a reader sees of it is its host and as much of its path
//! as there is room for; what it leads to is in the facet.
//! Source: <https://docs.bsky.app/docs/advanced-guides/post-richtext>.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

/// How much is shown of a link, in grapheme clusters; its host is always shown whole.
const SHOWN: usize = 30;

/// The longest tag: lexicon `app.bsky.richtext.facet`.
const LONGEST_TAG_GRAPHEMES: usize = 64;
const LONGEST_TAG_BYTES: usize = 640;

/// A text as it is shown, with what its parts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RichText {
    pub text: String,
    /// In the order of the text; none overlaps another.
    pub facets: Vec<Facet>,
}

/// A part of a text that is more than its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// Where it is, in bytes of the text in UTF-8.
    pub bytes: Range<usize>,
    pub feature: Feature,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feature {
    Link(Url),
    /// Without its `#`.
    Tag(String),
}

impl RichText {
    /// Finds the links and hashtags of a text. Only what has a scheme (`https://…`) is a link:
    /// "M.Sc." and "fast.ai" are words.
    pub fn of(text: &str) -> Self {
        let mut rich = Self { text: String::with_capacity(text.len()), facets: Vec::new() };
        let mut done = 0;
        for (at, word) in words(text) {
            rich.push(text.get(done..at).unwrap_or_default());
            rich.push_word(word);
            done = at + word.len();
        }
        rich.push(text.get(done..).unwrap_or_default());
        rich
    }

    fn push_word(&mut self, word: &str) {
        if let Some(tag) = tag(word) {
            let mark = word.chars().next().map_or(0, char::len_utf8);
            let bytes = self.text.len()..self.text.len() + mark + tag.len();
            self.push(word);
            self.facets.push(Facet { bytes, feature: Feature::Tag(tag.to_owned()) });
            return;
        }
        let mut rest = word;
        while let Some((before, link, url)) = next_link(rest) {
            self.push(before);
            let from = self.text.len();
            self.push(&shown(link));
            let bytes = from..self.text.len();
            self.facets.push(Facet { bytes, feature: Feature::Link(url) });
            rest = rest.get(before.len() + link.len()..).unwrap_or_default();
        }
        self.push(rest);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// What stands between spaces, and where.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(char::is_whitespace).filter_map(move |word| {
        let start = at;
        let space = text.get(start + word.len()..).and_then(|rest| rest.chars().next());
        at += word.len() + space.map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

/// What stands before the first link of a word, the link as it is written, and where it leads.
fn next_link(word: &str) -> Option<(&str, &str, Url)> {
    static SCHEME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("(?i)https?://").ok());
    for found in SCHEME.as_ref()?.find_iter(word) {
        let (before, rest) = word.split_at(found.start());
        if before.chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let end = rest.find(['<', '>', '"', '“', '”', '«', '»']).unwrap_or(rest.len());
        let link = without_trailing_signs(rest.get(..end).unwrap_or(rest));
        if let Ok(url) = Url::parse(link)
            && url.host_str().is_some_and(|host| !host.is_empty())
        {
            return Some((before, link, url));
        }
    }
    None
}

/// A link without what belongs to the sentence: signs at its end, and a bracket that was opened
/// before it.
fn without_trailing_signs(mut link: &str) -> &str {
    loop {
        let count = |sign| link.matches(sign).count();
        let Some(last) = link.chars().next_back() else { return link };
        let belongs = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' | '*' => false,
            ')' => count('(') >= count(')'),
            ']' => count('[') >= count(']'),
            '}' => count('{') >= count('}'),
            _ => true,
        };
        if belongs {
            return link;
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
}

/// What a reader sees of a link: no scheme, the whole host, the beginning of the path.
fn shown(link: &str) -> String {
    let bare = link.split_once("://").map_or(link, |(_, rest)| rest);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    if bare.graphemes(true).count() <= SHOWN {
        return bare.to_owned();
    }
    let host = bare.find(['/', '?', '#']).unwrap_or(bare.len());
    let (host, path) = bare.split_at(host);
    if path.is_empty() {
        return host.to_owned();
    }
    // At least the sign that something follows, however long the host is.
    let room = SHOWN.saturating_sub(host.graphemes(true).count() + 1).max(1);
    let path: String = path.graphemes(true).take(room).collect();
    format!("{host}{path}…")
}

/// The tag of a word that is a hashtag, as Bluesky's own clients find them (`detectFacets` of
/// `@atproto/api`): at the beginning of a word, not digits and signs alone, without the signs at
/// its end.
fn tag(word: &str) -> Option<&str> {
    static END: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{P}+$").ok());
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[^\d\s\p{P}]").ok());
    /// Signs without a width end a tag, so that what is seen is what is tagged.
    const INVISIBLE: [char; 7] =
        ['\u{AD}', '\u{2060}', '\u{200A}', '\u{200B}', '\u{200C}', '\u{200D}', '\u{20E2}'];
    let tag = word.strip_prefix(['#', '＃'])?;
    let tag = tag.find(INVISIBLE).map_or(tag, |end| tag.get(..end).unwrap_or_default());
    let end = END.as_ref()?.find(tag).map_or(tag.len(), |signs| signs.start());
    let tag = tag.get(..end)?;
    let fits = tag.len() <= LONGEST_TAG_BYTES
        && tag.graphemes(true).count() <= LONGEST_TAG_GRAPHEMES
        && !tag.starts_with(['#', '＃', '\u{FE0F}']);
    (fits && LETTER.as_ref()?.is_match(tag)).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<(String, String)> {
        let rich = RichText::of(text);
        let shown = |facet: &Facet| rich.text[facet.bytes.clone()].to_owned();
        rich.facets
            .iter()
            .filter_map(|facet| match &facet.feature {
                Feature::Link(url) => Some((shown(facet), url.to_string())),
                Feature::Tag(_) => None,
            })
            .collect()
    }

    fn tags(text: &str) -> Vec<String> {
        let facets = RichText::of(text).facets.into_iter();
        facets
            .filter_map(|facet| match facet.feature {
                Feature::Tag(tag) => Some(tag),
                Feature::Link(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_link_is_shown_short_and_leads_to_all_of_it() {
        let text = "Küste: https://lab.example/jobs/phd-tidal-forecasting/?lang=de.";
        let whole = "https://lab.example/jobs/phd-tidal-forecasting/?lang=de";
        assert_eq!(links(text), [("lab.example/jobs/phd-tidal-fo…".into(), whole.into())]);
        assert_eq!(RichText::of(text).text, "Küste: lab.example/jobs/phd-tidal-fo….");
        assert_eq!(links("(https://lab.example/)")[0].0, "lab.example");
        let long = format!("https://{}.example/jobs", "a".repeat(40));
        assert_eq!(links(&long)[0].0, format!("{}.example/…", "a".repeat(40)));
    }

    #[test]
    fn what_belongs_to_the_sentence_is_not_in_the_link() {
        for (text, link) in [
            ("see https://lab.example/a(b), please", "https://lab.example/a(b)"),
            ("(see https://lab.example/a)", "https://lab.example/a"),
            ("“https://lab.example/a”", "https://lab.example/a"),
            ("https://lab.example/a?!", "https://lab.example/a"),
        ] {
            assert_eq!(links(text)[0].1, link, "{text}");
        }
        for text in ["xhttps://lab.example", "https://", "M.Sc. at fast.ai", "http://:80/"] {
            assert_eq!(links(text), [], "{text}");
        }
    }

    #[test]
    fn a_hashtag_is_one_at_the_beginning_of_a_word_and_with_a_letter() {
        assert_eq!(tags("#Küstenschutz, #AI. ＃潮汐"), ["Küstenschutz", "AI", "潮汐"]);
        assert_eq!(tags("C# (#no) #2027 # #--- a#b https://lab.example/#x"), [""; 0]);
        assert_eq!(tags(&format!("#{}", "a".repeat(65))), [""; 0]);
    }
}
