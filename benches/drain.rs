//! How fast mails drain with the ledger on disk, beside Postfix's own load generator.
//!
//! `cargo bench --bench drain`. 5,000 mails of 8 kB over 10 connections (ten lists of 500 ads each)
//! into `smtp-sink`, and the same from `smtp-source -d -s 10`, in turns. Each mail is an attempt on
//! disk (`synchronous=full`) before its first byte, and a receipt after; a connection never has more
//! than one open attempt. Needs Debian's `postfix` for the two programs; starts no mail server.
//!
//! Two times are told: of the whole command (pages read, planned, sent), and from the first attempt
//! to the last receipt, which is compared.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection, Row};

const LISTS: usize = 10;
const ADS: usize = 500;
/// Of one message.
const BYTES: usize = 8_000;
const TURNS: usize = 3;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    if std::env::args().any(|it| it == "--list") {
        println!("drain: benchmark");
        return Ok(());
    }
    let sink = Sink::start()?;
    let mut ratios = Vec::new();
    for turn in 1..=TURNS {
        let source = drain_by_source(sink.port)?;
        let (sent, command) = drain_by_handbill(sink.port)?;
        let rate = |time: Duration| (LISTS * ADS) as f64 / time.as_secs_f64();
        let ratio = rate(sent) / rate(source);
        println!(
            "turn {turn}: smtp-source {:5.0}/s, handbill {:5.0}/s, ratio {:3.0} %   (whole command {:.2} s)",
            rate(source),
            rate(sent),
            ratio * 100.0,
            command.as_secs_f64()
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(TURNS / 2).copied().unwrap_or_default();
    println!("drain: {:.0} % of smtp-source -d -s {LISTS} (median of {TURNS})", median * 100.0);
    Ok(())
}

/// A server that takes every mail and keeps none.
struct Sink {
    port: u16,
    process: Child,
}

impl Sink {
    fn start() -> Fallible<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("smtp-sink");
        // It does not serve as root.
        if std::fs::metadata("/proc/self")?.uid() == 0 {
            command.args(["-u", "nobody"]);
        }
        let process = command
            .arg(format!("127.0.0.1:{port}"))
            .arg("1000")
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("smtp-sink (Debian's package postfix): {error}"))?;
        let sink = Self { port, process };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(sink);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("smtp-sink does not listen".into())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn drain_by_source(port: u16) -> Fallible<Duration> {
    let began = Instant::now();
    let status = Command::new("smtp-source")
        .args(["-d", "-s", &LISTS.to_string(), "-m", &(LISTS * ADS).to_string()])
        .args(["-l", &BYTES.to_string(), "-f", "jobs@tidal.example", "-t", "list@lists.example"])
        .arg(format!("127.0.0.1:{port}"))
        .status()?;
    if !status.success() {
        return Err(format!("smtp-source: {status}").into());
    }
    Ok(began.elapsed())
}

/// The time from the first attempt to the last receipt, and that of the whole command.
fn drain_by_handbill(port: u16) -> Fallible<(Duration, Duration)> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    write_site(folder.path(), port)?;
    // The first start announces nothing, so it comes before the pages.
    handbill(folder.path())?;
    write_pages(folder.path())?;
    let began = Instant::now();
    handbill(folder.path())?;
    let command = began.elapsed();
    let ledger = folder.path().join("state/ledger.db");
    let sent = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(sent_within(&ledger))?;
    Ok((sent, command))
}

async fn sent_within(ledger: &Path) -> Fallible<Duration> {
    sqlx::any::install_default_drivers();
    let mut ledger = AnyConnection::connect(&format!("sqlite://{}", ledger.display())).await?;
    let row = sqlx::query(
        "select count(*) as sent, max(ended_at) - min(began_at) as micros,
                max(length(wire)) as longest
           from attempt join carried on carried.delivery = attempt.delivery and attempt = number
          where outcome = 'posted'",
    )
    .fetch_one(&mut ledger)
    .await?;
    let (sent, micros): (i64, i64) = (row.try_get("sent")?, row.try_get("micros")?);
    let longest: i64 = row.try_get("longest")?;
    if usize::try_from(sent)? != LISTS * ADS || usize::try_from(longest)? < BYTES {
        return Err(format!("{sent} mails were sent, the longest of {longest} bytes").into());
    }
    Ok(Duration::from_micros(u64::try_from(micros)?))
}

fn handbill(folder: &Path) -> Fallible<()> {
    let mut process = Command::new(env!("CARGO_BIN_EXE_handbill"))
        .args(["post", "--site"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let complaints: Vec<String> = match process.stderr.take() {
        Some(pipe) => BufReader::new(pipe).lines().collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let status = process.wait()?;
    if !status.success() {
        return Err(format!("handbill post: {status}\n{}", complaints.join("\n")).into());
    }
    Ok(())
}

fn write_site(folder: &Path, port: u16) -> Fallible<()> {
    std::fs::create_dir_all(folder.join("content/jobs"))?;
    std::fs::create_dir_all(folder.join("channels"))?;
    let text = "[site]\nname = \"Tidal Computing Group\"\nbase_url = \"https://tidal.example/\"\n\
                timezone = \"Europe/Berlin\"\npostings = [\"content/jobs\"]\n";
    std::fs::write(folder.join("handbill.toml"), text)?;
    for list in 0..LISTS {
        let text = format!(
            "kind = \"mail\"\nwait_for_page = false\n\n[mail]\nto = \"list-{list}@lists.example\"\n\
             from = \"jobs@tidal.example\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"
        );
        std::fs::write(folder.join(format!("channels/list-{list}.toml")), text)?;
    }
    Ok(())
}

fn write_pages(folder: &Path) -> Fallible<()> {
    let paragraph = "The group forecasts the tides of small harbours from the few gauges that are \
                     left there, and says how sure it is. You would build the models, sail out for \
                     the measurements, and teach a course a year.\n\n";
    let body = paragraph.repeat(BYTES / paragraph.len());
    for number in 0..ADS {
        let text = format!(
            "---\ntitle: PhD position in Tides {number}\ndate: 2026-11-01\njob:\n  id: tides-{number}\n  \
             deadline: 2099-03-01\n---\n\n{body}"
        );
        std::fs::write(folder.join(format!("content/jobs/tides-{number}.md")), text)?;
    }
    Ok(())
}
