//! Deliveries under faults: never twice, never lost, unknown is a state of its own, the record
//! comes first, every copy agrees, one channel's trouble stays its own (promises 1 to 5 and 10).
//!
//! Each test drives the courier against the stand-ins and counts what they truly hold.

mod arrivals;
mod bluesky;
mod bluesky_threads;
mod changes;
mod counted;
mod evidence;
mod git;
mod kill;
mod letters;
mod linkedin;
mod lost_answers;
mod many;
mod neighbours;
mod odd_servers;
mod page;
mod peers;
mod pictures;
mod processes;
mod reading;
mod refusals;
mod restored;
mod steps;

use chrono::{DateTime, TimeDelta, Utc};
use handbill::adapt::Occasion;
use handbill::channel::{ChannelName, Reach};
use handbill::deliver::{Arrivals, Clock, Courier, Postings, Round, Station, Wanted, Worker};
use handbill::ledger::{Delivery, Ledger, SiteMark, State};
use handbill::plan::Pace;
use handbill::posting::identity::{self, Known};
use handbill::rehearsal::StandIns;
use handbill::rehearsal::copies::StoredCopy;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{KeyPolicy, MastodonStandIn, Options};
use handbill::rehearsal::stage;
use handbill::site::channel_file::KindConfig;
use handbill::site::queue::PageWait;
use handbill::site::{Site, pages};

use crate::support::TestSite;

pub const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";

const LIST: &str = r#"kind = "mail"
update = "follow-up"
close = "follow-up"
[mail]
to = "jobs@lists.example"
from = "office@tidal.example"
host = "mail.tidal.example"
archive = { software = "hyperkitty", base = "https://lists.example/archives", list = "jobs@lists.example" }
"#;
const MASTODON: &str = r#"kind = "mastodon"
update = "edit"
close = "withdraw"
[mastodon]
server = "https://social.example"
token = { env = "UNUSED" }
"#;
const X: &str = r#"kind = "x"
close = "withdraw"
[x]
username = "tidal_computing"
user_id = "1000000000000000001"
consumer_key = { env = "UNUSED" }
consumer_secret = { env = "UNUSED" }
access_token = { env = "UNUSED" }
access_token_secret = { env = "UNUSED" }
"#;
const LINKEDIN: &str = r#"kind = "linkedin"
update = "edit"
close = "withdraw"
[linkedin]
author = "urn:li:organization:1000001"
version = "202609"
token = { env = "UNUSED" }
"#;
const BLUESKY: &str = r#"kind = "bluesky"
[bluesky]
server = "https://pds.example"
did = "did:plc:tidaltidaltidaltidaltida"
app_password = { env = "UNUSED" }
"#;
const BOARD: &str = r#"kind = "board"
preset = "boards/rest"
[board]
base = "https://jobs.example/api"
auth = { type = "bearer", token = { env = "UNUSED" } }
"#;
const FEED: &str = r#"kind = "feed"
[feed]
folder = "public/feed"
"#;
const OFFICE: &str = r#"kind = "manual"
[manual]
place = "the form of the careers office"
"#;

/// A site with one posting, a stand-in behind each of its channels, and a set clock.
pub struct World {
    pub folder: TestSite,
    site: Site,
    pub stand_ins: StandIns,
    stations: Vec<Station>,
    pub ledger: Ledger,
    clock: Clock,
    postings: Postings,
}

/// The site's page, open for two months from now.
fn page() -> String {
    let today = Utc::now().to_rfc3339();
    let deadline = (Utc::now() + TimeDelta::days(60)).format("%Y-%m-%d");
    format!(
        "---\ntitle: \"PhD position in Tides\"\ndate: {today}\njob:\n  id: tides\n  deadline: {deadline}\n  \
         organisation: University of Nordhafen\n---\n\n\
         Forecast the tides of fourteen harbours.\n\nThe position starts in June 2027.\n"
    )
}

