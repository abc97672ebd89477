//! What is wrong in a site's own templates.

use super::{refused, refused_when_rendered, site};

#[test]
fn a_missing_folder_of_templates_gets_a_suggestion() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "kind = \"mastodon\"",
        "kind = \"mastodon\"\ntemplate = \"mastodn\"",
    );
    refused(
        &site,
        r#"
error[channel::template]: there are no templates `mastodn`
 --> channels/mastodon.toml:3:12
  |
3 | template = "mastodn"
  |            ^^^^^^^^^
  |
  = help: did you mean `mastodon`?
"#,
    );
}

#[test]
fn a_folder_of_templates_that_is_not_there_can_be_made() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "kind = \"mastodon\"",
        "kind = \"mastodon\"\ntemplate = \"our-own\"",
    );
    refused(
        &site,
        r#"
error[channel::template]: there are no templates `our-own`
 --> channels/mastodon.toml:3:12
  |
3 | template = "our-own"
  |            ^^^^^^^^^
  |
  = help: make a folder `templates/our-own` in the site, or use a shipped one
"#,
    );
}

#[test]
fn a_template_with_a_syntax_error_is_shown_at_its_place() {
    let site = site();
    site.write("templates/mastodon/status.txt.j2", "{{ title }}\n{% if pay %}\n{{ pay }\n");
    refused(
        &site,
        r#"
error[template::error]: unexpected `}`, expected end of variable block
 --> templates/mastodon/status.txt.j2:3:8
  |
3 | {{ pay }
  |        ^
  |
  = help: `{{ name }}` prints, `{% if name %} … {% endif %}` decides; the shipped templates show how
"#,
    );
}

#[test]
fn a_template_with_an_unknown_name_gets_a_suggestion() {
    let site = site();
    site.write("templates/mastodon/status.txt.j2", "Look:\n{{ titel }}\n");
    refused(
        &site,
        r#"
error[template::error]: no posting has `titel`
 --> templates/mastodon/status.txt.j2:2:4
  |
2 | {{ titel }}
  |    ^^^^^
  |
  = help: did you mean `title`?
"#,
    );
}

#[test]
fn a_template_that_is_not_utf_8_is_shown_at_its_first_wrong_byte() {
    let site = site();
    site.write("templates/mastodon/status.txt.j2", b"W\xe4rme\n");
    refused(
        &site,
        r#"
error[file::not-utf8]: the file is not UTF-8
 --> templates/mastodon/status.txt.j2:1:2
  |
1 | W�rme
  |  ^ this byte belongs to another encoding
  |
  = help: save it as UTF-8, for example `iconv -f WINDOWS-1252 -t UTF-8 templates/mastodon/status.txt.j2`
"#,
    );
}

#[test]
fn a_template_of_another_kind_lacks_what_the_channel_needs() {
    let site = site();
    site.replace(
        "channels/mastodon.toml",
        "kind = \"mastodon\"",
        "kind = \"mastodon\"\ntemplate = \"mail\"",
    );
    refused_when_rendered(
        &site,
        r#"
error[channel::template]: there is no template `mail/status.txt.j2`
 --> channels/mastodon.toml:3:12
  |
3 | template = "mail"
  |            ^^^^^^ a channel of kind mastodon needs it
  |
  = help: did you mean `manual/status.txt.j2`?
"#,
    );
}

#[test]
fn a_template_with_an_unknown_filter_is_shown_at_its_place() {
    let site = site();
    site.write("templates/mastodon/status.txt.j2", "Look:\n{{ title|uppr }}\n");
    refused_when_rendered(
        &site,
        r#"
error[template::error]: filter uppr is unknown
 --> templates/mastodon/status.txt.j2:2:10
  |
2 | {{ title|uppr }}
  |          ^^^^
  |
  = help: `{{ name }}` prints, `{% if name %} … {% endif %}` decides; the shipped templates show how
"#,
    );
}

#[test]
fn a_template_that_includes_nothing_is_shown_at_its_place() {
    let site = site();
    site.write("templates/mastodon/status.txt.j2", "Look:\n{% include \"none.txt.j2\" %}\n");
    refused_when_rendered(
        &site,
        r#"
error[template::error]: tried to include non-existing template 'none.txt.j2'
 --> templates/mastodon/status.txt.j2:2:4
  |
2 | {% include "none.txt.j2" %}
  |    ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: `{{ name }}` prints, `{% if name %} … {% endif %}` decides; the shipped templates show how
"#,
    );
}

#[test]
fn a_value_that_the_channel_does_not_give_is_shown_at_its_place() {
    let site = site();
    site.write("templates/mastodon/status.txt.j2", "Look:\n{{ values.hashtag }}\n");
    refused_when_rendered(
        &site,
        r#"
error[template::error]: `values.hashtag` is undefined
 --> templates/mastodon/status.txt.j2:2:4
  |
2 | {{ values.hashtag }}
  |    ^^^^^^^^^^^^^^
  |
  = help: `{{ name }}` prints, `{% if name %} … {% endif %}` decides; the shipped templates show how
"#,
    );
}
