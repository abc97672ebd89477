//! A board with one address for everything, as GraphQL has it: errors come with 200. Its tokens are
//! given out for an id and a secret, and end whenever it likes.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::server::{Asked, Reply, Server, json as answer};
use super::{ID, Lab};

const SECRET: &str = "salt-and-tides";

#[derive(Default)]
struct Board {
    ads: Vec<Value>,
    token: usize,
    /// How many of the next requests find their token ended.
    ended: u32,
    /// What the next mutation says instead of doing it.
    objection: Option<&'static str>,
    mutations: Vec<String>,
}

fn file(base: &str) -> String {
    format!(
        r#"kind = "board"
[board]
base = "{base}"
format = "json"
[board.auth]
type = "client-credentials"
token_url = "{base}/token"
client_id = "tidal-lab"
client_secret = {{ file = "secrets/board" }}
scope = "ads"
[board.find]
method = "POST"
url = "{{base}}/graphql"
body = {{ json = {{ query = "query($ours: String!) {{ ads(ours: $ours) {{ id ours url }} }}", variables = {{ ours = "{{reference}}" }} }} }}
ok = {{ body_not = "\"errors\"" }}
items = "/data/ads"
reference = "/ours"
id = {{ json = "/id" }}
link = {{ json = "/url" }}
[board.create]
method = "POST"
url = "{{base}}/graphql"
body = {{ json = {{ query = "mutation create($ad: Ad!) {{ create(ad: $ad) {{ id url }} }}", variables = {{ ad = "{{document}}" }} }} }}
ok = {{ status = [200], body_not = "\"errors\"" }}
id = {{ json = "/data/create/id" }}
link = {{ json = "/data/create/url" }}
[board.update]
method = "POST"
url = "{{base}}/graphql"
body = {{ json = {{ query = "mutation update($id: ID!, $ad: Ad!) {{ update(id: $id, ad: $ad) {{ id }} }}", variables = {{ id = "{{id}}", ad = "{{document}}" }} }} }}
ok = {{ body_not = "\"errors\"" }}
[board.withdraw]
method = "POST"
url = "{{base}}/graphql"
body = {{ json = {{ query = "mutation remove($id: ID!) {{ remove(id: $id) }}", variables = {{ id = "{{id}}" }} }} }}
ok = {{ body_not = "\"errors\"" }}
gone = {{ body = "NOT_FOUND" }}
[board.verify]
method = "POST"
url = "{{base}}/graphql"
body = {{ json = {{ query = "query($id: ID!) {{ ad(id: $id) }}", variables = {{ id = "{{id}}" }} }} }}
ok = {{ body_not = "\"errors\"" }}
same = {{ "/title" = "/data/ad/title", "/deadline" = "/data/ad/deadline" }}
"#
    )
}

fn failed(code: &str) -> Reply {
    answer(200, &json!({"data": null, "errors": [{"message": code, "extensions": {"code": code}}]}))
}

