//! Named points at which a test can stop the real process and kill it.
//!
//! Only debug builds have them: a released binary passes by without looking.

/// Stops here for ever if `$HANDBILL_HALT_AT` names this point, after saying so on standard error:
/// then a test kills the process, as a power cut would.
pub async fn reached(point: &str) {
    #[cfg(debug_assertions)]
    if std::env::var_os("HANDBILL_HALT_AT").is_some_and(|it| it == point) {
        eprintln!("halted at {point}");
        std::future::pending::<()>().await;
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}

/// Every point, in the order in which a delivery passes them; `after-step` only one of several
/// requests.
pub const POINTS: [&str; 8] = [
    "observed",
    "planned",
    "before-claim",
    "after-claim",
    "after-step",
    "after-send",
    "after-settle",
    "after-find",
];
