//! The editions before: what is usual, and which stories were followed most.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::figures::Summary;
use super::{FEWEST, Popular, USUAL_EDITIONS, Usual};
use crate::database::{Conn, Error};
use crate::edition::{self, Edition};
use crate::engagement::{Account, accounts};
use crate::units::number;

/// Stories that are named.
const POPULAR: usize = 10;

/// An edition before.
pub(super) struct Past {
    pub(super) edition: Edition,
    account: Account,
    summary: Summary,
}

/// The last editions of a digest before one, the newest first.
pub(super) async fn past(
    conn: &mut Conn,
    edition: &Edition,
    at: Timestamp,
) -> Result<Vec<Past>, Error> {
    let digests = [edition.digest.as_str()];
    let before = i64::from(edition.number);
    let mut all = Vec::new();
    for older in edition::store::published(conn, &digests, before, USUAL_EDITIONS).await? {
        let Some(older) = edition::store::find(conn, &older.id).await? else {
            continue;
        };
        let account = accounts::of(conn, &older, at.as_second()).await?;
        let summary = Summary::with(conn, &older, (&account, at)).await?;
        all.push(Past {
            edition: older,
            account,
            summary,
        });
    }
    Ok(all)
}

/// The medians; editions of a handful of readers say nothing.
pub(super) fn usual(past: &[Past]) -> Usual {
    let summaries: Vec<&Summary> = past.iter().map(|past| &past.summary).collect();
    usual_of(&summaries)
}

fn usual_of(past: &[&Summary]) -> Usual {
    let rate = |share: &dyn Fn(&Summary) -> Option<(u64, u64)>| {
        let shares = past.iter().filter_map(|past| share(past));
        let rates = shares.filter(|(_, of)| *of >= FEWEST);
        median(
            rates
                .map(|(count, of)| number(count) / number(of))
                .collect(),
        )
    };
    let is_full = |past: &Summary| past.tracking == crate::tracking::Tracking::Full;
    Usual {
        editions: past.iter().filter(|past| past.sent >= FEWEST).count(),
        delivered_rate: rate(&|past| Some((past.delivered, past.tried()))),
        opened_rate: rate(&|past| is_full(past).then_some((past.opened, past.counted))),
        clicked_rate: rate(&|past| past.clicked.map(|clicked| (clicked, past.counted))),
        unsubscribed_rate: rate(&|past| Some((past.unsubscribed, past.sent))),
        complained_rate: rate(&|past| Some((past.complained, past.sent))),
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*values.get(half - 1)?, upper))
}

/// The stories most people followed in this edition and those before.
pub(super) fn popular(edition: &Edition, account: &Account, past: &[Past]) -> Vec<Popular> {
    let mut found: BTreeMap<String, Popular> = BTreeMap::new();
    let older = past.iter().rev().map(|past| (&past.edition, &past.account));
    for (edition, account) in older.chain([(edition, account)]) {
        for entry in &edition.entries {
            let cells = account.cells.iter();
            let own = cells.filter(|(place, _)| place.link == entry.link);
            let (copies, people) = own.fold((0, 0), |(copies, people), (_, cell)| {
                (copies + cell.recipients, people + cell.people)
            });
            if copies == 0 {
                continue;
            }
            let id = entry.article.id.to_string();
            let known = found.entry(id.clone()).or_insert_with(|| Popular {
                article: id,
                title: entry.article.title.clone(),
                editions: 0,
                first: edition.id.to_string(),
                people: 0,
            });
            known.editions += 1;
            known.people += people;
        }
    }
    let mut popular: Vec<Popular> = found.into_values().filter(|it| it.people > 0).collect();
    popular.sort_by_key(|story| std::cmp::Reverse(story.people));
    popular.truncate(POPULAR);
    popular
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Tracking;

    #[test]
    fn the_usual_is_the_median_of_editions_that_are_large_enough() {
        let summary = |counted, opened, clicked| Summary {
            tracking: Tracking::Full,
            sent: counted,
            refused: 0,
            delivered: counted,
            counted,
            opened,
            at_most: opened,
            clicked,
            unsubscribed: 0,
            complained: 0,
            hours: Vec::new(),
        };
        let all = [
            summary(100, 10, Some(1)),
            summary(100, 90, None),
            summary(100, 30, Some(5)),
            summary(100, 20, Some(3)),
            // Of a handful.
            summary(19, 19, Some(19)),
        ];
        let found = usual_of(&all.iter().collect::<Vec<_>>());
        assert_eq!(found.editions, 4);
        assert_eq!(
            (found.opened_rate, found.clicked_rate),
            (Some(0.25), Some(0.03))
        );
        assert_eq!(found.delivered_rate, Some(1.0));
        assert_eq!(usual_of(&[]), Usual::default());
    }
}
