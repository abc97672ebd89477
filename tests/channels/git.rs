//! Lists that are kept in a repository: real bare repositories on this machine, the real `git`, and
//! a host's API as GitHub and Forgejo describe theirs.

use std::path::PathBuf;

use chrono::TimeDelta;
use handbill::adapt::{DocumentType, Rendition};
use handbill::channel::git::entry::{List, Place};
use handbill::channel::git::request::{self, Software};
use handbill::channel::git::{AuthorName, Config, Git};
use handbill::channel::permit::NoJournal;
use handbill::channel::{
    Action, Channel, DeliveryKey, Outcome, Permit, Receipt, SendBy, Sight, Trace, Wire,
};
use handbill::clock::Clock;
use serde_json::{Value, json};
use uuid::Uuid;

use super::servers::{self, Reply, SECRET, Scripted};
use crate::support::repository::{Bare, Then, runnable};

const FILE: &str = "_data/jobs.yml";

/// What others wrote, with their habits.
const JOBS: &str = "# Newest first.\n- expires: 2026-12-31\n  location: 'Harbour: 2'\n  name: Diver\n  \
                    posted: 2026-11-01\n  url: https://harbour.example/diver\n\n\n- expires: \
                    2026-12-01\n  location: Quay\n  name: Pilot\n  posted: 2026-10-01\n  url: \
                    https://quay.example/pilot\n";

const LINK: &str = "https://tidal.example/jobs/phd/";

fn entry(name: &str) -> Rendition {
    document(&format!("- name: \"{name}\"\n  url: \"{LINK}\"\n"))
}

fn document(body: &str) -> Rendition {
    Rendition::Document {
        media_type: DocumentType::Yaml,
        body: body.to_owned(),
        language: "en".to_owned(),
    }
}

fn key(number: u128) -> DeliveryKey {
    DeliveryKey(Uuid::from_u128(number << 96))
}

const OWN: &str = "handbill/000000010000";
const SECOND: &str = "handbill/000000020000";

/// A folder for our copy, that is there as long as the test.
struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("copy")
    }

    fn config(&self, url: &str) -> Config {
        Config {
            repository: url.to_owned(),
            branch: "main".to_owned(),
            fork: None,
            folder: self.folder(),
            author: AuthorName {
                name: "Tidal Lab".to_owned(),
                email: "lab@tidal.example".to_owned(),
            },
            file: FILE.to_owned(),
            list: Some(List {
                begins: "- ".to_owned(),
                known_by: "url:".to_owned(),
                place: Place::Top,
            }),
            format: DocumentType::Yaml,
            token: None,
            request: None,
            compare: Some("https://host.example/list/compare/{base}...{owner}:{branch}".to_owned()),
            readers: "https://list.example/jobs/".parse().ok(),
            known: None,
            docs: None,
        }
    }

    fn channel(&self, bare: &Bare) -> Git {
        Git::new(self.config(&bare.url()), servers::context()).unwrap()
    }

    fn with_host(&self, bare: &Bare, host: &Scripted, software: Software) -> Git {
        let mut config = self.config(&bare.url());
        config.request = Some(request::Config {
            software,
            api: host.base.parse().unwrap(),
            repository: "list/jobs".to_owned(),
            token: servers::secret(SECRET),
        });
        Git::new(config, servers::context()).unwrap()
    }
}

fn prepared(channel: &Git, key: &DeliveryKey, action: Action<'_>) -> Wire {
    channel.prepare(action, &servers::address(key)).unwrap()
}

async fn send(channel: &Git, wire: &Wire) -> Outcome {
    channel.send(wire, &servers::permit()).await
}

async fn published(channel: &Git) -> (Wire, Receipt) {
    let wire = prepared(channel, &key(1), Action::Publish(&entry("PhD")));
    match send(channel, &wire).await {
        Outcome::Posted(receipt) => (wire, receipt),
        other => panic!("{other:?}"),
    }
}

async fn find(channel: &Git, wire: &Wire) -> Trace {
    channel.find(&servers::search(wire, &key(1), servers::at())).await
}

