//! A board that takes ads as lines in a mail. Nobody says what its labels are, so a file does.

use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::smtp::{Options, SmtpStandIn};

use super::{Lab, PAGE};

fn lab(values: &str) -> Lab {
    let file = format!(
        "preset = \"boards/mail\"\n[mail]\nto = \"ads@board.example\"\nfrom = \"jobs@tidal.example\"\n\
         host = \"mail.tidal.example\"\n{values}"
    );
    Lab::with(&[("board", file)])
}

#[test]
fn an_ad_is_a_line_for_each_fact_and_its_text() {
    let lab = lab("");
    let dry = lab.handbill(&["post", PAGE, "--now", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    for line in [
        "| Status: new\n",
        "| Reference: tcg-03-2027\n",
        "| Title: Ph.D. position in Machine Learning for Tides - Forecasting and Uncertainty (m/f/d)\n",
        "| Employer: University of Nordhafen\n",
        "| Deadline: 2027-02-28\n",
        "| Link: https://tidal.example/jobs/phd-tidal-forecasting/\n",
        "| Text:\n",
    ] {
        assert!(dry.out.contains(line), "{line} in {}", dry.out);
    }
}

#[test]
fn the_board_s_own_labels_and_words_take_the_place_of_ours() {
    let lab =
        lab("[values]\nstatus = \"Action\"\nnew = \"ADD\"\ntitle = \"Job Title\"\ncity = \"\"\n");
    let dry = lab.handbill(&["post", PAGE, "--now", "--dry-run"]);
    assert!(dry.out.contains("| Action: ADD\n"), "{}", dry.out);
    assert!(dry.out.contains("| Job Title: Ph.D. position"), "{}", dry.out);
    assert!(!dry.out.contains("| Place:") && !dry.out.contains("| Title:"), "{}", dry.out);
}

/// Each mail says with the board's words what it wants, and goes out once.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_and_an_end_are_mails_of_their_own() {
    let clock = SharedClock::new("2027-01-12T09:00:00Z".parse().unwrap());
    let server = SmtpStandIn::start("board", Options::default(), clock).await.unwrap();
    let file = format!(
        "preset = \"boards/mail\"\n[mail]\nto = \"ads@board.example\"\nfrom = \"jobs@tidal.example\"\n\
         host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n[values]\nnew = \"ADD\"\nchanged = \"AMEND\"\n\
         closed = \"DELETE\"\n",
        server.port()
    );
    let mut lab = Lab::with(&[("board", file)]);
    lab.rounds();
    lab.edit();
    lab.rounds();
    lab.close();
    lab.rounds();
    let mails: Vec<String> =
        server.mails().iter().map(|it| String::from_utf8_lossy(&it.raw).into_owned()).collect();
    let statuses: Vec<&str> = mails
        .iter()
        .flat_map(|mail| mail.lines().filter_map(|line| line.strip_prefix("Status: ")))
        .collect();
    assert_eq!(statuses, ["ADD", "AMEND", "DELETE"], "{mails:#?}");
    assert!(mails.iter().all(|mail| mail.contains("\r\nReference: tcg-03-2027\r\n")), "{mails:#?}");
    assert!(mails[0].contains("\r\nDeadline: 2027-02-28\r\n"), "{}", mails[0]);
    assert!(mails[1].contains("\r\nDeadline: 2027-03-15\r\n"), "{}", mails[1]);
}
