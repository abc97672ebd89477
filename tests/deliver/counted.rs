//! What went out is counted from the record, also when its ad and the process that sent it are long
//! over.

use handbill::rehearsal::mastodon::KeyPolicy;

use super::{MASTODON, PAGE, World, folder};

const DAY: i64 = 24 * 60;

/// Further apart than a missed slot could be made up for.
#[tokio::test]
async fn messages_keep_their_distance_over_rounds() {
    let folder = folder(&["mastodon"]);
    folder.write("channels/mastodon.toml", format!("spacing = \"10d\"\n{MASTODON}"));
    let other = folder.read(PAGE).replace("id: tides", "id: waves").replace("in Tides", "in Waves");
    folder.write("content/jobs/waves/index.md", other);
    let world = World::of(folder, KeyPolicy::Honoured).await;
    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 1);
    for _ in 0..9 {
        world.wait(DAY);
        world.round().await;
    }
    assert_eq!(world.copies("mastodon").len(), 1, "ten days are not over");
    world.wait(DAY + 1);
    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 2);
}
