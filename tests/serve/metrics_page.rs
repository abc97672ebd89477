//! The page of metrics in the handbook's reference is made of what the daemon answers.

use std::fmt::Write;

use super::World;
use crate::support::reference;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_metrics_is_what_the_daemon_answers() {
    let world = World::new().await;
    let daemon = world.serve();
    let text = daemon.get("/metrics").1;
    daemon.stop();
    let types: std::collections::HashMap<_, _> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let mut page = String::from(
        "# Metrics\n\nWhat `handbill serve` answers at `/metrics`, in Prometheus' text form.\n\n\
         | metric | type | says |\n| --- | --- | --- |\n",
    );
    for line in text.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, says) = line.split_once(' ').expect("a name and what it says");
        let _ = writeln!(page, "| `{name}` | {} | {says} |", types[name]);
    }
    reference("metrics.md", &page);
}
