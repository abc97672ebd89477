//! Whose place a channel fills: two channels with one account show their copies to the same
//! readers.

use super::ChannelSpec;
use super::channel_file::KindConfig;

/// An account, as far as the configuration tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(String);

impl ChannelSpec {
    /// The account that a channel posts with, or the list or folder that it posts to; `None` where
    /// nothing tells: what a person is asked to do may be anywhere.
    pub fn account(&self) -> Option<Account> {
        let parts = match &self.config {
            KindConfig::Mail(mail) => vec![mail.to.to_ascii_lowercase()],
            KindConfig::Mastodon(it) => vec![it.server.to_string(), it.token.place()],
            KindConfig::X(x) => vec![x.user_id.clone()],
            KindConfig::Bluesky(it) => vec![it.did.to_string()],
            KindConfig::LinkedIn(it) => vec![it.author.urn()],
            KindConfig::Board(board) => vec![board.base.to_string(), board.create.url.clone()],
            KindConfig::Feed(feed) => vec![feed.folder.display().to_string()],
            KindConfig::Git(git) => vec![git.repository.clone(), git.file.clone()],
            KindConfig::Manual(_) => return None,
        };
        Some(Account(format!("{} {}", self.kind(), parts.join(" "))))
    }
}
