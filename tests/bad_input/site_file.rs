//! What is wrong in handbill.toml.

use super::{refused, site};

#[test]
fn a_misspelt_key_of_the_site_is_named_with_what_was_meant() {
    let site = site();
    site.replace("handbill.toml", "timezone =", "timzone =");
    refused(
        &site,
        r#"
error[config::unknown-key]: unknown key `timzone`
 --> handbill.toml:7:1
  |
7 | timzone = "Europe/Berlin"            # a deadline's day ends here
  | ^^^^^^^
  |
  = help: did you mean `timezone`?
"#,
    );
}

#[test]
fn a_misspelt_table_of_the_site_is_named_with_what_was_meant() {
    let site = site();
    site.replace("handbill.toml", "[defaults]", "[default]");
    refused(
        &site,
        r#"
error[config::unknown-key]: unknown key `default`
  --> handbill.toml:14:2
   |
14 | [default]
   |  ^^^^^^^
   |
   = help: did you mean `defaults`?
"#,
    );
}

#[test]
fn a_site_file_that_is_no_toml_is_shown_at_its_mistake() {
    let site = site();
    site.replace("handbill.toml", "language = \"en\"", "language = en");
    refused(
        &site,
        r#"
error[config::syntax]: this is not valid TOML
 --> handbill.toml:8:12
  |
8 | language = en
  |            ^^ string values must be quoted, expected literal string
  |
  = help: text stands in quotation marks, a list in `[ ]`
"#,
    );
}

#[test]
fn a_key_that_stands_twice_is_shown_at_the_second() {
    let site = site();
    site.replace("handbill.toml", "language = \"en\"", "language = \"en\"\nlanguage = \"de\"");
    refused(
        &site,
        r#"
error[config::syntax]: this is not valid TOML
 --> handbill.toml:9:1
  |
9 | language = "de"
  | ^^^^^^^^ duplicate key
  |
  = help: keep one of the two lines and delete the other
"#,
    );
}

#[test]
fn a_missing_key_is_named() {
    let site = site();
    site.replace("handbill.toml", "name = \"Tidal Computing Group\"\n", "");
    refused(
        &site,
        r#"
error[config::missing-key]: `name` is missing here
 --> handbill.toml:4:1
  |
4 | [site]
  | ^^^^^^
  |
  = help: add a line `name = …`
"#,
    );
}

#[test]
fn a_base_url_without_its_scheme_is_completed() {
    let site = site();
    site.replace("handbill.toml", "\"https://tidal.example/\" ", "\"tidal.example\"");
    refused(
        &site,
        r#"
error[config::value]: `tidal.example` is no web address
 --> handbill.toml:6:12
  |
6 | base_url = "tidal.example"  # as `baseURL` of the Hugo site
  |            ^^^^^^^^^^^^^^^
  |
  = help: did you mean `https://tidal.example`?
"#,
    );
}

#[test]
fn a_base_url_that_is_no_web_site_is_refused() {
    let site = site();
    site.replace("handbill.toml", "\"https://tidal.example/\" ", "\"mailto:x@tidal.example\"");
    refused(
        &site,
        r#"
error[site::base-url]: `mailto:x@tidal.example` is no address of a web site
 --> handbill.toml:6:12
  |
6 | base_url = "mailto:x@tidal.example"  # as `baseURL` of the Hugo site
  |            ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write the `baseURL` of the site, for example `https://www.tides.example/`
"#,
    );
}

#[test]
fn text_where_a_list_belongs_is_said_so() {
    let site = site();
    site.replace("handbill.toml", "[\"content/jobs\"]", "\"content/jobs\"");
    refused(
        &site,
        r#"
error[config::value]: this is text
  --> handbill.toml:11:12
   |
11 | postings = "content/jobs"           # folders (or pages) with job ads
   |            ^^^^^^^^^^^^^^ expected a list, for example `["one"]`
"#,
    );
}

#[test]
fn an_unknown_time_zone_gets_a_suggestion() {
    let site = site();
    site.replace("handbill.toml", "Europe/Berlin", "Europe/Berln");
    refused(
        &site,
        r#"
error[config::timezone]: there is no time zone `Europe/Berln`
 --> handbill.toml:7:12
  |
7 | timezone = "Europe/Berln"            # a deadline's day ends here
  |            ^^^^^^^^^^^^^^
  |
  = help: did you mean `Europe/Berlin`?
"#,
    );
}

