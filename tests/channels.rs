//! Each channel against a server that behaves, and misbehaves, as real ones do: what is sent, and
//! what is known afterwards. Servers and clients are on loopback.

#[path = "channels/servers.rs"]
mod servers;

#[path = "channels/board.rs"]
mod board;
#[path = "channels/feed.rs"]
mod feed;
#[path = "channels/http.rs"]
mod http;
#[path = "channels/mail.rs"]
mod mail;
#[path = "channels/manual.rs"]
mod manual;
#[path = "channels/mastodon.rs"]
mod mastodon;
#[path = "channels/x.rs"]
mod x;
