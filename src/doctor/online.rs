//! The servers: does each answer, does it know our credentials, is its clock ours? By calls that
//! only read; nothing is sent anywhere.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::Finding;
use super::credentials::SOON;
use crate::channel::http::{Answer, Exchange, Http};
use crate::channel::{Channel, Kind, Probe, Reach};
use crate::deliver::Station;
use crate::mailbox::imap::{Limits, Mailbox};
use crate::schedule::local_time;
use crate::site::Site;
use crate::site::notices::WebhookUrl;

const SERVER: &str = "doctor::server";
const NOTICES: &str = "doctor::notices-server";
const MAILBOX: &str = "doctor::mailbox";
const WEB_SITE: &str = "doctor::web-site";
const SERVER_CLOCK: &str = "doctor::server-clock";

/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

const GET_A_NEW_ONE: &str = "get a new credential before that day";

/// How far our clock may be from a server's. A request that is signed with a time is refused by
/// some from five minutes on.
const APART: TimeDelta = TimeDelta::minutes(1);

/// Asks every server, all at once.
pub async fn online(site: &Site, stations: &[Station], now: DateTime<Utc>) -> Vec<Finding> {
    let with_server =
        |station: &&Station| !matches!(station.spec.kind(), Kind::Feed | Kind::Manual);
    let channels = stations.iter().filter(with_server).map(|it| channel(it, now));
    let (mut findings, mut notices, mailbox, pages) = futures_util::future::join4(
        futures_util::future::join_all(channels),
        notices(site, now),
        mailbox(site),
        web_site(site, now),
    )
    .await;
    findings.append(&mut notices);
    findings.extend(mailbox);
    findings.extend(pages);
    findings
}

async fn channel(station: &Station, now: DateTime<Utc>) -> Finding {
    let name = &station.spec.name;
    probed(SERVER, &name.0, station.channel.as_ref(), now).await
}

async fn probed(
    code: &'static str,
    name: &str,
    channel: &dyn Channel,
    now: DateTime<Utc>,
) -> Finding {
    let help = "check address and credentials; `handbill post --to-me` makes a real test";
    match timeout(PATIENCE, channel.probe()).await {
        Ok(Ok(probe)) => answered(code, name, &probe, now),
        Ok(Err(why)) => Finding::problem(code, format!("{name}: {why}"), help),
        Err(_) => {
            let seen = format!("{name}: no answer within {} s", PATIENCE.as_secs());
            Finding::problem(code, seen, help)
        }
    }
}

/// An account that answers, and for how long it will.
fn answered(code: &'static str, name: &str, probe: &Probe, now: DateTime<Utc>) -> Finding {
    let seen = format!("{name}: {}", probe.identity);
    let Some(expires) = probe.expires else { return Finding::ok(code, seen) };
    let left = (expires - now).num_days();
    let seen = format!("{seen}, good until {}, for {left} days", expires.date_naive());
    match left {
        _ if expires <= now => Finding::problem(code, seen, GET_A_NEW_ONE),
        0..=SOON => Finding::warning(code, seen, GET_A_NEW_ONE),
        _ => Finding::ok(code, seen),
    }
}

/// The mail server of the notices, signed in; the webhook only as far as a connection.
async fn notices(site: &Site, now: DateTime<Utc>) -> Vec<Finding> {
    let Some(notices) = &site.notices else { return Vec::new() };
    let mut findings = Vec::new();
    match notices.mailbox(&site.name) {
        Ok(None) => {}
        Ok(Some(mailbox)) => findings.push(probed(NOTICES, "mail", &mailbox, now).await),
        Err(error) => findings.push(Finding::problem(
            NOTICES,
            error.to_string(),
            "see `[notices]` in handbill.toml",
        )),
    }
    if let Some(webhook) = &notices.webhook {
        let url = match &webhook.url {
            WebhookUrl::Open(url) => Some(url.clone()),
            // That it cannot be read is said where credentials are.
            WebhookUrl::Secret(place) => place
                .read()
                .ok()
                .and_then(|url| Url::parse(secrecy::ExposeSecret::expose_secret(&url)).ok()),
        };
        if let Some(url) = url {
            findings.push(connects(&url).await);
        }
    }
    findings
}

