//! Each fault ends in the right outcome, with the right number of copies on the server, and never
//! concerns the next message.

use std::time::Duration;

use handbill::channel::Outcome;
use handbill::channel::mail::{Config, Security};

use super::server::{STALLS, SmtpServer, Step, Trouble, acceptor, channel, config, file, send};

/// What is known after a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Posted,
    Refused,
    Deferred,
    Blocked,
    Unknown,
}

fn known(outcome: &Outcome) -> Known {
    match outcome {
        Outcome::Posted(_) => Known::Posted,
        Outcome::Refused { .. } => Known::Refused,
        Outcome::Deferred { .. } => Known::Deferred,
        Outcome::Blocked { .. } => Known::Blocked,
        Outcome::Unknown { .. } | Outcome::Duplicate { .. } => Known::Unknown,
    }
}

const GARBAGE: &str = "HELLO?? not smtp";

/// Step, what the server says there, what is known then, and how many copies it has.
const FAULTS: &[(Step, &str, Known, usize)] = &[
    (Step::Greeting, "", Known::Deferred, 0),
    (Step::Greeting, "421 too busy", Known::Deferred, 0),
    (Step::Greeting, "554 not you", Known::Blocked, 0),
    (Step::Greeting, GARBAGE, Known::Deferred, 0),
    (Step::Greeting, STALLS, Known::Deferred, 0),
    (Step::Auth, "", Known::Deferred, 0),
    (Step::Auth, "454 later", Known::Deferred, 0),
    (Step::Auth, "535 wrong password", Known::Blocked, 0),
    (Step::Auth, GARBAGE, Known::Deferred, 0),
    (Step::Auth, STALLS, Known::Deferred, 0),
    (Step::Sender, "", Known::Deferred, 0),
    (Step::Sender, "421 closing", Known::Deferred, 0),
    (Step::Sender, "550 no", Known::Refused, 0),
    (Step::Sender, GARBAGE, Known::Deferred, 0),
    (Step::Sender, STALLS, Known::Deferred, 0),
    (Step::Recipient, "", Known::Deferred, 0),
    (Step::Recipient, "451 4.7.1 greylisted", Known::Deferred, 0),
    (Step::Recipient, "550 5.1.1 no such list", Known::Refused, 0),
    (Step::Recipient, "550", Known::Refused, 0),
    (Step::Recipient, "571 5.7.1 Delivery not authorized", Known::Refused, 0),
    (Step::Recipient, GARBAGE, Known::Deferred, 0),
    (Step::Recipient, STALLS, Known::Deferred, 0),
    (Step::Data, "", Known::Deferred, 0),
    (Step::Data, "421 closing", Known::Deferred, 0),
    (Step::Data, "554 5.7.1 no", Known::Refused, 0),
    (Step::Data, GARBAGE, Known::Deferred, 0),
    (Step::Data, STALLS, Known::Deferred, 0),
    (Step::End, "", Known::Unknown, 1),
    (Step::End, "421 closing", Known::Deferred, 0),
    (Step::End, "451 4.3.0 later", Known::Deferred, 0),
    (Step::End, "554 5.7.1 spam", Known::Refused, 0),
    (Step::End, "571 5.7.1 spam", Known::Refused, 0),
    (Step::End, "251 forwarded", Known::Unknown, 1),
    (Step::End, GARBAGE, Known::Unknown, 1),
    (Step::End, STALLS, Known::Unknown, 1),
];

#[tokio::test]
async fn each_fault_at_each_step_is_known_for_what_it_is() {
    for (step, reply, expected, copies) in FAULTS {
        let server = SmtpServer::start(Some((*step, *reply))).await;
        let outcome = send(&channel(config(server.port))).await;
        assert_eq!(known(&outcome), *expected, "{step:?} {reply}: {outcome:?}");
        assert_eq!(server.messages().len(), *copies, "{step:?} {reply}");
    }
}

