//! Lists that boards fetch, carried to real servers: Apache's mod_dav, and OpenSSH's SFTP.

use super::{Lab, PAGE, Peer, Peers, unique};
use crate::support::proxy::{Answer, Proxy, Trouble};

/// What readers fetch.
const LIST: &str = "feed.json";

/// A lab whose list goes to a folder of its own on a server.
struct Shelf {
    peers: Peers,
    lab: Lab,
    /// Where the server keeps the folder.
    there: std::path::PathBuf,
    name: String,
}

impl Shelf {
    fn new(peers: Peers, parent: &str, channel: impl Fn(&Peers, &str) -> String) -> Self {
        let name = unique("tides");
        let there = std::path::Path::new(parent).join(&name);
        std::fs::create_dir(&there).unwrap();
        // Apache writes there as somebody else.
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        std::fs::set_permissions(&there, open).unwrap();
        let file = channel(&peers, &name);
        let head = "kind = \"feed\"\n[feed]\nformat = \"json-feed\"\n";
        let lab = Lab::with_file(&peers, "shelf", &format!("{head}{file}"));
        Self { peers, lab, there, name }
    }

    fn list(&self) -> String {
        std::fs::read_to_string(self.there.join(LIST)).unwrap_or_default()
    }

    fn files(&self) -> Vec<String> {
        let listed = std::fs::read_dir(&self.there).unwrap();
        let mut names: Vec<String> =
            listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn close(&self) {
        self.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    }
}

/// A folder on Apache, behind a proxy.
async fn dav() -> Option<(Shelf, Proxy)> {
    let peers = Peers::need(&[Peer::Dav]).await?;
    let proxy = Proxy::before(peers.says("DAV").trim_start_matches("http://"));
    let parent = format!("{}/dav/feeds", peers.says("DAV_FOLDER"));
    let shelf = Shelf::new(peers, &parent, |_, name| {
        format!(
            "[feed.webdav]\nurl = \"{}/feeds/{name}/\"\nusername = \"feeds\"\n\
             password = {{ file = \"secrets/dav\" }}\n",
            proxy.base()
        )
    });
    shelf.lab.site.write("secrets/dav", shelf.peers.says("DAV_PASSWORD"));
    Some((shelf, proxy))
}

/// A folder on OpenSSH's server.
async fn ssh(key: &str) -> Option<Shelf> {
    let peers = Peers::need(&[Peer::Ssh]).await?;
    let parent = format!("{}/feeds", peers.says("SSH_FOLDER"));
    Some(Shelf::new(peers, &parent, |peers, name| {
        let folder = peers.says("SSH_FOLDER");
        format!(
            "[feed.sftp]\nhost = \"root@127.0.0.1\"\nport = {}\nfolder = \"{parent}/{name}\"\n\
             identity = \"{folder}/{key}\"\nknown_hosts = \"{folder}/known_hosts\"\n",
            peers.port("SSH")
        )
    }))
}

/// What stands in the list follows the page to its end.
fn an_ad_changes_and_ends(shelf: &mut Shelf) {
    shelf.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
    shelf.lab.settle_down();
    assert_eq!(shelf.lab.standing(), "edited");
    assert!(shelf.list().contains("fifteen harbours"));

    shelf.close();
    shelf.lab.settle_down();
    assert_eq!(shelf.lab.standing(), "withdrawn");
    assert!(!shelf.list().contains("harbours"), "{}", shelf.list());
}

#[tokio::test]
async fn a_list_on_a_web_server_holds_an_ad_changes_it_and_leaves_it_out() {
    let Some((mut shelf, proxy)) = dav().await else { return };
    let post = shelf.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(shelf.lab.standing(), "live");
    assert_eq!(shelf.files(), [LIST]);
    let address = format!("{}/feeds/{}/{LIST}", proxy.base(), shelf.name);
    let read = shelf.peers.client().get(&address).send().await.unwrap();
    assert_eq!(read.status(), 200, "anybody may read it");
    assert!(read.text().await.unwrap().contains("fourteen harbours"));
    an_ad_changes_and_ends(&mut shelf);
}

#[tokio::test]
async fn what_somebody_else_wrote_on_a_web_server_is_not_written_over_unseen() {
    let Some((mut shelf, _proxy)) = dav().await else { return };
    shelf.lab.post();
    // Apache names no `ETag` in its answer to `PUT`.
    std::fs::write(shelf.there.join(LIST), "theirs").unwrap();
    shelf.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
    shelf.lab.settle_down();
    assert_eq!(shelf.list(), "theirs");
    let paused = shelf.lab.handbill(&["resume"]);
    assert!(paused.out.contains("changed by somebody else"), "{paused:?}");
    // A person has looked.
    let resumed = shelf.lab.handbill(&["resume", "shelf"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    shelf.lab.settle_down();
    assert!(shelf.list().contains("fifteen harbours"));
}

#[tokio::test]
async fn an_answer_of_a_web_server_that_is_lost_stops_nothing() {
    for trouble in [
        Trouble::LoseTheAnswer,
        Trouble::LoseTheRequest,
        Trouble::AnswerInstead(Answer::of(502, &[], "bad gateway")),
        Trouble::Answer(Answer::of(503, &["Retry-After: 60"], "maintenance")),
    ] {
        let Some((mut shelf, proxy)) = dav().await else { return };
        shelf.lab.post();
        shelf.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
        proxy.next("PUT /feeds/", trouble.clone());
        shelf.lab.settle_down();
        assert_eq!(proxy.waiting(), 0, "{trouble:?}");
        assert_eq!(shelf.lab.standing(), "edited", "{trouble:?}");
        assert_eq!(shelf.list().matches("fifteen harbours").count(), 1, "{trouble:?}");
        // And it goes on from there.
        shelf.lab.site.replace(PAGE, "fifteen harbours", "sixteen harbours");
        shelf.lab.settle_down();
        assert!(shelf.list().contains("sixteen harbours"), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_of_a_web_server_stops_the_channel() {
    let Some((mut shelf, _proxy)) = dav().await else { return };
    shelf.lab.site.write("secrets/dav", "somebody else's");
    let post = shelf.lab.post();
    assert_eq!(post.code, 1, "{post:?}");
    assert!(shelf.files().is_empty());
    let paused = shelf.lab.handbill(&["resume"]);
    assert!(paused.out.contains("401") && !paused.out.contains("somebody else's"), "{paused:?}");
    shelf.lab.site.write("secrets/dav", shelf.peers.says("DAV_PASSWORD"));
    shelf.lab.handbill(&["resume", "shelf"]);
    shelf.lab.settle_down();
    assert!(shelf.list().contains("fourteen harbours"));
}

#[tokio::test]
async fn a_list_over_sftp_holds_an_ad_changes_it_and_leaves_it_out() {
    let Some(mut shelf) = ssh("client").await else { return };
    let post = shelf.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(shelf.lab.standing(), "live");
    assert_eq!(shelf.files(), [LIST], "nothing is left beside it");
    assert!(shelf.list().contains("fourteen harbours"));
    an_ad_changes_and_ends(&mut shelf);
}

#[tokio::test]
async fn a_key_that_is_not_taken_stops_the_channel_and_says_so() {
    let Some(mut shelf) = ssh("stranger").await else { return };
    shelf.lab.post();
    assert!(shelf.files().is_empty());
    let paused = shelf.lab.handbill(&["resume"]);
    assert!(paused.out.contains("Permission denied"), "{paused:?}");
    shelf.lab.site.replace("channels/shelf.toml", "/stranger\"", "/client\"");
    shelf.lab.handbill(&["resume", "shelf"]);
    shelf.lab.settle_down();
    assert!(shelf.list().contains("fourteen harbours"));
}

#[tokio::test]
async fn a_server_that_is_not_known_and_a_folder_that_is_not_there_stop_the_channel() {
    for (from, to, says) in [
        ("/known_hosts\"", "/nobody_known\"", "Host key verification failed"),
        ("/feeds/", "/no-feeds/", "No such file"),
    ] {
        let Some(mut shelf) = ssh("client").await else { return };
        shelf.lab.site.replace("channels/shelf.toml", from, to);
        shelf.lab.post();
        shelf.lab.settle_down();
        assert!(shelf.files().is_empty());
        let paused = shelf.lab.handbill(&["resume"]);
        assert!(paused.out.contains(says), "{paused:?}");
        assert_eq!(shelf.lab.standing(), "planned", "it waits, and is lost nowhere");
    }
}
