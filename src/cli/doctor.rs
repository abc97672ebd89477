//! `handbill doctor`: is everything that Handbill needs here, and is it well?

use std::path::{Path, PathBuf};

use super::{AsIf, CliError, End, Format, count, say, say_json};
use crate::adapt::text::fill_lines;
use crate::doctor::{self, Finding, Network, Outcome, Report};
use crate::site::{FILE, Site};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Ask the servers too, by calls that only read
    #[arg(long)]
    online: bool,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Columns of a terminal, and where what was seen begins.
const WIDTH: usize = 80;
const INDENT: usize = 30;

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let folder = match folder {
        Some(folder) if folder.join(FILE).is_file() => folder,
        Some(folder) => {
            return Err(CliError::Usage(format!(
                "there is no {FILE} in {}\nhelp: `handbill init {}` makes a site there",
                folder.display(),
                folder.display()
            )));
        }
        None => Site::find(Path::new("."))?,
    };
    let network = if arguments.online { Network::Asked } else { Network::Untouched };
    let report = doctor::examine(&folder, network, &arguments.as_if.clock()).await;
    match arguments.format {
        Format::Json => say_json(&json(&report))?,
        Format::Text => say(&draw(&report, network))?,
    }
    Ok(match report.outcome() {
        Outcome::Ok | Outcome::Warning => End::Done,
        Outcome::Problem if report.is_misconfigured() => End::Configuration,
        Outcome::Problem => End::Failed,
    })
}

/// Stable: `outcome` (`ok`, `warning`, `problem`: the worst), `site` (its folder), and `findings`,
/// each with `code`, `outcome`, `seen`, and `help` unless it is well.
fn json(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "outcome": report.outcome(),
        "site": report.site,
        "findings": report.findings,
    })
}

fn draw(report: &Report, network: Network) -> String {
    let findings = &report.findings;
    let mut text = String::new();
    for (index, finding) in findings.iter().enumerate() {
        // What helps with several in a row is said after the last of them.
        let next = findings.get(index + 1);
        let again = next.is_some_and(|next| next.code == finding.code && next.help == finding.help);
        text += &one(finding, finding.help.as_deref().filter(|_| !again));
    }
    let of = |outcome| report.findings.iter().filter(|it| it.outcome == outcome).count();
    text += &format!(
        "\n{}: {}, {}\n",
        count(report.findings.len(), "check"),
        count(of(Outcome::Problem), "problem"),
        count(of(Outcome::Warning), "warning"),
    );
    if network == Network::Untouched {
        text += "`--online` asks the servers too.\n";
    }
    text
}

/// What one check saw, in a column of its own.
fn one(finding: &Finding, help: Option<&str>) -> String {
    let name = finding.code.strip_prefix("doctor::").unwrap_or(finding.code);
    let head = format!("{:<8} {name}", finding.outcome.as_str());
    let mut lines = fill_lines(&finding.seen, WIDTH - INDENT);
    if let Some(help) = help {
        lines.extend(fill_lines(&format!("help: {help}"), WIDTH - INDENT));
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let start = if index == 0 { head.as_str() } else { "" };
        text += format!("{start:<INDENT$}{line}").trim_end();
        text += "\n";
    }
    text
}
