//! Archives of mailing lists: where readers find a message.
//!
//! Where a message will stand follows from its Message-ID (`permalink`), or has to be found there.
//! Either way [`look`] reads what stands there: only a page that shows our subject counts. [`index`]
//! reads pages and [`volume`] knows into which part of an archive a day falls; both are pure.

pub mod index;
pub mod look;
pub mod volume;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use md5::Md5;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use sha1::{Digest, Sha1};
use url::Url;

use crate::channel::http::endpoint;
use volume::{Volume, zone};

/// The archive of a list: `archive` in the `[mail]` table. Where `list` is not said, the list is
/// named as its address (`to`) is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "software", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Archive {
    /// Mailman 3: `{base}/list/{list@host}/message/{BASE32(SHA1(id))}/`.
    Hyperkitty {
        base: Url,
        #[serde(default)]
        list: String,
    },
    /// Sympa; `base` is its web interface (`https://lists.example/sympa`), `list` the list's name.
    Sympa {
        base: Url,
        #[serde(default)]
        list: String,
        #[serde(default)]
        links: SympaLinks,
        /// Of the server: it names months by its own clock.
        #[serde(default, deserialize_with = "zone")]
        #[schemars(with = "Option<String>")]
        timezone: Option<Tz>,
    },
    /// `https://groups.google.com/d/msgid/{group}/{id}`.
    GoogleGroups { group: String, base: Option<Url> },
    /// `https://mid.mail-archive.com/{id}`, for the lists that this archive is subscribed to.
    MailArchive { base: Option<Url> },
    /// `https://www.w3.org/mid/{id}`.
    W3c { base: Option<Url> },
    /// `{base}/{id}/`; `base` holds the inbox (`https://lore.example/jobs`).
    PublicInbox { base: Url },
    /// Mailman 2: pages are numbered, so a message is looked for in `{base}/{list}/{volume}/`.
    Pipermail {
        base: Url,
        #[serde(default)]
        list: String,
        #[serde(default)]
        volume: Volume,
        /// Of the server: it names volumes by its own clock.
        #[serde(default, deserialize_with = "zone")]
        #[schemars(with = "Option<String>")]
        timezone: Option<Tz>,
    },
    /// LISTSERV; `base` is its web interface (`https://lists.example/cgi-bin/wa`). Its links do not
    /// follow from the Message-ID: a message is looked for in the index of its month.
    Listserv {
        base: Url,
        #[serde(default)]
        list: String,
        #[serde(default, deserialize_with = "zone")]
        #[schemars(with = "Option<String>")]
        timezone: Option<Tz>,
    },
    /// groups.io; `base` is the group (`https://groups.io/g/jobs`). The number of a message stands
    /// in the footer of the list's own copy and nowhere else.
    GroupsIo { base: Url },
}

/// How a Sympa server addresses a message by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SympaLinks {
    /// From 6.2.72 on: `/msg/{list}/{YYYY-MM}/{digest}`, a permalink.
    #[default]
    Msg,
    /// Before: `/arcsearch_id/{list}/{YYYY-MM}/{id}`, which leads to the message.
    ArcsearchId,
}

