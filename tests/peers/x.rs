//! X's API as X describes it, served by Prism, which checks each request against that description
//! and keeps nothing. So these tests say whether X would take what is sent and whether its errors
//! are understood; copies are counted by the stand-in that keeps state (`tests/deliver`).

use chrono::{TimeDelta, Utc};

use super::{Lab, PAGE, Peer, Peers, SUBJECT_WORDS, unique};
use crate::support::proxy::{Proxy, Trouble};

const CREATE: &str = "POST /2/tweets";

/// The id that the description gives every post.
const LINK: &str = "https://x.com/tidal_lab/status/1993000000000000001";

struct Account {
    lab: Lab,
    proxy: Proxy,
}

impl Account {
    async fn of_a_lab() -> Option<Self> {
        let peers = Peers::need(&[Peer::Prism]).await?;
        let proxy = Proxy::before(&peers.says("PRISM"));
        let secret = "{ file = \"secrets/x\" }";
        let file = format!(
            "kind = \"x\"\nupdate = \"ignore\"\nclose = \"withdraw\"\n[x]\napi = \"{}\"\n\
             username = \"tidal_lab\"\nuser_id = \"42\"\nconsumer_key = {secret}\n\
             consumer_secret = {secret}\naccess_token = {secret}\naccess_token_secret = {secret}\n",
            proxy.base()
        );
        let lab = Lab::with_file(&peers, "x", &file);
        lab.site.write("secrets/x", "tidal-forecast");
        lab.site.replace(PAGE, SUBJECT_WORDS, &format!("PhD position in {}", unique("tides")));
        Some(Self { lab, proxy })
    }

    /// The description's own error with this status comes instead of success.
    fn fails_with(&self, status: u16) {
        self.proxy.next(CREATE, Trouble::AddHeader(format!("Prefer: code={status}")));
    }
}

#[tokio::test]
async fn what_is_sent_is_what_the_description_asks_for_and_the_link_follows_from_the_id() {
    let Some(mut account) = Account::of_a_lab().await else { return };
    let post = account.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(
        (account.lab.standing().as_str(), account.lab.link("announce").as_str()),
        ("live", LINK)
    );
    account.lab.settle_down();
    assert_eq!(account.proxy.count(CREATE), 1);

    account.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    account.lab.settle_down();
    assert_eq!(account.proxy.count("DELETE /2/tweets/1993000000000000001"), 1);
    assert_eq!(account.proxy.count(CREATE), 1);
}

#[tokio::test]
async fn a_rate_limit_puts_it_off_until_the_second_that_x_names() {
    let Some(mut account) = Account::of_a_lab().await else { return };
    account.fails_with(429);
    account.lab.post();
    assert_eq!(account.lab.standing(), "planned");
    account.lab.settle_down();
    assert_eq!((account.lab.standing().as_str(), account.proxy.count(CREATE)), ("live", 2));
}

#[tokio::test]
async fn what_is_there_already_or_may_be_is_never_sent_again_by_itself() {
    let Some(mut account) = Account::of_a_lab().await else { return };
    account.fails_with(403);
    let post = account.lab.post();
    assert_eq!(post.code, 3, "{post:?}");
    // The timeline of the description shows nothing of it, which proves nothing: a person decides.
    account.lab.settle_down();
    assert_eq!((account.lab.standing().as_str(), account.proxy.count(CREATE)), ("unknown", 1));

    let Some(mut account) = Account::of_a_lab().await else { return };
    account.fails_with(503);
    assert_eq!(account.lab.post().code, 3);
    account.lab.wait(10);
    account.lab.post();
    assert_eq!((account.lab.standing().as_str(), account.proxy.count(CREATE)), ("unknown", 1));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_in_the_timeline_first() {
    let Some(account) = Account::of_a_lab().await else { return };
    account.proxy.next(CREATE, Trouble::LoseTheAnswer);
    assert_eq!(account.lab.post().code, 3);
    account.lab.post();
    assert_eq!(account.proxy.count(CREATE), 1);
    assert!(account.proxy.count("GET /2/users/42/tweets?max_results=100") >= 1);
}

#[tokio::test]
async fn without_valid_keys_the_account_stops_until_a_person_has_been_there() {
    let Some(mut account) = Account::of_a_lab().await else { return };
    account.fails_with(401);
    account.lab.post();
    account.lab.settle_down();
    assert_eq!(account.proxy.count(CREATE), 1);
    let resumed = account.lab.handbill(&["resume", "x"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    account.lab.settle_down();
    assert_eq!(
        (account.lab.standing().as_str(), account.lab.link("announce").as_str()),
        ("live", LINK)
    );
}

#[tokio::test]
async fn a_deadline_that_moves_leaves_a_post_that_cannot_be_edited() {
    let Some(mut account) = Account::of_a_lab().await else { return };
    account.lab.post();
    let written = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    account.lab.site.replace(PAGE, &written(60), &written(75));
    account.lab.settle_down();
    assert_eq!(account.proxy.count(CREATE), 1);
    assert_eq!(account.lab.link("announce"), LINK);
}
