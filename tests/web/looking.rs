//! What everybody sees who reaches the page.

use super::{World, configure, hostile, site};

#[test]
fn the_overview_shows_every_ad_on_every_channel_at_a_glance() {
    let world = World::new();
    world.wait_until("office", "asked");
    let page = world.get("/");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.says("<caption id=\"caption\">Ads 1 to 1 of 1, by channel</caption>"), "{page:?}");
    for column in ["feed", "office"] {
        assert!(page.says(&format!("<th scope=\"col\"><a href=\"/?channel={column}\">{column}")));
    }
    assert!(page.says("<bdi lang=\"en\">PhD position in Tides</bdi>"));
    let needs_you = "<span aria-hidden=\"true\">!</span> needs you</span>";
    // In the list of states, and in both cells.
    assert_eq!(page.body.matches(needs_you).count(), 3, "{}", page.body);
    assert!(page.says("<h2 id=\"needs\">Needs you</h2>"));
}

#[test]
fn the_overview_is_narrowed_by_words_channel_and_standing() {
    let world = World::new();
    let title = "<bdi lang=\"en\">PhD position in Tides</bdi>";
    assert!(world.get("/?text=tIDes").says(title));
    assert!(!world.get("/?text=glaciers").says(title));
    assert!(world.get("/?text=glaciers").says("No ad is so."));
    assert!(!world.get("/?channel=feed").says(">office</a>"));
    assert!(world.get("/?standing=failed").says("No ad is so."));
    assert!(world.get("/?standing=needs-you&page=99").says(title));
}

#[test]
fn an_ad_shows_what_goes_out_on_each_channel_as_its_readers_see_it() {
    let world = World::new();
    world.wait_until("office", "asked");
    let page = world.get("/posting?id=tides");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.says("<section class=\"channel\" id=\"channel-feed\""));
    assert!(page.says("<section class=\"channel\" id=\"channel-office\""));
    assert!(page.says("Forecast the tides of fourteen harbours."));
    assert!(page.says("announce: waits for approval"), "{}", page.body);
    assert!(!page.says("<form method=\"post\" action=\"/approve\">"), "nobody is logged in");
    assert_eq!(world.get("/posting?id=glaciers").status, 404);
}

#[test]
fn a_delivery_shows_each_attempt_and_exactly_what_was_sent() {
    let world = World::new();
    let row = world.wait_until("office", "asked");
    let page = world.get(&format!("/delivery/{}", row["id"].as_str().unwrap()));
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.says("Attempt 1"));
    assert!(page.says("<summary>Exactly what was sent</summary>"));
    assert!(page.says("a person is asked:"));
    assert_eq!(world.get("/delivery/ffffffff-0000").status, 404);
}

#[test]
fn the_log_is_narrowed_by_state_channel_words_and_day() {
    let world = World::new();
    world.wait_until("office", "asked");
    let line = "<td>office</td>";
    assert!(world.get("/log").says(line));
    assert!(world.get("/log?state=asked&channel=office&text=tides").says(line));
    for other in
        ["state=posted", "channel=feed", "text=glaciers", "since=2999-01-01", "until=2000-01-01"]
    {
        assert!(!world.get(&format!("/log?{other}")).says(line), "{other}");
    }
    // What cannot be read counts as not asked.
    assert!(world.get("/log?since=yesterday&page=x").says(line));
}

#[test]
fn calendar_channels_and_health_are_there() {
    let world = World::new();
    for (path, words) in [
        ("/calendar", "<span class=\"mark\">today</span>"),
        ("/calendar?weeks=4", "Earlier weeks"),
        ("/channels", "<h2 id=\"h-channel-office\">office</h2>"),
        ("/health", "<h2 id=\"rounds\">Rounds</h2>"),
    ] {
        let page = world.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.says(words), "{path}: {}", page.body);
    }
}

#[test]
fn every_answer_lets_browsers_run_nothing_and_show_it_nowhere_else() {
    let world = World::new();
    for path in
        ["/", "/login", "/posting?id=none", "/style.css", "/healthz", "/nowhere", "/approve"]
    {
        let answer = world.get(path);
        assert_eq!(
            answer.header("content-security-policy"),
            Some(
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'"
            ),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
    }
    let page = world.get("/");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for needs_an_exception in ["<script", " style=\"", "<style", " onclick", "javascript:"] {
        assert!(!page.says(needs_an_exception), "{needs_an_exception}");
    }
}

#[test]
fn an_ad_can_write_nothing_into_the_page() {
    let site = site();
    hostile(&site);
    site.replace("channels/feed.toml", "approval = true\n", "");
    let world = World::of(site);
    let row = world.wait_until("office", "asked");
    let delivery = format!("/delivery/{}", row["id"].as_str().unwrap());
    for path in ["/", "/posting?id=tides", "/log", "/calendar", &delivery] {
        let page = world.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        for markup in ["<script", "<img src=x", "</pre><form", "\u{202e}", "\u{7}"] {
            assert!(!page.says(markup), "{path}: {markup:?}: {}", page.body);
        }
    }
    let title = "PhD &lt;U+202E&gt;tfel&lt;U+202C&gt; &lt;U+0007&gt; a &lt; b &quot;q&quot; &#39;x&#39; \
                 &amp;lt;script&amp;gt; &lt;img src=x";
    let page = world.get("/");
    assert!(page.says(title), "{}", page.body);
    assert!(world.get("/posting?id=tides").says("&lt;/pre&gt;&lt;form action="));
}

#[test]
fn a_name_that_is_not_ours_is_shown_nothing() {
    let world = World::new();
    for host in ["evil.example", "127.0.0.1.evil.example:8420"] {
        let answer = world.ask("GET", "/", &[("Host", host)], "");
        assert_eq!(answer.status, 421, "{answer:?}");
        assert!(!answer.says("PhD position"), "{}", answer.body);
    }
    assert_eq!(world.ask("GET", "/", &[("Host", "localhost:8420")], "").status, 200);
    // Machines that ask how it is may use any name.
    assert_eq!(world.ask("GET", "/metrics", &[("Host", "node7.example")], "").status, 200);
}

#[test]
fn where_only_people_may_read_everybody_else_is_asked_to_log_in() {
    let site = site();
    configure(&site, "");
    site.replace("handbill.toml", "[serve.web]\n", "[serve.web]\nread = \"people\"\n");
    let mut world = World::of(site);
    let answer = world.get("/posting?id=tides");
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(answer.header("location"), Some("/login?to=%2Fposting%3Fid%3Dtides"));
    assert_eq!(world.get("/picture/00").status, 303);
    assert_eq!(world.get("/login").status, 200);
    assert_eq!(world.get("/style.css").status, 200);
    world.log_in();
    assert!(world.get("/posting?id=tides").says("PhD position in Tides"));
}
