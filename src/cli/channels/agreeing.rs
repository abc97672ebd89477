//! How somebody agrees in a browser: the app that asks, and the ways in which the code comes back.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta, Utc};
use secrecy::SecretString;
use url::Url;

use super::super::{CliError, complain};
use super::answers::{Given, Question, answer, asked, asked_in_secret};
use super::files::quoted;
use crate::channel::secret::SecretRef;
use crate::sign_in::loopback::Callback;
use crate::sign_in::{Consent, SignInError};

/// How somebody agrees in a browser.
#[derive(Debug, clap::Args)]
pub(super) struct Agreeing {
    /// Open the address in this machine's browser
    #[arg(long)]
    pub(super) open: bool,
    /// Type the code in, or the address that the browser ended at: for a browser elsewhere
    #[arg(long)]
    pub(super) by_hand: bool,
    /// How many seconds the browser may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(super) within: u64,
}

/// An app that a person has made for this.
#[derive(Debug, clap::Args)]
pub(super) struct AppArguments {
    /// The app's client id
    #[arg(long, value_name = "ID")]
    pub(super) client_id: Option<String>,
    /// The environment variable that holds its client secret
    #[arg(long, value_name = "NAME")]
    pub(super) client_secret_env: Option<String>,
    /// The file that holds its client secret
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret_env")]
    pub(super) client_secret_file: Option<PathBuf>,
    /// The port of this machine that the browser is sent back to; the app has to know it
    #[arg(long, value_name = "PORT", default_value_t = 8425)]
    pub(super) port: u16,
    /// Another address of the API, for tests
    #[arg(long, value_name = "ADDRESS", hide = true)]
    pub(super) api: Option<Url>,
    /// Another address of the service's pages, for tests
    #[arg(long, value_name = "ADDRESS", hide = true)]
    pub(super) web: Option<Url>,
}

impl AppArguments {
    pub(super) fn client_id(&self) -> Result<String, CliError> {
        let question = Question { option: "--client-id", words: "Client id of the app:" };
        answer(self.client_id.as_deref(), &question)
    }

    /// The client secret, and where it is unless it was typed.
    pub(super) fn secret(&self) -> Result<(SecretString, Option<SecretRef>), CliError> {
        let (env, file) = (self.client_secret_env.clone(), self.client_secret_file.clone());
        if let Some(place) = (Given { env, file }).place() {
            let value = place.read().map_err(|error| CliError::Usage(error.to_string()))?;
            return Ok((value, Some(place)));
        }
        let option = "--client-secret-file";
        let question = Question { option, words: "Client secret of the app (not shown):" };
        Ok((asked_in_secret(&question)?, None))
    }

    /// The lines of a channel's file that lead elsewhere than everybody goes.
    pub(super) fn addresses(&self) -> String {
        let line = |key: &str, url: &Option<Url>| {
            url.as_ref()
                .map(|url| format!("{key} = {}\n", quoted(url.as_str())))
                .unwrap_or_default()
        };
        line("api", &self.api) + &line("web", &self.web)
    }
}

/// The code, by the way that the person has chosen.
pub(super) async fn code(
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
pub(super) async fn sent_back(
    callback: Callback,
    consent: &Consent,
    agreeing: &Agreeing,
) -> Result<SecretString, CliError> {
    show(consent, agreeing);
    complain("Waiting for the browser to come back …");
    Ok(callback.code(consent, Duration::from_secs(agreeing.within)).await?)
}

/// A person brings it.
pub(super) fn typed(consent: &Consent, agreeing: &Agreeing) -> Result<SecretString, CliError> {
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

/// The last day on the whole of which a token is good.
pub(super) fn last_day(lives_for: Duration) -> Option<NaiveDate> {
    let ends = Utc::now().checked_add_signed(TimeDelta::from_std(lives_for).ok()?)?;
    ends.date_naive().pred_opt()
}

pub(super) fn usual(given: Option<&Url>, usual: &str) -> Result<Url, CliError> {
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
