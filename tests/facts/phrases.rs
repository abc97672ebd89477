//! Fact by fact, the ways in which people write it, and look-alikes that say something else.

use serde_json::{Value, json};

use super::{fact, only, page};

#[test]
fn the_employer_is_read_where_the_offer_stands() {
    for (title, body, organisation, unit) in [
        (
            "Diver",
            "A position is available in the Department of Tides at the University of Seahaven, in \
             cooperation with the Academy of Bays.",
            json!("University of Seahaven"),
            json!("Department of Tides"),
        ),
        (
            "Diver",
            "The Institute of Tides is looking for a diver.",
            json!("Institute of Tides"),
            Value::Null,
        ),
        (
            "Diver",
            "We are the Academy of Bays and Coasts (ABC).\n\nA diver position is open by ABC.",
            json!("Academy of Bays and Coasts (ABC)"),
            Value::Null,
        ),
        (
            "Diver at the University of Seahaven",
            "Come and dive.",
            json!("University of Seahaven"),
            Value::Null,
        ),
        // Somebody is named, but nothing says that they hire:
        ("Diver", "Our partner is the University of Seahaven.", Value::Null, Value::Null),
        ("Diver", "The University has pools. Dive with us.", Value::Null, Value::Null),
    ] {
        let posting = only(&page(&format!("title: {title}"), body));
        let read = (fact(&posting, "organisation"), fact(&posting, "unit"));
        assert_eq!(read, (organisation, unit), "{body}");
    }
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
        ("## Application deadline\n\n15 January 2027", json!("2027-01-15")),
        ("| Deadline | 15.01.2027 |\n|---|---|\n| Start | 01.03.2027 |", json!("2027-01-15")),
        ("- **Frist:** Bewerbungsschluss 15.01.2027  \n  Beginn 01.03.2027", json!("2027-01-15")),
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
        ("ada arobase tides point example", json!(["ada@tides.example"])),
        ("vorname.nachname@tides.example", Value::Null),
        ("firstname.last@tides.example", Value::Null),
        ("We work directly at the point of care.", Value::Null),
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