/// A folder with one open page and these channels, none of which has a schedule.
pub fn folder(channels: &[&str]) -> TestSite {
    let folder = TestSite::with_channels(&[]);
    std::fs::remove_dir_all(folder.path("content/jobs/postdoc-sediment-transport")).unwrap();
    folder.waits_for_no_page();
    folder.write(PAGE, page());
    for name in channels {
        let file = match *name {
            "list" => LIST,
            "mastodon" => MASTODON,
            "x" => X,
            "linkedin" => LINKEDIN,
            "bluesky" => BLUESKY,
            "board" => BOARD,
            "feed" => FEED,
            "office" => OFFICE,
            other => panic!("no channel {other}"),
        };
        folder.write(&format!("channels/{name}.toml"), file);
    }
    folder
}

impl World {
    pub async fn with(channels: &[&str]) -> Self {
        Self::of(folder(channels), KeyPolicy::Honoured).await
    }

    /// Mastodon's API on a server that honours no key.
    pub async fn with_mastodon_that_ignores_keys() -> Self {
        let folder = folder(&["mastodon"]);
        folder.write("channels/mastodon.toml", format!("{MASTODON}software = \"other\"\n"));
        Self::of(folder, KeyPolicy::Ignored).await
    }

    pub async fn of(folder: TestSite, keys: KeyPolicy) -> Self {
        let clock = Clock::at(Utc::now());
        let (site, diagnostics) = Site::load(&folder.root()).unwrap();
        let mut site = site.unwrap_or_else(|| panic!("{diagnostics:?}"));
        for channel in &mut site.channels {
            // There is no web site to look at here.
            channel.holds.page = PageWait::DoNotWait;
        }
        let shared = SharedClock::of(&clock);
        let place = folder.path("rehearsal");
        std::fs::create_dir_all(&place).unwrap();
        let mut stand_ins = stage::build(&mut site, &place, &shared).await.unwrap();
        if keys == KeyPolicy::Ignored {
            let options = Options { keys, ..Options::default() };
            let server = MastodonStandIn::start("mastodon", options, shared).await.unwrap();
            for channel in &mut site.channels {
                if let KindConfig::Mastodon(config) = &mut channel.config {
                    config.server = server.url();
                }
            }
            stand_ins.mastodon = vec![server.into()];
        }
        let stations = Station::all(&site, Reach::LoopbackOnly, &mut Vec::new());
        assert_eq!(stations.len(), site.channels.len());
        let ledger = open(&folder, clock.now()).await;
        let mut world = Self {
            folder,
            site,
            stand_ins,
            stations,
            ledger,
            clock,
            postings: Postings::default(),
        };
        world.read().await;
        world
    }

    async fn read(&mut self) {
        let mut diagnostics = Vec::new();
        let read = pages::load(&self.site, &mut diagnostics)
            .unwrap()
            .iter()
            .flat_map(|page| handbill::posting::read(page, &self.site.settings).postings)
            .collect();
        let past = self.ledger.past().await.unwrap();
        let known: Vec<Known> = past.postings.values().map(Known::from).collect();
        self.postings.open = identity::bind(read, &known, "en", &mut diagnostics);
        assert!(diagnostics.iter().all(|it| !it.is_error()), "{diagnostics:?}");
    }

    /// The author changes the page.
    pub async fn change(&mut self, from: &str, to: &str) {
        self.folder.replace(PAGE, from, to);
        self.read().await;
    }

    /// The author makes another ad that says the same, under an id of its own.
    pub async fn copy_page(&mut self, path: &str, id: &str, new_id: &str) {
        let page = std::fs::read_to_string(self.folder.path(PAGE)).unwrap();
        self.folder.write(path, page.replace(&format!("id: {id}"), &format!("id: {new_id}")));
        self.read().await;
    }

    /// The author makes so many other ads, `Diver 0` and so on.
    pub async fn more_pages(&mut self, count: usize) {
        let page = std::fs::read_to_string(self.folder.path(PAGE)).unwrap();
        for number in 0..count {
            let page = page
                .replace("id: tides", &format!("id: diver-{number}"))
                .replace("PhD position in Tides", &format!("Diver {number}"));
            self.folder.write(&format!("content/jobs/diver-{number}/index.md"), page);
        }
        self.read().await;
    }

