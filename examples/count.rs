//! How long texts are, as a network counts: for comparison with other implementations.
//!
//!     cargo run --release --example count -- x|mastodon|bluesky|linkedin <texts
//!
//! reads one JSON string a line and prints its length, one number a line. For Bluesky that is the
//! number of graphemes; its second limit, 3,000 bytes for 300 graphemes, is no length of its own:
//! `Count::fits` asks for both. For LinkedIn it is the text as it is sent, reserved signs with their
//! backslashes, in the units of UTF-16: its documentation says "characters" and not which, and no
//! other meaning is longer.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use handbill::adapt::count::Count;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let count = match arguments.next().as_deref() {
        Some("x") => Count::X,
        Some("mastodon") => Count::Mastodon,
        Some("bluesky") => Count::Bluesky,
        Some("linkedin") => Count::LinkedIn,
        _ => {
            eprintln!(
                "usage: count x|mastodon|bluesky|linkedin, with JSON strings on standard input"
            );
            return ExitCode::from(2);
        }
    };
    match print_lengths(count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(1)
        }
    }
}

fn print_lengths(count: Count) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let text: String = serde_json::from_str(&line?).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("line {} is no JSON string: {error}", number + 1),
            )
        })?;
        writeln!(out, "{}", count.length(&text))?;
    }
    out.flush()
}
