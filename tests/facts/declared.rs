//! The `job:` block, positions and defaults.

use std::collections::BTreeMap;

use handbill::diagnostic::Source;
use handbill::posting::{self, Availability, Origin, Posting};
use serde_json::json;

use super::{all, errors, fact, only, page, read, read_below, read_with, settings, span};

#[test]
fn what_is_declared_is_taken_as_it_stands_and_wins_over_the_prose() {
    let page = page(
        "title: Technician\njob:\n  title: Tide technician\n  reference: T-1\n  position-type: staff\n  \
         organisation: Tidal Lab\n  unit: Pumps\n  city: Seahaven\n  country: Germany\n  \
         pay_scheme: by agreement\n  workload_percent: 62.5\n  start: asap\n  duration_months: 18\n  \
         deadline: 2027-01-31\n  contact_name: Ada Brine\n  \
         contact_emails: [Ada@tides.example, Bo@tides.example]\n  \
         apply_url: https://tides.example/apply\n  summary: Pumps and tides.",
        "Apply by 1 March 2028. We pay TV-L E13 (50 %).",
    );
    let posting = only(&page);
    assert_eq!(
        all(&posting),
        json!({
            "title": "Tide technician",
            "display_title": "Technician",
            "reference": "T-1",
            "position_type": "staff",
            "organisation": "Tidal Lab",
            "unit": "Pumps",
            "city": "Seahaven",
            "country": "DE",
            "pay_scheme": "by agreement",
            "workload_percent": 62.5,
            "start": "asap",
            "duration_months": 18.0,
            "deadline": "2027-01-31",
            "contact_name": "Ada Brine",
            "contact_emails": ["ada@tides.example", "bo@tides.example"],
            "apply_url": "https://tides.example/apply",
            "summary": "Pumps and tides.",
        })
    );
    let deadline = posting.facts.deadline.as_ref().unwrap();
    assert!(matches!(deadline.origin, Origin::Declared(_)));
    assert_eq!(posting.source.words(span(&posting, "deadline").unwrap()), "2027-01-31");
}

#[test]
fn the_names_of_schema_org_are_understood() {
    let posting = only(&page(
        "job:\n  identifier: {name: Lab, value: X-77}\n  hiringOrganization: {name: Tidal Lab}\n  \
         validThrough: 2027-01-31T23:59\n  jobStartDate: 2027-03\n  employmentType: [FULL_TIME]\n  \
         datePosted: 2026-12-24\n  applicationContact: {name: Ada Brine, email: ada@tides.example}",
        "A job.",
    ));
    assert_eq!(posting.date.unwrap().to_rfc3339(), "2026-12-24T00:00:00+00:00");
    assert_eq!(
        all(&posting),
        json!({
            "reference": "X-77",
            "organisation": "Tidal Lab",
            "workload_percent": 100.0,
            "start": "2027-03",
            "deadline": "2027-01-31",
            "contact_name": "Ada Brine",
            "contact_emails": ["ada@tides.example"],
        })
    );
}

#[test]
fn a_default_of_the_site_fills_what_the_page_leaves_open_and_only_that() {
    let mut settings = settings();
    settings.defaults = BTreeMap::from([
        ("organisation".to_owned(), "University of Seahaven".to_owned()),
        ("city".to_owned(), "Seahaven".to_owned()),
    ]);
    let text = page("title: Diver\njob:\n  city: Northport", "Dive with us.");
    let posting = read_with(&text, &settings).postings.remove(0);
    let organisation = posting.facts.organisation.as_ref().unwrap();
    assert_eq!(organisation.value, "University of Seahaven");
    assert_eq!(organisation.origin, Origin::Default);
    assert_eq!(posting.facts.city.unwrap().value, "Northport");
    assert_eq!(posting::facts::check_default("city", "Seahaven"), Ok(()));
    assert_eq!(
        posting::facts::check_default("organization_", "x"),
        Ok(()),
        "spelling with - and _ is free"
    );
    assert_eq!(
        posting::facts::check_default("contry", "DE"),
        Err("there is no field `contry`; did you mean `country`?".to_owned())
    );
}

