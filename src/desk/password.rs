//! Passwords: Argon2id with 19 MB and two passes, as OWASP's cheat sheet has it.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Argon2, password_hash};

use crate::secret::Secret;

/// Fewer characters are guessed.
pub const SHORTEST: usize = 12;
/// More than that is no password: hashing it would be work for nothing.
const LONGEST_BYTES: usize = 1024;

/// Why a password is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too short.
    #[error("a password has {SHORTEST} characters at least")]
    Short,
    /// Too long.
    #[error("a password has {LONGEST_BYTES} bytes at most")]
    Long,
    /// The system refused.
    #[error("the password cannot be hashed: {0}")]
    Hash(password_hash::Error),
    /// The system refused.
    #[error("the system has no random bytes")]
    Random,
}

/// What is stored of a password.
///
/// # Errors
/// When it is too short or too long.
pub fn hash(password: &Secret) -> Result<String, Error> {
    let text = password.expose();
    if text.chars().count() < SHORTEST {
        return Err(Error::Short);
    }
    if text.len() > LONGEST_BYTES {
        return Err(Error::Long);
    }
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
    let salt = SaltString::encode_b64(&bytes).map_err(Error::Hash)?;
    let hashed = Argon2::default().hash_password(text.as_bytes(), &salt);
    Ok(hashed.map_err(Error::Hash)?.to_string())
}

/// Whether a password is the one that was stored; without one the same work is done for nothing, so that the time
/// does not tell whether there is such a name.
#[must_use]
pub fn is_right(password: &Secret, stored: Option<&str>) -> bool {
    /// Of nothing that anybody could type.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9i$\
        4dKrZpHRNo6NmGGtx2yZB0LQdPMUtCuK3xWyEYzJxVY";
    let text = password.expose();
    if text.len() > LONGEST_BYTES {
        return false;
    }
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else {
        return false;
    };
    let verified = Argon2::default().verify_password(text.as_bytes(), &parsed);
    verified.is_ok() && stored.is_some()
}

/// A password that nobody has thought of.
///
/// # Errors
/// When the system has no random bytes.
pub fn invent() -> Result<Secret, Error> {
    // Without letters and digits that look alike; 32 of them, so that every byte gives five bits evenly.
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 20];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
    let mut text = String::new();
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(Secret::new(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let secret = invent().unwrap();
        assert_eq!(secret.expose().len(), 23);
        let stored = hash(&secret).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(is_right(&secret, Some(&stored)));
        assert!(!is_right(&Secret::new("another password"), Some(&stored)));
        assert!(!is_right(&secret, None));
        assert!(!is_right(&secret, Some("not a hash")));
        assert!(matches!(hash(&Secret::new("short")), Err(Error::Short)));
    }

    /// The time of a wrong name is that of a wrong password: the same work is done.
    #[test]
    fn nobody_has_a_hash_that_can_be_read() {
        let nobody = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9i$\
            4dKrZpHRNo6NmGGtx2yZB0LQdPMUtCuK3xWyEYzJxVY";
        assert!(PasswordHash::new(nobody).is_ok());
    }
}
