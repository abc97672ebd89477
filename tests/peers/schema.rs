//! The schema of a channel's file, by PyPI's jsonschema: what editors complete and underline.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::{Peer, Peers};
use crate::support::TestSite;

/// What the validator says of files.
fn judged(peers: &Peers, files: &Map<String, Value>) -> Vec<String> {
    let schema = TestSite::new().run(&["channels", "schema"]);
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let mut judge = Command::new(peers.says("PYTHON"))
        .arg(format!("{}/schema.py", peers.says("FEED_READERS")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = json!({ "schema": schema, "files": files }).to_string();
    let mut stdin = judge.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(given.as_bytes()));
    let output = judge.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// All files in a folder and below it.
fn files_in(folder: &std::path::Path, files: &mut Map<String, Value>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_in(&path, files);
        } else if path.extension().is_some_and(|it| it == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            files.insert(path.display().to_string(), toml::from_str(&text).unwrap());
        }
    }
}

#[tokio::test]
async fn every_shipped_file_is_as_its_schema_says() {
    let Some(peers) = Peers::need(&[Peer::FeedReaders]).await else { return };
    let mut files = Map::new();
    files_in(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("channels"), &mut files);
    files_in(&TestSite::new().path("channels"), &mut files);
    assert!(files.len() > 50, "{}", files.len());
    assert_eq!(judged(&peers, &files), [format!("seen {}", files.len())]);
}

#[tokio::test]
async fn what_a_file_may_not_say_is_underlined() {
    let Some(peers) = Peers::need(&[Peer::FeedReaders]).await else { return };
    let wrong = [
        ("an unknown key", json!({ "kind": "board", "board": { "bas": "https://x.example" } })),
        ("a word", json!({ "kind": "bored" })),
        (
            "a number",
            json!({ "kind": "board", "board": { "limits": { "title": { "max": "60" } } } }),
        ),
        (
            "two places",
            json!({ "board": { "create": { "id": { "json": "/id", "header": "X" } } } }),
        ),
    ];
    for (what, file) in wrong {
        let files = Map::from_iter([(what.to_owned(), file)]);
        let said = judged(&peers, &files);
        assert!(said.len() > 1 && said[0].starts_with(what), "{said:?}");
    }
}
