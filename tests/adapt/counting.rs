//! How long a text is: the cases that the networks themselves publish, and what must hold of any.

use std::path::Path;

use handbill::adapt::count::Count;
use handbill::adapt::count::x;
use proptest::prelude::*;
use serde_json::Value;

/// X's conformance cases, which are shared; a test that uses them is skipped where they do not
/// exist, but in CI they must.
fn conformance(file: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(format!("twitter-text-conformance-{file}.yml"));
    let Ok(yaml) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("CI").is_none(), "{} must exist in CI", path.display());
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(serde_saphyr::from_str(&yaml).unwrap())
}

fn cases<'a>(all: &'a Value, group: &str) -> &'a [Value] {
    all["tests"][group].as_array().unwrap_or_else(|| panic!("no cases of {group}"))
}

#[test]
fn x_counts_as_its_own_cases_say() {
    let Some(all) = conformance("validate") else { return };
    let mut checked = 0;
    for group in [
        "WeightedTweetsCounterTest",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
    ] {
        for case in cases(&all, group) {
            let text = case["text"].as_str().unwrap();
            let about = case["description"].as_str().unwrap();
            // These cases are older than counting an emoji of several signs as one.
            if group == "WeightedTweetsCounterTest" && text.contains('\u{200D}') {
                continue;
            }
            assert_eq!(
                Some(Count::X.length(text) as u64),
                case["expected"]["weightedLength"].as_u64(),
                "{about}: {text}"
            );
            checked += 1;
        }
    }
    assert!(checked >= 40, "only {checked}");
}

#[test]
fn x_links_what_its_own_cases_say() {
    let Some(all) = conformance("extract") else { return };
    let mut checked = 0;
    for group in
        ["urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params"]
    {
        for case in cases(&all, group) {
            let text = case["text"].as_str().unwrap();
            let expected: Vec<&str> = case["expected"]
                .as_array()
                .unwrap()
                .iter()
                .map(|link| link.as_str().or(link["url"].as_str()).unwrap())
                .collect();
            assert_eq!(x::links(text), expected, "{}: {text}", case["description"]);
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked}");
}

#[test]
fn x_links_names_that_mean_no_address() {
    for name in ["uni.de", "example.org", "M.Sc", "Dr.med", "README.md", "ASP.NET", "fast.ai"] {
        assert_eq!(Count::X.length(name), 23, "{name}");
        assert_eq!(x::links(&format!("a {name}, b")), [name]);
    }
    assert_eq!(Count::X.length("M.Sc."), 24);
    for plain in ["Ph.D.", "M.Eng.", "Dr.-Ing.", "e.g.", "z.B.", "Node.js", "St.Gallen", "1.5"] {
        assert_eq!(Count::X.length(plain), plain.chars().count(), "{plain}");
    }
    // The root zone has this one only since X's list was made.
    assert_eq!(Count::X.length("lab.kids"), 23);
}

/// The cases of `spec/validators/status_length_validator_spec.rb`, with 500 signs to spend.
#[test]
fn mastodon_counts_as_its_own_cases_say() {
    let host = "b".repeat(30);
    let fits = |text: &str| Count::Mastodon.fits(text, 500);
    assert!(!fits(&"a".repeat(520)));
    assert!(fits(&format!("{} http://{host}.com/example", "a".repeat(476))));
    assert!(!fits(&format!("{}http://{host}.com/example", "a".repeat(476))), "not set apart");
    assert!(!fits(&format!("http://{}.com/example", "b".repeat(500))), "no such domain");
    assert!(!fits(&format!("http://example.com/{}", "a".repeat(5000))), "too long for a link");
    assert!(fits(&format!("{} @alice@{host}.com", "a".repeat(475))));
    assert!(!fits(&format!("{} @alice@{}.com", "a".repeat(475), "b".repeat(500))));
    assert!(!fits(&format!("{}@alice@{host}.com", "a".repeat(480))), "within a word");
    assert_eq!(Count::Mastodon.length(&"✨".repeat(500)), 500);
    assert_eq!(Count::Mastodon.length(&"🏳️‍⚧️".repeat(500)), 500);
}

#[test]
fn mastodon_counts_addresses_with_a_scheme_as_23() {
    for (text, length) in [
        ("https://lab.example.com/a", 23),
        ("(https://lab.example.com/a_(b)).", 26),
        ("https://lab.example.com/日本?ä=ö, ", 25),
        ("lab.example.com/jobs", 20),
        ("see:https://lab.example.com", 27),
        ("https://lab.example/jobs/", 25),
        ("@lab@social.example.com, hi", 8),
        ("mail lab@example.com", 20),
        ("gemini://lab.example.com/jobs/phd", 23),
    ] {
        assert_eq!(Count::Mastodon.length(text), length, "{text}");
    }
}

#[test]
fn bluesky_counts_what_a_reader_sees_and_bytes_as_well() {
    let accented = "e\u{301}".repeat(300);
    assert_eq!(Count::Bluesky.length(&accented), 300);
    assert!(Count::Bluesky.fits(&accented, 300));
    // A family of four is 25 bytes.
    let family = "👨‍👩‍👧‍👦";
    assert!(Count::Bluesky.fits(&family.repeat(120), 300));
    assert!(!Count::Bluesky.fits(&family.repeat(121), 300));
    assert!(!Count::Bluesky.fits(&"a".repeat(301), 300));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_length_in_every_network(text in "\\PC{0,200}") {
        let signs = text.chars().count();
        for count in [Count::Mastodon, Count::X, Count::Bluesky, Count::LinkedIn, Count::Characters] {
            let length = count.length(&text);
            prop_assert!(count.fits(&text, length) || count == Count::Bluesky);
            prop_assert!(length > 0 || text.is_empty());
        }
        prop_assert!(Count::Bluesky.length(&text) <= signs);
    }

    #[test]
    fn words_without_a_dot_add_up(words in proptest::collection::vec("[a-zäö漢😀]{1,9}", 1..20)) {
        let text = words.join(" ");
        for count in [Count::Mastodon, Count::X, Count::Bluesky] {
            let sum: usize = words.iter().map(|word| count.length(word)).sum();
            prop_assert_eq!(count.length(&text), sum + words.len() - 1);
        }
    }
}
