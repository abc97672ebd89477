//! WordPress, with the shipped `boards/wordpress` and `boards/wp-job-manager`, behind a proxy that
//! loses what it is told to. What a test believes is what WordPress holds, in its trash too.

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use super::{Lab, PAGE, Peer, Peers, SUBJECT_WORDS, unique};
use crate::support::proxy::{Answer, Proxy, Trouble};

/// A board of one lab.
struct Board {
    peers: Peers,
    lab: Lab,
    proxy: Proxy,
    /// `posts` or `job-listings`.
    route: &'static str,
    /// The posting's id, which is the slug.
    reference: String,
}

const POSTS: &str = "POST /wp-json/wp/v2/";

impl Board {
    async fn of_a_lab(preset: &str, more: &str) -> Option<Self> {
        let peers = Peers::need(&[Peer::WordPress]).await?;
        let proxy = Proxy::before(&peers.says("WORDPRESS"));
        let route = if preset == "boards/wordpress" { "posts" } else { "job-listings" };
        let file = format!(
            "kind = \"board\"\npreset = \"{preset}\"\n{more}[board]\nbase = \"{}\"\n[board.auth]\n\
             username = \"board\"\npassword = {{ file = \"secrets/wordpress\" }}\n",
            proxy.base()
        );
        let lab = Lab::with_file(&peers, "clinic", &file);
        lab.site.write("secrets/wordpress", peers.says("WORDPRESS_PASSWORD"));
        let reference = unique("tides");
        lab.site.replace(PAGE, "id: tides", &format!("id: {reference}"));
        Some(Self { peers, lab, proxy, route, reference })
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let address = format!("http://{}/wp-json/wp/v2/{path}", self.peers.says("WORDPRESS"));
        let password = self.peers.says("WORDPRESS_PASSWORD");
        let request = self.peers.client().request(method, address);
        let request = request.basic_auth("board", Some(password));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Every copy of the ad, whatever its state and slug are by now.
    async fn copies(&self) -> Vec<Value> {
        let mut copies = Vec::new();
        for status in ["any", "trash"] {
            let path =
                format!("{}?status={status}&context=edit&per_page=100&orderby=id", self.route);
            let shown = self.ask(reqwest::Method::GET, &path, None).await;
            let shown = shown.as_array().unwrap_or_else(|| panic!("{shown:#}")).clone();
            copies.extend(shown.into_iter().filter(|copy| {
                copy["slug"].as_str().is_some_and(|slug| slug.starts_with(&self.reference))
            }));
        }
        copies
    }

    async fn the_copy(&self) -> Value {
        let [copy] = self.copies().await.try_into().unwrap_or_else(|it| panic!("{it:#?}"));
        copy
    }

    /// What a reader gets who follows the link of the log.
    async fn page(&self) -> (u16, String) {
        let link = self.lab.row("announce")["link"].as_str().unwrap().to_owned();
        let answer = self.peers.client().get(link).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    fn close(&self) {
        self.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    }
}

#[tokio::test]
async fn an_ad_is_a_post_that_is_changed_and_taken_back() {
    let Some(mut board) = Board::of_a_lab("boards/wordpress", "").await else { return };
    let post = board.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(board.lab.standing(), "live");
    let copy = board.the_copy().await;
    assert_eq!(copy["title"]["raw"], SUBJECT_WORDS);
    assert_eq!(copy["status"], "publish");
    let (status, page) = board.page().await;
    assert!(status == 200 && page.contains("fourteen harbours"), "{status} {page}");

    board.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
    board.lab.settle_down();
    let changed = board.the_copy().await;
    assert_eq!(changed["id"], copy["id"], "it is the same post");
    let (_, page) = board.page().await;
    assert!(page.contains("fifteen harbours"), "{page}");
    assert_eq!(board.lab.standing(), "edited");
    let seen = board.lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");

    board.close();
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "withdrawn");
    assert_eq!(board.the_copy().await["status"], "trash");
    assert_eq!(board.page().await.0, 404);
}

#[tokio::test]
async fn a_job_of_the_plugin_ends_after_its_last_day() {
    let Some(mut board) = Board::of_a_lab("boards/wp-job-manager", "").await else { return };
    board.lab.post();
    let copy = board.the_copy().await;
    let day = |days: i64| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    assert_eq!(copy["meta"]["_job_expires"], day(60).as_str(), "{copy:#}");
    assert_eq!(copy["title"]["raw"], SUBJECT_WORDS, "no code, no pay");
    assert_eq!(board.page().await.0, 200);
    board.lab.site.replace(PAGE, &day(60), &day(75));
    board.lab.settle_down();
    let copy = board.the_copy().await;
    assert_eq!(copy["meta"]["_job_expires"], day(75).as_str(), "{copy:#}");
    let seen = board.lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_post() {
    for trouble in [
        Trouble::LoseTheAnswer,
        Trouble::AnswerInstead(Answer::of(500, &[], "{}")),
        Trouble::AnswerInstead(Answer::of(200, &[], "<html>Critical error</html>")),
    ] {
        let Some(mut board) = Board::of_a_lab("boards/wordpress", "").await else { return };
        board.proxy.next(POSTS, trouble.clone());
        let post = board.lab.post();
        assert_eq!(post.code, 3, "{trouble:?}: {post:?}");
        assert_eq!(board.lab.standing(), "unknown", "{trouble:?}");
        board.lab.settle_down();
        assert_eq!(board.lab.standing(), "live", "{trouble:?}");
        board.the_copy().await;
        assert_eq!(board.page().await.0, 200);
        assert_eq!(board.proxy.count(POSTS), 1, "{trouble:?}: it was only looked for");
    }
}

#[tokio::test]
async fn a_request_that_is_lost_goes_out_again_once() {
    let Some(mut board) = Board::of_a_lab("boards/wordpress", "").await else { return };
    board.proxy.next(POSTS, Trouble::LoseTheRequest);
    board.lab.post();
    assert_eq!(board.lab.standing(), "unknown");
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "live");
    board.the_copy().await;
    assert_eq!(board.proxy.count(POSTS), 2);
}

#[tokio::test]
async fn an_ad_that_waits_for_somebody_is_live_once_it_is_published() {
    let values = "[values]\nstatus = \"pending\"\n";
    let Some(mut board) = Board::of_a_lab("boards/wordpress", values).await else { return };
    board.lab.post();
    board.lab.look_again();
    assert_eq!(board.lab.standing(), "held");
    let row = board.lab.row("announce");
    assert!(row.to_string().contains("`pending`"), "{row:#}");
    let copy = board.the_copy().await;
    let path = format!("posts/{}", copy["id"]);
    let published = Some(serde_json::json!({ "status": "publish" }));
    board.ask(reqwest::Method::POST, &path, published).await;
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "live");
    assert_eq!(board.page().await.0, 200);
    // What somebody decided there stays.
    board.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
    board.lab.settle_down();
    assert_eq!(board.the_copy().await["status"], "publish");
}

#[tokio::test]
async fn a_wrong_password_stops_the_channel_and_posts_nothing() {
    let Some(board) = Board::of_a_lab("boards/wordpress", "").await else { return };
    board.lab.site.write("secrets/wordpress", "somebody else's");
    let post = board.lab.post();
    assert_ne!(post.code, 0, "{post:?}");
    assert!(board.copies().await.is_empty());
    assert_eq!(board.lab.standing(), "planned");
    let log = board.lab.handbill(&["log"]);
    assert!(!log.out.contains("somebody else's"), "{log:?}");
}

#[tokio::test]
async fn a_post_that_wordpress_refuses_is_refused() {
    let values = "[values]\nstatus = \"no such status\"\n";
    let Some(board) = Board::of_a_lab("boards/wordpress", values).await else { return };
    let post = board.lab.post();
    assert_eq!(post.code, 1, "{post:?}");
    assert_eq!(board.lab.standing(), "refused");
    assert!(board.copies().await.is_empty());
}
