//! Mailboxes in Dovecot, as Python's `email` reads them.

use std::process::Command;

use serde::Deserialize;

use super::{Peers, wait_for};

/// One mail of a mailbox.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Mail {
    headers: Vec<(String, String)>,
    /// Its text part, decoded.
    pub text: Option<String>,
    pub html: Option<String>,
    /// The Message-IDs of the messages in it.
    pub returned: Vec<String>,
    /// What the parser found wrong with it.
    pub defects: Vec<String>,
    /// In octets, as it was transferred.
    pub longest_line: usize,
    pub bare_line_ends: usize,
    pub raw: String,
}

impl Mail {
    /// A header, decoded; there has to be one of it.
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let (_, value) = found.next().unwrap_or_else(|| panic!("no {name}: {self:#?}"));
        assert!(found.next().is_none(), "two of {name}: {self:#?}");
        value
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name))
    }

    pub fn is(&self, message_id: &str) -> bool {
        self.header("Message-ID") == format!("<{message_id}>")
    }
}

/// Everything in somebody's mailbox at lab.test.
pub(super) fn mailbox(peers: &Peers, user: &str) -> Vec<Mail> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/mailbox.py");
    let output = Command::new(peers.says("PYTHON")).args([script, user]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The copies of a message in a mailbox, once there is one.
pub(super) async fn copies(peers: &Peers, user: &str, message_id: &str) -> Vec<Mail> {
    wait_for("a copy in a mailbox", async || {
        let mut mails = mailbox(peers, user);
        mails.retain(|mail| mail.is(message_id));
        (!mails.is_empty()).then_some(mails)
    })
    .await
}
