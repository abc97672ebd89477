//! Handbill's own words in a rendition, in the languages it speaks: English, French and German. A
//! posting in another language gets English ones.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::posting::{PartialDate, PositionType, Start};

/// A language that Handbill can write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    English,
    French,
    German,
}

/// The words of a language for templates: `{{ words.deadline }}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    pub position: &'static str,
    pub employer: &'static str,
    pub place: &'static str,
    pub pay: &'static str,
    pub start: &'static str,
    pub duration: &'static str,
    pub deadline: &'static str,
    /// Before a short date in a subject.
    pub deadline_short: &'static str,
    /// Before the deadline in a sentence.
    pub deadline_is: &'static str,
    pub reference: &'static str,
    pub contact: &'static str,
    pub page: &'static str,
    /// Before a date: `Apply by 15 January 2027`.
    pub apply_by: &'static str,
    pub rolling: &'static str,
    /// Between the first deadline and what follows it.
    pub then: &'static str,
    pub how_to_apply: &'static str,
    /// Before the deadline in a reminder.
    pub remind_by: &'static str,
    pub apply_at: &'static str,
    /// Above what the position does, above who is looked for, and above what is offered.
    pub tasks: &'static str,
    pub profile: &'static str,
    pub offer: &'static str,
    pub apply_to: &'static str,
    pub quote_reference: &'static str,
    pub job: &'static str,
    pub reminder: &'static str,
    pub still_open: &'static str,
    pub updated: &'static str,
    pub has_changed: &'static str,
    pub closed: &'static str,
    pub is_closed: &'static str,
    pub thanks: &'static str,
    /// To whoever keeps a list of jobs by hand.
    pub dear: &'static str,
    pub please_publish: &'static str,
    pub please_change: &'static str,
    pub please_remove: &'static str,
}

