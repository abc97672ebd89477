//! Lists whose moderators read every post first.

use super::mailbox::{Mail, copies, mailbox};
use super::mailman::{List, Policy, look_at};
use super::{LONG_ENOUGH, Peer, Peers, wait_for};

const NEEDED: [Peer; 3] = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];

/// What the list wrote to the poster, once it has.
async fn notice(peers: &Peers, list: &List<'_>, words: &str) -> Mail {
    let user = peers.says("MAIL_USER");
    wait_for("a notice of the list", async || {
        mailbox(peers, &user).into_iter().find(|mail| {
            mail.has("List-Id")
                && mail.header("List-Id").contains(&list.name)
                && mail.text.as_ref().is_some_and(|text| text.contains(words))
        })
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
    assert_eq!(look_at(&peers, &lab.link("announce")).await.0, 404);
    let seen = lab.handbill(&["verify"]);
    assert_eq!(seen.code, 1, "{seen:?}");
    assert!(seen.out.contains("a moderator may be holding it"), "{seen:?}");
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
    list.archive_of(&lab.link("announce")).await;
    let seen = lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");
    lab.settle_down();
    list.assert_one_copy(&lab).await;
    assert_eq!(lab.state(), "posted");
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
    let seen = lab.handbill(&["verify"]);
    assert_eq!(seen.code, 1, "{seen:?}");
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

/// Both readers and the poster, who is subscribed as well, get the same words.
#[tokio::test]
async fn the_poster_gets_the_lists_copy_too_with_the_archives_address_in_it() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "own-copy", Policy::Open).await;
    let lab = list.lab();
    lab.post();
    let own = copies(&peers, &peers.says("MAIL_USER"), &lab.message_id("announce")).await;
    assert_eq!(own.len(), 1, "{own:#?}");
    assert_eq!(own[0].header("Archived-At").trim().trim_matches(['<', '>']), lab.link("announce"));
}