/// The mailbox, signed in and opened; nothing in it is read.
async fn mailbox(site: &Site) -> Option<Finding> {
    let mailbox = site.mailbox.as_ref()?;
    let config = &mailbox.config;
    let help = "see `[mailbox]` in handbill.toml";
    let probe = Mailbox::probe(config, Reach::Anywhere, Limits::default());
    Some(match timeout(PATIENCE, probe).await {
        Ok(Ok(seen)) => Finding::ok(MAILBOX, seen),
        Ok(Err(error)) => Finding::problem(MAILBOX, error.to_string(), help),
        Err(_) => {
            let seen = format!("{}: no answer within {} s", config.server(), PATIENCE.as_secs());
            Finding::problem(MAILBOX, seen, help)
        }
    })
}

async fn connects(url: &Url) -> Finding {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let why = match timeout(CONNECT_WITHIN, TcpStream::connect((bare, port))).await {
        Ok(Ok(_)) => return Finding::ok(NOTICES, format!("webhook: {host} answers")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    Finding::problem(
        NOTICES,
        format!("webhook: no connection to {host}:{port}: {why}"),
        "check the address in `[notices]`",
    )
}

/// Our own web site, as a reader sees it; its server's clock is compared with ours.
async fn web_site(site: &Site, now: DateTime<Utc>) -> Vec<Finding> {
    let url = &site.settings.base_url;
    let help = "announcements wait until their page is seen there";
    match Http::new(Reach::Anywhere).fetch(url).await {
        Exchange::Answer(answer) if answer.is_success() => {
            let mut findings = vec![Finding::ok(WEB_SITE, format!("{url} answers"))];
            findings.extend(server_clock(&answer, site, now));
            findings
        }
        Exchange::Answer(answer) => {
            vec![Finding::warning(WEB_SITE, format!("{url}: HTTP {}", answer.status), help)]
        }
        Exchange::NoAnswer(outcome) => {
            vec![Finding::warning(WEB_SITE, format!("{url}: {}", outcome.why()), help)]
        }
    }
}

fn server_clock(answer: &Answer, site: &Site, now: DateTime<Utc>) -> Option<Finding> {
    let theirs = answer.header("date").and_then(|date| httpdate::parse_http_date(date).ok())?;
    let theirs: DateTime<Utc> = theirs.into();
    let apart = (theirs - now).abs();
    Some(if apart > APART {
        let zone = site.settings.timezone;
        Finding::problem(
            SERVER_CLOCK,
            format!(
                "our clock shows {}, the web site's {}",
                local_time(now, zone),
                local_time(theirs, zone)
            ),
            "set the clock (`timedatectl`)",
        )
    } else {
        Finding::ok(SERVER_CLOCK, format!("{} s from the web site's", apart.num_seconds()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn an_account_whose_credential_ends_soon_is_told_in_time() {
        let now = "2027-03-01T12:00:00Z".parse().unwrap();
        let of = |days: i64| {
            let expires = Some(now + TimeDelta::days(days));
            answered(SERVER, "x", &Probe { identity: "@lab".to_owned(), expires }, now)
        };
        assert_eq!(of(30).outcome, Outcome::Ok);
        assert_eq!(of(30).seen, "x: @lab, good until 2027-03-31, for 30 days");
        assert_eq!(of(14).outcome, Outcome::Warning);
        assert_eq!(of(-1).outcome, Outcome::Problem);
        let for_ever = Probe { identity: "@lab".to_owned(), expires: None };
        assert_eq!(answered(SERVER, "x", &for_ever, now), Finding::ok(SERVER, "x: @lab"));
    }
}