fn serve(board: &Mutex<Board>, asked: &Asked) -> Reply {
    let mut board = board.lock().unwrap();
    if asked.path == "/token" {
        // user:password, or a form: whichever, the secret is in it.
        let basic = data_encoding::BASE64.encode(format!("tidal-lab:{SECRET}").as_bytes());
        if !asked.header("authorization").ends_with(&basic) {
            return answer(401, &json!({"error": "invalid_client"}));
        }
        board.token += 1;
        let token = format!("t{}", board.token);
        let given = json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600});
        return answer(200, &given);
    }
    if asked.method == "GET" {
        let number = asked.path.rsplit('/').next().and_then(|it| it.parse::<usize>().ok());
        let shown = number.and_then(|it| board.ads.get(it)).map(|ad| ad["title"].to_string());
        return super::server::html(200, &shown.unwrap_or_default());
    }
    if board.ended > 0 {
        board.ended -= 1;
        return answer(401, &json!({"error": "token has expired"}));
    }
    if asked.header("authorization") != format!("Bearer t{}", board.token) {
        return answer(401, &json!({"error": "not yours"}));
    }
    let said = asked.json();
    let query = said["query"].as_str().unwrap_or_default().to_owned();
    let given = &said["variables"];
    let at = given["id"].as_str().and_then(|it| it.parse::<usize>().ok());
    if query.starts_with("mutation") {
        let name = query.split(['(', ' ']).nth(1).unwrap_or_default().to_owned();
        board.mutations.push(name);
        if let Some(code) = board.objection.take() {
            return failed(code);
        }
    }
    if query.starts_with("mutation create") {
        board.ads.push(given["ad"].clone());
        let number = board.ads.len() - 1;
        let made = json!({"id": number.to_string(), "url": format!("/ads/{number}")});
        return answer(200, &json!({"data": {"create": made}}));
    }
    if query.contains("ads(ours") {
        let all = board.ads.iter().enumerate();
        let ours = all.filter(|(_, ad)| ad["reference"] == given["ours"]);
        let listed = ours.map(|(number, ad)| {
            json!({"id": number.to_string(), "ours": ad["reference"], "url": format!("/ads/{number}")})
        });
        return answer(200, &json!({"data": {"ads": listed.collect::<Vec<_>>()}}));
    }
    let Some(ad) = at.and_then(|at| board.ads.get_mut(at)).filter(|it| !it.is_null()) else {
        return failed("NOT_FOUND");
    };
    match query.as_str() {
        query if query.starts_with("mutation update") => *ad = given["ad"].clone(),
        query if query.starts_with("mutation remove") => *ad = Value::Null,
        _ => return answer(200, &json!({"data": {"ad": ad}})),
    }
    answer(200, &json!({"data": {"done": true}}))
}

fn lab() -> (Arc<Mutex<Board>>, Server, Lab) {
    let board = Arc::new(Mutex::new(Board::default()));
    let served = Arc::clone(&board);
    let server = Server::start(move |asked| serve(&served, asked));
    let lab = Lab::with(&[("portal", file(&server.base()))]);
    lab.site.write("secrets/board", SECRET);
    (board, server, lab)
}

#[test]
fn an_ad_lives_there_and_a_token_that_ended_is_got_anew() {
    let (board, _server, mut lab) = lab();
    board.lock().unwrap().ended = 1;
    lab.rounds();
    if !lab.paused().is_empty() {
        lab.resume("portal");
        lab.rounds();
    }
    assert_eq!(lab.standing("portal", "announce"), "live");
    assert_eq!(board.lock().unwrap().ads.len(), 1);
    assert_eq!(board.lock().unwrap().ads[0]["reference"], ID);
    lab.edit();
    lab.rounds();
    assert_eq!(board.lock().unwrap().ads[0]["deadline"], "2027-03-15");
    let seen = lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");
    // Somebody there puts the deadline back.
    board.lock().unwrap().ads[0]["deadline"] = json!("2027-02-28");
    let seen = lab.handbill(&["verify"]);
    assert!(seen.out.contains("/data/ad/deadline"), "{seen:?}");
    // Somebody there takes it away first: that is as good.
    board.lock().unwrap().ads[0] = Value::Null;
    lab.close();
    lab.rounds();
    assert_eq!(lab.standing("portal", "announce"), "withdrawn");
    let log = lab.site.run(&["log", "--format", "json"]);
    assert!(!log.out.contains(SECRET), "{log:?}");
}

#[test]
fn an_error_in_an_answer_with_200_is_none() {
    let (board, _server, mut lab) = lab();
    board.lock().unwrap().objection = Some("PAY_MISSING");
    let ran = lab.round();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(lab.standing("portal", "announce"), "refused");
    assert!(lab.rows()[0].to_string().contains("PAY_MISSING"));
    // The page says more now.
    lab.edit();
    lab.rounds();
    assert_eq!(lab.standing("portal", "announce"), "live");
    assert_eq!(board.lock().unwrap().mutations, ["create", "create"]);
    assert_eq!(board.lock().unwrap().ads.len(), 1);
}
