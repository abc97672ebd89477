//! A moderator's notice names no Message-ID. So a list has at most one message on its way that such
//! a notice could mean (promise 6: what came back is never guessed).

use handbill::ledger::{CopyState, State};
use handbill::plan::{Pace, When};

use crate::support::TestSite;
use crate::support::world::World;

const ARCHIVE: &str = "archive = { software = \"hyperkitty\", base = \"https://lists.example/archives\", list = \"tides@lists.example\" }";
const OLD_SYMPA: &str = "software = \"sympa\"\narchive = { software = \"sympa\", base = \"https://lists.example/sympa\", list = \"tides\", timezone = \"Europe/Berlin\", links = \"arcsearch-id\" }";
const NEW_SYMPA: &str = "software = \"sympa\"\narchive = { software = \"sympa\", base = \"https://lists.example/sympa\", list = \"tides\", timezone = \"Europe/Berlin\" }";

/// A site with a list and two ads, of which the first is announced.
fn announced(mail: &str, titles: [&str; 2]) -> World {
    let folder = TestSite::with_channels(&[]);
    std::fs::remove_dir_all(folder.path("content/jobs")).expect("removing the examples");
    for (id, title) in ["tides-a", "tides-b"].iter().zip(titles) {
        folder.write(
            &format!("content/jobs/{id}.md"),
            format!("---\ntitle: {title}\ndate: 2027-01-10\njob:\n  id: {id}\n  deadline: 2027-03-01\n---\n\nForecast the tides.\n"),
        );
    }
    folder.write(
        "channels/list.toml",
        format!("kind = \"mail\"\n[mail]\nto = \"tides@lists.example\"\nfrom = \"office@tidal.example\"\nhost = \"mail.tidal.example\"\n{mail}\n"),
    );
    let mut world = World::of(folder);
    world.observe();
    let mut plan = world.plan_at(Pace::AtOnce);
    plan.steps.retain(|step| &*step.name.posting.0 == "tides-a");
    assert_eq!(plan.steps.len(), 1, "{:?}", world.site.channels);
    world.apply(&plan);
    world
}

/// What is said of the second ad while the copy of the first is in this state.
fn second(world: &mut World, copy: CopyState) -> Vec<String> {
    world.past.deliveries[0].copy = Some(copy);
    about_the_second(world)
}

fn about_the_second(world: &World) -> Vec<String> {
    let plan = world.plan_at(Pace::AtOnce);
    let ours = plan.steps.iter().filter(|step| step.name.posting.as_str() == "tides-b");
    ours.map(|step| match &step.when {
        When::Due { .. } => "due".to_owned(),
        When::At { slot } => slot.to_string(),
        When::Not { reason } => reason.to_string(),
    })
    .collect()
}

const DUE: [&str; 1] = ["due"];
const SAME: [&str; 2] = ["PhD position in Tides", "PhD position in Tides"];
const OTHER: [&str; 2] = ["PhD position in Tides", "Postdoc in Waves"];

#[test]
fn an_ad_waits_until_the_one_with_its_subject_is_in_the_archive() {
    let mut world = announced(ARCHIVE, SAME);
    for on_its_way in [CopyState::Sent, CopyState::Held] {
        assert_eq!(
            second(&mut world, on_its_way),
            ["a message with the same subject (tides-a, 2027-01-11 09:00) is not in \
              the list's archive yet, and a moderator's notice could not be told apart; it goes out \
              once that was seen, refused or resolved"]
        );
    }
    for over in [CopyState::Live, CopyState::Gone, CopyState::Withdrawn] {
        assert_eq!(second(&mut world, over), DUE, "{over:?}");
    }
}

#[test]
fn an_ad_with_another_subject_does_not_wait() {
    let mut world = announced(ARCHIVE, OTHER);
    assert_eq!(second(&mut world, CopyState::Held), DUE);
    let mut world = announced(NEW_SYMPA, OTHER);
    assert_eq!(second(&mut world, CopyState::Held), DUE);
}

/// Its notices do not even say the subject.
#[test]
fn an_old_sympa_has_one_message_at_a_time() {
    let mut world = announced(OLD_SYMPA, OTHER);
    let said = second(&mut world, CopyState::Held);
    assert!(said[0].contains("a message (tides-a, "), "{said:?}");
    assert_eq!(second(&mut world, CopyState::Live), DUE);
}

#[test]
fn a_person_who_answers_each_mail_has_as_many_as_come() {
    let mut world = announced("software = \"plain\"", SAME);
    assert_eq!(second(&mut world, CopyState::Sent), DUE);
}

#[test]
fn what_nobody_knows_of_may_be_with_a_moderator() {
    let mut world = announced(ARCHIVE, SAME);
    let first = &mut world.past.deliveries[0];
    (first.state, first.copy, first.standing) = (State::Unknown, None, None);
    let said = about_the_second(&world);
    assert!(said[0].contains("with the same subject (tides-a"), "{said:?}");
}
