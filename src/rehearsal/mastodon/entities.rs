//! The JSON entities, as complete as strict clients want them (docs.joinmastodon.org/entities).

use serde_json::{Value, json};

use super::{ACCOUNT_ID, Inner, KeyPolicy, Status, content};
use crate::rehearsal::loopback::lock;

impl Inner {
    pub(super) fn status_entity(&self, status: &Status) -> Value {
        let draft = status.draft();
        let tags: Vec<Value> = content::hashtags(&draft.text)
            .into_iter()
            .map(|tag| {
                let address = format!("{}tags/{}", self.url, tag.to_lowercase());
                json!({ "name": tag.to_lowercase(), "url": address, "history": [] })
            })
            .collect();
        json!({
            "id": status.id,
            "created_at": status.created_at,
            "in_reply_to_id": status.in_reply_to,
            "in_reply_to_account_id": status.in_reply_to.as_ref().map(|_| ACCOUNT_ID),
            "sensitive": draft.sensitive,
            "spoiler_text": draft.spoiler,
            "visibility": status.visibility,
            "language": draft.language,
            "uri": format!("{}users/{}/statuses/{}", self.url, self.options.username, status.id),
            "url": self.page_of(&status.id),
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            "edited_at": status.edits.last().map(|(at, _)| at),
            "content": content::html(&draft.text, &self.url),
            "reblog": null,
            "application": { "name": "Handbill rehearsal", "website": null },
            "account": self.plain_account(),
            "media_attachments": [],
            "mentions": [],
            "tags": tags,
            "emojis": [],
            "card": null,
            "poll": null,
            "favourited": false,
            "reblogged": false,
            "muted": false,
            "bookmarked": false,
            "pinned": false,
        })
    }

    /// The account with what only its owner sees.
    pub(super) fn account_entity(&self) -> Value {
        let mut account = self.plain_account();
        let standing = lock(&self.account).statuses.iter().filter(|it| it.end.is_none()).count();
        account["statuses_count"] = standing.into();
        account["source"] = json!({
            "privacy": "public",
            "sensitive": false,
            "language": "en",
            "note": "",
            "fields": [],
            "follow_requests_count": 0,
        });
        account
    }

    pub(super) fn instance_v1_entity(&self) -> Value {
        json!({
            "uri": self.host(),
            "title": "Stand-in for Mastodon",
            "short_description": "Only on this machine",
            "description": "Only on this machine",
            "email": "admin@standin.invalid",
            "version": "4.5.0",
            "urls": { "streaming_api": format!("ws://{}", self.host()) },
            "stats": { "user_count": 1, "status_count": 0, "domain_count": 1 },
            "thumbnail": null,
            "languages": ["en"],
            "registrations": false,
            "approval_required": false,
            "invites_enabled": false,
            "max_toot_chars": self.options.limit,
            "configuration": self.configuration(),
            "contact_account": self.plain_account(),
            "rules": [],
        })
    }

    pub(super) fn instance_v2_entity(&self) -> Value {
        json!({
            "domain": self.host(),
            "title": "Stand-in for Mastodon",
            "version": "4.5.0",
            "source_url": "https://standin.invalid/source",
            "description": "Only on this machine",
            "usage": { "users": { "active_month": 1 } },
            "thumbnail": { "url": format!("{}thumbnail.png", self.url) },
            "languages": ["en"],
            "configuration": self.configuration(),
            "registrations": { "enabled": false, "approval_required": false, "message": null },
            "contact": { "email": "admin@standin.invalid", "account": self.plain_account() },
            "rules": [],
        })
    }

    pub(super) fn nodeinfo_links_entity(&self) -> Value {
        json!({ "links": [{
            "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
            "href": format!("{}nodeinfo/2.0", self.url),
        }]})
    }

    /// Who ignores keys is not Mastodon.
    pub(super) fn nodeinfo_entity(&self) -> Value {
        let name = match self.options.keys {
            KeyPolicy::Honoured => "mastodon",
            KeyPolicy::Ignored => "standin",
        };
        json!({
            "version": "2.0",
            "software": { "name": name, "version": "4.5.0" },
            "protocols": ["activitypub"],
            "services": { "inbound": [], "outbound": [] },
            "usage": { "users": { "total": 1 } },
            "openRegistrations": false,
            "metadata": {},
        })
    }

    fn plain_account(&self) -> Value {
        let username = &self.options.username;
        let picture = format!("{}avatar.png", self.url);
        json!({
            "id": ACCOUNT_ID,
            "username": username,
            "acct": username,
            "display_name": username,
            "locked": false,
            "bot": false,
            "discoverable": true,
            "group": false,
            "created_at": self.opened,
            "note": "",
            "url": format!("{}@{username}", self.url),
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": 0,
            "last_status_at": null,
            "emojis": [],
            "fields": [],
        })
    }

    fn configuration(&self) -> Value {
        json!({
            "statuses": {
                "max_characters": self.options.limit,
                "max_media_attachments": 4,
                "characters_reserved_per_url": 23,
            },
            "media_attachments": {
                "supported_mime_types": ["image/png", "image/jpeg"],
                "image_size_limit": 16_777_216,
                "image_matrix_limit": 33_177_600,
                "video_size_limit": 103_809_024,
                "video_frame_rate_limit": 120,
                "video_matrix_limit": 8_294_400,
            },
            "polls": {
                "max_options": 4,
                "max_characters_per_option": 50,
                "min_expiration": 300,
                "max_expiration": 2_629_746,
            },
        })
    }

    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}
