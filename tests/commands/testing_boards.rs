//! `handbill channels test` and `handbill channels schema`: what helps to write a board's file.

use serde_json::Value;

use crate::support::TestSite;

fn site() -> TestSite {
    let site = TestSite::with_channels(&["board"]);
    std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
    site
}

#[test]
fn a_board_is_played_step_by_step_and_nothing_leaves() {
    let site = site();
    for named in ["channels/board.toml", "board"] {
        let ran = site.run(&["channels", "test", named]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for step in ["credentials\n", "create\n", "find\n", "update\n", "verify\n", "withdraw\n"] {
            assert!(ran.out.contains(&format!("\n{step}")), "{step}: {}", ran.out);
        }
        assert!(ran.out.contains("> POST http://127.0.0.1:"), "{}", ran.out);
        assert!(ran.out.contains("< 201"), "{}", ran.out);
        assert!(ran.out.contains("> Authorization: Bearer {secret}"), "{}", ran.out);
        assert!(!ran.out.contains("rehearsal-secret"), "{}", ran.out);
        assert!(ran.out.contains("= agrees"), "{}", ran.out);
    }
    let ran = site.run(&["channels", "test", "bord"]);
    assert!(ran.code == 2 && ran.err.contains("the channels are board"), "{ran:?}");
}

#[test]
fn the_real_server_is_asked_only_if_it_is_named() {
    let site = site();
    let ran = site.run(&["channels", "test", "board", "--server", "https://elsewhere.example"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("name the server that the file names"), "{ran:?}");
}

#[test]
fn what_a_server_said_once_is_played_back() {
    let site = site();
    let answer = |method: &str, path: &str, status: u16, body: &str| serde_json::json!({ "method": method, "path": path, "status": status, "body": body });
    // The number under which the test ad is looked for.
    let played = site.run(&["channels", "test", "board"]).out;
    let id = played
        .split("?reference=")
        .skip(1)
        .filter_map(|it| it.lines().next())
        .find(|it| *it != "handbill-probe")
        .unwrap_or_else(|| panic!("{played}"));
    assert!(id.ends_with("-test"), "{id}");
    let search = format!("/api/jobs?reference={id}");
    let record = serde_json::json!([
        answer("GET", "/api/jobs?reference=handbill-probe", 200, "[]"),
        answer("GET", &search, 200, "[]"),
        answer("POST", "/api/jobs", 422, "{\"error\":\"no credits\"}"),
    ]);
    site.write("said.json", record.to_string());
    let ran = site.run(&["channels", "test", "board", "--recorded", "said.json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("= refused: HTTP 422") && ran.out.contains("no credits"), "{ran:?}");
}

#[test]
fn the_schema_knows_every_key_of_a_board() {
    let site = TestSite::new();
    let ran = site.run(&["channels", "schema"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    let board = schema.pointer("/properties/board/anyOf/0/$ref").and_then(Value::as_str);
    let board = board.and_then(|at| schema.pointer(at.trim_start_matches('#')));
    let board = &board.unwrap_or_else(|| panic!("{schema:#}"))["properties"];
    for key in ["base", "auth", "find", "create", "withdraw", "limits", "states", "poll"] {
        assert!(board.get(key).is_some(), "{key}: {board:#}");
    }
    assert!(schema["properties"]["schedule"]["description"].is_string(), "{schema:#}");
    assert!(schema.get("required").is_none(), "a preset may say everything");
    // Named like a keyword of schemas, and a key all the same.
    assert!(schema.pointer("/$defs/Limits/properties/required").is_some(), "{schema:#}");
    let place = schema.pointer("/$defs/Place").unwrap().to_string();
    assert!(place.contains("JSON pointer") && place.contains("manual"), "{place}");
}
