//! Where X and Mastodon see links in a text.
//!
//! Both ask twitter-text 3.1.0, Mastodon with other signs in paths and queries, and for addresses
//! with a scheme only. This is that library's grammar in our words. A link is, after a sign that may
//! stand before it: a scheme or none, a domain, a port, a path, a query. A domain is labels with dots
//! between them, the last of which is a top-level domain; of several possible ends the last one
//! counts. What the grammar takes is never looked at again, even where no link is made of it.

use super::signs::{self, Reader};
use super::top_level::{self, Known};

/// A link: where it begins, and how much of the text it takes up, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub at: usize,
    pub length: usize,
}

/// The longest address that is taken for a link.
const LONGEST: usize = 4096;

/// The longest label of a domain, in Punycode (RFC 1035).
const LONGEST_LABEL: usize = 63;

/// The longest name of a short address of X's own.
const LONGEST_SHORT_NAME: usize = 40;

/// What an address without a scheme is given.
const ADDED_SCHEME: &str = "https://";

/// The links in `units`, UTF-16 for [`Reader::X`] and code points for [`Reader::Mastodon`], in their
/// order.
pub fn find(units: &[u32], reader: Reader, known: Known) -> Vec<Link> {
    let search = Search { units, reader, known };
    let mut links = Vec::new();
    let mut at = 0;
    // Up to here no domain can begin: the names that follow each other with dots end in none.
    let mut barren_until = 0;
    while at < units.len() {
        let after_sign = reader.may_precede(units[at]).then_some(at + 1);
        let at_start = (at == 0).then_some(0);
        let found = [after_sign, at_start].into_iter().flatten().find_map(|from| {
            let candidate = search.candidate(from, &mut barren_until)?;
            Some((candidate, from))
        });
        match found {
            Some((candidate, from)) => {
                let before = from.checked_sub(1).and_then(|before| units.get(before)).copied();
                search.report(&candidate, before, &mut links);
                at = candidate.end;
            }
            None => at += 1,
        }
    }
    links
}

#[derive(Clone, Copy)]
struct Search<'a> {
    units: &'a [u32],
    reader: Reader,
    known: Known,
}

/// What the grammar takes, from `start` to `end`.
struct Candidate {
    start: usize,
    /// Its length; 0 where there is none.
    scheme: usize,
    domain_end: usize,
    /// After the query.
    end: usize,
    has_path: bool,
}

impl Candidate {
    fn domain_start(&self) -> usize {
        self.start + self.scheme
    }
}

