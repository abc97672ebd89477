//! The handbook's reference says what the program does: its pages in `docs/reference` are made of
//! the program. `UPDATE_GOLDEN=1 cargo test reference` writes them anew.

mod commands;
mod configuration;
mod words;
