//! Archives of mailing lists: where a message will stand follows from its Message-ID.

use data_encoding::BASE32_NOPAD;
use sha1::{Digest, Sha1};
use url::Url;

use super::Archive;
use crate::channel::http::endpoint;

impl Archive {
    /// Where the archive shows the message, once it does. `message_id` is without angle brackets.
    pub fn permalink(&self, message_id: &str) -> Url {
        match self {
            Self::Hyperkitty { base, list } => {
                endpoint(base, &format!("/list/{list}/message/{}/", hyperkitty_hash(message_id)))
            }
        }
    }
}

/// Mailman 3's `Message-ID-Hash`: Base32 of SHA-1 (`mailman.utilities.email.add_message_hash`).
fn hyperkitty_hash(message_id: &str) -> String {
    BASE32_NOPAD.encode(&Sha1::digest(message_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Message-IDs and hashes as public HyperKitty archives show them.
    #[test]
    fn the_hash_is_the_one_that_public_archives_show() {
        for (id, hash) in [
            ("first", "4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB"),
            (
                "qpLiOnc4TVi3Nvvbp9dtrxqlKPw6wcSmNuL05IBiEk@lists.ettus.com",
                "VD2BFMITH7YEHTXF3JGKA5NDCDNF4ZEY",
            ),
            (
                "CAGEkeHdOWdUhjE5daUNd-nMAS7qx6+o_9=vKczbK8+VXqmdTiA@mail.gmail.com",
                "B4BIS57EAELBMTQWPUNBEWPQLNXFPJQ5",
            ),
            ("AAAFF3E5-1154-4A14-A0B9-3AC66142531A@gmail.com", "36JSBPPJTV77RNVUXEMH2SSAPHEMJYRL"),
        ] {
            assert_eq!(hyperkitty_hash(id), hash, "{id}");
        }
    }

    #[test]
    fn the_permalink_keeps_the_path_of_the_archive() {
        let archive = Archive::Hyperkitty {
            base: Url::parse("https://lists.example/mailman3/hyperkitty/").unwrap(),
            list: "jobs@lists.example".to_owned(),
        };
        assert_eq!(
            archive.permalink("first").as_str(),
            "https://lists.example/mailman3/hyperkitty/list/jobs@lists.example/message/\
             4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB/"
        );
    }
}
