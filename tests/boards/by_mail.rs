//! A board that takes ads as lines in a mail. Nobody says what its labels are, so a file does.

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
