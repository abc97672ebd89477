//! Asking the servers of Mastodon channels what they run and how long a status may be, before
//! anything is rendered.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use tokio::time::timeout;
use tracing::warn;

use crate::channel::mastodon::{self, Mastodon};
use crate::channel::{ChannelName, Context, Reach};
use crate::site::channel_file::KindConfig;
use crate::site::instances::Instances;
use crate::site::{ChannelSpec, Site};

/// What a server said is asked for again after so long. Limits change about once in years.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);

/// How long a server may take: what is due does not wait longer for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was heard and is not kept yet.
#[derive(Debug, Default)]
#[must_use = "what is not kept is asked for again"]
pub struct Heard {
    /// With what was known before; `None` if nobody was asked, or nobody answered.
    news: Option<(Instances, PathBuf)>,
}

impl Heard {
    pub fn is_news(&self) -> bool {
        self.news.is_some()
    }

    /// Keeps it beside the ledger.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep(&self) -> io::Result<()> {
        self.news.as_ref().map_or(Ok(()), |(instances, ledger)| instances.keep_beside(ledger))
    }
}

/// Asks the servers that were not asked for a day, and tells their channels. A server whose
/// credentials are not here is not asked, because nothing can be sent there either; one that does
/// not answer stays what it was. Where one channel is wanted, no other one is asked.
pub async fn ask(site: &mut Site, reach: Reach, wanted: Option<&ChannelName>) -> Heard {
    let is_wanted = |spec: &&ChannelSpec| wanted.is_none_or(|wanted| *wanted == spec.name);
    let asked = site.channels.iter().filter(is_wanted).filter_map(|spec| {
        let KindConfig::Mastodon(config) = &spec.config else { return None };
        needs_asking(config).then(|| ask_one(spec, config, &site.name, reach))
    });
    let heard: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
    if heard.is_empty() {
        return Heard::default();
    }
    let mut instances = Instances::beside(&site.ledger);
    for (server, instance) in heard {
        instances.insert(&server, instance);
    }
    instances.tell(&mut site.channels);
    Heard { news: Some((instances, site.ledger.clone())) }
}

fn needs_asking(config: &mastodon::Config) -> bool {
    let is_declared = config.limit.is_some() && config.software.is_some();
    let is_known = config.instance.as_ref().is_some_and(|it| Utc::now() - it.asked_at < GOOD_FOR);
    !is_declared && !is_known && config.token.read().is_ok()
}

async fn ask_one(
    spec: &ChannelSpec,
    config: &mastodon::Config,
    site: &str,
    reach: Reach,
) -> Option<(String, mastodon::Instance)> {
    let context = Context { channel: spec.name.clone(), site: site.to_owned(), reach };
    // One that cannot be built is said where channels are built.
    let channel = Mastodon::new(config.clone(), context).ok()?;
    let why = match timeout(PATIENCE, channel.ask_instance()).await {
        Ok(Ok(instance)) => return Some((config.server.to_string(), instance)),
        Ok(Err(why)) => why,
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    warn!(
        channel = %spec.name,
        "the server could not be asked how long a post may be, so {} characters are taken: {why}",
        config.limit().1
    );
    None
}
