//! Mail.

mod envelope;
mod faults;
mod peers;
mod reading;
mod server;
mod sharing;
mod signatures;
mod signing_in;

use std::time::Duration;

use chrono::Utc;
use handbill::channel::mail::{Archive, Config, Mail, Security};
use handbill::channel::permit::{NoJournal, too_late};
use handbill::channel::{Action, Channel, Outcome, Permit, Receipt, Sight, Trace, Wire};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::servers::{self, SECRET, Scripted, answer};
use server::{SmtpServer, Step, Trouble, channel, config, publish, rendition, send};

async fn outcome_of(step: Step, reply: &'static str) -> Outcome {
    let server = SmtpServer::start(Some((step, reply))).await;
    let channel = channel(config(server.port));
    channel.send(&publish(&channel), &servers::permit()).await
}

#[tokio::test]
async fn the_message_on_record_is_the_message_that_arrives() {
    let server = SmtpServer::start(None).await;
    let channel = channel(config(server.port));
    let wire = publish(&channel);
    let Outcome::Posted(receipt) = channel.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    let Wire::Mail(mail) = &wire else { panic!("no mail") };
    assert_eq!(receipt.remote_id.as_ref(), Some(&mail.message_id));
    assert_eq!(mail.message_id, "hb.0000000000000000000000003f2a91bc@tides.example");
    let arrived = server.messages().remove(0).replace("\r\n..", "\r\n.");
    assert_eq!(arrived.trim_end(), mail.message.trim_end());
    assert!(mail.message.contains("\r\n.\r\n..two\r\n"));
}

/// A list holds back what names it nowhere, or names many (implicit destination, recipients).
#[test]
fn a_message_names_its_list_and_nobody_else() {
    let Wire::Mail(mail) = publish(&channel(config(1))) else { panic!("no mail") };
    assert_eq!(mail.envelope_to, "list@lists.example");
    let head = mail.message.split("\r\n\r\n").next().unwrap();
    let recipients: Vec<&str> = head
        .lines()
        .filter(|line| ["To:", "Cc:", "Bcc:"].iter().any(|name| line.starts_with(name)))
        .collect();
    assert_eq!(recipients, ["To: list@lists.example"]);
}

#[tokio::test]
async fn the_same_delivery_makes_the_same_bytes_every_time() {
    let channel = channel(config(1));
    assert_eq!(publish(&channel), publish(&channel));
}

#[tokio::test]
async fn before_the_first_byte_of_the_message_nothing_is_there() {
    for (step, reply) in [
        (Step::Greeting, "421 too busy"),
        (Step::Greeting, ""),
        (Step::Auth, "454 later"),
        (Step::Sender, "451 greylisted"),
        (Step::Recipient, "451 4.7.1 greylisted"),
        (Step::Recipient, ""),
        (Step::Data, "421 closing"),
        (Step::Data, "250 what?"),
    ] {
        let outcome = outcome_of(step, reply).await;
        assert!(matches!(outcome, Outcome::Deferred { .. }), "{reply}: {outcome:?}");
    }
    for (step, reply) in [
        (Step::Sender, "550 no"),
        (Step::Recipient, "550 5.1.1 no such list"),
        (Step::Data, "554 5.7.1 no"),
    ] {
        let outcome = outcome_of(step, reply).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{reply}: {outcome:?}");
    }
}

#[tokio::test]
async fn after_it_only_a_reply_that_can_be_read_says_anything() {
    for reply in ["", "nonsense", "354 again", "251 forwarded"] {
        let outcome = outcome_of(Step::End, reply).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{reply}: {outcome:?}");
    }
    let refused = outcome_of(Step::End, "554 5.7.1 spam").await;
    assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");
    let deferred = outcome_of(Step::End, "452 disk full").await;
    assert!(matches!(deferred, Outcome::Deferred { .. }), "{deferred:?}");
}

/// What a server sees of a message whose send-by passes at this step.
async fn seen_if_it_passes_at(step: Step) -> (Outcome, SmtpServer) {
    let (clock, send_by) = servers::deadline();
    let trouble = Trouble { passes: Some((step, clock)), ..Trouble::default() };
    let server = SmtpServer::with(trouble).await;
    let channel = channel(config(server.port));
    let outcome = channel.send(&publish(&channel), &Permit::new(send_by, &NoJournal)).await;
    (outcome, server)
}

