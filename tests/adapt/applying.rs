//! How to apply is said once: by the ad, or below it, and of an address only what the page says.

use std::collections::BTreeMap;

use handbill::adapt::template::Templates;
use handbill::adapt::{Occasion, Rendition, adapt};
use handbill::diagnostic::Source;
use handbill::posting::{self, PageFile, Posting, Settings};

use super::{mail, status};
use handbill::adapt::count::Count;

fn read(front: &str, body: &str) -> Posting {
    let settings = Settings {
        base_url: "https://tides.example/".parse().unwrap(),
        timezone: chrono_tz::Europe::Berlin,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    };
    let text = format!("---\n{front}\n---\n\n{body}\n");
    let path = "jobs/diver/index.md".to_owned();
    let page = PageFile { source: Source::new(&path, &text), path, ancestors: Vec::new() };
    posting::read(&page, &settings).postings.remove(0)
}

fn mailed(posting: &Posting, limit: usize) -> (String, String) {
    match adapt(posting, &mail(limit), Occasion::Announce, &Templates::shipped()).unwrap() {
        Rendition::Mail { subject, text, .. } => (subject, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_ad_that_says_where_to_apply_is_not_followed_by_the_same_again() {
    for body in [
        "We look for a diver.\n\n## How to apply\n\nSend your CV to ada [at] tides [dot] example.",
        "We look for a diver. Send your application to ada@tides.example.",
        "We look for a diver.\n\nApply through [our portal](https://reef.example/7).",
        "We look for a diver. Apply at https://reef.example/7.",
    ] {
        let (_, text) = mailed(&read("title: Diver in tides", body), 70);
        assert!(!text.contains("go to:") && !text.contains("Please apply here"), "{text}");
    }
    let declared = "title: Diver in tides\njob:\n  contact_emails: [ada@tides.example]";
    let (_, text) = mailed(&read(declared, "We look for a diver."), 70);
    assert!(text.contains("Applications and questions go to:\nada@tides.example"), "{text}");
}

#[test]
fn an_address_from_a_key_of_the_page_is_only_called_what_the_page_calls_it() {
    let front = "title: Diver in tides\ncontact:\n  email: ada@tides.example";
    let (_, text) = mailed(&read(front, "We look for a diver."), 70);
    assert!(text.contains("\nQuestions go to:\nada@tides.example"), "{text}");
}

#[test]
fn a_subject_uses_the_room_that_it_has() {
    let title = "Fellowship: statistical models of the tides in seven very small harbours";
    let (subject, _) = mailed(&read(&format!("title: '{title}'"), "We look for a fellow."), 70);
    assert!(subject.len() > 55 && subject.len() <= 70 && subject.ends_with("..."), "{subject}");
}

#[test]
fn lines_of_facts_make_no_teaser_and_pay_is_said_once() {
    let body = "**Place:** Seahaven\\\n**Unit:** Tide Lab (TL, U 12)\\\n**Salary:** 2 300 € per month\n\n\
                The tides rise. In this position you will build models of the tides, and test them.";
    let posting = read("title: Diver in tides", body);
    let target = status(Count::Mastodon, 500);
    let Rendition::Status { text, .. } =
        adapt(&posting, &target, Occasion::Announce, &Templates::shipped()).unwrap()
    else {
        panic!("a status")
    };
    assert!(text.contains("you will build models"), "{text}");
    assert_eq!(text.matches("2 300 €").count(), 1, "{text}");
}
