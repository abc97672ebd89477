//! Two pages with one reference number.

use super::site;
use crate::support::{Ran, TestSite};

const PAGE: &str = "content/jobs/postdoc-sediment-transport/index.md";

/// A third page that has nothing to do with it.
fn with_another_page(site: &TestSite) {
    site.write("content/jobs/diver.md", "---\ntitle: 'TCG/09/2027: Diver'\n---\nDive for us.\n");
}

fn announced(ran: &Ran) -> Vec<&str> {
    ran.out.lines().filter(|line| !line.starts_with(' ')).collect()
}

#[test]
fn two_pages_with_one_number_are_both_named_and_only_they_are_held_back() {
    let site = site();
    with_another_page(&site);
    site.write("content/jobs/copy.md", site.read(PAGE));
    let before = site.snapshot();
    let plan = site.run(&["plan"]);
    assert_eq!(
        plan.err.trim(),
        r#"error[identity::duplicate-reference]: `content/jobs/copy.md` has the reference number `TCG/04/2027`, which `content/jobs/postdoc-sediment-transport/index.md` has too
 --> content/jobs/copy.md:2:9
  |
2 | title: "TCG/04/2027: Postdoc position in Sediment Transport (m/f/d)"
  |         ^^^^^^^^^^^ not the only one
  |
  = help: correct one of the numbers, or give each page an `id` under `job:` if both are right; until then nothing goes out from either

error[identity::duplicate-reference]: `content/jobs/postdoc-sediment-transport/index.md` has the reference number `TCG/04/2027`, which `content/jobs/copy.md` has too
 --> content/jobs/postdoc-sediment-transport/index.md:2:9
  |
2 | title: "TCG/04/2027: Postdoc position in Sediment Transport (m/f/d)"
  |         ^^^^^^^^^^^ not the only one
  |
  = help: correct one of the numbers, or give each page an `id` under `job:` if both are right; until then nothing goes out from either"#
    );
    assert_eq!(announced(&plan), ["Diver"]);
    assert_eq!(plan.code, 4);
    assert_eq!(site.run(&["check"]).code, 4);
    let named = site.run(&["post", PAGE, "--channel", "feed"]);
    assert_eq!((named.code, named.out.as_str()), (4, ""));
    assert_eq!(site.snapshot(), before);
}

#[test]
fn a_draft_copy_of_an_ad_holds_nothing_back_and_gets_an_id_of_its_own() {
    for not_open in ["draft: true", "closed: true"] {
        let site = site();
        // Sorted before the page that it is a copy of.
        let copy = site.read(PAGE).replace("tags:", &format!("{not_open}\ntags:"));
        site.write("content/jobs/a-copy.md", copy);
        let check = site.run(&["check"]);
        assert_eq!(check.code, 0, "{}", check.out);
        let dry = site.run(&["post", "--dry-run", PAGE, "--channel", "feed"]);
        assert!(dry.out.contains("id tcg-04-2027,"), "{}", dry.out);
        let dry = site.run(&["post", "--dry-run", "content/jobs/a-copy.md", "--channel", "feed"]);
        assert!(dry.out.contains("id tcg-04-2027-2,"), "{}", dry.out);
        assert_eq!(dry.code, 0);
    }
}
