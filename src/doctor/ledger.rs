//! The record: is it there, whole, up to date, writable, and this site's?

use std::fs::OpenOptions;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Finding, credentials, ledger_server, machine, shown};
use crate::ledger::{Glance, Ledger, Place};
use crate::schedule::local_time;
use crate::site::Site;

const LEDGER: &str = "doctor::ledger";
const WHOLE: &str = "doctor::ledger-whole";
const WRITABLE: &str = "doctor::ledger-writable";
const PRIVATE: &str = "doctor::ledger-private";
const RESTORED: &str = "doctor::ledger-restored";
const NOTICES: &str = "doctor::notices";

/// The version of the tables since which a ledger knows that it was restored.
const RESTORED_SINCE: i64 = 4;
/// The version of the tables since which a ledger knows what people were told.
const NOTICES_SINCE: i64 = 5;

/// For how long what could not be told is worth a warning, and a restored backup a remark.
const RECENT: TimeDelta = TimeDelta::days(30);

/// Looks at the ledger, and changes nothing; also says what a short look shows.
pub async fn ledger(site: &Site, now: DateTime<Utc>) -> (Option<Glance>, Vec<Finding>) {
    let place = &site.ledger_place;
    let shown = place.file().map_or_else(|| place.to_string(), |path| shown(path).to_string());
    if place.file().is_some_and(|path| !path.exists()) {
        return (None, missing(site));
    }
    let mut findings: Vec<Finding> = place.file().map(writable).into_iter().collect();
    let opened = async {
        let version = Ledger::version(place).await?;
        Ok::<_, crate::ledger::LedgerError>((version, Ledger::open_for_upkeep(place).await?))
    };
    let (version, ledger) = match opened.await {
        Ok((Some(version), Some(ledger))) => (version, ledger),
        Ok(_) => {
            findings.push(empty(site, &shown));
            return (None, findings);
        }
        Err(error) => {
            let said = error.to_string();
            let (what, help) = said.split_once("\nhelp: ").unwrap_or((
                &said,
                match place {
                    Place::File(_) => UNREADABLE,
                    Place::Postgres(_) => UNREACHABLE,
                },
            ));
            findings.push(Finding::problem(LEDGER, what, help));
            return (None, findings);
        }
    };
    let seen = format!("{shown}, version {version} of the tables");
    findings.push(if version < Ledger::current_version() {
        let help = "`handbill ledger migrate` brings it up to date; so does everything that writes";
        Finding::warning(LEDGER, format!("{seen}, which an older Handbill wrote"), help)
    } else {
        Finding::ok(LEDGER, seen)
    });
    let glance = match ledger.glance().await {
        Ok(glance) => {
            findings.extend(whole(&glance));
            Some(glance)
        }
        Err(error) => {
            findings.push(Finding::problem(WHOLE, error.to_string(), RESTORE));
            None
        }
    };
    findings.extend(place.file().and_then(private));
    findings.extend(ledger_server::look(&ledger, site).await);
    if version >= RESTORED_SINCE {
        findings.extend(restored(&ledger, site, now).await);
    }
    if version >= NOTICES_SINCE {
        findings.extend(notices(&ledger, site, now).await);
    }
    ledger.close().await;
    (glance, findings)
}

const UNREADABLE: &str = "keep the file; is it a ledger, and may this user read it and write \
                          beside it? `handbill ledger restore` puts back a copy";

const UNREACHABLE: &str = "does the server run, and does the address lead to it? `psql` with the \
                           same address tries it; nothing goes out until then";

const RESTORE: &str = "keep this file, see `handbill ledger check`, and `handbill ledger restore` \
                       the last good copy";

/// There is a place, and nothing in it.
fn empty(site: &Site, shown: &str) -> Finding {
    let marker = site.mark().marker();
    if site.ledger_place.file().is_some() || !marker.exists() {
        return Finding::ok(LEDGER, format!("{shown}: nothing was written there yet"));
    }
    Finding::problem(
        LEDGER,
        format!("{} names a ledger of this site, and there is none {shown}", self::shown(&marker)),
        "is it the right database and schema? A second ledger could publish everything twice, so none \
         is made; `handbill ledger import` moves one there",
    )
}

