//! What holds for any page.

use handbill::posting::{Deadline, Facts, PartialDate, PositionType, Start};
use proptest::prelude::*;

use super::pages::ENGLISH;
use super::{NAMES, PART_NAMES, only, page, read, span};

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic_and_every_fact_points_into_the_file(
        front in "[ -~äöü\n]{0,80}",
        words in prop::collection::vec(
            prop::sample::select(vec![
                "deadline", "by", "31 June 2027", "15.01.2027", "until filled", "starting", "Oct",
                "2027", "TV-L", "(E13 - 75%)", "full-time", "position", "is available at the",
                "Tidal (TL) Lab", "University", "of", "Seahaven", "Prof. Dr. Ada Brine", "[x](",
                "mailto:a@b.example)", "ada [at] b [dot] example", "\n\n", "**", "| a | b |\n|-|-|\n",
                "Kennziffer", "12/27", "ß", "ﬁ", "\u{301}", "Ä1/Ä2", "Location:", ", Germany", "<!--",
                "## Your tasks\n\n", "**Profile:**", "You will:\n\n- ", "  \n", "please send", "CV",
                "two PhD positions", "funded by", "extension possible", "We offer:",
            ]),
            0..40,
        ),
    ) {
        let body = words.join(" ");
        for text in [format!("---\n{front}\n---\n{body}"), body.clone(), front.clone()] {
            let reading = read(&text);
            for posting in &reading.postings {
                for name in NAMES.into_iter().chain(PART_NAMES) {
                    if let Some(span) = span(posting, name) {
                        prop_assert!(text.get(span.start..span.end).is_some(), "{name} {span:?}");
                    }
                }
            }
            for (source, span) in reading.diagnostics.iter().filter_map(|it| it.place.as_ref()) {
                prop_assert!(source.text.get(span.start..span.end).is_some());
            }
        }
    }

    #[test]
    fn what_is_declared_is_what_is_read(
        year in 2020_i32..2040,
        month in 1_u32..=12,
        day in 1_u32..=28,
        share in 1_u32..=100,
        kind in prop::sample::select(PositionType::ALL.to_vec()),
        title in "[A-Z][a-z]{2,12} [a-z]{2,12}",
    ) {
        let kind_word = kind.as_str();
        let text = page(
            &format!(
                "job:\n  title: {title}\n  position_type: {kind_word}\n  \
                 deadline: {year}-{month:02}-{day:02}\n  start: {year}-{month:02}\n  \
                 workload_percent: {share}"
            ),
            ENGLISH,
        );
        let facts: Facts = only(&text).facts;
        prop_assert_eq!(facts.title.unwrap().value, title);
        prop_assert_eq!(facts.position_type.unwrap().value, kind);
        let date = chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap();
        prop_assert_eq!(facts.deadline.unwrap().value, Deadline::On(date));
        let start = Start::On(PartialDate::Month { year, month });
        prop_assert_eq!(facts.start.unwrap().value, start);
        prop_assert_eq!(facts.workload_percent.unwrap().value, f64::from(share));
    }
}
