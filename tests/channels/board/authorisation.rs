//! Who we are: in the address, in a header of the board's own, by a token that is got for it.

use data_encoding::BASE64URL_NOPAD;
use handbill::channel::secret::SecretPlace;
use handbill::channel::{Channel, Outcome};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

use super::{SIMPLE, build, publish};
use crate::channels::servers::{self, SECRET, Scripted, json as answered};

/// A board with this for its `auth`.
fn board(server: &str, auth: &str) -> handbill::channel::board::Board {
    build(&format!("auth = {auth}\n{}", SIMPLE.replace("BASE", server))).unwrap()
}

pub(super) fn secret_file(value: &str) -> String {
    match servers::secret(value).place {
        SecretPlace::File(path) => path.to_string_lossy().into_owned(),
        place => unreachable!("servers::secret makes files: {place:?}"),
    }
}

#[tokio::test]
async fn a_secret_in_the_address_is_there_only_as_it_is_sent() {
    let secret = "s3 cret&17";
    let server = Scripted::start([
        answered(200, "[]"),
        answered(422, "nothing for s3 cret&17 or s3+cret%2617"),
    ])
    .await;
    let auth = format!(
        "{{ type = \"query\", name = \"key\", value = {{ file = \"{}\" }} }}",
        secret_file(secret)
    );
    let board = board(&server.base, &auth);
    let wire = publish(&board);
    assert!(!format!("{wire:?}").contains("cret&17"), "{wire:?}");
    let outcome = board.send(&wire, &servers::permit()).await;
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /jobs?ref=2026-W07&key=s3+cret%2617 "), "{}", requests[0]);
    assert!(requests[1].starts_with("POST /jobs?key=s3+cret%2617 "), "{}", requests[1]);
    assert!(!outcome.why().contains("cret"), "{outcome:?}");
}

#[tokio::test]
async fn a_header_of_the_boards_own_may_begin_with_a_word() {
    let server = Scripted::start([answered(200, "[]"), answered(201, r#"{"id":17}"#)]).await;
    let auth = format!(
        "{{ type = \"header\", name = \"Authorization\", prefix = \"Token \", value = {{ file = \
         \"{}\" }} }}",
        secret_file(SECRET)
    );
    let board = board(&server.base, &auth);
    assert!(matches!(board.send(&publish(&board), &servers::permit()).await, Outcome::Posted(_)));
    for request in server.requests() {
        assert!(request.contains(&format!("authorization: Token {SECRET}\r\n")), "{request}");
    }
}

#[tokio::test]
async fn a_token_is_got_once_and_got_anew_when_it_is_not_taken() {
    let token = |name: &str| {
        answered(200, &json!({ "access_token": name, "expires_in": 3600 }).to_string())
    };
    let server = Scripted::start([
        token("first-token"),
        answered(200, "[]"),
        answered(401, "the token first-token has ended"),
        token("second-token"),
        answered(200, "[]"),
        answered(201, r#"{"id":17}"#),
    ])
    .await;
    let auth = format!(
        "{{ type = \"client-credentials\", token_url = \"{}/token\", client_id = \"lab\", \
         client_secret = {{ file = \"{}\" }}, scope = \"jobs\" }}",
        server.base,
        secret_file(SECRET)
    );
    let board = board(&server.base, &auth);
    let wire = publish(&board);
    let outcome = board.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(!outcome.why().contains("first-token"), "{outcome:?}");
    let outcome = board.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /token "));
    assert!(requests[0].contains("grant_type=client_credentials&scope=jobs"), "{}", requests[0]);
    for (number, token) in [(1, "first"), (2, "first"), (4, "second"), (5, "second")] {
        let header = format!("authorization: Bearer {token}-token\r\n");
        assert!(requests[number].contains(&header), "{}", requests[number]);
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_posted() {
    for (status, blocked) in [(400, true), (401, true), (503, false), (200, true)] {
        let server = Scripted::start([answered(status, r#"{"error":"invalid_client"}"#)]).await;
        let auth = format!(
            "{{ type = \"client-credentials\", token_url = \"{}/token\", client_id = \"lab\", \
             client_secret = {{ file = \"{}\" }} }}",
            server.base,
            secret_file(SECRET)
        );
        let board = board(&server.base, &auth);
        let outcome = board.send(&publish(&board), &servers::permit()).await;
        assert_eq!(matches!(outcome, Outcome::Blocked { .. }), blocked, "{status}: {outcome:?}");
        assert_eq!(matches!(outcome, Outcome::Deferred { .. }), !blocked, "{status}: {outcome:?}");
        assert_eq!(server.requests().len(), 1, "the board heard nothing");
    }
}

/// As <https://developers.google.com/identity/protocols/oauth2/service-account> wants it.
#[tokio::test]
async fn a_service_account_signs_what_a_token_is_given_for() {
    let server = Scripted::start([
        answered(200, r#"{"access_token":"google-token","expires_in":3599}"#),
        answered(200, "[]"),
        answered(201, r#"{"id":17}"#),
    ])
    .await;
    let pem = include_str!("../mail/dkim_rsa_pkcs8.pem");
    let file = json!({
        "type": "service_account",
        "client_email": "lab@project.iam.example",
        "private_key_id": "key-1",
        "private_key": pem,
        "token_uri": format!("{}/token", server.base),
    });
    let path = secret_file(&file.to_string());
    let auth = format!(
        "{{ type = \"service-account\", scope = \"https://api.example/indexing\", key = {{ file = \
         \"{path}\" }} }}"
    );
    let board = board(&server.base, &auth);
    let outcome = board.send(&publish(&board), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let requests = server.requests();
    assert!(requests[2].contains("authorization: Bearer google-token\r\n"), "{}", requests[2]);
    let (_, form) = requests[0].split_once("\r\n\r\n").unwrap();
    let fields: Vec<(String, String)> =
        url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert_eq!(fields[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let assertion = &fields[1].1;
    let parts: Vec<&str> = assertion.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    assert_eq!(read(parts[0]), json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    let claims = read(parts[1]);
    assert_eq!(claims["iss"], "lab@project.iam.example");
    assert_eq!(claims["scope"], "https://api.example/indexing");
    assert_eq!(claims["aud"], format!("{}/token", server.base));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=3600).contains(&life), "{claims}");
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(PrivateKeyDer::Pkcs8(key).secret_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key());
    let signature = BASE64URL_NOPAD.decode(parts[2].as_bytes()).unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    assert!(public.verify(signed.as_bytes(), &signature).is_ok());
}

#[tokio::test]
async fn a_key_file_that_is_none_is_not_shown() {
    let server = Scripted::start([]).await;
    let path = secret_file("-----BEGIN PRIVATE KEY-----");
    let auth =
        format!("{{ type = \"service-account\", scope = \"x\", key = {{ file = \"{path}\" }} }}");
    let board = board(&server.base, &auth);
    let outcome = board.send(&publish(&board), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(!outcome.why().contains("BEGIN") && outcome.why().contains(&path), "{outcome:?}");
    assert!(server.requests().is_empty());
}
