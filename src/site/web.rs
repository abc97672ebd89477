//! `[serve.web]` in handbill.toml: under which address people reach the web page, and who may change
//! something there.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::Spanned;
use url::{Host, Url};

use super::credential::missing;
use super::length::ShortLength;
use super::serve::Listen;
use super::toml_file;
use crate::channel::secret::{SecretError, SecretRef};
use crate::diagnostic::{Diagnostic, Source};

/// Who may do what on the web page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebRules {
    /// handbill.toml.
    pub(crate) file: Arc<Source>,
    /// Where people reach the page, where that is not this machine alone.
    pub public_url: Option<Url>,
    pub reading: Reading,
    /// The people who may change something, each with the token that they log in with.
    pub people: Vec<Person>,
    /// What stands before the page and knows who asks.
    pub proxy: Option<Proxy>,
    /// How long a login lasts that nobody uses.
    pub session: Duration,
}

/// Who may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// Who reaches the address.
    #[default]
    Anyone,
    /// Who is logged in.
    People,
}

/// Somebody who may change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As the log names them.
    pub name: String,
    pub token: SecretRef,
}

impl Person {
    /// The token, read now.
    ///
    /// # Errors
    /// [`TokenError`] if it is not to be had, or could be guessed.
    pub fn token(&self) -> Result<SecretString, TokenError> {
        let token = self.token.read()?;
        if token.expose_secret().chars().count() < SHORTEST_TOKEN {
            return Err(TokenError::TooShort(self.token.place()));
        }
        Ok(token)
    }
}

/// Why a token is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the token {0} has fewer than {SHORTEST_TOKEN} characters and could be guessed")]
    TooShort(String),
}

/// A server before this one that lets people log in, and says in a header who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The header counts only in requests that come from here.
    pub addresses: Vec<IpAddr>,
    /// In small letters.
    pub user_header: String,
}

/// A token is made by a machine, not thought up: `openssl rand -hex 24`.
pub const SHORTEST_TOKEN: usize = 20;

impl Default for WebRules {
    fn default() -> Self {
        let file = Source::new(super::FILE, "");
        WebTable::default().read(Listen::Off, Path::new(""), &file, &mut Vec::new())
    }
}

const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// `[serve.web]` as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebTable {
    /// Where people find the page, where that is not on this machine.
    #[schemars(with = "Option<Url>")]
    public_url: Option<Spanned<Url>>,
    /// Who may read without a login.
    #[serde(default)]
    read: Reading,
    /// The token of each person who may change something.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, SecretRef>")]
    tokens: BTreeMap<Spanned<String>, SecretRef>,
    /// A proxy that says who asks.
    proxy: Option<ProxyTable>,
    /// How long a login lasts; default `12h`.
    #[schemars(with = "Option<String>")]
    session: Option<ShortLength>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProxyTable {
    /// Where it asks from; nobody else is believed.
    addresses: Vec<IpAddr>,
    /// The header with the name of who asks.
    #[schemars(with = "String")]
    user_header: Spanned<String>,
}

