//! What the example's postings are in each format: a golden file for each list, and hostile words.

use handbill::adapt::AdaptError;
use handbill::channel::Outcome;
use roxmltree::Document;

use super::{FORMATS, LeftOut, MAPPING, announce, channel, site};
use crate::support::golden;
use crate::support::world::{World, at};

const NOW: &str = "2027-01-20T09:00:00Z";
const POSTDOC: &str = "tcg-04-2027";

#[tokio::test]
async fn each_format_is_as_its_golden_file_says() {
    for (format, list) in FORMATS {
        let world = World::of(site(format, MAPPING));
        let station = world.stations.first().unwrap();
        for posting in &world.postings.open {
            match announce(&world.site, station, posting, at(NOW)).await {
                Ok(Outcome::Posted(_)) => {}
                // It is open until somebody is found, and EURAXESS wants a day.
                Err(LeftOut::Adapt(AdaptError::MissingField { field }))
                    if format == "euraxess" && posting.id.as_str() == POSTDOC =>
                {
                    assert_eq!(field, "deadline");
                }
                other => panic!("{format}, {}: {other:?}", posting.id),
            }
        }
        let folder = world.site.folder.join("public/feed");
        let file = if list.is_empty() { "tcg-04-2027.json" } else { list };
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        golden(&format!("feeds/tidal.{format}.{file}"), &text);
    }
}

/// Signs that end elements, sections and strings, and such as no XML may hold.
#[tokio::test]
async fn hostile_words_go_out_as_words() {
    let hostile = "a ]]> b <script>alert(1)</script> & \"c\" 'd' \u{1}\u{b} \u{fffe} 😀";
    let seen = "a ]]> b <script>alert(1)</script> & \"c\" 'd'";
    for (format, list) in FORMATS.into_iter().filter(|(format, _)| *format != "hugo") {
        let site = site(format, MAPPING);
        let page = "content/jobs/phd-tidal-forecasting/index.md";
        let text = site.read(page);
        // YAML takes this one by its number alone.
        let title = serde_json::to_string(hostile).unwrap().replace('\u{fffe}', "\\ufffe");
        let (_, rest) = text.split_once("(m/f/d)\"").unwrap();
        site.write(page, format!("---\njob:\n  title: {title}\ntitle: {title}{rest}"));
        let world = World::of(site);
        let station = world.stations.first().unwrap();
        let posting = world.postings.open.iter().find(|it| it.path.contains("phd")).unwrap();
        let outcome = announce(&world.site, station, posting, at(NOW)).await.unwrap();
        assert!(matches!(outcome, Outcome::Posted(_)), "{format}: {outcome:?}");
        let text =
            std::fs::read_to_string(world.site.folder.join("public/feed").join(list)).unwrap();
        if list.ends_with("json") {
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            let title = json.pointer("/0/title").or(json.pointer("/items/0/title"));
            let title = title.unwrap_or_else(|| panic!("{format}: {json:#}"));
            assert!(title.as_str().unwrap().starts_with(seen), "{format}: {title}");
        } else {
            let tree = Document::parse(&text).unwrap_or_else(|error| panic!("{format}: {error}"));
            let words = |node: roxmltree::Node<'_, '_>| -> String {
                node.children().filter_map(|child| child.text()).collect()
            };
            let said = tree.descendants().any(|node| words(node).trim().starts_with(seen));
            assert!(said, "{format}: {text}");
        }
    }
}

#[tokio::test]
async fn an_ad_without_a_required_word_is_left_out_and_the_others_are_not() {
    let site = site("euraxess", MAPPING);
    site.replace(
        "content/jobs/postdoc-sediment-transport/index.md",
        "tags: [Sediment, Fluid Dynamics]\n",
        "tags: [Fluid Dynamics]\njob:\n  deadline: 2027-03-31\n",
    );
    let world = World::of(site);
    let station = world.stations.first().unwrap();
    for posting in &world.postings.open {
        match announce(&world.site, station, posting, at(NOW)).await {
            Ok(Outcome::Posted(_)) => assert_ne!(posting.id.as_str(), POSTDOC),
            Err(LeftOut::Adapt(AdaptError::Unmapped { vocabulary, list })) => {
                assert_eq!(posting.id.as_str(), POSTDOC);
                assert_eq!((vocabulary.as_str(), list.as_str()), ("euraxess", "research_field"));
            }
            other => panic!("{}: {other:?}", posting.id),
        }
    }
    let list = world.site.folder.join("public/feed/euraxess.xml");
    let list = std::fs::read_to_string(list).unwrap();
    assert_eq!(list.matches("<job-opportunity ").count(), 1, "{list}");
}

/// The schema decides, and the last good list stays.
#[tokio::test]
async fn a_list_that_keeps_to_no_schema_does_not_go_out() {
    if std::process::Command::new("xmllint").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "xmllint must be there in CI");
        eprintln!("skipped: there is no xmllint");
        return;
    }
    let schema = |title: usize| {
        format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"source\">\
             <xs:complexType><xs:sequence><xs:any processContents=\"lax\" maxOccurs=\"{title}\"/>\
             </xs:sequence></xs:complexType></xs:element></xs:schema>"
        )
    };
    let site = site("indeed", MAPPING);
    // Three elements of the list itself, and one ad.
    site.write("one-ad.xsd", schema(4));
    site.write("channels/feed.toml", format!("{}validate = \"one-ad.xsd\"\n", channel("indeed")));
    let world = World::of(site);
    let station = world.stations.first().unwrap();
    let mut outcomes = Vec::new();
    for posting in &world.postings.open {
        outcomes.push(announce(&world.site, station, posting, at(NOW)).await.unwrap());
    }
    assert!(matches!(outcomes[0], Outcome::Posted(_)), "{outcomes:?}");
    assert!(matches!(outcomes[1], Outcome::Refused { .. }), "{outcomes:?}");
    assert!(outcomes[1].why().contains("one-ad.xsd"), "{outcomes:?}");
    let list = std::fs::read_to_string(world.site.folder.join("public/feed/indeed.xml")).unwrap();
    assert_eq!(list.matches("<job>").count(), 1, "{list}");
}
