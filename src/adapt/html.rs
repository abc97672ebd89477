//! The body as HTML for mail and boards.
