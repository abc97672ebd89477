//! What only a person can do.

use std::collections::BTreeMap;

use handbill::adapt::Rendition;
use handbill::channel::manual::{Config, Manual};
use handbill::channel::{Action, Channel, Edit, Outcome, Receipt, Trace, Wire};

use super::servers;

fn channel(place: &str) -> Result<Manual, String> {
    let config = Config {
        place: place.to_owned(),
        limit: Some(100),
        fields: Vec::new(),
        limits: BTreeMap::new(),
        known: None,
        docs: None,
    };
    Manual::new(config, servers::context()).map_err(|error| error.to_string())
}

fn rendition() -> Rendition {
    Rendition::Status {
        text: "PhD on tides".to_owned(),
        language: "en".to_owned(),
        length: 12,
        limit: 100,
        left_out: Vec::new(),
        parts: Vec::new(),
        picture: None,
        card: None,
    }
}

fn errand(channel: &Manual, action: Action<'_>) -> String {
    let key = servers::key();
    match channel.prepare(action, &servers::address(&key)) {
        Ok(Wire::Errand { text }) => text,
        other => panic!("no errand: {other:?}"),
    }
}

#[tokio::test]
async fn a_person_is_told_what_to_publish_change_and_take_back() {
    let channel = channel("https://board.example/submit").unwrap();
    let link = "https://board.example/17".parse().ok();
    let receipt = Receipt { link, ..Receipt::default() };
    assert_eq!(
        errand(&channel, Action::Publish(&rendition())),
        "Go to https://board.example/submit and publish this:\n\nPhD on tides"
    );
    assert_eq!(
        errand(&channel, Action::Edit(&rendition(), &receipt)),
        "Change the copy at https://board.example/17 so that it says this:\n\nPhD on tides"
    );
    assert_eq!(
        errand(&channel, Action::Withdraw(&receipt)),
        "Take the copy at https://board.example/17 back"
    );
}

#[tokio::test]
async fn the_channel_itself_puts_nothing_anywhere_and_sees_nothing() {
    let channel = channel("the notice board in the hall").unwrap();
    let wire = Wire::Errand { text: "x".to_owned() };
    assert_eq!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(Receipt::default()));
    assert_eq!(channel.abilities().edit, Edit::No);
    let trace = channel.find(&servers::search(&wire, &servers::key(), servers::at())).await;
    assert!(matches!(trace, Trace::CannotTell { .. }));
}

#[test]
fn a_place_must_be_named() {
    assert!(channel(" ").err().unwrap().starts_with("`manual.place` of channel example"));
}
