//! What a person decides at: the site, its channels, the ledger, and the postings as they are now.

use std::path::PathBuf;

use super::{AsIf, CliError, complain_about, load};
use crate::channel::{ChannelName, Reach};
use crate::deliver::{self, Clock, Courier, Postings, Station, Worker};
use crate::ledger::{KnownPosting, Ledger, Past};
use crate::plan::{Pace, Plan};
use crate::posting::{Posting, PostingId};
use crate::site::Site;

pub(super) struct Desk {
    pub site: Site,
    pub stations: Vec<Station>,
    pub ledger: Ledger,
    pub clock: Clock,
    pub postings: Postings,
    pub past: Past,
}

impl Desk {
    /// Reads the pages and writes down what was seen of them, so that what is decided is about
    /// what is there now; the ledger is made if there is none.
    pub async fn open(folder: Option<PathBuf>, as_if: &AsIf) -> Result<Self, CliError> {
        let mut site = load::site(folder)?;
        let heard = deliver::instances::ask(&mut site, Reach::Anywhere, None).await;
        let clock = as_if.clock();
        let stations = load::stations(&site, Reach::Anywhere)?;
        let before = load::past(&site).await?;
        let read = load::postings(&site, &[], &before, load::Guesses::Refused)?;
        complain_about(&load::worth_saying(&read.diagnostics));
        let ledger = load::ledger(&site, &clock).await?;
        load::keep_instances(&heard);
        let courier = Courier {
            site: &site,
            stations: &stations,
            ledger: &ledger,
            worker: Worker::this(),
            clock: clock.clone(),
            aside: None,
        };
        let postings = courier.observe(&read.postings).await?;
        let past = ledger.past().await?;
        Ok(Self { site, stations, ledger, clock, postings, past })
    }

    pub async fn close(self) {
        self.ledger.close().await;
    }

    /// What should be done as things are.
    pub fn plan(&self) -> Plan {
        let (site, stations, now) = (&self.site, &self.stations, self.clock.now());
        deliver::make_plan(site, stations, &self.postings, &self.past, Pace::OnSchedule, now)
    }

    /// The posting of an id that somebody typed.
    pub fn known(&self, typed: &str) -> Result<&KnownPosting, CliError> {
        load::known_posting(typed, &self.past)
    }

    /// The page of a posting, as it is or was.
    pub fn page(&self, id: &PostingId) -> Result<&Posting, CliError> {
        self.postings.named(id).ok_or_else(|| {
            CliError::Usage(format!(
                "the page of `{id}` cannot be read now\nhelp: `handbill check` says why"
            ))
        })
    }

    /// The channel of a name that somebody typed.
    pub fn station(&self, typed: &str) -> Result<&Station, CliError> {
        let names = self.site.channels.iter().map(|channel| &channel.name).collect();
        let name = load::known_channel(typed, &names)?;
        self.of_channel(&name)
    }

    fn of_channel(&self, name: &ChannelName) -> Result<&Station, CliError> {
        let found = self.stations.iter().find(|station| station.spec.name == *name);
        found.ok_or_else(|| CliError::Failed(format!("the channel {name} cannot be built")))
    }
}
