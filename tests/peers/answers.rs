//! What the real list and mail servers write back moves the ad that it is about.

use serde_json::Value;

use super::mailman::{List, Policy, look_at};
use super::{Lab, Peer, Peers, SUBJECT_WORDS, unique, wait_for};

const NEEDED: [Peer; 3] = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];

#[tokio::test]
async fn a_moderators_notice_holds_the_ad_in_the_lists_words() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "holding-notice", Policy::Moderated).await;
    let mut lab = list.lab();
    lab.reads_the_mail_of(&list.poster, &peers);
    lab.post();
    let held = lab.hears("held").await;
    assert!(held["note"].as_str().unwrap().contains("moderator"), "{held:#}");
    assert_eq!(held["link"], Value::Null, "nobody has seen it there");
    list.moderator_says("accept", "").await;
    wait_for("the archive", async || {
        lab.wait(15);
        lab.post();
        (lab.standing() == "live").then_some(())
    })
    .await;
    list.assert_one_copy(&lab).await;
}

#[tokio::test]
async fn a_moderators_refusal_ends_it_in_the_moderators_words() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "refusing-notice", Policy::Moderated).await;
    let mut lab = list.lab();
    lab.reads_the_mail_of(&list.poster, &peers);
    lab.post();
    list.moderator_says("reject", "No job ads in August.").await;
    let refused = lab.hears("refused").await;
    assert!(refused["note"].as_str().unwrap().contains("No job ads in August."), "{refused:#}");
    lab.settle_down();
    assert_eq!(lab.attempts(), 1);
    assert!(list.holds_nothing().await);
}

/// No archive is known: the list's own copy alone tells that the ad is out, and where.
#[tokio::test]
async fn the_lists_own_copy_brings_the_link_where_no_archive_is_known() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "by-copy", Policy::Open).await;
    let lab = Lab::writing_as(&peers, &list.poster, &list.address(), "");
    lab.reads_the_mail_of(&list.poster, &peers);
    lab.post();
    let live = lab.hears("live").await;
    let link = live["link"].as_str().unwrap();
    let (status, page) = look_at(&peers, link).await;
    assert!(status == 200 && page.contains(SUBJECT_WORDS), "{status} {link}");
}

/// The mail server takes it, and the next one on the way does not: its report names the delivery.
#[tokio::test]
async fn a_bounce_is_the_end_of_the_ad_it_is_about_and_of_no_other() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "bounce", Policy::Open).await;
    let user = list.poster.split_once('@').unwrap().0;
    let bounces = format!("bounces = \"{user}+{{key}}@lab.test\"\n");
    let nowhere = format!("{}@lists.test", unique("nowhere"));
    let lab = Lab::writing_as(&peers, &list.poster, &nowhere, &bounces);
    lab.site.write("channels/other.toml", list.lab().site.read("channels/list.toml"));
    lab.reads_the_mail_of(&list.poster, &peers);
    let post = lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    let rows = wait_for("a bounce", async || {
        assert_eq!(lab.handbill(&["mailbox"]).code, 0);
        let log = lab.site.run(&["log", "--format", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&log.out).unwrap();
        rows.iter().any(|row| row["state"] == "refused").then_some(rows)
    })
    .await;
    for row in rows {
        let wanted = if row["channel"] == "list" { "refused" } else { "posted" };
        assert_eq!(row["state"], wanted, "{row:#}");
    }
}

/// The daemon listens at the mailbox: what comes is known in a moment, not at the next look.
#[tokio::test]
async fn a_daemon_hears_a_moderator_at_once() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "listening", Policy::Moderated).await;
    let lab = list.lab();
    lab.reads_the_mail_of(&list.poster, &peers);
    let daemon = lab.serve();
    let stands = async |wanted: &str| {
        wait_for(wanted, async || {
            let log = lab.site.run(&["log", "--format", "json"]);
            let rows: Vec<Value> = serde_json::from_str(&log.out).unwrap_or_default();
            let is_so =
                |row: &Value| row["copy"].as_str().or(row["state"].as_str()) == Some(wanted);
            rows.iter().any(is_so).then_some(())
        })
        .await;
    };
    stands("held").await;
    list.moderator_says("reject", "Not here.").await;
    stands("refused").await;
    drop(daemon);
    assert_eq!(lab.attempts(), 1);
}
