//! Signing in with a token.

use std::sync::{Arc, Mutex};

use handbill::channel::mail::{Config, Mail};
use handbill::channel::oauth2::OAuth2;
use handbill::channel::secret::{SecretPlace, SecretRef};
use handbill::channel::{Channel, Outcome};

use super::server::{SmtpServer, Trouble, channel, config, send};
use crate::channels::servers::{self, Reply, Scripted, json};

const REFRESH: &str = "refresh-17";
const CLIENT_SECRET: &str = "client-18";

/// A mail server that takes one token, and where tokens are given out.
struct Stage {
    mail: SmtpServer,
    token: Arc<Mutex<String>>,
    tokens: Scripted,
    refresh: SecretRef,
}

impl Stage {
    async fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let token = Arc::new(Mutex::new("first".to_owned()));
        let mail = SmtpServer::with(Trouble {
            offers: &["AUTH PLAIN LOGIN XOAUTH2"],
            token: Arc::clone(&token),
            ..Trouble::default()
        })
        .await;
        let tokens = Scripted::start(replies).await;
        Self { mail, token, tokens, refresh: servers::secret(REFRESH) }
    }

    fn config(&self) -> Config {
        Config {
            password: None,
            oauth2: Some(OAuth2 {
                token_url: format!("{}/token", self.tokens.base).parse().unwrap(),
                client_id: "handbill".to_owned(),
                client_secret: Some(servers::secret(CLIENT_SECRET)),
                refresh_token: self.refresh.clone(),
                scope: None,
            }),
            ..config(self.mail.port)
        }
    }

    fn channel(&self) -> Mail {
        channel(self.config())
    }
}

fn grants(token: &str, more: &str) -> Reply {
    json(
        200,
        &format!(r#"{{"access_token":"{token}","expires_in":3599,"token_type":"Bearer"{more}}}"#),
    )
}

fn is_posted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Posted(_))
}

