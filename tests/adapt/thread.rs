//! Threads: each part fits as the network counts, nothing is lost, the order is kept.

use handbill::adapt::count::Count;
use handbill::adapt::thread::{Cut, Thread, cut};
use proptest::prelude::*;

/// Texts of paragraphs, lists and sentences, with what counts in odd ways.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => "[a-zäöüß]{1,12}",
        1 => Just("👩‍🔬".to_owned()),
        1 => Just("潮汐を予報します。".to_owned()),
        1 => Just("https://lab.example/jobs/a-rather-long-address-of-a-page/".to_owned()),
        1 => Just("e.g.".to_owned()),
        1 => "[a-z]{80,120}",
    ];
    let sentence =
        prop::collection::vec(word, 1..20).prop_map(|words| format!("{}.", words.join(" ")));
    let line = prop::collection::vec(sentence, 1..4).prop_map(|sentences| sentences.join(" "));
    let paragraph = prop::collection::vec(line, 1..4).prop_map(|lines| lines.join("\n"));
    prop::collection::vec(paragraph, 0..6).prop_map(|paragraphs| paragraphs.join("\n\n"))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn networks() -> impl Strategy<Value = (Count, usize)> {
    prop_oneof![
        Just((Count::Mastodon, 500)),
        Just((Count::Mastodon, 200)),
        Just((Count::Bluesky, 300)),
        Just((Count::Characters, 5000)),
    ]
}

proptest! {
    #[test]
    fn each_part_fits_and_nothing_is_lost(text in text(), (count, limit) in networks()) {
        let Cut { parts, left_out } = cut(&text, "", Thread::Plain, count, limit);
        for part in &parts {
            prop_assert!(count.length(part) <= limit, "{} of {limit}: {part}", count.length(part));
            prop_assert!(!part.trim().is_empty());
        }
        let said = letters(&parts.concat());
        if left_out == 0 {
            prop_assert_eq!(said, letters(&text));
        } else {
            let said = said.strip_suffix("[…]").unwrap_or(&said);
            prop_assert!(letters(&text).starts_with(said));
        }
    }

    #[test]
    fn numbered_parts_fit_too(text in text(), (count, limit) in networks()) {
        let Cut { parts, .. } = cut(&text, "", Thread::Numbered, count, limit);
        let of = parts.len() + 1;
        for (number, part) in (2..).zip(&parts) {
            prop_assert!(count.length(part) <= limit, "{} of {limit}: {part}", count.length(part));
            let end = format!("\n\n{number}/{of}");
            prop_assert!(part.ends_with(&end), "{part}");
        }
    }
}