impl Search<'_> {
    fn candidate(&self, start: usize, barren_until: &mut usize) -> Option<Candidate> {
        let scheme = self.scheme(start);
        let from = start + scheme;
        if scheme == 0 && from < *barren_until {
            return None;
        }
        let domain_end = self.domain(from, barren_until)?;
        let port_end = self.port(domain_end);
        let path_end = self.path(port_end);
        let end = self.query(path_end);
        Some(Candidate { start, scheme, domain_end, end, has_path: path_end > port_end })
    }

    fn at(&self, index: usize) -> Option<u32> {
        self.units.get(index).copied()
    }

    fn is(&self, index: usize, sign: char) -> bool {
        self.at(index) == Some(u32::from(sign))
    }

    /// How many units of those from `from` on pass.
    fn run(&self, from: usize, passes: impl Fn(u32) -> bool) -> usize {
        let rest = self.units.get(from..).unwrap_or_default();
        rest.iter().take_while(|unit| passes(**unit)).count()
    }

    fn scheme(&self, start: usize) -> usize {
        let schemes: &[&str] = match self.reader {
            Reader::X => &["http://", "https://"],
            Reader::Mastodon => &[
                "http://",
                "https://",
                "dat://",
                "dweb://",
                "ipfs://",
                "ipns://",
                "ssb://",
                "gopher://",
                "gemini://",
            ],
        };
        let begins = |scheme: &&&str| {
            let mut expected = scheme.chars().enumerate();
            expected.all(|(index, sign)| {
                self.at(start + index)
                    .and_then(char::from_u32)
                    .is_some_and(|it| it.eq_ignore_ascii_case(&sign))
            })
        };
        schemes.iter().find(begins).map_or(0, |scheme| scheme.len())
    }

    /// The end of the domain that begins at `from`: of the ends of labels after which a top-level
    /// domain follows, the last. An underscore may stand in any label but the one before it.
    fn domain(&self, from: usize, barren_until: &mut usize) -> Option<usize> {
        let mut end = None;
        let mut valid = true;
        let mut fruitful = false;
        let mut label = from;
        loop {
            let inside = |unit| self.reader.is_in_label(unit) || is_dash(unit);
            let label_end = label + self.run(label, inside);
            if label_end == label || !self.is(label_end, '.') {
                *barren_until = if fruitful { *barren_until } else { label_end.max(*barren_until) };
                return end;
            }
            let ends_well =
                |index: usize| self.at(index).is_some_and(|unit| self.reader.is_in_label(unit));
            valid &= ends_well(label) && ends_well(label_end - 1);
            let next = label_end + 1;
            let rest = self.units.get(next..).unwrap_or_default();
            if let Some(length) = top_level::length_at(rest, self.known) {
                fruitful = true;
                if valid && !self.units[label..label_end].contains(&u32::from('_')) {
                    end = Some(next + length);
                }
            }
            label = next;
        }
    }

    fn port(&self, from: usize) -> usize {
        let is_digit = |unit| (u32::from('0')..=u32::from('9')).contains(&unit);
        match self.is(from, ':').then(|| self.run(from + 1, is_digit)) {
            Some(digits) if digits > 0 => from + 1 + digits,
            _ => from,
        }
    }

    /// The end of the path: after the last sign with which one may end, or after brackets.
    fn path(&self, from: usize) -> usize {
        if !self.is(from, '/') {
            return from;
        }
        let mut end = from + 1;
        let mut at = end;
        while let Some(unit) = self.at(at) {
            if self.reader.is_in_path(unit) {
                at += 1;
                end = if self.reader.ends_path(unit) { at } else { end };
            } else if let Some(closed) = self.brackets(at, self.reader) {
                let may_end = match self.reader {
                    // Only where the path could end before them.
                    Reader::X => at == end,
                    // Mastodon has its own signs within brackets, but not in the last ones.
                    Reader::Mastodon => self.brackets(at, Reader::X).is_some(),
                };
                end = if may_end { closed } else { end };
                at = closed;
            } else {
                break;
            }
        }
        end
    }

    /// The end of brackets with something in them, perhaps with brackets.
    fn brackets(&self, from: usize, reader: Reader) -> Option<usize> {
        let words = |from: usize| from + self.run(from, |unit| reader.is_in_path(unit));
        if !self.is(from, '(') {
            return None;
        }
        let outer = words(from + 1);
        if self.is(outer, ')') {
            return (outer > from + 1).then_some(outer + 1);
        }
        if !self.is(outer, '(') {
            return None;
        }
        let inner = words(outer + 1);
        if inner == outer + 1 || !self.is(inner, ')') {
            return None;
        }
        let last = words(inner + 1);
        self.is(last, ')').then_some(last + 1)
    }

    fn query(&self, from: usize) -> usize {
        if !self.is(from, '?') {
            return from;
        }
        let length = self.run(from + 1, |unit| self.reader.is_in_query(unit));
        let query = &self.units[from + 1..from + 1 + length];
        match query.iter().rposition(|unit| self.reader.ends_query(*unit)) {
            Some(last) => from + 1 + last + 1,
            None => from,
        }
    }

    /// Adds the links that are made of what the grammar took.
    fn report(&self, found: &Candidate, before: Option<u32>, links: &mut Vec<Link>) {
        let domain = &self.units[found.domain_start()..found.domain_end];
        let added = if found.scheme == 0 { ADDED_SCHEME.len() } else { found.scheme };
        if !self.is_valid_domain(domain) || added + found.end - found.start > LONGEST {
            return;
        }
        if found.scheme > 0 {
            let length = self.length_of_address(found);
            links.extend(length.map(|length| Link { at: found.start, length }));
        } else if self.reader == Reader::X
            && !before.is_some_and(|unit| "-_./".chars().any(|sign| u32::from(sign) == unit))
        {
            self.report_plain_names(found, domain, links);
        }
    }

    /// Of a name without a scheme X links the parts that are Latin; the last one with the path.
    fn report_plain_names(&self, found: &Candidate, domain: &[u32], links: &mut Vec<Link>) {
        let names = self.plain_names(domain);
        let Some((last, others)) = names.split_last() else { return };
        let link = |&(at, length): &(usize, usize)| Link { at: found.start + at, length };
        links.extend(others.iter().map(link));
        let mut last = link(last);
        if found.has_path {
            last.length += found.end - found.domain_end;
        }
        links.push(last);
    }

    fn plain_names(&self, domain: &[u32]) -> Vec<(usize, usize)> {
        let mut names = Vec::new();
        let mut at = 0;
        let mut looked_for_from = 0;
        while at < domain.len() {
            let Some(end) = self.plain_name(domain, at) else {
                at += 1;
                continue;
            };
            // The library looks for the words again, and takes the first place where they stand.
            let name = &domain[at..end];
            let place = domain[looked_for_from..].windows(name.len()).position(|it| it == name);
            let start = looked_for_from + place.unwrap_or_default();
            names.push((start, name.len()));
            looked_for_from = start + name.len();
            at = end;
        }
        names
    }

    fn plain_name(&self, domain: &[u32], from: usize) -> Option<usize> {
        let mut end = None;
        let mut label = from;
        loop {
            let rest = domain.get(label..).unwrap_or_default();
            let length = rest.iter().take_while(|unit| signs::is_in_plain_label(**unit)).count();
            if length == 0 || rest.get(length) != Some(&u32::from('.')) {
                return end;
            }
            label += length + 1;
            let rest = domain.get(label..).unwrap_or_default();
            end = top_level::length_at(rest, self.known).map(|found| label + found).or(end);
        }
    }

    /// How much of an address with a scheme is linked: of one of X's own short ones nothing behind
    /// its name, and none at all if the name is too long for one.
    fn length_of_address(&self, found: &Candidate) -> Option<usize> {
        const HOST: &str = "t.co/";
        let is_short = HOST.chars().zip(found.domain_start()..).all(|(sign, at)| {
            let here = self.at(at).and_then(char::from_u32);
            here.is_some_and(|here| here.eq_ignore_ascii_case(&sign))
        });
        let name = found.domain_start() + HOST.len();
        let length = self.run(name, signs::is_ascii_alphanumeric);
        match (is_short, length) {
            (false, _) | (true, 0) => Some(found.end - found.start),
            (true, 1..=LONGEST_SHORT_NAME) => Some(self.query(name + length) - found.start),
            (true, _) => None,
        }
    }

    fn is_valid_domain(&self, domain: &[u32]) -> bool {
        let is_punycode = domain.starts_with(&['x', 'n', '-', '-'].map(u32::from));
        if is_punycode && (0..domain.len()).all(|at| self.plain_name(domain, at).is_none()) {
            return false;
        }
        domain
            .split(|unit| *unit == u32::from('.'))
            .all(|label| (1..=LONGEST_LABEL).contains(&length_in_punycode(label)))
    }
}

fn is_dash(unit: u32) -> bool {
    unit == u32::from('-') || unit == u32::from('_')
}

/// The length of a label as the name system writes it (RFC 3492).
fn length_in_punycode(label: &[u32]) -> usize {
    // Ideographic and half width full stops part a label as well.
    let parts: Vec<&[u32]> = label.split(|unit| matches!(unit, 0x3002 | 0xFF0E | 0xFF61)).collect();
    let lengths = parts.iter().map(|part| {
        let text = text_of(part);
        let encoded = (!text.is_ascii()).then(|| idna::punycode::encode_str(&text)).flatten();
        encoded.map_or(text.chars().count(), |encoded| "xn--".len() + encoded.len())
    });
    lengths.sum::<usize>() + parts.len() - 1
}

/// The text of units, UTF-16 or code points.
fn text_of(units: &[u32]) -> String {
    let halves: Option<Vec<u16>> = units.iter().map(|unit| u16::try_from(*unit).ok()).collect();
    match halves {
        Some(halves) => String::from_utf16_lossy(&halves),
        None => units.iter().filter_map(|unit| char::from_u32(*unit)).collect(),
    }
}
