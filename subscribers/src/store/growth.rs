//! SQL: how the list grows and shrinks, as counts by day (days since 1970, UTC).

use crate::{Act, Conn, Error, suppression::Reason};

use super::unknown;

/// How many people did something about their subscription on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acts {
    /// Which day.
    pub day: i64,
    /// What.
    pub act: Act,
    /// How many people.
    pub people: u64,
}

/// What people did about their subscriptions since an instant, oldest day first. Who was erased since is not
/// among them.
///
/// # Errors
/// When the database fails or holds an act this version does not know.
pub async fn acts(conn: &mut Conn, since: i64) -> Result<Vec<Acts>, Error> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT at / 86400 AS day, act, CAST(COUNT(DISTINCT subscriber_id) AS BIGINT)
         FROM consents WHERE at >= $1 GROUP BY at / 86400, act ORDER BY day, act",
    )
    .bind(since)
    .fetch_all(conn)
    .await?;
    let acts = rows.into_iter().map(|(day, act, people)| {
        Ok(Acts {
            day,
            act: Act::parse(&act).ok_or_else(|| unknown("consents", &day, &act))?,
            people: count(people),
        })
    });
    acts.collect()
}

/// How many addresses were blocked on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Which day.
    pub day: i64,
    /// Why.
    pub reason: Reason,
    /// How many.
    pub addresses: u64,
}

/// The addresses that were blocked since an instant and still are, oldest day first.
///
/// # Errors
/// When the database fails or holds a reason this version does not know.
pub async fn blocked(conn: &mut Conn, since: i64) -> Result<Vec<Blocked>, Error> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT since_at / 86400 AS day, reason, CAST(COUNT(*) AS BIGINT)
         FROM suppressions WHERE since_at >= $1 AND lifted_at IS NULL
         GROUP BY since_at / 86400, reason ORDER BY day, reason",
    )
    .bind(since)
    .fetch_all(conn)
    .await?;
    let blocked = rows.into_iter().map(|(day, reason, addresses)| {
        Ok(Blocked {
            day,
            reason: Reason::parse(&reason).ok_or_else(|| unknown("suppressions", &day, &reason))?,
            addresses: count(addresses),
        })
    });
    blocked.collect()
}

/// How many people joined on a day, and how many of them are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Which day: of their first opt-in, or else when their address came.
    pub day: i64,
    /// How many.
    pub people: u64,
    /// Of these, those who are mailed today.
    pub active: u64,
}

/// Everybody who ever joined and is not erased, by the day they did, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn joined(conn: &mut Conn) -> Result<Vec<Joined>, Error> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT COALESCE(confirmed_at, created_at) / 86400 AS day, CAST(COUNT(*) AS BIGINT),
             CAST(SUM(CASE WHEN status = 'active' THEN 1 ELSE 0 END) AS BIGINT)
         FROM subscribers WHERE status <> 'pending'
         GROUP BY COALESCE(confirmed_at, created_at) / 86400 ORDER BY day",
    )
    .fetch_all(conn)
    .await?;
    let joined = rows.into_iter().map(|(day, people, active)| Joined {
        day,
        people: count(people),
        active: count(active),
    });
    Ok(joined.collect())
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
