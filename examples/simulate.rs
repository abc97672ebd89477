//! Plays seeded schedules of deliveries over simulated months, and says what went wrong.
//!
//! `cargo run --release --example simulate -- --schedules 10000 [--seed S] [--replay S]
//! [--broken NAME] [--jobs N] [--postgres VARIABLE]`

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use handbill::channel::secret::{SecretPlace, SecretRef};
use handbill::simulation::{self, Broken, Home, Tell, Verdict};

/// Plays schedules and counts what is doubled, lost or unreported.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many schedules
    #[arg(long, default_value_t = 500)]
    schedules: u64,
    /// The first one's seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tell one schedule, step by step
    #[arg(long, value_name = "SEED")]
    replay: Option<u64>,
    /// Play an engine that is broken on purpose
    #[arg(long, value_name = "NAME", value_parser = broken)]
    broken: Option<Broken>,
    /// How many at once; default: as many as there are processors
    #[arg(long)]
    jobs: Option<usize>,
    /// With the ledger in PostgreSQL: the name of an environment variable that holds the address of a
    /// database which is thrown away afterwards
    #[arg(long, value_name = "VARIABLE")]
    postgres: Option<String>,
    /// Say every finding, and not only the first ones
    #[arg(long)]
    all: bool,
}

fn broken(name: &str) -> Result<Broken, String> {
    let names = || Broken::ALL.map(Broken::as_str).join(", ");
    Broken::parse(name).ok_or_else(|| format!("possible: {}", names()))
}

#[derive(Default)]
struct Tally {
    deliveries: u64,
    doubled: u64,
    lost: u64,
    unreported: u64,
    /// Schedules with a finding.
    dirty: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        self.deliveries += verdict.deliveries;
        self.doubled += verdict.doubled.len() as u64;
        self.lost += verdict.lost.len() as u64;
        self.unreported += verdict.unreported.len() as u64;
        self.dirty += u64::from(!verdict.is_clean());
    }
}

/// So many schedules with findings are told.
const TOLD: u64 = 10;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let jobs = arguments
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let (first, last) = match arguments.replay {
        Some(seed) => (seed, seed),
        None => (arguments.seed, arguments.seed + arguments.schedules.max(1) - 1),
    };
    let tell = if arguments.replay.is_some() { Tell::Everything } else { Tell::Nothing };
    let home = arguments.postgres.clone().map_or(Home::File, |variable| {
        Home::Postgres(SecretRef { place: SecretPlace::Env(variable), expires: None })
    });
    let next = AtomicU64::new(first);
    let tally = Mutex::new(Tally::default());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = match runtime {
                    Ok(runtime) => runtime,
                    Err(error) => return eprintln!("no runtime: {error}"),
                };
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last {
                        return;
                    }
                    let played = simulation::play_at(&home, seed, arguments.broken, tell);
                    let played = runtime.block_on(played);
                    let Ok(mut tally) = tally.lock() else { return };
                    match played {
                        Ok(played) => {
                            for line in &played.told {
                                println!("{line}");
                            }
                            tally.add(&played.verdict);
                            if !played.verdict.is_clean() && (arguments.all || tally.dirty <= TOLD)
                            {
                                say(seed, &played.verdict);
                            }
                        }
                        Err(error) => {
                            tally.failed += 1;
                            eprintln!("seed {seed} could not be played: {error}");
                        }
                    }
                }
            });
        }
    });
    let Ok(tally) = tally.into_inner() else { return ExitCode::FAILURE };
    let schedules = last - first + 1;
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("{seconds:.1} s, {} schedules with findings", tally.dirty);
    if tally.failed > 0 {
        eprintln!("{} schedules could not be played", tally.failed);
    }
    println!(
        "schedules {schedules} deliveries {} doubled {} lost {} unreported {}",
        tally.deliveries, tally.doubled, tally.lost, tally.unreported
    );
    let findings = tally.doubled + tally.lost + tally.unreported + tally.failed;
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(seed: u64, verdict: &Verdict) {
    let findings = [
        ("doubled", &verdict.doubled),
        ("lost", &verdict.lost),
        ("unreported", &verdict.unreported),
    ];
    for (word, findings) in findings {
        for finding in findings {
            println!("seed {seed}: {word}: {finding}");
        }
    }
}
