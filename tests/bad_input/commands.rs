//! What is wrong in what was typed.

use super::site;
use crate::support::TestSite;

/// The words of an error of usage, with nothing said or touched beside them.
#[track_caller]
fn usage(site: &TestSite, arguments: &[&str], expected: &str) {
    let before = site.snapshot();
    let ran = site.run(arguments);
    assert_eq!(ran.err.trim(), expected, "{arguments:?}");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
    assert_eq!(site.snapshot(), before, "something was touched");
}

#[test]
fn a_misspelt_channel_gets_a_suggestion() {
    let site = site();
    let expected = "error: there is no channel `mastodn`\nhelp: did you mean `mastodon`?";
    usage(&site, &["post", "--channel", "mastodn"], expected);
    usage(&site, &["post", "--dry-run", "--channel", "mastodn"], expected);
    usage(&site, &["log", "--channel", "mastodn"], expected);
    usage(&site, &["resume", "mastodn"], expected);
}

#[test]
fn a_channel_like_no_other_gets_the_list() {
    usage(
        &site(),
        &["post", "--channel", "pigeon"],
        "error: there is no channel `pigeon`\n\
         help: the channels are bluesky, board, careers-office, feed, linkedin, list, mastodon, x",
    );
}

#[test]
fn a_page_that_does_not_exist_is_named_before_anything_else() {
    let site = site();
    for command in [&["post"] as &[_], &["post", "--dry-run"], &["check"], &["inspect"]] {
        usage(
            &site,
            &[command, &["none.md"]].concat(),
            "error: there is no page none.md\nhelp: name a file, from the folder you are in",
        );
    }
    usage(
        &site,
        &["rehearse", "none.md"],
        "error: none.md is neither a page nor a site\n\
         help: name a folder with a handbill.toml, or pages",
    );
}

#[test]
fn a_folder_is_no_page() {
    usage(
        &site(),
        &["post", "content/jobs"],
        "error: content/jobs is a folder, not a page\nhelp: name a page in it",
    );
}

#[test]
fn a_time_that_cannot_be_read_is_answered_with_one_that_can() {
    let site = site();
    for (arguments, time) in [
        (&["plan", "--at", "tomorrow"] as &[_], "tomorrow"),
        (&["post", "--dry-run", "--at", "2027-13-01"], "2027-13-01"),
    ] {
        usage(
            &site,
            arguments,
            &format!(
                "error: invalid value '{time}' for '--at <TIME>': write a time such as \
                 `2027-01-31T09:00:00+01:00` or `2027-01-31`\n\n\
                 For more information, try '--help'."
            ),
        );
    }
}

#[test]
fn a_link_that_is_none_is_answered_with_one_that_is() {
    usage(
        &site(),
        &["record", "1234", "jobs.example/7"],
        "error: invalid value 'jobs.example/7' for '[LINK]': write the whole address, for example \
         `https://jobs.example/7`\n\n\
         For more information, try '--help'.",
    );
}

#[test]
fn without_a_site_it_is_said_how_to_make_one() {
    let site = site();
    std::fs::remove_file(site.path("handbill.toml")).expect("removing a file");
    for command in ["post", "check", "plan", "log"] {
        usage(
            &site,
            &[command],
            "error: there is no handbill.toml in . or above it\n\
             help: `handbill init` makes a site; `--site FOLDER` names one",
        );
    }
    usage(
        &site,
        &["--site", "content", "check"],
        "error: there is no handbill.toml in content\n\
         help: `handbill init content` makes a site there",
    );
}

#[test]
fn without_a_ledger_it_is_said_how_one_comes_about() {
    let site = site();
    for arguments in [
        &["record", "1234"] as &[_],
        &["resolve", "1234", "--not-posted"],
        &["log", "show", "1234"],
        &["verify"],
    ] {
        usage(
            &site,
            arguments,
            "error: there is no ledger yet at ./state/ledger.db\n\
             help: it is made by the first `handbill post`",
        );
    }
}
