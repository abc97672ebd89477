//! What is wrong in a page.

use super::{held_back, site};

// Front matter

#[test]
fn a_second_colon_in_yaml_is_shown_at_its_place() {
    let site = site();
    site.write("content/jobs/bad.md", "---\ntitle: PhD: tides\n---\nDive.\n");
    held_back(
        &site,
        r#"
error[page::front-matter]: a second `:` stands in this value
 --> content/jobs/bad.md:2:11
  |
2 | title: PhD: tides
  |           ^
  |
  = help: put the whole value in quotation marks, and a quotation mark inside it as `\"`
"#,
    );
}

#[test]
fn an_open_quotation_mark_in_toml_is_shown_at_its_place() {
    let site = site();
    site.write("content/jobs/bad.md", "+++\ntitle = 'Diver\n+++\nDive.\n");
    held_back(
        &site,
        r#"
error[page::front-matter]: the front matter is no valid TOML: invalid literal string, expected `'`
 --> content/jobs/bad.md:2:15
  |
2 | title = 'Diver
  |               ^
  |
  = help: correct this line; text stands in quotation marks in TOML
"#,
    );
}

#[test]
fn a_key_that_stands_twice_in_toml_is_shown_at_the_second() {
    let site = site();
    site.write("content/jobs/bad.md", "+++\ntitle = 'Diver'\ntitle = 'Pilot'\n+++\nDive.\n");
    held_back(
        &site,
        r#"
error[page::front-matter]: the front matter is no valid TOML: duplicate key
 --> content/jobs/bad.md:3:1
  |
3 | title = 'Pilot'
  | ^^^^^
  |
  = help: keep one of the two lines and delete the other
"#,
    );
}

#[test]
fn front_matter_that_is_never_closed_is_shown_where_it_opens() {
    let site = site();
    site.write("content/jobs/bad.md", "---\ntitle: Diver\nDive.\n");
    held_back(
        &site,
        r#"
error[page::front-matter]: the front matter is never closed
 --> content/jobs/bad.md:1:1
  |
1 | ---
  | ^^^ opened here
  |
  = help: put a line with `---` after the last line of the front matter
"#,
    );
}

#[test]
fn a_tab_that_indents_yaml_is_shown() {
    let site = site();
    site.write("content/jobs/bad.md", "---\njob:\n\tpay_scheme: E13\n---\nDive.\n");
    held_back(
        &site,
        r#"
error[page::front-matter]: this line of the front matter is indented with a tab
 --> content/jobs/bad.md:3:1
  |
3 |     pay_scheme: E13
  | ^^^^ a tab
  |
  = help: YAML wants spaces: indent with two spaces instead of the tab
"#,
    );
}

#[test]
fn a_key_that_stands_twice_in_yaml_is_shown_at_the_second() {
    let site = site();
    site.write("content/jobs/bad.md", "---\ntitle: Diver\ntitle: Pilot\n---\nDive.\n");
    held_back(
        &site,
        r#"
error[page::front-matter]: the key `title` stands twice
 --> content/jobs/bad.md:3:1
  |
3 | title: Pilot
  | ^^^^^
  |
  = help: keep one of the two lines and delete the other
"#,
    );
}

// The job block

#[test]
fn a_misspelt_field_of_the_job_is_named_with_what_was_meant() {
    let site = site();
    site.write(
        "content/jobs/bad.md",
        "---\ntitle: Diver\njob:\n  dedline: 2027-01-01\n---\nDive.\n",
    );
    held_back(
        &site,
        r#"
error[job::unknown-key]: `job` has no field `dedline`
 --> content/jobs/bad.md:4:3
  |
4 |   dedline: 2027-01-01
  |   ^^^^^^^ did you mean `deadline`?
  |
  = help: the fields are title, display_title, reference, position_type, organisation, unit, city, country, pay_scheme, salary, workload_percent, start, duration_months, deadline, contact_name, contact_emails, openings, extension, apply_url, summary, id, closed, approval, positions, date_posted, employment_type
"#,
    );
}

#[test]
fn values_of_the_job_that_cannot_be_read_are_shown_all_at_once() {
    let site = site();
    site.write(
        "content/jobs/bad.md",
        "---\ntitle: Diver\njob:\n  deadline: soon\n  workload_percent: 500\n---\nDive.\n",
    );
    held_back(
        &site,
        r#"
error[job::unreadable-date]: `job.deadline` is `soon`, which is no date that can be read
 --> content/jobs/bad.md:4:13
  |
4 |   deadline: soon
  |             ^^^^ expected a date such as `2027-01-31`, `rolling`, or `2027-01-31, then until filled`

error[job::wrong-type]: `job.workload_percent` is the number `500`
 --> content/jobs/bad.md:5:21
  |
5 |   workload_percent: 500
  |                     ^^^ expected a share of a full-time position in per cent, up to 100
"#,
    );
}

// The page itself

#[test]
fn an_empty_file_is_no_posting() {
    let site = site();
    site.write("content/jobs/bad.md", "");
    held_back(
        &site,
        r#"
error[page::empty]: the page says nothing
 --> content/jobs/bad.md:1:1
  |
1 |
  | ^ nothing follows
  |
  = help: write the ad below the front matter, or its fields in a `job:` block
"#,
    );
}

#[test]
fn a_page_without_a_body_is_no_posting() {
    let site = site();
    site.write("content/jobs/bad.md", "---\ntitle: Diver\n---\n");
    held_back(
        &site,
        r#"
error[page::empty]: the page says nothing
 --> content/jobs/bad.md:3:1
  |
3 | ---
  | ^^^ nothing follows
  |
  = help: write the ad below the front matter, or its fields in a `job:` block
"#,
    );
}

#[test]
fn a_page_with_nothing_but_a_comment_is_no_posting() {
    let site = site();
    site.write("content/jobs/bad.md", "---\ntitle: Diver\n---\n<!-- soon -->\n");
    held_back(
        &site,
        r#"
error[page::empty]: the page says nothing
 --> content/jobs/bad.md:4:1
  |
4 | <!-- soon -->
  | ^^^^^^^^^^^^^ nothing follows
  |
  = help: write the ad below the front matter, or its fields in a `job:` block
"#,
    );
}

#[test]
fn a_page_that_is_not_utf_8_is_shown_at_its_first_wrong_byte() {
    let site = site();
    site.write("content/jobs/bad.md", b"---\ntitle: W\xe4rme\n---\nDive.\n");
    held_back(
        &site,
        r#"
error[file::not-utf8]: the file is not UTF-8
 --> content/jobs/bad.md:2:9
  |
2 | title: W�rme
  |         ^ this byte belongs to another encoding
  |
  = help: save it as UTF-8, for example `iconv -f WINDOWS-1252 -t UTF-8 content/jobs/bad.md`
"#,
    );
}
