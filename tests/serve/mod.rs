//! The daemon as a real process, with real sockets, files and signals, against stand-ins
//! (promises 1 to 5 and 10): nothing doubled, nothing lost, and each trouble visible.

mod beside;
mod feeds;
mod life;
mod machines;
mod metrics_page;
mod notices;
mod supervised;
mod telling;
mod trouble;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::Utc;
use handbill::rehearsal::copies::StoredCopy;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{MastodonStandIn, Options};
use serde_json::Value;

use crate::deliver::{PAGE, folder};
use crate::support::TestSite;

/// However slow the machine is: what does not come in this time does not come.
const PATIENCE: Duration = Duration::from_secs(300);

/// Asks again and again until there is an answer.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "this did not come: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A site with one page and one channel, and the server of that channel.
struct World {
    site: TestSite,
    mastodon: MastodonStandIn,
}

impl World {
    async fn new() -> Self {
        let site = folder(&["mastodon"]);
        let clock = SharedClock::new(Utc::now());
        let mastodon = MastodonStandIn::start("mastodon", Options::default(), clock).await.unwrap();
        let channel = "channels/mastodon.toml";
        site.replace(channel, "https://social.example", mastodon.url().as_str());
        site.replace(channel, "{ env = \"UNUSED\" }", "{ file = \"token\" }");
        site.write("token", mastodon.token());
        Self { site, mastodon }
    }

    /// Adds to the site's file.
    fn configure(&self, text: &str) {
        let before = self.site.read("handbill.toml");
        self.site.write("handbill.toml", format!("{before}\n{text}\n"));
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.mastodon.copies()
    }

    /// Waits until the page is announced.
    fn announced(&self) {
        wait_for("a copy", || (!self.copies().is_empty()).then_some(()));
    }

    fn change_page(&self) {
        self.site.replace(PAGE, "The position starts in June 2027.", "It starts in July 2027.");
    }

    /// Waits until the copy says what the page says after [`World::change_page`].
    fn edited(&self) {
        wait_for("an edit", || self.copies().iter().any(|it| !it.edits.is_empty()).then_some(()));
    }

    /// The rows of `handbill log`.
    fn log(&self) -> Vec<Value> {
        let log = self.site.run(&["log", "--format", "json"]);
        serde_json::from_str::<Vec<Value>>(&log.out).unwrap_or_else(|_| panic!("{log:?}"))
    }

    /// Waits until the log says of the announcement what it should, and nothing is doubled.
    fn assert_posted_once(&self) {
        wait_for("`posted` in the log", || {
            self.log().iter().any(|row| row["state"] == "posted").then_some(())
        });
        assert_eq!(self.copies().len(), 1, "{:#?}", self.copies());
        let check = self.site.run(&["ledger", "check"]);
        assert_eq!(check.code, 0, "{check:?}");
    }

    fn serve(&self) -> Daemon {
        self.serve_with(&[])
    }

    fn serve_with(&self, arguments: &[&str]) -> Daemon {
        Daemon::start(self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        command(&self.site, arguments)
    }
}

/// `handbill serve` in a site's folder, at a port that is free.
pub fn command(site: &TestSite, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handbill"));
    command
        .args(["--log-format", "json", "serve"])
        .args(arguments)
        .current_dir(site.root())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    for name in ["INVOCATION_ID", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        command.env_remove(name);
    }
    command
}

/// A running `handbill serve`; killed when it is dropped.
pub struct Daemon {
    process: Child,
    lines: Arc<Mutex<Vec<Value>>>,
}

impl Daemon {
    pub fn start(mut command: Command) -> Self {
        let mut process = command.spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = process.stderr.take() {
            let lines = Arc::clone(&lines);
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                    lines.lock().unwrap().push(line);
                }
            });
        }
        Self { process, lines }
    }

    fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    /// The lines of the log whose message holds these words.
    fn said(&self, words: &str) -> Vec<Value> {
        let says = |line: &Value| line["message"].as_str().is_some_and(|it| it.contains(words));
        self.lines().into_iter().filter(says).collect()
    }

    fn wait_until_said(&self, words: &str) {
        wait_for(words, || (!self.said(words).is_empty()).then_some(()));
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits for its end.
    fn ended(&mut self) -> i32 {
        let status = wait_for("the end of the process", || self.process.try_wait().unwrap());
        status.code().unwrap_or(-1)
    }

    fn stop(mut self) {
        self.signal("-TERM");
        assert_eq!(self.ended(), 0, "{:#?}", self.lines());
    }

    pub fn address(&self) -> String {
        wait_for("the address", || {
            let said = self.said("health and metrics are answered");
            said.last().and_then(|line| line["at"].as_str().map(str::to_owned))
        })
    }

    /// Status and body of an answer.
    fn get(&self, path: &str) -> (u16, String) {
        get(&self.address(), path)
    }

    pub fn health(&self) -> (u16, Value) {
        let (status, body) = self.get("/healthz");
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    }

    /// Waits until health fails about something, and says how.
    fn wait_until_failing(&self, about: &str) -> String {
        wait_for(about, || {
            let (status, health) = self.health();
            let problems = health["problems"].as_array()?.clone();
            let problem = problems.into_iter().find(|it| it["about"] == about)?;
            assert_eq!(status, 503, "{health:#}");
            problem["what"].as_str().map(str::to_owned)
        })
    }

    fn wait_until_well(&self) {
        wait_for("health", || {
            let (status, health) = self.health();
            (status == 200 && health["rounds"]["done"] != 0).then_some(())
        });
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
    (status, body.to_owned())
}
