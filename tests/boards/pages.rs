//! A board made for people: a login, a form with a token against forgery that counts once, documents in
//! XML with namespaces, and no other word of an ad than a line in a list that has pages.

use std::sync::{Arc, Mutex};

use super::server::{Asked, Reply, Server, html, with};
use super::{ID, Lab};

const PASSWORD: &str = "harbour-lights";

#[derive(Default)]
struct Board {
    /// Each ad in its XML; empty once it was taken away.
    ads: Vec<String>,
    /// The token that the form shows; it counts once.
    token: usize,
    signed_in: bool,
    /// Whether the next answer to the form is lost.
    lost: bool,
    submitted: u32,
}

fn file(base: &str) -> String {
    format!(
        r#"kind = "board"
template = "registry"
[board]
base = "{base}"
format = "xml"
[board.auth]
type = "body"
value = {{ file = "secrets/board" }}
[[board.session]]
method = "POST"
url = "{{base}}/login"
body = {{ form = {{ user = "lab", password = "{{secret}}" }} }}
ok = {{ status = [303] }}
[[board.session]]
url = "{{base}}/form"
values = {{ token = {{ html = {{ select = "input[name=\"csrf\"]", attribute = "value" }} }} }}
[board.find]
method = "GET"
url = "{{base}}/list?page={{page}}"
items = {{ html = {{ select = "li.ad" }} }}
reference = {{ html = {{ select = "span.ours" }} }}
id = {{ html = {{ select = "a", attribute = "data-number" }} }}
link = {{ html = {{ select = "a" }} }}
ok = {{ body = "All our ads" }}
pages = {{ first = 1 }}
[board.create]
method = "POST"
url = "{{base}}/form"
body = {{ upload = {{ field = "ad", file_name = "{{reference}}.xml", fields = {{ csrf = "{{session.token}}" }} }} }}
ok = {{ body = "<reg:taken" }}
[board.update]
method = "POST"
url = "{{base}}/form/{{id}}"
body = {{ upload = {{ field = "ad", file_name = "{{reference}}.xml", fields = {{ csrf = "{{session.token}}" }} }} }}
ok = {{ body = "<reg:taken" }}
[board.withdraw]
method = "POST"
url = "{{base}}/remove/{{id}}"
body = {{ form = {{ csrf = "{{session.token}}" }} }}
ok = {{ body = "<reg:taken" }}
"#
    )
}

const TEMPLATE: &str = "<reg:ad xmlns:reg=\"https://registry.example/ns\"><reg:ours>{{ id }}</reg:ours>\
    <reg:title>{{ required(\"title\") }}</reg:title><reg:until>{{ deadline }}</reg:until></reg:ad>";

