//! What an address says about the mailbox behind it: a role instead of a person, or one for a few minutes.
//!
//! Both are marks for the operator and no verdict: a newsroom may well read us at `info@`. The lists are
//! short and bundled; nothing is asked over the network.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::EmailAddress;

/// Names before the `@` that belong to an office and not to a person (RFC 2142, and what is customary).
const ROLES: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "billing",
    "contact",
    "daemon",
    "ftp",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "list",
    "mailer-daemon",
    "marketing",
    "news",
    "no-reply",
    "nobody",
    "noc",
    "noreply",
    "office",
    "postmaster",
    "privacy",
    "root",
    "sales",
    "security",
    "spam",
    "support",
    "sysadmin",
    "usenet",
    "uucp",
    "webmaster",
    "www",
];

/// Lines that begin with `#` say where the list is from.
const DISPOSABLE: &str = include_str!("disposable.txt");

/// Whether the address names a role, as `postmaster@` does; a tag after `+` does not count.
#[must_use]
pub fn is_role(address: &EmailAddress) -> bool {
    let local = address.key().split(['+', '@']).next().unwrap_or_default();
    ROLE_NAMES.contains(local)
}

static ROLE_NAMES: LazyLock<HashSet<&str, RandomState>> =
    LazyLock::new(|| ROLES.iter().copied().collect());

static DISPOSABLES: LazyLock<HashSet<&str, RandomState>> = LazyLock::new(|| {
    let lines = DISPOSABLE.lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

/// Whether the domain, or one it lies under, hands out mailboxes for a few minutes.
#[must_use]
pub fn is_disposable(address: &EmailAddress) -> bool {
    let mut domains = std::iter::successors(Some(address.domain()), |domain| {
        domain.split_once('.').map(|(_, above)| above)
    });
    domains.any(|domain| DISPOSABLES.contains(domain))
}

/// What there is to say of the mailbox, in words for the operator.
#[must_use]
pub fn mark(address: &EmailAddress) -> Option<&'static str> {
    match (is_role(address), is_disposable(address)) {
        (_, true) => Some("a mailbox for a few minutes"),
        (true, false) => Some("an office, not a person"),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_short_lived_mailboxes_are_marked() {
        let cases = [
            ("Postmaster@example.org", true, false),
            ("abuse+x@example.org", true, false),
            ("infos@example.org", false, false),
            ("ann@mailinator.com", false, true),
            ("ann@x.Mailinator.com", false, true),
            ("ann@notmailinator.com", false, false),
        ];
        for (text, role, disposable) in cases {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(
                (is_role(&address), is_disposable(&address)),
                (role, disposable),
                "{text}"
            );
        }
    }

    #[test]
    fn the_lists_are_in_order() {
        assert!(ROLES.is_sorted());
        let domains: Vec<_> = DISPOSABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert!(domains.is_sorted() && domains.len() > 80);
        assert!(
            domains
                .iter()
                .all(|domain| domain.contains('.') && !domain.contains(' '))
        );
    }
}
