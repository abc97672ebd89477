//! What is read out of a page: declared, inferred from a line, or a default, and nothing else
//! (promise 8).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handbill::diagnostic::{Diagnostic, Severity, Source, Span};
use handbill::posting::{
    self, Availability, Deadline, Facts, Field, Origin, PageFile, PositionType, Posting, Reading,
    Settings, Start,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NAMES: [&str; 17] = [
    "title",
    "display_title",
    "reference",
    "position_type",
    "organisation",
    "unit",
    "city",
    "country",
    "pay_scheme",
    "workload_percent",
    "start",
    "duration_months",
    "deadline",
    "contact_name",
    "contact_emails",
    "apply_url",
    "summary",
];

/// An ad as labs write them: a folded title, bold headings, dead comments, a stale line.
const ENGLISH: &str = r#"---
title: "TEL/06/2027: PhD position in
Tidal Ecology - Mudflats and Noise (m/f/d)"
summary: "starting July 2027 or as agreed upon. The position is initially limited to three years."
publishDate: "2027-03-01T00:00:00Z"
# slides: "old talk, start March 1999"
tags:
- Tides
---

We combine research and teaching. The University Hospital Seahaven (UHS) has more than 300 beds,
employs over 5,000 full-time staff and treats 65 % of the coast.

The following **(TVL E13 - 75%) PhD position** is available at the **Tidal Ecology (TEL) Lab**,
headed by Prof. Dr. Ada Brine, in the **Clinic for Marine Medicine** of the University Hospital
Seahaven, University of Seahaven:

## **PhD position in Tidal Ecology - Mudflats and Noise (m/f/d)**

starting June 2027 or as agreed upon. The position is initially limited to three years.

<!-- Bewerbungsfrist: 01.01.2020, write to old@uhs.example -->

**What we offer you:**

- **A secure future:** remuneration according to the German salary scale TV-L (E13 - 75%)
- **Time:** flexible hours

**Contact:**

Send your application with two referees by **15th April 2027**, quoting the job advertisement no.
**TEL/06/2027**, to [Prof. Dr. Ada Brine](mailto:Ada.Brine@UHS.example?subject=TEL).
"#;

const GERMAN: &str = r#"---
title: "Studentische Hilfskraft (m/w/d) am Lehrstuhl für Wattkunde"
date: 2027-05-02
---

Am Lehrstuhl für Wattkunde der Universität Seehafen ist zum 01.10.2027 eine Stelle zu besetzen,
befristet auf zwölf Monate. Kennziffer 123/27.

Die Vergütung erfolgt nach Entgeltgruppe 13 TV-L (50 %).

Standort: Seehafen, Deutschland

Bewerbungsfrist: 15. Juli 2027. Bitte bewerben Sie sich
[online](https://stellen.seehafen.example/123) oder an watt [at] seehafen [dot] example,
nicht an vorname.nachname@seehafen.example.
"#;

#[test]
fn an_english_ad_says_every_fact_in_words_that_can_be_pointed_at() {
    let posting = only(ENGLISH);
    assert_eq!(
        all(&posting),
        json!({
            "title": "PhD position in Tidal Ecology - Mudflats and Noise (m/f/d)",
            "display_title": "TEL/06/2027: PhD position in Tidal Ecology - Mudflats and Noise (m/f/d)",
            "reference": "TEL/06/2027",
            "position_type": "phd",
            "organisation": "University Hospital Seahaven (UHS), University of Seahaven",
            "unit": "Tidal Ecology (TEL) Lab, Clinic for Marine Medicine",
            "country": "DE",
            "pay_scheme": "TV-L E13",
            "workload_percent": 75.0,
            "start": "2027-07",
            "duration_months": 36.0,
            "deadline": "2027-04-15",
            "contact_name": "Prof. Dr. Ada Brine",
            "contact_emails": ["ada.brine@uhs.example"],
            "summary": "starting July 2027 or as agreed upon. The position is initially limited to \
                        three years.",
        })
    );
    let words = |name| posting.source.words(span(&posting, name).unwrap()).to_owned();
    assert_eq!(words("start"), "July 2027");
    assert_eq!(words("deadline"), "15th April 2027");
    assert_eq!(words("workload_percent"), "75%");
    assert_eq!(words("pay_scheme"), "TVL E13");
    assert_eq!(words("contact_name"), "Prof. Dr. Ada Brine");
    assert_eq!(
        words("unit"),
        "Tidal Ecology (TEL) Lab**,\nheaded by Prof. Dr. Ada Brine, in the **Clinic for Marine Medicine"
    );
}

#[test]
fn a_german_ad_is_read_as_well() {
    let posting = only(GERMAN);
    assert_eq!(
        all(&posting),
        json!({
            "title": "Studentische Hilfskraft (m/w/d) am Lehrstuhl für Wattkunde",
            "display_title": "Studentische Hilfskraft (m/w/d) am Lehrstuhl für Wattkunde",
            "reference": "123/27",
            "position_type": "student_assistant",
            "organisation": "Universität Seehafen",
            "unit": "Lehrstuhl für Wattkunde",
            "city": "Seehafen",
            "country": "DE",
            "pay_scheme": "TV-L E13",
            "workload_percent": 50.0,
            "start": "2027-10-01",
            "duration_months": 12.0,
            "deadline": "2027-07-15",
            "contact_emails": ["watt@seehafen.example"],
            "apply_url": "https://stellen.seehafen.example/123",
        })
    );
}

#[test]
fn what_is_declared_is_taken_as_it_stands_and_wins_over_the_prose() {
    let page = page(
        "title: Technician\njob:\n  title: Tide technician\n  reference: T-1\n  position-type: staff\n  \
         organisation: Tidal Lab\n  unit: Pumps\n  city: Seahaven\n  country: Germany\n  \
         pay_scheme: by agreement\n  workload_percent: 62.5\n  start: asap\n  duration_months: 18\n  \
         deadline: 2027-01-31\n  contact_name: Ada Brine\n  \
         contact_emails: [Ada@tides.example, Bo@tides.example]\n  \
         apply_url: https://tides.example/apply\n  summary: Pumps and tides.",
        "Apply by 1 March 2028. We pay TV-L E13 (50 %).",
    );
    let posting = only(&page);
    assert_eq!(
        all(&posting),
        json!({
            "title": "Tide technician",
            "display_title": "Technician",
            "reference": "T-1",
            "position_type": "staff",
            "organisation": "Tidal Lab",
            "unit": "Pumps",
            "city": "Seahaven",
            "country": "DE",
            "pay_scheme": "by agreement",
            "workload_percent": 62.5,
            "start": "asap",
            "duration_months": 18.0,
            "deadline": "2027-01-31",
            "contact_name": "Ada Brine",
            "contact_emails": ["ada@tides.example", "bo@tides.example"],
            "apply_url": "https://tides.example/apply",
            "summary": "Pumps and tides.",
        })
    );
    let deadline = posting.facts.deadline.as_ref().unwrap();
    assert!(matches!(deadline.origin, Origin::Declared(_)));
    assert_eq!(posting.source.words(span(&posting, "deadline").unwrap()), "2027-01-31");
}

#[test]
fn the_names_of_schema_org_are_understood() {
    let posting = only(&page(
        "job:\n  identifier: {name: Lab, value: X-77}\n  hiringOrganization: {name: Tidal Lab}\n  \
         validThrough: 2027-01-31T23:59\n  jobStartDate: 2027-03\n  employmentType: [FULL_TIME]\n  \
         datePosted: 2026-12-24\n  applicationContact: {name: Ada Brine, email: ada@tides.example}",
        "A job.",
    ));
    assert_eq!(posting.date.unwrap().to_rfc3339(), "2026-12-24T00:00:00+00:00");
    assert_eq!(
        all(&posting),
        json!({
            "reference": "X-77",
            "organisation": "Tidal Lab",
            "workload_percent": 100.0,
            "start": "2027-03",
            "deadline": "2027-01-31",
            "contact_name": "Ada Brine",
            "contact_emails": ["ada@tides.example"],
        })
    );
}

#[test]
fn a_default_of_the_site_fills_what_the_page_leaves_open_and_only_that() {
    let mut settings = settings();
    settings.defaults = BTreeMap::from([
        ("organisation".to_owned(), "University of Seahaven".to_owned()),
        ("city".to_owned(), "Seahaven".to_owned()),
    ]);
    let text = page("title: Diver\njob:\n  city: Northport", "Dive with us.");
    let posting = read_with(&text, &settings).postings.remove(0);
    let organisation = posting.facts.organisation.as_ref().unwrap();
    assert_eq!(organisation.value, "University of Seahaven");
    assert_eq!(organisation.origin, Origin::Default);
    assert_eq!(posting.facts.city.unwrap().value, "Northport");
    assert_eq!(posting::facts::check_default("city", "Seahaven"), Ok(()));
    assert_eq!(
        posting::facts::check_default("organization_", "x"),
        Ok(()),
        "spelling with - and _ is free"
    );
    assert_eq!(
        posting::facts::check_default("contry", "DE"),
        Err("there is no field `contry`; did you mean `country`?".to_owned())
    );
}

#[test]
fn nothing_is_invented() {
    let posting = only(&page("title: News", "The lab met in May 2027 and had 80 % cake."));
    assert_eq!(all(&posting), json!({"title": "News", "display_title": "News"}));
}

#[test]
fn a_mistake_in_the_job_block_is_shown_where_it_is_and_holds_the_page_back() {
    let cases = [
        (
            "deadlin: 2027-01-31",
            "job::unknown-key",
            "`job` has no field `deadlin`",
            "deadlin",
            "did you mean `deadline`?",
        ),
        (
            "deadline: 2027-02-30",
            "job::unreadable-date",
            "`job.deadline` is `2027-02-30`, which is no date that can be read",
            "2027-02-30",
            "expected a date such as `2027-01-31`, or `rolling`",
        ),
        (
            "validThrough: true",
            "job::wrong-type",
            "`job.validThrough` is `true`",
            "true",
            "expected a date such as `2027-01-31`, or `rolling`",
        ),
        (
            "workload_percent: 150",
            "job::wrong-type",
            "`job.workload_percent` is the number `150`",
            "150",
            "expected a share of a full-time position in per cent, up to 100",
        ),
        (
            "country: Narnia",
            "job::unknown-value",
            "`job.country` is `Narnia`, which is no country known here",
            "Narnia",
            "expected a code of two letters such as `DE` (ISO 3166-1)",
        ),
        (
            "contact_emails: ada",
            "job::wrong-type",
            "`job.contact_emails` holds `ada`, which is no e-mail address",
            "ada",
            "expected an e-mail address, or a list of them",
        ),
        (
            "apply_url: mailto:a@b.example",
            "job::wrong-type",
            "`job.apply_url` is `mailto:a@b.example`, which is no address of a page",
            "mailto:a@b.example",
            "expected the full address of a page, such as `https://lab.example/apply`",
        ),
        (
            "closed: maybe",
            "job::wrong-type",
            "`job.closed` is the text `maybe`",
            "maybe",
            "expected `true` or `false`",
        ),
    ];
    for (line, code, message, words, label) in cases {
        let reading = read(&page(&format!("title: Diver\njob:\n  {line}"), "Dive."));
        assert!(reading.postings.is_empty(), "{line}");
        let error = errors(&reading).remove(0);
        let (source, span) = error.place.clone().unwrap();
        assert_eq!(
            (error.code, error.message.as_str(), source.words(span), error.label.as_str()),
            (code, message, words, label)
        );
    }
}

#[test]
fn a_date_in_words_is_refused_with_the_date_to_write() {
    let reading = read(&page("title: Diver\njob:\n  deadline: 15. Januar 2027", "Dive."));
    assert_eq!(errors(&reading)[0].help.as_deref(), Some("write `2027-01-15`"));
}

#[test]
fn several_positions_on_one_page_are_several_postings() {
    let reading = read(&page(
        "title: Two jobs\njob:\n  id: Tides\n  start: 2027-07\n  positions:\n    - id: Diver\n      \
         title: Diver\n    - id: cook\n      title: Cook\n      start: 2027-09\n      closed: true",
        "Dive or cook.",
    ));
    let seen: Vec<_> = reading
        .postings
        .iter()
        .map(|it| (it.id.0.as_str(), it.name(), fact(it, "start"), it.availability.clone()))
        .collect();
    assert_eq!(seen[0], ("tides/diver", "Diver", json!("2027-07"), Availability::Open));
    assert_eq!((seen[1].0, seen[1].1, &seen[1].2), ("tides/cook", "Cook", &json!("2027-09")));
    assert!(matches!(seen[1].3, Availability::Closed(_)));
    assert_ne!(reading.postings[0].revision, reading.postings[1].revision);
}

#[test]
fn what_the_words_give_to_one_of_several_positions_is_given_to_none() {
    let front = "job:\n  positions:\n    - id: diver\n    - id: cook\n      start: 2027-09";
    let differs = read(&page(front, "Diver: starting July 2027\n\nCook: starting May 2027"));
    assert_eq!(fact(&differs.postings[0], "start"), Value::Null);
    assert_eq!(warnings(&differs), [""; 0]);
    let agrees = read(&page(front, "Both are starting July 2027"));
    assert_eq!(fact(&agrees.postings[0], "start"), "2027-07");
    assert_eq!(fact(&agrees.postings[1], "start"), "2027-09");
}

#[test]
fn positions_without_an_id_or_with_one_twice_are_refused() {
    let reading = read(&page(
        "job:\n  positions:\n    - title: Diver\n    - id: cook\n    - id: cook",
        "Dive or cook.",
    ));
    let messages: Vec<_> = errors(&reading).into_iter().map(|error| error.message).collect();
    assert_eq!(
        messages,
        [
            "a position has no `id`, so it cannot be told from the others",
            "two positions have the `id` `cook`"
        ]
    );
}

#[test]
fn a_title_without_its_first_word_is_taken_from_the_heading() {
    let posting = only(&page(
        "title: 'TEL/05/2027:  position in Tidal Ecology (m/f/d)'",
        "## **Researcher position in Tidal Ecology (m/f/d)**\n\nCome.",
    ));
    assert_eq!(fact(&posting, "title"), "Researcher position in Tidal Ecology (m/f/d)");
    assert_eq!(fact(&posting, "display_title"), "TEL/05/2027: position in Tidal Ecology (m/f/d)");
}

#[test]
fn deadlines_are_read_as_people_write_them() {
    for (body, expected) in [
        ("Please apply by 15th January 2027.", json!("2027-01-15")),
        ("Bewerbungsfrist: 15.01.2027", json!("2027-01-15")),
        ("Application deadline: January 15, 2027", json!("2027-01-15")),
        ("Applications are accepted until 30.04.2027.", json!("2027-04-30")),
        ("Ihre Bewerbung senden Sie bis zum 3. März 2027 an uns.", json!("2027-03-03")),
        ("Send your application before August 21, 2027.", json!("2027-08-20")),
        ("Applications are reviewed until the position is filled.", json!("rolling")),
        ("Deadline: 31/01/2027", json!("2027-01-31")),
        // Not certain, or something else:
        ("Deadline: 03/04/2027", Value::Null),
        ("Apply by 15 January.", Value::Null),
        ("Befristet bis 31.12.2029. Bewerben Sie sich.", Value::Null),
        ("The contract is limited until 31 December 2029; apply now.", Value::Null),
        ("Interviews take place by 3 May 2027; send your application.", Value::Null),
        ("The talk is on 15 January 2027.", Value::Null),
    ] {
        assert_eq!(fact(&only(&page("title: Diver", body)), "deadline"), expected, "{body}");
    }
}

#[test]
fn a_day_without_its_year_is_completed_only_by_the_pages_own_date() {
    let body = "Apply by 15 January.";
    let near = only(&page("title: Diver\ndate: 2026-12-01", body));
    assert_eq!(fact(&near, "deadline"), "2027-01-15");
    let far = only(&page("title: Diver\ndate: 2026-02-01", body));
    assert_eq!(fact(&far, "deadline"), Value::Null);
}

#[test]
fn a_deadline_that_is_no_day_gives_nothing_and_a_warning() {
    let reading = read(&page("title: Diver", "Deadline: 31 June 2027"));
    assert_eq!(fact(&reading.postings[0], "deadline"), Value::Null);
    assert_eq!(
        warnings(&reading),
        ["the deadline `31 June 2027` is no day of the calendar".to_owned()]
    );
}

#[test]
fn starts_are_read_as_people_write_them() {
    for (body, expected) in [
        ("starting May/June 2027 or as agreed upon", json!("2027-05")),
        ("starting mid. Oct 2027", json!("2027-10")),
        ("Starting date: 1 September 2027", json!("2027-09-01")),
        ("The position starts in autumn 2027.", json!("2027-09")),
        ("Die Stelle ist ab 1. April 2027 zu besetzen.", json!("2027-04-01")),
        ("Beginn: Wintersemester 2027/28", json!("2027-10")),
        ("Wir suchen zum nächstmöglichen Zeitpunkt eine Taucherin.", json!("asap")),
        ("The position is to be filled as soon as possible.", json!("asap")),
        ("Start: 2027", json!("2027")),
        // Something else:
        ("The project started in May 2027.", Value::Null),
        ("The project starts in May 2027.", Value::Null),
        ("Please apply as soon as possible.", Value::Null),
        ("Data from 2019 are at hand.", Value::Null),
    ] {
        assert_eq!(fact(&only(&page("title: Diver", body)), "start"), expected, "{body}");
    }
}

#[test]
fn pay_and_workload_are_read_as_people_write_them() {
    for (body, scheme, share) in [
        ("Pay: TVL E13", json!("TV-L E13"), Value::Null),
        ("TV-L (E13 - 75%)", json!("TV-L E13"), json!(75.0)),
        ("Salary: E 13 TV-L, 65 %", json!("TV-L E13"), json!(65.0)),
        ("Entgeltgruppe 13 des TV-L", json!("TV-L E13"), Value::Null),
        ("Bezahlung nach TVöD E 9b, Teilzeit 50 %", json!("TVöD E9b"), json!(50.0)),
        ("scale TV-Ä (Ä1/Ä2 -- 20%)", json!("TV-Ä Ä1/Ä2"), json!(20.0)),
        ("Entgeltgruppe 13", json!("E13"), Value::Null),
        ("A full-time Ph.D. position is open.", Value::Null, json!(100.0)),
        ("A part-time (33%) position is open.", Value::Null, json!(33.0)),
        // Something else, or left open:
        ("Over 5,000 full-time staff work here.", Value::Null, Value::Null),
        ("The position is full-time or part-time.", Value::Null, Value::Null),
        ("TV-L E13, 65-100 %", json!("TV-L E13"), Value::Null),
        ("The model is right in 75 % of all cases.", Value::Null, Value::Null),
    ] {
        let posting = only(&page("title: Diver", body));
        let read = (fact(&posting, "pay_scheme"), fact(&posting, "workload_percent"));
        assert_eq!(read, (scheme, share), "{body}");
    }
}

#[test]
fn durations_are_read_as_people_write_them() {
    for (body, expected) in [
        ("limited to three years", json!(36.0)),
        ("Service contracts are limited to 3 months.", json!(3.0)),
        ("The position is for a period of 24 months.", json!(24.0)),
        ("zunächst auf 2 Jahre befristet", json!(24.0)),
        ("a 3-year PhD position", json!(36.0)),
        ("at least two years of experience", Value::Null),
    ] {
        let read = fact(&only(&page("title: Diver", body)), "duration_months");
        assert_eq!(read, expected, "{body}");
    }
}

#[test]
fn addresses_are_read_through_their_disguises_and_placeholders_are_refused() {
    for (body, expected) in [
        ("Write to ada@tides.example", json!(["ada@tides.example"])),
        ("ada.brine [at] tides [dot] example", json!(["ada.brine@tides.example"])),
        ("ada (at) tides.example", json!(["ada@tides.example"])),
        ("ada at tides dot example", json!(["ada@tides.example"])),
        ("[mail](mailto:Ada%40Tides.example?subject=Job)", json!(["ada@tides.example"])),
        ("firstname.lastname@tides.example", Value::Null),
        ("vorname.nachname@tides.example", Value::Null),
        ("We meet at tides and at noon.", Value::Null),
    ] {
        let posting = only(&page("title: Diver", body));
        assert_eq!(fact(&posting, "contact_emails"), expected, "{body}");
    }
}

#[test]
fn the_link_to_apply_is_a_page_and_no_mail() {
    for (body, expected) in [
        ("[Apply here](https://forms.example/1)", json!("https://forms.example/1")),
        (
            "quoting the number in your [application](/apply/)",
            json!("https://tides.example/apply/"),
        ),
        ("Please apply via <https://forms.example/1>.", json!("https://forms.example/1")),
        ("Send your [application](mailto:ada@tides.example)", Value::Null),
        ("[medical applications](https://papers.example/1)", Value::Null),
        ("[application form](https://tides.example/form.pdf)", Value::Null),
    ] {
        assert_eq!(fact(&only(&page("title: Diver", body)), "apply_url"), expected, "{body}");
    }
}

#[test]
fn what_a_page_says_twice_and_not_the_same_is_shown() {
    for (front, body, message) in [
        (
            "summary: starting July 2027",
            "starting June 2027",
            "the page says two different things about the start: 2027-06 here, 2027-07 on line 3",
        ),
        (
            "draft: false",
            "A full-time position is open.\n\nPay: TV-L (E13 - 75%)",
            "the page says two different things about the workload: 100 % here, 75 % on line 8",
        ),
        (
            "job: {deadline: 2027-01-15}",
            "Deadline: 20 January 2027",
            "the page says two different things about the deadline: 2027-01-20 here, \
             2027-01-15 on line 3",
        ),
    ] {
        let reading = read(&page(&format!("title: Diver\n{front}"), body));
        assert_eq!(warnings(&reading), [message.to_owned()]);
    }
    let same = read(&page("title: Diver\nsummary: starting July 2027", "starting 1 July 2027"));
    assert!(warnings(&same).is_empty());
}

/// The pages of the lab that this program was started for, with hand-made labels. They are read
/// where they lie; without them the test says so and is skipped, except where CI is set.
#[test]
fn the_pages_of_the_first_lab_are_read_as_a_careful_person_reads_them() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", corpus.display());
        eprintln!("skipped: {} is missing", corpus.display());
        return;
    }
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut misses = Vec::new();
    let mut read_pages = 0;
    for folder in pages.iter().filter(|page| page.join("labels.json").exists()).take(12) {
        let labels = std::fs::read(folder.join("labels.json")).unwrap();
        let labels: Value = serde_json::from_slice(&labels).unwrap();
        let reading = read(&std::fs::read_to_string(folder.join("posting.md")).unwrap());
        let posting = &reading.postings[0];
        read_pages += 1;
        for name in NAMES.iter().filter(|name| !["display_title", "summary"].contains(name)) {
            let got = fact(posting, name);
            let mut right = vec![labels[name].clone()];
            right.extend(labels["also_acceptable"][name].as_array().cloned().unwrap_or_default());
            if !right.iter().any(|want| says_the_same(want, &got)) {
                misses.push(format!("{}: {name} is {got}, not {}", folder.display(), right[0]));
            }
        }
    }
    assert_eq!(read_pages, 12);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

fn says_the_same(want: &Value, got: &Value) -> bool {
    match (want.as_f64(), got.as_f64()) {
        (Some(want), Some(got)) => (want - got).abs() < 0.01,
        _ => want == got || got.is_null() && want.as_array().is_some_and(Vec::is_empty),
    }
}

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
            ]),
            0..40,
        ),
    ) {
        let body = words.join(" ");
        for text in [format!("---\n{front}\n---\n{body}"), body.clone(), front.clone()] {
            let reading = read(&text);
            for posting in &reading.postings {
                for name in NAMES {
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
        let start = Start::On(posting::PartialDate::Month { year, month });
        prop_assert_eq!(facts.start.unwrap().value, start);
        prop_assert_eq!(facts.workload_percent.unwrap().value, f64::from(share));
    }
}

fn settings() -> Settings {
    Settings {
        base_url: "https://tides.example/".parse().unwrap(),
        timezone: chrono_tz::Europe::Berlin,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    }
}

fn page(front: &str, body: &str) -> String {
    format!("---\n{front}\n---\n\n{body}\n")
}

fn read(text: &str) -> Reading {
    read_with(text, &settings())
}

fn read_with(text: &str, settings: &Settings) -> Reading {
    let path = "jobs/diver/index.md".to_owned();
    let source = Source::new(&path, text);
    posting::read(&PageFile { source, path, ancestors: Vec::new() }, settings)
}

fn only(text: &str) -> Posting {
    let mut reading = read(text);
    assert_eq!(reading.postings.len(), 1, "{:?}", errors(&reading));
    reading.postings.remove(0)
}

fn errors(reading: &Reading) -> Vec<Diagnostic> {
    reading.diagnostics.iter().filter(|it| it.is_error()).cloned().collect()
}

/// The messages of the warnings about facts.
fn warnings(reading: &Reading) -> Vec<String> {
    let about_facts =
        |it: &&Diagnostic| it.severity == Severity::Warning && it.code.starts_with("facts::");
    reading.diagnostics.iter().filter(about_facts).map(|it| it.message.clone()).collect()
}

/// The facts that a posting has, as JSON.
fn all(posting: &Posting) -> Value {
    let facts = NAMES.iter().map(|name| ((*name).to_owned(), fact(posting, name)));
    Value::Object(facts.filter(|(_, value)| !value.is_null()).collect())
}

fn fact(posting: &Posting, name: &str) -> Value {
    value_and_origin(&posting.facts, name).map_or(Value::Null, |(value, _)| value)
}

fn span(posting: &Posting, name: &str) -> Option<Span> {
    match value_and_origin(&posting.facts, name)?.1 {
        Origin::Declared(span) | Origin::Inferred(span) => Some(span),
        Origin::Default => None,
    }
}

fn value_and_origin(facts: &Facts, name: &str) -> Option<(Value, Origin)> {
    fn show<T>(field: &Option<Field<T>>, value: impl Fn(&T) -> Value) -> Option<(Value, Origin)> {
        field.as_ref().map(|field| (value(&field.value), field.origin.clone()))
    }
    let text = |field: &Option<Field<String>>| show(field, |it| json!(it));
    match name {
        "title" => text(&facts.title),
        "display_title" => text(&facts.display_title),
        "reference" => text(&facts.reference),
        "position_type" => show(&facts.position_type, |it| json!(it.as_str())),
        "organisation" => text(&facts.organisation),
        "unit" => text(&facts.unit),
        "city" => text(&facts.city),
        "country" => text(&facts.country),
        "pay_scheme" => text(&facts.pay_scheme),
        "workload_percent" => show(&facts.workload_percent, |it| json!(it)),
        "start" => show(&facts.start, |it| json!(it.to_string())),
        "duration_months" => show(&facts.duration_months, |it| json!(it)),
        "deadline" => show(&facts.deadline, |it| json!(it.to_string())),
        "contact_name" => text(&facts.contact_name),
        "contact_emails" => show(&facts.contact_emails, |it| json!(it)),
        "apply_url" => show(&facts.apply_url, |it| json!(it.as_str())),
        "summary" => text(&facts.summary),
        other => panic!("no fact {other}"),
    }
}
