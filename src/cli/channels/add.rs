//! `handbill channels add`: asks what it needs, has a person agree in a browser, tries the
//! credential as `doctor` does, and writes the channel's file.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta, Utc};
use secrecy::SecretString;
use url::Url;

use super::super::{CliError, End, Format, complain, complain_about, say, say_json};
use super::answers::{Given, Question, answer, asked, asked_in_secret};
use super::files::{Files, quoted, reference};
use crate::channel::http::endpoint;
use crate::channel::oauth2::{ClientIdentity, ClientSecret, Granted};
use crate::channel::secret::{SecretPlace, SecretRef};
use crate::channel::{Context, Probe, Reach};
use crate::diagnostic::Diagnostic;
use crate::sign_in::linkedin::{self, For};
use crate::sign_in::loopback::Callback;
use crate::sign_in::mastodon::{App, SHOWN};
use crate::sign_in::{Consent, SignInError, bluesky, x};
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// An account on a server with Mastodon's API
    Mastodon(MastodonArguments),
    /// An account on any server of the AT Protocol, with an app password
    Bluesky(BlueskyArguments),
    /// An account at X, with OAuth 2.0 and an app of your own
    X(XArguments),
    /// A page or a member at LinkedIn, with an app of your own
    Linkedin(LinkedInArguments),
}

