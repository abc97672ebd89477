//! Why a request is not answered as it was meant, in words that say what to do.

use std::time::Duration;

use axum::http::StatusCode;
use serde::Serialize;

use crate::decide::DecideError;
use crate::ledger::LedgerError;

/// No, and why.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(
        "the web page is not shown here\nhelp: it is shown on this machine alone, unless \
         `public_url` under `[serve.web]` in handbill.toml says where people reach it"
    )]
    NotShown,
    #[error(
        "nobody is known here by that name\nhelp: use the address in `public_url` under \
         `[serve.web]`, or http://localhost with the port on the machine itself"
    )]
    OtherHost,
    #[error(
        "this form was not sent from these pages, so nothing was done\n\
         help: open the page here and send the form again"
    )]
    ForeignOrigin,
    #[error("only who is logged in may do that; nothing was done")]
    NotLoggedIn,
    #[error(
        "this form is stale, so nothing was done: it was open for too long, or somebody has logged \
         in or out since\nhelp: open the page again, look at it, and send it again"
    )]
    StaleForm,
    #[error("that was too often; nothing was done\nhelp: try again in {} seconds", seconds(*.0))]
    TooOften(Duration),
    #[error("there is no such {0} here")]
    Missing(&'static str),
    #[error("{0}; nothing was done")]
    Unclear(String),
    #[error(
        "it stands otherwise than when it was shown, so nothing was done\n\
         help: look at it again, and decide then"
    )]
    Changed,
    #[error(transparent)]
    Decide(#[from] DecideError),
    #[error("the ledger cannot be read now: {0}")]
    Ledger(#[from] LedgerError),
    #[error("{0}\nhelp: try again in a minute; deliveries do not wait for this page")]
    NotNow(String),
}

/// What the page of a refusal shows.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: &'static str,
    lines: Vec<String>,
    back: Option<&'static str>,
    back_says: &'static str,
}

impl Refusal {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotShown | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::OtherHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin | Self::NotLoggedIn | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unclear(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Decide(DecideError::Ledger(error)) | Self::Ledger(error) => of_ledger(error),
            Self::Changed | Self::Decide(_) => StatusCode::CONFLICT,
            Self::NotNow(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// When to try again, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooOften(wait) => Some(seconds(*wait)),
            Self::NotNow(_) => Some(60),
            _ => None,
        }
    }

    pub fn page(&self) -> Page {
        let title = match self.status() {
            StatusCode::NOT_FOUND => "Not here",
            StatusCode::MISDIRECTED_REQUEST => "Not under this name",
            StatusCode::SERVICE_UNAVAILABLE => "Not now",
            _ => "Nothing was done",
        };
        let lines = self.to_string();
        let lines = lines.lines().map(|line| sentence(line.trim_start_matches("help: ")));
        let (back, back_says) = match self {
            Self::NotShown | Self::OtherHost => (None, ""),
            Self::NotLoggedIn => (Some("/login"), "Log in"),
            _ => (Some("/"), "To the overview"),
        };
        Page { title, lines: lines.collect(), back, back_says }
    }
}

fn of_ledger(error: &LedgerError) -> StatusCode {
    match error {
        LedgerError::NoSuchPosting(_)
        | LedgerError::NoSuchChannel(_)
        | LedgerError::NoSuchDelivery(_)
        | LedgerError::Ambiguous(_) => StatusCode::NOT_FOUND,
        LedgerError::WrongState { .. } => StatusCode::CONFLICT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs_f64().ceil().max(1.0) as u64
}

/// `this is so` as it stands alone: `This is so.`
fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if line.ends_with(['.', '!', '?', ':', '`']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}
