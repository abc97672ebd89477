//! A board that speaks SOAP, by a file alone: all requests go to one address, a header says what each
//! is, faults come with 500, and the password stands in the body.

use handbill::channel::board::Board;
use handbill::channel::secret::SecretPlace;
use handbill::channel::{Action, Channel, Outcome, Receipt, Sight, Trace};

use super::{build, publish, rendition};
use crate::channels::servers::{self, Reply, SECRET, Scripted, answer};

const FILE: &str = r#"
base = "BASE"
format = "json"
auth = { type = "body", value = { file = "PASSWORD" } }

[find]
method = "POST"
url = "{base}/soap"
headers = { SOAPAction = "find" }
body = { xml = "<find><pw>{secret}</pw><ref>{reference}</ref></find>" }
none = { status = [500], body = "NotFound" }
reference = { xml = { select = "vacancy ref" } }
id = { xml = { select = "vacancy number" } }

[create]
method = "POST"
url = "{base}/soap"
headers = { SOAPAction = "create" }
body = { xml = "<create><pw>{secret}</pw><title>{document/title}</title></create>" }
ok = { status = [200, 500], body_not = "Fault>" }
id = { xml = { select = "number" } }

[update]
method = "POST"
url = "{base}/soap"
headers = { SOAPAction = "change" }
body = { xml = "<change><pw>{secret}</pw><number>{id}</number></change>" }
ok = { status = [200, 500], body_not = "Fault>" }
gone = { status = [500], body = "NotFound" }

[withdraw]
method = "POST"
url = "{base}/soap"
headers = { SOAPAction = "end" }
body = { xml = "<end><pw>{secret}</pw><number>{id}</number></end>" }
ok = { status = [200, 500], body_not = "Fault>" }
gone = { status = [500], body = "NotFound" }

[verify]
method = "POST"
url = "{base}/soap"
headers = { SOAPAction = "get" }
body = { xml = "<get><pw>{secret}</pw><number>{id}</number></get>" }
gone = { status = [500], body = "NotFound" }
same = { "/title" = { xml = { select = "vacancy title" } } }
"#;

fn board(server: &str) -> Board {
    let SecretPlace::File(password) = servers::secret(SECRET).place else {
        unreachable!("servers::secret makes files")
    };
    build(&FILE.replace("BASE", server).replace("PASSWORD", &password.to_string_lossy())).unwrap()
}

fn says(status: u16, body: &str) -> Reply {
    let envelope = format!("<s:Envelope xmlns:s=\"urn:s\"><s:Body>{body}</s:Body></s:Envelope>");
    answer(status, &["Content-Type: text/xml; charset=utf-8"], &envelope)
}

fn fault(code: &str) -> Reply {
    says(500, &format!("<s:Fault><detail>{code}</detail></s:Fault>"))
}

fn copy() -> Receipt {
    Receipt { remote_id: Some("v7".to_owned()), ..Receipt::default() }
}

async fn sent(action: Action<'_>, reply: Reply) -> (Outcome, Vec<String>) {
    let server = Scripted::start([reply]).await;
    let board = board(&server.base);
    let key = servers::key();
    let wire = board.prepare(action, &servers::address(&key)).unwrap();
    (board.send(&wire, &servers::permit()).await, server.requests())
}

#[tokio::test]
async fn each_request_says_in_its_header_what_it_is_and_shows_the_password() {
    let server = Scripted::start([fault("NotFound"), says(200, "<b:number>v7</b:number>")]).await;
    let board = board(&server.base);
    let Outcome::Posted(receipt) = board.send(&publish(&board), &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("v7"));
    let requests = server.requests();
    for (request, action) in requests.iter().zip(["find", "create"]) {
        assert!(request.to_lowercase().contains(&format!("soapaction: {action}")), "{request}");
        assert!(request.contains(&format!("<pw>{SECRET}</pw>")), "{request}");
    }
    assert!(requests[0].contains("<ref>2026-W07</ref>"), "{}", requests[0]);
}

#[tokio::test]
async fn a_fault_that_is_not_that_of_nothing_found_proves_nothing() {
    let server = Scripted::start([fault("Auth")]).await;
    let board = board(&server.base);
    let key = servers::key();
    let trace = board.find(&servers::search(&publish(&board), &key, servers::at())).await;
    assert!(!matches!(trace, Trace::Absent | Trace::Found(_)), "{trace:?}");
}

#[tokio::test]
async fn a_copy_that_is_gone_is_withdrawn_and_is_not_edited() {
    let (outcome, requests) = sent(Action::Withdraw(&copy()), fault("NotFound")).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    assert!(requests[0].contains("<number>v7</number>"), "{}", requests[0]);
    let (outcome, _) = sent(Action::Withdraw(&copy()), fault("Auth")).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    let (outcome, _) = sent(Action::Edit(&rendition(), &copy()), fault("NotFound")).await;
    assert!(
        matches!(&outcome, Outcome::Refused { why } if why.contains("no such copy any more")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_stands_there_is_read_out_of_xml() {
    for (reply, agrees) in [
        (says(200, "<b:vacancy><b:title>PhD on tides</b:title></b:vacancy>"), true),
        (says(200, "<b:vacancy><b:title>Postdoc</b:title></b:vacancy>"), false),
        (says(200, "<b:vacancy/>"), false),
    ] {
        let server = Scripted::start([reply]).await;
        let sight = board(&server.base).verify(&copy(), Some(&rendition())).await;
        assert_eq!(sight == Sight::Agrees, agrees, "{sight:?}");
        assert_eq!(matches!(sight, Sight::Differs { .. }), !agrees, "{sight:?}");
        let request = &server.requests()[0];
        assert!(request.contains("<number>v7</number>") && request.contains(SECRET), "{request}");
    }
    let server = Scripted::start([fault("NotFound")]).await;
    assert_eq!(board(&server.base).verify(&copy(), Some(&rendition())).await, Sight::Gone);
    let server = Scripted::start([fault("Auth")]).await;
    let sight = board(&server.base).verify(&copy(), Some(&rendition())).await;
    assert!(matches!(sight, Sight::Unseen { .. }), "{sight:?}");
}
