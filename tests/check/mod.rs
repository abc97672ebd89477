//! `handbill check`: findings like those of a good compiler.

mod fix;
mod forms;
mod properties;
mod remarks;
