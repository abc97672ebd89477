//! What several channels write at the same moment goes to disk together, and each gets its own answer.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use handbill::adapt::Occasion;
use handbill::channel::DeliveryKey;
use handbill::ledger::{Claim, Deed, Ledger, State};

use super::site::*;

const COUNT: usize = 30;

async fn claim(ledger: &Ledger, key: DeliveryKey) -> Option<Claim> {
    let (wire, text) = (wire("body"), rendition("text"));
    ledger.claim(key, "worker", (&wire, &text), &began(at(10)), at(12)).await.unwrap()
}

async fn planned_many(ledger: &Ledger) -> Vec<DeliveryKey> {
    let new =
        |number: usize| new_delivery(Occasion::Update, &(number + 1).to_string(), Deed::Publish);
    ledger.plan(&(0..COUNT).map(new).collect::<Vec<_>>(), at(1)).await.unwrap()
}

#[tokio::test]
async fn all_of_them_are_claimed_once_and_settled_each_as_its_own() {
    let site = Site::new();
    let ledger = site.observed().await;
    let keys = planned_many(&ledger).await;
    // Each is asked for twice.
    let twice = keys.iter().chain(&keys);
    let claims: Vec<Claim> =
        join_all(twice.map(|key| claim(&ledger, *key))).await.into_iter().flatten().collect();
    let claimed: BTreeSet<DeliveryKey> = claims.iter().map(Claim::key).collect();
    assert_eq!((claims.len(), claimed.len()), (COUNT, COUNT));

    let words = ["posted", "refused", "deferred", "unknown"];
    let settlements = claims.iter().zip(words.iter().cycle());
    let settled = join_all(settlements.map(|(claim, word)| {
        let ledger = &ledger;
        async move { ledger.settle(claim, &settled(word), None, at(11)).await.unwrap() }
    }))
    .await;
    for ((claim, word), delivery) in claims.iter().zip(words.iter().cycle()).zip(&settled) {
        let expected = match *word {
            "posted" => State::Posted,
            "refused" => State::Refused,
            "deferred" => State::Planned,
            _ => State::Unknown,
        };
        assert_eq!((delivery.key, delivery.state), (claim.key(), expected));
        assert_eq!(self::delivery(&ledger, delivery.key).await, *delivery);
        let attempt = ledger.attempts(delivery.key).await.unwrap().remove(0);
        assert_eq!(attempt.outcome.as_deref(), Some(*word));
    }
    ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn one_that_cannot_be_written_spoils_no_other() {
    let site = Site::new();
    let ledger = site.observed().await;
    let keys = planned_many(&ledger).await;
    let claims: Vec<Claim> =
        join_all(keys.iter().map(|key| claim(&ledger, *key))).await.into_iter().flatten().collect();
    // An answer to a delivery that this ledger has never seen.
    let elsewhere = Site::new();
    let other = elsewhere.observed().await;
    let stranger = claim(&other, planned(&other, &announcement()).await).await.unwrap();
    let all = claims.iter().chain([&stranger]).map(|claim| {
        let ledger = &ledger;
        async move { ledger.settle(claim, &settled("posted"), None, at(11)).await }
    });
    let answers = join_all(all).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), COUNT);
    let error = answers.last().unwrap().as_ref().unwrap_err();
    assert!(error.to_string().starts_with("no delivery begins with"), "{error}");
    for key in keys {
        assert_eq!(delivery(&ledger, key).await.state, State::Posted);
    }
    ledger.verify_chain().await.unwrap();
}
