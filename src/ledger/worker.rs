//! Which process sends, and whether it is still running.
//!
//! A worker is named `host:pid:start`, where start is `boot.namespace.tick`: the kernel's boot id,
//! the process id namespace, and the tick at which the process began. So a process id that was
//! given out again, a reboot, and a second container on one host are all told apart. Where
//! `/proc` does not say these things (other systems than Linux, `hidepid`), start is empty and
//! [`liveness`] answers [`Liveness::CannotTell`].
//!
//! Across machines nobody can look whether a process lives. There an attempt is its own lease: it ends
//! with its `send_by`, after which nothing of it may be sent, on the clock of the machine that sends.
//! The others wait for [`super::claim::RECOVERY_MARGIN`] longer and then call it unknown, which is
//! never due; and whether anything of it is there they ask the channel. So a worker whose connection to
//! the ledger is lost may end what it has begun, within its `send_by`: its outcome is written when the
//! ledger is there again, and counts then. It begins nothing else, because a claim needs the ledger.
//! Clocks may differ by less than the margin; `handbill doctor` compares this machine's with the
//! server's.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Whether a worker can still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    Alive,
    Dead,
    /// It ran on another host, or this one does not say.
    CannotTell,
}

/// The name of this process as a worker.
pub fn this_worker() -> String {
    let pid = std::process::id();
    let start = match (Kernel::here(), Process::read(pid)) {
        (Some(kernel), Process::Running { began }) => {
            format!("{}.{}.{began}", kernel.boot, kernel.namespace)
        }
        _ => String::new(),
    };
    format!("{}:{pid}:{start}", host_name())
}

/// Whether the worker of this name is still running.
pub fn liveness(worker: &str) -> Liveness {
    let Some(worker) = Worker::parse(worker) else { return Liveness::CannotTell };
    let Some(kernel) = Kernel::here() else { return Liveness::CannotTell };
    if worker.host != host_name() {
        return Liveness::CannotTell;
    }
    if worker.boot != kernel.boot {
        return Liveness::Dead;
    }
    if worker.namespace != kernel.namespace {
        return Liveness::CannotTell;
    }
    match Process::read(worker.pid) {
        Process::Running { began } if began == worker.began => Liveness::Alive,
        Process::Running { .. } | Process::Ended => Liveness::Dead,
        Process::Hidden => Liveness::CannotTell,
    }
}

/// Whether a worker that counts as dead by its name is dead where several machines share a ledger:
/// another one may have the name of this host, so that another boot says nothing.
pub(in crate::ledger) fn dead_among_several(worker: &str) -> Liveness {
    match (Worker::parse(worker), Kernel::here()) {
        (Some(worker), Some(kernel)) if worker.boot != kernel.boot => Liveness::CannotTell,
        _ => Liveness::Dead,
    }
}

/// The name of this machine, for people.
pub(in crate::ledger) fn host_name() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown host".to_owned())
}

/// A worker's name, taken apart.
struct Worker<'a> {
    host: &'a str,
    pid: u32,
    boot: &'a str,
    namespace: &'a str,
    began: u64,
}

impl<'a> Worker<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let (rest, start) = name.rsplit_once(':')?;
        let (host, pid) = rest.rsplit_once(':')?;
        let mut start = start.splitn(3, '.');
        Some(Self {
            host,
            pid: pid.parse().ok()?,
            boot: start.next()?,
            namespace: start.next()?,
            began: start.next()?.parse().ok()?,
        })
    }
}

/// What tells one numbering of processes from another.
struct Kernel {
    boot: String,
    namespace: String,
}

impl Kernel {
    fn here() -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        let digits = |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>();
        let namespace = namespace.to_string_lossy();
        let namespace = namespace.rsplit_once('[').map_or("", |(_, inode)| inode);
        Some(Self { boot: digits(&boot), namespace: digits(namespace) })
    }
}

enum Process {
    /// Since this many ticks after the machine started.
    Running {
        began: u64,
    },
    Ended,
    Hidden,
}

impl Process {
    /// `/proc/PID/stat`, see proc_pid_stat(5): after the name in parentheses come the state
    /// (field 3) and, as field 22, the start time.
    fn read(pid: u32) -> Self {
        let stat = match fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => stat,
            // With `hidepid=2` other people's processes are missing, that of process 1 included.
            Err(error) if error.kind() == ErrorKind::NotFound && Path::new("/proc/1").exists() => {
                return Self::Ended;
            }
            Err(_) => return Self::Hidden,
        };
        let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        match (fields.next(), fields.nth(18).map(str::parse)) {
            (Some("Z" | "X"), _) => Self::Ended,
            (Some(_), Some(Ok(began))) => Self::Running { began },
            _ => Self::Hidden,
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive() {
        assert_eq!(liveness(&this_worker()), Liveness::Alive);
    }

    #[test]
    fn a_process_that_ended_is_dead_even_before_its_parent_looked() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let name = this_worker()
            .replace(&format!(":{}:", std::process::id()), &format!(":{}:", child.id()));
        // Whether it still runs, is a zombie, or has gone: it is not the process of that tick.
        child.wait().unwrap();
        assert_eq!(liveness(&name), Liveness::Dead);
    }

    #[test]
    fn a_process_id_that_was_given_out_again_is_another_process() {
        let name = this_worker();
        let (before, _) = name.rsplit_once('.').unwrap();
        assert_eq!(liveness(&format!("{before}.1")), Liveness::Dead);
    }

    #[test]
    fn nothing_is_said_of_another_host_or_of_a_name_in_another_form() {
        assert_eq!(liveness("elsewhere.example:1:aa.1.1"), Liveness::CannotTell);
        assert_eq!(liveness("somebody"), Liveness::CannotTell);
    }
}
