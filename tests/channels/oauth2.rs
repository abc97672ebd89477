//! Access tokens from refresh tokens, for X and LinkedIn: what rotates is kept before it is used.

use chrono::Utc;
use handbill::adapt::Rendition;
use handbill::channel::oauth2::Client;
use handbill::channel::secret::{SecretPlace, SecretRef, Turn};
use handbill::channel::{Action, Channel, Outcome, Trace, linkedin, x};
use secrecy::ExposeSecret;

use super::servers::{self, Reply, Scripted, answer, json};

fn rendition() -> Rendition {
    Rendition::Status {
        parts: Vec::new(),
        picture: None,
        text: "PhD on tides".to_owned(),
        language: "en".to_owned(),
        length: 12,
        limit: 280,
        left_out: Vec::new(),
        card: None,
    }
}

fn client(refresh_token: SecretRef) -> Client {
    Client {
        token_url: None,
        client_id: "app-1".to_owned(),
        client_secret: Some(servers::secret("app-secret")),
        refresh_token,
    }
}

fn x(server: &str, refresh_token: SecretRef) -> x::X {
    let config = x::Config {
        api: Some(server.parse().unwrap()),
        web: None,
        username: "tidal_lab".to_owned(),
        user_id: "42".to_owned(),
        consumer_key: None,
        consumer_secret: None,
        access_token: None,
        access_token_secret: None,
        oauth2: Some(client(refresh_token)),
    };
    x::X::new(config, servers::context()).unwrap()
}

async fn publish(channel: &dyn Channel) -> Outcome {
    let key = servers::key();
    let wire = channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap();
    channel.send(&wire, &servers::permit()).await
}

fn grants(access: &str, refresh: &str) -> Reply {
    let body =
        format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","expires_in":7200}}"#);
    json(200, &body)
}

