//! Real mail servers, as `.ci/peers` starts them and its `env` names them: Postfix with TLS and
//! passwords, and a server (PyPI `aiosmtpd`) that fails as the recipient tells it.

use std::path::PathBuf;
use std::time::Duration;

use handbill::channel::mail::envelope::Dsn;
use handbill::channel::mail::{Config, Mail, Security};
use handbill::channel::{Action, Address, Channel, DeliveryKey, Outcome, Wire};
use serde_json::Value;
use uuid::Uuid;

use super::server::{channel, config, rendition};
use crate::channels::servers;

/// What `.ci/peers` says under a name; `None` where it was not started, which CI does not forgive.
fn peer(name: &str) -> Option<String> {
    let said = std::env::var(name).ok();
    if said.is_none() {
        let complaint = format!("no {name}: start `.ci/peers` and read its `env`");
        assert!(std::env::var_os("CI").is_none(), "{complaint}");
        eprintln!("left out, {complaint}");
    }
    said
}

fn port(address: &str) -> u16 {
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}

/// One message of a delivery of its own; says its Message-ID.
async fn send(channel: &Mail) -> (String, Outcome) {
    let key = DeliveryKey(Uuid::new_v4());
    let address = Address { key: &key, ..servers::address(&key) };
    let wire = channel.prepare(Action::Publish(&rendition()), &address).unwrap();
    let Wire::Mail(mail) = &wire else { panic!("no mail") };
    (mail.message_id.clone(), channel.send(&wire, &servers::permit()).await)
}

/// How many files of a folder hold these words, once there is one or patience is over.
async fn copies(folder: &str, words: &str) -> usize {
    let mut found = 0;
    for _ in 0..100 {
        let files =
            std::fs::read_dir(folder).unwrap().filter_map(|it| std::fs::read(it.ok()?.path()).ok());
        found = files.filter(|it| String::from_utf8_lossy(it).contains(words)).count();
        if found > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    found
}

fn submission(address: &str, security: Security) -> Option<Config> {
    Some(Config {
        security,
        to: format!("list+{}@sink.test", Uuid::new_v4().simple()),
        from: "poster@lab.test".to_owned(),
        bounces: Some("poster+{key}@lab.test".to_owned()),
        dsn: Dsn::Success,
        ca: Some(PathBuf::from(peer("HANDBILL_CA")?)),
        username: Some(peer("HANDBILL_MAIL_USER")?),
        password: Some(servers::secret(&peer("HANDBILL_MAIL_PASSWORD")?)),
        ..config(port(address))
    })
}

#[tokio::test]
async fn postfix_takes_what_is_signed_in_and_encrypted_and_passes_it_on_once() {
    for (name, security) in
        [("HANDBILL_SMTP_SUBMISSION", Security::Starttls), ("HANDBILL_SMTPS", Security::Tls)]
    {
        let (Some(address), Some(sink)) = (peer(name), peer("HANDBILL_SINK_FOLDER")) else {
            return;
        };
        let Some(config) = submission(&address, security) else { return };
        let channel = channel_with_patience(config);
        for _ in 0..2 {
            let (id, outcome) = send(&channel).await;
            assert!(matches!(outcome, Outcome::Posted(_)), "{name}: {outcome:?}");
            assert_eq!(copies(&sink, &id).await, 1, "{name}");
        }
        channel.hang_up().await;
    }
}

type IsExpected = fn(&Outcome) -> bool;

/// Postfix greets slowly on a machine that is busy.
fn channel_with_patience(config: Config) -> Mail {
    Mail::new(config, servers::context()).unwrap()
}

#[tokio::test]
async fn postfix_lets_no_wrong_password_in_and_is_not_believed_without_its_ca() {
    for (name, security) in
        [("HANDBILL_SMTP_SUBMISSION", Security::Starttls), ("HANDBILL_SMTPS", Security::Tls)]
    {
        let Some(address) = peer(name) else { return };
        let Some(right) = submission(&address, security) else { return };
        let wrong = Config { password: Some(servers::secret("wrong-17")), ..right.clone() };
        let unknown = Config { ca: None, ..right };
        for (config, said) in [(wrong, "did not let us in"), (unknown, "no safe connection")] {
            let (_, outcome) = send(&channel_with_patience(config)).await;
            let Outcome::Blocked { why } = &outcome else { panic!("{name}: {outcome:?}") };
            assert!(why.contains(said) && !why.contains("wrong-17"), "{why}");
        }
    }
}

#[tokio::test]
async fn each_fault_of_a_real_server_is_known_for_what_it_is() {
    let (Some(address), Some(stored)) = (peer("HANDBILL_FAULTS"), peer("HANDBILL_FAULTS_STORED"))
    else {
        return;
    };
    let kinds: &[(&str, IsExpected, usize)] = &[
        ("ok", |it| matches!(it, Outcome::Posted(_)), 1),
        ("greylist", |it| matches!(it, Outcome::Deferred { .. }), 0),
        ("rcpt5", |it| matches!(it, Outcome::Refused { .. }), 0),
        ("refuse", |it| matches!(it, Outcome::Refused { .. }), 0),
        ("421", |it| matches!(it, Outcome::Deferred { .. }), 0),
        ("dropmid", |it| matches!(it, Outcome::Unknown { .. } | Outcome::Deferred { .. }), 0),
        ("data4", |it| matches!(it, Outcome::Deferred { .. }), 0),
        ("data5", |it| matches!(it, Outcome::Refused { .. }), 0),
        ("drop", |it| matches!(it, Outcome::Unknown { .. }), 1),
        ("garbage", |it| matches!(it, Outcome::Unknown { .. }), 1),
        ("stall", |it| matches!(it, Outcome::Unknown { .. }), 1),
        // A slow one, and on the same connection one that is refused.
        ("slow-data5", |it| matches!(it, Outcome::Posted(_)), 1),
    ];
    for (fault, is_expected, expected_copies) in kinds {
        let patient = fault.starts_with("slow");
        let config = Config {
            to: format!("{fault}+{}@fault.test", Uuid::new_v4().simple()),
            username: None,
            password: None,
            ..config(port(&address))
        };
        let channel = if patient { channel_with_patience(config) } else { channel(config) };
        let (id, outcome) = send(&channel).await;
        assert!(is_expected(&outcome), "{fault}: {outcome:?}");
        if patient {
            let (_, next) = send(&channel).await;
            assert!(matches!(next, Outcome::Refused { .. }), "{fault}: {next:?}");
        }
        let (_, next) = send(&channel).await;
        assert!(matches!(next, Outcome::Posted(_)), "after {fault}: {next:?}");
        let log = std::fs::read_to_string(format!("{stored}/taken.jsonl")).unwrap();
        let taken = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let id = format!("<{id}>");
        assert_eq!(taken.filter(|it| it["message_id"] == *id).count(), *expected_copies, "{fault}");
    }
}
