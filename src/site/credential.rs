//! The credentials of a site: whose they are, where they are, until when they are good. Never
//! their values.

use std::fmt;

use chrono::NaiveDate;

use super::Site;
use crate::channel::ChannelName;
use crate::channel::secret::SecretRef;

/// Who uses a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    Channel(ChannelName),
    /// `[notices]` in handbill.toml.
    Notices,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(name) => write!(f, "channel {name}"),
            Self::Notices => f.write_str("notices"),
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
    of_channels
        .chain(of_notices)
        .map(|(owner, key, secret)| Credential { owner, key, secret })
        .collect()
}
