//! The mailbox read from a real Dovecot. `.ci/peers start dovecot` starts one and writes the
//! variables that say where it is; without them these tests are left out, except in CI.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use handbill::channel::Reach;
use handbill::channel::mail::Security;
use handbill::mailbox::answer::{self, Says};
use handbill::mailbox::config::Config;
use handbill::mailbox::imap::{Limits, Mailbox, MailboxError, SignIn, Woken};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::mail;

/// A mailbox of its own in Dovecot, which makes one for every name.
struct Account {
    plain: String,
    tls: String,
    ca: PathBuf,
    user: String,
    password: String,
}

impl Account {
    fn new() -> Option<Self> {
        let found = || {
            Some(Self {
                plain: std::env::var("HANDBILL_IMAP").ok()?,
                tls: std::env::var("HANDBILL_IMAPS").ok()?,
                ca: std::env::var("HANDBILL_CA").ok()?.into(),
                user: format!("reader-{}@lab.test", Uuid::new_v4().simple()),
                password: std::env::var("HANDBILL_MAIL_PASSWORD").ok()?,
            })
        };
        let found = found();
        if found.is_none() {
            assert!(std::env::var_os("CI").is_none(), "CI has no Dovecot; see .ci/peers");
            eprintln!("left out: no Dovecot; `.ci/peers start dovecot` starts one");
        }
        found
    }

    fn config(&self, security: Security) -> Config {
        let address = if security == Security::Tls { &self.tls } else { &self.plain };
        let (_, port) = address.rsplit_once(':').expect("a port");
        Config {
            host: "localhost".to_owned(),
            port: Some(port.parse().expect("a port")),
            security,
            ca: Some(self.ca.clone()),
            username: self.user.clone(),
            password: None,
            oauth2: None,
            folder: "INBOX".to_owned(),
        }
    }

    async fn open(&self, config: &Config) -> Result<Mailbox, MailboxError> {
        let sign_in = SignIn::Password(SecretString::from(self.password.clone()));
        Mailbox::open_as(config, &sign_in, Reach::LoopbackOnly, Limits::default()).await
    }

    /// Commands by hand, each with what it needs after a `+`; gives back what was said to all.
    async fn say(&self, commands: &[(String, Vec<u8>)]) -> String {
        let mut stream = TcpStream::connect(&self.plain).await.expect("Dovecot");
        let mut said = String::new();
        let login = (format!("LOGIN {} {}", self.user, self.password), Vec::new());
        for (number, (command, literal)) in std::iter::once(&login).chain(commands).enumerate() {
            let line = if literal.is_empty() {
                format!("t{number} {command}\r\n")
            } else {
                format!("t{number} {command} {{{}+}}\r\n", literal.len())
            };
            stream.write_all(line.as_bytes()).await.unwrap();
            if !literal.is_empty() {
                stream.write_all(literal).await.unwrap();
                stream.write_all(b"\r\n").await.unwrap();
            }
            let end = format!("t{number} ");
            let mut buffer = [0; 4096];
            while !said.lines().any(|line| line.starts_with(&end)) || !said.ends_with('\n') {
                let read = stream.read(&mut buffer).await.unwrap();
                assert_ne!(read, 0, "Dovecot closed: {said}");
                said.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            assert!(said.contains(&format!("t{number} OK")), "{command}: {said}");
        }
        said
    }

    async fn put(&self, folder: &str, mail: Vec<u8>) {
        self.say(&[(format!("APPEND {folder}"), mail)]).await;
    }
}

fn today() -> NaiveDate {
    // A day earlier: the server may count its days in another zone.
    Utc::now().date_naive().pred_opt().unwrap()
}

#[tokio::test]
async fn mails_are_read_once_and_stay_as_they_were() {
    let Some(account) = Account::new() else { return };
    let names = ["mailman3-hold", "sympa-hold-report", "google-copy"];
    for name in names {
        account.put("INBOX", mail(name)).await;
    }
    for security in [Security::Tls, Security::Starttls, Security::None] {
        let config = account.config(security);
        let config =
            if security == Security::None { Config { ca: None, ..config } } else { config };
        let mut mailbox = account.open(&config).await.unwrap();
        let batch = mailbox.read_new(None, today(), 100).await.unwrap();
        assert_eq!(batch.mails.len(), 3);
        for (fetched, name) in batch.mails.iter().zip(names) {
            assert_eq!(fetched.bytes, mail(name), "{name}: byte for byte");
        }
        assert_eq!(answer::read(&batch.mails[0].bytes).says, Says::Held);
        let again = mailbox.read_new(Some(batch.position), today(), 100).await.unwrap();
        assert!(again.mails.is_empty());
        assert_eq!(again.position, batch.position);
        mailbox.close().await;
    }
    let looks = ["EXAMINE INBOX", "FETCH 1:* FLAGS"].map(|it| (it.to_owned(), Vec::new()));
    let flags = account.say(&looks).await;
    assert!(flags.contains("FETCH (FLAGS ("), "{flags}");
    assert!(!flags.lines().any(|it| it.contains("FETCH (FLAGS") && it.contains("Seen")), "{flags}");
}

#[tokio::test]
async fn new_mail_wakes_who_waits() {
    let Some(account) = Account::new() else { return };
    let config = account.config(Security::Tls);
    let mut mailbox = account.open(&config).await.unwrap();
    assert!(mailbox.can_idle());
    let start = mailbox.read_new(None, today(), 100).await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_millis(300)).await.unwrap(), Woken::Quiet);
    let later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        account.put("INBOX", mail("postfix-bounce")).await;
    };
    let (woken, ()) = tokio::join!(mailbox.wait(Duration::from_secs(60)), later);
    assert_eq!(woken.unwrap(), Woken::News);
    let batch = mailbox.read_new(Some(start.position), today(), 100).await.unwrap();
    assert_eq!(batch.mails.len(), 1);
    assert_eq!(answer::read(&batch.mails[0].bytes).says, Says::Bounced);
}

