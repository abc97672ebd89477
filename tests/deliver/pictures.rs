//! Pictures: the one beside the page goes along with words for who does not see it, is uploaded as
//! often as needed and no oftener, and is kept by an edit (promises 1, 4, 5 and 6).

use std::time::Duration;

use handbill::adapt::{Picture, Rendition};
use handbill::ledger::State;
use handbill::rehearsal::copies::StoredCopy;
use handbill::rehearsal::fault::{Fault, Faults};
use handbill::rehearsal::mastodon::KeyPolicy;

use super::{PAGE, World, folder};

/// The beginning of a PNG, and bytes that are no text.
pub fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
    bytes.extend([0, 0, 2, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0]);
    bytes.extend((0..=255).cycle().take(5000));
    bytes
}

async fn world_with(body: &str, file: Option<&[u8]>) -> World {
    let folder = folder(&["mastodon"]);
    folder.replace(PAGE, "Forecast the tides", &format!("{body}\n\nForecast the tides"));
    if let Some(file) = file {
        folder.write(&PAGE.replace("index.md", "buoy.png"), file);
    }
    let text = folder.read("channels/mastodon.toml");
    folder.write(
        "channels/mastodon.toml",
        format!("picture = \"page\"\n{text}software = \"other\"\n"),
    );
    World::of(folder, KeyPolicy::Ignored).await
}

async fn world() -> World {
    world_with("![A buoy in a storm](buoy.png)", Some(&png())).await
}

fn standing(world: &World) -> Vec<StoredCopy> {
    world.copies("mastodon").into_iter().filter(|copy| copy.end.is_none()).collect()
}

fn shown(copy: &StoredCopy) -> Vec<&str> {
    let pictures = copy.labels.iter().filter(|(name, _)| name == "picture");
    pictures.map(|(_, what)| what.as_str()).collect()
}

/// One status, with the picture byte for byte and its description.
async fn assert_shown(world: &World, what: &str) {
    let copies = world.copies("mastodon");
    assert_eq!(copies.len(), 1, "{what}: {copies:#?}");
    let expected = format!("{} bytes: A buoy in a storm", png().len());
    assert_eq!(shown(&copies[0]), [expected.as_str()], "{what}");
    let delivery = world.announcement("mastodon").await;
    assert_eq!(delivery.state, State::Posted, "{what}: {delivery:#?}");
    assert!(delivery.receipt.unwrap().media.is_some(), "{what}");
    let Rendition::Status { picture, .. } = delivery.standing.unwrap().rendition else { panic!() };
    let sha256 = picture.unwrap().file.unwrap().sha256;
    assert_eq!(world.ledger.picture(&sha256).await.unwrap(), Some(png()), "{what}");
}

#[tokio::test]
async fn the_picture_of_the_page_goes_along_with_its_words() {
    let world = world().await;
    world.round().await;
    assert_shown(&world, "a good day").await;
    world.settle_down().await;
    assert_shown(&world, "later").await;
    assert_eq!(world.stand_ins.mastodon[0].uploads(), 1);
}

#[tokio::test]
async fn whatever_fails_between_picture_and_status_there_is_one_status() {
    for fault in [
        Fault::StoreThenDrop,
        Fault::DropBeforeStoring,
        Fault::StoreThenStatus(502),
        Fault::StoreThenGarbage,
    ] {
        let world = world().await;
        world.stand_ins.mastodon[0].faults().push(fault.clone());
        world.round().await;
        world.settle_down().await;
        assert_shown(&world, &format!("the status: {fault:?}")).await;
        assert_eq!(world.stand_ins.mastodon[0].uploads(), 1, "it is there already: {fault:?}");

        let world = self::world().await;
        world.stand_ins.mastodon[0].upload_faults().push(fault.clone());
        world.round().await;
        assert_eq!(world.announcement("mastodon").await.state, State::Planned, "{fault:?}");
        world.settle_down().await;
        assert_shown(&world, &format!("the picture: {fault:?}")).await;
    }
}

#[tokio::test]
async fn an_upload_that_was_hours_ago_is_made_anew() {
    let world = world().await;
    let faults = world.stand_ins.mastodon[0].faults();
    faults.push(Fault::RateLimited {
        wait: Duration::from_secs(4 * 3600),
        style: handbill::rehearsal::fault::RateLimitStyle::RetryAfterSeconds,
    });
    world.round().await;
    assert_eq!(world.announcement("mastodon").await.state, State::Planned);
    world.wait(5 * 60);
    world.round().await;
    assert_shown(&world, "four hours later").await;
    assert_eq!(world.stand_ins.mastodon[0].uploads(), 2);
}

