//! Once: over rounds, restarts, lost answers and several processes; and for a limited time.

use chrono::TimeDelta;
use handbill::ledger::Way;
use handbill::ledger::mailbox::KeptAnswer;
use handbill::notice::{self, TRIED_FOR};
use handbill::plan::Plan;
use handbill::rehearsal::smtp::MailFault;

use super::{By, OFFICE, World};

/// A list, and what its mail server does.
const LIST: &str = "kind = \"mail\"\n[mail]\nto = \"jobs@lists.example\"\n\
                    from = \"office@tidal.example\"\nhost = \"127.0.0.1\"\nport = PORT\n\
                    security = \"none\"\n";

#[tokio::test]
async fn an_errand_is_told_once_over_five_rounds_and_a_restart() {
    let mut world = World::with_errand(By::Both, "").await;
    for round in 0..5 {
        let told = world.round().await;
        assert_eq!((told.new, told.told), if round == 0 { (1, 2) } else { (0, 0) }, "{told:?}");
        world.wait(TimeDelta::hours(1));
        if round == 2 {
            world.restart().await;
        }
    }
    assert_eq!((world.mails().len(), world.hook.bodies().len()), (1, 1));
    assert_eq!(world.hook.bodies()[0]["notices"][0]["kind"], "errand");
}

#[tokio::test]
async fn two_processes_tell_once() {
    let world = World::with_errand(By::Both, "").await;
    let round = world.only_round().await;
    let second = super::open(&world.folder, world.clock.now()).await;
    let (one, other) = tokio::join!(
        notice::tell(&world.site, &world.ledger, &round.plan, &world.clock),
        notice::tell(&world.site, &second, &round.plan, &world.clock)
    );
    assert_eq!(one.unwrap().new + other.unwrap().new, 1);
    assert_eq!((world.mails().len(), world.hook.bodies().len()), (1, 1));
}

#[tokio::test]
async fn a_refused_delivery_is_told_with_the_reason_and_the_command() {
    let world = World::new(&[("list", LIST)], By::Webhook, "").await;
    world.smtp.faults().push(MailFault::RejectRecipient);
    world.round().await;
    world.round().await;
    let bodies = world.hook.bodies();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    let notice = &bodies[0]["notices"][0];
    assert_eq!(notice["kind"], "refused");
    let id = &notice["delivery"].as_str().unwrap()[..8];
    assert_eq!(notice["commands"][0], format!("handbill resolve {id} --not-posted"));
    assert!(notice["what"].as_str().unwrap().contains("did not take the recipient"), "{notice}");
}

#[tokio::test]
async fn what_cannot_be_prepared_is_told_once_when_its_time_is_well_over() {
    let narrow = format!("{LIST}subject_limit = 3\n");
    let world = World::new(&[("list", &narrow)], By::Webhook, "").await;
    assert_eq!(world.round().await.new, 0, "somebody may be at work on it");
    for expected in [1, 0, 0] {
        world.wait(TimeDelta::hours(2));
        assert_eq!(world.round().await.new, expected);
    }
    let notice = &world.hook.bodies()[0]["notices"][0];
    assert_eq!(notice["kind"], "stuck");
    assert!(notice["what"].as_str().unwrap().contains("subject"), "{notice}");
}

#[tokio::test]
async fn an_unknown_outcome_is_told_when_a_person_is_asked_and_not_before() {
    let world = World::new(&[("list", LIST)], By::Webhook, "").await;
    world.smtp.faults().push(MailFault::StoreThenDrop);
    assert_eq!(world.round().await.new, 0, "the channel is asked first");
    assert_eq!(world.round().await.new, 1);
    world.wait(TimeDelta::days(1));
    assert_eq!(world.round().await.new, 0);
    let body = &world.hook.bodies()[0];
    assert_eq!(body["notices"][0]["kind"], "unknown");
    assert!(body["notices"][0]["commands"][0].as_str().unwrap().ends_with(" --posted LINK"));
}

#[tokio::test]
async fn a_mail_that_nobody_has_seen_for_too_long_is_told_once_and_no_longer_once_it_is_found() {
    let archive = format!(
        "{LIST}archive = {{ software = \"hyperkitty\", base = \"http://127.0.0.1:9/archives\", \
         list = \"jobs@lists.example\" }}\n"
    );
    let world = World::new(&[("list", &archive)], By::Webhook, "").await;
    assert_eq!(world.round().await.new, 0, "it is on its way");
    let sent = world.ledger.on_their_way().await.unwrap().remove(0);
    let now = world.clock.now();
    world.ledger.needs_a_person(sent.key, "it was not seen for two weeks", now).await.unwrap();
    for expected in [1, 0] {
        assert_eq!(world.round().await.new, expected);
    }
    let notice = &world.hook.bodies()[0]["notices"][0];
    assert_eq!(notice["kind"], "silent");
    assert!(notice["what"].as_str().unwrap().contains("not seen for two weeks"), "{notice}");
    assert!(notice["commands"][0].as_str().unwrap().ends_with(" --posted [LINK]"), "{notice}");
    let link = "https://lists.example/archives/17".parse().unwrap();
    world.ledger.record(sent.key, &link, now).await.unwrap();
    assert!(world.ledger.concerns(now).await.unwrap().deliveries.is_empty());
}

