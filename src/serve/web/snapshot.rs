//! Everything that pages are computed from, as it stood at one moment. It is read when somebody
//! looks, kept for a few seconds, and dropped once nobody looks any more: a daemon at rest keeps
//! nothing of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::Status;
use super::refusal::Refusal;
use crate::deliver::compose::Composed;
use crate::deliver::{self, Courier, Postings, Worker};
use crate::ledger::{Ledger, Past};
use crate::notice::{Notice, due_notices};
use crate::plan::{Pace, Plan};
use crate::serve::Setup;
use crate::web::Outlook;
use crate::web::draw::Drawer;

/// What is older is read anew.
const FRESH: Duration = Duration::from_secs(15);

/// It is dropped when nobody has looked for so long.
const KEPT: Duration = Duration::from_secs(60);

/// Longer nobody waits for a disk that does not answer.
const WITHIN: Duration = Duration::from_secs(20);

/// So many pictures that were drawn for a look are kept with it.
const PICTURES: usize = 32;

pub(super) struct Snapshot {
    pub setup: Arc<Setup>,
    pub ledger: Ledger,
    pub postings: Postings,
    pub past: Past,
    pub plan: Plan,
    needs: Vec<Notice>,
    pub now: DateTime<Utc>,
    pub drawer: Drawer,
    /// What was drawn for renditions that were not sent yet, by its hash.
    pictures: Mutex<BTreeMap<String, Arc<[u8]>>>,
}

impl Snapshot {
    pub fn outlook(&self) -> Outlook<'_> {
        Outlook {
            site: &self.setup.site,
            stations: &self.setup.stations,
            postings: &self.postings,
            past: &self.past,
            plan: &self.plan,
            needs: &self.needs,
            now: self.now,
        }
    }

    /// Keeps the picture of a rendition, for who looks at the page.
    pub fn keep_picture(&self, composed: &Composed) {
        let Some((hash, bytes)) = composed.picture_on_record() else { return };
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        if pictures.len() < PICTURES {
            pictures.insert(hash.to_owned(), bytes.into());
        }
    }

    pub fn picture(&self, hash: &str) -> Option<Arc<[u8]>> {
        let pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.get(hash).cloned()
    }

    /// Reads all of it.
    pub async fn read(status: &Status) -> Result<Self, Refusal> {
        let (setup, ledger) = status.look(|facts| (Arc::clone(&facts.setup), facts.ledger.clone()));
        let ledger = ledger.ok_or_else(|| {
            Refusal::NotNow("the ledger is not open; the page “Health” says why".to_owned())
        })?;
        let known = ledger.known_postings().await?;
        let of = Arc::clone(&setup);
        let reading = off_thread(move || deliver::read_what_is_there(&of.site, &known)).await?;
        let (reading, _) = reading
            .map_err(|error| Refusal::NotNow(format!("the pages cannot be read: {error}")))?;
        let courier = Courier {
            site: &setup.site,
            stations: &setup.stations,
            ledger: &ledger,
            worker: Worker::this(),
            clock: status.clock().clone(),
            aside: None,
        };
        let postings = courier.with_missing(&reading.postings).await?;
        let past = ledger.past().await?;
        let now = status.clock().now();
        let mut concerns = ledger.concerns(now).await?;
        // What somebody was told already still needs them.
        concerns.known.clear();
        off_thread(move || {
            let Setup { site, stations, .. } = &*setup;
            let plan = deliver::make_plan(site, stations, &postings, &past, Pace::OnSchedule, now);
            let needs = due_notices(&concerns, &plan, site, now);
            let (drawer, pictures) = (Drawer::default(), Mutex::default());
            Self { setup, ledger, postings, past, plan, needs, now, drawer, pictures }
        })
        .await
    }
}

/// Does what is slow where it keeps nobody from being answered.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Refusal::NotNow(format!("this could not be computed: {error}")))
}

/// The newest snapshot, while somebody looks.
#[derive(Default)]
pub(super) struct Snapshots {
    kept: Arc<Mutex<Option<Kept>>>,
    /// One is read at a time: who comes meanwhile waits for it.
    reading: tokio::sync::Mutex<()>,
}

struct Kept {
    snapshot: Arc<Snapshot>,
    read_at: Instant,
    used_at: Instant,
    /// How many rounds were over then: each may have changed something.
    rounds: u64,
    /// Somebody has decided something since.
    is_outdated: bool,
}

impl Snapshots {
    /// A fresh one.
    ///
    /// # Errors
    /// [`Refusal`] if there is no ledger, or pages or ledger cannot be read now.
    pub async fn get(&self, status: &Status) -> Result<Arc<Snapshot>, Refusal> {
        if let Some(fresh) = self.fresh(status) {
            return Ok(fresh);
        }
        let read = async {
            let _reading = self.reading.lock().await;
            if let Some(fresh) = self.fresh(status) {
                return Ok(fresh);
            }
            let rounds = rounds(status);
            let snapshot = Arc::new(Snapshot::read(status).await?);
            self.keep(Arc::clone(&snapshot), rounds);
            Ok(snapshot)
        };
        tokio::time::timeout(WITHIN, read)
            .await
            .unwrap_or_else(|_| Err(Refusal::NotNow("pages or ledger do not answer".to_owned())))
    }

    /// The newest, if somebody looks.
    pub fn kept(&self) -> Option<Arc<Snapshot>> {
        self.lock().as_ref().map(|kept| Arc::clone(&kept.snapshot))
    }

    /// What is shown next is read anew.
    pub fn forget(&self) {
        if let Some(kept) = self.lock().as_mut() {
            kept.is_outdated = true;
        }
    }

    fn fresh(&self, status: &Status) -> Option<Arc<Snapshot>> {
        let (rounds, setup) = status.look(|it| (it.rounds.done, Arc::clone(&it.setup)));
        let mut kept = self.lock();
        let kept = kept.as_mut()?;
        kept.used_at = Instant::now();
        let is_fresh = !kept.is_outdated
            && kept.read_at.elapsed() < FRESH
            && kept.rounds == rounds
            && Arc::ptr_eq(&kept.snapshot.setup, &setup);
        is_fresh.then(|| Arc::clone(&kept.snapshot))
    }

    fn keep(&self, snapshot: Arc<Snapshot>, rounds: u64) {
        let now = Instant::now();
        let kept = Kept { snapshot, read_at: now, used_at: now, rounds, is_outdated: false };
        if self.lock().replace(kept).is_none() {
            tokio::spawn(drop_when_unused(Arc::clone(&self.kept)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rounds(status: &Status) -> u64 {
    status.look(|facts| facts.rounds.done)
}

async fn drop_when_unused(kept: Arc<Mutex<Option<Kept>>>) {
    loop {
        tokio::time::sleep(KEPT).await;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|it| it.used_at.elapsed() >= KEPT) {
            *kept = None;
            return;
        }
    }
}
