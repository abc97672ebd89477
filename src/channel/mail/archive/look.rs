//! Looking for a message in an archive: a few pages are read, and only one that shows our subject
//! and cannot be another message's counts. A status of 200 proves nothing: login pages and robot
//! checks have it too.

use chrono::{DateTime, FixedOffset, Utc};
use percent_encoding::percent_decode_str;
use url::Url;

use super::index::{Anchor, anchors, answers_to, bare_subject, is_subject, items};
use super::{Archive, SympaLinks, hyperkitty_hash, sympa_digest, volume};
use crate::channel::http::{Exchange, Http, endpoint};
use crate::channel::wire::MailMessage;
use crate::channel::{Sight, words};

/// How many pages that bear our subject are opened in one look.
const MOST_PAGES: usize = 4;

/// How many of a Sympa list's newest messages its feed is asked for: the most that it gives.
const NEWEST: usize = 100;

/// The message that is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// Without angle brackets.
    pub message_id: &'a str,
    pub subject: &'a str,
    /// What the list puts before each subject.
    pub prefix: Option<&'a str>,
    /// Its `Date`.
    pub dated: DateTime<FixedOffset>,
    pub now: DateTime<Utc>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It stands there.
    Shown(Url),
    /// It is not to be seen, which proves nothing: a moderator may hold it.
    NotShown { why: String },
}

/// A page, and the address at which it was found in the end.
struct Page {
    at: Url,
    text: String,
}

/// A copy that a link leads to.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    pub link: &'a Url,
    pub message_id: Option<&'a str>,
    /// `None` if nobody knows what it says.
    pub subject: Option<&'a str>,
    pub prefix: Option<&'a str>,
}

impl<'a> Sought<'a> {
    /// What is looked for of a message on record.
    pub fn of(mail: &'a MailMessage, prefix: Option<&'a str>, now: DateTime<Utc>) -> Self {
        let MailMessage { message_id, subject, .. } = mail;
        Self { message_id, subject, prefix, dated: dated(mail), now }
    }

    fn is_shown_on(&self, page: &str) -> bool {
        shows(page, self.subject, self.prefix)
    }

    fn is_subject(&self, shown: &str) -> bool {
        is_subject(shown, self.subject, self.prefix)
    }

    /// Its `Date` as pages show it, whatever weekday and zone they add.
    fn date_and_time(&self) -> String {
        self.dated.format("%-d %b %Y %H:%M:%S").to_string()
    }
}

impl Archive {
    /// Looks where readers find a message.
    pub async fn look(&self, http: &Http, sought: &Sought<'_>) -> Look {
        let found = match self {
            Self::Sympa { .. } => self.in_sympa(http, sought).await,
            Self::Pipermail { .. } => self.in_pipermail(http, sought).await,
            Self::Listserv { .. } => self.in_listserv(http, sought).await,
            Self::GroupsIo { base } => Err(format!(
                "its link stands only in the footer of the copy that the list sends; look at {base}"
            )),
            Self::Hyperkitty { .. }
            | Self::GoogleGroups { .. }
            | Self::MailArchive { .. }
            | Self::W3c { .. }
            | Self::PublicInbox { .. } => self.at_permalink(http, sought).await,
        };
        match found {
            Ok(link) => Look::Shown(link),
            Err(why) => Look::NotShown { why },
        }
    }

    async fn at_permalink(&self, http: &Http, sought: &Sought<'_>) -> Result<Url, String> {
        let link = self.permalink(sought.message_id, sought.dated.to_utc());
        let link = link.ok_or("the archive's address cannot be made")?;
        let page = read(http, &link).await?;
        if self.may_show(&page.at, sought.message_id) && sought.is_shown_on(&page.text) {
            return Ok(link);
        }
        Err(format!("{link} answers, but does not show the subject"))
    }

    /// Whether an address at which redirects ended can be that of the one message. An archive that
    /// does not have it may lead to a page of all, which shows the subjects of others.
    fn may_show(&self, at: &Url, message_id: &str) -> bool {
        let path = percent_decode_str(at.path()).decode_utf8_lossy();
        match self {
            Self::Hyperkitty { .. } => path.contains(&hyperkitty_hash(message_id)),
            Self::GoogleGroups { .. } => path.contains("/c/") || path.contains(message_id),
            Self::MailArchive { .. } => path.contains("/msg") || path.contains(message_id),
            Self::PublicInbox { .. } => path.contains(message_id),
            Self::Sympa { .. } => is_sympas_message(at),
            _ => true,
        }
    }

