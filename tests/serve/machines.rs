//! Several machines serve one site, with their ledger in PostgreSQL: each delivery is had by one of
//! them, also where a machine dies, or the ledger goes away in the middle of an attempt.

use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use handbill::rehearsal::fault::Fault;

use super::{Daemon, World, command, wait_for};
use crate::deliver::PAGE;
use crate::notice::{Hook, OFFICE};
use crate::support::line::Line;
use crate::support::postgres;

impl World {
    /// With its ledger in PostgreSQL, and the line to it; `None` where no PostgreSQL runs.
    async fn in_postgres() -> Option<(Self, Line)> {
        let line = Line::to(&postgres::needed()?);
        let world = Self::new().await;
        world.site.keeps_its_ledger_at(&line.address());
        Some((world, line))
    }

    /// Writes another ad.
    fn another_page(&self) {
        let page = self.site.read(PAGE);
        let other = page.replace("id: tides", "id: waves").replace("in Tides", "in Waves");
        self.site.write("content/jobs/waves/index.md", other);
    }

    /// How many attempts were made to create something.
    fn creating_requests(&self) -> usize {
        self.mastodon.creating_requests()
    }

    fn state_of(&self, posting: &str) -> String {
        let log = self.log();
        let row = log.iter().find(|row| row["posting"] == posting);
        row.map(|row| row["state"].as_str().unwrap().to_owned()).unwrap_or_default()
    }
}

/// The command on a machine of this name, whose processes others cannot look at.
fn on_the_machine(name: &str, command: &Command) -> Command {
    let mut there = Command::new("unshare");
    there
        .args(["--uts", "sh", "-c", "hostname \"$0\" && exec \"$@\"", name])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => there.env(name, value),
            None => there.env_remove(name),
        };
    }
    there
}

/// Whether machines can be told apart here, which needs root.
fn has_machines() -> bool {
    let has = Command::new("unshare").args(["--uts", "true"]).output();
    let has = has.is_ok_and(|ran| ran.status.success());
    assert!(has || std::env::var_os("CI").is_none(), "`unshare --uts` has to work in CI");
    has
}

/// A minute is a second while nobody is at work.
fn quickly(from: chrono::DateTime<Utc>) -> [String; 4] {
    ["--at".into(), from.to_rfc3339(), "--speed".into(), "60".into()]
}

fn as_words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_post_once_and_tell_once_though_their_clocks_differ() {
    let Some((world, _line)) = World::in_postgres().await else { return };
    if !has_machines() {
        return;
    }
    let hook = Hook::start().await;
    world.configure(&format!("[notices]\nwebhook = {{ url = \"{}\" }}", hook.address));
    world.site.write("channels/office.toml", OFFICE);
    let other = world.site.on_another_machine();
    let now = Utc::now();
    let clocks = [quickly(now), quickly(now + TimeDelta::minutes(1))];
    let [one, two] = [(&world.site, "one.example"), (&other, "two.example")];
    let start = |(site, name), clock: &[String; 4]| {
        Daemon::start(on_the_machine(name, &command(site, &as_words(clock))))
    };
    let (first, second) = (start(one, &clocks[0]), start(two, &clocks[1]));
    world.announced();
    wait_for("somebody is told of the errand", || (!hook.bodies().is_empty()).then_some(()));
    world.change_page();
    world.edited();
    world.another_page();
    wait_for("the other ad", || (world.copies().len() == 2).then_some(()));
    for daemon in [&first, &second] {
        daemon.wait_until_well();
    }
    first.stop();
    second.stop();
    let copies = world.copies();
    assert_eq!((copies.len(), world.creating_requests()), (2, 2), "{copies:#?}");
    assert_eq!(copies.iter().map(|it| it.edits.len()).sum::<usize>(), 1, "{copies:#?}");
    let mut told: Vec<String> = Vec::new();
    for body in hook.bodies() {
        for notice in body["notices"].as_array().unwrap() {
            told.push(format!("{} {}", notice["kind"], notice["delivery"]));
        }
    }
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "{told:#?}");
    let check = other.run(&["ledger", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_machine_was_sending_when_it_died_is_looked_up_by_another() {
    let Some((world, _line)) = World::in_postgres().await else { return };
    if !has_machines() {
        return;
    }
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(600)));
    let first = Daemon::start(on_the_machine("one.example", &world.command(&[])));
    world.announced();
    let other = world.site.on_another_machine();
    let clock = quickly(Utc::now());
    let second = Daemon::start(on_the_machine("two.example", &command(&other, &as_words(&clock))));
    second.wait_until_well();
    first.kill();
    // The other one goes on meanwhile.
    world.another_page();
    wait_for("the other ad", || (world.copies().len() == 2).then_some(()));
    wait_for("what the dead one left is found", || {
        (world.state_of("tides") == "posted").then_some(())
    });
    // It was given up as unknown, and never due.
    let lines = second.lines();
    let of_the_first = lines.iter().filter(|line| line["posting"] == "tides");
    let states: Vec<_> = of_the_first.filter_map(|line| line["to"].as_str()).collect();
    assert_eq!(states, ["unknown", "posted"], "{lines:#?}");
    second.stop();
    assert_eq!((world.copies().len(), world.creating_requests()), (2, 2));
    assert_eq!(world.site.run(&["ledger", "check"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_while_the_ledger_was_away_is_written_down_later() {
    let Some((world, line)) = World::in_postgres().await else { return };
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(3)));
    let daemon = world.serve();
    world.announced();
    line.cut();
    let since = Instant::now();
    let trouble = daemon.wait_until_failing("ledger");
    assert!(!trouble.contains("127.0.0.1"), "an address may hold a password: {trouble}");
    let failed = || daemon.health().1["rounds"]["failed"].as_u64().unwrap();
    wait_for("it is tried again", || (failed() > 1).then_some(()));
    // It waits in between: the first waits are of five seconds and ten.
    assert!(failed() <= 3 + since.elapsed().as_secs() / 5, "{}", failed());
    line.mend();
    daemon.wait_until_well();
    world.assert_posted_once();
    assert_eq!(world.creating_requests(), 1);
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_away_at_the_start_is_waited_for() {
    let Some((world, line)) = World::in_postgres().await else { return };
    line.cut();
    let daemon = world.serve();
    daemon.wait_until_failing("ledger");
    assert!(world.copies().is_empty());
    line.mend();
    world.announced();
    daemon.wait_until_well();
    world.assert_posted_once();
}

/// A server that stops answers some commits no more, though it has done them.
#[tokio::test(flavor = "multi_thread")]
async fn commits_whose_answers_are_lost_double_nothing() {
    let Some((world, line)) = World::in_postgres().await else { return };
    let clock = quickly(Utc::now());
    let daemon = world.serve_with(&as_words(&clock));
    for lost in 1..=6 {
        line.loses_the_answer_to_the_next_commit();
        wait_for("an answer is lost", || (line.lost() >= lost).then_some(()));
    }
    world.announced();
    world.change_page();
    for lost in 7..=10 {
        line.loses_the_answer_to_the_next_commit();
        wait_for("an answer is lost", || (line.lost() >= lost).then_some(()));
    }
    world.edited();
    wait_for("the edit is on record", || {
        let log = world.log();
        (log.len() == 2 && log.iter().all(|row| row["state"] == "posted")).then_some(())
    });
    daemon.stop();
    let copies = world.copies();
    assert_eq!((copies.len(), copies[0].edits.len()), (1, 1), "{copies:#?}");
    assert_eq!(world.site.run(&["ledger", "check"]).code, 0);
}
