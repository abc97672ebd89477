//! The parts of an ad that it has under headings: what boards have fields of their own for.

use super::Field;

/// The parts of the ad in its own words: a paragraph or a list item on a line, list items behind
/// `- `. They are pieces of the page's text, so nobody declares them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// What the position and the project are about.
    pub description: Option<Field<String>>,
    /// schema.org `responsibilities`.
    pub responsibilities: Option<Field<String>>,
    /// schema.org `qualifications`.
    pub qualifications: Option<Field<String>>,
    /// What an applicant may bring, but need not.
    pub desirable_qualifications: Option<Field<String>>,
    /// schema.org `jobBenefits`.
    pub benefits: Option<Field<String>>,
    /// How to apply.
    pub apply_instructions: Option<Field<String>>,
    /// Who pays for the position.
    pub funding: Option<Field<String>>,
}

impl Parts {
    /// All parts by their names, in the order in which ads have them.
    pub fn named(&self) -> [(&'static str, &Option<Field<String>>); 7] {
        [
            ("description", &self.description),
            ("responsibilities", &self.responsibilities),
            ("qualifications", &self.qualifications),
            ("desirable_qualifications", &self.desirable_qualifications),
            ("benefits", &self.benefits),
            ("apply_instructions", &self.apply_instructions),
            ("funding", &self.funding),
        ]
    }

    /// These parts, completed with those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            description: self.description.or(other.description),
            responsibilities: self.responsibilities.or(other.responsibilities),
            qualifications: self.qualifications.or(other.qualifications),
            desirable_qualifications: self
                .desirable_qualifications
                .or(other.desirable_qualifications),
            benefits: self.benefits.or(other.benefits),
            apply_instructions: self.apply_instructions.or(other.apply_instructions),
            funding: self.funding.or(other.funding),
        }
    }
}

/// Whether a name is that of a part of the ad, which may be as long as the ad.
pub fn is_part(name: &str) -> bool {
    Parts::default().named().iter().any(|(part, _)| *part == name)
}
