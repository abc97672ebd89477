//! Servers that fail: each failure has a name, nothing is lost by it, and no secret is told.

use std::time::Duration;

use chrono::NaiveDate;
use handbill::channel::Reach;
use handbill::channel::mail::Security;
use handbill::channel::oauth2::OAuth2;
use handbill::mailbox::config::Config;
use handbill::mailbox::imap::{Limits, Mailbox, MailboxError, Position, SignIn, Step, Woken};
use secrecy::SecretString;

use super::imap_server::{Does, ImapServer, closes, says};
use crate::channels::servers::{self, Scripted, json};

const PASSWORD: &str = "correct horse";

fn limits() -> Limits {
    let short = Duration::from_millis(400);
    Limits { connect: Duration::from_secs(5), answer: short, poll: Duration::from_millis(50) }
}

async fn open(server: &ImapServer) -> Result<Mailbox, MailboxError> {
    let sign_in = SignIn::Password(SecretString::from(PASSWORD));
    Mailbox::open_as(&server.config(), &sign_in, Reach::LoopbackOnly, limits()).await
}

async fn opened(answers: &[(&str, Does)]) -> (ImapServer, Mailbox) {
    let server = ImapServer::answering(answers).await;
    let mailbox = open(&server).await.expect("a mailbox");
    (server, mailbox)
}

fn since() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 4).unwrap()
}

/// UID 2 has been read.
fn position() -> Option<Position> {
    Some(Position { uid_validity: 7, last_uid: 2 })
}

#[tokio::test]
async fn a_greeting_that_does_not_come_or_is_none_is_told() {
    let stalled = ImapServer::start(Does::Stalls, &[]).await;
    let error = open(&stalled).await.unwrap_err();
    assert!(matches!(error, MailboxError::Silent { step: Step::Greeting, .. }), "{error}");
    let closed = ImapServer::start(closes(""), &[]).await;
    let error = open(&closed).await.unwrap_err();
    assert!(matches!(error, MailboxError::Closed { step: Step::Greeting, .. }), "{error}");
    let web = ImapServer::start(says("HTTP/1.1 400 Bad Request\n\n"), &[]).await;
    let error = open(&web).await.unwrap_err();
    assert!(matches!(error, MailboxError::Garbled { step: Step::Greeting, .. }), "{error}");
    let busy = ImapServer::start(closes("* BYE too many connections\n"), &[]).await;
    let error = open(&busy).await.unwrap_err();
    assert!(matches!(&error, MailboxError::Refused { why, .. } if why.contains("too many")));
    assert!(!error.needs_a_person());
}

