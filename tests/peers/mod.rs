//! The real program against real servers: Postfix, Dovecot, Mailman 3 with HyperKitty, Sympa, a mail
//! server that fails as it is told, mastodon-mock, Prism, a Bluesky PDS, X's own library, programs that
//! read feeds and logs, WordPress, Apache with client certificates, with WebDAV and with git, OpenSSH, Hugo,
//! and Chromium.
//! `.ci/peers` brings them up; each test says which it needs.
//!
//! What a test believes is what the servers hold: mailboxes are read over IMAP and parsed by
//! Python's `email`, archives are asked over HTTP, moderators decide over Mailman's REST API.

mod answers;
mod bluesky;
mod counting;
mod faults;
mod feeds;
mod folders;
mod hugo;
mod lists;
mod logs;
mod mailbox;
mod mailman;
mod mastodon;
mod moderators;
mod repositories;
mod schema;
mod sympa;
mod trouble;
mod upload;
mod web;
mod wordpress;
mod words;
mod x;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::support::{Ran, TestSite};

/// However slow the machine is: what does not come in this time does not come.
const PATIENCE: Duration = Duration::from_secs(120);
/// What is not there after this long is not under way any more: mail comes in a second or two here.
const LONG_ENOUGH: Duration = Duration::from_secs(3);

const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";

/// A server that a test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Postfix,
    Dovecot,
    Mailman,
    Sympa,
    Faults,
    Bluesky,
    MastodonMock,
    Prism,
    TwitterText,
    WordPress,
    Upload,
    Dav,
    Ssh,
    FeedReaders,
    Hugo,
    LogReaders,
    Chromium,
}

impl Peer {
    /// As `.ci/peers` calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Postfix => "postfix",
            Self::Dovecot => "dovecot",
            Self::Mailman => "mailman",
            Self::Sympa => "sympa",
            Self::Faults => "faults",
            Self::Bluesky => "bluesky",
            Self::MastodonMock => "mastodon_mock",
            Self::Prism => "prism",
            Self::TwitterText => "twitter_text",
            Self::WordPress => "wordpress",
            Self::Upload => "upload",
            Self::Dav => "dav",
            Self::Ssh => "ssh",
            Self::FeedReaders => "feed_readers",
            Self::Hugo => "hugo",
            Self::LogReaders => "log_readers",
            Self::Chromium => "chromium",
        }
    }
}

/// What the environment says of the peers, and that nobody stops them meanwhile.
struct Peers {
    _all_run: Option<RwLockReadGuard<'static, ()>>,
}

/// Written by who stops a peer for a while.
static RUNNING: RwLock<()> = RwLock::const_new(());

impl Peers {
    /// The peers, if they run. Where none does, a test is left out, but in CI it fails.
    async fn need(needed: &[Peer]) -> Option<Self> {
        let running = RUNNING.read().await;
        Self::are_there(needed).then_some(Self { _all_run: Some(running) })
    }

    /// The peers for a test that stops one of them: no other test uses them meanwhile. Gives the
    /// guard that has to be kept as long.
    async fn need_alone(
        needed: &[Peer],
    ) -> Option<(Self, tokio::sync::RwLockWriteGuard<'static, ()>)> {
        let alone = RUNNING.write().await;
        Self::are_there(needed).then_some((Self { _all_run: None }, alone))
    }

    fn are_there(needed: &[Peer]) -> bool {
        static TOLD: Once = Once::new();
        let Ok(running) = std::env::var("HANDBILL_PEERS") else {
            assert!(
                std::env::var_os("CI").is_none(),
                "the peers must run in CI: `.ci/peers start`"
            );
            // Past the harness, which swallows what a test that passes prints.
            TOLD.call_once(|| {
                let _ = writeln!(
                    std::io::stderr(),
                    "tests/peers was left out: no mail server runs for it; as root, `.ci/peers \
                     install && .ci/peers start && . /tmp/handbill-peers/env` brings them up"
                );
            });
            return false;
        };
        for peer in needed {
            let name = peer.name();
            assert!(
                running.split(' ').any(|it| it == name),
                "this needs {peer:?}, which does not run: `.ci/peers start {name}`"
            );
        }
        true
    }

