//! The lines before the slots: each channel's messages share its own.
//!
//! Channels have nothing in common but the times of a schedule, or a host whose lists have to be
//! told of an ad one after the other. So where many messages wait, the channels of one schedule or host
//! are shared out by one thread while another has those of the next; what comes out is the same.

use std::collections::HashMap;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::queue::{Line, Neighbours, Place, Timetable, Wish};
use crate::ledger::{Past, Use};
use crate::site::ChannelSpec;
use crate::site::channel_file::KindConfig;

/// From how many messages on it pays to have several threads.
const MANY: usize = 10_000;

/// Who waits for the slots of one channel: the place of each step in the plan, and its wish.
#[derive(Default, Clone)]
pub(super) struct Waiting {
    /// They had their slot and were put off.
    pub(super) again: Vec<(usize, Wish)>,
    pub(super) ready: Vec<(usize, Wish)>,
    /// Their page was not seen at its address yet: they take what the others leave.
    pub(super) unseen: Vec<(usize, Wish)>,
    /// They could not be prepared the last time.
    pub(super) troubled: Vec<(usize, Wish)>,
}

/// What those who wait for one channel got.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Given {
    pub(super) seen: Vec<(usize, Place)>,
    pub(super) unseen: Vec<(usize, Place)>,
}

impl Waiting {
    fn len(&self) -> usize {
        let Self { again, ready, unseen, troubled } = self;
        [again, ready, unseen, troubled].map(Vec::len).into_iter().sum()
    }
}

/// Channels that have something in common, with who waits for each.
struct Group<'a> {
    /// The host of their lists, and how far apart it wants its messages.
    host: Option<(String, TimeDelta)>,
    channels: Vec<(usize, &'a ChannelSpec, Waiting)>,
}

/// What channels have in common.
#[derive(PartialEq, Eq, Hash)]
enum Common<'a> {
    Host(String),
    Schedule(&'a str, Tz),
}

/// Shares the slots out. What is given is in the order of the channels, as the lines are.
pub(super) fn share(
    channels: &[ChannelSpec],
    past: &Past,
    now: DateTime<Utc>,
    lines: Vec<Waiting>,
) -> Vec<Given> {
    let all = lines.iter().map(Waiting::len).sum::<usize>();
    let helpers = if all < MANY { 0 } else { processors() - 1 };
    share_with(helpers, channels, past, now, lines)
}

/// `helpers` are the threads beside this one.
fn share_with(
    helpers: usize,
    channels: &[ChannelSpec],
    past: &Past,
    now: DateTime<Utc>,
    lines: Vec<Waiting>,
) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    given.resize_with(channels.len(), Given::default);
    let groups = Mutex::new(groups(channels, lines));
    let work = || {
        let mut done = Vec::new();
        loop {
            let group = groups.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(group) = group else { break done };
            done.extend(share_group(group, past, now));
        }
    };
    let done = std::thread::scope(|scope| {
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for helper in helpers {
            match helper.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    for (channel, of_channel) in done {
        if let Some(given) = given.get_mut(channel) {
            *given = of_channel;
        }
    }
    given
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// The smallest first, so that the last one taken is not what everybody waits for.
fn groups(channels: &[ChannelSpec], lines: Vec<Waiting>) -> Vec<Group<'_>> {
    let gaps = gaps(channels);
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known = HashMap::new();
    for (index, (channel, waiting)) in channels.iter().zip(lines).enumerate() {
        let host = list_host(channel).and_then(|host| Some((gaps.get(&host).copied()?, host)));
        let common = match (&host, &channel.schedule) {
            (Some((_, host)), _) => Some(Common::Host(host.clone())),
            (None, Some(it)) => Some(Common::Schedule(it.expression(), channel.timezone)),
            (None, None) => None,
        };
        let group = match common {
            Some(common) => *known.entry(common).or_insert(groups.len()),
            None => groups.len(),
        };
        match groups.get_mut(group) {
            Some(group) => group.channels.push((index, channel, waiting)),
            None => groups.push(Group {
                host: host.map(|(gap, host)| (host, gap)),
                channels: vec![(index, channel, waiting)],
            }),
        }
    }
    let waits = |group: &Group<'_>| group.channels.iter().map(|it| it.2.len()).sum::<usize>();
    groups.sort_by_key(waits);
    groups
}

/// The hosts whose lists are written to one after the other: the longest gap that one of them says
/// holds for all.
fn gaps(channels: &[ChannelSpec]) -> HashMap<String, TimeDelta> {
    let mut gaps: HashMap<String, TimeDelta> = HashMap::new();
    for channel in channels.iter().filter(|it| !it.queue.host_gap.is_zero()) {
        let Some(host) = list_host(channel) else { continue };
        let gap = gaps.entry(host).or_default();
        *gap = channel.queue.host_gap.max(*gap);
    }
    gaps
}

fn list_host(channel: &ChannelSpec) -> Option<String> {
    match &channel.config {
        KindConfig::Mail(mail) => Some(mail.list_host()),
        _ => None,
    }
}

fn share_group(group: Group<'_>, past: &Past, now: DateTime<Utc>) -> Vec<(usize, Given)> {
    let Group { host, channels } = group;
    let neighbours = host.map(|(host, gap)| Neighbours::new(host, gap));
    if let Some(neighbours) = &neighbours {
        for (_, channel, _) in &channels {
            for used in uses(channel, past) {
                neighbours.enter(&used.posting, channel, used.at);
            }
        }
    }
    let mut timetables = HashMap::new();
    let mut given = Vec::with_capacity(channels.len());
    for (index, channel, waiting) in channels {
        let timetable = channel.schedule.as_ref().map(|schedule| {
            let of = (schedule.expression(), channel.timezone);
            let new = || Rc::new(Timetable::new(schedule, now));
            Rc::clone(timetables.entry(of).or_insert_with(new))
        });
        let neighbours = neighbours.as_ref();
        given.push((index, share_channel(channel, timetable, neighbours, waiting, past, now)));
    }
    given
}

fn uses<'a>(channel: &ChannelSpec, past: &'a Past) -> &'a [Use] {
    past.uses.get(&channel.name).map_or(&[], Vec::as_slice)
}

