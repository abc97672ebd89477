//! Bluesky.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use handbill::adapt::{Card, Rendition};
use handbill::channel::bluesky::id::{RecordKey, Tid, is_language_tag};
use handbill::channel::bluesky::{Bluesky, Config};
use handbill::channel::secret::SecretRef;
use handbill::channel::{Action, Channel, Likeness, Outcome, Receipt, Search, Sight, Trace, Wire};
use serde_json::{Value, json as value};

use super::servers::{self, Reply, SECRET, Scripted, answer, json};

const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const TEXT: &str = "PhD on tides at the Küste\n\n\
                    https://lab.example/jobs/phd-tidal-forecasting/\n\n#Küstenschutz";
const CID: &str = "bafyreifv4dbfohodolror65v2fsvoweunrkwqo2wsi7vp6uqzhui3jc36m";

fn rendition() -> Rendition {
    Rendition::Status {
        text: TEXT.to_owned(),
        language: "en".to_owned(),
        length: 72,
        limit: 300,
        left_out: Vec::new(),
        card: Some(Card {
            link: "https://lab.example/jobs/phd-tidal-forecasting/".to_owned(),
            title: "PhD on tides".to_owned(),
            description: None,
        }),
        parts: Vec::new(),
        picture: None,
    }
}

fn config(server: &str, password: SecretRef) -> Config {
    Config {
        server: server.parse().unwrap(),
        did: DID.to_owned().try_into().unwrap(),
        app_password: password,
        session: None,
        web: None,
    }
}

fn channel(server: &str) -> Bluesky {
    Bluesky::new(config(server, servers::secret(SECRET)), servers::context()).unwrap()
}

fn publish(channel: &Bluesky) -> Wire {
    let key = servers::key();
    channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap()
}

fn body_of(wire: &Wire) -> Value {
    let Wire::Http(request) = wire else { panic!("{wire:?}") };
    serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
}

/// The key under which [`publish`] puts its post.
fn key() -> String {
    Tid::of(&servers::key(), servers::at()).as_str().to_owned()
}

fn uri(key: &str) -> String {
    format!("at://{DID}/app.bsky.feed.post/{key}")
}

fn token(name: &str, seconds: i64) -> String {
    let claims = value!({ "iat": 1_800_000_000, "exp": 1_800_000_000 + seconds }).to_string();
    format!("{name}.{}.x", BASE64URL_NOPAD.encode(claims.as_bytes()))
}

/// A session whose access token lives for so many seconds.
fn session(name: &str, seconds: i64) -> Reply {
    let tokens = value!({
        "accessJwt": token(name, seconds),
        "refreshJwt": format!("refresh-{name}"),
        "did": DID,
        "handle": "lab.example",
    });
    json(200, &tokens.to_string())
}

fn taken() -> Reply {
    json(200, &value!({ "uri": uri(&key()), "cid": CID }).to_string())
}

fn error(status: u16, name: &str, message: &str) -> Reply {
    json(status, &value!({ "error": name, "message": message }).to_string())
}

/// What the channel says of this answer to its post.
async fn outcome_of(reply: Reply) -> Outcome {
    let server = Scripted::start([session("s", 7200), reply]).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert_eq!(server.requests().len(), 2, "a session, and the post once");
    outcome
}

#[tokio::test]
async fn a_post_goes_out_under_a_key_of_its_own_and_its_link_is_known_before() {
    let server = Scripted::start([session("s", 7200), taken()]).await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    let Outcome::Posted(receipt) = channel.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    let link = format!("https://bsky.app/profile/{DID}/post/{}", key());
    assert_eq!(receipt.link.unwrap().as_str(), link);
    assert_eq!(receipt.remote_id.unwrap(), format!("{}/{CID}", key()));
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /xrpc/com.atproto.server.createSession "));
    assert!(requests[0].contains(SECRET) && requests[0].contains(DID));
    assert!(requests[1].starts_with("POST /xrpc/com.atproto.repo.putRecord "));
    assert!(requests[1].contains(&format!("authorization: Bearer {}", token("s", 7200))));
    let Wire::Http(on_record) = &wire else { panic!() };
    assert!(requests[1].ends_with(on_record.body.as_deref().unwrap()), "the bytes on record");
    assert!(!format!("{wire:?}").contains(SECRET));
}

