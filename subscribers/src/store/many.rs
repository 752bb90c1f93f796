//! SQL: many people in one statement, for imports. What `subscribers` and `suppressions` do for one.
//!
//! A statement of its own for every person costs many times what the row costs. Statements are of one
//! length each, so that the database reads them once; a short last one repeats its last row, which
//! changes nothing.
//!
//! Their values have no numbers on SQLite: the driver looks each one up by its name, and a list of names is
//! searched from its beginning.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::LazyLock;

use sqlx::{Any, any::AnyArguments, error::BoxDynError, query::Query};

use super::preferences;
use super::subscribers::SubscriberRow;
use super::suppressions::SuppressionRow;
use crate::{
    Act, Beginning, Conn, Dates, EmailAddress, Error, How, Preferences, Subscriber, SubscriberId,
    Suppression, suppression::Recorded,
};

/// People or keys in one statement: SQLite takes 32 766 values in one, PostgreSQL 65 535. More at once is not faster.
pub(crate) const AT_ONCE: usize = 500;

/// One statement as each database wants its values marked.
struct Text {
    sqlite: String,
    postgres: String,
}

impl Text {
    /// One that puts rows where they are wanted and leaves out those that are there already; `text` is what stands
    /// behind `INSERT INTO`, with `?` for each value, in their order.
    ///
    /// SQLite's own words for it also leave out a row without what it needs, which ours have, and so never end a
    /// statement in its middle: it keeps no copy of the pages that the statement changes.
    fn insert(text: &str) -> Self {
        Self {
            sqlite: untyped(&format!("INSERT OR IGNORE INTO {text}")),
            postgres: numbered(&format!("INSERT INTO {text} ON CONFLICT DO NOTHING")),
        }
    }

    /// From a text with `?` for each value, in their order.
    fn new(text: String) -> Self {
        Self {
            postgres: numbered(&text),
            sqlite: text,
        }
    }

