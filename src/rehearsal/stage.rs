//! Sets the stage: a stand-in for each channel of a site, and the channel's file pointed at it.
//!
//! Only addresses and credentials are changed; schedules, templates, limits and policies stay as
//! they are.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::StandIns;
use super::bluesky::{self, BlueskyStandIn};
use super::board::{self, BoardStandIn};
use super::feed::FeedStandIn;
use super::linkedin::{self, LinkedInStandIn};
use super::loopback::SharedClock;
use super::mastodon::{self, MastodonStandIn};
use super::smtp::{self, SmtpStandIn};
use super::x::{self, XStandIn};
use crate::channel::board::Auth;
use crate::channel::mail::{Archive, Security};
use crate::channel::secret::SecretRef;
use crate::site::Site;
use crate::site::channel_file::KindConfig;

/// Starts a stand-in for every channel of the site and points the channel at it. `folder` takes
/// the feeds and the stand-ins' credentials.
///
/// # Errors
/// If a stand-in cannot be started or a file not written.
pub async fn build(site: &mut Site, folder: &Path, clock: &SharedClock) -> io::Result<StandIns> {
    let mut all = StandIns::default();
    for channel in &mut site.channels {
        let name = channel.name.as_str();
        let secret = |what: &str, value: &str| credential(folder, name, what, value);
        match &mut channel.config {
            KindConfig::Mail(mail) => {
                let server =
                    SmtpStandIn::start(name, smtp::Options::default(), clock.clone()).await?;
                mail.host = "127.0.0.1".to_owned();
                mail.port = Some(server.port());
                mail.security = Security::None;
                mail.ca = None;
                mail.username = None;
                mail.password = None;
                mail.oauth2 = None;
                mail.dkim = None;
                let list = match &mail.archive {
                    Some(Archive::Hyperkitty { list, .. }) => list.clone(),
                    Some(_) | None => mail.to.clone(),
                };
                mail.archive = Some(Archive::Hyperkitty { base: server.archive_url(), list });
                all.mail.push(Arc::new(server));
            }
            KindConfig::Mastodon(config) => {
                // What the channel's own server allows.
                let (_, limit) = config.limit();
                config.limit = Some(limit);
                let options = mastodon::Options { limit, ..mastodon::Options::default() };
                let server = MastodonStandIn::start(name, options, clock.clone()).await?;
                config.server = server.url();
                config.token = secret("token", server.token())?;
                all.mastodon.push(Arc::new(server));
            }
            KindConfig::X(config) => {
                let options = x::Options {
                    username: config.username.clone(),
                    user_id: config.user_id.clone(),
                    ..x::Options::default()
                };
                let server = XStandIn::start(name, options, clock.clone()).await?;
                let keys = &server.options().keys;
                config.api = Some(server.url());
                config.web = Some(server.url());
                config.consumer_key = Some(secret("consumer-key", &keys.consumer_key)?);
                config.consumer_secret = Some(secret("consumer-secret", &keys.consumer_secret)?);
                config.access_token = Some(secret("access-token", &keys.access_token)?);
                config.access_token_secret =
                    Some(secret("access-token-secret", &keys.access_token_secret)?);
                config.oauth2 = None;
                all.x.push(Arc::new(server));
            }
            KindConfig::Bluesky(config) => {
                let options =
                    bluesky::Options { did: config.did.to_string(), ..bluesky::Options::default() };
                let server = BlueskyStandIn::start(name, options, clock.clone()).await?;
                config.server = server.url();
                config.web = Some(server.url());
                config.session = None;
                config.app_password = secret("app-password", &server.options().app_password)?;
                all.bluesky.push(Arc::new(server));
            }
            KindConfig::LinkedIn(config) => {
                let options = linkedin::Options {
                    author: config.author.urn(),
                    version: config.version.to_string(),
                    ..linkedin::Options::default()
                };
                let server = LinkedInStandIn::start(name, options, clock.clone()).await?;
                config.api = Some(server.url());
                config.web = Some(server.url());
                config.token = Some(secret("token", &server.options().token)?);
                config.oauth2 = None;
                all.linkedin.push(Arc::new(server));
            }
            KindConfig::Board(config) => {
                let options = board::Options::default();
                let valid = secret("secret", &options.secret)?;
                match &mut config.auth {
                    Auth::None => {}
                    Auth::Basic { password: place, .. }
                    | Auth::Bearer { token: place }
                    | Auth::Header { value: place, .. }
                    | Auth::Query { value: place, .. }
                    | Auth::Body { value: place } => *place = valid,
                    // Nobody gives out tokens on this machine: it is there already.
                    Auth::ClientCredentials { .. } | Auth::ServiceAccount { .. } => {
                        config.auth = Auth::Bearer { token: valid };
                    }
                }
                let server = BoardStandIn::start(name, config, options, clock.clone()).await?;
                **config = server.config().clone();
                all.boards.push(Arc::new(server));
            }
            KindConfig::Feed(config) => {
                config.folder = folder.join("feeds").join(name);
                config.remember_in(folder.join("remembered").join(name));
                config.webdav = None;
                config.sftp = None;
                let server = FeedStandIn::start(name, config.folder.clone(), clock.clone()).await?;
                config.url = Some(server.url());
                all.feeds.push(Arc::new(server));
            }
            KindConfig::Git(config) => {
                super::repository::build(config, &folder.join("repositories").join(name))?;
            }
            // A person stays a person: the errand is shown, and waits for its link.
            KindConfig::Manual(_) => {}
        }
    }
    Ok(all)
}

/// Writes a stand-in's credential where the channel will read it.
fn credential(folder: &Path, channel: &str, what: &str, value: &str) -> io::Result<SecretRef> {
    let folder = folder.join("credentials");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{channel}-{what}"));
    std::fs::write(&path, value)?;
    Ok(SecretRef::file(path))
}