#[tokio::test]
async fn an_edit_keeps_the_picture_and_uploads_it_once() {
    let mut world = world().await;
    world.round().await;
    world.change("PhD position in Tides", "PhD position in Waves").await;
    world.settle_down().await;
    let copies = standing(&world);
    assert_eq!(copies.len(), 1);
    assert_eq!(copies[0].edits.len(), 1, "{copies:#?}");
    assert_eq!(shown(&copies[0]).len(), 1, "{copies:#?}");
    assert_eq!(world.stand_ins.mastodon[0].uploads(), 1);

    // Other words for it are an edit as well, and a server takes them with a new upload.
    world.change("A buoy in a storm", "A buoy at night").await;
    world.settle_down().await;
    let copies = standing(&world);
    assert!(shown(&copies[0])[0].ends_with("A buoy at night"), "{copies:#?}");
}

#[tokio::test]
async fn a_picture_that_is_not_there_is_left_out_and_said_to_be() {
    for (body, file) in
        [("![A buoy](buoy.png)", None), ("![A buoy](buoy.png)", Some(b"GIF89a".as_slice()))]
    {
        let world = world_with(body, file).await;
        world.round().await;
        let copies = standing(&world);
        assert_eq!(shown(&copies[0]), [""; 0]);
        let standing = world.announcement("mastodon").await.standing.unwrap();
        let Rendition::Status { left_out, picture, .. } = standing.rendition else { panic!() };
        assert!(left_out.iter().any(|it| it.contains("buoy.png")), "{left_out:?}");
        assert!(matches!(picture, Some(Picture { file: None, .. })));
    }
}

#[tokio::test]
async fn nothing_is_fetched_from_elsewhere() {
    for elsewhere in ["https://pictures.example/buoy.png", "../../buoy.png", "/buoy.png"] {
        let world = world_with(&format!("![A buoy]({elsewhere})"), Some(&png())).await;
        world.round().await;
        assert_eq!(shown(&standing(&world)[0]), [""; 0], "{elsewhere}");
        assert_eq!(world.stand_ins.mastodon[0].uploads(), 0);
    }
}

#[tokio::test]
async fn x_gets_the_picture_and_its_words_before_the_post_that_shows_it() {
    for fault in [None, Some(Fault::StoreThenDrop), Some(Fault::DropBeforeStoring)] {
        let folder = with_picture("x");
        let world = World::of(folder, KeyPolicy::Ignored).await;
        if let Some(fault) = &fault {
            world.stand_ins.x[0].faults().push(fault.clone());
        }
        world.round().await;
        world.settle_down().await;
        let copies = world.copies("x");
        assert_eq!(copies.len(), 1, "{fault:?}: {copies:#?}");
        let expected = format!("{} bytes: A buoy in a storm", png().len());
        assert_eq!(shown(&copies[0]), [expected.as_str()], "{fault:?}");
        assert_eq!(world.announcement("x").await.state, State::Posted, "{fault:?}");
        assert_eq!(world.stand_ins.x[0].uploads(), 1, "{fault:?}");
        // X puts a link of its own behind the words; it is not taken for other words.
        let seen = world.courier(&world.ledger).verify(super::Wanted::default()).await.unwrap();
        assert_eq!(seen[0].copy, Some(handbill::ledger::CopyState::Live), "{seen:#?}");
    }
}

#[tokio::test]
async fn the_card_on_bluesky_has_the_picture_and_an_edit_does_not_upload_it_again() {
    for fault in [None, Some(Fault::StoreThenDrop), Some(Fault::DropBeforeStoring)] {
        let mut world = World::of(with_picture("bluesky"), KeyPolicy::Ignored).await;
        if let Some(fault) = &fault {
            world.stand_ins.bluesky[0].faults().push(fault.clone());
        }
        world.round().await;
        world.settle_down().await;
        let copies = world.copies("bluesky");
        assert_eq!(copies.len(), 1, "{fault:?}: {copies:#?}");
        assert!(copies[0].original.raw.contains("\"thumb\""), "{:#?}", copies[0]);
        assert_eq!(world.announcement("bluesky").await.state, State::Posted, "{fault:?}");
        world.change("PhD position in Tides", "PhD position in Waves").await;
        world.settle_down().await;
        assert_eq!(world.stand_ins.bluesky[0].uploads(), 1, "{fault:?}");
        let copies = world.copies("bluesky");
        assert_eq!(copies.len(), 1, "{copies:#?}");
        let last = &copies[0].edits.last().expect("an edit").raw;
        assert!(last.contains("\"thumb\"") && last.contains("Waves"), "{last}");
    }
}

/// One post on LinkedIn, and its card shows the picture.
async fn assert_shown_on_linkedin(world: &World, what: &str) {
    let copies = world.copies("linkedin");
    assert_eq!(copies.len(), 1, "{what}: {copies:#?}");
    assert_eq!(shown(&copies[0]), [format!("{} bytes", png().len())], "{what}");
    let delivery = world.announcement("linkedin").await;
    assert_eq!(delivery.state, State::Posted, "{what}: {delivery:#?}");
    assert!(delivery.receipt.unwrap().media.is_some(), "{what}");
    let place = "dms-uploads";
    let events = world.ledger.events(0, 10_000).await.unwrap();
    assert!(!format!("{events:?}").contains(place), "{what}: whoever knows the place may use it");
}

