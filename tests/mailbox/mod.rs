//! What comes back to the mailbox: answers read, matched, and fetched over IMAP.

mod answers;
mod any_bytes;
mod dovecot;
mod imap_faults;
mod imap_server;
mod whose;

use handbill::channel::DeliveryKey;
use handbill::mailbox::answer::{self, Answer};
use uuid::Uuid;

/// The Message-ID of the posting that the mails here are about.
const MESSAGE_ID: &str = "hb.3f2a91bc5d7e5c3a8f1b2c3d4e5f6071@lab.example";
const SUBJECT: &str = "PhD position: tides of small moons (apply by 31 May)";
/// The address that is subscribed.
const FROM: &str = "jobs@lab.example";

fn key() -> DeliveryKey {
    DeliveryKey(Uuid::parse_str("3f2a91bc-5d7e-5c3a-8f1b-2c3d4e5f6071").unwrap())
}

/// A mail of the folder `mails`, with the line ends that it has on the wire, whatever git did.
fn mail(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/mailbox/mails")
        .join(format!("{name}.eml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}

fn answer(name: &str) -> Answer {
    answer::read(&mail(name))
}

fn all_mails() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mailbox/mails");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.iter().map(|name| mail(name)).collect()
}
