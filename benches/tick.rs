//! How long a tick takes in which nothing is due, with more and more that is over.
//!
//! `cargo bench --bench tick`. The aim of the design: it costs the same with a thousand finished
//! deliveries as with a million. A tick is a whole round: postings observed, unknowns looked for,
//! the open past read, planned, and written down.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use handbill::channel::Reach;
use handbill::clock::Clock;
use handbill::deliver::{Courier, Postings, Station, Wanted, Worker};
use handbill::diagnostic::Source;
use handbill::ledger::Ledger;
use handbill::plan::Pace;
use handbill::posting::{self, PageFile};
use handbill::site::Site;
use handbill::site::queue::PageWait;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tokio::runtime::Runtime;

fn now() -> DateTime<Utc> {
    "2027-01-11T08:00:00Z".parse().expect("a time")
}

fn site(folder: &Path) -> Site {
    std::fs::create_dir_all(folder.join("content/jobs")).expect("a folder");
    std::fs::create_dir_all(folder.join("channels")).expect("a folder");
    let text = "[site]\nname = \"Tidal Computing Group\"\nbase_url = \"https://tidal.example/\"\n\
                timezone = \"Europe/Berlin\"\npostings = [\"content/jobs\"]\n";
    std::fs::write(folder.join("handbill.toml"), text).expect("a file");
    for number in 0..10 {
        let text = "kind = \"manual\"\nschedule = \"0 9 1 1 *\"\n[manual]\nplace = \"a form\"\n";
        let path = folder.join(format!("channels/form-{number}.toml"));
        std::fs::write(path, text).expect("a file");
    }
    let (site, diagnostics) = Site::load(folder).expect("a site");
    let mut site = site.unwrap_or_else(|| panic!("{diagnostics:?}"));
    for channel in &mut site.channels {
        channel.holds.page = PageWait::DoNotWait;
    }
    site
}

/// Twenty open ads, whose slot comes next year.
fn postings(site: &Site) -> Postings {
    let read = |number: usize| {
        let text = format!(
            "---\ntitle: PhD position in Tides {number}\ndate: 2027-01-11\njob:\n  id: open-{number}\n  \
             deadline: 2028-03-01\n---\n\nForecast the tides.\n"
        );
        let page = PageFile {
            source: Source::new(format!("content/jobs/open-{number}.md"), text),
            path: format!("jobs/open-{number}.md"),
            ancestors: Vec::new(),
        };
        posting::read(&page, &site.settings).postings
    };
    Postings { open: (0..20).flat_map(read).collect(), ..Postings::default() }
}

/// Writes what years of posting leave behind: ads that are closed everywhere, four deliveries each
/// on ten channels, the newest 60 days old.
async fn write_the_past(ledger: &Path, finished: usize) {
    let day = now() - TimeDelta::days(60);
    let (postings, long_ago) = (finished / 40, day.timestamp_micros());
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", ledger.display());
    let mut connection = AnyConnection::connect(&url).await.expect("the ledger");
    let statements = format!(
        "begin;
         insert into posting (id, path, translation_key, title, first_seen, revision,
                              revision_since, finished_at)
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {postings})
         select 'old-' || i, 'jobs/old-' || i || '.md', 'jobs/old-' || i, 'PhD position ' || i,
                {long_ago} - i * 1000000, 'r', {long_ago} - i * 1000000, {long_ago} from n;
         insert into delivery (key, posting, channel, occasion, occurrence, deed, state, due_at,
                               revision, attempts, changed_at, reason, receipt, copy_state,
                               attempted_at)
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {postings}),
                        c(k) as (select 0 union all select k + 1 from c where k < 9),
                        o(j) as (select 0 union all select j + 1 from o where j < 3)
         select printf('%08x-0000-5000-8000-%012x', k * 4 + j, i), 'old-' || i, 'form-' || k,
                case j when 0 then 'announce' when 1 then 'remind' when 2 then 'update'
                       else 'close' end,
                '1', 'publish', 'posted', {long_ago} - i * 1000000, 'r', 1,
                {long_ago} - i * 1000000, '', '{{\"remote_id\":\"1\",\"link\":null}}', 'withdrawn',
                {long_ago} - i * 1000000
           from n, c, o;
         commit;"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("the past");
    connection.close().await.expect("closed");
}

fn ticking(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("tick");
    group.sample_size(20);
    for finished in [1_000, 100_000, 1_000_000] {
        let folder = tempfile::tempdir().expect("a folder");
        let site = site(folder.path());
        let stations = Station::all(&site, Reach::LoopbackOnly, &mut Vec::new());
        let postings = postings(&site);
        let path = folder.path().join("state/ledger.db");
        let ledger = runtime.block_on(async {
            let ledger = Ledger::open(&path, &site.mark(), now()).await.expect("a ledger");
            let courier = courier(&site, &stations, &ledger);
            courier.round(&postings, Pace::OnSchedule, Wanted::default()).await.expect("a round");
            write_the_past(&path, finished).await;
            ledger
        });
        let courier = courier(&site, &stations, &ledger);
        let name = BenchmarkId::new("nothing due, finished", finished);
        group.bench_with_input(name, &finished, |bench, _| {
            bench.iter(|| {
                let round = courier.round(&postings, Pace::OnSchedule, Wanted::default());
                let round = runtime.block_on(round).expect("a round");
                assert!(round.done.is_empty() && round.problems.is_empty());
                assert_eq!(round.plan.steps.len(), 200);
                round
            });
        });
    }
    group.finish();
}

fn courier<'a>(site: &'a Site, stations: &'a [Station], ledger: &'a Ledger) -> Courier<'a> {
    Courier { site, stations, ledger, worker: Worker::this(), clock: Clock::at(now()), aside: None }
}

criterion_group!(benches, ticking);
criterion_main!(benches);