    fn on(&'static self, conn: &Conn) -> &'static str {
        Self::of(conn)(self)
    }

    /// Which of the two a connection takes.
    fn of(conn: &Conn) -> fn(&'static Self) -> &'static str {
        match conn.backend_name() {
            "SQLite" => |text| &text.sqlite,
            _ => |text| &text.postgres,
        }
    }
}

/// A text without the types of values, for which SQLite would convert each of them in each row.
fn untyped(text: &str) -> String {
    let bare = |text: String, kind| text.replace(&format!("CAST(? AS {kind})"), "?");
    ["BIGINT", "TEXT"].into_iter().fold(text.to_owned(), bare)
}

/// A text with `$1`, `$2` … in place of each `?`.
fn numbered(text: &str) -> String {
    let mut numbered = String::with_capacity(text.len() * 2);
    for (number, piece) in text.split('?').enumerate() {
        if number > 0 {
            numbered.push('$');
            numbered.push_str(&number.to_string());
        }
        numbered.push_str(piece);
    }
    numbered
}

/// `(?, ?), (?, ?) …`, the first row with its types: PostgreSQL infers those of the others from it.
fn rows(types: &[&str], count: usize) -> String {
    let first: Vec<String> = types
        .iter()
        .map(|kind| format!("CAST(? AS {kind})"))
        .collect();
    let other = format!(", ({})", vec!["?"; types.len()].join(", "));
    format!("({}){}", first.join(", "), other.repeat(count - 1))
}

/// The values in pieces of [`AT_ONCE`], the last one filled with its last value.
fn filled<T>(values: &[T]) -> impl Iterator<Item = impl Iterator<Item = &T>> {
    values.chunks(AT_ONCE).map(|chunk| {
        let missing = AT_ONCE - chunk.len();
        let last = chunk.last().into_iter();
        chunk
            .iter()
            .chain(last.flat_map(move |last| std::iter::repeat_n(last, missing)))
    })
}

/// People who come as most do: active as of now, all in one way, with the usual choices, at an address in lower case.
static ADD_ALIKE: LazyLock<Text> = LazyLock::new(|| add_now(false));

/// People of whom some bring a key that is not the address as it stands, or an origin of their own.
static ADD_NEARLY_ALIKE: LazyLock<Text> = LazyLock::new(|| add_now(true));

/// What all of them have is told once, and nothing that is nowhere: every value costs as much as a column. The usual
/// choices are those of the columns. A function of SQLite's could fail, and it would keep a copy of each page for that.
fn add_now(bring_their_own: bool) -> Text {
    let mut types = vec!["BIGINT", "TEXT", "TEXT"];
    let (mut key, mut origin) = ("column2", "CAST(? AS TEXT)");
    if bring_their_own {
        types.extend(["TEXT", "TEXT"]);
        key = "COALESCE(column4, column2)";
        origin = "COALESCE(column5, CAST(? AS TEXT))";
    }
    let people = rows(&types, AT_ONCE);
    Text::insert(&format!(
        "subscribers
             (id, address, address_key, name, status, created_at, confirmed_at, origin)
         SELECT column1, column2, {key}, column3, 'active', CAST(? AS BIGINT), CAST(? AS BIGINT), {origin}
         FROM (VALUES {people}) AS people"
    ))
}

/// People who bring their own of all that.
static ADD_EACH: LazyLock<Text> = LazyLock::new(|| add_each(AT_ONCE));

/// One of them.
static ADD_ONE: LazyLock<Text> = LazyLock::new(|| add_each(1));

fn add_each(count: usize) -> Text {
    let types = [
        "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT",
        "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT",
    ];
    let people = rows(&types, count);
    Text::insert(&format!(
        "subscribers
             (id, address, address_key, name, status, created_at, confirmed_at, unsubscribed_at, origin,
              digests, format, counting, time_zone, language, paused_until, topics)
         SELECT column1, column2, COALESCE(column4, column2), column3, column5, column6, column7, column8,
                column9, column10, column11, column12, column13, column14, column15, column16
         FROM (VALUES {people}) AS people"
    ))
}

/// How a number of people are put on the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    Alike,
    NearlyAlike,
    Each,
    One,
}

impl Plan {
    fn of(people: &[Newcomer<'_>]) -> Self {
        let is_plain = |new: &Newcomer<'_>| new.comes_now() && new.preferences.is_none();
        let is_alike = |new: &Newcomer<'_>| new.how.is_none() && new.key().is_none();
        match people {
            [_] => Self::One,
            _ if !people.iter().all(is_plain) => Self::Each,
            _ if people.iter().all(is_alike) => Self::Alike,
            _ => Self::NearlyAlike,
        }
    }

    /// How many its statement takes.
    const fn takes(self) -> usize {
        match self {
            Self::Alike | Self::NearlyAlike | Self::Each => AT_ONCE,
            Self::One => 1,
        }
    }
}

/// Somebody to put on the list with others.
#[derive(Clone)]
pub(crate) struct Newcomer<'a> {
    pub(crate) id: SubscriberId,
    pub(crate) address: &'a EmailAddress,
    pub(crate) name: Option<&'a str>,
    pub(crate) beginning: Beginning,
    /// What they chose; `None`: the usual.
    pub(crate) preferences: Option<Preferences>,
    /// How the address came to us; `None`: as all of them did.
    pub(crate) how: Option<How>,
    /// When they came and left; `None`: they come now.
    pub(crate) dates: Option<Dates>,
}

impl Newcomer<'_> {
    /// Whether they become active now.
    fn comes_now(&self) -> bool {
        self.beginning == Beginning::Active && self.dates.is_none()
    }

    /// The key of the address, if it is not the address.
    fn key(&self) -> Option<&str> {
        let key = self.address.key();
        (key != self.address.as_str()).then_some(key)
    }
}

/// The statement for some people, [`AT_ONCE`] at most, who came in one way; nothing for nobody.
fn query(
    on: fn(&'static Text) -> &'static str,
    mut people: Vec<Newcomer<'_>>,
    (how, now): (&How, i64),
) -> Result<Option<Query<'static, Any, AnyArguments>>, Error> {
    let Some(last) = people.last() else {
        return Ok(None);
    };
    let plan = Plan::of(&people);
    let missing = plan.takes().saturating_sub(people.len());
    let filling = vec![last.clone(); missing];
    people.extend(filling);
    let mut query = sqlx::query(on(match plan {
        Plan::Alike => &ADD_ALIKE,
        Plan::NearlyAlike => &ADD_NEARLY_ALIKE,
        Plan::Each => &ADD_EACH,
        Plan::One => &ADD_ONE,
    }));
    if let Plan::Alike | Plan::NearlyAlike = plan {
        query = query.bind(now).bind(now).bind(how.to_string());
    }
    for new in people {
        query.try_bind(new.id.as_i64()).map_err(unbound)?;
        query.try_bind(new.address.as_str()).map_err(unbound)?;
        query.try_bind(new.name).map_err(unbound)?;
        match plan {
            Plan::Alike => {}
            Plan::NearlyAlike => {
                query.try_bind(new.key()).map_err(unbound)?;
                query
                    .try_bind(new.how.map(|how| how.to_string()))
                    .map_err(unbound)?;
            }
            Plan::Each | Plan::One => {
                let dates = new.beginning.dates(new.dates, now);
                query.try_bind(new.key()).map_err(unbound)?;
                query = query
                    .bind(new.beginning.status().as_str())
                    .bind(dates.created_at)
                    .bind(dates.confirmed_at)
                    .bind(dates.unsubscribed_at)
                    .bind(new.how.as_ref().unwrap_or(how).to_string());
                query = preferences::bind(query, &new.preferences.unwrap_or_default())?;
            }
        }
    }
    Ok(Some(query))
}

