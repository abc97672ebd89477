//! What is wrong in the file of a channel.

use super::{refused, site};

#[test]
fn a_misspelt_key_of_a_channel_is_named_with_what_was_meant() {
    let site = site();
    site.replace("channels/mastodon.toml", "schedule =", "shedule =");
    refused(
        &site,
        r#"
error[config::unknown-key]: unknown key `shedule`
 --> channels/mastodon.toml:3:1
  |
3 | shedule = "0 10 * * Mon-Fri"
  | ^^^^^^^
  |
  = help: did you mean `schedule`?
"#,
    );
}

#[test]
fn a_misspelt_key_in_the_table_of_the_kind_is_named_with_what_was_meant() {
    let site = site();
    site.replace("channels/mastodon.toml", "server =", "servr =");
    refused(
        &site,
        r#"
error[config::unknown-key]: unknown key `servr`
 --> channels/mastodon.toml:9:1
  |
9 | servr = "https://social.example"
  | ^^^^^
  |
  = help: did you mean `server`?
"#,
    );
}

#[test]
fn a_misspelt_value_is_named_with_what_was_meant() {
    let site = site();
    site.replace("channels/mastodon.toml", "update = \"edit\"", "update = \"edti\"");
    refused(
        &site,
        r#"
error[config::unknown-key]: unknown value `edti`
 --> channels/mastodon.toml:5:10
  |
5 | update = "edti"
  |          ^^^^^^
  |
  = help: did you mean `edit`?
"#,
    );
}

#[test]
fn a_channel_that_is_not_utf_8_is_shown_at_its_first_wrong_byte() {
    let site = site();
    site.write("channels/mastodon.toml", b"kind = \"mastodon\" # W\xe4rme\n");
    refused(
        &site,
        r#"
error[file::not-utf8]: the file is not UTF-8
 --> channels/mastodon.toml:1:22
  |
1 | kind = "mastodon" # W�rme
  |                      ^ this byte belongs to another encoding
  |
  = help: save it as UTF-8, for example `iconv -f WINDOWS-1252 -t UTF-8 channels/mastodon.toml`
"#,
    );
}

#[test]
fn an_unknown_kind_gets_a_suggestion() {
    let site = site();
    site.replace("channels/mastodon.toml", "kind = \"mastodon\"", "kind = \"mastodn\"");
    refused(
        &site,
        r#"
error[channel::kind]: there is no kind of channel `mastodn`
 --> channels/mastodon.toml:2:8
  |
2 | kind = "mastodn"
  |        ^^^^^^^^^
  |
  = help: did you mean `mastodon`?
"#,
    );
}

#[test]
fn a_kind_that_does_not_exist_gets_the_list() {
    let site = site();
    site.replace("channels/mastodon.toml", "kind = \"mastodon\"", "kind = \"pigeon\"");
    refused(
        &site,
        r#"
error[channel::kind]: there is no kind of channel `pigeon`
 --> channels/mastodon.toml:2:8
  |
2 | kind = "pigeon"
  |        ^^^^^^^^
  |
  = help: the kinds are mail, mastodon, x, bluesky, linkedin, board, feed, git, manual
"#,
    );
}

#[test]
fn a_channel_without_a_kind_is_asked_for_one() {
    let site = site();
    site.replace("channels/mastodon.toml", "kind = \"mastodon\"\n", "");
    refused(
        &site,
        r#"
error[config::missing-key]: `kind` is missing here
 --> channels/mastodon.toml:1:1
  |
1 | # A Mastodon account. The token needs the scopes read and write:statuses.
  | ^
  |
  = help: add a line `kind = …`
"#,
    );
}

#[test]
fn an_unknown_preset_gets_a_suggestion() {
    let site = site();
    site.replace("channels/list.toml", "mailman3", "mailmann3");
    refused(
        &site,
        r#"
error[channel::preset]: there is no preset `mailmann3`
 --> channels/list.toml:3:10
  |
3 | preset = "mailmann3"
  |          ^^^^^^^^^^^
  |
  = help: did you mean `mailman3`?
"#,
    );
}

#[test]
fn two_channels_with_one_name_are_both_named() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "kind = \"mastodon\"",
        "kind = \"mastodon\"\nname = \"list\"",
    );
    refused(
        &site,
        r#"
error[channel::same-name]: two channels are named `list`: channels/list.toml and channels/mastodon.toml
 --> channels/mastodon.toml:3:8
  |
3 | name = "list"
  |        ^^^^^^
  |
  = help: rename one: the ledger knows a channel by its name
"#,
    );
}

