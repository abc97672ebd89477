//! The board files that are shipped: each can work, says how sure it is and where that was learnt,
//! and is played through against a stand-in made of it.

use handbill::channel::known::Known;
use handbill::site::preset;

use crate::support::TestSite;

/// What a site adds to a preset so that it is whole.
fn completed(name: &str) -> String {
    let own = match name {
        "boards/google-indexing" => "key = { file = \"secrets/board\" }",
        "boards/micropub" => "type = \"bearer\"\ntoken = { file = \"secrets/board\" }",
        _ => "username = \"lab\"\npassword = { file = \"secrets/board\" }",
    };
    let base = match name {
        "boards/google-indexing" | "boards/job-room" => "",
        "boards/micropub" => "base = \"https://board.example/micropub\"\n",
        _ => "base = \"https://board.example\"\n",
    };
    let auth = if name == "boards/rest" { "" } else { own };
    format!(
        "kind = \"board\"\npreset = \"{name}\"\n[values]\ntype = \"job\"\nreference_field = \"ref\"\n\
         {JOB_ROOM}[board]\n{base}[board.auth]\n{auth}\n"
    )
    .replace("[board.auth]\n\n", "")
}

/// What Job-Room wants and no page says.
const JOB_ROOM: &str = "occupation_code = \"10000\"\npostal_code = \"3012\"\n\
     company_postal_code = \"3012\"\ncompany_city = \"Bern\"\nsalutation = \"MS\"\n\
     first_name = \"Ada\"\nlast_name = \"Tide\"\nphone = \"+41000000000\"\n\
     email = \"office@tidal.example\"\n";

/// The boards that this file knows how to complete; others bring tests of their own.
const BOARDS: [&str; 7] = [
    "boards/rest",
    "boards/wordpress",
    "boards/wp-job-manager",
    "boards/google-indexing",
    "boards/drupal",
    "boards/job-room",
    "boards/micropub",
];

#[test]
fn every_shipped_board_can_work_and_lives_its_whole_life_against_its_stand_in() {
    for name in BOARDS {
        let site = TestSite::with_channels(&[]);
        site.write("channels/board.toml", completed(name));
        site.write("secrets/board", "nobody's");
        let check = site.run(&["check", "--at", "2027-01-11"]);
        assert_eq!(check.code, 0, "{name}: {}{}", check.out, check.err);
        let ran = site.run(&["channels", "test", "board"]);
        assert_eq!(ran.code, 0, "{name}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn every_shipped_board_says_how_sure_it_is_and_where_that_was_learnt() {
    let boards: Vec<String> =
        preset::names().into_iter().filter(|name| name.starts_with("boards/")).collect();
    assert!(BOARDS.iter().all(|name| boards.iter().any(|it| it == name)), "{boards:?}");
    for name in boards {
        let text = preset::text(&name).unwrap();
        let table: toml::Table = toml::from_str(text).unwrap();
        // A card stands on another preset, which has the kind.
        let kind = match table.get("kind").and_then(|it| it.as_str()) {
            Some(kind @ ("board" | "feed")) => kind,
            _ => continue,
        };
        let board = table[kind].as_table().unwrap();
        let known: Known = board["known"].clone().try_into().unwrap();
        let learnt = board.get("docs").and_then(|it| it.as_str());
        assert!(
            known == Known::Unknown || learnt.is_some_and(|it| it.starts_with("https://")),
            "{name}"
        );
    }
}

#[test]
fn every_shipped_feed_for_a_board_can_work() {
    for (name, own) in [
        ("boards/euraxess", "organisation_key = \"123\"\n"),
        ("boards/indeed", ""),
        ("boards/personio", ""),
    ] {
        let site = TestSite::with_channels(&[]);
        site.write("channels/list.toml", format!("preset = \"{name}\"\n[feed]\n{own}"));
        let check = site.run(&["check", "--at", "2027-01-11"]);
        // Of an ad that lacks something 4 says so; 2 is a file that cannot work.
        assert_ne!(check.code, 2, "{name}: {}{}", check.out, check.err);
    }
}
