//! Fictional postings, built by hand: an English one for a doctoral student, a German one for a
//! postdoc, and a short one in each other language that Handbill writes.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeZone, Utc};
use handbill::diagnostic::{Source, Span};
use handbill::posting::markdown::{Block, BlockKind, Document, Inline};
use handbill::posting::{
    Availability, Deadline, Facts, Field, Origin, PartialDate, PositionType, Posting, PostingId,
    Revision, Start,
};
use url::Url;

pub fn phd() -> Posting {
    let facts = Facts {
        title: field("PhD position in machine learning for tidal forecasting (m/f/d)".to_owned()),
        display_title: field(
            "CIG-2026-07: PhD position in machine learning for tidal forecasting (m/f/d)"
                .to_owned(),
        ),
        reference: field("CIG-2026-07".to_owned()),
        position_type: field(PositionType::Phd),
        organisation: field("University of Seaforth".to_owned()),
        unit: field("Coastal Intelligence Group".to_owned()),
        city: field("Seaforth".to_owned()),
        country: field("DE".to_owned()),
        pay_scheme: field("TV-L E13".to_owned()),
        salary: None,
        workload_percent: field(75.0),
        start: field(Start::On(PartialDate::Month { year: 2027, month: 4 })),
        duration_months: field(36.0),
        deadline: field(Deadline::On(day(2027, 1, 15))),
        contact_name: field("Prof. Dr. Marina Holm".to_owned()),
        contact_emails: field(vec!["jobs@cig.seaforth.example".to_owned()]),
        apply_url: None,
        summary: None,
        ..Facts::default()
    };
    let document = Document {
        blocks: vec![
            paragraph(vec![text(
                "The University of Seaforth stands between two estuaries and has taught the science \
                 of the sea for a hundred years. More than 9,000 students learn here.",
            )]),
            paragraph(vec![
                text("The "),
                link("/", "Coastal Intelligence Group"),
                text(
                    " is looking for a PhD candidate who wants to make tidal forecasts learn from \
                      every gauge on the coast. You will build models that say how sure they are, and \
                      test them with the harbour pilots who need them, see ",
                ),
                link("https://tides.example/open-gauges", "the open gauge data"),
                text("."),
            ]),
            heading(2, "Who we are"),
            paragraph(vec![text("Eleven people, four boats and a cluster with 64 GPUs.")]),
            heading(3, "Your tasks"),
            list(vec![
                vec![
                    text("Develop probabilistic models for water levels, in "),
                    strong("Python"),
                    text(" and JAX"),
                ],
                vec![text(
                    "Compare them with the harmonic analysis that harbours have trusted since 1867",
                )],
                vec![text("Publish at conferences and in journals")],
            ]),
            heading(3, "What we offer"),
            Block {
                span: Span::default(),
                kind: BlockKind::Table {
                    header: vec![vec![text("What")], vec![text("How")]],
                    rows: vec![
                        vec![vec![text("Pay")], vec![text("TV-L E13, 75 %")]],
                        vec![
                            vec![text("Time")],
                            vec![text("three years, with an option on a fourth")],
                        ],
                    ],
                },
            },
            paragraph(vec![
                text("Questions? Write to "),
                link("mailto:jobs@cig.seaforth.example", "Prof. Dr. Marina Holm"),
                text(" or read https://seaforth.example/phd-handbook before."),
            ]),
        ],
    };
    posting(
        "phd-tidal-forecasting",
        "en",
        &["machine learning", "Tides", "time-series"],
        facts,
        document,
    )
}

