//! `--fix`: only what is safe, only after it was seen.

use crate::support::TestSite;

const PAGE: &str = "content/jobs/bad.md";
const BROKEN: &str = "---\ntitle: Diver\n---\nYour emailâ€™s subject.\r\n\n\
    <!-- Replace this text by your own -->\n\n- **Desk:** by the sea, with a view of the pier\n- **Boat:** every second day\n\
    **Ticket:** for the ferry\n- **Yoga:** on deck";
const MENDED: &str = "---\ntitle: Diver\n---\nYour email’s subject.\r\n\n\
    - **Desk:** by the sea, with a view of the pier\n- **Boat:** every second day\n\
    - **Ticket:** for the ferry\n- **Yoga:** on deck";

fn site() -> TestSite {
    let site = TestSite::with_channels(&["feed"]);
    site.write(PAGE, BROKEN);
    site
}

#[test]
fn without_a_terminal_the_changes_are_shown_and_nothing_is_written() {
    let site = site();
    let before = site.snapshot();
    let ran = site.run(&["check", "--fix", PAGE]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(
        ran.out,
        "--- a/content/jobs/bad.md\n+++ b/content/jobs/bad.md\n@@ -1,11 +1,9 @@\n ---\n \
         title: Diver\n ---\n-Your emailâ€™s subject.\r\n+Your email’s subject.\r\n \n\
         -<!-- Replace this text by your own -->\n-\n - **Desk:** by the sea, with a view of the pier\n \
         - **Boat:** every second day\n-**Ticket:** for the ferry\n+- **Ticket:** for the ferry\n \
         - **Yoga:** on deck\n\\ No newline at end of file\n"
    );
    assert!(
        ran.err.contains("3 places on 1 page can be mended; nothing was written"),
        "{}",
        ran.err
    );
    assert_eq!(site.snapshot(), before);
}

#[test]
fn with_yes_they_are_written_and_every_other_byte_stays() {
    let site = site();
    let files = site.snapshot().len();
    let ran = site.run(&["check", "--fix", "--yes", PAGE]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.ends_with("3 places on 1 page mended\n"), "{}", ran.out);
    assert_eq!(site.read(PAGE), MENDED);
    assert_eq!(site.snapshot().len(), files, "nothing is left beside it");
    let again = site.run(&["check", "--fix", "--yes", PAGE]);
    assert_eq!((again.code, site.read(PAGE).as_str()), (0, MENDED));
}

#[test]
fn pages_that_are_not_named_are_left_alone() {
    let site = site();
    site.write("content/jobs/other.md", BROKEN);
    assert_eq!(site.run(&["check", "--fix", "--yes", PAGE]).code, 0);
    assert_eq!(site.read("content/jobs/other.md"), BROKEN);
    let ran = site.run(&["check", "--fix"]);
    assert!(ran.out.contains("other.md") && !ran.out.contains("bad.md"), "{}", ran.out);
    // The example has a line without its bullet, and broken letters.
    assert!(
        ran.out.contains("+- **Discounted")
            || ran.out.contains("+on-site")
            || ran.out.contains("’s subject")
    );
}

#[test]
fn a_fix_has_one_form_and_yes_needs_it() {
    let site = site();
    assert_eq!(site.run(&["check", "--fix", "--format", "json"]).code, 2);
    assert_eq!(site.run(&["check", "--yes"]).code, 2);
}

/// It may be somebody's own.
#[test]
fn a_file_that_stands_where_one_is_needed_meanwhile_is_left_alone() {
    let site = site();
    site.write("content/jobs/bad.md.new", "mine");
    let before = site.snapshot();
    let ran = site.run(&["check", "--fix", "--yes", PAGE]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("bad.md.new, which is needed meanwhile"), "{}", ran.err);
    assert_eq!(site.snapshot(), before);
}
