//! The web page of the real daemon over HTTP, as a browser sends it: what everybody sees, what only
//! who is logged in may change, and what is refused.

mod deciding;
mod logging_in;
mod looking;
mod preview;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::deliver::{PAGE, folder};
use crate::serve::{Daemon, command, wait_for};
use crate::support::TestSite;

const TOKEN: &str = "4bf2c7d8a90e13f5b6c7d8e9fa0b1c2d";

/// However slow the machine is: what does not come in this time does not come.
const PATIENCE: Duration = Duration::from_secs(300);

/// A site, its daemon, and who looks at its page.
struct World {
    site: TestSite,
    daemon: Daemon,
    address: String,
    cookie: Option<String>,
}

/// What the daemon answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// What stands in a hidden field of the page.
    fn field(&self, name: &str) -> Option<&str> {
        let begin = format!("name=\"{name}\" value=\"");
        Some(self.body.split_once(&begin)?.1.split_once('"')?.0)
    }

    fn says(&self, words: &str) -> bool {
        self.body.contains(words)
    }
}

/// A site with one open ad whose feed needs somebody's agreement, and with a form that a person fills
/// in; one person may change something.
fn site() -> TestSite {
    let site = folder(&["feed", "office"]);
    site.replace("channels/feed.toml", "kind = \"feed\"\n", "kind = \"feed\"\napproval = true\n");
    site.write("secrets/brandt", TOKEN);
    configure(&site, "[serve.web]\ntokens = { \"M. Brandt\" = { file = \"secrets/brandt\" } }");
    site
}

fn configure(site: &TestSite, text: &str) {
    let before = site.read("handbill.toml");
    site.write("handbill.toml", format!("{before}\n{text}\n"));
}

/// Has the ad hold what would be markup, or turn a line round, if nobody looked after it.
fn hostile(site: &TestSite) {
    site.replace(
        PAGE,
        "PhD position in Tides",
        "PhD \\u202Etfel\\u202C \\u0007 a < b \\\"q\\\" 'x' &lt;script&gt; <img src=x",
    );
    let markup = "`</pre><form action=https://evil.example>` harbours";
    site.replace(PAGE, "fourteen harbours", markup);
}

impl World {
    fn new() -> Self {
        Self::of(site())
    }

    /// Serves a site, and waits until everything was looked at once.
    fn of(site: TestSite) -> Self {
        // What somebody decides is not found by the next look at everything.
        site.replace("handbill.toml", "[serve.web]", "[serve]\nscan = \"12h\"\n\n[serve.web]");
        let daemon = Daemon::start(command(&site, &[]));
        let address = daemon.address();
        let world = Self { site, daemon, address, cookie: None };
        wait_for("a round", || (world.daemon.health().1["rounds"]["done"] != 0).then_some(()));
        world
    }

    fn logged_in() -> Self {
        let mut world = Self::new();
        world.log_in();
        world
    }

    fn log_in(&mut self) {
        let answer = self.post("/login", &[("secret", TOKEN)]);
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap();
        self.cookie = cookie.split(';').next().map(str::to_owned);
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// Sends a form as a page of ours does.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, &format!("http://{}", self.address), fields)
    }

    fn post_from(&self, path: &str, origin: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let headers = [("Origin", origin), ("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &headers, &form.extend_pairs(fields).finish())
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut lines = String::new();
        if !headers.iter().any(|(name, _)| *name == "Host") {
            lines += &format!("Host: {}\r\n", self.address);
        }
        if let Some(cookie) = &self.cookie {
            lines += &format!("Cookie: {cookie}\r\n");
        }
        for (name, value) in headers {
            lines += &format!("{name}: {value}\r\n");
        }
        let length = body.len();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The row of a channel in `handbill log`.
    fn row(&self, channel: &str) -> Option<Value> {
        let log = self.site.run(&["log", "--format", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&log.out).unwrap_or_else(|_| panic!("{log:?}"));
        rows.into_iter().find(|row| row["channel"] == channel)
    }

    /// Waits until the log says of a channel what it should.
    fn wait_until(&self, channel: &str, state: &str) -> Value {
        wait_for(state, || self.row(channel).filter(|row| row["state"] == state))
    }

    /// Who did something, as the ledger has it.
    fn history(&self, id: &str) -> String {
        self.site.run(&["log", "show", id]).out
    }
}

/// A server that takes every request and answers none: nobody knows what became of it.
pub fn silent_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 16 * 1024]);
        }
    });
    format!("http://{address}")
}
