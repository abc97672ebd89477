//! Facts that a sentence says without the word that names them, and sentences that only look so.

use serde_json::{Value, json};

use super::{fact, only, page};

fn read(body: &str, name: &str) -> Value {
    fact(&only(&page("title: Diver\ndate: 2026-11-04", body)), name)
}

fn each_says(name: &str, cases: &[(&str, Value)]) {
    for (body, value) in cases {
        assert_eq!(read(body, name), *value, "{name}: {body}");
    }
}

#[test]
fn a_contract_lasts_as_long_as_the_sentence_that_offers_it_says() {
    each_says(
        "duration_months",
        &[
            ("We are looking for a diver for 24 months, full time.", json!(24.0)),
            ("The positions are open now and last three years.", json!(36.0)),
            ("Se ofrece un contrato predoctoral de cuatro años.", json!(48.0)),
            ("Er is plaats voor een duiker (1,0 fte, vier jaar).", json!(48.0)),
            ("We seek a diver for the project, 1 August 2027 – 31 July 2031.", json!(48.0)),
            ("We are looking for a diver with 24 months of experience.", Value::Null),
            ("We seek a diver. There is a probation period of six months.", Value::Null),
        ],
    );
}

#[test]
fn full_time_and_a_share_behind_the_pay_are_a_workload() {
    each_says(
        "workload_percent",
        &[
            ("We are looking for a diver, full time (39.5 h per week).", json!(100.0)),
            ("Das Mindestentgelt beträgt EUR 3.619,95 brutto/Monat (75 %).", json!(75.0)),
        ],
    );
}

#[test]
fn a_reference_is_read_to_its_end() {
    each_says(
        "reference",
        &[
            ("Reference number: PA 2026/3312. The work starts soon.", json!("PA 2026/3312")),
            ("Kennzahl: MB/118/00 ex 2026/27", json!("MB/118/00 ex 2026/27")),
        ],
    );
}

#[test]
fn a_step_that_is_optional_is_no_deadline_and_a_review_no_start() {
    each_says(
        "deadline",
        &[
            (
                "Deadline: Jan 20, 2027. *Deadline for expressions of interest: 10 December 2026 \
                 (optional).*",
                json!("2027-01-20"),
            ),
            (
                "Applications must be received by Seahaven University on 11 December 2026 at the \
                 latest.",
                json!("2026-12-11"),
            ),
            ("Apply before Tuesday, 8 December 2026.", json!("2026-12-07")),
        ],
    );
    let reviewed =
        "Applications will be reviewed on a rolling basis starting on February 1st, 2027.";
    assert_eq!(read(reviewed, "start"), Value::Null);
}

#[test]
fn an_address_has_the_name_of_the_person_whom_it_spells() {
    each_says(
        "contact_name",
        &[
            (
                "Questions? Professor Eirik Solberg, phone +47 55 50 00 00, e-mail \
                 eirik.solberg@tide.example.",
                json!("Professor Eirik Solberg"),
            ),
            ("Write to Tobias Krause, M.Sc. (t.krause@tide.example).", json!("Tobias Krause")),
            (
                "Union representatives: Karin Nyberg, saco@tide.example. Further information is \
                 provided by Head of Department Anders Lund, anders.lund@tide.example.",
                json!("Anders Lund"),
            ),
        ],
    );
}

#[test]
fn a_country_is_told_by_hints_that_agree() {
    each_says(
        "country",
        &[
            ("The Tide Institute pays NOK 550 800. Call +47 55 50 00 00.", json!("NO")),
            ("The Tide Institute pays NOK 550 800. Call +45 55 50 00 00.", Value::Null),
        ],
    );
}
