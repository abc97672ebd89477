//! A backup is put back: the channels have not forgotten what the ledger has (promise 1).

use std::path::PathBuf;
use std::time::Duration;

use handbill::adapt::Occasion;
use handbill::channel::{ChannelName, Reach, Receipt, Sight};
use handbill::deliver::{Station, Wanted};
use handbill::ledger::{CopyState, Place, Resolution, State};
use handbill::plan::Pace;
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::mastodon::KeyPolicy;
use handbill::site::channel_file::KindConfig;
use tokio::net::{TcpListener, TcpStream};

use super::{World, open};
use crate::support::postgres;

/// The ledger of before, as somebody would keep it.
enum Kept {
    Files(Vec<(PathBuf, Vec<u8>)>),
    /// What `pg_dump` wrote.
    Dump(tempfile::NamedTempFile),
}

impl Kept {
    /// Of a ledger that is closed.
    fn of(world: &World) -> Self {
        if let Place::Postgres(database) = world.folder.ledger() {
            return Self::Dump(postgres::dump(&database));
        }
        let folder = world.folder.path("state");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with(".db") {
                files.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
        Self::Files(files)
    }

    fn put_back(self, world: &World) {
        match (self, world.folder.ledger()) {
            (Self::Dump(dump), Place::Postgres(database)) => postgres::restore(&database, &dump),
            (Self::Dump(_), Place::File(_)) => panic!("a dump goes into no file"),
            (Self::Files(files), _) => {
                for (path, bytes) in files {
                    std::fs::write(path, bytes).unwrap();
                }
            }
        }
    }
}

impl World {
    async fn rest(&mut self) {
        self.ledger.clone().close().await;
    }

    async fn wake(&mut self) {
        self.ledger = open(&self.folder, self.now()).await;
    }

    /// Announces, and puts the ledger of before back.
    async fn announce_and_forget(&mut self) {
        let before = self.backup().await;
        self.wait(1);
        self.round().await;
        self.forget(before).await;
    }

    async fn backup(&mut self) -> Kept {
        self.rest().await;
        let before = Kept::of(self);
        self.wake().await;
        before
    }

    async fn ask_for_another_try(&mut self) {
        let refused = self.announcement("mastodon").await;
        self.ledger.resolve(refused.key, &Resolution::NotPosted, self.now()).await.unwrap();
        self.settle_down().await;
    }

    async fn forget(&mut self, before: Kept) {
        self.rest().await;
        before.put_back(self);
        self.wait(60);
        self.wake().await;
        assert!(self.ledger.restored().await.unwrap().is_some());
        self.wait(1);
    }
}

#[tokio::test]
async fn what_went_out_after_the_backup_is_found_and_not_sent_again() {
    let channels = ["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"];
    let mut world = World::with(&channels).await;
    world.only_plan().await;
    world.announce_and_forget().await;
    for channel in channels {
        assert_eq!(world.copies(channel).len(), 1, "{channel}: it went out before");
    }
    world.round().await;
    for channel in channels {
        world.assert_posted_once(channel).await;
        assert_eq!(world.announcement(channel).await.attempts, 0, "{channel}");
    }
}

#[tokio::test]
async fn a_thread_that_went_out_after_the_backup_is_found_with_all_of_its_parts() {
    for channel in ["mastodon", "bluesky"] {
        let folder = super::folder(&[channel]);
        folder.write(super::PAGE, super::steps::page());
        let file = format!("channels/{channel}.toml");
        let text = folder.read(&file);
        folder.write(&file, format!("thread = \"plain\"\n{text}"));
        let mut world = World::of(folder, KeyPolicy::Honoured).await;
        world.only_plan().await;
        world.announce_and_forget().await;
        let copies = world.copies(channel);
        assert!(copies.len() > 2, "{channel}: {copies:#?}");
        world.settle_down().await;
        assert_eq!(world.copies(channel), copies, "{channel}");
        let delivery = world.announcement(channel).await;
        assert_eq!((delivery.state, delivery.attempts), (State::Posted, 0), "{delivery:#?}");
        assert_eq!(delivery.receipt.unwrap().parts.len() + 1, copies.len(), "{channel}");
    }
}

#[tokio::test]
async fn a_part_that_an_edit_may_have_added_after_the_backup_is_asked_about() {
    let mut world = super::steps::world().await;
    world.round().await;
    let waves = super::steps::without_waves(&mut world).await;
    world.settle_down().await;
    let before = world.backup().await;
    world.change("\n\nTides rise", &format!("\n\n{waves}\n\nTides rise")).await;
    world.settle_down().await;
    let copies = super::steps::standing(&world);
    world.forget(before).await;
    world.settle_down().await;
    assert_eq!(super::steps::standing(&world), copies);
    let deliveries = world.deliveries("mastodon").await;
    let update = deliveries.iter().rfind(|it| it.name.occasion == Occasion::Update).unwrap();
    assert_eq!(update.state, State::Unknown, "{update:#?}");
    assert!(update.reason.contains("a backup was restored"), "{}", update.reason);
    assert!(update.asks_since.is_some());
}

#[tokio::test]
async fn where_the_channel_cannot_tell_a_person_is_asked() {
    let mut world = World::with(&["list"]).await;
    for channel in &mut world.site.channels {
        if let handbill::site::channel_file::KindConfig::Mail(mail) = &mut channel.config {
            mail.archive = None;
        }
    }
    world.stations = handbill::deliver::Station::all(
        &world.site,
        handbill::channel::Reach::LoopbackOnly,
        &mut Vec::new(),
    );
    world.only_plan().await;
    world.announce_and_forget().await;
    world.round().await;
    let delivery = world.announcement("list").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 0), "{delivery:#?}");
    assert!(delivery.reason.contains("a backup was restored"), "{}", delivery.reason);
    assert!(delivery.asks_since.is_some());
    world.settle_down().await;
    assert_eq!(world.copies("list").len(), 1);
}

