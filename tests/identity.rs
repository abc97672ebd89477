//! Which posting a page is, and which version of it: promises 1 and 5 stand on both.

use std::collections::BTreeMap;

use handbill::diagnostic::{Diagnostic, Source};
use handbill::posting::identity::{self, Known};
use handbill::posting::{self, PageFile, Posting, PostingId, Settings};

const LANGUAGE: &str = "en";

#[test]
fn a_page_seen_for_the_first_time_is_named_by_its_id_its_number_or_its_path() {
    let (bound, diagnostics) = bind(
        vec![
            page("jobs/a/index.md", "job: {id: Tide Diver}", "Come."),
            page("jobs/b/index.md", "title: 'TEL/06/2027: Diver'", "Come."),
            page("jobs/c.md", "title: Cook", "Come."),
            page("jobs/Zähler/index.de.md", "title: Zähler", "Come."),
        ],
        &[],
    );
    assert_eq!(ids(&bound), ["tide-diver", "tel-06-2027", "jobs-c", "jobs-zahler"]);
    assert_eq!(diagnostics, []);
}

#[test]
fn a_known_page_keeps_its_id_when_its_number_is_corrected() {
    let known = [known("tel-05-2027", "jobs/b/index.md", Some("TEL/05/2027"))];
    let (bound, diagnostics) =
        bind(vec![page("jobs/b/index.md", "title: 'TEL/06/2027: Diver'", "Come.")], &known);
    assert_eq!(ids(&bound), ["tel-05-2027"]);
    assert_eq!(codes(&diagnostics), ["identity::kept"]);
    let (bound, diagnostics) =
        bind(vec![page("jobs/b/index.md", "job: {id: diver}", "Come.")], &known);
    assert_eq!(ids(&bound), ["tel-05-2027"]);
    assert_eq!(codes(&diagnostics), ["identity::kept"]);
}

#[test]
fn a_known_page_that_did_not_change_is_bound_without_a_word() {
    let known = [known("tel-06-2027", "jobs/b/index.md", Some("TEL/06/2027"))];
    let (bound, diagnostics) =
        bind(vec![page("jobs/b/index.md", "title: 'TEL/06/2027: Diver'", "Come.")], &known);
    assert_eq!(ids(&bound), ["tel-06-2027"]);
    assert_eq!(diagnostics, []);
}

#[test]
fn a_moved_file_keeps_its_id_by_its_number() {
    let known = [known("first-name", "jobs/old/index.md", Some("TEL/06/2027"))];
    let (bound, diagnostics) =
        bind(vec![page("jobs/new/index.md", "title: 'TEL/06/2027: Diver'", "Come.")], &known);
    assert_eq!(ids(&bound), ["first-name"]);
    assert_eq!(
        diagnostics[0].message,
        "this page keeps the id `first-name`: it has the reference number of \
         `jobs/old/index.md`, which is gone"
    );
}

#[test]
fn a_new_page_never_takes_an_id_that_was_given_away() {
    let known = [known("jobs-cook", "jobs/elsewhere.md", None)];
    let pages = vec![
        page("jobs/cook.md", "title: Cook", "Come."),
        page("jobs/elsewhere.md", "title: Other cook", "Come."),
    ];
    let (bound, _) = bind(pages, &known);
    assert_eq!(ids(&bound), ["jobs-cook-2", "jobs-cook"]);
}

#[test]
fn two_pages_with_one_number_are_held_back_and_nothing_else() {
    let (bound, diagnostics) = bind(
        vec![
            page("jobs/a.md", "title: 'TEL/05/2027: Diver'", "Come."),
            page("jobs/b.md", "title: Cook", "quoting the job advertisement no. TEL/05/2027"),
            page("jobs/c.md", "title: 'TEL/07/2027: Pilot'", "Come."),
        ],
        &[known("tel-05-2027", "jobs/a.md", Some("TEL/05/2027"))],
    );
    assert_eq!(ids(&bound), ["tel-07-2027"]);
    let seen: Vec<_> = diagnostics
        .iter()
        .map(|it| {
            let (source, span) = it.place.as_ref().unwrap();
            (it.code, it.message.as_str(), source.words(*span))
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                "identity::duplicate-reference",
                "`jobs/a.md` has the reference number `TEL/05/2027`, which `jobs/b.md` has too",
                "TEL/05/2027"
            ),
            (
                "identity::duplicate-reference",
                "`jobs/b.md` has the reference number `TEL/05/2027`, which `jobs/a.md` has too",
                "TEL/05/2027"
            ),
        ]
    );
    assert!(diagnostics.iter().all(Diagnostic::is_error));
}

