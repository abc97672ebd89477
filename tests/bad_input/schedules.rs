//! What is wrong in a schedule.

use super::{refused, site};

#[test]
fn a_schedule_with_too_few_fields_is_refused() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "0 10 * *");
    refused(
        &site,
        r#"
error[channel::schedule]: a schedule has five fields, this one has 4
 --> channels/mastodon.toml:3:13
  |
3 | schedule = "0 10 * *"
  |             ^^^^^^^^
  |
  = help: write minute, hour, day of month, month, day of week: did you mean `0 10 * * *`?
"#,
    );
}

#[test]
fn a_minute_that_does_not_exist_is_pointed_at() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "61 10 * * *");
    refused(
        &site,
        r#"
error[channel::schedule]: `61` is no minute
 --> channels/mastodon.toml:3:13
  |
3 | schedule = "61 10 * * *"
  |             ^^
  |
  = help: write 0 to 59, several with commas, ranges from the smaller to the larger, or `*` for every one
"#,
    );
}

#[test]
fn a_day_of_the_week_that_does_not_exist_is_pointed_at() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "0 10 * * Mno");
    refused(
        &site,
        r#"
error[channel::schedule]: `Mno` is no day of the week
 --> channels/mastodon.toml:3:22
  |
3 | schedule = "0 10 * * Mno"
  |                      ^^^
  |
  = help: did you mean `0 10 * * Mon`?
"#,
    );
}

#[test]
fn a_schedule_that_never_comes_is_refused() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "0 10 31 2 *");
    refused(
        &site,
        r#"
error[channel::schedule]: this schedule never comes
 --> channels/mastodon.toml:3:13
  |
3 | schedule = "0 10 31 2 *"
  |             ^^^^^^^^^^^
  |
  = help: day of month and day of week must both match, and the day must exist in that month
"#,
    );
}

#[test]
fn a_misspelt_shorthand_gets_a_suggestion() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "@daly");
    refused(
        &site,
        r#"
error[channel::schedule]: there is no shorthand `@daly`
 --> channels/mastodon.toml:3:13
  |
3 | schedule = "@daly"
  |             ^^^^^
  |
  = help: did you mean `@daily`?
"#,
    );
}

#[test]
fn a_number_that_could_be_two_weekdays_is_refused() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "0 0 10 * * 1");
    refused(
        &site,
        r#"
error[channel::schedule]: in a schedule with seconds, `1` could mean two things
 --> channels/mastodon.toml:3:24
  |
3 | schedule = "0 0 10 * * 1"
  |                        ^
  |
  = help: if you mean Monday, write `0 0 10 * * Mon`; Quartz would read it as Sunday
"#,
    );
}
