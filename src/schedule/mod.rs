//! When a channel may be addressed: cron expressions in a time zone.
