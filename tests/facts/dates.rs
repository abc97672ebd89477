//! Deadlines, starts and ends of ads, in the ways of six languages that are easily misread.

use handbill::posting::Availability;
use serde_json::{Value, json};

use super::{fact, only, page, read, warnings};

fn said(name: &str, body: &str) -> Value {
    fact(&only(&page("title: Postdoc in tides\ndate: 2026-11-20", body)), name)
}

#[test]
fn what_is_struck_through_no_longer_counts() {
    for body in [
        "Deadline: ~~1 December 2026~~ **15 December 2026**",
        "Deadline: <del>1 December 2026</del> 15 December 2026",
        "Apply by ~~1 December 2026~~ 15 December 2026.",
    ] {
        assert_eq!(said("deadline", body), "2026-12-15", "{body}");
    }
}

#[test]
fn a_deadline_that_was_put_off_replaces_the_earlier_one() {
    for body in [
        "Deadline: 1 December 2026 (extended to 15 December 2026)",
        "Die Bewerbungsfrist (1.12.2026) wurde verlängert bis zum 15.12.2026.",
        "Date limite : 1er décembre 2026, prolongée jusqu'au 15 décembre 2026",
        "Fecha límite: 1 de diciembre de 2026, ampliada hasta el 15 de diciembre de 2026",
        "Scadenza: 1 dicembre 2026, prorogata al 15 dicembre 2026",
        "Sluitingsdatum: 1 december 2026, verlengd tot 15 december 2026",
    ] {
        let text = page("title: Postdoc in tides\ndate: 2026-11-20", body);
        assert_eq!(fact(&only(&text), "deadline"), "2026-12-15", "{body}");
        assert_eq!(warnings(&read(&text)), [""; 0], "{body}");
    }
    assert_eq!(said("deadline", "The contract can be extended to 15 December 2029."), Value::Null);
}

#[test]
fn a_deadline_is_read_over_hours_titles_and_words_for_days() {
    for (body, expected) in [
        ("The closing date is 11.59 p.m. (GMT) on Sunday 3 January 2027.", "2027-01-03"),
        ("Please apply to Dr. Brine by the fifteenth of January, 2027.", "2027-01-15"),
        ("Please apply by the twenty-first of January 2027.", "2027-01-21"),
        ("Closing Date: 10-Dec-2026", "2026-12-10"),
        ("Last day to apply: 10 December 2026", "2026-12-10"),
        ("Vacancy closes: midnight on Thursday 10th December 2026", "2026-12-10"),
        ("Please apply no later than the end of December.", "2026-12-31"),
        ("Bewerbungen bis Ende Januar 2027 an uns.", "2027-01-31"),
        ("La domanda va presentata entro le ore 13:00 del giorno 18 dicembre 2026.", "2026-12-18"),
        ("Scadenza: 18 dicembre 2026 ore 13.00.", "2026-12-18"),
        ("Solliciteer vóór 11 januari 2027.", "2027-01-11"),
    ] {
        assert_eq!(said("deadline", body), expected, "{body}");
    }
    let front = page("title: Postdoc in tides\nclosing: 2027-01-18", "We dive.");
    assert_eq!(fact(&only(&front), "deadline"), "2027-01-18");
}

#[test]
fn of_the_time_in_which_one_can_apply_the_end_counts() {
    for body in [
        "El plazo de solicitudes estará abierto del 24 de noviembre al 11 de diciembre de 2026.",
        "Die Bewerbungsfrist läuft vom 24.11. bis zum 11.12.",
        "Bewerbungszeitraum: 24.11.2026 bis 11.12.2026",
        "The application window runs from 24 November 2026 to 11 December 2026.",
        "Les candidatures sont ouvertes du 24 novembre 2026 au 11 décembre 2026.",
        "Le domande si presentano dal 24 novembre 2026 al 11 dicembre 2026.",
        "Solliciteren kan van 24 november 2026 tot en met 11 december 2026.",
    ] {
        assert_eq!(said("deadline", body), "2026-12-11", "{body}");
    }
}

#[test]
fn of_two_steps_the_last_in_which_all_hand_in_is_the_deadline() {
    let steps = "1. Expression of interest: no later than 15 December 2026\n\
                 2. Invitation to submit full application: 10 January 2027\n\
                 3. Full application: 1 February 2027\n4. Interviews: 20 February 2027";
    let one = said("deadline", "Expressions of interest are due on 15 December 2026.");
    assert_eq!(one, "2026-12-15");
    assert_eq!(said("deadline", steps), json!("2026-12-15, then 2027-02-01"));
}

