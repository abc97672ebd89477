//! With `--online`: servers are asked, and nothing is sent.

use handbill::clock::Clock;
use handbill::doctor::{self, Network};
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::smtp::{Login, Options, SmtpStandIn};

use crate::support::TestSite;

/// A site whose list is on this mail server, and whose notices go through it as well.
fn site(port: u16, password: &str) -> TestSite {
    let site = TestSite::with_channels(&[]);
    let account = format!(
        "host = \"127.0.0.1\", port = {port}, security = \"none\", username = \"lab\", \
         password = {{ file = \"password\" }}"
    );
    let mail =
        |to: &str| format!("{{ to = \"{to}\", from = \"office@tidal.example\", {account} }}");
    site.write(
        "channels/list.toml",
        format!("kind = \"mail\"\nmail = {}\n", mail("jobs@lists.example")),
    );
    let text = site.read("handbill.toml").replace("https://tidal.example/", "http://127.0.0.1:9/");
    let notices = format!("\n[notices]\nmail = {}\n", mail("office@tidal.example"));
    site.write("handbill.toml", text + &notices);
    site.write("password", password);
    super::chmod(&site, "password", 0o600);
    site
}

async fn seen(site: &TestSite, network: Network) -> Vec<String> {
    let report = doctor::examine(&site.root(), network, &Clock::System).await;
    let servers = ["doctor::server", "doctor::notices-server", "doctor::web-site"];
    let findings = report.findings.iter().filter(|it| servers.contains(&it.code));
    findings.map(|it| format!("{} {}: {}", it.outcome.as_str(), it.code, it.seen)).collect()
}

async fn server() -> SmtpStandIn {
    let login = Login { username: "lab".to_owned(), password: "s3cret".to_owned() };
    let options = Options { login: Some(login), ..Options::default() };
    let clock = SharedClock::of(&Clock::System);
    SmtpStandIn::start("list", options, clock).await.unwrap()
}

#[tokio::test]
async fn servers_are_signed_in_to_and_get_nothing() {
    let server = server().await;
    let site = site(server.port(), "s3cret");
    assert_eq!(seen(&site, Network::Untouched).await, Vec::<String>::new());
    let seen = seen(&site, Network::Asked).await;
    assert_eq!(seen.len(), 3, "{seen:#?}");
    assert!(seen[0].starts_with("ok doctor::server: list: 250 "), "{seen:#?}");
    assert!(seen[1].starts_with("ok doctor::notices-server: mail: 250 "), "{seen:#?}");
    assert!(seen[2].starts_with("warning doctor::web-site: http://127.0.0.1:9/: no connection"));
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn a_password_that_is_wrong_and_a_server_that_is_gone_are_found() {
    let server = server().await;
    let wrong = site(server.port(), "wr0ng-password");
    let seen_wrong = seen(&wrong, Network::Asked).await;
    assert!(seen_wrong[0].starts_with("problem doctor::server: list: "), "{seen_wrong:#?}");
    assert!(seen_wrong[0].contains("did not let us in"), "{seen_wrong:#?}");
    assert!(!format!("{seen_wrong:?}").contains("wr0ng"), "{seen_wrong:#?}");
    let gone = site(9, "s3cret");
    let seen_gone = seen(&gone, Network::Asked).await;
    assert!(seen_gone[0].contains("no connection to 127.0.0.1:9"), "{seen_gone:#?}");
}
