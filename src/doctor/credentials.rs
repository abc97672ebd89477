//! Credentials: are they there, who can read them, how long are they good? Never their values.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::{Finding, shown};
use crate::channel::secret::SecretPlace;
use crate::site::Site;
use crate::site::channel_file::{ChannelSpec, KindConfig};
use crate::site::credential::{self, Credential};

const PRESENT: &str = "doctor::credentials";
const EXPIRY: &str = "doctor::credential-expiry";
const PERMISSIONS: &str = "doctor::secret-files";

/// How many days before it expires a credential is a warning, as notices tell it.
pub(super) const SOON: i64 = 14;

/// Looks at every credential that the site's files name.
pub fn credentials(site: &Site, now: DateTime<Utc>) -> Vec<Finding> {
    let all = credential::credentials(site);
    let mut findings = present(&all);
    findings.extend(expiry(&all, site, now));
    findings.extend(undated(site));
    findings.extend(permissions(&all));
    findings
}

fn present(all: &[Credential]) -> Vec<Finding> {
    let missing: Vec<Finding> = all
        .iter()
        .filter_map(|credential| {
            let error = credential.secret.read().err()?;
            Some(Finding::problem(
                PRESENT,
                format!("{} needs `{}`: {error}", credential.owner, credential.key),
                "set it where Handbill runs, or run the doctor there, with what the service has",
            ))
        })
        .collect();
    if missing.is_empty() {
        let seen = match all.len() {
            0 => "none is needed".to_owned(),
            count => format!("{count} can be read"),
        };
        return vec![Finding::ok(PRESENT, seen)];
    }
    missing
}

fn expiry(all: &[Credential], site: &Site, now: DateTime<Utc>) -> Vec<Finding> {
    let today = now.with_timezone(&site.settings.timezone).date_naive();
    let dated = all.iter().filter_map(|it| Some((it, it.days_left(today)?, it.secret.expires?)));
    let mut findings = Vec::new();
    let mut good = 0;
    for (credential, left, last) in dated {
        let Credential { owner, key, .. } = credential;
        let help = format!("get a new one, and write its date as `expires` beside `{key}`");
        match left {
            ..0 => findings.push(Finding::problem(
                EXPIRY,
                format!("`{key}` of {owner} expired on {last}"),
                help,
            )),
            0..=SOON => findings.push(Finding::warning(
                EXPIRY,
                format!("`{key}` of {owner} expires on {last}, in {left} days"),
                help,
            )),
            _ => good += 1,
        }
    }
    if findings.is_empty() && good > 0 {
        findings.push(Finding::ok(EXPIRY, format!("{good} with a date, none expires soon")));
    }
    findings
}

/// LinkedIn's tokens live 60 days, and only its answer to signing in says until when: of one that was
/// made elsewhere, nobody could be told in time. (Microsoft Learn, "LinkedIn 3-Legged OAuth Flow";
/// "Token Introspection" needs the app's secret.)
fn undated(site: &Site) -> Vec<Finding> {
    let is_undated = |spec: &&ChannelSpec| match &spec.config {
        KindConfig::LinkedIn(config) => {
            config.token.as_ref().is_some_and(|it| it.expires.is_none())
        }
        _ => false,
    };
    let finding = |spec: &ChannelSpec| {
        Finding::warning(
            EXPIRY,
            format!("`token` of channel {} lives 60 days, and nothing says until when", spec.name),
            format!(
                "write its last day as `expires` beside `token`; `handbill channels renew {}` gets \
                 one and writes it",
                spec.name
            ),
        )
    };
    site.channels.iter().filter(is_undated).map(finding).collect()
}

/// Files that others can read are not secret. systemd looks after its own.
fn permissions(all: &[Credential]) -> Vec<Finding> {
    let files: BTreeSet<&PathBuf> = all
        .iter()
        .filter_map(|credential| match &credential.secret.place {
            SecretPlace::File(path) => Some(path),
            SecretPlace::Env(_) | SecretPlace::Credential(_) => None,
        })
        .collect();
    let open: Vec<Finding> = files.iter().filter_map(|path| readable_by_others(path)).collect();
    if open.is_empty() && !files.is_empty() {
        let seen = format!("{} files, readable by their owner only", files.len());
        return vec![Finding::ok(PERMISSIONS, seen)];
    }
    open
}

fn readable_by_others(path: &Path) -> Option<Finding> {
    let mode = mode(path)?;
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            PERMISSIONS,
            format!("others can read {} (mode {:03o})", shown(path), mode & 0o777),
            format!("chmod 600 {}", shown(path)),
        )
    })
}

/// The rights of a file; `None` if it is not there, or where there are none.
pub(super) fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().ok().map(|file| file.permissions().mode())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
