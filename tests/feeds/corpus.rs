//! Every publishable ad of the shared postings in each list, with the clock at its page's own date.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};
use handbill::channel::Outcome;
use handbill::deliver::Station;
use handbill::diagnostic::Diagnostic;
use handbill::posting::{Availability, Posting, PostingId};
use handbill::site::{self, Site};

use super::{FORMATS, LeftOut, announce};
use crate::support::corpus;
use crate::support::world::{World, at};

/// What the shared pages leave to their site: EURAXESS asks for words that no page says.
const MAPPING: &str = r#"
[vocabulary.euraxess]
research_field = { default = "Computer science" }
researcher_profile = { default = "Other Profession" }
type_of_contract = { default = "To be defined" }
job_status = { default = "Other" }
organisation_type = { default = "Higher Education Institute" }
"#;

/// The date of an ad whose page has none.
const UNDATED: &str = "2026-01-01T00:00:00Z";

/// How many of the publishable ads appear in each list; for `json-ld` that is the list of JobPosting
/// documents. Google wants a date, an employer and a country; EURAXESS a day as the deadline and a
/// way to apply as well; Indeed a date, an employer and a country; Personio an employer; readers
/// nothing but a title and a page.
pub const APPEAR: [(&str, usize); 8] = [
    ("json-ld", 28),
    ("hugo", 28),
    ("atom", PUBLISHABLE),
    ("rss", PUBLISHABLE),
    ("json-feed", PUBLISHABLE),
    ("euraxess", 8),
    ("indeed", 28),
    ("personio", 35),
];
const PUBLISHABLE: usize = 49;

/// The publishable ads, each with the date of its page.
pub fn publishable(site: &Site) -> Option<Vec<(Posting, DateTime<Utc>)>> {
    let mut ads = Vec::new();
    let mut pages = site::pages::walk(&corpus()?).expect("the shared postings");
    pages.retain(|path| path.file_name().is_some_and(|name| name == "posting.md"));
    for page in pages {
        let read = site::pages::load_one(&page, Some(site), &mut Vec::new());
        let Ok(Some(file)) = read else { continue };
        let reading = handbill::posting::read(&file, &site.settings);
        if reading.diagnostics.iter().any(Diagnostic::is_error) {
            continue;
        }
        let folder = page.parent().and_then(|it| it.file_name()).unwrap().to_string_lossy();
        for (number, posting) in reading.postings.into_iter().enumerate() {
            let mut posting = posting;
            let now = posting.date.or(posting.publish_at).unwrap_or_else(|| at(UNDATED));
            let over = posting.closes_at(site.settings.timezone).is_some_and(|end| end < now);
            if posting.availability != Availability::Open || over {
                continue;
            }
            // Several pages of different labs have the same reference.
            posting.id = PostingId(format!("{folder}-{number}").into());
            ads.push((posting, now));
        }
    }
    Some(ads)
}

/// A site of nobody in particular: no defaults that would add to what a page says.
pub fn world(format: &str) -> World {
    let site = super::site(format, MAPPING);
    let file = site.read("handbill.toml");
    site.write("handbill.toml", file.replace("country = \"DE\"\ncity = \"Nordhafen\"\n", ""));
    World::of(site)
}

/// Whether a page says what EURAXESS requires; the rest is the site's.
fn says_what_euraxess_requires(posting: &Posting) -> bool {
    let facts = &posting.facts;
    facts.title.is_some()
        && !posting.document.blocks.is_empty()
        && facts.organisation.is_some()
        && facts.country.is_some()
        && facts.deadline.as_ref().is_some_and(|it| it.value.next_day().is_some())
        && (facts.apply_url.is_some() || facts.contact_emails.is_some())
}

/// Gives all out, and says which were left out and why.
async fn give_out(
    world: &World,
    station: &Station,
    ads: &[(Posting, DateTime<Utc>)],
) -> BTreeMap<String, String> {
    let mut left_out = BTreeMap::new();
    for (posting, now) in ads {
        match announce(&world.site, station, posting, *now).await {
            Ok(Outcome::Posted(_)) => {}
            Ok(other) => panic!("{}: {other:?}", posting.id),
            Err(LeftOut::Adapt(error)) => {
                left_out.insert(posting.id.to_string(), error.to_string());
            }
            Err(LeftOut::Prepare(error)) => {
                left_out.insert(posting.id.to_string(), error.to_string());
            }
        }
    }
    left_out
}

#[tokio::test]
async fn every_publishable_shared_ad_is_in_each_list_that_can_have_it() {
    let mut appear = Vec::new();
    for (format, list) in FORMATS {
        let world = world(format);
        let Some(ads) = publishable(&world.site) else { return };
        let station = world.stations.first().unwrap();
        let left_out = give_out(&world, station, &ads).await;
        let folder = world.site.folder.join("public/feed");
        appear.push((format, number_in(&folder, format, list)));
        assert_eq!(ads.len(), PUBLISHABLE, "publishable ads");
        if format == "euraxess" {
            for (posting, _) in &ads {
                let why = left_out.get(posting.id.as_str());
                let is_in = why.is_none();
                assert_eq!(is_in, says_what_euraxess_requires(posting), "{}: {why:?}", posting.id);
            }
            keeps_to_the_schema(&std::fs::read_to_string(folder.join(list)).unwrap());
        }
    }
    assert_eq!(appear, APPEAR);
}

/// How many ads a list truly holds.
fn number_in(folder: &Path, format: &str, list: &str) -> usize {
    if list.is_empty() {
        return std::fs::read_dir(folder).unwrap().count();
    }
    let text = std::fs::read_to_string(folder.join(list)).unwrap();
    match format {
        "json-ld" | "json-feed" => {
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            json.as_array().or(json["items"].as_array()).unwrap().len()
        }
        _ => {
            let tree = roxmltree::Document::parse(&text).unwrap();
            let names = ["job-opportunity", "job", "position", "item", "entry"];
            tree.descendants().filter(|it| names.contains(&it.tag_name().name())).count()
        }
    }
}

/// The shared schema is a reduction of EURAXESS's own, and knows five countries of all.
fn keeps_to_the_schema(list: &str) {
    let schema = corpus().unwrap().join("../data/euraxess-core.xsd");
    if Command::new("xmllint").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "xmllint must be there in CI");
        eprintln!("skipped: there is no xmllint");
        return;
    }
    let known = ["Germany", "Austria", "Switzerland", "France", "Netherlands"];
    let country = regex::Regex::new("(<(?:job-)?country>)([^<]*)<").unwrap();
    let reduced = country.replace_all(list, |found: &regex::Captures<'_>| {
        let name = if known.contains(&&found[2]) { &found[2] } else { "Germany" };
        format!("{}{name}<", &found[1])
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("euraxess.xml");
    std::fs::write(&file, reduced.as_bytes()).unwrap();
    let looked = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([&schema, &file])
        .output()
        .unwrap();
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stderr));
}

#[test]
fn the_schema_of_this_test_refuses_what_is_wrong() {
    let Some(corpus) = corpus() else { return };
    let sample = std::fs::read_to_string(corpus.join("../data/euraxess-sample.xml")).unwrap();
    keeps_to_the_schema(&sample);
    let wrong = std::panic::catch_unwind(|| {
        keeps_to_the_schema(&sample.replace("<job-status>Part-time", "<job-status>Sometimes"));
    });
    let has_xmllint = Command::new("xmllint").arg("--version").output().is_ok();
    assert!(wrong.is_err() || !has_xmllint);
}
