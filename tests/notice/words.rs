//! What people read.

use handbill::rehearsal::smtp::MailFault;

use super::{By, OFFICE, World};
use crate::support::postgres::connect;

#[tokio::test]
async fn a_mail_says_what_happened_and_what_to_type_and_that_no_person_wrote_it() {
    let world = World::with_errand(By::Mail, "").await;
    world.round().await;
    let mails = world.mails();
    let letter = mails[0].letter();
    assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(
        letter.header("Subject"),
        Some("[Tidal Computing Group] Please publish “PhD position in Tides” on office")
    );
    let text = letter.readable();
    let key = world.ledger.past().await.unwrap().deliveries[0].key;
    assert!(text.contains(&format!("      handbill record {} LINK\n", key.short())), "{text}");
    assert!(
        text.contains("  | Go to the form of the careers office and publish this:\n"),
        "{text}"
    );
    assert!(text.contains("Forecast the tides."), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 76), "{text}");
}

#[tokio::test]
async fn a_title_cannot_add_a_header() {
    let world = World::with_errand(By::Mail, "").await;
    let page = "---\ntitle: \"PhD\\r\\nBcc: all@lists.example\\u0000\\u0007 in Tides\"\n\
                date: 2027-01-12\njob:\n  id: tides\n  deadline: 2027-06-30\n---\n\nTides.\n";
    world.folder.write(super::PAGE, page);
    world.round().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipients, ["office@tidal.example"]);
    let raw = String::from_utf8(mails[0].raw.clone()).unwrap();
    let head = raw.split("\r\n\r\n").next().unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
}

#[tokio::test]
async fn a_signed_webhook_can_be_checked_by_whoever_knows_the_secret() {
    let world = World::with_errand(By::Mail, "").await;
    world.folder.write("hook-secret", "k3y-of-the-hook\n");
    let text = world.folder.read("handbill.toml");
    let url = &world.hook.address;
    let webhook =
        format!("webhook = {{ url = \"{url}\", secret = {{ file = \"hook-secret\" }} }}\n");
    world.folder.write("handbill.toml", text + &webhook);
    let world = World { site: super::load(&world.folder), ..world };
    world.round().await;
    let (headers, body) = &world.hook.raw()[0];
    let signature = headers[handbill::notice::SIGNATURE].to_str().unwrap();
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"k3y-of-the-hook").unwrap();
    mac.update(body.as_bytes());
    let digits: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signature, format!("sha256={digits}"));
    assert_eq!(headers["content-type"], "application/json");
}

#[tokio::test]
async fn no_secret_is_told_or_complained_about() {
    let world = World::with_errand(By::Mail, "").await;
    world.folder.write("hook", &world.hook.address);
    let text = world.folder.read("handbill.toml");
    world.folder.write("handbill.toml", text + "webhook = { url = { file = \"hook\" } }\n");
    let world = World { site: super::load(&world.folder), ..world };
    world.hook.answers(410);
    let told = world.round().await;
    assert_eq!(told.failed.len(), 1);
    let outbox = world.ledger.outbox(world.clock.now()).await.unwrap();
    let said = format!("{told:?} {outbox:?} {:?}", world.mails());
    assert!(said.contains("HTTP 410: no: the path *** is known"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn words_that_were_told_are_not_kept() {
    let world = World::new(&[("office", OFFICE)], By::Both, "").await;
    world.hook.answers(500);
    world.round().await;
    assert!(held(&world).await.contains("Forecast the tides"), "the webhook still has to hear it");
    world.hook.answers(204);
    world.wait(chrono::TimeDelta::minutes(6));
    world.round().await;
    assert_eq!(held(&world).await, "");
}

/// The words of all notices, as the ledger has them.
async fn held(world: &World) -> String {
    use sqlx::Row;
    let mut beside = connect(&world.folder.ledger()).await.unwrap();
    let rows = sqlx::query("select content from notice").fetch_all(&mut beside).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("content")).collect()
}

#[tokio::test]
async fn chat_services_get_one_text() {
    let world = World::with_errand(By::Webhook, "").await;
    world.folder.replace("handbill.toml", "webhook = { ", "webhook = { format = \"text\", ");
    let world = World { site: super::load(&world.folder), ..world };
    world.smtp.faults().push(MailFault::RejectRecipient);
    world.round().await;
    let body = &world.hook.bodies()[0];
    assert_eq!(body.as_object().unwrap().len(), 1);
    assert!(body["text"].as_str().unwrap().starts_with("[Tidal Computing Group] Please publish"));
}

#[test]
fn what_makes_no_sense_in_the_table_is_shown_where_it_stands() {
    for (lines, code, help) in [
        ("digest = \"daily\"\n", "notices::nobody", "add `mail = "),
        ("webhook = { url = \"http://chat.example/x\" }\n", "notices::webhook", "`https://`"),
        ("webhook = { url = \"chat\" }\n", "notices::webhook", "write it whole"),
        (
            "webhook = { url = \"https://chat.example/x\" }\ndigest = \"hourly\"\n",
            "notices::digest",
            "`\"daily\"`",
        ),
        (
            "mail = { to = \"office\", from = \"h@tidal.example\", host = \"mail.example\" }\n",
            "notices::mail",
            "write it like",
        ),
    ] {
        let site = crate::support::TestSite::with_channels(&[]);
        let text = site.read("handbill.toml") + "\n[notices]\n" + lines;
        site.write("handbill.toml", text);
        let ran = site.run(&["check"]);
        assert_eq!(ran.code, 2, "{lines}: {}", ran.out);
        assert!(ran.out.contains(&format!("error[{code}]")), "{lines}: {}", ran.out);
        assert!(ran.out.contains(help), "{lines}: {}", ran.out);
    }
}
