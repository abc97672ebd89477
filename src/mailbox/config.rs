//! The `[mailbox]` table: whose mail is read, and how it is reached.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::imap::MailboxError;
use crate::channel::mail::Security;
use crate::channel::oauth2::OAuth2;
use crate::channel::secret::SecretRef;
use crate::channel::{Reach, is_loopback};

/// The mailbox to which bounces, notices and the list's copies come. It is only read: nothing is
/// marked as seen, moved or deleted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    pub password: Option<SecretRef>,
    /// Instead of a password: XOAUTH2 (Google, Microsoft). Its scope has to include IMAP.
    pub oauth2: Option<OAuth2>,
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
        for (_, secret) in self.secrets_mut() {
            secret.in_folder(folder);
        }
    }

    /// The credentials that it names, each under its key in handbill.toml.
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let mut secrets = Vec::new();
        secrets.extend(self.password.as_mut().map(|it| ("mailbox.password", it)));
        if let Some(oauth2) = &mut self.oauth2 {
            secrets.push(("mailbox.oauth2.refresh_token", &mut oauth2.refresh_token));
            let client_secret = oauth2.client_secret.as_mut();
            secrets.extend(client_secret.map(|it| ("mailbox.oauth2.client_secret", it)));
        }
        secrets
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

    /// Whether it says how to sign in, and in one way.
    ///
    /// # Errors
    /// [`MailboxError::Setting`] with what to write.
    pub fn check_sign_in(&self) -> Result<(), MailboxError> {
        let setting = |key, why: &str| Err(MailboxError::Setting { key, why: why.to_owned() });
        match (&self.password, &self.oauth2) {
            (None, None) => setting(
                "password",
                "it is missing; write `{ env = \"NAME\" }` or `{ file = \"PATH\" }`, or a table \
                 `[mailbox.oauth2]`",
            ),
            (Some(_), Some(_)) => setting("oauth2", "there is a `password` too; one is enough"),
            (Some(_), None) | (None, Some(_)) => Ok(()),
        }
    }

    /// Whether its host may be reached.
    pub(super) fn check_reach(&self, reach: Reach) -> Result<(), MailboxError> {
        if reach.allows(&self.host) {
            return Ok(());
        }
        Err(MailboxError::OutOfReach { host: self.host.clone() })
    }
}
