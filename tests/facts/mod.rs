//! What is read out of a page: declared, inferred from a line, or a default, and nothing else
//! (promise 8).

mod ads;
mod contacts;
mod corpus;
mod dates;
mod declared;
mod languages;
mod names;
mod openings;
mod pages;
mod parts;
mod phrases;
mod properties;
mod time;
mod unlabelled;

use std::collections::BTreeMap;
use std::sync::Arc;

use handbill::diagnostic::{Diagnostic, Severity, Source, Span};
use handbill::posting::{self, Facts, Field, Origin, PageFile, Posting, Reading, Settings};
use serde_json::{Value, json};

const NAMES: [&str; 18] = [
    "title",
    "display_title",
    "reference",
    "position_type",
    "organisation",
    "unit",
    "city",
    "country",
    "pay_scheme",
    "salary",
    "workload_percent",
    "start",
    "duration_months",
    "deadline",
    "contact_name",
    "contact_emails",
    "apply_url",
    "summary",
];

/// What an ad says beside them, most of it in pieces of its text.
const PART_NAMES: [&str; 10] = [
    "description",
    "responsibilities",
    "qualifications",
    "desirable_qualifications",
    "benefits",
    "apply_instructions",
    "funding",
    "documents",
    "openings",
    "extension",
];

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

fn page(front: &str, body: &str) -> String {
    format!("---\n{front}\n---\n\n{body}\n")
}

fn read(text: &str) -> Reading {
    read_with(text, &settings())
}

fn read_with(text: &str, settings: &Settings) -> Reading {
    posting::read(&file(text, Vec::new()), settings)
}

fn read_below(text: &str, above: Arc<Source>) -> Reading {
    posting::read(&file(text, vec![above]), &settings())
}

fn file(text: &str, ancestors: Vec<Arc<Source>>) -> PageFile {
    let path = "jobs/diver/index.md".to_owned();
    PageFile { source: Source::new(&path, text), path, ancestors }
}

fn only(text: &str) -> Posting {
    let mut reading = read(text);
    assert_eq!(reading.postings.len(), 1, "{:?}", errors(&reading));
    reading.postings.remove(0)
}

fn errors(reading: &Reading) -> Vec<Diagnostic> {
    reading.diagnostics.iter().filter(|it| it.is_error()).cloned().collect()
}

/// The messages of the warnings about facts.
fn warnings(reading: &Reading) -> Vec<String> {
    let about_facts =
        |it: &&Diagnostic| it.severity == Severity::Warning && it.code.starts_with("facts::");
    reading.diagnostics.iter().filter(about_facts).map(|it| it.message.clone()).collect()
}

/// The facts that a posting has, as JSON.
fn all(posting: &Posting) -> Value {
    let facts = NAMES.iter().map(|name| ((*name).to_owned(), fact(posting, name)));
    Value::Object(facts.filter(|(_, value)| !value.is_null()).collect())
}

fn fact(posting: &Posting, name: &str) -> Value {
    value_and_origin(&posting.facts, name).map_or(Value::Null, |(value, _)| value)
}

fn span(posting: &Posting, name: &str) -> Option<Span> {
    match value_and_origin(&posting.facts, name)?.1 {
        Origin::Declared(span) | Origin::Inferred(span) => Some(span),
        Origin::Default => None,
    }
}

fn value_and_origin(facts: &Facts, name: &str) -> Option<(Value, Origin)> {
    fn show<T>(field: &Option<Field<T>>, value: impl Fn(&T) -> Value) -> Option<(Value, Origin)> {
        field.as_ref().map(|field| (value(&field.value), field.origin.clone()))
    }
    let text = |field: &Option<Field<String>>| show(field, |it| json!(it));
    match name {
        "title" => text(&facts.title),
        "display_title" => text(&facts.display_title),
        "reference" => text(&facts.reference),
        "position_type" => show(&facts.position_type, |it| json!(it.as_str())),
        "organisation" => text(&facts.organisation),
        "unit" => text(&facts.unit),
        "city" => text(&facts.city),
        "country" => text(&facts.country),
        "pay_scheme" => text(&facts.pay_scheme),
        "salary" => show(&facts.salary, |it| json!(it.to_string())),
        "workload_percent" => show(&facts.workload_percent, |it| json!(it)),
        "start" => show(&facts.start, |it| json!(it.to_string())),
        "duration_months" => show(&facts.duration_months, |it| json!(it)),
        "deadline" => show(&facts.deadline, |it| json!(it.to_string())),
        "contact_name" => text(&facts.contact_name),
        "contact_emails" => show(&facts.contact_emails, |it| json!(it)),
        "apply_url" => show(&facts.apply_url, |it| json!(it.as_str())),
        "summary" => text(&facts.summary),
        "documents" => show(&facts.documents, |it| json!(it)),
        "openings" => show(&facts.openings, |it| json!(it)),
        "extension" => show(&facts.extension, |it| json!(it.to_string())),
        part => {
            let named = facts.parts.named().into_iter().find(|(name, _)| *name == part);
            text(named.unwrap_or_else(|| panic!("no fact {part}")).1)
        }
    }
}
