//! What a row says of a person who is new, with what it does not say.

use super::Person;
use crate::store::many::Newcomer;
use crate::{Beginning, Dates, How, NewSubscriber, SubscriberId};

/// Where the file's own account says more than that they stand in it.
fn evidence(how: &How, person: &Person) -> Option<How> {
    if let Some(origin) = person.restored.as_ref().and_then(|it| it.origin.clone()) {
        return Some(origin);
    }
    match (how, &person.agreed) {
        (How::Import(file), Some(at)) => {
            Some(How::Import(format!("{file}, agreed there {at}").into()))
        }
        _ => None,
    }
}

/// A row's person as the list takes them among others.
pub(super) fn newcomer<'a>(
    how: &How,
    person: &'a Person,
    beginning: Beginning,
    id: SubscriberId,
) -> Newcomer<'a> {
    Newcomer {
        id,
        address: &person.address,
        name: person.name.as_deref(),
        beginning,
        preferences: person.preferences.as_deref().cloned(),
        how: evidence(how, person),
        dates: dates(person, beginning),
    }
}

/// A row's person as the list takes them alone.
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
        preferences: person.preferences.as_deref().cloned().unwrap_or_default(),
        how: evidence(how, person).unwrap_or_else(|| how.clone()),
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