/// What a path of an address takes as it is, so that an id stays readable in it.
const IN_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The same for one segment of a path.
const IN_SEGMENT: &AsciiSet = &IN_PATH.add(b'/');

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Archive {
    /// Where the archive shows the message, once it does; `None` where that does not follow from
    /// the Message-ID, which is without angle brackets. `at` is when the list took the message.
    pub fn permalink(&self, message_id: &str, at: DateTime<Utc>) -> Option<Url> {
        let encoded = |set| utf8_percent_encode(message_id, set);
        let under = |base: &Option<Url>, usual: &str, path: &str| {
            let base = base.clone().or_else(|| Url::parse(usual).ok())?;
            Some(endpoint(&base, path))
        };
        match self {
            Self::Hyperkitty { base, list } => {
                let path = format!("/list/{list}/message/{}/", hyperkitty_hash(message_id));
                Some(endpoint(base, &path))
            }
            Self::Sympa { links: SympaLinks::Msg, timezone, .. } => {
                self.in_month(message_id, &volume::month(at, *timezone))
            }
            Self::GoogleGroups { group, base } => under(
                base,
                "https://groups.google.com",
                &format!("/d/msgid/{group}/{}", encoded(RESERVED)),
            ),
            Self::MailArchive { base } => {
                under(base, "https://mid.mail-archive.com", &format!("/{}", encoded(IN_PATH)))
            }
            Self::W3c { base } => {
                under(base, "https://www.w3.org", &format!("/mid/{}", encoded(IN_PATH)))
            }
            Self::PublicInbox { base } => {
                Some(endpoint(base, &format!("/{}/", encoded(IN_SEGMENT))))
            }
            Self::Sympa { links: SympaLinks::ArcsearchId, .. }
            | Self::Pipermail { .. }
            | Self::Listserv { .. }
            | Self::GroupsIo { .. } => None,
        }
    }

    /// Sympa's address of a message in a month (`2026-11`).
    fn in_month(&self, message_id: &str, month: &str) -> Option<Url> {
        let Self::Sympa { base, list, links, .. } = self else { return None };
        let path = match links {
            SympaLinks::Msg => format!("/msg/{list}/{month}/{}", sympa_digest(message_id)),
            SympaLinks::ArcsearchId => {
                let id = utf8_percent_encode(message_id, RESERVED);
                format!("/arcsearch_id/{list}/{month}/{id}")
            }
        };
        Some(endpoint(base, &path))
    }

    /// Whether its links are those of Sympa before 6.2.72.
    pub fn is_of_old_sympa(&self) -> bool {
        matches!(self, Self::Sympa { links: SympaLinks::ArcsearchId, .. })
    }

    /// Whether links to it follow from the Message-ID; otherwise each was seen by somebody.
    pub fn makes_links(&self) -> bool {
        !matches!(
            self,
            Self::Sympa { links: SympaLinks::ArcsearchId, .. }
                | Self::Pipermail { .. }
                | Self::Listserv { .. }
                | Self::GroupsIo { .. }
        )
    }

    /// Whether the archive can be asked for a message at all.
    pub fn can_be_searched(&self) -> bool {
        !matches!(self, Self::GroupsIo { .. })
    }

    /// Names the list as its address does, where nobody has named it.
    #[must_use]
    pub fn named_after(mut self, address: &str) -> Self {
        let name = address.split('@').next().unwrap_or_default();
        let (list, usual) = match &mut self {
            Self::Hyperkitty { list, .. } => (list, address.to_ascii_lowercase()),
            Self::Sympa { list, .. } | Self::Pipermail { list, .. } => {
                (list, name.to_ascii_lowercase())
            }
            Self::Listserv { list, .. } => (list, name.to_ascii_uppercase()),
            Self::GoogleGroups { .. }
            | Self::MailArchive { .. }
            | Self::W3c { .. }
            | Self::PublicInbox { .. }
            | Self::GroupsIo { .. } => return self,
        };
        if list.is_empty() {
            *list = usual;
        }
        self
    }

    /// What cannot work in these settings: the key, and why.
    ///
    /// # Errors
    /// The key below `mail.archive` that is wrong, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let (base, name) = match self {
            Self::Hyperkitty { base, list }
            | Self::Sympa { base, list, .. }
            | Self::Pipermail { base, list, .. }
            | Self::Listserv { base, list, .. } => (Some(base), Some(("mail.archive.list", list))),
            Self::GoogleGroups { group, base } => {
                (base.as_ref(), Some(("mail.archive.group", group)))
            }
            Self::MailArchive { base } | Self::W3c { base } => (base.as_ref(), None),
            Self::PublicInbox { base } | Self::GroupsIo { base } => (Some(base), None),
        };
        if let Some(base) = base.filter(|it| !matches!(it.scheme(), "http" | "https")) {
            let why = format!("`{base}` is no web address; write it with `https://`");
            return Err(("mail.archive.base", why));
        }
        let Some((key, name)) = name else { return Ok(()) };
        if name.is_empty() || name.contains(['/', ' ', '?', '#']) {
            let why = format!("`{name}` is no name of a list; write it as the archive's pages do");
            return Err((key, why));
        }
        match self {
            Self::Hyperkitty { .. } if !name.contains('@') => {
                let why = format!(
                    "HyperKitty names a list by its address, and `{name}` is none; write it like \
                     `jobs@lists.example`"
                );
                Err((key, why))
            }
            Self::Hyperkitty { .. } => Ok(()),
            _ if name.contains('@') => {
                let why = format!(
                    "this archive names a list without its host; write `{}`",
                    name.split('@').next().unwrap_or_default()
                );
                Err((key, why))
            }
            _ => Ok(()),
        }
    }
}

/// Mailman 3's `Message-ID-Hash`: Base32 of SHA-1 (`mailman.utilities.email.add_message_hash`).
fn hyperkitty_hash(message_id: &str) -> String {
    BASE32_NOPAD.encode(&Sha1::digest(message_id))
}

