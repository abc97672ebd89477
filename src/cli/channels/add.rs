//! `handbill channels add`: asks what it needs, has a person agree in a browser, tries the
//! credential as `doctor` does, and writes the channel's file.

use std::path::{Path, PathBuf};

use super::super::{CliError, End, Format, complain, complain_about, say, say_json};
use super::agreeing::{Agreeing, AppArguments, code, sent_back, typed, usual};
use super::answers::{Given, Question, answer, asked_in_secret};
use super::files::{Files, quoted, reference};
use super::linkedin;
use crate::channel::http::endpoint;
use crate::channel::oauth2::{ClientIdentity, ClientSecret, Granted};
use crate::channel::secret::{SecretPlace, SecretRef};
use crate::channel::{Context, Reach};
use crate::diagnostic::Diagnostic;
use crate::sign_in::loopback::Callback;
use crate::sign_in::mastodon::{App, SHOWN};
use crate::sign_in::{bluesky, x};
use crate::site::Site;
use url::Url;

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
    Linkedin(linkedin::Arguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Basics {
    /// The channel's name, and that of its file; default: the kind
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// When it posts, as a crontab says it
    #[arg(long, value_name = "CRON", default_value = "0 10 * * Mon-Fri")]
    pub(super) schedule: String,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
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

/// What became of it, for the person.
pub(super) struct Added {
    pub(super) file: PathBuf,
    pub(super) identity: String,
    pub(super) secrets: Vec<SecretRef>,
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
        Kind::Linkedin(it) => linkedin::add(it, site, files).await?,
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
    let secret = if arguments.public { None } else { Some(app.secret()?) };
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
    if let Some((value, place)) = secret {
        let place = place.map_or_else(|| files.secret("client-secret", &value, None), Ok)?;
        text += &format!("client_secret = {}\n", reference(&place));
        secrets.push(place);
    }
    finish(site, files, &text, secrets).await
}

/// Tries the channel as `doctor` does, and writes its file.
pub(super) async fn finish(
    site: &Site,
    files: Files<'_>,
    text: &str,
    secrets: Vec<SecretRef>,
) -> Result<Added, CliError> {
    let identity = tried(site, &files.channel(), text).await?;
    let file = files.keep(text)?;
    Ok(Added { file, identity, secrets })
}

/// Whose account the channel of such a file would post with.
pub(super) async fn tried(site: &Site, path: &Path, text: &str) -> Result<String, CliError> {
    let (spec, diagnostics) = site.draft_channel(path, text)?;
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
    Ok(probe.identity)
}

pub(super) fn tell(
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
            "identity": added.identity,
            "secrets": added.secrets.iter().map(SecretRef::place).collect::<Vec<_>>(),
            "expires": expires,
        }));
    }
    let mut text = format!("It works: {}.\nWrote {file}.\n", added.identity);
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