/// The words of before are forgotten, so the channel cannot tell, and a person finds it.
#[tokio::test]
async fn what_a_person_found_is_looked_at_though_nobody_knows_its_words() {
    let mut world = World::with(&["mastodon"]).await;
    world.only_plan().await;
    world.announce_and_forget().await;
    world.change("in Tides", "in Waves").await;
    world.settle_down().await;
    let delivery = world.announcement("mastodon").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 0), "{delivery:#?}");
    let copy = world.copies("mastodon").remove(0);
    let receipt =
        Receipt { remote_id: Some(copy.id.clone()), link: copy.link, ..Receipt::default() };
    world.ledger.resolve(delivery.key, &Resolution::Posted(receipt), world.now()).await.unwrap();
    let look = || async {
        let mut seen = world.courier(&world.ledger).verify(Wanted::default()).await.unwrap();
        assert_eq!(seen.len(), 1);
        let seen = seen.remove(0);
        assert_eq!(seen.delivery.standing, None);
        (seen.sight, seen.copy)
    };
    assert_eq!(look().await, (Sight::Agrees, Some(CopyState::Live)));
    world.stand_ins.mastodon[0].remove(&copy.id);
    assert_eq!(look().await, (Sight::Gone, Some(CopyState::Live)));
    world.wait(25 * 60);
    assert_eq!(look().await, (Sight::Gone, Some(CopyState::Gone)));
}

#[tokio::test]
async fn what_was_planned_after_the_backup_and_never_went_out_goes_out() {
    let mut world = World::with(&["mastodon", "x", "board"]).await;
    world.only_plan().await;
    let before = world.backup().await;
    // Something is written down that the backup does not know, and nothing goes out.
    world.wait(5);
    world.ledger.pause_all("the office is closed", world.now()).await.unwrap();
    world.forget(before).await;
    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 0, "something from before may still arrive");
    world.settle_down().await;
    for channel in ["mastodon", "x", "board"] {
        world.assert_posted_once(channel).await;
    }
}

/// Who asks for another try of what was refused has not looked whether it is there.
#[tokio::test]
async fn another_try_of_what_was_refused_is_looked_for_first() {
    let mut world = World::with(&["mastodon"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::RefuseBeforeStoring {
        status: 422,
        headers: Vec::new(),
        body: r#"{"error":"Validation failed: no ads here"}"#.to_owned(),
    });
    world.round().await;
    let before = world.backup().await;
    world.wait(1);
    world.ask_for_another_try().await;
    world.assert_posted_once("mastodon").await;
    world.forget(before).await;
    assert_eq!(world.announcement("mastodon").await.state, State::Refused);
    world.ask_for_another_try().await;
    world.assert_posted_once("mastodon").await;
}

/// From now on the board is behind a connection that takes two seconds.
async fn slow_down_the_board(world: &mut World) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let Some(spec) = world.site.channels.iter_mut().find(|it| it.name.as_str() == "board") else {
        panic!("no board")
    };
    let KindConfig::Board(config) = &mut spec.config else { panic!("no board") };
    let behind = config.base.port().unwrap();
    config.base.set_port(Some(port)).unwrap();
    world.stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                let mut server = TcpStream::connect(("127.0.0.1", behind)).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut server).await
            });
        }
    });
}

/// While one channel is asked what became of its attempt, its plan must not call off what another
/// channel is just being asked about.
#[tokio::test]
async fn what_a_slow_channel_is_asked_about_is_not_called_off_by_its_neighbour() {
    let mut world = World::with(&["mastodon", "board"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::DropBeforeStoring);
    let mastodon = ChannelName("mastodon".into());
    let alone = Wanted { channel: Some(&mastodon), postings: None };
    let courier = world.courier(&world.ledger);
    courier.round(&world.postings, Pace::OnSchedule, alone).await.unwrap();
    assert_eq!(world.announcement("mastodon").await.state, State::Unknown);
    let before = world.backup().await;
    world.wait(1);
    world.round().await;
    assert_eq!(world.copies("board").len(), 1, "it goes out in the time that is forgotten");
    world.forget(before).await;
    world.change("title:", "draft: true\ntitle:").await;
    slow_down_the_board(&mut world).await;
    world.round().await;
    assert_eq!(world.announcement("board").await.state, State::Posted, "it was found");
    world.settle_down().await;
    let copy = world.announcement("board").await;
    assert_eq!(copy.copy, Some(CopyState::Withdrawn), "and follows its page");
}
