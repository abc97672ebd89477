//! Prometheus' text form, version 0.0.4: `HELP` and `TYPE` once per family, then its samples.
//!
//! Source: prometheus.io/docs/instrumenting/exposition_formats, "Text-based format".

use std::fmt::Write;

/// What a family of samples is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Counter,
    Gauge,
    Histogram,
}

impl Type {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Labels of one sample: names and values.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// A text that is written family by family.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

/// One family; its samples follow each other.
pub struct Family<'a> {
    name: &'static str,
    text: &'a mut String,
}

impl Exposition {
    /// Begins a family. Its name is written here and nowhere else, so it comes once.
    pub fn family(&mut self, name: &'static str, kind: Type, help: &str) -> Family<'_> {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}");
        let _ = writeln!(self.text, "# TYPE {name} {}", kind.as_str());
        Family { name, text: &mut self.text }
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    pub fn sample(&mut self, labels: Labels<'_>, value: f64) {
        self.write("", labels, value);
    }

    /// A histogram: how many were at most as long as each bound, which rise, how many there were,
    /// and how long all of them together.
    pub fn histogram(&mut self, labels: Labels<'_>, bounds: &[(f64, u64)], count: u64, sum: f64) {
        for (bound, below) in bounds {
            let bound = number(*bound);
            let labels: Vec<_> = labels.iter().copied().chain([("le", bound.as_str())]).collect();
            self.write("_bucket", &labels, to_float(*below));
        }
        let all: Vec<_> = labels.iter().copied().chain([("le", "+Inf")]).collect();
        self.write("_bucket", &all, to_float(count));
        self.write("_sum", labels, sum);
        self.write("_count", labels, to_float(count));
    }

    fn write(&mut self, suffix: &str, labels: Labels<'_>, value: f64) {
        let name = self.name;
        let _ = write!(self.text, "{name}{suffix}");
        if !labels.is_empty() {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
                .collect();
            let _ = write!(self.text, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(self.text, " {}", number(value));
    }
}

/// A count as a sample's value; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "samples are floating-point numbers")]
pub fn to_float(count: u64) -> f64 {
    count as f64
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// As Go reads numbers: Rust writes the others in the same way.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_named_once_and_labels_are_escaped() {
        let mut exposition = Exposition::default();
        let mut family = exposition.family("jobs", Type::Gauge, "How many\njobs\\ads.");
        family.sample(&[("channel", "a \"b\"\\\n")], 2.0);
        family.sample(&[], 0.25);
        assert_eq!(
            exposition.into_text(),
            "# HELP jobs How many\\njobs\\\\ads.\n# TYPE jobs gauge\n\
             jobs{channel=\"a \\\"b\\\"\\\\\\n\"} 2\njobs 0.25\n"
        );
    }

    #[test]
    fn a_histogram_ends_with_everything() {
        let mut exposition = Exposition::default();
        let mut family = exposition.family("took", Type::Histogram, "How long.");
        family.histogram(&[("channel", "x")], &[(0.5, 1), (1.0, 3)], 4, 7.5);
        assert_eq!(
            exposition.into_text(),
            "# HELP took How long.\n# TYPE took histogram\n\
             took_bucket{channel=\"x\",le=\"0.5\"} 1\ntook_bucket{channel=\"x\",le=\"1\"} 3\n\
             took_bucket{channel=\"x\",le=\"+Inf\"} 4\ntook_sum{channel=\"x\"} 7.5\n\
             took_count{channel=\"x\"} 4\n"
        );
    }
}
