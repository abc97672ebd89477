//! Feeds.

use std::path::Path;

use handbill::adapt::{DocumentType, Rendition};
use handbill::channel::feed::{Config, Feed};
use handbill::channel::permit::{NoJournal, too_late};
use handbill::channel::{Action, Address, Channel, Outcome, Permit, Receipt, Sight, Trace, Wire};

use super::servers;

fn rendition(title: &str) -> Rendition {
    let document = serde_json::json!({
        "@type": "JobPosting",
        "title": title,
        "description": "<p>Words</p>",
        "url": "https://lab.example/jobs/",
        "datePosted": "2026-11-24",
        "hiringOrganization": { "name": "University of Seaforth" },
        "jobLocation": { "address": { "addressCountry": "DE" } },
    });
    Rendition::Document {
        media_type: DocumentType::JsonLd,
        body: document.to_string(),
        language: "en".to_owned(),
    }
}

fn channel(folder: &Path) -> Feed {
    let mut config: Config =
        toml::from_str("folder = \"\"\nurl = \"https://lab.example/feed/\"").unwrap();
    config.folder = folder.join("feed");
    config.remember_in(folder.join("memory"));
    Feed::new(config, servers::context()).unwrap()
}

fn prepare(channel: &Feed, action: Action<'_>, reference: &str) -> Wire {
    let key = servers::key();
    channel.prepare(action, &Address { key: &key, reference, at: servers::at() }).unwrap()
}

async fn send(channel: &Feed, action: Action<'_>, reference: &str) -> Receipt {
    let wire = prepare(channel, action, reference);
    let trace = channel.find(&servers::search(&wire, &servers::key(), servers::at())).await;
    assert_eq!(trace, Trace::Absent, "before it is sent");
    let Outcome::Posted(receipt) = channel.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    let trace = channel.find(&servers::search(&wire, &servers::key(), servers::at())).await;
    assert_eq!(trace, Trace::Found(receipt.clone()), "after it was sent");
    receipt
}

fn index(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("feed/index.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn an_entry_is_written_changed_and_left_out_and_the_collections_follow() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    let one = send(&channel, Action::Publish(&rendition("Tides")), "2026-W07").await;
    assert_eq!(one.link.as_ref().unwrap().as_str(), "https://lab.example/feed/2026-W07.jsonld");
    let two = send(&channel, Action::Publish(&rendition("Rivers")), "jobs/rivers").await;
    assert_eq!(index(folder.path()).len(), 2);

    send(&channel, Action::Edit(&rendition("Tides and storms"), &one), "2026-W07").await;
    let titles: Vec<_> = index(folder.path()).iter().map(|entry| entry["title"].clone()).collect();
    assert_eq!(titles, ["Tides and storms", "Rivers"]);

    send(&channel, Action::Withdraw(&two), "jobs/rivers").await;
    assert_eq!(index(folder.path()).len(), 1);
    let mut names: Vec<_> = std::fs::read_dir(folder.path().join("feed"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let wanted = ["2026-W07.jsonld", "feed.atom", "feed.json", "feed.rss", "index.json"];
    assert_eq!(names, wanted, "nothing else is left");
}

#[tokio::test]
async fn no_reference_leads_out_of_the_folder_and_no_two_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    let mut names = Vec::new();
    for reference in ["../../etc/x", "a/b", "a-b", "a b", "..", ".hidden", "ü", "", "index"] {
        let wire = prepare(&channel, Action::Publish(&rendition("Tides")), reference);
        assert!(
            matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)),
            "{reference}"
        );
        let Wire::Entry(entry) = wire else { panic!("no entry") };
        assert!(!names.contains(&entry.id), "{reference}: {}", entry.id);
        assert!(folder.path().join(format!("feed/{}.jsonld", entry.id)).is_file());
        names.push(entry.id);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_defers() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feed"), "a file in the way").unwrap();
    let channel = channel(folder.path());
    let wire = prepare(&channel, Action::Publish(&rendition("Tides")), "2026-W07");
    let outcome = channel.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(outcome.why().contains("cannot write"));
    assert!(channel.probe().await.is_err());
}

#[tokio::test]
async fn an_entry_agrees_differs_or_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    let mut receipt = send(&channel, Action::Publish(&rendition("Tides")), "2026-W07").await;
    receipt.link = None;
    assert_eq!(channel.verify(&receipt, Some(&rendition("Tides"))).await, Sight::Agrees);
    assert!(matches!(
        channel.verify(&receipt, Some(&rendition("Sea"))).await,
        Sight::Differs { .. }
    ));
    std::fs::write(folder.path().join("feed/2026-W07.jsonld"), "{}").unwrap();
    let sight = channel.verify(&receipt, Some(&rendition("Tides"))).await;
    assert_eq!(sight, Sight::Differs { found: "{}".to_owned() }, "somebody else wrote there");
    std::fs::remove_file(folder.path().join("feed/2026-W07.jsonld")).unwrap();
    assert_eq!(channel.verify(&receipt, Some(&rendition("Tides"))).await, Sight::Gone);
}

