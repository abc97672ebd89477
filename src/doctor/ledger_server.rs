//! The PostgreSQL server of a ledger that several machines share, and what they do not share.

use chrono::{TimeDelta, Utc};

use super::Finding;
use crate::ledger::{Ledger, Server, Standbys};
use crate::site::Site;
use crate::site::channel_file::KindConfig;

const SERVER: &str = "doctor::ledger-server";
const CLOCK: &str = "doctor::ledger-clock";

/// Machines that share a ledger may differ by so much; what another one began is given up fifteen
/// minutes late for that.
const CLOCKS_MAY_DIFFER: TimeDelta = TimeDelta::seconds(30);

/// Looks at the server; nothing of a ledger in a file.
pub(super) async fn look(ledger: &Ledger, site: &Site) -> Vec<Finding> {
    let before = Utc::now();
    let server = match ledger.server().await {
        Ok(Some(server)) => server,
        Ok(None) => return Vec::new(),
        Err(error) => {
            let help = "may its user read the server's settings?";
            return vec![Finding::problem(SERVER, error.to_string(), help)];
        }
    };
    // It looked at its clock some time between these two.
    let after = Utc::now();
    let apart = (server.now - after).max(before - server.now).max(TimeDelta::zero());
    let mut findings = vec![promises(&server), clock(apart)];
    findings.extend(lists_of_one_machine(site));
    findings
}

/// Whether it keeps what it confirms.
fn promises(server: &Server) -> Finding {
    if let Some(refusal) = &server.refusal {
        let (what, help) = refusal.split_once("\nhelp: ").unwrap_or((refusal, ""));
        return Finding::problem(SERVER, what, help);
    }
    let seen = format!("PostgreSQL {}", server.version);
    match server.standbys {
        Standbys::None => Finding::ok(SERVER, format!("{seen}, which keeps what it confirms")),
        Standbys::WaitedFor => {
            Finding::ok(SERVER, format!("{seen}, which keeps what it confirms, as does a standby"))
        }
        Standbys::NotWaitedFor => Finding::warning(
            SERVER,
            format!("{seen} has standbys, and waits for none of them"),
            "set `synchronous_standby_names` there: a standby that takes over without having heard of \
             everything counts as a backup that was put back, and people are asked",
        ),
    }
}

fn clock(apart: TimeDelta) -> Finding {
    if apart <= CLOCKS_MAY_DIFFER {
        let seen = "this machine's clock agrees with that of the ledger's server";
        return Finding::ok(CLOCK, seen);
    }
    let seconds = apart.num_seconds();
    Finding::problem(
        CLOCK,
        format!("this machine's clock and that of the ledger's server are {seconds} s apart"),
        "let both follow a time server (for example `systemd-timesyncd`): what another machine began \
         is given up by the clock",
    )
}

/// The lists that lie on this machine's disk.
fn lists_of_one_machine(site: &Site) -> Option<Finding> {
    let feeds = site.channels.iter().filter(|it| matches!(it.config, KindConfig::Feed(_)));
    let names: Vec<&str> = feeds.map(|it| it.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    Some(Finding::ok(
        SERVER,
        format!(
            "what {} publishes is remembered on this machine: no other one may have its file",
            names.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    fn server(standbys: Standbys, refusal: Option<&str>) -> Server {
        let refusal = refusal.map(str::to_owned);
        Server { version: "15.8".to_owned(), now: Utc::now(), standbys, refusal }
    }

    #[test]
    fn a_server_that_may_forget_what_it_confirmed_is_no_good() {
        let found = promises(&server(Standbys::None, Some("`fsync` is off\nhelp: set it")));
        assert_eq!(found.outcome, Outcome::Problem);
        assert_eq!(
            (found.seen.as_str(), found.help.as_deref()),
            ("`fsync` is off", Some("set it"))
        );
    }

    #[test]
    fn a_standby_that_may_know_less_is_worth_a_warning() {
        let outcome = |standbys| promises(&server(standbys, None)).outcome;
        assert_eq!(outcome(Standbys::NotWaitedFor), Outcome::Warning);
        assert_eq!(outcome(Standbys::WaitedFor), Outcome::Ok);
        assert_eq!(outcome(Standbys::None), Outcome::Ok);
    }

    #[test]
    fn clocks_that_are_a_minute_apart_are_a_problem() {
        assert_eq!(clock(TimeDelta::seconds(60)).outcome, Outcome::Problem);
        assert_eq!(clock(TimeDelta::seconds(5)).outcome, Outcome::Ok);
    }
}
