//! Sessions: tokens that say themselves how long they are good, and how many may be made.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::Refusal;

/// How long an access token is good, and a refresh token.
const ACCESS: TimeDelta = TimeDelta::hours(2);
const REFRESH: TimeDelta = TimeDelta::days(90);

/// Sessions that may be made of an account, in five minutes and in a day.
const LIMITS: [(usize, TimeDelta); 2] = [(30, TimeDelta::minutes(5)), (300, TimeDelta::days(1))];

/// All tokens that are known, and when sessions were made.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    access: Vec<Token>,
    refresh: Vec<Token>,
    made: Vec<DateTime<Utc>>,
    refreshed: usize,
    number: usize,
}

#[derive(Debug)]
struct Token {
    text: String,
    until: DateTime<Utc>,
}

impl Sessions {
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.made.len(), self.refreshed)
    }

    pub(super) fn revoke(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// When the next session may be made, if none may now.
    pub(super) fn full_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        LIMITS.iter().find_map(|(most, within)| {
            let recent = self.made.iter().filter(|at| **at > now - *within);
            let (count, oldest) = (recent.clone().count(), recent.min().copied());
            oldest.filter(|_| count >= *most).map(|oldest| oldest + *within)
        })
    }

    pub(super) fn make(&mut self, now: DateTime<Utc>) -> (String, String) {
        self.made.push(now);
        self.grant(now)
    }

    /// The old refresh token ends with its use.
    pub(super) fn renew(
        &mut self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(String, String), Refusal> {
        check(&self.refresh, token, now)?;
        self.refresh.retain(|it| it.text != token);
        self.refreshed += 1;
        Ok(self.grant(now))
    }

    pub(super) fn check(&self, token: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        check(&self.access, token, now)
    }

    fn grant(&mut self, now: DateTime<Utc>) -> (String, String) {
        self.number += 1;
        let token = |scope: &str, life: TimeDelta| {
            let claims = json!({
                "scope": scope,
                "jti": self.number,
                "iat": now.timestamp(),
                "exp": (now + life).timestamp(),
            });
            let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
            let text = format!("{}.{}.rehearsal", part(json!({ "alg": "none" })), part(claims));
            Token { text, until: now + life }
        };
        let (access, refresh) =
            (token("com.atproto.appPass", ACCESS), token("com.atproto.refresh", REFRESH));
        let texts = (access.text.clone(), refresh.text.clone());
        self.access.push(access);
        self.refresh.push(refresh);
        texts
    }
}

fn check(known: &[Token], token: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let refused = |error, message: &str| Err(Refusal::of(StatusCode::BAD_REQUEST, error, message));
    match known.iter().find(|it| it.text == token) {
        Some(token) if now < token.until => Ok(()),
        Some(_) => refused("ExpiredToken", "Token has expired"),
        None => refused("InvalidToken", "Token could not be verified"),
    }
}
