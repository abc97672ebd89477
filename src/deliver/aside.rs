//! Renditions made on another thread, while this one waits for servers and for the disk.
//!
//! Where many go out one after the other, making them is half of the work. It touches nothing but
//! memory, so it can be done beside the rest, and comes out the same.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use super::compose::{self, ComposeError, Composed};
use super::{Postings, Station};
use crate::plan::Step;
use crate::site::Site;

/// From how many steps of one channel on another thread is worth its while.
pub(super) const WORTH_IT: usize = 4;

/// What another thread needs to make renditions.
#[derive(Clone)]
pub struct Aside {
    site: Arc<Site>,
    stations: Arc<Vec<Station>>,
    /// One is made at a time: more threads would take the time of the one that sends.
    turn: Arc<Semaphore>,
}

impl Aside {
    pub fn new(site: &Arc<Site>, stations: &Arc<Vec<Station>>) -> Self {
        Self {
            site: Arc::clone(site),
            stations: Arc::clone(stations),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Makes what a step that concerns no copy would send; `None` if it can only be made here: its
    /// channel or its page is not there, or the thread came to nothing.
    pub(super) async fn compose(
        &self,
        step: &Step,
        postings: &Arc<Postings>,
        at: DateTime<Utc>,
    ) -> Option<Result<Composed, ComposeError>> {
        let _turn = self.turn.acquire().await.ok()?;
        let (aside, step, postings) = (self.clone(), step.clone(), Arc::clone(postings));
        let made = tokio::task::spawn_blocking(move || {
            let mut stations = aside.stations.iter();
            let station = stations.find(|station| station.spec.name == step.name.channel)?;
            let posting = postings.named(&step.name.posting)?;
            Some(compose::compose(&aside.site, station, posting, &step, None, at))
        });
        made.await.ok().flatten()
    }
}
