//! A ledger in PostgreSQL: the doctor looks at its server, and says nothing of its address.

use super::{complaints, examined};
use crate::support::TestSite;
use crate::support::line::Line;
use crate::support::postgres;

const PASSWORD: &str = "tidal-s3cret-4711";

/// A site with a ledger in PostgreSQL, and the line to it.
fn in_postgres() -> Option<(TestSite, Line)> {
    use std::os::unix::fs::PermissionsExt;
    let line = Line::to(&postgres::needed()?);
    let site = TestSite::with_channels(&["careers-office"]);
    let mut address = url::Url::parse(&line.address()).unwrap();
    address.query_pairs_mut().append_pair("password", PASSWORD);
    site.keeps_its_ledger_at(address.as_str());
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(site.path("state/address"), private).unwrap();
    Some((site, line))
}

fn seen(report: &serde_json::Value, code: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let of_code = findings.iter().filter(|it| it["code"] == code);
    of_code.map(|it| format!("{}: {}", it["outcome"].as_str().unwrap(), it["seen"])).collect()
}

#[test]
fn a_server_that_keeps_what_it_confirms_is_well() {
    let Some((site, _line)) = in_postgres() else { return };
    let (code, report) = examined(&site);
    assert_eq!((code, complaints(&report)), (0, Vec::new()), "nothing was written there yet");
    assert_eq!(site.run(&["post", "--at", super::AT]).code, 0);
    let (code, report) = examined(&site);
    assert_eq!((code, complaints(&report)), (0, Vec::new()));
    let server = seen(&report, "doctor::ledger-server");
    assert!(server[0].starts_with("ok: \"PostgreSQL 1"), "{server:?}");
    assert_eq!(seen(&report, "doctor::ledger-clock").len(), 1);
    assert!(!report.to_string().contains(PASSWORD));
}

#[test]
fn a_server_that_does_not_answer_is_found() {
    let Some((site, line)) = in_postgres() else { return };
    line.cut();
    let (code, report) = examined(&site);
    let found = complaints(&report);
    assert!(found.len() == 1 && found[0].starts_with("problem doctor::ledger: "), "{found:#?}");
    assert_eq!(code, 1);
    assert!(report.to_string().contains("does the server run"), "{report:#}");
    assert!(!report.to_string().contains(PASSWORD));
}

#[test]
fn a_database_that_lost_its_ledger_is_found() {
    let Some((site, _line)) = in_postgres() else { return };
    assert_eq!(site.run(&["post", "--at", super::AT]).code, 0);
    site.replace("handbill.toml", "schema = \"t", "schema = \"other_t");
    let (code, report) = examined(&site);
    let found = complaints(&report);
    assert!(found.len() == 1 && found[0].starts_with("problem doctor::ledger: "), "{found:#?}");
    assert!(found[0].contains("ledger.id names a ledger of this site"), "{found:#?}");
    assert_eq!(code, 1);
}
