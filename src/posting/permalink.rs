//! Where readers find a page: the address as Hugo computes it.
