//! Whole ads as they are written in different countries and for different page builders.

use handbill::posting::Deadline;
use serde_json::{Value, json};

use super::{all, fact, only, page, read, span, warnings};

/// What a page says, without the fields that every ad repeats.
fn facts(text: &str) -> Value {
    let mut facts = all(&only(text));
    if let Some(facts) = facts.as_object_mut() {
        for name in ["display_title", "summary"] {
            facts.remove(name);
        }
    }
    facts
}

#[test]
fn a_french_thesis_offer_is_read_from_its_labelled_lines() {
    let text = page(
        "title: \"Offre de thèse – Modélisation des marées\"\ndate: 2027-02-10",
        "**Référence : UMR9999-MARDUP-004**\n\n- **Lieu de travail :** BREST\n- **Durée du contrat :** 36 \
         mois\n- **Date de début de la thèse :** 1 octobre 2027\n- **Quotité de travail :** Temps \
         complet\n- **Rémunération :** 2300 € brut mensuel\n- **Date limite de candidature :** 3 \
         avril 2027\n\nLa thèse se déroulera au sein du Laboratoire LITTOS de l'Université de Bretagne \
         Occidentale, sous la direction de Jeanne Le Goff, jeanne.legoff [at] littos.example.",
    );
    assert_eq!(
        facts(&text),
        json!({
            "title": "Modélisation des marées",
            "reference": "UMR9999-MARDUP-004",
            "position_type": "phd",
            "organisation": "Université de Bretagne Occidentale",
            "unit": "Laboratoire LITTOS",
            "city": "Brest",
            "country": "FR",
            "pay_scheme": "2300 € brut mensuel",
            "salary": "2300 EUR per month",
            "workload_percent": 100.0,
            "start": "2027-10-01",
            "duration_months": 36.0,
            "deadline": "2027-04-03",
            "contact_name": "Jeanne Le Goff",
            "contact_emails": ["jeanne.legoff@littos.example"],
        })
    );
}

#[test]
fn facts_on_lines_of_their_own_are_kept_apart() {
    let text = page(
        "title: Research Associate in Coastal Data Science",
        "**School of Earth Sciences, University of Bristol**\n\nSalary: £38,249 to £42,792 per \
         annum\nContract type: fixed funding for 30 months\nWork pattern: Full time/1 FTE\nVacancy ID: \
         ACAD108234\nCloses at 11:59 PM GMT on 22 February 2027\n\nFor queries please contact Dr \
         Harriet Lowe at harriet.lowe@tidal.example.",
    );
    let posting = only(&text);
    for (name, value) in [
        ("reference", json!("ACAD108234")),
        ("salary", json!("38249-42792 GBP per year")),
        ("workload_percent", json!(100.0)),
        ("duration_months", json!(30.0)),
        ("deadline", json!("2027-02-22")),
        ("contact_name", json!("Dr Harriet Lowe")),
    ] {
        assert_eq!(fact(&posting, name), value, "{name}");
    }
    let reference = span(&posting, "reference").unwrap();
    assert_eq!(posting.source.words(reference), "ACAD108234");
}

#[test]
fn text_that_a_page_builder_keeps_in_the_front_matter_is_read_where_it_stands() {
    let text = "---\ntitle: 'Join us'\ntype: landing\nsections:\n  - block: hero\n    content:\n      \
                title: Open positions\n  - block: markdown\n    content:\n      title: Postdoc in lake \
                acoustics\n      text: |-\n        The **Lake Sound Lab** at Lund University is looking \
                for a postdoc.\n\n        - Start: 1 September 2027\n        - Application deadline: 31 \
                March 2027\n\n        Questions: Sven Alm, sven.alm@lake.example.\n---\n";
    let posting = only(text);
    assert_eq!(fact(&posting, "title"), "Postdoc in lake acoustics");
    assert_eq!(fact(&posting, "unit"), "Lake Sound Lab");
    assert_eq!(fact(&posting, "start"), "2027-09-01");
    for (name, words, line) in [
        ("deadline", "31 March 2027", 15),
        ("contact_name", "Sven Alm", 17),
        ("title", "Postdoc in lake acoustics", 10),
    ] {
        let place = span(&posting, name).unwrap();
        assert_eq!(posting.source.words(place), words, "{name}");
        assert_eq!(posting.source.line_and_column(place.start).0, line, "{name}");
    }
}