#[tokio::test]
async fn only_the_code_says_that_a_message_was_taken() {
    for reply in ["250", "250-2.0.0 taken\r\n250", "250 pris en charge, à bientôt"] {
        let server = SmtpServer::start(Some((Step::End, reply))).await;
        let outcome = send(&channel(config(server.port))).await;
        assert_eq!(known(&outcome), Known::Posted, "{reply}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_fault_on_a_connection_that_was_used_before_concerns_one_message() {
    for (step, reply, expected, copies) in FAULTS {
        if matches!(step, Step::Greeting | Step::Auth) {
            continue;
        }
        let fault = Some((*step, *reply));
        let trouble = Trouble { fault, only: Some(2), ..Trouble::default() };
        let server = SmtpServer::with(trouble).await;
        let channel = channel(config(server.port));
        assert_eq!(known(&send(&channel).await), Known::Posted);
        let outcome = send(&channel).await;
        // Where a kept connection is dead before the message, that goes over a new one.
        let kept_is_dead =
            *step != Step::End && matches!(*reply, "" | "421 closing" | GARBAGE | STALLS);
        let (expected, copies) =
            if kept_is_dead { (Known::Posted, 1) } else { (*expected, *copies) };
        assert_eq!(known(&outcome), expected, "{step:?} {reply}: {outcome:?}");
        assert_eq!(server.messages().len(), 1 + copies, "{step:?} {reply}");
        assert_eq!(known(&send(&channel).await), Known::Posted, "{step:?} {reply}");
        assert_eq!(server.messages().len(), 2 + copies, "{step:?} {reply}");
        assert_eq!(server.connections(), 2, "{step:?} {reply}: never used again");
    }
}

#[tokio::test]
async fn a_refusal_after_a_slow_message_is_the_refusal_of_the_next() {
    let fault = Some((Step::End, "554 5.7.1 not this one"));
    let slow = Duration::from_millis(400);
    let server =
        SmtpServer::with(Trouble { fault, only: Some(2), slow, ..Trouble::default() }).await;
    let channel = channel(config(server.port));
    let outcomes = [send(&channel).await, send(&channel).await, send(&channel).await];
    let known = outcomes.each_ref().map(known);
    assert_eq!(known, [Known::Posted, Known::Refused, Known::Posted], "{outcomes:?}");
    assert_eq!((server.messages().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_given_to_nobody() {
    let late = Some((Duration::from_millis(1_500), "250 2.0.0 after all"));
    let fault = Some((Step::End, "554 5.7.1 not this one"));
    let trouble = Trouble { late, fault, only: Some(2), ..Trouble::default() };
    let server = SmtpServer::with(trouble).await;
    let channel = channel(config(server.port));
    let outcomes = [send(&channel).await, send(&channel).await];
    assert_eq!(outcomes.each_ref().map(known), [Known::Unknown, Known::Refused], "{outcomes:?}");
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn nobody_listens() {
    let nobody: url::Url = crate::channels::servers::nobody().await.parse().unwrap();
    let outcome = send(&channel(config(nobody.port().unwrap()))).await;
    assert_eq!(known(&outcome), Known::Deferred, "{outcome:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_blocks_and_the_universitys_own_is_named_in_the_file()
{
    let trouble = Trouble { acceptor: Some(acceptor()), ..Trouble::default() };
    let server = SmtpServer::with(trouble).await;
    let encrypted = Config { security: Security::Tls, ..config(server.port) };
    let outcome = send(&channel(encrypted.clone())).await;
    assert_eq!(known(&outcome), Known::Blocked, "{outcome:?}");
    assert!(outcome.why().contains("certificate"), "{outcome:?}");
    assert!(server.messages().is_empty() && !server.lines().contains("AUTH"));
    let trusting = |name: &str| Config { ca: Some(file(name)), ..encrypted.clone() };
    let channel_of_the_university = channel(trusting("university_ca.pem"));
    for _ in 0..2 {
        let outcome = send(&channel_of_the_university).await;
        assert_eq!(known(&outcome), Known::Posted, "{outcome:?}");
    }
    for (name, said) in [("no-such-file.pem", "no-such-file.pem"), ("server.rs", "no certificate")]
    {
        let outcome = send(&channel(trusting(name))).await;
        assert_eq!(known(&outcome), Known::Blocked, "{outcome:?}");
        assert!(outcome.why().contains(said), "{outcome:?}");
    }
    assert_eq!(server.messages().len(), 2);
}

#[tokio::test]
async fn a_handshake_that_stalls_defers() {
    // It waits for the client to speak first, as one without TLS that does not greet.
    let server = SmtpServer::start(Some((Step::Greeting, STALLS))).await;
    let outcome = send(&channel(Config { security: Security::Tls, ..config(server.port) })).await;
    assert_eq!(known(&outcome), Known::Deferred, "{outcome:?}");
}