#[derive(Debug, clap::Args)]
struct Basics {
    /// The channel's name, and that of its file; default: the kind
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// When it posts, as a crontab says it
    #[arg(long, value_name = "CRON", default_value = "0 10 * * Mon-Fri")]
    schedule: String,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How somebody agrees in a browser.
#[derive(Debug, clap::Args)]
struct Agreeing {
    /// Open the address in this machine's browser
    #[arg(long)]
    open: bool,
    /// Type the code in, or the address that the browser ended at: for a browser elsewhere
    #[arg(long)]
    by_hand: bool,
    /// How many seconds the browser may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    within: u64,
}

#[derive(Debug, clap::Args)]
struct MastodonArguments {
    /// The server, for example `https://social.example`
    #[arg(long, value_name = "ADDRESS")]
    server: Option<String>,
    /// An access token that is there already: the environment variable that holds it
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// The same: the file that holds it
    #[arg(long, value_name = "FILE", conflicts_with = "token_env")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    agreeing: Agreeing,
    #[command(flatten)]
    common: Basics,
}

#[derive(Debug, clap::Args)]
struct BlueskyArguments {
    /// The account, for example `lab.bsky.social`, or its DID
    #[arg(long, value_name = "HANDLE")]
    handle: Option<String>,
    /// The account's server
    #[arg(long, value_name = "ADDRESS", default_value = "https://bsky.social")]
    server: String,
    /// The environment variable that holds the app password
    #[arg(long, value_name = "NAME")]
    app_password_env: Option<String>,
    /// The file that holds it
    #[arg(long, value_name = "FILE", conflicts_with = "app_password_env")]
    app_password_file: Option<PathBuf>,
    #[command(flatten)]
    common: Basics,
}

/// An app that a person has made for this.
#[derive(Debug, clap::Args)]
struct AppArguments {
    /// The app's client id
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The environment variable that holds its client secret
    #[arg(long, value_name = "NAME")]
    client_secret_env: Option<String>,
    /// The file that holds its client secret
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret_env")]
    client_secret_file: Option<PathBuf>,
    /// The port of this machine that the browser is sent back to; the app has to know it
    #[arg(long, value_name = "PORT", default_value_t = 8425)]
    port: u16,
    /// Another address of the API, for tests
    #[arg(long, value_name = "ADDRESS", hide = true)]
    api: Option<Url>,
    /// Another address of the service's pages, for tests
    #[arg(long, value_name = "ADDRESS", hide = true)]
    web: Option<Url>,
}

#[derive(Debug, clap::Args)]
struct XArguments {
    #[command(flatten)]
    app: AppArguments,
    /// The app is a public client, which has no secret
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    agreeing: Agreeing,
    #[command(flatten)]
    common: Basics,
}

#[derive(Debug, clap::Args)]
struct LinkedInArguments {
    #[command(flatten)]
    app: AppArguments,
    /// The number of the page that posts, or `me`
    #[arg(long, value_name = "AUTHOR")]
    author: Option<String>,
    /// The version of the API, year and month
    #[arg(long, value_name = "VERSION", default_value = "202609")]
    version: String,
    #[command(flatten)]
    agreeing: Agreeing,
    #[command(flatten)]
    common: Basics,
}

/// What became of it, for the person.
struct Added {
    file: PathBuf,
    probe: Probe,
    secrets: Vec<SecretRef>,
}

pub(super) async fn run(arguments: &Arguments, site: &Site) -> Result<End, CliError> {
    let (kind, common) = match &arguments.kind {
        Kind::Mastodon(it) => ("mastodon", &it.common),
        Kind::Bluesky(it) => ("bluesky", &it.common),
        Kind::X(it) => ("x", &it.common),
        Kind::Linkedin(it) => ("linkedin", &it.common),
    };
    let name = common.name.as_deref().unwrap_or(kind);
    let files = Files::of(site, name)?;
    let added = match &arguments.kind {
        Kind::Mastodon(it) => mastodon(it, site, files).await?,
        Kind::Bluesky(it) => bluesky(it, site, files).await?,
        Kind::X(it) => x(it, site, files).await?,
        Kind::Linkedin(it) => linkedin(it, site, files).await?,
    };
    tell(&added, name, kind, common.format, site)?;
    Ok(End::Done)
}

async fn mastodon(
    arguments: &MastodonArguments,
    site: &Site,
    mut files: Files<'_>,
) -> Result<Added, CliError> {
    let (common, agreeing) = (&arguments.common, &arguments.agreeing);
    let question = Question { option: "--server", words: "Server (https://social.example):" };
    let server = web_address(&answer(arguments.server.as_deref(), &question)?)?;
    let given =
        Given { env: arguments.token_env.clone(), file: arguments.token_file.clone() }.place();
    let token = match given {
        Some(token) => token,
        None => {
            let token = if agreeing.by_hand {
                let app = App::register(&server, SHOWN, Reach::Anywhere).await?;
                let consent = app.consent(SHOWN)?;
                let code = typed(&consent, agreeing)?;
                app.token(&consent, &code, Reach::Anywhere).await?
            } else {
                let callback = Callback::listen(0).await?;
                let redirect = callback.address("127.0.0.1");
                let app = App::register(&server, &redirect, Reach::Anywhere).await?;
                let consent = app.consent(&redirect)?;
                let code = sent_back(callback, &consent, agreeing).await?;
                app.token(&consent, &code, Reach::Anywhere).await?
            };
            files.secret("token", &token, None)?
        }
    };
    let text = format!(
        "# A Mastodon account.\nkind = \"mastodon\"\nschedule = {}\nupdate = \"edit\"\n\
         close = \"edit\"                        # or \"withdraw\" to delete the post\n\n\
         [mastodon]\nserver = {}\ntoken = {}\n",
        quoted(&common.schedule),
        quoted(server.as_str()),
        reference(&token),
    );
    finish(site, files, &text, vec![token]).await
}

async fn bluesky(
    arguments: &BlueskyArguments,
    site: &Site,
    mut files: Files<'_>,
) -> Result<Added, CliError> {
    let common = &arguments.common;
    let server = web_address(&arguments.server)?;
    let question = Question { option: "--handle", words: "Account (lab.bsky.social):" };
    let handle = answer(arguments.handle.as_deref(), &question)?;
    let handle = handle.trim_start_matches('@');
    let given = Given {
        env: arguments.app_password_env.clone(),
        file: arguments.app_password_file.clone(),
    };
    let password = match given.place() {
        Some(place) => place,
        None => {
            complain(&format!("Make an app password at {}.", bluesky::APP_PASSWORDS));
            let words = "App password (not shown):";
            let value = asked_in_secret(&Question { option: "--app-password-file", words })?;
            files.secret("app-password", &value, None)?
        }
    };
    let did = match handle.strip_prefix("did:") {
        Some(_) => handle.to_owned(),
        None => bluesky::did(&server, handle, Reach::Anywhere).await?,
    };
    let text = format!(
        "# The Bluesky account {handle}. Nothing is edited there: a changed ad is posted anew.\n\
         kind = \"bluesky\"\nschedule = {}\nclose = \"withdraw\"\n\n[bluesky]\nserver = {}\n\
         did = {}\napp_password = {}\n",
        quoted(&common.schedule),
        quoted(server.as_str()),
        quoted(&did),
        reference(&password),
    );
    finish(site, files, &text, vec![password]).await
}

async fn x(arguments: &XArguments, site: &Site, mut files: Files<'_>) -> Result<Added, CliError> {
    let (common, agreeing) = (&arguments.common, &arguments.agreeing);
    let app = &arguments.app;
    let (api, web) =
        (usual(app.api.as_ref(), "https://api.x.com")?, usual(app.web.as_ref(), "https://x.com")?);
    let callback = Callback::listen(app.port).await?;
    let redirect = callback.address("127.0.0.1");
    complain(&format!(
        "Make an app at {} with OAuth 2.0, and {redirect} as its callback address.",
        x::CONSOLE
    ));
    let client_id = app.client_id()?;
    let secret = if arguments.public { None } else { Some(app.secret(&mut files)?) };
    let consent = x::consent(&web, &client_id, &redirect)?;
    let code = code(callback, &consent, agreeing).await?;
    let token_url = endpoint(&api, "/2/oauth2/token");
    let client = ClientIdentity {
        token_url: &token_url,
        id: &client_id,
        secret: secret.as_ref().map(|(value, _)| value),
        shown: ClientSecret::Basic,
    };
    let Granted { access_token, refresh_token, .. } =
        consent.redeem(&code, &client, Reach::Anywhere).await?;
    let refresh_token = refresh_token.ok_or_else(|| {
        CliError::Failed("X gave no refresh token; is `offline.access` allowed?".to_owned())
    })?;
    let account = x::account(&api, &access_token, Reach::Anywhere).await?;
    let place = files.secret("refresh-token", &refresh_token, None)?;
    let mut text = format!(
        "# The X account @{}. X cannot edit: a closed ad is deleted.\nkind = \"x\"\n\
         schedule = {}\nclose = \"withdraw\"\n\n[x]\nusername = {}\nuser_id = {}\n{}\n\
         [x.oauth2]                            # X gives a new refresh token with every use\n\
         client_id = {}\nrefresh_token = {}\n",
        account.username,
        quoted(&common.schedule),
        quoted(&account.username),
        quoted(&account.id),
        app.addresses(),
        quoted(&client_id),
        reference(&place),
    );
    let mut secrets = vec![place];
    if let Some((_, place)) = secret {
        text += &format!("client_secret = {}\n", reference(&place));
        secrets.push(place);
    }
    finish(site, files, &text, secrets).await
}

async fn linkedin(
    arguments: &LinkedInArguments,
    site: &Site,
    mut files: Files<'_>,
) -> Result<Added, CliError> {
    let (common, agreeing) = (&arguments.common, &arguments.agreeing);
    let app = &arguments.app;
    let (api, web) = (
        usual(app.api.as_ref(), "https://api.linkedin.com")?,
        usual(app.web.as_ref(), "https://www.linkedin.com")?,
    );
    let callback = Callback::listen(app.port).await?;
    let redirect = callback.address("localhost");
    complain(&format!(
        "Make an app at {} for your page, with {redirect} as its redirect address. For a page it \
         needs the product Community Management API, for yourself Share on LinkedIn and Sign In.",
        linkedin::PORTAL
    ));
    let question = Question { option: "--author", words: "Number of the page, or `me`:" };
    let whom = whom(&answer(arguments.author.as_deref(), &question)?)?;
    let client_id = app.client_id()?;
    let (secret, secret_place) = app.secret(&mut files)?;
    let consent = linkedin::consent(&web, &client_id, &whom, &redirect)?;
    let code = code(callback, &consent, agreeing).await?;
    let token_url = endpoint(&web, "/oauth/v2/accessToken");
    let client = ClientIdentity {
        token_url: &token_url,
        id: &client_id,
        secret: Some(&secret),
        shown: ClientSecret::InForm,
    };
    let granted = consent.redeem(&code, &client, Reach::Anywhere).await?;
    let author = linkedin::author(&api, &whom, &granted.access_token, Reach::Anywhere).await?;
    let mut text = format!(
        "# LinkedIn. `handbill channels add linkedin` gets another token when this one expires.\n\
         kind = \"linkedin\"\nschedule = {}\nupdate = \"edit\"                       # the words; \
         the card below them stays\nclose = \"withdraw\"                    # or \"edit\" to say \
         that it is closed\n\n[linkedin]\nauthor = {}\nversion = {}\n{}",
        quoted(&common.schedule),
        quoted(&author),
        quoted(&arguments.version),
        app.addresses(),
    );
    let secrets = match granted.refresh_token {
        Some(refresh_token) => {
            let place = files.secret("refresh-token", &refresh_token, None)?;
            text += &format!(
                "\n[linkedin.oauth2]\nclient_id = {}\nclient_secret = {}\nrefresh_token = {}\n",
                quoted(&client_id),
                reference(&secret_place),
                reference(&place),
            );
            vec![place, secret_place]
        }
        None => {
            files.forget(&secret_place);
            let place =
                files.secret("token", &granted.access_token, last_day(granted.lives_for))?;
            text += &format!("token = {}\n", reference(&place));
            vec![place]
        }
    };
    finish(site, files, &text, secrets).await
}

impl AppArguments {
    fn client_id(&self) -> Result<String, CliError> {
        let question = Question { option: "--client-id", words: "Client id of the app:" };
        answer(self.client_id.as_deref(), &question)
    }

