//! LinkedIn.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta, Utc};
use handbill::adapt::{Card, Picture, PictureFile, Rendition};
use handbill::channel::linkedin::{Config, LinkedIn};
use handbill::channel::{
    Action, Can, Channel, Likeness, Outcome, Receipt, Search, Sight, Trace, Wire,
};
use serde_json::json as value;

use super::servers::{self, Reply, SECRET, Scripted, answer, json};

const TEXT: &str = "PhD (m/f/d) on tides https://lab.example/jobs/phd-tides/ #Tides";
const LITTLE: &str = r"PhD \(m/f/d\) on tides https://lab.example/jobs/phd-tides/ #Tides";
const URN: &str = "urn:li:share:7431329065766260736";
const PAGE: &str = "urn:li:organization:42";
const MEMBER: &str = "urn:li:person:yrZCpj2Z12";

fn rendition() -> Rendition {
    Rendition::Status {
        text: TEXT.to_owned(),
        language: "en".to_owned(),
        length: 66,
        limit: 3000,
        left_out: Vec::new(),
        card: Some(Card {
            link: "https://lab.example/jobs/phd-tides/".to_owned(),
            title: "PhD (m/f/d) on tides".to_owned(),
            description: Some("Forecast [them].".to_owned()),
        }),
        parts: Vec::new(),
        picture: None,
    }
}

fn config(server: &str, author: &str) -> Config {
    Config {
        api: Some(server.parse().unwrap()),
        web: None,
        author: author.to_owned().try_into().unwrap(),
        version: "202609".to_owned().try_into().unwrap(),
        token: Some(servers::secret(SECRET)),
        scopes: None,
        oauth2: None,
    }
}

fn channel(server: &str) -> LinkedIn {
    LinkedIn::new(config(server, PAGE), servers::context()).unwrap()
}

fn member(server: &str) -> LinkedIn {
    LinkedIn::new(config(server, MEMBER), servers::context()).unwrap()
}

fn prepare(channel: &LinkedIn, action: Action<'_>) -> Wire {
    let key = servers::key();
    channel.prepare(action, &servers::address(&key)).unwrap()
}

fn publish(channel: &LinkedIn) -> Wire {
    prepare(channel, Action::Publish(&rendition()))
}

fn receipt() -> Receipt {
    Receipt { remote_id: Some(URN.to_owned()), ..Receipt::default() }
}

/// The JSON of a request.
fn body(request: &str) -> serde_json::Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn created(urn: &str) -> Reply {
    answer(201, &[&format!("x-restli-id: {urn}")], "")
}

async fn outcome_of(action: Action<'_>, reply: Reply) -> Outcome {
    let server = Scripted::start([reply]).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&prepare(&channel, action), &servers::permit()).await;
    assert_eq!(server.requests().len(), 1, "a request goes out once");
    assert!(!outcome.why().contains(SECRET), "{outcome:?}");
    outcome
}

async fn created_with(reply: Reply) -> Outcome {
    outcome_of(Action::Publish(&rendition()), reply).await
}

#[tokio::test]
async fn an_ad_goes_out_as_escaped_words_and_a_card_that_is_not_escaped() {
    let server = Scripted::start([created(URN)]).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    let Outcome::Posted(receipt) = outcome else { panic!("{outcome:?}") };
    assert_eq!(receipt.remote_id.as_deref(), Some(URN));
    let link = "https://www.linkedin.com/feed/update/urn:li:share:7431329065766260736/";
    assert_eq!(receipt.link.unwrap().as_str(), link);

    let request = server.requests().remove(0);
    assert!(request.starts_with("POST /rest/posts "));
    for header in [
        "linkedin-version: 202609",
        "x-restli-protocol-version: 2.0.0",
        "content-type: application/json",
        "authorization: Bearer s3cret-17",
    ] {
        assert!(request.contains(header), "no {header} in {request}");
    }
    let body = body(&request);
    assert_eq!(body["author"], PAGE);
    assert_eq!(body["commentary"], LITTLE);
    assert_eq!(body["visibility"], "PUBLIC");
    assert_eq!(body["lifecycleState"], "PUBLISHED");
    assert_eq!(body["distribution"]["feedDistribution"], "MAIN_FEED");
    let card = value!({
        "source": "https://lab.example/jobs/phd-tides/",
        "title": "PhD (m/f/d) on tides",
        "description": "Forecast [them].",
    });
    assert_eq!(body["content"]["article"], card);
}

