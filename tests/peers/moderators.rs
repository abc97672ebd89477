//! Lists whose moderators read every post first.

use serde_json::Value;

use super::mailbox::{Mail, mailbox};
use super::mailman::{List, Policy, look_at};
use super::{LONG_ENOUGH, Peer, Peers, wait_for};

const NEEDED: [Peer; 3] = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];

/// What the list wrote to the poster, once it has.
async fn notice(peers: &Peers, list: &List<'_>, words: &str) -> Mail {
    wait_for("a notice of the list", async || {
        mailbox(peers, &list.poster)
            .into_iter()
            .find(|mail| mail.text.as_ref().is_some_and(|text| text.contains(words)))
    })
    .await
}

#[tokio::test]
async fn a_post_that_is_held_is_not_said_to_stand_there_and_is_never_sent_again() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "moderated", Policy::Moderated).await;
    let mut lab = list.lab();
    lab.post();
    let held = list.held_post().await;
    assert_eq!(held["message_id"], format!("<{}>", lab.message_id("announce")), "{held:#}");
    notice(&peers, &list, "Is being held until the list moderator can review it").await;
    lab.look_again();
    let row = lab.row("announce");
    assert_eq!((lab.standing().as_str(), &row["link"]), ("sent", &Value::Null), "{row:#}");
    let note = row["note"].as_str().unwrap();
    let link = note.strip_prefix("not seen yet at ").unwrap_or_else(|| panic!("{row:#}"));
    assert_eq!(look_at(&peers, link).await.0, 404);
    lab.settle_down();
    tokio::time::sleep(LONG_ENOUGH).await;
    list.held_post().await;
    assert_eq!(lab.attempts(), 1);
    assert!(mailbox(&peers, &list.reader).is_empty());
}

#[tokio::test]
async fn a_post_that_a_moderator_accepts_stands_under_the_link_that_the_log_names() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "accepting", Policy::Moderated).await;
    let mut lab = list.lab();
    lab.post();
    list.moderator_says("accept", "").await;
    list.arrival(&lab, "announce").await;
    lab.settle_down();
    assert_eq!(lab.standing(), "live");
    list.assert_one_copy(&lab).await;
}

#[tokio::test]
async fn a_post_that_a_moderator_refuses_is_not_sent_again_and_its_reason_arrives() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "refusing", Policy::Moderated).await;
    let mut lab = list.lab();
    lab.post();
    list.moderator_says("reject", "No job ads in August.").await;
    let refusal = notice(&peers, &list, "No job ads in August.").await;
    assert!(refusal.text.unwrap().contains("has been rejected by the list moderator"));
    lab.settle_down();
    tokio::time::sleep(LONG_ENOUGH).await;
    assert!(list.holds_nothing().await);
    assert_eq!(lab.attempts(), 1);
    assert!(mailbox(&peers, &list.reader).is_empty());
    assert_eq!(list.archive_size().await, 0);
    // Who reads no mailbox hears nothing of it; after two weeks a person is asked.
    assert_eq!(lab.standing(), "sent");
    lab.wait(16 * 24 * 60);
    lab.post();
    let row = lab.row("announce");
    assert!(row["note"].as_str().unwrap().contains("handbill resolve"), "{row:#}");
    assert_eq!(lab.attempts(), 1);
}

#[tokio::test]
async fn one_list_that_holds_a_post_keeps_it_from_no_other() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "holding", Policy::Moderated).await;
    let open = List::create(&peers, "beside", Policy::Open).await;
    let lab = list.lab();
    let channel = lab.site.read("channels/list.toml").replace(&list.name, &open.name);
    lab.site.write("channels/beside.toml", channel);
    lab.post();
    let copies = wait_for("the copy of the other list", async || {
        Some(mailbox(&peers, &open.reader)).filter(|mails| !mails.is_empty())
    })
    .await;
    assert_eq!(copies.len(), 1);
    list.held_post().await;
}
