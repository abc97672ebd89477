//! What comes back by mail moves the delivery that it is about, once, and never another one
//! (promises 2, 3 and 8).

use handbill::channel::Reach;
use handbill::deliver::Station;
use handbill::deliver::letters::Letters;
use handbill::ledger::{CopyState, Delivery, State};
use handbill::rehearsal::mastodon::KeyPolicy;
use handbill::rehearsal::smtp::{Archiving, MailFault};
use handbill::site::channel_file::KindConfig;
use handbill::site::queue::OpenPosts;

use super::World;

const ABOUT_ONE: Letters = Letters { about_deliveries: 1, strays: 0 };
const STRAY: Letters = Letters { about_deliveries: 0, strays: 1 };
const NOTHING: Letters = Letters { about_deliveries: 0, strays: 0 };

async fn sent() -> World {
    let world = World::with(&["list"]).await;
    world.stand_ins.mail[0].set_archiving(Archiving::Held);
    world.round().await;
    world
}

impl World {
    async fn post_brings(&self, letter: &str) -> Letters {
        let letter = letter.replace('\n', "\r\n");
        self.courier(&self.ledger).take_in([letter.as_bytes()]).await.unwrap()
    }

    /// The subject and the Message-ID of the only mail that went out.
    fn the_mail(&self) -> (String, String) {
        let letter = self.stand_ins.mail[0].mails()[0].letter();
        let subject = letter.header("Subject").unwrap().to_owned();
        (subject, letter.message_id().unwrap().to_owned())
    }

    /// The date of a letter that was written now.
    fn date(&self) -> String {
        self.now().to_rfc2822()
    }
}

/// As Mailman 3 writes it: only list and subject say which posting it is.
fn held(subject: &str, date: &str) -> String {
    format!(
        "From: jobs-owner@lists.example\nTo: office@tidal.example\n\
         Subject: Your message to jobs@lists.example awaits moderator approval\n\
         Message-ID: <1.2.3@lists.example>\nDate: {date}\nPrecedence: bulk\n\
         X-Mailman-Version: 3.3.8\nList-Id: <jobs.lists.example>\n\
         Content-Type: text/plain; charset=\"utf-8\"\n\n\
         Your mail to 'jobs@lists.example' with the subject\n\n    {subject}\n\n\
         Is being held until the list moderator can review it for approval.\n\n\
         The message is being held because:\n\n    Message has implicit destination\n\n\
         Either the message will get posted to the list, or you will receive\n\
         notification of the moderator's decision.\n"
    )
}

/// As a mail server sends it back (RFC 3464).
fn bounced(message_id: &str, date: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.lists.example\nTo: office@tidal.example\n\
         Subject: Undelivered Mail Returned to Sender\nDate: {date}\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nI could not deliver your message.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.lists.example\n\n\
         Final-Recipient: rfc822; jobs@lists.example\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such list\n\n\
         --b\nContent-Type: text/rfc822-headers\n\n\
         From: office@tidal.example\nMessage-ID: <{message_id}>\nSubject: An ad\n\n--b--\n"
    )
}

async fn the_list(world: &World) -> Delivery {
    world.announcement("list").await
}

#[tokio::test]
async fn a_moderators_notice_holds_the_copy_in_the_lists_words() {
    let world = sent().await;
    let notice = held(&world.the_mail().0, &world.date());
    assert_eq!(world.post_brings(&notice).await, ABOUT_ONE);
    let held = the_list(&world).await;
    assert_eq!((held.state, held.copy), (State::Posted, Some(CopyState::Held)));
    assert!(held.reason.contains("Message has implicit destination"), "{held:#?}");
    let kept = world.ledger.answers_to(held.key).await.unwrap();
    assert_eq!(kept.iter().map(|it| it.says.as_str()).collect::<Vec<_>>(), ["held"]);
}

