//! The commands, one file each.
//!
//! Data goes to standard output, everything else to standard error. How a command ends is `End`.

mod accept;
mod adopt;
mod anchor;
mod approve;
mod calendar;
mod card;
mod channels;
mod check;
mod completions;
mod desk;
mod doctor;
mod erase;
mod evidence;
mod init;
mod inspect;
mod ledger;
mod load;
mod log;
mod mailbox;
mod man;
mod pause;
mod plan;
mod post;
mod record;
mod rehearse;
mod resolve;
mod rewrite;
mod serve;
mod verify;
mod waiting;
mod withdraw;
mod write_back;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};

use crate::decide::DecideError;
use crate::deliver::Clock;
use crate::diagnostic::{self, Colour, Diagnostic};
use crate::ledger::LedgerError;
use crate::site::SiteError;

/// One job posting, written once, goes out to every channel on its schedule, and the log shows
/// where each copy stands.
#[derive(Debug, Parser)]
#[command(
    name = "handbill",
    version,
    propagate_version = true,
    max_term_width = 80,
    after_help = End::help()
)]
struct Arguments {
    /// The site's folder; default: the folder with handbill.toml here or above
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "HANDBILL_SITE",
        help_heading = "Global options"
    )]
    site: Option<PathBuf>,

    /// How much to say on standard error, for example `debug` or `handbill=debug`
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "HANDBILL_LOG",
        value_parser = parse_log_level,
        help_heading = "Global options"
    )]
    log_level: Option<String>,

    /// How it is said; default: as JSON under systemd
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "HANDBILL_LOG_FORMAT",
        help_heading = "Global options"
    )]
    log_format: Option<Format>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a site folder to edit: handbill.toml, channels/ and a first posting
    Init(init::Arguments),
    /// Show what was read from a page, field by field, with the line each came from
    Inspect(inspect::Arguments),
    /// Say what is wrong or missing in pages, channels and templates
    Check(check::Arguments),
    /// Show what will be done when, what not, and why
    Plan(plan::Arguments),
    /// Do what is due, or show exactly what would go out (`--dry-run`)
    Post(post::Arguments),
    /// Do it for ever: a daemon that publishes, watches and tells how it is
    Serve(serve::Arguments),
    /// Show what stands where
    Log(log::Arguments),
    /// Look whether the links are still there and say the same
    Verify(verify::Arguments),
    /// Let ads be announced that were there before the first start, or list them
    Accept(accept::Arguments),
    /// Take over a copy that somebody made by other means
    Adopt(adopt::Arguments),
    /// Agree to the words of an ad that waits for it, or list what waits
    Approve(approve::Arguments),
    /// Have the copies of an ad taken back
    Withdraw(withdraw::Arguments),
    /// Erase the texts of an ad, and the people in them, from the ledger
    Erase(erase::Arguments),
    /// Show where and when an ad was published with which words, in one archive
    Evidence(evidence::Arguments),
    /// Show the card of a form: each field ready to paste
    Card(card::Arguments),
    /// Record the link of something that a person posted, or that came later
    Record(record::Arguments),
    /// Say what became of an attempt whose outcome is unknown
    Resolve(resolve::Arguments),
    /// Put the links of copies onto the site
    WriteBack(write_back::Arguments),
    /// Read what came back by mail, and show the letters that only a person can place
    Mailbox(mailbox::Arguments),
    /// Let nothing go out to a channel, or to all, from now on
    Pause(pause::PauseArguments),
    /// Let a paused channel go on
    Resume(pause::ResumeArguments),
    /// List the channels, or add one: get an account's credentials and try them
    Channels(channels::Arguments),
    /// Look whether everything that Handbill needs is here, and well
    Doctor(doctor::Arguments),
    /// Keep the ledger safe: back it up, restore it, check it, export it
    Ledger(ledger::Arguments),
    /// Play the whole life of a posting against stand-ins on this machine; nothing leaves it
    Rehearse(rehearse::Arguments),
    /// Print what completes commands and options in a shell
    Completions(completions::Arguments),
    /// Write the manual pages into a folder, or print the first of them
    Man(man::Arguments),
}

