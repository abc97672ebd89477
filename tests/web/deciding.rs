//! What people decide on the page, and what is refused them.

use super::{Answer, World, folder, silent_server, site};
use crate::deliver::PAGE;
use crate::serve::wait_for;

/// What the form of the ad's page holds, to be sent once more or otherwise.
struct ApproveForm {
    token: String,
    shown: String,
}

impl ApproveForm {
    fn of(page: &Answer) -> Self {
        let field = |name| page.field(name).unwrap_or_else(|| panic!("{}", page.body)).to_owned();
        Self { token: field("token"), shown: field("shown") }
    }

    fn send(&self, world: &World) -> Answer {
        world.post("/approve", &self.fields())
    }

    fn fields(&self) -> [(&str, &str); 4] {
        let Self { token, shown } = self;
        [("token", token), ("posting", "tides"), ("channel", "feed"), ("shown", shown)]
    }
}

fn nothing_is_approved(world: &World) {
    let waiting = world.site.run(&["approve"]);
    assert!(waiting.out.contains("tides"), "{waiting:?}");
}

#[test]
fn who_approves_sends_it_out_and_is_on_record() {
    let world = World::logged_in();
    let form = ApproveForm::of(&world.get("/posting?id=tides"));
    let approved = form.send(&world);
    assert_eq!(approved.status, 303, "{approved:?}");
    let to = approved.header("location").unwrap();
    assert_eq!(to, "/posting?id=tides&said=approved#channel-feed");
    // The daemon does not wait for its next look.
    world.wait_until("feed", "posted");
    let page = world.get("/posting?id=tides&said=approved");
    assert!(page.says("role=\"status\">Approved."), "{}", page.body);
    assert!(page.says("Approved by <bdi>M. Brandt"), "{}", page.body);
}

#[test]
fn nothing_is_changed_without_a_login() {
    let mut world = World::logged_in();
    let form = ApproveForm::of(&world.get("/posting?id=tides"));
    world.cookie = None;
    for (path, fields) in [
        ("/approve", form.fields().to_vec()),
        ("/pause", vec![("token", &*form.token), ("channel", "office")]),
        ("/withdraw", vec![("token", &*form.token), ("posting", "tides"), ("wish", "take-back")]),
        ("/logout", vec![("token", &*form.token)]),
    ] {
        let answer = world.post(path, &fields);
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        assert!(answer.says("Only who is logged in may do that"), "{path}: {}", answer.body);
    }
    nothing_is_approved(&world);
}

#[test]
fn a_form_from_elsewhere_is_refused() {
    let world = World::logged_in();
    let form = ApproveForm::of(&world.get("/posting?id=tides"));
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", ""] {
        let answer = world.post_from("/approve", origin, &form.fields());
        assert_eq!(answer.status, 403, "{origin}: {answer:?}");
    }
    let ours = format!("http://{}", world.address);
    for site in ["cross-site", "same-site", "none"] {
        let headers = [
            ("Origin", ours.as_str()),
            ("Sec-Fetch-Site", site),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let answer = world.ask("POST", "/approve", &headers, "token=x");
        assert_eq!(answer.status, 403, "{site}");
        assert!(answer.says("This form was not sent from these pages"), "{}", answer.body);
    }
    let without = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(world.ask("POST", "/approve", &without, "token=x").status, 403);
    nothing_is_approved(&world);
}

#[test]
fn a_form_that_is_stale_or_somebody_elses_is_refused() {
    let mut world = World::logged_in();
    let form = ApproveForm::of(&world.get("/posting?id=tides"));
    world.log_in();
    let of_another_login = form.send(&world);
    let without =
        ApproveForm { token: String::new(), ..ApproveForm::of(&world.get("/posting?id=tides")) };
    for answer in [of_another_login, without.send(&world)] {
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.says("This form is stale"), "{}", answer.body);
    }
    nothing_is_approved(&world);
}

#[test]
fn words_that_have_changed_since_they_were_shown_are_not_approved() {
    let world = World::logged_in();
    let form = ApproveForm::of(&world.get("/posting?id=tides"));
    world.site.replace(PAGE, "June 2027", "July 2027");
    let refused = form.send(&world);
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.says("The words have changed since they were shown"), "{}", refused.body);
    nothing_is_approved(&world);
    // Who looks again agrees to what is there now.
    let again = ApproveForm::of(&world.get("/posting?id=tides"));
    assert_ne!(again.shown, form.shown);
    assert_eq!(again.send(&world).status, 303);
}

#[test]
fn who_changes_too_much_at_once_has_to_wait() {
    let world = World::logged_in();
    let page = world.get("/channels");
    let token = page.field("token").unwrap();
    let fields = [("token", token), ("channel", "no-such-channel")];
    let refused = (0..500).map(|_| world.post("/resume", &fields)).find(|it| it.status == 429);
    assert!(refused.is_some_and(|it| it.header("retry-after").is_some()));
}

