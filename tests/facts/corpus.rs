//! Real pages with hand-made labels, where they are at hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{NAMES, fact, read};

/// The pages of the lab that this program was started for, with hand-made labels. They are read
/// where they lie; without them the test says so and is skipped, except where CI is set.
#[test]
fn the_pages_of_the_first_lab_are_read_as_a_careful_person_reads_them() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", corpus.display());
        eprintln!("skipped: {} is missing", corpus.display());
        return;
    }
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut misses = Vec::new();
    let mut read_pages = 0;
    for folder in pages.iter().filter(|page| page.join("labels.json").exists()).take(12) {
        let labels = std::fs::read(folder.join("labels.json")).unwrap();
        let labels: Value = serde_json::from_slice(&labels).unwrap();
        let reading = read(&std::fs::read_to_string(folder.join("posting.md")).unwrap());
        let posting = &reading.postings[0];
        read_pages += 1;
        for name in NAMES.iter().filter(|name| !["display_title", "summary"].contains(name)) {
            let got = fact(posting, name);
            let mut right = vec![labels[name].clone()];
            right.extend(labels["also_acceptable"][name].as_array().cloned().unwrap_or_default());
            if !right.iter().any(|want| says_the_same(want, &got)) {
                misses.push(format!("{}: {name} is {got}, not {}", folder.display(), right[0]));
            }
        }
    }
    assert_eq!(read_pages, 12);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

fn says_the_same(want: &Value, got: &Value) -> bool {
    match (want.as_f64(), got.as_f64()) {
        (Some(want), Some(got)) => (want - got).abs() < 0.01,
        _ => want == got || got.is_null() && want.as_array().is_some_and(Vec::is_empty),
    }
}
