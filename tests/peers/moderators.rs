//! Lists whose moderators read every post first.

use super::mailbox::{Mail, copies, mailbox};
use super::mailman::{List, Policy, look_at};
use super::{LONG_ENOUGH, Lab, Peer, Peers, SUBJECT_WORDS, wait_for};

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
    assert_eq!(lab.copy().as_deref(), Some("sent"));
    assert_eq!(lab.row("announce")["link"], serde_json::Value::Null, "nobody has seen it there");
    let seen = lab.handbill(&["verify"]);
    assert_eq!(seen.code, 1, "{seen:?}");
    assert!(seen.out.contains("a moderator may be holding it"), "{seen:?}");
    lab.reads_its_mail(&peers);
    let held = lab.hears("held").await;
    assert!(held["note"].as_str().unwrap().contains("moderated"), "{held:#}");
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
    assert_eq!(lab.copy().as_deref(), Some("live"));
    assert_eq!(lab.row("announce")["link"], lab.link("announce"));
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
    lab.reads_its_mail(&peers);
    let refused = lab.hears("refused").await;
    assert!(refused["note"].as_str().unwrap().contains("No job ads in August."), "{refused:#}");
    lab.settle_down();
    tokio::time::sleep(LONG_ENOUGH).await;
    assert!(list.holds_nothing().await);
    assert_eq!(lab.attempts(), 1);
    assert!(mailbox(&peers, &list.reader).is_empty());
    assert_eq!(list.archive_size().await, 0);
    assert_eq!((lab.state(), lab.copy()), ("refused".to_owned(), None));
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

/// No archive is known: the list's own copy alone tells that the ad is out, and where.
#[tokio::test]
async fn the_lists_own_copy_brings_the_link_where_no_archive_is_known() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "by-copy", Policy::Open).await;
    let lab = Lab::posting_to(&peers, &list.address(), "");
    lab.reads_its_mail(&peers);
    lab.post();
    let live = lab.hears("live").await;
    let link = live["link"].as_str().unwrap();
    assert!(link.starts_with(&peers.says("HYPERKITTY")), "{live:#}");
    let (status, page) = look_at(&peers, link).await;
    assert!(status == 200 && page.contains(SUBJECT_WORDS), "{status}");
}

/// The mail server takes it, and the next one on the way does not: its report names the delivery.
#[tokio::test]
async fn a_bounce_is_the_end_of_the_ad_it_is_about_and_of_no_other() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    let list = List::create(&peers, "beside-bounce", Policy::Open).await;
    let (user, domain) = peers
        .says("MAIL_USER")
        .split_once('@')
        .map(|(user, domain)| (user.to_owned(), domain.to_owned()))
        .unwrap();
    let bounces = format!("bounces = \"{user}+{{key}}@{domain}\"\n");
    let lab = Lab::posting_to(&peers, "jobs@nowhere.test", &bounces);
    let other = list.lab();
    lab.site.write("channels/other.toml", other.site.read("channels/list.toml"));
    lab.reads_its_mail(&peers);
    lab.post();
    let rows = wait_for("a bounce", async || {
        assert_eq!(lab.handbill(&["mailbox"]).code, 0);
        let log = lab.site.run(&["log", "--format", "json"]);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&log.out).unwrap();
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
    lab.reads_its_mail(&peers);
    let daemon = lab.serve();
    let row = |wanted: &'static str| {
        let lab = &lab;
        wait_for(wanted, async move || {
            let log = lab.site.run(&["log", "--format", "json"]);
            let rows: Vec<serde_json::Value> = serde_json::from_str(&log.out).unwrap_or_default();
            let is_so = |row: &serde_json::Value| {
                row["copy"].as_str().or(row["state"].as_str()) == Some(wanted)
            };
            rows.iter().any(is_so).then_some(())
        })
    };
    row("held").await;
    list.moderator_says("reject", "Not here.").await;
    row("refused").await;
    drop(daemon);
    assert_eq!(lab.attempts(), 1);
}