impl Command {
    /// What is said on standard error where nobody says how much.
    fn log_level(&self) -> &'static str {
        match self {
            Self::Serve(_) => "warn,handbill=info",
            _ => "warn",
        }
    }
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For machines; stable
    Json,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Failed,
    Configuration,
    Unknown,
    CheckFailed,
}

impl End {
    const ALL: [Self; 5] =
        [Self::Done, Self::Failed, Self::Configuration, Self::Unknown, Self::CheckFailed];

    /// What `--help` and the manual say of exit codes.
    fn help() -> String {
        let lines = Self::ALL.map(|end| format!("  {}  {}", end.code(), end.meaning()));
        format!("Exit codes:\n{}", lines.join("\n"))
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "refused or failed",
            Self::Configuration => "usage or configuration",
            Self::Unknown => "an unknown outcome waits for a person",
            Self::CheckFailed => "the check found errors",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Configuration => 2,
            Self::Unknown => 3,
            Self::CheckFailed => 4,
        }
    }
}

/// What stops a command.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    /// The reader of our output has gone (`handbill log | head`): not an error.
    #[error("output closed")]
    Closed,
    #[error("cannot write the output: {0}")]
    Output(io::Error),
    /// Everything was said already.
    #[error("")]
    Said(End),
}

impl From<DecideError> for CliError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Ledger(error) => Self::Ledger(error),
            DecideError::Mistaken(why) => Self::Usage(why),
            error @ (DecideError::TooEarly(_) | DecideError::OtherWords) => {
                Self::Failed(error.to_string())
            }
        }
    }
}

impl CliError {
    fn end(&self) -> End {
        match self {
            Self::Closed => End::Done,
            Self::Site(_) | Self::Usage(_) => End::Configuration,
            Self::Ledger(
                LedgerError::SecondLedger { .. }
                | LedgerError::OtherSite { .. }
                | LedgerError::NoSuchDelivery(_)
                | LedgerError::NoSuchPosting(_)
                | LedgerError::Ambiguous(_)
                | LedgerError::Exists { .. },
            ) => End::Configuration,
            Self::Said(end) => *end,
            Self::Ledger(_) | Self::Failed(_) | Self::Output(_) => End::Failed,
        }
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { End::Configuration.code() } else { 0 };
            // A closed pipe is no reason to complain about it.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let level = arguments.log_level.as_deref();
    start_tracing(level.unwrap_or(arguments.command.log_level()), arguments.log_format);
    match run(arguments) {
        Ok(end) => ExitCode::from(end.code()),
        Err(error) => {
            let end = error.end();
            if !matches!(error, CliError::Closed | CliError::Said(_)) {
                let text = error.to_string();
                let mut lines = text.lines();
                complain(&format!("error: {}", lines.next().unwrap_or_default()));
                for line in lines {
                    complain(line);
                }
            }
            ExitCode::from(end.code())
        }
    }
}

fn run(arguments: Arguments) -> Result<End, CliError> {
    let site = arguments.site;
    match arguments.command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments, site),
        Command::Check(arguments) => check::run(&arguments, site),
        Command::Plan(arguments) => wait(plan::run(&arguments, site)),
        Command::Post(arguments) => wait(post::run(&arguments, site)),
        Command::Serve(arguments) => wait(serve::run(&arguments, site)),
        Command::Log(arguments) => wait(log::run(&arguments, site)),
        Command::Verify(arguments) => wait(verify::run(&arguments, site)),
        Command::Accept(arguments) => wait(accept::run(&arguments, site)),
        Command::Adopt(arguments) => wait(adopt::run(&arguments, site)),
        Command::Approve(arguments) => wait(approve::run(&arguments, site)),
        Command::Card(arguments) => wait(card::run(&arguments, site)),
        Command::Withdraw(arguments) => wait(withdraw::run(&arguments, site)),
        Command::Record(arguments) => wait(record::run(&arguments, site)),
        Command::Resolve(arguments) => wait(resolve::run(&arguments, site)),
        Command::Erase(arguments) => wait(erase::run(&arguments, site)),
        Command::WriteBack(arguments) => wait(write_back::run(&arguments, site)),
        Command::Evidence(arguments) => wait(evidence::run(&arguments, site)),
        Command::Mailbox(arguments) => wait(mailbox::run(&arguments, site)),
        Command::Pause(arguments) => wait(pause::pause(&arguments, site)),
        Command::Resume(arguments) => wait(pause::resume(&arguments, site)),
        Command::Channels(arguments) => wait(channels::run(&arguments, site)),
        Command::Doctor(arguments) => wait(doctor::run(&arguments, site)),
        Command::Ledger(arguments) => wait(ledger::run(&arguments, site)),
        Command::Rehearse(arguments) => wait(rehearse::run(&arguments, site)),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}

