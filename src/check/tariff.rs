//! What collective agreements pay, by dated tables: `tv-l.toml`, and what a site puts in its place.
//!
//! Pure: a table is text that somebody else read. Where no table covers the day on which work
//! begins, or the pay group, nothing is said: an amount that is wrong is worse than none.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::posting::{PartialDate, Posting, Start};

/// The shipped tables, each with its source at the top.
const SHIPPED: [&str; 1] = [include_str!("tv-l.toml")];

/// The pay tables of collective agreements, by the name of the agreement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tariffs {
    agreements: BTreeMap<String, Agreement>,
}

/// One collective agreement, as its file describes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// As ads call it, for example `TV-L`.
    agreement: String,
    /// How many steps somebody who is new may begin with.
    entry_steps: usize,
    #[serde(rename = "table")]
    tables: Vec<Table>,
}

/// What is paid to those whose work begins between two days, both included.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    from: NaiveDate,
    until: NaiveDate,
    /// By pay group: euros a month before tax for a full-time position, by step.
    monthly: BTreeMap<String, Vec<f64>>,
}

/// What somebody who is new would be paid.
#[derive(Debug, Clone, PartialEq)]
pub struct PayRange {
    /// In the words of the ad: `TV-L E13`.
    pub scheme: String,
    /// Share of a full-time position, in per cent.
    pub share: f64,
    /// Euros a month before tax, in the lowest and the highest step to begin with.
    pub monthly: (f64, f64),
    /// The highest step to begin with.
    pub step: usize,
    /// The table's first day.
    pub from: NaiveDate,
}

impl Agreement {
    /// Reads a table file.
    ///
    /// # Errors
    /// What is wrong in it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if read.entry_steps == 0 {
            return Err("`entry_steps` is 0; somebody who is new has step 1 at least".to_owned());
        }
        for table in &read.tables {
            if table.until < table.from {
                return Err(format!("a table ends on {}, before it begins", table.until));
            }
            let is_rising = |steps: &Vec<f64>| {
                steps.first().is_some_and(|first| *first > 0.0) && steps.is_sorted()
            };
            if let Some((group, _)) = table.monthly.iter().find(|(_, steps)| !is_rising(steps)) {
                return Err(format!("the steps of {group} from {} do not rise", table.from));
            }
        }
        Ok(read)
    }
}

impl Tariffs {
    /// The shipped tables, with those of the site in the place of the ones of the same agreement.
    pub fn with(own: impl IntoIterator<Item = Agreement>) -> Self {
        let shipped = SHIPPED.iter().filter_map(|text| Agreement::parse(text).ok());
        let agreements = shipped.chain(own).map(|it| (it.agreement.clone(), it)).collect();
        Self { agreements }
    }

    /// What an ad would pay that names its agreement, its group and the day on which work begins.
    pub fn range(&self, page: &Posting) -> Option<PayRange> {
        let facts = &page.facts;
        let scheme = &facts.pay_scheme.as_ref()?.value;
        let (name, group) = scheme.rsplit_once(' ')?;
        let day = match facts.start.as_ref()?.value {
            Start::On(PartialDate::Day(day)) => day,
            Start::On(PartialDate::Month { year, month }) => {
                NaiveDate::from_ymd_opt(year, month, 1)?
            }
            Start::On(PartialDate::Year(_)) | Start::AsSoonAsPossible => return None,
        };
        let share = facts.workload_percent.as_ref().map_or(100.0, |field| field.value);
        let agreement = self.agreements.get(name)?;
        let covers = |table: &&Table| (table.from..=table.until).contains(&day);
        let table = agreement.tables.iter().find(covers)?;
        let steps = table.monthly.get(group)?;
        let step = agreement.entry_steps.min(steps.len());
        let of_share = |amount: f64| (amount * share).round() / 100.0;
        Some(PayRange {
            scheme: scheme.clone(),
            share,
            monthly: (of_share(*steps.first()?), of_share(*steps.get(step.checked_sub(1)?)?)),
            step,
            from: table.from,
        })
    }
}

impl PayRange {
    /// The range as an ad says it: `TV-L E13, 75 %: 3,569.53 to 4,025.17 euros a month`.
    pub fn in_words(&self) -> String {
        let Self { scheme, share, monthly: (least, most), .. } = self;
        let (least, most) = (amount(*least), amount(*most));
        format!("{scheme}, {share} %: {least} to {most} euros a month before tax")
    }
}

/// An amount with a comma at the thousands: `3,569.53`.
fn amount(euros: f64) -> String {
    let plain = format!("{euros:.2}");
    match plain.len().checked_sub("000.00".len()).filter(|at| *at > 0) {
        Some(at) => {
            let (thousands, rest) = plain.split_at(at);
            format!("{thousands},{rest}")
        }
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_table_can_be_read_and_no_day_has_two() {
        for text in SHIPPED {
            let agreement = Agreement::parse(text).expect("a table file");
            for two in agreement.tables.windows(2) {
                assert_eq!(two[0].until.succ_opt(), Some(two[1].from), "{}", two[0].until);
            }
        }
    }

    #[test]
    fn a_table_that_cannot_be_meant_is_refused() {
        let with = |from: &str, steps: &str| {
            Agreement::parse(&format!(
                "agreement = \"TV-X\"\nentry_steps = 3\n[[table]]\nfrom = \"{from}\"\n\
                 until = \"2027-12-31\"\n[table.monthly]\nE13 = [{steps}]\n"
            ))
        };
        assert!(with("2027-01-01", "4000, 4200").is_ok());
        assert!(with("2028-01-01", "4000, 4200").is_err());
        assert!(with("2027-01-01", "4200, 4000").is_err());
        assert!(with("2027-01-01", "").is_err());
    }

    #[test]
    fn amounts_are_written_as_in_ads() {
        assert_eq!(amount(3569.53), "3,569.53");
        assert_eq!(amount(932.4), "932.40");
        assert_eq!(amount(10_000.0), "10,000.00");
    }
}
