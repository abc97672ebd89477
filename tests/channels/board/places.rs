//! Where id and link stand in an answer.

use handbill::channel::{Channel, Outcome, Receipt};

use super::{SIMPLE, build, publish};
use crate::channels::servers::{self, Scripted, answer, json};

/// What is read of an answer to a request that creates, with these places.
async fn read(id: &str, link: &str, body: &str) -> Receipt {
    let server = Scripted::start([json(200, "[]"), answer(201, &[], body)]).await;
    let text = SIMPLE
        .replace("BASE", &server.base)
        .replace("id = { json = \"/id\" }", &format!("id = {id}"))
        .replace("# ok", &format!("link = {link}"));
    let board = build(&text).unwrap();
    match board.send(&publish(&board), &servers::permit()).await {
        Outcome::Posted(receipt) => receipt,
        outcome => panic!("{outcome:?}"),
    }
}

const PAGE: &str = r#"<html><body><nav><a href="/">Home</a></nav><p id="note">Vacancy no. 4711 of
    2026-W07 &amp; others</p><div class="done"><a class="permalink" href="/v/4711?x=1&amp;y=2">See
    it</a></div></body></html>"#;

#[tokio::test]
async fn a_page_says_them_by_an_element_or_by_its_words() {
    let receipt = read(
        "{ regex = 'no\\. (\\d+) of\\s+{reference}' }",
        "{ html = { select = \"div.done a.permalink\" } }",
        PAGE,
    )
    .await;
    assert_eq!(receipt.remote_id.as_deref(), Some("4711"));
    let link = receipt.link.unwrap();
    assert_eq!((link.path(), link.query()), ("/v/4711", Some("x=1&y=2")));
    let receipt = read(
        "{ html = { select = \"a[class=permalink]\", attribute = \"href\" } }",
        "{ template = \"https://board.example/{reference}/{id}\" }",
        PAGE,
    )
    .await;
    assert_eq!(receipt.remote_id.as_deref(), Some("/v/4711?x=1&y=2"));
    assert_eq!(
        receipt.link.unwrap().as_str(),
        "https://board.example/2026-W07/%2Fv%2F4711%3Fx%3D1%26y%3D2"
    );
}

#[tokio::test]
async fn a_link_may_stand_in_what_was_sent() {
    let text = SIMPLE
        .replace("id = { json = \"/id\" }", "id = { sent = \"/reference\" }")
        .replace("# ok", "link = { sent = \"/title\" }");
    let server = Scripted::start([json(200, "[]"), json(200, "{}")]).await;
    let board = build(&text.replace("BASE", &server.base)).unwrap();
    let Outcome::Posted(receipt) = board.send(&publish(&board), &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("2026-W07"));
}

#[test]
fn a_place_that_cannot_work_is_refused_in_its_own_words() {
    let wrong = |from: &str, to: &str| {
        let text = SIMPLE.replace("BASE", "http://127.0.0.1:1");
        assert!(text.contains(from), "{from}");
        build(&text.replace(from, to)).err().unwrap_or_default()
    };
    let id = "id = { json = \"/id\" }";
    assert!(wrong(id, "id = { regex = '(' }").contains("no regular expression"));
    assert!(wrong(id, "id = { html = { select = \"a > b\" } }").contains("is not understood"));
    assert!(wrong(id, "id = \"manual\"").contains("only a link can come from a person"));
    assert!(wrong(id, "id = { regex = '{refrence}' }").contains("did you mean `{reference}`?"));
    let url = "url = \"{base}/jobs\"";
    assert!(wrong(url, "url = \"{base}/{values.type}\"").contains("`type = …` under `[values]`"));
    assert!(wrong(url, "url = \"{base}/{at:%Q}\"").contains("no format of a time"));
    assert!(wrong("# ok", "[states]\npending = [\"draft\"]").contains("no answer says a state"));
    assert!(
        wrong("url = \"{base}/jobs?ref={reference}\"", "url = \"{base}/j?r={reference}&p={page}\"")
            .contains("needs `pages`")
    );
}