fn share_channel<'a>(
    channel: &'a ChannelSpec,
    timetable: Option<Rc<Timetable<'a>>>,
    neighbours: Option<&'a Neighbours>,
    waiting: Waiting,
    past: &Past,
    now: DateTime<Utc>,
) -> Given {
    let uses = uses(channel, past);
    let slots = waiting.again.iter().filter_map(|(_, wish)| wish.slot);
    let mut line = Line::new(channel, timetable, neighbours, uses, slots, now);
    let mut take = |(step, wish): (usize, Wish)| (step, line.take(&wish));
    let Waiting { again, ready, unseen, troubled } = waiting;
    let mut seen = Vec::with_capacity(again.len() + ready.len() + troubled.len());
    seen.extend(again.into_iter().chain(ready).map(&mut take));
    let unseen = unseen.into_iter().map(&mut take).collect();
    seen.extend(troubled.into_iter().map(&mut take));
    Given { seen, unseen }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::channel::DeliveryKey;
    use crate::plan::Pace;
    use crate::posting::PostingId;
    use crate::site::Site;

    const CHANNELS: [&str; 4] = [
        "schedule = \"0 * * * *\"",
        "schedule = \"0 9 * * Mon-Fri\"",
        "",
        "schedule = \"0 * * * *\"",
    ];

    fn site(folder: &std::path::Path) -> Site {
        std::fs::create_dir(folder.join("channels")).unwrap();
        let head = "[site]\nname = \"Tides\"\nbase_url = \"https://tides.example/\"\n\
                    timezone = \"Europe/Berlin\"\npostings = [\"jobs\"]\n";
        std::fs::write(folder.join("handbill.toml"), head).unwrap();
        for (number, schedule) in CHANNELS.iter().enumerate() {
            let text = format!(
                "kind = \"manual\"\n{schedule}\nspacing = \"10m\"\n[manual]\nplace = \"a form\"\n"
            );
            std::fs::write(folder.join(format!("channels/form-{number}.toml")), text).unwrap();
        }
        let (site, diagnostics) = Site::load(folder).unwrap();
        site.unwrap_or_else(|| panic!("{diagnostics:?}"))
    }

    fn lines(now: DateTime<Utc>) -> Vec<Waiting> {
        let wish = |number: usize| {
            let days = TimeDelta::days(i64::try_from(number % 7).unwrap());
            let wish = Wish {
                posting: PostingId(format!("ad-{number}").into()),
                key: DeliveryKey(Uuid::from_u128(number as u128)),
                from: now + days,
                until: number.is_multiple_of(3).then(|| now + days * 9),
                early: None,
                slot: None,
                pace: Pace::OnSchedule,
            };
            (number, wish)
        };
        let of_channel = |channel: usize| Waiting {
            ready: (0..60).map(|number| wish(4 * number + channel)).collect(),
            unseen: (60..70).map(|number| wish(4 * number + channel)).collect(),
            ..Waiting::default()
        };
        (0..CHANNELS.len()).map(of_channel).collect()
    }

    #[test]
    fn the_same_is_given_by_one_thread_and_by_several() {
        let folder = tempfile::tempdir().unwrap();
        let (site, past) = (site(folder.path()), Past::default());
        let now = "2027-01-11T08:30:00Z".parse().unwrap();
        let by = |helpers| share_with(helpers, &site.channels, &past, now, lines(now));
        let alone = by(0);
        assert_eq!(alone.len(), CHANNELS.len());
        for given in &alone {
            assert_eq!((given.seen.len(), given.unseen.len()), (60, 10));
            assert!(given.seen.iter().any(|(_, place)| place.when.time().is_some()));
        }
        assert!(alone[0] != alone[1] && alone[1] != alone[2]);
        for helpers in [1, 3, 20] {
            assert_eq!(by(helpers), alone, "{helpers}");
        }
    }
}
