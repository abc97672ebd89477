//! `handbill channels add`: a person agrees in a browser, played here by the test; the credential is
//! tried, and the channel's file names it without holding it. Servers are on loopback.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStderr, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::{Value, json as value};

use crate::channels::servers::{Scripted, json};
use crate::support::{Ran, TestSite, command};

/// The command under way.
struct Walk {
    child: Child,
    told: BufReader<ChildStderr>,
}

impl Walk {
    fn begin(site: &TestSite, arguments: &[&str]) -> Self {
        let mut child = command(&site.root(), arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        Self { child, told }
    }

    /// The address that a person is to open.
    fn address(&mut self) -> url::Url {
        let mut line = String::new();
        while self.told.read_line(&mut line).unwrap() > 0 {
            if let Some(address) = line.trim().strip_prefix("http") {
                return format!("http{address}").parse().unwrap();
            }
            line.clear();
        }
        panic!("no address was shown");
    }

    /// The same, of these pages and no others.
    fn address_at(&mut self, path: &str) -> url::Url {
        loop {
            let address = self.address();
            if address.path() == path {
                return address;
            }
        }
    }

    fn end(mut self) -> Ran {
        let (mut out, mut err) = (String::new(), String::new());
        self.told.read_to_string(&mut err).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        Ran { code: self.child.wait().unwrap().code().unwrap(), out, err }
    }
}

fn field(address: &url::Url, wanted: &str) -> String {
    let found = address.query_pairs().find(|(name, _)| name == wanted);
    found.unwrap_or_else(|| panic!("no {wanted} in {address}")).1.into_owned()
}

/// The browser is sent back with this query; what it is shown.
fn browse(redirect: &str, query: &str) -> String {
    let redirect: url::Url = redirect.parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", redirect.port().unwrap())).unwrap();
    let path = redirect.path();
    write!(stream, "GET {path}?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut shown = String::new();
    stream.read_to_string(&mut shown).unwrap();
    shown
}

fn agree(address: &url::Url) {
    let query = format!("code=c0de-17&state={}", field(address, "state"));
    let shown = browse(&field(address, "redirect_uri"), &query);
    assert!(shown.starts_with("HTTP/1.1 200 "), "{shown}");
}

fn json_of(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

/// A secret that only its owner reads, in a folder that git passes over.
fn assert_kept(site: &TestSite, file: &str, secret: &str) {
    assert_eq!(site.read(file).trim(), secret);
    let mode = site.path(file).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{file}");
    assert_eq!(site.read("secrets/.gitignore"), "*\n");
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

const ACCOUNT: &str = r#"{"id":"1","username":"tidal","acct":"tidal","display_name":"Tidal","locked":false,
  "created_at":"2026-01-01T00:00:00.000Z","followers_count":0,"following_count":0,"statuses_count":0,
  "note":"","url":"https://social.example/@tidal","avatar":"","avatar_static":"","header":"",
  "header_static":"","emojis":[],"fields":[],"bot":true,
  "source":{"privacy":"public","sensitive":false,"language":"en","note":"","fields":[]}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mastodon_account_is_added_by_agreeing_in_a_browser() {
    let server = Scripted::start([
        json(200, r#"{"client_id":"app-1","client_secret":"app-secret"}"#),
        json(200, r#"{"access_token":"t0ken-17","token_type":"Bearer"}"#),
        json(200, ACCOUNT),
    ])
    .await;
    let site = TestSite::with_channels(&["list"]);
    let arguments = ["channels", "add", "mastodon", "--server", &server.base, "--format", "json"];
    let mut walk = Walk::begin(&site, &arguments);
    let address = walk.address();
    assert!(address.as_str().starts_with(&format!("{}/oauth/authorize?", server.base)));
    assert_eq!(field(&address, "code_challenge_method"), "S256");

    // An answer to another question is told so, and waited on.
    let stray = browse(&field(&address, "redirect_uri"), "code=evil&state=guessed");
    assert!(stray.starts_with("HTTP/1.1 400 "), "{stray}");
    agree(&address);
    let told = json_of(&walk.end());
    assert_eq!(told["file"], "channels/mastodon.toml");
    assert!(told["identity"].as_str().unwrap().starts_with("@tidal@"), "{told}");

    let requests = server.requests();
    assert!(requests[0].starts_with("POST /api/v1/apps "), "{}", requests[0]);
    assert!(requests[1].starts_with("POST /oauth/token "), "{}", requests[1]);
    for part in
        ["grant_type=authorization_code", "code=c0de-17", "code_verifier=", "client_secret="]
    {
        assert!(requests[1].contains(part), "no {part} in {}", requests[1]);
    }
    assert_kept(&site, "secrets/mastodon-token", "t0ken-17");
    let file = site.read("channels/mastodon.toml");
    assert!(file.contains("token = { file = \"secrets/mastodon-token\" }"), "{file}");
    assert!(!file.contains("t0ken-17"), "{file}");
    let listed = json_of(&site.run(&["channels", "list", "--format", "json"]));
    assert_eq!(
        listed[1],
        value!({
            "name": "mastodon", "kind": "mastodon", "file": "channels/mastodon.toml",
        })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_x_account_is_added_with_an_app_of_ones_own() {
    let server = Scripted::start([
        json(200, r#"{"access_token":"access-1","refresh_token":"refresh-1","expires_in":7200}"#),
        json(200, r#"{"data":{"id":"42","username":"tidal_lab"}}"#),
        json(200, r#"{"access_token":"access-2","refresh_token":"refresh-2","expires_in":7200}"#),
        json(200, r#"{"data":{"id":"42","username":"tidal_lab"}}"#),
    ])
    .await;
    let site = TestSite::with_channels(&["list"]);
    site.write("client-secret", "app-secret\n");
    let secret = site.path("client-secret").display().to_string();
    let port = free_port();
    let mut walk = Walk::begin(
        &site,
        &[
            "channels",
            "add",
            "x",
            "--client-id",
            "app-1",
            "--client-secret-file",
            &secret,
            "--port",
            &port,
            "--api",
            &server.base,
            "--web",
            "https://x.example",
            "--name",
            "lab",
            "--format",
            "json",
        ],
    );
    let address = walk.address_at("/i/oauth2/authorize");
    assert!(field(&address, "scope").contains("offline.access"));
    agree(&address);
    let told = json_of(&walk.end());
    assert_eq!((&told["channel"], &told["identity"]), (&value!("lab"), &value!("@tidal_lab")));
    let requests = server.requests();
    // The app's secret is a password, not a field (`app-1:app-secret`).
    assert!(requests[0].contains("authorization: Basic YXBwLTE6YXBwLXNlY3JldA=="));
    assert!(!requests[0].contains("app-secret"));
    // Trying it has used the refresh token up: the next one is kept.
    assert_kept(&site, "secrets/lab-refresh-token", "refresh-2");
    let file = site.read("channels/lab.toml");
    assert!(file.contains("username = \"tidal_lab\"") && file.contains("user_id = \"42\""));
    for secret in ["refresh-", "access-", "app-secret\""] {
        assert!(!file.replace("lab-refresh-token", "").contains(secret), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linkedin_page_is_added_with_the_day_on_which_its_token_ends() {
    let server = Scripted::start([
        json(200, r#"{"access_token":"t0ken-17","expires_in":5184000}"#),
        json(200, r#"{"elements":[]}"#),
    ])
    .await;
    let site = TestSite::with_channels(&["list"]);
    site.write("client-secret", "app-secret\n");
    let secret = site.path("client-secret").display().to_string();
    let port = free_port();
    let mut walk = Walk::begin(
        &site,
        &[
            "channels",
            "add",
            "linkedin",
            "--author",
            "1000001",
            "--client-id",
            "app-1",
            "--client-secret-file",
            &secret,
            "--port",
            &port,
            "--api",
            &server.base,
            "--web",
            &server.base,
            "--format",
            "json",
        ],
    );
    let address = walk.address_at("/oauth/v2/authorization");
    assert_eq!(field(&address, "scope"), "w_organization_social r_organization_social");
    agree(&address);
    let told = json_of(&walk.end());
    assert_eq!(told["identity"], "urn:li:organization:1000001");
    let days = |day: &Value| {
        let day: chrono::NaiveDate = day.as_str().unwrap().parse().unwrap();
        (day - chrono::Utc::now().date_naive()).num_days()
    };
    assert!((58..=60).contains(&days(&told["expires"])), "{told}");
    assert_kept(&site, "secrets/linkedin-token", "t0ken-17");
    let file = site.read("channels/linkedin.toml");
    assert!(file.contains("expires = \"20") && !file.contains("t0ken-17"), "{file}");
    assert!(!file.contains("app-secret"), "{file}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linkedin_token_is_renewed_in_its_place_with_its_new_day() {
    let granted = r#"{"access_token":"t0ken-18","expires_in":5184000,
        "scope":"r_organization_social,w_organization_social"}"#;
    let server = Scripted::start([json(200, granted), json(200, r#"{"elements":[]}"#)]).await;
    let site = TestSite::with_channels(&["list"]);
    site.write("client-secret", "app-secret\n");
    site.write("token", "t0ken-17\n");
    site.write(
        "channels/lab.toml",
        format!(
            "kind = \"linkedin\"\n[linkedin]\napi = \"{0}\"\nweb = \"{0}\"\n\
             author = \"urn:li:organization:1000001\"\nversion = \"202609\"\n\
             token = {{ file = \"token\", expires = \"2026-01-31\" }} # kept\n\
             scopes = \"r_organization_social\" # stale\n",
            server.base
        ),
    );
    let secret = site.path("client-secret").display().to_string();
    let port = free_port();
    let mut walk = Walk::begin(
        &site,
        &[
            "channels",
            "renew",
            "lab",
            "--client-id",
            "app-1",
            "--client-secret-file",
            &secret,
            "--port",
            &port,
            "--api",
            &server.base,
            "--web",
            &server.base,
            "--format",
            "json",
        ],
    );
    let address = walk.address_at("/oauth/v2/authorization");
    agree(&address);
    let told = json_of(&walk.end());
    assert_eq!(told["expires_written"], true);
    assert_eq!(site.read("token").trim(), "t0ken-18");
    let file = site.read("channels/lab.toml");
    let day = told["expires"].as_str().unwrap();
    assert!(file.contains(&format!("expires = \"{day}\" }} # kept")), "{file}");
    let scopes = "scopes = \"r_organization_social,w_organization_social\" # stale";
    assert!(file.contains(scopes), "{file}");
    assert!(server.requests()[1].contains("authorization: Bearer t0ken-18"), "it was tried");

    let ran = site.run(&["channels", "renew", "list"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_and_a_credential_that_does_not_work_leave_nothing_behind() {
    let app = || json(200, r#"{"client_id":"app-1","client_secret":"app-secret"}"#);
    let token = json(200, r#"{"access_token":"t0ken-17"}"#);
    let server = Scripted::start([app(), app(), token, json(401, r#"{"error":"revoked"}"#)]).await;
    let site = TestSite::with_channels(&["list"]);
    let before = site.snapshot();
    let arguments = ["channels", "add", "mastodon", "--server", &server.base];

    let mut walk = Walk::begin(&site, &arguments);
    let address = walk.address();
    let query = format!("error=access_denied&state={}", field(&address, "state"));
    browse(&field(&address, "redirect_uri"), &query);
    let ran = walk.end();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("access_denied"), "{ran:?}");
    assert_eq!(site.snapshot(), before);

    let mut walk = Walk::begin(&site, &arguments);
    agree(&walk.address());
    let ran = walk.end();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("does not work") && !ran.err.contains("t0ken-17"), "{ran:?}");
    assert!(!site.path("channels/mastodon.toml").exists());
    assert!(!site.path("secrets/mastodon-token").exists());
}

/// What is typed when which words are shown.
type Typed<'a> = (&'a str, &'a str);

/// Runs the command at a terminal, at which somebody types; all that the terminal showed.
fn at_a_terminal(site: &TestSite, arguments: &[&str], typed: &[Typed<'_>]) -> (i32, String) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let line = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
    let mut child = command(&site.root(), arguments)
        .stdin(line())
        .stdout(Stdio::null())
        .stderr(line())
        .spawn()
        .unwrap();
    let mut terminal = File::from(terminal);
    let mut shown = String::new();
    let mut typed = typed.iter();
    let mut next = typed.next();
    let mut piece = [0; 1024];
    // The last program that holds the other end is gone: then reading fails.
    while let Ok(length @ 1..) = terminal.read(&mut piece) {
        shown += &String::from_utf8_lossy(&piece[..length]);
        if let Some((words, answer)) = next
            && shown.contains(words)
        {
            writeln!(terminal, "{answer}").unwrap();
            next = typed.next();
        }
    }
    assert_eq!(next, None, "it was never asked: {shown}");
    let modes = tcgetattr(&terminal).unwrap().local_modes;
    assert!(modes.contains(LocalModes::ECHO | LocalModes::ISIG), "it is left as it was: {modes:?}");
    (child.wait().unwrap().code().unwrap(), shown)
}

#[test]
fn who_breaks_off_while_nothing_is_shown_gets_the_terminal_back_as_it_was() {
    let site = TestSite::with_channels(&["list"]);
    let arguments = ["channels", "add", "bluesky", "--handle", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"];
    let (code, shown) = at_a_terminal(&site, &arguments, &[("(not shown): ", "abcd\u{3}")]);
    assert_eq!(code, 130, "as if by the signal of Ctrl-C: {shown}");
    assert!(!shown.contains("abcd"), "{shown}");
    assert!(!site.path("channels/bluesky.toml").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_terminal_what_is_missing_is_asked_and_a_secret_is_not_shown() {
    let session = value!({
        "did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "handle": "lab.example", "active": true,
        "accessJwt": "e30.eyJleHAiOjQwMDAwMDAwMDB9.e30",
        "refreshJwt": "e30.eyJleHAiOjQwMDAwMDAwMDB9.e30",
    });
    let session = || json(200, &session.to_string());
    let did = json(200, r#"{"did":"did:plc:ewvi7nxzyoun6zhxrhs64oiz"}"#);
    let server = Scripted::start([did, session(), session()]).await;
    let site = TestSite::with_channels(&["list"]);
    let (code, shown) = at_a_terminal(
        &site,
        &["channels", "add", "bluesky", "--server", &server.base],
        &[("Account (lab.bsky.social): ", "@lab.example"), ("(not shown): ", "abcd-efgh-ijkl")],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("@lab.example"), "a name is shown as it is typed: {shown}");
    assert!(!shown.contains("abcd"), "{shown}");
    assert_kept(&site, "secrets/bluesky-app-password", "abcd-efgh-ijkl");
    assert!(server.requests()[1].contains("abcd-efgh-ijkl"), "it was tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_terminal_a_code_can_be_typed_and_nothing_typed_is_no_answer() {
    let server = Scripted::start([
        json(200, r#"{"client_id":"app-1","client_secret":"app-secret"}"#),
        json(200, r#"{"access_token":"t0ken-17","token_type":"Bearer"}"#),
        json(200, ACCOUNT),
    ])
    .await;
    let site = TestSite::with_channels(&["list"]);
    let arguments = ["channels", "add", "mastodon", "--by-hand"];
    let (code, shown) = at_a_terminal(&site, &arguments, &[("https://social.example): ", "")]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("`--server` is missing"), "{shown}");
    let asked = [("https://social.example): ", &*server.base), ("ended at: ", "c0de-17")];
    let (code, shown) = at_a_terminal(&site, &arguments, &asked);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("/oauth/authorize?"), "{shown}");
    assert!(server.requests()[1].contains("code=c0de-17"), "{:?}", server.requests());
    assert_kept(&site, "secrets/mastodon-token", "t0ken-17");
}

#[test]
fn without_a_terminal_nobody_is_asked_and_nothing_is_overwritten() {
    let site = TestSite::with_channels(&["mastodon"]);
    let before = site.snapshot();
    let ran = site.run(&["channels", "add", "mastodon"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("there is a channel `mastodon` already"), "{ran:?}");
    for (arguments, option) in [
        (vec!["channels", "add", "mastodon", "--name", "second"], "--server"),
        (vec!["channels", "add", "x", "--port", "0"], "--client-id"),
        (vec!["channels", "add", "linkedin", "--port", "0"], "--author"),
    ] {
        let ran = site.run(&arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(&format!("`{option}` is missing")), "{ran:?}");
    }
    let ran = site.run(&["channels", "add", "mastodon", "--name", "../up"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(site.snapshot(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bluesky_account_is_added_by_its_handle_and_an_app_password() {
    let session = value!({
        "did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "handle": "lab.example", "active": true,
        "accessJwt": "e30.eyJleHAiOjQwMDAwMDAwMDB9.e30",
        "refreshJwt": "e30.eyJleHAiOjQwMDAwMDAwMDB9.e30",
    });
    let server = Scripted::start([
        json(200, r#"{"did":"did:plc:ewvi7nxzyoun6zhxrhs64oiz"}"#),
        json(200, &session.to_string()),
        json(200, &session.to_string()),
    ])
    .await;
    let site = TestSite::with_channels(&["list"]);
    site.write("app-password", "abcd-efgh-ijkl-mnop\n");
    let password = site.path("app-password").display().to_string();
    let base = server.base.clone();
    let told = tokio::task::spawn_blocking(move || {
        let ran = site.run(&[
            "channels",
            "add",
            "bluesky",
            "--handle",
            "@lab.example",
            "--server",
            &base,
            "--app-password-file",
            &password,
            "--format",
            "json",
        ]);
        (json_of(&ran), site.read("channels/bluesky.toml"))
    });
    let (told, file) = told.await.unwrap();
    assert_eq!(told["kind"], "bluesky");
    assert!(server.requests()[0].contains("resolveHandle?handle=lab.example"));
    assert!(file.contains("did = \"did:plc:ewvi7nxzyoun6zhxrhs64oiz\""), "{file}");
    assert!(!file.contains("abcd-efgh"), "{file}");
}
