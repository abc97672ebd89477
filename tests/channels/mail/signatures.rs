//! Signatures, as an independent program sees them (PyPI `dkimpy`, in the Python that `.ci/peers`
//! sets up and names in `HANDBILL_PYTHON`).

use std::io::Write;
use std::process::{Command, Stdio};

use handbill::channel::mail::dkim::Dkim;
use handbill::channel::mail::{Config, Mail};
use handbill::channel::secret::SecretRef;
use handbill::channel::{Action, Channel, Outcome, Receipt, Wire};

use super::server::{SmtpServer, channel, config, file, publish, rendition, send};
use crate::channels::servers;

/// What is published for the keys beside this file.
const RSA: &str = "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtMrkqdCUWp0RVCcJC7/kSlGMzKEqiAob0qMOnpplbbwi4ToHf7hYUnSNiIEoIKHF2hSPcSOTpD+JBV5Tb6+Pdm8qb4ahf25pz2vPdHXoyhxTuZe3fONWGMvDy2mDcljdHFqhApaZ79cMl/PKudlAzAbSOpkgv4qbijjf2Fknlf1kIbZfeVigRbrQSJbPzJp8AybcgZLKVN9Qga8P48Dgh961wdXyXmlLMADC6fsYoeWP5pE9hb/BMEcAjHKkfvHCxw8i6CT6CqMf72Nyg63FwFqf7Jls1deeewAWI3UVx9lmuDKdhEx7kXmiZx9lpT+Y0JcyDCdBWwqZIGmTnpX49wIDAQAB";
const ED25519: &str = "v=DKIM1; k=ed25519; p=qpB3j241GBTn+7X5AkPv5QtuGShawnRMojMnsEJbjcw=";

const VERIFIER: &str = r#"
import sys
try:
    import dkim
except ImportError:
    sys.exit("there is no dkimpy")
record = sys.argv[1].encode()
if b"ed25519" in record:
    try:
        import nacl.signing
    except ImportError:
        print("no nacl")
        sys.exit()
asked = []
def published(name, timeout=5):
    asked.append(name)
    return record
fine = dkim.verify(sys.stdin.buffer.read(), dnsfunc=published)
print("verified" if fine else "not verified", asked[0].decode() if asked else "")
"#;

/// What dkimpy says of a message; `None` where there is none, which CI does not forgive.
fn verified(message: &str, record: &str) -> Option<String> {
    let Some(python) = std::env::var_os("HANDBILL_PYTHON") else {
        let complaint = "no HANDBILL_PYTHON: start `.ci/peers` and read its `env`";
        assert!(std::env::var_os("CI").is_none(), "{complaint}");
        eprintln!("left out, {complaint}");
        return None;
    };
    let mut verifier = Command::new(python)
        .args(["-c", VERIFIER, record])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    verifier.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let output = verifier.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

fn signing(port: u16, key: SecretRef) -> Config {
    let dkim = Dkim { domain: "tides.example".to_owned(), selector: "y2026".to_owned(), key };
    Config { dkim: Some(dkim), ..config(port) }
}

/// The message as the server has it, without what SMTP adds.
async fn arrives(config: impl Fn(u16) -> Config, send_it: impl AsyncFn(&Mail)) -> String {
    let server = SmtpServer::start(None).await;
    send_it(&channel(config(server.port))).await;
    server.messages().remove(0).replace("\r\n..", "\r\n.")
}

async fn posting(channel: &Mail) {
    let outcome = send(channel).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_signature_is_good_to_an_independent_verifier() {
    let ed25519_seed = "jrxzlY4AlPm4bulHTlblYaez68hvfcqeOKDmOxPBBMQ=";
    for (key, record) in [
        (SecretRef::file(file("dkim_rsa_pkcs1.pem")), RSA),
        (SecretRef::file(file("dkim_rsa_pkcs8.pem")), RSA),
        (SecretRef::file(file("dkim_ed25519.pem")), ED25519),
        (servers::secret(ed25519_seed), ED25519),
    ] {
        let message = arrives(|port| signing(port, key.clone()), posting).await;
        assert!(message.starts_with("DKIM-Signature: v=1; a="), "{message}");
        assert!(message.split("\r\n").all(|line| line.len() <= 78), "{message}");
        match verified(&message, record).as_deref() {
            Some("no nacl") if std::env::var_os("CI").is_none() => {
                eprintln!("left out: dkimpy needs PyNaCl for Ed25519")
            }
            Some(said) => assert_eq!(said, "verified y2026._domainkey.tides.example."),
            None => {}
        }
    }
}

#[tokio::test]
async fn a_follow_up_is_signed_with_the_thread_that_it_belongs_to() {
    let follow_up = async |channel: &Mail| {
        let key = servers::key();
        let receipt =
            Receipt { remote_id: Some("hb.1@tides.example".to_owned()), ..Receipt::default() };
        let rendition = rendition();
        let action = Action::FollowUp(&rendition, &receipt);
        let wire = channel.prepare(action, &servers::address(&key)).unwrap();
        assert!(matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)));
    };
    let with_replies = |port| Config {
        reply_to: Some("office@tides.example".to_owned()),
        ..signing(port, SecretRef::file(file("dkim_rsa_pkcs8.pem")))
    };
    let message = arrives(with_replies, follow_up).await;
    let unfolded = message.replace("\r\n ", " ");
    let signed = "h=from:reply-to:subject:to:date:message-id:mime-version:in-reply-to:references;";
    assert!(unfolded.contains(signed), "{unfolded}");
    let said = verified(&message, RSA);
    assert!(said.is_none_or(|said| said.starts_with("verified")));
    let changed = message.replace("Come and measure", "Come and dig");
    let said = verified(&changed, RSA);
    assert!(said.is_none_or(|said| said.starts_with("not verified")));
}

#[tokio::test]
async fn the_same_message_is_signed_with_the_same_bytes_and_stands_unsigned_on_record() {
    for key in ["dkim_rsa_pkcs8.pem", "dkim_ed25519.pem"] {
        let config = |port| signing(port, SecretRef::file(file(key)));
        let one = arrives(config, posting).await;
        assert_eq!(one, arrives(config, posting).await);
    }
    let Wire::Mail(mail) = publish(&channel(signing(1, servers::secret("x")))) else {
        panic!("no mail")
    };
    assert!(!mail.message.contains("DKIM"), "the signature is made as the message is sent");
    let signed_as = mail.signed_as.unwrap();
    assert_eq!(
        (signed_as.domain.as_str(), signed_as.selector.as_str()),
        ("tides.example", "y2026")
    );
}

#[tokio::test]
async fn without_a_key_that_signs_nothing_is_sent() {
    for key in [SecretRef::file(file("no-such-key.pem")), servers::secret("secret-but-no-key")] {
        let server = SmtpServer::start(None).await;
        let outcome = send(&channel(signing(server.port, key))).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
        assert!(!outcome.why().contains("secret-but-no-key"), "{outcome:?}");
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn a_key_of_another_organisation_is_refused() {
    let wrong = |domain: &str, selector: &str| {
        let mut config = signing(1, servers::secret("x"));
        let dkim = config.dkim.as_mut().unwrap();
        (dkim.domain, dkim.selector) = (domain.to_owned(), selector.to_owned());
        Mail::new(config, servers::context()).err().map(|error| error.to_string())
    };
    assert!(wrong("other.example", "a").unwrap().contains("use a key of `tides.example`"));
    assert!(wrong("tides.example; d=x", "a").unwrap().contains("is no name in DNS"));
    assert_eq!(wrong("mail.Tides.example", "a"), None);
}
