//! Who hears what becomes of a message.

use handbill::channel::mail::Config;
use handbill::channel::mail::envelope::Dsn;
use handbill::channel::{Channel, Outcome, Wire};

use super::server::{SmtpServer, Trouble, channel, config, publish, send};
use crate::channels::servers;

const KEY: &str = "0000000000000000000000003f2a91bc";

async fn lines_of(offers: &'static [&'static str], config: impl Fn(u16) -> Config) -> String {
    let server = SmtpServer::with(Trouble { offers, ..Trouble::default() }).await;
    let outcome = send(&channel(config(server.port))).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    server.lines()
}

#[tokio::test]
async fn a_server_that_reports_is_asked_to_and_by_the_deliverys_key() {
    let offers = &["AUTH PLAIN", "DSN"];
    let lines = lines_of(offers, config).await;
    let mail = format!("MAIL FROM:<jobs@tides.example> RET=HDRS ENVID={KEY}\r\n");
    assert!(lines.contains(&mail), "{lines}");
    assert!(lines.contains("RCPT TO:<list@lists.example> NOTIFY=FAILURE,DELAY\r\n"), "{lines}");
    let lines = lines_of(offers, |port| Config { dsn: Dsn::Success, ..config(port) }).await;
    assert!(lines.contains(" NOTIFY=SUCCESS,FAILURE,DELAY\r\n"), "{lines}");
}

#[tokio::test]
async fn a_server_that_does_not_say_so_is_not_asked() {
    let lines = lines_of(&["AUTH PLAIN"], config).await;
    assert!(lines.contains("MAIL FROM:<jobs@tides.example>\r\nRCPT TO:<list@lists.example>\r\n"));
    let offers = &["AUTH PLAIN", "DSN"];
    let lines = lines_of(offers, |port| Config { dsn: Dsn::Never, ..config(port) }).await;
    assert!(!lines.contains("NOTIFY") && !lines.contains("ENVID"), "{lines}");
}

#[tokio::test]
async fn a_server_is_asked_what_it_offers_once_a_connection() {
    let offers = &["AUTH PLAIN", "DSN"];
    let server = SmtpServer::with(Trouble { offers, ..Trouble::default() }).await;
    let channel = channel(config(server.port));
    for _ in 0..3 {
        assert!(matches!(send(&channel).await, Outcome::Posted(_)));
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.lines().matches("EHLO").count(), 2);
    assert_eq!(server.lines().matches("NOTIFY=FAILURE,DELAY").count(), 3);
}

#[tokio::test]
async fn bounces_come_back_to_an_address_that_names_the_delivery() {
    let bounces = Some("bot+{key}@tides.example".to_owned());
    let channel = channel(Config { bounces, ..config(1) });
    let Wire::Mail(mail) = publish(&channel) else { panic!("no mail") };
    assert_eq!(mail.envelope_from, format!("bot+{KEY}@tides.example"));
    assert!(mail.message.starts_with("From: \"Tidal Lab\" <jobs@tides.example>\r\n"));
    let notice = channel.notice("Something", "x\n", uuid::Uuid::nil(), servers::at()).unwrap();
    let Wire::Mail(notice) = notice else { panic!("no mail") };
    assert_eq!(notice.envelope_from, "jobs@tides.example", "a notice is no delivery");
    assert_eq!(notice.report, None);
}

#[test]
fn readers_answer_where_the_channel_says() {
    let reply_to = Some("office@tides.example".to_owned());
    let Wire::Mail(mail) = publish(&channel(Config { reply_to, ..config(1) })) else {
        panic!("no mail")
    };
    assert!(mail.message.contains("\r\nReply-To: office@tides.example\r\n"), "{}", mail.message);
}

#[test]
fn what_is_on_record_without_a_report_is_read_as_before() {
    let old = r#"{"wire":"mail","server":"smtp://mail.example:587","envelope_from":"a@b.example",
        "envelope_to":"c@d.example","message_id":"x@b.example","subject":"s","message":"m"}"#;
    let Wire::Mail(mail) = serde_json::from_str(old).unwrap() else { panic!("no mail") };
    assert_eq!((mail.report, mail.signed_as), (None, None));
}

#[tokio::test]
async fn what_was_prepared_is_what_is_asked() {
    // The file may have changed between the attempt on record and its second try.
    let server =
        SmtpServer::with(Trouble { offers: &["AUTH PLAIN", "DSN"], ..Trouble::default() }).await;
    let asked = publish(&channel(Config { dsn: Dsn::Success, ..config(server.port) }));
    let now = channel(config(server.port));
    assert!(matches!(now.send(&asked, &servers::permit()).await, Outcome::Posted(_)));
    assert!(server.lines().contains("NOTIFY=SUCCESS,FAILURE,DELAY"));
}

/// RFC 1870: nobody sends a server what it says that it does not take.
#[tokio::test]
async fn a_message_larger_than_the_server_takes_is_not_sent() {
    let offers = &["AUTH PLAIN", "size 300"];
    let server = SmtpServer::with(Trouble { offers, ..Trouble::default() }).await;
    let outcome = send(&channel(config(server.port))).await;
    let Outcome::Refused { why } = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("nothing was sent") && why.contains(" 300 "), "{why}");
    assert!(!server.lines().contains("MAIL"), "{}", server.lines());
    // Neither of these is a limit.
    for offers in [&["AUTH PLAIN", "SIZE 0"], &["AUTH PLAIN", "SIZE"], &["AUTH PLAIN", "SIZE x"]] {
        lines_of(offers, config).await;
    }
}
