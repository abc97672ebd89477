//! What should be done, when, and why not.
