//! What proves whose mail came back.
//!
//! Anybody may write a notice that says that somebody else's address is dead. What nobody can make up is what
//! only the mail itself held: the tag of the address it comes back to (VERP), or a link of the reader's own.

use super::message::{Headers, Mail};
use crate::links::{Kind, Links, TAG_CHARS, TOKEN_CHARS, Token};

/// Fields in which the address stands that a notice was delivered to.
const RECIPIENTS: [&str; 7] = [
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "apparently-to",
    "to",
];

/// What is known of whose copy a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// One of our keys says so.
    Ours(Token),
    /// It has what looks like a tag of ours, which no key of ours made.
    Forged,
    /// It says nothing.
    None,
}

/// Looks for the tag of the address a message came to, then in the mail it returns.
pub(super) fn proof(mail: &Mail, links: &Links) -> Proof {
    let mut is_forged = false;
    let delivered = RECIPIENTS
        .iter()
        .flat_map(|name| mail.headers.all(name))
        .flat_map(tags);
    for tag in delivered {
        match links.verify_tag(tag).filter(|it| it.kind == Kind::Bounce) {
            Some(token) => return Proof::Ours(token),
            None => is_forged = true,
        }
    }
    if is_forged {
        return Proof::Forged;
    }
    let Some(part) = mail.returned() else {
        return Proof::None;
    };
    let returned = Headers::parse(part.text.trim_start());
    let paths = returned.all("return-path").flat_map(tags);
    let mut tagged = paths.filter_map(|tag| links.verify_tag(tag));
    let tagged = tagged.find(|token| token.kind == Kind::Bounce);
    // A complaint hides the address, and rarely the way out.
    let own = || {
        let words = returned.all("list-unsubscribe").flat_map(words);
        let mut tokens = words.filter_map(|word| links.verify(word));
        tokens.find(|token| token.kind == Kind::Unsubscribe)
    };
    tagged.or_else(own).map_or(Proof::None, Proof::Ours)
}

/// The reader who asks by mail to be left alone: the subject that the mail's own `mailto:` writes (RFC 2369
/// section 3.2) holds a token of theirs.
pub(super) fn leaving(mail: &Mail, links: &Links) -> Option<Token> {
    let subject = mail.headers.decoded("subject");
    let mut tokens = words(&subject).filter_map(|word| links.verify(word));
    tokens.find(|token| token.kind == Kind::Unsubscribe)
}

/// What stands between a plus and the @ of addresses and has the length of a tag.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('+').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let (tag, _) = rest.split_once('@')?;
        (tag.len() == TAG_CHARS && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .then_some(tag)
    })
}

/// What has the length and the letters of a link's token.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .filter(|word| word.len() == TOKEN_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn proof(raw: &[u8], links: &Links) -> Proof {
        super::proof(&Mail::parse(raw), links)
    }

    fn leaving(raw: &[u8], links: &Links) -> Option<Token> {
        super::leaving(&Mail::parse(raw), links)
    }

    fn links() -> Links {
        Links::new("https://go.example.org", &Secret::new(&Links::new_key())).unwrap()
    }

    const TOKEN: Token = Token {
        subscriber: 42,
        edition: 7,
        kind: Kind::Bounce,
    };

    #[test]
    fn the_address_a_notice_came_to_proves_it_and_a_forged_one_nothing() {
        let (links, others) = (links(), links());
        let to = |links: &Links| {
            let tag = links.tag(TOKEN).to_ascii_uppercase();
            format!(
                "Delivered-To: bounces+{tag}@news.example\r\nSubject: x\r\n\r\nno such user\r\n"
            )
        };
        assert_eq!(proof(to(&links).as_bytes(), &links), Proof::Ours(TOKEN));
        assert_eq!(proof(to(&others).as_bytes(), &links), Proof::Forged);
        let wrong_kind = links.tag(Token {
            kind: Kind::Open,
            ..TOKEN
        });
        let raw = format!("To: <bounces+{wrong_kind}@news.example>\r\n\r\n");
        assert_eq!(proof(raw.as_bytes(), &links), Proof::Forged);
        assert_eq!(
            proof(b"To: ann+news@example.org\r\n\r\n", &links),
            Proof::None
        );
    }

    #[test]
    fn a_complaint_that_hides_the_address_is_known_by_its_way_out() {
        let links = links();
        let token = Token {
            kind: Kind::Unsubscribe,
            ..TOKEN
        };
        let raw = format!(
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b\r\n\
             Content-Type: message/rfc822\r\n\r\nTo: redacted\r\nList-Unsubscribe: <{}>,\r\n \
             <mailto:u@news.example>\r\n\r\nhello\r\n--b--\r\n",
            links.url(token)
        );
        assert_eq!(proof(raw.as_bytes(), &links), Proof::Ours(token));
        assert_eq!(proof(raw.as_bytes(), &self::links()), Proof::None);
        let mail = format!("Subject: unsubscribe {}\r\n\r\n", links.sign(token));
        assert_eq!(leaving(mail.as_bytes(), &links), Some(token));
        assert_eq!(leaving(mail.as_bytes(), &self::links()), None);
        let open = format!("Subject: unsubscribe {}\r\n\r\n", links.sign(TOKEN));
        assert_eq!(leaving(open.as_bytes(), &links), None);
    }
}
