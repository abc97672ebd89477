//! The parts of the ad under its headings, what to send, how many positions, and an extension.

use serde_json::{Value, json};

use super::{PART_NAMES, errors, fact, only, page, read, span};

/// The parts and what belongs to them, without what is absent.
fn parts(text: &str) -> Value {
    let posting = only(text);
    let facts = PART_NAMES.iter().map(|name| ((*name).to_owned(), fact(&posting, name)));
    Value::Object(facts.filter(|(_, value)| !value.is_null()).collect())
}

#[test]
fn an_english_ad_is_read_part_by_part() {
    let text = page(
        "title: Diver",
        "# Diver\n\nWe study tides. The lab is small.\n\n## About us\n\nWe are nice.\n\n**Your \
         responsibilities:**\n\n- Dive\n- Write **reports**\n\n**Your qualifications:**\n\n- A \
         diploma\n\n**Desirable qualifications:**\n\n- Fins\n\n**What we offer you:**\n\n- **A \
         boat:** with sails\n- Pay\n\nWe are an equal opportunity employer.\n\n## How to apply\n\nPlease send \
         the following documents to Ada:\n\n- a cover letter;\n- your CV,\n- two letters of \
         recommendation.\n\n## Funding\n\nThe Sea Council pays.\n\n## Contact\n\nAda Brine\n\n## \
         Imprint\n\nSeahaven",
    );
    assert_eq!(
        parts(&text),
        json!({
            "description": "We study tides. The lab is small.",
            "responsibilities": "- Dive\n- Write reports",
            "qualifications": "- A diploma",
            "desirable_qualifications": "- Fins",
            "benefits": "- A boat: with sails\n- Pay\nWe are an equal opportunity employer.",
            "apply_instructions": "Please send the following documents to Ada:\n- a cover letter;\n\
                                   - your CV,\n- two letters of recommendation.",
            "documents": ["a cover letter", "your CV", "two letters of recommendation"],
            "funding": "The Sea Council pays.",
        })
    );
    let posting = only(&text);
    let words = posting.source.words(span(&posting, "responsibilities").unwrap());
    assert!(words.contains("Dive\n- Write **reports**"), "{words}");
}

#[test]
fn a_german_ad_is_read_part_by_part() {
    let text = page(
        "title: Taucherin",
        "Wir erforschen die Gezeiten.\n\n### Ihre Aufgaben\n\n* Tauchen\n* Berichte schreiben\n\n### \
         Anforderungen / Kenntnisse\n\n* Tauchschein\n\nWünschenswert sind:\n\n* Flossen\n\n### Wir \
         bieten\n\nEin Boot.\n\n### Bewerbung\n\nSenden Sie uns Anschreiben, Lebenslauf und Zeugnisse. \
         Das Projekt wird gefördert durch den Meeresrat.\n\n### Ansprechpartnerin\n\nAda Brine",
    );
    assert_eq!(
        parts(&text),
        json!({
            "description": "Wir erforschen die Gezeiten.",
            "responsibilities": "- Tauchen\n- Berichte schreiben",
            "qualifications": "- Tauchschein",
            "desirable_qualifications": "- Flossen",
            "benefits": "Ein Boot.",
            "apply_instructions": "Senden Sie uns Anschreiben, Lebenslauf und Zeugnisse. Das Projekt \
                                   wird gefördert durch den Meeresrat.",
            "documents": ["Anschreiben", "Lebenslauf", "Zeugnisse"],
            "funding": "Das Projekt wird gefördert durch den Meeresrat.",
        })
    );
}

#[test]
fn the_usual_headings_of_other_languages_are_known() {
    for (body, expected) in [
        (
            "## Missions\n\n- Plonger\n\n## Profil recherché\n\n- Diplôme\n\n## Candidature\n\nCV et \
             lettre de motivation.",
            ["- Plonger", "- Diplôme", "CV et lettre de motivation."],
        ),
        (
            "## Funciones\n\n- Bucear\n\n## Requisitos\n\n- Título\n\n## Solicitudes\n\nCV y carta de \
             presentación.",
            ["- Bucear", "- Título", "CV y carta de presentación."],
        ),
        (
            "## Attività\n\n- Nuotare\n\n## Requisiti\n\n- Laurea\n\n## Candidature\n\nCurriculum \
             vitae e lettera di motivazione.",
            ["- Nuotare", "- Laurea", "Curriculum vitae e lettera di motivazione."],
        ),
        (
            "## Jouw taken\n\n- Duiken\n\n## Functie-eisen\n\n- Diploma\n\n## Solliciteren\n\nCV en \
             motivatiebrief.",
            ["- Duiken", "- Diploma", "CV en motivatiebrief."],
        ),
    ] {
        let posting = only(&page("title: Diver", body));
        let names = ["responsibilities", "qualifications", "apply_instructions"];
        let read = names.map(|name| fact(&posting, name));
        assert_eq!(read, expected.map(|words| json!(words)), "{body}");
        assert_eq!(fact(&posting, "documents").as_array().map(Vec::len), Some(2), "{body}");
    }
}

