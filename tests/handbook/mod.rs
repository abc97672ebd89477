//! The handbook is word for word what happens: its examples are run, each page in a folder of its
//! own, with the real program.
//!
//! A fenced block ```` ```console ```` holds commands after `$ `, each with what it prints; the last
//! one ends with 0, or as `exit=N` says beside `console`. A block with the name of a file beside its
//! language (```` ```toml channels/list.toml ````) is that file. In what is printed `...` stands for
//! any lines; ids, dates and ports may be others. What a page needs beside that, a comment in it says. `UPDATE_GOLDEN=1` writes what was printed.

mod page;

use std::path::{Path, PathBuf};

use page::{Block, Page, Shell};

use crate::support::postgres;

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = std::fs::read_dir(folder).expect("the handbook").map(|it| it.expect("a file"));
    let mut pages: Vec<_> = files.map(|file| file.path()).filter(|it| it.is_file()).collect();
    pages.sort();
    pages
}

/// Runs a page, and says what it should say. One that needs PostgreSQL says what it says where none
/// runs.
fn ran(text: &str) -> String {
    let page = Page::parse(text);
    let database = if page.needs_postgresql { postgres::empty_database() } else { None };
    if page.needs_postgresql && database.is_none() {
        return text.to_owned();
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    if page.begins_with_the_first_release {
        crate::ledger::first_release::put_site_into(&folder.path().join("jobs"));
    }
    let mut shell = Shell::new(folder.path().to_owned(), database);
    page.rewritten(|block| match block {
        Block::File { name, text } => {
            let path = shell.place.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("making a folder");
            std::fs::write(path, text).expect("writing a file");
            None
        }
        Block::Console(console) => Some(console.run(&mut shell)),
    })
}

#[test]
fn every_example_of_the_handbook_does_what_it_says() {
    let mut wrong = Vec::new();
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("a page");
        let does = ran(&text);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, does).expect("writing a page");
        } else if does != text {
            let diff = similar::TextDiff::from_lines(&text, &does);
            wrong.push(format!("{}\n{}", path.display(), diff.unified_diff().context_radius(2)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_of_the_handbook_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#:]+)(?:#[^)]*)?\)").expect("a pattern");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    for path in pages().into_iter().chain([readme]) {
        let text = std::fs::read_to_string(&path).expect("a page");
        for found in link.captures_iter(&text) {
            let target = path.parent().expect("a folder").join(&found[1]);
            assert!(target.exists(), "{}: there is no {}", path.display(), &found[1]);
        }
    }
}

#[test]
fn an_example_that_prints_something_else_is_noticed() {
    let page = "```console\n$ echo one\ntwo\n```\n";
    assert_eq!(ran(page), "```console\n$ echo one\none\n```\n");
    let page = "```console\n$ printf '1\\n2\\n3\\n'; echo 2027-01-12 0df48d83\n1\n...\n3\n2026-12-01 10117fae\n```\n";
    assert_eq!(ran(page), page);
}
