//! Where is it: archives of mailing lists, asked as they answer.

use chrono::{TimeDelta, Utc};
use handbill::adapt::Rendition;
use handbill::channel::mail::archive::{SympaLinks, volume::Volume};
use handbill::channel::mail::{Archive, Config, Held, Mail, Security};
use handbill::channel::{Action, Can, Channel, Receipt, Sight, Trace, Wire};
use url::Url;

use super::servers::{self, Reply, Routed, answer};

const SUBJECT: &str = "PhD on tides at the coast";
const ID: &str = "hb.0000000000000000000000003f2a91bc@tides.example";
const DIGEST_PATH: &str = "/msg/jobs/2026-11/G-jv07PXYZpz7El_fZMvMg";
const SEARCH: &str =
    "/arcsearch_id/jobs/2026-11/hb.0000000000000000000000003f2a91bc%40tides.example";
const MESSAGE: &str = "/arc/jobs/2026-11/msg00007.html";
const FEED: &str = "/rss/latest_arc/jobs?count=100";
const PAGE: &str = "<h1>[jobs] PhD on tides\n at the coast</h1><p>Come and measure.</p>";
const ROBOT: &str = "<form>List archive <input type=submit value='I am no robot'></form>";

fn page(body: &str) -> Reply {
    answer(200, &["Content-Type: text/html"], body)
}

fn to(path: &str) -> Reply {
    answer(302, &[&format!("Location: {path}")], "")
}

fn rendition() -> Rendition {
    Rendition::Mail {
        subject: SUBJECT.to_owned(),
        text: "Come and measure.\n".to_owned(),
        html: None,
        language: "en".to_owned(),
    }
}

fn base(server: &Routed) -> Url {
    server.base.parse().unwrap()
}

fn sympa(server: &Routed, links: SympaLinks) -> Archive {
    Archive::Sympa {
        base: base(server),
        list: "jobs".to_owned(),
        links,
        timezone: Some(chrono_tz::Europe::Berlin),
    }
}

fn pipermail(server: &Routed) -> Archive {
    Archive::Pipermail {
        base: base(server),
        list: "jobs".to_owned(),
        volume: Volume::Month,
        timezone: Some(chrono_tz::Europe::Berlin),
    }
}

fn listserv(server: &Routed) -> Archive {
    let base = format!("{}/wa", server.base).parse().unwrap();
    Archive::Listserv { base, list: "JOBS".to_owned(), timezone: None }
}

fn channel(archive: Archive) -> Mail {
    let config = Config {
        to: "jobs@lists.example".to_owned(),
        from: "office@tides.example".to_owned(),
        host: "127.0.0.1".to_owned(),
        security: Security::None,
        subject_prefix: Some("[jobs]".to_owned()),
        archive: Some(archive),
        ..Config::default()
    };
    Mail::new(config, servers::context()).unwrap()
}

fn wire(channel: &Mail) -> Wire {
    let key = servers::key();
    channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap()
}

async fn find(channel: &Mail) -> Trace {
    let (wire, key) = (wire(channel), servers::key());
    channel.find(&servers::search(&wire, &key, Utc::now())).await
}

async fn found(archive: Archive) -> String {
    match find(&channel(archive)).await {
        Trace::Found(receipt) => {
            assert_eq!(receipt.remote_id.as_deref(), Some(ID));
            receipt.link.unwrap().to_string()
        }
        other => panic!("{other:?}"),
    }
}

async fn why_not(archive: Archive) -> String {
    match find(&channel(archive)).await {
        Trace::NotYet { why } | Trace::CannotTell { why } => why,
        other => panic!("{other:?}"),
    }
}

async fn sight(archive: Archive, link: &str) -> Sight {
    let receipt = Receipt {
        remote_id: Some(ID.to_owned()),
        link: Some(link.parse().unwrap()),
        ..Receipt::default()
    };
    channel(archive).verify(&receipt, Some(&rendition())).await
}

#[tokio::test]
async fn an_old_sympa_leads_to_the_message_and_that_is_its_link() {
    let server = Routed::start([(SEARCH, to(MESSAGE)), (MESSAGE, page(PAGE))]).await;
    let archive = sympa(&server, SympaLinks::ArcsearchId);
    assert_eq!(found(archive).await, format!("{}{MESSAGE}", server.base));
    assert_eq!(server.requests(), [SEARCH, MESSAGE]);
}

#[tokio::test]
async fn a_new_sympa_has_a_permalink_that_leads_to_the_message() {
    let server = Routed::start([(DIGEST_PATH, to(MESSAGE)), (MESSAGE, page(PAGE))]).await;
    let archive = sympa(&server, SympaLinks::Msg);
    assert_eq!(found(archive).await, format!("{}{DIGEST_PATH}", server.base));
}

