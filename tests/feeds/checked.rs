//! What `handbill check` says of an ad that a list would leave out, and of a mapping that is wrong.

use super::{MAPPING, site};

#[test]
fn a_tag_that_stands_for_nothing_is_shown_with_its_line_and_what_to_write() {
    let site = site("euraxess", "");
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    for words in [
        "vocabulary::unmapped",
        "feed cannot take this posting (announce): the channel needs one of the words of \
         `euraxess.research_field`, and nothing on the page stands for one",
        "index.md:11:1",
        "[vocabulary.euraxess.research_field]",
        "tags = { \"Machine Learning\" = \"Agricultural sciences\" }",
    ] {
        assert!(ran.out.contains(words), "no {words:?} in\n{}", ran.out);
    }
    let explained = site.run(&["check", "--explain", "vocabulary::unmapped"]);
    assert_eq!(explained.code, 0, "{explained:?}");
}

#[test]
fn what_no_list_has_is_an_error_where_it_stands() {
    let wrong = "[vocabulary.euraxess.research_field]\ntags = { tides = \"Computer sience\" }\n\
                 [vocabulary.euraxess.research_feild]\n[vocabulary.euraxes.country]\n\
                 [vocabulary.euraxess.positions]\nposition_types = { postdok = \"Postdoc Positions\" }\n";
    let ran = site("euraxess", wrong).run(&["check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for words in [
        "there is no word of `euraxess.research_field` `Computer sience`",
        "did you mean `Computer science`?",
        "there is no list `research_feild`",
        "there is no vocabulary `euraxes`",
        "there is no kind of position `postdok`",
        "did you mean `postdoc`?",
    ] {
        assert!(ran.out.contains(words), "no {words:?} in\n{}", ran.out);
    }
}

#[test]
fn a_title_that_is_too_long_is_said_before_anything_goes_out() {
    let site = site("euraxess", MAPPING);
    let title = format!("title: \"{} (m/f/d)\"\n", "Sediment transport ".repeat(20));
    site.replace(
        "content/jobs/postdoc-sediment-transport/index.md",
        "title: \"TCG/04/2027: Postdoc position in Sediment Transport (m/f/d)\"\n",
        &format!("{title}job:\n  deadline: 2027-03-31\n  reference: TCG/04/2027\n"),
    );
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.out.contains("`job-title` has"), "{}", ran.out);
    assert!(ran.out.contains("and may have 255: shorten it"), "{}", ran.out);
}

#[test]
fn a_list_for_euraxess_needs_the_key_of_the_organisation() {
    let site = site("euraxess", MAPPING);
    site.replace("channels/feed.toml", "organisation_key = \"123\"\n", "");
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("feed.organisation_key"), "{}", ran.out);
}
