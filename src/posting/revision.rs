//! The revision: a hash of what a posting says.