#[tokio::test]
async fn a_refused_sign_in_needs_a_person_and_never_shows_the_password() {
    let answer = says("{tag} NO [AUTHENTICATIONFAILED] `correct horse` is wrong\n");
    let server = ImapServer::answering(&[("LOGIN", answer)]).await;
    let error = open(&server).await.unwrap_err();
    assert!(matches!(error, MailboxError::SignIn { .. }), "{error}");
    assert!(error.needs_a_person());
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

#[tokio::test]
async fn a_token_signs_in_and_a_bad_one_is_refused() {
    let sign_in = SignIn::Token(SecretString::from("ya29.token"));
    for (last, good) in [("{tag} OK in\n", true), ("{tag} NO invalid token\n", false)] {
        let server = ImapServer::answering(&[
            ("AUTHENTICATE XOAUTH2", says("+ \n")),
            // user=jobs@lab.example^Aauth=Bearer ya29.token^A^A
            (
                "dXNlcj1qb2JzQGxhYi5leGFtcGxlAWF1dGg9QmVhcmVyIHlhMjkudG9rZW4BAQ==",
                if good { says(last) } else { says("+ eyJzdGF0dXMiOiI0MDAifQ==\n") },
            ),
            // What answers the challenge that tells the error.
            ("", says(last)),
        ])
        .await;
        let opened = Mailbox::open_as(&server.config(), &sign_in, Reach::Anywhere, limits()).await;
        match opened {
            Err(MailboxError::SignIn { .. }) => assert!(!good),
            // The last answer is for every later command too, so the folder has no numbers.
            Err(MailboxError::Folder { .. }) => assert!(good),
            other => panic!("{other:?}"),
        }
        assert!(server.heard().iter().any(|it| it.starts_with("dXNlcj1qb2Jz")));
    }
}

/// Where tokens are given out, one is had for the mailbox as for a mail server.
#[tokio::test]
async fn a_token_is_had_from_where_they_are_given_out() {
    let granted = r#"{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}"#;
    let tokens = Scripted::start([json(200, granted)]).await;
    let server = ImapServer::answering(&[
        ("AUTHENTICATE XOAUTH2", says("+ \n")),
        ("dXNlcj1qb2JzQGxhYi5leGFtcGxlAWF1dGg9QmVhcmVyIHlhMjkudG9rZW4BAQ==", says("{tag} OK in\n")),
    ])
    .await;
    let oauth2 = OAuth2 {
        token_url: format!("{}/token", tokens.base).parse().unwrap(),
        client_id: "handbill".to_owned(),
        client_secret: None,
        refresh_token: servers::secret("refresh-17"),
        scope: None,
    };
    let config = Config { oauth2: Some(oauth2), ..server.config() };
    let mailbox = Mailbox::open(&config, Reach::LoopbackOnly, limits()).await.unwrap();
    mailbox.close().await;
    let no_more = Scripted::start([json(400, r#"{"error":"invalid_grant"}"#)]).await;
    let oauth2 = OAuth2 {
        token_url: format!("{}/token", no_more.base).parse().unwrap(),
        ..config.oauth2.clone().unwrap()
    };
    let config = Config { oauth2: Some(oauth2), ..config };
    let error = Mailbox::open(&config, Reach::LoopbackOnly, limits()).await.unwrap_err();
    assert!(matches!(error, MailboxError::Token { .. }), "{error}");
    assert!(!error.to_string().contains("refresh-17"), "{error}");
}

/// A stream that somebody in between has stripped of STARTTLS.
#[tokio::test]
async fn without_starttls_no_password_is_sent() {
    let server = ImapServer::answering(&[("STARTTLS", says("{tag} BAD unknown command\n"))]).await;
    let config = Config { security: Security::Starttls, ..server.config() };
    let sign_in = SignIn::Password(SecretString::from(PASSWORD));
    let opened = Mailbox::open_as(&config, &sign_in, Reach::Anywhere, limits()).await;
    assert!(matches!(opened.unwrap_err(), MailboxError::NoStarttls { .. }));
    assert_eq!(server.heard(), ["STARTTLS"]);
}

#[tokio::test]
async fn a_folder_that_is_not_there_needs_a_person() {
    let server = ImapServer::answering(&[("EXAMINE", says("{tag} NO no such folder\n"))]).await;
    let error = open(&server).await.unwrap_err();
    assert!(matches!(&error, MailboxError::Folder { why, .. } if why == "no such folder"));
    assert!(error.needs_a_person());
}

/// async-imap's own search would return an empty list for both.
#[tokio::test]
async fn a_search_that_failed_is_not_nothing_new() {
    let (_server, mut mailbox) = opened(&[("UID SEARCH", says("{tag} NO try later\n"))]).await;
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::Refused { step: Step::Search, .. }), "{error}");
    let (_server, mut mailbox) = opened(&[("UID SEARCH", closes("* SEARCH 3\n"))]).await;
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::Closed { step: Step::Search, .. }), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_mail_gives_no_mail() {
    for (answer, step) in [
        (closes("* 3 FETCH (UID 3 BODY[]<0> {100}\nFrom: half"), Step::Fetch),
        (closes("* 3 FETCH (UID 3 BODY[]<0> {4}\nabcd)\n"), Step::Fetch),
    ] {
        let (_server, mut mailbox) =
            opened(&[("UID SEARCH", says("* SEARCH 3\n{tag} OK done\n")), ("UID FETCH", answer)])
                .await;
        let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
        assert!(matches!(&error, MailboxError::Closed { step: at, .. } if *at == step), "{error}");
    }
}

#[tokio::test]
async fn after_a_stall_the_connection_is_not_used_again() {
    let (_server, mut mailbox) = opened(&[("UID SEARCH", Does::Stalls)]).await;
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::Silent { step: Step::Search, .. }), "{error}");
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::LeftOpen { .. }), "{error}");
}