#[tokio::test]
async fn after_the_send_by_no_byte_of_the_message_leaves() {
    let (outcome, server) = seen_if_it_passes_at(Step::Auth).await;
    assert_eq!(outcome, too_late());
    assert!(server.lines().contains("AUTH") && !server.lines().contains("MAIL FROM"));
    let (outcome, server) = seen_if_it_passes_at(Step::Data).await;
    assert_eq!(outcome, too_late());
    assert!(server.lines().ends_with("DATA\r\n"), "{}", server.lines());
    assert!(server.messages().is_empty());
    // What was given in time is given, however long the reply takes.
    let (outcome, server) = seen_if_it_passes_at(Step::End).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn the_late_reply_to_a_cancelled_message_is_never_given_to_the_next() {
    let late = Some((Duration::from_millis(400), "554 not you"));
    let server = SmtpServer::with(Trouble { late, ..Trouble::default() }).await;
    let channel = channel(config(server.port));
    let (wire, permit) = (publish(&channel), servers::permit());
    let first = channel.send(&wire, &permit);
    assert!(tokio::time::timeout(Duration::from_millis(200), first).await.is_err());
    assert_eq!(server.messages().len(), 1, "the first was given, and not answered");
    let second = channel.send(&wire, &permit).await;
    assert!(matches!(second, Outcome::Posted(_)), "{second:?}");
    assert_eq!(server.connections(), 2, "each has its own connection");
}

#[tokio::test]
async fn messages_share_a_connection_until_nothing_more_is_sent() {
    let server = SmtpServer::start(None).await;
    let channel = channel(config(server.port));
    let (wire, permit) = (publish(&channel), servers::permit());
    for _ in 0..3 {
        assert!(matches!(channel.send(&wire, &permit).await, Outcome::Posted(_)));
    }
    assert_eq!(server.messages().len(), 3);
    assert_eq!(server.connections(), 1);
    assert_eq!(server.lines().matches("QUIT").count(), 0);
    channel.hang_up().await;
    assert_eq!(server.lines().matches("QUIT").count(), 1);
    assert!(matches!(channel.send(&wire, &permit).await, Outcome::Posted(_)));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_leaves_after_each_message_gets_the_next_one_all_the_same_and_once() {
    for word in ["", "421 4.7.0 that was one message"] {
        let leaves = Some(word);
        let server = SmtpServer::with(Trouble { leaves, ..Trouble::default() }).await;
        let channel = channel(config(server.port));
        let (wire, permit) = (publish(&channel), servers::permit());
        for sent in 1..=3 {
            assert!(matches!(channel.send(&wire, &permit).await, Outcome::Posted(_)));
            assert_eq!(server.messages().len(), sent);
        }
        assert_eq!(server.connections(), 3);
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_every_message_blocks_the_channel() {
    for (step, reply) in [
        (Step::Greeting, "554 not you"),
        (Step::Auth, "535 wrong password s3cret-17"),
        (Step::Sender, "530 sign in first"),
    ] {
        let outcome = outcome_of(step, reply).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{reply}: {outcome:?}");
        assert!(!outcome.why().contains(SECRET), "{outcome:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_in_clear_where_encryption_was_asked_for() {
    for security in [Security::Starttls, Security::Tls] {
        let server = SmtpServer::start(None).await;
        let channel = channel(Config { security, ..config(server.port) });
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{security:?}: {outcome:?}");
        assert!(server.messages().is_empty());
    }
}

/// A server that greets, offers STARTTLS, and answers it with these bytes.
async fn answers_starttls_with(reply: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.example\r\n").await.unwrap();
        let mut line = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            let reply = if line.starts_with("EHLO") {
                &b"250-mail.example\r\n250 STARTTLS\r\n"[..]
            } else {
                reply
            };
            line.clear();
            if stream.write_all(reply).await.is_err() {
                break;
            }
        }
    });
    port
}

#[tokio::test]
async fn what_is_said_in_clear_behind_the_word_to_encrypt_is_nobodys_word() {
    for (reply, is_blocked, words) in [
        (&b"220 go ahead\r\n250-mail.example\r\n250 AUTH PLAIN\r\n"[..], true, "sit in between"),
        (b"454 not now\r\n", false, "454 not now"),
        (b"502\r\n", true, "502"),
        (b"hello\r\n", false, "no reply: hello"),
        (b"220-go\r\n", false, "no reply within"),
    ] {
        let port = answers_starttls_with(reply).await;
        let outcome = send(&channel(Config { security: Security::Starttls, ..config(port) })).await;
        assert_eq!(matches!(outcome, Outcome::Blocked { .. }), is_blocked, "{outcome:?}");
        assert!(is_blocked || matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
        assert!(outcome.why().contains(words), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_rehearsal_connects_to_no_other_machine() {
    let far = Config { host: "mail.example".to_owned(), security: Security::Tls, ..config(465) };
    let channel = channel(far);
    assert!(matches!(
        channel.send(&publish(&channel), &servers::permit()).await,
        Outcome::Refused { .. }
    ));
    assert!(channel.probe().await.is_err());
}

#[tokio::test]
async fn a_probe_signs_in_and_sends_nothing() {
    let server = SmtpServer::start(None).await;
    let channel = channel(config(server.port));
    assert_eq!(
        channel.probe().await.unwrap(),
        handbill::channel::Probe { identity: "250 mail.example".to_owned(), expires: None }
    );
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn the_archive_shows_a_message_or_proves_nothing() {
    let server = Scripted::start([
        answer(200, &[], "<h1>[jobs] PhD on tides at the coast (K&#252;ste)</h1>"),
        answer(404, &[], ""),
        answer(404, &[], ""),
        answer(200, &[], "<p>Prove that you are no robot</p>"),
        answer(404, &[], ""),
    ])
    .await;
    let archive = Archive::Hyperkitty {
        base: server.base.parse().unwrap(),
        list: "list@lists.example".into(),
    };
    let channel = channel(Config { archive: Some(archive), ..config(1) });
    let (wire, key) = (publish(&channel), servers::key());
    let Trace::Found(receipt) = channel.find(&servers::search(&wire, &key, Utc::now())).await
    else {
        panic!("not found")
    };
    assert!(receipt.link.as_ref().unwrap().path().starts_with("/list/list@lists.example/message/"));
    let soon = channel.find(&servers::search(&wire, &key, Utc::now())).await;
    assert!(matches!(soon, Trace::NotYet { .. }), "{soon:?}");
    let late = channel
        .find(&servers::search(&wire, &key, servers::at() - chrono::TimeDelta::days(9)))
        .await;
    assert!(matches!(late, Trace::CannotTell { .. }), "{late:?}");
    let robot = channel.verify(&receipt, Some(&rendition())).await;
    assert!(matches!(robot, Sight::Unseen { .. }), "{robot:?}");
    let held = channel.verify(&receipt, Some(&rendition())).await;
    assert!(matches!(held, Sight::Unseen { .. }), "{held:?}");
}

#[tokio::test]
async fn without_an_archive_only_a_person_can_look() {
    let channel = channel(config(1));
    let (wire, key) = (publish(&channel), servers::key());
    let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
    assert!(matches!(trace, Trace::CannotTell { .. }));
}

#[test]
fn a_follow_up_answers_and_nothing_is_taken_back() {
    let channel = channel(config(1));
    let key = servers::key();
    let address = servers::address(&key);
    let receipt =
        Receipt { remote_id: Some("hb.1@tides.example".to_owned()), ..Receipt::default() };
    let rendition = rendition();
    let wire = channel.prepare(Action::FollowUp(&rendition, &receipt), &address).unwrap();
    let Wire::Mail(mail) = wire else { panic!("no mail") };
    assert!(mail.message.contains("In-Reply-To: <hb.1@tides.example>\r\n"));
    assert!(channel.prepare(Action::Withdraw(&receipt), &address).is_err());
    assert!(channel.prepare(Action::Edit(&rendition, &receipt), &address).is_err());
}

#[test]
fn settings_that_cannot_work_are_refused_in_the_files_words() {
    let wrong = |config: Config| {
        Mail::new(config, servers::context()).err().map(|error| error.to_string()).unwrap()
    };
    assert_eq!(
        wrong(Config { host: "mail.example".to_owned(), ..config(25) }),
        "`mail.security` of channel example: `none` is only for this machine, and `mail.example` \
         is another; use `starttls` or `tls`"
    );
    assert_eq!(
        wrong(Config { to: "list".to_owned(), ..config(25) }),
        "`mail.to` of channel example: `list` is no mail address in ASCII; write it like \
         `jobs@lists.example`"
    );
    assert!(
        wrong(Config { from_name: Some("A\r\nBcc: b".to_owned()), ..config(25) })
            .contains("mail.from_name")
    );
    assert!(wrong(Config { password: None, ..config(25) }).contains("go together"));
    let text = |text: &str| Some(text.to_owned());
    for (wrongly, said) in [
        (Config { reply_to: text("a@b>\r\nBcc: c"), ..config(25) }, "`mail.reply_to`"),
        (Config { bounces: text("bot@tides.example"), ..config(25) }, "needs one `{key}`"),
        (Config { ca: Some("ca.pem".into()), ..config(25) }, "there is no certificate"),
    ] {
        assert!(wrong(wrongly.clone()).contains(said), "{}", wrong(wrongly));
    }
}
