//! What is wrong in the rules for when things go out: in a channel's file, and under `[plan]`.

use super::{refused, site};
use crate::support::TestSite;

/// A site whose Mastodon channel has this line, as its fourth.
fn with_line(line: &str) -> TestSite {
    let site = site();
    site.replace("channels/mastodon.toml", "remind = [\"7d\"]\n", &format!("{line}\n"));
    site
}

/// A site whose `[plan]` has this line, as the 24th of handbill.toml.
fn with_plan(line: &str) -> TestSite {
    let site = site();
    let text = site.read("handbill.toml");
    let before = text.split("# [plan]\n").next().expect("a beginning");
    site.write("handbill.toml", format!("{before}[plan]\n{line}\n"));
    site
}

#[test]
fn a_unit_that_is_none_gets_a_suggestion() {
    refused(
        &with_line("settle = \"10min\""),
        r#"
error[config::value]: `10min` is no length of time
 --> channels/mastodon.toml:4:10
  |
4 | settle = "10min"
  |          ^^^^^^^
  |
  = help: did you mean `10m`?
"#,
    );
}

#[test]
fn a_length_without_a_unit_is_asked_for_one() {
    refused(
        &with_line("lateness = \"12\""),
        r#"
error[config::value]: `12` is no length of time
 --> channels/mastodon.toml:4:12
  |
4 | lateness = "12"
  |            ^^^^
  |
  = help: write `12m` for minutes, `12h` for hours, `12d` for days or `12w` for weeks
"#,
    );
}

#[test]
fn a_length_that_is_a_bare_number_is_shown_how_to_write_it() {
    refused(
        &with_line("spacing = 2"),
        r#"
error[config::value]: this is a number
 --> channels/mastodon.toml:4:11
  |
4 | spacing = 2
  |           ^ expected a length of time in quotation marks, for example `"2h"`
"#,
    );
}

#[test]
fn months_have_no_fixed_length() {
    refused(
        &with_line("max_age = \"3 months\""),
        r#"
error[config::value]: `3 months` is no length of time
 --> channels/mastodon.toml:4:11
  |
4 | max_age = "3 months"
  |           ^^^^^^^^^^
  |
  = help: months and years differ in length: write days or weeks, for example `90d`
"#,
    );
}

#[test]
fn a_slot_holds_at_least_one_message() {
    for (key, place) in [("per_slot", 12), ("per_day", 11)] {
        let arrow = " ".repeat(place - 1);
        refused(
            &with_line(&format!("{key} = 0")),
            &format!(
                "error[config::value]: this is a number\n --> channels/mastodon.toml:4:{place}\n  \
                 |\n4 | {key} = 0\n  | {arrow}^ expected a whole number from 1"
            ),
        );
    }
}

#[test]
fn approval_is_needed_or_not() {
    refused(
        &with_line("approval = \"yes\""),
        r#"
error[config::value]: this is text
 --> channels/mastodon.toml:4:12
  |
4 | approval = "yes"
  |            ^^^^^ expected `true` or `false`
"#,
    );
}

#[test]
fn a_post_that_costs_more_than_a_month_may_is_refused() {
    refused(
        &with_line("budget = { per_month = 2, per_post = 2.5 }"),
        r#"
error[channel::budget]: a post costs 2.50, which is more than a month may cost (2.00)
 --> channels/mastodon.toml:4:38
  |
4 | budget = { per_month = 2, per_post = 2.5 }
  |                                      ^^^
  |
  = help: nothing would ever go out here: raise `per_month`, or mend `per_post`
"#,
    );
}

#[test]
fn an_amount_of_money_is_no_debt() {
    refused(
        &with_line("budget = { per_month = -20, per_post = 0.2 }"),
        r#"
error[config::value]: `-20` is no amount of money
 --> channels/mastodon.toml:4:24
  |
4 | budget = { per_month = -20, per_post = 0.2 }
  |                        ^^^
  |
  = help: write it with at most 6 decimal places, for example `20` or `0.25`
"#,
    );
}

