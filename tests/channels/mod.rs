//! Each channel against a server that behaves, and misbehaves, as real ones do: what is sent, and
//! what is known afterwards. Servers and clients are on loopback.

pub mod servers;

mod archives;
mod bluesky;
mod board;
mod feed;
mod git;
mod http;
mod instances;
mod linkedin;
mod mail;
mod manual;
mod mastodon;
mod oauth2;
mod x;