    /// The client secret, and where it is. One that is typed goes into a file.
    fn secret(&self, files: &mut Files<'_>) -> Result<(SecretString, SecretRef), CliError> {
        let (env, file) = (self.client_secret_env.clone(), self.client_secret_file.clone());
        if let Some(place) = (Given { env, file }).place() {
            let value = place.read().map_err(|error| CliError::Usage(error.to_string()))?;
            return Ok((value, place));
        }
        let option = "--client-secret-file";
        let question = Question { option, words: "Client secret of the app (not shown):" };
        let value = asked_in_secret(&question)?;
        let place = files.secret("client-secret", &value, None)?;
        Ok((value, place))
    }

    /// The lines of a channel's file that lead elsewhere than everybody goes.
    fn addresses(&self) -> String {
        let line = |key: &str, url: &Option<Url>| {
            url.as_ref()
                .map(|url| format!("{key} = {}\n", quoted(url.as_str())))
                .unwrap_or_default()
        };
        line("api", &self.api) + &line("web", &self.web)
    }
}

/// The code, by the way that the person has chosen.
async fn code(
    callback: Callback,
    consent: &Consent,
    agreeing: &Agreeing,
) -> Result<SecretString, CliError> {
    if agreeing.by_hand {
        drop(callback);
        return typed(consent, agreeing);
    }
    sent_back(callback, consent, agreeing).await
}

/// The browser brings the code itself.
async fn sent_back(
    callback: Callback,
    consent: &Consent,
    agreeing: &Agreeing,
) -> Result<SecretString, CliError> {
    show(consent, agreeing);
    complain("Waiting for the browser to come back …");
    Ok(callback.code(consent, Duration::from_secs(agreeing.within)).await?)
}

/// A person brings it.
fn typed(consent: &Consent, agreeing: &Agreeing) -> Result<SecretString, CliError> {
    show(consent, agreeing);
    let words = "The code, or the whole address that the browser ended at:";
    let typed = asked(&Question { option: "--by-hand", words })?;
    Ok(consent.typed(&typed)?)
}

/// Shows the address, and opens it if that was asked for.
fn show(consent: &Consent, agreeing: &Agreeing) {
    complain(&format!("Open this address in a browser and agree:\n\n  {}\n", consent.address));
    if agreeing.open {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let opened = std::process::Command::new(opener).arg(consent.address.as_str()).spawn();
        if let Err(error) = opened {
            complain(&format!("`{opener}` could not be started: {error}"));
        }
    }
}

/// Tries the channel as `doctor` does, and writes its file.
async fn finish(
    site: &Site,
    files: Files<'_>,
    text: &str,
    secrets: Vec<SecretRef>,
) -> Result<Added, CliError> {
    let (spec, diagnostics) = site.draft_channel(&files.channel(), text)?;
    let spec = match spec {
        Some(spec) if !diagnostics.iter().any(Diagnostic::is_error) => spec,
        _ => {
            complain_about(&diagnostics);
            return Err(CliError::Usage("no channel can be made of these answers".to_owned()));
        }
    };
    let context =
        Context { channel: spec.name.clone(), site: site.name.clone(), reach: Reach::Anywhere };
    let channel = spec.build(context).map_err(|error| CliError::Usage(error.to_string()))?;
    let probe = channel.probe().await.map_err(|why| {
        CliError::Failed(format!("the credential was tried, and does not work: {why}"))
    })?;
    let file = files.keep(text)?;
    Ok(Added { file, probe, secrets })
}

fn tell(
    added: &Added,
    name: &str,
    kind: &str,
    format: Format,
    site: &Site,
) -> Result<(), CliError> {
    let file = super::shown(site, &added.file);
    let expires = added.secrets.iter().find_map(|secret| secret.expires);
    if format == Format::Json {
        return say_json(&serde_json::json!({
            "channel": name,
            "kind": kind,
            "file": file,
            "identity": added.probe.identity,
            "secrets": added.secrets.iter().map(SecretRef::place).collect::<Vec<_>>(),
            "expires": expires,
        }));
    }
    let mut text = format!("{} answers.\nWrote {file}.\n", added.probe.identity);
    for secret in &added.secrets {
        text += &match &secret.place {
            SecretPlace::Env(variable) => {
                format!("It needs the environment variable {variable} wherever Handbill runs.\n")
            }
            _ => format!("A secret is {}; keep it out of git.\n", secret.place()),
        };
    }
    if let Some(day) = expires {
        text += &format!("It is good until {day}; Handbill warns 14, 7 and 1 days before.\n");
    }
    text += &format!("Next: `handbill post --dry-run --channel {name}`\n");
    say(&text)
}

/// The last day on the whole of which a token is good.
fn last_day(lives_for: Duration) -> Option<NaiveDate> {
    let ends = Utc::now().checked_add_signed(TimeDelta::from_std(lives_for).ok()?)?;
    ends.date_naive().pred_opt()
}

fn whom(answer: &str) -> Result<For, CliError> {
    let number = answer.strip_prefix("urn:li:organization:").unwrap_or(answer);
    if answer == "me" {
        return Ok(For::Member);
    }
    if number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(For::Page(number.to_owned()));
    }
    Err(CliError::Usage(format!(
        "`{answer}` is no page\nhelp: its number stands in the address of its admin view; or `me`"
    )))
}

fn web_address(text: &str) -> Result<Url, CliError> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.host().is_some() && url.path() == "/"
    });
    url.ok_or_else(|| {
        CliError::Usage(format!(
            "`{text}` is no server\nhelp: write it like https://social.example"
        ))
    })
}

fn usual(given: Option<&Url>, usual: &str) -> Result<Url, CliError> {
    match given {
        Some(url) => Ok(url.clone()),
        None => Url::parse(usual).map_err(|error| CliError::Failed(error.to_string())),
    }
}

impl From<SignInError> for CliError {
    fn from(error: SignInError) -> Self {
        Self::Failed(error.to_string())
    }
}
