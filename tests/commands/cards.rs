//! Cards: what a person types into the form of a board that has no interface of its own.

use handbill::site::preset;
use serde_json::Value;

use super::{PAGE, json};
use crate::support::{TestSite, golden};

const PHD: &str = "content/jobs/phd-tidal-forecasting/index.md";

/// The postdoc's page, on one board.
fn site_with(name: &str, file: &str) -> TestSite {
    let site = TestSite::with_channels(&[]);
    site.write(&format!("channels/{name}.toml"), file);
    site.waits_for_no_page();
    site
}

fn stellenwerk() -> TestSite {
    site_with("stellenwerk", "preset = \"boards/stellenwerk\"\n")
}

/// A form whose fields are known, with little room.
const NARROW: &str = r#"kind = "manual"

[manual]
place = "https://board.example/new"

[[manual.fields]]
name = "Title"
text = "{{ title | shorten }}"
limit = 45
required = true

[[manual.fields]]
name = "Text"
text = """
{{ html | safe }}
<p>{{ link }}</p>"""
format = "html"
limit = 700

[[manual.fields]]
name = "Deadline"
text = "{{ deadline_text }}"
required = true
"#;

fn card(site: &TestSite, arguments: &[&str]) -> Value {
    let ran = site.run(&[&["card", "--format", "json"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    json(&ran)
}

fn field<'a>(card: &'a Value, name: &str) -> &'a Value {
    let fields = card["fields"].as_array().expect("fields");
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("{card}"))
}

