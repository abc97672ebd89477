//! A mail server that does not let us in, that cannot be trusted, or that is not there.

use std::process::Command;

use super::mailbox::mailbox;
use super::mailman::{List, Policy};
use super::{LONG_ENOUGH, Lab, Peer, Peers, Trust, unique};

/// A lab whose ad goes to a person, and the person.
fn lab(peers: &Peers) -> (Lab, String) {
    let person = format!("{}@lab.test", unique("secretary"));
    (Lab::posting_to(peers, &person, ""), person)
}

/// The channel waits for a person, the ad waits with it, and nothing was sent.
async fn assert_blocked(peers: &Peers, lab: &Lab, person: &str, why: &str) {
    let row = lab.row("announce");
    assert_eq!(row["state"], "planned", "{row:#}");
    let plan = lab.handbill(&["plan"]);
    assert!(plan.out.contains("paused"), "{plan:?}");
    let note = row["note"].as_str().unwrap();
    assert!(note.contains(why), "{note}");
    assert_eq!(lab.attempts(), 1);
    tokio::time::sleep(LONG_ENOUGH).await;
    assert!(mailbox(peers, person).is_empty());
}

#[tokio::test]
async fn a_wrong_password_pauses_the_channel_until_a_person_has_mended_it() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    let (mut lab, person) = lab(&peers);
    lab.site.write("secrets/mail", "ebb-and-flow");
    let post = lab.post();
    assert_eq!(post.code, 1, "{post:?}");
    assert!(!format!("{post:?}").contains("ebb-and-flow"), "{post:?}");
    lab.settle_down();
    assert_blocked(&peers, &lab, &person, "535").await;
    lab.site.write("secrets/mail", peers.says("MAIL_PASSWORD"));
    let resumed = lab.site.run(&["resume", "list"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    lab.settle_down();
    assert_eq!(lab.standing(), "sent");
    assert_eq!(super::mailbox::copies(&peers, &person, &lab.message_id("announce")).await.len(), 1);
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_gets_neither_password_nor_ad() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    for (security, port) in [("starttls", "SMTP_SUBMISSION"), ("tls", "SMTPS")] {
        let (mut lab, person) = lab(&peers);
        let port = format!("port = {}\nsecurity = \"{security}\"", peers.port(port));
        lab.site.replace(
            "channels/list.toml",
            &format!("port = {}", peers.port("SMTP_SUBMISSION")),
            &port,
        );
        lab.trust = Trust::TheMachine;
        let post = lab.post();
        assert_eq!(post.code, 1, "{post:?}");
        lab.settle_down();
        assert_blocked(&peers, &lab, &person, "certificate").await;
    }
}

#[tokio::test]
async fn a_server_is_spoken_to_in_tls_from_the_first_byte_where_the_channel_says_so() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    let (lab, person) = lab(&peers);
    let port = format!("port = {}\nsecurity = \"tls\"", peers.port("SMTPS"));
    let before = format!("port = {}", peers.port("SMTP_SUBMISSION"));
    lab.site.replace("channels/list.toml", &before, &port);
    let post = lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(super::mailbox::copies(&peers, &person, &lab.message_id("announce")).await.len(), 1);
}

#[tokio::test]
async fn what_the_server_demands_a_password_for_is_not_tried_again_and_again_without_one() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    let (mut lab, person) = lab(&peers);
    let channel = lab.site.read("channels/list.toml");
    let without: Vec<&str> = channel
        .lines()
        .filter(|line| !line.starts_with("username") && !line.starts_with("password"))
        .collect();
    lab.site.write("channels/list.toml", without.join("\n"));
    lab.post();
    lab.settle_down();
    assert_eq!(lab.attempts(), 1, "{}", lab.row("announce"));
    assert!(mailbox(&peers, &person).is_empty());
}

/// Stops and starts Postfix. No other test uses the peers meanwhile.
fn postfix(peers: &Peers, verb: &str) {
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/peers"));
    script.args([verb, "postfix"]).env("PEERS", peers.says("PEERS_FOLDER"));
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn while_the_mail_server_is_stopped_an_ad_waits_and_goes_out_once_when_it_is_back() {
    let needed = [Peer::Postfix, Peer::Dovecot, Peer::Mailman];
    let Some((peers, _alone)) = Peers::need_alone(&needed).await else { return };
    let list = List::create(&peers, "patient", Policy::Open).await;
    let mut lab = list.lab();
    postfix(&peers, "stop");
    let post = lab.post();
    lab.wait(10);
    lab.post();
    postfix(&peers, "start");
    assert_ne!(post.code, 0, "{post:?}");
    let row = lab.row("announce");
    assert_eq!(row["state"], "planned", "{row:#}");
    assert!(row["note"].as_str().unwrap().contains("no connection"), "{row:#}");
    lab.look_again();
    list.arrival(&lab, "announce").await;
    lab.settle_down();
    assert_eq!(lab.standing(), "live");
    list.assert_one_copy(&lab).await;
}
