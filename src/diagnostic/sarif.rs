//! Diagnostics as SARIF 2.1.0, which code hosts and editors show beside the lines.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>; the sections
//! are named below.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Diagnostic, Severity, Source, Span, explanation};

/// What stands for itself in the path of a URI (RFC 3986, section 2.3), and the slash.
const NOT_IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// One run with all diagnostics and the rules that they name.
pub fn log(diagnostics: &[Diagnostic]) -> Value {
    let mut codes: Vec<&str> = diagnostics.iter().map(|it| it.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = diagnostics.iter().map(|it| result(it, &codes)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Handbill",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            } },
            // Section 3.14.17: our columns count characters.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// Section 3.49, `reportingDescriptor`.
fn rule(code: &str) -> Value {
    let mut rule = json!({ "id": code });
    if let Some(known) = explanation::of(code) {
        rule["shortDescription"] = json!({ "text": known.meaning });
        rule["help"] = json!({ "text": known.text, "markdown": known.text });
    }
    rule
}

/// Section 3.27, `result`.
fn result(diagnostic: &Diagnostic, codes: &[&str]) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    };
    let mut message = diagnostic.message.clone();
    let label = Some(&diagnostic.label).filter(|label| !label.is_empty());
    for more in label.into_iter().chain(&diagnostic.help) {
        message.push_str("; ");
        message.push_str(more);
    }
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level,
        "message": { "text": message },
    });
    if let Some((source, span)) = &diagnostic.place {
        result["locations"] = json!([{ "physicalLocation": physical(source, *span) }]);
    }
    // Section 3.27.22: a board's limit, say, in the board's file.
    if let Some((source, span, label)) = &diagnostic.also {
        result["relatedLocations"] = json!([{
            "id": 1,
            "physicalLocation": physical(source, *span),
            "message": { "text": label },
        }]);
    }
    result
}

/// Section 3.29, `physicalLocation`.
fn physical(source: &Source, span: Span) -> Value {
    let (start_line, start_column) = source.line_and_column(span.start);
    let (end_line, end_column) = source.line_and_column(span.end.max(span.start));
    json!({
        "artifactLocation": { "uri": uri(&source.path) },
        // Section 3.30: the end column is the one behind the last character.
        "region": {
            "startLine": start_line,
            "startColumn": start_column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    })
}

/// Section 3.4.3: a relative path stays relative to where the log is made.
fn uri(path: &Path) -> String {
    let scheme = if path.is_absolute() { "file://" } else { "" };
    let path = path.to_string_lossy().replace('\\', "/");
    format!("{scheme}{}", utf8_percent_encode(&path, NOT_IN_PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_names_its_rule_its_level_and_its_place() {
        let source = Source::new("jobs/für uns.md", "eins\nzwei drei\n");
        let found = [
            Diagnostic::notice("page::shortcode", "left out"),
            Diagnostic::warning("page::date", "wrong").at(&source, 10..14).help("mend it"),
        ];
        let log = log(&found);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), 2);
        let [notice, warning] = run["results"].as_array().expect("results").as_slice() else {
            panic!("two results: {run}")
        };
        assert_eq!((&notice["level"], &notice["locations"]), (&json!("note"), &Value::Null));
        assert_eq!(warning["level"], "warning");
        assert_eq!(warning["message"]["text"], "wrong; mend it");
        let place = &warning["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "jobs/f%C3%BCr%20uns.md");
        let region = json!({ "startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 10 });
        assert_eq!(place["region"], region);
        for result in [notice, warning] {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(rules[index]["help"]["text"].as_str().expect("help").contains("Mend: "));
        }
    }

    #[test]
    fn a_second_place_is_a_related_location_with_what_stands_there() {
        let page = Source::new("jobs/phd.md", "title: long\n");
        let board = Source::new("channels/board.toml", "[board.limits]\ntitle = { max = 3 }\n");
        let found = Diagnostic::error("board::too-long", "too long").at(&page, 7..11).also(
            &board,
            15..34,
            "the board's limit",
        );
        let result = &log(&[found])["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "jobs/phd.md");
        let related = &result["relatedLocations"][0];
        assert_eq!(related["message"]["text"], "the board's limit");
        let place = &related["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "channels/board.toml");
        let region = json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 20 });
        assert_eq!(place["region"], region);
        let alone = Diagnostic::error("board::too-long", "too long").at(&page, 7..11);
        let log = log(&[alone]);
        assert_eq!(log["runs"][0]["results"][0].get("relatedLocations"), None);
    }
}