#[test]
fn a_day_to_come_in_a_sentence_about_applying_is_not_passed_over_in_silence() {
    let told = |body: &str| {
        let reading = read(&page("title: Postdoc in tides\ndate: 2026-11-20", body));
        reading.diagnostics.iter().any(|it| it.code == "facts::deadline-unread")
    };
    assert!(told("Deadline: 03/04/2027. Please apply."));
    assert!(told("Applications reach us through the portal, 10 December 2026 being the end."));
    assert!(!told("Please apply by 10 December 2026."));
    assert!(!told("Applicants are invited to interviews on 10 December 2026."));
    assert!(!told("Please apply. We meet on 10 December 2026."));
}

#[test]
fn other_days_are_no_deadline() {
    for body in [
        "**Deadline extended to 31 January 2027**\n\nStarting date: 1 October 2027.",
        "## Deadline: 31 January 2027\n\nStarting date: 1 October 2027.",
        "A position to be filled by 1 March 2027. Apply by 31 January 2027.",
    ] {
        let text = page("title: Postdoc in tides\ndate: 2026-11-20", body);
        assert_eq!(fact(&only(&text), "deadline"), "2027-01-31", "{body}");
        assert_eq!(warnings(&read(&text)), [""; 0], "{body}");
    }
}

#[test]
fn work_begins_on_days_that_are_said_of_work() {
    for (body, expected) in [
        ("We hope that you will be in post by 1 March 2027.", json!("2027-03-01")),
        ("First day of employment: by agreement, preferably 1 April 2027", json!("2027-04-01")),
        ("Début du contrat : 1er mars 2027", json!("2027-03-01")),
        ("La borsa dura tre anni, dal 1° novembre 2027.", json!("2027-11-01")),
        ("A position is open from 1 March 2027.", json!("2027-03-01")),
        ("Startdatum: bij voorkeur 1 april 2027", json!("2027-04-01")),
        // Of something else:
        ("Interviews will be held in the week commencing 18 January 2027.", Value::Null),
        ("The University will be closed from 24 December 2026.", Value::Null),
        ("The bay is open to boats from 1 March 2027.", Value::Null),
    ] {
        assert_eq!(said("start", body), expected, "{body}");
    }
}

#[test]
fn an_ad_is_closed_wherever_a_sentence_says_so() {
    let availability = |front: &str, body: &str| {
        only(&page(&format!("title: Postdoc in tides\n{front}"), body)).availability
    };
    for body in [
        "We offer a position. Update of 20 November: applications are now closed.",
        "The position is no longer open.",
        "We have hired somebody for this post.",
        "Recruitment for this vacancy is complete.",
        "Applications closed on 1 November 2026.",
        "Posizione chiusa.",
        "We do not currently have open positions.",
        "Die Ausschreibung ist geschlossen.",
        "Les candidatures sont fermées.",
        "Convocatoria cerrada.",
        "Solliciteren is niet meer mogelijk.",
    ] {
        assert!(matches!(availability("", body), Availability::Closed(_)), "{body}");
    }
    assert!(matches!(availability("open: false", "We dive."), Availability::Closed(_)));
    for body in [
        "We dive. Once the position has been filled, we write to all.",
        "We dive with you. Another position has been filled.",
    ] {
        assert_eq!(availability("", body), Availability::Open, "{body}");
    }
}

#[test]
fn of_several_positions_each_closes_and_counts_by_itself_and_loses_its_list_number() {
    let text = page(
        "title: Three positions in tides\njob:\n  positions:\n    - id: a\n    - id: b",
        "## 1. Postdoc in tides\n\nWe dive.\n\n## 2. PhD student in bays\n\n\
         For three years. This position has been filled.",
    );
    let reading = read(&text);
    let [one, other] = reading.postings.as_slice() else { panic!("two postings") };
    assert_eq!(fact(one, "title"), "Postdoc in tides");
    assert_eq!(fact(other, "title"), "PhD student in bays");
    assert_eq!((fact(one, "openings"), fact(other, "openings")), (Value::Null, Value::Null));
    assert_eq!(one.availability, Availability::Open);
    assert!(matches!(other.availability, Availability::Closed(_)));
}

#[test]
fn a_share_of_a_share_is_no_other_workload() {
    let text = page("title: Diver", "Employment rate 100%, of which 50% for the thesis.");
    assert_eq!(fact(&only(&text), "workload_percent"), 100.0);
    assert_eq!(warnings(&read(&text)), [""; 0]);
}
