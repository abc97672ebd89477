//! Reading what a server holds: through megalodon, and where its strict types cannot take what an
//! odd server says, as plain JSON. With a time limit, on this machine without a proxy, and with
//! reasons that say whether asking again helps.
//!
//! What cannot be read is not "not there": only 404 and 410 say that.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use megalodon::entities::{Account, Status};
use megalodon::error::Error as ReadFailure;
use megalodon::megalodon::GetAccountStatusesInputOptions;
use megalodon::{Megalodon, SNS};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::instance::Software;
use crate::channel::http::{self, Answer, Credential, Exchange, Http, Request};
use crate::channel::wire::SECRET;
use crate::channel::{Trace, is_loopback, tls, words};

/// How long one read may take; megalodon itself would wait for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Statuses asked for at once: the API's maximum.
const PAGE: u32 = 40;

/// Why something could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    status: Option<u16>,
    /// An answer came, and was none that megalodon understands.
    is_odd: bool,
    pub(super) why: String,
}

impl Unread {
    /// What megalodon says, which passes on what a server says: that may be our own token.
    fn of(error: ReadFailure, credential: &Credential) -> Self {
        match error {
            ReadFailure::OwnError(error) => {
                let said = words::excerpt(&credential.hide(&error.message));
                Self {
                    is_odd: error.status.is_none_or(|status| (200..300).contains(&status)),
                    why: match error.status {
                        Some(status) => format!("HTTP {status}: {said}"),
                        None => said,
                    },
                    status: error.status,
                }
            }
            error => {
                let is_odd = match &error {
                    ReadFailure::RequestError(error) => error.is_decode() || error.is_body(),
                    _ => true,
                };
                Self { status: None, is_odd, why: credential.hide(&tls::chain(&error)) }
            }
        }
    }

    pub(super) fn other(why: String) -> Self {
        Self { status: None, is_odd: false, why }
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.status, Some(404 | 410))
    }

    pub(super) fn into_trace(self) -> Trace {
        match self.status {
            None | Some(200..=299 | 429 | 500..=599) => Trace::NotYet { why: self.why },
            Some(_) => Trace::CannotTell { why: self.why },
        }
    }
}

/// A status as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) link: Option<Url>,
    /// As its author typed it.
    pub(super) text: String,
    /// Its content warning; empty if there is none.
    pub(super) warning: String,
    /// `None` if it cannot be read.
    pub(super) made_at: Option<DateTime<Utc>>,
    /// The account's id, if it says whose it is.
    pub(super) account: Option<String>,
    /// The id of the status that it answers.
    pub(super) answers: Option<String>,
    pub(super) is_boost: bool,
}

/// The account behind the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Me {
    pub(super) id: String,
    pub(super) username: String,
    /// How many statuses it has, if the server says so.
    pub(super) statuses: Option<u64>,
    /// Moderators have limited or suspended it, in Mastodon's words.
    pub(super) restriction: Option<&'static str>,
    /// By how much the server's clock is behind ours.
    pub(super) behind: TimeDelta,
}

/// Reads as one account.
pub(super) struct Reader {
    strict: Arc<dyn Megalodon + Send + Sync>,
    http: Http,
    server: Url,
    credential: Credential,
}

impl Reader {
    pub(super) fn new(
        server: &Url,
        software: Option<Software>,
        token: SecretString,
        http: Http,
    ) -> Result<Self, Unread> {
        http.allows(server).map_err(Unread::other)?;
        stays_here(server.host_str().unwrap_or_default()).map_err(Unread::other)?;
        let strict = megalodon::generator(
            dialect(software),
            server.as_str().trim_end_matches('/').to_owned(),
            Some(token.expose_secret().to_owned()),
            Some(concat!("handbill/", env!("CARGO_PKG_VERSION")).to_owned()),
        );
        let credential = Credential::new(token);
        Ok(Self {
            strict: Arc::from(strict.map_err(|error| Unread::of(error, &credential))?),
            http: http.with_timeout(READ_TIMEOUT),
            server: server.clone(),
            credential,
        })
    }

