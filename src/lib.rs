//! Handbill: one job posting, written once, goes out to every channel on its schedule, every copy
//! keeps agreeing with it, and the log shows where each copy stands.
//!
//! The way of one posting through the house:
//!
//! ```text
//! page ─► posting ─► check ─┐
//!                           ├─► plan ─► rendition ─► attempt ─► channel ─► outcome ─► ledger ─► log
//! channels, ledger, clock ──┘   (pure)    (pure)      (ledger)   (network)
//! ```
//!
//! [`posting`], [`check`], [`adapt`], [`schedule`] and [`plan`] touch no network, disk or clock.
//! [`channel`] knows nothing of the [`ledger`], the ledger nothing of channels; [`deliver`] alone
//! joins them. ARCHITECTURE.md walks through it.

pub mod adapt;
pub mod channel;
pub mod check;
pub mod cli;
pub mod clock;
pub mod decide;
pub mod deliver;
pub mod diagnostic;
pub mod doctor;
pub mod evidence;
pub mod ledger;
pub mod log;
pub mod mailbox;
pub mod notice;
pub mod plan;
pub mod posting;
pub mod rehearsal;
pub mod schedule;
pub mod serve;
pub mod sign_in;
pub mod simulation;
pub mod site;
pub mod web;
pub mod write_back;