#[tokio::test]
async fn an_ad_is_one_commit_on_a_branch_of_its_own_and_nothing_else_changes() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS), ("README.md", "Hello\n")]), Here::new());
    let channel = here.channel(&bare);
    let (_, receipt) = published(&channel).await;
    assert_eq!(bare.branches(), [OWN]);
    assert_eq!(bare.commits(OWN), ["Tidal Lab <lab@tidal.example> Add the job 2026-W07"]);
    let with = format!("# Newest first.\n- name: \"PhD\"\n  url: \"{LINK}\"\n");
    assert_eq!(bare.file(OWN, FILE), Some(JOBS.replace("# Newest first.\n", &with)));
    assert_eq!(bare.file(OWN, "README.md").as_deref(), Some("Hello\n"));
    assert_eq!(bare.file("main", FILE).as_deref(), Some(JOBS), "main is its keepers'");
    assert_eq!(receipt.remote_id, Some(format!("{OWN} {LINK}")));
    let compare = receipt.link.map(|it| it.to_string()).unwrap();
    assert!(compare.starts_with("https://host.example/list/compare/main..."), "{compare}");
    assert!(compare.ends_with(&format!(":{OWN}")), "{compare}");
}

#[tokio::test]
async fn the_same_once_more_is_one_branch_and_one_commit() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let (wire, receipt) = published(&here.channel(&bare)).await;
    // Another process, with nothing in its memory, in a folder of its own.
    let elsewhere = Here::new();
    for channel in [here.channel(&bare), elsewhere.channel(&bare)] {
        // What a lost answer leads to: it may be tried again, because it does no harm.
        assert_eq!(find(&channel, &wire).await, Trace::Absent);
        assert_eq!(send(&channel, &wire).await, Outcome::Posted(receipt.clone()));
    }
    assert_eq!((bare.branches().len(), bare.commits(OWN).len()), (1, 1));
}

#[tokio::test]
async fn what_was_merged_is_live_however_it_is_laid_out_there() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let (wire, receipt) = published(&channel).await;
    assert!(matches!(channel.verify(&receipt, Some(&entry("PhD"))).await, Sight::Unseen { .. }));
    bare.merge(OWN, Then::Delete);
    let tidied = bare.file("main", FILE).unwrap().replace(
        &format!("- name: \"PhD\"\n  url: \"{LINK}\"\n"),
        &format!("- url: {LINK}\n  name: PhD\n"),
    );
    bare.somebody_writes("main", FILE, &tidied);
    let Trace::Found(found) = find(&channel, &wire).await else { panic!("it is merged") };
    assert_eq!(found.link.map(|it| it.to_string()).as_deref(), Some("https://list.example/jobs/"));
    assert_eq!(channel.verify(&receipt, Some(&entry("PhD"))).await, Sight::Agrees);
    assert!(matches!(channel.verify(&receipt, Some(&entry("Dr"))).await, Sight::Differs { .. }));
    bare.somebody_writes("main", FILE, JOBS);
    assert_eq!(channel.verify(&receipt, Some(&entry("PhD"))).await, Sight::Gone);
}

#[tokio::test]
async fn a_change_goes_to_the_same_branch_until_it_is_merged_and_then_to_a_new_one() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let (_, receipt) = published(&channel).await;
    let change = prepared(&channel, &key(2), Action::Edit(&entry("Doctorate"), &receipt));
    let Outcome::Posted(changed) = send(&channel, &change).await else { panic!("not posted") };
    assert_eq!(changed.remote_id, receipt.remote_id);
    assert_eq!((bare.branches().len(), bare.commits(OWN).len()), (1, 2));
    assert!(bare.file(OWN, FILE).unwrap().contains("\"Doctorate\""));
    assert!(!bare.file(OWN, FILE).unwrap().contains("\"PhD\""));
    // Once more: it stands.
    assert_eq!(send(&channel, &change).await, Outcome::Posted(changed));
    assert_eq!(bare.commits(OWN).len(), 2);

    bare.merge(OWN, Then::Keep);
    let change = prepared(&channel, &key(2), Action::Edit(&entry("Doctor"), &receipt));
    let Outcome::Posted(changed) = send(&channel, &change).await else { panic!("not posted") };
    assert_eq!(changed.remote_id, Some(format!("{SECOND} {LINK}")));
    assert_eq!(bare.branches(), [OWN, SECOND]);
    let wanted = JOBS.replace(
        "# Newest first.\n",
        &format!("# Newest first.\n- name: \"Doctor\"\n  url: \"{LINK}\"\n"),
    );
    assert_eq!(bare.file(SECOND, FILE), Some(wanted));
}

