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

#[test]
fn an_ad_that_shows_one_of_the_addresses_is_not_followed_by_all_of_them() {
    let front = "title: Diver in tides\nemail: ada@reef.example";
    let body = "We look for a diver.\n\n## Whom to ask\n\nBo Brine (bo@tides.example), or write to \
                [Ada](mailto:Ada@reef.example).";
    let (_, text) = mailed(&read(front, body), 70);
    assert!(!text.contains("Questions go to"), "{text}");
    let (_, text) = mailed(&read(front, "We look for a diver."), 70);
    assert!(text.contains("Questions go to:\nada@reef.example"), "{text}");
}

#[test]
fn a_subject_names_a_town_once() {
    let of = |title: &str| {
        let front = format!("title: {title}\njob:\n  city: Nordhafen");
        mailed(&read(&front, "We look for a diver."), 70).0
    };
    assert_eq!(of("Diver in Nordhafen"), "[Job] Diver in Nordhafen");
    assert_eq!(of("Diver"), "[Job] Diver, Nordhafen");
}

#[test]
fn a_page_that_only_opens_a_file_goes_out_with_its_summary_and_the_address_of_the_file() {
    let front = "title: Taucher im Watt\nlang: de\npdf: Stelle 7.pdf\nsummary: Im Watt ist ab sofort \
                 eine Stelle zu besetzen, in der Messgeräte gewartet werden.";
    let body = "<a class=\"btn\" href=\"{{ site.url }}/files/{{page.pdf}}\">PDF anzeigen</a>";
    let (_, text) = mailed(&read(front, body), 70);
    let ad = "Im Watt ist ab sofort eine Stelle zu besetzen, in der Messgeräte\ngewartet werden.\n\n\
              PDF anzeigen [1]\n\n[1] <https://tides.example/files/Stelle%207.pdf>\n";
    assert!(text.ends_with(ad), "{text}");
    let nowhere = "<a href=\"{{ site.url }}/files/{{page.doc}}\">PDF anzeigen</a>";
    let (_, text) = mailed(&read(front, nowhere), 70);
    assert!(text.ends_with("PDF anzeigen\n"), "a key that is not there: {text}");
    let long = "Im Watt ist ab sofort eine Stelle zu besetzen, in der Messgeräte gewartet werden, und \
                zwar bei jedem Wetter.";
    let (_, text) = mailed(&read(front, long), 70);
    assert_eq!(text.matches("ab sofort eine Stelle").count(), 1, "{text}");
}
