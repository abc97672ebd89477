//! Secrets stay secret (promise 9): one of each kind is planted, servers say back whatever they are
//! told, and everything that Handbill prints, writes or answers is searched for every form of it.

mod echo;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use handbill::evidence::archive::Archive;

use crate::support::line::Line;
use crate::support::{self, Ran, TestSite, postgres};
use echo::{HttpEcho, MailEcho};

const PAGE: &str = "content/jobs/postdoc-sediment-transport/index.md";
const AT: &str = "2027-01-20T09:00:00Z";

/// The variables that hold a credential. Each has signs that are written otherwise in URLs, JSON and
/// HTML.
const PLANTED: [(&str, &str); 11] = [
    ("HANDBILL_MASTODON_TOKEN", "mastodon-7f3a/+\"<&=seed"),
    ("HANDBILL_X_CONSUMER_KEY", "x-key-81c2/+\"<&=seed"),
    ("HANDBILL_X_CONSUMER_SECRET", "x-secret-52d0/+\"<&=seed"),
    ("HANDBILL_X_ACCESS_TOKEN", "x-token-09ab/+\"<&=seed"),
    ("HANDBILL_X_ACCESS_TOKEN_SECRET", "x-token-secret-c4e7/+\"<&=seed"),
    ("HANDBILL_BLUESKY_APP_PASSWORD", "bluesky-33b1/+\"<&=seed"),
    ("HANDBILL_LINKEDIN_TOKEN", "linkedin-6d5f/+\"<&=seed"),
    ("HANDBILL_BOARD_TOKEN", "board-e28c/+\"<&=seed"),
    ("HANDBILL_LIST_PASSWORD", "list-a917/+\"<&=seed"),
    ("HANDBILL_WEBHOOK_SECRET", "webhook-4b60/+\"<&=seed"),
    ("HANDBILL_MAILBOX_PASSWORD", "mailbox-f05d/+\"<&=seed"),
];
/// A credential in an address, as chat services want it.
const HOOK: &str = "hook-91d3seed";

/// Every form in which bytes that hold the credential could be written.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let percent = |text: &str| -> String {
        let encoded = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(encoded).collect()
    };
    let json = serde_json::to_string(secret).expect("JSON");
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let mut forms = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        json.trim_matches('"').replace('\\', "\\\\"),
        percent(secret),
        percent(&percent(secret)),
        html,
        HEXLOWER.encode(secret.as_bytes()),
        // Up to the first sign that is written otherwise somewhere: what is cut off shows this much.
        secret.split('/').next().expect("a beginning").to_owned(),
    ];
    // Base64 of it anywhere in a longer text: only the ends depend on what stands around it.
    for before in 0..3 {
        let shifted = [&[b' '; 2][..before], secret.as_bytes()].concat();
        for encoded in [BASE64.encode(&shifted), BASE64URL_NOPAD.encode(&shifted)] {
            forms.push(encoded[4..encoded.len() - 5].to_owned());
        }
    }
    forms.into_iter().map(String::into_bytes).collect()
}

/// Looks for planted credentials.
struct Search {
    forms: Vec<(&'static str, Vec<u8>)>,
    found: Vec<String>,
    looked_at: usize,
}

impl Search {
    fn new() -> Self {
        let planted = PLANTED.iter().map(|(name, secret)| (*name, *secret));
        let forms = planted
            .chain([("the address of the webhook", HOOK)])
            .flat_map(|(name, secret)| forms(secret).into_iter().map(move |form| (name, form)))
            .collect();
        Self { forms, found: Vec::new(), looked_at: 0 }
    }

    fn for_one(name: &'static str, secret: &str) -> Self {
        let forms = forms(secret).into_iter().map(|form| (name, form)).collect();
        Self { forms, found: Vec::new(), looked_at: 0 }
    }

