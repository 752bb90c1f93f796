//! Macros in the names of an SPF record (RFC 7208 section 7).

use std::net::IpAddr;

/// What macros stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// The envelope sender: what stands before its @, and after it.
    pub(super) sender: (&'a str, &'a str),
    /// The domain whose record is read.
    pub(super) domain: &'a str,
    pub(super) address: IpAddr,
}

/// A name without macros; the error says what is wrong with it.
pub(super) fn expand(spec: &str, values: &Values<'_>) -> Result<String, String> {
    let wrong = || format!("the name \"{spec}\" in it is no name with macros");
    let mut out = String::with_capacity(spec.len());
    let mut rest = spec;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let plain = match after.as_bytes().first() {
            Some(b'%') => "%",
            Some(b'_') => " ",
            Some(b'-') => "%20",
            Some(b'{') => {
                let end = after.find('}').ok_or_else(wrong)?;
                out.push_str(&one(&after[1..end], values).ok_or_else(wrong)?);
                rest = &after[end + 1..];
                continue;
            }
            _ => return Err(wrong()),
        };
        out.push_str(plain);
        rest = &after[1..];
    }
    out.push_str(rest);
    // Too long a name loses labels on the left (RFC 7208 section 7.3).
    let mut name = out.trim_end_matches('.');
    while name.len() > 253 {
        name = name.split_once('.').map_or("", |(_, rest)| rest);
    }
    Ok(name.to_owned())
}

/// The inside of `%{…}`: a letter, how many labels from the right, whether reversed, what separates.
fn one(text: &str, values: &Values<'_>) -> Option<String> {
    let letter = text.chars().next()?.to_ascii_lowercase();
    let value = match letter {
        's' => format!("{}@{}", values.sender.0, values.sender.1),
        'l' => values.sender.0.to_owned(),
        'o' | 'h' => values.sender.1.to_owned(),
        'd' => values.domain.to_owned(),
        'i' => dotted(values.address),
        'v' => if values.address.is_ipv4() {
            "in-addr"
        } else {
            "ip6"
        }
        .to_owned(),
        'p' => "unknown".to_owned(),
        _ => return None,
    };
    let rest = &text[letter.len_utf8()..];
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (count, rest) = rest.split_at(digits);
    let count = match count {
        "" => usize::MAX,
        digits => digits.parse().ok().filter(|it| *it > 0)?,
    };
    let (is_reversed, separators) = match rest.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if !separators.chars().all(|c| ".-+,/_=".contains(c)) {
        return None;
    }
    let by = |c: char| {
        if separators.is_empty() {
            c == '.'
        } else {
            separators.contains(c)
        }
    };
    let mut labels: Vec<&str> = value.split(by).collect();
    if is_reversed {
        labels.reverse();
    }
    let skipped = labels.len().saturating_sub(count);
    Some(labels[skipped..].join("."))
}

fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let digits = address.octets().into_iter();
            let digits = digits.map(|byte| format!("{:x}.{:x}", byte >> 4, byte & 15));
            digits.collect::<Vec<_>>().join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7208 section 7.4.
    #[test]
    fn macros_are_as_the_standard_shows_them() {
        let values = Values {
            sender: ("strong-bad", "email.example.com"),
            domain: "email.example.com",
            address: "192.0.2.3".parse().unwrap(),
        };
        for (spec, name) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            (
                "%{ir}.%{v}._spf.%{d2}",
                "3.2.0.192.in-addr._spf.example.com",
            ),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("a%%b", "a%b"),
        ] {
            assert_eq!(expand(spec, &values).as_deref(), Ok(name), "{spec}");
        }
        let values = Values {
            address: "2001:db8::cb01".parse().unwrap(),
            ..values
        };
        assert_eq!(
            expand("%{ir}.%{v}", &values).unwrap(),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6"
        );
        for spec in ["%", "%x", "%{", "%{q}", "%{d0}", "%{d2x}"] {
            assert!(expand(spec, &values).is_err(), "{spec}");
        }
    }
}
