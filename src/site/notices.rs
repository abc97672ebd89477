//! `[notices]` in handbill.toml: who is told what needs a person, and how.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::credential::missing;
use super::toml_file;
use crate::channel::mail::envelope::Dsn;
use crate::channel::mail::{self, Mail, Security};
use crate::channel::oauth2::OAuth2;
use crate::channel::secret::SecretRef;
use crate::channel::{BuildError, ChannelName, Context, Reach, is_loopback};
use crate::diagnostic::{Diagnostic, Source};
use crate::schedule::Schedule;

/// Who is told, and how.
#[derive(Debug, Clone)]
pub struct Notices {
    /// handbill.toml.
    pub file: Arc<Source>,
    pub mail: Option<mail::Config>,
    pub webhook: Option<Webhook>,
    /// `None`: at once.
    pub digest: Option<Schedule>,
}

/// A web address that takes what is told.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub url: WebhookUrl,
    /// What the body is signed with (HMAC-SHA256).
    pub secret: Option<SecretRef>,
    pub format: WebhookFormat,
}

/// Where the webhook is. Chat services put a credential into the address itself: such an address
/// belongs where credentials are.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum WebhookUrl {
    Open(Url),
    Secret(SecretRef),
}

/// The shape of what is posted to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// Everything as data; see [`crate::notice::words::json`].
    #[default]
    Json,
    /// `{"text": …}`, as Slack, Mattermost and others take it.
    Text,
}

impl Notices {
    /// The mail account that notices go through, as the channels' own are; `None` if there is
    /// none.
    ///
    /// # Errors
    /// [`BuildError`] if a setting cannot work.
    pub fn mailbox(&self, site: &str) -> Result<Option<Mail>, BuildError> {
        let context = Context {
            channel: ChannelName("notices".into()),
            site: site.to_owned(),
            reach: Reach::Anywhere,
        };
        self.mail.clone().map(|config| Mail::new(config, context)).transpose()
    }

    /// A diagnostic for each credential that cannot be read now.
    pub fn missing_secrets(&self) -> Vec<Diagnostic> {
        missing(&self.secrets(), &self.file, "notices::secret", "`[notices]` needs it")
    }

    /// The credentials, each under the name of its key.
    pub fn secrets(&self) -> Vec<(&'static str, SecretRef)> {
        let mut secrets = Vec::new();
        if let Some(mail) = &self.mail {
            secrets.extend(mail.password.clone().map(|it| ("mail.password", it)));
            if let Some(oauth2) = &mail.oauth2 {
                let client_secret = oauth2.client_secret.clone();
                secrets.push(("mail.oauth2.refresh_token", oauth2.refresh_token.clone()));
                secrets.extend(client_secret.map(|it| ("mail.oauth2.client_secret", it)));
            }
        }
        if let Some(webhook) = &self.webhook {
            if let WebhookUrl::Secret(url) = &webhook.url {
                secrets.push(("webhook.url", url.clone()));
            }
            secrets.extend(webhook.secret.clone().map(|it| ("webhook.secret", it)));
        }
        secrets
    }
}

/// `[notices]` as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticesTable {
    /// Who is told by mail.
    mail: Option<MailTable>,
    /// What address is told.
    webhook: Option<WebhookTable>,
    /// `daily`, `weekly` or a crontab line; without it, at once.
    #[schemars(with = "Option<String>")]
    digest: Option<Spanned<String>>,
}

/// The keys of a mail channel that say who writes to whom through which server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MailTable {
    to: String,
    from: String,
    from_name: Option<String>,
    host: String,
    port: Option<u16>,
    #[serde(default)]
    security: Security,
    ca: Option<PathBuf>,
    username: Option<String>,
    password: Option<SecretRef>,
    oauth2: Option<OAuth2>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WebhookTable {
    #[schemars(with = "serde_json::Value")]
    url: Spanned<toml::Value>,
    secret: Option<SecretRef>,
    #[serde(default)]
    format: WebhookFormat,
}

/// Longest subject of a notice, in characters.
const SUBJECT_LIMIT: usize = 200;