/// Sympa's `permalink_id` from 6.2.72 on: base64url of MD5 (`Sympa::Tools::Text`).
fn sympa_digest(message_id: &str) -> String {
    BASE64URL_NOPAD.encode(&Md5::digest(message_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KERNEL: &str = "20220506141009.18047-1-christian.koenig@amd.com";
    const GMAIL: &str = "CAGEkeHdOWdUhjE5daUNd-nMAS7qx6+o_9=vKczbK8+VXqmdTiA@mail.gmail.com";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn archive(text: &str) -> Archive {
        toml::from_str(text).unwrap()
    }

    fn link(text: &str, id: &str) -> String {
        archive(text).permalink(id, at("2026-11-24T10:00:00Z")).unwrap().to_string()
    }

    /// Message-IDs and hashes as public HyperKitty archives show them.
    #[test]
    fn the_hash_is_the_one_that_public_archives_show() {
        for (id, hash) in [
            ("first", "4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB"),
            (
                "qpLiOnc4TVi3Nvvbp9dtrxqlKPw6wcSmNuL05IBiEk@lists.ettus.com",
                "VD2BFMITH7YEHTXF3JGKA5NDCDNF4ZEY",
            ),
            ("AAAFF3E5-1154-4A14-A0B9-3AC66142531A@gmail.com", "36JSBPPJTV77RNVUXEMH2SSAPHEMJYRL"),
            (
                "175815674591.268333.2624904445631478642.b4-ty@kernel.org",
                "QM74LZKADEYWWGUAL35Y6RZCJL5LZ3SS",
            ),
            (KERNEL, "MOGQN3TBLB5ZRRF5VEVBPCWDM3AJXIXR"),
            ("20230310144733.1546413-1-robh@kernel.org", "4GKMX7ISRT2B5265UD4CM4BJCTPSCBS7"),
            (GMAIL, "B4BIS57EAELBMTQWPUNBEWPQLNXFPJQ5"),
            (
                "CAPcyv4jF6ofAmXrcNXsK-vaSD8ptzhH4SrcaksD_wSwrsYi0KA@mail.gmail.com",
                "LOAUX6IDCXJAJ6HP5ZDNJW3NNUTOPFKX",
            ),
            ("20200426095232.27524-1-redhairer.li@intel.com", "PKZPQ3YQH4223CJAA7KWJMB2QM7HSWTL"),
        ] {
            assert_eq!(hyperkitty_hash(id), hash, "{id}");
        }
    }

    /// What Sympa's own expression makes of them.
    #[test]
    fn the_digest_is_the_one_that_sympa_makes() {
        assert_eq!(sympa_digest(KERNEL), "sNtwEUIG5O4Ei2GIanIPQg");
        assert_eq!(sympa_digest(GMAIL), "Xrd9U4F6_UmsBORdWogtfQ");
    }

    #[test]
    fn the_permalink_keeps_the_path_of_the_archive() {
        let text = "software = \"hyperkitty\"\nlist = \"jobs@lists.example\"\n\
                    base = \"https://lists.example/mailman3/hyperkitty/\"";
        assert_eq!(
            link(text, "first"),
            "https://lists.example/mailman3/hyperkitty/list/jobs@lists.example/message/\
             4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB/"
        );
    }

    /// Addresses as the footers of public lists show them.
    #[test]
    fn a_google_group_takes_the_id_percent_encoded() {
        for (group, id, path) in [
            (
                "linux-sunxi",
                "20190603174735.21002-4-codekipper@gmail.com",
                "linux-sunxi/20190603174735.21002-4-codekipper%40gmail.com",
            ),
            (
                "jailhouse-dev",
                "bfe4f2c4-269d-0929-9ebf-673548d2a5e8@siemens.com",
                "jailhouse-dev/bfe4f2c4-269d-0929-9ebf-673548d2a5e8%40siemens.com",
            ),
            (
                "kasan-dev",
                "your-ad-here.call-01593520400-ext-3384@work.hours",
                "kasan-dev/your-ad-here.call-01593520400-ext-3384%40work.hours",
            ),
            ("jobs", "a+b=c/d@tides.example", "jobs/a%2Bb%3Dc%2Fd%40tides.example"),
        ] {
            let text = format!("software = \"google-groups\"\ngroup = \"{group}\"");
            assert_eq!(link(&text, id), format!("https://groups.google.com/d/msgid/{path}"));
        }
    }

    #[test]
    fn archives_that_take_the_id_itself_keep_it_readable() {
        assert_eq!(
            link("software = \"w3c\"", "49F0D9FC.6060103@w3.org"),
            "https://www.w3.org/mid/49F0D9FC.6060103@w3.org"
        );
        assert_eq!(
            link("software = \"mail-archive\"", GMAIL),
            format!("https://mid.mail-archive.com/{GMAIL}")
        );
        let inbox = "software = \"public-inbox\"\nbase = \"https://lore.example/jobs/\"";
        assert_eq!(link(inbox, KERNEL), format!("https://lore.example/jobs/{KERNEL}/"));
        assert_eq!(link(inbox, "a/b?c@d"), "https://lore.example/jobs/a%2Fb%3Fc@d/");
    }

    #[test]
    fn sympa_counts_months_by_its_own_clock() {
        let text = "software = \"sympa\"\nbase = \"https://lists.example/sympa\"\nlist = \"jobs\"";
        let new = archive(&format!("{text}\ntimezone = \"Europe/Berlin\""));
        let last_night = at("2026-11-30T23:30:00Z");
        assert_eq!(
            new.permalink(KERNEL, last_night).unwrap().as_str(),
            "https://lists.example/sympa/msg/jobs/2026-12/sNtwEUIG5O4Ei2GIanIPQg"
        );
        let old = archive(&format!("{text}\nlinks = \"arcsearch-id\""));
        assert_eq!(old.permalink(KERNEL, last_night), None);
        assert_eq!(
            old.in_month("a+b/c@tides.example", "2026-11").unwrap().as_str(),
            "https://lists.example/sympa/arcsearch_id/jobs/2026-11/a%2Bb%2Fc%40tides.example"
        );
    }

    #[test]
    fn a_link_that_has_to_be_found_is_not_made_up() {
        for text in [
            "software = \"pipermail\"\nbase = \"https://lists.example/pipermail\"\nlist = \"jobs\"",
            "software = \"listserv\"\nbase = \"https://lists.example/wa\"\nlist = \"JOBS\"",
            "software = \"groups-io\"\nbase = \"https://groups.example/g/jobs\"",
        ] {
            assert_eq!(archive(text).permalink(KERNEL, at("2026-11-24T10:00:00Z")), None);
        }
    }

    #[test]
    fn a_list_that_nobody_names_is_named_as_its_address() {
        let link = |text: &str| {
            archive(text)
                .named_after("Jobs@lists.example")
                .permalink(KERNEL, at("2026-11-24T10:00:00Z"))
        };
        let link = |text: &str| link(text).unwrap().to_string();
        assert!(
            link("software = \"hyperkitty\"\nbase = \"https://lists.example\"")
                .contains("/list/jobs@lists.example/")
        );
        assert!(
            link("software = \"sympa\"\nbase = \"https://lists.example\"").contains("/msg/jobs/")
        );
        let listserv = archive("software = \"listserv\"\nbase = \"https://lists.example/wa\"");
        let Archive::Listserv { list, .. } = listserv.named_after("jobs@lists.example") else {
            panic!("another archive")
        };
        assert_eq!(list, "JOBS");
    }

    #[test]
    fn a_time_zone_that_is_none_is_named_with_what_was_meant() {
        let text = "software = \"sympa\"\nbase = \"https://lists.example\"\ntimezone = ";
        let wrong = |zone: &str| {
            toml::from_str::<Archive>(&format!("{text}\"{zone}\"")).unwrap_err().to_string()
        };
        assert!(
            wrong("Berlin").contains("`Berlin` is no time zone; did you mean `Europe/Berlin`?")
        );
        assert!(wrong("Tidal time").contains("; write it like `Europe/Berlin`"));
    }

    #[test]
    fn a_list_is_named_as_its_archive_names_it() {
        let wrong = |text: &str| archive(text).check().unwrap_err();
        let (key, why) =
            wrong("software = \"hyperkitty\"\nbase = \"https://lists.example\"\nlist = \"jobs\"");
        assert_eq!(key, "mail.archive.list");
        assert!(why.ends_with("write it like `jobs@lists.example`"), "{why}");
        let (_, why) = wrong(
            "software = \"pipermail\"\nbase = \"https://lists.example\"\nlist = \"jobs@lists.example\"",
        );
        assert!(why.ends_with("write `jobs`"), "{why}");
        let (key, _) = wrong("software = \"public-inbox\"\nbase = \"mailto:jobs@lists.example\"");
        assert_eq!(key, "mail.archive.base");
    }
}
