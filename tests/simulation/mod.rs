//! The simulation: nothing doubled, nothing lost, nothing unreported (promises 1 to 5 and 10), and
//! every engine that is broken on purpose is caught.

use std::sync::atomic::{AtomicU64, Ordering};

use handbill::simulation::{self, Broken, Played, Tell, Verdict};

/// Plays one seed on a thread of its own runtime.
fn play(seed: u64, broken: Option<Broken>, tell: Tell) -> Played {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(simulation::play(seed, broken, tell))
        .unwrap()
}

/// The verdicts over some seeds, two at a time.
fn verdicts(seeds: std::ops::Range<u64>) -> Vec<(u64, Verdict)> {
    let next = AtomicU64::new(seeds.start);
    let mut verdicts: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut verdicts = Vec::new();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return verdicts;
                        }
                        verdicts.push((seed, play(seed, None, Tell::Nothing).verdict));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    verdicts.sort_by_key(|(seed, _)| *seed);
    verdicts
}

#[test]
fn nothing_is_doubled_lost_or_unreported() {
    let verdicts = verdicts(5..30);
    let dirty: Vec<_> = verdicts.iter().filter(|(_, verdict)| !verdict.is_clean()).collect();
    assert!(dirty.is_empty(), "`simulate --replay SEED` tells them: {dirty:#?}");
    let deliveries: u64 = verdicts.iter().map(|(_, verdict)| verdict.deliveries).sum();
    assert!(deliveries > 400, "{deliveries} deliveries prove little");
}

#[test]
fn a_seed_tells_the_same_story_every_time() {
    let (once, again) = (play(34, None, Tell::Everything), play(34, None, Tell::Everything));
    assert!(once.told.len() > 50, "{:#?}", once.told);
    assert_eq!(once.told, again.told);
    assert_eq!(once.verdict, again.verdict);
}
