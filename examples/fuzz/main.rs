//! Feeds everything that reads foreign bytes with broken ones.
//!
//!     cargo run --release --example fuzz -- [--seconds N] [--seed N] [TARGET…]
//!
//! Each target begins with its seeds: what tests and the shipped files hold, and `tests/fuzz/TARGET`,
//! where inputs are kept that once did harm. Then seeds are broken at random, as the seed of the run
//! says, for an equal share of the time. An input that makes a target panic, or keeps it busy for
//! longer than ten seconds, is written to `tests/fuzz/TARGET` and the run ends with 1; what ends the
//! whole process lies in the folder for temporary files, as `handbill-fuzz-TARGET`.

mod answers;
mod broken;
mod targets;

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use broken::Random;
use targets::Target;

/// A program that is not optimised needs a hundred times as long.
const PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 300 } else { 10 });

struct Arguments {
    seconds: u64,
    seed: u64,
    targets: Vec<String>,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("usage: fuzz [--seconds N] [--seed N] [TARGET…]");
        return ExitCode::from(2);
    };
    let all = targets::all();
    if let Some(name) = arguments.targets.iter().find(|it| !all.iter().any(|at| at.name == **it)) {
        let names: Vec<_> = all.iter().map(|target| target.name).collect();
        eprintln!("there is no target {name}; there are {}", names.join(", "));
        return ExitCode::from(2);
    }
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|it| {
            arguments.targets.is_empty() || arguments.targets.iter().any(|at| at == it.name)
        })
        .collect();
    // What a panic says is kept for the input that made it.
    panic::set_hook(Box::new(|_| {}));
    let share = Duration::from_secs(arguments.seconds) / u32::try_from(chosen.len()).unwrap_or(1);
    let mut harmful = 0;
    for mut target in chosen {
        harmful += fuzz(&mut target, share, &mut Random::new(arguments.seed));
    }
    println!("{harmful} harmful inputs");
    if harmful == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn arguments() -> Option<Arguments> {
    let mut found = Arguments { seconds: 60, seed: 1, targets: Vec::new() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => found.seconds = words.next()?.parse().ok()?,
            "--seed" => found.seed = words.next()?.parse().ok()?,
            option if option.starts_with('-') => return None,
            name => found.targets.push(name.to_owned()),
        }
    }
    Some(found)
}

/// Feeds one target, and says how many inputs did harm.
fn fuzz(target: &mut Target, share: Duration, random: &mut Random) -> u64 {
    let kept = kept(target.name);
    let mut seeds = target.seeds.clone();
    seeds.extend(kept);
    let (mut fed, mut harmful, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    let current = std::env::temp_dir().join(format!("handbill-fuzz-{}", target.name));
    let began = Instant::now();
    let mut inputs = seeds.clone().into_iter();
    loop {
        let input = match inputs.next() {
            Some(seed) => seed,
            None if began.elapsed() >= share => break,
            None => random.broken(&seeds),
        };
        // What ends the whole process leaves its input behind all the same.
        let _ = std::fs::write(&current, &input);
        let started = Instant::now();
        let read = panic::catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
        let took = started.elapsed();
        fed += 1;
        slowest = slowest.max(took);
        if read.is_err() || took > PATIENCE {
            harmful += 1;
            let path = keep(target.name, &input);
            let how = if read.is_err() { "it panics" } else { "it takes too long" };
            eprintln!("{}: {how}: {}", target.name, path.display());
            // One of a kind is enough to mend it.
            if harmful == 3 {
                break;
            }
        }
    }
    println!(
        "{:<10} {fed:>9} inputs, the slowest {:>6.1} ms",
        target.name,
        slowest.as_secs_f64() * 1e3
    );
    harmful
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(target)
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    targets::files(&folder(target))
}

/// Writes an input down under the hash of its bytes.
fn keep(target: &str, input: &[u8]) -> PathBuf {
    let path = folder(target).join(format!("{:016x}", broken::hash(input)));
    let written =
        std::fs::create_dir_all(folder(target)).and_then(|()| std::fs::write(&path, input));
    if let Err(error) = written {
        eprintln!("cannot keep {}: {error}", path.display());
    }
    path
}
