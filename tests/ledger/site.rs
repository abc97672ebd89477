//! A site with a ledger, and short words for what the tests say often.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use handbill::adapt::{Occasion, Rendition};
use handbill::channel::wire::{HttpRequest, Verb};
use handbill::channel::{ChannelName, DeliveryKey, Outcome, Receipt, Wire};
use handbill::clock::Clock;
use handbill::ledger::mailbox::KeptAnswer;
use handbill::ledger::{
    Began, Claim, Deed, Delivery, DeliveryName, Hiring, Ledger, Meaning, NewDelivery, Observed,
    Place, Seen, Settlement, SiteMark, Standing, Time,
};
use handbill::posting::{PostingId, Revision};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tempfile::TempDir;
use url::Url;

use crate::support::postgres;

/// A site in a folder of its own, with the ledger in it or in a schema of its own.
pub struct Site {
    pub folder: TempDir,
    /// Address and schema, of a ledger in PostgreSQL.
    pub postgres: Option<(String, String)>,
}

impl Site {
    /// With its ledger where all tests have theirs.
    pub fn new() -> Self {
        let postgres = postgres::for_all().map(|address| (address, postgres::schema()));
        Self { postgres, ..Self::in_a_file() }
    }

    /// For what only a file can do.
    pub fn in_a_file() -> Self {
        Self { folder: TempDir::new().unwrap(), postgres: None }
    }

    /// `None` where no PostgreSQL runs.
    pub fn in_postgres() -> Option<Self> {
        let postgres = Some((postgres::needed()?, postgres::schema()));
        Some(Self { postgres, ..Self::in_a_file() })
    }

    pub fn place(&self) -> Place {
        match &self.postgres {
            None => (&self.path()).into(),
            Some((address, schema)) => {
                postgres::place(address, schema, self.path().parent().unwrap())
            }
        }
    }

    pub fn mark(&self) -> SiteMark {
        SiteMark {
            folder: self.folder.path().to_owned(),
            base_url: "https://lab.example/".to_owned(),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("state/ledger.sqlite")
    }

    pub async fn open(&self) -> Ledger {
        Ledger::open(&self.place(), &self.mark(), at(0)).await.unwrap()
    }

    /// A ledger that knows one posting and the channels `list` and `network`.
    pub async fn observed(&self) -> Ledger {
        let ledger = self.open().await;
        observe(&ledger, &[observed("tides", "1")], at(0)).await;
        ledger
    }

    /// The names of all files, to see that nothing was made.
    pub fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                }
                found.push(path);
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found.sort();
        found
    }

    /// SQL behind the ledger's back.
    pub async fn meddle(&self, statements: &str) -> Result<(), sqlx::Error> {
        let mut connection = self.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
        connection.close().await
    }

    /// A connection of one's own.
    pub async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        postgres::connect(&self.place()).await
    }
}

/// One look at the site, in which every page can be read.
pub async fn observe(ledger: &Ledger, postings: &[Observed], now: DateTime<Utc>) {
    let (channels, unread) = (channels(), BTreeSet::new());
    let seen = Seen { postings, channels: &channels, unread: &unread };
    ledger.observe(&seen, now.date_naive(), now).await.unwrap();
}

pub fn began(at: DateTime<Utc>) -> Began {
    Began { at, steady: Clock::at(at).steady() }
}

/// A time without a slot.
pub fn time(due_at: DateTime<Utc>) -> Time {
    Time { due_at, slot: None, attempts: 0 }
}

