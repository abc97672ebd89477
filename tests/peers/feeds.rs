//! Lists of all publishable shared postings, read by programs that others wrote: npm's
//! structured-data-validator, which knows Google's rules, and PyPI's feedparser.

use std::io::Write;
use std::process::{Command, Stdio};

use handbill::channel::Outcome;

use super::{Peer, Peers};
use crate::feeds::corpus::{APPEAR, publishable, world};
use crate::feeds::{LeftOut, announce};

/// The list of a format, and how many ads it should hold; `None` without the shared postings.
async fn list(format: &str, file: &str) -> Option<(String, usize)> {
    let world = world(format);
    let ads = publishable(&world.site)?;
    let station = world.stations.first().unwrap();
    for (posting, now) in &ads {
        match announce(&world.site, station, posting, *now).await {
            Ok(Outcome::Posted(_)) | Err(LeftOut::Adapt(_) | LeftOut::Prepare(_)) => {}
            Ok(other) => panic!("{}: {other:?}", posting.id),
        }
    }
    let text = std::fs::read_to_string(world.site.folder.join("public/feed").join(file)).unwrap();
    let (_, number) = APPEAR.iter().find(|(name, _)| *name == format).unwrap();
    Some((text, *number))
}

/// What a program says of a list.
fn read(program: &str, script: &str, list: &str) -> Vec<String> {
    let mut reader = Command::new(program)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = reader.stdin.take().unwrap();
    let list = list.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
    let output = reader.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{script}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn google_s_rules_are_kept_by_every_job_posting() {
    let Some(peers) = Peers::need(&[Peer::FeedReaders]).await else { return };
    let Some((list, number)) = list("json-ld", "index.json").await else { return };
    let script = format!("{}/check.mjs", peers.says("FEED_READERS"));
    assert_eq!(read("node", &script, &list), [format!("seen {number}")]);
    // It can tell what is wrong.
    let wrong = list.replace("\"datePosted\"", "\"datePast\"");
    assert!(read("node", &script, &wrong).len() > number, "no error was said");
}

#[tokio::test]
async fn rss_and_atom_are_sound_to_a_feed_reader() {
    let Some(peers) = Peers::need(&[Peer::FeedReaders]).await else { return };
    let script = format!("{}/read.py", peers.says("FEED_READERS"));
    for (format, file, version) in [("rss", "feed.rss", "rss20"), ("atom", "feed.atom", "atom10")] {
        let Some((list, number)) = list(format, file).await else { return };
        let said = read(&peers.says("PYTHON"), &script, &list);
        assert_eq!(said, [format!("{version} {number} {number}")]);
    }
}