#[test]
fn what_a_page_above_hands_down_is_a_default_and_its_mistakes_are_shown() {
    let above =
        |job: &str| Source::new("jobs/_index.md", format!("---\ncascade: {{job: {job}}}\n---\n"));
    let text = page("title: Diver", "The position starts in May 2027.");
    let handed_down = above("{city: Seahaven, start: 2027-01}");
    let posting = read_below(&text, handed_down).postings.remove(0);
    assert_eq!(posting.facts.city.as_ref().unwrap().origin, Origin::Default);
    assert_eq!(fact(&posting, "city"), "Seahaven");
    assert_eq!(fact(&posting, "start"), "2027-05");

    let errors = errors(&read_below(&text, above("{cty: Seahaven}")));
    assert_eq!(errors[0].message, "`job` has no field `cty`: did you mean `city`?");
    assert_eq!(
        errors[0].help.as_deref(),
        Some("look at `cascade` in the pages above `jobs/diver/index.md`")
    );
}

#[test]
fn a_mistake_in_the_job_block_is_shown_where_it_is_and_holds_the_page_back() {
    let cases = [
        (
            "deadlin: 2027-01-31",
            "job::unknown-key",
            "`job` has no field `deadlin`",
            "deadlin",
            "did you mean `deadline`?",
        ),
        (
            "deadline: 2027-02-30",
            "job::unreadable-date",
            "`job.deadline` is `2027-02-30`, which is no date that can be read",
            "2027-02-30",
            "expected a date such as `2027-01-31`, `rolling`, or `2027-01-31, then until filled`",
        ),
        (
            "validThrough: true",
            "job::wrong-type",
            "`job.validThrough` is `true`",
            "true",
            "expected a date such as `2027-01-31`, `rolling`, or `2027-01-31, then until filled`",
        ),
        (
            "workload_percent: 150",
            "job::wrong-type",
            "`job.workload_percent` is the number `150`",
            "150",
            "expected a share of a full-time position in per cent, up to 100",
        ),
        (
            "country: Narnia",
            "job::unknown-value",
            "`job.country` is `Narnia`, which is no country known here",
            "Narnia",
            "expected a code of two letters such as `DE` (ISO 3166-1)",
        ),
        (
            "contact_emails: ada",
            "job::wrong-type",
            "`job.contact_emails` holds `ada`, which is no e-mail address",
            "ada",
            "expected an e-mail address, or a list of them",
        ),
        (
            "apply_url: mailto:a@b.example",
            "job::wrong-type",
            "`job.apply_url` is `mailto:a@b.example`, which is no address of a page",
            "mailto:a@b.example",
            "expected the full address of a page, such as `https://lab.example/apply`",
        ),
        (
            "closed: maybe",
            "job::wrong-type",
            "`job.closed` is the text `maybe`",
            "maybe",
            "expected `true` or `false`",
        ),
    ];
    for (line, code, message, words, label) in cases {
        let reading = read(&page(&format!("title: Diver\njob:\n  {line}"), "Dive."));
        assert!(reading.postings.is_empty(), "{line}");
        let error = errors(&reading).remove(0);
        let (source, span) = error.place.clone().unwrap();
        assert_eq!(
            (error.code, error.message.as_str(), source.words(span), error.label.as_str()),
            (code, message, words, label)
        );
    }
}

#[test]
fn a_date_in_words_is_refused_with_the_date_to_write() {
    let reading = read(&page("title: Diver\njob:\n  deadline: 15. Januar 2027", "Dive."));
    assert_eq!(errors(&reading)[0].help.as_deref(), Some("write `2027-01-15`"));
}

#[test]
fn several_positions_on_one_page_are_several_postings() {
    let reading = read(&page(
        "title: Two jobs\njob:\n  id: Tides\n  start: 2027-07\n  positions:\n    - id: Diver\n      \
         title: Diver\n    - id: cook\n      title: Cook\n      start: 2027-09\n      closed: true",
        "Dive or cook.",
    ));
    let seen: Vec<_> = reading
        .postings
        .iter()
        .map(|it| (it.id.as_str(), it.name(), fact(it, "start"), it.availability.clone()))
        .collect();
    assert_eq!(seen[0], ("tides/diver", "Diver", json!("2027-07"), Availability::Open));
    assert_eq!((seen[1].0, seen[1].1, &seen[1].2), ("tides/cook", "Cook", &json!("2027-09")));
    assert!(matches!(seen[1].3, Availability::Closed(_)));
    assert_ne!(reading.postings[0].revision, reading.postings[1].revision);
}

