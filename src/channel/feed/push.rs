//! Carries the files of a list to where they are fetched: to a WebDAV server (RFC 4918) with the one
//! HTTP client, or over SFTP with the system's own `sftp`.

use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use data_encoding::BASE64;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use url::Url;

use super::format::media_type;
use super::list::File;
use super::store::Made;
use crate::channel::http::{self, Answer, Busy, Credential, Exchange, Http, Request};
use crate::channel::secret::SecretRef;
use crate::channel::wire::SECRET;
use crate::channel::{Outcome, Permit, Reach};

/// `sftp` ends with this where there was no connection, or none that it may use.
const NOT_CONNECTED: i32 = 255;

/// `[feed.webdav]`: a folder on a WebDAV server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebDav {
    pub url: Url,
    pub username: Option<String>,
    pub password: Option<SecretRef>,
}

/// `[feed.sftp]`: a folder on an SSH server that knows our key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sftp {
    /// `user@host`.
    pub host: String,
    pub port: Option<u16>,
    pub folder: String,
    /// The private key; default is the one that `ssh` takes.
    pub identity: Option<PathBuf>,
    /// The hosts that are trusted; default is `ssh`'s own list.
    pub known_hosts: Option<PathBuf>,
}

/// Where the files go.
pub(super) enum Pusher {
    WebDav { config: WebDav, http: Http },
    Sftp { config: Sftp, reach: Reach },
}

impl Pusher {
    pub(super) fn webdav(config: WebDav, reach: Reach) -> Self {
        Self::WebDav { config, http: Http::new(reach) }
    }

    pub(super) fn sftp(config: Sftp, reach: Reach) -> Self {
        Self::Sftp { config, reach }
    }

    /// Carries what has changed to the server, the list that others fetch last, and takes away what
    /// is no part of it any more.
    pub(super) async fn push(&self, made: &mut Made, permit: &Permit<'_>) -> Result<(), Outcome> {
        match self {
            Self::WebDav { config, http } => put_all(config, http, made, permit).await,
            Self::Sftp { config, reach } => {
                reachable(config, *reach).map_err(|why| Outcome::Refused { why })?;
                carry(config, made, permit).await
            }
        }
    }

    /// Whether the server takes us.
    pub(super) async fn probe(&self) -> Result<String, String> {
        match self {
            Self::WebDav { config, http } => {
                let credential = credential(config)?;
                let request =
                    Request { method: "OPTIONS".to_owned(), ..Request::get(config.url.clone()) };
                let request = with_password(request, credential.as_ref());
                match http.send(&request, credential.as_ref()).await {
                    Exchange::Answer(answer) if matches!(answer.status, 401 | 403) => {
                        Err(format!("{} does not let us in: {}", config.url, answer.summary()))
                    }
                    Exchange::Answer(_) => Ok(config.url.to_string()),
                    Exchange::NoAnswer(outcome) => Err(outcome.why().to_owned()),
                }
            }
            Self::Sftp { config, reach } => {
                reachable(config, *reach)?;
                let looked = batch(config, &format!("cd {}\n", quoted(&config.folder))).await;
                let looked = looked.map_err(|outcome| outcome.why().to_owned())?;
                if looked.status.success() {
                    Ok(format!("{}:{}", config.host, config.folder))
                } else {
                    Err(said(&looked))
                }
            }
        }
    }
}

