//! The whole way, once: the real program plays the life of an ad against the stand-ins.

use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{self, MastodonStandIn};
use handbill::rehearsal::smtp::{Options, SmtpStandIn};
use serde_json::Value;

use crate::support::{Ran, TestSite, corpus};

/// What `rehearse --format json` left.
fn told(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).expect("JSON")
}

fn words<'a>(rows: &'a Value, key: &str) -> Vec<&'a str> {
    let rows = rows.as_array().expect("rows");
    let mut words: Vec<&str> = rows.iter().filter_map(|row| row[key].as_str()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Every kind took the posting, every link was there before the closing, what was taken back is
/// gone, and the stand-ins hold what the log says, and no more.
fn assert_lived(told: &Value) {
    let log = &told["log"];
    assert_eq!(words(log, "state"), ["asked", "posted"]);
    let rows = log.as_array().expect("rows");
    let announced: Vec<&Value> = rows.iter().filter(|row| row["occasion"] == "announce").collect();
    let kinds: std::collections::BTreeSet<&str> = announced
        .iter()
        .filter_map(|row| told["channels"][row["channel"].as_str()?].as_str())
        .collect();
    let every = ["bluesky", "board", "feed", "linkedin", "mail", "manual", "mastodon", "x"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), every);

    assert_eq!(words(&told["before_closing"], "copy"), ["edited", "live"]);
    assert_eq!(words(&told["before_closing"], "seen"), ["agrees"]);
    assert_eq!(words(&told["taken_back"], "seen"), ["gone"]);
    let answers = |looks: &Value, allowed: &[u64]| {
        looks
            .as_array()
            .expect("looks")
            .iter()
            .all(|look| look["http"].as_u64().is_some_and(|status| allowed.contains(&status)))
    };
    assert!(answers(&told["before_closing"], &[200]), "{}", told["before_closing"]);
    assert!(answers(&told["taken_back"], &[404, 410]), "{}", told["taken_back"]);
    assert_eq!(told["problems"], serde_json::json!([]));
    for (channel, held) in told["copies"].as_object().expect("copies") {
        let known = rows
            .iter()
            .filter(|row| row["channel"] == channel.as_str() && !row["copy"].is_null())
            .count();
        assert_eq!(held.as_u64(), u64::try_from(known).ok(), "copies on {channel}");
    }
}

#[test]
fn the_example_lives_its_whole_life() {
    let site = TestSite::new();
    let told = told(&site.handbill(&["rehearse", "--format", "json"]));
    assert_lived(&told);
    assert_eq!(words(&told["log"], "posting"), ["tcg-03-2027", "tcg-04-2027"]);
}

#[test]
fn somebodys_own_site_is_played_and_left_as_it_was() {
    let site = TestSite::new();
    site.replace("channels/mastodon.toml", "remind = [\"7d\"]", "remind = [\"2w\", \"2d\"]");
    let before = site.snapshot();
    let told = told(&site.run(&["rehearse", ".", "--format", "json"]));
    assert_lived(&told);
    let reminders: Vec<&str> = told["log"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["channel"] == "mastodon" && row["posting"] == "tcg-03-2027")
        .filter_map(|row| row["occasion"].as_str())
        .filter(|occasion| occasion.starts_with("remind"))
        .collect();
    assert_eq!(reminders, ["remind 2w", "remind 2d"]);
    assert_eq!(site.snapshot(), before);
}

