//! What a board gives out for the next request: tokens of forms, cookies, logins.

use handbill::adapt::{DocumentType, Rendition};
use handbill::channel::{Action, Channel, Outcome};

use super::authorisation::secret_file;
use super::{SIMPLE, build, publish};
use crate::channels::servers::{self, SECRET, Scripted, answer, json};

const FORM: &str = r#"
[[session]]
url = "{base}/new"
values = { token = { html = { select = "input[name=t]", attribute = "value" } } }
"#;

#[tokio::test]
async fn a_form_gets_the_token_and_the_cookie_of_its_own_page_as_it_is_sent() {
    let page = |number: &str| {
        let cookie = format!("Set-Cookie: sid={number}; Path=/; HttpOnly");
        answer(200, &[&cookie], &format!("<input name=\"t\" value=\"token-{number}+/=\">"))
    };
    let server =
        Scripted::start([page("1"), json(200, "[]"), page("2"), json(201, r#"{"id":17}"#)]).await;
    let body = "body = { form = { t = \"{document/title}\", note = \"{document/note}\", x = \
                \"{session.token}\" } }";
    let text = SIMPLE.replace("BASE", &server.base).replace("# ok", body);
    let board = build(&format!("{text}{FORM}")).unwrap();
    let wire = publish(&board);
    let outcome = board.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /new "), "{}", requests[0]);
    assert!(requests[1].contains("cookie: sid=1\r\n"), "{}", requests[1]);
    assert!(requests[3].contains("cookie: sid=2\r\n"), "{}", requests[3]);
    assert!(requests[3].ends_with("t=PhD+on+tides&x=token-2%2B%2F%3D"), "{}", requests[3]);
}

#[tokio::test]
async fn a_login_gives_the_token_of_all_that_follows_and_no_word_of_an_ad_is_filled_in() {
    let server = Scripted::start([
        json(200, r#"{"jwt":"jwt-token-1"}"#),
        json(200, "[]"),
        json(200, r#"{"jwt":"jwt-token-2"}"#),
        json(422, "no jwt-token-2, no s3cret-17"),
    ])
    .await;
    let text = format!(
        "auth = {{ type = \"body\", value = {{ file = \"{}\" }} }}\n\
         headers = {{ X-Token = \"{{session.jwt}}\" }}\n{}\
         [[session]]\nmethod = \"POST\"\nurl = \"{{base}}/login\"\n\
         body = {{ json = {{ user = \"lab\", password = \"{{secret}}\" }} }}\n\
         values = {{ jwt = {{ json = \"/jwt\" }} }}\n",
        secret_file(SECRET),
        SIMPLE.replace("BASE", &server.base)
    );
    let board = build(&text).unwrap();
    let ad = r#"{"title":"{secret} {secret:} {session.jwt:}","reference":"2026-W07"}"#;
    let rendition = Rendition::Document {
        media_type: DocumentType::Json,
        body: ad.to_owned(),
        language: "en".to_owned(),
    };
    let key = servers::key();
    let wire = board.prepare(Action::Publish(&rendition), &servers::address(&key)).unwrap();
    let outcome = board.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert!(!outcome.why().contains(SECRET) && !outcome.why().contains("jwt-token"), "{outcome:?}");
    let requests = server.requests();
    assert!(requests[0].ends_with(r#"{"password":"s3cret-17","user":"lab"}"#), "{}", requests[0]);
    assert!(!requests[0].contains("x-token"), "{}", requests[0]);
    assert!(requests[1].contains("x-token: jwt-token-1\r\n"), "{}", requests[1]);
    assert!(requests[3].contains("x-token: jwt-token-2\r\n"), "{}", requests[3]);
    assert!(requests[3].ends_with(ad), "{}", requests[3]);
}

#[tokio::test]
async fn without_its_session_a_board_is_given_nothing() {
    for (reply, is_blocked) in [
        (answer(200, &[], "<p>log in</p>"), true),
        (json(403, "{}"), true),
        (json(503, "{}"), false),
    ] {
        let server = Scripted::start([reply]).await;
        let text = SIMPLE.replace("BASE", &server.base);
        let board = build(&format!("{text}{FORM}")).unwrap();
        let outcome = board.send(&publish(&board), &servers::permit()).await;
        assert_eq!(matches!(outcome, Outcome::Blocked { .. }), is_blocked, "{outcome:?}");
        assert_eq!(matches!(outcome, Outcome::Deferred { .. }), !is_blocked, "{outcome:?}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_session_that_cannot_work_is_refused_in_its_own_words() {
    let wrong = |text: &str| {
        let simple = SIMPLE.replace("BASE", "http://127.0.0.1:1");
        build(&format!("{simple}{text}")).err().unwrap_or_default()
    };
    assert!(wrong(&FORM.replace("{base}/new", "https://x.example/")).contains("own server"));
    assert!(wrong(&FORM.replace("/new", "/{session.token}")).contains("is not known when"));
    let secret = FORM.replace("/new\"", "/new\"\nbody = { form = { p = \"{secret}\" } }");
    assert!(wrong(&secret).contains("`{secret}` stands for nothing"));
}

#[tokio::test]
async fn what_a_login_page_shows_is_told_without_what_it_gives() {
    let file = |server: &str, ok: &str| {
        SIMPLE.replace("BASE", server).replace(
            "[find]",
            &format!(
                "[[session]]\nurl = \"{{base}}/login\"\n{ok}values = {{ token = {{ json = \
                 \"/token\" }}, second = {{ json = \"/second\" }} }}\n[find]"
            ),
        )
    };
    let outcome = async |ok: &str| {
        let server = Scripted::start([json(
            200,
            r#"{"token":"token-of-this-session-4711","note":"hello"}"#,
        )])
        .await;
        let board = build(&file(&server.base, ok)).unwrap();
        board.send(&publish(&board), &servers::permit()).await
    };
    let missing = outcome("").await;
    assert!(
        matches!(&missing, Outcome::Blocked { why } if why.contains("shows no `second`")),
        "{missing:?}"
    );
    let wrong = outcome("ok = { body = \"Welcome\" }\n").await;
    assert!(
        matches!(&wrong, Outcome::Blocked { why }
            if why.contains("check user and password") && why.contains("hello")),
        "{wrong:?}"
    );
    for outcome in [missing, wrong] {
        assert!(
            outcome.why().contains("/login")
                && !outcome.why().contains("token-of-this-session-4711"),
            "{outcome:?}"
        );
    }
}