    /// Runs one read in a task of its own: megalodon has no timeout, and it panics on an attachment
    /// without an address.
    async fn guarded<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T, ReadFailure>> + Send + 'static,
    ) -> Result<T, Unread> {
        let task = tokio::spawn(read);
        let stop = task.abort_handle();
        match tokio::time::timeout(READ_TIMEOUT, task).await {
            Ok(Ok(answer)) => answer.map_err(|error| Unread::of(error, &self.credential)),
            Ok(Err(_)) => Err(Unread {
                status: None,
                is_odd: true,
                why: "the server's answer could not be read".to_owned(),
            }),
            Err(_) => {
                stop.abort();
                let seconds = READ_TIMEOUT.as_secs();
                Err(Unread::other(format!("the server did not answer within {seconds} s")))
            }
        }
    }

    /// Who we are.
    pub(super) async fn me(&self) -> Result<Me, Unread> {
        let strict = Arc::clone(&self.strict);
        let read = self.guarded(async move { strict.verify_account_credentials().await }).await;
        match read {
            Ok(answer) => Ok(Me::of_account(&answer.json, &answer.header)),
            Err(unread) if unread.is_odd => {
                let answer = self.plainly("/api/v1/accounts/verify_credentials", &[]).await?;
                let json = object(&answer)?;
                Me::of_json(&json, &answer.headers).ok_or_else(|| odd(&answer))
            }
            Err(unread) => Err(unread),
        }
    }

    pub(super) async fn status(&self, id: &str) -> Result<Shown, Unread> {
        let (strict, asked) = (Arc::clone(&self.strict), id.to_owned());
        match self.guarded(async move { strict.get_status(asked).await }).await {
            Ok(answer) => Ok(Shown::of_status(&answer.json, &self.server)),
            Err(unread) if unread.is_odd => {
                let answer = self.plainly(&format!("/api/v1/statuses/{id}"), &[]).await?;
                Shown::of_json(&object(&answer)?, &self.server).ok_or_else(|| odd(&answer))
            }
            Err(unread) => Err(unread),
        }
    }

    /// A page of the account's own statuses, the newest first, older than the one with this id.
    pub(super) async fn statuses(
        &self,
        account: &str,
        older_than: Option<&str>,
    ) -> Result<Vec<Shown>, Unread> {
        let options = GetAccountStatusesInputOptions {
            limit: Some(PAGE),
            max_id: older_than.map(str::to_owned),
            exclude_reblogs: Some(true),
            ..Default::default()
        };
        let (strict, asked) = (Arc::clone(&self.strict), account.to_owned());
        let read = self
            .guarded(async move { strict.get_account_statuses(asked, Some(&options)).await })
            .await;
        match read {
            Ok(answer) => {
                Ok(answer.json.iter().map(|it| Shown::of_status(it, &self.server)).collect())
            }
            Err(unread) if unread.is_odd => {
                let mut query = vec![("limit", PAGE.to_string())];
                query.push(("exclude_reblogs", "true".to_owned()));
                query.extend(older_than.map(|id| ("max_id", id.to_owned())));
                let path = format!("/api/v1/accounts/{account}/statuses");
                let answer = self.plainly(&path, &query).await?;
                let Some(Value::Array(page)) = answer.json() else { return Err(odd(&answer)) };
                // One that cannot be read may be ours: then the whole page is not read.
                let shown = page.iter().map(|it| Shown::of_json(it, &self.server));
                shown.collect::<Option<Vec<_>>>().ok_or_else(|| odd(&answer))
            }
            Err(unread) => Err(unread),
        }
    }

    /// A success, as it came.
    async fn plainly(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Unread> {
        let mut url = http::endpoint(&self.server, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = Request::get(url)
            .header("Authorization", &format!("Bearer {SECRET}"))
            .header("Accept", "application/json");
        match self.http.send(&request, Some(&self.credential)).await {
            Exchange::Answer(answer) if answer.is_success() => Ok(answer),
            Exchange::Answer(answer) => {
                Err(Unread { status: Some(answer.status), is_odd: false, why: answer.summary() })
            }
            Exchange::NoAnswer(outcome) => Err(Unread::other(outcome.why().to_owned())),
        }
    }

    /// The scopes of the token, as the server says them; `None` where it says nothing of them.
    pub(super) async fn scopes(&self) -> Option<Vec<String>> {
        let answer = self.plainly("/api/v1/apps/verify_credentials", &[]).await.ok()?;
        let json = answer.json()?;
        let word = |it: &Value| it.as_str().map(str::to_owned);
        Some(json["scopes"].as_array()?.iter().filter_map(word).collect())
    }

    /// JSON that a server gives to anybody; `None` where it gives something else.
    pub(super) async fn document(&self, path: &str) -> Result<Option<Value>, Unread> {
        match self.plainly(path, &[]).await {
            Ok(answer) => Ok(answer.json()),
            Err(unread) if unread.status.is_some() => Ok(None),
            Err(unread) => Err(unread),
        }
    }
}

impl Me {
    fn of_account(account: &Account, headers: &HeaderMap) -> Self {
        Self {
            id: account.id.clone(),
            username: account.username.clone(),
            statuses: Some(account.statuses_count.into()),
            restriction: match (account.suspended, account.limited) {
                (Some(true), _) => Some("suspended"),
                (_, Some(true)) => Some("limited"),
                _ => None,
            },
            behind: http::behind(headers, Utc::now()),
        }
    }

    fn of_json(json: &Value, headers: &HeaderMap) -> Option<Self> {
        let is = |key: &str| json[key].as_bool() == Some(true);
        Some(Self {
            id: id_of(json)?,
            username: text(json, &["username", "acct"]).unwrap_or_default(),
            statuses: json["statuses_count"].as_u64(),
            restriction: match (is("suspended"), is("limited")) {
                (true, _) => Some("suspended"),
                (_, true) => Some("limited"),
                _ => None,
            },
            behind: http::behind(headers, Utc::now()),
        })
    }
}

impl Shown {
    fn of_status(status: &Status, server: &Url) -> Self {
        Self {
            id: status.id.clone(),
            link: link_of(status.url.as_deref(), Some(&status.uri), server),
            text: words::plain_text_of_html(&status.content),
            warning: status.spoiler_text.clone(),
            made_at: Some(status.created_at),
            account: Some(status.account.id.clone()),
            answers: status.in_reply_to_id.clone(),
            is_boost: status.reblog.is_some(),
        }
    }

    /// `None` without an id and words.
    fn of_json(json: &Value, server: &Url) -> Option<Self> {
        let made_at = json["created_at"].as_str().and_then(|it| it.parse().ok());
        Some(Self {
            id: id_of(json)?,
            link: link_of(json["url"].as_str(), json["uri"].as_str(), server),
            text: words::plain_text_of_html(json["content"].as_str()?),
            warning: text(json, &["spoiler_text"]).unwrap_or_default(),
            made_at,
            account: id_of(&json["account"]),
            answers: text(json, &["in_reply_to_id"]),
            is_boost: json["reblog"].is_object(),
        })
    }
}

/// An id, which is a text, though some servers write a number.
pub(super) fn id_of(json: &Value) -> Option<String> {
    match json.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Where readers find a status: its page, or else its name in ActivityPub. Some servers leave out
/// their own address.
pub(super) fn link_of(url: Option<&str>, uri: Option<&str>, server: &Url) -> Option<Url> {
    [url, uri]
        .into_iter()
        .flatten()
        .filter_map(|text| match text.starts_with('/') {
            true => server.join(text).ok(),
            false => Url::parse(text).ok(),
        })
        .find(|url| matches!(url.scheme(), "http" | "https"))
}

fn text(json: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| json[*key].as_str()).map(str::to_owned)
}

/// The JSON object of an answer that has to be one; an error that comes with 200 is none.
fn object(answer: &Answer) -> Result<Value, Unread> {
    answer.json().filter(Value::is_object).ok_or_else(|| odd(answer))
}

/// A success that says nothing that can be read.
fn odd(answer: &Answer) -> Unread {
    let why = format!("the server's answer cannot be read: {}", answer.summary());
    Unread { status: Some(answer.status), is_odd: true, why }
}

/// What megalodon calls it; its other dialects ask elsewhere for the same.
fn dialect(software: Option<Software>) -> SNS {
    match software {
        Some(Software::Pleroma | Software::Akkoma) => SNS::Pleroma,
        Some(Software::Friendica) => SNS::Friendica,
        Some(Software::Gotosocial) => SNS::Gotosocial,
        Some(Software::Pixelfed) => SNS::Pixelfed,
        _ => SNS::Mastodon,
    }
}

/// megalodon's client takes proxies from the environment, for this machine too: a rehearsal would
/// leave it, and no proxy finds the way back.
fn stays_here(host: &str) -> Result<(), String> {
    let set = |names: &[&str]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    if !is_loopback(host) || set(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]).is_none()
    {
        return Ok(());
    }
    let spared = set(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    if spared.split(',').map(str::trim).any(|entry| entry == host || entry == "*") {
        return Ok(());
    }
    Err(format!(
        "the environment names a proxy that would be asked for {host}; set `NO_PROXY={host}`"
    ))
}