    /// The author takes the page away.
    pub async fn remove_page(&mut self) {
        std::fs::remove_file(self.folder.path(PAGE)).unwrap();
        self.read().await;
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.clock.set(now);
    }

    pub fn wait(&self, minutes: i64) {
        self.clock.set(self.clock.now() + TimeDelta::minutes(minutes));
    }

    pub fn courier<'a>(&'a self, ledger: &'a Ledger) -> Courier<'a> {
        Courier {
            site: &self.site,
            stations: &self.stations,
            ledger,
            worker: Worker::this(),
            clock: self.clock.clone(),
            aside: None,
        }
    }

    /// The same ledger, opened by another process.
    pub async fn second_ledger(&self) -> Ledger {
        open(&self.folder, self.now()).await
    }

    /// One run of `handbill post`.
    pub async fn round(&self) -> Round {
        self.round_of(&self.ledger).await
    }

    pub async fn round_of(&self, ledger: &Ledger) -> Round {
        self.courier(ledger)
            .round(&self.postings, Pace::OnSchedule, Wanted::default())
            .await
            .unwrap()
    }

    /// One look for what is on its way.
    pub async fn look_for_arrivals(&self) -> Arrivals {
        self.courier(&self.ledger).arrivals(Wanted::default()).await.unwrap()
    }

    /// A round that writes the plan down and sends nothing.
    pub async fn only_plan(&self) -> Round {
        let nowhere = ChannelName("nowhere".into());
        let wanted = Wanted { channel: Some(&nowhere), postings: None };
        self.courier(&self.ledger).round(&self.postings, Pace::OnSchedule, wanted).await.unwrap()
    }

    /// Rounds through six hours: whatever can come right by itself has done so then.
    pub async fn settle_down(&self) {
        for _ in 0..12 {
            self.wait(30);
            self.round().await;
        }
    }

    pub async fn deliveries(&self, channel: &str) -> Vec<Delivery> {
        let mut deliveries = self.ledger.past().await.unwrap().deliveries;
        deliveries.retain(|it| it.name.channel.as_str() == channel);
        deliveries
    }

    /// The only delivery of an occasion on a channel.
    pub async fn the(&self, occasion: Occasion, channel: &str) -> Delivery {
        let mut found = self.deliveries(channel).await;
        found.retain(|it| it.name.occasion == occasion);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    pub async fn announcement(&self, channel: &str) -> Delivery {
        self.the(Occasion::Announce, channel).await
    }

    /// Everything that the stand-in behind a channel truly holds.
    pub fn copies(&self, channel: &str) -> Vec<StoredCopy> {
        self.stand_ins
            .exhibitors()
            .iter()
            .filter(|it| it.channel() == channel)
            .flat_map(|it| it.copies())
            .collect()
    }

    /// One copy stands there, the ledger has its link, and further rounds change nothing.
    pub async fn assert_posted_once(&self, channel: &str) {
        let copies = self.copies(channel);
        assert_eq!(copies.len(), 1, "{channel}: {copies:#?}");
        let delivery = self.announcement(channel).await;
        assert_eq!(delivery.state, State::Posted, "{delivery:#?}");
        if let Some(link) = &copies[0].link {
            assert_eq!(delivery.receipt.unwrap().link.as_ref(), Some(link), "{channel}");
        }
        let attempts = delivery.attempts;
        self.settle_down().await;
        assert_eq!(self.copies(channel), copies);
        assert_eq!(self.announcement(channel).await.attempts, attempts);
        self.ledger.verify_chain().await.unwrap();
    }
}

async fn open(folder: &TestSite, now: DateTime<Utc>) -> Ledger {
    let mark = SiteMark { folder: folder.root(), base_url: "https://tidal.example/".to_owned() };
    Ledger::open(&folder.ledger(), &mark, now).await.unwrap()
}
