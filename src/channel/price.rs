//! What a network takes for a post, as far as it takes money: X does.

use std::fmt;

use super::Kind;
use crate::adapt::count::x;
use crate::adapt::{Picture, Rendition};

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
    /// On top of it, for the words of a picture.
    pub picture_words: Price,
}

pub const X: Prices = Prices {
    read_on: "2026-08-22",
    source: "docs.x.com, “Pricing”",
    without_link: Price { thousandths: 15 },
    with_link: Price { thousandths: 200 },
    picture_words: Price { thousandths: 5 },
};

/// The price of one new post and why it is that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    pub price: Price,
    pub prices: Prices,
    /// What makes it a post with links, as it stands in the text.
    pub links: Vec<String>,
    pub picture: Pictured,
}

/// Whether a post shows a picture, whose words are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictured {
    Yes,
    No,
}

impl Pictured {
    fn price(self) -> u32 {
        match self {
            Self::Yes => X.picture_words.thousandths,
            Self::No => 0,
        }
    }
}

/// What a new post with these words costs on a network of this kind; `None` where nobody asks money.
pub fn of(kind: Kind, rendition: &Rendition) -> Option<Cost> {
    let (Kind::X, Rendition::Status { text, picture, .. }) = (kind, rendition) else { return None };
    let links = x::links(text);
    let picture = match picture {
        Some(Picture { file: Some(_), .. }) => Pictured::Yes,
        _ => Pictured::No,
    };
    let post = if links.is_empty() { X.without_link } else { X.with_link };
    let price = Price { thousandths: post.thousandths + picture.price() };
    Some(Cost { price, prices: X, links, picture })
}

/// What a new post costs at most, for the budget of a channel whose file does not say it.
pub fn at_most(kind: Kind, picture: Pictured) -> Option<Price> {
    let price = Price { thousandths: X.with_link.thousandths + picture.price() };
    (kind == Kind::X).then_some(price)
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Prices { read_on, source, .. } = self.prices;
        write!(f, "costs {} ", self.price)?;
        if self.picture == Pictured::Yes {
            write!(f, "with a picture, ")?;
        }
        match self.links.as_slice() {
            [] => write!(f, "without a link")?,
            links => write!(f, "with a link ({})", links.join(", "))?,
        }
        write!(f, "; {source}, read on {read_on}")
    }
}
