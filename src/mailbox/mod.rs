//! The mailbox: what came back to the address that postings are sent from.
//!
//! [`answer`] reads the bytes of one mail: held, refused, bounced, a copy from the list. [`whose`]
//! says which delivery it is about, and never guesses. Both are pure. [`imap`] fetches the mails and
//! is the only file here that touches the network. Nothing in this room knows ledger or site.

pub mod answer;
pub mod config;
pub mod imap;
mod mime;
pub mod whose;