impl Tongue {
    /// The tongue for a language code (ISO 639-1, perhaps with a region: `de-AT`).
    pub fn of(language: &str) -> Self {
        match language.split(['-', '_']).next() {
            Some("de") => Self::German,
            Some("fr") => Self::French,
            _ => Self::English,
        }
    }

    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
            Self::German => &GERMAN,
        }
    }

    /// `15 January 2027`, `15 janvier 2027` or `15. Januar 2027`.
    pub fn day(self, day: NaiveDate) -> String {
        let month = self.month(day.month());
        match self {
            Self::English => format!("{} {month} {}", day.day(), day.year()),
            Self::French if day.day() == 1 => format!("1er {month} {}", day.year()),
            Self::French => format!("{} {month} {}", day.day(), day.year()),
            Self::German => format!("{}. {month} {}", day.day(), day.year()),
        }
    }

    /// `15 Jan 2027`, `15/01/2027` or `15.1.2027`, for a subject.
    pub fn short_day(self, day: NaiveDate) -> String {
        let month: String = self.month(day.month()).chars().take(3).collect();
        match self {
            Self::English => format!("{} {month} {}", day.day(), day.year()),
            Self::French => day.format("%d/%m/%Y").to_string(),
            Self::German => format!("{}.{}.{}", day.day(), day.month(), day.year()),
        }
    }

    /// As much of the date as is known.
    pub fn date(self, date: PartialDate) -> String {
        match date {
            PartialDate::Day(day) => self.day(day),
            PartialDate::Month { year, month } => format!("{} {year}", self.month(month)),
            PartialDate::Year(year) => year.to_string(),
        }
    }

    pub fn start(self, start: Start) -> String {
        match (start, self) {
            (Start::On(date), _) => self.date(date),
            (Start::AsSoonAsPossible, Self::English) => "as soon as possible".to_owned(),
            (Start::AsSoonAsPossible, Self::French) => "dès que possible".to_owned(),
            (Start::AsSoonAsPossible, Self::German) => "zum nächstmöglichen Zeitpunkt".to_owned(),
        }
    }

    /// `3 years`, `18 months`.
    pub fn duration(self, months: f64) -> String {
        let years = months / 12.0;
        let (number, one, many) = match (self, years.fract() == 0.0 && years >= 1.0) {
            (Self::English, true) => (years, "year", "years"),
            (Self::English, false) => (months, "month", "months"),
            (Self::French, true) => (years, "an", "ans"),
            (Self::French, false) => (months, "mois", "mois"),
            (Self::German, true) => (years, "Jahr", "Jahre"),
            (Self::German, false) => (months, "Monat", "Monate"),
        };
        format!("{} {}", self.number(number), if number == 1.0 { one } else { many })
    }

    /// `75%` or `75 %`, as the language writes it.
    pub fn percent(self, percent: f64) -> String {
        match self {
            Self::English => format!("{}%", self.number(percent)),
            Self::French | Self::German => format!("{} %", self.number(percent)),
        }
    }

    /// The human word for a kind of position; none for [`PositionType::Other`].
    pub fn position(self, kind: PositionType) -> Option<&'static str> {
        let (english, french, german) = match kind {
            PositionType::Phd => ("PhD position", "Thèse", "Promotionsstelle"),
            PositionType::Postdoc => ("Postdoc position", "Postdoctorat", "Postdoc-Stelle"),
            PositionType::Faculty => ("Faculty position", "Poste de professeur", "Professur"),
            PositionType::ResearchAssistant => {
                ("Research assistant position", "Poste en recherche", "Stelle in der Forschung")
            }
            PositionType::StudentAssistant => {
                ("Student assistant position", "Emploi étudiant", "Hilfskraftstelle")
            }
            PositionType::Internship => ("Internship", "Stage", "Praktikum"),
            PositionType::Thesis => ("Thesis project", "Mémoire", "Abschlussarbeit"),
            PositionType::Engineer => {
                ("Engineer position", "Poste d'ingénieur", "Ingenieursstelle")
            }
            PositionType::Staff => ("Staff position", "Poste", "Stelle"),
            PositionType::Other => return None,
        };
        Some(match self {
            Self::English => english,
            Self::French => french,
            Self::German => german,
        })
    }

    fn number(self, number: f64) -> String {
        let plain = number.to_string();
        match self {
            Self::English => plain,
            Self::French | Self::German => plain.replace('.', ","),
        }
    }

    fn month(self, month: u32) -> &'static str {
        let names = match self {
            Self::English => &ENGLISH_MONTHS,
            Self::French => &FRENCH_MONTHS,
            Self::German => &GERMAN_MONTHS,
        };
        names.get((month as usize).wrapping_sub(1)).copied().unwrap_or_default()
    }
}

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

// No dotted words (`e.g.`, `Ref.no`): X would take some of them for domains.
const ENGLISH: Words = Words {
    position: "Position",
    employer: "Employer",
    place: "Place",
    pay: "Pay",
    start: "Start",
    duration: "Duration",
    deadline: "Deadline",
    deadline_short: "deadline",
    deadline_is: "The deadline is",
    reference: "Reference",
    contact: "Contact",
    page: "Web page",
    apply_by: "Apply by",
    rolling: "until the position is filled",
    then: "then",
    how_to_apply: "How to apply",
    remind_by: "Reminder: apply by",
    apply_at: "Please apply here",
    tasks: "What you will do",
    profile: "What you bring",
    offer: "What we offer",
    apply_to: "Applications and questions go to",
    quote_reference: "Please quote the reference",
    job: "Job",
    reminder: "Reminder",
    still_open: "Still open",
    updated: "Updated",
    has_changed: "This posting has changed since we announced it. The facts below are as they are now.",
    closed: "Closed",
    is_closed: "This position is closed. Applications are no longer accepted.",
    thanks: "Thank you for passing it on.",
    dear: "Dear colleagues,",
    please_publish: "please add the position below to your list. It also stands here:",
    please_change: "the position below has changed. Please bring your list up to date; the ad \
                    stands here:",
    please_remove: "please take the position below off your list.",
};

