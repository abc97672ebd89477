//! What the overview of the web page costs, with 200 ads on 12 channels.
//!
//! `cargo bench --bench web`. A `handbill serve` shows it to `wrk` (Debian's package) for some seconds
//! over eight connections; told are its pages per second and times, how much memory the daemon takes
//! while somebody looks, and how much once nobody has looked for two minutes. Linux only: it reads
//! `/proc`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Until its first round is over.
const STARTS_WITHIN: Duration = Duration::from_secs(300);
/// What was read for the page is dropped by then.
const RESTS: Duration = Duration::from_secs(130);
const ADS: usize = 200;
const CHANNELS: usize = 12;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    if std::env::args().any(|it| it == "--list") {
        println!("web: benchmark");
        return Ok(());
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    // A port that is free now.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    write_site(folder.path(), &address)?;
    let daemon = Daemon::start(folder.path())?;
    let began = Instant::now();
    while !get(&address, "/healthz").is_ok_and(|it| it.contains("\"done\":1")) {
        if began.elapsed() > STARTS_WITHIN {
            return Err("the daemon has not looked at its site yet".into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("web: resident before    {}", daemon.resident()?);
    println!("web: the overview has   {} bytes", get(&address, "/")?.len());
    let wrk = Command::new("wrk")
        .args(["--threads", "1", "--connections", "8", "--duration", "10s", "--latency"])
        .arg(format!("http://{address}/"))
        .output()?;
    print!("{}", String::from_utf8_lossy(&wrk.stdout));
    println!("web: resident then      {}", daemon.resident()?);
    std::thread::sleep(RESTS);
    println!("web: resident at rest   {}", daemon.resident()?);
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

    fn resident(&self) -> Fallible<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        Ok(line.ok_or("the daemon has ended")?.trim().to_owned())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> Fallible<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn write_site(folder: &Path, address: &str) -> Fallible<()> {
    std::fs::create_dir_all(folder.join("content/jobs"))?;
    std::fs::create_dir_all(folder.join("channels"))?;
    let text = format!(
        "[site]\nname = \"Tidal Computing Group\"\nbase_url = \"https://tidal.example/\"\n\
         timezone = \"Europe/Berlin\"\npostings = [\"content/jobs\"]\n\n\
         [serve]\nlisten = \"{address}\"\n"
    );
    std::fs::write(folder.join("handbill.toml"), text)?;
    for number in 0..CHANNELS {
        let text = "kind = \"manual\"\nschedule = \"0 9 1 1 *\"\nwait_for_page = false\n\n\
                    [manual]\nplace = \"a form\"\n";
        std::fs::write(folder.join(format!("channels/form-{number}.toml")), text)?;
    }
    for number in 0..ADS {
        let text = format!(
            "---\ntitle: PhD position in Tides {number}\ndate: 2026-11-27\njob:\n  id: tides-{number}\n  \
             deadline: 2099-03-01\n---\n\nForecast the tides of small harbours.\n"
        );
        std::fs::write(folder.join(format!("content/jobs/tides-{number}.md")), text)?;
    }
    Ok(())
}
