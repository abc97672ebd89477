//! The credentials of a site: whose they are, where they are, until when they are good. Never
//! their values.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use super::{Site, toml_file};
use crate::channel::ChannelName;
use crate::channel::secret::{SecretPlace, SecretRef};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::ledger::Place;

/// Who uses a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    Channel(ChannelName),
    /// `[notices]` in handbill.toml.
    Notices,
    /// `[mailbox]` in handbill.toml.
    Mailbox,
    /// `[serve.web]` in handbill.toml.
    Web,
    /// `[ledger]` in handbill.toml.
    Ledger,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(name) => write!(f, "channel {name}"),
            Self::Notices => f.write_str("notices"),
            Self::Mailbox => f.write_str("mailbox"),
            Self::Web => f.write_str("web page"),
            Self::Ledger => f.write_str("ledger"),
        }
    }
}

/// A credential that a site's files name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub owner: Owner,
    /// The key under which it stands, for example `token`.
    pub key: &'static str,
    pub secret: SecretRef,
}

impl Credential {
    /// How many days are left after `today`: 0 on the last day on which it is good, less than that
    /// when it has expired; `None` if nobody wrote down until when it is good.
    pub fn days_left(&self, today: NaiveDate) -> Option<i64> {
        self.secret.expires.map(|last| (last - today).num_days())
    }
}

/// Every credential that the site uses, channels first.
pub fn credentials(site: &Site) -> Vec<Credential> {
    let of_channels = site.channels.iter().flat_map(|channel| {
        let owner = Owner::Channel(channel.name.clone());
        channel.secrets().into_iter().map(move |(key, secret)| (owner.clone(), key, secret))
    });
    let of_notices = site.notices.iter().flat_map(|notices| notices.secrets());
    let of_notices = of_notices.map(|(key, secret)| (Owner::Notices, key, secret));
    let of_mailbox = site.mailbox.iter().flat_map(|mailbox| mailbox.secrets());
    let of_mailbox = of_mailbox.map(|(key, secret)| (Owner::Mailbox, key, secret));
    let of_web = site.web.secrets().into_iter();
    let of_web = of_web.map(|(key, secret)| (Owner::Web, key, secret));
    let of_ledger = match &site.ledger_place {
        Place::File(_) => None,
        Place::Postgres(database) => Some((Owner::Ledger, "postgres", database.address.clone())),
    };
    of_channels
        .chain(of_notices)
        .chain(of_mailbox)
        .chain(of_web)
        .chain(of_ledger)
        .map(|(owner, key, secret)| Credential { owner, key, secret })
        .collect()
}

/// A diagnostic for each of these credentials that cannot be read now.
pub(super) fn missing(
    secrets: &[(&'static str, SecretRef)],
    file: &Arc<Source>,
    code: &'static str,
    who: &str,
) -> Vec<Diagnostic> {
    let unreadable = secrets.iter().filter_map(|(_, secret)| Some((secret, secret.read().err()?)));
    unreadable
        .map(|(secret, error)| {
            Diagnostic::error(code, error.to_string())
                .at(file, secret_span(file, secret))
                .label(who.to_owned())
                .help(
                    "set it where Handbill runs; the value itself never goes into a file of the \
                     site",
                )
        })
        .collect()
}

/// Where a file names a secret.
fn secret_span(file: &Source, secret: &SecretRef) -> Span {
    let found = match &secret.place {
        SecretPlace::Env(name) => toml_file::locate_text(file, "env", &|it| it == name),
        SecretPlace::Credential(name) => {
            toml_file::locate_text(file, "credential", &|it| it == name)
        }
        // Relative paths were joined to the site's folder.
        SecretPlace::File(path) => toml_file::locate_text(file, "file", &|it| path.ends_with(it)),
    };
    found.unwrap_or_default()
}