impl NoticesTable {
    /// What the words of the table mean; `None` with errors among the diagnostics if they mean
    /// nothing.
    pub(super) fn read(
        self,
        folder: &Path,
        zone: Tz,
        file: &Arc<Source>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Notices> {
        if self.mail.is_none() && self.webhook.is_none() {
            let span = toml_file::locate(file, &["notices"]).unwrap_or_default();
            diagnostics.push(
                Diagnostic::error("notices::nobody", "`[notices]` tells nobody")
                    .at(file, span)
                    .help(
                        "add `mail = { to = …, from = …, host = … }` or `webhook = { url = … }`, \
                         or remove the table",
                    ),
            );
            return None;
        }
        let digest = match self.digest {
            None => None,
            Some(text) => Some(digest(&text, zone, file, diagnostics)?),
        };
        let webhook = match self.webhook {
            None => None,
            Some(webhook) => Some(webhook.read(folder, file, diagnostics)?),
        };
        let mail = self.mail.map(Into::into);
        let mut notices = Notices { file: Arc::clone(file), mail, webhook, digest };
        if let Some(mail) = &mut notices.mail {
            mail.ca = mail.ca.take().map(|path| folder.join(path));
            for (_, secret) in mail.secrets_mut() {
                secret.in_folder(folder);
            }
        }
        if let Err(BuildError::Setting { key, why, .. }) = notices.mailbox("") {
            let path: Vec<&str> = std::iter::once("notices").chain(key.split('.')).collect();
            let span = toml_file::locate(file, &path)
                .or_else(|| toml_file::locate(file, &["notices", "mail"]));
            let (why, help) = why.rsplit_once("; ").unwrap_or((why.as_str(), ""));
            let mut wrong = Diagnostic::error("notices::mail", format!("`notices.{key}`: {why}"))
                .at(file, span.unwrap_or_default());
            wrong.help = (!help.is_empty()).then(|| help.to_owned());
            diagnostics.push(wrong);
            return None;
        }
        Some(notices)
    }
}

impl From<MailTable> for mail::Config {
    fn from(written: MailTable) -> Self {
        Self {
            to: written.to,
            from: written.from,
            from_name: written.from_name,
            host: written.host,
            port: written.port,
            security: written.security,
            ca: written.ca,
            username: written.username,
            password: written.password,
            oauth2: written.oauth2,
            dsn: Dsn::Never,
            subject_limit: Some(SUBJECT_LIMIT),
            ..Self::default()
        }
    }
}

impl WebhookTable {
    fn read(
        self,
        folder: &Path,
        file: &Arc<Source>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Webhook> {
        let span = self.url.span();
        let mut wrong = |message: &str, help: &str| {
            diagnostics.push(
                Diagnostic::error("notices::webhook", message).at(file, span.clone()).help(help),
            );
        };
        let mut secret = self.secret;
        if let Some(secret) = &mut secret {
            secret.in_folder(folder);
        }
        let url = match WebhookUrl::deserialize(self.url.into_inner()) {
            Ok(WebhookUrl::Open(url)) => {
                if let Err((message, help)) = is_safe(&url) {
                    wrong(message, help);
                    return None;
                }
                WebhookUrl::Open(url)
            }
            Ok(WebhookUrl::Secret(mut place)) => {
                place.in_folder(folder);
                WebhookUrl::Secret(place)
            }
            Err(_) => {
                wrong(
                    "this is no web address",
                    "write it whole, or, if it holds a credential, where it is found: \
                     `{ env = \"NAME\" }`",
                );
                return None;
            }
        };
        Some(Webhook { url, secret, format: self.format })
    }
}

/// Whether what needs a person may be sent there.
///
/// # Errors
/// What is wrong, and what to do.
pub fn is_safe(url: &Url) -> Result<(), (&'static str, &'static str)> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url.host_str().unwrap_or_default()) => Ok(()),
        "http" => Err(("`http` is only for this machine", "write an address with `https://`")),
        _ => Err(("this is no address of a webhook", "write an address with `https://`")),
    }
}

/// When digests are sent: `daily` (at 8), `weekly` (on Monday at 8), or a crontab line.
fn digest(
    text: &Spanned<String>,
    zone: Tz,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Schedule> {
    let line = match text.get_ref().trim() {
        "daily" => "0 8 * * *",
        "weekly" => "0 8 * * Mon",
        line => line,
    };
    match Schedule::parse(line, zone) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            diagnostics.push(
                Diagnostic::error("notices::digest", error.message).at(file, text.span()).help(
                    "write `\"daily\"`, `\"weekly\"`, or a crontab line such as \
                     `\"30 7 * * Mon-Fri\"`",
                ),
            );
            None
        }
    }
}
