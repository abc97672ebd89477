//! What templates may say, codes, states and exit codes.

use std::fmt::Write;

use handbill::adapt::Occasion;
use handbill::adapt::view::View;
use handbill::diagnostic::explanation;
use handbill::ledger::{CopyState, Deed, State};
use schemars::JsonSchema;

use crate::support::{TestSite, reference};

/// The words of an enumeration, each with what its source says.
fn words<T: JsonSchema>() -> String {
    let schema = schemars::schema_for!(T).to_value();
    let mut table = String::from("| word | means |\n| --- | --- |\n");
    let both = [schema["oneOf"].as_array(), schema["enum"].as_array()];
    for word in both.into_iter().flatten().flatten() {
        let name = word["const"].as_str().or(word.as_str()).expect("a word");
        let says = word["description"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(table, "| `{name}` | {says} |");
    }
    table
}

#[test]
fn the_page_of_states_has_every_word_of_the_log() {
    let page = format!(
        "# States\n\nWhat `handbill log` says, and what `--state` takes.\n\n\
         ## Where a delivery stands\n\n{}\n## What is known of its copy\n\n{}\n\
         ## What a delivery does\n\n{}\n## Why a channel is addressed\n\n{}",
        words::<State>(),
        words::<CopyState>(),
        words::<Deed>(),
        words::<Occasion>(),
    );
    for word in State::ALL.map(State::as_str).iter().chain(&CopyState::ALL.map(CopyState::as_str)) {
        assert!(page.contains(&format!("| `{word}` |")), "{word}");
    }
    reference("states.md", &page);
}

#[test]
fn the_page_of_templates_has_every_name_that_a_template_may_use() {
    let schema = schemars::schema_for!(View).to_value();
    let mut page = String::from(
        "# What templates may say\n\nA fact that the page does not say is `none`. A name that is not \
         here is an error.\n\n| name | says |\n| --- | --- |\n",
    );
    for name in View::NAMES {
        let says = schema["properties"][name]["description"].as_str().unwrap_or_default();
        let says = if says.is_empty() { described(name) } else { says };
        let _ = writeln!(page, "| `{name}` | {} |", says.replace('\n', " "));
    }
    reference("templates.md", &page);
}

/// What the ad's own forms are; their sources describe them together.
fn described(name: &str) -> &'static str {
    match name {
        "teaser" => "The summary, or the first sentences that say something about the job.",
        "text" => "The ad as plain text of 72 columns: `prose`, and the `links` below it.",
        "prose" => "The ad as plain text of 72 columns, without its links.",
        "links" => "The links of the ad, numbered, for below `prose`.",
        "plain" => "The ad with each paragraph and each point on one line.",
        "html" => "The ad as HTML; write `{{ html \\| safe }}` in an HTML template.",
        "description" => "What a board takes of the ad (`[board.limits]`); elsewhere as `html`.",
        "sections" => "The parts of the ad, each with `heading`, `text` and `html`.",
        "paragraphs" => "The ad as plain text that is not wrapped, for networks.",
        "terms" => "The words of closed lists that fit the ad, by the name of the list.",
        "qualifications" | "benefits" | "apply_instructions" => "The part of the ad about this.",
        "title" | "reference" | "organisation" | "unit" | "city" | "pay_scheme"
        | "workload_percent" | "duration_months" | "contact_name" | "contact_emails"
        | "apply_url" | "tags" | "summary" | "channel" => "As the page or the site says it.",
        _ => panic!("docs/reference/templates.md does not describe `{name}`"),
    }
}

#[test]
fn the_page_of_codes_is_what_explain_says() {
    let mut page = String::from(
        "# Codes\n\nWhat `handbill check --explain CODE` says of each code of a diagnostic.\n",
    );
    for explained in explanation::all() {
        let _ = write!(page, "\n## {}\n\n{}\n", explained.code, explained.text);
    }
    reference("codes.md", &page);
}

#[test]
fn the_page_of_exit_codes_is_what_help_says() {
    let help = TestSite::new().run(&["--help"]).out;
    let (_, codes) = help.split_once("\nExit codes:\n").expect("exit codes");
    let mut page = String::from("# Exit codes\n\n| code | means |\n| --- | --- |\n");
    for line in codes.lines() {
        let (code, meaning) = line.trim().split_once("  ").expect("a code and its meaning");
        let _ = writeln!(page, "| {code} | {meaning} |");
    }
    reference("exit-codes.md", &page);
}
