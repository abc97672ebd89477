//! The stand-in for a PDS. A real one is asked the same in `tests/peers/bluesky.rs`.

use chrono::TimeDelta;
use handbill::rehearsal::bluesky::{BlueskyStandIn, Options};
use handbill::rehearsal::loopback::SharedClock;
use serde_json::{Value, json};

use super::{client, clock};

const KEY: &str = "3jzfcijpj2z2a";

struct Server {
    stand_in: BlueskyStandIn,
    clock: SharedClock,
    token: String,
    refresh: String,
}

impl Server {
    async fn start() -> Self {
        let clock = clock();
        let stand_in =
            BlueskyStandIn::start("bluesky", Options::default(), clock.clone()).await.unwrap();
        let mut server = Self { stand_in, clock, token: String::new(), refresh: String::new() };
        let (status, session) = server.sign_in("play-play-play-play").await;
        assert_eq!(status, 200);
        server.token = session["accessJwt"].as_str().unwrap().to_owned();
        server.refresh = session["refreshJwt"].as_str().unwrap().to_owned();
        server
    }

    async fn call(&self, method: &str, token: &str, body: &Value) -> (u16, Value) {
        let address = self.stand_in.url().join(&format!("xrpc/{method}")).unwrap();
        let request = client().post(address).bearer_auth(token).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn sign_in(&self, password: &str) -> (u16, Value) {
        let who = json!({ "identifier": Options::default().did, "password": password });
        self.call("com.atproto.server.createSession", "", &who).await
    }

    async fn put(&self, key: &str, text: &str) -> (u16, Value) {
        self.call("com.atproto.repo.putRecord", &self.token, &put(key, &post(text))).await
    }

    async fn get(&self, key: &str) -> (u16, Value) {
        let query = format!(
            "xrpc/com.atproto.repo.getRecord?repo={}&collection=app.bsky.feed.post&rkey={key}",
            Options::default().did
        );
        let response = client().get(self.stand_in.url().join(&query).unwrap()).send().await;
        let response = response.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

fn post(text: &str) -> Value {
    json!({
        "$type": "app.bsky.feed.post",
        "text": text,
        "createdAt": "2026-03-02T12:00:00.000Z",
        "langs": ["en"],
    })
}

fn put(key: &str, record: &Value) -> Value {
    json!({
        "repo": Options::default().did,
        "collection": "app.bsky.feed.post",
        "rkey": key,
        "swapRecord": null,
        "record": record,
    })
}

#[tokio::test]
async fn the_same_post_once_more_changes_nothing_and_another_one_is_refused() {
    let server = Server::start().await;
    let (status, first) = server.put(KEY, "A PhD position").await;
    assert_eq!(status, 200);
    assert!(first.get("commit").is_some());
    let (status, again) = server.put(KEY, "A PhD position").await;
    assert_eq!((status, &again["cid"]), (200, &first["cid"]));
    assert!(again.get("commit").is_none());
    let (status, refused) = server.put(KEY, "Another position").await;
    assert_eq!((status, &refused["error"]), (400, &json!("InvalidSwap")));
    assert_eq!(server.stand_in.copies().len(), 1);
    let (_, shown) = server.get(KEY).await;
    assert_eq!((&shown["value"], &shown["cid"]), (&post("A PhD position"), &first["cid"]));
}

#[tokio::test]
async fn what_is_no_post_is_refused_in_the_servers_words() {
    let server = Server::start().await;
    let mut no_time = post("x");
    no_time["createdAt"] = "yesterday".into();
    let mut languages = post("x");
    languages["langs"] = json!(["en", "de", "fr", "it"]);
    let mut card = post("x");
    card["embed"] = json!({ "external": { "uri": "https://lab.example/", "title": "x" } });
    for (key, record) in [
        ("job-2026-001", post("x")),
        (KEY, post(&"a".repeat(301))),
        (KEY, post(&"👨‍👩‍👧‍👦".repeat(121))),
        (KEY, no_time),
        (KEY, languages),
        (KEY, card),
    ] {
        let (status, refused) =
            server.call("com.atproto.repo.putRecord", &server.token, &put(key, &record)).await;
        assert_eq!((status, &refused["error"]), (400, &json!("InvalidRequest")), "{refused}");
    }
    assert_eq!(server.put(KEY, &"👨‍👩‍👧‍👦".repeat(120)).await.0, 200);
}

#[tokio::test]
async fn a_post_is_replaced_whole_or_not_at_all() {
    let server = Server::start().await;
    server.put(KEY, "old").await;
    let writes = json!({
        "repo": Options::default().did,
        "writes": [
            {
                "$type": "com.atproto.repo.applyWrites#delete",
                "collection": "app.bsky.feed.post", "rkey": KEY,
            },
            {
                "$type": "com.atproto.repo.applyWrites#create",
                "collection": "app.bsky.feed.post", "rkey": "3jzfcijpj2z2c", "value": post("new"),
            },
        ],
    });
    let apply = async || server.call("com.atproto.repo.applyWrites", &server.token, &writes).await;
    let (status, answer) = apply().await;
    assert_eq!(status, 200);
    assert!(answer["results"][1]["uri"].as_str().unwrap().ends_with("/3jzfcijpj2z2c"));
    assert_eq!(server.get(KEY).await.1["error"], "RecordNotFound");
    assert_eq!(apply().await.0, 500, "there is nothing to delete any more");
    let copies = server.stand_in.copies();
    assert_eq!((copies.len(), copies[0].current().text.as_str()), (1, "new"));
}

#[tokio::test]
async fn tokens_end_and_are_renewed_and_sessions_are_few() {
    let server = Server::start().await;
    server.clock.advance(TimeDelta::hours(3));
    assert_eq!(server.put(KEY, "x").await.1["error"], "ExpiredToken");
    let refresh = "com.atproto.server.refreshSession";
    let (status, session) = server.call(refresh, &server.refresh, &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(server.call(refresh, &server.refresh, &json!({})).await.1["error"], "InvalidToken");
    let token = session["accessJwt"].as_str().unwrap();
    let body = put(KEY, &post("x"));
    assert_eq!(server.call("com.atproto.repo.putRecord", token, &body).await.0, 200);
    assert_eq!(server.sign_in("guessed").await.1["error"], "AuthenticationRequired");
    let mut made = 0;
    while server.sign_in("play-play-play-play").await.0 == 200 {
        made += 1;
    }
    assert_eq!(made, 30);
}