#[tokio::test]
async fn an_edit_changes_the_words_alone_and_a_withdrawal_names_the_post() {
    let server = Scripted::start([answer(204, &[], ""), answer(204, &[], "")]).await;
    let channel = channel(&server.base);
    let edit = prepare(&channel, Action::Edit(&rendition(), &receipt()));
    let outcome = channel.send(&edit, &servers::permit()).await;
    assert!(matches!(&outcome, Outcome::Posted(it) if it.remote_id.as_deref() == Some(URN)));
    let withdrawal = prepare(&channel, Action::Withdraw(&receipt()));
    assert!(matches!(channel.send(&withdrawal, &servers::permit()).await, Outcome::Posted(_)));

    let requests = server.requests();
    let path = "/rest/posts/urn%3Ali%3Ashare%3A7431329065766260736 ";
    assert!(requests[0].starts_with(&format!("POST {path}")), "{}", requests[0]);
    assert!(requests[0].contains("x-restli-method: PARTIAL_UPDATE"));
    assert_eq!(body(&requests[0]), value!({ "patch": { "$set": { "commentary": LITTLE } } }));
    assert!(requests[1].starts_with(&format!("DELETE {path}")), "{}", requests[1]);
}

#[tokio::test]
async fn what_is_gone_already_is_taken_back() {
    let receipt = receipt();
    let outcome = outcome_of(Action::Withdraw(&receipt), json(404, "{}")).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let outcome = outcome_of(Action::Edit(&rendition(), &receipt), json(404, "{}")).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_success_that_names_no_post_and_no_answer_at_all_are_unknown() {
    for reply in [
        answer(201, &[], ""),
        created("7431329065766260736"),
        created("urn:li:share:1/../2"),
        Reply::HangUp,
        json(500, "{}"),
        json(504, "{}"),
    ] {
        let outcome = created_with(reply.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{reply:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_duplicate_names_the_post_that_linkedin_has() {
    let body = value!({
        "message": "com.linkedin.content.common.exception.BadRequestResponseException: Content is \
                    a duplicate of urn:li:share:7141138937766391808",
        "errorDetails": { "inputErrors": [{ "input": {}, "code": "DUPLICATE_POST" }] },
        "status": 422,
    });
    let outcome = created_with(json(422, &body.to_string())).await;
    assert!(matches!(outcome, Outcome::Duplicate { .. }), "{outcome:?}");
    let place = "https://www.linkedin.com/feed/update/urn:li:share:7141138937766391808/";
    assert!(outcome.why().contains(place), "{outcome:?}");
    let other = created_with(json(422, r#"{"message":"commentary: too long"}"#)).await;
    assert!(matches!(other, Outcome::Refused { .. }), "{other:?}");
}

#[tokio::test]
async fn what_only_a_person_can_mend_pauses_the_channel_and_says_how() {
    for (status, says) in [
        (401, "handbill channels renew"),
        (403, "w_organization_social"),
        (426, "linkedin.version"),
    ] {
        let outcome = created_with(json(status, r#"{"message":"no"}"#)).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{status}: {outcome:?}");
        assert!(outcome.why().contains(says), "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_limit_is_waited_for() {
    let outcome = created_with(answer(429, &["retry-after: 100"], "{}")).await;
    let Outcome::Deferred { after: Some(after), .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(after.as_secs(), 100);
}

#[tokio::test]
async fn with_a_token_that_has_expired_nothing_is_sent() {
    let server = Scripted::start([]).await;
    let mut config = config(&server.base, PAGE);
    config.token.as_mut().unwrap().expires = NaiveDate::from_ymd_opt(2026, 1, 31);
    let channel = LinkedIn::new(config, servers::context()).unwrap();
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("expired on 2026-01-31"), "{outcome:?}");
    assert!(channel.probe().await.unwrap_err().contains("expired on 2026-01-31"));
    assert!(server.requests().is_empty());
}

fn post(urn: &str, commentary: &str, minutes_ago: i64) -> serde_json::Value {
    let at = Utc::now() - TimeDelta::minutes(minutes_ago);
    value!({ "id": urn, "commentary": commentary, "createdAt": at.timestamp_millis() })
}

fn elements(posts: &serde_json::Value) -> Reply {
    json(200, &value!({ "elements": posts }).to_string())
}

async fn trace_beside(
    pages: &[serde_json::Value],
    owned: &[&str],
    likeness: Likeness<'_>,
) -> Trace {
    let server = Scripted::start(pages.iter().map(elements)).await;
    let channel = channel(&server.base);
    let (wire, key) = (publish(&channel), servers::key());
    let owned: BTreeSet<String> = owned.iter().map(|id| (*id).to_owned()).collect();
    let search = Search { owned: &owned, likeness, ..servers::search(&wire, &key, Utc::now()) };
    let trace = channel.find(&search).await;
    for request in server.requests() {
        let asked = "GET /rest/posts?author=urn%3Ali%3Aorganization%3A42&q=author&count=100&start=";
        assert!(request.starts_with(asked), "{request}");
        assert!(request.contains("x-restli-method: FINDER"), "{request}");
    }
    trace
}

#[tokio::test]
async fn a_lost_post_is_found_by_its_words_however_linkedin_writes_them() {
    for shown in [
        LITTLE,
        r"PhD \(m/f/d\) on tides https://lab.example/jobs/phd-tides/ {hashtag|\#|Tides}",
        r"PhD \(m/f/d\) on tides https://lnkd.in/eAbCdEfG #Tides",
    ] {
        let pages = [value!([post("urn:li:share:9", "hello", 0), post(URN, shown, 1)])];
        let trace = trace_beside(&pages, &[], Likeness::Words).await;
        assert!(
            matches!(&trace, Trace::Found(it) if it.remote_id.as_deref() == Some(URN)),
            "{shown}: {trace:?}"
        );
    }
}

#[tokio::test]
async fn absent_needs_a_list_that_was_read_to_its_end_or_beyond_the_attempt() {
    let (mine, other) = (post(URN, LITTLE, 0), post("urn:li:share:9", "hello", 0));
    let (old, empty) = (post("urn:li:share:8", "hello", 120), value!([]));
    let absent =
        [vec![empty.clone()], vec![value!([other, old])], vec![value!([other]), empty.clone()]];
    for pages in absent {
        let trace = trace_beside(&pages, &[], Likeness::Words).await;
        assert_eq!(trace, Trace::Absent, "{pages:?}");
    }
    // Another delivery's copy is none of ours; an old one neither.
    let pages = [value!([mine, post("urn:li:share:7", LITTLE, 120)])];
    assert_eq!(trace_beside(&pages, &[URN], Likeness::Words).await, Trace::Absent);
    let unreadable = [value!([{ "id": URN, "commentary": LITTLE }])];
    let trace = trace_beside(&unreadable, &[], Likeness::Words).await;
    assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_now_proves_nothing() {
    for (reply, later) in [
        (json(429, "{}"), true),
        (json(503, "{}"), true),
        (Reply::HangUp, true),
        (json(403, "{}"), false),
        (json(426, "{}"), false),
        (json(200, "{}"), false),
    ] {
        let server = Scripted::start([reply.clone()]).await;
        let channel = channel(&server.base);
        let (wire, key) = (publish(&channel), servers::key());
        let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
        match trace {
            Trace::NotYet { .. } => assert!(later, "{reply:?}"),
            Trace::CannotTell { .. } => assert!(!later, "{reply:?}"),
            trace => panic!("{reply:?}: {trace:?}"),
        }
    }
}

#[tokio::test]
async fn after_a_backup_the_link_with_other_words_is_for_a_person() {
    let link = "https://lab.example/jobs/phd-tides".parse().unwrap();
    let mut carded = post(URN, "Now until May", 0);
    carded["content"] = value!({ "article": { "source": "https://lab.example/jobs/phd-tides/" } });
    let pages = [value!([carded]), value!([])];
    let trace = trace_beside(&pages, &[], Likeness::Link(&link)).await;
    assert!(matches!(&trace, Trace::CannotTell { why } if why.contains(URN)), "{trace:?}");
    assert_eq!(trace_beside(&pages, &[], Likeness::Words).await, Trace::Absent);
}

#[tokio::test]
async fn what_became_of_an_edit_or_a_withdrawal_is_seen_on_the_post() {
    let shown = |commentary: &str| json(200, &post(URN, commentary, 0).to_string());
    let server =
        Scripted::start([shown(LITTLE), shown("before"), json(404, "{}"), shown(LITTLE)]).await;
    let channel = channel(&server.base);
    let key = servers::key();
    let (edit, withdrawal) = (
        prepare(&channel, Action::Edit(&rendition(), &receipt())),
        prepare(&channel, Action::Withdraw(&receipt())),
    );
    let find = async |wire: &Wire| channel.find(&servers::search(wire, &key, Utc::now())).await;
    assert!(matches!(find(&edit).await, Trace::Found(_)));
    assert_eq!(find(&edit).await, Trace::Absent);
    assert!(matches!(find(&withdrawal).await, Trace::Found(_)));
    assert_eq!(find(&withdrawal).await, Trace::Absent);
}

#[tokio::test]
async fn a_copy_is_looked_at_by_its_urn() {
    let server = Scripted::start([
        json(200, &post(URN, LITTLE, 0).to_string()),
        json(200, &post(URN, "other words", 0).to_string()),
        json(404, "{}"),
        json(500, "{}"),
    ])
    .await;
    let channel = channel(&server.base);
    let look = async || channel.verify(&receipt(), Some(&rendition())).await;
    assert_eq!(look().await, Sight::Agrees);
    assert_eq!(look().await, Sight::Differs { found: "other words".to_owned() });
    assert_eq!(look().await, Sight::Gone);
    assert!(matches!(look().await, Sight::Unseen { .. }));
    assert!(server.requests()[0].starts_with("GET /rest/posts/urn%3Ali%3Ashare%3A"));
}

#[tokio::test]
async fn what_a_member_posts_is_a_persons_to_find() {
    let server = Scripted::start([]).await;
    let channel = member(&server.base);
    let abilities = channel.abilities();
    assert_eq!((abilities.find, abilities.proves_absence), (Can::No, Can::No));
    let (wire, key) = (publish(&channel), servers::key());
    let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
    assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
    assert!(matches!(channel.verify(&receipt(), None).await, Sight::Unseen { .. }));
    assert!(server.requests().is_empty(), "what nobody may read is not asked for");
}

#[tokio::test]
async fn a_probe_says_whose_the_token_is_and_whether_the_version_is_served() {
    let other = r#"{"sub":"another","name":"Robin Example"}"#;
    let server = Scripted::start([
        json(200, r#"{"sub":"yrZCpj2Z12","name":"Robin Example"}"#),
        json(200, other),
        elements(&value!([])),
        json(426, r#"{"code":"NONEXISTENT_VERSION"}"#),
    ])
    .await;
    let member = member(&server.base);
    let name = format!("Robin Example ({MEMBER})");
    assert_eq!(member.probe().await.unwrap().identity, name);
    assert!(member.probe().await.unwrap_err().contains("urn:li:person:another"));
    let page = channel(&server.base);
    assert_eq!(page.probe().await.unwrap().identity, PAGE);
    assert!(page.probe().await.unwrap_err().contains("linkedin.version"));
}

#[tokio::test]
async fn a_probe_says_what_the_token_may_not_do() {
    let server = Scripted::start([elements(&value!([])), elements(&value!([]))]).await;
    let probe = async |granted: &str| {
        let mut config = config(&server.base, PAGE);
        config.scopes = Some(granted.to_owned());
        LinkedIn::new(config, servers::context()).unwrap().probe().await
    };
    let seen = probe("r_organization_social,w_organization_social").await.unwrap();
    assert_eq!(
        seen.identity,
        format!("{PAGE}; scopes r_organization_social,w_organization_social")
    );
    let why = probe("r_organization_social,w_member_social").await.unwrap_err();
    assert!(why.starts_with("the token may not do `w_organization_social`: "), "{why}");
}

/// The same post, with a picture in its card.
fn with_picture() -> Rendition {
    let file = PictureFile {
        sha256: "ab".repeat(32),
        media_type: "image/png".to_owned(),
        bytes: 3,
        width: 2,
        height: 1,
    };
    let source = "the page's".to_owned();
    let picture = Picture { alt: "A buoy".to_owned(), source, file: Some(file) };
    match rendition() {
        Rendition::Status { text, language, length, limit, left_out, card, parts, .. } => {
            let picture = Some(picture);
            Rendition::Status { text, language, length, limit, left_out, card, parts, picture }
        }
        other => other,
    }
}

#[tokio::test]
async fn a_token_goes_to_no_place_that_is_not_linkedins() {
    for place in [
        "https://linkedin.com.evil.example/upload",
        "https://evil-linkedin.com/upload",
        "http://www.linkedin.com/upload",
        "nowhere",
    ] {
        let body = value!({ "value": { "uploadUrl": place, "image": "urn:li:image:1" } });
        let server = Scripted::start([json(200, &body.to_string())]).await;
        let channel = channel(&server.base);
        let wire = prepare(&channel, Action::Publish(&with_picture()));
        let outcome = channel.send(&wire, &servers::permit()).await;
        assert!(
            matches!(&outcome, Outcome::Refused { why } if why.contains("not its own")),
            "{place}: {outcome:?}"
        );
        assert_eq!(server.requests().len(), 1, "{place}");
        let asked = &server.requests()[0];
        assert!(asked.starts_with("POST /rest/images?action=initializeUpload "), "{asked}");
        assert!(asked.ends_with(&format!(r#"{{"initializeUploadRequest":{{"owner":"{PAGE}"}}}}"#)));
    }
}

#[test]
fn a_link_to_a_post_says_its_urn() {
    let channel = channel("http://127.0.0.1:1");
    let id = |link: &str| channel.recognise(&link.parse().unwrap());
    for link in [
        "https://www.linkedin.com/feed/update/urn:li:share:7431329065766260736/",
        "https://linkedin.com/feed/update/urn%3Ali%3Ashare%3A7431329065766260736?a=b",
    ] {
        assert_eq!(id(link).as_deref(), Some(URN), "{link}");
    }
    for link in [
        "https://www.linkedin.com/feed/update/urn:li:activity:7431329065766260736/",
        "https://www.linkedin.com/posts/tidal_tides-activity-7431329065766260736-AbCd",
        "https://www.linkedin.com.example/feed/update/urn:li:share:7431329065766260736/",
        "https://www.linkedin.com:8443/feed/update/urn:li:share:7431329065766260736/",
    ] {
        assert_eq!(id(link), None, "{link}");
    }
}

#[test]
fn linkedin_has_no_follow_ups_and_addresses_no_copy_without_its_urn() {
    let channel = channel("http://127.0.0.1:1");
    let key = servers::key();
    let refused =
        channel.prepare(Action::FollowUp(&rendition(), &receipt()), &servers::address(&key));
    assert_eq!(refused.unwrap_err().to_string(), "linkedin cannot follow up on a post");
    let activity =
        Receipt { remote_id: Some("urn:li:activity:1".to_owned()), ..Receipt::default() };
    for receipt in [Receipt::default(), activity] {
        let refused = channel.prepare(Action::Withdraw(&receipt), &servers::address(&key));
        assert!(refused.is_err(), "{receipt:?}");
    }
}
