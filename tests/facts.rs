//! What is read out of a page: declared, inferred from a line, or a default, and nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handbill::diagnostic::Source;
use handbill::posting::{self, Field, PageFile, Posting, Reading, Settings};
use serde_json::{Value, json};

fn settings() -> Settings {
    Settings {
        base_url: "https://tides.example/".parse().unwrap(),
        timezone: chrono_tz::Europe::Berlin,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    }
}

fn read_at(path: &str, text: &str) -> Reading {
    let source = Source::new(path, text);
    posting::read(&PageFile { source, path: path.to_owned(), ancestors: Vec::new() }, &settings())
}

/// A fact as `handbill inspect` names it, as JSON.
fn fact(posting: &Posting, name: &str) -> Value {
    fn value<T>(field: &Option<Field<T>>, show: impl Fn(&T) -> Value) -> Value {
        field.as_ref().map_or(Value::Null, |field| show(&field.value))
    }
    let facts = &posting.facts;
    let text = |field: &Option<Field<String>>| value(field, |it| json!(it));
    match name {
        "title" => text(&facts.title),
        "reference" => text(&facts.reference),
        "position_type" => value(&facts.position_type, |it| json!(it.as_str())),
        "organisation" => text(&facts.organisation),
        "unit" => text(&facts.unit),
        "city" => text(&facts.city),
        "country" => text(&facts.country),
        "pay_scheme" => text(&facts.pay_scheme),
        "workload_percent" => value(&facts.workload_percent, |it| json!(it)),
        "start" => value(&facts.start, |it| json!(it.to_string())),
        "duration_months" => value(&facts.duration_months, |it| json!(it)),
        "deadline" => value(&facts.deadline, |it| json!(it.to_string())),
        "contact_name" => text(&facts.contact_name),
        "contact_emails" => value(&facts.contact_emails, |it| json!(it)),
        "apply_url" => value(&facts.apply_url, |it| json!(it.as_str())),
        "language" => json!(posting.language),
        other => panic!("no fact {other}"),
    }
}

/// The pages of the lab that this program was started for, with hand-made labels. They are read
/// where they lie and belong to nobody here; without them the test says so and is skipped.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = if folder.exists() { folder } else { PathBuf::from("/work/shared/corpus") };
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "../shared/corpus is missing");
    eprintln!("skipped: ../shared/corpus is missing");
    None
}

#[test]
fn the_pages_of_the_first_lab_are_read_as_a_careful_person_reads_them() {
    let Some(corpus) = corpus() else { return };
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut tally: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    let names = [
        "title",
        "reference",
        "position_type",
        "organisation",
        "unit",
        "city",
        "country",
        "pay_scheme",
        "workload_percent",
        "start",
        "duration_months",
        "deadline",
        "contact_name",
        "contact_emails",
        "apply_url",
        "language",
    ];
    let limit: usize = std::env::var("UPTO").ok().and_then(|it| it.parse().ok()).unwrap_or(12);
    for folder in &folders {
        if !folder.join("labels.json").exists() {
            continue;
        }
        let entry = folder.file_name().unwrap().to_string_lossy().into_owned();
        if entry[..3].parse::<usize>().unwrap() >= limit {
            continue;
        }
        let labels: Value =
            serde_json::from_slice(&std::fs::read(folder.join("labels.json")).unwrap()).unwrap();
        if labels["page_kind"] != "posting" {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(folder.join("posting.md")) else { continue };
        let reading = read_at(&format!("jobs/{entry}/index.md"), &text);
        for d in &reading.diagnostics {
            if std::env::var_os("UPTO").is_none() {
                eprint!("{entry} {:?}", d.message);
                eprintln!()
            }
        }
        let Some(posting) = reading.postings.first() else {
            eprintln!("NOTHING {entry}");
            continue;
        };
        for name in names {
            let got = fact(posting, name);
            let mut right = vec![labels[name].clone()];
            if let Some(more) = labels["also_acceptable"][name].as_array() {
                right.extend(more.clone())
            }
            let same = |want: &Value| match (want.as_f64(), got.as_f64()) {
                (Some(a), Some(b)) => a == b,
                _ => *want == got || want.as_array().is_some_and(Vec::is_empty) && got.is_null(),
            };
            let entry_tally = tally.entry(name).or_default();
            if right.iter().any(same) {
                entry_tally.0 += 1
            } else {
                entry_tally.1.push(format!("{entry}: got {got} want {}", right[0]));
            }
        }
    }
    for (name, (hits, wrong)) in &tally {
        eprintln!("{name}: {hits}");
        for w in wrong {
            eprintln!("     {w}")
        }
    }
}
