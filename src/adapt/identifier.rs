//! A posting's id where only letters, digits, hyphens and underscores are taken.

use sha2::{Digest, Sha256};

/// The length of a piece of a hash, with the hyphen before it.
const HASH: usize = 9;

/// The id if it is such a one of at most `length` signs. One that has to be changed for that gets a
/// piece of its hash, so that no two become one.
pub fn within(id: &str, length: usize) -> String {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !id.is_empty() && id.len() <= length && id.chars().all(fit) && !id.starts_with('-') {
        return id.to_owned();
    }
    let kept: String = id
        .chars()
        .map(|it| if fit(it) { it } else { '-' })
        .take(length.saturating_sub(HASH))
        .collect();
    let hash: String =
        Sha256::digest(id).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", kept.trim_matches('-')).trim_start_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_and_no_two_become_one() {
        assert_eq!(within("tcg-03_2027", 50), "tcg-03_2027");
        let long = "a".repeat(60);
        for id in ["a/b", "a.b", "a b", "", "ü", "-a", &long] {
            let made = within(id, 50);
            assert!(!made.is_empty() && made.len() <= 50 && within(&made, 50) == made, "{made}");
        }
        assert_ne!(within("a/b", 50), within("a.b", 50));
    }
}
