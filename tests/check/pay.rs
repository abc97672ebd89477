//! What collective agreements pay, by dated tables, and what public employers say.

use crate::support::TestSite;

use super::remarks::{GOOD, codes_on, remarked, silent, with};

/// The good page for work that begins on a day, at a share of a position.
fn starting(start: &str) -> String {
    let declared = format!("  start: {start}\n  workload_percent: 75\n  deadline");
    GOOD.replace("  deadline", &declared).replace(", from 4,759 euros", "")
}

/// What check says of the good page with this start.
fn said_of(site: &TestSite, start: &str) -> String {
    site.write("content/jobs/page.md", starting(start));
    site.run(&["check", "--at", "2027-01-11", "content/jobs/page.md"]).out
}

#[test]
fn the_range_is_offered_for_a_start_that_a_table_covers_and_for_no_other() {
    let site = TestSite::with_channels(&["feed"]);
    let said = said_of(&site, "2027-03-01");
    assert!(said.contains("notice[law::pay-amount]"), "{said}");
    assert!(said.contains("TV-L E13, 75 %: 3,640.92 to 4,105.67 euros"), "{said}");
    assert!(said.contains("from 2027-03-01"), "{said}");
    let before = said_of(&site, "2027-02-28");
    assert!(before.contains("75 %: 3,569.53 to 4,025.17 euros"), "{before}");
    for start in ["2028-02-01", "2027", "asap"] {
        let said = said_of(&site, start);
        assert!(!said.contains("pay-amount"), "{start}: {said}");
    }
}

#[test]
fn an_ad_that_says_an_amount_is_offered_none() {
    let page = format!("{}\nThat is about 3,600 euros a month.\n", starting("2027-03-01"));
    silent(&page);
    let page = starting("2027-03-01").replace("TV-L E13", "TV-L E9a");
    silent(&page);
    let abroad = starting("2027-03-01").replace("job:\n", "job:\n  country: CH\n");
    silent(&abroad);
}

#[test]
fn a_site_puts_its_own_table_in_the_place_of_a_shipped_one() {
    let site = TestSite::with_channels(&["feed"]);
    let table = "agreement = \"TV-L\"\nentry_steps = 2\n[[table]]\nfrom = \"2027-01-01\"\n\
                 until = \"2027-12-31\"\n[table.monthly]\nE13 = [5000.0, 6000.0, 7000.0]\n";
    site.write("tv-l.toml", table);
    let file = site.read("handbill.toml");
    site.write("handbill.toml", format!("{file}\n[check]\npay_tables = [\"tv-l.toml\"]\n"));
    let said = said_of(&site, "2027-03-01");
    assert!(said.contains("75 %: 3,750.00 to 4,500.00 euros"), "{said}");
    site.write("tv-l.toml", table.replace("2027-12-31", "2026-12-31"));
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("error[config::pay-table]"), "{}", ran.out);
}

#[test]
fn a_public_employer_in_germany_is_reminded_of_its_notices_and_no_other() {
    let bare = GOOD.replace(" Severely disabled applicants and all genders are welcome.", "");
    remarked(&bare, "law::public-employer", "University of Nordhafen");
    silent(&bare.replace("University of Nordhafen", "Harbour GmbH"));
    silent(&bare.replace("job:\n", "job:\n  country: AT\n"));
    assert_eq!(codes_on(&with("")), [""; 0]);
}
