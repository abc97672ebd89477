//! The page that EURAXESS makes of an ad is looked up in its list of the newest ads.

use handbill::adapt::{Occasion, adapt};
use handbill::channel::{Action, Address, Arrival, DeliveryKey, Receipt, Sight, Trace};
use uuid::Uuid;

use super::{MAPPING, announce, site};
use crate::channels::servers::{self, Reply, Routed, answer};
use crate::support::world::{World, at};

const NOW: &str = "2027-01-20T09:00:00Z";

/// A list with these items, and pages behind their links.
async fn board(items: &[(&str, &'static str)], pages: &[(&'static str, &str)]) -> Routed {
    let items: String = items
        .iter()
        .map(|(title, link)| format!("<item><title>{title}</title><link>{link}</link></item>"))
        .collect();
    let list = format!("<rss version=\"2.0\"><channel><title>Jobs</title>{items}</channel></rss>");
    let mut all: Vec<(&'static str, Reply)> =
        vec![("/job-feed", answer(200, &["Content-Type: application/rss+xml"], &list))];
    for (path, text) in pages {
        let page = format!("<html><body><h1>{text}</h1></body></html>");
        all.push((path, answer(200, &["Content-Type: text/html"], &page)));
    }
    Routed::start(all).await
}

/// What is found of the first ad of the example once it is in the list of EURAXESS, and what its page
/// is seen to be.
async fn found(board: &Routed) -> (Trace, Sight) {
    let folder = site("euraxess", MAPPING);
    let file = folder.read("channels/feed.toml");
    let lookup = format!("lookup = {{ rss = \"{}/job-feed\" }}\n", board.base);
    folder.write("channels/feed.toml", file + &lookup);
    let world = World::of(folder);
    let station = world.stations.first().unwrap();
    assert!(matches!(station.channel.abilities().arrival, Arrival::Later { .. }));
    let posting = world.postings.open.iter().find(|it| it.path.contains("phd")).unwrap();
    announce(&world.site, station, posting, at(NOW)).await.unwrap();
    let rendition =
        adapt(posting, &station.target, Occasion::Announce, &world.site.templates).unwrap();
    let key = DeliveryKey(Uuid::from_u128(7));
    let address = Address { key: &key, reference: &posting.id.0, at: at(NOW) };
    let wire = station.channel.prepare(Action::Publish(&rendition), &address).unwrap();
    let trace = station.channel.find(&servers::search(&wire, &key, at(NOW))).await;
    let receipt = match &trace {
        Trace::Found(receipt) | Trace::Held { receipt, .. } => receipt.clone(),
        other => panic!("{other:?}"),
    };
    let link = Some(format!("{}/jobs/17", board.base).parse().unwrap());
    let sight = station.channel.verify(&Receipt { link, ..receipt }, Some(&rendition)).await;
    (trace, sight)
}

const TITLE: &str =
    "Ph.D. position in Machine Learning for Tides - Forecasting and Uncertainty (m/f/d)";

#[tokio::test]
async fn the_page_with_our_title_and_our_name_is_the_ads() {
    let ours = format!("{TITLE}</h1><p>Organisation: University of Nordhafen</p><h1>");
    let theirs = format!("{TITLE}</h1><p>Organisation: University of Sudhafen</p><h1>");
    let items = [("Another", "/jobs/15"), (TITLE, "/jobs/16"), (TITLE, "/jobs/17")];
    let board = board(&items, &[("/jobs/16", &theirs), ("/jobs/17", &ours)]).await;
    let (trace, sight) = found(&board).await;
    let Trace::Found(receipt) = trace else { panic!("{trace:?}") };
    assert_eq!(receipt.link.unwrap().path(), "/jobs/17");
    assert!(!board.requests().iter().any(|it| it == "/jobs/15"), "another title is not looked at");
    assert_eq!(sight, Sight::Agrees);
}

#[tokio::test]
async fn until_a_page_is_certainly_ours_the_ad_waits() {
    let ours = format!("{TITLE}</h1><p>University of Nordhafen</p><h1>");
    for (items, pages, why) in [
        (vec![("Another", "/jobs/15")], vec![], "no ad with this title yet"),
        (vec![(TITLE, "/jobs/17")], vec![("/jobs/17", TITLE)], "none of them is seen to be ours"),
        (
            vec![(TITLE, "/jobs/16"), (TITLE, "/jobs/17")],
            vec![("/jobs/16", ours.as_str()), ("/jobs/17", ours.as_str())],
            "record one",
        ),
        (vec![(TITLE, "https://elsewhere.example/jobs/17")], vec![], "no ad with this title yet"),
    ] {
        let (trace, _) = found(&board(&items, &pages).await).await;
        assert!(matches!(&trace, Trace::Held { why: said, .. } if said.contains(why)), "{trace:?}");
    }
}

#[tokio::test]
async fn a_page_that_is_gone_or_is_another_ads_is_told() {
    let (_, sight) = found(&board(&[], &[]).await).await;
    assert_eq!(sight, Sight::Gone);
    let (_, sight) = found(&board(&[], &[("/jobs/17", "Another ad")]).await).await;
    assert!(matches!(&sight, Sight::Differs { found } if found.contains("Another")), "{sight:?}");
}

#[test]
fn only_the_pages_of_euraxess_are_looked_up() {
    let site = site("indeed", "");
    let file = site.read("channels/feed.toml");
    let lookup = "lookup = { rss = \"https://board.example/feed\" }\n";
    site.write("channels/feed.toml", file + lookup);
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("feed.lookup"), "{}", ran.out);
}
