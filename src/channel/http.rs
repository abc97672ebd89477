//! The one HTTP client, and what an answer means.
