//! Pages that offer no position, in six languages, and look-alikes that do offer one.

use handbill::posting::Availability;

use super::{only, page, read};

fn availability(title: &str, body: &str) -> Availability {
    only(&page(&format!("title: \"{title}\""), body)).availability
}

const AD: &str = "We are looking for a diver. Write to ada@tides.example.";

#[test]
fn a_mark_in_the_title_closes_the_page() {
    for title in [
        "[Closed] Diver in tides",
        "FILLED: Diver in tides",
        "Diver in tides (filled)",
        "Diver in tides – position filled",
        "- ALT - Taucherin",
        "Taucherin (besetzt)",
        "[Pourvu] Plongeuse",
        "Buceadora (cerrada)",
        "Sommozzatrice (scaduto)",
        "Duiker (vervuld)",
    ] {
        let read = availability(title, AD);
        assert!(matches!(read, Availability::Closed(_)), "{title}: {read:?}");
    }
    for title in [
        "Diver in closed basins",
        "Closed basins: a diver for their tides",
        "Alte Häfen: Taucherin gesucht",
        "A filled lake needs a diver",
    ] {
        assert_eq!(availability(title, AD), Availability::Open, "{title}");
    }
}

#[test]
fn a_first_line_that_says_so_closes_the_page() {
    for line in [
        "**This position has been filled.**",
        "Update: the position is no longer available.",
        "Applications are now closed.",
        "Die Stelle ist bereits besetzt.",
        "Die Bewerbungsfrist ist abgelaufen.",
        "Le poste est pourvu.",
        "La plaza ya está cubierta.",
        "Il bando è scaduto.",
        "De vacature is vervuld.",
        "There are currently no open positions in our group.",
        "Derzeit sind keine Stellen ausgeschrieben.",
        "Il n'y a aucun poste ouvert.",
        "No hay vacantes.",
        "Nessuna posizione è aperta.",
        "Er zijn geen vacatures.",
    ] {
        let read = availability("Diver", &format!("{line}\n\nWe dive."));
        assert!(matches!(read, Availability::Closed(_)), "{line}: {read:?}");
    }
    for line in [
        "Applications are reviewed until the position is filled.",
        "The call stays open until the position has been filled.",
        "Die Ausschreibung läuft, bis die Stelle besetzt ist.",
        "No experience with positions of satellites is needed.",
    ] {
        let read = availability("Diver", &format!("{AD}\n\n{line}"));
        assert_eq!(read, Availability::Open, "{line}");
    }
}

#[test]
fn a_template_that_was_never_filled_in_is_no_opening() {
    for (title, body) in [
        ("Title", "Content"),
        ("My New Post", "Hello."),
        ("Diver", "Lorem ipsum dolor sit amet, consectetur adipiscing elit."),
    ] {
        let read = availability(title, body);
        assert!(matches!(read, Availability::NoOpening(_)), "{title}: {read:?}");
    }
    assert_eq!(availability("Title inspector for tides", AD), Availability::Open);
}

#[test]
fn a_list_of_other_pages_is_no_opening() {
    let links = "- [PhD in tides](/a/)\n- [Postdoc in bays](/b/)\n- [Engineer for buoys](/c/)";
    assert!(matches!(availability("Vacancies", links), Availability::NoOpening(_)));
    let kinds = "## PhD students\n\nWe hire one.\n\n## Postdocs\n\nWe hire one more.";
    assert!(matches!(availability("Open positions", kinds), Availability::NoOpening(_)));
    let rows = page(
        "title: Join us\nrows:\n  - title: PhD\n    url: /a/\n  - title: Postdoc\n    url: /b/",
        "Choose one.",
    );
    let read = only(&rows).availability;
    assert!(matches!(read, Availability::NoOpening(_)), "{read:?}");
    // One ad with links to read more is an ad.
    let one = format!("{AD}\n\n- [Our bay](/bay/)\n- [Our boat](/boat/)\n- [Our team](/team/)");
    assert_eq!(availability("Diver in tides", &one), Availability::Open);
}

#[test]
fn an_invitation_without_an_opening_is_none_and_one_with_a_deadline_is() {
    let invitation = "We are always looking for divers. Prospective students may write to us.";
    assert!(matches!(availability("Join the lab", invitation), Availability::NoOpening(_)));
    let opening = format!("{invitation} Deadline: 15 January 2027.");
    assert_eq!(availability("Join the lab", &opening), Availability::Open);
}

#[test]
fn the_jobs_of_a_cluster_are_no_openings() {
    let manual = "Start with `sbatch`.\n\nThe queue of the batch system is shown by squeue.";
    assert!(matches!(availability("Jobs", manual), Availability::NoOpening(_)));
    let admin = format!("{AD}\n\nYou know Slurm.\n\nYou write for the batch system.");
    assert_eq!(availability("Diver", &admin), Availability::Open);
}

#[test]
fn what_a_site_says_in_its_own_fields_closes_the_page() {
    for field in ["obsolete: true", "category: closed", "status: filled", "expired: true"] {
        let read = only(&page(&format!("title: Diver\n{field}"), AD)).availability;
        assert!(matches!(read, Availability::Closed(_)), "{field}: {read:?}");
    }
    for field in ["obsolete: false", "category: open", "status: published"] {
        let read = only(&page(&format!("title: Diver\n{field}"), AD)).availability;
        assert_eq!(read, Availability::Open, "{field}");
    }
}

#[test]
fn a_declared_job_decides_against_the_words_and_otherwise_the_author_is_told_why() {
    let text = page("title: Diver (filled)\njob:\n  title: Diver", AD);
    assert_eq!(only(&text).availability, Availability::Open);
    let told = read(&page("title: Diver (filled)", AD)).diagnostics;
    assert!(told.iter().any(|it| it.code == "facts::no-opening" && it.help.is_some()), "{told:?}");
}