    fn look(&mut self, place: &str, bytes: &[u8]) {
        self.looked_at += 1;
        for (name, form) in &self.forms {
            if let Some(at) = bytes.windows(form.len()).position(|window| window == form) {
                let around = &bytes[at.saturating_sub(60)..(at + form.len() + 20).min(bytes.len())];
                let around = String::from_utf8_lossy(around).into_owned();
                self.found.push(format!("{name} in {place}: {around}"));
            }
        }
    }
}

/// A site with all channels on servers that say back what they are told.
struct World {
    site: TestSite,
    http: HttpEcho,
}

impl World {
    fn new() -> Self {
        let (site, http, mail) = (TestSite::new(), HttpEcho::start(), MailEcho::start());
        std::fs::remove_dir_all(site.path("content/jobs/phd-tidal-forecasting")).expect("a page");
        let base = &http.base;
        site.replace("channels/mastodon.toml", "https://social.example", base);
        site.replace("channels/bluesky.toml", "https://bsky.social", base);
        site.replace("channels/x.toml", "[x]\n", &format!("[x]\napi = \"{base}\"\n"));
        site.replace(
            "channels/linkedin.toml",
            "[linkedin]\n",
            &format!("[linkedin]\napi = \"{base}\"\n"),
        );
        site.replace("channels/board.toml", "https://jobs.example/api", base);
        site.replace(
            "channels/list.toml",
            "host = \"mail.tidal.example\"",
            &format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"", mail.port),
        );
        let file = site.read("handbill.toml");
        site.write(
            "handbill.toml",
            format!(
                "{file}\n[plan]\nwait_for_page = false\n\
                 [notices]\nwebhook = {{ url = {{ file = \"hook\" }}, \
                 secret = {{ env = \"HANDBILL_WEBHOOK_SECRET\" }} }}\n\
                 [mailbox]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n\
                 username = \"jobs\"\npassword = {{ env = \"HANDBILL_MAILBOX_PASSWORD\" }}\n",
                mail.port
            ),
        );
        site.write("hook", format!("{base}/{HOOK}"));
        Self { site, http }
    }

    fn run(&self, search: &mut Search, arguments: &[&str]) -> Ran {
        let arguments = [&["--log-level", "trace"], arguments].concat();
        let ran = self.site.run_with(&arguments, &PLANTED);
        let command = arguments.join(" ");
        search.look(&format!("the output of `{command}`"), ran.out.as_bytes());
        search.look(&format!("the errors of `{command}`"), ran.err.as_bytes());
        ran
    }

    /// What the daemon answers and logs.
    fn serve(&self, search: &mut Search) {
        let arguments =
            ["--log-level", "trace", "--log-format", "json", "serve", "--listen", "127.0.0.1:0"];
        let mut daemon = support::command(&self.site.root(), &arguments)
            .envs(PLANTED)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a daemon");
        let mut lines = BufReader::new(daemon.stderr.take().expect("its log"));
        let mut log = String::new();
        let address = loop {
            let before = log.len();
            assert_ne!(lines.read_line(&mut log).expect("a line"), 0, "the daemon ended: {log}");
            let line: serde_json::Value = serde_json::from_str(&log[before..]).unwrap_or_default();
            if line["message"].as_str().is_some_and(|it| it.contains("are answered")) {
                break line["at"].as_str().expect("an address").to_owned();
            }
        };
        for path in ["/metrics", "/healthz", "/"] {
            let mut stream = std::net::TcpStream::connect(&address).expect("a connection");
            write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
                .expect("a request");
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).expect("an answer");
            search.look(path, &answer);
        }
        let id = daemon.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        lines.read_to_string(&mut log).expect("the log");
        daemon.wait().expect("its end");
        search.look("the log of the daemon", log.as_bytes());
    }
}