#[test]
fn a_card_shows_every_field_ready_to_paste() {
    let site = stellenwerk();
    let before = site.snapshot();
    let ran = site.run(&["card", "stellenwerk", "tcg-03-2027"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    golden("card.stellenwerk.tcg-03-2027.txt", &ran.out);
    for line in ran.out.lines().filter(|line| line.starts_with("---")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!ran.out.contains('\u{1b}'), "no colour where no terminal is");
    assert_eq!(site.snapshot(), before, "showing a card changes nothing");
}

#[test]
fn a_card_is_a_page_that_needs_no_script() {
    let site = stellenwerk();
    let ran = site.run(&["card", "stellenwerk", "tcg-03-2027", "--format", "html"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    golden("card.stellenwerk.tcg-03-2027.html", &ran.out);
    assert!(!ran.out.contains("<script"), "{}", ran.out);
    assert!(!ran.out.contains("src="), "nothing is loaded from elsewhere: {}", ran.out);
    let written = site.run(&["card", "stellenwerk", "--folder", "cards"]);
    assert_eq!(
        (written.code, written.out.as_str()),
        (0, "cards/stellenwerk.tcg-03-2027.html\ncards/stellenwerk.tcg-04-2027.html\n"),
        "{written:?}"
    );
    assert_eq!(site.read("cards/stellenwerk.tcg-03-2027.html"), ran.out);
    let two = site.run(&["card", "stellenwerk", "--format", "html"]);
    assert_eq!(two.code, 2, "{two:?}");
}

#[test]
fn what_the_page_says_is_escaped_in_the_page_of_the_card() {
    let site = stellenwerk();
    site.replace(PAGE, "Sediment", "</textarea><script>alert(1)</script> Sediment");
    let ran = site.run(&["card", "stellenwerk", "tcg-04-2027", "--format", "html"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("<script"), "{}", ran.out);
}

#[test]
fn each_field_is_fitted_to_its_limit_and_says_so() {
    let site = site_with("narrow", NARROW);
    let cards = card(&site, &["narrow", "tcg-03-2027"]);
    let title = field(&cards[0], "Title");
    let words = title["text"].as_str().expect("words");
    assert!(words.chars().count() <= 45 && words.starts_with("Ph.D. position"), "{title}");
    assert_eq!(title["length"], words.chars().count());
    let left_out = title["left_out"][0].as_str().expect("what was left out");
    assert!(left_out.starts_with("shortened: Ph.D. position"), "{title}");

    let text = field(&cards[0], "Text");
    let html = text["text"].as_str().expect("words");
    assert!(html.chars().count() <= 700, "{text}");
    assert_eq!(html.matches("<p>").count(), html.matches("</p>").count(), "{html}");
    let link = "<p>https://tidal.example/jobs/phd-tidal-forecasting/</p>";
    assert!(html.ends_with(link), "what stands below the ad stays: {html}");
    let left_out = text["left_out"][0].as_str().expect("what was left out");
    assert!(left_out.starts_with("left out: the last "), "{left_out}");
    assert!(left_out.contains(" of the ad"), "{left_out}");

    let shown = site.run(&["card", "narrow", "tcg-03-2027"]);
    assert!(shown.out.contains("--- 1. Title: required, "), "{}", shown.out);
    assert!(shown.out.contains("--- to fit, shortened: "), "{}", shown.out);
}

#[test]
fn a_lab_writes_the_limit_of_a_field_alone() {
    let limits = "preset = \"boards/academics-de\"\n[manual.limits]\n\"Description\" = 600\n";
    let site = site_with("academics", limits);
    let cards = card(&site, &["academics", "tcg-03-2027"]);
    let words = field(&cards[0], "Description")["text"].as_str().expect("words").to_owned();
    assert!(words.chars().count() <= 600 && words.chars().count() > 300, "{words}");
    site.replace("channels/academics.toml", "\"Description\"", "\"Descriptoin\"");
    let wrong = site.run(&["check"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.out.contains("no field is named `Descriptoin`"), "{}", wrong.out);
}

#[test]
fn a_link_that_does_not_fit_is_never_cut() {
    let site = site_with("narrow", NARROW);
    site.replace("channels/narrow.toml", "{{ deadline_text }}", "{{ link }}");
    site.replace("channels/narrow.toml", "limit = 700", "limit = 700\n# x");
    site.replace("channels/narrow.toml", "name = \"Deadline\"", "name = \"Link\"\nlimit = 20");
    let ran = site.run(&["card", "narrow", "tcg-03-2027"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("`Link` need") && ran.err.contains("allows 20"), "{}", ran.err);
    assert_eq!(site.run(&["check"]).code, 4);
}

#[test]
fn a_person_is_asked_with_the_card_and_records_the_link() {
    let site = stellenwerk();
    site.replace(PAGE, "publishDate: \"2027-01-11T00:00:00Z\"", "publishDate: 2020-01-11");
    assert_eq!(site.run(&["post", PAGE]).code, 0);
    let log = json(&site.run(&["log", "--format", "json"]));
    assert_eq!((log.as_array().map(Vec::len), &log[0]["state"]), (Some(1), &"asked".into()));
    let id = log[0]["id"].as_str().expect("an id").to_owned();
    let errand = site.run(&["log", "show", &id]);
    assert!(errand.out.contains("--- 1. Title: required, "), "{}", errand.out);
    let shown = card(&site, &["stellenwerk", "tcg-04-2027"]);
    assert_eq!(shown[0]["command"], format!("handbill record {id} LINK"));
    let link = "https://stellenwerk.example/7";
    assert_eq!(site.run(&["record", &id, link]).code, 0);
    let shown = card(&site, &["stellenwerk", "tcg-04-2027"]);
    assert_eq!((&shown[0]["command"], &shown[0]["changes"]), (&Value::Null, &Value::Array(vec![])));

    // The ad changes: exactly what changed is asked for, before and after.
    site.replace(PAGE, "October 2027", "November 2027");
    assert_eq!(site.run(&["post", "--now", PAGE]).code, 0);
    let log = json(&site.run(&["log", "--format", "json"]));
    let update = log.as_array().expect("rows").iter().find(|row| row["occasion"] == "update");
    let update = update.expect("an errand")["id"].as_str().expect("an id").to_owned();
    let shown = card(&site, &["stellenwerk", "tcg-04-2027"]);
    let changed: Vec<&str> = shown[0]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter_map(|change| change["name"].as_str())
        .collect();
    assert!(changed.contains(&"Start") && !changed.contains(&"Title"), "{changed:?}");
    assert_eq!(shown[0]["command"], format!("handbill record {update}"));
    let asked = site.run(&["log", "show", &update]);
    let said =
        "--- Start, before:\n    | October 2027\n    | --- Start, now:\n    | November 2027\n";
    let plain: String = asked.out.lines().map(|it| format!("{}\n", it.trim_start())).collect();
    let wanted: String = said.lines().map(|it| format!("{}\n", it.trim_start())).collect();
    assert!(
        plain.contains(&wanted) || plain.replace("| ", "").contains(&wanted.replace("| ", "")),
        "{}",
        asked.out
    );
    assert!(asked.out.contains(link), "where the copy is: {}", asked.out);
    assert!(!asked.out.contains("--- 1. Title"), "only what changed: {}", asked.out);
    assert_eq!(site.run(&["record", &update]).code, 0);
    assert_eq!(card(&site, &["stellenwerk", "tcg-04-2027"])[0]["changes"], Value::Array(vec![]));

    // It closes.
    site.replace(PAGE, "\ntags:", "\nclosed: true\ntags:");
    assert_eq!(site.run(&["post"]).code, 0);
    let log = json(&site.run(&["log", "--format", "json"]));
    let close = log.as_array().expect("rows").iter().find(|row| row["occasion"] == "close");
    let close = close.expect("an errand")["id"].as_str().expect("an id").to_owned();
    assert!(site.run(&["log", "show", &close]).out.contains("Please take down"));
}

#[test]
fn an_errand_that_nobody_did_is_worded_anew_when_the_ad_changes() {
    let site = stellenwerk();
    site.replace(PAGE, "publishDate: \"2027-01-11T00:00:00Z\"", "publishDate: 2020-01-11");
    assert_eq!(site.run(&["post", PAGE]).code, 0);
    site.replace(PAGE, "October 2027", "November 2027");
    assert_eq!(site.run(&["post", "--now", PAGE]).code, 0);
    let log = json(&site.run(&["log", "--format", "json"]));
    let update = log.as_array().expect("rows").iter().find(|row| row["occasion"] == "update");
    let id = update.expect("an errand")["id"].as_str().expect("an id").to_owned();
    let errand = site.run(&["log", "show", &id]).out;
    assert!(errand.contains("The ad has changed since you were asked"), "{errand}");
    assert!(errand.contains("--- Start, now:") && errand.contains("--- 1. Title"), "{errand}");
}

#[test]
fn check_names_the_required_field_the_page_and_the_line_of_the_card() {
    let site = site_with("narrow", NARROW);
    std::fs::remove_dir_all(site.path("content/jobs/phd-tidal-forecasting")).expect("removed");
    let page = "---\ntitle: Postdoc in Waves\ndate: 2027-01-11\njob:\n  id: waves\n---\n\
                We count waves. Write to jobs@tidal.example.\n";
    site.write(PAGE, page);
    let found = json(&site.run(&["check", "--format", "json"]));
    let all = found["diagnostics"].as_array().expect("a list");
    let remark = all.iter().find(|it| it["code"] == "card::required").expect("the remark");
    assert_eq!(
        remark["message"],
        "narrow: the form requires “Deadline”, and this page does not say it"
    );
    assert_eq!((&remark["path"], &remark["line"]), (&PAGE.into(), &1.into()));
    let help = remark["help"].as_str().expect("help");
    assert!(help.contains("`{{ deadline_text }}`"), "{help}");
    let card = &remark["also"];
    assert_eq!((&card["path"], &card["line"]), (&"channels/narrow.toml".into(), &21.into()));
    let shown = site.run(&["card", "narrow", "waves"]);
    assert!(
        shown.out.contains("--- 3. Deadline: required, and the page does not say it\n(nothing)\n"),
        "{}",
        shown.out
    );
}

#[test]
fn check_names_the_line_of_a_preset_too() {
    let site = stellenwerk();
    let page = "---\ntitle: Postdoc in Waves\ndate: 2027-01-11\njob:\n  id: waves\n---\n\
                We count waves. Write to jobs@tidal.example.\n";
    site.write(PAGE, page);
    let found = json(&site.run(&["check", "--format", "json"]));
    let all = found["diagnostics"].as_array().expect("a list");
    let about_deadline = |it: &&Value| {
        it["code"] == "card::required" && it["message"].as_str().unwrap_or("").contains("Deadline")
    };
    let remark = all.iter().find(about_deadline).expect("the remark");
    let card = preset::text("boards/form").expect("the preset");
    let line = 1 + card.lines().position(|it| it == "name = \"Deadline\"").expect("the field");
    let also = &remark["also"];
    assert_eq!((&also["path"], &also["line"]), (&"channels/boards/form.toml".into(), &line.into()));
}

#[test]
fn every_card_that_ships_takes_the_example() {
    let mut cards = 0;
    for name in preset::names() {
        if !preset::with_those_below(&name).iter().any(|(name, _)| name == "boards/form") {
            continue;
        }
        cards += 1;
        let mut file = format!("preset = \"{name}\"\n");
        if name == "boards/form" {
            file += "[manual]\nplace = \"a form\"\n";
        } else {
            let text = preset::text(&name).expect("a preset");
            assert!(text.contains("known = \"unknown\""), "{name}: its form was not seen");
        }
        let site = site_with("board", &file);
        let ran = site.run(&["card", "board", "tcg-03-2027"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
        assert!(ran.out.contains("https://tidal.example/jobs/phd-tidal-forecasting/"), "{name}");
    }
    assert!(cards >= 15, "{cards}");
}

#[test]
fn a_channel_without_a_form_has_no_card() {
    let site = TestSite::with_channels(&["careers-office", "mastodon"]);
    for channel in ["careers-office", "mastodon"] {
        let ran = site.run(&["card", channel, "tcg-03-2027"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(&format!("{channel} has no card")), "{}", ran.err);
    }
    let nobody = site.run(&["card", "careers-office", "tcg-33-2027"]);
    assert!(nobody.err.contains("did you mean `tcg-03-2027`?"), "{}", nobody.err);
    let nothing = site.run(&["card", "nowhere"]);
    assert_eq!(nothing.code, 2, "{nothing:?}");
    assert!(std::fs::metadata(site.path(PHD)).is_ok());
}
