//! Labels of domains: what IDNA 2008 lets pass.

use crate::address::{AddressError, MAX_DOMAIN, MAX_LABEL};

/// Whether the domain is one of letters, digits and inner hyphens (RFC 1123 §2.1): nearly all are, and
/// need no tables. Hyphens in third and fourth place are in use, however reserved (RFC 5891 §4.2.3.1).
pub(crate) fn is_plain(domain: &str) -> bool {
    domain.len() <= MAX_DOMAIN
        && domain.split('.').all(|label| {
            (1..=MAX_LABEL).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
                && !label
                    .get(..4)
                    .is_some_and(|begin| begin.eq_ignore_ascii_case("xn--"))
        })
}

/// The domain with its labels in ASCII.
///
/// # Errors
/// [`AddressError::Domain`] when IDNA 2008 does not allow it.
pub(crate) fn a_labels(domain: &str) -> Result<String, AddressError> {
    // Mapped away silently otherwise: what is shown and what is mailed would differ.
    if domain.contains(|c| is_ignored(c) && !is_joiner(c)) {
        return Err(AddressError::Domain);
    }
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?;
    let (shown, _) = idna::domain_to_unicode(&ascii);
    // Joiners stay where they change what is read (RFC 5892, appendix A.1 and A.2), else the name is another.
    let joiners = |text: &str| text.chars().filter(|&c| is_joiner(c)).count();
    if joiners(&shown) != joiners(domain) && !domain.is_ascii() {
        return Err(AddressError::Domain);
    }
    if shown.contains(is_symbol) || !shown.split('.').all(stands_in_context) {
        return Err(AddressError::Domain);
    }
    Ok(ascii)
}

/// Characters that the mapping of UTS 46 drops.
pub(crate) fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'..='\u{2064}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// The zero-width joiner and non-joiner.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Signs and pictures, which UTS 46 lets pass and IDNA 2008 does not (RFC 5892): no registry that
/// follows it sells such a name, and they look alike.
pub(crate) fn is_symbol(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether characters that are allowed only beside certain others stand there (RFC 5892, appendix A.3 to A.9);
/// UTS 46 does not ask.
fn stands_in_context(label: &str) -> bool {
    let chars: Vec<char> = label.chars().collect();
    let near = |at: Option<usize>| at.and_then(|at| chars.get(at)).copied();
    let is_right = |(at, &c): (usize, &char)| {
        let (before, after) = (near(at.checked_sub(1)), near(Some(at + 1)));
        match c {
            '\u{b7}' => before == Some('l') && after == Some('l'),
            '\u{375}' => after.is_some_and(is_greek),
            '\u{5f3}' | '\u{5f4}' => before.is_some_and(is_hebrew),
            '\u{30fb}' => chars.iter().any(|&c| is_japanese(c)),
            '\u{660}'..='\u{669}' => !label.contains(|c| matches!(c, '\u{6f0}'..='\u{6f9}')),
            _ => true,
        }
    };
    chars.iter().enumerate().all(is_right)
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}

fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5f4}')
}

/// Hiragana, Katakana, Han.
fn is_japanese(c: char) -> bool {
    matches!(
        c,
        '\u{3005}' | '\u{3007}' | '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_need_others_stand_beside_them() {
        for domain in [
            "col\u{b7}lecci\u{f3}.cat",
            "テスト・例.example",
            "\u{375}α.gr",
            "א\u{5f3}.il",
            "ශ්\u{200d}රී.com",
            "نامه\u{200c}ای.com",
            "क्\u{200d}ष.com",
        ] {
            assert!(a_labels(domain).is_ok(), "{domain}");
        }
        for domain in [
            "a\u{b7}b.cat",
            "l\u{b7}.cat",
            "・.example",
            "a\u{375}.gr",
            "a\u{5f3}.il",
            "\u{661}\u{6f1}.example",
            "a\u{200d}b.example",
            "a\u{200c}.example",
            "exam\u{200b}ple.org",
        ] {
            assert!(a_labels(domain).is_err(), "{domain}");
        }
    }
}
