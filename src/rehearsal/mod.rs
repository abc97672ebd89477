//! The rehearsal: stand-ins for every kind of channel on loopback.
//!
//! A stand-in behaves as the real server does, as far as its reference says, keeps state on a
//! simulated clock, counts what it truly holds ([`copies::StoredCopy`]), and can be told to fail
//! ([`fault::Fault`], [`smtp::MailFault`]). Every one binds 127.0.0.1 and nothing else, and stops
//! when it is dropped. [`gallery`] shows all of them as their readers would see them.

pub mod archive;
pub mod bluesky;
pub mod board;
mod change;
pub mod copies;
pub mod fault;
pub mod feed;
mod form;
pub mod gallery;
pub mod letter;
pub mod linkedin;
pub mod loopback;
pub mod mastodon;
pub mod page;
pub mod recorded;
mod repository;
pub mod smtp;
pub mod stage;
pub mod story;
pub mod x;

use std::collections::BTreeMap;
use std::sync::Arc;

use copies::Exhibitor;

/// All stand-ins of one rehearsal; dropping it stops them.
#[derive(Default)]
pub struct StandIns {
    pub mail: Vec<Arc<smtp::SmtpStandIn>>,
    pub mastodon: Vec<Arc<mastodon::MastodonStandIn>>,
    pub x: Vec<Arc<x::XStandIn>>,
    pub bluesky: Vec<Arc<bluesky::BlueskyStandIn>>,
    pub linkedin: Vec<Arc<linkedin::LinkedInStandIn>>,
    pub boards: Vec<Arc<board::BoardStandIn>>,
    pub feeds: Vec<Arc<feed::FeedStandIn>>,
}

impl StandIns {
    /// Every stand-in as one that shows its copies, for [`gallery::Gallery::start`].
    pub fn exhibitors(&self) -> Vec<Arc<dyn Exhibitor>> {
        let mut all: Vec<Arc<dyn Exhibitor>> = Vec::new();
        all.extend(self.mail.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all.extend(self.mastodon.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all.extend(self.x.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all.extend(self.bluesky.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all.extend(self.linkedin.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all.extend(self.boards.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all.extend(self.feeds.iter().cloned().map(|it| it as Arc<dyn Exhibitor>));
        all
    }

    /// How many copies each stand-in truly holds, those taken back included, by channel. A feed
    /// leaves no trace of what was left out of it, so feeds are not counted.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let feeds: Vec<String> = self.feeds.iter().map(|feed| feed.channel()).collect();
        for stand_in in self.exhibitors() {
            if !feeds.contains(&stand_in.channel()) {
                counts.insert(stand_in.channel(), stand_in.copies().len());
            }
        }
        counts
    }
}