#[test]
fn a_budget_needs_the_price_of_a_post() {
    let site = with_line("budget = { per_month = 20 }");
    let ran = site.run(&["plan"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("error[config::missing-key]: `per_post` is missing here"), "{ran:?}");
}

#[test]
fn a_weekday_that_is_none_gets_a_suggestion() {
    refused(
        &with_line("quiet = { weekdays = [\"Sat\", \"Sunn\"] }"),
        r#"
error[config::quiet]: `Sunn` is no day of the week
 --> channels/mastodon.toml:4:30
  |
4 | quiet = { weekdays = ["Sat", "Sunn"] }
  |                              ^^^^^^
  |
  = help: did you mean `Sun`?
"#,
    );
}

#[test]
fn a_quiet_time_that_ends_before_it_begins_is_refused() {
    refused(
        &with_line("quiet = { dates = [\"2028-01-02..2027-12-24\"] }"),
        r#"
error[config::quiet]: 2028-01-02..2027-12-24 ends before it begins
 --> channels/mastodon.toml:4:20
  |
4 | quiet = { dates = ["2028-01-02..2027-12-24"] }
  |                    ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `2027-12-24..2028-01-02`?
"#,
    );
}

#[test]
fn holidays_that_do_not_exist_are_named() {
    refused(
        &with_line("quiet = { holidays = \"holidays.ics\" }"),
        r#"
error[config::holidays]: there is no file `holidays.ics`
 --> channels/mastodon.toml:4:22
  |
4 | quiet = { holidays = "holidays.ics" }
  |                      ^^^^^^^^^^^^^^
  |
  = help: put an iCalendar file (`.ics`) there; its path counts from the site's folder
"#,
    );
}

#[test]
fn holidays_that_are_no_calendar_are_refused() {
    let site = with_plan("quiet = { holidays = \"holidays.ics\" }");
    site.write("holidays.ics", "<html>Please log in</html>\n");
    refused(
        &site,
        r#"
error[config::holidays]: `holidays.ics`: this is no iCalendar file: it does not begin with BEGIN:VCALENDAR
  --> handbill.toml:24:22
   |
24 | quiet = { holidays = "holidays.ics" }
   |                      ^^^^^^^^^^^^^^
   |
   = help: export the calendar as iCalendar (`.ics`), not as a web page
"#,
    );
}

#[test]
fn a_misspelt_key_of_the_plan_is_named_with_what_was_meant() {
    refused(
        &with_plan("settel = \"15m\""),
        r#"
error[config::unknown-key]: unknown key `settel`
  --> handbill.toml:24:1
   |
24 | settel = "15m"
   | ^^^^^^
   |
   = help: did you mean `settle`?
"#,
    );
}

#[test]
fn a_time_of_grace_is_a_length_of_time() {
    refused(
        &with_plan("grace = \"three days\""),
        r#"
error[config::value]: `three days` is no length of time
  --> handbill.toml:24:9
   |
24 | grace = "three days"
   |         ^^^^^^^^^^^^
   |
   = help: write a number and a unit, for example `90m`, `36h`, `14d` or `2w`
"#,
    );
}

#[test]
fn a_quiet_time_of_the_site_is_pointed_at() {
    refused(
        &with_plan("quiet = { dates = [\"24.12.\"] }"),
        r#"
error[config::quiet]: `24.12.` is no date
  --> handbill.toml:24:20
   |
24 | quiet = { dates = ["24.12."] }
   |                    ^^^^^^^^
   |
   = help: write a day as `2027-12-24`, several as `2027-12-24..2028-01-02`, and without years (`12-24..01-02`) for every year
"#,
    );
}

#[test]
fn months_written_as_minutes_are_not_taken_for_a_time_to_keep_something() {
    let site = site();
    let text = site.read("handbill.toml");
    let before = text.split("# [plan]\n").next().expect("a beginning");
    site.write("handbill.toml", format!("{before}[retention]\nanswers = \"3m\"\n"));
    refused(
        &site,
        r#"
error[retention::short]: nothing is kept for less than a day
  --> handbill.toml:24:11
   |
24 | answers = "3m"
   |           ^^^^
   |
   = help: write days or weeks, for example `90d` for three months
"#,
    );
}
