//! What no machine of ours shows.

use std::path::Path;

use chrono_tz::Europe::Berlin;
use handbill::doctor::Outcome;
use handbill::doctor::machine::{self, Space, Synchronisation};

fn space(mib: u64, files: u64) -> Result<Space, String> {
    Ok(Space { free_bytes: mib << 20, free_files: Some(files) })
}

#[test]
fn a_disk_that_fills_up_is_a_warning_and_a_full_one_a_problem() {
    let judged = |space| machine::disk(&space, Path::new("state/ledger.db")).outcome;
    assert_eq!(judged(space(10_000, 10_000)), Outcome::Ok);
    assert_eq!(judged(space(200, 10_000)), Outcome::Warning);
    assert_eq!(judged(space(10, 10_000)), Outcome::Problem);
    assert_eq!(judged(space(10_000, 3)), Outcome::Problem);
    assert_eq!(judged(Err("no such volume".to_owned())), Outcome::Problem);
}

#[test]
fn a_clock_that_was_never_set_is_a_problem() {
    let judged = |now: &str, newest: Option<&str>| {
        let newest = newest.map(|it| it.parse().unwrap());
        machine::clock(now.parse().unwrap(), newest, Berlin).outcome
    };
    assert_eq!(judged("1970-01-01T00:03:00Z", None), Outcome::Problem);
    assert_eq!(judged("2027-01-20T09:00:00Z", None), Outcome::Ok);
    assert_eq!(judged("2027-01-20T09:00:00Z", Some("2027-01-20T09:01:00Z")), Outcome::Ok);
    assert_eq!(judged("2027-01-20T09:00:00Z", Some("2027-01-20T09:10:00Z")), Outcome::Problem);
}

#[test]
fn a_clock_that_waits_for_its_server_is_a_warning() {
    let judged = |found| machine::synchronised(&found).outcome;
    assert_eq!(judged(Synchronisation::Synchronised), Outcome::Ok);
    assert_eq!(judged(Synchronisation::NotYet), Outcome::Warning);
    assert_eq!(judged(Synchronisation::Unsaid), Outcome::Ok);
}

#[test]
fn zones_that_are_older_than_the_systems_are_a_warning() {
    let judged = |installed| machine::time_zones("2026b", installed).outcome;
    assert_eq!(judged(Some("2026b")), Outcome::Ok);
    assert_eq!(judged(Some("2025c")), Outcome::Ok);
    assert_eq!(judged(Some("2027a")), Outcome::Warning);
    assert_eq!(judged(None), Outcome::Ok);
}

#[test]
fn cards_without_a_font_are_a_problem() {
    let judged = |count| machine::fonts(count).outcome;
    assert_eq!(judged(0), Outcome::Problem);
    assert_eq!(judged(1), Outcome::Ok);
}
