//! X's own library against our count, over texts that are rich in what is hard to count.

use std::io::Write;
use std::process::{Command, Stdio};

use handbill::adapt::count::{Count, x};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{Peer, Peers};

const TEXTS: usize = 20_000;

/// Names without a scheme, of which X links some.
const NAMES: &[&str] = &[
    "M.Sc.",
    "B.Sc.",
    "D.Sc",
    "Dr.med.",
    "Dr.ing",
    "Ph.D.",
    "Dr.-Ing.",
    "M.Eng.",
    "ASP.NET",
    "fast.ai",
    "README.md",
    "main.rs",
    "Node.js",
    "St.Gallen",
    "ENS.TV",
    "e.g.",
    "z.B.",
    "U.S.",
    "1.5",
    "a..de",
    "uni.de",
    "UNI.DE",
    "example.org",
    "sub.uni.ac.uk",
    "uni-x.edu",
    "foo_bar.com",
    "a_b.c.de",
    "-a.de",
    "bücher.de",
    "日本.jp",
    "пример.рф",
    "foo.com中文.de",
    "中文foo.com",
    "😀.com",
    "#😀-b.com",
    "xn--bcher-kva.de",
    "a.भारतम्",
    "vermögensberatung.de",
    "user@uni.de",
    "uni.de@x",
    "www.uni.de.",
    "\"uni.de\"",
    "“uni.de”",
    "(uni.de)",
    "'uni.de'",
    "uni.de:80",
    "t.co",
    "x.co",
    ".de",
    "de.",
];

const PATHS: &[&str] = &[
    "",
    "/",
    "/jobs/",
    "/jobs/phd-1.html",
    "/a_(b)",
    "/(x)",
    "/((x))",
    "/$(d)",
    "/a(b",
    "/a)b",
    "/ä",
    "/日本",
    "/a,b",
    "/a.",
    "/a!",
    "/a?b=c",
    "?b=c.",
    "#top",
    "/@user/1",
    "/a–b",
    "/%20",
    ":8080/x",
];

const EMOJI: &[&str] = &[
    "😀",
    "👍🏽",
    "👩🏽‍🔬",
    "👨‍👩‍👧‍👦",
    "👩‍❤️‍💋‍👩",
    "🏳️‍🌈",
    "🏴‍☠️",
    "🇩🇪",
    "🇩🇽",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "1️⃣",
    "#️⃣",
    "❤️",
    "❤",
    "☝🏿",
    "⛹🏻‍♀️",
    "🕵️‍♀️",
    "🧑‍💻",
    "🥱",
    "©️",
    "©",
    "🤼‍♀️",
    "🏃🏾‍♂️",
    "👁‍🗨",
    "👨‍👦‍👧",
    "👨‍⚕",
    "🏻",
    "🇩",
    "\u{FE0F}",
    "\u{200D}",
];

const MARKS: &[&str] = &[
    "e\u{301}", "a\u{308}", "\u{202A}", "\u{202C}", "\u{200E}", "\u{200F}", "\u{61C}", "\u{2066}",
    "\u{2069}", "\u{200B}", "\u{200C}", "\u{FEFF}", "\u{AD}", "\u{3000}", "\u{A0}", "\n", "＠",
    "＃", "。", "．", "“", "”", "’", "\"", "'", "«", "»", "…", "–", "ι", "ſ", "\u{345}",
];

const WORDS: &[&str] = &[
    "Postdoc",
    "Küste",
    "漢字",
    "テスト",
    "한국",
    "العربية",
    "русский",
    "(m/w/d)",
    "#Tides",
    "@lab",
    "$AAPL",
    "C++",
    "100%",
    "naïve",
    "TV-L",
];

fn one_of(list: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(list).prop_map(str::to_owned)
}

/// A text of tokens; whether names may stand in it without a scheme.
fn text(with_names: bool) -> impl Strategy<Value = String> {
    let scheme = proptest::sample::select(&["https://", "http://", "HTTPS://", "ftp://"][..]);
    let address = (scheme, one_of(NAMES), one_of(PATHS)).prop_map(|(a, b, c)| format!("{a}{b}{c}"));
    let plain_address = (one_of(&["https://uni.de", "http://a.b.edu"]), one_of(PATHS))
        .prop_map(|(a, b)| format!("{a}{b} "));
    let name = (one_of(NAMES), one_of(PATHS)).prop_map(|(name, path)| format!("{name}{path}"));
    let hard = prop_oneof![3 => name, 2 => address, 1 => "[a-d0-1.:/@#?_()漢😀-]{1,9}"];
    let names = if with_names { hard.boxed() } else { plain_address.boxed() };
    let token = prop_oneof![
        3 => one_of(WORDS), 3 => names, 2 => one_of(EMOJI), 1 => one_of(MARKS), 1 => "\\PC{1,4}".prop_filter("no dot", move |it| with_names || !it.contains('.')),
    ];
    let gap = one_of(&[" ", " ", " ", "\n", ", ", "", "-", "/", "(", ":", "\"", "…"]);
    let gap = if with_names { gap.boxed() } else { Just(" ".to_owned()).boxed() };
    proptest::collection::vec((token, gap), 1..14)
        .prop_map(|tokens| tokens.into_iter().map(|(token, gap)| token + &gap).collect())
}

/// What npm's twitter-text says of each text.
fn reference(peers: &Peers, texts: &[String]) -> Vec<usize> {
    let mut node = Command::new("node")
        .arg(peers.says("TWITTER_TEXT"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let lines: String =
        texts.iter().map(|text| serde_json::to_string(text).unwrap() + "\n").collect();
    let mut stdin = node.stdin.take().expect("its standard input");
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = node.wait_with_output().expect("its answers");
    writer.join().unwrap().expect("it reads all of them");
    let lengths: Vec<usize> =
        String::from_utf8(output.stdout).unwrap().lines().map(|it| it.parse().unwrap()).collect();
    assert_eq!(lengths.len(), texts.len());
    lengths
}

fn texts(with_names: bool) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = text(with_names);
    (0..TEXTS).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test]
async fn a_text_is_never_longer_on_x_than_we_say_and_hardly_ever_shorter() {
    let Some(peers) = Peers::need(&[Peer::TwitterText]).await else { return };
    let texts = texts(true);
    let mut longer = 0;
    for (text, theirs) in texts.iter().zip(reference(&peers, &texts)) {
        let ours = Count::X.length(text);
        assert!(ours >= theirs, "{text:?} has {theirs} on X, and {ours} here");
        longer += usize::from(ours > theirs);
    }
    assert!(longer * 100 <= TEXTS, "{longer} of {TEXTS} are longer here");
}

#[tokio::test]
async fn a_text_without_names_of_domains_is_as_long_on_x_as_we_say() {
    let Some(peers) = Peers::need(&[Peer::TwitterText]).await else { return };
    let texts = texts(false);
    for (text, theirs) in texts.iter().zip(reference(&peers, &texts)) {
        let links = x::links(text);
        assert!(links.iter().all(|link| link.contains("://")), "{links:?}");
        assert_eq!(Count::X.length(text), theirs, "{text:?}");
    }
}
