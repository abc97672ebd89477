//! Lists in Mailman 3, over its REST API, and their archives in HyperKitty.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::mailbox::{Mail, copies, mailbox};
use super::{LONG_ENOUGH, Lab, Peers, unique, wait_for};

/// What a list does with a post of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Passes it on if nothing speaks against it.
    Open,
    /// Keeps it for a moderator.
    Moderated,
}

/// A list that a test has made, with the poster and one reader as members.
pub(super) struct List<'a> {
    peers: &'a Peers,
    pub name: String,
    /// Who posts there, and has a mailbox of the same name.
    pub poster: String,
    /// Its reader, who has a mailbox of the same name.
    pub reader: String,
}

impl<'a> List<'a> {
    pub async fn create(peers: &'a Peers, name: &str, policy: Policy) -> Self {
        let name = unique(name);
        let somebody = |role: &str| format!("{role}-of-{name}@lab.test");
        let (poster, reader) = (somebody("poster"), somebody("reader"));
        let list = Self { peers, name, poster, reader };
        // Another test may have made the domain already.
        list.rest(Method::POST, "/domains", &[("mail_host", "lists.test")]).await;
        let address = list.address();
        let made = list.rest(Method::POST, "/lists", &[("fqdn_listname", &address)]).await;
        assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
        let action = if policy == Policy::Open { "defer" } else { "hold" };
        let prefix = list.prefix();
        list.must(
            Method::PATCH,
            &format!("/lists/{address}/config"),
            &[
                ("archive_policy", "public"),
                ("subject_prefix", &prefix),
                ("send_welcome_message", "false"),
                ("default_member_action", action),
            ],
        )
        .await;
        // Mailman notes a list's archivers at the first look, and two of its runners that look at once
        // note them twice, and then pass nothing on.
        list.must(Method::GET, &format!("/lists/{address}/archivers"), &[]).await;
        for member in [&list.poster, &list.reader] {
            list.must(
                Method::POST,
                "/members",
                &[
                    ("list_id", &address.replace('@', ".")),
                    ("subscriber", member),
                    ("pre_verified", "true"),
                    ("pre_confirmed", "true"),
                    ("pre_approved", "true"),
                ],
            )
            .await;
        }
        list
    }

    pub fn address(&self) -> String {
        format!("{}@lists.test", self.name)
    }

    /// What it puts before each subject.
    pub fn prefix(&self) -> String {
        format!("[{}] ", self.name)
    }

    /// A lab whose channel is this list.
    pub fn lab(&self) -> Lab {
        let archive = format!(
            "archive = {{ software = \"hyperkitty\", base = \"{}\", list = \"{}\" }}\n",
            self.peers.says("HYPERKITTY"),
            self.address()
        );
        Lab::writing_as(self.peers, &self.poster, &self.address(), &archive)
    }

    async fn rest(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> (StatusCode, String) {
        let mut request = self
            .peers
            .client()
            .request(method, format!("{}{path}", self.peers.says("MAILMAN_REST")))
            .basic_auth(self.peers.says("MAILMAN_USER"), Some(self.peers.says("MAILMAN_PASSWORD")));
        if !form.is_empty() {
            request = request.form(form);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn must(&self, method: Method, path: &str, form: &[(&str, &str)]) -> String {
        let (status, body) = self.rest(method, path, form).await;
        assert!(status.is_success(), "{path}: {status}: {body}");
        body
    }

    async fn held(&self) -> Vec<Value> {
        let body = self.must(Method::GET, &format!("/lists/{}/held", self.address()), &[]).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        body["entries"].as_array().cloned().unwrap_or_default()
    }

    /// The one post that waits for a moderator, once there is one.
    pub async fn held_post(&self) -> Value {
        let mut held = wait_for("a post that is held", async || {
            Some(self.held().await).filter(|held| !held.is_empty())
        })
        .await;
        assert_eq!(held.len(), 1, "{held:#?}");
        held.remove(0)
    }

    pub async fn holds_nothing(&self) -> bool {
        self.held().await.is_empty()
    }

    /// What a moderator says to the post that is held: `accept`, `reject` or `discard`.
    pub async fn moderator_says(&self, action: &str, reason: &str) {
        let request = self.held_post().await["request_id"].to_string();
        let path = format!("/lists/{}/held/{request}", self.address());
        self.must(Method::POST, &path, &[("action", action), ("comment", reason)]).await;
    }

    /// What became of a message: the reader's copy, where that says the archive has it, and what
    /// the archive says of it; once all that is so.
    pub async fn arrival(&self, lab: &Lab, occasion: &str) -> Arrived {
        let mut copies = copies(self.peers, &self.reader, &lab.message_id(occasion)).await;
        assert_eq!(copies.len(), 1, "{copies:#?}");
        let copy = copies.remove(0);
        let link = copy.header("Archived-At").trim().trim_matches(['<', '>']).to_owned();
        let archived = self.archived(&link).await;
        Arrived { copy, link, archived }
    }

    /// What HyperKitty says of a message, once it has it.
    async fn archived(&self, link: &str) -> Value {
        let path = link.split_once("/message/").unwrap_or_else(|| panic!("{link}")).1;
        let url = format!(
            "{}/api/list/{}/email/{path}?format=json",
            self.peers.says("HYPERKITTY"),
            self.address()
        );
        wait_for("the message in the archive", async || {
            let answer = self.peers.client().get(&url).send().await.unwrap();
            if answer.status().is_success() { answer.json().await.ok() } else { None }
        })
        .await
    }

    /// How many messages the archive has.
    pub async fn archive_size(&self) -> usize {
        let url = format!(
            "{}/api/list/{}/emails/?format=json",
            self.peers.says("HYPERKITTY"),
            self.address()
        );
        let answer = self.peers.client().get(url).send().await.unwrap();
        // It has heard of a list once it has a message of it.
        if !answer.status().is_success() {
            return 0;
        }
        let emails: Vec<Value> = answer.json().await.unwrap();
        emails.len()
    }

    /// One copy with the reader, one in the archive under the link in the log, none on its way.
    pub async fn assert_one_copy(&self, lab: &Lab) {
        let arrived = self.arrival(lab, "announce").await;
        assert_eq!(lab.link("announce"), arrived.link);
        tokio::time::sleep(LONG_ENOUGH).await;
        let copies = mailbox(self.peers, &self.reader);
        assert_eq!(copies.len(), 1, "{copies:#?}");
        assert_eq!(self.archive_size().await, 1);
        assert!(self.holds_nothing().await);
    }
}

/// A message that is where readers look for it.
pub(super) struct Arrived {
    pub copy: Mail,
    pub link: String,
    /// HyperKitty's words.
    pub archived: Value,
}

/// A page as a reader's browser gets it: its status and its text.
pub(super) async fn look_at(peers: &Peers, link: &str) -> (u16, String) {
    let answer = peers.client().get(link).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