    /// What `.ci/peers` says under this name.
    fn says(&self, name: &str) -> String {
        let name = format!("HANDBILL_{name}");
        std::env::var(&name).unwrap_or_else(|_| panic!("$PEERS/env does not say {name}"))
    }

    fn port(&self, name: &str) -> String {
        let address = self.says(name);
        address.rsplit_once(':').expect("an address").1.to_owned()
    }

    /// A test's own client, which trusts the peers and nobody else.
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to loopback only")]
    fn client(&self) -> reqwest::Client {
        // The first test to come installs it; for the others it is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = std::fs::read(self.says("CA")).expect("the authority");
        let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
        reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .tls_certs_only([authority])
            .no_proxy()
            .build()
            .expect("a client can be built")
    }
}

/// Whom the program trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The peers' own authority.
    ThePeers,
    /// What the machine trusts, which knows nothing of it.
    TheMachine,
}

/// A daemon that runs until it is dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A lab that advertises: a site with one page and one channel.
struct Lab {
    site: TestSite,
    trust: Trust,
    certificate: String,
    /// Time that the program is told has passed.
    later: TimeDelta,
}

impl Lab {
    /// Writes through Postfix, signed in as somebody at lab.test, to one address. `more` are lines
    /// for the channel's file.
    fn writing_as(peers: &Peers, user: &str, to: &str, more: &str) -> Self {
        let lab = Self::with_channel(
            peers,
            &format!(
                "to = \"{to}\"\nfrom = \"{user}\"\nhost = \"localhost\"\nport = {port}\n\
                 username = \"{user}\"\npassword = {{ file = \"secrets/mail\" }}\n{more}",
                port = peers.port("SMTP_SUBMISSION"),
            ),
        );
        lab.site.write("secrets/mail", peers.says("MAIL_PASSWORD"));
        lab
    }

    /// The same, as a poster whom nobody else knows.
    fn posting_to(peers: &Peers, to: &str, more: &str) -> Self {
        Self::writing_as(peers, &format!("{}@lab.test", unique("poster")), to, more)
    }

    fn with_channel(peers: &Peers, mail: &str) -> Self {
        let head = "kind = \"mail\"\nupdate = \"follow-up\"\nclose = \"follow-up\"\n[mail]\n";
        Self::with_file(peers, "list", &format!("{head}from_name = \"Küstenlabor\"\n{mail}"))
    }

    /// With this file for its only channel.
    fn with_file(peers: &Peers, channel: &str, file: &str) -> Self {
        let site = TestSite::with_channels(&[]);
        std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
        site.waits_for_no_page();
        site.write(PAGE, page(Utc::now()));
        site.write(&format!("channels/{channel}.toml"), file);
        let certificate = peers.says("CA");
        Self { site, trust: Trust::ThePeers, certificate, later: TimeDelta::zero() }
    }

    fn wait(&mut self, minutes: i64) {
        self.later += TimeDelta::minutes(minutes);
    }

    fn handbill(&self, command: &[&str]) -> Ran {
        let at = (Utc::now() + self.later).to_rfc3339();
        let environment = [("SSL_CERT_FILE", self.certificate.as_str())];
        let environment = if self.trust == Trust::ThePeers { &environment[..] } else { &[] };
        self.site.run_with(&[command, &["--at", &at]].concat(), environment)
    }

    /// The daemon; it ends when this is dropped.
    fn serve(&self) -> Daemon {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handbill"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .current_dir(self.site.root())
            .env("SSL_CERT_FILE", &self.certificate)
            .env_remove("NOTIFY_SOCKET")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Daemon(command.spawn().expect("the daemon begins"))
    }

    fn post(&self) -> Ran {
        self.handbill(&["post"])
    }

    /// Half an hour later it looks again.
    fn look_again(&mut self) {
        self.wait(30);
        let post = self.post();
        assert_eq!(post.code, 0, "{post:?}");
    }

    /// Later, as often as it takes for everything to come right by itself.
    fn settle_down(&mut self) {
        for _ in 0..4 {
            self.wait(30);
            self.post();
        }
    }

