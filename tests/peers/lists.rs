//! An ad goes out to a list and stands in its archive; what changes follows it there.

use chrono::{TimeDelta, Utc};

use super::mailbox::{copies, mailbox};
use super::mailman::{List, Policy, look_at};
use super::{Lab, PAGE, Peer, Peers, SUBJECT_WORDS, unique, wait_for};

#[tokio::test]
async fn an_ad_reaches_each_reader_of_a_list_once_and_stands_in_the_archive_under_its_link() {
    let needed = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];
    let Some(peers) = Peers::need(&needed).await else { return };
    let list = List::create(&peers, "jobs", Policy::Open).await;
    let mut lab = list.lab();
    let post = lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    let arrived = list.arrival(&lab, "announce").await;
    let subject = format!("{}{}", list.prefix(), subject_of(&lab));
    assert_eq!(arrived.copy.header("Subject"), subject);
    assert_eq!(arrived.archived["subject"], subject);
    // Whoever runs it again, and again, sends nothing more.
    lab.settle_down();
    assert_eq!((lab.standing().as_str(), lab.link("announce")), ("live", arrived.link));
    let (status, page) = look_at(&peers, &lab.link("announce")).await;
    assert_eq!(status, 200);
    assert!(page.contains(SUBJECT_WORDS), "{page}");
    list.assert_one_copy(&lab).await;
    let seen = lab.handbill(&["verify"]);
    assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");
}

/// The subject as it was sent.
fn subject_of(lab: &Lab) -> String {
    let shown = lab.site.run(&["log", "show", lab.row("announce")["id"].as_str().unwrap()]);
    let mut lines = shown.out.lines().filter_map(|line| line.trim().strip_prefix("| Subject: "));
    lines.next().unwrap_or_else(|| panic!("{shown:?}")).to_owned()
}

#[tokio::test]
async fn a_deadline_that_moves_is_told_in_the_thread_of_the_ad() {
    let needed = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];
    let Some(peers) = Peers::need(&needed).await else { return };
    let list = List::create(&peers, "updates", Policy::Open).await;
    let mut lab = list.lab();
    lab.post();
    let ad = list.arrival(&lab, "announce").await;
    let day = |days| Utc::now() + TimeDelta::days(days);
    let written = |days| day(days).format("%Y-%m-%d").to_string();
    lab.site.replace(PAGE, &written(60), &written(75));
    lab.settle_down();
    let update = list.arrival(&lab, "update").await;
    assert_eq!(update.archived["parent"], ad.archived["url"], "{:#}", update.archived);
    assert_eq!(update.archived["thread"], ad.archived["thread"], "{:#}", update.archived);
    let answers = format!("<{}>", lab.message_id("announce"));
    assert_eq!(update.copy.header("In-Reply-To"), answers);
    let told = day(75).format("%-d %B %Y").to_string();
    assert!(update.copy.text.as_ref().unwrap().contains(&told), "{:#?}", update.copy);
    lab.look_again();
    assert_eq!(lab.link("update"), update.link);
    assert_eq!(mailbox(&peers, &list.reader).len(), 2, "the ad and what changed");
}

/// Which is how the link of any list can be learned.
#[tokio::test]
async fn the_poster_gets_the_lists_copy_too_and_it_names_the_archives_address() {
    let needed = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];
    let Some(peers) = Peers::need(&needed).await else { return };
    let list = List::create(&peers, "own-copy", Policy::Open).await;
    let lab = list.lab();
    lab.post();
    let arrived = list.arrival(&lab, "announce").await;
    let own = copies(&peers, &list.poster, &lab.message_id("announce")).await;
    assert_eq!(own.len(), 1, "{own:#?}");
    assert!(own[0].header("Archived-At").contains(&arrived.link), "{own:#?}");
}

#[tokio::test]
async fn a_list_that_does_not_exist_answers_with_a_bounce_that_names_our_message() {
    let needed = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];
    let Some(peers) = Peers::need(&needed).await else { return };
    let (poster, nowhere) = (unique("poster") + "@lab.test", unique("nowhere") + "@lists.test");
    let lab = Lab::writing_as(&peers, &poster, &nowhere, "");
    let post = lab.post();
    assert_eq!(post.code, 0, "the mail server took it: {post:?}");
    let id = format!("<{}>", lab.message_id("announce"));
    let bounce = wait_for("a bounce", async || {
        mailbox(&peers, &poster).into_iter().find(|mail| mail.returned.contains(&id))
    })
    .await;
    assert_eq!(bounce.header("Subject"), "Undelivered Mail Returned to Sender");
    assert!(bounce.raw.contains("\r\nAction: failed\r\nStatus: 5."), "{}", bounce.raw);
}

#[tokio::test]
async fn an_address_that_the_server_knows_not_to_exist_is_refused_at_once() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    let mut lab = Lab::posting_to(&peers, "jobs@elsewhere.test", "");
    let post = lab.post();
    assert_eq!(post.code, 1, "{post:?}");
    lab.settle_down();
    let row = lab.row("announce");
    assert_eq!(row["state"], "refused", "{row:#}");
    assert!(row["note"].as_str().unwrap().contains("5.1.2"), "{row:#}");
    assert_eq!(lab.attempts(), 1);
}
