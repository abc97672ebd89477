//! What was read from sentences is confirmed once, and a site can want that before anything goes out.

use crate::support::TestSite;

const PAGE: &str = "content/jobs/diver.md";
const WORDS: &str = "---\ntitle: Research diver for harbour surveys # the office\r\n---\n\n\
    You will survey harbours for two years. Apply by 15 January 2027 with a letter and your\n\
    certificates to diving@tides.example. The work begins in March 2027.\n";

fn site() -> TestSite {
    let site = TestSite::with_channels(&["feed"]);
    site.write(PAGE, WORDS);
    site
}

#[test]
fn what_is_guessed_is_shown_as_a_change_of_the_page_and_nothing_is_written() {
    let site = site();
    let before = site.snapshot();
    let ran = site.run(&["inspect", PAGE, "--declare"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    for line in ["+job:\n", "+  deadline: 2027-01-15\n", "+  start: \"2027-03\"\n", " ---\n"] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    assert!(!ran.out.contains("\n-"), "nothing goes: {}", ran.out);
    assert!(ran.err.contains("nothing was written\nhelp: `--yes` writes it"), "{}", ran.err);
    assert_eq!(site.snapshot(), before);
}

#[test]
fn what_is_declared_is_read_as_it_was_guessed_and_no_other_byte_changes() {
    let site = site();
    let facts = |site: &TestSite| {
        let ran = site.run(&["inspect", PAGE, "--format", "json"]);
        let mut found: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let fields = found["fields"].as_object_mut().expect("fields");
        // What is longer than a line stays where it stands.
        let parts = ["description", "apply_instructions", "documents"];
        let guessed: Vec<String> = fields
            .iter()
            .filter(|(name, it)| it["origin"] == "inferred" && !parts.contains(&name.as_str()))
            .map(|(name, _)| name.clone())
            .collect();
        for field in fields.values_mut() {
            field["origin"].take();
            field["line"].take();
            field["sure"].take();
        }
        (found["revision"].clone(), found["fields"].clone(), guessed)
    };
    let (revision, fields, guessed) = facts(&site);
    assert_eq!(guessed, ["start", "deadline", "contact_emails"]);
    let ran = site.run(&["inspect", PAGE, "--declare", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (after, declared, guessed) = facts(&site);
    assert_eq!((after, declared), (revision, fields));
    assert_eq!(guessed, Vec::<String>::new());
    let page = site.read(PAGE);
    let (before, rest) = page.split_once("job:\n").expect("the block");
    let (_, rest) = rest.split_once("---\n").expect("the end");
    assert_eq!(format!("{before}---\n{rest}"), WORDS);
    let again = site.run(&["inspect", PAGE, "--declare"]);
    assert!(again.out.starts_with("nothing is guessed"), "{again:?}");
}

#[test]
fn pay_and_stages_of_a_deadline_are_declared_as_people_write_them() {
    let site = site();
    let words = "---\ntitle: Research diver\n---\n\nThe salary is 2,600 to 3,100 euros per month. For full \
        consideration apply by 15 January 2027; the position is open until filled.\n";
    site.write(PAGE, words);
    let ran = site.run(&["inspect", PAGE, "--declare", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let page = site.read(PAGE);
    assert!(page.contains("  deadline: \"2027-01-15, then until filled\"\n"), "{page}");
    assert!(page.contains("  salary: \"2600-3100 EUR per month\"\n"), "{page}");
}

#[test]
fn a_page_of_several_positions_is_left_to_a_person() {
    let site = site();
    let two = "---\ntitle: Divers\njob:\n  positions:\n    - id: north\n      title: Diver in the north\n    \
               - id: south\n      title: Diver in the south\n---\n\nApply by 15 January 2027.\n";
    site.write(PAGE, two);
    let ran = site.run(&["inspect", PAGE, "--declare", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("2 positions") && ran.err.contains("deadline"), "{}", ran.err);
    assert_eq!(site.read(PAGE), two);
}

#[test]
fn a_site_can_want_deadline_and_address_declared_before_anything_goes_out() {
    let site = site();
    site.replace(
        "handbill.toml",
        "# [plan]\n",
        "[plan]\nwait_for_page = false\ndeclared = [\"deadline\", \"apply\"]\n",
    );
    let post = ["post", "--dry-run", PAGE, "--at", "2026-12-01"];
    let plan =
        |site: &TestSite| site.run(&["plan", "--posting", "jobs-diver", "--at", "2026-12-01"]).out;
    let marked = "  read from the text, not declared: the deadline and where to apply\n";
    assert!(plan(&site).contains(marked), "{}", plan(&site));
    let ran = site.run(&post);
    let why = "a sentence alone says the deadline and where to apply";
    assert!(ran.out.contains(why), "{ran:?}");
    assert_eq!(site.run(&["inspect", PAGE, "--declare", "--yes"]).code, 0);
    assert!(!plan(&site).contains(marked), "{}", plan(&site));
    assert!(!site.run(&post).out.contains("a sentence alone says"), "{}", site.run(&post).out);
}

/// Two positions, each under its own heading, that nobody has listed.
const TWO: &str = "# Join us\n\nWe measure harbours.\n\n## PhD position in tidal gauges\n\n\
    You build gauges. Apply by 15 January 2027 to gauges@tides.example.\n\n\
    ## Postdoc position in Küstenströmungen\n\n\
    You model currents. Apply by 1 March 2027 to currents@tides.example.\n";

#[test]
fn positions_that_a_page_describes_are_listed_and_then_each_is_an_ad() {
    let site = site();
    for (front, list) in [
        (
            "---\ntitle: Join us\n---\n\n",
            "job:\n  positions:\n    - id: phd-position-in-tidal-gauges\n      title: PhD position in \
             tidal gauges\n    - id: postdoc-position-in-kustenstromungen\n      title: Postdoc \
             position in Küstenströmungen\n---\n",
        ),
        (
            "+++\ntitle = \"Join us\"\n+++\n\n",
            "[job]\npositions = [\n  { id = \"phd-position-in-tidal-gauges\", title = \"PhD position \
             in tidal gauges\" },\n  { id = \"postdoc-position-in-kustenstromungen\", title = \
             \"Postdoc position in Küstenströmungen\" },\n]\n+++\n",
        ),
    ] {
        site.write(PAGE, format!("{front}{TWO}"));
        let ran = site.run(&["inspect", PAGE, "--declare"]);
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(ran.err.starts_with("2 positions can be declared"), "{}", ran.err);
        let ran = site.run(&["inspect", PAGE, "--declare", "--yes"]);
        assert_eq!((ran.code, ran.out.ends_with("2 positions declared\n")), (0, true), "{ran:?}");
        let page = site.read(PAGE);
        assert!(page.contains(list) && page.ends_with(TWO), "{page}");
        for day in ["2027-01-15", "2027-03-01"] {
            let shown = site.run(&["inspect", PAGE]);
            assert!(shown.out.contains(day), "{day}: {}", shown.out);
        }
        // Of two that are listed each is declared by hand.
        let ran = site.run(&["inspect", PAGE, "--declare"]);
        assert!(ran.err.contains("each is declared by hand"), "{}", ran.err);
    }
}
