//! What a board would not take is told before anything is sent, with the line of the page and that
//! of the board's file.

use crate::support::TestSite;

const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";

fn site(limits: &str) -> TestSite {
    let site = TestSite::with_channels(&["board"]);
    std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
    let file = site.read("channels/board.toml");
    site.write("channels/board.toml", format!("{file}\n[board.limits]\n{limits}"));
    site
}

fn said(site: &TestSite) -> (i32, String) {
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    (ran.code, ran.out)
}

fn line_of(site: &TestSite, file: &str, words: &str) -> usize {
    site.read(file).lines().position(|line| line.contains(words)).unwrap() + 1
}

#[test]
fn a_title_that_is_too_long_is_shown_beside_the_limit() {
    let site = site("title = { max = 12 }\n");
    let (code, found) = said(&site);
    assert_eq!(code, 4, "{found}");
    assert!(found.contains("error[board::too-long]"), "{found}");
    assert!(found.contains("takes 12 characters of `title`"), "{found}");
    let title = line_of(&site, PAGE, "title:");
    assert!(found.contains(&format!("{PAGE}:{title}:")), "{found}");
    let limit = line_of(&site, "channels/board.toml", "title = { max");
    assert!(found.contains(&format!("channels/board.toml:{limit}:")), "{found}");
    assert!(!found.contains("channel::rendition"), "it is said once: {found}");
    let json = site.run(&["check", "--at", "2027-01-11", "--format", "json"]).out;
    assert!(json.contains("\"also\"") && json.contains("\"the board's limit\""), "{json}");
    site.replace("channels/board.toml", "max = 12", "max = 40, on_over = \"truncate\"");
    let (code, found) = said(&site);
    assert_eq!(code, 0, "{found}");
    assert!(found.contains("warning[board::too-long]"), "{found}");
}

#[test]
fn a_value_without_a_word_of_the_boards_is_told() {
    let site = site("enums.position_type = { postdoc = \"R2\" }\n");
    let (code, found) = said(&site);
    assert_eq!(code, 4, "{found}");
    assert!(found.contains("error[board::unmapped]") && found.contains("“phd”"), "{found}");
    site.replace("channels/board.toml", "postdoc = \"R2\"", "\"*\" = \"other\"");
    assert!(!said(&site).1.contains("board::"), "{found}");
}

#[test]
fn what_the_board_requires_and_the_page_does_not_say_is_told() {
    let site = site("required = [\"pay_scheme\", \"deadline\"]\n");
    let page = site.read(PAGE);
    let kept: Vec<&str> =
        page.lines().filter(|line| !line.contains("TV-L") && !line.contains("TVL")).collect();
    site.write(PAGE, kept.join("\n"));
    let (code, found) = said(&site);
    assert_eq!(code, 4, "{found}");
    assert!(found.contains("error[board::missing]") && found.contains("pay_scheme"), "{found}");
    assert!(!found.contains("without `deadline`"), "{found}");
    let post = site.run(&["post", "--dry-run", "--at", "2027-01-11"]);
    assert!(format!("{}{}", post.out, post.err).contains("pay_scheme"), "{post:?}");
}

#[test]
fn an_element_that_the_board_does_not_take_is_shown_where_it_stands() {
    let site = site("description = { tags = [\"p\", \"ul\", \"li\"] }\n");
    let page = site.read(PAGE);
    site.write(PAGE, format!("{page}\n| What | How |\n|---|---|\n| Pay | well |\n"));
    let (_, found) = said(&site);
    assert!(found.contains("warning[board::tag]") && found.contains("no `<table>`"), "{found}");
    let table = line_of(&site, PAGE, "| What");
    assert!(found.contains(&format!("{PAGE}:{table}:")), "{found}");
    let tags = line_of(&site, "channels/board.toml", "tags =");
    assert!(found.contains(&format!("channels/board.toml:{tags}:")), "{found}");
}

#[test]
fn an_unknown_key_is_told_with_what_was_meant() {
    let site = TestSite::with_channels(&["board"]);
    let file = site.read("channels/board.toml");
    site.write("channels/board.toml", file.replace("[board]", "[board]\nlimitz = {}"));
    let (code, found) = said(&site);
    assert_eq!(code, 2, "{found}");
    assert!(found.contains("did you mean `limits`?"), "{found}");
}

/// Code hosts show both places: the page's line, and beside it the line of the board's file.
#[test]
fn both_places_are_in_sarif() {
    let site = site("title = { max = 12 }\n");
    let ran = site.run(&["check", "--at", "2027-01-11", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let found = results.iter().find(|it| it["ruleId"] == "board::too-long").unwrap();
    let line = |place: &serde_json::Value| {
        let place = &place["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        (uri, place["region"]["startLine"].as_u64().unwrap() as usize)
    };
    assert_eq!(line(&found["locations"][0]), (PAGE.to_owned(), line_of(&site, PAGE, "title:")));
    let limit = line_of(&site, "channels/board.toml", "title = { max");
    let related = &found["relatedLocations"][0];
    assert_eq!(line(related), ("channels/board.toml".to_owned(), limit));
    assert_eq!(related["message"]["text"], "the board's limit");
}

#[test]
fn a_session_in_single_brackets_is_told_how_it_is_written() {
    let site = TestSite::with_channels(&["board"]);
    let file = site.read("channels/board.toml");
    site.write("channels/board.toml", format!("{file}\n[board.session]\nurl = \"/x\"\n"));
    let (code, found) = said(&site);
    assert_eq!(code, 2, "{found}");
    assert!(found.contains("in two brackets: `[[board.session]]`"), "{found}");
}
