//! Names of places, employers and positions that are longer, or shorter, than they look.

use serde_json::{Value, json};

use super::{fact, only, page};

fn read(body: &str, name: &str) -> Value {
    fact(&only(&page("title: Diver", body)), name)
}

#[test]
fn a_place_is_a_town_by_its_whole_name() {
    for (body, city) in [
        ("The University of Porto is looking for a diver.", json!("Porto")),
        ("L'Università di Porto Maggio cerca una persona. La posizione è aperta.", Value::Null),
        ("We are looking for a diver at the Tide Clinic (UKA).", Value::Null),
        ("Das Tidenklinikum Auenbach (UKA) sucht eine Taucherin.", Value::Null),
        ("We are seeking a diver to work with agencies in Victoria, Australia.", Value::Null),
        ("We are seeking a diver in Seahaven, Australia.", json!("Seahaven")),
    ] {
        assert_eq!(read(body, "city"), city, "{body}");
    }
}

#[test]
fn pay_keeps_both_its_ends_and_its_bounds() {
    for (body, scheme) in [
        (
            "Salaire : entre 2 450 et 3 100 euros bruts mensuels.",
            json!("2 450–3 100 euros bruts mensuels"),
        ),
        ("Die Vergütung geht bis zur Entgeltgruppe 12 TVöD (Bund).", json!("bis TVöD E12")),
        ("Vergütung bis Entgeltgruppe 12", json!("bis E12")),
        ("Entgeltgruppe 12 TVöD", json!("TVöD E12")),
        ("Salary: A$113,262 – A$134,499 a year", json!("A$113,262 – A$134,499 a year")),
        (
            "Het salaris is € 2.901 bruto per maand, oplopend tot € 3.707 in jaar vier.",
            json!("€ 2.901–3.707 bruto per maand"),
        ),
    ] {
        assert_eq!(read(body, "pay_scheme"), scheme, "{body}");
    }
}

#[test]
fn a_title_that_tells_of_a_position_gives_way_to_its_name() {
    let body = "The Tide Lab is looking for a Postdoctoral Fellow in Causal Inference for Tides.";
    let posting = only(&page("title: \"We're hiring a postdoc!\"", body));
    let name = json!("Postdoctoral Fellow in Causal Inference for Tides");
    assert_eq!(fact(&posting, "title"), name);
    let posting = only(&page("title: We are looking for a PhD student in tidal models", body));
    assert_eq!(fact(&posting, "title"), json!("PhD student in tidal models"));
}
