//! What a row asks for, by what the list holds about its address: no table is read or written here.

use super::seen::First;
use super::{Person, Standing, Verdict};
use crate::{Beginning, Reason, Status, Subscriber, Suppression, text};

/// What the list holds about an address.
#[derive(Default)]
pub(super) struct Held {
    pub(super) person: Option<Box<Subscriber>>,
    pub(super) block: Option<Box<Suppression>>,
}

/// What a row asks for.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing: the verdict stands.
    None(Verdict, Option<String>),
    /// A new person.
    Add(Beginning, Verdict, Option<String>),
    /// Somebody on the list leaves.
    Leave(Box<Subscriber>),
    /// The address must not be mailed.
    Block(Reason),
    /// Somebody on the list confirms, or is called otherwise.
    Meet(Box<Subscriber>),
    /// A row that may say that they left, of somebody whom another row put on the list.
    TakeBack(String),
}

/// What a row about a person asks for, given what is held and which row named them before.
pub(super) fn decide(person: &Person, held: Held, before: Option<First>) -> Step {
    // Who was erased stays out by the hash of their address; no list brings the address itself back.
    if let (None, Some(block)) = (&held.person, &held.block)
        && block.key == person.address.erased_key()
    {
        return Step::None(Verdict::Suppressed, Some(blocked(block)));
    }
    if let Some(block) = person.restored.as_ref().and_then(|it| it.block.as_ref()) {
        return Step::Block(block.reason);
    }
    match (person.standing, before) {
        // Leaving counts on any line, also on the second of the same address.
        (Standing::Blocked(reason), _) => Step::Block(reason),
        (Standing::Left, _) => leave(held.person),
        (Standing::Active | Standing::Unconfirmed, Some(first)) => again(first),
        (Standing::Unconfirmed, None) if person.restored.is_none() => Step::None(
            Verdict::Refused,
            Some("was not confirmed in the file".to_owned()),
        ),
        (Standing::Unconfirmed, None) => match (held.block, held.person) {
            (Some(block), _) => Step::None(Verdict::Suppressed, Some(blocked(&block))),
            (None, Some(_)) => Step::None(Verdict::Unchanged, None),
            (None, None) => Step::Add(
                Beginning::Pending,
                Verdict::Added,
                Some("pending, as exported".to_owned()),
            ),
        },
        (Standing::Active, None) => match (held.block, held.person) {
            (Some(block), _) => Step::None(Verdict::Suppressed, Some(blocked(&block))),
            (None, Some(here)) => meet(person, here),
            (None, None) => Step::Add(Beginning::Active, Verdict::Added, person.remark.clone()),
        },
    }
}

fn again(first: First) -> Step {
    let line = first.line;
    let (verdict, reason) = if first.was_refused {
        let reason = format!("the same address as line {line}, which was refused");
        (Verdict::Refused, reason)
    } else {
        (
            Verdict::Unchanged,
            format!("the same address as line {line}"),
        )
    };
    Step::None(verdict, Some(reason))
}

fn leave(person: Option<Box<Subscriber>>) -> Step {
    match person {
        Some(here) if here.status == Status::Unsubscribed => Step::None(
            Verdict::Suppressed,
            Some("unsubscribed in the file and here".to_owned()),
        ),
        // Both also behind a block: who takes that back must not bring them back.
        Some(here) => Step::Leave(here),
        None => Step::Add(
            Beginning::Unsubscribed,
            Verdict::Suppressed,
            Some("unsubscribed in the file; kept so that nobody adds them again".to_owned()),
        ),
    }
}

/// A row about somebody who is on the list.
fn meet(person: &Person, here: Box<Subscriber>) -> Step {
    match here.status {
        Status::Unsubscribed => {
            let when = here
                .unsubscribed_at
                .map(|at| format!(" on {}", text::day(at)));
            let when = when.unwrap_or_default();
            let reason = format!("unsubscribed here{when}; only they can come back");
            Step::None(Verdict::Suppressed, Some(reason))
        }
        Status::Suppressed => Step::None(Verdict::Suppressed, Some("suppressed here".to_owned())),
        // A file without names does not take names away.
        Status::Active if person.name.is_none() || person.name == here.name => {
            Step::None(Verdict::Unchanged, person.remark.clone())
        }
        Status::Active | Status::Pending => Step::Meet(here),
    }
}

pub(super) fn blocked(block: &Suppression) -> String {
    format!(
        "suppressed here since {}: {}",
        text::day(block.since),
        block.reason
    )
}
