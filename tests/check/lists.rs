//! What the list behind a channel asks, before anything is sent to it.

use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::smtp::{Options, SmtpStandIn};
use handbill::site::{Site, preset};

use super::remarks::GOOD;
use crate::support::TestSite;

/// A site with one ad and one list, which has these lines under `[mail]`.
fn site(preset: &str, lines: &str) -> TestSite {
    // Some profiles know their list's address.
    let known = preset::text(preset).is_some_and(|text| text.contains("\nto = "));
    let to = if known { "" } else { "to = \"jobs@lists.example\"\n" };
    let site = TestSite::with_channels(&["list"]);
    std::fs::remove_dir_all(site.path("content/jobs")).expect("removing the examples");
    site.write("content/jobs/page.md", GOOD.replace("Research diver (m/f/d)", "Diver"));
    site.write(
        "channels/list.toml",
        format!(
            "kind = \"mail\"\npreset = \"{preset}\"\n[mail]\n{to}from = \
             \"office@tidal.example\"\nhost = \"mail.tidal.example\"\n{lines}\n"
        ),
    );
    site.waits_for_no_page();
    site
}

fn checked(site: &TestSite) -> (i32, String) {
    let ran = site.run(&["check", "--at", "2027-01-11"]);
    (ran.code, ran.out)
}

#[test]
fn every_shipped_profile_is_a_channel_once_its_list_is_named() {
    for name in preset::names() {
        let text = preset::text(&name).expect("a preset");
        if !text.contains("kind = \"mail\"") {
            continue;
        }
        let site = site(&name, "");
        let (read, found) = Site::load(&site.root()).expect("a site");
        assert!(read.is_some(), "{name}: {found:?}");
        let (code, out) = checked(&site);
        assert_eq!(code, 0, "{name}: {out}");
        assert!(!out.contains("channel::"), "{name}: {out}");
        if name.starts_with("lists/") {
            assert!(text.contains("# Documented: ") && text.contains("# Source: "), "{name}");
        }
    }
}

#[test]
fn a_sender_that_sympa_drops_is_an_error_and_the_ad_stays_here() {
    let site = site("sympa", "");
    assert_eq!(checked(&site).0, 0);
    site.replace("channels/list.toml", "office@tidal.example", "listserv@tidal.example");
    let (code, out) = checked(&site);
    assert_eq!(code, 4, "{out}");
    assert!(out.contains("error[channel::list]: list: Sympa takes listserv@tidal"), "{out}");
    let page = "content/jobs/page.md";
    let shown = site.run(&["post", "--dry-run", "--now", "--at", "2027-01-11", page]);
    assert_eq!(shown.code, 1, "{shown:?}");
    assert!(
        shown.out.contains("error: Sympa takes listserv@tidal.example for a robot"),
        "{shown:?}"
    );
    let posted = site.run(&["post", "--now", "--at", "2027-01-11", page]);
    assert_eq!(posted.code, 1, "{posted:?}");
    assert!(posted.err.contains("drops its mails without a word"), "{posted:?}");
}

#[test]
fn what_a_list_would_hold_is_a_warning_said_once_and_goes_out() {
    let site = site("mailman3", "max_words = 20");
    let (code, out) = checked(&site);
    assert_eq!(code, 0, "{out}");
    assert_eq!(out.matches("this list takes 20").count(), 1, "{out}");
    let page = "content/jobs/page.md";
    let shown = site.run(&["post", "--dry-run", "--now", "--at", "2027-01-11", page]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(shown.err.matches("this list takes 20").count(), 1, "{shown:?}");
    assert!(shown.out.contains("Subject: [Job] Diver"), "{shown:?}");
    site.write(
        "handbill.toml",
        site.read("handbill.toml") + "\n[check]\noff = [\"channel::list\"]\n",
    );
    assert!(!checked(&site).1.contains("channel::list"));
}

#[test]
fn a_list_that_is_written_to_by_another_name_than_its_own_is_remarked() {
    let archive = "archive = { software = \"hyperkitty\", base = \"https://lists.example\", list = \
                   \"jobs@lists.example\" }";
    let site = site("mailman3", archive);
    assert!(!checked(&site).1.contains("channel::list"));
    site.replace("channels/list.toml", "to = \"jobs@", "to = \"alias@");
    let (code, out) = checked(&site);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("implicit destination"), "{out}");
}

#[test]
fn a_person_who_keeps_a_list_is_asked_and_not_only_told() {
    let site = site("person", "");
    let shown =
        site.run(&["post", "--dry-run", "--now", "--at", "2027-01-11", "content/jobs/page.md"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for words in ["Dear colleagues,", "please add the position below", "We measure the tide"] {
        assert!(shown.out.contains(words), "{words}: {shown:?}");
    }
}

/// The site stands at the lab's own domain, and the employer is its university.
#[test]
fn a_list_that_wants_the_employers_domain_is_told_which_that_is() {
    let site = site("mailman3", "employers_domain = true");
    assert!(!checked(&site).1.contains("channel::list"), "the site's own host, as a default");
    site.replace("handbill.toml", "[site]\n", "[site]\nemployer_domain = \"Seaforth.example\"\n");
    let (code, out) = checked(&site);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("office@tidal.example is not of seaforth.example"), "{out}");
    site.replace("channels/list.toml", "office@tidal.example", "office@tides.seaforth.example");
    assert!(!checked(&site).1.contains("channel::list"));
    site.replace("handbill.toml", "\"Seaforth.example\"", "\"https://seaforth.example/\"");
    let (code, out) = checked(&site);
    assert!(code == 2 || code == 4, "{code}: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_though_a_list_may_hold_it_is_said_once() {
    let clock = SharedClock::new(chrono::Utc::now());
    let server = SmtpStandIn::start("list", Options::default(), clock).await.expect("a server");
    let site = site("mailman3", "max_words = 20");
    let here = format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"", server.port());
    site.replace("channels/list.toml", "host = \"mail.tidal.example\"", &here);
    let page = "content/jobs/page.md";
    for said in [1, 0] {
        let posted = site.run(&["post", "--now", "--at", "2027-01-11", page]);
        assert_eq!(posted.code, 0, "{posted:?}");
        assert_eq!(posted.err.matches("this list takes 20").count(), said, "{posted:?}");
    }
    assert_eq!(server.mails().len(), 1);
}
