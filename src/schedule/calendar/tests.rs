//! What the holidays of a calendar promise.

use chrono_tz::Europe::Berlin;
use proptest::prelude::*;

use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a test's date")
}

fn calendar(events: &[&str]) -> String {
    let events: Vec<String> =
        events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.org//EN\n{}END:VCALENDAR\n",
        events.concat()
    )
}

/// The holidays of 2027 and 2028.
fn read(text: &str) -> Result<Vec<String>, CalendarError> {
    let holidays = holidays(text, Berlin, date("2027-01-01"), date("2028-12-31"))?;
    Ok(holidays.into_iter().map(|it| format!("{} {}", it.date, it.name)).collect())
}

fn days(events: &[&str]) -> Vec<String> {
    read(&calendar(events)).expect("a calendar")
}

fn refused(events: &[&str]) -> CalendarError {
    read(&calendar(events)).expect_err("refused")
}

#[test]
fn an_all_day_event_ends_before_its_end() {
    assert_eq!(
        days(&[
            "DTSTART;VALUE=DATE:20280106\nSUMMARY:Epiphany",
            "DTSTART;VALUE=DATE:20271224\nDTEND;VALUE=DATE:20271226\nSUMMARY:Closed",
            "DTSTART;VALUE=DATE:20270501\nDTEND;VALUE=DATE:20270502\nSUMMARY:One day",
            "DTSTART;VALUE=DATE:20270601\nDURATION:P2D\nSUMMARY:Two days",
        ]),
        [
            "2027-05-01 One day",
            "2027-06-01 Two days",
            "2027-06-02 Two days",
            "2027-12-24 Closed",
            "2027-12-25 Closed",
            "2028-01-06 Epiphany"
        ]
    );
}

#[test]
fn an_event_that_began_before_the_window_counts_inside_it() {
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270103\nSUMMARY:Closed"]),
        ["2027-01-01 Closed", "2027-01-02 Closed"]
    );
}

#[test]
fn an_event_with_times_counts_for_the_local_days_it_touches() {
    assert_eq!(
        days(&["DTSTART:20270510T210000Z\nDTEND:20270511T220000Z\nSUMMARY:Moving"]),
        ["2027-05-10 Moving", "2027-05-11 Moving"]
    );
    assert_eq!(
        days(&["DTSTART;TZID=America/New_York:20270510T200000\nDURATION:PT1H\nSUMMARY:Talk"]),
        ["2027-05-11 Talk"]
    );
    // Until midnight is not the next day; without an end it is a moment.
    assert_eq!(
        days(&["DTSTART:20270510T090000\nDTEND:20270511T000000\nSUMMARY:Day"]),
        ["2027-05-10 Day"]
    );
    assert_eq!(days(&["DTSTART:20270510T000000\nSUMMARY:Moment"]), ["2027-05-10 Moment"]);
}

#[test]
fn a_recurring_event_comes_as_its_rule_says() {
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY\nSUMMARY:May Day"]),
        ["2027-05-01 May Day", "2028-05-01 May Day"]
    );
    // The fourth Thursday of November.
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nSUMMARY:T"]),
        ["2027-11-25 T", "2028-11-23 T"]
    );
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20280229\nRRULE:FREQ=YEARLY\nSUMMARY:Leap day"]),
        ["2028-02-29 Leap day"]
    );
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20261231\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:Thursday"]),
        ["2027-01-07 Thursday", "2027-01-14 Thursday"]
    );
    assert_eq!(
        days(&["DTSTART:20270101T230000\nDURATION:PT2H\nRRULE:FREQ=MONTHLY;COUNT=2\nSUMMARY:Late"]),
        ["2027-01-01 Late", "2027-01-02 Late", "2027-02-01 Late", "2027-02-02 Late"]
    );
}

#[test]
fn the_day_of_until_still_counts_however_it_is_written() {
    for until in ["20280501", "20280501T000000", "20280430T220000Z", "20280501T215959Z"] {
        assert_eq!(
            days(&[&format!(
                "DTSTART;VALUE=DATE:20270501\nRRULE:FREQ=YEARLY;UNTIL={until}\nSUMMARY:May Day"
            )]),
            ["2027-05-01 May Day", "2028-05-01 May Day"],
            "{until}"
        );
    }
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20270501\nRRULE:FREQ=YEARLY;UNTIL=20260501"]),
        Vec::<String>::new()
    );
}

#[test]
fn exceptions_and_further_dates_are_heeded() {
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20270503\nRRULE:FREQ=DAILY;COUNT=4\n\
                EXDATE;VALUE=DATE:20270504,20270505\nRDATE;VALUE=DATE:20270601\nSUMMARY:Course"]),
        ["2027-05-03 Course", "2027-05-06 Course", "2027-06-01 Course"]
    );
    assert_eq!(
        days(&["DTSTART;TZID=Europe/Berlin:20270503T090000\nRRULE:FREQ=DAILY;COUNT=2\n\
                EXDATE:20270503T070000Z\nSUMMARY:Course"]),
        ["2027-05-04 Course"]
    );
}

