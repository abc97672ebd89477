//! What a schedule promises.

use chrono::TimeDelta;
use chrono_tz::Europe::Berlin;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a test's time").to_utc()
}

fn slots(expression: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(expression, zone).expect("a test's schedule");
    let mut now = at(from);
    (0..count)
        .map(|_| {
            now = schedule.next(now).expect("a next slot");
            now.with_timezone(&zone).to_rfc3339()
        })
        .collect()
}

#[test]
fn a_slot_that_the_clock_skips_comes_at_the_end_of_the_gap() {
    assert_eq!(
        slots("30 2 * * *", Berlin, "2027-03-27T12:00:00Z", 2),
        ["2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"]
    );
    assert_eq!(
        slots("0 0 * * *", chrono_tz::Asia::Beirut, "2027-03-27T12:00:00Z", 1),
        ["2027-03-28T01:00:00+03:00"]
    );
}

#[test]
fn a_slot_that_comes_twice_is_served_once() {
    assert_eq!(
        slots("30 2 * * *", Berlin, "2027-10-30T12:00:00Z", 2),
        ["2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"]
    );
    // A restart in the second of the two hours does not serve it again.
    assert_eq!(
        slots("30 2 * * *", Berlin, "2027-10-31T01:15:00Z", 1),
        ["2027-11-01T02:30:00+01:00"]
    );
}

#[test]
fn five_fields_count_weekdays_as_a_crontab() {
    for expression in ["0 9 * * 0", "0 9 * * 7", "0 9 * * Sun"] {
        assert_eq!(
            slots(expression, Berlin, "2026-11-24T00:00:00Z", 1),
            ["2026-11-29T09:00:00+01:00"],
            "{expression}"
        );
    }
    assert_eq!(
        slots("0 9 * * 1-5", Berlin, "2026-11-27T12:00:00Z", 1),
        ["2026-11-30T09:00:00+01:00"]
    );
    assert_eq!(
        slots("0 9 * * Sat-Mon", Berlin, "2026-11-27T12:00:00Z", 3),
        ["2026-11-28T09:00:00+01:00", "2026-11-29T09:00:00+01:00", "2026-11-30T09:00:00+01:00"]
    );
}

/// What is said about an expression: message, help, and the wrong part.
fn said(expression: &str) -> (String, String, String) {
    let error = Schedule::parse(expression, Berlin).expect_err(expression);
    (error.message, error.help, expression[error.span].to_owned())
}

#[test]
fn numeric_weekdays_beside_seconds_are_refused_with_the_names() {
    let (message, help, part) = said("0 0 9 * * 1-5");
    assert_eq!(message, "in a schedule with seconds, `1-5` could mean two things");
    assert_eq!(
        help,
        "if you mean Monday to Friday, write `0 0 9 * * Mon-Fri`; Quartz would read it as Sunday \
         to Thursday"
    );
    assert_eq!(part, "1-5");
    assert_eq!(
        said("0 0 9 * * 2,6 2027").1,
        "if you mean Tuesday and Saturday, write `0 0 9 * * Tue,Sat 2027`; Quartz would read it \
         as Monday and Friday"
    );
    // Quartz has no 0.
    assert_eq!(said("0 0 9 * * 0").1, "if you mean Sunday, write `0 0 9 * * Sun`");
    assert_eq!(
        said("0 0 9 * * 6-1").1,
        "if you mean Sunday, Monday and Saturday, write `0 0 9 * * Sun,Mon,Sat`; Quartz would \
         read it as Sunday, Friday and Saturday"
    );
    assert_eq!(said("0 0 9 * * Mon,3").2, "Mon,3");
}

#[test]
fn a_schedule_that_never_comes_is_refused() {
    let error = Schedule::parse("0 9 30 2 *", Berlin).expect_err("refused");
    assert_eq!(error.message, "this schedule never comes");
}

