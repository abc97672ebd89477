//! The words that go out. Every rendition of the project's own postings is a golden file, named
//! after posting, channel and occasion, that holds exactly what a dry run shows. What must hold for
//! any posting is asserted on the shared ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use handbill::adapt::ad::Ad;
use handbill::adapt::picture;
use handbill::adapt::view::View;
use handbill::adapt::{Charset, DocumentType, Occasion, Rendition, adapt, card};
use handbill::channel::{Action, Address, DeliveryKey, Wire};
use handbill::deliver::Station;
use handbill::deliver::compose::Composed;
use handbill::deliver::preview;
use handbill::diagnostic::Diagnostic;
use handbill::plan::{Pace, Step};
use handbill::posting::Posting;
use handbill::site;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;
use uuid::Uuid;

use crate::support::world::{World, at};
use crate::support::{TestSite, corpus, golden};

const POSTDOC: &str = "content/jobs/postdoc-sediment-transport/index.md";

#[test]
fn each_posting_of_the_example_goes_out_as_its_golden_files_say() {
    let mut world = World::of(TestSite::new());
    let mut sent = BTreeMap::new();
    world.observe();
    send(&mut world, &mut sent);

    world.now = at("2027-01-20T12:00:00Z");
    world.change("28th February 2027", "15th March 2027");
    world.change_page(POSTDOC, "starting October 2027", "starting November 2027");
    send(&mut world, &mut sent);

    world.now = at("2027-03-10T12:00:00Z");
    send(&mut world, &mut sent);

    world.now = at("2027-03-20T12:00:00Z");
    world.change_page(POSTDOC, "\ntags:", "\nclosed: true\ntags:");
    send(&mut world, &mut sent);

    for (name, text) in &sent {
        golden(&format!("{name}.txt"), text);
    }
    let names: BTreeSet<String> = sent.keys().map(|name| format!("{name}.txt")).collect();
    let kept = std::fs::read_dir("tests/golden").expect("the golden files");
    for file in kept.filter_map(|file| file.ok()?.file_name().into_string().ok()) {
        assert!(
            !file.starts_with("tcg-") || names.contains(&file),
            "nothing sends {file} any more"
        );
    }
}

#[test]
fn what_goes_on_as_a_thread_goes_out_as_its_golden_files_say() {
    let folder = TestSite::new();
    for channel in THREADED {
        let file = format!("channels/{channel}.toml");
        folder.replace(&file, "kind = ", "thread = \"numbered\"\nkind = ");
    }
    let mut world = World::of(folder);
    world.observe();
    let mut seen = 0;
    for step in world.plan_at(Pace::AtOnce).due() {
        let channel = step.name.channel.as_str();
        if THREADED.contains(&channel) {
            let name = format!("threads/{}.{channel}.txt", step.name.posting);
            golden(&name, &shown(step, &world.compose(step), &world));
            seen += 1;
        }
    }
    assert_eq!(seen, 4, "two postings on two networks");
}

#[test]
fn a_card_is_drawn_from_what_its_golden_file_says() {
    let mut world = World::of(TestSite::new());
    world.observe();
    let station = world.stations.iter().find(|it| it.spec.name.as_str() == "mastodon").unwrap();
    for posting in &world.postings.open {
        let card = picture::card(posting, &station.target, &world.site.templates).unwrap();
        golden(&format!("cards/{}.svg", posting.id), &card);
    }
}

/// Where ads can go on as threads.
const THREADED: [&str; 2] = ["mastodon", "bluesky"];

/// Sends what is due, and keeps it by posting, channel and occasion; where an occasion concerns
/// several copies, the first.
fn send(world: &mut World, sent: &mut BTreeMap<String, String>) {
    let plan = world.plan_at(Pace::AtOnce);
    for step in plan.due() {
        let name = format!("{}.{}.{}", step.name.posting, step.name.channel, step.name.occasion);
        let text = shown(step, &world.compose(step), world);
        sent.entry(name).or_insert(text);
    }
    world.apply(&plan);
}

/// What a dry run shows; the site's folder is another one each time.
fn shown(step: &Step, composed: &Composed, world: &World) -> String {
    let folder = world.site.folder.display().to_string();
    let drawn = preview::draw(composed).replace(&folder, "[SITE]");
    format!("{} by {}\n{drawn}", step.name.occasion, step.deed.as_str())
}