#[test]
fn two_pages_with_one_number_and_ids_of_their_own_are_two_postings() {
    let (bound, diagnostics) = bind(
        vec![
            page("jobs/a.md", "title: 'TEL/05/2027: Diver'\njob: {id: diver}", "Come."),
            page("jobs/b.md", "title: 'TEL/05/2027: Cook'\njob: {id: cook}", "Come."),
        ],
        &[],
    );
    assert_eq!(ids(&bound), ["diver", "cook"]);
    assert_eq!(diagnostics, []);
}

#[test]
fn two_pages_with_one_declared_id_are_held_back() {
    let (bound, diagnostics) = bind(
        vec![
            page("jobs/a.md", "job: {id: diver}", "Come."),
            page("jobs/b.md", "job: {id: Diver}", ""),
        ],
        &[],
    );
    assert_eq!(ids(&bound), [""; 0]);
    assert_eq!(codes(&diagnostics), ["identity::duplicate-id"; 2]);
}

#[test]
fn a_new_page_cannot_claim_the_id_of_a_page_that_is_still_there() {
    let known = [known("diver", "jobs/a.md", None)];
    let (bound, diagnostics) = bind(
        vec![
            page("jobs/a.md", "title: Diver", "Come."),
            page("jobs/b.md", "job: {id: diver}", "Come."),
        ],
        &known,
    );
    assert_eq!(ids(&bound), ["diver"]);
    assert_eq!(bound[0].path, "jobs/a.md");
    assert_eq!(diagnostics[0].message, "the id `diver` belongs to `jobs/a.md` already");
    assert!(diagnostics[0].is_error());

    let (bound, diagnostics) = bind(vec![page("jobs/b.md", "job: {id: diver}", "Come.")], &known);
    assert_eq!(ids(&bound), ["diver"], "the page moved and says so by its id");
    assert_eq!(diagnostics, []);
}

#[test]
fn translations_are_one_posting_in_the_sites_language_whatever_their_order() {
    let german = || page("jobs/a/index.de.md", "title: 'TEL/05/2027: Taucherin'", "Tauche mit.");
    let english = || page("jobs/a/index.md", "title: 'TEL/05/2027: Diver'", "Dive.");
    let (one, diagnostics) = bind(vec![german(), english()], &[]);
    let (other, _) = bind(vec![english(), german()], &[]);
    assert_eq!(diagnostics, []);
    assert_eq!((ids(&one), one[0].name()), (vec!["tel-05-2027"], "Diver"));
    assert_eq!(one[0].translations["de"].name(), "Taucherin");
    assert_eq!(one[0].revision, other[0].revision);
}

/// Its words are still those of its twin, and a second posting would go out a second time.
#[test]
fn a_page_that_is_not_translated_yet_is_a_translation_all_the_same() {
    let words = "You will dive for the gauges of fourteen harbours and bring back what they have \
                 measured, with two colleagues on the boat and one on the pier.";
    let english = || page("jobs/a/index.md", "title: Diver", words);
    let (bound, _) = bind(vec![english(), page("jobs/a/index.de.md", "title: Diver", words)], &[]);
    assert_eq!((ids(&bound), bound[0].language.as_str()), (vec!["jobs-a"], "en"));
    let twin = &bound[0].translations["de"];
    assert_eq!((twin.language.as_str(), twin.site_language.as_str()), ("en", "de"));
    // The other way round: the main page was written in the other language.
    let german = "Sie tauchen nach den Pegeln von vierzehn Häfen und bringen mit, was sie gemessen \
                  haben; zwei andere sind mit im Boot, und eine wartet am Ufer auf Sie.";
    let german = |path| page(path, "title: Taucherin", german);
    let pages = vec![german("jobs/a/index.md"), german("jobs/a/index.de.md")];
    let (bound, _) = bind(pages, &[]);
    assert_eq!((ids(&bound), bound[0].language.as_str()), (vec!["jobs-a"], "de"));
    assert_eq!(bound[0].translations.len(), 1);
}

