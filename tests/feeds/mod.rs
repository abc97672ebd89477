//! Feeds: complete lists that others fetch, in each format; which words stand for an ad's tags; where
//! the lists go.

mod checked;
pub mod corpus;
mod formats;
mod looked_up;
mod pushed;
mod shrinking;

use chrono::{DateTime, TimeDelta, Utc};
use handbill::adapt::{AdaptError, Occasion, adapt};
use handbill::channel::permit::NoJournal;
use handbill::channel::{Action, Address, DeliveryKey, Outcome, Permit, PrepareError, SendBy};
use handbill::clock::Clock;
use handbill::deliver::Station;
use handbill::posting::Posting;
use handbill::site::Site;
use uuid::Uuid;

use crate::support::TestSite;

/// Every format, as a channel's file calls it, and the file that others fetch.
pub const FORMATS: [(&str, &str); 8] = [
    ("json-ld", "index.json"),
    ("hugo", ""),
    ("atom", "feed.atom"),
    ("rss", "feed.rss"),
    ("json-feed", "feed.json"),
    ("euraxess", "euraxess.xml"),
    ("indeed", "indeed.xml"),
    ("personio", "personio.xml"),
];

/// What stands for the tags of the example's pages, and for what they do not say.
pub const MAPPING: &str = r#"
[vocabulary.euraxess.research_field]
tags = { "machine learning" = "Computer science: Informatics", "Ocean Modelling" = ["Geosciences"], sediment = "Geosciences: Hydrology" }
[vocabulary.euraxess.organisation_type]
default = "Higher Education Institute"
"#;

/// A site whose only channel is a feed of this format.
pub fn site(format: &str, mapping: &str) -> TestSite {
    let site = TestSite::with_channels(&["feed"]);
    site.write("channels/feed.toml", channel(format));
    let file = site.read("handbill.toml");
    site.write("handbill.toml", format!("{file}\n{mapping}"));
    site
}

pub fn channel(format: &str) -> String {
    let key = match format {
        "euraxess" => "organisation_key = \"123\"\ndatasource_key = \"TCG & friends\"\n",
        _ => "",
    };
    format!(
        "kind = \"feed\"\n\n[feed]\nfolder = \"public/feed\"\nurl = \"https://tidal.example/feed/\"\n\
         format = \"{format}\"\n{key}"
    )
}

/// Why an ad is not in a list.
#[derive(Debug)]
pub enum LeftOut {
    Adapt(AdaptError),
    Prepare(PrepareError),
}

/// Gives an ad out as `post` does.
pub async fn announce(
    site: &Site,
    station: &Station,
    posting: &Posting,
    at: DateTime<Utc>,
) -> Result<Outcome, LeftOut> {
    let key = DeliveryKey(Uuid::from_u128(7));
    let address = Address { key: &key, reference: &posting.id.0, at };
    let rendition = adapt(posting, &station.target, Occasion::Announce, &site.templates)
        .map_err(LeftOut::Adapt)?;
    let wire =
        station.channel.prepare(Action::Publish(&rendition), &address).map_err(LeftOut::Prepare)?;
    let send_by = SendBy::new(Utc::now() + TimeDelta::hours(1), Clock::System);
    Ok(station.channel.send(&wire, &Permit::new(send_by, &NoJournal)).await)
}
