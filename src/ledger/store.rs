//! All SQL of the ledger.
pub struct Ledger;
