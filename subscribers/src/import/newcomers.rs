//! What a row says of a person who is new, with what it does not say.

use super::Person;
use crate::{Beginning, Dates, How, NewSubscriber, Preferences, SubscriberId};

/// The file, and when they agreed by its own account.
fn evidence(how: &How, person: &Person) -> How {
    if let Some(origin) = person.restored.as_ref().and_then(|it| it.origin.clone()) {
        return origin;
    }
    match (how, &person.agreed) {
        (How::Import(file), Some(at)) => How::Import(format!("{file}, agreed there {at}").into()),
        (how, _) => how.clone(),
    }
}

/// A row's person as the list takes them.
pub(super) fn new_subscriber(
    how: &How,
    person: &Person,
    beginning: Beginning,
    id: SubscriberId,
) -> NewSubscriber {
    NewSubscriber {
        id,
        address: person.address.clone(),
        name: person.name.clone(),
        beginning,
        preferences: Preferences {
            digests: person.digests.clone().unwrap_or_default(),
            topics: person.topics.clone().unwrap_or_default(),
            format: person.format.unwrap_or_default(),
            counting: person.counting.unwrap_or_default(),
            time_zone: person.time_zone.clone(),
            language: person.language.clone(),
            paused_until: person.paused_until,
        },
        how: evidence(how, person),
        dates: dates(person, beginning),
    }
}

/// The days of somebody from a list of ours, complete for where they begin.
fn dates(person: &Person, beginning: Beginning) -> Option<Dates> {
    let mut dates = person.restored.as_ref()?.dates?;
    match beginning {
        Beginning::Pending => {}
        Beginning::Active => {
            dates.confirmed_at = dates.confirmed_at.or(Some(dates.created_at));
            dates.unsubscribed_at = None;
        }
        Beginning::Unsubscribed => {
            dates.unsubscribed_at = dates.unsubscribed_at.or(Some(dates.created_at));
        }
    }
    Some(dates)
}
