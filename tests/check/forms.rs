//! How findings are explained, and written for code hosts.

use serde_json::Value;

use crate::support::TestSite;

/// A site with one page that has a mistake.
fn site() -> TestSite {
    let site = TestSite::with_channels(&["feed"]);
    site.write(
        "content/jobs/bad.md",
        "---\ntitle: Diver\njob:\n  dedline: 2027-02-28\n---\nDive.\n",
    );
    site
}

#[test]
fn a_code_is_explained_with_why_it_matters_and_how_to_mend_it() {
    let site = site();
    let ran = site.run(&["check", "--explain", "markdown::lost-bullet"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("markdown::lost-bullet\n\nA line in a list"), "{}", ran.out);
    assert!(ran.out.contains("\nWhy: ") && ran.out.contains("\nMend: "), "{}", ran.out);
}

#[test]
fn a_mistyped_code_gets_a_suggestion_and_an_unknown_one_a_hint() {
    let site = site();
    let ran = site.run(&["check", "--explain", "markdown::lost-bulet"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("help: did you mean `markdown::lost-bullet`?"), "{}", ran.err);
    let ran = site.run(&["check", "--explain", "H012"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no code `H012`"), "{}", ran.err);
}

#[test]
fn a_report_for_people_ends_with_how_to_learn_more_and_one_for_machines_does_not() {
    let site = site();
    let ran = site.run(&["check"]);
    let more = "more on a code: `handbill check --explain job::unknown-key`\n";
    assert!(ran.out.contains(more), "{}", ran.out);
    let json = site.run(&["check", "--format", "json"]);
    assert!(!json.out.contains("--explain"), "{}", json.out);
}

#[test]
fn github_gets_an_annotation_for_each_finding() {
    let ran = site().run(&["check", "--format", "github"]);
    assert_eq!(ran.code, 4);
    let error = ran.out.lines().find(|line| line.starts_with("::error ")).expect("the error");
    assert!(
        error.starts_with(
            "::error file=content/jobs/bad.md,line=4,endLine=4,col=3,endColumn=10,\
             title=job%3A%3Aunknown-key::"
        ),
        "{error}"
    );
    assert!(ran.out.lines().all(|line| line.starts_with("::")), "{}", ran.out);
}

#[test]
fn sarif_names_rules_places_and_levels() {
    let ran = site().run(&["check", "--format", "sarif"]);
    assert_eq!(ran.code, 4);
    let log: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(log["version"], "2.1.0");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let error = results.iter().find(|it| it["level"] == "error").expect("the error");
    assert_eq!(error["ruleId"], "job::unknown-key");
    let place = &error["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "content/jobs/bad.md");
    assert_eq!(
        (&place["region"]["startLine"], &place["region"]["startColumn"]),
        (&4.into(), &3.into())
    );
}

#[test]
fn a_wrong_configuration_is_told_in_every_form() {
    let site = site();
    site.replace("channels/feed.toml", "kind = \"feed\"", "kind = \"fed\"");
    for form in ["github", "sarif"] {
        let ran = site.run(&["check", "--format", form]);
        assert_eq!(ran.code, 2);
        assert!(ran.out.contains("there is no kind of channel"), "{}", ran.out);
    }
}