#[tokio::test]
async fn an_ad_that_moves_to_another_address_keeps_its_one_entry() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let (_, receipt) = published(&channel).await;
    let moved = document("- name: PhD\n  url: https://tidal.example/jobs/doctorate/\n");
    let change = prepared(&channel, &key(2), Action::Edit(&moved, &receipt));
    for _ in 0..2 {
        let Outcome::Posted(changed) = send(&channel, &change).await else { panic!("not posted") };
        let name = format!("{OWN} https://tidal.example/jobs/doctorate/");
        assert_eq!(changed.remote_id, Some(name));
    }
    let file = bare.file(OWN, FILE).unwrap();
    assert!(!file.contains(LINK) && file.contains("jobs/doctorate/"), "{file}");
    assert_eq!(bare.commits(OWN).len(), 2);
}

#[tokio::test]
async fn what_was_merged_is_taken_out_by_a_commit_and_every_other_byte_stays() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let (_, receipt) = published(&channel).await;
    bare.merge(OWN, Then::Delete);
    let take = prepared(&channel, &key(2), Action::Withdraw(&receipt));
    assert_eq!(find(&channel, &take).await, Trace::Absent);
    assert!(matches!(send(&channel, &take).await, Outcome::Posted(_)));
    assert_eq!(bare.file(SECOND, FILE).as_deref(), Some(JOBS));
    assert_eq!(bare.commits(SECOND), ["Tidal Lab <lab@tidal.example> Remove the job 2026-W07"]);
    bare.merge(SECOND, Then::Delete);
    assert!(matches!(find(&channel, &take).await, Trace::Found(_)));
}

#[tokio::test]
async fn what_others_put_on_our_branch_is_built_on_and_never_written_over() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let (_, receipt) = published(&channel).await;
    bare.somebody_writes(OWN, "NOTES", "please wait\n");
    let change = prepared(&channel, &key(2), Action::Edit(&entry("Doctorate"), &receipt));
    assert!(matches!(send(&channel, &change).await, Outcome::Posted(_)));
    assert_eq!(bare.commits(OWN).len(), 3);
    assert_eq!(bare.file(OWN, "NOTES").as_deref(), Some("please wait\n"));
}

#[tokio::test]
async fn a_branch_that_moves_while_it_is_pushed_is_tried_again_later() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    // Somebody is quicker: the branch is there before the push is done.
    bare.hook(
        "pre-receive",
        &format!(
            "[ -e quicker ] || {{ touch quicker; env -u GIT_QUARANTINE_PATH git update-ref \
             refs/heads/{OWN} $(git rev-parse main); }}"
        ),
    );
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let first = send(&channel, &wire).await;
    assert!(matches!(first, Outcome::Deferred { .. }), "{first:?}");
    assert!(matches!(send(&channel, &wire).await, Outcome::Posted(_)));
    assert_eq!((bare.branches().len(), bare.commits(OWN).len()), (1, 1));
}

#[tokio::test]
async fn a_server_that_refuses_the_branch_is_believed() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    bare.hook("pre-receive", "echo 'only keepers push here' >&2; exit 1");
    let channel = here.channel(&bare);
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let refused = send(&channel, &wire).await;
    assert!(
        matches!(&refused, Outcome::Refused { why } if why.contains("hook declined")),
        "{refused:?}"
    );
    assert!(bare.branches().is_empty());
}

