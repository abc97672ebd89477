//! The daemon: does what is due, for years, and says how it is.
//!
//! One loop on one thread decides; everything slow is a future beside it, so that a slow channel, a
//! hung network mount or a long pull keeps nobody from being heard. HTTP has a thread of its own and
//! asks the ledger itself. What lasts is in the ledger, so the daemon may be killed at any point.
//!
//! `daemon` is the loop, `round` one look at everything, `timer` says when the next one is,
//! `setup` reads the configuration, `signals` hears the system, `watch` and `pull` notice
//! what changed, `looks` at copies, archives and the mailbox go on beside the rounds, `status` is what
//! the loop knows; `health`, `metrics` and `http` tell it to machines, `supervisor` to systemd, `web` to
//! people.

mod daemon;
pub mod exposition;
mod feeds;
pub mod health;
mod http;
mod looks;
pub mod metrics;
mod open_ledger;
mod pull;
mod round;
mod setup;
mod signals;
pub mod status;
mod supervisor;
mod timer;
mod watch;
mod web;

use std::io;
use std::path::PathBuf;

use crate::clock::Clock;
use crate::diagnostic::Diagnostic;
use crate::ledger::LedgerError;
use crate::site::SiteError;
use crate::site::serve::Listen;
pub use daemon::run;
pub use setup::Setup;

/// How the daemon is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The site's folder.
    pub folder: PathBuf,
    pub clock: Clock,
    /// Instead of what the site's file says.
    pub listen: Option<Listen>,
    pub trust: ClockTrust,
}

/// Whether the clock is believed where the ledger has entries from a later time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockTrust {
    /// Nothing goes out until the clock is past them.
    AfterTheLedger,
    /// A person says that the clock is right now, and was wrong then.
    Always,
}

/// Why the daemon cannot even begin. Everything else is waited for.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error("the configuration is wrong")]
    Configuration(Vec<Diagnostic>),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}