#[test]
fn what_is_written_is_fixed_before_anything_is_sent() {
    let channel = channel("http://127.0.0.1:1");
    assert_eq!(publish(&channel), publish(&channel));
    let body = body_of(&publish(&channel));
    assert_eq!(body["rkey"], key());
    assert_eq!(body["swapRecord"], Value::Null);
    assert!(body.as_object().unwrap().contains_key("swapRecord"), "nothing may be there yet");
    let record = &body["record"];
    assert_eq!(record["createdAt"], "2026-11-24T10:00:00.000Z");
    assert_eq!(record["langs"], value!(["en"]));
    let text = "PhD on tides at the Küste\n\nlab.example/jobs/phd-tidal-fo…\n\n#Küstenschutz";
    assert_eq!(record["text"], text);
    let part = |number: usize| {
        let index = &record["facets"][number]["index"];
        let place = |end: &str| usize::try_from(index[end].as_u64().unwrap()).unwrap();
        &text[place("byteStart")..place("byteEnd")]
    };
    assert_eq!(part(0), "lab.example/jobs/phd-tidal-fo…");
    let link = &record["facets"][0]["features"][0];
    assert_eq!(link["uri"], "https://lab.example/jobs/phd-tidal-forecasting/");
    assert_eq!(part(1), "#Küstenschutz");
    assert_eq!(record["facets"][1]["features"][0]["tag"], "Küstenschutz");
    let card = &record["embed"]["external"];
    assert_eq!((&card["title"], &card["description"]), (&value!("PhD on tides"), &value!("")));
}

