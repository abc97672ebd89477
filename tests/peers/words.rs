//! What arrives, read by a parser that shares nothing with ours: lines, headers, links.

use super::mailbox::{Mail, copies};
use super::{LINKS, Lab, Peer, Peers, SUBJECT_WORDS, unique};

/// An ad that went straight to a person's mailbox, so that no list has changed it.
async fn arrived(peers: &Peers, body: &str) -> Mail {
    let person = format!("{}@lab.test", unique("secretary"));
    let lab = Lab::posting_to(peers, &person, &format!("body = \"{body}\"\n"));
    let post = lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    let mut copies = copies(peers, &person, &lab.message_id("announce")).await;
    assert_eq!(copies.len(), 1, "{copies:#?}");
    copies.remove(0)
}

#[tokio::test]
async fn a_mail_is_one_that_another_parser_finds_nothing_wrong_with() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    for body in ["text", "alternative"] {
        let mail = arrived(&peers, body).await;
        assert!(mail.defects.is_empty(), "{body}: {:?}", mail.defects);
        assert_eq!(mail.bare_line_ends, 0, "{body}");
        assert!(mail.raw.is_ascii(), "{body}");
        // RFC 5322 §2.1.1: what it recommends, not only what it demands.
        assert!(mail.longest_line <= 78, "{body}: {}", mail.longest_line);
        assert!(mail.header("From").starts_with("Küstenlabor <poster-"), "{}", mail.header("From"));
        let subject = mail.header("Subject");
        assert!(subject.contains(SUBJECT_WORDS) && subject.chars().count() <= 70, "{subject}");
        assert_eq!(mail.html.is_some(), body == "alternative");
        for header in ["Auto-Submitted", "Precedence", "List-Id", "X-No-Archive", "Archived-At"] {
            assert!(!mail.has(header), "{body}: {header} makes lists drop or mute a post");
        }
    }
}

#[tokio::test]
async fn each_link_of_an_ad_arrives_whole_on_one_line() {
    let Some(peers) = Peers::need(&[Peer::Postfix, Peer::Dovecot]).await else { return };
    for body in ["text", "alternative"] {
        let mail = arrived(&peers, body).await;
        let text = mail.text.expect("a text part");
        for link in LINKS {
            assert!(text.lines().any(|line| line.contains(link)), "{body}: {link} in {text}");
        }
        // Only a link makes a line longer than lists like it.
        for line in text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 72, "{body}: {line}");
        }
        assert!(text.contains("Küstenlabor"), "{body}: {text}");
        if let Some(html) = mail.html {
            for link in LINKS {
                assert!(html.replace("&amp;", "&").contains(link), "{link} in {html}");
            }
        }
    }
}
