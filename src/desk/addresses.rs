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
        let address = EmailAddress::parse(word)
            .map_err(|error| format!("\"{word}\" is no address: {error}."))?;
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

/// A group that tests go to as it is kept: its name, and its addresses one a line; none for a group that goes.
///
/// # Errors
/// What is wrong with it, in words.
pub fn group(name: &str, text: &str) -> Result<(String, String), String> {
    let name = name.trim().to_owned();
    if !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err("a group needs a name of at most 60 characters".to_owned());
    }
    if text.trim().is_empty() {
        return Ok((name, String::new()));
    }
    let all = addresses(text)?;
    let all: Vec<_> = all.iter().map(|address| address.as_str()).collect();
    Ok((name, all.join("\n")))
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
