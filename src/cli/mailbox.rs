//! `handbill mailbox`: reads what came back by mail, and shows the letters that are nobody's.

use std::path::PathBuf;

use super::{AsIf, CliError, End, Format, count, load, say, say_json};
use crate::channel::Reach;
use crate::deliver::letters::{Letters, ReadError};
use crate::deliver::{Courier, Worker};
use crate::ledger::mailbox::KeptAnswer;
use crate::mailbox::imap::{Limits, Mailbox};
use crate::schedule::local_time;
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A letter that you have seen to: it is not shown any more (its first digits are enough)
    #[arg(long, value_name = "ID")]
    dismiss: Option<String>,
    #[command(flatten)]
    as_if: AsIf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    if site.mailbox.is_none() {
        return Err(CliError::Usage(
            "no mailbox is read here\n\
             help: write `[mailbox]` with `host`, `username` and `password` into handbill.toml"
                .to_owned(),
        ));
    }
    let clock = arguments.as_if.clock();
    let ledger = load::existing_ledger(&site, &clock).await?;
    let letters = if let Some(id) = &arguments.dismiss {
        match ledger.dismiss_stray(id, clock.now()).await? {
            1 => Letters::default(),
            0 => return Err(CliError::Usage(format!("no letter that waits begins with `{id}`"))),
            _ => {
                let why = format!("several letters begin with `{id}`; write more of it");
                return Err(CliError::Usage(why));
            }
        }
    } else {
        let stations = load::stations(&site, Reach::Anywhere)?;
        let courier = Courier {
            site: &site,
            stations: &stations,
            ledger: &ledger,
            worker: Worker::this(),
            clock,
            aside: None,
        };
        match read(&courier).await {
            Ok(letters) => letters,
            Err(ReadError::Ledger(error)) => return Err(error.into()),
            Err(ReadError::Mailbox(error)) => return Err(CliError::Failed(error.to_string())),
        }
    };
    let strays = ledger.strays().await?;
    ledger.close().await;
    match arguments.format {
        Format::Json => say_json(&serde_json::json!({
            "about_deliveries": letters.about_deliveries,
            "strays": strays,
        }))?,
        Format::Text => say(&drawn(letters, &strays, &site))?,
    }
    Ok(End::Done)
}

/// Reads everything that is new in the site's mailbox, if it has one.
pub(super) async fn read(courier: &Courier<'_>) -> Result<Letters, ReadError> {
    let Some(site_mailbox) = &courier.site.mailbox else { return Ok(Letters::default()) };
    let mut mailbox =
        Mailbox::open(&site_mailbox.config, Reach::Anywhere, Limits::default()).await?;
    let letters = courier.read_mailbox(&mut mailbox).await?;
    mailbox.close().await;
    Ok(letters)
}

fn drawn(letters: Letters, strays: &[KeptAnswer], site: &Site) -> String {
    let read = match letters.about_deliveries {
        0 => String::new(),
        number => format!("{} about ads; `handbill log` shows them\n", count(number, "new letter")),
    };
    if strays.is_empty() {
        return format!("{read}No letter waits for a person.\n");
    }
    let mut drawn = format!(
        "{read}{} of which only a person can tell what {} about:\n",
        count(strays.len(), "letter"),
        if strays.len() == 1 { "it is" } else { "they are" },
    );
    for stray in strays {
        let at = local_time(stray.read_at, site.settings.timezone);
        drawn.push_str(&format!(
            "\n  {}  {}  {at}\n    from {}\n    {}\n",
            stray.id.get(..8).unwrap_or(&stray.id),
            stray.says,
            stray.sender,
            stray.subject
        ));
        for line in stray.words.lines() {
            drawn.push_str(&format!("    {line}\n"));
        }
    }
    drawn.push_str(
        "\nSay what became of the ad with `handbill resolve`, and that you have seen to the\n\
         letter with `handbill mailbox --dismiss ID`.\n",
    );
    drawn
}
