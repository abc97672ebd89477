//! What is sent, exactly: documents, parts of them, forms, XML, uploads.

use handbill::channel::{Action, Channel, Outcome, Receipt, Wire};

use super::{SIMPLE, build_with, publish, rendition};
use crate::channels::servers::{self, Scripted, json};

fn body_of(wire: &Wire) -> String {
    let Wire::Http(request) = wire else { panic!("no request: {wire:?}") };
    request.body.clone().unwrap_or_default()
}

fn receipt() -> Receipt {
    Receipt {
        remote_id: Some("17".to_owned()),
        link: "https://board.example/jobs/17?a=1&b=2".parse().ok(),
        ..Receipt::default()
    }
}

#[test]
fn an_update_sends_the_parts_that_the_file_names_and_leaves_out_what_is_not_there() {
    let board = build_with(
        SIMPLE,
        "[update]\nmethod = \"PATCH\"\nurl = \"{base}/jobs/{id}\"\n[update.body.json]\nid = \"{id}\"\n\
         title = \"{document/title}\"\nnote = \"{document/note}\"\nwhole = \"{document}\"\n\
         about = \"copy {id} of {reference}\"\nurgent = true\n",
    );
    let key = servers::key();
    let edit = Action::Edit(&rendition(), &receipt());
    let wire = board.prepare(edit, &servers::address(&key)).unwrap();
    let sent: serde_json::Value = serde_json::from_str(&body_of(&wire)).unwrap();
    assert_eq!(
        sent,
        serde_json::json!({
            "id": "17",
            "title": "PhD on tides",
            "whole": { "title": "PhD on tides", "reference": "2026-W07" },
            "about": "copy 17 of 2026-W07",
            "urgent": true,
        })
    );
}

#[test]
fn a_withdrawal_may_say_in_its_body_what_it_is_about() {
    for (file, expected, kind) in [
        (
            "[withdraw]\nmethod = \"POST\"\nurl = \"{base}/\"\n\
             body = { form = { action = \"delete\", url = \"{link}\" } }\n",
            "action=delete&url=https%3A%2F%2Fboard.example%2Fjobs%2F17%3Fa%3D1%26b%3D2",
            "application/x-www-form-urlencoded",
        ),
        (
            "[withdraw]\nmethod = \"POST\"\nurl = \"{base}/\"\n\
             body = { xml = '<delete id=\"{id}\"><url>{link}</url></delete>' }\n",
            "<delete id=\"17\"><url>https://board.example/jobs/17?a=1&amp;b=2</url></delete>",
            "application/xml",
        ),
    ] {
        let board = build_with(SIMPLE, file);
        let key = servers::key();
        let wire = board.prepare(Action::Withdraw(&receipt()), &servers::address(&key)).unwrap();
        assert_eq!(body_of(&wire), expected);
        let Wire::Http(request) = &wire else { unreachable!() };
        let content = request.headers.iter().find(|(name, _)| name == "Content-Type");
        assert!(content.unwrap().1.starts_with(kind), "{content:?}");
        // A copy without a link cannot be named so.
        let unnamed = Receipt { link: None, ..receipt() };
        assert!(board.prepare(Action::Withdraw(&unnamed), &servers::address(&key)).is_err());
    }
}

const UPLOADS: &str = r#"
base = "BASE"
format = "json"
[create]
method = "POST"
url = "{base}/upload.php"
ok = { body = "<title>OK" }
id = { template = "ab-{reference}-S" }
link = { template = "https://board.example/detail/{id}" }
repeat = "replaces"
[create.body.upload]
field = "upload"
file_name = "DS{values.supplier}_{at:%Y-%m-%d_%H-%M-%S}.xml"
content_type = "text/xml"
fields = { token = "{values.supplier}" }
[withdraw]
method = "POST"
url = "{base}/upload.php"
[withdraw.body.upload]
field = "upload"
file_name = "DS{values.supplier}.xml"
content = "<Delete>{id}</Delete>"
"#;

#[tokio::test]
async fn a_document_is_uploaded_as_a_file_whose_name_the_board_wants_so() {
    let reply = || servers::answer(200, &[], "<title>OK</title>");
    let server = Scripted::start([reply(), reply()]).await;
    let mut config: handbill::channel::board::Config =
        toml::from_str(&UPLOADS.replace("BASE", &server.base)).unwrap();
    config.values.insert("supplier".to_owned(), "V000517500".to_owned());
    let board =
        handbill::channel::board::Board::new(config, servers::context()).expect("it can work");
    let wire = publish(&board);
    assert_eq!(wire, publish(&board), "the same upload is the same bytes");
    let Outcome::Posted(receipt) = board.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("ab-2026-W07-S"));
    assert_eq!(
        receipt.link.as_ref().unwrap().as_str(),
        "https://board.example/detail/ab-2026-W07-S"
    );
    let key = servers::key();
    let address = servers::address(&key);
    let withdraw = board.prepare(Action::Withdraw(&receipt), &address).unwrap();
    board.send(&withdraw, &servers::permit()).await;
    let requests = server.requests();
    let boundary = "handbill-0000000000000000000000003f2a91bc";
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nV000517500\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"upload\"; \
         filename=\"DSV000517500_2026-11-24_10-00-00.xml\"\r\nContent-Type: text/xml\r\n\r\n{}\r\n\
         --{boundary}--\r\n",
        super::BODY
    );
    assert!(requests[0].ends_with(&expected), "{}", requests[0]);
    let head = format!("content-type: multipart/form-data; boundary={boundary}");
    assert!(requests[0].contains(&head), "{}", requests[0]);
    assert!(
        requests[1].contains("\r\n\r\n<Delete>ab-2026-W07-S</Delete>\r\n--"),
        "{}",
        requests[1]
    );
}

#[tokio::test]
async fn a_refusal_that_comes_as_success_is_none() {
    for (ok, answer) in [
        ("ok = { json = { \"/success\" = true } }", r#"{"id":17,"success":"no"}"#),
        ("ok = { body = \"OK\" }", r#"{"id":17}"#),
    ] {
        let server = Scripted::start([json(200, "[]"), json(200, answer)]).await;
        let text = SIMPLE.replace("BASE", &server.base).replace("# ok", ok);
        let board = super::build(&text).unwrap();
        let outcome = board.send(&publish(&board), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{ok}: {outcome:?}");
    }
    let ok = "ok = { json_not = { \"/success\" = false } }";
    let server = Scripted::start([
        json(200, "[]"),
        json(200, r#"{"success":false,"message":"no credits"}"#),
    ])
    .await;
    let text = SIMPLE.replace("BASE", &server.base).replace("# ok", ok);
    let board = super::build(&text).unwrap();
    let outcome = board.send(&publish(&board), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert!(outcome.why().contains("no credits"), "{outcome:?}");
}
