//! A page of the handbook: words, files and consoles.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

/// What a page says that something is done with.
pub enum Block<'a> {
    File { name: &'a str, text: String },
    Console(Console<'a>),
}

/// Commands, each with what it prints.
pub struct Console<'a> {
    commands: Vec<(&'a str, Vec<&'a str>)>,
    /// How the last one ends.
    exit: i32,
}

pub struct Page<'a> {
    /// A comment says so: the folder `jobs` is a site of the first release.
    pub begins_with_the_first_release: bool,
    /// A comment says so: `HANDBILL_LEDGER` is the address of an empty database.
    pub needs_postgresql: bool,
    lines: Vec<&'a str>,
}

impl<'a> Page<'a> {
    pub fn parse(text: &'a str) -> Self {
        Self {
            begins_with_the_first_release: text
                .contains("<!-- begins with tests/first_release -->"),
            needs_postgresql: text.contains("<!-- needs PostgreSQL -->"),
            lines: text.lines().collect(),
        }
    }

    /// The page with what each block should hold; `None` if that is what it holds.
    pub fn rewritten(&self, mut done: impl FnMut(Block<'a>) -> Option<String>) -> String {
        let mut page = String::new();
        let mut lines = self.lines.iter();
        while let Some(line) = lines.next() {
            page += &format!("{line}\n");
            let Some(info) = line.strip_prefix("```") else { continue };
            let held: Vec<&str> =
                lines.by_ref().map_while(|it| (*it != "```").then_some(*it)).collect();
            let same = held.iter().map(|line| format!("{line}\n")).collect::<String>();
            let rest = info.split_once(' ').map(|(_, rest)| rest);
            let block = match (info, rest) {
                (info, _) if info == "console" || info.starts_with("console ") => {
                    Some(Block::Console(Console::parse(&held, rest)))
                }
                (_, Some(name)) => Some(Block::File { name, text: same.clone() }),
                _ => None,
            };
            page += &block.and_then(&mut done).unwrap_or(same);
            page += "```\n";
        }
        page
    }
}

impl<'a> Console<'a> {
    fn parse(lines: &[&'a str], rest: Option<&str>) -> Self {
        let exit = rest
            .and_then(|it| it.strip_prefix("exit="))
            .map_or(0, |code| code.parse().unwrap_or_else(|_| panic!("`{code}` is no exit code")));
        let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in lines {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, prints))) => prints.push(line),
                (None, None) => panic!("a console begins with a command, not with {line}"),
            }
        }
        Self { commands, exit }
    }

    /// Runs the commands, and says what they should print.
    pub fn run(&self, shell: &mut Shell) -> String {
        let mut text = String::new();
        for (number, (command, prints)) in self.commands.iter().enumerate() {
            let last = number + 1 == self.commands.len();
            let (printed, code) = shell.run(command);
            let wanted = if last { self.exit } else { 0 };
            assert_eq!(code, wanted, "`{command}` ended with {code}: {printed}");
            text += &format!("$ {command}\n");
            match pairs(prints, &printed.lines().collect::<Vec<_>>()) {
                Some(pairs) => {
                    shell.learn(&pairs);
                    text.extend(prints.iter().map(|line| format!("{line}\n")));
                }
                None => text += &printed,
            }
        }
        text
    }
}

/// Whose folder it is on the page.
const HOME: &str = "/home/ada";

/// Where the commands of a page are run, and which id each of its ids is in this run.
pub struct Shell {
    pub place: PathBuf,
    /// What the page calls [`HOME`].
    home: String,
    ids: HashMap<String, String>,
    /// What `HANDBILL_LEDGER` says.
    ledger: Option<String>,
}

impl Shell {
    pub fn new(place: PathBuf, ledger: Option<String>) -> Self {
        let home = place.to_string_lossy().into_owned();
        Self { place, home, ids: HashMap::new(), ledger }
    }

    /// What a command prints, as a terminal shows it, and how it ends.
    fn run(&mut self, command: &str) -> (String, i32) {
        let program = Path::new(env!("CARGO_BIN_EXE_handbill")).parent().expect("a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        let command = id().replace_all(command, |found: &regex::Captures<'_>| {
            self.ids.get(&found[0]).cloned().unwrap_or_else(|| found[0].to_owned())
        });
        let mut shell = Command::new("sh");
        let script = "exec 2>&1; eval \"$1\"; code=$?; pwd >\"$2\"; exit $code";
        shell
            .args(["-c", script, "sh", &command])
            .current_dir(&self.place)
            .env("PATH", format!("{}:{path}", program.display()))
            .env("NO_COLOR", "1")
            .env("TZ", "Europe/Berlin");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HANDBILL")) {
            shell.env_remove(name);
        }
        shell.envs(self.ledger.iter().map(|address| ("HANDBILL_LEDGER", address)));
        // Where the shell is at the end is told beside what the command prints.
        let at = tempfile::NamedTempFile::new().expect("a temporary file");
        let ended = shell.arg(at.path()).output().expect("a shell");
        let now = std::fs::read_to_string(at.path()).expect("where the shell is");
        let printed = String::from_utf8_lossy(&ended.stdout).replace(&self.home, HOME);
        self.place = PathBuf::from(now.trim());
        (printed, ended.status.code().unwrap_or(-1))
    }

    /// The ids of the page stand for those that were printed.
    fn learn(&mut self, pairs: &[(&str, &str)]) {
        for (page, printed) in pairs {
            let both = id().find_iter(page).zip(id().find_iter(printed));
            self.ids.extend(both.map(|(page, now)| (page.as_str().into(), now.as_str().into())));
        }
    }
}

/// A delivery, as people type it.
fn id() -> &'static Regex {
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b[0-9a-f]{8}\b").expect("a pattern"));
    &ID
}

/// The lines of a page with those that were printed, if they are the same; `...` stands for any.
fn pairs<'a>(page: &[&'a str], printed: &[&'a str]) -> Option<Vec<(&'a str, &'a str)>> {
    match page {
        [] => printed.is_empty().then(Vec::new),
        ["...", rest @ ..] => {
            (0..=printed.len()).find_map(|skipped| pairs(rest, &printed[skipped..]))
        }
        [line, rest @ ..] => {
            let (first, others) = printed.split_first()?;
            let mut found = (usual(first) == usual(line)).then(|| pairs(rest, others))??;
            found.push((line, first));
            Some(found)
        }
    }
}

/// What differs from run to run: ids, dates, times, ports; and what stands for it.
const USUAL: [(&str, &str); 5] = [
    (r"\b[0-9a-f]{64}\b|\b[0-9a-f]{8}(-[0-9a-f-]+)?\b", "ID"),
    (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?)?|\d{8}T\d{6}Z", "DATE"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) DATE", "DATE"),
    (r"\b(127\.0\.0\.1):\d+", "$1:PORT"),
    (r"\b\d+ KiB\b", "KiB"),
];

/// A line without what differs.
fn usual(line: &str) -> String {
    static PATTERNS: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
        USUAL.map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word))
    });
    PATTERNS.iter().fold(line.trim_end().to_owned(), |line, (pattern, word)| {
        pattern.replace_all(&line, *word).into_owned()
    })
}
