//! A dry run as one page that stands alone.

use super::{hostile, site};

#[test]
fn a_dry_run_is_one_file_that_needs_nothing_else() {
    let site = site();
    let shown = site.run(&["post", "--dry-run", "--format", "html"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let page = &shown.out;
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{page}");
    assert!(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"), "{page}");
    assert!(page.contains("<bdi>PhD position in Tides</bdi>"));
    for step in ["feed · announce", "office · announce"] {
        assert!(page.contains(step), "{step}: {page}");
    }
    assert!(page.contains("Forecast the tides of fourteen harbours."));
    assert!(page.contains("<summary>Exactly what would be sent</summary>"));
    for from_elsewhere in ["<script", "<link", "src=\"/", "@import", "url("] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
    assert!(!site.path("state").exists(), "nothing was written down");
}

#[test]
fn its_policy_names_the_very_style_that_stands_in_it() {
    use sha2::{Digest, Sha256};
    let page = site().run(&["post", "--dry-run", "--format", "html"]).out;
    let between = |from: &str, to: &str| {
        page.split_once(from).and_then(|(_, it)| it.split_once(to)).unwrap().0
    };
    let hash = data_encoding::BASE64.encode(&Sha256::digest(between("<style>", "</style>")));
    assert_eq!(between("&#39;sha256-", "&#39;"), hash);
}

#[test]
fn an_ad_can_write_nothing_into_it() {
    let site = site();
    hostile(&site);
    let page = site.run(&["post", "--dry-run", "--format", "html"]).out;
    for markup in ["<script", "<img", "</pre><form", "\u{202e}"] {
        assert!(!page.contains(markup), "{markup}: {page}");
    }
    assert!(page.contains("&lt;/pre&gt;&lt;form action="), "{page}");
}

#[test]
fn what_is_sent_is_not_shown_as_a_page() {
    let ran = site().run(&["post", "--format", "html"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("add `--dry-run`"), "{}", ran.err);
}
