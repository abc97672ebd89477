//! Ads in six languages, and the facts that matter on a channel.

use serde_json::{Value, json};

use super::{fact, only, page};

/// One ad for each language with what a careful person reads in it.
#[test]
fn an_ad_in_any_of_six_languages_says_the_facts_that_matter() {
    for (language, title, body, expected) in [
        (
            "en",
            "Postdoc in coastal robotics",
            "The Tidal Computing Group at the University of Seahaven, Ireland, is hiring a postdoc \
             in coastal robotics for two years, starting in October 2027. Deadline: 1 March 2027. \
             To apply, fill in [this form](https://forms.example/1).",
            json!({
                "organisation": "University of Seahaven", "unit": "Tidal Computing Group",
                "city": "Seahaven", "country": "IE", "position_type": "postdoc",
                "start": "2027-10", "duration_months": 24.0, "deadline": "2027-03-01",
                "apply_url": "https://forms.example/1",
            }),
        ),
        (
            "de",
            "Doktorandin für Gezeiten",
            "Die Universität Augsburg sucht für das Institut für Gezeitenforschung zum \
             nächstmöglichen Zeitpunkt eine Doktorandin, befristet auf 3 Jahre. Bewerbungen bitte \
             bis zum 15. März 2027 über das [Bewerbungsportal](https://forms.example/1).",
            json!({
                "organisation": "Universität Augsburg", "unit": "Institut für Gezeitenforschung",
                "city": "Augsburg", "country": "DE", "position_type": "phd", "start": "asap",
                "duration_months": 36.0, "deadline": "2027-03-15",
                "apply_url": "https://forms.example/1",
            }),
        ),
        (
            "fr",
            "Offre de thèse : modèles des marées",
            "Le Laboratoire des Côtes de l'Université de Nantes recherche une doctorante pour \
             étudier les marées et leurs effets sur les ports de la côte.\n\n\
             - Date de début : 1er octobre 2027\n- Durée : 36 mois\n\
             - Date limite de candidature : 15 mai 2027\n\n\
             [Postuler](https://forms.example/1)",
            json!({
                "organisation": "Université de Nantes", "unit": "Laboratoire des Côtes",
                "city": "Nantes", "country": "FR", "position_type": "phd", "start": "2027-10-01",
                "duration_months": 36.0, "deadline": "2027-05-15",
                "apply_url": "https://forms.example/1",
            }),
        ),
        (
            "es",
            "Contrato predoctoral en mareas",
            "El Departamento de Mareas de la Universidad de Granada busca un doctorando para \
             trabajar en modelos de las mareas y de los puertos. Se ofrece un contrato de 4 años. \
             Fecha límite: 30 de abril de 2027. Fecha de inicio: septiembre de 2027. \
             Más información en este [enlace](https://other.example/), y el \
             [formulario de solicitud](https://forms.example/1).",
            json!({
                "organisation": "Universidad de Granada", "unit": "Departamento de Mareas",
                "city": "Granada", "country": "ES", "position_type": "phd",
                "duration_months": 48.0, "deadline": "2027-04-30",
                "apply_url": "https://forms.example/1",
            }),
        ),
        (
            "it",
            "Assegno di ricerca sulle maree",
            "Il Dipartimento di Maree dell'Università di Trieste bandisce un assegno di ricerca \
             della durata di 12 mesi sulle maree e sui porti della costa. Inizio: 1 giugno 2027. \
             Scadenza: 15 aprile 2027. La domanda va presentata con il \
             [modulo di candidatura](https://forms.example/1).",
            json!({
                "organisation": "Università di Trieste", "unit": "Dipartimento di Maree",
                "city": "Trieste", "country": "IT", "position_type": "postdoc",
                "start": "2027-06-01", "duration_months": 12.0, "deadline": "2027-04-15",
                "apply_url": "https://forms.example/1",
            }),
        ),
        (
            "nl",
            "Promovendus getijden",
            "De Universiteit Utrecht zoekt een promovendus voor onderzoek naar de getijden en de \
             havens van de kust. De aanstelling is voor 4 jaar. Startdatum: 1 september 2027. \
             Solliciteren tot 1 mei 2027 via [deze link](https://forms.example/1).",
            json!({
                "organisation": "Universiteit Utrecht", "city": "Utrecht", "country": "NL",
                "position_type": "phd", "start": "2027-09-01", "duration_months": 48.0,
                "deadline": "2027-05-01", "apply_url": "https://forms.example/1",
            }),
        ),
    ] {
        let posting = only(&page(&format!("title: \"{title}\""), body));
        assert_eq!(posting.language, language, "{title}");
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&fact(&posting, name), value, "{language}: {name}");
        }
    }
}

#[test]
fn the_words_tell_the_language_and_too_few_words_leave_it_to_the_site() {
    assert_eq!(only(&page("title: Job", "Tauchen.")).language, "en");
    let german = "Wir suchen eine Taucherin, die uns bei der Arbeit in den Häfen der Küste hilft.";
    assert_eq!(only(&page("title: Job", &format!("{german} {german}"))).language, "de");
}

