//! The list of subscribers: how it grows, and who stays.

use std::collections::BTreeMap;

use courant_subscribers::store::growth::{self, Joined};
use courant_subscribers::{Act, Reason};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{Cohort, Week};
use crate::database::{Conn, Error};

/// Weeks and months that are shown.
const WEEKS: i64 = 12;
const MONTHS: usize = 12;

/// The last weeks, the newest first, from the first in which anything happened.
pub(super) async fn growth(conn: &mut Conn, now: i64) -> Result<Vec<Week>, Error> {
    let this_week = monday(now.div_euclid(86_400));
    let since = (this_week - (WEEKS - 1) * 7) * 86_400;
    let mut weeks: BTreeMap<i64, Week> = BTreeMap::new();
    let week = |weeks: &mut BTreeMap<i64, Week>, day: i64, add: &dyn Fn(&mut Week)| {
        let from = monday(day).min(this_week);
        add(weeks.entry(from).or_insert(Week {
            from: date(from),
            joined: 0,
            left: 0,
            bounced: 0,
            complained: 0,
        }));
    };
    week(&mut weeks, this_week, &|_| {});
    for acts in growth::acts(conn, since).await? {
        week(&mut weeks, acts.day, &|week| match acts.act {
            Act::Subscribed | Act::Resubscribed => week.joined += acts.people,
            Act::Unsubscribed => week.left += acts.people,
            Act::Asked | Act::Stayed => {}
        });
    }
    for blocked in growth::blocked(conn, since).await? {
        week(&mut weeks, blocked.day, &|week| match blocked.reason {
            Reason::HardBounce | Reason::SoftBounces => week.bounced += blocked.addresses,
            Reason::Complaint => week.complained += blocked.addresses,
            Reason::Unsubscribed | Reason::Manual => {}
        });
    }
    let first = weeks.keys().next().copied().unwrap_or(this_week);
    for day in (first..this_week).step_by(7) {
        week(&mut weeks, day, &|_| {});
    }
    Ok(weeks.into_values().rev().collect())
}

/// Readers by the month they joined, the newest first; the last row holds everybody before.
pub(super) async fn cohorts(
    conn: &mut Conn,
    clicked: Option<&[(i64, u64)]>,
    now: i64,
) -> Result<Vec<Cohort>, Error> {
    let joined = growth::joined(conn).await?;
    Ok(by_month(&joined, clicked, date(now.div_euclid(86_400))))
}

fn by_month(joined: &[Joined], clicked: Option<&[(i64, u64)]>, today: Date) -> Vec<Cohort> {
    let months = i64::try_from(MONTHS).unwrap_or(i64::MAX);
    let oldest = today
        .first_of_month()
        .checked_sub((months - 1).months())
        .unwrap_or(today);
    let mut cohorts: BTreeMap<Date, Cohort> = BTreeMap::new();
    let mut cohort = |day: i64, add: &dyn Fn(&mut Cohort)| {
        let month = date(day).first_of_month();
        // Those of the months before are one row, named by the last of them.
        let earlier = oldest.checked_sub(1.day()).unwrap_or(oldest);
        let (month, and_before) = if month < oldest {
            (earlier.first_of_month(), true)
        } else {
            (month, false)
        };
        add(cohorts.entry(month).or_insert(Cohort {
            month,
            and_before,
            joined: 0,
            active: 0,
            clicked: clicked.map(|_| 0),
        }));
    };
    for row in joined {
        cohort(row.day, &|cohort| {
            cohort.joined += row.people;
            cohort.active += row.active;
        });
    }
    for (day, people) in clicked.unwrap_or_default() {
        cohort(*day, &|cohort| {
            cohort.clicked = cohort.clicked.map(|clicked| clicked + people);
        });
    }
    cohorts.into_values().rev().collect()
}

/// The Monday on or before a day, both as days since 1970.
fn monday(day: i64) -> i64 {
    // The first of January 1970 was a Thursday.
    day - (day + 3).rem_euclid(7)
}

/// The date of a day since 1970; the nearest there is for one that has none.
fn date(day: i64) -> Date {
    let days = day.clamp(-700_000, 2_900_000);
    jiff::civil::date(1970, 1, 1)
        .checked_add(days.days())
        .unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        for (day, first) in [(0, -3), (3, -3), (4, 4), (10, 4), (11, 11)] {
            assert_eq!(monday(day), first, "{day}");
        }
        assert_eq!(date(4).to_string(), "1970-01-05");
        assert_eq!(date(i64::MAX), date(2_900_000));
    }

    #[test]
    fn the_last_row_holds_everybody_before() {
        let row = |day, people, active| Joined {
            day,
            people,
            active,
        };
        // 1970-01-01, 1971-01-31, 1971-02-01, 1972-01-02
        let joined = [row(0, 9, 3), row(395, 5, 1), row(396, 4, 4), row(731, 2, 2)];
        let found = by_month(&joined, Some(&[(395, 2), (731, 1)]), date(740));
        let rows: Vec<_> = found
            .iter()
            .map(|it| {
                (
                    it.month.to_string(),
                    it.and_before,
                    it.joined,
                    it.active,
                    it.clicked,
                )
            })
            .collect();
        let expected = [
            ("1972-01-01", false, 2, 2, Some(1)),
            ("1971-02-01", false, 4, 4, Some(0)),
            ("1971-01-01", true, 14, 4, Some(2)),
        ];
        let expected = expected.map(|(month, before, joined, active, clicked)| {
            (month.to_owned(), before, joined, active, clicked)
        });
        assert_eq!(rows, expected);
        assert!(
            by_month(&joined, None, date(740))
                .iter()
                .all(|it| it.clicked.is_none())
        );
    }
}