#[test]
fn sentences_and_words_that_begin_a_line_lead_to_a_part() {
    for (body, name, expected) in [
        ("We dive. You will:\n\n- Dive\n\nBye.", "responsibilities", json!("- Dive")),
        ("We dive. You will:\n\n- Dive\n\nBye.", "description", json!("We dive.\nBye.")),
        ("**Tasks:** Dive.  \n**Profile:** Fins.", "qualifications", json!("Fins.")),
        ("Requirements: fins and a suit", "qualifications", json!("fins and a suit")),
        ("- **We offer:** a boat\n- Hello", "benefits", json!("- a boat")),
        ("## Your profile\n\n### Schooling\n\nNone.", "qualifications", json!("Schooling\nNone.")),
        // Something else:
        ("## The application of ice to tides and waves\n\nIce.", "apply_instructions", Value::Null),
        ("## Application deadline\n\nTomorrow.", "apply_instructions", Value::Null),
        ("## Your profile\n\nFins.\n\n## Imprint\n\nUs.", "qualifications", json!("Fins.")),
        ("We **offer** a view.\n\n- Sea", "benefits", Value::Null),
    ] {
        let posting = only(&page("title: Diver", body));
        assert_eq!(fact(&posting, name), expected, "{body}");
    }
}

#[test]
fn how_to_apply_and_the_funder_are_read_from_sentences_too() {
    let text = page(
        "title: Diver",
        "We dive with Dr. Brine. The post is funded by the Sea Council. It is good.\n\nWe like it. \
         Please send your CV and a cover letter to us.",
    );
    assert_eq!(
        parts(&text),
        json!({
            "description": "We dive with Dr. Brine. The post is funded by the Sea Council. It is \
                            good.\nWe like it. Please send your CV and a cover letter to us.",
            "funding": "The post is funded by the Sea Council.",
            "apply_instructions": "Please send your CV and a cover letter to us.",
            "documents": ["CV", "cover letter"],
        })
    );
    let posting = only(&text);
    let words = posting.source.words(span(&posting, "funding").unwrap());
    assert_eq!(words, "The post is funded by the Sea Council.");
}

#[test]
fn the_number_of_positions_is_read_only_where_it_is_certain() {
    for (body, expected) in [
        ("We are hiring for two PhD positions.", json!(2)),
        ("We announce the opening of 3 (three) fully funded PhD positions.", json!(3)),
        ("Wir suchen zwei Doktorandinnen.", json!(2)),
        ("Zu besetzen sind 3 Doktorandenstellen (65 %).", json!(3)),
        ("We are looking for one PhD position holder.", json!(1)),
        // Nobody knows how many:
        ("We are hiring for several positions.", Value::Null),
        ("We are hiring for a 2 year position.", Value::Null),
        ("We offer two postdoc positions and one PhD position.", Value::Null),
        ("Two postdoc positions are available.\n\n- three PhD positions", Value::Null),
        ("We offer one of 15 PhD positions in a network.", Value::Null),
        ("Our team has 5 PhD students.", Value::Null),
    ] {
        assert_eq!(fact(&only(&page("title: Diver", body)), "openings"), expected, "{body}");
    }
}

#[test]
fn an_extension_is_read_with_its_months_where_they_are_said() {
    for (body, expected) in [
        ("Limited to 3 years, with the possibility of extension.", json!("possible")),
        ("For 2 years (+2 years extension possible).", json!("24 months")),
        ("For 3 years; the contract can be extended by 2 years.", json!("24 months")),
        ("Eine Verlängerung um 6 Monate ist möglich.", json!("6 months")),
        ("Befristet auf 3 Jahre mit Option auf Verlängerung.", json!("possible")),
        ("CDD de 12 mois renouvelable.", json!("possible")),
        ("Contrato de un año prorrogable.", json!("possible")),
        ("Durata di 12 mesi, rinnovabile.", json!("possible")),
        ("Voor een jaar, verlenging is mogelijk.", json!("possible")),
        // Something else:
        ("We study renewable energy.", Value::Null),
        ("The contract is not renewable.", Value::Null),
        ("The deadline may be extended.", Value::Null),
        ("Eine Verlängerung ist nicht möglich.", Value::Null),
    ] {
        assert_eq!(fact(&only(&page("title: Diver", body)), "extension"), expected, "{body}");
    }
}

#[test]
fn openings_and_extension_can_be_declared_and_mistakes_are_told() {
    let ad = "We are hiring for two PhD positions.";
    let posting = only(&page("job:\n  totalJobOpenings: 4\n  extension: 24 months", ad));
    assert_eq!(fact(&posting, "openings"), json!(4));
    assert_eq!(fact(&posting, "extension"), json!("24 months"));
    for wrong in ["openings: 0", "openings: many", "extension: maybe", "extension: -3"] {
        let errors = errors(&read(&page(&format!("job:\n  {wrong}"), ad)));
        assert_eq!(errors.len(), 1, "{wrong}");
        assert_eq!(errors[0].code, "job::wrong-type", "{wrong}");
    }
    let parts = errors(&read(&page("job:\n  responsibilities: none", ad)));
    assert_eq!(parts[0].code, "job::unknown-key");
}

#[test]
fn what_was_read_of_the_parts_does_not_make_another_version() {
    let ad = "## Tasks\n\nDive.";
    let one = only(&page("title: Diver\njob:\n  title: Diver", ad));
    let other = only(&page("title: Diver\njob:\n  title: Diver\n  openings: 2", ad));
    assert_eq!(one.revision, other.revision);
}