/// The first MiB is enough to know what it is about.
#[tokio::test]
async fn of_a_huge_mail_the_beginning_is_read() {
    let Some(account) = Account::new() else { return };
    let mut huge = mail("mailman3-copy");
    huge.extend(b"0123456789abcde\r\n".repeat(200_000));
    account.put("INBOX", huge.clone()).await;
    account.put("INBOX", mail("mailman3-hold")).await;
    let mut mailbox = account.open(&account.config(Security::Tls)).await.unwrap();
    let batch = mailbox.read_new(None, today(), 100).await.unwrap();
    assert_eq!(batch.mails.len(), 2);
    assert_eq!(batch.mails[0].bytes, huge[..1024 * 1024]);
    assert!(matches!(answer::read(&batch.mails[0].bytes).says, Says::ListCopy { .. }));
}

#[tokio::test]
async fn many_mails_come_in_batches_and_none_is_lost() {
    let Some(account) = Account::new() else { return };
    let commands: Vec<_> = (0..25)
        .map(|number| {
            let bytes = format!("Subject: {number}\r\n\r\nx\r\n").into_bytes();
            ("APPEND INBOX".to_owned(), bytes)
        })
        .collect();
    account.say(&commands).await;
    let mut mailbox = account.open(&account.config(Security::Tls)).await.unwrap();
    let (mut position, mut subjects) = (None, Vec::new());
    loop {
        let batch = mailbox.read_new(position, today(), 10).await.unwrap();
        let read = batch.mails.iter().map(|it| answer::read(&it.bytes).subject);
        subjects.extend(read);
        position = Some(batch.position);
        if !batch.more {
            break;
        }
    }
    let expected: Vec<String> = (0..25).map(|it| it.to_string()).collect();
    assert_eq!(subjects, expected);
}

/// A folder that is made anew numbers its mails from the beginning.
#[tokio::test]
async fn a_folder_that_was_made_anew_is_read_anew() {
    let Some(account) = Account::new() else { return };
    let command = |text: &str| (text.to_owned(), Vec::new());
    account.say(&[command("CREATE Lists")]).await;
    for _ in 0..3 {
        account.put("Lists", mail("mailman3-hold")).await;
    }
    let config = Config { folder: "Lists".to_owned(), ..account.config(Security::Tls) };
    let mut mailbox = account.open(&config).await.unwrap();
    let before = mailbox.read_new(None, today(), 100).await.unwrap().position;
    mailbox.close().await;
    // Its number is made from the clock, in seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    account.say(&[command("DELETE Lists"), command("CREATE Lists")]).await;
    account.put("Lists", mail("mailman2-hold")).await;
    let mut mailbox = account.open(&config).await.unwrap();
    let batch = mailbox.read_new(Some(before), today(), 100).await.unwrap();
    assert_eq!(batch.mails.len(), 1);
    assert_ne!(batch.position.uid_validity, before.uid_validity);
}

#[tokio::test]
async fn what_is_wrong_with_the_account_is_told() {
    let Some(account) = Account::new() else { return };
    let config = account.config(Security::Tls);
    let wrong = SignIn::Password(SecretString::from("wrong"));
    let opened = Mailbox::open_as(&config, &wrong, Reach::Anywhere, Limits::default()).await;
    assert!(matches!(opened.unwrap_err(), MailboxError::SignIn { .. }));
    let unknown = Config { ca: None, ..config.clone() };
    if std::env::var_os("SSL_CERT_FILE").is_none() {
        let error = account.open(&unknown).await.unwrap_err();
        assert!(matches!(error, MailboxError::Untrusted { .. }), "{error}");
    }
    let nowhere = Config { folder: "Nowhere".to_owned(), ..config.clone() };
    let error = account.open(&nowhere).await.unwrap_err();
    assert!(matches!(error, MailboxError::Folder { .. }), "{error}");
    let encrypted_port_in_clear =
        Config { security: Security::Starttls, port: config.port, ..config.clone() };
    let limits = Limits { answer: Duration::from_secs(2), ..Limits::default() };
    let right = SignIn::Password(SecretString::from(account.password.clone()));
    let opened = Mailbox::open_as(&encrypted_port_in_clear, &right, Reach::Anywhere, limits).await;
    assert!(!opened.unwrap_err().needs_a_person());
}

#[tokio::test]
async fn the_doctor_hears_what_is_there() {
    let Some(account) = Account::new() else { return };
    account.put("INBOX", mail("vacation")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{}\n", account.password)).unwrap();
    let password = handbill::channel::secret::SecretRef::file(file);
    let config = Config { password: Some(password), ..account.config(Security::Tls) };
    let said = Mailbox::probe(&config, Reach::LoopbackOnly, Limits::default()).await.unwrap();
    assert_eq!(said, "INBOX holds 1 mails; the server tells of new mail");
}
