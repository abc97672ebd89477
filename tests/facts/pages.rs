//! Whole pages, and what they say twice or wrongly.

use serde_json::{Value, json};

use super::{all, fact, only, page, read, span, warnings};

/// An ad as labs write them: a folded title, bold headings, dead comments, a stale line.
pub const ENGLISH: &str = r#"---
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
fn nothing_is_invented() {
    let posting = only(&page("title: News", "The lab met in May 2027 and had 80 % cake."));
    assert_eq!(all(&posting), json!({"title": "News", "display_title": "News"}));
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
fn a_title_without_its_first_word_is_taken_from_the_heading() {
    let posting = only(&page(
        "title: 'TEL/05/2027:  position in Tidal Ecology (m/f/d)'",
        "## **Researcher position in Tidal Ecology (m/f/d)**\n\nCome.",
    ));
    assert_eq!(fact(&posting, "title"), "Researcher position in Tidal Ecology (m/f/d)");
    assert_eq!(fact(&posting, "display_title"), "TEL/05/2027: position in Tidal Ecology (m/f/d)");
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
