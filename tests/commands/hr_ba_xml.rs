//! The upload to the Bundesagentur für Arbeit, as far as it can be shown without its server: exactly
//! what goes out, and what `check` says of an ad that does not fit.

use super::json;
use crate::support::{TestSite, golden};

const PHD: &str = "content/jobs/phd-tidal-forecasting/index.md";
const AT: &str = "2027-01-20T09:00:00Z";

const CHANNEL: &str = r#"preset = "boards/hr-ba-xml"

[values]
supplier_id = "P000000001"
supplier_name = "Tidal Lab"
alliance_id = "10000"
hiring_org_id = "A000000001"
title_code = "1017"
region = "5"
postal_code = "00000"
street = "Hafenstrasse 1"

[board]
client_certificate = { file = "secrets/ba.pem" }
"#;

fn site() -> TestSite {
    let site = TestSite::with_channels(&[]);
    site.write("channels/ba.toml", CHANNEL);
    site
}

#[test]
fn an_ad_is_one_file_of_hr_ba_xml() {
    let site = site();
    let dry = site.run(&["post", "--dry-run", PHD, "--channel", "ba", "--at", AT]);
    assert_eq!(dry.code, 0, "{dry:?}");
    golden("hr-ba-xml.tcg-03-2027.announce.txt", &dry.out);
    assert!(dry.out.contains("filename=\"DSP000000001_2027-01-20_09-00-00.xml\""), "{}", dry.out);
    assert!(dry.out.contains("<Action>1</Action>"), "{}", dry.out);
    assert!(dry.out.contains("<Timestamp>2027-01-20T09:00:00Z</Timestamp>"), "{}", dry.out);
    let title = dry.out.split("<JobPositionTitleDescription>").nth(1).expect("a title");
    let title = title.split("</").next().expect("its end");
    assert!(title.chars().count() <= 60 && title.starts_with("Ph.D. position in"), "{title}");
    let name = dry.out.split("<HiringOrgName>").nth(1).and_then(|it| it.split("</").next());
    assert!(name.is_some_and(|name| name.chars().count() <= 30), "{name:?}");
}

#[test]
fn check_names_what_the_agency_takes_no_ad_without() {
    let site = site();
    std::fs::remove_dir_all(site.path("content/jobs/phd-tidal-forecasting")).expect("removed");
    let page = "---\ntitle: Postdoc in Waves\ndate: 2027-01-11\njob:\n  id: waves\n---\n\
                We count waves. Write to jobs@tidal.example.\n";
    site.write("content/jobs/postdoc-sediment-transport/index.md", page);
    let found = json(&site.run(&["check", "--format", "json"]));
    let all = found["diagnostics"].as_array().expect("a list");
    assert!(all.iter().any(|it| it["code"] == "board::missing"), "{found:#}");
}
