//! Who may change something.

use super::{TOKEN, World, configure, site};

#[test]
fn a_token_logs_in_and_its_owner_is_named() {
    let mut world = World::new();
    let wrong = world.post("/login", &[("secret", "4bf2c7d8a90e13f5b6c7d8e9fa0b1c2e")]);
    assert_eq!(wrong.status, 403, "{wrong:?}");
    assert!(wrong.says("That token is nobody’s here.") && wrong.header("set-cookie").is_none());

    let right = world.post("/login", &[("secret", TOKEN), ("to", "/log")]);
    assert_eq!((right.status, right.header("location")), (303, Some("/log")));
    let cookie = right.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!right.head.contains(TOKEN));

    world.log_in();
    let page = world.get("/");
    assert!(page.says("Logged in as <bdi>M. Brandt</bdi>"), "{}", page.body);
    assert!(!page.says(TOKEN));
}

#[test]
fn nobody_is_sent_elsewhere_after_logging_in() {
    let world = World::new();
    for to in ["https://evil.example/", "//evil.example/", "/\\evil.example/"] {
        let answer = world.post("/login", &[("secret", TOKEN), ("to", to)]);
        assert_eq!(answer.header("location"), Some("/"), "{to}");
    }
}

#[test]
fn who_guesses_has_to_wait() {
    let world = World::new();
    let refused = (0..100).map(|_| world.post("/login", &[("secret", "guess")]));
    let refused = refused.into_iter().find(|answer| answer.status == 429).unwrap();
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    // Whatever is typed then: the right token, too.
    assert_eq!(world.post("/login", &[("secret", TOKEN)]).status, 429);
    assert_eq!(world.get("/").status, 200, "looking is not trying");
}

#[test]
fn who_logs_out_can_change_nothing_any_more() {
    let world = World::logged_in();
    let page = world.get("/channels");
    let token = page.field("token").unwrap();
    let out = world.post("/logout", &[("token", token)]);
    assert_eq!(out.status, 303);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    let pause = world.post("/pause", &[("token", token), ("channel", "office")]);
    assert_eq!(pause.status, 403, "{pause:?}");
}

#[test]
fn a_proxy_names_who_asks_and_nobody_else_can() {
    let with_proxy = |address: &str| {
        let site = site();
        let proxy =
            format!("proxy = {{ addresses = [\"{address}\"], user_header = \"X-Remote-User\" }}");
        configure(&site, &proxy);
        let world = World::of(site);
        world.ask("GET", "/channels", &[("X-Remote-User", "K. Ocean")], "")
    };
    let named = with_proxy("127.0.0.1");
    assert!(named.says("Logged in as <bdi>K. Ocean</bdi>"), "{named:?}");
    assert!(!named.says("Log out"), "the proxy knows how");
    let ignored = with_proxy("192.0.2.7");
    assert!(!ignored.says("K. Ocean") && ignored.says("Read only"), "{ignored:?}");
}

#[test]
fn a_token_that_could_be_guessed_or_is_not_there_is_an_error() {
    for (token, says) in [("short", "has fewer than 20 characters"), ("", "is empty")] {
        let site = site();
        site.write("secrets/brandt", token);
        let check = site.run(&["check"]);
        assert!(check.out.contains("[web::secret]") && check.out.contains(says), "{check:?}");
    }
}

#[test]
fn an_address_without_encryption_is_refused() {
    let site = site();
    site.replace(
        "handbill.toml",
        "[serve.web]\n",
        "[serve.web]\npublic_url = \"http://jobs.tides.example/\"\n",
    );
    let check = site.run(&["check"]);
    assert_eq!(check.code, 2, "{check:?}");
    assert!(check.out.contains("error[web::public-url]"), "{}", check.out);
}

#[test]
fn what_would_let_nobody_or_everybody_in_is_said() {
    let with = |web: &str| {
        let site = site();
        let tokens = "tokens = { \"M. Brandt\" = { file = \"secrets/brandt\" } }";
        site.replace("handbill.toml", &format!("[serve.web]\n{tokens}\n"), web);
        site.run(&["check"]).out
    };
    let nobody = with("[serve.web]\ntokens = { \" \" = { file = \"secrets/brandt\" } }\n");
    assert!(nobody.contains("error[web::token]"), "{nobody}");
    let header =
        "[serve.web]\nproxy = { addresses = [\"127.0.0.1\"], user_header = \"Remote User\" }\n";
    assert!(with(header).contains("error[web::proxy]"));
    let open = "[serve]\nlisten = \"192.0.2.1:8420\"\n[serve.web]\npublic_url = \"https://jobs.tides.example/\"\n";
    assert!(with(open).contains("warning[web::open]"), "{}", with(open));
    let folder = "[serve.web]\npublic_url = \"https://tides.example/jobs/\"\n";
    assert!(with(folder).contains("error[web::public-url]"));
}
