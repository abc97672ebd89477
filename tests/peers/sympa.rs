//! Lists in a real Sympa: 6.2.70, and 6.2.76, whose links and notices are others. Their archives ask
//! whoever follows a link for a click first, as Sympa does by default.

use std::process::Command;

use chrono::{TimeDelta, Utc};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::mailbox::{Mail, copies, mailbox};
use super::{LONG_ENOUGH, Lab, PAGE, Peer, Peers, unique, wait_for};

const NEEDED: [Peer; 3] = [Peer::Postfix, Peer::Dovecot, Peer::Sympa];

/// The Sympa of a release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Release {
    /// 6.2.70.
    Bookworm,
    /// 6.2.76.
    Trixie,
}

/// What a list does with a post of a member: a scenario of Sympa's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    Private,
    EditorKey,
}

/// A list that a test has made, with the poster and one reader as members.
struct List<'a> {
    peers: &'a Peers,
    release: Release,
    name: String,
    poster: String,
    reader: String,
    moderator: String,
}

impl<'a> List<'a> {
    fn create(peers: &'a Peers, release: Release, name: &str, scenario: Scenario) -> Self {
        let name = unique(name);
        let somebody = |role: &str| format!("{role}-of-{name}@lab.test");
        let [poster, reader, moderator] = ["poster", "reader", "moderator"].map(somebody);
        let list = Self { peers, release, name, poster, reader, moderator };
        let script = format!("{}/{}/make-list", peers.says("SYMPA_FOLDER"), list.release());
        let scenario = format!("{scenario:?}").to_lowercase();
        let made = Command::new(script)
            .args([&list.name, &scenario, &list.moderator, &list.poster, &list.reader])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        list
    }

    fn release(&self) -> String {
        format!("{:?}", self.release).to_lowercase()
    }

    fn domain(&self) -> String {
        format!("{}.sympa.test", self.release())
    }

    fn address(&self) -> String {
        format!("{}@{}", self.name, self.domain())
    }

    fn archive(&self) -> String {
        let links = if self.release == Release::Bookworm { "arcsearch-id" } else { "msg" };
        format!(
            "software = \"sympa\"\narchive = {{ software = \"sympa\", base = \"{}\", list = \"{}\", \
             links = \"{links}\" }}\n",
            self.peers.says(&format!("SYMPA_{}", self.release().to_uppercase())),
            self.name
        )
    }

    /// A lab whose channel is this list, and which reads what comes back.
    fn lab(&self) -> Lab {
        let lab = Lab::writing_as(self.peers, &self.poster, &self.address(), &self.archive());
        lab.reads_the_mail_of(&self.poster, self.peers);
        lab
    }

    /// The key under which a post waits for the moderator, once one does. There may be no other.
    async fn key_of_the_held_post(&self) -> String {
        // The new one offers the moderator links, and takes the old one's commands all the same.
        let marker = match self.release {
            Release::Bookworm => format!("DISTRIBUTE {} ", self.name),
            Release::Trixie => format!("/distribute/{}/", self.name),
        };
        let keys = wait_for("a post that is held", async || {
            let mails = mailbox(self.peers, &self.moderator);
            let keys: Vec<String> = mails
                .iter()
                .filter_map(|mail| mail.raw.split_once(&marker))
                .map(|(_, key)| key.split_whitespace().next().unwrap_or_default().to_owned())
                .collect();
            (!keys.is_empty()).then_some(keys)
        })
        .await;
        assert_eq!(keys.len(), 1, "{keys:#?}");
        keys[0].clone()
    }

    /// What the moderator answers: `DISTRIBUTE` or `REJECT`.
    async fn moderator_says(&self, verb: &str) {
        let subject = format!("{verb} {} {}", self.name, self.key_of_the_held_post().await);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/letter.py");
        let to = format!("sympa@{}", self.domain());
        let sent = Command::new(self.peers.says("PYTHON"))
            .args([script, &self.moderator, &to, &subject])
            .output()
            .unwrap();
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    }

    /// The reader's copy, once it is there; there may be no other.
    async fn copy(&self, lab: &Lab, occasion: &str) -> Mail {
        let mut copies = copies(self.peers, &self.reader, &lab.message_id(occasion)).await;
        assert_eq!(copies.len(), 1, "{copies:#?}");
        copies.remove(0)
    }

