//! `handbill channels test` against a real server, and against what that said once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::Lab;
use super::faults::{Board, Boards, file, serve};
use super::server::Server;

const STEPS: [&str; 6] = ["credentials", "create", "find", "update", "verify", "withdraw"];

#[test]
fn a_life_on_a_real_server_is_written_down_and_played_back_without_it() {
    let boards: Boards =
        Arc::new(Mutex::new(BTreeMap::from([("plain".to_owned(), Board::plain())])));
    let served = Arc::clone(&boards);
    let server = Server::start(move |asked| serve(&served, asked));
    let base = server.base();
    let lab = Lab::with(&[("plain", file(&base, "plain"))]);
    let record = ["channels", "test", "plain", "--server", &base, "--record", "said.json"];
    let real = lab.site.run(&record);
    assert_eq!(real.code, 0, "{real:?}");
    for step in STEPS {
        assert!(real.out.contains(&format!("\n{step}\n")), "{step} in {}", real.out);
    }
    assert!(real.out.contains(&format!("> POST {base}/plain/jobs")), "{}", real.out);

    // The server is gone, and its links with it.
    drop(server);
    let played = lab.site.run(&["channels", "test", "plain", "--recorded", "said.json"]);
    assert_eq!(played.code, 0, "{played:?}");
    assert!(played.out.contains("= agrees") && !played.out.contains(&base), "{}", played.out);

    // A mistake in the file is seen where it is made.
    lab.site.replace(
        "channels/plain.toml",
        "link = { json = \"/link\" }",
        "link = { json = \"/url\" }",
    );
    lab.site.replace(
        "channels/plain.toml",
        "id = { json = \"/id\" }",
        "id = { json = \"/number\" }",
    );
    let wrong = lab.site.run(&["channels", "test", "plain", "--recorded", "said.json"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.out.contains("the board names no id"), "{}", wrong.out);
}
