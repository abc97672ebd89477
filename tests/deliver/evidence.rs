//! The evidence of an ad's whole life, with lost answers, edits and withdrawals in it, holds together.

use handbill::adapt::picture::sha256;
use handbill::evidence::{Archive, check, gather};
use handbill::posting::PostingId;
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::mastodon::KeyPolicy;

use super::World;
use super::pictures::{png, with_picture};

async fn evidence(world: &World, channel: &str) -> Archive {
    let id: PostingId = world.announcement(channel).await.name.posting;
    gather(&world.ledger, ("Tides", "https://tidal.example/"), &id).await.unwrap()
}

fn assert_sound(archive: &Archive, what: &str) {
    assert_eq!(check(archive, &[]).unwrap().flaws, [""; 0], "{what}");
    let again = Archive::read(&archive.bytes().unwrap()).unwrap();
    assert_eq!(again, *archive, "{what}");
}

#[tokio::test]
async fn what_was_lost_and_found_edited_and_taken_back_is_all_in_it() {
    for channel in ["mastodon", "bluesky", "linkedin", "x", "board"] {
        for lost in [false, true] {
            let what = format!("{channel}, an answer lost: {lost}");
            let mut world = World::with(&[channel]).await;
            if lost {
                lose_the_answer(&world, channel);
            }
            world.round().await;
            world.settle_down().await;
            assert_sound(&evidence(&world, channel).await, &what);
            world.change("PhD position in Tides", "PhD position in Waves").await;
            world.settle_down().await;
            assert_sound(&evidence(&world, channel).await, &what);
            world.change("job:\n", "job:\n  closed: true\n").await;
            world.settle_down().await;
            let archive = evidence(&world, channel).await;
            assert_sound(&archive, &what);
            let page = String::from_utf8(archive.files["evidence.html"].clone()).unwrap();
            assert!(page.contains("Tides") && page.contains("What this proves"), "{what}");
            assert!(!page.contains("rehearsal-linkedin-token"), "{what}");
        }
    }
}

fn lose_the_answer(world: &World, channel: &str) {
    let stand_ins = &world.stand_ins;
    match channel {
        "mastodon" => stand_ins.mastodon[0].faults().push(Fault::StoreThenDrop),
        "bluesky" => stand_ins.bluesky[0].faults().push(Fault::StoreThenDrop),
        "linkedin" => stand_ins.linkedin[0].faults().push(Fault::StoreThenDrop),
        "x" => stand_ins.x[0].faults().push(Fault::StoreThenDrop),
        _ => {}
    }
}

#[tokio::test]
async fn a_picture_lies_in_it_byte_for_byte_and_another_one_is_noticed() {
    let world = World::of(with_picture("linkedin"), KeyPolicy::Ignored).await;
    world.round().await;
    let mut archive = evidence(&world, "linkedin").await;
    assert_sound(&archive, "with a picture");
    let name = format!("pictures/{}", sha256(&png()));
    assert_eq!(archive.files[&name], png());
    archive.files.get_mut(&name).unwrap().push(0);
    let flaws = check(&archive, &[]).unwrap().flaws;
    assert!(flaws.contains(&format!("{name} is not what was named")), "{flaws:?}");
}