#[tokio::test]
async fn a_letter_that_is_read_twice_counts_once() {
    let world = sent().await;
    let letter = bounced(&world.the_mail().1, &world.date());
    assert_eq!(world.post_brings(&letter).await, ABOUT_ONE);
    let events = world.ledger.events_of(the_list(&world).await.key).await.unwrap().len();
    assert_eq!(world.post_brings(&letter).await, NOTHING);
    assert_eq!(world.ledger.events_of(the_list(&world).await.key).await.unwrap().len(), events);
}

#[tokio::test]
async fn what_bounces_is_refused_in_the_servers_words_and_not_sent_again() {
    let world = sent().await;
    let letter = bounced(&world.the_mail().1, &world.date());
    assert_eq!(world.post_brings(&letter).await, ABOUT_ONE);
    world.settle_down().await;
    let refused = the_list(&world).await;
    assert_eq!((refused.state, refused.copy), (State::Refused, None));
    assert!(refused.reason.contains("no such list"), "{refused:#?}");
    assert_eq!(world.stand_ins.mail[0].mails().len(), 1);
}

/// The server's answer was lost; what comes back says what became of the mail.
#[tokio::test]
async fn a_letter_resolves_an_unknown_outcome() {
    for bounces in [true, false] {
        let world = World::with(&["list"]).await;
        world.stand_ins.mail[0].set_archiving(Archiving::Held);
        world.stand_ins.mail[0].faults().push(MailFault::StoreThenDrop);
        world.round().await;
        assert_eq!(the_list(&world).await.state, State::Unknown);
        let (subject, id) = world.the_mail();
        let letter =
            if bounces { bounced(&id, &world.date()) } else { held(&subject, &world.date()) };
        assert_eq!(world.post_brings(&letter).await, ABOUT_ONE);
        world.settle_down().await;
        let state = if bounces { State::Refused } else { State::Posted };
        assert_eq!(the_list(&world).await.state, state);
        assert_eq!(world.stand_ins.mail[0].mails().len(), 1);
    }
}

#[tokio::test]
async fn a_letter_about_another_mail_moves_nothing_and_is_kept_for_a_person() {
    let world = sent().await;
    let letter = bounced("somebody-elses@lab.example", &world.date());
    assert_eq!(world.post_brings(&letter).await, STRAY);
    let before = the_list(&world).await;
    assert_eq!((before.state, before.copy), (State::Posted, Some(CopyState::Sent)));
    let strays = world.ledger.strays().await.unwrap();
    assert_eq!(strays.len(), 1);
    assert_eq!(world.ledger.dismiss_stray(&strays[0].id[..8], world.now()).await.unwrap(), 1);
    assert!(world.ledger.strays().await.unwrap().is_empty());
}

/// Two ads with the same subject wait on the same list, as an older Handbill let them: nobody can
/// say which one is meant.
#[tokio::test]
async fn a_notice_that_could_mean_two_ads_moves_neither() {
    let mut world = sent().await;
    for channel in &mut world.site.channels {
        channel.holds.open_posts = OpenPosts::Any;
    }
    world.copy_page("content/jobs/another/index.md", "tides", "tides-2").await;
    world.round().await;
    assert_eq!(world.stand_ins.mail[0].mails().len(), 2);
    let notice = held(&world.the_mail().0, &world.date());
    assert_eq!(world.post_brings(&notice).await, STRAY);
    for delivery in world.deliveries("list").await {
        assert_eq!(delivery.copy, Some(CopyState::Sent));
    }
}