#[tokio::test]
async fn a_letter_that_nobody_can_place_is_told_once_and_not_kept_up_once_it_is_seen_to() {
    let world = World::new(&[("list", LIST)], By::Webhook, "").await;
    let now = world.clock.now();
    let letter = KeptAnswer {
        id: "3f2a91bc5d7e".to_owned(),
        read_at: now,
        says: "bounced".to_owned(),
        sender: "mailer-daemon@lists.example".to_owned(),
        subject: "Undelivered Mail".to_owned(),
        words: "no such list".to_owned(),
        delivery: None,
        dismissed_at: None,
    };
    world.ledger.keep_answer(&letter).await.unwrap();
    for expected in [1, 0] {
        assert_eq!(world.round().await.new, expected);
    }
    let notice = &world.hook.bodies()[0]["notices"][0];
    assert_eq!(notice["kind"], "letter");
    assert!(notice["what"].as_str().unwrap().contains("no such list"), "{notice}");
    assert_eq!(notice["commands"][1], "handbill mailbox --dismiss 3f2a91bc");
    assert_eq!(world.ledger.dismiss_stray("3f2a91bc", now).await.unwrap(), 1);
    assert!(world.ledger.concerns(now).await.unwrap().strays.is_empty());
}

#[tokio::test]
async fn a_second_attempt_that_is_refused_too_is_told_again() {
    let world = World::new(&[("list", LIST)], By::Webhook, "").await;
    for expected in 1..=2 {
        world.smtp.faults().push(MailFault::RejectRecipient);
        world.round().await;
        assert_eq!(world.hook.bodies().len(), expected);
        let key = world.ledger.past().await.unwrap().deliveries[0].key;
        let not_posted = handbill::ledger::Resolution::NotPosted;
        world.ledger.resolve(key, &not_posted, world.clock.now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_paused_channel_is_told_each_time_that_it_is_paused() {
    let world = World::with_errand(By::Webhook, "").await;
    world.round().await;
    let office = handbill::channel::ChannelName("office".into());
    for expected in 2..=3 {
        world.wait(TimeDelta::minutes(1));
        world
            .ledger
            .pause(&office, "401: the token is not valid", world.clock.now())
            .await
            .unwrap();
        world.round().await;
        world.round().await;
        let bodies = world.hook.bodies();
        assert_eq!(bodies.len(), expected);
        assert_eq!(bodies[expected - 1]["notices"][0]["commands"][0], "handbill resume office");
        world.ledger.resume(&office, world.clock.now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_webhook_that_is_down_hears_it_when_it_is_up_and_the_mail_did_not_wait() {
    let world = World::with_errand(By::Both, "").await;
    world.hook.answers(503);
    let told = world.round().await;
    assert_eq!((told.told, told.failed.len()), (1, 1), "{told:?}");
    assert_eq!(world.mails().len(), 1);
    // It is not asked again at every round.
    assert_eq!(world.round().await.failed.len(), 0);
    world.hook.answers(204);
    world.wait(TimeDelta::minutes(6));
    assert_eq!(world.round().await.told, 1);
    assert_eq!((world.mails().len(), world.hook.bodies().len()), (1, 1));
}

#[tokio::test]
async fn a_notice_that_fails_makes_no_notice_and_is_given_up_after_days() {
    let world = World::with_errand(By::Webhook, "").await;
    world.hook.answers(500);
    let began = world.clock.now();
    let mut tries = 0;
    let mut given_up = 0;
    while world.clock.now() < began + TRIED_FOR + TimeDelta::days(1) {
        let told = world.round().await;
        assert!(told.new == 0 || world.clock.now() == began, "telling made a notice");
        tries += told.failed.len() + told.given_up.len();
        given_up += told.given_up.len();
        world.wait(TimeDelta::minutes(30));
    }
    assert_eq!(given_up, 1);
    assert!((10..25).contains(&tries), "{tries}");
    world.hook.answers(204);
    world.wait(TimeDelta::days(30));
    world.round().await;
    assert_eq!(world.hook.bodies().len(), 0, "what was given up stays so");
    let outbox = world.ledger.outbox(began).await.unwrap();
    assert_eq!((outbox.waiting, outbox.given_up), (0, 1));
    assert!(outbox.why.unwrap().starts_with("HTTP 500"));
    world.ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn what_a_dead_process_was_telling_is_told_later_under_the_same_id() {
    let mut world = World::with_errand(By::Mail, "").await;
    let round = world.only_round().await;
    // The mail arrives, and its answer is lost.
    world.smtp.faults().push(MailFault::StoreThenDrop);
    assert_eq!(world.tell(&round).await.failed.len(), 1);
    world.restart().await;
    world.wait(TimeDelta::minutes(6));
    // A process takes it and dies; until its claim is over nobody else sends it.
    let now = world.clock.now();
    let until = now + TimeDelta::minutes(15);
    assert!(world.ledger.claim_telling(Way::Mail, now, until).await.unwrap().is_some());
    world.restart().await;
    assert_eq!(world.tell(&round).await.told, 0);
    world.wait(TimeDelta::minutes(16));
    assert_eq!(world.tell(&round).await.told, 1);
    let mails = world.mails();
    assert_eq!(mails.len(), 2, "the window that is written down");
    let ids: Vec<_> =
        mails.iter().map(|mail| mail.letter().message_id().map(str::to_owned)).collect();
    assert!(ids[0].as_ref().unwrap().starts_with("notice."), "{ids:?}");
    assert_eq!(ids[0], ids[1]);
    assert_eq!(mails[0].raw, mails[1].raw, "the same message, byte for byte");
}

#[tokio::test]
async fn a_site_without_notices_writes_nothing_down() {
    let world = World::with_errand(By::Mail, "").await;
    let text = world.folder.read("handbill.toml");
    world.folder.write("handbill.toml", text.split("[notices]").next().unwrap());
    let site = super::load(&world.folder);
    let round = world.only_round().await;
    let told = notice::tell(&site, &world.ledger, &round.plan, &world.clock).await.unwrap();
    assert_eq!(told, notice::Told::default());
    assert_eq!(world.ledger.outbox(world.clock.now()).await.unwrap().waiting, 0);
}

#[tokio::test]
async fn post_tells_and_a_dry_run_does_not() {
    let world = World::new(&[("office", OFFICE)], By::Webhook, "").await;
    let folder = world.folder.root();
    let run = async |arguments: &[&str]| {
        let (folder, arguments) = (folder.clone(), arguments.join("\n"));
        let ran = tokio::task::spawn_blocking(move || {
            crate::support::run(&folder, &arguments.lines().collect::<Vec<_>>(), &folder)
        });
        ran.await.unwrap()
    };
    let page = super::PAGE;
    let dry = run(&["post", page, "--dry-run", "--at", "2027-01-12T10:00:00Z"]).await;
    assert_eq!((dry.code, world.hook.bodies().len()), (0, 0), "{dry:?}");
    let post = run(&["post", page, "--at", "2027-01-12T10:00:00Z"]).await;
    assert_eq!((post.code, world.hook.bodies().len()), (0, 1), "{post:?}");
    world.hook.answers(404);
    let paused = run(&["pause", "office", "--at", "2027-01-12T10:00:00Z"]).await;
    assert_eq!(paused.code, 0, "{paused:?}");
    let failing = run(&["post", page, "--at", "2027-01-12T10:00:00Z"]).await;
    assert!(
        failing.err.contains("warning: a notice could not be sent yet by webhook: HTTP 404"),
        "{failing:?}"
    );
}

/// A daemon may run it on any of its threads.
#[test]
fn telling_may_move_between_threads() {
    fn of<'a>(world: &'a World, plan: &'a Plan) -> impl Future + Send + 'a {
        notice::tell(&world.site, &world.ledger, plan, &world.clock)
    }
    let _ = of;
}

#[tokio::test]
async fn where_the_chain_stands_is_told_once_and_lies_in_a_mailbox() {
    let world = World::new(&[], By::Mail, "").await;
    world.round().await;
    let anchor = world.ledger.anchor().await.unwrap().expect("there are events");
    let notices = world.site.notices.as_ref().unwrap();
    for _ in 0..2 {
        handbill::notice::take_anchor(notices, &world.ledger, &anchor, world.clock.now())
            .await
            .unwrap();
    }
    world.round().await;
    let mails: Vec<String> =
        world.mails().iter().map(|it| String::from_utf8_lossy(&it.raw).into_owned()).collect();
    let with_hash = mails.iter().filter(|mail| mail.contains(&anchor.hash)).count();
    assert_eq!(with_hash, 1, "{mails:#?}");
}
