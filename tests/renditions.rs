//! The words that go out. Every rendition of the project's own postings is a golden file, named
//! after posting, channel and occasion: the text as its readers see it, and what is sent for it.

use std::collections::BTreeMap;
use std::fmt::Write;

use handbill::adapt::Rendition;
use handbill::channel::Wire;
use handbill::deliver::compose::Composed;
use handbill::plan::{Pace, Step};

use crate::support::world::{World, at};
use crate::support::{TestSite, golden};

const POSTDOC: &str = "content/jobs/postdoc-sediment-transport/index.md";

#[test]
fn each_posting_of_the_example_goes_out_as_its_golden_files_say() {
    let mut world = World::of(TestSite::new());
    let mut sent = BTreeMap::new();
    world.observe();
    send(&mut world, &mut sent);

    world.now = at("2027-01-20T12:00:00Z");
    world.change("28th February 2027", "15th March 2027");
    world.change_page(POSTDOC, "starting October 2027", "starting November 2027");
    send(&mut world, &mut sent);

    world.now = at("2027-03-10T12:00:00Z");
    send(&mut world, &mut sent);

    world.now = at("2027-03-20T12:00:00Z");
    world.change_page(POSTDOC, "\ntags:", "\nclosed: true\ntags:");
    send(&mut world, &mut sent);

    for (name, text) in &sent {
        golden(&format!("{name}.txt"), text);
    }
    let names: Vec<&str> = sent.keys().map(String::as_str).collect();
    golden("index.txt", &names.join("\n"));
}

/// Sends what is due, and keeps it by posting, channel and occasion; where an occasion concerns
/// several copies, the first.
fn send(world: &mut World, sent: &mut BTreeMap<String, String>) {
    let plan = world.plan_at(Pace::AtOnce);
    for step in plan.due() {
        let name = format!("{}.{}.{}", step.name.posting, step.name.channel, step.name.occasion);
        let text = shown(step, &world.compose(step), world);
        sent.entry(name).or_insert(text);
    }
    world.apply(&plan);
}

/// The rendition and the wire; the site's folder is another one each time.
fn shown(step: &Step, composed: &Composed, world: &World) -> String {
    let mut text = format!("{} by {}\n\n", step.name.occasion, step.deed.as_str());
    match &composed.rendition {
        Rendition::Status { text: words, length, limit, left_out, .. } => {
            let _ = write!(text, "{words}\n\n-- {length} of {limit}");
            for what in left_out {
                let _ = write!(text, ", {what}");
            }
        }
        Rendition::Mail { subject, text: words, html, .. } => {
            let _ = write!(text, "Subject: {subject}\n\n{words}");
            if let Some(html) = html {
                let _ = write!(text, "\n-- HTML\n{html}");
            }
        }
        Rendition::Document { media_type, body, .. } => {
            let _ = write!(text, "-- {}\n{body}", media_type.media_type());
        }
    }
    text.push_str("\n\n-- on the wire\n");
    text.push_str(&wire(&composed.wire));
    let folder = world.site.folder.display().to_string();
    format!("{}\n", text.replace(&folder, "[SITE]").trim_end())
}

fn wire(wire: &Wire) -> String {
    match wire {
        Wire::Http(request) => {
            let headers: String =
                request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
            let body = request.body.as_deref().unwrap_or_default();
            format!("{} {}\n{headers}\n{body}", request.method, request.url)
        }
        Wire::Mail(mail) => format!(
            "{}\nMAIL FROM:<{}>\nRCPT TO:<{}>\n{}",
            mail.server,
            mail.envelope_from,
            mail.envelope_to,
            mail.message.replace("\r\n", "\n")
        ),
        Wire::Entry(entry) => format!(
            "{}/{}.jsonld {}\n{}",
            entry.folder,
            entry.id,
            entry.at,
            entry.document.as_deref().unwrap_or("(left out of the feed)")
        ),
        Wire::Errand { text } => text.clone(),
    }
}