#[test]
fn titles_are_written_as_a_person_would_write_them() {
    for (title, body, expected) in [
        ("Vacancy: Postdoc in tides", "We dive.", "Postdoc in tides"),
        ("Gesucht: Taucherin für den Hafen", "Wir tauchen.", "Taucherin für den Hafen"),
        ("Postdoc in tides - deadline 14th Sep 2027", "We dive.", "Postdoc in tides"),
        ("Postdoc in tides (application deadline: 1 May)", "We dive.", "Postdoc in tides"),
        ("🚀 Postdoc in tides!", "We dive.", "Postdoc in tides"),
        ("We are looking for a lab technician!", "We dive.", "Lab technician"),
        ("Two PhD positions available in our lab", "We dive.", "Two PhD positions in our lab"),
        // The title could stand above any position; the body says which:
        ("Jobs", "We have an opening for one PhD position in tides.", "PhD position in tides"),
        ("Vacancies", "- Job title: Diver in tides\n- Pay: good", "Diver in tides"),
        ("Join us!", "# Postdoc in coastal robotics\n\nWe dive.", "Postdoc in coastal robotics"),
        (
            "Stellenausschreibung",
            "Das Institut sucht ab sofort eine Doktorandin in der Meeresinformatik.",
            "Doktorandin in der Meeresinformatik",
        ),
        // These are titles as they are:
        ("Open Science officer", "We dive.", "Open Science officer"),
        ("Call handling: a PhD in tides", "We dive.", "Call handling: a PhD in tides"),
    ] {
        let posting = only(&page(&format!("title: \"{title}\""), body));
        assert_eq!(fact(&posting, "title"), json!(expected), "{title}");
    }
}

#[test]
fn a_site_s_own_fields_are_read_and_placeholders_in_them_are_not() {
    let posting = only(&page(
        "title: Tides\nposition: postdoc\nstarts: September 2027\nduration: 24 months\n\
         place: Tidal Institute Seahaven\ncontact: Ada Brine\nemail: Ada@tides.example\n\
         closing_date: 2027-02-28\nad_url: https://forms.example/1",
        "We dive.",
    ));
    for (name, value) in [
        ("position_type", json!("postdoc")),
        ("start", json!("2027-09")),
        ("duration_months", json!(24.0)),
        ("contact_name", json!("Ada Brine")),
        ("contact_emails", json!(["ada@tides.example"])),
        ("deadline", json!("2027-02-28")),
        ("apply_url", json!("https://forms.example/1")),
    ] {
        assert_eq!(fact(&posting, name), value, "{name}");
    }
    let placeholder = only(&page(
        "title: Tides\ncontact: the team of the bay\nemail: first.last@tides.example\n\
         duration: 2-5 months\nstart_date: 2027-01-01",
        "We dive.",
    ));
    for name in ["contact_name", "contact_emails", "duration_months", "start"] {
        assert_eq!(fact(&placeholder, name), Value::Null, "{name}");
    }
}

#[test]
fn the_place_is_read_where_it_is_said_and_not_where_others_are() {
    for (body, city, country) in [
        ("Our lab is located in Oslo.", json!("Oslo"), json!("NO")),
        ("We are based in Gothenburg and dive.", json!("Gothenburg"), json!("SE")),
        ("Institute of Tides, Quay 1, 20095 HAMBURG, Germany", json!("Hamburg"), json!("DE")),
        ("We seek a diver in Seahaven, Brazil.", json!("Seahaven"), json!("BR")),
        ("L'équipe est située à Rennes.", json!("Rennes"), json!("FR")),
        // Somebody else's:
        ("We seek a diver who works with our partners in Singapore.", Value::Null, Value::Null),
    ] {
        let posting = only(&page("title: Diver", body));
        let read = (fact(&posting, "city"), fact(&posting, "country"));
        assert_eq!(read, (city, country), "{body}");
    }
}

#[test]
fn the_kind_of_position_is_read_in_any_language() {
    for (title, kind) in [
        ("Early-stage researcher in tides", "phd"),
        ("Doktorand*in für Gezeiten", "phd"),
        ("Thèse sur les marées", "phd"),
        ("Promovendus getijden", "phd"),
        ("Research associate in tides", "postdoc"),
        ("Assegno di ricerca sulle maree", "postdoc"),
        ("Juniorprofessur für Gezeiten", "faculty"),
        ("Ricercatore a tempo determinato", "faculty"),
        ("Universitair docent getijden", "faculty"),
        ("Wissenschaftliche:r Mitarbeiter:in (m/w/d)", "research_assistant"),
        ("SHK für Gezeiten", "student_assistant"),
        ("Student-assistent getijden", "student_assistant"),
        ("Stage de six mois sur les marées", "internship"),
        ("Prácticas en mareas", "internship"),
        ("Master's thesis on tides", "thesis"),
        ("Software engineer for buoys", "engineer"),
        ("Ingénieur·e génie logiciel", "engineer"),
        ("Koordinatorin eines Projekts", "staff"),
    ] {
        let posting = only(&page(&format!("title: \"{title}\""), "We dive."));
        assert_eq!(fact(&posting, "position_type"), json!(kind), "{title}");
    }
    // An internal matter is no internship, and a stage of a project no "stage".
    for title in ["Diver for internal waters", "Diver for the early days"] {
        let posting = only(&page(&format!("title: {title}"), "We dive."));
        assert_eq!(fact(&posting, "position_type"), Value::Null, "{title}");
    }
    let declared = page("title: Diver\njob:\n  position_type: professor", "We dive.");
    assert_eq!(fact(&only(&declared), "position_type"), json!("faculty"));
}
