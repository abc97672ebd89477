//! What is wrong in a schedule.

use chrono::Utc;
use chrono_tz::Europe::Berlin;
use handbill::schedule::{Schedule, local_time};

use super::{refused, site};

/// The words of a refusal with the next five times of what was meant, as the clock stands now.
fn with_times(words: &str, meant: &str) -> String {
    let schedule = Schedule::parse(meant, Berlin).expect("a schedule");
    let times = schedule.next_five(Utc::now()).into_iter().map(|at| local_time(at, Berlin));
    let times: Vec<String> = times.collect();
    assert_eq!(times.len(), 5);
    words.trim().replace("[TIMES]", &times.join(", "))
}

#[test]
fn a_schedule_with_too_few_fields_is_refused() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "0 10 * *");
    refused(
        &site,
        &with_times(
            r#"
error[channel::schedule]: a schedule has five fields, this one has 4
 --> channels/mastodon.toml:3:13
  |
3 | schedule = "0 10 * *"
  |             ^^^^^^^^
  |
  = help: write minute, hour, day of month, month, day of week: did you mean `0 10 * * *`? It comes [TIMES]
"#,
            "0 10 * * *",
        ),
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
        &with_times(
            r#"
error[channel::schedule]: `Mno` is no day of the week
 --> channels/mastodon.toml:3:22
  |
3 | schedule = "0 10 * * Mno"
  |                      ^^^
  |
  = help: did you mean `0 10 * * Mon`? It comes [TIMES]
"#,
            "0 10 * * Mon",
        ),
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
        &with_times(
            r#"
error[channel::schedule]: there is no shorthand `@daly`
 --> channels/mastodon.toml:3:13
  |
3 | schedule = "@daly"
  |             ^^^^^
  |
  = help: did you mean `@daily`? It comes [TIMES]
"#,
            "@daily",
        ),
    );
}

#[test]
fn a_number_that_could_be_two_weekdays_is_refused() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "0 0 10 * * 1");
    refused(
        &site,
        &with_times(
            r#"
error[channel::schedule]: in a schedule with seconds, `1` could mean two things
 --> channels/mastodon.toml:3:24
  |
3 | schedule = "0 0 10 * * 1"
  |                        ^
  |
  = help: if you mean Monday, write `0 0 10 * * Mon`; Quartz would read it as Sunday; that comes [TIMES]
"#,
            "0 0 10 * * Mon",
        ),
    );
}

#[test]
fn a_schedule_that_is_odd_is_shown_with_the_times_at_which_it_comes() {
    let site = site();
    site.replace("channels/mastodon.toml", "0 10 * * Mon-Fri", "* 9 * * *");
    let plan = site.run(&["plan"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let words = "this schedule comes every minute from 9:00 to 9:59";
    assert!(
        plan.err.starts_with(&format!("warning[channel::schedule]: {words}\n")),
        "{}",
        plan.err
    );
    assert!(plan.err.contains(&with_times("it comes [TIMES]", "* 9 * * *")), "{}", plan.err);
    assert!(plan.err.contains("write `0 9 * * *`"), "{}", plan.err);
}
