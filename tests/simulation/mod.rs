//! The simulation: nothing doubled, nothing lost, nothing unreported (promises 1 to 5 and 10), and
//! every engine that is broken on purpose is caught.

use std::sync::atomic::{AtomicU64, Ordering};

use handbill::simulation::{self, Broken, Played, Tell, Verdict};

/// The seeds that are played here; `simulate` plays more.
const SEEDS: u64 = 40;

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
    let verdicts = verdicts(1..SEEDS + 1);
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

/// Plays schedules with a broken engine from a seed on, until one has a finding. The real engine is
/// clean on these seeds: the first 500 are played in CI.
fn catch(broken: Broken, first: u64) -> Verdict {
    for seed in first..first + SEEDS {
        let verdict = play(seed, Some(broken), Tell::Nothing).verdict;
        if !verdict.is_clean() {
            return verdict;
        }
    }
    panic!("{} was not caught on {SEEDS} seeds from {first} on", broken.as_str());
}

#[test]
fn who_tries_again_after_an_unknown_outcome_is_caught() {
    assert!(!catch(Broken::RetryOnUnknown, 1).doubled.is_empty());
}

#[test]
fn a_ledger_that_does_not_wait_for_the_disk_is_caught() {
    assert!(!catch(Broken::ReceiptBeforeFsync, 8).doubled.is_empty());
}

#[test]
fn a_key_for_each_attempt_is_caught() {
    assert!(!catch(Broken::KeyPerAttempt, 1).unreported.is_empty());
}

#[test]
fn who_sends_after_the_time_to_send_is_caught() {
    assert!(!catch(Broken::LeaseWithoutSendBy, 21).doubled.is_empty());
}

#[test]
fn who_takes_any_status_with_our_link_for_ours_is_caught() {
    catch(Broken::LinkOnlyFind, 1);
}

#[test]
fn who_believes_at_once_that_nothing_is_there_is_caught() {
    assert!(!catch(Broken::AbsentTooEarly, 33).doubled.is_empty());
}

#[test]
fn who_trusts_the_clock_on_the_wall_alone_is_caught() {
    assert!(!catch(Broken::WallClockOnly, 99).doubled.is_empty());
}

#[test]
fn who_does_not_look_whose_a_copy_is_is_caught() {
    catch(Broken::NoOwnerCheck, 1);
}

#[test]
fn who_forgets_an_outcome_that_could_not_be_written_is_caught() {
    assert!(!catch(Broken::LostOutcome, 8).doubled.is_empty());
}

#[test]
fn who_begins_a_thread_from_its_start_again_is_caught() {
    assert!(!catch(Broken::StepsFromTheStart, 1).doubled.is_empty());
}

#[test]
fn who_sends_again_what_a_dead_worker_left_is_caught() {
    assert!(!catch(Broken::DeadWorkerDue, 8).doubled.is_empty());
}

#[test]
fn who_takes_a_mail_that_was_sent_for_one_that_readers_see_is_caught() {
    assert!(!catch(Broken::SentIsLive, 1).unreported.is_empty());
}

#[test]
fn who_sends_again_what_a_list_is_silent_of_is_caught() {
    assert!(!catch(Broken::SilentIsDue, 1).doubled.is_empty());
}
