//! Again: an errand that nobody does is told again, once for each time that its channel says.

use chrono::TimeDelta;

use super::{By, OFFICE, PAGE, World, load};

fn weekly() -> String {
    format!("ask_again = \"7d\"\n{OFFICE}")
}

async fn world() -> World {
    World::new(&[("office", &weekly())], By::Webhook, "").await
}

fn titles(world: &World) -> Vec<String> {
    let bodies = world.hook.bodies();
    let notices = bodies.iter().flat_map(|body| body["notices"].as_array().unwrap().clone());
    notices.map(|notice| notice["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_errand_is_told_again_once_for_each_week() {
    let mut world = world().await;
    for day in 0..22 {
        // However often a round is held, and whoever holds it.
        for _ in 0..2 {
            world.round().await;
        }
        if day == 10 {
            world.restart().await;
        }
        world.wait(TimeDelta::days(1));
    }
    let first = "Please publish “PhD position in Tides” on office";
    let again = format!("Still to do: {first}");
    assert_eq!(titles(&world), [first, &again, &again, &again]);
    let last = world.hook.bodies().pop().unwrap();
    let notice = &last["notices"][0];
    assert_eq!(notice["kind"], "errand");
    assert!(notice["what"].as_str().unwrap().contains("You were asked on "), "{notice}");
    assert!(notice["errand"].as_str().unwrap().contains("PhD position in Tides"), "{notice}");
}

#[tokio::test]
async fn weeks_in_which_nobody_was_there_are_told_once() {
    let world = world().await;
    world.round().await;
    world.wait(TimeDelta::days(30));
    world.round().await;
    world.round().await;
    assert_eq!(titles(&world).len(), 2, "{:?}", titles(&world));
}

#[tokio::test]
async fn what_was_done_is_not_told_again() {
    let world = world().await;
    let round = world.only_round().await;
    world.tell(&round).await;
    let key = round.done[0].key;
    let link = "https://board.example/7".parse().unwrap();
    world.ledger.record(key, &link, world.clock.now()).await.unwrap();
    world.wait(TimeDelta::days(8));
    world.round().await;
    assert_eq!(titles(&world).len(), 1, "{:?}", titles(&world));
}

#[tokio::test]
async fn of_several_errands_about_one_copy_the_last_is_told_again() {
    let mut world = world().await;
    world.round().await;
    world.wait(TimeDelta::days(1));
    world.folder.replace(PAGE, "2027-06-30", "2027-07-31");
    world.site = load(&world.folder);
    world.round().await;
    world.wait(TimeDelta::days(8));
    world.round().await;
    let told = titles(&world);
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2], "Still to do: Please change “PhD position in Tides” on office");
}

#[tokio::test]
async fn an_errand_that_is_over_is_not_told_again() {
    let mut world = world().await;
    world.round().await;
    world.folder.replace(PAGE, "job:", "closed: true\njob:");
    world.site = load(&world.folder);
    let round = world.only_round().await;
    world.tell(&round).await;
    let close = round.done.first().expect("an errand to take it down").key;
    let done = handbill::ledger::Resolution::Posted(handbill::channel::Receipt::default());
    world.ledger.resolve(close, &done, world.clock.now()).await.unwrap();
    world.wait(TimeDelta::days(15));
    world.round().await;
    assert_eq!(titles(&world).len(), 2, "{:?}", titles(&world));
}

#[tokio::test]
async fn without_the_key_once_is_enough() {
    let world = World::with_errand(By::Webhook, "").await;
    world.round().await;
    world.wait(TimeDelta::days(90));
    world.round().await;
    assert_eq!(titles(&world).len(), 1, "{:?}", titles(&world));
}

/// The fields of a form are long in a mail: the command shows them ready to paste.
#[tokio::test]
async fn an_errand_for_a_form_names_the_command_that_shows_its_card() {
    let world =
        World::new(&[("stellenwerk", "preset = \"boards/stellenwerk\"\n")], By::Webhook, "").await;
    let round = world.only_round().await;
    world.tell(&round).await;
    let id = round.done[0].key.short();
    let told = world.hook.bodies().pop().unwrap();
    let commands = told["notices"][0]["commands"].as_array().unwrap();
    assert_eq!(commands[0], "handbill card stellenwerk tides");
    assert_eq!(commands[1], format!("handbill record {id} LINK"));

    let office = World::with_errand(By::Webhook, "").await;
    office.round().await;
    let told = office.hook.bodies().pop().unwrap();
    assert_eq!(told["notices"][0]["commands"].as_array().unwrap().len(), 1, "no form, no card");
}
