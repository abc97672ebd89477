//! What a dry run shows of short texts: in which language they go out, what they cost, how many
//! hashtags they have.

use serde_json::Value;

use super::{AT, json};
use crate::support::TestSite;

const PHD: &str = "content/jobs/phd-tidal-forecasting/index.md";
const PHD_IN_GERMAN: &str = "content/jobs/phd-tidal-forecasting/index.de.md";

/// The same ad in German.
const GERMAN: &str = r#"---
title: "TCG/03/2027: Promotionsstelle im maschinellen Lernen für Gezeiten (m/w/d)"
publishDate: "2027-01-11T00:00:00Z"
tags: [Gezeiten]
---

Die **Tidal Computing Group (TCG)** der Universität Nordhafen sucht eine Doktorandin oder einen Doktoranden (TV-L E13, 75 %) ab Juli 2027 für drei Jahre. Sie werden mit Pegeldaten aus zwanzig Jahren arbeiten.

**Ihre Aufgaben:**

- Vorhersagen des Wasserstands an vierzehn Pegeln prüfen
- Modelle entwickeln, die sagen, wie sicher sie sind

Bitte senden Sie Ihre Bewerbung bis zum **28. Februar 2027** unter Angabe der Kennziffer TCG/03/2027 an [Prof. Dr. Marlene Brandt](mailto:marlene.brandt@tidal.example).
"#;

fn dry_run(site: &TestSite) -> Value {
    json(&site.run(&["post", "--dry-run", "--format", "json", "--at", AT, PHD]))
}

/// What a channel would send.
fn sent<'a>(steps: &'a Value, channel: &str) -> &'a Value {
    let steps = steps["steps"].as_array().expect("steps");
    let of_channel =
        |step: &&Value| step["name"]["channel"] == channel || step["channel"] == channel;
    steps.iter().find(of_channel).unwrap_or_else(|| panic!("no step for {channel}: {steps:?}"))
}

fn text(step: &Value) -> &str {
    step["preview"]["rendition"]["text"].as_str().unwrap_or_else(|| panic!("no text: {step}"))
}

#[test]
fn a_posting_in_two_languages_goes_to_each_channel_in_its_own() {
    let site = TestSite::with_channels(&["mastodon"]);
    site.replace(
        "handbill.toml",
        "language = \"en\"",
        "language = \"en\"\nlanguages = [\"en\", \"de\"]",
    );
    site.write(PHD_IN_GERMAN, GERMAN);
    let file = site.read("channels/mastodon.toml");
    for (name, language) in [("german", "de"), ("austrian", "de-AT"), ("english", "en")] {
        let server = format!("https://{name}.example");
        let file = file.replace("https://social.example", &server);
        site.write(&format!("channels/{name}.toml"), format!("language = \"{language}\"\n{file}"));
    }
    let steps = dry_run(&site);
    for (channel, language, title) in [
        ("german", "de", "Promotionsstelle im maschinellen Lernen"),
        ("austrian", "de", "Promotionsstelle im maschinellen Lernen"),
        ("english", "en", "Ph.D. position in Machine Learning"),
        ("mastodon", "en", "Ph.D. position in Machine Learning"),
    ] {
        let step = sent(&steps, channel);
        assert!(text(step).starts_with(title), "{channel}: {step}");
        assert_eq!(step["preview"]["rendition"]["language"], language, "{channel}");
        let body = step["preview"]["wire"]["body"].as_str().expect("a request");
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["language"], language, "{channel}");
        let apply = if language == "de" { "Bewerbung bis" } else { "Apply by" };
        assert!(text(step).contains(apply), "{channel}: {step}");
    }
}

