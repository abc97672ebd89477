//! The mail server and the list's archive.

use chrono::TimeDelta;
use handbill::rehearsal::smtp::{Archiving, Login, MailFault, Options, SmtpStandIn};
use lettre::message::MultiPart;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{client, clock};

async fn server(options: Options) -> SmtpStandIn {
    SmtpStandIn::start("list", options, clock()).await.unwrap()
}

fn mail(id: &str, subject: &str, text: &str) -> Message {
    Message::builder()
        .from("Lab <jobs@lab.example>".parse().unwrap())
        .to("announce@lists.example".parse().unwrap())
        .subject(subject)
        .message_id(Some(format!("<{id}>")))
        .body(text.to_owned())
        .unwrap()
}

fn transport(server: &SmtpStandIn) -> AsyncSmtpTransport<Tokio1Executor> {
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(server.port()).build()
}

#[tokio::test]
async fn a_mail_is_stored_as_it_was_and_shown_in_the_archive() {
    let server = server(Options::default()).await;
    let text =
        ".a line that begins with a dot\r\nGrüße aus dem Labor, ".to_owned() + &"x".repeat(90);
    transport(&server).send(mail("one@lab.example", "Für alle", &text)).await.unwrap();
    let [stored] = server.mails().try_into().unwrap();
    assert_eq!(stored.envelope_from, "jobs@lab.example");
    assert_eq!(stored.recipients, ["announce@lists.example"]);
    assert_eq!(stored.letter().text.trim_end(), text.replace("\r\n", "\n"));
    let [copy] = server.copies().try_into().unwrap();
    assert_eq!(copy.id, "one@lab.example");
    assert_eq!(copy.current().title.as_deref(), Some("Für alle"));
    let link = copy.link.unwrap();
    assert!(link.as_str().starts_with(server.archive_url().as_str()));
    let page = client().get(link).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h1>Für alle</h1>") && page.contains("Grüße aus dem Labor"), "{page}");
}

#[tokio::test]
async fn a_follow_up_stands_in_the_thread_of_what_it_answers() {
    let server = server(Options::default()).await;
    transport(&server).send(mail("one@lab.example", "PhD", "First")).await.unwrap();
    let answer = Message::builder()
        .from("jobs@lab.example".parse().unwrap())
        .to("announce@lists.example".parse().unwrap())
        .subject("Re: PhD")
        .message_id(Some("<two@lab.example>".to_owned()))
        .in_reply_to("<one@lab.example>".to_owned())
        .multipart(MultiPart::alternative_plain_html(
            "Closed".to_owned(),
            "<p>Closed</p>".to_owned(),
        ))
        .unwrap();
    transport(&server).send(answer).await.unwrap();
    let copies = server.copies();
    assert_eq!(copies[1].answers.as_deref(), Some("one@lab.example"));
    assert_eq!(copies[1].current().text, "Closed");
    let base = format!("{}/list/announce@lists.example", server.archive_url());
    let hash = |id| handbill::rehearsal::archive::message_hash(id);
    let thread = format!("{base}/thread/{}/", hash("one@lab.example"));
    let thread = client().get(thread).send().await.unwrap().text().await.unwrap();
    assert!(thread.contains("First") && thread.contains("Closed"));
    let index = client().get(format!("{base}/")).send().await.unwrap().text().await.unwrap();
    assert!(index.contains(&hash("two@lab.example")));
    let email = format!(
        "{}/api/list/announce@lists.example/email/{}/?format=json",
        server.archive_url(),
        hash("two@lab.example")
    );
    let email: Value = client().get(email).send().await.unwrap().json().await.unwrap();
    assert_eq!(email["subject"], "Re: PhD");
    assert!(email["parent"].as_str().unwrap().contains(&hash("one@lab.example")));
}

