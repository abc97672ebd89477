//! LinkedIn's little text: nothing of an ad is cut off by its markup, and it reads as it was.

use handbill::adapt::count::Count;
use handbill::adapt::little_text::{RESERVED, escape, unescape};
use proptest::prelude::*;

#[test]
fn what_stands_in_every_job_ad_is_escaped() {
    assert_eq!(escape("PhD (m/w/d) [Ref] C#, a_b"), r"PhD \(m/w/d\) \[Ref\] C\#, a\_b");
    assert_eq!(escape(r"\ | { } @ < > * ~"), r"\\ \| \{ \} \@ \< \> \* \~");
    assert_eq!(
        escape("Küste 75 % – https://a.example/b?c=d"),
        "Küste 75 % – https://a.example/b?c=d"
    );
}

#[test]
fn only_a_hashtag_that_is_set_apart_stays_one() {
    assert_eq!(escape("#Tides #DeepLearning2027, #Küste."), "#Tides #DeepLearning2027, #Küste.");
    for plain in ["#", "# 1", "#2027", "C#", "(#Tides)", "#machine-learning", "#a_b", "##Tides"] {
        assert!(escape(plain).contains(r"\#"), "{plain}: {}", escape(plain));
    }
}

#[test]
fn what_linkedin_gives_back_reads_as_it_was_written() {
    assert_eq!(unescape(r"Tides {hashtag|\#|Tides} {hashtag|#|Küste}"), "Tides #Tides #Küste");
    assert_eq!(unescape(r"with @[Tidal \(Lab\)](urn:li:organization:1)!"), "with Tidal (Lab)!");
    for odd in [r"\", "{hashtag|", "{hashtag|x}", "@[", "@[a](urn:li:", "a\\b"] {
        assert_eq!(unescape(odd), odd);
    }
}

#[test]
fn the_length_is_that_of_the_escaped_words() {
    assert_eq!(Count::LinkedIn.length("(m/w/d)"), 9);
    assert_eq!(Count::LinkedIn.length("#Tides"), 6);
    assert_eq!(Count::LinkedIn.length("🌊"), 2);
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(text in r"(?s)([\\|{}@\[\]()<>#*_~ a-zé🌊\n]|#Tides|\{hashtag\|).{0,40}") {
        prop_assert_eq!(unescape(&escape(&text)), text);
    }

    #[test]
    fn no_reserved_sign_remains_but_those_of_hashtags(text in r"(?s)([\\|{}@\[\]()<>#*_~ a-zé]|#Tides |.){0,60}") {
        let little = escape(&text);
        let mut signs = little.chars().peekable();
        let mut before = None;
        while let Some(sign) = signs.next() {
            if sign == '\\' {
                let escaped = signs.next();
                prop_assert!(escaped.is_some_and(|it| RESERVED.contains(&it)), "{}", little);
                before = escaped;
                continue;
            }
            if sign == '#' {
                let begins = before.is_none_or(char::is_whitespace);
                prop_assert!(begins && signs.peek().is_some_and(|it| it.is_alphanumeric()), "{}", little);
            } else {
                prop_assert!(!RESERVED.contains(&sign), "{}", little);
            }
            before = Some(sign);
        }
    }
}
