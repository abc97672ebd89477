//! The chain of events.
