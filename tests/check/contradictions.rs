//! Two statements of an ad that cannot both be true: each with what is near and contradicts nothing.

use crate::support::TestSite;

use super::remarks::{codes_on, remarked, silent, site_of, titled, with};

#[test]
fn a_person_with_addresses_at_two_domains_is_remarked() {
    let page = with("Write to ada.meier@tides.example, or to ada.meier@harbour.example.");
    remarked(&page, "facts::contact-differs", "ada.meier@harbour.example");
    silent(&with("Write to ada.meier@tides.example, or to ben.meier@harbour.example."));
    silent(&with("Write to jobs@tides.example, or to jobs@harbour.example."));
    silent(&with("Write to ada.meier@tides.example, or to ada.meier@cs.tides.example."));
}

#[test]
fn a_name_that_its_address_spells_otherwise_is_remarked() {
    let page = with("Please write to Prof. Dr. Ada Meier <ada.meyer@tides.example>.");
    remarked(&page, "facts::contact-differs", "Prof. Dr. Ada Meier");
    silent(&with("Please write to Dr. Ada Müller <ada.mueller@tides.example>."));
    silent(&with("Please write to Dr. Ada Meier <ben.meyer@tides.example>."));
}

#[test]
fn applications_by_mail_on_a_page_without_an_address_are_remarked() {
    let form = "[our form](https://forms.tides.example/apply)";
    let page = with(&format!("Please apply through {form}, with your CV sent by e-mail."));
    remarked(&page, "facts::apply-differs", "by e-mail");
    let page = format!("Please apply through {form}; CVs will not be accepted by e-mail.");
    silent(&with(&page));
    let page = format!("Please apply through {form}, or by e-mail to jobs@tides.example.");
    silent(&with(&page));
}

#[test]
fn a_postdoc_announced_under_the_title_of_a_doctoral_position_is_remarked() {
    let page = |title: &str, words: &str| titled(title, words);
    remarked(
        &page("PhD position in tidal physics", "<b>Open position:</b> Postdoc in tidal physics"),
        "facts::position-differs",
        "Postdoc in tidal physics",
    );
    remarked(
        &page("Postdoc in tidal physics", "We are looking for a PhD student who likes water."),
        "facts::position-differs",
        "PhD student who likes water",
    );
    silent(&page("PhD position in tidal physics", "You will work with two postdocs."));
    silent(&page("PhD or postdoc in tidal physics", "We are looking for a postdoc."));
}

#[test]
fn a_degree_that_does_not_fit_the_position_is_remarked() {
    let page = titled("Postdoc in tidal physics", "- M.Sc./Ph.D. in physics\n- Sea legs");
    remarked(&page, "facts::degree-differs", "M.Sc./Ph.D.");
    let page = titled("PhD position in tidal physics", "- PhD in physics\n- Sea legs");
    remarked(&page, "facts::degree-differs", "PhD in physics");
    silent(&titled("Postdoc in tidal physics", "- PhD in physics, after an M.Sc. in any subject"));
    silent(&titled("PhD position in tidal physics", "- M.Sc. in physics\n- PhD students teach"));
}

#[test]
fn one_position_in_the_title_and_two_in_the_text_are_remarked() {
    let page = titled("Research position at sea", "We offer two new positions on our boat.");
    remarked(&page, "facts::number-differs", "two new positions");
    let page = titled("Two PhD positions", "We are looking for students for three PhD positions.");
    remarked(&page, "facts::number-differs", "three PhD positions");
    remarked(
        &titled("Positions at sea", "We have a PhD and MSc positions."),
        "facts::number-differs",
        "a PhD and MSc positions",
    );
    silent(&titled("PhD position at sea", "We also offer two further positions."));
    silent(&titled("PhD position at sea", "We offer two postdoc positions, too, elsewhere."));
    silent(&titled("Two PhD positions", "This is one of two positions."));
    silent(&titled("PhD position at sea", "You know the 3 positions of the mast."));
}

#[test]
fn two_pay_groups_are_remarked_unless_the_ad_leaves_it_open() {
    let page = with("Your pay is that of TV-L E14.");
    remarked(&page, "facts::pay-differs", "E14");
    silent(&with("Depending on your experience: TV-L E13 or E14."));
    silent(&with("Your pay is that of group E 13 TV-L."));
}

#[test]
fn hours_that_are_no_such_share_of_a_week_are_remarked() {
    let page = |hours: &str| with(&format!("TV-L E13, 50 % of a position: {hours} per week."));
    remarked(&page("30 hours"), "facts::workload-differs", "30 hours per week");
    silent(&page("20 hours"));
    silent(&page("full time would be 39.5 hours"));
}

#[test]
fn two_reference_numbers_are_remarked() {
    let first = "Reference number: TCG/05/2027.";
    let page = with(&format!("{first}\n\nQuote the job advertisement no. TCG/03/2027."));
    remarked(&page, "facts::reference-differs", "TCG/03/2027");
    silent(&with(&format!("{first}\n\nQuote the reference number TCG/05/2027.")));
}

#[test]
fn a_file_that_is_named_after_another_number_is_remarked() {
    let site = TestSite::with_channels(&["feed"]);
    let page = with("Reference number: TCG/05/2027.");
    site.write("content/jobs/diver_tcg.03.2027/index.md", &page);
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    assert!(ran.out.contains("the page's file is named `diver_tcg.03.2027`"), "{}", ran.out);
}