#[test]
fn the_29th_of_february_comes_in_leap_years() {
    assert_eq!(
        slots("0 9 29 2 *", Berlin, "2026-11-24T00:00:00Z", 2),
        ["2028-02-29T09:00:00+01:00", "2032-02-29T09:00:00+01:00"]
    );
}

/// The expression that is suggested in place of another.
fn suggested(expression: &str) -> Option<String> {
    let error = Schedule::parse(expression, Berlin).expect_err(expression);
    let meant = error.meant.map(|meant| meant.expression().to_owned());
    if let Some(meant) = &meant {
        assert!(error.help.contains(&format!("`{meant}`")), "{}", error.help);
    }
    meant
}

#[test]
fn a_mistyped_schedule_is_explained_with_what_was_meant() {
    for (typed, meant) in [
        // Spelling.
        ("0 9 * * Mno", "0 9 * * Mon"),
        ("0 9 * * Mon-Fir", "0 9 * * Mon-Fri"),
        ("0 9 * Jnu *", "0 9 * Jun *"),
        ("0 9 * * Wendesday", "0 9 * * Wednesday"),
        ("@dayly", "@daily"),
        ("@Daily", "@daily"),
        ("@midnight", "@daily"),
        ("weekly", "@weekly"),
        // Ranges.
        ("0 9 * * Mon..Fri", "0 9 * * Mon-Fri"),
        ("0 9 * * Mon–Fri", "0 9 * * Mon-Fri"),
        ("0 9 * * Mon - Fri", "0 9 * * Mon-Fri"),
        ("0 9 * * Tue, Thu", "0 9 * * Tue,Thu"),
        ("0 22-2 * * *", "0 22-23,0-2 * * *"),
        ("0 9 * Nov-Feb *", "0 9 * 11-12,1-2 *"),
        // Values.
        ("0 24 * * *", "0 0 * * *"),
        ("0 9 0 * Mon", "0 9 * * Mon"),
        // Fields that are missing.
        ("0 10 * *", "0 10 * * *"),
        ("0 10 * Mon-Fri", "0 10 * * Mon-Fri"),
        ("0 10 Mon-Fri", "0 10 * * Mon-Fri"),
        ("10 * * *", "0 10 * * *"),
        ("*/5 * * *", "*/5 * * * *"),
        ("30 9", "30 9 * * *"),
        ("9:30 Mon-Fri", "30 9 * * Mon-Fri"),
        ("Tue 18:05", "5 18 * * Tue"),
        // Fields in each other's place.
        ("0 9 Mon * *", "0 9 * * Mon"),
        ("0 9 * Mon *", "0 9 * * Mon"),
        ("9 30 * * *", "30 9 * * *"),
        ("0 9 * 15 *", "0 9 15 * *"),
        ("0 9 Mar 1 *", "0 9 1 Mar *"),
        ("0 9 Mno * *", "0 9 * * Mon"),
    ] {
        assert_eq!(suggested(typed).as_deref(), Some(meant), "{typed}");
    }
    for nonsense in ["", "61 10 * * *", "* * * * * * * *", "whenever", "0 9 * * Holiday"] {
        assert_eq!(suggested(nonsense), None, "{nonsense}");
    }
}

#[test]
fn the_wrong_part_is_pointed_at() {
    for (typed, part) in [
        ("0 9 * * Mon,Mno", "Mon,Mno"),
        ("0 24 * * *", "24"),
        ("0 9 Mon * *", "Mon"),
        ("0 25 * * Mno", "25"),
        ("0 0 9 * Foo Mon", "Foo"),
    ] {
        assert_eq!(said(typed).2, part, "{typed}");
    }
}

