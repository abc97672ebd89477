//! The simulation: the real engine, plan and ledger over simulated months, against simulated
//! servers, with faults at every step. It proves promises 1 to 5 and 10 as far as a program can.
//!
//! # What is real
//!
//! [`Courier`](crate::deliver::Courier), [`plan`](crate::plan), [`adapt`](crate::adapt) (with tiny
//! templates), pages read by [`posting::read`](crate::posting::read), and the
//! [`Ledger`](crate::ledger::Ledger) in its SQLite file.
//!
//! # What is simulated
//!
//! - The channels ([`channel`]) and what stands behind them ([`server`]): keys that are remembered
//!   for an hour or ignored, timelines that lag, duplicates that are refused, boards that are asked first, feeds,
//!   errands. Several channels may share an account. They count every copy that ever was.
//! - Lists (`list`): mails that a moderator holds and accepts, refuses or forgets, that come back from a
//!   server on the way, or that nobody ever hears of again; the letters that are written back are read
//!   by the real [`mailbox`](crate::mailbox).
//! - What happens to a request ([`channel`]): before connecting, in its body, after the server did
//!   it, in the answer; 4xx, 401, 429, 5xx; slow; arriving later, within the time that
//!   [`Abilities`](crate::channel::Abilities) declares.
//! - Whose turn it is ([`turns`]): every change of the ledger and every step of a request waits
//!   until it is drawn. So two daemons meet in every order, a process is killed between any two
//!   traces that it leaves (what it only reads leaves none), and time goes by in between.
//! - The machine ([`world`]): clocks that are turned and put right, restarts, a full disk, a locked
//!   file, backups that are put back.
//! - The author, who changes pages, and the person who looks in ([`person`]).
//!
//! # What is not
//!
//! Sockets, the channels' own reading of answers, and real time: `tests/channels` and
//! `tests/deliver` have those. A channel's own clock matters too: a simulated one reads the
//! server's time in its answer. What breaks inside of a transaction is SQLite's affair. A backup
//! that is put back while two channels share one account: nobody can say which of them made a copy
//! there that the ledger has forgotten.
//!
//! # How it is used
//!
//! `cargo run --release --example simulate -- --schedules 10000` plays seeds one after the other;
//! `--replay SEED` tells one of them; `--broken NAME` plays an engine that is broken on purpose
//! ([`broken`]). Everything comes from the seed, so a replay is the same every time.

mod backup;
pub mod broken;
pub mod chance;
pub mod channel;
mod judge;
mod list;
pub mod nature;
pub mod page;
pub mod person;
pub mod scenario;
pub mod server;
mod thread;
pub mod turns;
pub mod world;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::adapt::Target;
use crate::channel::ChannelName;
use crate::channel::secret::SecretRef;
use crate::ledger::LedgerError;
use crate::site::ChannelSpec;
pub use broken::Broken;
pub use nature::Tell;
use server::Server;
use world::World;

/// What is found at the end of a schedule, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many deliveries the ledger knows.
    pub deliveries: u64,
    /// More than one copy of a delivery, or a change of somebody else's copy.
    pub doubled: Vec<String>,
    /// What should stand and does not, and nobody is told.
    pub lost: Vec<String>,
    /// What nobody knows, although it could be known or somebody should be asked.
    pub unreported: Vec<String>,
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.doubled.is_empty() && self.lost.is_empty() && self.unreported.is_empty()
    }
}

/// Why a schedule could not be played: a fault of the simulation, or of the machine it runs on.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error("the scenario cannot be made: {0}")]
    Setup(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("a file of the simulation: {0}")]
    File(#[from] std::io::Error),
    #[error("a round does not end; {0} wait for their turn")]
    Stuck(usize),
    #[error("there is no process")]
    NoProcess,
}

/// A schedule that was played.
#[derive(Debug)]
pub struct Played {
    pub verdict: Verdict,
    /// What happened, if it was to be told.
    pub told: Vec<String>,
}

/// Where the ledger of a schedule is.
#[derive(Debug, Clone)]
pub enum Home {
    /// In a file.
    File,
    /// In PostgreSQL, in schemas of its own, which stay there: for a database that is thrown away.
    Postgres(SecretRef),
}

/// Plays the schedule of a seed, with its ledger in a file.
///
/// # Errors
/// [`SimulationError`] if it cannot be played to its end.
pub async fn play(
    seed: u64,
    broken: Option<Broken>,
    tell: Tell,
) -> Result<Played, SimulationError> {
    play_at(&Home::File, seed, broken, tell).await
}

/// Plays the schedule of a seed.
///
/// # Errors
/// [`SimulationError`] if it cannot be played to its end.
pub async fn play_at(
    home: &Home,
    seed: u64,
    broken: Option<Broken>,
    tell: Tell,
) -> Result<Played, SimulationError> {
    let folder = folder();
    std::fs::create_dir_all(&folder)?;
    let played = play_in(folder.clone(), home, seed, broken, tell).await;
    drop(std::fs::remove_dir_all(&folder));
    played
}

async fn play_in(
    folder: PathBuf,
    home: &Home,
    seed: u64,
    broken: Option<Broken>,
    tell: Tell,
) -> Result<Played, SimulationError> {
    let mut world = World::new(seed, broken, folder, home, tell).await?;
    world.live().await?;
    let verdict = world.judge().await?;
    let told = world.nature.told();
    world.end().await;
    Ok(Played { verdict, told })
}

/// In memory where the system has such a place: nobody needs the files afterwards.
fn folder() -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    place.join(format!("handbill-simulation-{}-{number}", std::process::id()))
}

impl World {
    pub(in crate::simulation) fn server_of(
        &self,
        channel: &ChannelName,
    ) -> Option<Arc<Mutex<Server>>> {
        let index = self.scenario.server_of.get(channel)?;
        self.servers.get(*index).map(Arc::clone)
    }

    /// What the adapter needs to know of a channel.
    pub(in crate::simulation) fn target(&self, spec: &ChannelSpec) -> Target {
        self.target_of(spec)
    }
}
