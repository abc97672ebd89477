//! What a network takes for a post, as far as it takes money: X does.

use std::fmt;

use super::Kind;
use crate::adapt::Rendition;
use crate::adapt::count::x;

/// An amount in thousandths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price {
    pub thousandths: u32,
}

impl Price {
    pub fn dollars(self) -> f64 {
        f64::from(self.thousandths) / 1000.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}.{:03}", self.thousandths / 1000, self.thousandths % 1000)
    }
}

/// What X takes for a new post, of those who pay for what they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// When they were read, and where.
    pub read_on: &'static str,
    pub source: &'static str,
    pub without_link: Price,
    pub with_link: Price,
}

pub const X: Prices = Prices {
    read_on: "2026-08-22",
    source: "docs.x.com, “Pricing”",
    without_link: Price { thousandths: 15 },
    with_link: Price { thousandths: 200 },
};

/// The price of one new post and why it is that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    pub price: Price,
    pub prices: Prices,
    /// What makes it a post with links, as it stands in the text.
    pub links: Vec<String>,
}

/// What a new post with these words costs on a network of this kind; `None` where nobody asks money.
pub fn of(kind: Kind, rendition: &Rendition) -> Option<Cost> {
    let (Kind::X, Rendition::Status { text, .. }) = (kind, rendition) else { return None };
    let links = x::links(text);
    let price = if links.is_empty() { X.without_link } else { X.with_link };
    Some(Cost { price, prices: X, links })
}

/// What a new post costs at most, for the budget of a channel whose file does not say it.
pub fn at_most(kind: Kind) -> Option<Price> {
    (kind == Kind::X).then_some(X.with_link)
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Prices { read_on, source, .. } = self.prices;
        write!(f, "costs {} ", self.price)?;
        match self.links.as_slice() {
            [] => write!(f, "without a link")?,
            links => write!(f, "with a link ({})", links.join(", "))?,
        }
        write!(f, "; {source}, read on {read_on}")
    }
}
