//! One site, one ledger.
