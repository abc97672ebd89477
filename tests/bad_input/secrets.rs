//! A credential that is not there.

use super::site;

#[test]
fn a_missing_secret_stops_the_posting_and_touches_nothing() {
    let site = site();
    let before = site.snapshot();
    let ran = site.run(&["post", "--channel", "mastodon"]);
    assert_eq!(
        ran.err.trim(),
        r#"error[channel::secret]: the environment variable `HANDBILL_MASTODON_TOKEN` is not set
  --> channels/mastodon.toml:10:17
   |
10 | token = { env = "HANDBILL_MASTODON_TOKEN" }
   |                 ^^^^^^^^^^^^^^^^^^^^^^^^^ mastodon needs it
   |
   = help: set it where Handbill runs; the value itself never goes into a file of the site"#
    );
    assert_eq!(ran.code, 2);
    assert_eq!(site.snapshot(), before);
}

#[test]
fn a_check_only_warns_of_a_missing_secret() {
    let site = site();
    let ran = site.run(&["check"]);
    assert!(ran.out.contains(
        "warning[channel::secret]: the environment variable `HANDBILL_MASTODON_TOKEN` is not set"
    ));
    assert!(
        ran.out.ends_with("1 posting checked for 8 channels: 0 errors, 9 warnings, 3 notices\n")
    );
    assert_eq!(ran.code, 0);
}

#[test]
fn a_missing_secret_file_is_shown_where_it_is_named() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "{ env = \"HANDBILL_MASTODON_TOKEN\" }",
        "{ file = \"secrets/token\" }",
    );
    let ran = site.run(&["post", "--channel", "mastodon"]);
    assert!(ran.err.contains("--> channels/mastodon.toml:10:18\n"), "{}", ran.err);
    assert!(ran.err.contains("secrets/token: No such file or directory"), "{}", ran.err);
    assert_eq!(ran.code, 2);
}

/// A token and a key that signs are credentials as a password is; all of their files count from the
/// site's folder.
#[test]
fn the_secrets_of_a_mail_channel_are_shown_where_they_are_named() {
    let site = site();
    let password = "password = { env = \"HANDBILL_LIST_PASSWORD\" }";
    site.replace("channels/list.toml", password, "ca = \"university.pem\"");
    let tables = "
[mail.oauth2]
token_url = \"https://login.example/token\"
client_id = \"handbill\"
client_secret = { env = \"HANDBILL_CLIENT_SECRET\" }
refresh_token = { file = \"state/refresh-token\" }

[mail.dkim]
domain = \"tidal.example\"
selector = \"y2026\"
key = { file = \"state/dkim.pem\" }
";
    site.write("channels/list.toml", site.read("channels/list.toml") + tables);
    let ran = site.run(&["post", "--channel", "list"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for said in [
        "the environment variable `HANDBILL_CLIENT_SECRET` is not set",
        "state/refresh-token: No such file or directory",
        "state/dkim.pem: No such file or directory",
    ] {
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

#[test]
fn an_envelope_sender_without_the_deliverys_key_is_shown_where_it_is_written() {
    let site = site();
    site.replace("channels/list.toml", "[mail]\n", "[mail]\nbounces = \"bot@tidal.example\"\n");
    let ran = site.run(&["check"]);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("`mail.bounces`: `bot@tidal.example` needs one `{key}` before its `@`"));
    assert!(said.contains("= help: write it like `bot+{key}@lab.example`"), "{said}");
}

#[test]
fn a_channel_that_needs_no_secret_goes_out_without_those_of_others() {
    let site = site();
    assert_eq!(site.run(&["post", "--channel", "careers-office"]).code, 0);
}

/// Who is to be told what needs a person is told nothing without it.
#[test]
fn a_missing_secret_of_the_notices_is_said_before_it_is_needed() {
    let site = site();
    let notices = "[notices]\nwebhook = { url = \"https://hooks.example/jobs\", \
                   secret = { env = \"HANDBILL_HOOK\" } }\n";
    site.write("handbill.toml", format!("{}\n{notices}", site.read("handbill.toml")));
    let missing = "[notices::secret]: the environment variable `HANDBILL_HOOK` is not set";
    let check = site.run(&["check"]);
    assert!(check.out.contains(&format!("warning{missing}")), "{}", check.out);
    assert!(check.out.contains("`[notices]` needs it"), "{}", check.out);
    assert_eq!(check.code, 0);
    let serve = site.run(&["serve"]);
    assert!(serve.err.contains(&format!("error{missing}")), "{}", serve.err);
    assert_eq!(serve.code, 2);
}