pub fn postdoc() -> Posting {
    let facts = Facts {
        title: field("Postdoc (w/m/d) für die Modellierung von Sturmfluten".to_owned()),
        display_title: field("Postdoc (w/m/d) für die Modellierung von Sturmfluten".to_owned()),
        reference: field("KI-Küste 15/2026".to_owned()),
        position_type: field(PositionType::Postdoc),
        organisation: field("Universität Seefurt".to_owned()),
        unit: field("Arbeitsgruppe Küstenintelligenz".to_owned()),
        city: field("Seefurt".to_owned()),
        country: field("DE".to_owned()),
        pay_scheme: field("TV-L E13".to_owned()),
        salary: None,
        workload_percent: field(100.0),
        start: field(Start::AsSoonAsPossible),
        duration_months: field(30.0),
        deadline: field(Deadline::On(day(2027, 2, 15))),
        contact_name: None,
        contact_emails: None,
        apply_url: field(
            Url::parse("https://stellen.seefurt.example/bewerben?nr=15-2026").unwrap(),
        ),
        summary: field(
            "Wir suchen eine Person, die Sturmfluten mit gelernten und physikalischen Modellen \
             vorhersagt. Die Stelle ist zunächst auf 30 Monate befristet."
                .to_owned(),
        ),
        ..Facts::default()
    };
    let document = Document {
        blocks: vec![
            paragraph(vec![text(
                "Wir suchen eine Person, die Sturmfluten mit gelernten und physikalischen Modellen \
                 vorhersagt, z. B. für die Häfen am Seefurter Tief.",
            )]),
            heading(3, "Ihre Aufgaben"),
            list(vec![
                vec![text("Kopplung gelernter Modelle mit dem Strömungsmodell der Arbeitsgruppe")],
                vec![text("Betreuung von zwei Promotionen")],
            ]),
            paragraph(vec![text(
                "Bewerbungen von Menschen mit Schwerbehinderung sind willkommen.",
            )]),
        ],
    };
    posting("postdoc-sturmfluten", "de", &["Sturmflut", "Küstenschutz", "C++"], facts, document)
}

/// A short ad in one of the languages whose words are in `src/adapt/words`.
pub fn short(language: &str) -> Posting {
    let (title, first) = match language {
        "es" => (
            "Contrato predoctoral en predicción de mareas",
            "Buscamos a una persona que enseñe a los modelos a dudar.",
        ),
        "fr" => (
            "Thèse en prévision des marées",
            "Nous cherchons une personne qui apprenne à nos modèles à douter.",
        ),
        "it" => (
            "Dottorato in previsione delle maree",
            "Cerchiamo una persona che insegni ai nostri modelli a dubitare.",
        ),
        "nl" => (
            "Promotieplaats getijdenvoorspelling",
            "Wij zoeken iemand die onze modellen leert twijfelen.",
        ),
        other => panic!("no ad in {other}"),
    };
    let facts = Facts {
        title: field(title.to_owned()),
        // The heading below repeats the title alone.
        display_title: field(format!("CIG-2026-09: {title}")),
        reference: field("CIG-2026-09".to_owned()),
        position_type: field(PositionType::Phd),
        organisation: field("University of Seaforth".to_owned()),
        city: field("Seaforth".to_owned()),
        workload_percent: field(65.5),
        start: field(Start::AsSoonAsPossible),
        duration_months: field(36.0),
        deadline: field(Deadline::On(day(2027, 2, 1))),
        contact_emails: field(vec!["jobs@cig.seaforth.example".to_owned()]),
        ..Facts::default()
    };
    let document = Document { blocks: vec![heading(1, title), paragraph(vec![text(first)])] };
    posting("tides", language, &[], facts, document)
}

fn posting(name: &str, language: &str, tags: &[&str], facts: Facts, document: Document) -> Posting {
    let source = Source::new(format!("content/jobs/{name}/index.md"), "");
    Posting {
        id: PostingId(facts.reference.as_ref().unwrap().value.clone().into()),
        revision: Revision("0".repeat(64).into()),
        source,
        path: format!("jobs/{name}/index.md"),
        declared_id: None,
        sub_id: None,
        translation_key: format!("jobs/{name}"),
        language: language.to_owned(),
        site_language: language.to_owned(),
        translations: BTreeMap::new(),
        permalink: Url::parse(&format!("https://seaforth.example/jobs/{name}/")).unwrap(),
        aliases: Vec::new(),
        asks_for_approval: None,
        availability: Availability::Open,
        date: Some(Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).unwrap()),
        publish_at: None,
        expires_at: None,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        facts,
        image: None,
        document: document.into(),
    }
}

pub fn field<T>(value: T) -> Option<Field<T>> {
    Some(Field::new(value, Origin::Default))
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn block(kind: BlockKind) -> Block {
    Block { span: Span::default(), kind }
}

fn paragraph(content: Vec<Inline>) -> Block {
    block(BlockKind::Paragraph(content))
}

fn heading(level: u8, words: &str) -> Block {
    block(BlockKind::Heading { level, content: vec![text(words)] })
}

fn list(items: Vec<Vec<Inline>>) -> Block {
    let items = items.into_iter().map(|content| vec![paragraph(content)]).collect();
    block(BlockKind::List { start: None, items })
}

fn text(words: &str) -> Inline {
    Inline::Text(words.to_owned())
}

fn strong(words: &str) -> Inline {
    Inline::Strong(vec![text(words)])
}

fn link(url: &str, words: &str) -> Inline {
    Inline::Link { url: url.to_owned(), content: vec![text(words)] }
}
