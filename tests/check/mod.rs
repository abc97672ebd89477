//! `handbill check`: findings like those of a good compiler.

mod boards;
mod channels;
mod contradictions;
mod fix;
mod forms;
mod lists;
mod pay;
mod properties;
mod remarks;