#[test]
fn what_is_probably_not_meant_is_remarked() {
    let remark = |expression: &str| {
        let schedule = Schedule::parse(expression, Berlin).expect("valid");
        schedule.remark().map(|remark| (remark.message, remark.help))
    };
    let every_minute = |when: &str, write: &str| {
        Some((
            format!("this schedule comes every minute {when}"),
            format!("for once an hour, on the hour, write `{write}`"),
        ))
    };
    assert_eq!(remark("* 9 * * *"), every_minute("from 9:00 to 9:59", "0 9 * * *"));
    assert_eq!(remark("0 * 9-17 * * *"), every_minute("from 9:00 to 17:59", "0 0 9-17 * * *"));
    assert_eq!(remark("* 9,17 * * *"), every_minute("in 2 hours of the day", "0 9,17 * * *"));
    let (message, help) = remark("0 9 13 * Fri").expect("a remark");
    assert_eq!(
        message,
        "this schedule comes only when day of month and day of week both match, unlike crontab's"
    );
    assert_eq!(
        help,
        "for the day of month alone write `0 9 13 * *`, for the day of week alone `0 9 * * Fri`"
    );
    // The first Monday of a month, every minute, and a time that the clock skips are meant.
    for meant in ["0 9 1-7 * Mon", "* * * * *", "30 2 * * Sun", "@daily", "0 9 * * Mon-Fri"] {
        assert_eq!(remark(meant), None, "{meant}");
    }
}

#[test]
fn day_of_month_and_day_of_week_must_both_match() {
    assert_eq!(
        slots("0 9 13 * Fri", Berlin, "2026-11-24T00:00:00Z", 1),
        ["2027-08-13T09:00:00+02:00"]
    );
    assert_eq!(
        slots("0 9 1-7 * Mon", Berlin, "2026-11-24T00:00:00Z", 2),
        ["2026-12-07T09:00:00+01:00", "2027-01-04T09:00:00+01:00"]
    );
}

#[test]
fn half_past_two_comes_once_on_each_day_however_it_is_asked_for() {
    let schedule = Schedule::parse("30 2 * * *", Berlin).expect("valid");
    for (day, expected) in
        [("2027-03-28", "2027-03-28T03:00:00+02:00"), ("2027-10-31", "2027-10-31T02:30:00+02:00")]
    {
        let (from, until) = (at(&format!("{day}T00:00:00Z")), at(&format!("{day}T12:00:00Z")));
        let from = from - TimeDelta::hours(3);
        let walked: Vec<_> = schedule.slots_after(from).take_while(|slot| *slot < until).collect();
        assert_eq!(walked, [at(expected)]);
        // A daemon that asks every minute what came since it last asked, restarted each time.
        let mut polled = Vec::new();
        let mut now = from;
        while now < until {
            let next = now + TimeDelta::minutes(1);
            polled.extend(schedule.last_in(slots::just_after(now), next));
            now = next;
        }
        assert_eq!(polled, walked);
    }
}

#[test]
fn the_year_ends_and_short_months_have_no_31st() {
    assert_eq!(
        slots("0 9 31 * *", Berlin, "2027-10-01T00:00:00Z", 4),
        [
            "2027-10-31T09:00:00+01:00",
            "2027-12-31T09:00:00+01:00",
            "2028-01-31T09:00:00+01:00",
            "2028-03-31T09:00:00+02:00"
        ]
    );
    assert_eq!(
        slots("59 59 23 31 12 *", Berlin, "2027-12-31T22:59:59Z", 1),
        ["2028-12-31T23:59:59+01:00"]
    );
    assert_eq!(
        slots("*/30 * * * *", Berlin, "2027-12-31T22:45:00Z", 2),
        ["2028-01-01T00:00:00+01:00", "2028-01-01T00:30:00+01:00"]
    );
}

#[test]
fn a_clock_change_of_half_an_hour_is_one_too() {
    let lord_howe = chrono_tz::Australia::Lord_Howe;
    assert_eq!(
        slots("15 2 * * *", lord_howe, "2027-10-02T00:00:00Z", 2),
        ["2027-10-03T02:30:00+11:00", "2027-10-04T02:15:00+11:00"]
    );
    assert_eq!(
        slots("45 1 * * *", lord_howe, "2027-04-03T00:00:00Z", 2),
        ["2027-04-04T01:45:00+11:00", "2027-04-05T01:45:00+10:30"]
    );
}