/// Whoever drops a wait (another event came first) must not read its answers as another's.
#[tokio::test]
async fn a_wait_that_is_dropped_leaves_the_connection() {
    let (_server, mut mailbox) = opened(&[]).await;
    let dropped =
        tokio::time::timeout(Duration::from_millis(100), mailbox.wait(Duration::from_secs(60)));
    assert!(dropped.await.is_err());
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::LeftOpen { step: Step::Wait, .. }), "{error}");
}

#[tokio::test]
async fn one_mail_that_the_server_cannot_give_does_not_hide_the_others() {
    let (server, mut mailbox) = opened(&[
        ("UID SEARCH", says("* SEARCH 5 3 4\n{tag} OK done\n")),
        ("UID FETCH 3,4,5", says("{tag} NO some messages could not be read\n")),
        ("UID FETCH 3 ", says("* 1 FETCH (UID 3 BODY[]<0> {1}\na)\n{tag} OK done\n")),
        ("UID FETCH 4 ", says("{tag} NO broken\n")),
        ("UID FETCH 5 ", says("* 3 FETCH (UID 5 BODY[]<0> {1}\nb)\n{tag} OK done\n")),
    ])
    .await;
    let batch = mailbox.read_new(position(), since(), 10).await.unwrap();
    assert_eq!(batch.mails.iter().map(|it| it.uid).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(batch.unreadable, [4]);
    assert_eq!(batch.position, Position { uid_validity: 7, last_uid: 5 });
    let heard = server.heard();
    let fetches: Vec<_> = heard.iter().filter(|it| it.starts_with("UID FETCH")).collect();
    assert!(fetches.iter().all(|it| it.contains("BODY.PEEK[]")), "{fetches:?}");
    let changes = ["SELECT", "STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "UID MOVE", "CLOSE"];
    assert!(!heard.iter().any(|it| changes.iter().any(|change| it.starts_with(change))));
}

/// `3:*` names the last mail even if its number is 2.
#[tokio::test]
async fn the_last_mail_is_not_read_again_and_again() {
    let (server, mut mailbox) =
        opened(&[("UID SEARCH", says("* SEARCH 2\n{tag} OK done\n"))]).await;
    let batch = mailbox.read_new(position(), since(), 10).await.unwrap();
    assert!(batch.mails.is_empty() && !batch.more);
    assert_eq!(Some(batch.position), position());
    assert!(server.heard().contains(&"UID SEARCH UID 3:*".to_owned()));
}

#[tokio::test]
async fn mails_with_new_numbers_are_read_again_since_the_day() {
    let (server, mut mailbox) = opened(&[]).await;
    let before = Some(Position { uid_validity: 6, last_uid: 900 });
    let batch = mailbox.read_new(before, since(), 10).await.unwrap();
    assert!(server.heard().contains(&"UID SEARCH SINCE 4-May-2026".to_owned()));
    // What is older than the day has been passed over for good.
    assert_eq!(batch.position, Position { uid_validity: 7, last_uid: 3 });
}

#[tokio::test]
async fn what_is_more_than_the_limit_comes_next_time() {
    let (_server, mut mailbox) = opened(&[
        ("UID SEARCH", says("* SEARCH 1 2 3\n{tag} OK done\n")),
        ("UID FETCH", says("* 1 FETCH (UID 1 BODY[]<0> {1}\na)\n{tag} OK done\n")),
    ])
    .await;
    let batch = mailbox.read_new(None, since(), 1).await.unwrap();
    assert!(batch.more);
    assert_eq!(batch.position.last_uid, 1);
    assert_eq!(mailbox.wait(Duration::from_secs(60)).await.unwrap(), Woken::News);
}

#[tokio::test]
async fn a_server_that_pours_is_cut_off() {
    let flood = "* OK still searching\n".repeat(100_000);
    let (_server, mut mailbox) = opened(&[("UID SEARCH", says(&flood))]).await;
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::Garbled { .. }), "{error}");
    assert!(error.to_string().len() < 500, "{}", error.to_string().len());
}

