//! Whether something takes time in proportion to what it is given, by the processor's clock of this
//! thread alone: what else the machine does makes no difference.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// That twice as much takes about twice as long: twice is linear, four times square. What takes next
/// to nothing is always well. Cold caches make a try slower, never faster, so it is tried again.
#[track_caller]
pub fn assert_linear(what: &str, once: impl Fn(), twice: impl Fn()) {
    let least = |run: &dyn Fn(), times: u32| (0..times).map(|_| took(run)).min();
    let linear = (0..4).any(|tries| {
        let (short, long) = (least(&once, 1 + tries), least(&twice, 1 + tries));
        let few = Duration::from_millis(20);
        long.zip(short).is_some_and(|(long, short)| long < few || long < short * 3)
    });
    assert!(linear, "{what:?}: {:?}, then {:?}", least(&once, 3), least(&twice, 3));
}

fn took(run: &dyn Fn()) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time");
    let start = now();
    run();
    now() - start
}