#[tokio::test]
async fn a_month_of_sympa_that_lists_another_message_with_our_subject_proves_nothing() {
    let month = "/arc/jobs/2026-11/";
    let server = Routed::start([(DIGEST_PATH, to(month)), (month, page(PAGE))]).await;
    let why = why_not(sympa(&server, SympaLinks::Msg)).await;
    assert!(why.contains("does not show"), "{why}");
    let link = format!("{}{DIGEST_PATH}", server.base);
    let sight = sight(sympa(&server, SympaLinks::Msg), &link).await;
    assert!(matches!(sight, Sight::Unseen { .. }), "{sight:?}");
}

#[tokio::test]
async fn where_sympa_asks_for_a_click_its_feed_says_where_the_message_is() {
    for (links, path) in [(SympaLinks::ArcsearchId, SEARCH), (SympaLinks::Msg, DIGEST_PATH)] {
        let link = format!("https://lists.example{path}");
        let item = |title: &str, link: &str| {
            format!("<item><title>{title} - Ada Flood</title><link>{link}</link></item>")
        };
        let others = item(&format!("[jobs] {SUBJECT}"), "https://lists.example/msg/jobs/2026-11/x");
        let feed = format!("<rss>{others}{}</rss>", item(&format!("[jobs] {SUBJECT}"), &link));
        let server = Routed::start([(path, page(ROBOT)), (FEED, page(&feed))]).await;
        assert_eq!(found(sympa(&server, links)).await, link);
        let at = format!("{}{path}", server.base);
        assert_eq!(sight(sympa(&server, links), &at).await, Sight::Agrees);

        let feed = format!("<rss>{others}{}</rss>", item("Another subject", &link));
        let server = Routed::start([(path, page(ROBOT)), (FEED, page(&feed))]).await;
        why_not(sympa(&server, links)).await;
        let at = format!("{}{path}", server.base);
        let sight = sight(sympa(&server, links), &at).await;
        assert!(matches!(sight, Sight::Unseen { .. }), "{sight:?}");
    }
}

#[tokio::test]
async fn a_message_in_pipermail_is_the_one_whose_answer_goes_to_our_id() {
    let index = "<LI><A HREF=\"000041.html\">[jobs] PhD on tides at the coast\n</A><A \
                 NAME=\"41\">&nbsp;</A>\n<LI><A HREF=\"000042.html\">[jobs] PhD on\n  tides at the \
                 coast\n</A>\n<LI><A HREF=\"000043.html\">[jobs] Re: PhD on tides at the coast</A>\
                 \n<LI><A HREF=\"000044.html\">[jobs] Rivers</A>\n\
                 <LI><A HREF=\"http://elsewhere.example/\">[jobs] PhD on tides at the coast</A>";
    let of = |id: &str| {
        page(&format!(
            "<LINK REL=\"made\" HREF=\"mailto:jobs%40lists.example?Subject=Re%3A&In-Reply-To=\
             %3C{}%3E\">{PAGE}",
            id.replace('@', "%40")
        ))
    };
    let server = Routed::start([
        ("/jobs/2026-November/date.html", page(index)),
        ("/jobs/2026-November/000041.html", of("earlier@tides.example")),
        ("/jobs/2026-November/000042.html", of(ID)),
        ("/jobs/2026-November/000043.html", of("answer@other.example")),
    ])
    .await;
    let link = format!("{}/jobs/2026-November/000042.html", server.base);
    assert_eq!(found(pipermail(&server)).await, link);
    let asked = server.requests();
    let newest_first =
        ["date", "000043", "000042"].map(|name| format!("/jobs/2026-November/{name}.html"));
    assert_eq!(asked, newest_first);
    assert_eq!(sight(pipermail(&server), &link).await, Sight::Agrees);
    let other = format!("{}/jobs/2026-November/000044.html", server.base);
    assert_eq!(sight(pipermail(&server), &other).await, Sight::Gone);
}

#[tokio::test]
async fn a_page_of_pipermail_that_was_given_another_number_shows_another_message() {
    let another = "<LINK REL=\"made\" HREF=\"mailto:jobs?In-Reply-To=%3Cother%40x.example%3E\"><h1>\
                   Rivers</h1>";
    let server = Routed::start([("/jobs/2026-November/000042.html", page(another))]).await;
    let link = format!("{}/jobs/2026-November/000042.html", server.base);
    let sight = sight(pipermail(&server), &link).await;
    assert!(matches!(sight, Sight::Differs { .. }), "{sight:?}");
}

