//! What a daemon costs that has nothing to do.
//!
//! `cargo bench --bench idle`. The aims of the design: below 20 MiB resident, and no wake-ups beside
//! its own rounds. A `handbill serve` with fifty ads and ten channels, whose slots come next year, is
//! left alone for a minute; told are its memory by kind, and how often any of its threads woke.
//! Linux only: it reads `/proc`.

use std::error::Error;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Until its first rounds are over.
const SETTLES: Duration = Duration::from_secs(10);
const WATCHED: Duration = Duration::from_secs(60);

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    if std::env::args().any(|it| it == "--list") {
        println!("idle: benchmark");
        return Ok(());
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    write_site(folder.path())?;
    let daemon = Daemon::start(folder.path())?;
    std::thread::sleep(SETTLES);
    let before = daemon.wake_ups()?;
    std::thread::sleep(WATCHED);
    let woke = daemon.wake_ups()?.saturating_sub(before);
    for kind in ["VmRSS", "RssAnon", "RssFile", "VmHWM", "Threads"] {
        println!("idle: {kind:<8} {}", daemon.status(kind)?);
    }
    println!("idle: {woke} wake-ups of all threads in {} s", WATCHED.as_secs());
    Ok(())
}

struct Daemon(Child);

impl Daemon {
    fn start(folder: &Path) -> Fallible<Self> {
        let process = Command::new(env!("CARGO_BIN_EXE_handbill"))
            .args(["serve", "--site"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(process))
    }

    /// A line of `/proc/PID/status`.
    fn status(&self, kind: &str) -> Fallible<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
        Ok(line.ok_or("the daemon has ended")?.trim().to_owned())
    }

    /// How often its threads gave up the processor to wait, which is how often they woke.
    fn wake_ups(&self) -> Fallible<u64> {
        let mut all = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let status = std::fs::read_to_string(thread?.path().join("status"))?;
            let count = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
                .ok_or("a thread without a count")?;
            all += count.trim().parse::<u64>()?;
        }
        Ok(all)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn write_site(folder: &Path) -> Fallible<()> {
    std::fs::create_dir_all(folder.join("content/jobs"))?;
    std::fs::create_dir_all(folder.join("channels"))?;
    // A port that is free now.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let text = format!(
        "[site]\nname = \"Tidal Computing Group\"\nbase_url = \"https://tidal.example/\"\n\
         timezone = \"Europe/Berlin\"\npostings = [\"content/jobs\"]\n\n\
         [serve]\nlisten = \"127.0.0.1:{port}\"\n"
    );
    std::fs::write(folder.join("handbill.toml"), text)?;
    for number in 0..10 {
        let text = "kind = \"manual\"\nschedule = \"0 9 1 1 *\"\nwait_for_page = false\n\n\
                    [manual]\nplace = \"a form\"\n";
        std::fs::write(folder.join(format!("channels/form-{number}.toml")), text)?;
    }
    for number in 0..50 {
        let text = format!(
            "---\ntitle: PhD position in Tides {number}\ndate: 2026-11-01\njob:\n  id: tides-{number}\n  \
             deadline: 2099-03-01\n---\n\nForecast the tides of small harbours.\n"
        );
        std::fs::write(folder.join(format!("content/jobs/tides-{number}.md")), text)?;
    }
    Ok(())
}
