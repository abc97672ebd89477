//! Mail: one message to one list or person, over SMTP.

use serde::Deserialize;
use url::Url;

use crate::adapt::MailBody;
use crate::site::secret::SecretRef;

/// The `[mail]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The one address the message goes to: the list, or a person who takes ads.
    pub to: String,
    /// The address that is subscribed to the list.
    pub from: String,
    pub from_name: Option<String>,
    /// Host of the mail server.
    pub host: String,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    pub port: Option<u16>,
    #[serde(default)]
    pub security: Security,
    pub username: Option<String>,
    pub password: Option<SecretRef>,
    #[serde(default)]
    pub body: MailBody,
    /// Longest subject in characters; default 70.
    pub subject_limit: Option<usize>,
    /// Where the list's archive shows the message.
    pub archive: Option<Archive>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In clear: only to this machine (loopback).
    None,
}

/// An archive whose permalink follows from the Message-ID.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "software", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Archive {
    /// Mailman 3: `{base}/list/{list@host}/message/{BASE32(SHA1(id))}/`.
    Hyperkitty { base: Url, list: String },
}
