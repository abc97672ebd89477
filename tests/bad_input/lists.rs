//! What is wrong in what a channel's file says of its list.

use super::{refused, site};
use crate::support::TestSite;

const ARCHIVE: &str = "archive = { software = \"hyperkitty\", base = \
                       \"https://lists.example/archives\", list = \"jobs@lists.example\" }";

/// A site whose list has this archive, or these lines in its place; the first is the 16th.
fn with(lines: &str) -> TestSite {
    let site = site();
    site.replace("channels/list.toml", ARCHIVE, lines);
    site
}

#[test]
fn software_that_nobody_knows_gets_a_suggestion() {
    refused(
        &with("software = \"mailman4\""),
        r#"
error[config::unknown-key]: unknown value `mailman4`
  --> channels/list.toml:16:12
   |
16 | software = "mailman4"
   |            ^^^^^^^^^^
   |
   = help: did you mean `mailman2`?
"#,
    );
}

#[test]
fn a_list_that_its_archive_names_otherwise_is_shown_how() {
    refused(
        &with(
            "archive = { software = \"pipermail\", base = \"https://lists.example/pipermail\", \
               list = \"jobs@lists.example\" }",
        ),
        r#"
error[channel::setting]: `mail.archive.list`: this archive names a list without its host
  --> channels/list.toml:16:86
   |
16 | ...mple/pipermail", list = "jobs@lists.example" }
   |                            ^^^^^^^^^^^^^^^^^^^^
   |
   = help: write `jobs`
"#,
    );
}

#[test]
fn a_time_zone_that_is_none_is_named() {
    refused(
        &with(
            "archive = { software = \"sympa\", base = \"https://lists.example\", list = \"jobs\", \
               timezone = \"Berlin\" }",
        ),
        r#"
error[config::value]: `Berlin` is no time zone
  --> channels/list.toml:16:11
   |
16 | ... = { software = "sympa", base = "https://lists.example", list = "jobs", timezone = "Berlin" }
   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = help: did you mean `Europe/Berlin`?
"#,
    );
}

#[test]
fn a_list_that_takes_an_ad_once_gets_no_reminder() {
    let site = with("repeats = \"never\"");
    refused(
        &site,
        r#"
error[channel::remind]: this list takes an ad once, and no reminder of it
 --> channels/list.toml:5:10
  |
5 | remind = ["7d"]                       # before the deadline, in the same ...
  |          ^^^^^^
  |
  = help: remove `remind`
"#,
    );
}

#[test]
fn reminders_keep_the_distance_that_the_list_wants() {
    let site = with("repeats = 2\nrepeat_gap = \"7d\"");
    site.replace("channels/list.toml", "[\"7d\"]", "[\"14d\", \"8d\"]");
    refused(
        &site,
        r#"
error[channel::remind]: this list takes no two posts about an ad within 7 d, and `14d` and `8d` are closer
 --> channels/list.toml:5:10
  |
5 | remind = ["14d", "8d"]                       # before the deadline, in th...
  |          ^^^^^^^^^^^^^
  |
  = help: write reminders that are farther apart (`repeat_gap` says how far)
"#,
    );
}