    /// First at the address of the message, then in the feed of the list's newest messages, which is
    /// made for programs: the address asks who is no program for a click
    /// (`web_archive_spam_protection`).
    async fn in_sympa(&self, http: &Http, sought: &Sought<'_>) -> Result<Url, String> {
        let Self::Sympa { links, timezone, .. } = self else { return Err(String::new()) };
        let mut why = None;
        for month in volume::months(sought.dated.to_utc(), sought.now, *timezone) {
            let Some(link) = self.in_month(sought.message_id, &month) else { continue };
            match read(http, &link).await {
                // What it does not have leads to the month, and old versions answer 503.
                Ok(page)
                    if self.may_show(&page.at, sought.message_id)
                        && sought.is_shown_on(&page.text) =>
                {
                    return Ok(match links {
                        SympaLinks::Msg => link,
                        SympaLinks::ArcsearchId => page.at,
                    });
                }
                Ok(_) => {
                    let asks = || format!("{link} answers, but does not show the subject");
                    why.get_or_insert_with(asks);
                }
                Err(error) => {
                    why.get_or_insert(error);
                }
            }
        }
        match self.in_feed(http, sought.message_id, sought.subject, sought.prefix).await {
            Some(link) => Ok(link),
            None => Err(why.unwrap_or_default()),
        }
    }

    /// Where the feed of a Sympa list says that a message stands. Its items name messages as the
    /// addresses do: by digest, or by id in old versions.
    pub async fn in_feed(
        &self,
        http: &Http,
        message_id: &str,
        subject: &str,
        prefix: Option<&str>,
    ) -> Option<Url> {
        let Self::Sympa { base, list, .. } = self else { return None };
        let mut feed = endpoint(base, &format!("/rss/latest_arc/{list}"));
        feed.set_query(Some(&format!("count={NEWEST}")));
        let page = read(http, &feed).await.ok()?;
        let (digest, subject) = (sympa_digest(message_id), bare_subject(subject, prefix));
        items(&page.text).into_iter().find_map(|item| {
            let link = Url::parse(&item.address).ok()?;
            let name = link.path_segments()?.next_back()?;
            let name = percent_decode_str(name).decode_utf8_lossy();
            let is_ours = name == digest || name == message_id;
            (is_ours && words::normalised(&item.words).contains(&subject)).then_some(link)
        })
    }

    async fn in_pipermail(&self, http: &Http, sought: &Sought<'_>) -> Result<Url, String> {
        let Self::Pipermail { base, list, volume, timezone } = self else {
            return Err(String::new());
        };
        let mut left = MOST_PAGES;
        let mut why = None;
        for volume in volume.candidates(sought.dated.to_utc(), sought.now, *timezone) {
            let index = endpoint(base, &format!("/{list}/{volume}/date.html"));
            let page = match read(http, &index).await {
                Ok(page) => page,
                Err(error) => {
                    why.get_or_insert(error);
                    continue;
                }
            };
            // Oldest first there.
            for link in candidates(&page, sought, |_| true).into_iter().rev() {
                if left == 0 {
                    break;
                }
                left -= 1;
                let Ok(page) = read(http, &link).await else { continue };
                let id = answers_to(&page.text);
                if id.as_deref() == Some(sought.message_id) && sought.is_shown_on(&page.text) {
                    return Ok(link);
                }
            }
            why.get_or_insert_with(|| format!("the index {index} does not show it"));
        }
        Err(why.unwrap_or_default())
    }

    async fn in_listserv(&self, http: &Http, sought: &Sought<'_>) -> Result<Url, String> {
        let Self::Listserv { base, list, timezone } = self else { return Err(String::new()) };
        let mut left = MOST_PAGES;
        let mut why = None;
        for month in volume::short_months(sought.dated.to_utc(), sought.now, *timezone) {
            let mut index = base.clone();
            index.set_query(Some(&format!("A1=ind{month}&L={list}")));
            let page = match read(http, &index).await {
                Ok(page) => page,
                Err(error) => {
                    why.get_or_insert(error);
                    continue;
                }
            };
            let is_message = |anchor: &Anchor| anchor.address.contains("A2=");
            for link in candidates(&page, sought, is_message) {
                if left == 0 {
                    break;
                }
                left -= 1;
                let Ok(page) = read(http, &link).await else { continue };
                // An earlier ad may bear the same subject: only the id or the date are ours alone.
                let is_ours = page.text.contains(sought.message_id)
                    || words::page_shows(&page.text, &sought.date_and_time());
                let link = message_of_listserv(link);
                if is_ours && sought.is_shown_on(&page.text) {
                    return Ok(link);
                }
                why = Some(format!("{link} has this subject, and does not say that it is ours"));
            }
            why.get_or_insert_with(|| format!("the index {index} does not show it"));
        }
        Err(why.unwrap_or_default())
    }
}

/// The `Date` of a message; the first of all days if it has none.
pub fn dated(mail: &MailMessage) -> DateTime<FixedOffset> {
    let head = mail.message.split("\r\n\r\n").next().unwrap_or_default();
    head.lines()
        .find_map(|line| DateTime::parse_from_rfc2822(line.strip_prefix("Date: ")?).ok())
        .unwrap_or_default()
}