/// Minutes after the beginning.
pub fn at(minutes: i64) -> DateTime<Utc> {
    "2027-03-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

pub fn observed(id: &str, revision: &str) -> Observed {
    Observed {
        id: PostingId(id.into()),
        path: format!("jobs/{id}/index.md"),
        translation_key: format!("jobs/{id}"),
        sub_id: None,
        reference: Some("2027-04".to_owned()),
        title: "PhD student in tidal models".to_owned(),
        language: "en".to_owned(),
        revision: Revision(revision.into()),
        source: format!("---\ntitle: {id}\n---\n"),
        hiring: Hiring::Open,
        dated: None,
    }
}

pub fn channels() -> [ChannelName; 2] {
    [ChannelName("list".into()), ChannelName("network".into())]
}

pub fn new_delivery(occasion: Occasion, occurrence: &str, deed: Deed) -> NewDelivery {
    NewDelivery {
        name: DeliveryName {
            posting: PostingId("tides".into()),
            channel: ChannelName("network".into()),
            occasion,
            occurrence: occurrence.into(),
        },
        deed,
        target: None,
        due_at: at(10),
        slot: None,
        revision: Revision("1".into()),
    }
}

pub fn announcement() -> NewDelivery {
    new_delivery(Occasion::Announce, "once", Deed::Publish)
}

pub fn wire(body: &str) -> Wire {
    Wire::Http(HttpRequest {
        verb: Verb::Create,
        method: "POST".to_owned(),
        url: "https://social.example/api/v1/statuses".to_owned(),
        headers: vec![("Authorization".to_owned(), "Bearer {secret}".to_owned())],
        body: Some(body.to_owned()),
        remote_id: None,
        reference: None,
        ask_first: None,
        key: None,
    })
}

pub fn rendition(text: &str) -> Rendition {
    Rendition::Status {
        text: text.to_owned(),
        language: "en".to_owned(),
        length: text.len(),
        limit: 500,
        left_out: Vec::new(),
        parts: Vec::new(),
        picture: None,
        card: None,
    }
}

pub fn standing(revision: &str, text: &str) -> Standing {
    let rendition = rendition(text);
    let content_hash = rendition.content_hash();
    Standing { revision: Revision(revision.into()), content_hash, rendition }
}

pub fn receipt(id: &str) -> Receipt {
    let link = Url::parse(&format!("https://social.example/@lab/{id}")).unwrap();
    Receipt { remote_id: Some(id.to_owned()), link: Some(link), ..Receipt::default() }
}

pub fn done(id: &str) -> Settlement {
    Settlement { outcome: Outcome::Posted(receipt(id)), again_at: None, meaning: Meaning::Shown }
}

pub fn asked() -> Settlement {
    Settlement {
        outcome: Outcome::Posted(Receipt::default()),
        again_at: None,
        meaning: Meaning::PersonAsked,
    }
}

pub fn settled(word: &str) -> Settlement {
    let outcome = match word {
        "posted" => Outcome::Posted(receipt("78")),
        "refused" => Outcome::Refused { why: "no such account".to_owned() },
        "deferred" => Outcome::Deferred { why: "slow down".to_owned(), after: None },
        "blocked" => Outcome::Blocked { why: "the token has expired".to_owned() },
        _ => Outcome::Unknown { why: "the connection broke".to_owned() },
    };
    Settlement { outcome, again_at: Some(at(60)), meaning: Meaning::Shown }
}

pub async fn planned(ledger: &Ledger, delivery: &NewDelivery) -> DeliveryKey {
    let new = ledger.plan(std::slice::from_ref(delivery), at(1)).await.unwrap();
    assert_eq!(new, [delivery.name.key(ledger.id())]);
    new[0]
}

pub async fn claimed(ledger: &Ledger, key: DeliveryKey, minute: i64) -> Claim {
    ledger
        .claim(
            key,
            "worker",
            (&wire("body"), &rendition("text")),
            &began(at(minute)),
            at(minute + 2),
        )
        .await
        .unwrap()
        .expect("nobody else has it")
}

pub async fn posted(ledger: &Ledger, delivery: &NewDelivery, id: &str) -> Delivery {
    let key = planned(ledger, delivery).await;
    let claim = claimed(ledger, key, 10).await;
    ledger.settle(&claim, &done(id), None, at(11)).await.unwrap()
}

pub async fn delivery(ledger: &Ledger, key: DeliveryKey) -> Delivery {
    ledger.find_by_prefix(&key.compact()).await.unwrap()
}

pub async fn what_happened(ledger: &Ledger, key: DeliveryKey) -> Vec<String> {
    ledger.events_of(key).await.unwrap().into_iter().map(|event| event.what).collect()
}

/// Makes the tables what they were in version 3.
pub const AS_OF_VERSION_3: &str = "
    alter table attempt add column wire text not null default '';
    alter table attempt add column rendition text not null default '';
    update attempt set (wire, rendition) = (select wire, rendition from carried
     where carried.delivery = attempt.delivery and carried.attempt = number);
    drop table carried;
    drop table picture; drop index delivery_on_its_way; drop table answer; drop table mailbox;
    alter table ledger drop column generation; alter table ledger drop column backup_at;
    alter table ledger drop column restored_at; alter table ledger drop column restored_from;
    drop table told; drop table telling; drop table notice;
    drop table event_words; alter table posting drop column erased_at;
    alter table attempt drop column erased_at; alter table ledger drop column retention_at;
    delete from _sqlx_migrations where version >= 4";

/// A letter that says these words; about a delivery, or nobody's.
pub fn letter(id: &str, delivery: Option<DeliveryKey>, words: &str) -> KeptAnswer {
    KeptAnswer {
        id: id.to_owned(),
        read_at: at(14),
        says: "bounced".to_owned(),
        sender: format!("{words}@lists.example"),
        subject: format!("Returned: {words}"),
        words: words.to_owned(),
        delivery,
        dismissed_at: None,
    }
}
