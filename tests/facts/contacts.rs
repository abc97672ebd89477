//! Whom to write to about what, and where to apply: an address on the page is not always one for
//! applicants.

use handbill::posting::Posting;
use serde_json::{Value, json};

use super::{fact, only, page};

fn diver(body: &str) -> Posting {
    only(&page("title: Diver", body))
}

#[test]
fn who_is_asked_about_something_else_is_no_contact() {
    for body in [
        "Apply to ada@tides.example. Bei Fragen zum Datenschutz: recht@tides.example",
        "Apply to ada@tides.example. Questions about data protection go to law@tides.example.",
        "Apply to ada@tides.example. Our privacy officer is at dpo@tides.example.",
        "Apply to ada@tides.example.\n\nUnion representatives: Bo Ek, KELP, bo.ek@tides.example; \
         Cy Strand, SALT, cy@tides.example",
        "Apply to ada@tides.example.\n\nDie Gleichstellungsbeauftragte (eq@tides.example) hilft.",
        "Apply to ada@tides.example. In case of technical problems with the form, write to \
         box@tides.example.",
        "Apply to ada@tides.example. Délégué à la protection des données : dpd@tides.example",
        "Apply to ada@tides.example. If you wrote to old@reef.example: this address is no longer \
         in use.",
        "Apply to ada@tides.example.\n\n## Data protection officer\n\nBo Ek, bo@tides.example",
    ] {
        assert_eq!(fact(&diver(body), "contact_emails"), json!(["ada@tides.example"]), "{body}");
    }
    // Who works on such things is asked all the same.
    for body in [
        "Applications for the post in technical support go to bo@tides.example.",
        "The group works on privacy. Contact: bo@tides.example",
    ] {
        assert_eq!(fact(&diver(body), "contact_emails"), json!(["bo@tides.example"]), "{body}");
    }
    let union = "Union representative: Bo Ek, bo@tides.example\n\nDr. Ada Brine, ada@tides.example";
    assert_eq!(fact(&diver(union), "contact_name"), json!("Dr. Ada Brine"));
}

#[test]
fn applications_go_where_a_sentence_on_applying_says_so() {
    let takes = |body: &str| diver(body).facts.application_emails.map(|field| field.value);
    for (body, expected) in [
        ("Please send your CV to ada@tides.example.", Some(vec!["ada@tides.example"])),
        (
            "Email a single PDF with a cover letter to ada@tides.example.",
            Some(vec!["ada@tides.example"]),
        ),
        ("Ihre Bewerbung richten Sie an ada@tides.example.", Some(vec!["ada@tides.example"])),
        (
            "Envoyer CV et lettre à ada@tides.example et bo@tides.example.",
            Some(vec!["ada@tides.example", "bo@tides.example"]),
        ),
        (
            "Send a CV to ada@tides.example; questions to bo@tides.example.",
            Some(vec!["ada@tides.example"]),
        ),
        ("## How to apply\n\nWrite to ada@tides.example.", Some(vec!["ada@tides.example"])),
        ("For a confidential discussion, contact Ada on ada@tides.example.", None),
        ("Questions about the application process: ada@tides.example.", None),
        ("Per informazioni: ada@tides.example", None),
        (
            "## Apply\n\nApply via [us](https://a.example/1). Questions? Ask Ada (ada@tides.example).",
            None,
        ),
        (
            "Apply by e-mail to the contact.\n\nDr. Ada Brine, ada@tides.example",
            Some(vec!["ada@tides.example"]),
        ),
        ("We accept no applications by e-mail.\n\nDr. Ada Brine, ada@tides.example", None),
    ] {
        let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
        assert_eq!(takes(body), expected, "{body}");
    }
}

#[test]
fn a_link_right_behind_words_of_the_way_is_the_place_to_apply() {
    for (body, expected) in [
        (
            "Apply before May via [our careers page](https://reef.example/rse).",
            json!("https://reef.example/rse"),
        ),
        (
            "Applications are submitted through [the university's recruitment system](https://reef.example/7).",
            json!("https://reef.example/7"),
        ),
        (
            "La domanda va presentata tramite la piattaforma [ALGA](https://alga.example/26).",
            json!("https://alga.example/26"),
        ),
        (
            "Bewerben Sie sich über unser [Muschelportal](https://reef.example/8).",
            json!("https://reef.example/8"),
        ),
        (
            "Candidatez via le site [Marée](https://maree.example/8).",
            json!("https://maree.example/8"),
        ),
        (
            "Applications (max. 5 pages) go in through {{< button href=\"https://reef.example/9\" >}}the portal{{< /button >}}.",
            json!("https://reef.example/9"),
        ),
        ("We came to this through [a study of tides](https://papers.example/1).", Value::Null),
    ] {
        assert_eq!(fact(&diver(body), "apply_url"), expected, "{body}");
    }
}

#[test]
fn a_contact_below_keys_of_its_own_is_read() {
    let posting = only(&page(
        "title: Diver\ncontact:\n  name: Dr Ada Brine\n  email: ada@tides.example",
        "We look for a diver.",
    ));
    assert_eq!(fact(&posting, "contact_name"), json!("Dr Ada Brine"));
    assert_eq!(fact(&posting, "contact_emails"), json!(["ada@tides.example"]));
}

#[test]
fn a_degree_before_a_name_is_read_whole_or_not_at_all() {
    let body = "Ansprechpartnerin: Dipl.-Ing. Ada Brine, ada@tides.example";
    let name = fact(&diver(body), "contact_name");
    assert!(name == json!("Dipl.-Ing. Ada Brine") || name == json!("Ada Brine"), "{name}");
}
