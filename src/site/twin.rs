//! The PDF of an ad beside its page, and its text by `pdftotext` (Poppler), where that program is
//! installed. Where it is not, or cannot read the file, there is nothing to compare.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::diagnostic::Source;
use crate::posting::facts::pattern::Pattern;
use crate::posting::{PageFile, Posting, Settings};

/// How long reading one PDF may take.
const WITHIN: Duration = Duration::from_secs(10);

/// A PDF with more text than this is no job ad.
const LONGEST: usize = 200_000;

/// A link to a PDF of the same site.
static LINK: Pattern =
    Pattern::new(r#"(?i)(?:\]\(|href\s*=\s*["'])(?P<path>[^()\s"'<>:]+\.pdf)\b"#);

/// What the PDF beside a page says, read as if it were a page; `None` if there is none that is
/// certainly of this ad, or if it cannot be read.
pub fn read(page: &Posting, settings: &Settings) -> Option<Posting> {
    let path = beside(&page.source.path, &page.source.text)?;
    let text = text_of(&path)?;
    // The front matter of a page begins in its first line; a PDF has none. Its lines are no code.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let source = Source::new(path, format!("\n{}\n", lines.join("\n")));
    let file = PageFile { source, path: page.path.clone(), ancestors: Vec::new() };
    crate::posting::read(&file, settings).postings.into_iter().next()
}

/// The PDF of a page: the one of the same name, else the only one that the page links to, else the
/// only one in the folder that is the page (`index.md` and its files).
fn beside(page: &Path, text: &str) -> Option<PathBuf> {
    let of_same_name = page.with_extension("pdf");
    if of_same_name.is_file() {
        return Some(of_same_name);
    }
    let folder = page.parent()?;
    let links = LINK.captures_iter(text).filter_map(|found| found.name("path"));
    let mut linked: Vec<PathBuf> =
        links.map(|link| folder.join(link.as_str())).filter(|path| path.is_file()).collect();
    linked.sort();
    linked.dedup();
    if let [only] = linked.as_slice() {
        return Some(only.clone());
    }
    let is_bundle = page.file_stem().is_some_and(|stem| {
        let stem = stem.to_string_lossy();
        stem == "index" || stem.starts_with("index.")
    });
    if !is_bundle || !linked.is_empty() {
        return None;
    }
    let mut pdfs = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|it| it.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")));
    pdfs.next().filter(|_| pdfs.next().is_none())
}

/// The text of a PDF; `None` without `pdftotext`, or where it fails or takes too long.
fn text_of(pdf: &Path) -> Option<String> {
    // A name that begins with a hyphen would be an option.
    let pdf = std::path::absolute(pdf).ok()?;
    let mut child = Command::new("pdftotext")
        .args(["-enc", "UTF-8", "-nopgbrk", "-q"])
        .arg(pdf)
        .arg("-")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let written = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = written.take(LONGEST as u64).read_to_end(&mut text);
        text
    });
    let ends = Instant::now() + WITHIN;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < ends => std::thread::sleep(Duration::from_millis(5)),
            _ => break None,
        }
    };
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let text = reader.join().ok()?;
    status.filter(std::process::ExitStatus::success)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}