#[tokio::test]
async fn one_token_serves_all_messages_and_all_channels_until_it_expires() {
    let stage = Stage::with([grants("first", "")]).await;
    let config = stage.config();
    let (one, other) = (channel(config.clone()), channel(config));
    for channel in [&one, &other] {
        assert!(is_posted(&send(channel).await));
        channel.hang_up().await;
        assert!(is_posted(&send(channel).await));
    }
    let requests = stage.tokens.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("POST /token HTTP/1.1\r\n"));
    assert!(requests[0].ends_with(
        "grant_type=refresh_token&refresh_token=refresh-17&client_id=handbill\
         &client_secret=client-18"
    ));
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_not_used_again() {
    let short =
        |token: &str| json(200, &format!(r#"{{"access_token":"{token}","expires_in":"90"}}"#));
    let stage = Stage::with([short("first"), short("first")]).await;
    let channel = stage.channel();
    for _ in 0..2 {
        assert!(is_posted(&send(&channel).await));
        channel.hang_up().await;
    }
    assert_eq!(stage.tokens.requests().len(), 2);
}

#[tokio::test]
async fn a_kept_token_that_is_refused_is_renewed_once_on_a_new_connection() {
    let stage = Stage::with([grants("first", ""), grants("second", ""), grants("third", "")]).await;
    let channel = stage.channel();
    assert!(is_posted(&send(&channel).await));
    channel.hang_up().await;
    *stage.token.lock().unwrap() = "second".to_owned();
    assert!(is_posted(&send(&channel).await));
    assert_eq!((stage.mail.messages().len(), stage.mail.connections()), (2, 3));
    channel.hang_up().await;
    *stage.token.lock().unwrap() = "none".to_owned();
    let outcome = send(&channel).await;
    assert!(
        matches!(&outcome, Outcome::Blocked { why } if why.contains("not accepted")),
        "{outcome:?}"
    );
    assert_eq!((stage.mail.messages().len(), stage.tokens.requests().len()), (2, 3));
}

#[tokio::test]
async fn a_new_token_that_is_refused_blocks_at_once() {
    let stage = Stage::with([grants("secret-19", "")]).await;
    let outcome = send(&stage.channel()).await;
    assert!(matches!(&outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(!outcome.why().contains("secret-19"));
    assert_eq!((stage.mail.connections(), stage.tokens.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_refresh_token_that_has_ended_says_what_to_do() {
    let refused = r#"{"error":"invalid_grant","error_description":"refresh-17 has expired"}"#;
    let stage = Stage::with([json(400, refused)]).await;
    let outcome = send(&stage.channel()).await;
    let Outcome::Blocked { why } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("sign in once more, and put the new refresh token there"), "{why}");
    assert!(why.contains("*** has expired") && !why.contains(REFRESH), "{why}");
    let stage = Stage::with([json(401, r#"{"error":"invalid_client"}"#)]).await;
    let outcome = send(&stage.channel()).await;
    assert!(matches!(&outcome, Outcome::Blocked { why } if why.contains("client_secret")));
    let stage = Stage::with([json(200, "<html>Welcome</html>")]).await;
    let outcome = send(&stage.channel()).await;
    assert!(matches!(&outcome, Outcome::Blocked { why } if why.contains("token_url")));
    assert_eq!(stage.mail.connections(), 0);
}

#[tokio::test]
async fn a_token_server_that_is_away_only_defers() {
    for reply in [Reply::HangUp, json(503, "{}"), json(429, "{}"), servers::half(200, "{")] {
        let stage = Stage::with([reply.clone()]).await;
        let outcome = send(&stage.channel()).await;
        assert!(matches!(outcome, Outcome::Deferred { .. }), "{reply:?}: {outcome:?}");
        assert_eq!(stage.mail.connections(), 0);
    }
    let stage = Stage::with([]).await;
    let mut config = stage.config();
    let nobody = servers::nobody().await;
    config.oauth2.as_mut().unwrap().token_url = nobody.parse().unwrap();
    let outcome = send(&channel(config)).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_refresh_token_that_is_replaced_is_written_where_the_old_one_was() {
    let stage = Stage::with([grants("first", r#","refresh_token":"refresh-20""#)]).await;
    assert!(is_posted(&send(&stage.channel()).await));
    let SecretPlace::File(path) = &stage.refresh.place else { panic!("no file") };
    assert_eq!(std::fs::read_to_string(path).unwrap(), "refresh-20\n");
    let folder = path.parent().unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let left = std::fs::read_dir(folder).unwrap().filter(|entry| {
        let entry = entry.as_ref().unwrap().file_name().to_string_lossy().into_owned();
        entry.starts_with(&name)
    });
    assert_eq!(left.count(), 1, "nothing of it lies about");
}

#[tokio::test]
async fn one_that_cannot_be_written_is_used_as_long_as_the_process_lives() {
    let short = r#","refresh_token":"refresh-20""#;
    let first = json(200, &format!(r#"{{"access_token":"first","expires_in":60{short}}}"#));
    let mut stage = Stage::with([first, grants("first", "")]).await;
    // Any variable that is set: what matters is that nobody can replace it.
    stage.refresh = SecretRef { place: SecretPlace::Env("PATH".to_owned()), expires: None };
    let channel = stage.channel();
    assert!(is_posted(&send(&channel).await));
    channel.hang_up().await;
    assert!(is_posted(&send(&channel).await));
    assert!(stage.tokens.requests()[1].contains("refresh_token=refresh-20&"));
}

#[tokio::test]
async fn a_server_without_tokens_blocks() {
    let server = SmtpServer::start(None).await;
    let stage = Stage::with([grants("first", "")]).await;
    let config = Config { port: Some(server.port), ..stage.config() };
    let outcome = send(&channel(config)).await;
    assert!(matches!(&outcome, Outcome::Blocked { why } if why.contains("offers no XOAUTH2")));
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    let stage = Stage::with([]).await;
    let wrong = |config: Config| {
        Mail::new(config, servers::context()).err().map(|error| error.to_string()).unwrap()
    };
    let mut clear = stage.config();
    clear.oauth2.as_mut().unwrap().token_url = "http://login.example/token".parse().unwrap();
    assert!(wrong(clear).contains("is not encrypted; write an address with `https://`"));
    let both = Config { password: Some(servers::secret("x")), ..stage.config() };
    assert!(wrong(both).contains("it stands beside a `password`"));
    assert!(wrong(Config { username: None, ..stage.config() }).contains("add its `username`"));
    assert!(!format!("{:?}", stage.channel().probe().await).contains(REFRESH));
}
