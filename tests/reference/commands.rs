//! Commands: `--help`, manual page, completions and the page of the reference agree.

use std::collections::BTreeSet;
use std::fmt::Write;

use regex::Regex;

use crate::support::{self, Ran};

fn handbill(arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ran = support::run(folder.path(), arguments, folder.path());
    assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
    ran
}

/// A command, for example `ledger backup`, and what `--help` says of it.
struct Command {
    words: Vec<String>,
    help: String,
}

impl Command {
    fn name(&self) -> String {
        [&["handbill".to_owned()], self.words.as_slice()].concat().join(" ")
    }
}

/// All commands, each before those below it.
fn commands() -> Vec<Command> {
    let mut found = Vec::new();
    let mut waiting = vec![Vec::new()];
    while let Some(words) = waiting.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = handbill(&arguments).out;
        let below = section(&help, "Commands:");
        let names = below.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        for name in names.filter(|name| !name.is_empty() && *name != "help").rev() {
            waiting.push([words.as_slice(), &[name.to_owned()]].concat());
        }
        found.push(Command { words, help });
    }
    assert!(found.len() > 30, "only {} commands were found", found.len());
    found
}

/// The lines below a heading of `--help`, up to the next heading.
fn section<'a>(help: &'a str, heading: &str) -> &'a str {
    let Some((_, after)) = help.split_once(&format!("\n{heading}\n")) else { return "" };
    after.split("\n\n").next().unwrap_or_default()
}

/// The options and arguments that a text names.
fn named(text: &str, pattern: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// The words of a text, without what a manual page or `--help` wraps and marks them with.
fn words(text: &str) -> String {
    let text = text.replace(r"\*(Aq", "'");
    let unmarked = Regex::new(r"\\f[BIR]|\\").expect("a pattern").replace_all(&text, "");
    unmarked.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_of_commands_is_what_help_says() {
    let mut page = String::from(
        "# Commands\n\nWhat `--help` says of each command; `handbill man FOLDER` writes the same as \
         manual pages. All take\nthe global options that stand in the first section.\n",
    );
    for command in commands() {
        let level = "#".repeat(2 + command.words.len());
        let own = match command.help.split_once("\n\nGlobal options:") {
            Some((own, _)) if !command.words.is_empty() => own,
            _ => &command.help,
        };
        let help: Vec<_> = own.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(page, "\n{level} {}\n\n```text\n{}\n```\n", command.name(), help.join("\n"));
    }
    support::reference("commands.md", &page);
}

#[test]
fn each_manual_page_names_the_options_and_says_the_words_of_help() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manual = folder.path().join("manual");
    let ran = handbill(&["man", &manual.to_string_lossy()]);
    let commands = commands();
    let count = std::fs::read_dir(&manual).expect("the manual").count();
    assert_eq!(count, commands.len(), "a page for each command");
    assert!(ran.out.starts_with(&format!("Wrote {count} manual pages into ")), "{}", ran.out);
    for command in commands {
        let path = manual.join(format!("{}.1", command.name().replace(' ', "-")));
        let page = std::fs::read_to_string(&path).expect("a manual page");
        let in_help = named(&command.help, r"(?m)^ +(?:-[a-zA-Z], )?(--[a-z-]+)");
        let in_page = named(&page.replace(r"\-", "-"), r"\\fB(--[a-z-]+)\\fR");
        assert_eq!(in_help, in_page, "{}", path.display());
        let about = command.help.lines().next().expect("what the command does");
        assert!(words(&page).contains(&words(about)), "{} does not say {about}", path.display());
        for option in section(&command.help, "Options:").split("\n\n") {
            let Some(says) = option.split_once("\n          ").map(|(_, says)| words(says)) else {
                continue;
            };
            // What may be written stands elsewhere on a manual page.
            let says = says.split(" [").next().unwrap_or_default();
            let says = says.split("Possible values:").next().unwrap_or_default().trim();
            assert!(words(&page).contains(says), "{} does not say {says:?}", path.display());
        }
    }
}

#[test]
fn completions_know_every_command_in_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = handbill(&["completions", shell]).out;
        for command in commands() {
            let Some(name) = command.words.last() else { continue };
            assert!(script.contains(name.as_str()), "{shell} does not complete {}", command.name());
        }
    }
}