#[test]
fn an_empty_name_is_refused() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "kind = \"mastodon\"",
        "kind = \"mastodon\"\nname = \"\"",
    );
    refused(
        &site,
        r#"
error[channel::name]: a channel needs a name that can be typed
 --> channels/mastodon.toml:3:8
  |
3 | name = ""
  |        ^^
  |
  = help: write a short word, or remove `name`: then the file's name is taken
"#,
    );
}

#[test]
fn a_missing_table_of_the_kind_is_asked_for() {
    let site = site();
    site.replace("channels/mastodon.toml", "[mastodon]", "[values]");
    refused(
        &site,
        r#"
error[channel::no-table]: the table `[mastodon]` is missing
 --> channels/mastodon.toml:2:8
  |
2 | kind = "mastodon"
  |        ^^^^^^^^^^ a channel of kind mastodon needs it
  |
  = help: add a line `[mastodon]` and the keys of the kind below it
"#,
    );
}

#[test]
fn a_table_of_another_kind_is_refused() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "[mastodon]",
        "[manual]\nplace = \"a form\"\n\n[mastodon]",
    );
    refused(
        &site,
        r#"
error[channel::other-table]: a channel of kind mastodon has no table `[manual]`
 --> channels/mastodon.toml:8:1
  |
8 | [manual]
  | ^^^^^^^^
  |
  = help: remove it, or write `kind = "manual"`
"#,
    );
}

#[test]
fn a_mail_cannot_be_edited() {
    let site = site();
    site.replace("channels/list.toml", "update = \"follow-up\"", "update = \"edit\"");
    refused(
        &site,
        r#"
error[channel::cannot]: a channel of kind mail cannot have `update = "edit"`
 --> channels/list.toml:6:10
  |
6 | update = "edit"
  |          ^^^^^^
  |
  = help: possible: `follow-up`, `manual`, `ignore`
"#,
    );
}

#[test]
fn a_mail_cannot_be_withdrawn() {
    let site = site();
    site.replace("channels/list.toml", "close = \"follow-up\"", "close = \"withdraw\"");
    refused(
        &site,
        r#"
error[channel::cannot]: a channel of kind mail cannot have `close = "withdraw"`
 --> channels/list.toml:7:9
  |
7 | close = "withdraw"
  |         ^^^^^^^^^^
  |
  = help: possible: `ignore`, `follow-up`, `manual`
"#,
    );
}

#[test]
fn a_board_takes_no_reminders() {
    let site = site();
    site.replace("channels/board.toml", "preset =", "remind = [\"7d\"]\npreset =");
    refused(
        &site,
        r#"
error[channel::remind]: a board takes no reminders
 --> channels/board.toml:3:11
  |
3 | remind = ["7d"]
  |           ^^^^
  |
  = help: remove `remind`: the ad itself stands there until it closes
"#,
    );
}

#[test]
fn a_reminder_that_is_no_length_of_time_is_refused() {
    let site = site();
    site.replace("channels/mastodon.toml", "[\"7d\"]", "[\"7 days\"]");
    refused(
        &site,
        r#"
error[channel::remind]: `7 days` is no length of time
 --> channels/mastodon.toml:4:11
  |
4 | remind = ["7 days"]
  |           ^^^^^^^^
  |
  = help: did you mean `7d`?
"#,
    );
}

#[test]
fn a_channel_in_an_unknown_time_zone_is_refused() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "kind = \"mastodon\"",
        "kind = \"mastodon\"\ntimezone = \"CEST\"",
    );
    refused(
        &site,
        r#"
error[config::timezone]: there is no time zone `CEST`
 --> channels/mastodon.toml:3:12
  |
3 | timezone = "CEST"
  |            ^^^^^^
  |
  = help: did you mean `CET`?
"#,
    );
}

#[test]
fn a_credential_in_a_file_is_refused_and_not_repeated() {
    let site = site();
    site.replace("channels/mastodon.toml", "{ env = \"HANDBILL_MASTODON_TOKEN\" }", "\"abcdef\"");
    refused(
        &site,
        r#"
error[config::secret]: a credential never stands in a file of the site
  --> channels/mastodon.toml:10:9
   |
10 | token = ********
   |         ^^^^^^^^
   |
   = help: write where it is found: `{ env = "NAME" }`, `{ file = "PATH" }` or `{ credential = "NAME" }`
"#,
    );
}

#[test]
fn a_misspelt_place_of_a_credential_is_named_with_what_was_meant() {
    let site = site();
    site.replace("channels/mastodon.toml", "{ env =", "{ envi =");
    refused(
        &site,
        r#"
error[config::unknown-key]: unknown key `envi`
  --> channels/mastodon.toml:10:11
   |
10 | token = { envi = "HANDBILL_MASTODON_TOKEN" }
   |           ^^^^
   |
   = help: did you mean `env`?
"#,
    );
}