#[test]
fn a_dry_run_says_what_a_post_on_x_costs_and_for_which_link() {
    let site = TestSite::with_channels(&["x", "mastodon"]);
    let steps = dry_run(&site);
    // The example's address has no top-level domain, so X makes no link of it.
    assert_eq!(sent(&steps, "x")["cost_usd"], 0.015);
    assert_eq!(sent(&steps, "mastodon")["cost_usd"], Value::Null);

    site.replace("handbill.toml", "https://tidal.example/", "https://tidal-computing.org/");
    assert_eq!(sent(&dry_run(&site), "x")["cost_usd"], 0.2);
    let shown = site.run(&["post", "--dry-run", "--at", AT, PHD]).out;
    let cost = "costs $0.200 with a link (https://tidal-computing.org/jobs/phd-tidal-forecasting/)";
    assert!(shown.contains(cost) && shown.contains("read on 2026-08-22"), "{shown}");
}

#[test]
fn words_are_approved_with_their_price() {
    let site = TestSite::with_channels(&["x"]);
    let file = site.read("channels/x.toml");
    site.write("channels/x.toml", format!("approval = true\n{file}"));
    site.replace("handbill.toml", "https://tidal.example/", "https://tidal-computing.org/");
    let posting = "tcg-03-2027";
    let shown = site.run(&["approve", posting, "--show", "--at", AT]);
    assert!(shown.out.contains("\n    costs $0.200 with a link ("), "{shown:?}");
    let told = site.run(&["approve", posting, "--by", "M. Brandt", "--at", AT, "--format", "json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(told[0]["words"][0]["cost_usd"], 0.2, "{told}");
}

#[test]
fn a_picture_on_x_costs_more_and_needs_more_of_the_budget() {
    let site = TestSite::with_channels(&["x"]);
    let file = site.read("channels/x.toml");
    let with = |budget: &str| format!("picture = \"page\"\nbudget = {{ {budget} }}\n{file}");
    site.write("channels/x.toml", with("per_month = 20"));
    let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
    png.extend([0, 0, 2, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0]);
    site.write(&PHD.replace("index.md", "buoy.png"), png);
    let page = site.read(PHD);
    site.write(PHD, format!("{page}\n![A buoy in a storm](buoy.png)\n"));
    assert_eq!(sent(&dry_run(&site), "x")["cost_usd"], 0.02);
    let shown = site.run(&["post", "--dry-run", "--at", AT, PHD]).out;
    assert!(shown.contains("costs $0.020 with a picture, without a link; "), "{shown}");
    site.write("channels/x.toml", with("per_month = 0.2"));
    let ran = site.run(&["plan"]);
    let words = "a post costs 0.205, which is more than a month may cost (0.20)";
    assert!(ran.code == 2 && ran.err.contains(words), "{ran:?}");
}

#[test]
fn a_budget_for_x_knows_the_price_of_a_post() {
    let site = TestSite::with_channels(&["x"]);
    let file = site.read("channels/x.toml");
    site.write("channels/x.toml", format!("budget = {{ per_month = 20 }}\n{file}"));
    assert_eq!(site.run(&["plan"]).code, 0);
    site.write("channels/x.toml", format!("budget = {{ per_month = 0.1 }}\n{file}"));
    let ran = site.run(&["plan"]);
    let words = "a post costs 0.20, which is more than a month may cost (0.10)";
    assert!(ran.code == 2 && ran.err.contains(words), "{ran:?}");
}

#[test]
fn a_channel_has_as_many_hashtags_as_its_file_wants() {
    let site = TestSite::with_channels(&["mastodon"]);
    assert!(text(sent(&dry_run(&site), "mastodon")).ends_with("#MachineLearning #OceanModelling"));
    let file = site.read("channels/mastodon.toml");
    site.write("channels/mastodon.toml", format!("hashtags = 1\n{file}"));
    assert!(text(sent(&dry_run(&site), "mastodon")).ends_with("\n#MachineLearning"));
    site.write("channels/mastodon.toml", format!("hashtags = 0\n{file}"));
    assert!(!text(sent(&dry_run(&site), "mastodon")).contains('#'));
}
