//! What a board takes: lengths, elements, its own words, days as it writes them.

use std::collections::BTreeMap;

use handbill::adapt::limits::{Limits, Unfit};
use handbill::adapt::template::Templates;
use handbill::adapt::{AdaptError, DocumentType, Form, Occasion, Rendition, Target, adapt};
use handbill::posting::Posting;
use serde_json::Value;

use super::postings::phd;

const TEMPLATE: &str = r#"{
    "title": {{ title }}, "type": {{ position_type }}, "deadline": {{ deadline }},
    "expires": {{ deadline | days(1) }}, "month": {{ deadline | date("%Y-%m") }},
    "day": {{ date_posted }}, "city": {{ city }},
    "pay": {{ pay_scheme }}, "slug": {{ id | slug }}, "description": {{ description }}
}"#;

fn limits(written: &str) -> Limits {
    let limits: Limits = toml::from_str(written).unwrap();
    limits.check().unwrap();
    limits
}

fn given(posting: &Posting, written: &str) -> Result<Value, AdaptError> {
    let own = BTreeMap::from([("own/document.json.j2".to_owned(), TEMPLATE.to_owned())]);
    let target = Target {
        template: "own".to_owned(),
        ..super::target(
            "board",
            Form::Board { media_type: DocumentType::Json, limits: Box::new(limits(written)) },
        )
    };
    match adapt(posting, &target, Occasion::Announce, &Templates::with_overrides(own))? {
        Rendition::Document { body, .. } => Ok(serde_json::from_str(&body).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn description(written: &str) -> String {
    let limits = format!("[description]\n{written}\n");
    given(&phd(), &limits).unwrap()["description"].as_str().unwrap().to_owned()
}

#[test]
fn without_limits_a_board_is_given_what_the_page_says() {
    let given = given(&phd(), "").unwrap();
    assert_eq!(given["title"], "PhD position in machine learning for tidal forecasting (m/f/d)");
    assert_eq!(given["type"], "phd");
    assert_eq!(given["deadline"], "2027-01-15");
    assert_eq!(given["expires"], "2027-01-16");
    assert_eq!(given["month"], "2027-01");
    assert_eq!(given["slug"], "cig-2026-07");
    assert!(given["description"].as_str().unwrap().contains("<li>"));
}

#[test]
fn a_title_that_is_too_long_keeps_the_ad_away_or_is_cut_between_words() {
    let error = given(&phd(), "title = { max = 40 }").unwrap_err();
    let expected = Unfit::TooLong { field: "title", length: 62, max: 40 };
    assert_eq!(error, AdaptError::Unfit(expected));
    for max in [10, 25, 40, 55] {
        let limits = format!("title = {{ max = {max}, on_over = \"truncate\" }}");
        let given = given(&phd(), &limits).unwrap();
        let title = given["title"].as_str().unwrap();
        assert!(title.chars().count() <= max, "{max}: {title}");
        let kept = title.trim_end_matches('…').trim_end();
        let whole = "PhD position in machine learning for tidal forecasting (m/f/d)";
        assert!(whole.starts_with(kept), "{title}");
        assert!(whole[kept.len()..].starts_with([' ', ',']), "a word is cut: {title}");
    }
}

#[test]
fn a_board_has_its_own_words_and_days() {
    let written = "dates = \"%d.%m.%Y\"\n[enums.position_type]\nphd = \"First Stage (R1)\"\n\
                   [enums.city]\n\"*\" = \"elsewhere\"\n[enums.pay_scheme]\n\"TV-L E13\" = 13\n";
    let given = given(&phd(), written).unwrap();
    assert_eq!(given["type"], "First Stage (R1)");
    assert_eq!(given["city"], "elsewhere");
    assert_eq!(given["pay"], 13);
    assert_eq!(given["deadline"], "15.01.2027");
    assert_eq!(given["expires"], "16.01.2027");
    assert_eq!(given["month"], "2027-01");
    let error =
        super::limits::given(&phd(), "[enums.position_type]\npostdoc = \"R2\"\n").unwrap_err();
    let AdaptError::Unfit(Unfit::Unmapped { field, value }) = error else { panic!("{error:?}") };
    assert_eq!((field.as_str(), value.as_str()), ("position_type", "phd"));
}

#[test]
fn an_ad_without_what_the_board_requires_is_not_sent() {
    let mut posting = phd();
    posting.facts.deadline = None;
    let limits: Limits = toml::from_str("required = [\"deadline\", \"apply\"]").unwrap();
    let form = Form::Board { media_type: DocumentType::Json, limits: Box::new(limits) };
    let target = super::target("board", form);
    let error = adapt(&posting, &target, Occasion::Announce, &Templates::shipped()).unwrap_err();
    assert_eq!(error, AdaptError::MissingField { field: "deadline".to_owned() });
    assert!(adapt(&phd(), &target, Occasion::Announce, &Templates::shipped()).is_ok());
}

#[test]
fn only_the_elements_that_a_board_takes_are_in_the_ad() {
    let html = description("tags = [\"p\", \"br\", \"ul\", \"li\", \"b\"]");
    let found: std::collections::BTreeSet<&str> = html
        .split('<')
        .skip(1)
        .map(|tag| tag.trim_start_matches('/').split(['>', ' ']).next().unwrap())
        .collect();
    assert!(found.iter().all(|tag| ["p", "br", "ul", "li", "b"].contains(tag)), "{found:?}");
    for words in ["Coastal Intelligence Group", "Your tasks", "TV-L E13, 75 %", "1867"] {
        assert!(html.contains(words), "{words} is lost: {html}");
    }
    assert!(html.contains("<p><b>Your tasks</b></p>") && html.contains("<b>Python</b>"), "{html}");
    for tag in ["p", "ul", "li", "b"] {
        let opened = html.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}: {html}");
    }
}

#[test]
fn an_ad_may_be_markdown_or_plain_text() {
    let markdown = description("format = \"markdown\"");
    assert!(markdown.contains("### Your tasks\n\n- Develop"), "{markdown}");
    assert!(markdown.contains("[the open gauge data](<https://tides.example/open-gauges>)"));
    assert!(markdown.contains("**Python**") && !markdown.contains('|'), "{markdown}");
    let plain = description("format = \"plain\"");
    assert!(plain.contains("the open gauge data (https://tides.example/open-gauges)"), "{plain}");
    assert!(plain.contains("– Develop probabilistic models for water levels, in Python and JAX\n"));
    assert!(!plain.contains(['<', '*', '#']), "{plain}");
}

#[test]
fn an_ad_that_is_cut_loses_its_end_and_leads_to_its_page() {
    let whole = description("format = \"plain\"");
    let page = phd().permalink.to_string();
    for max in [400, 700, 900] {
        for format in ["plain", "markdown", "html"] {
            let limits = format!("format = \"{format}\"\nmax = {max}\non_over = \"truncate\"");
            let cut = description(&limits);
            assert!(cut.chars().count() <= max, "{format} {max}: {cut}");
            assert!(cut.contains(&page), "{format} {max}: {cut}");
        }
    }
    let room = whole.chars().count();
    assert_eq!(description(&format!("format = \"plain\"\nmax = {room}")), whole);
    let error = given(&phd(), "[description]\nmax = 100\n").unwrap_err();
    assert!(matches!(error, AdaptError::Unfit(Unfit::TooLong { field: "description", .. })));
}

#[test]
fn a_table_that_makes_no_sense_is_refused() {
    for (written, at, said) in [
        ("dates = \"%Q\"", "board.limits.dates", "no format of a day"),
        ("required = [\"deadlin\"]", "board.limits.required", "there is no `deadlin`"),
        (
            "[enums.position_typ]\nphd = \"x\"",
            "board.limits.enums",
            "did you mean `position_type`?",
        ),
    ] {
        let limits: Limits = toml::from_str(written).unwrap();
        let (key, why) = limits.check().unwrap_err();
        assert!(key == at && why.contains(said), "{key}: {why}");
    }
}
