//! How long a plan takes: pure, nothing is read or written.
//!
//! `cargo bench --bench plan`. The aim of the design: 100,000 open deliveries below 100 ms.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::hint::black_box;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use handbill::adapt::{AdaptError, Occasion, Rendition};
use handbill::diagnostic::Source;
use handbill::ledger::{
    Acceptance, CopyState, Deed, Delivery, DeliveryName, KnownChannel, KnownPosting, Occurrence,
    PageSight, Past, Standing, State,
};
use handbill::plan::{Inputs, Pace, plan};
use handbill::posting::{self, PageFile, Posting, PostingId};
use handbill::site::{ChannelSpec, Site};
use uuid::Uuid;

const CHANNELS: usize = 20;

fn main_day() -> DateTime<Utc> {
    "2027-01-11T08:00:00Z".parse().expect("a time")
}

/// Channels as a busy site has them: most with a schedule, some with rules of their own.
fn site(folder: &std::path::Path) -> Site {
    let mut text =
        "[site]\nname = \"Tidal Computing Group\"\nbase_url = \"https://tidal.example/\"\n\
                    timezone = \"Europe/Berlin\"\npostings = [\"content/jobs\"]\n"
            .to_owned();
    text.push('\n');
    std::fs::create_dir_all(folder.join("content/jobs")).expect("a folder");
    std::fs::create_dir_all(folder.join("channels")).expect("a folder");
    std::fs::write(folder.join("handbill.toml"), text).expect("a file");
    let schedules = ["0 9 * * Mon-Fri", "30 10 * * Tue,Thu", "0 * * * *", "0 8 * * *"];
    for number in 0..CHANNELS {
        let mut text = "kind = \"manual\"\n".to_owned();
        // Writing to a string cannot fail.
        if number % 5 > 0 {
            let _ = writeln!(text, "schedule = \"{}\"", schedules[number % schedules.len()]);
        }
        text.push_str("remind = [\"7d\"]\n[manual]\nplace = \"a form\"\n");
        let path = folder.join(format!("channels/form-{number:02}.toml"));
        std::fs::write(path, text).expect("a file");
    }
    let (site, diagnostics) = Site::load(folder).expect("a site");
    site.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// A posting, and the same under many names with deadlines over a year.
fn postings(site: &Site, count: usize) -> Vec<Posting> {
    let day = main_day();
    (0..count)
        .map(|number| {
            let deadline = (day + TimeDelta::days(30 + (number % 300) as i64)).format("%Y-%m-%d");
            let text = format!(
                "---\ntitle: PhD position in Tides {number}\ndate: 2027-01-10\njob:\n  id: tides-{number}\n  \
                 deadline: {deadline}\n---\n\nForecast the tides.\n"
            );
            let page = PageFile {
                source: Source::new(format!("content/jobs/tides-{number}.md"), text),
                path: format!("jobs/tides-{number}.md"),
                ancestors: Vec::new(),
            };
            let mut reading = posting::read(&page, &site.settings);
            reading.postings.remove(0)
        })
        .collect()
}

/// Every posting on every channel: half of them wait for their slot, half stand there already and
/// wait for the reminder.
fn past(site: &Site, postings: &[Posting]) -> Past {
    let (ledger, now) = (Uuid::from_u128(7), main_day());
    let mut past = Past { ledger: Some(ledger), ..Past::default() };
    for posting in postings {
        past.postings.insert(
            posting.id.clone(),
            KnownPosting {
                id: posting.id.clone(),
                path: posting.path.clone(),
                translation_key: posting.translation_key.clone(),
                sub_id: None,
                reference: None,
                title: posting.name().to_owned(),
                first_seen: now - TimeDelta::days(1),
                revision: posting.revision.clone(),
                revision_since: now - TimeDelta::days(1),
                acceptance: Acceptance::New,
                withdrawn_at: None,
                missing_since: None,
                page: PageSight { seen_at: Some(now), note: String::new() },
                finished_at: None,
                erased_at: None,
            },
        );
    }
    for channel in &site.channels {
        past.channels.insert(
            channel.name.clone(),
            KnownChannel {
                name: channel.name.clone(),
                first_seen: now - TimeDelta::days(30),
                paused: None,
            },
        );
    }
    for (number, posting) in postings.iter().enumerate() {
        for (place, channel) in site.channels.iter().enumerate() {
            let stands = (number + place) % 2 == 0;
            past.deliveries.push(delivery(ledger, posting, channel, stands, now));
        }
    }
    past
}

fn delivery(
    ledger: Uuid,
    posting: &Posting,
    channel: &ChannelSpec,
    stands: bool,
    now: DateTime<Utc>,
) -> Delivery {
    let name = DeliveryName {
        posting: posting.id.clone(),
        channel: channel.name.clone(),
        occasion: Occasion::Announce,
        occurrence: Occurrence::FIRST,
    };
    let rendition = Rendition::Status {
        text: posting.name().to_owned(),
        language: "en".to_owned(),
        length: 20,
        limit: 500,
        left_out: Vec::new(),
        parts: Vec::new(),
        picture: None,
        card: None,
    };
    Delivery {
        key: name.key(ledger),
        name,
        deed: Deed::Publish,
        target: None,
        state: if stands { State::Posted } else { State::Planned },
        due_at: now,
        revision: posting.revision.clone(),
        attempts: u32::from(stands),
        changed_at: now - TimeDelta::hours(1),
        reason: String::new(),
        receipt: None,
        copy: stands.then_some(CopyState::Live),
        standing: stands.then(|| Standing {
            revision: posting.revision.clone(),
            content_hash: rendition.content_hash(),
            rendition,
        }),
        verified_at: None,
        slot: None,
        attempted_at: None,
        unseen_since: None,
        asks_since: None,
    }
}

fn planning(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let site = site(folder.path());
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(20);
    for count in [1_000, 10_000, 100_000] {
        let postings = postings(&site, count / CHANNELS);
        let past = past(&site, &postings);
        let (nothing, nobody) = (BTreeSet::new(), BTreeSet::<PostingId>::new());
        let render = |_: &Posting, _: &ChannelSpec, _: Occasion| -> Result<Rendition, AdaptError> {
            unreachable!("nothing has changed, so nothing is rendered")
        };
        let inputs = Inputs {
            postings: &postings,
            missing: &[],
            held_back: &nothing,
            named: &nobody,
            channels: &site.channels,
            past: &past,
            timezone: site.settings.timezone,
            grace: TimeDelta::days(3),
            now: main_day(),
            pace: Pace::OnSchedule,
            render: &render,
        };
        let made = plan(&inputs);
        assert_eq!(past.deliveries.len(), count);
        assert!(made.steps.len() >= count / 2, "{} steps", made.steps.len());
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new("open deliveries", count), &inputs, |bench, it| {
            // Forgetting a plan is not making one.
            bench.iter_with_large_drop(|| black_box(plan(it)));
        });
    }
    group.finish();
}

criterion_group!(benches, planning);
criterion_main!(benches);