impl WebTable {
    /// Looks at what is written.
    pub(super) fn read(
        self,
        listen: Listen,
        folder: &Path,
        file: &Arc<Source>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> WebRules {
        if let Some(url) = &self.public_url {
            diagnostics.extend(public_url(url, file));
        }
        let people: Vec<Person> = self
            .tokens
            .into_iter()
            .map(|(name, mut token)| {
                if name.get_ref().trim().is_empty() {
                    diagnostics.push(
                        Diagnostic::error("web::token", "a token belongs to a person with a name")
                            .at(file, name.span())
                            .help("write `\"M. Brandt\" = { file = \"secrets/web-brandt\" }`"),
                    );
                }
                token.in_folder(folder);
                Person { name: name.into_inner(), token }
            })
            .collect();
        let proxy = self.proxy.map(|proxy| {
            diagnostics.extend(header(&proxy.user_header, file));
            Proxy {
                addresses: proxy.addresses,
                user_header: proxy.user_header.into_inner().to_ascii_lowercase(),
            }
        });
        let rules = WebRules {
            file: Arc::clone(file),
            public_url: self.public_url.map(Spanned::into_inner),
            reading: self.read,
            people,
            proxy,
            session: self.session.map_or(SESSION, |it| it.0),
        };
        diagnostics.extend(rules.open_to_others(listen));
        rules
    }
}

/// Where people log in over a network, nobody on the way may read the token.
fn public_url(url: &Spanned<Url>, file: &Arc<Source>) -> Option<Diagnostic> {
    let Some(host) = url.get_ref().host() else {
        return Some(
            Diagnostic::error("web::public-url", format!("`{}` names no server", url.get_ref()))
                .at(file, url.span())
                .help(
                    "write where people reach the page, for example `https://jobs.tides.example/`",
                ),
        );
    };
    let is_fine = url.get_ref().scheme() == "https" || is_this_machine(&host);
    if is_fine && url.get_ref().path() == "/" {
        return None;
    }
    let (what, help) = if is_fine {
        ("the web page needs a name of its own, not a folder", "leave the path out")
    } else {
        (
            "people would log in without encryption",
            "write `https://…`, and let a web server with a certificate pass requests on",
        )
    };
    Some(Diagnostic::error("web::public-url", what).at(file, url.span()).help(help))
}

fn header(name: &Spanned<String>, file: &Arc<Source>) -> Option<Diagnostic> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    (!is_name(name.get_ref())).then(|| {
        Diagnostic::error("web::proxy", format!("`{}` is no name of a header", name.get_ref()))
            .at(file, name.span())
            .help("write the header in which the server says who asks, for example `X-Remote-User`")
    })
}

/// Whether a name or address means the machine itself.
pub fn is_this_machine<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl WebRules {
    /// Whether the page is shown at all: on this machine, or where the site's file says that it is
    /// meant to be reached from elsewhere.
    pub fn is_shown(&self, listen: Listen) -> bool {
        match listen {
            Listen::At(address) => address.ip().is_loopback() || self.public_url.is_some(),
            Listen::Off => false,
        }
    }

    /// Whether anybody could change something.
    pub fn has_people(&self) -> bool {
        !self.people.is_empty() || self.proxy.is_some()
    }

    /// The tokens, each under the name of its key.
    pub fn secrets(&self) -> Vec<(&'static str, SecretRef)> {
        self.people.iter().map(|person| ("tokens", person.token.clone())).collect()
    }

    /// A diagnostic for each token that cannot be read now, or could be guessed.
    pub fn missing_secrets(&self) -> Vec<Diagnostic> {
        let mut wrong = missing(&self.secrets(), &self.file, SECRET, "`[serve.web]` needs it");
        let short = self.people.iter().filter_map(|person| match person.token() {
            Err(error @ TokenError::TooShort(_)) => Some(error.to_string()),
            _ => None,
        });
        let place = toml_file::locate(&self.file, &["serve", "web", "tokens"]).unwrap_or_default();
        wrong.extend(short.map(|what| {
            Diagnostic::error(SECRET, what)
                .at(&self.file, place)
                .help("make one with `openssl rand -hex 24`")
        }));
        wrong
    }

    /// That others can read drafts here, where nobody has said who may.
    fn open_to_others(&self, listen: Listen) -> Option<Diagnostic> {
        let Listen::At(address) = listen else { return None };
        if address.ip().is_loopback() || self.public_url.is_none() || self.has_people() {
            return None;
        }
        let place = toml_file::locate(&self.file, &["serve", "web"]).unwrap_or_default();
        Some(
            Diagnostic::warning(
                "web::open",
                format!(
                    "whoever reaches {address} reads every ad here, drafts too, and nobody can log in"
                ),
            )
            .at(&self.file, place)
            .help("add `tokens` or `proxy`, and `read = \"people\"`; or listen at 127.0.0.1"),
        )
    }
}

const SECRET: &str = "web::secret";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_see_the_page_only_where_somebody_says_so() {
        let at = |text: &str| text.parse::<Listen>().unwrap();
        let nothing_said = WebRules::default();
        assert!(
            nothing_said.is_shown(at("127.0.0.1:8420")) && nothing_said.is_shown(at("[::1]:8420"))
        );
        assert!(!nothing_said.is_shown(at("192.0.2.1:8420")) && !nothing_said.is_shown(at("off")));
        let public_url = Url::parse("https://jobs.tides.example/").ok();
        let said = WebRules { public_url, ..WebRules::default() };
        assert!(said.is_shown(at("192.0.2.1:8420")));
    }
}
