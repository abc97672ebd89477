//! The stand-in for boards, which becomes what a board's file says.

use handbill::channel::board::Config;
use handbill::rehearsal::board::{BoardStandIn, Moderation, Options};
use serde_json::{Value, json};

use super::{client, clock};

const REST: &str = r#"
base = "https://board.example/api/v1"
auth = { type = "bearer", token = { env = "BOARD_TOKEN" } }
format = "json"
[find]
method = "GET"
url = "{base}/jobs?reference={reference}"
id = { json = "/data/0/id" }
link = { json = "/data/0/url" }
[create]
method = "POST"
url = "{base}/jobs"
ok = { status = [201], body = "\"success\":true" }
id = { json = "/data/id" }
link = { json = "/data/url" }
[update]
method = "PUT"
url = "{base}/jobs/{id}"
[withdraw]
method = "DELETE"
url = "{base}/jobs/{id}"
ok = { status = [204] }
"#;

const FORMS: &str = r#"
base = "https://board.example"
auth = { type = "basic", username = "lab", password = { env = "BOARD_PASSWORD" } }
format = "xml"
[find]
method = "GET"
url = "https://board.example/by-number/{reference}.json"
id = { json = "/id" }
[create]
method = "PUT"
url = "{base}/ads/{reference}"
id = { header = "Location" }
link = { template = "https://www.board.example/ad/{id}" }
"#;

async fn board(file: &str, options: Options) -> BoardStandIn {
    let config: Config = toml::from_str(file).unwrap();
    BoardStandIn::start("board", &config, options, clock()).await.unwrap()
}

fn at(board: &BoardStandIn, path: &str) -> String {
    format!("{}{path}", board.base().as_str().trim_end_matches('/'))
}

async fn create(board: &BoardStandIn, reference: &str, title: &str) -> reqwest::Response {
    client()
        .post(at(board, "/jobs"))
        .bearer_auth("rehearsal-secret")
        .json(&json!({ "title": title, "description": "<p>Do <b>research</b></p>", "ref": reference }))
        .send()
        .await
        .unwrap()
}

async fn find(board: &BoardStandIn, reference: &str) -> Value {
    let address = at(board, &format!("/jobs?reference={reference}"));
    client()
        .get(address)
        .bearer_auth("rehearsal-secret")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_lives_as_the_file_says() {
    let board = board(REST, Options::default()).await;
    assert_eq!(find(&board, "LAB-1").await, json!({ "data": [] }));
    let created = create(&board, "LAB-1", "PhD & <more>").await;
    assert_eq!(created.status(), 201);
    let created = created.text().await.unwrap();
    assert!(created.contains("\"success\":true"), "{created}");
    let created: Value = serde_json::from_str(&created).unwrap();
    let (id, link) = (&created["data"]["id"], created["data"]["url"].as_str().unwrap());
    assert_eq!(&find(&board, "LAB-1").await["data"][0]["id"], id);
    assert_eq!(find(&board, "LAB-1").await["data"][0]["url"], link);
    assert_eq!(find(&board, "LAB-2").await, json!({ "data": [] }));
    let page = client().get(link).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h1>PhD &amp; &lt;more&gt;</h1>") && page.contains("Do research"));
    let address = at(&board, &format!("/jobs/{id}"));
    let change = client().put(&address).bearer_auth("rehearsal-secret");
    let changed = change.json(&json!({ "title": "Postdoc", "ref": "LAB-1" })).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    let withdraw = client().delete(&address).bearer_auth("rehearsal-secret");
    assert_eq!(withdraw.try_clone().unwrap().send().await.unwrap().status(), 204);
    assert_eq!(withdraw.send().await.unwrap().status(), 404);
    assert_eq!(client().get(link).send().await.unwrap().status(), 404);
    assert_eq!(find(&board, "LAB-1").await, json!({ "data": [] }));
    let [copy] = board.copies().try_into().unwrap();
    assert!(!copy.stands());
    assert_eq!(copy.original.title.as_deref(), Some("PhD & <more>"));
    assert_eq!(copy.current().title.as_deref(), Some("Postdoc"));
}

#[tokio::test]
async fn two_requests_are_two_jobs_and_both_are_found() {
    let board = board(REST, Options::default()).await;
    create(&board, "LAB-1", "PhD").await;
    create(&board, "LAB-1", "PhD").await;
    assert_eq!(board.copies().len(), 2);
    assert_eq!(board.creating_requests(), 2);
    assert_eq!(find(&board, "LAB-1").await["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let board = board(REST, Options::default()).await;
    let address = at(&board, "/jobs");
    let refused = client().post(address).bearer_auth("guessed").body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(board.copies().is_empty());
}

#[tokio::test]
async fn an_address_that_names_the_reference_holds_one_job() {
    let board = board(FORMS, Options::default()).await;
    let put = |title: &str| {
        client()
            .put(at(&board, "/ads/LAB-1"))
            .basic_auth("lab", Some("rehearsal-secret"))
            .body(format!("<job><title>{title}</title></job>"))
            .send()
    };
    let created = put("PhD").await.unwrap();
    assert_eq!(created.status(), 201);
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(put("Postdoc").await.unwrap().status(), 200);
    let [copy] = board.copies().try_into().unwrap();
    assert_eq!(copy.current().title.as_deref(), Some("Postdoc"));
    assert!(location.ends_with(&format!("/ad/{}", copy.id)), "{location}");
    assert_eq!(client().get(&location).send().await.unwrap().status(), 200);
    let find = board.config().find.as_ref().unwrap().url.replace("{reference}", "LAB-1");
    let found =
        client().get(find).basic_auth("lab", Some("rehearsal-secret")).send().await.unwrap();
    assert_eq!(found.json::<Value>().await.unwrap()["id"].to_string(), copy.id);
}

/// Whatever a file says, its stand-in is on this machine.
#[tokio::test]
async fn no_address_leads_away_from_this_machine() {
    for file in [REST, FORMS] {
        let board = board(file, Options::default()).await;
        let config = board.config();
        let words = format!("{config:?}");
        assert!(!words.contains("board.example"), "{words}");
    }
}

#[tokio::test]
async fn a_held_job_has_no_page_until_it_is_approved() {
    let options = Options { moderation: Moderation::Held, ..Options::default() };
    let board = board(REST, options).await;
    create(&board, "LAB-1", "PhD").await;
    let link = board.copies()[0].link.clone().unwrap();
    assert_eq!(client().get(link.clone()).send().await.unwrap().status(), 404);
    board.approve();
    assert_eq!(client().get(link).send().await.unwrap().status(), 200);
}