#[tokio::test]
async fn after_the_send_by_no_entry_is_written_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    let one = send(&channel, Action::Publish(&rendition("Tides")), "2026-W07").await;
    let (clock, send_by) = servers::deadline();
    servers::let_it_pass(&clock);
    let permit = Permit::new(send_by, &NoJournal);
    for action in [
        Action::Publish(&rendition("Rivers")),
        Action::Edit(&rendition("Storms"), &one),
        Action::Withdraw(&one),
    ] {
        let reference = if matches!(action, Action::Publish(_)) { "rivers" } else { "2026-W07" };
        let wire = prepare(&channel, action, reference);
        assert_eq!(channel.send(&wire, &permit).await, too_late());
    }
    assert_eq!(index(folder.path())[0]["title"], "Tides");
    assert_eq!(std::fs::read_dir(folder.path().join("feed")).unwrap().count(), 5);
    assert_eq!(std::fs::read_dir(folder.path().join("memory")).unwrap().count(), 1);
}

/// The process died between the list and its memory: the ad is not there, and the list says so too.
#[tokio::test]
async fn a_list_that_was_written_in_part_is_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    send(&channel, Action::Publish(&rendition("Rivers")), "rivers").await;
    let memory = folder.path().join("memory/entries.json");
    let remembered = std::fs::read(&memory).unwrap();
    let wire = prepare(&channel, Action::Publish(&rendition("Tides")), "2026-W07");
    assert!(matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)));
    assert_eq!(index(folder.path()).len(), 2);
    std::fs::write(&memory, remembered).unwrap();

    let (key, at) = (servers::key(), servers::at());
    assert_eq!(channel.find(&servers::search(&wire, &key, at)).await, Trace::Absent);
    assert_eq!(index(folder.path()).len(), 1);
    assert!(matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)));
    assert!(matches!(channel.find(&servers::search(&wire, &key, at)).await, Trace::Found(_)));
    assert_eq!(index(folder.path()).len(), 2);
}

/// The build of a website has swept the folder that it serves.
#[tokio::test]
async fn what_was_swept_comes_back_whole_with_the_next_change() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    send(&channel, Action::Publish(&rendition("Rivers")), "rivers").await;
    std::fs::remove_dir_all(folder.path().join("feed")).unwrap();
    send(&channel, Action::Publish(&rendition("Tides")), "2026-W07").await;
    assert_eq!(index(folder.path()).len(), 2);
}

/// Who fetches a list takes what is missing for closed.
#[tokio::test]
async fn a_list_that_nobody_remembers_does_not_shrink_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    for reference in ["rivers", "lakes"] {
        send(&channel, Action::Publish(&rendition("Rivers")), reference).await;
    }
    std::fs::remove_file(folder.path().join("memory/entries.json")).unwrap();
    let wire = prepare(&channel, Action::Publish(&rendition("Tides")), "2026-W07");
    let outcome = channel.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("holds 2 ads"), "{outcome:?}");
    assert_eq!(index(folder.path()).len(), 2);
    // A person lets them go.
    std::fs::remove_file(folder.path().join("feed/feed.atom")).unwrap();
    assert!(matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)));
    assert_eq!(index(folder.path()).len(), 1);
}

/// A rendition that says less.
fn without(words: &str) -> Rendition {
    let Rendition::Document { body, media_type, language } = rendition("Tides") else {
        panic!("no document")
    };
    Rendition::Document { body: body.replace(words, " "), media_type, language }
}

#[tokio::test]
async fn what_an_entry_lacks_keeps_it_out_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    send(&channel, Action::Publish(&rendition("Rivers")), "rivers").await;
    let key = servers::key();
    let address = Address { key: &key, reference: "tides", at: servers::at() };
    let error = channel.prepare(Action::Publish(&without("Tides")), &address).unwrap_err();
    assert_eq!(error.to_string(), "the entry has no `title`");
    assert_eq!(index(folder.path()).len(), 1);
}

/// Readers see an ad that does not name its employer; search engines take none, so there is no half
/// document for them.
#[tokio::test]
async fn a_document_that_search_engines_would_not_take_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    send(&channel, Action::Publish(&rendition("Rivers")), "rivers").await;
    let half = without("University of Seaforth");
    let receipt = send(&channel, Action::Publish(&half), "tides").await;
    assert_eq!(receipt.link.unwrap().as_str(), "https://lab.example/feed/feed.atom");
    assert_eq!(index(folder.path()).len(), 1);
    assert!(!folder.path().join("feed/tides.jsonld").exists());
    let atom = std::fs::read_to_string(folder.path().join("feed/feed.atom")).unwrap();
    assert_eq!(atom.matches("<entry>").count(), 2, "{atom}");
}

#[tokio::test]
async fn two_processes_do_not_write_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path());
    std::fs::create_dir(folder.path().join("memory")).unwrap();
    let other = std::fs::File::open(folder.path().join("memory")).unwrap();
    other.lock().unwrap();
    let wire = prepare(&channel, Action::Publish(&rendition("Tides")), "2026-W07");
    let outcome = channel.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(outcome.why().contains("another process"), "{outcome:?}");
    other.unlock().unwrap();
    assert!(matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)));
}

#[test]
fn a_link_to_an_entry_says_its_id() {
    let channel = channel(Path::new("/nowhere"));
    let id = |link: &str| channel.recognise(&link.parse().unwrap());
    assert_eq!(id("https://lab.example/feed/2026-W07.jsonld").as_deref(), Some("2026-W07"));
    for link in [
        "https://lab.example/feed/feed.atom",
        "https://lab.example/feed/a/b.jsonld",
        "https://lab.example/feed/.hidden.jsonld",
        "https://lab.example/feedback.jsonld",
        "https://lab.example/2026-W07.jsonld",
        "https://other.example/feed/2026-W07.jsonld",
    ] {
        assert_eq!(id(link), None, "{link}");
    }
}
