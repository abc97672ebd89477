//! What holds for the check of any page.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use handbill::check::channels::{RequiredFact, Requirements};
use handbill::check::mend::{edits, mended};
use handbill::check::tariff::Tariffs;
use handbill::check::{self, Around, StructuredData, diff};
use handbill::diagnostic::{Diagnostic, Source, explanation};
use handbill::posting::{self, PageFile, Posting, Settings};
use proptest::prelude::*;

use crate::support::time::assert_linear;

fn settings() -> Settings {
    Settings {
        base_url: "https://tidal.example/".parse().expect("an address"),
        timezone: chrono_tz::Europe::Berlin,
        default_language: "de".to_owned(),
        languages: vec!["de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    }
}

fn page_file(source: &Arc<Source>) -> PageFile {
    let path = "jobs/page.md".to_owned();
    PageFile { source: source.clone(), path, ancestors: Vec::new() }
}

/// What is remarked of a posting where a board wants what EURAXESS does.
fn remarks(posting: &Posting) -> Vec<Diagnostic> {
    let tariffs = Tariffs::with([]);
    let channels = [Requirements {
        channel: "board".to_owned(),
        facts: RequiredFact::parse("euraxess").expect("a known board"),
    }];
    let around = Around {
        today: NaiveDate::from_ymd_opt(2027, 1, 11).expect("a day"),
        timezone: chrono_tz::Europe::Berlin,
        languages: &settings().languages,
        structured_data: StructuredData::Made,
        channels: &channels,
        tariffs: &tariffs,
    };
    check::posting(posting, &around)
}

/// Bytes on the shorter of two pages.
const LENGTH: usize = 20_000;

#[test]
fn a_page_of_twice_the_length_is_checked_in_about_twice_the_time() {
    for piece in [
        "{{< ",
        "{{% a %}} ",
        "[",
        "[x](",
        "![",
        "<img ",
        "<!-- ",
        "**",
        "- **A:** b\n",
        "TODO ",
        "[insert ",
        "junges ",
        "- a\n",
        "| a | b |\n",
        "http://localhost/",
        "a@example.com ",
        "Beginn 1.1.2027, ",
        "Deadline: ",
        "TV-L E13, 75 % ",
        "â€™",
        "m/w/d ",
    ] {
        let read = |length: usize| {
            let body = piece.repeat(length / piece.len());
            let source = Source::new("page.md", format!("---\ntitle: Diver\n---\n\n{body}\n"));
            posting::read(&page_file(&source), &settings()).postings
        };
        let (short, long) = (read(LENGTH), read(2 * LENGTH));
        let check = |postings: &[Posting]| drop(postings.iter().map(remarks).collect::<Vec<_>>());
        assert_linear(piece, || check(&short), || check(&long));
    }
}

proptest! {
    #[test]
    fn any_page_is_checked_and_mended_without_a_panic_and_every_remark_points_into_the_file(
        title in "[ -~äöü]{0,20}",
        words in prop::collection::vec(
            prop::sample::select(vec![
                "TODO", "[insert", "Frist]", "(#)", "[ü](", "<!--", "-->", "<!-- replace ü -->",
                "Template", "```", "`", "{{<", ">}}", "Deadline:", "**", "\n", "\n\n", "\r\n", "- ",
                "- **Boot:** ü\n", "**Kai:** für alle\n", "â€™", "Ã¼", "\u{ad}", "\u{200b}",
                "\u{f0b7}", "\u{fffd}", "\u{1}", "junges", "Team", "native speaker", ".", "C1", "ß",
                "<img src=x>", "![](ü.png)", "http://localhost/ü", "a@example.com", ":", "____",
                "Bewerbung", "bis", "31.01.2027", "Beginn", "1.1.2027", "👩‍🔬",
            ]),
            0..40,
        ),
    ) {
        let text = format!("---\ntitle: '{}'\n---\n{}", title.replace('\'', ""), words.concat());
        let source = Source::new("page.md", text.clone());
        let reading = posting::read(&page_file(&source), &settings());
        for page in &reading.postings {
            for remark in remarks(page) {
                let (source, span) = remark.place.as_ref().expect("each remark has a place");
                prop_assert!(source.text.get(span.start..span.end).is_some(), "{remark:?}");
                prop_assert!(!remark.is_error() && explanation::of(remark.code).is_some());
            }
        }
        let edits = edits(&source, &reading.diagnostics);
        let shown = diff::unified("page.md", &text, &edits);
        prop_assert_eq!(edits.is_empty(), shown.is_empty());
        prop_assert_eq!(applied(&text, &shown), mended(&text, &edits));
    }
}

/// A text with a unified diff of it applied, as `patch` would.
fn applied(text: &str, diff: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let mut new = String::new();
    let mut at = 0;
    let mut lines = diff.split_inclusive('\n').skip(2).peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_some_and(|next| next.starts_with('\\'));
        let words = if is_last { line.trim_end_matches('\n') } else { line };
        if let Some(hunk) = line.strip_prefix("@@ -") {
            let start: usize =
                hunk.split(',').next().and_then(|it| it.parse().ok()).expect("a line");
            new.extend(old[at..start - 1].iter().copied());
            at = start - 1;
        } else if let Some(kept) = words.strip_prefix(' ') {
            assert_eq!(old[at], kept);
            new.push_str(kept);
            at += 1;
        } else if let Some(gone) = words.strip_prefix('-') {
            assert_eq!(old[at], gone);
            at += 1;
        } else if let Some(added) = words.strip_prefix('+') {
            new.push_str(added);
        }
    }
    new.extend(old[at..].iter().copied());
    new
}