    /// What the archive says the address of a copy is.
    fn archived_at(copy: &Mail) -> String {
        copy.header("Archived-At").trim().trim_matches(['<', '>']).to_owned()
    }

    /// One copy with the reader and none on its way.
    async fn assert_one_copy(&self) {
        tokio::time::sleep(LONG_ENOUGH).await;
        let copies = mailbox(self.peers, &self.reader);
        assert_eq!(copies.len(), 1, "{copies:#?}");
    }
}

/// Looks again and again, a quarter of an hour later each time, until the ad stands so.
async fn stands(lab: &mut Lab, wanted: &str) -> Value {
    wait_for(wanted, async || {
        lab.wait(15);
        lab.post();
        (lab.standing() == wanted).then(|| lab.row("announce"))
    })
    .await
}

#[tokio::test]
async fn an_ad_stands_in_sympas_archive_under_the_link_that_the_log_names() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for (release, path) in [(Release::Bookworm, "/arcsearch_id/"), (Release::Trixie, "/msg/")] {
        let list = List::create(&peers, release, "jobs", Scenario::Private);
        // Without a mailbox: what the archive shows to a program is all there is.
        let mut lab = Lab::writing_as(&peers, &list.poster, &list.address(), &list.archive());
        let post = lab.post();
        assert_eq!(post.code, 0, "{release:?}: {post:?}");
        let link = List::archived_at(&list.copy(&lab, "announce").await);
        assert!(link.contains(path), "{release:?}: {link}");
        let row = stands(&mut lab, "live").await;
        assert_eq!(row["link"], link, "{release:?}: {row:#}");
        lab.settle_down();
        assert_eq!(lab.attempts(), 1);
        list.assert_one_copy().await;
        let seen = lab.handbill(&["verify"]);
        assert!(seen.code == 0 && seen.out.contains("agrees"), "{release:?}: {seen:?}");
    }
}

#[tokio::test]
async fn what_changes_follows_in_the_thread_on_a_sympa_list() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for release in [Release::Bookworm, Release::Trixie] {
        let list = List::create(&peers, release, "updates", Scenario::Private);
        let mut lab = list.lab();
        lab.post();
        list.copy(&lab, "announce").await;
        stands(&mut lab, "live").await;
        let day = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
        lab.site.replace(PAGE, &day(60), &day(75));
        lab.settle_down();
        let update = list.copy(&lab, "update").await;
        let answers = format!("<{}>", lab.message_id("announce"));
        assert_eq!(update.header("In-Reply-To"), answers, "{release:?}");
        wait_for("the update in the archive", async || {
            lab.wait(15);
            lab.post();
            (lab.row("update")["link"] == List::archived_at(&update)).then_some(())
        })
        .await;
        assert_eq!(mailbox(&peers, &list.reader).len(), 2, "the ad and what changed");
    }
}

#[tokio::test]
async fn a_post_that_sympas_moderator_accepts_was_held_and_is_live() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for release in [Release::Bookworm, Release::Trixie] {
        let list = List::create(&peers, release, "accepting", Scenario::EditorKey);
        let mut lab = list.lab();
        lab.post();
        let held = lab.hears("held").await;
        assert!(held["note"].as_str().unwrap().contains("moderator"), "{release:?}: {held:#}");
        assert_eq!(held["link"], Value::Null, "nobody has seen it there");
        list.moderator_says("DISTRIBUTE").await;
        let link = List::archived_at(&list.copy(&lab, "announce").await);
        let live = stands(&mut lab, "live").await;
        assert_eq!(live["link"], link, "{release:?}: {live:#}");
        list.assert_one_copy().await;
        assert_eq!(lab.attempts(), 1);
    }
}

#[tokio::test]
async fn a_post_that_sympas_moderator_refuses_ends_in_the_lists_words() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for release in [Release::Bookworm, Release::Trixie] {
        let list = List::create(&peers, release, "refusing", Scenario::EditorKey);
        let mut lab = list.lab();
        lab.post();
        lab.hears("held").await;
        list.moderator_says("REJECT").await;
        let refused = lab.hears("refused").await;
        let words = refused["note"].as_str().unwrap();
        assert!(words.contains("rejected"), "{release:?}: {refused:#}");
        lab.settle_down();
        assert_eq!(lab.attempts(), 1);
        assert!(mailbox(&peers, &list.reader).is_empty());
    }
}