#[tokio::test]
async fn a_post_in_listserv_is_ours_only_if_its_page_says_when_or_what() {
    let index = format!(
        "<a href=\"/wa?A2=JOBS;1a2b3c4d.2611&amp;S=&amp;X=77\">{SUBJECT}</a>\
         <a href=\"/wa?A2=JOBS;5e6f7a8b.2611&amp;S=&amp;X=77\">{SUBJECT}</a>\
         <a href=\"/wa?A3=JOBS\">{SUBJECT}</a>"
    );
    let of = |date: &str| page(&format!("{PAGE}<tr><td>Date:</td><td>{date}</td></tr>"));
    let ours = "/wa?A2=JOBS;5e6f7a8b.2611&S=&X=77";
    let earlier = of("Tue, 3 Nov 2026 10:00:00 +0000");
    let pages = |date: &str| {
        [
            ("/wa?A1=ind2611&L=JOBS", page(&index)),
            ("/wa?A2=JOBS;1a2b3c4d.2611&S=&X=77", earlier.clone()),
            (ours, of(date)),
        ]
    };
    let server = Routed::start(pages("Tue, 24 Nov 2026 10:00:00 +0000")).await;
    let link = format!("{}/wa?A2=JOBS;5e6f7a8b.2611", server.base);
    assert_eq!(found(listserv(&server)).await, link);

    let server = Routed::start(pages("Wed, 4 Nov 2026 10:00:00 +0000")).await;
    let why = why_not(listserv(&server)).await;
    assert!(why.contains("does not say that it is ours"), "{why}");
    let server = Routed::start([("/wa?A1=ind2611&L=JOBS", page("<p>nothing</p>"))]).await;
    let why = why_not(listserv(&server)).await;
    assert!(why.contains("/wa?A1=ind2611&L=JOBS does not show it"), "{why}");
}

#[tokio::test]
async fn a_link_of_groups_io_stands_in_its_footer_alone() {
    let server = Routed::start([("/g/jobs/message/7", page(PAGE))]).await;
    let archive = Archive::GroupsIo { base: format!("{}/g/jobs", server.base).parse().unwrap() };
    let why = why_not(archive.clone()).await;
    assert!(why.contains("footer"), "{why}");
    assert!(server.requests().is_empty());
    assert_eq!(channel(archive.clone()).abilities().find, Can::No);
    let link = format!("{}/g/jobs/message/7", server.base);
    assert_eq!(sight(archive, &link).await, Sight::Agrees);
}

#[tokio::test]
async fn a_page_of_all_messages_is_none_of_one() {
    let path = format!("/d/msgid/jobs/{}", ID.replace('@', "%40"));
    let path: &'static str = path.leak();
    let google = |server: &Routed| Archive::GoogleGroups {
        group: "jobs".to_owned(),
        base: Some(base(server)),
    };
    let server = Routed::start([(path, to("/g/jobs")), ("/g/jobs", page(PAGE))]).await;
    why_not(google(&server)).await;
    let opaque = "/g/jobs/c/Ab12/m/Cd34";
    let server = Routed::start([(path, to(opaque)), (opaque, page(PAGE))]).await;
    assert_eq!(found(google(&server)).await, format!("{}{path}", server.base));
}

#[tokio::test]
async fn a_list_that_holds_every_post_is_waited_for() {
    let server = Routed::start([]).await;
    let since = Utc::now() - TimeDelta::days(3);
    for (held, is_patient) in [(None, false), (Some(Held::Always), true)] {
        let config = Config {
            to: "jobs@lists.example".to_owned(),
            from: "office@tides.example".to_owned(),
            host: "127.0.0.1".to_owned(),
            security: Security::None,
            archive: Some(Archive::PublicInbox { base: base(&server) }),
            held,
            ..Config::default()
        };
        let channel = Mail::new(config, servers::context()).unwrap();
        let (wire, key) = (wire(&channel), servers::key());
        let trace = channel.find(&servers::search(&wire, &key, since)).await;
        assert_eq!(matches!(trace, Trace::NotYet { .. }), is_patient, "{trace:?}");
    }
}

#[tokio::test]
async fn an_archive_that_is_down_or_closed_proves_nothing() {
    for status in [401, 403, 500, 503] {
        let server = Routed::start([
            ("/jobs/2026-November/date.html", answer(status, &[], PAGE)),
            (DIGEST_PATH, answer(status, &[], PAGE)),
        ])
        .await;
        let why = why_not(pipermail(&server)).await;
        assert!(why.contains(&format!("HTTP {status}")), "{why}");
        why_not(sympa(&server, SympaLinks::Msg)).await;
        let link = format!("{}{DIGEST_PATH}", server.base);
        let sight = sight(sympa(&server, SympaLinks::Msg), &link).await;
        assert!(matches!(sight, Sight::Unseen { .. }), "{sight:?}");
    }
}