    /// The row of the log for an occasion.
    fn row(&self, occasion: &str) -> Value {
        let log = self.site.run(&["log", "--format", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&log.out).unwrap_or_else(|_| panic!("{log:?}"));
        let mut found = rows.into_iter().filter(|row| row["occasion"] == occasion);
        let row = found.next().unwrap_or_else(|| panic!("no {occasion}: {log:?}"));
        assert!(found.next().is_none(), "two of {occasion}: {log:?}");
        row
    }

    /// Where the copy of the ad stands, or else its delivery.
    fn standing(&self) -> String {
        let row = self.row("announce");
        let copy = row["copy"].as_str().filter(|_| row["state"] == "posted");
        copy.or(row["state"].as_str()).unwrap().to_owned()
    }

    /// Reads what came back by mail until the announcement's copy, or else its state, is this.
    async fn hears(&self, wanted: &str) -> Value {
        wait_for(wanted, async || {
            let read = self.handbill(&["mailbox"]);
            assert_eq!(read.code, 0, "{read:?}");
            (self.standing() == wanted).then(|| self.row("announce"))
        })
        .await
    }

    /// Has a poster's mailbox read.
    fn reads_the_mail_of(&self, user: &str, peers: &Peers) {
        let site = self.site.read("handbill.toml");
        let mailbox = format!(
            "\n[mailbox]\nhost = \"localhost\"\nport = {}\nusername = \"{}\"\n\
             password = {{ file = \"secrets/mail\" }}\n",
            peers.port("IMAPS"),
            user,
        );
        self.site.write("handbill.toml", site + &mailbox);
    }

    /// Where the copy of an occasion stands, or will stand once it arrives.
    fn link(&self, occasion: &str) -> String {
        let id = self.row(occasion)["id"].as_str().unwrap().to_owned();
        let shown = self.site.run(&["log", "show", &id, "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"));
        let link = &shown["delivery"]["receipt"]["link"];
        link.as_str().unwrap_or_else(|| panic!("no link: {shown:#}")).to_owned()
    }

    /// The Message-ID on record for an occasion, without angle brackets.
    fn message_id(&self, occasion: &str) -> String {
        let id = self.row(occasion)["id"].as_str().unwrap().to_owned();
        let shown = self.site.run(&["log", "show", &id]);
        let mut lines =
            shown.out.lines().filter_map(|line| line.trim().split_once("Message-ID: <"));
        let (_, id) = lines.next().unwrap_or_else(|| panic!("{shown:?}"));
        id.trim_end_matches('>').to_owned()
    }

    fn attempts(&self) -> usize {
        let id = self.row("announce")["id"].as_str().unwrap().to_owned();
        let shown = self.site.run(&["log", "show", &id, "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"));
        shown["attempts"].as_array().unwrap().len()
    }
}

const SUBJECT_WORDS: &str = "PhD position in tidal forecasting";
/// Longer than a line of a mail.
const LONG_LINK: &str = "https://tidal.example/harbours/gauges?station=nordhafen-west&from=1867-01-01&until=2026-12-31&format=netcdf4";
const LINKS: [&str; 3] =
    ["https://tidal.example/lab", LONG_LINK, "https://tidal.example/handbook#phd"];

fn page(now: DateTime<Utc>) -> String {
    let deadline = (now + TimeDelta::days(60)).format("%Y-%m-%d");
    format!(
        "---\ntitle: \"{SUBJECT_WORDS}\"\ndate: {date}\njob:\n  id: tides\n  deadline: {deadline}\n---\n\n\
         Forecast the tides of fourteen harbours with [our group]({}), in the Küstenlabor.\n\n\
         The gauges are [open data](<{}>), and what a doctorate is here says {}.\n\n\
         | What | How |\n|---|---|\n| Pay | TV-L E13, 75 % |\n\n\
         The position starts in June 2027.\n",
        LINKS[0],
        LINKS[1],
        LINKS[2],
        date = now.to_rfc3339(),
    )
}

/// Asks again and again until there is an answer.
async fn wait_for<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "this did not come: {what}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// A name that no other test has, and no other run of this one.
fn unique(name: &str) -> String {
    format!("{name}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8])
}
