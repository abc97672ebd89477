//! The real program is killed at every named point of the engine, started again, and counted
//! (promises 1, 2 and 4). Real processes, real sockets, real signals.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use handbill::deliver::fail_point::POINTS;
use handbill::rehearsal::copies::StoredCopy;
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{KeyPolicy, MastodonStandIn, Options};
use handbill::rehearsal::x::{self, XStandIn};
use serde_json::Value;

use super::{PAGE, folder};
use crate::support::TestSite;

/// A Mastodon server that honours no key, an X, a feed and a person; and a site that posts there.
struct Life {
    site: TestSite,
    clock: SharedClock,
    mastodon: MastodonStandIn,
    x: XStandIn,
}

impl Life {
    async fn begin() -> Self {
        let site = folder(&["mastodon", "x", "feed", "office"]);
        let clock = SharedClock::new(Utc::now());
        let options = Options { keys: KeyPolicy::Ignored, ..Options::default() };
        let account = x::Options {
            username: "tidal_computing".to_owned(),
            user_id: "1000000000000000001".to_owned(),
            ..x::Options::default()
        };
        let mastodon = MastodonStandIn::start("mastodon", options, clock.clone()).await.unwrap();
        let x = XStandIn::start("x", account, clock.clone()).await.unwrap();
        for file in ["mastodon", "x"] {
            let path = format!("channels/{file}.toml");
            let text = site.read(&path);
            let places = ["token", "ck", "cs", "at", "ats"];
            let mut places = if file == "mastodon" { &places[..1] } else { &places[1..] }.iter();
            let mut text = text.replace("https://social.example", mastodon.url().as_str());
            while let Some(place) = places.next().filter(|_| text.contains("{ env = \"UNUSED\" }"))
            {
                text =
                    text.replacen("{ env = \"UNUSED\" }", &format!("{{ file = \"{place}\" }}"), 1);
            }
            if file == "x" {
                text.push_str(&format!("api = \"{0}\"\nweb = \"{0}\"\n", x.url()));
            } else {
                text.push_str("software = \"other\"\n");
            }
            site.write(&path, text);
        }
        let keys = &x.options().keys;
        site.write("token", mastodon.token());
        site.write("ck", &keys.consumer_key);
        site.write("cs", &keys.consumer_secret);
        site.write("at", &keys.access_token);
        site.write("ats", &keys.access_token_secret);
        Self { site, clock, mastodon, x }
    }

    /// The time that the program is told, so that it need not be waited for.
    fn now(&self) -> String {
        self.clock.now().to_rfc3339()
    }

    /// Runs `handbill post` until it reaches a point, and kills it there. Returns whether it came
    /// that far.
    fn kill_at(&self, point: &str) -> bool {
        let mut program = Command::new(env!("CARGO_BIN_EXE_handbill"))
            .args(["post", "--at", &self.now()])
            .current_dir(self.site.root())
            .env("HANDBILL_HALT_AT", point)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(program.stderr.take().unwrap()).lines();
        let halted = lines.map_while(Result::ok).any(|it| it == format!("halted at {point}"));
        // SIGKILL: nothing is tidied up.
        let _ = program.kill();
        program.wait().unwrap();
        halted
    }

    fn post(&self) -> i32 {
        self.site.run(&["post", "--at", &self.now()]).code
    }

    fn copies(&self) -> Vec<(&'static str, Vec<StoredCopy>)> {
        vec![("mastodon", self.mastodon.copies()), ("x", self.x.copies())]
    }

    /// Later, as often as it takes for everything to come right by itself.
    fn settle_down(&self) {
        for _ in 0..4 {
            self.clock.advance(TimeDelta::minutes(20));
            self.post();
        }
    }

    fn assert_once(&self, what: &str) {
        for (channel, copies) in self.copies() {
            assert_eq!(copies.len(), 1, "{what}: {channel}: {copies:#?}");
        }
        let log = self.site.run(&["log", "--format", "json"]);
        let rows: Value = serde_json::from_str(&log.out).unwrap();
        for row in rows.as_array().unwrap() {
            let expected = if row["channel"] == "office" { "asked" } else { "posted" };
            assert_eq!(row["state"], expected, "{what}: {row:#}");
        }
        assert_eq!(rows.as_array().unwrap().len(), 4, "{what}: {rows:#}");
        let check = self.site.run(&["ledger", "check"]);
        assert_eq!(check.code, 0, "{what}: {check:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_and_started_again_it_posts_once() {
    // The one after a search and the one between two requests have tests of their own.
    for point in POINTS.into_iter().filter(|it| !["after-find", "after-step"].contains(it)) {
        let life = Life::begin().await;
        tokio::task::block_in_place(|| {
            assert!(life.kill_at(point), "{point} was not reached");
            life.settle_down();
            life.assert_once(point);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_posts_once() {
    let life = Life::begin().await;
    tokio::task::block_in_place(|| {
        for point in ["after-claim", "after-send", "after-settle", "before-claim", "planned"] {
            life.kill_at(point);
            life.clock.advance(TimeDelta::minutes(20));
        }
        life.settle_down();
        life.assert_once("all of them");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_finds_out_it_posts_once() {
    let life = Life::begin().await;
    life.mastodon.faults().push(Fault::StoreThenDrop);
    life.x.faults().push(Fault::DropBeforeStoring);
    tokio::task::block_in_place(|| {
        assert_eq!(life.post(), 3, "two outcomes are unknown");
        life.clock.advance(TimeDelta::minutes(30));
        assert!(life.kill_at("after-find"));
        life.settle_down();
        life.assert_once("after-find");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_leaves_what_a_live_one_is_sending_alone() {
    let life = Life::begin().await;
    life.mastodon.faults().push(Fault::Delay(Duration::from_secs(4)));
    let mut slow = Command::new(env!("CARGO_BIN_EXE_handbill"))
        .args(["post", "--at", &life.now()])
        .current_dir(life.site.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    tokio::task::block_in_place(|| {
        for _ in 0..500 {
            if !life.mastodon.copies().is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        life.post();
        slow.wait().unwrap();
        life.settle_down();
        life.assert_once("two processes");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_step_a_thread_is_there_once() {
    let life = Life::begin().await;
    let waves: String = (1..50).map(|n| format!("Wave {n} rises and falls. ")).collect();
    life.site.replace(PAGE, "The position starts", &format!("{waves}The position starts"));
    let file = life.site.read("channels/mastodon.toml");
    life.site.write("channels/mastodon.toml", format!("thread = \"plain\"\n{file}"));
    tokio::task::block_in_place(|| {
        let mut killed = 0;
        for _ in 0..10 {
            killed += usize::from(life.kill_at("after-step"));
            life.clock.advance(TimeDelta::minutes(60));
        }
        life.settle_down();
        let copies = life.mastodon.copies();
        assert!(killed >= 3 && killed == copies.len(), "{killed}: {copies:#?}");
        for pair in copies.windows(2) {
            assert_eq!(pair[1].answers.as_ref(), Some(&pair[0].id));
        }
        let texts: BTreeSet<&str> = copies.iter().map(|it| it.original.text.as_str()).collect();
        assert_eq!(texts.len(), copies.len(), "each part once");
    });
}
