//! To whom a test may go.

use courant_subscribers::EmailAddress;

/// Addresses of one test.
pub const MOST: usize = 10;

/// The addresses of a text, each once.
///
/// # Errors
/// What is wrong with it, in words.
pub fn addresses(text: &str) -> Result<Vec<EmailAddress>, String> {
    let words = text.split([',', ';', '\n', '\r', ' ', '\t']);
    let mut all: Vec<EmailAddress> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let address = EmailAddress::parse(word).map_err(|error| format!("{word}: {error}"))?;
        if !all.iter().any(|known| known.key() == address.key()) {
            all.push(address);
        }
    }
    match all.len() {
        0 => Err("To whom? Write an address, or choose a group.".to_owned()),
        1..=MOST => Ok(all),
        more => Err(format!(
            "{more} addresses are more than a test: {MOST} at most."
        )),
    }
}

/// Whom a test was for, as the record says it: how many, and each without giving them away.
#[must_use]
pub fn to_whom(all: &[EmailAddress]) -> String {
    let masked: Vec<_> = all.iter().map(EmailAddress::masked).collect();
    format!("{}: {}", all.len(), masked.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_addresses_are_a_test_and_eleven_are_not() {
        let all = |count: usize| {
            (0..count)
                .map(|n| format!("r{n}@example.org,"))
                .collect::<String>()
        };
        assert_eq!(addresses(&all(10)).unwrap().len(), 10);
        assert!(addresses(&all(11)).unwrap_err().contains("10 at most"));
        assert!(addresses(" , ").unwrap_err().contains("To whom"));
        assert!(
            addresses("a@b.example, nonsense")
                .unwrap_err()
                .contains("nonsense")
        );
        assert_eq!(addresses("a@b.example\nA@b.example").unwrap().len(), 1);
    }
}
