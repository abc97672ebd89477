//! What systemd is told (sd_notify(3)): ready, reloading, stopping, a line of status, and that the
//! loop is alive. Without `$NOTIFY_SOCKET` nobody is told.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// The service manager that started this process, if one did.
pub(super) struct Supervisor {
    watchdog: Option<Interval>,
    told: String,
}

impl Supervisor {
    pub(super) fn from_environment() -> Self {
        // Half of what is asked for, as sd_watchdog_enabled(3) recommends.
        let half = sd_notify::watchdog_enabled().map(|most| most / 2);
        let watchdog = half.filter(|it| !it.is_zero()).map(|every| {
            let mut ticks = interval_at(Instant::now() + every, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self { watchdog, told: String::new() }
    }

    /// Waits until the loop has to show that it is alive, and shows it; for ever if nobody asks.
    /// To be called by the loop itself, not by a task beside it.
    pub(super) async fn feed(&mut self) {
        match &mut self.watchdog {
            Some(ticks) => {
                ticks.tick().await;
                tell(&[NotifyState::Watchdog]);
            }
            None => std::future::pending().await,
        }
    }

    pub(super) fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    pub(super) fn reloading(&self) {
        // `Type=notify-reload` wants the time with it (sd_notify(3)).
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    /// The daemon stops, and may take so long.
    pub(super) fn stopping(&self, within: Duration) {
        let micros = u32::try_from((within + Duration::from_secs(10)).as_micros());
        tell(&[
            NotifyState::Stopping,
            NotifyState::ExtendTimeoutUsec(micros.unwrap_or(u32::MAX)),
            NotifyState::Status("stopping: open attempts are finished"),
        ]);
    }

    /// One line that `systemctl status` shows; said only if it is another one than before.
    pub(super) fn status(&mut self, text: &str) {
        if self.told != text {
            tell(&[NotifyState::Status(text)]);
            text.clone_into(&mut self.told);
        }
    }
}

fn tell(what: &[NotifyState<'_>]) {
    // A supervisor that does not listen is no reason to stop delivering.
    if let Err(error) = sd_notify::notify(what) {
        tracing::debug!(%error, "the service manager could not be told");
    }
}