#[test]
fn the_story_for_people_says_that_nothing_left_the_machine() {
    let site = TestSite::new();
    let ran = site.handbill(&["rehearse"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in [
        "A rehearsal on this machine, from 2027-01-11: 2 postings to 8 channels",
        "  tcg-03-2027: the deadline moves from 2027-02-28 to 2027-03-14",
        "The syndication log",
        "Nothing left this machine: every server was a stand-in on 127.0.0.1.",
    ] {
        assert!(ran.out.lines().any(|it| it == line), "{line:?} is not in:\n{}", ran.out);
    }
}

/// On the shared postings of one lab.
#[test]
fn real_postings_live_their_whole_lives() {
    let Some(corpus) = corpus() else { return };
    let site = TestSite::new();
    let mut played = 0;
    for entry in std::fs::read_dir(corpus).expect("the corpus").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.get(..3).is_some_and(|number| number <= "011") {
            let page = entry.path().join("posting.md");
            let page = page.to_string_lossy();
            let told = told(&site.handbill(&["rehearse", "--format", "json", &page]));
            assert_lived(&told);
            let dry_run = site.handbill(&["post", "--dry-run", &page]);
            assert_eq!(dry_run.code, 0, "{name}: {}", dry_run.err);
            played += 1;
        }
    }
    assert_eq!(played, 12);
}

/// Two of the shared postings carry one reference number: both are named, and only they wait.
#[test]
fn two_real_pages_with_one_reference_number_are_held_back() {
    let Some(corpus) = corpus() else { return };
    let site = TestSite::new();
    for entry in std::fs::read_dir(corpus).expect("the corpus").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(number) = name.get(..3).filter(|number| ["000", "004", "005"].contains(number))
        else {
            continue;
        };
        let page = std::fs::read(entry.path().join("posting.md")).expect("a page");
        site.write(&format!("content/jobs/{number}/index.md"), page);
    }
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 4);
    assert_eq!(ran.out.matches("error[identity::duplicate-reference]").count(), 2, "{}", ran.out);
    let dry_run = site.run(&["post", "--dry-run", "--format", "json", "--channel", "feed"]);
    let steps: Value = serde_json::from_str(&dry_run.out).expect("JSON");
    assert_eq!(words(&steps["steps"], "posting").len(), 3, "the seed and the two examples");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_to_me_goes_to_the_owner_and_is_no_delivery() {
    let clock = SharedClock::new(chrono::Utc::now());
    let mail =
        SmtpStandIn::start("list", Options::default(), clock.clone()).await.expect("a server");
    let social = MastodonStandIn::start("mastodon", mastodon::Options::default(), clock)
        .await
        .expect("a server");
    let site = TestSite::with_channels(&["list", "mastodon"]);
    site.replace(
        "channels/list.toml",
        "host = \"mail.tidal.example\"\nusername = \"office@tidal.example\"\n\
         password = { env = \"HANDBILL_LIST_PASSWORD\" }",
        &format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"", mail.port()),
    );
    site.write("token", social.token());
    site.replace("channels/mastodon.toml", "https://social.example", social.url().as_str());
    site.replace(
        "channels/mastodon.toml",
        "{ env = \"HANDBILL_MASTODON_TOKEN\" }",
        "{ file = \"token\" }",
    );
    let page = "content/jobs/phd-tidal-forecasting/index.md";
    let before = site.snapshot();
    let ran = tokio::task::block_in_place(|| site.run(&["post", "--to-me", page]));
    assert_eq!(ran.code, 0, "{ran:?}");

    let mails = mail.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipients, ["office@tidal.example"]);
    let statuses = social.copies();
    assert_eq!(statuses.len(), 1);
    assert!(
        statuses[0].labels.contains(&("visibility".to_owned(), "direct".to_owned())),
        "{:?}",
        statuses[0].labels
    );
    assert_eq!(site.snapshot(), before, "nothing is recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn posting_records_everything_and_a_second_ledger_is_refused() {
    let clock = SharedClock::new(chrono::Utc::now());
    let mail = SmtpStandIn::start("list", Options::default(), clock).await.expect("a server");
    let site = TestSite::with_channels(&["list", "careers-office"]);
    site.replace(
        "channels/list.toml",
        "host = \"mail.tidal.example\"\nusername = \"office@tidal.example\"\n\
         password = { env = \"HANDBILL_LIST_PASSWORD\" }",
        &format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"", mail.port()),
    );
    site.waits_for_no_page();
    // The example's dates lie in some future; this ad is out now and stays open for long.
    let page = "content/jobs/postdoc-sediment-transport/index.md";
    site.replace(page, "publishDate: \"2027-01-11T00:00:00Z\"", "date: \"2026-01-11T00:00:00Z\"");
    let post = |arguments: &[&str]| tokio::task::block_in_place(|| site.run(arguments));

    let ran = post(&["post", page, "--now"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let again = post(&["post", page, "--now"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(mail.mails().len(), 1, "the same command run again sends nothing");

    let log: Value = serde_json::from_str(&post(&["log", "--format", "json"]).out).expect("JSON");
    assert_eq!(words(&log, "state"), ["asked", "posted"]);
    let id = log
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["channel"] == "careers-office")
        .and_then(|row| row["id"].as_str())
        .expect("the errand")
        .to_owned();
    assert_eq!(post(&["record", &id, "https://careers.example/ads/7"]).code, 0);
    let log = post(&["log"]);
    assert!(log.out.contains("https://careers.example/ads/7"), "{}", log.out);
    let listed = log.out.lines().find(|line| line.contains("list ")).expect("the mail");
    let shown = post(&["log", "show", listed.split_whitespace().next().expect("an id")]);
    assert!(shown.out.contains("RCPT TO:<jobs@lists.example>"), "{}", shown.out);

    // A laptop beside the server: the site with its marker, but without the ledger.
    std::fs::remove_dir_all(site.path("state")).expect("removing the ledger");
    let laptop = post(&["post", page, "--now"]);
    assert_eq!(laptop.code, 2, "{laptop:?}");
    assert!(laptop.err.contains("Two ledgers for one site could publish everything twice"));
    assert!(!site.path("state/ledger.db").exists());
    assert_eq!(post(&["post", "--dry-run", page]).code, 0, "a dry run is possible all the same");
    assert_eq!(mail.mails().len(), 1);
}

#[test]
fn a_site_whose_template_is_wrong_is_refused_before_the_story_begins() {
    let site = TestSite::with_channels(&["mastodon"]);
    site.write("templates/mastodon/status.txt.j2", "{{ title }}\n{{ titel }}\n{{ link }}\n");
    let ran = site.run(&["rehearse", "."]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("templates/mastodon/status.txt.j2:2:4"), "{}", ran.err);
    assert_eq!(ran.out, "");
}

#[test]
fn a_channel_that_takes_nothing_back_makes_no_empty_heading() {
    let site = TestSite::with_channels(&["mastodon"]);
    let ran = site.run(&["rehearse", "."]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("What was taken back"), "{}", ran.out);
    assert!(ran.out.contains("The syndication log"), "{}", ran.out);
}
