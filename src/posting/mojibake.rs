//! Repairs UTF-8 that was read as Windows-1252 and encoded again.