fn serve(board: &Mutex<Board>, asked: &Asked) -> Reply {
    let mut board = board.lock().unwrap();
    let what = asked.what();
    if what == "POST /login" {
        if asked.field("password") != PASSWORD {
            return html(200, "Wrong name or password");
        }
        board.signed_in = true;
        return with(303, &["Location: /form", "Set-Cookie: who=lab; HttpOnly"], "");
    }
    if !asked.header("cookie").contains("who=lab") && !what.starts_with("GET /ads/") {
        return html(200, "<form action=/login>Please sign in</form>");
    }
    if what == "GET /form" {
        board.token += 1;
        return html(
            200,
            &format!("<form><input type=hidden name=\"csrf\" value=\"c{}\"></form>", board.token),
        );
    }
    if what == "GET /list" {
        let page: usize = asked.field("page").parse().unwrap_or(1);
        // Two of a page, the oldest first, and others' ads before ours.
        let theirs = (0..3).map(|number| format!("<li class=ad><a href=/ads/x{number} data-number=x{number}>T</a> <span class=ours>other-{number}</span></li>"));
        let ours = board.ads.iter().enumerate().filter(|(_, ad)| !ad.is_empty()).map(|(number, ad)| {
            let reference = between(ad, "<reg:ours>", "</reg:ours>");
            format!("<li class=ad><a href=\"/ads/{number}\" data-number=\"{number}\">T</a> <span class=ours>{reference}</span></li>")
        });
        let shown: Vec<String> = theirs.chain(ours).skip((page - 1) * 2).take(2).collect();
        return html(200, &format!("<h1>All our ads</h1><ul>{}</ul>", shown.concat()));
    }
    let number = what.rsplit('/').next().and_then(|it| it.parse::<usize>().ok());
    if asked.method == "GET" {
        let shown = number.and_then(|at| board.ads.get(at)).filter(|ad| !ad.is_empty());
        return shown.map_or_else(
            || html(404, "none"),
            |ad| html(200, between(ad, "<reg:title>", "</reg:title>")),
        );
    }
    let token = format!("c{}", board.token);
    if !asked.body.contains(&token) {
        return html(200, "<reg:error>This form has expired</reg:error>");
    }
    board.token += 1;
    board.submitted += 1;
    let ad = asked.body.find("<reg:ad").map_or("", |at| &asked.body[at..]);
    let ad = ad.split("</reg:ad>").next().unwrap_or_default().to_owned();
    match number {
        None => board.ads.push(ad),
        Some(at) => match board.ads.get_mut(at) {
            Some(there) => *there = ad,
            None => return html(200, "<reg:error>no such ad</reg:error>"),
        },
    }
    if std::mem::take(&mut board.lost) {
        return Reply::HangUp;
    }
    html(200, "<reg:taken/>")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(found, _)| found)
}

#[test]
fn an_ad_goes_through_login_and_form_and_is_found_by_its_line_on_a_later_page() {
    for lost in [false, true] {
        let board = Arc::new(Mutex::new(Board { lost, ..Board::default() }));
        let served = Arc::clone(&board);
        let server = Server::start(move |asked| serve(&served, asked));
        let mut lab = Lab::with(&[("registry", file(&server.base()))]);
        lab.site.write("secrets/board", PASSWORD);
        lab.site.write("templates/registry/document.xml.j2", TEMPLATE);
        lab.rounds();
        assert_eq!(lab.standing("registry", "announce"), "live", "{lost}");
        assert_eq!(board.lock().unwrap().submitted, 1);
        assert_eq!(between(&board.lock().unwrap().ads[0], "<reg:ours>", "</reg:ours>"), ID);
        let link = lab.rows()[0]["link"].as_str().unwrap_or_default().to_owned();
        assert_eq!(link, format!("{}/ads/0", server.base()));
        let seen = lab.handbill(&["verify"]);
        assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");

        board.lock().unwrap().lost = lost;
        lab.edit();
        lab.rounds();
        assert!(board.lock().unwrap().ads[0].contains("2027-03-15"));
        assert_eq!(lab.standing("registry", "announce"), "edited", "{lost}");

        board.lock().unwrap().lost = lost;
        lab.close();
        lab.rounds();
        assert_eq!(board.lock().unwrap().ads, [""]);
        assert_eq!(lab.standing("registry", "announce"), "withdrawn", "{lost}");
        let log = lab.site.run(&["log", "--format", "json"]);
        assert!(!log.out.contains(PASSWORD));
    }
}

#[test]
fn a_wrong_password_is_said_and_nothing_is_posted() {
    let board = Arc::new(Mutex::new(Board::default()));
    let served = Arc::clone(&board);
    let server = Server::start(move |asked| serve(&served, asked));
    let mut lab = Lab::with(&[("registry", file(&server.base()))]);
    lab.site.write("secrets/board", "lighthouse");
    lab.site.write("templates/registry/document.xml.j2", TEMPLATE);
    lab.rounds();
    assert_eq!(lab.paused(), ["registry"]);
    let said = lab.handbill(&["resume"]);
    assert!(
        said.out.contains("check user and password") && !said.out.contains("lighthouse"),
        "{said:?}"
    );
    assert_eq!(board.lock().unwrap().submitted, 0);
}