#[test]
fn positions_without_an_id_or_with_one_twice_are_refused() {
    let reading = read(&page(
        "job:\n  positions:\n    - title: Diver\n    - id: cook\n    - id: cook",
        "Dive or cook.",
    ));
    let messages: Vec<_> = errors(&reading).into_iter().map(|error| error.message).collect();
    assert_eq!(
        messages,
        [
            "a position has no `id`, so it cannot be told from the others",
            "two positions have the `id` `cook`"
        ]
    );
}

#[test]
fn a_declared_deadline_may_have_stages_and_pay_may_be_an_amount() {
    for deadline in ["2027-03-01, then until filled", "2027-03-01, then 2027-06-01"] {
        let front = format!(
            "title: Diver\njob:\n  deadline: {deadline}\n  salary: 2600-3100 EUR per month"
        );
        let posting = only(&page(&front, "Dive."));
        assert_eq!(fact(&posting, "deadline"), deadline);
        assert_eq!(fact(&posting, "salary"), "2600-3100 EUR per month");
    }
    let reading = read(&page("title: Diver\njob:\n  deadline: 2027-03-01, then soon", "Dive."));
    assert_eq!(errors(&reading).remove(0).code, "job::unreadable-date");
}

const TWO_WITH_PARTS: &str = "Our lab looks after dunes.\n\n\
    ## PhD position in dune ecology\n\nCount the grasses. Apply before 1 March 2027.\n\n\
    ### Duties\n\n- count\n\n\
    ## Postdoc in sand transport\n\nMeasure the wind. Apply before 1 April 2027.\n\n\
    ## How to apply\n\nWrite to dunes@lab.example.\n";

const TWO_LISTED: &str = "title: Open positions\njob:\n  id: dunes\n  positions:\n    - id: phd\n      \
    title: PhD position in dune ecology\n    - id: postdoc";

fn words(posting: &Posting) -> String {
    format!("{:?}", posting.document.blocks)
}

#[test]
fn each_of_several_positions_goes_out_with_its_part_of_the_page() {
    let reading = read(&page(TWO_LISTED, TWO_WITH_PARTS));
    let [phd, postdoc] = &reading.postings[..] else { panic!("{:?}", reading.diagnostics) };
    assert_eq!(phd.name(), "PhD position in dune ecology");
    assert_eq!(postdoc.name(), "Postdoc in sand transport");
    assert_eq!(
        (fact(phd, "deadline"), fact(postdoc, "deadline")),
        (json!("2027-02-28"), json!("2027-03-31"))
    );
    for (posting, own, others) in
        [(phd, "Count the grasses", "Measure the wind"), (postdoc, "Measure the wind", "Duties")]
    {
        let words = words(posting);
        assert!(words.contains(own) && !words.contains(others), "{words}");
        assert!(words.contains("looks after dunes") && words.contains("How to apply"), "{words}");
    }
    assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
}

#[test]
fn what_changes_in_the_part_of_one_position_changes_no_other() {
    let revisions = |text: &str| -> Vec<_> {
        let postings = read(&page(TWO_LISTED, text)).postings;
        postings.iter().map(|it| it.revision.clone()).collect()
    };
    let before = revisions(TWO_WITH_PARTS);
    let after = revisions(&TWO_WITH_PARTS.replace("Measure the wind", "Measure the storm"));
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
}

#[test]
fn a_position_without_a_heading_of_its_own_has_the_whole_page() {
    let listed = TWO_LISTED
        .replace("PhD position in dune ecology", "Diver")
        .replace("    - id: postdoc", "");
    let reading = read(&page(&listed, TWO_WITH_PARTS));
    let [diver] = &reading.postings[..] else { panic!("{:?}", reading.diagnostics) };
    assert!(
        words(diver).contains("Count the grasses") && words(diver).contains("Measure the wind")
    );
}
