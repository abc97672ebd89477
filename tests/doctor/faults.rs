//! Each fault on its own.

use super::{assert_finds, chmod, complaints, examined, examined_with, healthy};
use crate::support::TestSite;

#[test]
fn a_broken_handbill_toml_is_a_finding_and_the_rest_is_looked_at() {
    let site = healthy();
    site.replace("handbill.toml", "[site]", "[site");
    let (code, report) = examined(&site);
    let found = complaints(&report);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("problem doctor::configuration: handbill.toml:"), "{found:?}");
    assert_eq!(code, 2);
    assert!(report.to_string().contains("doctor::time-zones"));
}

#[test]
fn a_channel_that_makes_no_sense_is_found() {
    let site = healthy();
    site.write("channels/careers-office.toml", "kind = \"manual\"\n[manual]\nplace = \" \"\n");
    assert_finds(&site, 2, "problem doctor::channels: channels/careers-office.toml:3:9: ");
}

#[test]
fn a_template_that_cannot_be_rendered_is_found() {
    let site = healthy();
    site.write("templates/manual/document.txt.j2", "{{ title | upper | nonsense }}");
    let (code, report) = examined(&site);
    let found = complaints(&report);
    assert!(
        found.iter().any(|it| it.contains("templates/manual/document.txt.j2:1:")),
        "{found:#?}"
    );
    assert_eq!(code, 2);
}

#[test]
fn a_template_that_fails_only_with_an_ad_is_found() {
    let site = healthy();
    site.write("templates/manual/document.txt.j2", "{{ title.nothing.there }}");
    assert_finds(&site, 2, "problem doctor::templates: ");
}

#[test]
fn a_credential_that_is_missing_is_found() {
    let site = healthy();
    std::fs::remove_file(site.path("token")).unwrap();
    assert_finds(&site, 1, "problem doctor::credentials: channel mastodon needs `token`: ");
}

#[test]
fn a_token_of_linkedin_whose_end_nobody_knows_is_found() {
    let site = healthy();
    let file = "kind = \"linkedin\"\n[linkedin]\nauthor = \"urn:li:organization:1000001\"\n\
                version = \"202609\"\ntoken = { file = \"token\" }\n";
    site.write("channels/linkedin.toml", file);
    assert_finds(
        &site,
        0,
        "warning doctor::credential-expiry: `token` of channel linkedin lives 60 days",
    );
    site.replace("channels/linkedin.toml", "\"token\" }", "\"token\", expires = \"2028-01-25\" }");
    let (_, report) = examined(&site);
    assert!(!report.to_string().contains("lives 60 days"), "{report}");
}

#[test]
fn a_credential_that_expires_is_found_and_one_that_has_expired_is_a_problem() {
    let site = healthy();
    site.replace("channels/mastodon.toml", "2028-01-01", "2027-01-25");
    let soon = "warning doctor::credential-expiry: `token` of channel mastodon expires on \
                2027-01-25, in 5 days";
    assert_finds(&site, 0, soon);
    site.replace("channels/mastodon.toml", "2027-01-25", "2027-01-19");
    let over = "problem doctor::credential-expiry: `token` of channel mastodon expired on 2027";
    assert_finds(&site, 1, over);
}

#[test]
fn secrets_that_others_can_read_are_found() {
    let site = healthy();
    chmod(&site, "token", 0o640);
    assert_finds(&site, 0, "warning doctor::secret-files: others can read ");
    chmod(&site, "token", 0o600);
    chmod(&site, "state/ledger.db", 0o644);
    assert_finds(&site, 0, "warning doctor::ledger-private: others can read ");
}

#[test]
fn a_clock_that_is_behind_the_ledger_is_found() {
    let site = healthy();
    let (code, report) = examined_with(&site, &["--at", "2027-01-19T09:00:00Z"]);
    let found = complaints(&report);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("problem doctor::clock: "), "{found:?}");
    assert!(found[0].contains("the ledger has an entry of Wed 2027-01-20 10:00"), "{found:?}");
    assert_eq!(code, 1);
}

