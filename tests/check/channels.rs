//! What channels require of an ad, and what was left over from another one.

use crate::support::TestSite;

use super::remarks::{GOOD, codes_on, remarked, silent, site_of, with};

/// What check says of the site.
fn said(site: &TestSite) -> String {
    site.run(&["check", "--at", "2027-01-11"]).out
}

#[test]
fn a_board_that_requires_facts_gets_none_without_being_told() {
    let site = TestSite::with_channels(&["board"]);
    let file = site.read("channels/board.toml");
    site.write("channels/board.toml", format!("requires = [\"euraxess\"]\n{file}"));
    site.write("content/jobs/page.md", GOOD.replace("  deadline: 2027-02-26\n", ""));
    let found = said(&site);
    assert!(found.contains("warning[channel::requires]"), "{found}");
    assert!(found.contains("`deadline` as a day"), "{found}");
    assert!(found.contains("position_type"), "{found}");
    site.replace("channels/board.toml", "\"euraxess\"", "\"organisation\"");
    assert!(!said(&site).contains("channel::requires"));
    site.replace("channels/board.toml", "\"organisation\"", "\"organization\"");
    let found = said(&site);
    assert!(found.contains("did you mean `organisation`?"), "{found}");
}

#[test]
fn a_mail_that_is_larger_than_lists_take_is_remarked() {
    let site = TestSite::with_channels(&["list"]);
    let title = GOOD.replace("Research diver (m/f/d)", "Diver");
    site.write("content/jobs/page.md", &title);
    assert!(!said(&site).contains("channel::list"));
    site.write(
        "content/jobs/page.md",
        format!("{title}\n{}\n", "High tide, low tide. ".repeat(3000)),
    );
    let found = said(&site);
    assert!(found.contains("warning[channel::list]"), "{found}");
    assert!(found.contains("lists take 40"), "{found}");
}

#[test]
fn two_lists_of_a_host_that_takes_one_ad_at_a_time_are_remarked() {
    let site = TestSite::with_channels(&["list"]);
    let file = site.read("channels/list.toml");
    let file = file.replace("jobs@lists.example", "tides@jiscmail.ac.uk");
    site.write("channels/list.toml", &file);
    let other = file.replace("tides@", "harbours@");
    site.write("channels/other.toml", other.replace("Tue,Thu", "Fri"));
    assert!(!said(&site).contains("channel::list"));
    site.write("channels/other.toml", other);
    let found = said(&site);
    assert_eq!(found.matches("warning[channel::list]").count(), 1, "{found}");
}

#[test]
fn a_sentence_of_another_university_is_remarked_where_each_has_its_own() {
    let page = with("The University of Westport is committed to equal opportunities.");
    remarked(&page, "leftover::other-employer", "University of Westport");
    silent(&with("The University of Nordhafen is committed to equal opportunities."));
    silent(&with("We work with the University of Westport on the tide."));
}

#[test]
fn the_one_contact_at_another_domain_is_remarked_among_the_ads_of_a_site() {
    let site = site_of(GOOD);
    let page = |address: &str| with(&format!("Please send your application to {address}."));
    for name in ["one", "two", "three"] {
        let page = page("ada@tides.example").replace("Research", name);
        site.write(&format!("content/jobs/{name}.md"), page);
    }
    assert!(!said(&site).contains("other-contact"));
    site.write("content/jobs/four.md", page("ben@harbour.example"));
    let found = said(&site);
    assert!(found.contains("notice[leftover::other-contact]"), "{found}");
    assert!(found.contains("those of the other 3 at `tides.example`"), "{found}");
    std::fs::remove_file(site.path("content/jobs/three.md")).expect("a page");
    assert!(!said(&site).contains("other-contact"));
}

#[test]
fn lists_and_links_that_markdown_does_not_see_are_found() {
    for link in [
        "[the form] (https://tides.example/)",
        "(the form)[https://tides.example/]",
        "[the form](www.tides.example)",
        "[Ada](ada@tides.example)",
        "https://http://tides.example/",
    ] {
        remarked(&with(&format!("See {link} for more.")), "markdown::broken-link", link);
    }
    silent(&with("See [the form](https://tides.example/), [Ada](mailto:ada@tides.example)."));
    remarked(&with("• Dive\n• Come back"), "markdown::false-bullet", "• Dive");
    remarked(&with("-Dive\n-Come back"), "markdown::false-bullet", "-Dive");
    silent(&with("- Dive\n- Come back\n\n• Dive  \n• Come back\n\n– a dash\n\n*this* is\n*so*"));
}

#[test]
fn marks_that_turn_the_line_and_letters_drawn_as_one_get_lost() {
    for character in ["\u{202e}", "\u{2028}", "\u{fb01}"] {
        let page = with(&format!("The {character} tide"));
        assert_eq!(codes_on(&page), ["text::lost-character"], "{character:?}");
    }
}
