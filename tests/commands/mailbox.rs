//! What came back by mail, at the terminal.

use super::quick;

#[test]
fn a_site_that_reads_no_mailbox_says_how_to_have_one_read() {
    let site = quick(&["feed"]);
    let ran = site.run(&["mailbox"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("no mailbox is read here"), "{ran:?}");
    assert!(ran.err.contains("write `[mailbox]`"), "{ran:?}");
}

/// Nobody listens there: ads go out all the same, and it is said.
#[test]
fn a_mailbox_that_does_not_answer_keeps_no_ad_from_going_out() {
    let site = quick(&["feed"]);
    let before = site.read("handbill.toml");
    site.write("secrets/mail", "a password of a test");
    site.write(
        "handbill.toml",
        before
            + "\n[mailbox]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\n\
               username = \"jobs\"\npassword = { file = \"secrets/mail\" }\n",
    );
    let post = super::later(&site, &["post"]);
    assert_eq!(post.code, 0, "{post:?}");
    assert!(post.err.contains("warning: the mailbox could not be read: "), "{post:?}");
    let ran = super::later(&site, &["mailbox"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!format!("{ran:?}{post:?}").contains("a password of a test"));
}
