//! LinkedIn: adding a page or a member, and getting another token when the last one expires.

use std::fmt::Write;

use url::Url;

use super::super::{CliError, End, Format, complain, rewrite, say, say_json};
use super::add::{Added, Basics, finish, tried};
use super::agreeing::{Agreeing, AppArguments, code, last_day, usual};
use super::answers::{Question, answer};
use super::files::{Files, quoted, reference};
use crate::channel::Reach;
use crate::channel::http::endpoint;
use crate::channel::linkedin::{Author, lacking};
use crate::channel::oauth2::{ClientIdentity, ClientSecret, Granted};
use crate::channel::secret::{SecretPlace, SecretRef};
use crate::diagnostic::Source;
use crate::sign_in::linkedin::{self, For};
use crate::sign_in::loopback::Callback;
use crate::site::Site;
use crate::site::channel_file::KindConfig;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    app: AppArguments,
    /// The number of the page that posts, or `me`
    #[arg(long, value_name = "AUTHOR")]
    author: Option<String>,
    /// The version of the API, year and month
    #[arg(long, value_name = "VERSION", default_value = "202609")]
    api_version: String,
    #[command(flatten)]
    agreeing: Agreeing,
    #[command(flatten)]
    pub(super) common: Basics,
}

#[derive(Debug, clap::Args)]
pub(super) struct RenewArguments {
    /// The channel, of kind linkedin
    channel: String,
    #[command(flatten)]
    app: AppArguments,
    #[command(flatten)]
    agreeing: Agreeing,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What a member has agreed to.
struct Agreed {
    author: String,
    client_id: String,
    client_secret: (secrecy::SecretString, Option<SecretRef>),
    granted: Granted,
}

pub(super) async fn add(
    arguments: &Arguments,
    site: &Site,
    mut files: Files<'_>,
) -> Result<Added, CliError> {
    let app = &arguments.app;
    let question = Question { option: "--author", words: "Number of the page, or `me`:" };
    let whom = whom(&answer(arguments.author.as_deref(), &question)?)?;
    let agreed = agreed(app, &arguments.agreeing, &whom).await?;
    let mut text = format!(
        "# LinkedIn. `handbill channels renew` gets another token when this one expires.\n\
         kind = \"linkedin\"\nschedule = {}\nupdate = \"edit\"                       # the words; \
         the card below them stays\nclose = \"withdraw\"                    # or \"edit\" to say \
         that it is closed\n\n[linkedin]\nauthor = {}\nversion = {}\n{}",
        quoted(&arguments.common.schedule),
        quoted(&agreed.author),
        quoted(&arguments.api_version),
        app.addresses(),
    );
    let Granted { access_token, refresh_token, lives_for, scope } = agreed.granted;
    let secrets = match refresh_token {
        Some(refresh_token) => {
            let (value, place) = agreed.client_secret;
            let secret = place.map_or_else(|| files.secret("client-secret", &value, None), Ok)?;
            let refresh = files.secret("refresh-token", &refresh_token, None)?;
            let _ = write!(
                text,
                "\n[linkedin.oauth2]\nclient_id = {}\nclient_secret = {}\nrefresh_token = {}\n",
                quoted(&agreed.client_id),
                reference(&secret),
                reference(&refresh),
            );
            vec![refresh, secret]
        }
        None => {
            let place = files.secret("token", &access_token, last_day(lives_for))?;
            let _ = writeln!(text, "token = {}", reference(&place));
            if let Some(scope) = scope {
                let _ = writeln!(text, "scopes = {}", quoted(&scope));
            }
            vec![place]
        }
    };
    finish(site, files, &text, secrets).await
}

/// Puts another token in the place of the one that expires, and its day into the channel's file.
pub(super) async fn renew(arguments: &RenewArguments, site: &Site) -> Result<End, CliError> {
    let name = &arguments.channel;
    let spec = site.channels.iter().find(|channel| channel.name.as_str() == name);
    let spec = spec.ok_or_else(|| CliError::Usage(format!("there is no channel `{name}`")))?;
    let KindConfig::LinkedIn(config) = &spec.config else {
        let kind = spec.kind();
        return Err(CliError::Usage(format!("a channel of kind {kind} needs no renewal")));
    };
    let token = match &config.token {
        Some(token) if matches!(token.place, SecretPlace::File(_)) => token,
        Some(token) => {
            return Err(CliError::Usage(format!(
                "the token of {name} is {}, where nothing can be put from here\n\
                 help: only a token in a file can be renewed",
                token.place()
            )));
        }
        None => {
            let why = format!("{name} has a refresh token, and renews itself");
            return Err(CliError::Usage(why));
        }
    };
    let whom = match &config.author {
        Author::Organisation(number) => For::Page(number.clone()),
        Author::Member(_) => For::Member,
    };
    let app = &arguments.app;
    let agreed = agreed(app, &arguments.agreeing, &whom).await?;
    if agreed.author != config.author.urn() {
        return Err(CliError::Failed(format!(
            "{} agreed, but {name} posts for {}; nothing was changed",
            agreed.author,
            config.author.urn()
        )));
    }
    if let Some(scope) = &agreed.granted.scope {
        let missing = config.author.missing(scope);
        if !missing.is_empty() {
            return Err(CliError::Failed(format!("{}; nothing was changed", lacking(&missing))));
        }
    }
    let failed = |error: crate::channel::secret::SecretError| CliError::Failed(error.to_string());
    token.replace(&agreed.granted.access_token).map_err(failed)?;
    let expires = last_day(agreed.granted.lives_for);
    let dated = with_day(&spec.file, token.expires, expires);
    let written = dated.is_some();
    let scopes = (config.scopes.as_deref(), agreed.granted.scope.as_deref());
    let text = with_scopes(dated.as_deref().unwrap_or(&spec.file.text), scopes).or(dated);
    let identity = tried(site, &spec.file.path, text.as_deref().unwrap_or(&spec.file.text)).await?;
    if let Some(text) = &text {
        rewrite::replace(&spec.file, text)?;
    }
    if arguments.format == Format::Json {
        say_json(&serde_json::json!({
            "channel": name, "identity": identity, "expires": expires, "expires_written": written,
        }))?;
        return Ok(End::Done);
    }
    let mut told = format!("{identity} answers. A new token is {}.\n", token.place());
    if let Some(day) = expires {
        told += &match written {
            true => format!("It is good until {day}, as the channel's file says now.\n"),
            false => format!("Write `expires = \"{day}\"` beside `token` in the channel's file.\n"),
        };
    }
    told += &format!("If the channel is paused: `handbill resume {name}`\n");
    say(&told)?;
    Ok(End::Done)
}

/// The file with another day, if the old one stands in it exactly once.
fn with_day(
    file: &Source,
    old: Option<chrono::NaiveDate>,
    new: Option<chrono::NaiveDate>,
) -> Option<String> {
    let (old, new) = (old?.to_string(), new?.to_string());
    (file.text.matches(&old).count() == 1).then(|| file.text.replace(&old, &new))
}

/// The file with what the new token may do, if what the old one might stands in it exactly once.
fn with_scopes(file: &str, scopes: (Option<&str>, Option<&str>)) -> Option<String> {
    let (Some(old), Some(new)) = scopes else { return None };
    let (old, new) = (quoted(old), quoted(new));
    (old != new && file.matches(&old).count() == 1).then(|| file.replace(&old, &new))
}

/// Has a member agree, and gets the tokens.
async fn agreed(app: &AppArguments, agreeing: &Agreeing, whom: &For) -> Result<Agreed, CliError> {
    let (api, web): (Url, Url) = (
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
    let client_id = app.client_id()?;
    let client_secret = app.secret()?;
    let consent = linkedin::consent(&web, &client_id, whom, &redirect)?;
    let code = code(callback, &consent, agreeing).await?;
    let token_url = endpoint(&web, "/oauth/v2/accessToken");
    let client = ClientIdentity {
        token_url: &token_url,
        id: &client_id,
        secret: Some(&client_secret.0),
        shown: ClientSecret::InForm,
    };
    let granted = consent.redeem(&code, &client, Reach::Anywhere).await?;
    let author = linkedin::author(&api, whom, &granted.access_token, Reach::Anywhere).await?;
    Ok(Agreed { author, client_id, client_secret, granted })
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
