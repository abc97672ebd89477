//! The addresses of the pages, and which addresses of others a reader may be sent to.

use serde::Serialize;
use url::{Url, form_urlencoded};

use crate::channel::{ChannelName, DeliveryKey};
use crate::posting::PostingId;

pub const OVERVIEW: &str = "/";
pub const CALENDAR: &str = "/calendar";
pub const LOG: &str = "/log";
pub const CHANNELS: &str = "/channels";
pub const HEALTH: &str = "/health";

/// The id stands in the query: whatever signs it holds, no proxy and no browser takes them for
/// folders.
pub fn of_posting(id: &PostingId) -> String {
    asking("/posting", &[("id", id.as_str())])
}

/// The part of a posting's page about one channel.
pub fn of_pair(id: &PostingId, channel: &ChannelName) -> String {
    format!("{}#{}", of_posting(id), anchor(channel))
}

pub fn of_delivery(key: DeliveryKey) -> String {
    format!("/delivery/{key}")
}

/// A picture, by the SHA-256 (hex) of its bytes.
pub fn of_picture(sha256: &str) -> String {
    format!("/picture/{sha256}")
}

/// The part of the channels' page about one of them.
pub fn of_channel(channel: &ChannelName) -> String {
    format!("{CHANNELS}#{}", anchor(channel))
}

/// Names the part of a page that is about a channel: it may hold anything but spaces.
pub fn anchor(channel: &ChannelName) -> String {
    let name: String = form_urlencoded::byte_serialize(channel.as_str().as_bytes()).collect();
    format!("channel-{}", name.replace(['%', '+'], "-"))
}

/// A page with what it is asked for; what is empty is left out.
pub fn asking(path: &str, values: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// An address of somebody else's, if a reader may be sent there.
pub fn for_readers(link: &Url) -> Option<String> {
    matches!(link.scheme(), "http" | "https" | "mailto").then(|| link.to_string())
}

/// The pages of a long list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pager {
    /// From 1.
    pub page: usize,
    pub pages: usize,
    /// The first and the last of this page, counted from 1, and how many there are.
    pub first: usize,
    pub last: usize,
    pub all: usize,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Pager {
    /// The page of `all` things that is asked for, or the last one; `link` makes the address of a
    /// page.
    pub fn new(asked: usize, size: usize, all: usize, link: impl Fn(usize) -> String) -> Self {
        let pages = all.div_ceil(size).max(1);
        let page = asked.clamp(1, pages);
        let first = (page - 1) * size;
        Self {
            page,
            pages,
            first: (first + 1).min(all),
            last: (first + size).min(all),
            all,
            before: (page > 1).then(|| link(page - 1)),
            after: (page < pages).then(|| link(page + 1)),
        }
    }

    /// The things of this page.
    pub fn part<'a, T>(&self, of: &'a [T]) -> &'a [T] {
        of.get(self.first.saturating_sub(1)..self.last).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_leads_out_of_its_place() {
        let of = |id: &str| of_posting(&PostingId(id.into()));
        assert_eq!(of("jobs/phd tides"), "/posting?id=jobs%2Fphd+tides");
        assert_eq!(of(".."), "/posting?id=..");
        assert_eq!(of("\"><script>"), "/posting?id=%22%3E%3Cscript%3E");
    }

    #[test]
    fn nobody_is_sent_to_a_script() {
        let link = |text: &str| for_readers(&Url::parse(text).unwrap());
        assert_eq!(link("javascript:alert(1)"), None);
        assert_eq!(link("https://social.example/1").as_deref(), Some("https://social.example/1"));
    }

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let pager = Pager::new(9, 25, 51, |page| format!("/?page={page}"));
        assert_eq!((pager.page, pager.first, pager.last), (3, 51, 51));
        assert_eq!((pager.before.as_deref(), pager.after), (Some("/?page=2"), None));
        let none = Pager::new(1, 25, 0, |_| String::new());
        assert_eq!((none.first, none.last, none.part::<u8>(&[]).len()), (0, 0, 0));
    }
}