#[test]
fn a_ledger_that_is_no_ledger_is_found() {
    let site = healthy();
    site.write("state/ledger.db", "not a database, but long enough to be read as one ".repeat(40));
    assert_finds(&site, 1, "problem doctor::ledger: cannot open the ledger ");
}

#[test]
fn a_damaged_ledger_is_found() {
    let site = healthy();
    let mut bytes = std::fs::read(site.path("state/ledger.db")).unwrap();
    let page = 4096;
    for byte in bytes.iter_mut().skip(3 * page).take(page) {
        *byte = 0x5a;
    }
    site.write("state/ledger.db", bytes);
    let (code, report) = examined(&site);
    assert!(report.to_string().contains("the ledger is damaged"), "{report:#}");
    assert_eq!(code, 1);
}

/// Somebody works on the ledger with other tools.
async fn meddle(site: &TestSite, statements: &'static str) {
    use sqlx::{Connection, Executor};
    sqlx::any::install_default_drivers();
    let path = format!("sqlite://{}", site.path("state/ledger.db").display());
    let mut file = sqlx::AnyConnection::connect(&path).await.unwrap();
    file.execute(statements).await.unwrap();
    file.close().await.unwrap();
}

#[tokio::test]
async fn a_ledger_of_an_older_handbill_is_found_and_looked_at() {
    let site = healthy();
    let older = "drop table told; drop table telling; drop table notice;
                 drop table event_words; alter table posting drop column erased_at;
                 alter table attempt drop column erased_at;
                 alter table ledger drop column retention_at;
                 delete from _sqlx_migrations where version >= 5";
    meddle(&site, older).await;
    assert_finds(&site, 0, "warning doctor::ledger: state/ledger.db, version 4 of the tables, ");
}

#[tokio::test]
async fn an_event_that_was_taken_away_is_found() {
    let site = healthy();
    let taken = "drop trigger event_is_never_deleted;
                 delete from event where number = (select max(number) from event)";
    meddle(&site, taken).await;
    assert_finds(&site, 1, "problem doctor::ledger-whole: the ledger is damaged: chain: event ");
}

#[test]
fn a_ledger_whose_volume_is_gone_is_found_and_none_is_made() {
    let site = healthy();
    std::fs::remove_dir_all(site.path("state")).unwrap();
    assert_finds(&site, 1, "problem doctor::ledger: ledger.id names a ledger of this site");
    assert!(!site.path("state").exists());
}

#[test]
fn folders_with_postings_that_are_gone_or_empty_are_found() {
    let site = healthy();
    std::fs::remove_dir_all(site.path("content/jobs")).unwrap();
    let (code, report) = examined(&site);
    let found = complaints(&report);
    assert!(found[0].contains("there is no `content/jobs`"), "{found:#?}");
    assert_eq!(code, 2);
    std::fs::create_dir(site.path("content/jobs")).unwrap();
    assert_finds(&site, 0, "warning doctor::postings: there is no page");
}

#[test]
fn what_people_were_not_told_is_found() {
    let site = healthy();
    let text = site.read("handbill.toml");
    let nobody = "\n[notices]\nwebhook = { url = \"http://127.0.0.1:9/hook\" }\n";
    site.write("handbill.toml", text + nobody);
    std::fs::remove_file(site.path("channels/mastodon.toml")).unwrap();
    let paused = site.run(&["pause", "careers-office", "--at", super::AT]);
    assert_eq!(paused.code, 0, "{paused:?}");
    site.run(&["post", "--at", super::AT]);
    assert_finds(&site, 0, "warning doctor::notices: messages to people that are not taken: 1; ");
}

#[test]
fn where_there_is_no_site_it_says_so() {
    let site = TestSite::new();
    let ran = site.handbill(&["doctor"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no handbill.toml"), "{ran:?}");
}