fn unbound(error: BoxDynError) -> Error {
    sqlx::Error::Encode(error).into()
}

/// Puts people on the list, with their preferences and the evidence; returns who was not put there, by their
/// places, because the address (or, once in an age, the id) was taken meanwhile.
///
/// Their ids must rise, as [`rising`](crate::subscriber::Rising) ones do; each person is made when their turn comes.
/// `how` is by which way they came, who bring no other.
/// Whether an address is blocked is the caller's question. What is to be done `meanwhile` is done once for each
/// statement.
///
/// # Errors
/// [`Error::DigestName`] when preferences name an impossible digest; else when the database fails.
pub(crate) async fn add<'a>(
    conn: &mut Conn,
    (ids, person): (&[SubscriberId], impl Fn(usize) -> Newcomer<'a>),
    (how, now): (&How, i64),
    meanwhile: &mut impl FnMut(),
) -> Result<Vec<usize>, Error> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
        return Ok(Vec::new());
    };
    let range = (first.as_i64(), last.as_i64());
    let mut added = 0;
    let mut begin = 0;
    let mut are_alike = true;
    let on = Text::of(conn);
    let mut some = || {
        let end = ids.len().min(begin + AT_ONCE);
        let people: Vec<_> = (begin..end).map(&person).collect();
        begin = end;
        are_alike &= people
            .iter()
            .all(|new| new.comes_now() && new.how.is_none());
        query(on, people, (how, now))
    };
    let mut next = some()?;
    while let Some(statement) = next.take() {
        let mut prepared = Ok(None);
        let prepare = || {
            prepared = some();
            meanwhile();
        };
        let done = beside(statement.execute(&mut *conn), prepare).await?;
        added += done.rows_affected();
        next = prepared?;
    }
    let alike = are_alike.then_some((how, now));
    beside(first_evidence(conn, range, alike), meanwhile).await?;
    if usize::try_from(added) == Ok(ids.len()) {
        return Ok(Vec::new());
    }
    left_out(conn, ids, range).await
}

/// Does something once while a statement runs: the driver works in a thread of its own.
async fn beside<T>(statement: impl Future<Output = T>, something: impl FnOnce()) -> T {
    let mut statement = pin!(statement);
    let mut something = Some(something);
    poll_fn(|context| {
        let state = statement.as_mut().poll(context);
        if let Some(something) = something.take() {
            something();
        }
        state
    })
    .await
}

/// The first evidence of people who became active at once and in one way.
static EVIDENCE_ALIKE: LazyLock<Text> = LazyLock::new(|| {
    Text::insert(
        "consents (subscriber_id, position, at, act, how)
         SELECT id, 1, CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT)
         FROM subscribers
         WHERE id BETWEEN ? AND ?",
    )
});

/// That of others, by their own days and origins.
static EVIDENCE_EACH: LazyLock<Text> = LazyLock::new(|| {
    Text::insert(
        "consents (subscriber_id, position, at, act, how)
         SELECT id, 1,
                CASE status WHEN 'unsubscribed' THEN COALESCE(unsubscribed_at, created_at)
                            ELSE COALESCE(confirmed_at, created_at) END,
                CASE status WHEN 'active' THEN CAST(? AS TEXT)
                            WHEN 'unsubscribed' THEN CAST(? AS TEXT)
                            ELSE CAST(? AS TEXT) END,
                origin
         FROM subscribers
         WHERE id BETWEEN ? AND ?",
    )
});

