//! Hashtags from a page's tags: `deep learning` becomes `#DeepLearning`.
//!
//! They are made so that all networks read them whole. Letters with their marks and decimal digits
//! only, and at least one letter: a hyphen ends a hashtag, and a number is none (Mastodon's `Tag`,
//! twitter-text's `validHashtag`, LinkedIn's little text); at most 64 signs (Bluesky's `tag`). Words
//! begin with capital letters, so that screen readers read them one by one.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longer ones nobody looks for; Bluesky would take 64.
const LONGEST: usize = 40;

/// Words of job ads that have a spelling of their own, which tags in small letters have lost.
const SPELLINGS: [(&str, &str); 4] =
    [("phd", "PhD"), ("msc", "MSc"), ("bsc", "BSc"), ("hiwi", "HiWi")];

/// The words of a tag; an apostrophe is within a word.
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{M}\p{Nd}](?:['’]?[\p{L}\p{M}\p{Nd}])*").ok());

/// The hashtags of these tags, each once. A tag whose signs carry its meaning, such as `C++` or
/// `R&D`, is left out.
pub fn from_tags(tags: &[String]) -> Vec<String> {
    let mut hashtags: Vec<String> = Vec::new();
    for hashtag in tags.iter().filter_map(|tag| from_tag(tag)) {
        if !hashtags.iter().any(|other| other.to_lowercase() == hashtag.to_lowercase()) {
            hashtags.push(hashtag);
        }
    }
    hashtags
}

fn from_tag(tag: &str) -> Option<String> {
    let tag: String = tag.nfc().collect();
    let joins_letters = |at: usize| !tag[..at].ends_with(' ') && !tag[at + 1..].starts_with(' ');
    let means_more = tag.contains(['+', '#', '@', '$', '%'])
        || tag.match_indices('&').any(|(at, _)| joins_letters(at));
    let words: String =
        WORD.as_ref()?.find_iter(&tag).map(|word| capitalised(word.as_str())).collect();
    let fits = words.graphemes(true).count() <= LONGEST;
    (!means_more && fits && words.contains(char::is_alphabetic)).then(|| format!("#{words}"))
}

/// As it is usually spelt, or with a capital letter at its beginning, unless it has one of its own
/// further on (`mRNA`).
fn capitalised(word: &str) -> String {
    let word = word.replace(['\'', '’'], "");
    if let Some((_, spelling)) = SPELLINGS.iter().find(|(small, _)| *small == word) {
        return (*spelling).to_owned();
    }
    let mut letters = word.chars();
    let Some(first) = letters.next() else { return word };
    if letters.as_str().contains(char::is_uppercase) {
        return word;
    }
    first.to_uppercase().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tags: &[&str]) -> Vec<String> {
        from_tags(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tags_become_hashtags_that_networks_read_whole() {
        assert_eq!(
            tagged(&["deep learning", "machine-learning", "AI", "mRNA vaccines", "Bell's theorem"]),
            ["#DeepLearning", "#MachineLearning", "#AI", "#mRNAVaccines", "#BellsTheorem"]
        );
        assert_eq!(
            tagged(&["Ku\u{308}stenschutz", "2027", "C++", "R&D", "Deep Learning", "deepLearning"]),
            ["#Küstenschutz", "#DeepLearning"]
        );
        assert_eq!(tagged(&["phd", "phd position"]), ["#PhD", "#PhDPosition"]);
        assert_eq!(tagged(&["tides & waves", "हिन्दी", "H²O"]), ["#TidesWaves", "#हिन्दी", "#HO"]);
        assert_eq!(tagged(&[&"tide ".repeat(20)]), [] as [&str; 0]);
    }
}