async fn put_all(
    config: &WebDav,
    http: &Http,
    made: &mut Made,
    permit: &Permit<'_>,
) -> Result<(), Outcome> {
    let credential = credential(config).map_err(|why| Outcome::Blocked { why })?;
    let server = Server { http, credential: credential.as_ref() };
    let changed: Vec<File> = made.changed().cloned().collect();
    let dropped: Vec<String> = made.dropped().map(str::to_owned).collect();
    let mut begun = false;
    let mind = |begun: bool, outcome: Outcome| if begun { in_part(&outcome) } else { outcome };
    for file in changed {
        let url = http::endpoint(&config.url, &format!("/{}", file.name));
        let tag = server.replaceable(made, &file.name, &url).await.map_err(|it| mind(begun, it))?;
        let mut request = Request { method: "PUT".to_owned(), ..Request::get(url) }
            .header("content-type", media_type(&file.name));
        // What somebody changes between that look and now is not overwritten (RFC 9110 §13.1.1).
        if let Some(tag) = tag {
            request = request.header("if-match", &tag);
        }
        request.body = Some(file.text.clone());
        let request = with_password(request, credential.as_ref());
        // It is read back without what is secret, even where an ad happens to say the same.
        let known = credential.as_ref().map_or_else(|| file.text.clone(), |it| it.hide(&file.text));
        let known = File { name: file.name.clone(), text: known };
        made.will_carry(&known).map_err(|error| mind(begun, unready(&error)))?;
        match http.write(&request, credential.as_ref(), permit).await {
            Exchange::Answer(answer) if answer.is_success() => {
                made.carried(&known.name, Some(&known.text));
            }
            Exchange::Answer(answer) if answer.status == 412 => {
                return Err(somebody_else(made, &file.name, &request.url));
            }
            Exchange::Answer(answer) => return Err(mind(begun, failure(&answer))),
            Exchange::NoAnswer(outcome) => return Err(mind(begun, outcome)),
        }
        begun = true;
    }
    for name in dropped {
        let url = http::endpoint(&config.url, &format!("/{name}"));
        let request = Request { method: "DELETE".to_owned(), ..Request::get(url) };
        let request = with_password(request, credential.as_ref());
        match http.write(&request, credential.as_ref(), permit).await {
            Exchange::Answer(answer)
                if answer.is_success() || matches!(answer.status, 404 | 410) =>
            {
                made.carried(&name, None);
            }
            Exchange::Answer(answer) => return Err(in_part(&failure(&answer))),
            Exchange::NoAnswer(outcome) => return Err(in_part(&outcome)),
        }
    }
    Ok(())
}

/// A server with what it knows us by.
struct Server<'a> {
    http: &'a Http,
    credential: Option<&'a Credential>,
}

impl Server<'_> {
    /// Looks whether a file there is as we left it, and how the server calls it (its strong `ETag`).
    /// Not every server says that in its answer to `PUT`, and none does whose answer was lost; so what
    /// stands there is read.
    async fn replaceable(
        &self,
        made: &Made,
        name: &str,
        url: &Url,
    ) -> Result<Option<String>, Outcome> {
        if !made.can_be_compared(name) {
            return Ok(None);
        }
        let request = with_password(Request::get(url.clone()), self.credential);
        match self.http.send(&request, self.credential).await {
            // Nothing stands there, or it is a folder that can only be written to.
            Exchange::Answer(answer) if matches!(answer.status, 403 | 404 | 405 | 410) => Ok(None),
            Exchange::Answer(answer) if !answer.is_success() => Err(match failure(&answer) {
                Outcome::Unknown { why } => Outcome::Deferred { why, after: None },
                outcome => outcome,
            }),
            Exchange::Answer(answer) if made.may_replace(name, &answer.body) => {
                // A weak one names no exact bytes, and `If-Match` takes none.
                let tag = answer.header("etag").filter(|tag| !tag.starts_with("W/"));
                Ok(tag.map(str::to_owned))
            }
            Exchange::Answer(_) => Err(somebody_else(made, name, url)),
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                Err(Outcome::Deferred { why, after: None })
            }
            Exchange::NoAnswer(outcome) => Err(outcome),
        }
    }
}

fn unready(error: &io::Error) -> Outcome {
    Outcome::Deferred {
        why: format!("cannot write down what is carried away: {error}"),
        after: None,
    }
}

fn somebody_else(made: &Made, file: &str, url: &Url) -> Outcome {
    let why = format!(
        "{url} was changed by somebody else since; look at it. `handbill resume` overwrites it"
    );
    match made.forget(file) {
        Ok(()) => Outcome::Blocked { why },
        Err(error) => Outcome::Deferred { why: error.to_string(), after: None },
    }
}

/// What a server that takes no file says, it says of every list: a person has to mend it.
fn failure(answer: &Answer) -> Outcome {
    match answer.failure(Busy::Unsaid) {
        Outcome::Refused { why } => Outcome::Blocked { why },
        other => other,
    }
}

fn in_part(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Blocked { why } => Outcome::Blocked { why: why.clone() },
        other => {
            Outcome::Unknown { why: format!("the list was carried there in part: {}", other.why()) }
        }
    }
}

fn credential(config: &WebDav) -> Result<Option<Credential>, String> {
    let Some(password) = &config.password else { return Ok(None) };
    let password = password.read().map_err(|error| error.to_string())?;
    let user = config.username.as_deref().unwrap_or_default();
    let both = format!("{user}:{}", password.expose_secret());
    let value = SecretString::from(BASE64.encode(both.as_bytes()));
    Ok(Some(Credential::made_from(value, vec![password])))
}