/// The first evidence of everybody between two ids, who came in one way if it is told. Who was there before has it.
async fn first_evidence(
    conn: &mut Conn,
    (from, to): (i64, i64),
    alike: Option<(&How, i64)>,
) -> Result<(), Error> {
    let query = match alike {
        Some((how, now)) => sqlx::query(EVIDENCE_ALIKE.on(conn))
            .bind(now)
            .bind(Act::Subscribed.as_str())
            .bind(how.to_string()),
        None => sqlx::query(EVIDENCE_EACH.on(conn))
            .bind(Act::Subscribed.as_str())
            .bind(Act::Unsubscribed.as_str())
            .bind(Act::Asked.as_str()),
    };
    query.bind(from).bind(to).execute(&mut *conn).await?;
    Ok(())
}

async fn left_out(
    conn: &mut Conn,
    ids: &[SubscriberId],
    (from, to): (i64, i64),
) -> Result<Vec<usize>, Error> {
    let there: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM subscribers WHERE id BETWEEN $1 AND $2 ORDER BY id")
            .bind(from)
            .bind(to)
            .fetch_all(&mut *conn)
            .await?;
    let is_there = |id: &SubscriberId| there.binary_search(&id.as_i64()).is_ok();
    let out = ids.iter().enumerate().filter(|(_, id)| !is_there(id));
    Ok(out.map(|(index, _)| index).collect())
}

fn keys(text: &str) -> Text {
    Text::new(text.replace("{keys}", &vec!["?"; AT_ONCE].join(", ")))
}

static FIND: LazyLock<Text> = LazyLock::new(|| {
    keys(
        "SELECT id, address, name, status, created_at, confirmed_at, unsubscribed_at, origin
         FROM subscribers
         WHERE address_key IN ({keys})",
    )
});

/// The people with these address keys, in no order.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub(crate) async fn find(conn: &mut Conn, keys: &[String]) -> Result<Vec<Subscriber>, Error> {
    let mut found = Vec::new();
    for chunk in filled(keys) {
        let query = sqlx::query_as::<_, SubscriberRow>(FIND.on(conn));
        let query = chunk.fold(query, |query, key| query.bind(key.as_str()));
        for row in query.fetch_all(&mut *conn).await? {
            found.push(Subscriber::try_from(row)?);
        }
    }
    Ok(found)
}

static BLOCKS: LazyLock<Text> = LazyLock::new(|| {
    keys(
        "SELECT address_key, reason, since_at, until_at, note, lifted_at, lifted_because
         FROM suppressions
         WHERE address_key IN ({keys})",
    )
});

/// The blocks on these keys that stand at `now`, in no order.
///
/// # Errors
/// When the database fails or holds a reason this version does not know.
pub(crate) async fn blocks(
    conn: &mut Conn,
    keys: &[String],
    now: i64,
) -> Result<Vec<Suppression>, Error> {
    let mut found = Vec::new();
    for chunk in filled(keys) {
        let query = sqlx::query_as::<_, SuppressionRow>(BLOCKS.on(conn));
        let query = chunk.fold(query, |query, key| query.bind(key.as_str()));
        for row in query.fetch_all(&mut *conn).await? {
            let recorded = Recorded::try_from(row)?;
            if recorded.stands(now) {
                found.push(recorded.suppression);
            }
        }
    }
    Ok(found)
}

/// What a look at an address may find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filled {
    /// There are people.
    pub(crate) people: bool,
    /// There are blocks.
    pub(crate) blocks: bool,
    /// There are blocks of people who were erased.
    pub(crate) erased: bool,
}

/// Which tables have anything in them. Until the end of the transaction nobody else blocks an address: a block
/// on somebody whose row is not committed would find nobody to suppress.
///
/// # Errors
/// When the database fails.
pub(crate) async fn begin(conn: &mut Conn) -> Result<Filled, Error> {
    // SQLite has one writer.
    if conn.backend_name() != "SQLite" {
        sqlx::query("LOCK TABLE suppressions IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *conn)
            .await?;
    }
    let (people, blocks, erased): (i64, i64, i64) = sqlx::query_as(
        "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM subscribers) THEN 1 ELSE 0 END AS BIGINT),
                CAST(CASE WHEN EXISTS (SELECT 1 FROM suppressions) THEN 1 ELSE 0 END AS BIGINT),
                CAST(CASE WHEN EXISTS (SELECT 1 FROM suppressions WHERE address_key LIKE 'sha256:%')
                     THEN 1 ELSE 0 END AS BIGINT)",
    )
    .fetch_one(&mut *conn)
    .await?;
    Ok(Filled {
        people: people == 1,
        blocks: blocks == 1,
        erased: erased == 1,
    })
}
