//! Links and hashtags as ranges of a text's bytes (facets), in whatever text.

use handbill::adapt::rich_text::{Feature, RichText};
use proptest::prelude::*;

/// Signs of one to four bytes, those that join others, and those that mean something to us.
fn words() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        any::<char>(),
        "[a-z0-9#@:/.()… ]".prop_map(|it| it.chars().next().unwrap_or(' ')),
        Just('\u{200D}'),
        Just('\u{301}'),
        Just('👩'),
        Just('ü'),
        Just('\n'),
    ];
    proptest::collection::vec(sign, 0..40).prop_map(|signs| signs.into_iter().collect())
}

proptest! {
    #[test]
    fn every_facet_is_the_part_that_it_says_and_nothing_is_lost(text in words()) {
        let rich = RichText::of(&text);
        let (mut whole, mut done) = (String::new(), 0);
        for facet in &rich.facets {
            prop_assert!(facet.bytes.start >= done && facet.bytes.start < facet.bytes.end);
            let part = rich.text.get(facet.bytes.clone());
            prop_assert!(part.is_some(), "{facet:?} cuts a sign of {:?}", rich.text);
            whole.push_str(&rich.text[done..facet.bytes.start]);
            match &facet.feature {
                Feature::Tag(tag) => {
                    prop_assert_eq!(part.unwrap().trim_start_matches(['#', '＃']), tag);
                    whole.push_str(part.unwrap());
                }
                // Its words are the beginning of what it leads to; the text has it whole.
                Feature::Link(url) => {
                    let written = text.get(whole.len()..).unwrap();
                    prop_assert!(written.to_lowercase().starts_with("http"), "{written}");
                    let shown = part.unwrap().trim_end_matches('…');
                    prop_assert!(written.split_once("://").unwrap().1.starts_with(shown));
                    let length = (1..=written.len())
                        .rev()
                        .filter(|end| written.is_char_boundary(*end))
                        .find(|end| url::Url::parse(&written[..*end]).as_ref() == Ok(url)
                            && RichText::of(&written[..*end]).facets.len() == 1
                            && RichText::of(&written[..*end]).facets[0].bytes.end
                                == RichText::of(&written[..*end]).text.len());
                    prop_assert!(length.is_some(), "{url} is not in {written}");
                    whole.push_str(&written[..length.unwrap()]);
                }
            }
            done = facet.bytes.end;
        }
        whole.push_str(&rich.text[done..]);
        prop_assert_eq!(whole, text);
    }

    #[test]
    fn a_link_and_a_tag_are_found_in_any_text(
        before in words(), between in words(), after in words(), path in "[a-zA-Z0-9/-]{0,60}[a-z]",
    ) {
        let link = format!("https://lab.example/{path}");
        let text = format!("{before} {link} {between} #Küste {after}");
        let rich = RichText::of(&text);
        let parts: Vec<(&str, &Feature)> = rich
            .facets
            .iter()
            .map(|facet| (&rich.text[facet.bytes.clone()], &facet.feature))
            .collect();
        let wanted = Feature::Link(link.parse().unwrap());
        let shown = parts.iter().find(|(_, feature)| **feature == wanted).map(|(part, _)| *part);
        prop_assert!(shown.is_some_and(|shown| shown.starts_with("lab.example")), "{parts:?}");
        let tag = Feature::Tag("Küste".to_owned());
        prop_assert!(parts.contains(&("#Küste", &tag)), "{parts:?}");
    }
}
