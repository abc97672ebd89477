//! Engines that are broken on purpose: the simulation has to catch each. None of them is a switch
//! of the real engine; each is done to what surrounds it.

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// An unknown outcome counts as "certainly not there", and is tried again.
    RetryOnUnknown,
    /// What was written last before a process died is lost, the attempt with it.
    ReceiptBeforeFsync,
    /// Each attempt carries a key of its own.
    KeyPerAttempt,
    /// Nobody looks at the send-by time before writing.
    LeaseWithoutSendBy,
    /// Any status with our link is taken for ours, whatever it says and whoever owns it.
    LinkOnlyFind,
    /// "Not there" is believed at once, while a request may still be under way.
    AbsentTooEarly,
    /// A clock that is turned makes "not there" believed.
    WallClockOnly,
    /// A copy that another delivery owns is taken for ours.
    NoOwnerCheck,
    /// An outcome that could not be written is forgotten, and the delivery is due again.
    LostOutcome,
    /// What a dead worker left is due again.
    DeadWorkerDue,
    /// What earlier steps left is forgotten: every attempt begins with the first one.
    StepsFromTheStart,
    /// A mail that its server took counts as seen by readers.
    SentIsLive,
    /// A list that is silent for too long gets the ad once more.
    SilentIsDue,
}

impl Broken {
    pub const ALL: [Self; 13] = [
        Self::RetryOnUnknown,
        Self::ReceiptBeforeFsync,
        Self::KeyPerAttempt,
        Self::LeaseWithoutSendBy,
        Self::LinkOnlyFind,
        Self::AbsentTooEarly,
        Self::WallClockOnly,
        Self::NoOwnerCheck,
        Self::LostOutcome,
        Self::DeadWorkerDue,
        Self::StepsFromTheStart,
        Self::SentIsLive,
        Self::SilentIsDue,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetryOnUnknown => "retry-on-unknown",
            Self::ReceiptBeforeFsync => "receipt-before-fsync",
            Self::KeyPerAttempt => "key-per-attempt",
            Self::LeaseWithoutSendBy => "lease-without-send-by",
            Self::LinkOnlyFind => "link-only-find",
            Self::AbsentTooEarly => "absent-too-early",
            Self::WallClockOnly => "wall-clock-only",
            Self::NoOwnerCheck => "no-owner-check",
            Self::LostOutcome => "lost-outcome",
            Self::DeadWorkerDue => "dead-worker-due",
            Self::StepsFromTheStart => "steps-from-the-start",
            Self::SentIsLive => "sent-is-live",
            Self::SilentIsDue => "silent-is-due",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}