const FRENCH: Words = Words {
    position: "Poste",
    employer: "Employeur",
    place: "Lieu",
    pay: "Rémunération",
    start: "Début",
    duration: "Durée",
    deadline: "Date limite",
    deadline_short: "date limite",
    deadline_is: "La date limite de candidature est le",
    reference: "Référence",
    contact: "Contact",
    page: "Page web",
    apply_by: "Candidatures jusqu'au",
    rolling: "jusqu'à ce que le poste soit pourvu",
    then: "puis",
    how_to_apply: "Candidature",
    remind_by: "Rappel : candidatures jusqu'au",
    apply_at: "Merci de postuler ici",
    tasks: "Vos missions",
    profile: "Votre profil",
    offer: "Nous vous offrons",
    apply_to: "Candidatures et questions sont à adresser à",
    quote_reference: "Merci d'indiquer la référence",
    job: "Emploi",
    reminder: "Rappel",
    still_open: "Toujours ouvert",
    updated: "Mise à jour",
    has_changed: "Cette annonce a changé depuis sa première diffusion. Les informations \
                  ci-dessous sont à jour.",
    closed: "Clos",
    is_closed: "Ce poste n'est plus à pourvoir. Les candidatures ne sont plus acceptées.",
    thanks: "Merci d'avoir fait circuler cette annonce.",
    dear: "Bonjour,",
    please_publish: "merci d'ajouter le poste ci-dessous à votre liste. Il est aussi présenté ici :",
    please_change: "le poste ci-dessous a changé. Merci de mettre votre liste à jour ; l'annonce \
                    se trouve ici :",
    please_remove: "merci de retirer le poste ci-dessous de votre liste.",
};

const GERMAN: Words = Words {
    position: "Stelle",
    employer: "Arbeitgeber",
    place: "Ort",
    pay: "Vergütung",
    start: "Beginn",
    duration: "Dauer",
    deadline: "Bewerbungsschluss",
    deadline_short: "Frist",
    deadline_is: "Bewerbungsschluss ist der",
    reference: "Kennziffer",
    contact: "Kontakt",
    page: "Webseite",
    apply_by: "Bewerbung bis",
    rolling: "bis die Stelle besetzt ist",
    then: "danach",
    how_to_apply: "Bewerbung",
    remind_by: "Erinnerung: Bewerbung bis",
    apply_at: "Bitte bewerben Sie sich hier",
    tasks: "Ihre Aufgaben",
    profile: "Ihr Profil",
    offer: "Wir bieten",
    apply_to: "Bewerbungen und Fragen gehen an",
    quote_reference: "Bitte geben Sie die Kennziffer an",
    job: "Stelle",
    reminder: "Erinnerung",
    still_open: "Noch offen",
    updated: "Aktualisiert",
    has_changed: "Diese Ausschreibung hat sich seit der Ankündigung geändert. Die Angaben unten \
                  sind auf dem neuesten Stand.",
    closed: "Geschlossen",
    is_closed: "Diese Ausschreibung ist geschlossen. Bewerbungen sind nicht mehr möglich.",
    thanks: "Danke fürs Weitersagen.",
    dear: "Guten Tag,",
    please_publish: "bitte nehmen Sie die folgende Stelle in Ihre Liste auf. Sie steht auch hier:",
    please_change: "die folgende Stelle hat sich geändert. Bitte bringen Sie Ihre Liste auf den \
                    neuen Stand; die Anzeige steht hier:",
    please_remove: "bitte nehmen Sie die folgende Stelle von Ihrer Liste.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 15).unwrap();
        assert_eq!(Tongue::English.day(day), "15 January 2027");
        assert_eq!(Tongue::of("de-AT").day(day), "15. Januar 2027");
        let month = PartialDate::Month { year: 2027, month: 3 };
        assert_eq!(Tongue::German.date(month), "März 2027");
        assert_eq!(Tongue::of("fr").day(day), "15 janvier 2027");
        let first = NaiveDate::from_ymd_opt(2027, 2, 1).unwrap();
        assert_eq!(Tongue::French.day(first), "1er février 2027");
        assert_eq!(Tongue::French.short_day(first), "01/02/2027");
    }

    #[test]
    fn durations_are_in_years_where_they_are_whole() {
        assert_eq!(Tongue::English.duration(36.0), "3 years");
        assert_eq!(Tongue::English.duration(18.0), "18 months");
        assert_eq!(Tongue::German.duration(12.0), "1 Jahr");
        assert_eq!(Tongue::German.duration(4.5), "4,5 Monate");
    }
}
