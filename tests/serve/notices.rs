//! The daemon tells somebody what needs a person: once, and beside its other work.

use handbill::rehearsal::fault::Fault;

use super::{World, wait_for};
use crate::notice::Hook;

impl World {
    fn refuse_the_next(&self) {
        self.mastodon.faults().push(Fault::RefuseBeforeStoring {
            status: 422,
            headers: Vec::new(),
            body: r#"{"error":"Validation failed: no ads here"}"#.to_owned(),
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_told_once_over_a_restart() {
    let (world, hook) = (World::new().await, Hook::start().await);
    world.configure(&format!("[notices]\nwebhook = {{ url = \"{}\" }}", hook.address));
    world.refuse_the_next();
    let daemon = world.serve();
    wait_for("a notice", || (!hook.bodies().is_empty()).then_some(()));
    daemon.stop();
    let daemon = world.serve();
    wait_for("a round", || (daemon.health().1["rounds"]["done"] != 0).then_some(()));
    daemon.stop();
    let told = hook.bodies();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].to_string().contains("no ads here"), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_down_is_said_in_health_and_keeps_nothing_from_going_out() {
    let (world, hook) = (World::new().await, Hook::start().await);
    world.configure(&format!("[notices]\nwebhook = {{ url = \"{}\" }}", hook.address));
    hook.answers(503);
    world.refuse_the_next();
    let daemon = world.serve();
    wait_for("the trouble in health", || {
        daemon.health().1.to_string().contains("people could not be told").then_some(())
    });
    world.change_page();
    world.announced();
    daemon.stop();
}