#[tokio::test]
async fn what_the_server_says_is_what_is_known() {
    let invalid = "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301)";
    let refused = outcome_of(error(400, "InvalidRequest", invalid)).await;
    assert!(matches!(&refused, Outcome::Refused { why } if why.contains(invalid)), "{refused:?}");
    let other = outcome_of(error(400, "InvalidSwap", "Record was at bafy")).await;
    assert!(matches!(&other, Outcome::Refused { why } if why.contains("another")), "{other:?}");
    for (status, name) in [
        (401, "AuthMissing"),
        (401, "AccountTakedown"),
        (403, "AccountNotFound"),
        (400, "AccountDeactivated"),
    ] {
        let outcome = outcome_of(error(status, name, "no")).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{name}: {outcome:?}");
    }
    for reply in [
        error(500, "InternalServerError", "Internal Server Error"),
        answer(502, &[], "<html>Bad gateway</html>"),
        Reply::HangUp,
        json(200, "{}"),
        answer(200, &[], "<html>Welcome</html>"),
        json(200, &value!({ "uri": uri("3jzfcijpj2z2a"), "cid": CID }).to_string()),
        servers::half(200, "{"),
    ] {
        let outcome = outcome_of(reply.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{reply:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_ends_at_an_epoch_second() {
    let reset = (Utc::now() + TimeDelta::seconds(100)).timestamp();
    let reply = answer(429, &[&format!("RateLimit-Reset: {reset}")], "{}");
    let Outcome::Deferred { after: Some(after), .. } = outcome_of(reply).await else {
        panic!("not deferred")
    };
    assert!((90..=100).contains(&after.as_secs()), "{after:?}");
}

/// The lines of the requests, and after them the tokens that they came with.
fn asked(server: &Scripted) -> Vec<String> {
    let method = |request: &String| {
        let line = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let line = line.replace("/xrpc/com.atproto.", "");
        line.split('?').next().unwrap_or_default().to_owned()
    };
    server.requests().iter().map(method).collect()
}

#[tokio::test]
async fn many_posts_take_one_session() {
    let server = Scripted::start([session("s", 7200), taken(), taken(), taken()]).await;
    let channel = channel(&server.base);
    for _ in 0..3 {
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    }
    let mut wanted = vec!["server.createSession"];
    wanted.extend(["repo.putRecord"; 3]);
    assert_eq!(asked(&server), wanted);
}

#[tokio::test]
async fn a_token_that_ends_soon_is_refreshed_and_no_new_session_made() {
    let script = [session("a", 60), taken(), session("b", 60), taken()];
    let server = Scripted::start(script).await;
    let channel = channel(&server.base);
    for _ in 0..2 {
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    }
    let wanted =
        ["server.createSession", "repo.putRecord", "server.refreshSession", "repo.putRecord"];
    assert_eq!(asked(&server), wanted);
    assert!(server.requests()[2].contains("authorization: Bearer refresh-a"));
    assert!(server.requests()[3].contains(&token("b", 60)));
}

#[tokio::test]
async fn a_token_that_the_server_does_not_take_is_refreshed_and_the_same_bytes_go_out() {
    for name in ["ExpiredToken", "InvalidToken"] {
        let script = [session("a", 7200), error(400, name, "no"), session("b", 7200), taken()];
        let server = Scripted::start(script).await;
        let channel = channel(&server.base);
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
        let requests = server.requests();
        let body = |number: usize| requests[number].split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(asked(&server)[2], "server.refreshSession");
        assert_eq!(body(1), body(3));
        assert!(requests[3].contains(&token("b", 7200)));
    }
}

#[tokio::test]
async fn where_refreshing_does_not_help_the_password_decides_and_then_a_person() {
    let expired = || error(400, "ExpiredToken", "Token has expired");
    let script = [session("a", 7200), expired(), expired(), session("b", 7200), expired()];
    let server = Scripted::start(script).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(&outcome, Outcome::Blocked { why } if why.contains("ExpiredToken")));
    let wanted = [
        "server.createSession",
        "repo.putRecord",
        "server.refreshSession",
        "server.createSession",
        "repo.putRecord",
    ];
    assert_eq!(asked(&server), wanted, "twice, and no third time");
}

#[tokio::test]
async fn a_session_on_file_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session");
    let server = Scripted::start([session("a", 7200), taken(), session("b", 7200), taken()]).await;
    let kept = || SecretRef::file(&file).read().map(|it| secrecy_of(&it));
    for (number, wanted) in ["refresh-a", "refresh-b"].into_iter().enumerate() {
        // Another file with the password makes it another account to this process.
        let mut config = config(&server.base, servers::secret(SECRET));
        config.session = Some(file.clone());
        let channel = Bluesky::new(config, servers::context()).unwrap();
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Posted(_)), "{number}: {outcome:?}");
        assert_eq!(kept().unwrap(), wanted);
    }
    assert_eq!(asked(&server)[2], "server.refreshSession");
    let rights = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(rights & 0o777, 0o600);
}

fn secrecy_of(secret: &secrecy::SecretString) -> String {
    use secrecy::ExposeSecret;
    secret.expose_secret().to_owned()
}

#[tokio::test]
async fn a_session_that_cannot_be_kept_is_no_trouble() {
    let server = Scripted::start([session("a", 7200), taken()]).await;
    let mut config = config(&server.base, servers::secret(SECRET));
    config.session = Some(PathBuf::from("/nonexistent/session"));
    let channel = Bluesky::new(config, servers::context()).unwrap();
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
}

