//! Lists that are carried to a server: WebDAV over HTTP, SFTP with the system's program.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use handbill::channel::Outcome;

use super::{MAPPING, announce, channel, site};
use crate::support::TestSite;
use crate::support::world::{World, at};

const NOW: &str = "2027-01-20T09:00:00Z";

/// A folder on a server that speaks as much of WebDAV as is spoken with it.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    files: std::collections::BTreeMap<String, (String, u32)>,
    requests: Vec<String>,
    /// What it answers next, in the place of what is right.
    next: Vec<Fault>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Status(u16),
    /// It stores the file, and answers with nonsense.
    StoresAndFails,
}

async fn shelf() -> (Shelf, String) {
    let shelf = Shelf::default();
    let app = Router::new().fallback(answer).with_state(shelf.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (shelf, format!("http://{address}/dav/"))
}

async fn answer(
    State(Shelf(held)): State<Shelf>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut held = held.lock().unwrap();
    let name = uri.path().to_owned();
    let tag = |number: u32| format!("\"v{number}\"");
    let wanted = headers.get(header::IF_MATCH).map(|it| it.to_str().unwrap().to_owned());
    held.requests.push(format!("{method} {name} {}", wanted.clone().unwrap_or_default()));
    // user:tides-and-storms
    let allowed = "Basic dXNlcjp0aWRlcy1hbmQtc3Rvcm1z";
    if headers.get(header::AUTHORIZATION).is_none_or(|it| it != allowed) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let fault = if method == Method::PUT { held.next.pop() } else { None };
    if let Some(Fault::Status(status)) = fault {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let there = held.files.get(&name).map(|(_, number)| *number);
    match method {
        Method::GET => match held.files.get(&name) {
            Some((text, number)) => ([(header::ETAG, tag(*number))], text.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Method::PUT if wanted.is_some() && wanted != there.map(tag) => {
            StatusCode::PRECONDITION_FAILED.into_response()
        }
        Method::PUT => {
            let number = there.unwrap_or_default() + 1;
            held.files.insert(name, (String::from_utf8(body.to_vec()).unwrap(), number));
            if fault == Some(Fault::StoresAndFails) {
                return StatusCode::BAD_GATEWAY.into_response();
            }
            (StatusCode::NO_CONTENT, [(header::ETAG, tag(number))]).into_response()
        }
        Method::DELETE if held.files.remove(&name).is_some() => {
            StatusCode::NO_CONTENT.into_response()
        }
        Method::DELETE => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::OK.into_response(),
    }
}

fn pushed(url: &str) -> TestSite {
    let site = site("euraxess", MAPPING);
    let deadline = "tags: [Sediment, Fluid Dynamics]\njob:\n  deadline: 2027-03-31\n";
    let postdoc = "content/jobs/postdoc-sediment-transport/index.md";
    site.replace(postdoc, "tags: [Sediment, Fluid Dynamics]\n", deadline);
    site.write("password", "tides-and-storms");
    site.write(
        "channels/feed.toml",
        format!(
            "{}\n[feed.webdav]\nurl = \"{url}\"\nusername = \"user\"\npassword = {{ file = \
             \"password\" }}\n",
            channel("euraxess")
        ),
    );
    site
}

const LIST: &str = "/dav/euraxess.xml";

#[tokio::test]
async fn a_list_is_put_whole_and_not_over_what_somebody_else_has_changed() {
    let (shelf, url) = shelf().await;
    let world = World::of(pushed(&url));
    let station = world.stations.first().unwrap();
    let [one, two] = &world.postings.open[..] else { panic!("two ads") };
    let send = async |posting| announce(&world.site, station, posting, at(NOW)).await.unwrap();
    let here = || std::fs::read_to_string(world.site.folder.join("public/feed/euraxess.xml"));
    assert!(matches!(send(one).await, Outcome::Posted(_)));
    assert_eq!(shelf.0.lock().unwrap().files[LIST].0, here().unwrap());
    assert_eq!(shelf.0.lock().unwrap().requests, [format!("PUT {LIST} ")]);

    // Somebody else writes there.
    shelf.0.lock().unwrap().files.insert(LIST.to_owned(), ("theirs".to_owned(), 17));
    let outcome = send(two).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("changed by somebody else"), "{outcome:?}");
    assert_eq!(shelf.0.lock().unwrap().files[LIST].0, "theirs");
    assert_eq!(here().unwrap().matches("<job-id>").count(), 1, "what was not taken is not written");
    // A person has looked.
    assert!(matches!(send(two).await, Outcome::Posted(_)));
    let there = shelf.0.lock().unwrap().files[LIST].0.clone();
    assert_eq!((there.matches("<job-id>").count(), there), (2, here().unwrap()));
}

#[tokio::test]
async fn a_list_whose_answer_was_lost_is_known_for_our_own() {
    let (shelf, url) = shelf().await;
    let world = World::of(pushed(&url));
    let station = world.stations.first().unwrap();
    let [one, two] = &world.postings.open[..] else { panic!("two ads") };
    let send = async |posting| announce(&world.site, station, posting, at(NOW)).await.unwrap();
    assert!(matches!(send(one).await, Outcome::Posted(_)));
    shelf.0.lock().unwrap().next.push(Fault::StoresAndFails);
    assert!(matches!(send(two).await, Outcome::Unknown { .. }));
    let outcome = send(two).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let requests = shelf.0.lock().unwrap().requests.clone();
    // What stands there is read first, and replaced only if it is still that.
    let wanted = [
        format!("PUT {LIST} "),
        format!("GET {LIST} "),
        format!("PUT {LIST} \"v1\""),
        format!("GET {LIST} "),
        format!("PUT {LIST} \"v2\""),
    ];
    assert_eq!(requests, wanted);
}

#[tokio::test]
async fn a_lost_answer_is_no_loss_and_a_refused_list_waits_for_a_person() {
    let (shelf, url) = shelf().await;
    let world = World::of(pushed(&url));
    let station = world.stations.first().unwrap();
    let posting = world.postings.open.first().unwrap();
    let send = async || announce(&world.site, station, posting, at(NOW)).await.unwrap();
    shelf.0.lock().unwrap().next.push(Fault::StoresAndFails);
    let outcome = send().await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert!(matches!(send().await, Outcome::Posted(_)), "once more is harmless");
    assert_eq!(shelf.0.lock().unwrap().files.len(), 1);

    shelf.0.lock().unwrap().next.push(Fault::Status(409));
    let two = world.postings.open.last().unwrap();
    let outcome = announce(&world.site, station, two, at(NOW)).await.unwrap();
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(station.channel.probe().await.is_ok());
    std::fs::write(world.site.folder.join("password"), "wrong").unwrap();
    assert!(station.channel.probe().await.unwrap_err().contains("does not let us in"));
    let outcome = announce(&world.site, station, two, at(NOW)).await.unwrap();
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(!outcome.why().contains("wrong"), "{outcome:?}");
}

/// The program stands for the system's own, writes down what it is told, and ends as it is told.
fn with_sftp(ends_with: i32) -> TestSite {
    let site = site("euraxess", MAPPING);
    site.waits_for_no_page();
    site.write(
        "channels/feed.toml",
        format!(
            "{}\n[feed.sftp]\nhost = \"feeds@www.tidal.example\"\nport = 2222\nfolder = \"/srv/www \
             feeds\"\n",
            channel("euraxess")
        ),
    );
    let program = site.path("bin/sftp");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    let mut file = std::fs::File::create(&program).unwrap();
    write!(
        file,
        "#!/bin/sh\necho \"$@\" > \"$0.arguments\"\ntee \"$0.batch\" | sed -n 's/^put \"\\(.*\\)\" .*/\\1/p' \
         | while read -r it; do cp \"$it\" \"$0.put\"; done\necho 'Connection closed' >&2\nexit {ends_with}\n"
    )
    .unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
    site
}

fn post(site: &TestSite) -> crate::support::Ran {
    let path = format!("{}:/usr/bin:/bin", site.path("bin").display());
    let page = "content/jobs/phd-tidal-forecasting/index.md";
    site.run_with(&["post", page, "--at", NOW], &[("PATH", &path)])
}

#[test]
fn a_list_goes_over_sftp_and_takes_its_place_in_one_step() {
    let site = with_sftp(0);
    let ran = post(&site);
    assert_eq!(ran.code, 0, "{ran:?}");
    let arguments = site.read("bin/sftp.arguments");
    assert!(arguments.contains("-o BatchMode=yes -o StrictHostKeyChecking=yes"), "{arguments}");
    assert!(arguments.trim_end().ends_with("-P 2222 -- feeds@www.tidal.example"), "{arguments}");
    let batch = site.read("bin/sftp.batch");
    let steps: Vec<&str> = batch.lines().collect();
    assert_eq!(steps[0], "cd \"/srv/www feeds\"");
    assert!(steps[1].ends_with("outbox/euraxess.xml\" .euraxess.xml.new"), "{batch}");
    assert_eq!(steps[2], "rename .euraxess.xml.new euraxess.xml");
    assert_eq!(site.read("bin/sftp.put"), site.read("public/feed/euraxess.xml"));
}

#[test]
fn a_server_that_cannot_be_reached_over_sftp_is_tried_later() {
    let site = with_sftp(255);
    let ran = post(&site);
    assert!(ran.out.contains("Connection closed"), "{ran:?}");
    assert!(!site.path("public/feed/euraxess.xml").exists());
}

#[test]
fn without_the_system_s_sftp_it_is_said_what_to_install() {
    let site = with_sftp(0);
    std::fs::remove_file(site.path("bin/sftp")).unwrap();
    let path = site.path("bin").display().to_string();
    let page = "content/jobs/phd-tidal-forecasting/index.md";
    let ran = site.run_with(&["post", page, "--at", NOW], &[("PATH", &path)]);
    assert!(ran.out.contains("apt install openssh-client"), "{ran:?}");
}
