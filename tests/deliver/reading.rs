//! Of many pages, which every processor reads some of, each keeps its own name (promise 1: a page with
//! errors is held back, alone).

use std::collections::{BTreeMap, BTreeSet};

use handbill::deliver::{Guesses, read};
use handbill::site::Site;

use crate::support::TestSite;

#[test]
fn one_page_with_errors_among_many_is_held_back_alone() {
    let folder = TestSite::with_channels(&[]);
    std::fs::remove_dir_all(folder.path("content/jobs")).unwrap();
    // Far more than one processor reads.
    for number in 100..900 {
        let job = if number == 733 { "deadline: never" } else { "deadline: 2027-03-01" };
        folder.write(
            &format!("content/jobs/tides-{number}.md"),
            format!(
                "---\ntitle: PhD position {number}\ndate: 2027-01-10\njob:\n  id: tides-{number}\n  {job}\n---\n\n\
                 Forecast the tides of harbour {number}.\n"
            ),
        );
    }
    let (site, diagnostics) = Site::load(&folder.root()).unwrap();
    let site = site.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let reading = read(&site, &[], &BTreeMap::new(), Guesses::Refused).unwrap();
    let held_back: BTreeSet<&str> = reading.postings.held_back.iter().map(String::as_str).collect();
    assert_eq!(held_back, BTreeSet::from(["jobs/tides-733.md"]));
    let ids: Vec<&str> = reading.postings.open.iter().map(|it| it.id.as_str()).collect();
    let all = (100..900).filter(|it| *it != 733).map(|it| format!("tides-{it}"));
    assert_eq!(ids, all.collect::<Vec<_>>());
}
