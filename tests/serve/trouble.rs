//! Hard days: each is one clear line, visible in health, and over by itself once its cause is.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use handbill::rehearsal::fault::Fault;

use super::{Daemon, World, get, wait_for};
use crate::deliver::PAGE;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_keeps_the_old_one_and_is_said_once() {
    let world = World::new().await;
    let daemon = world.serve();
    world.announced();
    let right = world.site.read("channels/mastodon.toml");
    let wrong = right.replace("update =", "updaet =");
    world.site.write("channels/mastodon.toml", &wrong);
    let what = daemon.wait_until_failing("configuration");
    assert!(what.contains("updaet") && what.contains("channels/mastodon.toml"), "{what}");
    world.site.write("channels/mastodon.toml", &wrong);
    daemon.signal("-HUP");
    world.change_page();
    world.edited();
    assert_eq!(daemon.said("the configuration is wrong").len(), 1);
    world.site.write("channels/mastodon.toml", right);
    daemon.wait_until_well();
    daemon.wait_until_said("configuration: in order again");
    world.assert_posted_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_has_the_configuration_read_again() {
    let world = World::new().await;
    let daemon = world.serve();
    daemon.wait_until_well();
    // A secret is no part of the site's folders, so nothing tells of its change.
    assert!(daemon.said("the configuration was read").is_empty());
    daemon.signal("-HUP");
    daemon.wait_until_said("the configuration was read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_wrong_from_the_start_ends_it() {
    let world = World::new().await;
    world.site.replace("handbill.toml", "timezone", "timezoen");
    let mut daemon = world.serve();
    assert_eq!(daemon.ended(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_postings_that_is_gone_closes_nothing() {
    let world = World::new().await;
    let daemon = world.serve();
    world.announced();
    let (here, away) = (world.site.path("content/jobs"), world.site.path("away"));
    std::fs::rename(&here, &away).unwrap();
    let what = daemon.wait_until_failing("postings");
    assert!(what.contains("content/jobs"), "{what}");
    daemon.signal("-HUP");
    daemon.wait_until_said("the configuration was read");
    std::fs::rename(&away, &here).unwrap();
    daemon.wait_until_well();
    world.change_page();
    world.edited();
    world.assert_posted_once();
    assert!(world.copies().iter().all(|copy| copy.end.is_none()));
    let events = world.site.run(&["ledger", "export"]);
    assert!(!events.out.contains("page missing"), "no page counted as gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_postings_that_comes_later_is_waited_for() {
    let world = World::new().await;
    let (here, away) = (world.site.path("content/jobs"), world.site.path("away"));
    std::fs::rename(&here, &away).unwrap();
    let daemon = world.serve();
    daemon.wait_until_failing("postings");
    std::fs::rename(&away, &here).unwrap();
    world.announced();
    daemon.wait_until_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_read_keeps_no_other_back() {
    let world = World::new().await;
    world.site.write("content/jobs/broken/index.md", b"---\ntitle: \xff\xfe\n---\n");
    let daemon = world.serve();
    world.announced();
    // The round that announces it says so at its end.
    daemon.wait_until_well();
    let (_, health) = daemon.health();
    assert!(health["problems"].to_string().contains("broken"), "{health:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_whose_volume_went_away_is_waited_for() {
    let world = World::new().await;
    let daemon = world.serve();
    world.announced();
    world.assert_posted_once();
    let (here, away) = (world.site.path("state"), world.site.path("away"));
    std::fs::rename(&here, &away).unwrap();
    world.change_page();
    let what = daemon.wait_until_failing("ledger");
    assert!(what.contains("ledger"), "{what}");
    assert!(world.copies().iter().all(|it| it.edits.is_empty()), "nothing without a record");
    std::fs::remove_dir_all(&here).ok();
    std::fs::rename(&away, &here).unwrap();
    world.edited();
    daemon.wait_until_well();
    world.assert_posted_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_behind_the_ledger_publishes_nothing_until_it_is_right() {
    let world = World::new().await;
    let later = (Utc::now() + TimeDelta::days(2)).to_rfc3339();
    let page = world.site.read(PAGE);
    assert_eq!(world.site.run(&["post", PAGE, "--at", &later]).code, 0);
    assert_eq!(world.copies().len(), 1);
    world.site.write("content/jobs/waves/index.md", page.replace("id: tides", "id: waves"));
    let daemon = world.serve();
    let what = daemon.wait_until_failing("clock");
    assert!(what.contains("the ledger has an entry of"), "{what}");
    assert_eq!(world.copies().len(), 1);
    daemon.stop();

    let soon = (Utc::now() + TimeDelta::days(3)).to_rfc3339();
    let _daemon = world.serve_with(&["--at", &soon]);
    wait_for("the other announcement", || (world.copies().len() == 2).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_from_before_this_program_was_written_publishes_nothing() {
    let world = World::new().await;
    let daemon = world.serve_with(&["--at", "1970-01-01"]);
    let what = daemon.wait_until_failing("clock");
    assert!(what.contains("1970-01-01"), "{what}");
    assert!(world.copies().is_empty());
    assert!(!world.site.path("state/ledger.db").exists(), "nothing is written with that time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_keeps_nothing_from_going_out() {
    let world = World::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let daemon = world.serve_with(&["--listen", &address]);
    world.announced();
    daemon.wait_until_said("cannot be answered there");
    drop(taken);
    daemon.wait_until_said("health and metrics are answered");
    assert_eq!(get(&address, "/healthz").0, 200);
    assert_eq!(daemon.said("cannot be answered there").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_listens_to_the_log_is_no_reason_to_end() {
    let world = World::new().await;
    let mut command = world.command(&[]);
    command.stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    drop((process.stdout.take(), process.stderr.take()));
    let daemon = Daemon { process, lines: std::sync::Arc::default() };
    world.announced();
    world.change_page();
    world.edited();
    daemon.stop();
    world.assert_posted_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_disk_did_not_take_is_written_once_there_is_room() {
    let world = World::new().await;
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(2)));
    // A file that may not grow is a full disk to whoever writes it; the signal that comes with it
    // is ignored by what the shell starts (setrlimit(2), RLIMIT_FSIZE).
    let plain = world.command(&[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(world.site.root())
        .stderr(Stdio::piped());
    let daemon = Daemon::start(command);
    let room = |size: &str| {
        let id = daemon.process.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={size}")]).status();
        set.is_ok_and(|it| it.success())
    };
    world.announced();
    if !room("1024:unlimited") {
        eprintln!("skipped: there is no prlimit here");
        return;
    }
    daemon.wait_until_failing("ledger");
    assert_eq!(world.log()[0]["state"], "sending");
    assert!(room("unlimited:unlimited"));
    world.assert_posted_once();
    daemon.wait_until_well();
    assert!(daemon.said("unknown").is_empty(), "the answer was kept: {:#?}", daemon.lines());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn a_file_system_that_is_full_holds_everything_back_and_loses_nothing() {
    let world = World::new().await;
    // A file system of its own for the ledger, seen by the daemon alone (namespaces(7)).
    let small = world.site.path("state");
    std::fs::create_dir_all(&small).unwrap();
    let plain = world.command(&[]);
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs -o size=1m tmpfs state && exec \"$@\"")
        .arg("sh")
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(world.site.root())
        .stderr(Stdio::piped());
    let may = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"])
        .status();
    if !may.is_ok_and(|it| it.success()) {
        assert!(std::env::var_os("CI").is_none(), "no file system can be made here");
        eprintln!("skipped: no file system can be made here");
        return;
    }
    let daemon = Daemon::start(command);
    world.announced();
    daemon.wait_until_well();
    let seen_by_it = |path: &std::path::Path| {
        let root = format!("/proc/{}/root", daemon.process.id());
        std::path::Path::new(&root).join(path.strip_prefix("/").unwrap())
    };
    let filler = seen_by_it(&small.join("filler"));
    // Writes until nothing more goes in.
    let filled = std::fs::write(&filler, vec![0; 2 << 20]);
    assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    world.change_page();
    let what = daemon.wait_until_failing("ledger");
    assert!(what.contains("full"), "{what}");
    assert!(world.copies()[0].edits.is_empty(), "nothing goes out that is not on record");
    std::fs::remove_file(&filler).unwrap();
    world.edited();
    daemon.wait_until_well();
    assert_eq!(world.copies().len(), 1);
    daemon.stop();
}