#[test]
fn a_city_alone_is_no_time_zone_but_leads_to_one() {
    let site = site();
    site.replace("handbill.toml", "Europe/Berlin", "Berlin");
    refused(
        &site,
        r#"
error[config::timezone]: there is no time zone `Berlin`
 --> handbill.toml:7:12
  |
7 | timezone = "Berlin"            # a deadline's day ends here
  |            ^^^^^^^^
  |
  = help: did you mean `Europe/Berlin`?
"#,
    );
}

#[test]
fn a_folder_of_postings_that_does_not_exist_is_named() {
    let site = site();
    site.replace("handbill.toml", "[\"content/jobs\"]", "[\"content/job\"]");
    refused(
        &site,
        r#"
error[site::postings]: there is no `content/job`
  --> handbill.toml:11:13
   |
11 | postings = ["content/job"]           # folders (or pages) with job ads
   |             ^^^^^^^^^^^^^
   |
   = help: `postings` lists the folders or pages that hold job ads
"#,
    );
}

#[test]
fn an_owner_who_is_no_mail_address_is_refused() {
    let site = site();
    site.replace("handbill.toml", "office@tidal.example", "office at tidal");
    refused(
        &site,
        r#"
error[site::owner]: `office at tidal` is no mail address
 --> handbill.toml:9:9
  |
9 | owner = "office at tidal"        # for `handbill post --to-me`
  |         ^^^^^^^^^^^^^^^^^
  |
  = help: write the address that `handbill post --to-me` sends tests to
"#,
    );
}

#[test]
fn a_default_that_no_site_can_have_is_named() {
    let site = site();
    site.replace("handbill.toml", "country = \"DE\"", "contry = \"DE\"");
    refused(
        &site,
        r#"
error[site::default]: `contry` cannot have a default
  --> handbill.toml:15:1
   |
15 | contry = "DE"
   | ^^^^^^
   |
   = help: did you mean `country`?
"#,
    );
}

#[test]
fn a_default_that_cannot_be_read_is_shown_at_its_value() {
    let site = site();
    site.replace(
        "handbill.toml",
        "country = \"DE\"",
        "country = \"Atlantis\"\ncontact_emails = \"office\"",
    );
    refused(
        &site,
        r#"
error[site::default]: `country` is `Atlantis`, which is no country known here
  --> handbill.toml:15:11
   |
15 | country = "Atlantis"
   |           ^^^^^^^^^^ expected a code of two letters such as `DE` (ISO 3166-1)

error[site::default]: `contact_emails` holds `office`, which is no e-mail address
  --> handbill.toml:16:18
   |
16 | contact_emails = "office"
   |                  ^^^^^^^^ expected an e-mail address, or a list of them
"#,
    );
}

#[test]
fn a_site_file_that_is_not_utf_8_is_shown_at_its_first_wrong_byte() {
    let site = site();
    site.write("handbill.toml", b"[site]\nname = \"W\xe4rme\"\n");
    refused(
        &site,
        r#"
error[file::not-utf8]: the file is not UTF-8
 --> handbill.toml:2:10
  |
2 | name = "W�rme"
  |          ^ this byte belongs to another encoding
  |
  = help: save it as UTF-8, for example `iconv -f WINDOWS-1252 -t UTF-8 handbill.toml`
"#,
    );
}

#[test]
fn a_mailbox_in_clear_on_another_machine_is_refused() {
    let site = site();
    let before = site.read("handbill.toml");
    let lines = before.lines().count();
    site.write(
        "handbill.toml",
        before
            + "\n[mailbox]\nhost = \"imap.tidal.example\"\nsecurity = \"none\"\n\
               username = \"jobs\"\npassword = { file = \"secrets/mail\" }\n",
    );
    let line = lines + 4;
    refused(
        &site,
        &format!(
            r#"
error[mailbox::setting]: `security` of the mailbox: `none` is only for this machine, and `imap.tidal.example` is another; use `tls` or `starttls`
  --> handbill.toml:{line}:12
   |
{line} | security = "none"
   |            ^^^^^^
"#
        ),
    );
}
