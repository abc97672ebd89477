//! A list gets shorter by itself only for a deadline, a draft or a closed mark.

use crate::support::TestSite;

const PAGE: &str = "content/jobs/postdoc-sediment-transport/index.md";
const AT: &str = "2027-01-20T09:00:00Z";

/// A site whose two ads stand in its feed.
fn two_ads() -> TestSite {
    let site = TestSite::with_channels(&["feed"]);
    site.waits_for_no_page();
    let pages = [PAGE, "content/jobs/phd-tidal-forecasting/index.md"];
    let ran = site.run(&["post", pages[0], pages[1], "--at", AT]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ads(&site), 2);
    site
}

fn ads(site: &TestSite) -> usize {
    site.read("public/feed/feed.atom").matches("<entry>").count()
}

#[test]
fn a_closed_mark_and_a_draft_shorten_it_at_once() {
    for mark in ["closed: true", "draft: true"] {
        let site = two_ads();
        site.replace(PAGE, "tags:", &format!("{mark}\ntags:"));
        assert_eq!(site.run(&["post", "--at", AT]).code, 0);
        assert_eq!(ads(&site), 1, "{mark}");
    }
}

#[test]
fn a_deadline_shortens_it_on_the_date() {
    let site = two_ads();
    site.replace(PAGE, "tags:", "job:\n  deadline: 2027-01-31\ntags:");
    assert_eq!(site.run(&["post", "--at", "2027-01-31T12:00:00Z"]).code, 0);
    assert_eq!(ads(&site), 2);
    assert_eq!(site.run(&["post", "--at", "2027-01-31T23:30:00Z"]).code, 0);
    assert_eq!(ads(&site), 1);
}

#[test]
fn words_that_offer_no_position_any_more_need_a_person() {
    let site = two_ads();
    let text = site.read(PAGE);
    let (head, _) = text.split_once("\n---\n").unwrap();
    site.write(
        PAGE,
        format!("{head}\n---\n\nLorem ipsum dolor sit amet, consectetur adipiscing elit.\n"),
    );
    let ran = site.run(&["post", "--at", AT]);
    assert_eq!(ads(&site), 2, "{ran:?}");
    let plan = site.run(&["plan", "--at", AT]).out;
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plan.contains("it stays in the feed until"), "{plan}");
    let id = "tcg-04-2027";
    assert!(plan.contains(&format!("handbill withdraw {id}")), "{plan}");
    let withdrawn = site.run(&["withdraw", id, "--at", AT]);
    assert_eq!(withdrawn.code, 0, "{withdrawn:?}");
    site.run(&["post", "--at", AT]);
    assert_eq!(ads(&site), 1);
}

#[test]
fn a_page_that_is_gone_needs_a_person() {
    let site = two_ads();
    std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
    site.run(&["post", "--at", AT]);
    assert_eq!(ads(&site), 2);
}

/// An ad that no list takes any more stays as it was, and a person is told.
#[test]
fn a_required_fact_that_is_lost_takes_nothing_away() {
    let site = two_ads();
    site.replace(PAGE, "title: ", "job:\n  organisation: \" \"\ntitle: ");
    site.run(&["post", "--at", AT]);
    assert_eq!(ads(&site), 2);
}