/// There is none: the first `post` makes it, unless this site has one elsewhere.
fn missing(site: &Site) -> Vec<Finding> {
    let place = shown(&site.ledger);
    let marker = site.mark().marker();
    if marker.exists() {
        return vec![Finding::problem(
            LEDGER,
            format!("{} names a ledger of this site, and {place} is not there", shown(&marker)),
            "is its volume there? A second ledger could publish everything twice, so none is made",
        )];
    }
    match machine::may_write_below(&site.ledger) {
        Ok(()) => vec![Finding::ok(LEDGER, format!("none yet; the first `post` makes {place}"))],
        Err(why) => vec![Finding::problem(
            WRITABLE,
            format!("{place} cannot be made: {why}"),
            "make the folder writable for the user that Handbill runs as",
        )],
    }
}

/// Whether the file and its folder can be written: SQLite keeps files beside it.
fn writable(path: &Path) -> Finding {
    let file = OpenOptions::new().append(true).open(path).map(|_| ());
    let file = file.map_err(|error| format!("{}: {error}", shown(path)));
    let folder = path.parent().map_or(Ok(()), machine::may_write_below);
    match file.and(folder) {
        Ok(()) => Finding::ok(WRITABLE, "it can be written"),
        Err(why) => Finding::problem(
            WRITABLE,
            format!("the ledger cannot be written: {why}"),
            "make file and folder writable for the user that Handbill runs as; nothing goes out \
             until then",
        ),
    }
}

fn whole(glance: &Glance) -> Vec<Finding> {
    if glance.flaws.is_empty() {
        let seen = format!("file and end of the chain are well; {} events", glance.events);
        return vec![Finding::ok(WHOLE, seen)];
    }
    let flaws = glance.flaws.iter();
    flaws
        .map(|flaw| {
            let seen = format!("the ledger is damaged: {}: {}", flaw.part.as_str(), flaw.what);
            Finding::problem(WHOLE, seen, RESTORE)
        })
        .collect()
}

/// It holds texts and contacts.
fn private(path: &Path) -> Option<Finding> {
    let mode = credentials::mode(path)?;
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            PRIVATE,
            format!("others can read {} (mode {:03o})", shown(path), mode & 0o777),
            format!("chmod 600 {}", shown(path)),
        )
    })
}

async fn restored(ledger: &Ledger, site: &Site, now: DateTime<Utc>) -> Option<Finding> {
    let restored = ledger.restored().await.ok().flatten()?;
    (now - restored.at < RECENT).then(|| {
        let zone = site.settings.timezone;
        Finding::warning(
            RESTORED,
            format!(
                "it was put back on {}, from a copy that ends on {}",
                local_time(restored.at, zone),
                local_time(restored.from, zone)
            ),
            "what went out in between is looked for before anything is sent; `handbill log` shows \
             what a person has to say",
        )
    })
}

/// Whether people hear what they are told.
async fn notices(ledger: &Ledger, site: &Site, now: DateTime<Utc>) -> Option<Finding> {
    site.notices.as_ref()?;
    let outbox = match ledger.outbox(now - RECENT).await {
        Ok(outbox) => outbox,
        Err(error) => return Some(Finding::problem(NOTICES, error.to_string(), RESTORE)),
    };
    let why = outbox.why.unwrap_or_default();
    let help = "see `[notices]` in handbill.toml; `doctor --online` tries the way there";
    Some(match (outbox.failing, outbox.given_up) {
        (0, 0) => Finding::ok(NOTICES, format!("{} messages wait for their time", outbox.waiting)),
        (0, given_up) => Finding::warning(
            NOTICES,
            format!("messages to people that were given up lately: {given_up}; {why}"),
            help,
        ),
        (failing, _) => Finding::warning(
            NOTICES,
            format!("messages to people that are not taken: {failing}; {why}"),
            help,
        ),
    })
}
