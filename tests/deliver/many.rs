//! Many ads go out in one round.

use std::sync::Arc;

use handbill::channel::{Reach, Wire};
use handbill::deliver::{Aside, Courier, Station, Wanted};
use handbill::ledger::State;
use handbill::plan::Pace;

use super::World;

#[tokio::test]
async fn each_of_many_ads_goes_out_once_and_says_what_it_says_alone() {
    let mut world = World::with(&["list", "mastodon"]).await;
    world.more_pages(8).await;
    let stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
    let aside = Aside::new(&Arc::new(world.site.clone()), &Arc::new(stations));
    let courier = Courier { aside: Some(aside), ..world.courier(&world.ledger) };
    courier.round(&world.postings, Pace::OnSchedule, Wanted::default()).await.unwrap();
    for channel in ["list", "mastodon"] {
        let copies = world.copies(channel);
        assert_eq!(copies.len(), 9, "{channel}");
        for number in 0..8 {
            let title = format!("Diver {number}");
            let of_it = copies.iter().filter(|it| it.current().raw.contains(&title));
            assert_eq!(of_it.count(), 1, "{channel}: {title}");
        }
    }
    // What is on record for each is its own, to the byte what went out.
    let sent: Vec<String> = world.copies("list").iter().map(|it| it.original.raw.clone()).collect();
    for delivery in world.deliveries("list").await {
        assert_eq!(delivery.state, State::Posted);
        let attempts = world.ledger.attempts(delivery.key).await.unwrap();
        let [attempt] = attempts.as_slice() else { panic!("{attempts:#?}") };
        let Wire::Mail(mail) = &attempt.carried.as_ref().unwrap().wire else { panic!() };
        assert!(sent.iter().any(|raw| raw.trim_end() == mail.message.trim_end()), "{mail:#?}");
        assert!(mail.message.contains(&delivery.key.compact()));
    }
}
