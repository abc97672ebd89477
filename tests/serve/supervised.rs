//! What systemd hears (sd_notify(3)).

use std::os::unix::net::UnixDatagram;

use super::{Daemon, World, wait_for};

struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn hear(&mut self, what: &str) {
        let mut buffer = [0; 4096];
        wait_for(what, || {
            while let Ok(length) = self.socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                self.heard.extend(text.lines().map(str::to_owned));
            }
            let found = self.heard.iter().position(|line| line.starts_with(what))?;
            // What comes next comes after it.
            self.heard.drain(..=found);
            Some(())
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_hears_that_it_is_ready_alive_reloading_and_stopping() {
    let world = World::new().await;
    let path = world.site.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut manager = Manager { socket, heard: Vec::new() };
    let mut command = world.command(&[]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000");
    let daemon = Daemon::start(command);
    manager.hear("READY=1");
    manager.hear("STATUS=next look at ");
    manager.hear("WATCHDOG=1");
    manager.hear("WATCHDOG=1");
    daemon.signal("-HUP");
    manager.hear("RELOADING=1");
    manager.hear("MONOTONIC_USEC=");
    manager.hear("READY=1");
    daemon.signal("-TERM");
    manager.hear("STOPPING=1");
    daemon.stop_without_asking();
}

impl Daemon {
    fn stop_without_asking(mut self) {
        assert_eq!(self.ended(), 0);
    }
}