#[test]
fn every_shared_posting_goes_out_whole_on_every_channel() {
    let Some(corpus) = corpus() else { return };
    let world = World::of(TestSite::new());
    let mut seen = 0;
    for page in pages(&corpus) {
        let mut diagnostics = Vec::new();
        let read = site::pages::load_one(&page, Some(&world.site), &mut diagnostics);
        let Ok(Some(file)) = read else { continue };
        let reading = handbill::posting::read(&file, &world.site.settings);
        if reading.diagnostics.iter().any(Diagnostic::is_error) {
            continue;
        }
        for posting in &reading.postings {
            for station in &world.stations {
                for occasion in station.spec.occasions() {
                    let about = format!("{} {} {occasion}", page.display(), station.spec.name);
                    let rendition =
                        adapt(posting, &station.target, occasion, &world.site.templates)
                            .unwrap_or_else(|error| panic!("{about}: {error}"));
                    let holds = Promise { posting, station, occasion, about: &about };
                    holds.for_rendition(&rendition);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 500, "only {seen} renditions");
}

#[test]
fn the_broken_character_of_the_seed_goes_out_repaired() {
    let Some(corpus) = corpus() else { return };
    let world = World::of(TestSite::new());
    let page = corpus.join("000-seed/posting.md");
    let file = site::pages::load_one(&page, Some(&world.site), &mut Vec::new());
    let reading = handbill::posting::read(&file.unwrap().unwrap(), &world.site.settings);
    let posting = reading.postings.first().unwrap();
    for station in &world.stations {
        let words = words(
            &adapt(posting, &station.target, Occasion::Announce, &world.site.templates).unwrap(),
        );
        assert!(!words.contains('â'), "{words}");
        if words.contains("job advertisement no.") {
            assert!(words.contains("email’s"), "{words}");
        }
    }
}

#[test]
fn check_renders_what_a_channel_will_say_later_too() {
    let site = TestSite::with_channels(&["mastodon"]);
    let template = "{{ title }} {{ required('apply_url') }}";
    site.write("templates/mastodon/status.remind.txt.j2", template);
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let words = "mastodon cannot take this posting (remind): the channel needs the posting's \
                 apply_url, but the page does not say it";
    assert_eq!(ran.out.matches(words).count(), 2, "{}", ran.out);
}

/// The properties that Google requires of a JobPosting, and those that it asks for and the page
/// says: https://developers.google.com/search/docs/appearance/structured-data/job-posting
#[test]
fn the_feed_of_the_example_has_what_a_search_engine_requires() {
    let world = World::of(TestSite::with_channels(&["feed"]));
    let station = world.stations.first().unwrap();
    for posting in &world.postings.open {
        let rendition =
            adapt(posting, &station.target, Occasion::Announce, &world.site.templates).unwrap();
        let json: Value = serde_json::from_str(&words(&rendition)).unwrap();
        no_empty_value(&json, &posting.id.0);
        for required in [
            "/@context",
            "/@type",
            "/title",
            "/description",
            "/datePosted",
            "/hiringOrganization/name",
            "/jobLocation/address/addressLocality",
            "/jobLocation/address/addressCountry",
            "/identifier/value",
            "/employmentType",
        ] {
            assert!(json.pointer(required).is_some(), "{}: no {required}", posting.id);
        }
        let says_deadline = posting.facts.deadline.is_some();
        assert_eq!(json.get("validThrough").is_some(), says_deadline, "{}", posting.id);
        let description = json["description"].as_str().unwrap();
        for tag in ["<p>", "<ul>", "<li>"] {
            assert!(description.contains(tag), "{}: no {tag} in {description}", posting.id);
        }
        assert!(!json["title"].as_str().unwrap().contains("TCG/"), "the title is the job's alone");
    }
}

/// What is promised of one rendition of any posting.
struct Promise<'a> {
    posting: &'a Posting,
    station: &'a Station,
    occasion: Occasion,
    about: &'a str,
}

impl Promise<'_> {
    fn for_rendition(&self, rendition: &Rendition) {
        let about = self.about;
        let words = words(rendition);
        let view = View::new(
            self.posting,
            &self.station.target,
            self.occasion,
            Ad::of(self.posting, Charset::Utf8).into(),
        );
        assert!(words.contains(&view.link), "{about}: the link is not whole in\n{words}");
        if let Some(reference) = &view.reference {
            assert!(words.contains(reference), "{about}: no {reference} in\n{words}");
        }
        if self.occasion != Occasion::Close
            && let (Some(day), Some(written)) = (&view.deadline, &view.deadline_text)
        {
            assert!(
                words.contains(day) || words.contains(written),
                "{about}: no {day} in\n{words}"
            );
        }
        for leak in ["<!--", "-->", "{{<", "{{%", "{%", "\u{FFFD}"] {
            assert!(!words.contains(leak), "{about}: {leak} in\n{words}");
        }
        match rendition {
            Rendition::Status { text, length, limit, .. } => {
                assert!(length <= limit, "{about}: {length} of {limit}");
                assert!(!text.contains("</") && !text.contains("  "), "{about}: {text}");
                self.no_word_is_cut(text, &view);
            }
            Rendition::Mail { subject, text, .. } => {
                assert!(subject.chars().count() <= 70, "{about}: {subject}");
                assert!(!subject.contains("</") && !subject.contains("  "), "{about}: {subject}");
                self.no_word_is_cut(subject, &view);
                for line in text.lines() {
                    assert!(
                        line.width() <= 78 || !line.trim().contains(' ') || line.contains("://"),
                        "{about}: {line}"
                    );
                }
                self.the_mail_is_plain(rendition);
            }
            Rendition::Document {
                media_type: DocumentType::Json | DocumentType::JsonLd,
                body,
                ..
            } => {
                let json: Value = serde_json::from_str(body).unwrap();
                no_empty_value(&json, about);
            }
            Rendition::Document { .. } | Rendition::Card { .. } => {}
        }
    }

    /// Each word is one of the posting's, or of Handbill's own, but for an ellipsis at its end.
    fn no_word_is_cut(&self, text: &str, view: &View) {
        let about = self.about;
        // A subject has plain signs for typographic ones.
        let plain = |words: &str| words.replace(['‐', '‑', '–', '—'], "-").replace(['’', '‘'], "'");
        let text = plain(text);
        let json = serde_json::to_string(&(view, view.teaser(), view.words)).unwrap();
        let json = plain(&json).replace("\\n", " ").replace(['"', '\\'], " ");
        let known: BTreeSet<&str> = json.split_whitespace().map(bare).collect();
        for word in text.split_whitespace() {
            assert!(known.contains(bare(word)), "{about}: {word:?} is cut in\n{text}");
        }
    }

    /// What crosses the wire is ASCII in short lines.
    fn the_mail_is_plain(&self, rendition: &Rendition) {
        let key = DeliveryKey(Uuid::from_u128(7));
        let address = Address { key: &key, reference: "1", at: at("2027-01-11T08:00:00Z") };
        let wire = self.station.channel.prepare(Action::Publish(rendition), &address).unwrap();
        let Wire::Mail(mail) = wire else { panic!("{wire:?}") };
        assert!(mail.message.is_ascii(), "{}", self.about);
        for line in mail.message.split("\r\n") {
            assert!(line.len() <= 78, "{}: {line}", self.about);
        }
        if mail.subject.is_ascii() {
            assert!(!mail.message.contains("=?utf-8?"), "{}: {}", self.about, mail.subject);
        }
    }
}

/// A word without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn no_empty_value(json: &Value, about: &str) {
    match json {
        Value::Null => panic!("{about}: null"),
        Value::String(words) => assert!(!words.trim().is_empty(), "{about}: an empty string"),
        Value::Array(items) => {
            assert!(!items.is_empty(), "{about}: an empty list");
            items.iter().for_each(|item| no_empty_value(item, about));
        }
        Value::Object(entries) => {
            assert!(!entries.is_empty(), "{about}: an empty object");
            entries.values().for_each(|value| no_empty_value(value, about));
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Everything that readers get to see.
fn words(rendition: &Rendition) -> String {
    match rendition {
        Rendition::Status { text, .. } => text.clone(),
        Rendition::Mail { subject, text, html, .. } => {
            format!("{subject}\n{text}\n{}", html.as_deref().unwrap_or_default())
        }
        Rendition::Document { body, .. } => body.clone(),
        Rendition::Card { fields, .. } => card::written::text(fields),
    }
}

/// The pages of the shared postings.
fn pages(corpus: &Path) -> Vec<PathBuf> {
    let mut pages = site::pages::walk(corpus).expect("the shared postings");
    pages.retain(|path| {
        path.extension().is_some_and(|it| it == "md" || it == "html" || it == "qmd")
    });
    pages
}
