//! Somebody is told once what needs a person, whatever happens to the process or to the way there,
//! and telling never causes telling.

mod again;
mod credentials;
mod digest;
mod once;
mod words;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::{DateTime, TimeDelta, Utc};
use handbill::channel::Reach;
use handbill::clock::Clock;
use handbill::deliver::{Courier, Postings, Round, Station, Wanted, Worker};
use handbill::ledger::{Ledger, SiteMark};
use handbill::notice::{self, Told};
use handbill::plan::Pace;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::smtp::{Options, SmtpStandIn, StoredMail};
use handbill::site::{Site, pages};
use serde_json::Value;

use crate::support::TestSite;

const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";
pub const OFFICE: &str =
    "kind = \"manual\"\n[manual]\nplace = \"the form of the careers office\"\n";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A chat service or another program that takes what is told.
pub struct Hook {
    pub address: String,
    taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answer: Arc<Mutex<StatusCode>>,
}

impl Hook {
    pub async fn start() -> Self {
        let taken: Arc<Mutex<Vec<(HeaderMap, String)>>> = Arc::default();
        let answer = Arc::new(Mutex::new(StatusCode::NO_CONTENT));
        let shared = (Arc::clone(&taken), Arc::clone(&answer));
        type Both = (Arc<Mutex<Vec<(HeaderMap, String)>>>, Arc<Mutex<StatusCode>>);
        let take = |Shared((taken, answer)): Shared<Both>, headers: HeaderMap, body: String| async move {
            let answer = *answer.lock().unwrap();
            if answer.is_success() {
                taken.lock().unwrap().push((headers, body));
            }
            (answer, "no: the path /hook/T0-s3cret is known, and much else")
        };
        let router = Router::new().route("/hook/T0-s3cret", post(take)).with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook/T0-s3cret", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, taken, answer }
    }

    pub fn answers(&self, status: u16) {
        *self.answer.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }

    pub fn raw(&self) -> Vec<(HeaderMap, String)> {
        self.taken.lock().unwrap().clone()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.raw().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }
}

/// A site with a mail server, a webhook, and a clock that is set.
pub struct World {
    pub folder: TestSite,
    pub site: Site,
    pub ledger: Ledger,
    pub clock: Clock,
    pub smtp: SmtpStandIn,
    pub hook: Hook,
}

/// Who is told, beside `extra` lines of `[notices]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Mail,
    Webhook,
    Both,
}

impl World {
    /// One page; and channels, each with its file.
    pub async fn new(channels: &[(&str, &str)], by: By, extra: &str) -> Self {
        let clock = Clock::at(at("2027-01-12T09:00:00Z"));
        let smtp = SmtpStandIn::start("notices", Options::default(), SharedClock::of(&clock));
        let (smtp, hook) = (smtp.await.unwrap(), Hook::start().await);
        let folder = TestSite::with_channels(&[]);
        std::fs::remove_dir_all(folder.path("content/jobs/postdoc-sediment-transport")).unwrap();
        folder.waits_for_no_page();
        let page = "---\ntitle: \"PhD position in Tides\"\ndate: 2027-01-12\njob:\n  id: tides\n  \
                    deadline: 2027-06-30\n---\n\nForecast the tides.\n";
        folder.write(PAGE, page);
        for (name, file) in channels {
            let file = file.replace("PORT", &smtp.port().to_string());
            folder.write(&format!("channels/{name}.toml"), file);
        }
        let mut text = folder.read("handbill.toml") + "\n[notices]\n";
        if by != By::Webhook {
            text += &format!(
                "mail = {{ to = \"office@tidal.example\", from = \"handbill@tidal.example\", \
                 host = \"127.0.0.1\", port = {}, security = \"none\" }}\n",
                smtp.port()
            );
        }
        if by != By::Mail {
            text += &format!("webhook = {{ url = \"{}\" }}\n", hook.address);
        }
        folder.write("handbill.toml", text + extra);
        let site = load(&folder);
        let ledger = open(&folder, clock.now()).await;
        Self { folder, site, ledger, clock, smtp, hook }
    }

    /// A site with a manual channel: its announcement is an errand.
    pub async fn with_errand(by: By, extra: &str) -> Self {
        Self::new(&[("office", OFFICE)], by, extra).await
    }

    pub fn wait(&self, time: TimeDelta) {
        self.clock.set(self.clock.now() + time);
    }

    pub async fn only_round(&self) -> Round {
        let stations = Station::all(&self.site, Reach::LoopbackOnly, &mut Vec::new());
        let mut postings = Postings::default();
        for page in pages::load(&self.site, &mut Vec::new()).unwrap() {
            postings.open.extend(handbill::posting::read(&page, &self.site.settings).postings);
        }
        postings.named = postings.open.iter().map(|posting| posting.id.clone()).collect();
        let courier = Courier {
            site: &self.site,
            stations: &stations,
            ledger: &self.ledger,
            worker: Worker::this(),
            clock: self.clock.clone(),
            aside: None,
        };
        courier.round(&postings, Pace::OnSchedule, Wanted::default()).await.unwrap()
    }

    /// One run of `handbill post`.
    pub async fn round(&self) -> Told {
        let round = self.only_round().await;
        self.tell(&round).await
    }

    pub async fn tell(&self, round: &Round) -> Told {
        notice::tell(&self.site, &self.ledger, &round.plan, &self.clock).await.unwrap()
    }

    /// The process ends, and another one begins.
    pub async fn restart(&mut self) {
        self.ledger.clone().close().await;
        self.ledger = open(&self.folder, self.clock.now()).await;
    }

    /// The mails to people, without those to lists.
    pub fn mails(&self) -> Vec<StoredMail> {
        let mut mails = self.smtp.mails();
        mails.retain(|mail| mail.recipients == ["office@tidal.example"]);
        mails
    }
}

pub fn load(folder: &TestSite) -> Site {
    let (site, diagnostics) = Site::load(&folder.root()).unwrap();
    site.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

pub async fn open(folder: &TestSite, now: DateTime<Utc>) -> Ledger {
    let mark = SiteMark { folder: folder.root(), base_url: "https://tidal.example/".to_owned() };
    Ledger::open(&folder.ledger(), &mark, now).await.unwrap()
}