#[tokio::test]
async fn while_the_server_is_gone_nothing_is_sent_and_nothing_is_concluded() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let (wire, receipt) = published(&channel).await;
    bare.goes_away();
    let change = prepared(&channel, &key(2), Action::Edit(&entry("Doctorate"), &receipt));
    assert!(matches!(send(&channel, &change).await, Outcome::Deferred { .. }));
    assert!(matches!(find(&channel, &wire).await, Trace::NotYet { .. }));
    assert!(matches!(channel.verify(&receipt, None).await, Sight::Unseen { .. }));
    assert!(channel.probe().await.is_err());
    bare.comes_back();
    assert!(matches!(send(&channel, &change).await, Outcome::Posted(_)));
    assert_eq!(channel.probe().await.map(|probe| probe.identity), Ok(bare.url()));
}

#[tokio::test]
async fn after_its_time_nothing_is_pushed() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let clock = Clock::at(servers::at());
    let send_by = SendBy::new(servers::at() - TimeDelta::seconds(1), clock);
    let late = channel.send(&wire, &Permit::new(send_by, &NoJournal)).await;
    assert!(matches!(late, Outcome::Deferred { .. }), "{late:?}");
    assert!(bare.branches().is_empty());
}

#[tokio::test]
async fn two_entries_of_one_name_need_a_person() {
    let twice = format!("- name: A\n  url: {LINK}\n- name: B\n  url: {LINK}\n");
    let (bare, here) = (Bare::with(&[(FILE, &twice)]), Here::new());
    let channel = here.channel(&bare);
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let refused = send(&channel, &wire).await;
    assert!(
        matches!(&refused, Outcome::Refused { why } if why.contains("2 entries")),
        "{refused:?}"
    );
    assert!(bare.branches().is_empty());
}

#[tokio::test]
async fn a_list_that_is_not_there_pauses_the_channel() {
    let (bare, here) = (Bare::with(&[("README.md", "Hello\n")]), Here::new());
    let channel = here.channel(&bare);
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let blocked = send(&channel, &wire).await;
    assert!(matches!(&blocked, Outcome::Blocked { why } if why.contains(FILE)), "{blocked:?}");
}

