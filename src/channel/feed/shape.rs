//! What an entry in XML is made of: elements, their order, and what they hold.

use chrono::{DateTime, NaiveDate};
use roxmltree::{Document, Node};

use crate::adapt::vocabulary::Vocabularies;

/// An element, and how often it stands in the one around it.
pub(super) struct Element {
    pub name: &'static str,
    occurs: Occurs,
    holds: Holds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Occurs {
    Once,
    Optional,
    AtLeastOnce,
    Any,
}

enum Holds {
    /// So many characters.
    Text {
        from: usize,
        to: usize,
    },
    /// A word of a closed list of EURAXESS.
    Word(&'static str),
    /// Letters, digits, hyphens and underscores, so many at most.
    Identifier(usize),
    Number {
        from: u32,
        to: u32,
    },
    /// `xs:dateTime`.
    Instant,
    /// `xs:date`, any number of them.
    Days,
    /// In this order.
    InOrder(&'static [Element]),
    /// In any order, beside others.
    Among(&'static [Element]),
}

use Holds::{Among, Days, Identifier, InOrder, Instant, Number, Text, Word};
use Occurs::{Any, AtLeastOnce, Once, Optional};

const fn element(name: &'static str, occurs: Occurs, holds: Holds) -> Element {
    Element { name, occurs, holds }
}

const SHORT: Holds = Text { from: 0, to: 255 };
const MEDIUM: Holds = Text { from: 0, to: 512 };
const LONG: Holds = Text { from: 0, to: 10_000 };
const SAID: Holds = Text { from: 1, to: usize::MAX };

/// <https://euraxess.ec.europa.eu/api/schema/JobOpportunitySchema.xsd>, version 1.1.
pub(super) static EURAXESS: Element = element(
    "job-opportunity",
    Once,
    InOrder(&[
        element("job-id", Once, Identifier(50)),
        element(
            "description",
            Once,
            InOrder(&[
                element("job-title", Once, Text { from: 1, to: 255 }),
                element("job-summary", Optional, LONG),
                element("job-description", Once, Text { from: 0, to: 50_000 }),
                element(
                    "research-field",
                    AtLeastOnce,
                    InOrder(&[
                        element("main-research-field", Once, Word("research_field")),
                        element("sub-research-field", Optional, Word("sub_research_field")),
                    ]),
                ),
                element("researcher-profile", AtLeastOnce, Word("researcher_profile")),
                element("type-of-contract", Once, Word("type_of_contract")),
                element("job-status", Once, Word("job_status")),
                element("hours-per-week", Optional, MEDIUM),
                element("job-start-date", Optional, Days),
                element("application-deadline", Once, Instant),
                element("science4refugees", Optional, SHORT),
                element("positions", Optional, Word("positions")),
            ]),
        ),
        element(
            "additional-information",
            Optional,
            InOrder(&[
                element("benefits", Optional, LONG),
                element("eligibility-criteria", Optional, LONG),
                element("selection-process", Optional, LONG),
                element("comment", Optional, LONG),
                element("info-website", Any, MEDIUM),
            ]),
        ),
        element("required-research-experiences", Any, Among(&[])),
        element("additional-requirements", Optional, Among(&[])),
        element(
            "eu-funding",
            Once,
            InOrder(&[
                element("framework-programme", Once, Word("framework_programme")),
                element("cofund-nr-job-position", Optional, Number { from: 1, to: 999 }),
                element("cofund-destination-countries", Any, SHORT),
                element("sesam-agreement-number", Optional, MEDIUM),
                element("job-reference-number", Optional, MEDIUM),
            ]),
        ),
        element(
            "work-location",
            Any,
            InOrder(&[
                element("nr-job-positions", Once, Number { from: 1, to: 999 }),
                element("job-organisation-institute", Once, Text { from: 1, to: 512 }),
                element("job-country", Once, Word("country")),
                element("job-state-province", Optional, MEDIUM),
                element("job-city", Optional, MEDIUM),
                element("job-postal-code", Optional, MEDIUM),
                element("job-street", Optional, MEDIUM),
            ]),
        ),
        element(
            "hiring-org-inst",
            Once,
            InOrder(&[
                element("organisation-institute", Once, Text { from: 1, to: 512 }),
                element("organisation-institute-type", Once, Word("organisation_type")),
                element("division-faculty", Optional, MEDIUM),
                element("country", Once, Word("country")),
                element("city", Optional, MEDIUM),
                element("state-province", Optional, MEDIUM),
                element("postal-code", Optional, MEDIUM),
                element("street", Optional, MEDIUM),
                element("e-mail", Any, SHORT),
                element("website", Any, MEDIUM),
                element("phone", Any, MEDIUM),
                element("mobile-phone", Any, MEDIUM),
                element("fax", Any, MEDIUM),
            ]),
        ),
        element(
            "application-details",
            Once,
            InOrder(&[
                element("how-to-apply", Once, Text { from: 1, to: 255 }),
                element("application-email", Optional, SHORT),
                element("application-website", Optional, LONG),
            ]),
        ),
    ]),
);

/// <https://docs.indeed.com>: what an ad in an XML feed cannot do without. There is no schema.
pub(super) static INDEED: Element = element(
    "job",
    Once,
    Among(&[
        element("title", Once, SAID),
        element("date", Once, SAID),
        element("referencenumber", Once, SAID),
        element("url", Once, SAID),
        element("company", Once, SAID),
        element("country", Once, SAID),
        element("description", Once, SAID),
    ]),
);

/// <https://developer.personio.de>: what a position has at least. There is no schema.
pub(super) static PERSONIO: Element = element(
    "position",
    Once,
    Among(&[
        element("id", Once, SAID),
        element("name", Once, SAID),
        element(
            "jobDescriptions",
            Once,
            Among(&[element("jobDescription", AtLeastOnce, Among(&[]))]),
        ),
    ]),
);

/// Whether a document is such an element.
///
/// # Errors
/// In words: the first thing that is not as it should be.
pub(super) fn check(document: &Document<'_>, wanted: &Element) -> Result<(), String> {
    let root = document.root_element();
    if root.tag_name().name() != wanted.name {
        return Err(format!("it is no `<{}>`", wanted.name));
    }
    check_element(root, wanted)
}

/// The same for an element of a document.
///
/// # Errors
/// In words: the first thing that is not as it should be.
pub(super) fn check_element(node: Node<'_, '_>, wanted: &Element) -> Result<(), String> {
    let text = || node.text().unwrap_or_default();
    let name = wanted.name;
    match &wanted.holds {
        InOrder(elements) => in_order(node, elements),
        Among(elements) => elements.iter().try_for_each(|element| {
            let found: Vec<_> = children(node).filter(|it| it.has_tag_name(element.name)).collect();
            often_enough(element, found.len(), name)?;
            found.into_iter().try_for_each(|it| check_element(it, element))
        }),
        Text { from, to } => {
            let whole: String =
                node.children().filter_map(|child| child.text()).collect::<Vec<_>>().concat();
            let length = whole.chars().count();
            if length < *from || (*from > 0 && whole.trim().is_empty()) {
                Err(format!("`{name}` is empty"))
            } else if length > *to {
                Err(format!("`{name}` has {length} characters, and may have {to}: shorten it"))
            } else {
                Ok(())
            }
        }
        Word(list) if Vocabularies::words("euraxess", list).contains(&text()) => Ok(()),
        Word(list) => Err(format!("`{name}` is `{}`, which is no word of `{list}`", text())),
        Identifier(length) => {
            let fit = |c: char| c.is_ascii_alphanumeric() || " -_()".contains(c);
            let fits = !text().is_empty() && text().len() <= *length && text().chars().all(fit);
            if fits { Ok(()) } else { Err(format!("`{name}` cannot be `{}`", text())) }
        }
        Number { from, to } => match text().trim().parse::<u32>() {
            Ok(number) if (*from..=*to).contains(&number) => Ok(()),
            _ => Err(format!("`{name}` is `{}`, and has to be from {from} to {to}", text())),
        },
        Instant => DateTime::parse_from_rfc3339(text().trim())
            .map(|_| ())
            .map_err(|_| format!("`{name}` is `{}`, which is no date with a time", text())),
        Days => match text().split_whitespace().find(|day| day.parse::<NaiveDate>().is_err()) {
            None => Ok(()),
            Some(day) => Err(format!("`{name}` is `{day}`, which is no day")),
        },
    }
}

fn in_order(node: Node<'_, '_>, elements: &[Element]) -> Result<(), String> {
    let around = node.tag_name().name();
    let mut left = children(node).peekable();
    for element in elements {
        let mut number = 0;
        while let Some(child) = left.next_if(|child| child.has_tag_name(element.name)) {
            check_element(child, element)?;
            number += 1;
        }
        often_enough(element, number, around)?;
    }
    match left.next() {
        None => Ok(()),
        Some(child) => {
            let name = child.tag_name().name();
            Err(format!("`{name}` may not stand there in `{around}`"))
        }
    }
}

fn often_enough(element: &Element, number: usize, around: &str) -> Result<(), String> {
    let name = element.name;
    match (element.occurs, number) {
        (Once | AtLeastOnce, 0) => Err(format!("`{around}` has no `{name}`")),
        (Once | Optional, 2..) => Err(format!("`{around}` has {number} times `{name}`")),
        _ => Ok(()),
    }
}

fn children<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}