#[test]
fn times_outside_the_calendar_of_the_crate_are_no_trouble() {
    let schedule = Schedule::parse("@hourly", Berlin).expect("valid");
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    assert_eq!(schedule.next(last), None);
    assert_eq!(schedule.first_from(first), Some(at("1970-01-01T00:00:00+01:00")));
    assert_eq!(schedule.last_in(first, last), Some(at("2100-12-31T23:00:00+01:00")));
    assert_eq!(schedule.last_in(last, first), None);
}

#[test]
fn a_local_time_is_written_for_people() {
    assert_eq!(local_time(at("2027-01-12T09:30:00Z"), Berlin), "Tue 2027-01-12 10:30");
}

#[test]
fn slots_are_strictly_increasing_in_every_zone_over_a_year() {
    // Every zone, so that no change of clocks of the year is left out.
    let (from, until) = (at("2027-01-01T00:00:00Z"), at("2028-01-02T00:00:00Z"));
    for zone in chrono_tz::TZ_VARIANTS {
        for expression in ["30 2 * * *", "0 0 * * Sun"] {
            let schedule = Schedule::parse(expression, zone).expect("valid");
            let mut last = from;
            let mut days = std::collections::BTreeSet::new();
            for slot in schedule.slots_after(from).take_while(|slot| *slot < until) {
                assert!(slot > last, "{slot} after {last} in {zone}");
                let day = slot.with_timezone(&zone).date_naive();
                assert!(days.insert(day), "{expression} comes twice on {day} in {zone}");
                last = slot;
            }
        }
    }
}

proptest! {
    #[test]
    fn the_walk_agrees_with_asking_anew(
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        start in 1_767_000_000_i64..1_830_000_000,
        expression in prop::sample::select(vec![
            "*/20 * * * *", "30 2 * * *", "0 0 * * Sun", "*/7 59 1 * * *",
        ]),
    ) {
        let schedule = Schedule::parse(expression, chrono_tz::TZ_VARIANTS[zone]).expect("valid");
        let mut now = DateTime::from_timestamp(start, 0).expect("in range");
        let walked: Vec<_> = schedule.slots_after(now).take(30).collect();
        for slot in walked {
            prop_assert!(slot > now);
            prop_assert_eq!(schedule.next(now), Some(slot));
            prop_assert_eq!(schedule.first_from(slot), Some(slot));
            now = slot;
        }
    }

    #[test]
    fn the_last_slot_of_a_span_is_the_last_of_the_walk(
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        start in 1_767_000_000_i64..1_830_000_000,
        seconds in 0_i64..400_000,
        expression in prop::sample::select(vec![
            "*/20 * * * *", "30 2 * * *", "0 0 * * Sun", "*/50 * 2 * * *", "0 9 29 2 *",
        ]),
    ) {
        let schedule = Schedule::parse(expression, chrono_tz::TZ_VARIANTS[zone]).expect("valid");
        let from = DateTime::from_timestamp(start, 0).expect("in range");
        let until = from + TimeDelta::seconds(seconds);
        let walked = schedule
            .slots_after(slots::just_before(from))
            .take_while(|slot| *slot <= until)
            .last();
        prop_assert_eq!(schedule.last_in(from, until), walked);
        // Both ends belong to the span.
        if let Some(last) = walked {
            prop_assert_eq!(schedule.last_in(last, last), Some(last));
            let before = schedule.last_between(from, last);
            prop_assert!(before.is_none_or(|before| from < before && before < last));
        }
    }

    #[test]
    fn no_expression_panics(expression in "[ 0-9*/,@A-Za-z?:.–-]{0,30}") {
        if let Err(error) = Schedule::parse(&expression, Berlin) {
            prop_assert!(expression.get(error.span).is_some());
        }
    }
}
