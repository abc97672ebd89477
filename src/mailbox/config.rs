//! The `[mailbox]` table: whose mail is read, and how it is reached.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::imap::MailboxError;
use crate::channel::mail::Security;
use crate::channel::secret::SecretRef;
use crate::channel::{Reach, is_loopback};

/// The mailbox to which bounces, notices and the list's copies come. It is only read: nothing is
/// marked as seen, moved or deleted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Host of the IMAP server.
    pub host: String,
    /// Default 993 for `tls`, 143 otherwise.
    pub port: Option<u16>,
    /// `tls` (the default), `starttls`, or `none` for a server on this machine.
    #[serde(default = "tls")]
    pub security: Security,
    /// A file with certificates (PEM) that are trusted beside the machine's own. A relative path
    /// counts from the site's folder.
    pub ca: Option<PathBuf>,
    pub username: String,
    /// Not needed where a token is passed to [`Mailbox::open_as`](super::imap::Mailbox::open_as).
    pub password: Option<SecretRef>,
    /// Default `INBOX`.
    #[serde(default = "inbox")]
    pub folder: String,
}

fn tls() -> Security {
    Security::Tls
}

fn inbox() -> String {
    "INBOX".to_owned()
}

impl Config {
    /// Relative paths count from `folder`.
    pub fn in_folder(&mut self, folder: &Path) {
        if let Some(ca) = &mut self.ca
            && ca.is_relative()
        {
            *ca = folder.join(&*ca);
        }
        if let Some(password) = &mut self.password {
            password.in_folder(folder);
        }
    }

    /// The port that is connected to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Tls => 993,
            Security::Starttls | Security::None => 143,
        })
    }

    /// Host and port, as they are shown.
    pub fn server(&self) -> String {
        format!("{}:{}", self.host, self.port())
    }

    /// Whether it can work at all.
    ///
    /// # Errors
    /// [`MailboxError::Setting`] names the key and says what to write instead.
    pub fn check(&self) -> Result<(), MailboxError> {
        let setting = |key, why: String| Err(MailboxError::Setting { key, why });
        if self.host.is_empty() || self.host.contains(|it: char| it.is_whitespace() || it == '/') {
            let why = format!("`{}` is no host; write it like `imap.example`", self.host);
            return setting("host", why);
        }
        if self.security == Security::None && !is_loopback(&self.host) {
            let why = format!(
                "`none` is only for this machine, and `{}` is another; use `tls` or `starttls`",
                self.host
            );
            return setting("security", why);
        }
        if self.security == Security::None && self.ca.is_some() {
            return setting(
                "ca",
                "without encryption there is no certificate; remove it".to_owned(),
            );
        }
        for (key, value) in [("username", &self.username), ("folder", &self.folder)] {
            if value.is_empty() || value.contains(char::is_control) {
                return setting(key, "it is empty, or holds a control character".to_owned());
            }
        }
        // RFC 3501 §5.1.3 has an encoding of its own for other letters.
        if !self.folder.is_ascii() {
            let why = format!(
                "`{}` has letters outside ASCII; use a folder that is named in ASCII",
                self.folder
            );
            return setting("folder", why);
        }
        Ok(())
    }

    /// Whether its host may be reached.
    pub(super) fn check_reach(&self, reach: Reach) -> Result<(), MailboxError> {
        if reach.allows(&self.host) {
            return Ok(());
        }
        Err(MailboxError::OutOfReach { host: self.host.clone() })
    }
}
