//! `handbill channels`: the channels of a site, and a walk through getting the credentials of a new
//! one.

mod add;
mod agreeing;
mod answers;
mod files;
mod linkedin;
mod schema;
mod test;

use std::path::PathBuf;

use super::{CliError, End, Format, load, say, say_json};
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the channels of the site
    List(ListArguments),
    /// Get the credentials of an account, try them, and write the channel's file
    Add(add::Arguments),
    /// Play the life of one ad on a board, step by step, with each exchange
    Test(test::Arguments),
    /// Print the JSON Schema of a channel's file, with which editors complete it
    Schema,
    /// Get another token for a LinkedIn channel, whose tokens live 60 days
    Renew(linkedin::RenewArguments),
}

#[derive(Debug, clap::Args)]
struct ListArguments {
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    match &arguments.command {
        Command::List(arguments) => list(arguments, &load::site(folder)?),
        Command::Test(arguments) => test::run(arguments, &load::site(folder)?).await,
        Command::Schema => schema::run(),
        Command::Renew(arguments) => linkedin::renew(arguments, &load::site(folder)?).await,
        Command::Add(arguments) => add::run(arguments, &load::site_without_channels(folder)?).await,
    }
}

fn list(arguments: &ListArguments, site: &Site) -> Result<End, CliError> {
    match arguments.format {
        Format::Json => say_json(&json(site))?,
        Format::Text => {
            let width = site.channels.iter().map(|it| it.name.as_str().chars().count()).max();
            let width = width.unwrap_or_default();
            for channel in &site.channels {
                let (name, kind) = (channel.name.as_str(), channel.kind().as_str());
                let file = shown(site, &channel.file.path);
                say(&format!("{name:width$}  {kind:<9} {file}\n"))?;
            }
        }
    }
    Ok(End::Done)
}

/// Stable: a list of `name`, `kind`, `file`.
fn json(site: &Site) -> serde_json::Value {
    let channel = |channel: &crate::site::ChannelSpec| {
        serde_json::json!({
            "name": channel.name,
            "kind": channel.kind(),
            "file": shown(site, &channel.file.path),
        })
    };
    site.channels.iter().map(channel).collect()
}

/// A file as a person names it: from the site's folder.
fn shown(site: &Site, path: &std::path::Path) -> String {
    path.strip_prefix(&site.folder).unwrap_or(path).display().to_string()
}