#[tokio::test]
async fn whatever_fails_between_place_picture_and_post_there_is_one_post_on_linkedin() {
    let faults = [
        Fault::StoreThenDrop,
        Fault::DropBeforeStoring,
        Fault::StoreThenStatus(502),
        Fault::StoreThenGarbage,
    ];
    for fault in faults {
        let lost = async |fails: fn(&World) -> &Faults, after: usize| {
            let world = World::of(with_picture("linkedin"), KeyPolicy::Ignored).await;
            for _ in 0..after {
                fails(&world).push(Fault::Delay(Duration::ZERO));
            }
            fails(&world).push(fault.clone());
            world.round().await;
            world
        };
        for step in 0..2 {
            let world = lost(|world| world.stand_ins.linkedin[0].upload_faults(), step).await;
            let what = format!("upload {step}: {fault:?}");
            // That the bytes arrived is seen by the answer's head alone.
            if !(step == 1 && fault == Fault::StoreThenGarbage) {
                assert_eq!(world.announcement("linkedin").await.state, State::Planned, "{what}");
            }
            world.settle_down().await;
            assert_shown_on_linkedin(&world, &what).await;
        }
        let world = lost(|world| world.stand_ins.linkedin[0].faults(), 0).await;
        world.settle_down().await;
        let what = format!("the post: {fault:?}");
        assert_shown_on_linkedin(&world, &what).await;
        assert_eq!(world.stand_ins.linkedin[0].uploads(), 1, "it is there already: {what}");
    }
}

#[tokio::test]
async fn an_edit_on_linkedin_leaves_the_card_and_its_picture() {
    let mut world = World::of(with_picture("linkedin"), KeyPolicy::Ignored).await;
    world.round().await;
    world.change("PhD position in Tides", "PhD position in Waves").await;
    world.settle_down().await;
    assert_shown_on_linkedin(&world, "edited").await;
    assert_eq!(world.copies("linkedin")[0].edits.len(), 1);
    assert_eq!(world.stand_ins.linkedin[0].uploads(), 1);
}

/// A site with one channel that sends the picture of the page along.
pub fn with_picture(channel: &str) -> crate::support::TestSite {
    let folder = folder(&[channel]);
    let picture = "![A buoy in a storm](buoy.png)\n\nForecast the tides";
    folder.replace(PAGE, "Forecast the tides", picture);
    folder.write(&PAGE.replace("index.md", "buoy.png"), png());
    let path = format!("channels/{channel}.toml");
    let text = folder.read(&path);
    folder.write(&path, format!("picture = \"page\"\n{text}"));
    folder
}

#[tokio::test]
async fn a_card_is_drawn_for_the_ad_with_words_for_who_does_not_see_it() {
    let folder = folder(&["mastodon"]);
    let text = folder.read("channels/mastodon.toml");
    let file = format!("picture = \"card\"\n{text}software = \"other\"\n");
    folder.write("channels/mastodon.toml", file);
    let mut world = World::of(folder, KeyPolicy::Ignored).await;
    world.round().await;
    let copies = world.copies("mastodon");
    assert_eq!(copies.len(), 1, "{copies:#?}");
    let standing = world.announcement("mastodon").await.standing.unwrap();
    let Rendition::Status { picture, left_out, .. } = standing.rendition else { panic!() };
    let picture = picture.unwrap();
    let said = "PhD position in Tides. University of Nordhafen. Apply by ";
    assert!(picture.alt.starts_with(said), "{}", picture.alt);
    if handbill::deliver::drawing::fonts() == 0 {
        // An empty card is none.
        assert_eq!(shown(&copies[0]), [""; 0]);
        assert!(left_out.iter().any(|it| it.contains("no font")), "{left_out:?}");
        return;
    }
    let file = picture.file.unwrap();
    assert_eq!((file.media_type.as_str(), file.width, file.height), ("image/png", 1200, 630));
    let expected = format!("{} bytes: {}", file.bytes, picture.alt);
    assert_eq!(shown(&copies[0]), [expected.as_str()]);

    // Another deadline stands in another card; what the card does not say draws none.
    world.change("Forecast the tides", "Predict the tides").await;
    world.settle_down().await;
    assert_eq!(world.stand_ins.mastodon[0].uploads(), 1);
    world.change("PhD position in Tides", "PhD position in Waves").await;
    world.settle_down().await;
    assert_eq!(world.stand_ins.mastodon[0].uploads(), 2);
    let copies = world.copies("mastodon");
    assert_eq!(copies.len(), 1, "{copies:#?}");
    assert!(shown(&copies[0])[0].contains("PhD position in Waves"), "{copies:#?}");
}