#[tokio::test]
async fn an_ad_in_a_file_of_its_own_leaves_the_files_of_others_alone() {
    let (bare, here) = (Bare::with(&[("jobs/2026-other.qmd", "theirs\n")]), Here::new());
    let mut config = here.config(&bare.url());
    config.list = None;
    config.file = "jobs/{year}-{reference}.qmd".to_owned();
    config.format = DocumentType::Markdown;
    let channel = Git::new(config.clone(), servers::context()).unwrap();
    let open = document("---\nactive: true\n---\nWords.\n");
    let wire = prepared(&channel, &key(1), Action::Publish(&open));
    let Outcome::Posted(receipt) = send(&channel, &wire).await else { panic!("not posted") };
    let path = "jobs/2026-2026-W07.qmd";
    assert_eq!(bare.file(OWN, path).as_deref(), Some("---\nactive: true\n---\nWords.\n"));
    bare.merge(OWN, Then::Delete);
    let closed = document("---\nactive: false\n---\nWords.\n");
    let close = prepared(&channel, &key(2), Action::Edit(&closed, &receipt));
    assert!(matches!(send(&channel, &close).await, Outcome::Posted(_)));
    assert!(bare.file(SECOND, path).unwrap().contains("active: false"));
    assert_eq!(bare.file(SECOND, "jobs/2026-other.qmd").as_deref(), Some("theirs\n"));

    config.file = "jobs/2026-other.qmd{reference}".to_owned();
    bare.somebody_writes("main", "jobs/2026-other.qmd2026-W07", "theirs too\n");
    let channel = Git::new(config, servers::context()).unwrap();
    let wire = prepared(&channel, &key(3), Action::Publish(&open));
    let refused = send(&channel, &wire).await;
    assert!(
        matches!(&refused, Outcome::Refused { why } if why.contains("not ours")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn nothing_in_our_copy_is_run() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let channel = here.channel(&bare);
    assert!(channel.probe().await.is_ok(), "the copy is made");
    for hook in ["reference-transaction", "pre-push", "post-commit", "post-index-change"] {
        runnable(&here.folder().join("hooks").join(hook), "touch hook-has-run; exit 1");
    }
    published(&channel).await;
    assert!(!here.folder().join("hook-has-run").exists());
}

// The host.

fn pull_request(state: &str, merged: bool) -> Value {
    json!({
        "number": 7, "state": state, "merged": merged,
        "merged_at": if merged { json!("2026-11-25T08:00:00Z") } else { Value::Null },
        "html_url": "https://host.example/list/pulls/7",
        "head": { "ref": OWN }, "base": { "ref": "main" },
    })
}

fn listed(requests: &[Value]) -> Reply {
    servers::json(200, &Value::Array(requests.to_vec()).to_string())
}

#[tokio::test]
async fn the_request_is_looked_for_and_then_opened_once() {
    for software in [Software::GitHub, Software::Forgejo] {
        let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
        let open = pull_request("open", false);
        let host = Scripted::start([
            listed(&[]),
            servers::json(201, &open.to_string()),
            listed(std::slice::from_ref(&open)),
            listed(&[open]),
        ])
        .await;
        let channel = here.with_host(&bare, &host, software);
        let (wire, receipt) = published(&channel).await;
        let link = receipt.link.as_ref().map(ToString::to_string);
        assert_eq!(link.as_deref(), Some("https://host.example/list/pulls/7"));
        // Asked after a lost answer, it says that it is there and not merged; and sent again it is
        // not opened again.
        let held = find(&channel, &wire).await;
        assert!(matches!(&held, Trace::Held { receipt: at, .. } if *at == receipt), "{held:?}");
        assert_eq!(send(&channel, &wire).await, Outcome::Posted(receipt));
        let asked = host.requests();
        assert!(asked[0].starts_with("GET /repos/list/jobs/pulls?state=all&"), "{}", asked[0]);
        assert!(asked[1].starts_with("POST /repos/list/jobs/pulls HTTP"), "{}", asked[1]);
        let scheme = if software == Software::GitHub { "Bearer" } else { "token" };
        let authorization = format!("authorization: {scheme} {SECRET}");
        assert!(asked[1].to_lowercase().contains(&authorization.to_lowercase()), "{}", asked[1]);
        let body: Value = serde_json::from_str(asked[1].split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!((&body["head"], &body["base"]), (&json!(OWN), &json!("main")));
        assert_eq!(body["title"], "Add the job 2026-W07");
        let opened = asked.iter().filter(|request| request.starts_with("POST")).count();
        assert_eq!((opened, bare.commits(OWN).len()), (1, 1));
    }
}

#[tokio::test]
async fn a_lost_answer_to_opening_is_unknown_and_leads_to_no_second_one() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let open = pull_request("open", false);
    let host = Scripted::start([
        listed(&[]),
        Reply::HangUp,
        listed(std::slice::from_ref(&open)),
        listed(&[open]),
    ])
    .await;
    let channel = here.with_host(&bare, &host, Software::GitHub);
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    assert!(matches!(send(&channel, &wire).await, Outcome::Unknown { .. }));
    assert!(matches!(find(&channel, &wire).await, Trace::Held { .. }));
    assert!(matches!(send(&channel, &wire).await, Outcome::Posted(_)));
    let opened = host.requests().iter().filter(|it| it.starts_with("POST")).count();
    assert_eq!((opened, bare.commits(OWN).len()), (1, 1));
}

#[tokio::test]
async fn a_token_that_may_not_pauses_the_channel_and_is_never_shown() {
    for status in [401, 403] {
        let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
        let said = format!("{{\"message\": \"no: {SECRET}\"}}");
        let host = Scripted::start([listed(&[]), servers::json(status, &said)]).await;
        let channel = here.with_host(&bare, &host, Software::GitHub);
        let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
        assert!(!format!("{wire:?}").contains(SECRET));
        let blocked = send(&channel, &wire).await;
        let Outcome::Blocked { why } = &blocked else { panic!("{blocked:?}") };
        assert!(why.contains(&status.to_string()) && !why.contains(SECRET), "{why}");
    }
}

#[tokio::test]
async fn a_request_that_was_closed_is_not_opened_again() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let closed = listed(&[pull_request("closed", false)]);
    let host = Scripted::start([closed.clone(), closed]).await;
    let channel = here.with_host(&bare, &host, Software::Forgejo);
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let refused = send(&channel, &wire).await;
    assert!(matches!(&refused, Outcome::Refused { why } if why.contains("pulls/7")), "{refused:?}");
    assert!(matches!(find(&channel, &wire).await, Trace::TurnedDown { .. }));
}

#[tokio::test]
async fn what_was_never_merged_is_taken_back_by_closing_the_request() {
    let (bare, here) = (Bare::with(&[(FILE, JOBS)]), Here::new());
    let open = pull_request("open", false);
    let host = Scripted::start([
        listed(&[]),
        servers::json(201, &open.to_string()),
        listed(&[open]),
        servers::json(200, &pull_request("closed", false).to_string()),
        listed(&[pull_request("closed", false)]),
    ])
    .await;
    let channel = here.with_host(&bare, &host, Software::GitHub);
    let (_, receipt) = published(&channel).await;
    let take = prepared(&channel, &key(2), Action::Withdraw(&receipt));
    assert!(matches!(send(&channel, &take).await, Outcome::Posted(_)));
    let asked = host.requests();
    assert!(asked[3].starts_with("PATCH /repos/list/jobs/pulls/7 "), "{}", asked[3]);
    assert!(asked[3].ends_with("{\"state\":\"closed\"}"), "{}", asked[3]);
    assert_eq!(bare.commits(OWN).len(), 1, "no commit is needed for it");
    assert!(matches!(find(&channel, &take).await, Trace::Found(_)));
}

#[tokio::test]
async fn a_server_that_wants_other_credentials_pauses_the_channel() {
    let here = Here::new();
    let basic = ["WWW-Authenticate: Basic realm=\"x\""];
    let host = Scripted::start((0..8).map(|_| servers::answer(401, &basic, SECRET))).await;
    let mut config = here.config(&format!("{}/list/jobs.git", host.base));
    config.token = Some(servers::secret(SECRET));
    let channel = Git::new(config, servers::context()).unwrap();
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let blocked = send(&channel, &wire).await;
    let Outcome::Blocked { why } = &blocked else { panic!("{blocked:?}") };
    assert!(!why.contains(SECRET), "{why}");
    assert!(host.requests()[0].to_lowercase().contains("authorization: basic "), "it was used");
}

#[test]
fn a_rehearsal_reaches_no_other_machine() {
    let here = Here::new();
    let channel = Git::new(here.config("git@host.example:list/jobs.git"), servers::context());
    let (channel, runtime) = (channel.unwrap(), tokio::runtime::Runtime::new().unwrap());
    let wire = prepared(&channel, &key(1), Action::Publish(&entry("PhD")));
    let refused = runtime.block_on(send(&channel, &wire));
    assert!(matches!(&refused, Outcome::Refused { why } if why.contains("host.example")));
}

#[test]
fn a_description_that_cannot_work_says_why() {
    let here = Here::new();
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = here.config("/list.git");
        change(&mut config);
        Git::new(config, servers::context()).err().map(|error| error.to_string()).unwrap()
    };
    for url in ["--upload-pack=x", "ext::sh -c x", " "] {
        let why = refused(&|config| config.repository = url.to_owned());
        assert!(why.starts_with("`git.repository`"), "{why}");
    }
    for file in ["../x", "/etc/x", ".git/config", "a//b", "jobs/{reference}"] {
        assert!(refused(&|config| config.file = file.to_owned()).starts_with("`git.file`"));
    }
    for branch in ["-x", "a..b", "a b", ""] {
        assert!(refused(&|config| config.branch = branch.to_owned()).starts_with("`git.branch`"));
    }
    assert!(refused(&|config| config.compare = None).starts_with("`git.request`"));
    assert!(refused(&|config| config.list = None).starts_with("`git.file`"));
    let channel = Git::new(here.config("/list.git"), servers::context()).unwrap();
    let nameless = document("- name: PhD\n");
    let key = key(1);
    let error = channel.prepare(Action::Publish(&nameless), &servers::address(&key));
    assert!(error.unwrap_err().to_string().contains("begins with `url:`"));
}
