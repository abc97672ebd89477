//! What servers answer: every kind of channel that speaks HTTP asks a server on loopback, which gives
//! the same broken answer to whatever it is asked.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use chrono::{TimeDelta, Utc};
use handbill::adapt::Rendition;
use handbill::channel::permit::{NoJournal, Permit, SendBy};
use handbill::channel::{Action, Address, DeliveryKey, Likeness, Reach, Receipt, Search};
use handbill::clock::Clock;
use handbill::deliver::Station;
use handbill::site::Site;
use uuid::Uuid;

use crate::targets::Target;

/// A site with a channel of each kind, all on one server.
pub fn site(server: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("making a folder");
        std::fs::write(path, text).expect("writing a file");
    };
    write("secret", "tidal-forecast");
    write("content/jobs/page.md", "---\ntitle: Diver\n---\nDive.\n");
    write(
        "handbill.toml",
        "[site]\nname = \"Tidal\"\nbase_url = \"https://tidal.example/\"\ntimezone = \"Europe/Berlin\"\n\
         postings = [\"content/jobs\"]\n",
    );
    let token = "{ file = \"secret\" }";
    write(
        "channels/mastodon.toml",
        &format!("kind = \"mastodon\"\n[mastodon]\nserver = \"{server}\"\ntoken = {token}\n"),
    );
    write(
        "channels/bluesky.toml",
        &format!(
            "kind = \"bluesky\"\n[bluesky]\nserver = \"{server}\"\n\
             did = \"did:plc:tidaltidaltidaltidaltida\"\napp_password = {token}\n"
        ),
    );
    write(
        "channels/x.toml",
        &format!(
            "kind = \"x\"\n[x]\napi = \"{server}\"\nusername = \"tidal\"\nuser_id = \"17\"\n\
             consumer_key = {token}\nconsumer_secret = {token}\naccess_token = {token}\n\
             access_token_secret = {token}\n"
        ),
    );
    write(
        "channels/linkedin.toml",
        &format!(
            "kind = \"linkedin\"\n[linkedin]\napi = \"{server}\"\nauthor = \"urn:li:organization:17\"\n\
             version = \"202609\"\ntoken = {token}\n"
        ),
    );
    write(
        "channels/board.toml",
        &format!(
            "kind = \"board\"\npreset = \"boards/rest\"\n[board]\nbase = \"{server}\"\n\
             auth = {{ type = \"bearer\", token = {token} }}\n"
        ),
    );
    folder
}

/// A server that answers everything alike.
struct Server {
    address: String,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let answer = Arc::new(Mutex::new(Vec::new()));
        let given = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bytes = given.lock().map(|it| it.clone()).unwrap_or_default();
                std::thread::spawn(move || give(stream, &bytes));
            }
        });
        Self { address, answer }
    }
}

/// The first byte of an input says how it is given: as JSON or HTML with a right head, with a status
/// that says no, or as the whole answer.
fn give(mut stream: TcpStream, input: &[u8]) {
    let mut asked = [0; 65_536];
    let _ = stream.read(&mut asked);
    let (how, body) = input.split_first().map_or((0, input), |(first, rest)| (first % 8, rest));
    let head = |status: &str, kind: &str| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        )
    };
    let head = match how {
        0..=3 => head("200 OK", "application/json"),
        4 => head("200 OK", "text/html"),
        5 => head("422 No", "application/json"),
        6 => head("429 Later", "application/json"),
        _ => String::new(),
    };
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}

