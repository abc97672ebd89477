//! Reading takes time in proportion to the length of a page, whatever stands on it, and never ends
//! in a panic.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::read;

/// What has been known to make readers slow: beginnings of something that never ends, words that
/// could lead to a fact, and what looks like one.
const PIECES: [&str; 30] = [
    "[",
    "(",
    "]",
    "[x](",
    "![",
    "<",
    "<!-- ",
    "{{< ",
    "&#",
    "*a",
    "_a",
    "> ",
    "| a | b |\n",
    "`",
    "1.",
    "1",
    ".",
    "@",
    "a@",
    "a.",
    "12.3.2027 ",
    "3 May 2027, ",
    "deadline ",
    "until the position is ",
    "job-",
    "[apply](https://tides.example/apply) ",
    "University of ",
    "TV-L E13, 75 % ",
    "Prof. Dr. Ada Brine ",
    "looking for a ",
];

/// Bytes on the shorter of two pages.
const LENGTH: usize = 20_000;

#[test]
fn a_page_of_twice_the_length_takes_about_twice_the_time() {
    for piece in PIECES {
        let page = |length: usize| {
            format!("---\ntitle: Diver\n---\n\n{}\n", piece.repeat(length / piece.len()))
        };
        let (short, long) = (page(LENGTH), page(2 * LENGTH));
        // Twice is linear, four times square. Cold caches make a try slower, never faster.
        let least = |text: &str, times: u32| (0..times).map(|_| took(text)).min();
        let linear = (0..4).any(|tries| {
            let (short, long) = (least(&short, 1 + tries), least(&long, 1 + tries));
            let few = Duration::from_millis(20);
            long.zip(short).is_some_and(|(long, short)| long < few || long < short * 3)
        });
        assert!(linear, "{piece:?}: {:?}, then {:?}", least(&short, 3), least(&long, 3));
    }
}

#[test]
fn a_line_of_a_million_letters_is_read() {
    let sentence = "We study the tides of small harbours and who lives from them, ";
    let text =
        format!("---\ntitle: Diver\n---\n\n{}\n", sentence.repeat(1_000_000 / sentence.len()));
    let reading = read(&text);
    let [posting] = reading.postings.as_slice() else { panic!("one posting") };
    let words: usize =
        posting.document.blocks.iter().map(|block| block.span.end - block.span.start).sum();
    assert!(words > 999_000, "{words}");
}

/// Of the processor, for this thread alone: what else the machine does makes no difference.
fn took(text: &str) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time");
    let start = now();
    let reading = read(text);
    let took = now() - start;
    drop(reading);
    took
}