#[test]
fn an_errand_is_done_by_recording_its_link() {
    let world = World::logged_in();
    let row = world.wait_until("office", "asked");
    let id = row["id"].as_str().unwrap();
    let page = world.get(&format!("/delivery/{id}"));
    let field = |name| page.field(name).unwrap_or_else(|| panic!("{}", page.body));
    let record = |link| {
        let fields = [
            ("token", field("token")),
            ("delivery", field("delivery")),
            ("seen", field("seen")),
            ("link", link),
        ];
        world.post("/record", &fields)
    };
    assert!(page.says("It is refused then, and nobody is asked again."), "{}", page.body);
    assert_eq!(record("javascript:alert(1)").status, 422);
    assert_eq!(record("https://careers.example/7").status, 303);
    assert_eq!(world.wait_until("office", "posted")["link"], "https://careers.example/7");
    assert!(world.history(id).contains("M. Brandt"), "{}", world.history(id));
    // The same form once more is about what is not so any more.
    let again = record("https://careers.example/8");
    assert_eq!(again.status, 409, "{again:?}");
    assert!(again.says("It stands otherwise than when it was shown"), "{}", again.body);
}

#[test]
fn an_unknown_outcome_is_resolved_by_who_has_looked() {
    let site = site();
    let mastodon = folder(&["mastodon"]).read("channels/mastodon.toml");
    let mastodon = mastodon.replace("https://social.example", &silent_server());
    site.write(
        "channels/mastodon.toml",
        mastodon.replace("{ env = \"UNUSED\" }", "{ file = \"token\" }"),
    );
    site.write("token", "secret-of-mastodon");
    let mut world = World::of(site);
    world.log_in();
    let row = world.wait_until("mastodon", "unknown");
    let id = row["id"].as_str().unwrap();
    let send = |saw: &str, link: &str| {
        let page = world.get(&format!("/delivery/{id}"));
        assert!(!page.says("secret-of-mastodon"), "{}", page.body);
        let field = |name| page.field(name).unwrap_or_else(|| panic!("{}", page.body));
        let fields = [
            ("token", field("token")),
            ("delivery", field("delivery")),
            ("seen", field("seen")),
            ("saw", saw),
            ("link", link),
        ];
        world.post("/resolve", &fields)
    };
    let early = send("not-posted", "");
    assert_eq!(early.status, 409, "{early:?}");
    assert!(early.says("It may still arrive until"), "{}", early.body);
    let resolved = send("posted", "https://social.example/@tidal/1001");
    assert_eq!(resolved.status, 303, "{resolved:?}");
    let row = world.wait_until("mastodon", "posted");
    assert_eq!(row["link"], "https://social.example/@tidal/1001");
    assert!(world.history(id).contains("M. Brandt"), "{}", world.history(id));
}

#[test]
fn an_ad_is_withdrawn_and_may_stay_after_all() {
    let world = World::logged_in();
    let send = |wish| {
        let page = world.get("/posting?id=tides");
        let fields =
            [("token", page.field("token").unwrap()), ("posting", "tides"), ("wish", wish)];
        world.post("/withdraw", &fields)
    };
    assert_eq!(send("take-back").status, 303);
    let page = world.get("/posting?id=tides&said=withdrawn");
    assert!(
        page.says("<dt>Withdrawn</dt>") && page.says("Withdrawn. Its copies are closed"),
        "{page:?}"
    );
    assert_eq!(send("undo").status, 303);
    assert!(!world.get("/posting?id=tides").says("<dt>Withdrawn</dt>"));
    assert_eq!(send("burn").status, 422);
}

#[test]
fn a_channel_and_everything_are_paused_and_go_on() {
    let world = World::logged_in();
    let paused = || world.site.run(&["pause"]).out;
    let send = |path: &str, channel: &str| {
        let page = world.get("/channels");
        let fields = [
            ("token", page.field("token").unwrap()),
            ("channel", channel),
            ("reason", "the form is down"),
        ];
        world.post(path, &fields)
    };
    assert_eq!(
        send("/pause", "office").header("location"),
        Some("/channels?said=paused#channel-office")
    );
    assert!(paused().contains("office is paused since") && paused().contains("the form is down"));
    let page = world.get("/channels?said=paused");
    assert!(page.says("the form is down") && page.says("Let office go on"), "{}", page.body);
    assert!(world.get("/").says("<span class=\"paused\">paused</span>"));
    assert_eq!(send("/resume", "office").status, 303);
    assert_eq!(paused(), "Nothing is paused.\n");
    assert_eq!(send("/pause", "").status, 303);
    assert!(paused().contains("everything is paused since"));
    assert_eq!(send("/resume", "").status, 303);
    assert_eq!(paused(), "Nothing is paused.\n");
    assert_eq!(send("/pause", "no-such-channel").status, 404);
}

#[test]
fn a_decision_is_seen_by_the_daemon_at_once() {
    let world = World::logged_in();
    let rounds = || world.daemon.health().1["rounds"]["done"].as_u64().unwrap();
    let before = rounds();
    let page = world.get("/channels");
    let fields = [("token", page.field("token").unwrap()), ("channel", "office")];
    assert_eq!(world.post("/pause", &fields).status, 303);
    wait_for("another round", || (rounds() > before).then_some(()));
}
