//! Why the mailbox cannot be read, and what to do.

use std::time::Duration;

use crate::channel::secret::SecretError;

/// Why the mailbox cannot be read. No text holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    #[error("`{key}` of the mailbox: {why}")]
    Setting { key: &'static str, why: String },
    #[error("the password of the mailbox: {0}")]
    Secret(#[from] SecretError),
    #[error("nothing was read: `{host}` is not this machine, and this is a rehearsal")]
    OutOfReach { host: String },
    #[error("no connection to {server}: {why}")]
    Connect { server: String, why: String },
    #[error("no safe connection to {server}: {why}; check `host` and `ca`")]
    Untrusted { server: String, why: String },
    #[error(
        "{server} offers no STARTTLS, and no password is sent in clear; use `security = \"tls\"`"
    )]
    NoStarttls { server: String },
    #[error("{server} did not let us in: {why}; check `username` and the password")]
    SignIn { server: String, why: String },
    #[error("no access token for the mailbox: {why}")]
    Token { why: String },
    #[error("{server} does not open the folder `{folder}`: {why}; check `folder`")]
    Folder { server: String, folder: String, why: String },
    #[error("{server} did not answer {step} within {} s", .limit.as_secs_f32())]
    Silent { server: String, step: Step, limit: Duration },
    #[error("{server} closed the connection at {step}")]
    Closed { server: String, step: Step },
    #[error("{server} answered {step} with what is no IMAP: {why}")]
    Garbled { server: String, step: Step, why: String },
    #[error("{server} refused {step}: {why}")]
    Refused { server: String, step: Step, why: String },
    /// A call was dropped before its end, and the next answer could be that call's.
    #[error("the connection to {server} was left in the middle of {step}; open a new one")]
    LeftOpen { server: String, step: Step },
}

impl MailboxError {
    /// Whether trying again later is of no use until somebody has changed something.
    pub fn needs_a_person(&self) -> bool {
        matches!(
            self,
            Self::Setting { .. }
                | Self::Secret(_)
                | Self::Untrusted { .. }
                | Self::NoStarttls { .. }
                | Self::SignIn { .. }
                | Self::Folder { .. }
        )
    }
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Encryption,
    SignIn,
    Capabilities,
    Folder,
    Search,
    Fetch,
    Wait,
    Goodbye,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Encryption => "STARTTLS",
            Self::SignIn => "the sign-in",
            Self::Capabilities => "CAPABILITY",
            Self::Folder => "EXAMINE",
            Self::Search => "UID SEARCH",
            Self::Fetch => "UID FETCH",
            Self::Wait => "IDLE",
            Self::Goodbye => "LOGOUT",
        })
    }
}