#[test]
fn a_page_that_only_leads_to_its_ad_is_said_to_do_so() {
    let linked =
        page("title: PhD position in Peatland Carbon", "[Full advertisement](/files/phd.pdf)");
    let told = "the ad itself is not on this page, which only leads to a PDF";
    assert_eq!(warnings(&read(&linked)), [told]);
    let portal = page("title: PhD position in Peat", "See [here](https://jobs.example/ad/12).");
    let told = "the ad itself is not on this page, which only leads to another page";
    assert_eq!(warnings(&read(&portal)), [told]);
    let written = page("title: PhD position in Peat", &"We look for somebody who digs. ".repeat(8));
    assert_eq!(warnings(&read(&written)), [""; 0]);
}

#[test]
fn a_deadline_with_stages_stays_open_after_the_first() {
    let deadline = |body: &str| {
        let posting = only(&page("title: PhD in tides\ndate: 2027-01-02", body));
        posting.facts.deadline.map(|field| field.value)
    };
    let day = |text: &str| text.parse().unwrap();
    let until_filled = |first| Some(Deadline::Staged { first: day(first), last: None });
    for body in [
        "Application deadline: 1 March 2027, then until the position is filled.",
        "Review of applications will begin 1 March 2027 and continue until the position is filled.",
        "The call is open until filled, but for full consideration please apply by March 1, 2027.",
        "Please apply by 1 March 2027; applications after this date are reviewed on a rolling basis.",
    ] {
        assert_eq!(deadline(body), until_filled("2027-03-01"), "{body}");
    }
    assert_eq!(
        deadline("First deadline: 1 March 2027. Second deadline: 1 June 2027."),
        Some(Deadline::Staged { first: day("2027-03-01"), last: Some(day("2027-06-01")) })
    );
    for body in [
        "Deadline: 1 March 2027.",
        "Applications are reviewed on a rolling basis until 1 March 2027.",
        "Apply by 1 March 2027 or until the position is filled.",
    ] {
        assert_eq!(deadline(body), Some(Deadline::On(day("2027-03-01"))), "{body}");
    }
}

#[test]
fn a_title_says_neither_number_nor_pay_nor_that_somebody_is_wanted() {
    for (written, title) in [
        ("PhD in tides (Kennziffer 412/2027)", "PhD in tides"),
        ("PhD in tides (TV-L E13, 75 %)", "PhD in tides"),
        ("Postdoc in reefs [2-year, fully funded]", "Postdoc in reefs"),
        ("A fully funded PhD position in tides", "Fully funded PhD position in tides"),
        ("Hiwi gesucht (10 h/Woche): Bojen", "Hiwi: Bojen"),
        ("[Job] Postdoc in reefs", "Postdoc in reefs"),
        ("A model of tides (PhD position)", "A model of tides (PhD position)"),
        ("Postdoc in reefs (m/f/d)", "Postdoc in reefs (m/f/d)"),
    ] {
        let text = page(&format!("title: \"{written}\""), "We study the sea.");
        let posting = only(&text);
        assert_eq!(fact(&posting, "title"), title, "{written}");
        assert_eq!(fact(&posting, "display_title"), written);
    }
}

#[test]
fn a_title_that_names_only_the_kind_is_completed_from_the_page() {
    let text = page(
        "title: \"PhD position open!\"",
        "# A fully funded PhD position\n\nWe are looking for a PhD student in coastal hydrology.",
    );
    assert_eq!(fact(&only(&text), "title"), "PhD student in coastal hydrology");
}

#[test]
fn positions_below_headings_of_their_own_contradict_nobody() {
    let text = page(
        "title: Open positions in the Dune Lab",
        "## PhD position in dune ecology\n\nStart: 1 May 2027. Deadline: 15 February 2027.\n\n## Postdoc in \
         aeolian transport\n\nStart: 1 June 2027. Deadline: 1 March 2027.",
    );
    let reading = read(&text);
    let said = "the page describes 2 positions and goes out as one ad, named `PhD position in dune ecology`";
    assert_eq!(warnings(&reading), [said]);
    let meant = text.replace("title: Open", "job:\n  title: Two positions on dunes\ntitle: Open");
    assert_eq!(warnings(&read(&meant)), [""; 0]);
    assert_eq!(fact(&reading.postings[0], "start"), "2027-05-01");
    assert_eq!(fact(&reading.postings[0], "title"), "PhD position in dune ecology");
}
