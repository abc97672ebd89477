//! Bad input: each mistake is named with file, line and column, says what is wrong and what to do,
//! ends the command with 2 (configuration) or 4 (pages), and touches nothing.

mod channel_files;
mod commands;
mod lists;
mod pages;
mod rivals;
mod schedules;
mod secrets;
mod site_file;
mod templates;
mod timing;

use crate::support::TestSite;

/// The example with the page that has nothing to complain about.
fn site() -> TestSite {
    let site = TestSite::new();
    std::fs::remove_dir_all(site.path("content/jobs/phd-tidal-forecasting"))
        .expect("removing a page");
    site
}

/// Every command that reads the site refuses it with exactly these words.
#[track_caller]
fn refused(site: &TestSite, expected: &str) {
    let before = site.snapshot();
    for arguments in [&["post"] as &[_], &["post", "--dry-run"], &["plan"]] {
        let ran = site.run(arguments);
        assert_eq!(ran.err.trim(), expected.trim(), "{arguments:?}");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
    }
    let check = site.run(&["check"]);
    assert!(check.out.contains(expected.trim()), "{}", check.out);
    assert_eq!((check.code, check.err.as_str()), (2, ""));
    assert_eq!(site.snapshot(), before, "something was touched");
}

/// A mistake that shows only when a posting is rendered.
#[track_caller]
fn refused_when_rendered(site: &TestSite, expected: &str) {
    let before = site.snapshot();
    let dry = site.run(&["post", "--dry-run", "--channel", "mastodon"]);
    assert_eq!(dry.err.trim(), expected.trim());
    assert_eq!((dry.code, dry.out.as_str()), (2, ""));
    site.write("token", "a token of a test");
    site.replace(
        "channels/mastodon.toml",
        "{ env = \"HANDBILL_MASTODON_TOKEN\" }",
        "{ file = \"token\" }",
    );
    let with_token = site.snapshot();
    let post = site.run(&["post", "--channel", "mastodon"]);
    assert_eq!((post.code, post.err.trim()), (2, expected.trim()));
    let check = site.run(&["check"]);
    assert!(check.out.contains(expected.trim()), "{}", check.out);
    assert_eq!(check.code, 2);
    assert_eq!(site.snapshot(), with_token, "something was touched");
    assert_ne!(before, with_token);
}

/// The page `content/jobs/bad.md` is refused with exactly these words, and it alone.
#[track_caller]
fn held_back(site: &TestSite, expected: &str) {
    let before = site.snapshot();
    let page = "content/jobs/bad.md";
    for arguments in [
        &["post", page, "--channel", "feed"] as &[_],
        &["post", "--dry-run", page],
        &["inspect", page],
    ] {
        let ran = site.run(arguments);
        assert_eq!((ran.code, ran.err.trim()), (4, expected.trim()), "{arguments:?}");
        assert!(!ran.out.contains("announce"), "{}", ran.out);
    }
    let check = site.run(&["check"]);
    assert!(check.out.contains(expected.trim()), "{}", check.out);
    assert_eq!(check.code, 4);
    let plan = site.run(&["plan"]);
    assert!(plan.out.starts_with("Postdoc position"), "the others go on: {}", plan.out);
    assert_eq!((plan.code, plan.err.trim()), (4, expected.trim()));
    assert_eq!(site.snapshot(), before, "something was touched");
}