#[tokio::test]
async fn garbage_is_told_in_few_words() {
    let (_server, mut mailbox) = opened(&[("UID SEARCH", says("%%% \u{1}\u{2} nonsense\n"))]).await;
    let error = mailbox.read_new(position(), since(), 10).await.unwrap_err();
    assert!(matches!(error, MailboxError::Garbled { .. }), "{error}");
    assert!(!error.to_string().contains(|it: char| it.is_control()), "{error}");
}

#[tokio::test]
async fn new_mail_ends_a_wait() {
    let (server, mut mailbox) =
        opened(&[("IDLE", says("+ idling\n* OK still here\n* 4 EXISTS\n"))]).await;
    assert_eq!(mailbox.wait(Duration::from_secs(60)).await.unwrap(), Woken::News);
    assert!(server.heard().ends_with(&["DONE".to_owned()]));
    mailbox.read_new(position(), since(), 10).await.unwrap();
}

#[tokio::test]
async fn a_wait_ends_at_its_time() {
    let (_server, mut mailbox) = opened(&[]).await;
    assert_eq!(mailbox.wait(Duration::from_millis(100)).await.unwrap(), Woken::Quiet);
    mailbox.read_new(position(), since(), 10).await.unwrap();
}

#[tokio::test]
async fn a_server_without_idle_is_asked_now_and_then() {
    for answers in [
        vec![("CAPABILITY", says("* CAPABILITY IMAP4rev1\n{tag} OK done\n"))],
        // Or it says that it can, and does not.
        vec![("IDLE", says("{tag} BAD not now\n"))],
    ] {
        let mut all = answers;
        all.push(("NOOP", says("{tag} OK nothing\n")));
        all.push(("NOOP", says("* 4 EXISTS\n{tag} OK done\n")));
        let (server, mut mailbox) = opened(&all).await;
        assert_eq!(mailbox.wait(Duration::from_secs(60)).await.unwrap(), Woken::News);
        assert!(!mailbox.can_idle());
        assert_eq!(server.heard().iter().filter(|it| *it == "NOOP").count(), 2);
    }
}

#[tokio::test]
async fn a_server_that_says_goodbye_while_we_wait_is_gone() {
    let (_server, mut mailbox) =
        opened(&[("IDLE", closes("+ idling\n* BYE shutting down\n"))]).await;
    let error = mailbox.wait(Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(error, MailboxError::Closed { step: Step::Wait, .. }), "{error}");
}

#[tokio::test]
async fn a_rehearsal_reaches_no_other_machine() {
    let config = Config {
        host: "imap.example".to_owned(),
        security: Security::Tls,
        ..ImapServer::answering(&[]).await.config()
    };
    let sign_in = SignIn::Password(SecretString::from(PASSWORD));
    let opened = Mailbox::open_as(&config, &sign_in, Reach::LoopbackOnly, limits()).await;
    assert!(matches!(opened.unwrap_err(), MailboxError::OutOfReach { .. }));
}

#[test]
fn a_setting_that_cannot_work_says_what_to_write() {
    let read = |text: &str| toml::from_str::<Config>(text).unwrap();
    let good = "host = \"imap.example\"\nusername = \"jobs@lab.example\"\n";
    assert!(read(good).check().is_ok());
    assert_eq!(read(good).server(), "imap.example:993");
    for (more, key) in [
        ("security = \"none\"\n", "security"),
        ("folder = \"a\\nb\"\n", "folder"),
        ("folder = \"Büro\"\n", "folder"),
    ] {
        match read(&format!("{good}{more}")).check() {
            Err(MailboxError::Setting { key: named, .. }) => assert_eq!(named, key),
            other => panic!("{more}: {other:?}"),
        }
    }
    let unknown = toml::from_str::<Config>(&format!("{good}delete = true\n"));
    assert!(unknown.unwrap_err().to_string().contains("unknown field"));
}
