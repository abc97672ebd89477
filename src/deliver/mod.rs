//! Joins plan, ledger and channels: attempt, outcome, finding out.
