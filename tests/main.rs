//! Behaviour, through the public interface. One binary, so that it links once.

mod bad_input;
mod commands;
mod plan;
mod story;
mod support;
