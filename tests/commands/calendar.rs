//! The plan as a calendar, and what is said of it.

use super::{AT, OFFICE, json, later, quick};

const ID: &str = "tcg-04-2027";

#[test]
fn the_plan_ends_with_a_calendar_of_the_coming_weeks() {
    let site = quick(&["list", "x"]);
    later(&site, &["accept", ID]);
    let plan = later(&site, &["plan", "--weeks", "2"]);
    assert!(
        plan.out.ends_with(
            "\nWeek 3, 18 Jan to 24 Jan 2027\n  \
             Wed 20  10:30  x                announce    tcg-04-2027\n  \
             Thu 21  09:00  list             announce    tcg-04-2027\n\
             Week 4, 25 Jan to 31 Jan 2027: nothing\n"
        ),
        "{}",
        plan.out
    );
    assert!(plan.out.lines().all(|line| line.chars().count() <= 80));
    let list_only = later(&site, &["plan", "--weeks", "0"]);
    assert!(!list_only.out.contains("Week"), "{}", list_only.out);
}

#[test]
fn a_plan_can_be_asked_for_one_channel_or_one_posting() {
    let site = quick(&["list", "x"]);
    later(&site, &["accept", ID]);
    let one = later(&site, &["plan", "--channel", "x"]);
    assert!(one.out.contains("  x  ") && !one.out.contains("  list  "), "{}", one.out);
    let plan = json(&later(&site, &["plan", "--channel", "x", "--format", "json"]));
    assert_eq!(plan["now"], AT);
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(1));
    let none = later(&site, &["plan", "--posting", "tcg-04-2072"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("did you mean `tcg-04-2027`?"), "{}", none.err);
}

#[test]
fn nothing_goes_out_in_a_quiet_time_and_the_calendar_says_so() {
    let site = quick(&["list", "x"]);
    site.replace(
        "handbill.toml",
        "[plan]\n",
        "[plan]\nquiet = { dates = [\"2027-01-20..2027-01-21\"], holidays = \"free.ics\" }\n",
    );
    site.replace(
        "channels/x.toml",
        "kind = \"x\"\n",
        "kind = \"x\"\nquiet = { weekdays = [\"Fri\"] }\n",
    );
    site.write(
        "free.ics",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1@tides.example\r\n\
         DTSTART;VALUE=DATE:20270125\r\nSUMMARY:Founders\u{2019} day\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n",
    );
    later(&site, &["accept", ID]);
    let plan = later(&site, &["plan"]);
    assert!(
        plan.out.contains(
            "\nWeek 3, 18 Jan to 24 Jan 2027: nothing\n\
             Week 4, 25 Jan to 31 Jan 2027\n  \
             Mon 25  quiet: Founders\u{2019} day\n  \
             Tue 26  09:00  list             announce    tcg-04-2027\n          \
             10:30  x                announce    tcg-04-2027\n"
        ),
        "{} {}",
        plan.out,
        plan.err
    );
}

#[test]
fn a_page_that_is_still_changing_is_not_announced() {
    let site = quick(&["feed"]);
    site.replace("handbill.toml", "[plan]\n", "[plan]\nsettle = \"15m\"\n");
    site.run(&["accept", "--all", "--at", "2027-01-20T09:00:00Z"]);
    let early = site.run(&["post", "--at", "2027-01-20T09:10:00Z"]);
    assert!(early.out.contains("the page is still changing"), "{}", early.out);
    let later = site.run(&["post", "--at", "2027-01-20T09:15:00Z"]);
    assert!(later.out.starts_with("posted    feed"), "{}", later.out);
}

#[test]
fn a_channels_own_word_wins_over_the_sites() {
    let site = quick(&["feed", OFFICE]);
    site.replace("handbill.toml", "[plan]\n", "[plan]\napproval = true\n");
    site.replace("channels/feed.toml", "kind = \"feed\"\n", "kind = \"feed\"\napproval = false\n");
    later(&site, &["accept", ID]);
    let post = later(&site, &["post"]);
    assert!(post.out.contains("posted    feed"), "{}", post.out);
    assert!(post.out.ends_with("1 ad waits for approval: `handbill approve tcg-04-2027`\n"));
}
