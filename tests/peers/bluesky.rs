//! Bluesky: a real PDS, behind a proxy that loses what it is told to. What a test believes is what
//! that server holds.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Lab, PAGE, Peer, Peers, SUBJECT_WORDS, unique};
use crate::support::proxy::{Answer, Proxy, Trouble};

const PUT: &str = "POST /xrpc/com.atproto.repo.putRecord";
const REPLACE: &str = "POST /xrpc/com.atproto.repo.applyWrites";
const DELETE: &str = "POST /xrpc/com.atproto.repo.deleteRecord";
const SIGN_IN: &str = "POST /xrpc/com.atproto.server.createSession";
const REFRESH: &str = "POST /xrpc/com.atproto.server.refreshSession";

/// A lab with an account of its own.
struct Account {
    peers: Peers,
    lab: Lab,
    proxy: Proxy,
    did: String,
}

impl Account {
    /// `policies` are lines of the channel's file.
    async fn of_a_lab(policies: &str) -> Option<Self> {
        let peers = Peers::need(&[Peer::Bluesky]).await?;
        let proxy = Proxy::before(&peers.says("BLUESKY"));
        let handle = format!("{}.test", unique("lab"));
        let account = json!({
            "email": format!("{handle}@lab.test"),
            "handle": handle,
            "password": "the owner's own",
        });
        let made = ask(&peers, "com.atproto.server.createAccount", None, &account).await;
        let did = made["did"].as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned();
        let owner = made["accessJwt"].as_str();
        let name = json!({ "name": "handbill" });
        let made = ask(&peers, "com.atproto.server.createAppPassword", owner, &name).await;
        let file = format!(
            "kind = \"bluesky\"\n{policies}[bluesky]\nserver = \"{}\"\ndid = \"{did}\"\n\
             app_password = {{ file = \"secrets/bluesky\" }}\nsession = \"state/session\"\n",
            proxy.base()
        );
        let lab = Lab::with_file(&peers, "sky", &file);
        lab.site.write("secrets/bluesky", made["password"].as_str().unwrap());
        std::fs::create_dir_all(lab.site.path("state")).unwrap();
        Some(Self { peers, lab, proxy, did })
    }

    /// What the server holds, the newest first.
    async fn posts(&self) -> Vec<Value> {
        let address = format!(
            "http://{}/xrpc/com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post",
            self.peers.says("BLUESKY"),
            self.did
        );
        let shown = self.peers.client().get(address).send().await.unwrap();
        let shown: Value = shown.json().await.unwrap();
        shown["records"].as_array().unwrap_or_else(|| panic!("{shown:#}")).clone()
    }

