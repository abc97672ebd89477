//! Lists in bare repositories on real servers: Apache with git's own http-backend, and OpenSSH. Where
//! requests are opened, and who merges them, is a stand-in, which looks into the repository.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Lab, PAGE, Peer, Peers, SUBJECT_WORDS};
use crate::boards::server::{self, Asked, Reply, Server};
use crate::support::proxy::{Proxy, Trouble};
use crate::support::repository::{Bare, Then, runnable};

const FILE: &str = "_data/jobs.yml";
const JOBS: &str = "- expires: 2027-06-30\n  location: Harbour\n  name: Diver\n  posted: 2027-01-01\n  \
                    url: https://harbour.example/diver\n";

/// A list, who keeps it, and a lab that writes to it.
struct List {
    peers: Peers,
    lab: Lab,
    bare: Arc<Bare>,
    proxy: Proxy,
    /// What the host knows of requests: the branch of each.
    requests: Arc<Mutex<Vec<String>>>,
    _host: Server,
}

impl List {
    /// Over HTTP, with a token.
    async fn on_the_web() -> Option<Self> {
        let peers = Peers::need(&[Peer::Dav]).await?;
        let folder = format!("{}/git", peers.says("DAV_FOLDER"));
        let bare = Bare::shared_below(Path::new(&folder), &[(FILE, JOBS)]);
        let proxy = Proxy::before(peers.says("DAV").trim_start_matches("http://"));
        let url = format!("{}/git/{}", proxy.base(), bare.name());
        Some(Self::at(peers, bare, proxy, &url))
    }

    /// Over SSH, with a key.
    async fn over_ssh(key: &str) -> Option<Self> {
        let peers = Peers::need(&[Peer::Ssh]).await?;
        let folder = format!("{}/git", peers.says("SSH_FOLDER"));
        let bare = Bare::shared_below(Path::new(&folder), &[(FILE, JOBS)]);
        let url = format!("ssh://root@{}{folder}/{}", peers.says("SSH"), bare.name());
        let nothing = Proxy::before("127.0.0.1:9");
        let list = Self::at(peers, bare, nothing, &url);
        list.uses_key(key);
        Some(list)
    }

    fn at(peers: Peers, bare: Bare, proxy: Proxy, url: &str) -> Self {
        let (bare, requests) = (Arc::new(bare), Arc::new(Mutex::new(Vec::new())));
        let (looked, known) = (Arc::clone(&bare), Arc::clone(&requests));
        let host = Server::start(move |asked| host(&looked, &known, asked));
        let file = format!(
            "preset = \"boards/us-rse\"\n[git]\nrepository = \"{url}\"\nreaders = \"{base}/jobs/\"\n\
             author = {{ name = \"Tidal Lab\", email = \"lab@tidal.example\" }}\n\
             token = {{ file = \"secrets/token\" }}\n\
             [git.request]\nsoftware = \"github\"\napi = \"{base}\"\nrepository = \"list/jobs\"\n\
             token = {{ file = \"secrets/host\" }}\n",
            base = host.base()
        );
        let lab = Lab::with_file(&peers, "list", &file);
        lab.site.write("secrets/token", peers.says("DAV_PASSWORD"));
        lab.site.write("secrets/host", "the host's own");
        Self { peers, lab, bare, proxy, requests, _host: host }
    }

    /// The system's `ssh`, with settings of this test alone.
    fn uses_key(&self, key: &str) {
        let folder = self.peers.says("SSH_FOLDER");
        let settings = format!(
            "IdentityFile {folder}/{key}\nIdentitiesOnly yes\nUserKnownHostsFile {folder}/known_hosts\n\
             StrictHostKeyChecking yes\n"
        );
        self.lab.site.write("ssh_config", settings);
        let program = self.lab.site.path("bin/ssh");
        let settings = self.lab.site.path("ssh_config");
        runnable(&program, &format!("exec /usr/bin/ssh -F {} \"$@\"", settings.display()));
    }

    /// Half an hour later, with that `ssh`.
    fn post(&mut self) -> crate::support::Ran {
        self.lab.wait(30);
        let at = (chrono::Utc::now() + self.lab.later).to_rfc3339();
        let path = format!("{}:/usr/bin:/bin", self.lab.site.path("bin").display());
        self.lab.site.run_with(&["post", "--at", &at], &[("PATH", &path)])
    }

    fn settle_down(&mut self) {
        for _ in 0..4 {
            self.post();
        }
    }

    /// The keepers take the only open branch over.
    fn keepers_merge(&self) {
        let open: Vec<String> = self
            .bare
            .branches()
            .into_iter()
            .filter(|it| !self.bare.commits(it).is_empty())
            .collect();
        let [branch] = &open[..] else { panic!("{open:?}") };
        self.bare.merge(branch, Then::Keep);
    }

    fn list(&self) -> String {
        self.bare.file("main", FILE).unwrap()
    }

