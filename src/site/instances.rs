//! What the servers of Mastodon channels said of themselves, kept in a file beside the ledger: a dry
//! run and what is sent go by the same, and a server that does not answer is what it was.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::ChannelSpec;
use super::channel_file::KindConfig;
use crate::channel::mastodon::Instance;

/// The name of the file.
const FILE: &str = "instances.json";

/// By the server's address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instances(BTreeMap<String, Instance>);

impl Instances {
    /// What is known beside this ledger: nothing, if the file is not there or cannot be read; then
    /// the servers are asked again.
    pub fn beside(ledger: &Path) -> Self {
        let text = std::fs::read_to_string(file(ledger)).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Tells the channels of these servers.
    pub fn tell(&self, channels: &mut [ChannelSpec]) {
        for channel in channels {
            if let KindConfig::Mastodon(config) = &mut channel.config
                && let Some(instance) = self.0.get(config.server.as_str())
            {
                config.instance = Some(instance.clone());
            }
        }
    }

    pub fn insert(&mut self, server: &str, instance: Instance) {
        self.0.insert(server.to_owned(), instance);
    }

    /// Writes the file anew, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_beside(&self, ledger: &Path) -> io::Result<()> {
        let path = file(ledger);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let text = serde_json::to_string_pretty(&self.0)?;
        std::fs::write(&new, text + "\n").and_then(|()| std::fs::rename(&new, &path))
    }
}

fn file(ledger: &Path) -> PathBuf {
    ledger.with_file_name(FILE)
}