/// Runs what needs the network or the ledger, on this thread.
fn wait<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::Failed(format!("cannot start the runtime: {error}")))?;
    let done = runtime.block_on(work);
    // A thread that hangs in a network mount is not waited for.
    runtime.shutdown_background();
    done
}

/// Human-readable on a terminal, JSON under systemd (`$INVOCATION_ID` is set there).
fn start_tracing(filter: &str, format: Option<Format>) {
    // Sixty statements a run would bury what `debug` is asked for; `sqlx=debug` brings them back. A
    // sign that no font has is told once, with what is left out for it, and not once a sign.
    let filter = tracing_subscriber::EnvFilter::try_new(format!("sqlx=warn,usvg=error,{filter}"))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // Where standard error is closed nobody is left to tell of that, and it is no reason to end.
        .log_internal_errors(false);
    let usual = match std::env::var_os("INVOCATION_ID") {
        Some(_) => Format::Json,
        None => Format::Text,
    };
    // A second start (in tests) keeps the first.
    match format.unwrap_or(usual) {
        Format::Json => {
            let _ = builder.json().flatten_event(true).try_init();
        }
        Format::Text => {
            let _ = builder.with_ansi(io::stderr().is_terminal()).with_target(false).try_init();
        }
    }
}

/// Writes to standard output; a reader that has gone ends the command quietly.
fn say(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            CliError::Closed
        } else {
            CliError::Output(error)
        }
    })
}

fn say_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::Failed(format!("cannot write JSON: {error}")))?;
    say(&format!("{text}\n"))
}

/// Writes a line to standard error; there is nobody left to tell if that fails.
fn complain(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Draws diagnostics on standard error.
fn complain_about(diagnostics: &[Diagnostic]) {
    let text = diagnostic::render(diagnostics, Colour::Styled);
    let _ = write!(anstream::stderr(), "{text}");
}

/// Reads the value of `--at`: an RFC 3339 time, or a date or date and time in UTC.
fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    for format in ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(at.and_utc());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|at| at.and_utc())
        .ok_or_else(|| {
            "write a time such as `2027-01-31T09:00:00+01:00` or `2027-01-31`".to_owned()
        })
}

/// Reads a link that somebody typed.
fn parse_link(text: &str) -> Result<url::Url, String> {
    url::Url::parse(text)
        .ok()
        .filter(|link| matches!(link.scheme(), "http" | "https" | "mailto"))
        .ok_or_else(|| "write the whole address, for example `https://jobs.example/7`".to_owned())
}

/// Reads the value of `--log-level`: what tracing understands as a filter.
fn parse_log_level(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write a level such as `info` or `debug`, or `handbill=debug`".to_owned()),
    }
}

/// A clock that stands, to rehearse with.
#[derive(Debug, clap::Args)]
struct AsIf {
    /// As if it were this time
    #[arg(long, value_name = "TIME", value_parser = parse_time, hide_short_help = true)]
    at: Option<DateTime<Utc>>,
}

impl AsIf {
    fn clock(&self) -> Clock {
        self.at.map_or(Clock::System, Clock::at)
    }
}

/// A number with its noun: `1 ad`, `2 ads`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
