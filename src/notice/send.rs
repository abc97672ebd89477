//! Brings one message to people, once; what it says of a failure holds no secret.

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use url::Url;

use super::{Message, words};
use crate::channel::http::{Credential, Exchange, Http, Request};
use crate::channel::permit::NoJournal;
use crate::channel::{Channel, Outcome, Permit, Reach, SendBy};
use crate::clock::Clock;
use crate::ledger::{Telling, Way};
use crate::site::Site;
use crate::site::notices::{Notices, Webhook, WebhookFormat, WebhookUrl, is_safe};

/// A message that has not begun to leave by then is left for the next try.
const SEND_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// The header with the signature of the body: `sha256=` and the HMAC-SHA256 (RFC 2104) in
/// hexadecimal digits.
pub const SIGNATURE: &str = "Handbill-Signature";

/// Sends one message.
///
/// # Errors
/// In words, if it was not certainly taken.
pub(super) async fn send(
    site: &Site,
    notices: &Notices,
    telling: &Telling,
    message: &Message,
    clock: &Clock,
) -> Result<(), String> {
    let send_by = SendBy::new(clock.now() + SEND_WITHIN, clock.clone());
    let permit = Permit::new(send_by, &NoJournal);
    match telling.way {
        Way::Mail => mail(site, notices, telling, message, &permit).await,
        Way::Webhook => webhook(site, notices, telling, message, &permit).await,
    }
}

async fn mail(
    site: &Site,
    notices: &Notices,
    telling: &Telling,
    message: &Message,
    permit: &Permit<'_>,
) -> Result<(), String> {
    let mailbox = notices.mailbox(&site.name).map_err(|error| error.to_string())?;
    let mailbox = mailbox.ok_or("`[notices]` has no `mail` any more")?;
    let (subject, text) = (words::subject(message, site), words::text(message, site));
    let wire = mailbox
        .notice(&subject, &text, telling.id, telling.wanted_at)
        .map_err(|error| error.to_string())?;
    let outcome = mailbox.send(&wire, permit).await;
    mailbox.hang_up().await;
    match outcome {
        Outcome::Posted(_) => Ok(()),
        other => Err(other.why().to_owned()),
    }
}

async fn webhook(
    site: &Site,
    notices: &Notices,
    telling: &Telling,
    message: &Message,
    permit: &Permit<'_>,
) -> Result<(), String> {
    let webhook = notices.webhook.as_ref().ok_or("`[notices]` has no `webhook` any more")?;
    let body = match webhook.format {
        WebhookFormat::Json => words::json(telling, message, site),
        WebhookFormat::Text => {
            let subject = words::subject(message, site);
            let text = format!("{subject}\n\n{}", words::text(message, site));
            serde_json::json!({ "text": text })
        }
    }
    .to_string();
    let (url, hidden) = address(webhook)?;
    let mut request =
        Request { method: "POST".to_owned(), url, headers: Vec::new(), body: None, bytes: None }
            .header("Content-Type", "application/json");
    if let Some(secret) = &webhook.secret {
        let secret = secret.read().map_err(|error| error.to_string())?;
        request = request.header(SIGNATURE, &signature(&secret, &body)?);
    }
    request.body = Some(body);
    // Nothing is filled in: it hides the address where that is a secret.
    let credential = Credential::made_from(SecretString::from(String::new()), hidden);
    match Http::new(Reach::Anywhere).write(&request, Some(&credential), permit).await {
        Exchange::Answer(answer) if answer.is_success() => Ok(()),
        Exchange::Answer(answer) => Err(answer.summary()),
        Exchange::NoAnswer(outcome) => Err(outcome.why().to_owned()),
    }
}

/// Where the webhook is, and what of that must not come to light.
fn address(webhook: &Webhook) -> Result<(Url, Vec<SecretString>), String> {
    let place = match &webhook.url {
        WebhookUrl::Open(url) => return Ok((url.clone(), Vec::new())),
        WebhookUrl::Secret(place) => place,
    };
    let text = place.read().map_err(|error| error.to_string())?;
    let unfit = |what: &str| format!("the webhook's address {}: {what}", place.place());
    let url = Url::parse(text.expose_secret()).map_err(|error| unfit(&error.to_string()))?;
    is_safe(&url).map_err(|(message, _)| unfit(message))?;
    let path = SecretString::from(url.path().to_owned());
    Ok((url, if path.expose_secret() == "/" { vec![text] } else { vec![text, path] }))
}

fn signature(secret: &SecretString, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .map_err(|error| error.to_string())?;
    mac.update(body.as_bytes());
    let digits: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("sha256={digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 §4.3.
    #[test]
    fn a_body_is_signed_as_everybody_signs() {
        let signed = signature(&"Jefe".into(), "what do ya want for nothing?").unwrap();
        let digits = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signed, format!("sha256={digits}"));
    }
}
