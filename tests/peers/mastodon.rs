//! Mastodon's API, behind a proxy that loses what it is told to: mastodon-mock keeps what it was
//! given and honours `Idempotency-Key`. What a test believes is what that server shows.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use super::{LONG_ENOUGH, Lab, PAGE, Peer, Peers, SUBJECT_WORDS, unique};
use crate::support::command;
use crate::support::proxy::{Answer, Proxy, Trouble};

const CREATE: &str = "POST /api/v1/statuses";
const EDIT: &str = "PUT /api/v1/statuses/";
const DELETE: &str = "DELETE /api/v1/statuses/";

/// A lab with one account, which all of these tests share: each ad has a title of its own.
struct Account {
    peers: Peers,
    lab: Lab,
    proxy: Proxy,
    title: String,
}

impl Account {
    async fn of_a_lab(close: &str) -> Option<Self> {
        let peers = Peers::need(&[Peer::MastodonMock]).await?;
        let proxy = Proxy::before(&peers.says("MASTODON_MOCK"));
        let file = format!(
            "kind = \"mastodon\"\nupdate = \"edit\"\nclose = \"{close}\"\n[mastodon]\n\
             server = \"{}\"\ntoken = {{ file = \"secrets/token\" }}\n",
            proxy.base()
        );
        let lab = Lab::with_file(&peers, "fediverse", &file);
        lab.site.write("secrets/token", peers.says("MASTODON_TOKEN"));
        let title = format!("PhD position in {}", unique("tides"));
        lab.site.replace(PAGE, SUBJECT_WORDS, &title);
        Some(Self { peers, lab, proxy, title })
    }

    /// What the server holds of this lab, the newest first.
    async fn statuses(&self) -> Vec<Value> {
        let base = format!("http://{}/api/v1/accounts", self.peers.says("MASTODON_MOCK"));
        let me = self.get(&format!("{base}/verify_credentials")).await;
        let id = me["id"].as_str().unwrap();
        let all = self.get(&format!("{base}/{id}/statuses?limit=40")).await;
        let ours = |it: &&Value| it["content"].as_str().unwrap().contains(&self.title);
        all.as_array().unwrap().iter().filter(ours).cloned().collect()
    }

    async fn get(&self, address: &str) -> Value {
        let client = self.peers.client();
        let token = self.peers.says("MASTODON_TOKEN");
        client.get(address).bearer_auth(token).send().await.unwrap().json().await.unwrap()
    }

    /// The only status, to which the log leads.
    async fn the_status(&self) -> Value {
        let statuses = self.statuses().await;
        assert_eq!(statuses.len(), 1, "{statuses:#?}");
        assert_eq!(self.lab.link("announce"), statuses[0]["url"].as_str().unwrap());
        statuses.into_iter().next().unwrap()
    }

    /// One status stands there, as the log says, and going on changes nothing.
    async fn assert_posted_once(&mut self) -> Value {
        assert_eq!(self.lab.standing(), "live");
        let status = self.the_status().await;
        let requests = self.proxy.count(CREATE);
        self.lab.settle_down();
        assert_eq!(self.the_status().await["id"], status["id"]);
        assert_eq!(self.proxy.count(CREATE), requests, "it was sent again");
        assert_eq!(self.proxy.waiting(), 0);
        status
    }

    fn move_deadline(&self) {
        let written = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
        self.lab.site.replace(PAGE, &written(60), &written(75));
    }
}

#[tokio::test]
async fn an_ad_goes_out_once_is_edited_and_says_at_last_that_it_is_over() {
    let Some(mut account) = Account::of_a_lab("edit").await else { return };
    let shown = account.lab.handbill(&["post", "--dry-run"]);
    let post = account.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    let status = account.assert_posted_once().await;
    assert_eq!((&status["visibility"], &status["language"]), (&"public".into(), &"en".into()));
    assert!(shown.out.contains(&account.title) && shown.out.contains("of 500 characters"));
    // What the server said of itself is kept beside the ledger.
    assert!(account.lab.site.read("state/instances.json").contains("\"mastodon\""));

    account.move_deadline();
    account.lab.settle_down();
    let edited = account.the_status().await;
    let told = (Utc::now() + TimeDelta::days(75)).format("%-d %B %Y").to_string();
    assert!(edited["content"].as_str().unwrap().contains(&told), "{edited:#}");
    assert_eq!((&edited["id"], &edited["language"]), (&status["id"], &status["language"]));
    assert_eq!(account.lab.standing(), "edited");
    let seen = account.lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");

    account.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    account.lab.settle_down();
    let closed = account.the_status().await;
    assert!(closed["content"].as_str().unwrap().contains("losed"), "{closed:#}");
    assert_eq!(account.proxy.count(CREATE), 1);
}

#[tokio::test]
async fn an_ad_that_closes_is_taken_back_where_the_site_wants_that() {
    let Some(mut account) = Account::of_a_lab("withdraw").await else { return };
    account.lab.post();
    account.assert_posted_once().await;
    account.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    // The answer to the removal is lost: the next look sees that it is gone.
    account.proxy.next(DELETE, Trouble::LoseTheAnswer);
    account.lab.settle_down();
    assert!(account.statuses().await.is_empty());
    assert_eq!(account.lab.standing(), "withdrawn");
    assert_eq!(account.proxy.waiting(), 0);
}

