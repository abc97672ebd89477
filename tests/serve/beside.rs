//! What people do beside a running daemon, on the same ledger.

use super::World;

/// Words of the page that its copies show.
const WORDS: &str = "PhD position in Tides";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_beside_it_is_nowhere_in_its_files() {
    let world = World::new().await;
    let daemon = world.serve();
    world.announced();
    daemon.wait_until_well();
    let page = world.site.read(crate::deliver::PAGE);
    world.site.write(crate::deliver::PAGE, page.replacen("---\n", "---\ndraft: true\n", 1));
    super::wait_for("the ad to be over", || {
        world
            .log()
            .iter()
            .any(|row| row["copy"] == "withdrawn" || row["copy"] == "edited")
            .then_some(())
    });
    std::fs::remove_file(world.site.path(crate::deliver::PAGE)).unwrap();
    assert!(holds(&world, WORDS), "the attempts hold what was sent");
    let id = world.log()[0]["posting"].as_str().unwrap().to_owned();
    // It is refused until the daemon has seen that the page is gone.
    let erased = super::wait_for("the ad to be erased", || {
        let ran = world.site.run(&["erase", &id, "--yes", "--although-copies-stand"]);
        (ran.code == 0).then_some(ran)
    });
    assert!(!holds(&world, WORDS), "{erased:?}");
    let check = world.site.run(&["ledger", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
    // It goes on with what comes next.
    let next = page.replace("id: tides", "id: currents").replace("Tides", "Currents");
    world.site.write("content/jobs/another/index.md", next);
    super::wait_for("the next ad", || (world.copies().len() == 2).then_some(()));
    daemon.wait_until_well();
    daemon.stop();
}

/// Whether any file of the ledger holds these words.
fn holds(world: &World, words: &str) -> bool {
    std::fs::read_dir(world.site.path("state")).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(words.len()).any(|it| it == words.as_bytes())
    })
}