#[tokio::test]
async fn the_archive_lags_or_waits_for_a_moderator() {
    let clock = clock();
    let options = Options { archive_lag: TimeDelta::minutes(5), ..Options::default() };
    let server = SmtpStandIn::start("list", options, clock.clone()).await.unwrap();
    transport(&server).send(mail("one@lab.example", "PhD", "Text")).await.unwrap();
    let link = server.copies()[0].link.clone().unwrap();
    assert_eq!(client().get(link.clone()).send().await.unwrap().status(), 404);
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(client().get(link).send().await.unwrap().status(), 200);
    let held = SmtpStandIn::start(
        "list",
        Options { archiving: Archiving::Held, ..Options::default() },
        clock.clone(),
    )
    .await
    .unwrap();
    transport(&held).send(mail("one@lab.example", "PhD", "Text")).await.unwrap();
    let link = held.copies()[0].link.clone().unwrap();
    assert_eq!(client().get(link).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_message_sent_twice_is_held_twice() {
    let server = server(Options::default()).await;
    for _ in 0..2 {
        transport(&server).send(mail("one@lab.example", "PhD", "Text")).await.unwrap();
    }
    assert_eq!(server.copies().len(), 2);
}

#[tokio::test]
async fn only_the_right_password_opens_the_server() {
    let login = Login { username: "jobs".to_owned(), password: "rehearsal".to_owned() };
    let server = server(Options { login: Some(login), ..Options::default() }).await;
    let refused = transport(&server).send(mail("one@lab.example", "PhD", "Text")).await;
    assert_eq!(refused.unwrap_err().status().map(u16::from), Some(530));
    let with = |password: &str| {
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(server.port())
            .credentials(Credentials::new("jobs".to_owned(), password.to_owned()))
            .build()
    };
    let refused = with("guessed").send(mail("one@lab.example", "PhD", "Text")).await;
    assert_eq!(refused.unwrap_err().status().map(u16::from), Some(535));
    assert!(server.mails().is_empty());
    with("rehearsal").send(mail("one@lab.example", "PhD", "Text")).await.unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn every_fault_happens_in_its_phase_and_stores_what_it_says() {
    for (fault, code, stored) in [
        (MailFault::RejectRecipient, Some(550), 0),
        (MailFault::Greylist, Some(451), 0),
        (MailFault::DropAtRecipient, None, 0),
        (MailFault::CloseAtData, Some(421), 0),
        (MailFault::DropInTheText, None, 0),
        (MailFault::RejectText, Some(554), 0),
        (MailFault::DeferText, Some(451), 0),
        (MailFault::StoreThenDrop, None, 1),
        (MailFault::StoreThenGarbage, None, 1),
        (MailFault::StoreThenReject, Some(554), 1),
    ] {
        let server = server(Options::default()).await;
        server.faults().push(fault.clone());
        let outcome = transport(&server).send(mail("one@lab.example", "PhD", "Text")).await;
        let error = outcome.expect_err("a fault is no success");
        assert_eq!(error.status().map(u16::from), code, "{fault:?}: {error:?}");
        assert_eq!(server.mails().len(), stored, "{fault:?}");
        assert_eq!(server.faults().waiting(), 0, "{fault:?}");
        transport(&server).send(mail("two@lab.example", "PhD", "Text")).await.unwrap();
        assert_eq!(server.mails().len(), stored + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_stalled_server_has_the_mail_and_says_nothing() {
    let server = server(Options::default()).await;
    server.faults().push(MailFault::StoreThenStall);
    let wait = std::time::Duration::from_millis(300);
    let transport = transport(&server);
    let sent = transport.send(mail("one@lab.example", "PhD", "Text"));
    assert!(tokio::time::timeout(wait, sent).await.is_err());
    assert_eq!(server.mails().len(), 1);
}

/// What a person or swaks types, command by command.
#[tokio::test]
async fn a_conversation_by_hand_goes_as_the_standard_says() {
    let server = server(Options::default()).await;
    let mut stream =
        BufReader::new(TcpStream::connect(("127.0.0.1", server.port())).await.unwrap());
    let mut said = String::new();
    stream.read_line(&mut said).await.unwrap();
    for (command, expected) in [
        ("ehlo client.example", "250 8BITMIME"),
        ("DATA", "503 5.5.1 Need RCPT first"),
        ("RCPT TO:<a@b.example>", "503 5.5.1 Need MAIL first"),
        ("MAIL FROM:<> SIZE=100 BODY=8BITMIME", "250 2.1.0 Ok"),
        ("RSET", "250 2.0.0 Ok"),
        ("MAIL FROM:<a@b.example>", "250 2.1.0 Ok"),
        ("RCPT TO:<c@d.example>", "250 2.1.5 Ok"),
        ("NOOP", "250 2.0.0 Ok"),
        ("FROBNICATE", "502 5.5.2 Command not recognised"),
        ("DATA", "354 End data with <CR><LF>.<CR><LF>"),
        ("Subject: x\r\n\r\n..dots\r\n.", "250 2.0.0 Ok: queued"),
        ("QUIT", "221 2.0.0 Bye"),
    ] {
        stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        said.clear();
        // The last line of a reply has a space after its code.
        while said.as_bytes().get(3) != Some(&b' ') {
            said.clear();
            stream.read_line(&mut said).await.unwrap();
        }
        assert_eq!(said.trim_end(), expected, "after {command}");
    }
    assert_eq!(server.mails()[0].raw, b"Subject: x\r\n\r\n.dots\r\n");
}