    /// What a reader gets who follows the link of the log.
    async fn page(&self) -> (u16, String) {
        let answer = self.peers.client().get(self.lab.link("announce")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    fn one_branch_and_commit(&self) {
        let branches = self.bare.branches();
        assert_eq!(branches.len(), 1, "{branches:?}");
        assert_eq!(self.bare.commits(&branches[0]).len(), 1);
        assert_eq!(self.requests.lock().unwrap().len(), 1);
    }

    fn paused(&self) -> String {
        self.lab.handbill(&["resume"]).out
    }
}

/// As much of GitHub's API as is spoken with, and the page that is made of the list.
fn host(bare: &Bare, requests: &Mutex<Vec<String>>, asked: &Asked) -> Reply {
    let mut requests = requests.lock().unwrap();
    let shown = |number: usize, branch: &str| {
        let merged = bare.commits(branch).is_empty();
        json!({
            "number": number, "state": if merged { "closed" } else { "open" }, "merged": merged,
            "html_url": format!("http://{}/list/pulls/{number}", asked.header("host")),
            "head": { "ref": branch },
        })
    };
    match (asked.method.as_str(), asked.path.split('?').next().unwrap_or_default()) {
        ("GET", "/jobs/") => server::html(200, &bare.file("main", FILE).unwrap_or_default()),
        ("GET", "/repos/list/jobs/pulls") => {
            let listed = requests.iter().enumerate().map(|(number, branch)| shown(number, branch));
            server::json(200, &Value::Array(listed.collect()))
        }
        ("POST", "/repos/list/jobs/pulls") => {
            let branch = asked.json()["head"].as_str().unwrap_or_default().to_owned();
            requests.push(branch.clone());
            server::json(201, &shown(requests.len() - 1, &branch))
        }
        ("GET", _) => server::html(200, "a request"),
        _ => server::html(405, ""),
    }
}

#[tokio::test]
async fn an_ad_is_pushed_merged_changed_and_taken_out() {
    for list in [List::on_the_web().await, List::over_ssh("client").await] {
        let Some(mut list) = list else { return };
        let post = list.post();
        assert_eq!(post.code, 0, "{post:?}");
        list.one_branch_and_commit();
        list.settle_down();
        // It waits for its keepers.
        assert_eq!(list.lab.standing(), "held");
        assert_eq!(list.page().await.0, 200, "where the request stands");
        list.keepers_merge();
        list.settle_down();
        assert_eq!(list.lab.standing(), "live");
        let (status, page) = list.page().await;
        assert!(status == 200 && page.contains(SUBJECT_WORDS), "{status} {page}");

        list.lab.site.replace(PAGE, SUBJECT_WORDS, "PhD position in storm forecasting");
        list.settle_down();
        list.keepers_merge();
        list.settle_down();
        let text = list.list();
        assert!(text.contains("storm forecasting") && !text.contains(SUBJECT_WORDS), "{text}");
        assert_eq!(list.lab.standing(), "edited");

        list.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
        list.settle_down();
        list.keepers_merge();
        assert_eq!(list.list(), JOBS, "what others wrote is as it was");
        list.settle_down();
        assert_eq!(list.lab.standing(), "withdrawn");
    }
}

#[tokio::test]
async fn a_push_whose_answer_is_lost_is_one_branch_and_one_commit() {
    for trouble in [Trouble::LoseTheAnswer, Trouble::LoseTheRequest] {
        let Some(mut list) = List::on_the_web().await else { return };
        list.proxy.next(&format!("POST /git/{}/git-receive-pack", list.bare.name()), trouble);
        list.settle_down();
        assert_eq!(list.proxy.waiting(), 0);
        list.one_branch_and_commit();
        assert_eq!(list.lab.standing(), "held");
    }
}

#[tokio::test]
async fn a_server_that_dies_after_it_took_a_branch_gets_no_second_one() {
    for list in [List::on_the_web().await, List::over_ssh("client").await] {
        let Some(mut list) = list else { return };
        // It has the branch, and its answer never comes.
        list.bare.hook("post-receive", "[ -e died ] || { touch died; kill -9 $PPID; }");
        list.settle_down();
        list.one_branch_and_commit();
        assert_eq!(list.lab.standing(), "held");
    }
}

#[tokio::test]
async fn a_push_that_a_server_refuses_is_refused_in_its_words() {
    for list in [List::on_the_web().await, List::over_ssh("client").await] {
        let Some(mut list) = list else { return };
        list.bare.hook("pre-receive", "echo 'only keepers push here' >&2; exit 1");
        let post = list.post();
        assert_eq!(post.code, 1, "{post:?}");
        assert_eq!(list.lab.standing(), "refused");
        assert!(list.lab.row("announce").to_string().contains("only keepers push here"));
        assert!(list.bare.branches().is_empty());
    }
}

#[tokio::test]
async fn a_branch_that_somebody_else_moved_meanwhile_is_built_on() {
    for list in [List::on_the_web().await, List::over_ssh("client").await] {
        let Some(mut list) = list else { return };
        // Somebody is quicker, with the same branch.
        list.bare.hook(
            "pre-receive",
            "read old new name; [ -e quicker ] || { touch quicker; env -u GIT_QUARANTINE_PATH git \
             update-ref \"$name\" $(git rev-parse main); }",
        );
        list.settle_down();
        list.one_branch_and_commit();
        assert_eq!(list.lab.standing(), "held");
    }
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_key_stop_the_channel() {
    let Some(mut web) = List::on_the_web().await else { return };
    web.lab.site.write("secrets/token", "somebody else's");
    let post = web.post();
    assert_eq!(post.code, 1, "{post:?}");
    assert!(!web.paused().is_empty() && !web.paused().contains("somebody else's"));
    assert!(web.bare.branches().is_empty());
    web.lab.site.write("secrets/token", web.peers.says("DAV_PASSWORD"));
    web.lab.handbill(&["resume", "list"]);
    web.settle_down();
    web.one_branch_and_commit();

    let Some(mut ssh) = List::over_ssh("stranger").await else { return };
    ssh.post();
    assert!(ssh.paused().contains("Permission denied"), "{}", ssh.paused());
    assert!(ssh.bare.branches().is_empty());
    ssh.uses_key("client");
    ssh.lab.handbill(&["resume", "list"]);
    ssh.settle_down();
    ssh.one_branch_and_commit();
}
