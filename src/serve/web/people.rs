//! Who asks: somebody who has logged in with a token, or whom the proxy before us names. What is
//! kept of a login lives in memory alone: after a start everybody logs in anew.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;
use url::Url;

use crate::site::web::{Person, Proxy, WebRules};

/// A form that was drawn longer ago than this is stale.
const FORM_LASTS: TimeDelta = TimeDelta::hours(2);

/// More logins are not kept at a time: the one that was used longest ago ends.
const MOST_LOGINS: usize = 200;

/// Somebody who may change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    /// As the log names them.
    pub name: String,
    /// What their forms are bound to.
    subject: Subject,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    /// A login, by the name under which it is kept.
    Login(String),
    Proxy,
}

impl Who {
    pub fn can_log_out(&self) -> bool {
        matches!(self.subject, Subject::Login(_))
    }
}

/// Somebody is logged in.
struct Login {
    person: String,
    /// Of the token that was typed: who is given another one has to log in anew.
    proof: hmac::Tag,
    used_at: DateTime<Utc>,
}

/// Who is logged in, and the key by which this process knows its own cookies and forms.
pub(super) struct Logins {
    random: SystemRandom,
    key: hmac::Key,
    /// By a keyed hash of the cookie: it is found without comparing it byte by byte.
    logins: Mutex<HashMap<String, Login>>,
}

/// Why somebody was not logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoLogin {
    WrongToken,
    /// The system has no random bytes.
    NoRandomness,
}