const SEEDS: &[&str] = &[
    r#"0{"id":"1170","url":"https://social.example/@lab/1170","uri":"u","content":"<p>Diver</p>","created_at":"2027-01-12T10:00:00.000Z","account":{"id":"1","acct":"lab"},"visibility":"public","media_attachments":[],"mentions":[],"tags":[],"emojis":[]}"#,
    r#"0[{"id":"1170","url":"https://social.example/@lab/1170","content":"<p>Diver &amp; <a href=\"https://tidal.example/\">x</a></p>","created_at":"2027-01-12T10:00:00.000Z","account":{"id":"1","acct":"lab"}}]"#,
    r#"0{"data":[{"id":"17","text":"Diver","created_at":"2027-01-12T10:00:00.000Z","entities":{"urls":[{"url":"https://t.co/a","expanded_url":"https://tidal.example/"}]}}],"meta":{"result_count":1,"next_token":"n"}}"#,
    r#"0{"uri":"at://did:plc:tidaltidaltidaltidaltida/app.bsky.feed.post/3k","cid":"bafyreib","value":{"$type":"app.bsky.feed.post","text":"Diver","createdAt":"2027-01-12T10:00:00Z","langs":["en"]},"accessJwt":"a.eyJleHAiOjF9.c","refreshJwt":"a.b.c","did":"did:plc:tidaltidaltidaltidaltida","handle":"tidal.example"}"#,
    r#"0{"elements":[{"id":"urn:li:share:1","commentary":"Diver","author":"urn:li:organization:17","createdAt":1799748000000}],"paging":{"start":0,"count":10,"total":1}}"#,
    r#"0{"jobs":[{"id":7,"reference":"so-11","url":"https://jobs.example/7","title":"Diver"}],"total":1,"id":7,"url":"https://jobs.example/7"}"#,
    r#"5{"errors":[{"message":"You are not allowed to create a Tweet with duplicate content.","code":187}],"detail":"duplicate","message":"Duplicate post is detected: urn:li:share:1"}"#,
    "4<html><head><title>Sign in</title></head><body><a href=\"/jobs/7\">Diver</a></body></html>",
    "7HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{\"id\"\r\n5\r\n:\"7\"}\r\n0\r\n\r\n",
    "7HTTP/1.1 201 Created\r\nLocation: https://jobs.example/7\r\nx-restli-id: urn:li:share:1\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
];

pub fn target() -> Target {
    let server = Server::start();
    let folder = site(&server.address);
    let (site, diagnostics) = Site::load(folder.path()).expect("a site");
    let site = site.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let stations = Station::all(&site, Reach::LoopbackOnly, &mut Vec::new());
    assert_eq!(stations.len(), 5, "a channel of each kind");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let read = move |bytes: &[u8]| {
        // The folder lives as long as its channels.
        let _ = &folder;
        if let Ok(mut answer) = server.answer.lock() {
            *answer = bytes.to_vec();
        }
        runtime.block_on(async {
            for station in &stations {
                ask(station).await;
            }
        });
    };
    let seeds = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    Target { name: "answer", seeds, read: Box::new(read) }
}

/// Everything that a channel asks, and reads the answer of.
async fn ask(station: &Station) {
    let channel = station.channel.as_ref();
    let words = Rendition::Status {
        text: "Diver".to_owned(),
        language: "en".to_owned(),
        length: 5,
        limit: 280,
        left_out: Vec::new(),
        parts: Vec::new(),
        picture: None,
        card: None,
    };
    let key = DeliveryKey(Uuid::from_u128(7));
    let address = Address { key: &key, reference: "so-11", at: Utc::now() };
    let receipt = Receipt {
        remote_id: Some("1170".to_owned()),
        link: "http://127.0.0.1:9/jobs/7".parse().ok(),
        ..Receipt::default()
    };
    let _ = channel.probe().await;
    channel.verify(&receipt, Some(&words)).await;
    let Ok(wire) = channel.prepare(Action::Publish(&words), &address) else { return };
    let send_by = SendBy::new(Utc::now() + TimeDelta::minutes(10), Clock::System);
    channel.send(&wire, &Permit::new(send_by, &NoJournal)).await;
    let search = Search {
        wire: &wire,
        key: &key,
        since: Utc::now() - TimeDelta::days(1),
        now: Utc::now(),
        owned: &BTreeSet::new(),
        likeness: Likeness::Words,
        done: &[],
    };
    channel.find(&search).await;
}