#[tokio::test]
async fn a_post_of_somebody_who_is_no_member_is_refused_in_the_lists_words() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for release in [Release::Bookworm, Release::Trixie] {
        let list = List::create(&peers, release, "members", Scenario::Private);
        let stranger = format!("{}@lab.test", unique("stranger"));
        let mut lab = Lab::writing_as(&peers, &stranger, &list.address(), &list.archive());
        lab.reads_the_mail_of(&stranger, &peers);
        lab.post();
        let refused = lab.hears("refused").await;
        assert!(refused["note"].as_str().is_some_and(|it| !it.is_empty()), "{refused:#}");
        lab.settle_down();
        assert_eq!(lab.attempts(), 1);
        assert!(mailbox(&peers, &list.reader).is_empty());
    }
}

/// Stands before Postfix and passes everything on, until the answer to the first message comes:
/// that one nobody hears. Gives its port.
async fn who_swallows_the_first_answer(peers: &Peers) -> u16 {
    let postfix = peers.says("SMTP");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut swallows = true;
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&postfix).await.unwrap();
            pass_on(client, server, &mut swallows).await;
        }
    });
    port
}

/// One connection, to its end.
async fn pass_on(mut client: TcpStream, mut server: TcpStream, swallows: &mut bool) {
    let (mut from_client, mut from_server) = ([0; 16384], [0; 16384]);
    let mut taking_a_message = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => match read {
                Ok(length @ 1..) => server.write_all(&from_client[..length]).await.unwrap(),
                _ => return,
            },
            read = server.read(&mut from_server) => match read {
                Ok(length @ 1..) => {
                    if taking_a_message && *swallows {
                        *swallows = false;
                        return;
                    }
                    taking_a_message = from_server.starts_with(b"354");
                    if client.write_all(&from_server[..length]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
        }
    }
}

/// A lab whose first answer is lost, and which reads no mail.
async fn lab_that_hears_nothing(peers: &Peers, list: &List<'_>) -> Lab {
    let port = who_swallows_the_first_answer(peers).await;
    let mail = format!(
        "to = \"{}\"\nfrom = \"{}\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n{}",
        list.address(),
        list.poster,
        list.archive()
    );
    Lab::with_channel(peers, &mail)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_answer_an_ad_that_sympas_archive_shows_is_not_sent_again() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for release in [Release::Bookworm, Release::Trixie] {
        let list = List::create(&peers, release, "lost", Scenario::Private);
        let mut lab = lab_that_hears_nothing(&peers, &list).await;
        lab.post();
        assert_eq!(lab.standing(), "unknown", "{release:?}");
        let link = List::archived_at(&list.copy(&lab, "announce").await);
        let live = stands(&mut lab, "live").await;
        assert_eq!(live["link"], link, "{release:?}: {live:#}");
        lab.wait(24 * 60);
        lab.settle_down();
        assert_eq!(lab.attempts(), 1, "{release:?}");
        list.assert_one_copy().await;
    }
}

/// A moderator holds it, so nobody sees it. Sympa drops what it has passed on, and a post that waits is
/// not that: sent once more, it would be two for the moderator.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_answer_a_post_that_a_moderator_may_hold_is_not_sent_again() {
    let Some(peers) = Peers::need(&NEEDED).await else { return };
    for release in [Release::Bookworm, Release::Trixie] {
        let list = List::create(&peers, release, "again", Scenario::EditorKey);
        let mut lab = lab_that_hears_nothing(&peers, &list).await;
        lab.post();
        assert_eq!(lab.standing(), "unknown", "{release:?}");
        list.key_of_the_held_post().await;
        lab.settle_down();
        assert_eq!(lab.attempts(), 1, "{release:?}");
        list.moderator_says("DISTRIBUTE").await;
        list.copy(&lab, "announce").await;
        stands(&mut lab, "live").await;
        list.assert_one_copy().await;
        assert_eq!(lab.attempts(), 1, "{release:?}");
    }
}
