//! What an SMTP reply means for one message (RFC 5321 section 4.2, RFC 3463, RFC 5248).

/// A reply as the relay gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, such as 550.
    pub code: u16,
    /// All its lines joined, such as "5.1.1 no such user".
    pub text: String,
}

/// During which command it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// MAIL FROM: about us.
    Sender,
    /// RCPT TO: about the recipient.
    Recipient,
    /// DATA: about the message, of which nothing has left.
    Data,
    /// The message and its final dot.
    Message,
    /// None: what the relay offers rules the message out, and it was not asked.
    Offer,
}

/// What to do with the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The next hop has it.
    Accepted,
    /// Try again later.
    TryLater,
    /// This recipient will not take it, now or ever.
    RecipientRefused,
    /// Our fault or policy: never blamed on the recipient, tried again later, and an alarm if it
    /// happens to everyone.
    SenderRefused,
}

impl Reply {
    /// The enhanced status code, if the text begins with one that fits the reply's class.
    #[must_use]
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let mut numbers = self
            .text
            .split_whitespace()
            .next()?
            .split('.')
            .map(str::parse);
        let code = (
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        );
        (numbers.next().is_none() && code.0 == self.code / 100).then_some(code)
    }

    /// What it means.
    #[must_use]
    pub fn verdict(&self, phase: Phase) -> Verdict {
        match (self.code / 100, phase, self.enhanced()) {
            // Nothing else takes a message, whatever a relay says before it has it.
            (2, Phase::Message, _) => Verdict::Accepted,
            // Another relay may take it, or this one when it has changed.
            (_, Phase::Offer, _) => Verdict::TryLater,
            // Not permitted, not authenticated, spam, wrong format: 5.7.x, 5.6.x, 5.5.x, 5.3.4.
            (5, _, Some((5, 5..=7, _) | (5, 3, 4))) => Verdict::SenderRefused,
            // The sender's address or domain (RFC 3463 section 3.2), which many relays judge at RCPT.
            (5, _, Some((5, 1, 7 | 8))) => Verdict::SenderRefused,
            // Without more words these are mostly policies and blocklists.
            (5, Phase::Recipient, None) if self.code > 552 => Verdict::SenderRefused,
            (5, Phase::Recipient, _) => Verdict::RecipientRefused,
            (5, Phase::Data | Phase::Message, Some((5, 1 | 2, _))) => Verdict::RecipientRefused,
            (5, ..) => Verdict::SenderRefused,
            _ => Verdict::TryLater,
        }
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code)?;
        let words = self.text.split_whitespace();
        words.into_iter().try_for_each(|word| write!(f, " {word}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reply_has_its_meaning() {
        use Phase::{Message, Recipient, Sender};
        use Verdict::{Accepted, RecipientRefused, SenderRefused, TryLater};
        for (code, text, phase, verdict) in [
            (250, "2.0.0 queued", Message, Accepted),
            (250, "2.0.0 ok", Phase::Data, TryLater),
            (250, "2.1.5 ok", Recipient, TryLater),
            (552, "5.2.2 mailbox full", Phase::Data, RecipientRefused),
            (451, "4.7.1 greylisted", Recipient, TryLater),
            (421, "4.7.28 too fast", Message, TryLater),
            (550, "5.1.1 no such user", Recipient, RecipientRefused),
            (550, "no such user", Recipient, RecipientRefused),
            (552, "5.2.2 mailbox full", Message, RecipientRefused),
            (550, "5.7.1 not authenticated", Recipient, SenderRefused),
            (554, "5.7.1 looks like spam", Message, SenderRefused),
            (550, "rejected", Message, SenderRefused),
            (553, "5.1.8 bad sender", Sender, SenderRefused),
            (550, "5.1.8 domain not found", Recipient, SenderRefused),
            (554, "no", Recipient, SenderRefused),
            (999, "?", Message, TryLater),
            (552, "5.3.4 too large", Phase::Offer, TryLater),
        ] {
            let reply = Reply {
                code,
                text: text.to_owned(),
            };
            assert_eq!(reply.verdict(phase), verdict, "{reply} at {phase:?}");
        }
    }

    #[test]
    fn an_enhanced_code_of_another_class_is_none() {
        for (text, wanted) in [
            ("5.1.1 no", Some((5, 1, 1))),
            ("4.1.1 no", None),
            ("5.1 no", None),
            ("5.1.1.1 x", None),
            ("", None),
        ] {
            assert_eq!(
                Reply {
                    code: 550,
                    text: text.to_owned()
                }
                .enhanced(),
                wanted,
                "{text}"
            );
        }
    }
}
