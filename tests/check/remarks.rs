//! Remarks on what a page says: each with what is meant, and with what is near and is not.

use serde_json::Value;

use crate::support::TestSite;

/// A page of a site in Germany with nothing to remark.
pub const GOOD: &str = "---\ntitle: Research diver (m/f/d)\ndate: 2027-01-04\njob:\n  \
                        organisation: University of Nordhafen\n  deadline: 2027-02-26\n---\n\
                        We measure the tide, and pay by TV-L E13, from 4,759 euros. Severely \
                        disabled applicants and all genders are welcome.\n";

/// A site with this page alone.
pub fn site_of(page: &str) -> TestSite {
    let site = TestSite::with_channels(&["feed"]);
    for folder in ["phd-tidal-forecasting", "postdoc-sediment-transport"] {
        std::fs::remove_dir_all(site.path(&format!("content/jobs/{folder}"))).expect("a page");
    }
    site.write("content/jobs/page.md", page);
    site
}

/// What check says of a page to a person, as of the 11th of January 2027.
fn said_of(page: &str) -> String {
    site_of(page).run(&["check", "--at", "2027-01-11"]).out
}

/// The remarks on a page by code and underlined words, as of the 11th of January 2027.
#[track_caller]
pub fn remarks_on(page: &str) -> Vec<(String, String)> {
    let ran = site_of(page).run(&["check", "--format", "json", "--at", "2027-01-11"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = |span: &Value| {
        let at = |place: usize| span[place].as_u64().unwrap_or_default() as usize;
        page[at(0)..at(1)].to_owned()
    };
    let all = found["diagnostics"].as_array().expect("a list");
    all.iter()
        .filter(|it| it["path"] == "content/jobs/page.md")
        .map(|it| (text(&it["code"]), words(&it["span"])))
        .collect()
}

/// That a page gets this one remark at these words.
#[track_caller]
pub fn remarked(page: &str, code: &str, words: &str) {
    assert_eq!(remarks_on(page), [(code.to_owned(), words.to_owned())], "{page}");
}

#[track_caller]
pub fn silent(page: &str) {
    assert_eq!(remarks_on(page), [], "{page}");
}

/// The codes of the remarks on a page.
#[track_caller]
pub fn codes_on(page: &str) -> Vec<String> {
    remarks_on(page).into_iter().map(|(code, _)| code).collect()
}

/// The good page under another title, with more lines below it.
pub fn titled(title: &str, lines: &str) -> String {
    with(lines).replace("Research diver (m/f/d)", title)
}

/// The good page with more lines below it.
pub fn with(lines: &str) -> String {
    format!("{GOOD}\n{lines}\n")
}

#[test]
fn a_page_with_nothing_wrong_gets_no_remark() {
    silent(GOOD);
}

#[test]
fn a_deadline_after_the_start_is_remarked_and_one_before_it_is_not() {
    let starting =
        |start: &str| GOOD.replace("  deadline", &format!("  start: {start}\n  deadline"));
    remarked(&starting("2027-01-15"), "dates::deadline-after-start", "2027-02-26");
    remarked(&starting("2027-01"), "dates::deadline-after-start", "2027-02-26");
    silent(&starting("2027-02"));
    silent(&starting("2027"));
    silent(&starting("asap"));
}

#[test]
fn of_a_deadline_in_stages_each_day_is_looked_at_and_the_last_one_closes() {
    let staged = |days: &str| GOOD.replace("2027-02-26", days);
    for days in ["2027-02-26, then 2027-03-27", "2027-02-27, then 2027-03-26"] {
        remarked(&staged(days), "dates::deadline-on-weekend", days);
    }
    let over = "2027-01-05, then 2027-01-08";
    assert!(codes_on(&staged(over)).contains(&"dates::deadline-past".to_owned()));
    silent(&staged("2027-01-08, then 2027-02-26"));
    silent(&staged("2027-01-08, then until filled"));
}

#[test]
fn a_deadline_on_a_weekend_is_a_notice() {
    remarked(&GOOD.replace("02-26", "02-27"), "dates::deadline-on-weekend", "2027-02-27");
    let undeclared = GOOD.replace("  deadline: 2027-02-26\n", "");
    silent(&format!("{undeclared}\nPlease apply before 28 February 2027.\n"));
}

#[test]
fn of_an_ad_that_is_over_only_that_is_said() {
    let over = with("TODO").replace("2027-02-26", "2027-01-10");
    remarked(&over, "dates::deadline-past", "2027-01-10");
    silent(&GOOD.replace("2027-02-26", "2027-01-11"));
    silent(&over.replace("job:\n", "job:\n  closed: true\n"));
}

#[test]
fn words_that_wait_to_be_filled_in_are_found_and_links_and_comments_are_not() {
    for words in ["TODO", "XX.XX.20XX", "[insert name]", "Lorem ipsum", "[Bitte Frist einfügen]"] {
        remarked(&with(&format!("We are {words} here.")), "leftover::placeholder", words);
    }
    silent(&with(
        "[insert coin](https://arcade.example/) <!-- TODO --> `XXX` ToDo lists, XX. century",
    ));
}

#[test]
fn a_label_without_a_value_is_found_unless_the_value_stands_below() {
    let page = with("**Deadline:**\n\n**Start:** July 2027");
    remarked(&page, "leftover::empty-field", "**Deadline:**");
    silent(&with("**Location:**\n\nOn the pier of Nordhafen"));
    silent(&with("**Your duties:**\n\n- Dive\n- Come back"));
}

#[test]
fn links_that_lead_nowhere_are_found() {
    for words in [
        "[the form]()",
        "[the form](#)",
        "http://localhost:1313/jobs/",
        "file:///home/me/ad.pdf",
        "https://www.example.com/form",
        "jobs@example.org",
    ] {
        remarked(&with(&format!("See {words} for more.")), "leftover::link", words);
    }
    silent(&with("See [above](#top), https://tides.example/ and https://my-example.com/"));
}

#[test]
fn a_picture_without_words_is_a_notice_and_one_that_decorates_is_none() {
    remarked(&with("![](flume.jpg)"), "text::image-without-words", "![](flume.jpg)");
    remarked(&with("<img src=\"a.png\">"), "text::image-without-words", "<img src=\"a.png\">");
    silent(&with("![The flume](flume.jpg)\n\n<img src=\"a.png\" alt=\"\">"));
}

#[test]
fn characters_that_get_lost_are_told_once_each() {
    remarked(&with("Tide\u{ad}computing, tide\u{ad}table"), "text::lost-character", "\u{ad}");
    remarked(&with("\u{f0b7} a bullet of one font"), "text::lost-character", "\u{f0b7}");
    remarked(&with("a\u{200b}b"), "text::lost-character", "\u{200b}");
    silent(&with("Ä — “tide” 👩‍🔬 日本"));
}

#[test]
fn what_search_engines_require_is_named_where_a_feed_is_made_for_them() {
    let page = GOOD.replace("  organisation: University of Nordhafen\n", "");
    let page = page.replace("date: 2027-01-04\n", "");
    let found = remarks_on(&page);
    assert_eq!(found, [("search::missing".to_owned(), "---".to_owned())]);
}

#[test]
fn a_title_in_one_gender_is_remarked_in_germany() {
    let titled = |title: &str| GOOD.replace("Research diver (m/f/d)", title);
    for (title, noun) in [
        ("Doktorand in der Küstenforschung", "Doktorand"),
        ("Wissenschaftliche Mitarbeiterin", "Mitarbeiterin"),
    ] {
        remarked(&titled(title), "law::gendered-title", noun);
    }
    remarked(&titled("Techniker (m/w)"), "law::third-gender", "(m/w)");
    let other = titled("Doktorand").replace("measure", "suchen eine Doktorand*in und");
    let said = said_of(&other);
    assert!(said.contains("and `Doktorand*in` on line 8 names everybody"), "{said}");
    for title in [
        "Doktorand (m/w/d)",
        "Doktorand*in",
        "Techniker (w|m|d)",
        "Techniker/in",
        "Mitarbeiter:innen der Werft",
        "MitarbeiterInnen der Werft",
        "Doktorandin oder Doktorand",
        "Mitarbeiterstelle",
        "Research diver",
    ] {
        silent(&titled(&format!("\"{title}\"")));
    }
    let abroad = GOOD.replace("job:\n", "job:\n  country: AT\n");
    silent(&abroad.replace("Research diver (m/f/d)", "Doktorand"));
}

#[test]
fn words_that_turn_people_away_are_remarked_in_germany() {
    for words in ["junges, dynamisches Team", "young and motivated team", "digital natives"] {
        remarked(&with(&format!("We are {words} here.")), "law::age", words);
    }
    remarked(&with("You are a native speaker of German."), "law::native-speaker", "native speaker");
    silent(&with("Native speakers or C1. A team of young researchers. Non-native speakers too."));
}

#[test]
fn an_ad_in_the_union_without_any_pay_gets_a_notice() {
    let without = GOOD.replace(", and pay by TV-L E13, from 4,759 euros", "");
    assert_eq!(remarks_on(&without), [("law::pay-range".to_owned(), "---".to_owned())]);
    silent(&without.replace("job:\n", "job:\n  country: CH\n"));
}

#[test]
fn a_site_switches_remarks_off_or_makes_them_errors() {
    let site = TestSite::with_channels(&["feed"]);
    site.write("content/jobs/page.md", with("TODO").replace("02-26", "02-27"));
    let rules =
        "\n[check]\noff = [\"dates::deadline-on-weekend\"]\ndeny = [\"leftover::placeholder\"]\n";
    let file = site.read("handbill.toml");
    site.write("handbill.toml", format!("{file}{rules}"));
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(ran.out.contains("error[leftover::placeholder]"), "{}", ran.out);
    assert!(!ran.out.contains("weekend"), "{}", ran.out);
    site.replace("handbill.toml", "deadline-on-weekend", "deadline-on-weekends");
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("error[config::unknown-code]"), "{}", ran.out);
    assert!(ran.out.contains("did you mean `dates::deadline-on-weekend`?"), "{}", ran.out);
}

#[test]
fn a_page_that_is_not_named_gets_no_remark_though_its_translation_is() {
    let site = TestSite::with_channels(&["feed"]);
    site.replace("handbill.toml", "language = \"en\"", "languages = [\"en\", \"de\"]");
    site.write("content/jobs/page.md", GOOD);
    site.write("content/jobs/page.de.md", with("TODO"));
    let ran = site.run(&["check", "--at", "2027-01-11", "content/jobs/page.md"]);
    assert!(ran.code == 0 && !ran.out.contains("leftover"), "{ran:?}");
    let ran = site.run(&["check", "--at", "2027-01-11", "content/jobs/page.de.md"]);
    assert!(ran.code == 0 && ran.out.contains("leftover::placeholder"), "{ran:?}");
}

#[test]
fn a_page_that_offers_no_position_is_said_to_be_so_and_no_more() {
    let site = TestSite::with_channels(&["feed"]);
    let page = "---\ntitle: Untitled\n---\nTODO\n\nDeadline:\n";
    site.write("content/jobs/page.md", page);
    let ran = site.run(&["check", "--at", "2027-01-11", "content/jobs/page.md"]);
    assert!(ran.code == 0 && ran.out.contains("[facts::no-opening]"), "{ran:?}");
    assert!(ran.out.contains("0 errors, 1 warning, 0 notices"), "{}", ran.out);
}