#[test]
fn an_occurrence_that_was_moved_counts_where_it_was_moved_to() {
    assert_eq!(
        days(&[
            "UID:1@example.org\nDTSTART;VALUE=DATE:20270503\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:Fair",
            "UID:1@example.org\nRECURRENCE-ID;VALUE=DATE:20270504\nDTSTART;VALUE=DATE:20270601\nSUMMARY:Fair",
        ]),
        ["2027-05-03 Fair", "2027-06-01 Fair"]
    );
    assert_eq!(
        days(&[
            "UID:1@example.org\nDTSTART;VALUE=DATE:20270503\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:Fair",
            "UID:1@example.org\nRECURRENCE-ID;VALUE=DATE:20270504\nDTSTART;VALUE=DATE:20270504\nSTATUS:CANCELLED",
        ]),
        ["2027-05-03 Fair"]
    );
}

#[test]
fn cancelled_events_are_left_out() {
    assert_eq!(
        days(&["DTSTART;VALUE=DATE:20270503\nSTATUS:CANCELLED\nSUMMARY:Party"]),
        Vec::<String>::new()
    );
}

#[test]
fn folded_lines_byte_order_mark_and_crlf_are_read() {
    let text = calendar(&[
        "DTSTART;X-NOTE=\"a:b;c\";VALUE=DATE:20270503\nSUMMARY;LANGUAGE=de:Tag der\n  Arbeit\\, \\n un\n\td mehr",
        "dtstart:20270504\nBEGIN:VALARM\nSUMMARY:Alarm\nDURATION:P9D\nEND:VALARM",
    ]);
    for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        assert_eq!(
            read(&text),
            Ok(vec![
                "2027-05-03 Tag der Arbeit, und mehr".to_owned(),
                "2027-05-04 holiday".to_owned()
            ])
        );
    }
}

#[test]
fn a_broken_file_is_refused_with_the_line() {
    assert_eq!(read("<!doctype html>\n<p>Sign in</p>"), Err(CalendarError::NoCalendar));
    assert_eq!(read(""), Err(CalendarError::NoCalendar));
    for (event, line, message) in [
        ("DTSTART", 5, "line 5 has no colon between a name and a value"),
        ("SUMMARY:Day", 4, "the event in line 4 has no DTSTART"),
        ("DTSTART:20270230", 5, "line 5: `20270230` is no date or time"),
        ("DTSTART:2027-05-01", 5, "line 5: `2027-05-01` is no date or time"),
        ("DTSTART;TZID=Mars/Base:20270501T090000", 5, "line 5: there is no time zone `Mars/Base`"),
        ("DTSTART:20270501\nDTEND:20270401", 4, "the event in line 4 ends before it begins"),
        ("DTSTART:20270501\nDURATION:1 day", 6, "line 6: `1 day` is no duration"),
        ("DTSTART:20270501\nRRULE:FREQ=MINUTELY", 6, "line 6: this recurs too often for a holiday"),
    ] {
        let error = refused(&[event]);
        assert_eq!((error.line(), error.to_string().as_str()), (Some(line), message));
        assert!(!error.help().is_empty());
    }
    for rule in ["FREQ=SOMETIMES", "INTERVAL=2", "FREQ=YEARLY;INTERVAL=0", "FREQ=YEARLY;BYDAY=XX"] {
        let error = refused(&[&format!("DTSTART:20270501\nRRULE:{rule}")]);
        assert!(matches!(error, CalendarError::Rule { line: 6, .. }), "{error}");
    }
    let text = calendar(&["DTSTART:20270501"]);
    let cut = text.replace("END:VEVENT\nEND:VCALENDAR\n", "");
    assert_eq!(
        read(&cut).expect_err("refused").to_string(),
        "`VEVENT`, begun in line 4, is never ended"
    );
    let crossed = text.replace("END:VEVENT", "END:VTODO");
    assert_eq!(
        read(&crossed).expect_err("refused").to_string(),
        "line 6 ends `VTODO`, which is not open there"
    );
}

#[test]
fn an_event_that_recurs_for_ever_and_lasts_for_ever_is_refused() {
    assert!(matches!(
        refused(&["DTSTART:20200101\nDURATION:P99999D\nRRULE:FREQ=DAILY"]),
        CalendarError::TooMany { line: 4 }
    ));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = read(&text);
        let _ = read(&calendar(&[&text]));
    }

    #[test]
    fn no_event_panics(
        start in "(;VALUE=DATE|;TZID=Europe/Berlin|)",
        day in "([0-9]{8}|2027(0[1-9]|1[0-2])(0[1-9]|[12][0-9])|0001|9999(12|02)3?[01])",
        time in "(|T[0-2][0-9]0000Z?)",
        lines in prop::collection::vec(
            "(DTEND:[0-9]{8}(T[0-9]{6}Z?)?|DURATION:-?P[0-9]{1,20}[WD]|EXDATE:[0-9]{8}|STATUS:C|\
             RDATE:[0-9]{8}T[0-9]{6}/PT1H|RRULE:FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)\
             (;INTERVAL=[0-9]{1,5})?(;COUNT=[0-9]{1,3})?(;BYMONTH=-?[0-9]{1,2})?\
             (;BYMONTHDAY=-?[0-9]{1,2})?(;BYDAY=-?[0-9]{0,2}(MO|SU))?(;BYSETPOS=-?[0-9]{1,3})?\
             (;BYWEEKNO=-?[0-9]{1,2})?(;BYYEARDAY=-?[0-9]{1,3})?(;UNTIL=[0-9]{8}(T[0-9]{6}Z?)?)?)",
            0..4,
        ),
    ) {
        let _ = read(&calendar(&[&format!("DTSTART{start}:{day}{time}\n{}", lines.join("\n"))]));
    }
}
