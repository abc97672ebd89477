//! Reading takes time in proportion to the length of a page, whatever stands on it, and never ends
//! in a panic.

use super::read;
use crate::support::time::assert_linear;

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
        assert_linear(piece, || drop(read(&short)), || drop(read(&long)));
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
