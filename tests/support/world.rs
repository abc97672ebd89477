//! A site in memory, with a past that a test writes: the world of the plan, without network, disk
//! or clock.

use chrono::{DateTime, Utc};
use handbill::channel::{Kind, Reach, Receipt};
use handbill::deliver::compose::{Composed, compose};
use handbill::deliver::{self, Postings, Station};
use handbill::ledger::{
    Acceptance, CopyState, Deed, Delivery, KnownChannel, KnownPosting, PageSight, Past, Standing,
    State, Use,
};
use handbill::plan::{Pace, Plan, Step};
use handbill::posting::identity;
use handbill::site::{Site, pages};
use uuid::Uuid;

use super::TestSite;

pub const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";

pub struct World {
    folder: TestSite,
    pub site: Site,
    pub stations: Vec<Station>,
    pub postings: Postings,
    pub past: Past,
    pub now: DateTime<Utc>,
}

pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a test's time").to_utc()
}

impl World {
    pub fn of(folder: TestSite) -> Self {
        let (site, diagnostics) = Site::load(&folder.root()).expect("a site");
        let site = site.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let stations = Station::all(&site, Reach::Anywhere, &mut Vec::new());
        let past = Past { ledger: Some(Uuid::from_u128(7)), ..Past::default() };
        let mut world = Self {
            folder,
            site,
            stations,
            postings: Postings::default(),
            past,
            now: at("2027-01-11T08:00:00Z"),
        };
        world.read();
        world
    }

    pub fn with_channels(channels: &[&str]) -> Self {
        let folder = TestSite::with_channels(channels);
        folder.write(
            "content/jobs/postdoc-sediment-transport/index.md",
            "---\ntitle: Postdoc\ndraft: true\n---\nLater.\n",
        );
        Self::of(folder)
    }

    fn read(&mut self) {
        let mut diagnostics = Vec::new();
        let read = pages::load(&self.site, &mut diagnostics)
            .expect("pages")
            .iter()
            .flat_map(|page| handbill::posting::read(page, &self.site.settings).postings)
            .collect();
        let known: Vec<identity::Known> = self
            .past
            .postings
            .values()
            .map(|known| identity::Known {
                id: known.id.clone(),
                path: known.path.clone(),
                translation_key: known.translation_key.clone(),
                sub_id: known.sub_id.clone(),
                reference: known.reference.clone(),
            })
            .collect();
        self.postings.open = identity::bind(read, &known, "en", &mut diagnostics);
        assert!(diagnostics.iter().all(|it| !it.is_error()), "{diagnostics:?}");
    }

    /// Changes the page of the PhD position.
    pub fn change(&mut self, from: &str, to: &str) {
        self.change_page(PAGE, from, to);
    }

    pub fn change_page(&mut self, page: &str, from: &str, to: &str) {
        self.folder.replace(page, from, to);
        self.read();
        for posting in &self.postings.open {
            if let Some(known) = self.past.postings.get_mut(&posting.id)
                && known.revision != posting.revision
            {
                known.revision = posting.revision.clone();
                known.revision_since = self.now;
            }
        }
    }

    pub fn plan(&self) -> Plan {
        self.plan_at(Pace::OnSchedule)
    }

    pub fn plan_at(&self, pace: Pace) -> Plan {
        deliver::make_plan(&self.site, &self.stations, &self.postings, &self.past, pace, self.now)
    }

    /// Remembers postings and channels as first seen now.
    pub fn observe(&mut self) {
        for posting in &self.postings.open {
            self.past.postings.entry(posting.id.clone()).or_insert_with(|| KnownPosting {
                id: posting.id.clone(),
                path: posting.path.clone(),
                translation_key: posting.translation_key.clone(),
                sub_id: None,
                reference: None,
                title: posting.name().to_owned(),
                first_seen: self.now,
                revision: posting.revision.clone(),
                revision_since: self.now,
                acceptance: Acceptance::New,
                withdrawn_at: None,
                missing_since: None,
                page: PageSight { seen_at: Some(self.now), note: String::new() },
                finished_at: None,
                erased_at: None,
            });
        }
        for channel in &self.site.channels {
            self.past.channels.entry(channel.name.clone()).or_insert_with(|| KnownChannel {
                name: channel.name.clone(),
                first_seen: self.now,
                paused: None,
            });
        }
    }

    /// What a step sends, by the way that sends it.
    pub fn compose(&self, step: &Step) -> Composed {
        let posting =
            self.postings.open.iter().find(|it| it.id == step.name.posting).expect("posting");
        let target = self.past.deliveries.iter().find(|it| Some(it.key) == step.target);
        let at = step.when.time().unwrap_or(self.now);
        compose(&self.site, self.station(step), posting, step, target, at).expect("a rendition")
    }

    fn station(&self, step: &Step) -> &Station {
        self.stations.iter().find(|it| it.spec.name == step.name.channel).expect("station")
    }

    /// Does what is due as a perfect world would: every step is posted at once.
    pub fn apply(&mut self, plan: &Plan) {
        for (key, reason) in &plan.cancel {
            for delivery in self.past.deliveries.iter_mut().filter(|it| it.key == *key) {
                delivery.state = State::Cancelled;
                delivery.reason.clone_from(reason);
            }
        }
        for step in plan.due() {
            let composed = self.compose(step);
            let standing = Standing {
                revision: step.revision.clone(),
                content_hash: composed.rendition.content_hash(),
                rendition: composed.rendition,
            };
            if matches!(step.deed, Deed::Publish | Deed::FollowUp) {
                let posting = step.name.posting.clone();
                let used = Use { posting, slot: step.slot, at: self.now };
                self.past.uses.entry(step.name.channel.clone()).or_default().push(used);
            }
            let makes_copy = matches!(step.deed, Deed::Publish | Deed::FollowUp);
            for copy in self.past.deliveries.iter_mut().filter(|it| Some(it.key) == step.target) {
                match step.deed {
                    Deed::Edit => {
                        copy.copy = Some(CopyState::Edited);
                        copy.standing = Some(standing.clone());
                    }
                    Deed::Withdraw => copy.copy = Some(CopyState::Withdrawn),
                    _ => {}
                }
            }
            let kind = self.station(step).channel.kind();
            self.past.deliveries.retain(|it| it.key != step.key);
            self.past.deliveries.push(Delivery {
                key: step.key,
                name: step.name.clone(),
                deed: step.deed,
                target: step.target,
                state: State::Posted,
                due_at: step.when.time().expect("a time"),
                revision: step.revision.clone(),
                attempts: 1,
                changed_at: self.now,
                reason: String::new(),
                receipt: makes_copy.then(|| Receipt {
                    remote_id: Some(match kind {
                        Kind::Mail => format!("{}@tidal.example", step.key.short()),
                        Kind::Feed => step.name.posting.0.to_string(),
                        Kind::LinkedIn => "urn:li:share:1001".to_owned(),
                        Kind::Bluesky => "3laaaaaaaaaaa/bafyrei1001".to_owned(),
                        _ => "1001".to_owned(),
                    }),
                    ..Receipt::default()
                }),
                copy: makes_copy.then_some(CopyState::Live),
                standing: makes_copy.then_some(standing),
                verified_at: None,
                slot: step.slot,
                attempted_at: Some(self.now),
                unseen_since: None,
                asks_since: None,
            });
        }
    }

    /// Announces on all channels.
    pub fn announced(mut self) -> Self {
        self.observe();
        let plan = self.plan_at(Pace::AtOnce);
        self.apply(&plan);
        self
    }
}
