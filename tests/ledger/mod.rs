//! The ledger keeps its promises: never twice, never lost, unknown is a state of its own, the
//! record comes first (promises 1 to 4).

mod backup;
mod binding;
mod chain;
mod claiming;
mod commands;
mod erasing;
mod export;
mod finding_out;
pub mod first_release;
mod generation;
mod integrity;
mod life;
mod moving;
mod postgres;
mod reading;
mod retaining;
mod settling;
mod site;
mod together;