#[test]
fn a_server_without_its_scheme_is_completed() {
    let site = site();
    site.replace("channels/mastodon.toml", "\"https://social.example\"", "\"social.example\"");
    refused(
        &site,
        r#"
error[config::value]: `social.example` is no web address
 --> channels/mastodon.toml:9:10
  |
9 | server = "social.example"
  |          ^^^^^^^^^^^^^^^^
  |
  = help: did you mean `https://social.example`?
"#,
    );
}

#[test]
fn a_server_that_is_no_web_address_is_refused() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "\"https://social.example\"",
        "\"ftp://social.example\"",
    );
    refused(
        &site,
        r#"
error[channel::setting]: `mastodon.server`: `ftp://social.example/` is no web address
 --> channels/mastodon.toml:9:10
  |
9 | server = "ftp://social.example"
  |          ^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write it like `https://social.example`
"#,
    );
}

#[test]
fn a_wrong_mail_address_is_shown_at_its_key() {
    let site = site();
    site.replace("channels/list.toml", "to = \"jobs@lists.example\"", "to = \"jobs at lists\"");
    refused(
        &site,
        r#"
error[channel::setting]: `mail.to`: `jobs at lists` is no mail address in ASCII
  --> channels/list.toml:10:6
   |
10 | to = "jobs at lists"
   |      ^^^^^^^^^^^^^^^
   |
   = help: write it like `jobs@lists.example`
"#,
    );
}

#[test]
fn a_port_that_does_not_exist_is_refused() {
    let site = site();
    site.replace("channels/list.toml", "host =", "port = 99999\nhost =");
    refused(
        &site,
        r#"
error[config::value]: this is a number
  --> channels/list.toml:13:8
   |
13 | port = 99999
   |        ^^^^^ expected a whole number from 0 to 65535
"#,
    );
}

#[test]
fn a_board_that_cannot_be_asked_is_refused() {
    let site = site();
    site.write("channels/board.toml", "kind = \"board\"\n\n[board]\nbase = \"https://jobs.example/\"\nformat = \"json\"\n\n[board.create]\nmethod = \"POST\"\nurl = \"{base}/jobs\"\n");
    refused(
        &site,
        r#"
error[channel::setting]: `board.find`: it is missing: a board that cannot be asked for our reference could be given the same posting twice
 --> channels/board.toml:3:1
  |
3 | [board]
  | ^^^^^^^
  |
  = help: describe how it is asked, or use the kind `manual`
"#,
    );
}

#[test]
fn an_account_number_that_is_none_is_refused() {
    let site = site();
    site.replace("channels/x.toml", "\"1000000000000000001\"", "\"tidal\"");
    refused(
        &site,
        r#"
error[channel::setting]: `x.user_id`: `tidal` is no numeric id
 --> channels/x.toml:8:11
  |
8 | user_id = "tidal"
  |           ^^^^^^^
  |
  = help: it is the number behind the account, not its name
"#,
    );
}

#[test]
fn a_field_of_a_card_that_uses_an_unknown_name_is_shown_at_its_place() {
    let site = site();
    site.write(
        "channels/form.toml",
        "kind = \"manual\"\n[manual]\nplace = \"a form\"\n[[manual.fields]]\nname = \"Title\"\n\
         text = \"{{ title }}\"\n[[manual.fields]]\nname = \"Until\"\ntext = \"until {{ dedline }}\"\n",
    );
    refused(
        &site,
        r#"
error[card::field]: the field “Until”: no posting has `dedline`
 --> channels/form.toml:9:18
  |
9 | text = "until {{ dedline }}"
  |                  ^^^^^^^
  |
  = help: did you mean `deadline`?
"#,
    );
}

#[test]
fn two_fields_of_a_card_with_one_name_are_refused() {
    let site = site();
    let field = "[[manual.fields]]\nname = \"Title\"\ntext = \"{{ title }}\"\n";
    site.write(
        "channels/form.toml",
        format!("kind = \"manual\"\n[manual]\nplace = \"a form\"\n{field}{field}"),
    );
    let ran = site.run(&["plan"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("two fields are named `Title`"), "{}", ran.err);
}

#[test]
fn nobody_is_asked_again_every_minute() {
    let site = site();
    site.write(
        "channels/form.toml",
        "kind = \"manual\"\nask_again = \"5m\"\n[manual]\nplace = \"a form\"\n",
    );
    refused(
        &site,
        r#"
error[channel::setting]: `ask_again`: a person is asked again after an hour at the earliest
 --> channels/form.toml:2:13
  |
2 | ask_again = "5m"
  |             ^^^^
  |
  = help: write for example `"7d"`, or remove the line: then a person is asked once
"#,
    );
}