#[tokio::test]
async fn who_cannot_sign_in_sends_nothing() {
    let reset = format!("RateLimit-Reset: {}", (Utc::now() + TimeDelta::seconds(60)).timestamp());
    let echo = format!("Invalid identifier or password {SECRET}");
    let taken_down = value!({
        "accessJwt": token("s", 7200), "refreshJwt": "r", "did": DID, "handle": "lab.example",
        "active": false, "status": "takendown",
    });
    for (reply, blocked) in [
        (error(401, "AuthenticationRequired", &echo), true),
        (error(401, "AuthFactorTokenRequired", "A sign in code was sent"), true),
        (error(400, "InvalidRequest", "no"), true),
        (json(200, "{}"), true),
        (
            json(
                200,
                &value!({"accessJwt": "a", "refreshJwt": "r", "did": "did:plc:x"}).to_string(),
            ),
            true,
        ),
        (json(200, &taken_down.to_string()), true),
        (answer(429, &[&reset], "{}"), false),
        (error(500, "InternalServerError", "no"), false),
        (Reply::HangUp, false),
    ] {
        let server = Scripted::start([reply.clone()]).await;
        let channel = channel(&server.base);
        let outcome = channel.send(&publish(&channel), &servers::permit()).await;
        assert_eq!(server.requests().len(), 1, "nothing of the post");
        match &outcome {
            Outcome::Blocked { .. } => assert!(blocked, "{reply:?}: {outcome:?}"),
            Outcome::Deferred { .. } => assert!(!blocked, "{reply:?}: {outcome:?}"),
            _ => panic!("{reply:?}: {outcome:?}"),
        }
        assert!(!outcome.why().contains(SECRET), "{outcome:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_once_the_permit_has_run_out() {
    let server = Scripted::start([session("a", 7200), taken()]).await;
    let channel = channel(&server.base);
    let (clock, send_by) = servers::deadline();
    let permit = handbill::channel::Permit::new(send_by, &handbill::channel::permit::NoJournal);
    servers::let_it_pass(&clock);
    let outcome = channel.send(&publish(&channel), &permit).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(!asked(&server).contains(&"repo.putRecord".to_owned()));
}

fn shown(key: &str, record: &Value) -> Value {
    value!({ "uri": uri(key), "cid": CID, "value": record })
}

async fn trace_of(replies: impl IntoIterator<Item = Reply>, likeness: Likeness<'_>) -> Trace {
    trace_beside(replies, likeness, &[]).await
}

async fn trace_beside(
    replies: impl IntoIterator<Item = Reply>,
    likeness: Likeness<'_>,
    owned: &[&str],
) -> Trace {
    let server = Scripted::start(replies).await;
    let channel = channel(&server.base);
    let (wire, key) = (publish(&channel), servers::key());
    let owned: BTreeSet<String> = owned.iter().map(|id| (*id).to_owned()).collect();
    let search = Search { owned: &owned, likeness, ..servers::search(&wire, &key, servers::at()) };
    channel.find(&search).await
}

#[tokio::test]
async fn a_lost_post_is_asked_for_by_its_key() {
    let record = body_of(&publish(&channel("http://127.0.0.1:1")))["record"].clone();
    // A server gives the fields in an order of its own.
    let mut fields: Vec<_> = record.as_object().unwrap().clone().into_iter().collect();
    fields.reverse();
    let turned: Value = fields.into_iter().collect::<serde_json::Map<_, _>>().into();
    let there = json(200, &shown(&key(), &turned).to_string());
    let id = format!("{}/{CID}", key());
    let trace = trace_of([there], Likeness::Words).await;
    assert!(matches!(&trace, Trace::Found(it) if it.remote_id.as_ref() == Some(&id)), "{trace:?}");

    let mut other = record.clone();
    other["text"] = "something else".into();
    let other = json(200, &shown(&key(), &other).to_string());
    assert!(matches!(trace_of([other], Likeness::Words).await, Trace::CannotTell { .. }));

    let gone = format!("Could not locate record: {}", uri(&key()));
    for name in ["RecordNotFound", "InvalidRequest"] {
        let trace = trace_of([error(400, name, &gone)], Likeness::Words).await;
        assert_eq!(trace, Trace::Absent, "{name}");
    }
    for (reply, later) in [
        (error(400, "InvalidRequest", "Error: repo must be a valid did"), false),
        (error(400, "RepoTakendown", "no"), false),
        (answer(404, &[], "<html>Not here</html>"), false),
        (json(200, "{}"), false),
        (error(502, "UpstreamFailure", "no"), true),
        (answer(429, &[], "{}"), true),
        (Reply::HangUp, true),
    ] {
        match trace_of([reply.clone()], Likeness::Words).await {
            Trace::NotYet { .. } => assert!(later, "{reply:?}"),
            Trace::CannotTell { .. } => assert!(!later, "{reply:?}"),
            trace => panic!("{reply:?}: {trace:?}"),
        }
    }
}

#[tokio::test]
async fn after_a_backup_the_accounts_posts_are_looked_through() {
    let link = "https://lab.example/jobs/phd-tidal-forecasting/".parse().unwrap();
    let wire = publish(&channel("http://127.0.0.1:1"));
    let record = &body_of(&wire)["record"];
    let mut other = record.clone();
    other["text"] = "Now until May: lab.example/jobs/phd-tidal-fo…".into();
    other["facets"] = value!([{
        "index": { "byteStart": 15, "byteEnd": 47 },
        "features": [{ "uri": "https://lab.example/jobs/phd-tidal-forecasting/" }],
    }]);
    let recent = |hours| Tid::least_at(servers::at() + TimeDelta::hours(hours)).as_str().to_owned();
    let gone = || error(400, "RecordNotFound", "no");
    let page = |posts: Vec<Value>, next: Option<&str>| {
        json(200, &value!({ "records": posts, "cursor": next }).to_string())
    };
    let hello = value!({ "text": "hello" });

    let on_the_second = [
        gone(),
        page(vec![shown(&recent(3), &hello)], Some("next")),
        page(vec![shown(&recent(2), record)], None),
    ];
    let trace = trace_of(on_the_second, Likeness::Link(&link)).await;
    let found = format!("{}/{CID}", recent(2));
    assert!(matches!(&trace, Trace::Found(it) if it.remote_id.as_ref() == Some(&found)));

    let similar = || [gone(), page(vec![shown(&recent(2), &other)], None)];
    let trace = trace_of(similar(), Likeness::Link(&link)).await;
    assert!(matches!(&trace, Trace::CannotTell { why } if why.contains(&recent(2))), "{trace:?}");
    for owner in [found.as_str(), &recent(2)] {
        let trace = trace_beside(similar(), Likeness::Link(&link), &[owner]).await;
        assert_eq!(trace, Trace::Absent, "{owner}");
    }

    let beyond = [gone(), page(vec![shown(&recent(-2), record)], Some("next"))];
    assert_eq!(trace_of(beyond, Likeness::Link(&link)).await, Trace::Absent);
    for unreadable in [json(200, "{}"), page(vec![value!({})], None)] {
        let trace = trace_of([gone(), unreadable], Likeness::Link(&link)).await;
        assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
    }
}

fn receipt(id: &str) -> Receipt {
    Receipt { remote_id: Some(id.to_owned()), ..Receipt::default() }
}

#[test]
fn a_follow_up_answers_the_newest_post_in_the_thread_of_the_first() {
    let channel = channel("http://127.0.0.1:1");
    let (words, key) = (rendition(), servers::key());
    let reply = |id: &str| {
        let receipt = receipt(id);
        let action = Action::FollowUp(&words, &receipt);
        channel.prepare(action, &servers::address(&key)).map(|wire| body_of(&wire))
    };
    let first = reply("3kaaaaaaaaaa2/bafya").unwrap();
    let a = value!({ "uri": uri("3kaaaaaaaaaa2"), "cid": "bafya" });
    assert_eq!(first["record"]["reply"], value!({ "root": a, "parent": a }));
    let second = reply("3kbbbbbbbbbb2/bafyb/3kaaaaaaaaaa2/bafya").unwrap();
    let b = value!({ "uri": uri("3kbbbbbbbbbb2"), "cid": "bafyb" });
    assert_eq!(second["record"]["reply"], value!({ "root": a, "parent": b }));
    assert!(reply("3kaaaaaaaaaa2").is_err(), "a link that a person gave says no hash");
    assert!(reply("../x").is_err());
}

#[tokio::test]
async fn an_answer_in_a_thread_is_remembered_with_its_first_post() {
    let server = Scripted::start([session("s", 7200), taken()]).await;
    let channel = channel(&server.base);
    let earlier = receipt("3kaaaaaaaaaa2/bafya");
    let (words, delivery) = (rendition(), servers::key());
    let action = Action::FollowUp(&words, &earlier);
    let wire = channel.prepare(action, &servers::address(&delivery)).unwrap();
    let outcome = channel.send(&wire, &servers::permit()).await;
    let wanted = format!("{}/{CID}/3kaaaaaaaaaa2/bafya", key());
    assert!(matches!(&outcome, Outcome::Posted(it) if it.remote_id.as_ref() == Some(&wanted)));
}

fn replacement(channel: &Bluesky) -> Wire {
    let (key, words, old) = (servers::key(), rendition(), receipt("3kaaaaaaaaaa2/bafya"));
    let action = Action::Edit(&words, &old);
    channel.prepare(action, &servers::address(&key)).unwrap()
}

async fn replaced(replies: impl IntoIterator<Item = Reply>) -> (Outcome, Vec<String>) {
    let server = Scripted::start(replies).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&replacement(&channel), &servers::permit()).await;
    (outcome, asked(&server))
}

#[tokio::test]
async fn a_changed_ad_takes_the_place_of_the_old_post_in_one_request() {
    let old = || json(200, &shown("3kaaaaaaaaaa2", &value!({ "text": "old" })).to_string());
    let results = value!({ "results": [
        { "$type": "com.atproto.repo.applyWrites#deleteResult" },
        { "$type": "com.atproto.repo.applyWrites#createResult", "uri": uri(&key()), "cid": CID },
    ]});
    let done = json(200, &results.to_string());
    let (outcome, asked) = replaced([old(), session("s", 7200), done]).await;
    let id = format!("{}/{CID}", key());
    assert!(matches!(&outcome, Outcome::Posted(it) if it.remote_id.as_ref() == Some(&id)));
    assert_eq!(asked, ["repo.getRecord", "server.createSession", "repo.applyWrites"]);

    let wire = replacement(&channel("http://127.0.0.1:1"));
    let writes = &body_of(&wire)["writes"];
    assert_eq!(writes[0]["rkey"], "3kaaaaaaaaaa2");
    assert_eq!(writes[1]["rkey"], key());

    let trouble = error(500, "InternalServerError", "Internal Server Error");
    let (outcome, _) = replaced([old(), session("s", 7200), trouble]).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_is_replaced_already_is_not_replaced_again() {
    let gone = || error(400, "RecordNotFound", "no");
    let record =
        body_of(&replacement(&channel("http://127.0.0.1:1")))["writes"][1]["value"].clone();
    let new = json(200, &shown(&key(), &record).to_string());
    let (outcome, asked) = replaced([gone(), new]).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert_eq!(asked, ["repo.getRecord"; 2], "nothing was written");

    let (outcome, _) = replaced([gone(), gone()]).await;
    assert!(
        matches!(&outcome, Outcome::Refused { why } if why.contains("not there any more")),
        "{outcome:?}"
    );
    let (outcome, asked) = replaced([Reply::HangUp]).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_post_is_deleted_by_its_key_and_its_going_is_seen() {
    let script = [session("s", 7200), json(200, "{}"), error(400, "RecordNotFound", "no")];
    let server = Scripted::start(script).await;
    let channel = channel(&server.base);
    let (key, old) = (servers::key(), receipt("3kaaaaaaaaaa2/bafya"));
    let wire = channel.prepare(Action::Withdraw(&old), &servers::address(&key)).unwrap();
    assert_eq!(body_of(&wire)["rkey"], "3kaaaaaaaaaa2");
    let outcome = channel.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let trace = channel.find(&servers::search(&wire, &key, servers::at())).await;
    assert!(matches!(trace, Trace::Found(_)), "{trace:?}");
}

#[tokio::test]
async fn a_copy_agrees_if_it_says_the_same_with_its_links_whole() {
    let record = body_of(&publish(&channel("http://127.0.0.1:1")))["record"].clone();
    let mut other = record.clone();
    other["facets"][0]["features"][0]["uri"] = "https://lab.example/other".into();
    let mut broken = record.clone();
    broken["facets"][0]["index"] = value!({ "byteStart": 24, "byteEnd": 9999 });
    let seen = async |reply: Reply| {
        let server = Scripted::start([reply]).await;
        let id = receipt(&format!("{}/{CID}", key()));
        channel(&server.base).verify(&id, Some(&rendition())).await
    };
    let of = |record: &Value| json(200, &shown(&key(), record).to_string());
    assert_eq!(seen(of(&record)).await, Sight::Agrees);
    assert!(matches!(seen(of(&other)).await, Sight::Differs { .. }));
    assert!(matches!(seen(of(&broken)).await, Sight::Differs { .. }));
    assert_eq!(seen(error(400, "RecordNotFound", "no")).await, Sight::Gone);
    assert!(matches!(seen(answer(404, &[], "no")).await, Sight::Unseen { .. }));
}

#[test]
fn a_link_to_a_post_of_this_account_says_its_key() {
    let channel = channel("http://127.0.0.1:1");
    let id = |link: &str| channel.recognise(&link.parse().unwrap());
    for link in [
        format!("https://bsky.app/profile/{DID}/post/3kaaaaaaaaaa2"),
        "https://bsky.app/profile/lab.example/post/3kaaaaaaaaaa2".to_owned(),
    ] {
        assert_eq!(id(&link).as_deref(), Some("3kaaaaaaaaaa2"), "{link}");
    }
    for link in [
        "https://bsky.app/profile/did:plc:other/post/3kaaaaaaaaaa2",
        "https://bsky.app/profile/lab.example",
        "https://bsky.app/profile/lab.example/post/a%20b",
        "https://bsky.example/profile/lab.example/post/3kaaaaaaaaaa2",
    ] {
        assert_eq!(id(link), None, "{link}");
    }
}

#[tokio::test]
async fn a_probe_tries_the_password_and_says_the_handle() {
    let wrong = error(401, "AuthenticationRequired", "Invalid identifier or password");
    let server = Scripted::start([session("s", 7200), wrong]).await;
    let channel = channel(&server.base);
    assert_eq!(channel.probe().await.unwrap().identity, "@lab.example");
    let why = channel.probe().await.unwrap_err();
    assert!(why.contains("Invalid identifier or password"), "{why}");
    assert!(why.contains("check `bluesky.did`"), "{why}");
}

/// The lines of a file of the AT Protocol's interoperability tests, which are shared and no part of
/// the project.
fn vectors(name: &str) -> Option<Vec<String>> {
    let path = format!("../shared/data/atproto-interop/{name}");
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("CI").is_none(), "{path} is not there");
        eprintln!("skipped: {path} is not there");
        return None;
    };
    let said = |line: &&str| !line.is_empty() && !line.starts_with("# ");
    Some(text.lines().filter(said).map(str::to_owned).collect())
}

#[test]
fn names_are_as_the_shared_vectors_of_the_protocol_say() {
    type IsRight = fn(&str) -> bool;
    let checks: [(&str, IsRight); 5] = [
        ("tid_syntax_valid.txt", |text| Tid::parse(text).is_some()),
        ("tid_syntax_invalid.txt", |text| Tid::parse(text).is_none()),
        ("recordkey_syntax_valid.txt", |text| RecordKey::parse(text).is_some()),
        ("recordkey_syntax_invalid.txt", |text| RecordKey::parse(text).is_none()),
        ("language_syntax_valid.txt", |text| is_language_tag(text)),
    ];
    for (name, is_right) in checks {
        let Some(lines) = vectors(name) else { return };
        assert!(lines.len() > 3, "{name} holds hardly anything");
        for line in lines {
            assert!(is_right(&line), "{name}: {line}");
        }
    }
}

/// What `createdAt` looks like is one of the shapes that the vectors prefer, and those that they
/// refuse are none.
#[test]
fn the_time_of_a_post_is_written_as_the_shared_vectors_prefer() {
    let (Some(valid), Some(invalid)) =
        (vectors("datetime_syntax_valid.txt"), vectors("datetime_syntax_invalid.txt"))
    else {
        return;
    };
    let shape = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    let record = body_of(&publish(&channel("http://127.0.0.1:1")))["record"].clone();
    let ours = shape(record["createdAt"].as_str().unwrap());
    assert_eq!(ours, shape(&valid[0]));
    assert!(invalid.len() > 10);
}