#[tokio::test]
async fn what_people_write_is_not_for_the_record() {
    let world = sent().await;
    let (subject, id) = world.the_mail();
    let letter = format!(
        "From: Ada Brine <ada@elsewhere.example>\nTo: office@tidal.example\n\
         Subject: Re: {subject}\nIn-Reply-To: <{id}>\nDate: {}\n\nDear all, I apply.\n",
        world.date()
    );
    assert_eq!(world.post_brings(&letter).await, NOTHING);
    assert!(world.ledger.strays().await.unwrap().is_empty());
    assert!(world.ledger.answers_to(the_list(&world).await.key).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_lists_own_copy_says_where_it_stands() {
    let world = sent().await;
    let (subject, id) = world.the_mail();
    let letter = format!(
        "From: office@tidal.example\nTo: jobs@lists.example\nSubject: [jobs] {subject}\n\
         Message-ID: <{id}>\nDate: {}\nList-Id: <jobs.lists.example>\n\
         Archived-At: <https://lists.example/archives/17>\n\nForecast the tides.\n",
        world.date()
    );
    assert_eq!(world.post_brings(&letter).await, ABOUT_ONE);
    let live = the_list(&world).await;
    assert_eq!(live.copy, Some(CopyState::Live));
    let link = live.receipt.unwrap().link.unwrap();
    assert_eq!(link.as_str(), "https://lists.example/archives/17");
}

/// A board that takes ads by mail to a person says nothing, and may send it back.
#[tokio::test]
async fn a_mail_to_a_person_has_arrived_once_it_would_have_come_back() {
    for comes_back in [true, false] {
        let folder = super::folder(&["list"]);
        let file = folder.read("channels/list.toml");
        let without_archive: Vec<&str> =
            file.lines().filter(|line| !line.starts_with("archive")).collect();
        let file = without_archive.join("\n").replace("[mail]", "[mail]\nsoftware = \"plain\"");
        folder.write("channels/list.toml", file);
        let site = folder.read("handbill.toml");
        let mailbox = "[mailbox]\nhost = \"imap.tidal.example\"\nusername = \"office\"\n\
                       password = { env = \"UNUSED\" }\n";
        folder.write("handbill.toml", format!("{site}\n{mailbox}"));
        let world = World::of(folder, KeyPolicy::Honoured).await;
        world.stand_ins.mail[0].set_archiving(Archiving::Held);
        world.round().await;
        world.look_for_arrivals().await;
        assert_eq!(the_list(&world).await.copy, Some(CopyState::Sent));
        world.wait(5 * 24 * 60);
        world.look_for_arrivals().await;
        assert_eq!(the_list(&world).await.copy, Some(CopyState::Sent));
        if comes_back {
            let letter = bounced(&world.the_mail().1, &world.date());
            assert_eq!(world.post_brings(&letter).await, ABOUT_ONE);
        }
        world.wait(25 * 60);
        world.look_for_arrivals().await;
        let delivery = the_list(&world).await;
        let live = (State::Posted, Some(CopyState::Live));
        let expected = if comes_back { (State::Refused, None) } else { live };
        assert_eq!((delivery.state, delivery.copy), expected);
        assert_eq!(delivery.asks_since, None, "nobody is asked");
    }
}

/// As LISTSERV tells its senders. Where no archive can be looked at, nobody will ever say more.
#[tokio::test]
async fn what_a_list_says_that_it_distributed_is_live_where_no_archive_could_show_it() {
    for has_archive in [true, false] {
        let mut world = World::with(&["list"]).await;
        for channel in &mut world.site.channels {
            if let KindConfig::Mail(mail) = &mut channel.config {
                mail.archive = mail.archive.take().filter(|_| has_archive);
            }
        }
        world.stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
        world.stand_ins.mail[0].set_archiving(Archiving::Held);
        world.round().await;
        let (subject, _) = world.the_mail();
        let letter = format!(
            "From: \"L-Soft list server\" <LISTSERV@lists.example>\nTo: office@tidal.example\n\
             Subject: Message (\"Your message dated Tue...\")\nDate: {}\n\n\
             Your message dated Tue, 12 Jan 2027 with subject \"{subject}\"\n\
             has been successfully distributed to the JOBS list (41 recipients).\n",
            world.date()
        );
        assert_eq!(world.post_brings(&letter).await, ABOUT_ONE);
        let copy = if has_archive { CopyState::Sent } else { CopyState::Live };
        assert_eq!(the_list(&world).await.copy, Some(copy), "{has_archive}");
    }
}