fn with_password(request: Request, credential: Option<&Credential>) -> Request {
    match credential {
        Some(_) => request.header("authorization", &format!("Basic {SECRET}")),
        None => request,
    }
}

/// Each file is put beside its place and moved there, so that nobody fetches half of one.
async fn carry(config: &Sftp, made: &Made, permit: &Permit<'_>) -> Result<(), Outcome> {
    let outbox = made.outbox();
    let unwritable = |error: io::Error| Outcome::Deferred {
        why: format!("cannot write {}: {error}", outbox.display()),
        after: None,
    };
    std::fs::create_dir_all(&outbox).map_err(unwritable)?;
    let mut commands = format!("cd {}\n", quoted(&config.folder));
    for file in made.changed() {
        let path = outbox.join(&file.name);
        std::fs::write(&path, &file.text).map_err(unwritable)?;
        let (here, name) = (quoted(&path.to_string_lossy()), &file.name);
        commands.push_str(&format!("put {here} .{name}.new\nrename .{name}.new {name}\n"));
    }
    for name in made.dropped() {
        // A hyphen: that it is gone already is no fault.
        commands.push_str(&format!("-rm {name}\n"));
    }
    permit.send_by().check()?;
    let ran = batch(config, &commands).await;
    std::fs::remove_dir_all(&outbox)
        .map_err(|error| Outcome::Unknown { why: error.to_string() })?;
    let ran = ran?;
    if ran.status.success() {
        return Ok(());
    }
    let why = said(&ran);
    // It repeats each command before that is carried out.
    let repeated = String::from_utf8_lossy(&ran.stdout);
    if repeated.contains("> rename ") || repeated.contains("> -rm ") {
        return Err(Outcome::Unknown { why: format!("the list was carried there in part: {why}") });
    }
    // Nothing that others fetch was touched.
    Err(match ran.status.code() {
        Some(NOT_CONNECTED) if !is_locked_out(&why) => Outcome::Deferred { why, after: None },
        _ => Outcome::Blocked { why },
    })
}

/// Whether `ssh` says that the server does not take our key, or that we do not trust the server.
fn is_locked_out(said: &str) -> bool {
    ["Permission denied", "Host key verification failed", "Too many authentication failures"]
        .iter()
        .any(|words| said.contains(words))
}

/// Runs `sftp` over a batch of commands; it never asks anybody anything.
async fn batch(config: &Sftp, commands: &str) -> Result<Output, Outcome> {
    let mut command = Command::new("sftp");
    command.args(["-b", "-", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]);
    command.args(["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"]);
    command.args(["-o", "ServerAliveInterval=10"]);
    if let Some(port) = config.port {
        command.args(["-P", &port.to_string()]);
    }
    if let Some(identity) = &config.identity {
        command.args(["-o", "IdentitiesOnly=yes", "-i"]).arg(identity);
    }
    if let Some(hosts) = &config.known_hosts {
        command.arg("-o").arg(format!("UserKnownHostsFile={}", quoted(&hosts.to_string_lossy())));
    }
    command.arg("--").arg(&config.host);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Outcome::Blocked {
            why: "`sftp` is not here: install it (Debian: `apt install openssh-client`), or let \
                  the feed go to a folder or to WebDAV"
                .to_owned(),
        },
        _ => Outcome::Deferred { why: format!("`sftp` cannot be run: {error}"), after: None },
    })?;
    let lost = |error: io::Error| Outcome::Unknown { why: format!("`sftp`: {error}") };
    if let Some(mut input) = child.stdin.take() {
        // It may have ended already; its own words say why.
        let _ = input.write_all(commands.as_bytes()).await;
    }
    tokio::time::timeout(http::TOTAL_TIMEOUT, child.wait_with_output())
        .await
        .map_err(|_| Outcome::Unknown { why: "`sftp` did not end in time".to_owned() })?
        .map_err(lost)
}

fn reachable(config: &Sftp, reach: Reach) -> Result<(), String> {
    let host = config.host.rsplit('@').next().unwrap_or_default();
    if reach.allows(host) {
        return Ok(());
    }
    Err(format!("nothing was sent: `{host}` is not this machine, and this is a rehearsal"))
}

fn said(output: &Output) -> String {
    let words = String::from_utf8_lossy(&output.stderr);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("`sftp` says: {}", words.chars().take(300).collect::<String>())
}

/// A name as `sftp` reads it in a batch.
fn quoted(name: &str) -> String {
    let safe: String = name.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", safe.replace('\\', "\\\\").replace('"', "\\\""))
}
