//! The policies that are compared, and their names on the command line.

use super::ours::{Ours, Repeats};
use super::peers::{Peer, Score};

/// A way to choose what goes into an edition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does, in a few words.
    pub words: &'static str,
    pub(super) kind: Kind,
}

/// What a policy is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Oracle,
    DayLateOracle,
    Random,
    Peer(Peer),
    Ours(Ours),
}

const ALL: usize = usize::MAX;

const fn policy(name: &'static str, words: &'static str, kind: Kind) -> Policy {
    Policy { name, words, kind }
}

/// A peer with half of its places for the newest, as `newest` says.
const fn peer(score: Score, newest: usize, at_most: usize) -> Peer {
    Peer {
        score,
        newest,
        at_most,
        is_filtered: false,
    }
}

const fn filtered(peer: Peer) -> Kind {
    Kind::Peer(Peer {
        is_filtered: true,
        ..peer
    })
}

const OURS: Ours = Ours {
    waves: 1,
    has_views: false,
    repeats: Repeats::Unopened(2),
    groups: None,
    new_slots: 3,
    is_filtered: true,
    sees_names: true,
};

/// All policies, the clairvoyant first: shares are told of the first.
pub const POLICIES: &[Policy] = &[
    policy("oracle", "knows everything", Kind::Oracle),
    policy(
        "oracle-day-late",
        "knows everything but today's new stories",
        Kind::DayLateOracle,
    ),
    policy("random", "any story of the last two days", Kind::Random),
    policy(
        "newest",
        "newest first",
        Kind::Peer(peer(Score::Newest, 0, ALL)),
    ),
    policy(
        "clicks-ever",
        "most clicks of all time",
        Kind::Peer(peer(Score::ClicksEver, 0, ALL)),
    ),
    policy(
        "clicks",
        "most clicks + 5 newest",
        Kind::Peer(peer(Score::Clicks, 5, ALL)),
    ),
    policy(
        "rate",
        "clicks / opens + 5 newest",
        Kind::Peer(peer(Score::Rate, 5, ALL)),
    ),
    policy(
        "gravity",
        "Hacker News + 5 newest",
        Kind::Peer(peer(Score::Gravity, 5, ALL)),
    ),
    policy("hot", "Reddit's hot", Kind::Peer(peer(Score::Hot, 0, ALL))),
    policy(
        "wilson",
        "Wilson's lower bound + 5 newest",
        Kind::Peer(peer(Score::Wilson, 5, ALL)),
    ),
    policy(
        "average",
        "Bayesian average + 5 newest",
        Kind::Peer(peer(Score::Average, 5, ALL)),
    ),
    policy(
        "gravity-filtered",
        "Hacker News + 5 newest, our filter",
        filtered(peer(Score::Gravity, 5, ALL)),
    ),
    policy(
        "hot-filtered",
        "Reddit's hot, our filter",
        filtered(peer(Score::Hot, 0, ALL)),
    ),
    policy(
        "average-filtered",
        "Bayesian average + 5 newest, our filter, a story twice at most",
        filtered(peer(Score::Average, 5, 2)),
    ),
    policy("courant", "this program, one wave", Kind::Ours(OURS)),
    policy(
        "courant-views",
        "with page views",
        Kind::Ours(Ours {
            has_views: true,
            ..OURS
        }),
    ),
    policy(
        "courant-2",
        "two waves",
        Kind::Ours(Ours { waves: 2, ..OURS }),
    ),
    policy(
        "courant-2-views",
        "two waves, with page views",
        Kind::Ours(Ours {
            waves: 2,
            has_views: true,
            ..OURS
        }),
    ),
    policy(
        "courant-repeats",
        "one wave, repeats only tire",
        Kind::Ours(Ours {
            repeats: Repeats::Any,
            ..OURS
        }),
    ),
    policy(
        "courant-2-repeats",
        "two waves, repeats only tire",
        Kind::Ours(Ours {
            waves: 2,
            repeats: Repeats::Any,
            ..OURS
        }),
    ),
    policy(
        "courant-2-views-repeats",
        "two waves, page views, repeats only tire",
        Kind::Ours(Ours {
            waves: 2,
            has_views: true,
            repeats: Repeats::Any,
            ..OURS
        }),
    ),
    policy(
        "courant-never",
        "one wave, no story twice",
        Kind::Ours(Ours {
            repeats: Repeats::Unopened(1),
            ..OURS
        }),
    ),
    policy(
        "courant-one-slate",
        "the same slate for everybody",
        Kind::Ours(Ours {
            groups: Some(1),
            ..OURS
        }),
    ),
    policy(
        "courant-no-new",
        "without the section for new stories",
        Kind::Ours(Ours {
            new_slots: 0,
            ..OURS
        }),
    ),
    policy(
        "courant-unfiltered",
        "without the filter",
        Kind::Ours(Ours {
            is_filtered: false,
            ..OURS
        }),
    ),
    policy(
        "courant-nameless",
        "the filter sees no names of programs",
        Kind::Ours(Ours {
            sees_names: false,
            ..OURS
        }),
    ),
];

/// Policies compared when nobody asks for others.
const USUAL: &[&str] = &[
    "oracle",
    "oracle-day-late",
    "newest",
    "clicks",
    "rate",
    "gravity",
    "wilson",
    "average",
    "average-filtered",
    "courant",
    "courant-2",
    "courant-2-views",
];

/// The policy of this name.
#[must_use]
pub fn named(name: &str) -> Option<Policy> {
    POLICIES.iter().find(|policy| policy.name == name).copied()
}

/// The policies of these names, the oracle before them; without any the usual ones.
///
/// # Errors
/// The first name that is none.
pub fn find(names: &[String]) -> Result<Vec<Policy>, String> {
    let usual: Vec<String> = USUAL.iter().map(|name| (*name).to_owned()).collect();
    let names = if names.is_empty() { &usual } else { names };
    let all = names.iter().any(|name| name == "all");
    if let Some(unknown) = names
        .iter()
        .find(|name| *name != "all" && named(name).is_none())
    {
        return Err(unknown.clone());
    }
    let wanted = |policy: &&Policy| {
        all || policy.kind == Kind::Oracle || names.iter().any(|name| name == policy.name)
    };
    Ok(POLICIES.iter().filter(wanted).copied().collect())
}