    /// The only post, to which the log leads.
    async fn the_post(&self) -> Value {
        let posts = self.posts().await;
        assert_eq!(posts.len(), 1, "{posts:#?}");
        let key = posts[0]["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let link = self.lab.row("announce")["link"].as_str().unwrap().to_owned();
        assert_eq!(link, format!("https://bsky.app/profile/{}/post/{key}", self.did));
        posts.into_iter().next().unwrap()
    }

    /// One post stands there, as the log says, and going on changes nothing.
    async fn assert_posted_once(&mut self) -> Value {
        assert_eq!(self.lab.standing(), "live");
        let post = self.the_post().await;
        let requests = self.proxy.count(PUT);
        self.lab.settle_down();
        assert_eq!(self.the_post().await, post);
        assert_eq!(self.proxy.count(PUT), requests, "it was sent again");
        assert_eq!(self.proxy.waiting(), 0);
        post
    }

    fn move_deadline(&self) -> String {
        let day = |days| Utc::now() + TimeDelta::days(days);
        let written = |days| day(days).format("%Y-%m-%d").to_string();
        self.lab.site.replace(PAGE, &written(60), &written(75));
        day(75).format("%-d %B %Y").to_string()
    }

    fn close(&self) {
        self.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    }
}

/// A request to the server itself, as the account's owner makes it.
async fn ask(peers: &Peers, method: &str, token: Option<&str>, body: &Value) -> Value {
    let address = format!("http://{}/xrpc/{method}", peers.says("BLUESKY"));
    let mut request = peers.client().post(address).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().json().await.unwrap()
}

/// What a facet of a post marks, and what it is.
fn marked(post: &Value) -> Vec<(String, Value)> {
    let text = post["value"]["text"].as_str().unwrap();
    let facets = post["value"]["facets"].as_array().unwrap();
    let place = |it: &Value| usize::try_from(it.as_u64().unwrap()).unwrap();
    let part = |it: &Value| {
        let index = &it["index"];
        text[place(&index["byteStart"])..place(&index["byteEnd"])].to_owned()
    };
    facets.iter().map(|it| (part(it), it["features"][0].clone())).collect()
}

#[tokio::test]
async fn an_ad_goes_out_once_is_replaced_and_taken_back() {
    let Some(mut account) = Account::of_a_lab("close = \"withdraw\"\n").await else { return };
    let shown = account.lab.handbill(&["post", "--dry-run"]);
    assert!(shown.out.contains("of 300 characters"), "{shown:?}");
    let post = account.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    let first = account.assert_posted_once().await;
    let (part, feature) = marked(&first).remove(0);
    assert!(part.starts_with("tidal.example/jobs/"), "{part}");
    assert_eq!(feature["uri"], "https://tidal.example/jobs/phd-tidal-forecasting/");
    let card = &first["value"]["embed"]["external"];
    assert_eq!((&card["title"], &card["uri"]), (&json!(SUBJECT_WORDS), &feature["uri"]));
    assert_eq!(first["value"]["langs"], json!(["en"]));

    let told = account.move_deadline();
    account.lab.settle_down();
    let second = account.the_post().await;
    assert_ne!(first["uri"], second["uri"], "nothing is edited there");
    assert!(second["value"]["text"].as_str().unwrap().contains(&told), "{second:#}");
    assert_eq!(account.lab.standing(), "edited");
    let seen = account.lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");

    account.close();
    account.lab.settle_down();
    assert!(account.posts().await.is_empty());
    assert_eq!(account.lab.standing(), "withdrawn");
    assert_eq!(account.proxy.count(PUT), 1);
    assert_eq!(account.proxy.count(SIGN_IN), 1, "each command took up the session on file");
}

#[tokio::test]
async fn changes_are_told_in_the_thread_where_the_site_wants_that() {
    let policies = "update = \"follow-up\"\nclose = \"follow-up\"\n";
    let Some(mut account) = Account::of_a_lab(policies).await else { return };
    account.lab.post();
    let first = account.assert_posted_once().await;
    let told = account.move_deadline();
    account.lab.settle_down();
    account.close();
    account.lab.settle_down();
    let posts = account.posts().await;
    let [closed, changed, announced] = posts.as_slice() else { panic!("{posts:#?}") };
    assert_eq!(*announced, first);
    assert!(changed["value"]["text"].as_str().unwrap().contains(&told));
    let of = |post: &Value| json!({ "uri": post["uri"], "cid": post["cid"] });
    let first = of(&first);
    assert_eq!(changed["value"]["reply"], json!({ "root": first, "parent": first }));
    assert_eq!(closed["value"]["reply"], json!({ "root": first, "parent": of(changed) }));
}

/// The server takes a thread in one request, and each post names the one before it by the hash that
/// this server gives it.
#[tokio::test]
async fn a_thread_goes_out_whole_is_replaced_and_taken_back() {
    let policies = "thread = \"plain\"\nclose = \"withdraw\"\n";
    let Some(mut account) = Account::of_a_lab(policies).await else { return };
    let long = "Waves rise and fall, and you will build models that say when they do. ".repeat(12);
    account.lab.site.replace(PAGE, "\n---\n", &format!("\n---\n\n{long}\n"));
    account.proxy.next(REPLACE, Trouble::LoseTheAnswer);
    account.lab.post();
    assert_eq!(account.lab.standing(), "unknown");
    account.lab.look_again();
    assert_eq!(account.lab.standing(), "live");
    let whole = |posts: &[Value]| {
        assert!(posts.len() > 2, "{posts:#?}");
        for pair in posts.windows(2) {
            let parent = &pair[0]["value"]["reply"]["parent"];
            assert_eq!((&parent["uri"], &parent["cid"]), (&pair[1]["uri"], &pair[1]["cid"]));
        }
    };
    let first = account.posts().await;
    whole(&first);
    let requests = account.proxy.count(REPLACE);
    account.lab.settle_down();
    assert_eq!(account.posts().await, first);
    assert_eq!(account.proxy.count(REPLACE), requests, "it was sent again");

    account.move_deadline();
    account.lab.settle_down();
    let second = account.posts().await;
    whole(&second);
    assert_eq!(second.len(), first.len());
    assert_ne!(second, first);
    account.close();
    account.lab.settle_down();
    assert_eq!(account.posts().await, [] as [Value; 0]);
}

#[tokio::test]
async fn an_answer_that_is_lost_or_says_nothing_is_looked_for_and_nothing_is_doubled() {
    for trouble in [
        Trouble::LoseTheAnswer,
        Trouble::AnswerInstead(Answer::of(500, &[], "{}")),
        Trouble::AnswerInstead(Answer::of(502, &[], "<html>Bad gateway</html>")),
        Trouble::AnswerInstead(Answer::of(200, &[], "<html>Welcome</html>")),
    ] {
        let Some(mut account) = Account::of_a_lab("").await else { return };
        account.proxy.next(PUT, trouble.clone());
        let post = account.lab.post();
        assert_eq!(post.code, 3, "{trouble:?}: {post:?}");
        assert_eq!(account.lab.standing(), "unknown", "{trouble:?}");
        account.lab.look_again();
        account.assert_posted_once().await;
        assert_eq!(account.proxy.count(PUT), 1, "{trouble:?}: it was only looked for");
    }
}

#[tokio::test]
async fn what_never_reached_the_server_goes_out_again_once() {
    for trouble in [Trouble::LoseTheRequest, Trouble::Answer(Answer::of(503, &[], "down"))] {
        let Some(mut account) = Account::of_a_lab("").await else { return };
        account.proxy.next(PUT, trouble.clone());
        account.lab.post();
        assert_eq!(account.lab.standing(), "unknown", "{trouble:?}");
        account.lab.settle_down();
        account.assert_posted_once().await;
        assert_eq!(account.proxy.count(PUT), 2, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_replacement_or_removal_whose_answer_is_lost_is_seen_and_done_once() {
    let Some(mut account) = Account::of_a_lab("").await else { return };
    account.lab.post();
    let told = account.move_deadline();
    account.proxy.next(REPLACE, Trouble::LoseTheAnswer);
    account.lab.settle_down();
    let post = account.the_post().await;
    assert!(post["value"]["text"].as_str().unwrap().contains(&told), "{post:#}");
    assert_eq!(account.lab.standing(), "edited");
    assert_eq!(account.proxy.count(REPLACE), 1);

    account.close();
    account.proxy.next(DELETE, Trouble::LoseTheAnswer);
    account.lab.settle_down();
    assert!(account.posts().await.is_empty());
    assert_eq!(account.lab.standing(), "withdrawn");
    assert_eq!(account.proxy.waiting(), 0);
}

/// Somebody took the post away by hand: there is nothing to replace, and nothing is put back.
#[tokio::test]
async fn a_post_that_is_gone_is_not_replaced() {
    let Some(mut account) = Account::of_a_lab("").await else { return };
    account.lab.post();
    let post = account.the_post().await;
    let key = post["uri"].as_str().unwrap().rsplit('/').next().unwrap();
    let password = account.lab.site.read("secrets/bluesky");
    let who = json!({ "identifier": account.did, "password": password });
    let session = ask(&account.peers, "com.atproto.server.createSession", None, &who).await;
    let body = json!({ "repo": account.did, "collection": "app.bsky.feed.post", "rkey": key });
    let token = session["accessJwt"].as_str();
    ask(&account.peers, "com.atproto.repo.deleteRecord", token, &body).await;
    account.move_deadline();
    account.lab.settle_down();
    assert!(account.posts().await.is_empty());
    assert_eq!(account.proxy.count(REPLACE), 0);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let Some(mut account) = Account::of_a_lab("").await else { return };
    let reset = format!("RateLimit-Reset: {}", (Utc::now() + TimeDelta::minutes(20)).timestamp());
    let limit = Answer::of(429, &["RateLimit-Remaining: 0", &reset], "{}");
    account.proxy.next(PUT, Trouble::Answer(limit));
    account.lab.post();
    assert_eq!(account.lab.standing(), "planned");
    account.lab.wait(15);
    account.lab.post();
    assert_eq!(account.proxy.count(PUT), 1, "it asked to wait longer");
    account.lab.settle_down();
    account.assert_posted_once().await;
}

#[tokio::test]
async fn a_session_that_has_expired_or_is_unknown_is_renewed_and_the_post_goes_out() {
    let Some(mut account) = Account::of_a_lab("").await else { return };
    let expired = r#"{"error":"ExpiredToken","message":"Token has expired"}"#;
    account.proxy.next(PUT, Trouble::Answer(Answer::of(400, &[], expired)));
    let post = account.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!((account.proxy.count(SIGN_IN), account.proxy.count(REFRESH)), (1, 1));
    account.assert_posted_once().await;

    // What is on file is none that the server knows: the password decides.
    account.lab.site.write("state/session", "a.b.c\n");
    account.close();
    account.lab.settle_down();
    assert!(account.posts().await.is_empty());
    assert_eq!((account.proxy.count(SIGN_IN), account.proxy.count(REFRESH)), (2, 2));
}

#[tokio::test]
async fn a_wrong_password_sends_nothing_and_a_person_is_told() {
    let Some(mut account) = Account::of_a_lab("").await else { return };
    let right = account.lab.site.read("secrets/bluesky");
    account.lab.site.write("secrets/bluesky", "wrong-wrong-wrong");
    let post = account.lab.post();
    assert_ne!(post.code, 0, "{post:?}");
    let said = format!("{}{}", post.out, post.err);
    assert!(said.contains("Invalid identifier or password"), "{said}");
    assert!(!said.contains("wrong-wrong-wrong"), "{said}");
    assert_eq!(account.proxy.count(PUT), 0);
    let doctor = account.lab.site.run(&["doctor", "--online"]);
    assert_ne!(doctor.code, 0, "{doctor:?}");

    account.lab.site.write("secrets/bluesky", right);
    account.lab.site.run(&["resume", "sky"]);
    account.lab.settle_down();
    account.assert_posted_once().await;
    let doctor = account.lab.site.run(&["doctor", "--online"]);
    assert!(doctor.out.contains("@lab-"), "{doctor:?}");
}

#[tokio::test]
async fn an_answer_that_comes_late_counts() {
    let Some(mut account) = Account::of_a_lab("").await else { return };
    account.proxy.next(PUT, Trouble::Delay(Duration::from_secs(3)));
    let post = account.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    account.assert_posted_once().await;
}