#[tokio::test]
async fn an_answer_that_is_lost_or_says_nothing_is_looked_for_and_nothing_is_doubled() {
    let page = "<html><body>Bad gateway</body></html>";
    for trouble in [
        Trouble::LoseTheAnswer,
        Trouble::AnswerInstead(Answer::of(500, &[], "{}")),
        Trouble::AnswerInstead(Answer::of(502, &["Content-Type: text/html"], page)),
        Trouble::AnswerInstead(Answer::of(503, &["Retry-After: 1"], "")),
        Trouble::AnswerInstead(Answer::of(200, &["Content-Type: text/html"], page)),
        Trouble::AnswerInstead(Answer::of(200, &[], r#"{"error":"try again"}"#)),
    ] {
        let Some(mut account) = Account::of_a_lab("edit").await else { return };
        account.proxy.next(CREATE, trouble.clone());
        let post = account.lab.post();
        assert_eq!(post.code, 3, "{trouble:?}: {post:?}");
        assert_eq!(account.lab.standing(), "unknown", "{trouble:?}");
        account.lab.look_again();
        account.assert_posted_once().await;
        assert_eq!(account.proxy.count(CREATE), 1, "{trouble:?}: it was only looked for");
    }
}

#[tokio::test]
async fn what_never_reached_the_server_goes_out_again_once_that_is_certain() {
    let down = Answer::of(503, &[], "<html>down for a moment</html>");
    for trouble in [Trouble::LoseTheRequest, Trouble::Answer(down)] {
        let Some(mut account) = Account::of_a_lab("edit").await else { return };
        account.proxy.next(CREATE, trouble.clone());
        account.lab.post();
        assert_eq!(account.lab.standing(), "unknown", "{trouble:?}");
        // It may still arrive.
        account.lab.wait(3);
        account.lab.post();
        assert!(account.statuses().await.is_empty(), "{trouble:?}");
        account.lab.settle_down();
        account.assert_posted_once().await;
        assert_eq!(account.proxy.count(CREATE), 2, "{trouble:?}");
    }
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_is_seen_and_not_made_again() {
    let Some(mut account) = Account::of_a_lab("edit").await else { return };
    account.lab.post();
    account.move_deadline();
    account.proxy.next(EDIT, Trouble::LoseTheAnswer);
    account.lab.settle_down();
    assert_eq!(account.lab.standing(), "edited");
    account.the_status().await;
    assert_eq!(account.proxy.count(EDIT), 1);
    assert_eq!(account.proxy.waiting(), 0);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let Some(mut account) = Account::of_a_lab("edit").await else { return };
    let reset = (Utc::now() + TimeDelta::minutes(20)).to_rfc3339();
    let limit = Answer::of(
        429,
        &[
            "X-RateLimit-Limit: 300",
            "X-RateLimit-Remaining: 0",
            &format!("X-RateLimit-Reset: {reset}"),
        ],
        r#"{"error":"Too many requests"}"#,
    );
    account.proxy.next(CREATE, Trouble::Answer(limit));
    account.lab.post();
    assert_eq!(account.lab.standing(), "planned");
    account.lab.wait(15);
    account.lab.post();
    assert_eq!(account.proxy.count(CREATE), 1, "it asked to wait longer");
    account.lab.settle_down();
    account.assert_posted_once().await;
}

#[tokio::test]
async fn a_token_that_is_no_good_any_more_stops_the_account_until_a_person_has_been_there() {
    let Some(mut account) = Account::of_a_lab("edit").await else { return };
    account.lab.site.write("secrets/token", "an-old-token");
    let post = account.lab.post();
    assert_ne!(post.code, 0, "{post:?}");
    assert!(!format!("{post:?}").contains("an-old-token"), "{post:?}");
    let doctor = account.lab.handbill(&["doctor", "--online"]);
    assert!(doctor.code != 0 && doctor.out.contains("401"), "{doctor:?}");
    account.lab.site.write("secrets/token", account.peers.says("MASTODON_TOKEN"));
    account.lab.settle_down();
    assert!(account.statuses().await.is_empty(), "only a person lets it go on");
    let resumed = account.lab.handbill(&["resume", "fediverse"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    account.lab.settle_down();
    account.assert_posted_once().await;
    let doctor = account.lab.handbill(&["doctor", "--online"]);
    assert!(doctor.out.contains("@testuser@127.0.0.1"), "{doctor:?}");
    assert!(doctor.out.contains("500") && doctor.out.contains("Idempotency-Key"), "{doctor:?}");
}

#[tokio::test]
async fn killed_while_the_server_owes_its_answer_it_finds_its_status_at_the_next_start() {
    let Some(mut account) = Account::of_a_lab("edit").await else { return };
    account.proxy.next(CREATE, Trouble::Delay(Duration::from_secs(600)));
    let mut program = command(&account.lab.site.root(), &["post"]).spawn().unwrap();
    let began = Instant::now();
    while account.statuses().await.is_empty() {
        assert!(began.elapsed() < super::PATIENCE, "it never came so far");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    program.kill().unwrap();
    program.wait().unwrap();
    account.lab.settle_down();
    account.assert_posted_once().await;
    assert_eq!(account.proxy.count(CREATE), 1);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let Some(mut account) = Account::of_a_lab("edit").await else { return };
    account.proxy.next(CREATE, Trouble::Delay(LONG_ENOUGH));
    assert_eq!(account.lab.post().code, 0);
    account.assert_posted_once().await;
}