#[test]
fn no_credential_is_found_in_anything_that_is_printed_written_or_answered() {
    let world = World::new();
    let mut search = Search::new();
    for arguments in [
        &["check", "--format", "json"][..],
        &["channels", "list", "--format", "json"],
        &["post", "--dry-run", PAGE, "--at", AT],
        &["post", "--dry-run", PAGE, "--at", AT, "--format", "json"],
        &["plan", "--at", AT, "--format", "json"],
        &["post", PAGE, "--now", "--at", AT],
        // The second time it asks what became of the first.
        &["post", PAGE, "--now", "--at", "2027-01-21T09:00:00Z", "--format", "json"],
        &["verify", "--at", AT],
        &["mailbox"],
        &["doctor", "--online"],
        &["doctor", "--online", "--format", "json"],
        &["write-back"],
        &["log", "--needs-me"],
        &["log", "--format", "html"],
        &["log", "--format", "csv"],
        &["log", "--format", "json"],
        &["log", "--format", "markdown"],
        &["ledger", "check"],
        &["ledger", "export"],
        &["ledger", "backup", "backup.db"],
        &["evidence", "tcg-04-2027"],
    ] {
        world.run(&mut search, arguments);
    }
    let log = world.run(&mut search, &["log", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&log.out).expect("the log");
    assert!(rows.len() >= 7, "each channel was posted to: {}", log.out);
    for row in &rows {
        world.run(&mut search, &["log", "show", row["id"].as_str().expect("an id")]);
    }
    world.serve(&mut search);

    // What was said back really held the credentials.
    let asked = world.http.asked();
    for secret in ["mastodon-7f3a", "board-e28c", "linkedin-6d5f", "bluesky-33b1", HOOK] {
        assert!(asked.contains(secret), "{secret} was sent to its server");
    }
    // All files of the site, the ledger's among them, but for the one that holds a credential.
    for (path, bytes) in world.site.snapshot() {
        let name = path.strip_prefix(world.site.root()).expect("a file of the site");
        if name == std::path::Path::new("hook") {
            continue;
        }
        search.look(&name.display().to_string(), &bytes);
        if let Ok(archive) = Archive::read(&bytes) {
            for (file, bytes) in &archive.files {
                search.look(&format!("{} of {}", file, name.display()), bytes);
            }
        }
    }
    assert!(search.looked_at > 60, "only {} places were searched", search.looked_at);
    assert!(search.found.is_empty(), "{}", search.found.join("\n\n"));
}

/// The password of the server that holds the ledger, which asks for none.
const LEDGER_PASSWORD: &str = "ledger-5c1eseed";

#[test]
fn the_password_of_the_ledgers_server_is_found_nowhere() {
    let Some(server) = postgres::needed() else { return };
    let site = TestSite::with_channels(&["careers-office"]);
    site.waits_for_no_page();
    let line = Line::to(&server);
    let mut address = url::Url::parse(&line.address()).expect("an address");
    address.query_pairs_mut().append_pair("password", LEDGER_PASSWORD);
    site.keeps_its_ledger_at(address.as_str());
    let mut search = Search::for_one("the password of the ledger's server", LEDGER_PASSWORD);
    let commands: [&[&str]; 9] = [
        &["post", PAGE, "--now", "--at", AT],
        &["log", "--format", "json"],
        &["doctor", "--format", "json"],
        &["plan", "--at", AT],
        &["ledger", "check"],
        &["ledger", "export"],
        &["ledger", "backup", "backup.db"],
        &["ledger", "migrate", "--format", "json"],
        &["evidence", "tcg-04-2027"],
    ];
    let mut run_all = |which: &str| {
        for arguments in commands {
            let ran = site.run(&[&["--log-level", "trace"], arguments].concat());
            let command = arguments.join(" ");
            search.look(&format!("`{command}` {which}"), format!("{ran:?}").as_bytes());
        }
    };
    run_all("with its server");
    line.cut();
    run_all("without its server");
    for (path, bytes) in site.snapshot() {
        if !path.ends_with("state/address") {
            search.look(&path.display().to_string(), &bytes);
        }
    }
    assert!(search.looked_at > 2 * commands.len());
    assert!(search.found.is_empty(), "{}", search.found.join("\n\n"));
}

#[test]
fn a_credential_is_found_however_it_is_written() {
    let (name, secret) = PLANTED[0];
    for text in [
        format!("Authorization: Bearer {secret}"),
        serde_json::json!({ "token": secret }).to_string(),
        format!("Basic {}", BASE64.encode(format!("jobs:{secret}").as_bytes())),
        BASE64.encode(format!("\0jobs@lists.example\0{secret}").as_bytes()),
        "?token=mastodon-7f3a%2F%2B%22%3C%26%3Dseed&x=1".to_owned(),
    ] {
        let mut search = Search::new();
        search.look("a text", text.as_bytes());
        assert!(search.found.iter().any(|found| found.starts_with(name)), "{text}");
    }
}