impl Logins {
    /// Nobody is logged in yet.
    ///
    /// # Errors
    /// If the system has no random bytes: anybody could guess the key then.
    pub fn new() -> io::Result<Self> {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).map_err(|_| no_random_bytes())?;
        Ok(Self { random, key, logins: Mutex::default() })
    }

    /// Who has sent a request from an address.
    pub fn who(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        rules: &WebRules,
        now: DateTime<Utc>,
    ) -> Option<Who> {
        let named = rules.proxy.as_ref().and_then(|proxy| named_by(proxy, headers, address));
        named.or_else(|| self.logged_in(headers, rules, now))
    }

    /// Logs in who has typed a token, and returns the value of the cookie.
    ///
    /// # Errors
    /// [`NoLogin`].
    pub fn log_in(
        &self,
        typed: &str,
        rules: &WebRules,
        now: DateTime<Utc>,
    ) -> Result<String, NoLogin> {
        let mut found = None;
        // All are looked at, and each as a whole: how long it takes says nothing of any token.
        for person in &rules.people {
            if let Some(proof) = self.proof(person)
                && hmac::verify(&self.key, &token_said(typed), proof.as_ref()).is_ok()
            {
                found = Some((person, proof));
            }
        }
        let (person, proof) = found.ok_or(NoLogin::WrongToken)?;
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes).map_err(|_| NoLogin::NoRandomness)?;
        let cookie = HEXLOWER.encode(&bytes);
        let mut logins = self.lock();
        logins.retain(|_, login| now - login.used_at < lasts(rules));
        if logins.len() >= MOST_LOGINS {
            let oldest = logins.iter().min_by_key(|(_, login)| login.used_at);
            let oldest = oldest.map(|(name, _)| name.clone());
            oldest.map(|name| logins.remove(&name));
        }
        let login = Login { person: person.name.clone(), proof, used_at: now };
        logins.insert(self.kept_as(&cookie), login);
        Ok(cookie)
    }

    pub fn log_out(&self, who: &Who) {
        if let Subject::Login(name) = &who.subject {
            self.lock().remove(name);
        }
    }

    /// Binds a form to who it is drawn for, and to the time.
    pub fn form_token(&self, who: &Who, now: DateTime<Utc>) -> String {
        let at = now.timestamp();
        format!("{at}.{}", HEXLOWER.encode(hmac::sign(&self.key, &form(who, at)).as_ref()))
    }

    /// Whether a form was drawn for who sends it, not too long ago.
    pub fn is_their_form(&self, who: &Who, token: &str, now: DateTime<Utc>) -> bool {
        let Some((at, tag)) = token.split_once('.') else { return false };
        let (Ok(at), Ok(tag)) = (at.parse(), HEXLOWER.decode(tag.as_bytes())) else {
            return false;
        };
        let Some(drawn_at) = DateTime::from_timestamp(at, 0) else { return false };
        hmac::verify(&self.key, &form(who, at), &tag).is_ok() && now - drawn_at < FORM_LASTS
    }

    fn logged_in(&self, headers: &HeaderMap, rules: &WebRules, now: DateTime<Utc>) -> Option<Who> {
        let name = self.kept_as(cookie(headers, cookie_name(rules))?);
        let mut logins = self.lock();
        let login = logins.get_mut(&name)?;
        let person = rules.people.iter().find(|it| it.name == login.person);
        let proof = person.and_then(|person| self.proof(person));
        let is_same = proof.is_some_and(|proof| proof.as_ref() == login.proof.as_ref());
        if !is_same || now - login.used_at >= lasts(rules) {
            logins.remove(&name);
            return None;
        }
        login.used_at = now;
        Some(Who { name: login.person.clone(), subject: Subject::Login(name) })
    }

    fn proof(&self, person: &Person) -> Option<hmac::Tag> {
        let token = person.token().ok()?;
        Some(hmac::sign(&self.key, &token_said(token.expose_secret())))
    }

    fn kept_as(&self, cookie: &str) -> String {
        let said = [b"cookie\0", cookie.as_bytes()].concat();
        HEXLOWER.encode(hmac::sign(&self.key, &said).as_ref())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Login>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_random_bytes() -> io::Error {
    io::Error::other("the system has no random bytes")
}

/// The cookie that says who is logged in, for `Set-Cookie`; an empty value takes it away. With a
/// name that begins with `__Host-` browsers take it from this very server over TLS alone (RFC 6265bis
/// §4.1.3.2).
pub(super) fn set_cookie(value: &str, rules: &WebRules) -> String {
    let name = cookie_name(rules);
    let secure = if is_encrypted(rules) { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")
}

fn cookie_name(rules: &WebRules) -> &'static str {
    if is_encrypted(rules) { "__Host-handbill" } else { "handbill" }
}

fn is_encrypted(rules: &WebRules) -> bool {
    rules.public_url.as_ref().map(Url::scheme) == Some("https")
}

fn lasts(rules: &WebRules) -> TimeDelta {
    TimeDelta::from_std(rules.session).unwrap_or(TimeDelta::MAX)
}

fn token_said(token: &str) -> Vec<u8> {
    [b"token\0", token.trim().as_bytes()].concat()
}

fn form(who: &Who, at: i64) -> Vec<u8> {
    let (kind, subject) = match &who.subject {
        Subject::Login(name) => ("login", name.as_str()),
        Subject::Proxy => ("proxy", who.name.as_str()),
    };
    format!("form\0{kind}\0{at}\0{subject}").into_bytes()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = all.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Whom the proxy names; from anywhere else its header says nothing.
fn named_by(proxy: &Proxy, headers: &HeaderMap, address: IpAddr) -> Option<Who> {
    if !proxy.addresses.contains(&address) {
        return None;
    }
    let mut values = headers.get_all(proxy.user_header.as_str()).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let name = std::str::from_utf8(value.as_bytes()).ok()?.trim();
    let is_name = !name.is_empty() && name.chars().count() <= 200;
    is_name.then(|| Who { name: name.to_owned(), subject: Subject::Proxy })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::channel::secret::SecretRef;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    struct World {
        folder: tempfile::TempDir,
        rules: WebRules,
        logins: Logins,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("token");
            std::fs::write(&path, TOKEN).unwrap();
            let person = Person { name: "M. Brandt".to_owned(), token: SecretRef::file(path) };
            let rules = WebRules {
                people: vec![person],
                session: Duration::from_secs(3600),
                ..WebRules::default()
            };
            Self { folder, rules, logins: Logins::new().unwrap() }
        }

        fn who(&self, cookie: &str, minutes: i64) -> Option<Who> {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, format!("a=b; handbill={cookie}").parse().unwrap());
            let nowhere = IpAddr::from([192, 0, 2, 1]);
            self.logins.who(&headers, nowhere, &self.rules, at(minutes))
        }
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_login_lasts_while_it_is_used() {
        let world = World::new();
        assert_eq!(world.logins.log_in("wrong", &world.rules, at(0)), Err(NoLogin::WrongToken));
        let cookie = world.logins.log_in(TOKEN, &world.rules, at(0)).unwrap();
        assert_eq!(world.who(&cookie, 59).unwrap().name, "M. Brandt");
        assert!(world.who(&cookie, 118).is_some());
        assert_eq!(world.who(&cookie, 178), None);
        assert_eq!(world.who("0", 0), None);
    }

    #[test]
    fn another_token_ends_the_logins_of_the_old_one() {
        let world = World::new();
        let cookie = world.logins.log_in(TOKEN, &world.rules, at(0)).unwrap();
        std::fs::write(world.folder.path().join("token"), TOKEN.replace('0', "1")).unwrap();
        assert_eq!(world.who(&cookie, 1), None);
    }

    #[test]
    fn who_has_logged_out_is_nobody() {
        let world = World::new();
        let cookie = world.logins.log_in(TOKEN, &world.rules, at(0)).unwrap();
        world.logins.log_out(&world.who(&cookie, 1).unwrap());
        assert_eq!(world.who(&cookie, 2), None);
    }

    #[test]
    fn a_form_goes_stale_and_is_nobody_elses() {
        let world = World::new();
        let login = || {
            let cookie = world.logins.log_in(TOKEN, &world.rules, at(0)).unwrap();
            world.who(&cookie, 0).unwrap()
        };
        let (mine, other) = (login(), login());
        let token = world.logins.form_token(&mine, at(0));
        let is_theirs =
            |who: &Who, token: &str, minutes| world.logins.is_their_form(who, token, at(minutes));
        assert!(is_theirs(&mine, &token, 119));
        assert!(!is_theirs(&mine, &token, 120));
        assert!(!is_theirs(&other, &token, 0));
        let (_, tag) = token.split_once('.').unwrap();
        let younger = format!("{}.{tag}", at(100).timestamp());
        assert!(!is_theirs(&mine, &younger, 130), "its time cannot be changed");
        for wrong in ["", ".", "1.", "x.y"] {
            assert!(!is_theirs(&mine, wrong, 0));
        }
    }

    #[test]
    fn a_header_counts_only_from_the_proxy() {
        let mut world = World::new();
        world.rules.proxy = Some(Proxy {
            addresses: vec![IpAddr::from([192, 0, 2, 7])],
            user_header: "x-remote-user".to_owned(),
        });
        let mut headers = HeaderMap::new();
        headers.insert("x-remote-user", "m.brandt".parse().unwrap());
        let who = |last: u8, headers: &HeaderMap| {
            world.logins.who(headers, IpAddr::from([192, 0, 2, last]), &world.rules, at(0))
        };
        assert_eq!(who(7, &headers).unwrap().name, "m.brandt");
        assert_eq!(who(8, &headers), None);
        headers.append("x-remote-user", "somebody".parse().unwrap());
        assert_eq!(who(7, &headers), None, "two names are none");
    }
}