#[test]
fn a_heading_that_is_nearly_the_title_is_a_notice() {
    let title = "PhD position in tidal flow modelling for harbours";
    let page = |heading: &str| titled(title, &format!("## {heading}"));
    remarked(
        &page("PhD position in tidal flow modelling"),
        "facts::title-differs",
        "PhD position in tidal flow modelling",
    );
    silent(&page("Tidal flow modelling for harbours: PhD position (m/f/d), 75 %"));
    silent(&page("Your duties in tidal flow"));
}

#[test]
fn a_page_date_that_cannot_belong_to_the_ad_is_a_notice() {
    let dated = |line: &str| super::remarks::GOOD.replace("date: 2027-01-04", line);
    assert_eq!(codes_on(&dated("date: 2026-01-04")), ["dates::page-date"]);
    assert_eq!(codes_on(&dated("date: 2027-01-04\npublishDate: 2017-01-01")), ["dates::page-date"]);
    let starting = |start: &str| format!("  start: {start}\n  deadline");
    let far = super::remarks::GOOD.replace("  deadline", &starting("2028-03"));
    remarked(&far, "dates::page-date", "2028-03");
    silent(&super::remarks::GOOD.replace("  deadline", &starting("2027-10")));
    silent(&dated("date: 2026-10-04"));
}

#[test]
fn work_that_begins_on_the_last_day_of_applications_is_remarked() {
    let page = super::remarks::GOOD.replace("  deadline", "  start: 2027-02-26\n  deadline");
    remarked(&page, "dates::deadline-after-start", "2027-02-26");
}

#[test]
fn a_page_in_another_language_than_the_site_says_is_a_notice() {
    let words = "Wir suchen jemanden für Messungen auf See und für die Auswertung im Winter. Wir \
                 bieten ein Boot, einen Schreibtisch am Hafen und Kolleginnen und Kollegen, die \
                 gern erklären.";
    silent(&with(words));
    let declared = with(words).replace("date:", "lang: en\ndate:");
    remarked(&declared, "facts::language-differs", "en");
    silent(&declared.replace("lang: en", "lang: de"));
    let site = site_of(&with(words));
    site.replace("handbill.toml", "language = \"en\"", "languages = [\"en\", \"de\"]");
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    assert!(ran.out.contains("notice[facts::language-differs]"), "{}", ran.out);
}

#[test]
fn a_name_in_capitals_that_is_spelled_in_two_ways_is_a_notice() {
    let page = with("The project TIDEWAVE ends in spring.\n\nIn TIDEVAVE and TIDEWAVE we dive.");
    remarked(&page, "text::two-spellings", "TIDEVAVE");
    silent(&with("The project TIDEWAVE is one of several TIDEWAVES.\n\nDETAILS OF THE RETAIL"));
}

#[test]
fn two_languages_that_do_not_say_the_same_are_remarked_in_the_other_one() {
    let site = TestSite::with_channels(&["feed"]);
    site.replace("handbill.toml", "language = \"en\"", "languages = [\"en\", \"de\"]");
    site.write("content/jobs/page.md", super::remarks::GOOD);
    let german = |deadline: &str| {
        format!("---\ntitle: Taucher (m/w/d)\njob:\n  deadline: {deadline}\n---\nWir tauchen.\n")
    };
    site.write("content/jobs/page.de.md", german("2027-02-25"));
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    assert!(ran.out.contains("[facts::translation-differs]"), "{}", ran.out);
    assert!(ran.out.contains("the deadline is 2027-02-25 here"), "{}", ran.out);
    site.write("content/jobs/page.de.md", german("2027-02-26"));
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    assert!(!ran.out.contains("translation-differs"), "{}", ran.out);
}

/// Runs the check with a `pdftotext` that says this of any file, or without one.
#[cfg(unix)]
fn check_with_pdf(site: &TestSite, says: Option<&str>) -> String {
    use std::os::unix::fs::PermissionsExt as _;

    let programs = tempfile::tempdir().expect("a folder for programs");
    if let Some(says) = says {
        let program = programs.path().join("pdftotext");
        let script = format!("#!/bin/sh\n/bin/cat <<'END'\n{says}\nEND\n");
        std::fs::write(&program, script).expect("writing a program");
        let rights = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, rights).expect("making it run");
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_handbill"))
        .args(["check", "--at", "2027-01-11"])
        .current_dir(site.root())
        .env("PATH", programs.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[cfg(unix)]
#[test]
fn the_pdf_of_an_ad_is_compared_with_its_page_where_its_text_can_be_read() {
    let site = TestSite::with_channels(&["feed"]);
    let page = with("Work begins in May 2027: starting May 2027.");
    site.write("content/jobs/diver/index.md", &page);
    site.write("content/jobs/diver/ad.pdf", "%PDF");
    let says = "Research diver\n\n    starting June 2027\n\nApply by 26 February 2027.";
    let found = check_with_pdf(&site, Some(says));
    assert!(found.contains("[facts::pdf-differs]"), "{found}");
    assert!(found.contains("the start is 2027-05 here, and 2027-06 in `"), "{found}");
    assert_eq!(found.matches("pdf-differs]").count(), 1, "{found}");
    assert!(!check_with_pdf(&site, None).contains("pdf-differs"));
    // Of two files nobody knows which is this ad's.
    site.write("content/jobs/diver/map.pdf", "%PDF");
    assert!(!check_with_pdf(&site, Some(says)).contains("pdf-differs"));
    site.write("content/jobs/diver/index.md", format!("{page}\n[As PDF](ad.pdf)\n"));
    assert!(check_with_pdf(&site, Some(says)).contains("pdf-differs"));
}
