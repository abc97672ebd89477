//! The log in each of its formats, read by programs that others wrote: whatever an ad says, it is
//! words in a cell.

use std::io::Write;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use handbill::log::table::{Grouping, table};
use handbill::log::{Row, csv, html, json_lines, markdown, plain};
use serde_json::Value;

use super::{Peer, Peers};

/// What somebody could write into a title, or a server into its answer.
const HOSTILE: [&str; 16] = [
    "PhD <script>alert(1)</script> & \"more\" 'quoted' &amp; &lt;",
    "a | b || c \\| d \\",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "**bold** _it_ ~~gone~~ `code` [x](https://evil.example) ![i](x) <b>",
    "www.evil.example https://evil.example me@evil.example #1 &copy;",
    "one\ntwo\r\nthree\r| a |\n| --- |\n\n# heading",
    "\u{1b}[31mred\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{7}\u{9b}2J\u{8}\u{7f}",
    "right \u{202e}tfel\u{202c} \u{2066}x\u{2069} \u{200f}\u{61c}",
    "lines\u{2028}and\u{2029}paragraphs\u{85}next\u{b}\u{c}",
    "nul\0 and \u{fffd} \u{feff}",
    "]]> --> </td></tr></table> <!-- <![CDATA[",
    "1. list\n- item\n> quote\n    code",
];

fn rows() -> Vec<Row> {
    let at: DateTime<Utc> = "2027-01-20T09:00:00Z".parse().unwrap();
    let row = |(number, words): (usize, &&str)| Row {
        id: format!("{number:08x}"),
        posting: format!("ad-{number}"),
        title: (*words).to_owned(),
        channel: "list".to_owned(),
        occasion: "announce".to_owned(),
        state: "posted".to_owned(),
        copy: Some("live".to_owned()),
        at,
        since: at,
        // Whatever is in a link is escaped by the URL standard.
        link: url::Url::parse(&format!("https://list.example/{words}?a=b|c&d=<e>"))
            .ok()
            .map(Into::into),
        note: (*words).to_owned(),
    };
    HOSTILE.iter().enumerate().map(row).collect()
}

/// What a reader makes of a log.
fn read(peers: &Peers, format: &str, log: &str) -> Vec<Vec<String>> {
    serde_json::from_value(cells(peers, format, log)).unwrap()
}

fn cells(peers: &Peers, format: &str, log: &str) -> Value {
    let mut reader = Command::new(peers.says("PYTHON"))
        .args([&format!("{}/read.py", peers.says("LOG_READERS")), format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success(), "{format}: {log}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// As a person sees it: spaces at the ends and in a row are none.
fn seen(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_spreadsheet_sees_a_row_per_line_and_no_formula() {
    let Some(peers) = Peers::need(&[Peer::LogReaders]).await else { return };
    let rows = rows();
    let read = read(&peers, "csv", &csv(&rows));
    assert_eq!(read.len(), rows.len() + 1);
    for (row, cells) in rows.iter().zip(&read[1..]) {
        assert_eq!(cells.len(), 11);
        for cell in [&cells[2], &cells[10]] {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            assert_eq!(cell.trim_start_matches('\''), row.title.replace('\0', ""));
        }
    }
}

#[tokio::test]
async fn a_program_sees_exactly_what_is_there() {
    let Some(peers) = Peers::need(&[Peer::LogReaders]).await else { return };
    let rows = rows();
    let read = cells(&peers, "jsonl", &json_lines(&rows).unwrap());
    for (row, object) in rows.iter().zip(read.as_array().unwrap()) {
        assert_eq!(*object, serde_json::to_value(row).unwrap());
    }
}

#[tokio::test]
async fn markdown_and_html_show_words_and_nothing_else() {
    let Some(peers) = Peers::need(&[Peer::LogReaders]).await else { return };
    let rows = rows();
    for (format, log, title, note) in [
        ("markdown", markdown(&rows, chrono_tz::UTC), 1, 7),
        ("html", html(&rows, chrono_tz::UTC), 1, 8),
    ] {
        let read = read(&peers, format, &log);
        assert_eq!(read.len(), rows.len() + 1, "{format}");
        for (row, cells) in rows.iter().zip(&read[1..]) {
            assert_eq!(cells.len(), note + 1, "{format}: {cells:?}");
            assert_eq!(seen(&cells[title]), seen(&plain(&row.title)), "{format}");
            assert_eq!(seen(&cells[note]), seen(&plain(&row.note)), "{format}");
        }
    }
}

#[test]
fn a_terminal_is_given_no_sign_that_does_anything() {
    for grouping in [Grouping::ByPosting, Grouping::ByChannel] {
        let drawn = table(&rows(), grouping, chrono_tz::UTC);
        let acts = |sign: char| {
            sign.is_control() && sign != '\n'
                || ('\u{202a}'..='\u{202e}').contains(&sign)
                || ('\u{2066}'..='\u{2069}').contains(&sign)
        };
        assert_eq!(drawn.chars().find(|sign| acts(*sign)), None, "{drawn:?}");
    }
}