/// What stands where a copy is.
pub async fn at(archive: Option<&Archive>, http: &Http, copy: &Copy<'_>) -> Sight {
    let Copy { link, message_id, subject, prefix } = *copy;
    let unseen = |why: &str| Sight::Unseen { why: why.to_owned() };
    let (ended, answer) = match http.follow(link).await {
        (ended, Exchange::Answer(answer)) => (ended, answer),
        (_, Exchange::NoAnswer(outcome)) => return unseen(outcome.why()),
    };
    match answer.status {
        410 => return Sight::Gone,
        // Where somebody has seen it, it is gone. Where the link was only made, it may never have
        // been there: the page does not say.
        404 if archive.is_some_and(|it| !it.makes_links()) => return Sight::Gone,
        404 => {
            return unseen("the archive does not show it; a moderator may be holding it");
        }
        _ if !answer.is_success() => return unseen(&answer.summary()),
        _ => {}
    }
    let may_show = match (archive, message_id) {
        (Some(archive), Some(id)) => archive.may_show(&ended, id),
        _ => true,
    };
    if may_show && subject.is_none_or(|subject| shows(&answer.body, subject, prefix)) {
        return Sight::Agrees;
    }
    if let (Some(Archive::Pipermail { .. }), Some(ours)) = (archive, message_id)
        && answers_to(&answer.body).is_some_and(|id| id != ours)
    {
        // Whoever makes the archive anew numbers its messages anew.
        return Sight::Differs { found: words::excerpt(&answer.body) };
    }
    if let (Some(archive), Some(id), Some(subject)) = (archive, message_id, subject)
        && archive.in_feed(http, id, subject, prefix).await.is_some()
    {
        return Sight::Agrees;
    }
    unseen("the archive answers without showing the subject: it may ask for a login or a click")
}

fn shows(page: &str, subject: &str, prefix: Option<&str>) -> bool {
    words::page_shows(page, subject) || words::page_shows(page, &bare_subject(subject, prefix))
}

/// The pages behind the links of an index that bear our subject, each once; only those of the same
/// server.
fn candidates(index: &Page, sought: &Sought<'_>, is_message: impl Fn(&Anchor) -> bool) -> Vec<Url> {
    let mut links: Vec<Url> = Vec::new();
    for anchor in anchors(&index.text) {
        if !is_message(&anchor) || !sought.is_subject(&anchor.words) {
            continue;
        }
        let Ok(link) = index.at.join(&anchor.address) else { continue };
        if link.origin() == index.at.origin() && !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// Whether an address is that of one message in a Sympa archive: `…/arc/jobs/2026-11/msg00007.html`.
fn is_sympas_message(at: &Url) -> bool {
    let name = at.path_segments().and_then(|mut it| it.next_back()).unwrap_or_default();
    name.strip_prefix("msg")
        .and_then(|it| it.strip_suffix(".html"))
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

/// The address of a message without what LISTSERV adds for one visit.
fn message_of_listserv(mut link: Url) -> Url {
    let kept: Vec<&str> = link
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| ["A2=", "L=", "P="].iter().any(|name| pair.starts_with(name)))
        .collect();
    let kept = kept.join("&");
    link.set_query(Some(&kept));
    link.set_fragment(None);
    link
}

/// The page at an address, or why there is none.
async fn read(http: &Http, link: &Url) -> Result<Page, String> {
    let missing = format!("the archive does not show it at {link}");
    match http.follow(link).await {
        (at, Exchange::Answer(answer)) if answer.is_success() => Ok(Page { at, text: answer.body }),
        (_, Exchange::Answer(answer)) if matches!(answer.status, 404 | 410) => Err(missing),
        (_, Exchange::Answer(answer)) => Err(format!("{missing}: HTTP {}", answer.status)),
        (_, Exchange::NoAnswer(outcome)) => Err(format!("{missing}: {}", outcome.why())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_one_message_is_told_from_that_of_a_month() {
        let is = |text: &str| is_sympas_message(&Url::parse(text).unwrap());
        assert!(is("https://lists.example/sympa/arc/jobs/2026-11/msg00104.html"));
        assert!(!is("https://lists.example/sympa/arc/jobs/2026-11/"));
        assert!(!is("https://lists.example/sympa/arc/jobs/2026-11/msg.html"));
        assert!(!is("https://lists.example/sympa/msg/jobs/2026-11/abc"));
    }

    #[test]
    fn a_link_of_listserv_loses_what_belongs_to_one_visit() {
        let link = |text: &str| message_of_listserv(Url::parse(text).unwrap()).to_string();
        assert_eq!(
            link("https://lists.example/wa?A2=JOBS;ab356891.2611&S=&X=1F2E&Y=ada%40b.example#top"),
            "https://lists.example/wa?A2=JOBS;ab356891.2611"
        );
        assert_eq!(
            link("https://lists.example/wa?A2=ind2611&L=JOBS&P=R5597"),
            "https://lists.example/wa?A2=ind2611&L=JOBS&P=R5597"
        );
    }
}