#[test]
fn a_change_in_a_translation_is_a_change_of_the_posting() {
    let english = || page("jobs/a/index.md", "title: Diver", "Dive.");
    let german = |body| page("jobs/a/index.de.md", "title: Taucherin", body);
    let (before, _) = bind(vec![english(), german("Tauche.")], &[]);
    let (after, _) = bind(vec![english(), german("Tauche tief.")], &[]);
    assert_eq!(ids(&before), ids(&after));
    assert_ne!(before[0].revision, after[0].revision);
}

#[test]
fn the_positions_of_a_page_share_its_number_and_keep_their_ids() {
    let front = |number| {
        format!("title: '{number}: Jobs'\njob: {{positions: [{{id: diver}}, {{id: cook}}]}}")
    };
    let (bound, diagnostics) = bind(vec![page("jobs/a.md", &front("TEL/05/2027"), "Come.")], &[]);
    assert_eq!(ids(&bound), ["tel-05-2027/diver", "tel-05-2027/cook"]);
    assert_eq!(diagnostics, []);

    let mut diver = known("tel-05-2027/diver", "jobs/a.md", Some("TEL/05/2027"));
    diver.sub_id = Some("diver".to_owned());
    let (bound, _) = bind(vec![page("jobs/a.md", &front("TEL/06/2027"), "Come.")], &[diver]);
    assert_eq!(ids(&bound), ["tel-05-2027/diver", "tel-05-2027/cook"]);
}

#[test]
fn what_readers_do_not_see_makes_no_new_revision() {
    let plain = "title: Diver\ntags: [sea, tide]";
    let body = "Dive *deep* with [us](https://tides.example/us).";
    let first = revision(plain, body);
    for (front, body) in [
        ("# a comment\ntags: [sea, tide]\n\n\ntitle:   \"Diver\"", body),
        (plain, "Dive **deep** with\n[us](https://tides.example/us).\n\n<!-- not yet -->"),
        ("title: Diver\ntags: [tide, sea]\nurl_slides: ''\nfeatured: true", body),
        ("title: Diver\ntags: [sea, tide]\ndraft: true", body),
        ("job:\n  title: Diver\ntitle: Diver\ntags: [sea, tide]", body),
    ] {
        assert_eq!(revision(front, body), first, "{front}\n{body}");
    }
}

#[test]
fn what_readers_see_makes_a_new_revision() {
    let front = "title: Diver";
    let body = "Dive deep with [us](https://tides.example/us).";
    let first = revision(front, body);
    for (front, body) in [
        (front, "Dive deeper with [us](https://tides.example/us)."),
        (front, "Dive deep with [us](https://tides.example/them)."),
        (front, "- Dive deep with [us](https://tides.example/us)."),
        ("title: Divers", body),
        ("title: Diver\njob: {deadline: 2027-01-31}", body),
        ("title: Diver\nslug: deep-diver", body),
    ] {
        assert_ne!(revision(front, body), first, "{front}\n{body}");
    }
}

fn revision(front: &str, body: &str) -> String {
    page("jobs/a/index.md", front, body).remove(0).revision.0.to_string()
}

fn bind(pages: Vec<Vec<Posting>>, known: &[Known]) -> (Vec<Posting>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let postings = pages.into_iter().flatten().collect();
    let bound = identity::bind(postings, known, LANGUAGE, &mut diagnostics);
    (bound, diagnostics)
}

fn ids(postings: &[Posting]) -> Vec<&str> {
    postings.iter().map(|posting| posting.id.as_str()).collect()
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

fn known(id: &str, path: &str, reference: Option<&str>) -> Known {
    Known {
        id: PostingId(id.into()),
        path: path.to_owned(),
        translation_key: path.to_owned(),
        sub_id: None,
        reference: reference.map(str::to_owned),
    }
}

fn page(path: &str, front: &str, body: &str) -> Vec<Posting> {
    let settings = Settings {
        base_url: "https://tides.example/".parse().unwrap(),
        timezone: chrono_tz::Europe::Berlin,
        default_language: LANGUAGE.to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    };
    let source = Source::new(path, format!("---\n{front}\n---\n\n{body}\n"));
    let file = PageFile { source, path: path.to_owned(), ancestors: Vec::new() };
    let reading = posting::read(&file, &settings);
    assert!(!reading.diagnostics.iter().any(Diagnostic::is_error), "{:?}", reading.diagnostics);
    reading.postings
}