/// The same, with what it may do.
fn grants_only(scope: &str) -> Reply {
    let body = format!(r#"{{"access_token":"t0ken-17","expires_in":7200,"scope":"{scope}"}}"#);
    json(200, &body)
}

#[tokio::test]
async fn a_probe_says_what_an_access_token_may_not_do() {
    let probe = async |scope: &str| {
        let me = json(200, r#"{"data":{"id":"42","username":"tidal_lab"}}"#);
        let server = Scripted::start([grants_only(scope), me]).await;
        x(&server.base, servers::secret("rt-1")).probe().await
    };
    let all = "tweet.read tweet.write users.read media.write offline.access";
    assert_eq!(probe(all).await.unwrap().identity, format!("@tidal_lab; scopes {all}"));
    let seen = probe("tweet.read tweet.write users.read").await.unwrap();
    assert!(seen.identity.ends_with("; no pictures without `media.write`"), "{seen:?}");
    let why = probe("tweet.read users.read media.write").await.unwrap_err();
    assert!(why.starts_with("the token may not do `tweet.write`: sign in once more"), "{why}");
    // A server may leave it out.
    let me = json(200, r#"{"data":{"id":"42","username":"tidal_lab"}}"#);
    let server = Scripted::start([grants("at-1", "rt-2"), me]).await;
    let seen = x(&server.base, servers::secret("rt-1")).probe().await.unwrap();
    assert_eq!(seen.identity, "@tidal_lab");
}

fn posted() -> Reply {
    json(201, r#"{"data":{"id":"99","text":"…"}}"#)
}

fn value(secret: &SecretRef) -> String {
    secret.read().unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn an_access_token_is_had_once_and_the_new_refresh_token_is_kept() {
    let server = Scripted::start([grants("at-1", "rt-2"), posted(), posted()]).await;
    let refresh = servers::secret("rt-1");
    let channel = x(&server.base, refresh.clone());
    for _ in 0..2 {
        let outcome = publish(&channel).await;
        assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    }
    assert_eq!(value(&refresh), "rt-2");
    let requests = server.requests();
    assert_eq!(requests.len(), 3, "the token is used again");
    assert!(requests[0].starts_with("POST /2/oauth2/token "), "{}", requests[0]);
    assert!(requests[0].contains("authorization: Basic YXBwLTE6YXBwLXNlY3JldA=="));
    assert!(requests[0].contains("refresh_token=rt-1") && !requests[0].contains("app-secret"));
    assert!(requests[1].starts_with("POST /2/tweets "));
    assert!(requests[1].contains("authorization: Bearer at-1"), "{}", requests[1]);
}

#[tokio::test]
async fn nothing_is_sent_before_the_new_refresh_token_is_kept() {
    let server = Scripted::start([grants("at-1", "rt-2"), grants("at-2", "rt-3"), posted()]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("refresh");
    std::fs::write(&path, "rt-1").unwrap();
    // The file that is needed meanwhile cannot be made.
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    std::fs::create_dir(&beside).unwrap();
    let channel = x(&server.base, SecretRef::file(&path));
    let outcome = publish(&channel).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(outcome.why().contains("could not be kept"), "{outcome:?}");
    assert!(!outcome.why().contains("rt-2"), "{outcome:?}");
    assert_eq!(server.requests().len(), 1, "no post went out");

    std::fs::remove_dir(&beside).unwrap();
    let outcome = publish(&channel).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert!(server.requests()[1].contains("refresh_token=rt-2"), "what was given is not forgotten");
    assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), "rt-3");
}

#[tokio::test]
async fn a_kept_token_that_is_not_taken_any_more_is_replaced_for_the_next_try() {
    let server = Scripted::start([
        grants("at-1", "rt-2"),
        posted(),
        json(401, r#"{"title":"Unauthorized"}"#),
        grants("at-2", "rt-3"),
        posted(),
    ])
    .await;
    let channel = x(&server.base, servers::secret("rt-1"));
    assert!(matches!(publish(&channel).await, Outcome::Posted(_)));
    let outcome = publish(&channel).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(matches!(publish(&channel).await, Outcome::Posted(_)));
    assert!(server.requests()[4].contains("authorization: Bearer at-2"));
}

#[tokio::test]
async fn a_refresh_token_that_another_process_used_first_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("refresh");
    std::fs::write(&path, "rt-1").unwrap();
    let late = {
        let Reply::Bytes(bytes) = json(400, r#"{"error":"invalid_grant"}"#) else { panic!() };
        Reply::Late(std::time::Duration::from_millis(500), bytes)
    };
    let server = Scripted::start([late, grants("at-2", "rt-3"), posted()]).await;
    let channel = x(&server.base, SecretRef::file(&path));
    let (outcome, ()) = tokio::join!(publish(&channel), async {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        std::fs::write(&path, "rt-2").unwrap();
    });
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert!(server.requests()[1].contains("refresh_token=rt-2"));
}

/// `handbill post` beside `handbill serve`: of two that used the same refresh token, one would be
/// signed out.
#[tokio::test]
async fn a_refresh_token_is_used_up_by_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("refresh");
    std::fs::write(&path, "rt-1").unwrap();
    let refresh = SecretRef::file(&path);
    let server = Scripted::start([grants("at-2", "rt-3"), posted()]).await;
    let channel = x(&server.base, refresh.clone());
    let theirs = refresh.ask_for_turn();
    assert!(matches!(theirs, Turn::Ours { .. }), "{theirs:?}");
    let (outcome, ()) = tokio::join!(publish(&channel), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        std::fs::write(&path, "rt-2").unwrap();
        drop(theirs);
    });
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert!(server.requests()[0].contains("refresh_token=rt-2"), "{}", server.requests()[0]);
}

#[tokio::test]
async fn a_refresh_token_that_is_no_good_pauses_the_channel() {
    let server = Scripted::start([json(400, r#"{"error":"invalid_grant"}"#)]).await;
    let outcome = publish(&x(&server.base, servers::secret("rt-1"))).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("sign in once more") && !outcome.why().contains("rt-1"));
}

#[tokio::test]
async fn the_timeline_is_read_with_the_same_token() {
    let server =
        Scripted::start([grants("at-1", "rt-2"), json(200, r#"{"meta":{"result_count":0}}"#)])
            .await;
    let channel = x(&server.base, servers::secret("rt-1"));
    let key = servers::key();
    let wire = channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap();
    let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
    assert_eq!(trace, Trace::Absent);
    assert!(server.requests()[1].contains("authorization: Bearer at-1"));
}

#[test]
fn one_way_to_sign_is_needed_and_one_is_enough() {
    let config = |oauth2, key: Option<SecretRef>| x::Config {
        api: None,
        web: None,
        username: "tidal_lab".to_owned(),
        user_id: "42".to_owned(),
        consumer_key: key,
        consumer_secret: None,
        access_token: None,
        access_token_secret: None,
        oauth2,
    };
    let file = servers::secret("rt-1");
    let env = SecretRef { place: SecretPlace::Env("UNUSED".to_owned()), expires: None };
    for (config, says) in [
        (config(None, None), "write all four, or a table `[x.oauth2]`"),
        (config(None, Some(file.clone())), "not all of"),
        (config(Some(client(file.clone())), Some(file.clone())), "one of both is enough"),
        (config(Some(client(env)), None), "keep it in a file"),
    ] {
        let error = x::X::new(config, servers::context()).err().unwrap().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn linkedin_takes_a_refresh_token_where_there_is_one() {
    let server = Scripted::start([
        json(200, r#"{"access_token":"at-1","expires_in":5184000,"refresh_token":"rt-1"}"#),
        answer(201, &["x-restli-id: urn:li:share:1"], ""),
    ])
    .await;
    let base: url::Url = server.base.parse().unwrap();
    let refresh = servers::secret("rt-1");
    let config = linkedin::Config {
        api: Some(base.clone()),
        web: Some(base),
        author: "urn:li:organization:42".to_owned().try_into().unwrap(),
        version: "202609".to_owned().try_into().unwrap(),
        token: None,
        scopes: None,
        oauth2: Some(client(refresh.clone())),
    };
    let channel = linkedin::LinkedIn::new(config, servers::context()).unwrap();
    let outcome = publish(&channel).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /oauth/v2/accessToken "), "{}", requests[0]);
    assert!(requests[0].contains("client_secret=app-secret"));
    assert!(requests[1].contains("authorization: Bearer at-1"));
    assert_eq!(value(&refresh), "rt-1");
}
