//! One list's life, told on every database we support; it visits every store function.
//!
//! SQLite always; PostgreSQL when `TEST_POSTGRES_URL` is set, which `COURANT_TEST_REQUIRE_POSTGRES`
//! makes a duty. On PostgreSQL the story plays in a schema of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside of test functions fail the test in the same way"
)]

#[path = "story/blocks.rs"]
mod blocks;
#[path = "story/lists.rs"]
mod lists;

use courant_subscribers::{
    Act, Added, Beginning, Conn, Consent, Counting, Digests, EmailAddress, Format, How,
    IllegalStep, MIGRATIONS, NewSubscriber, Outcome, Preferences, Status, Step, SubscriberId,
    Topics,
    audience::{self, Recipient},
    export,
    store::{consents, growth, subscribers},
};
use sqlx::{AssertSqlSafe, Connection, Executor};

const DAY: i64 = 86_400;
const NOW: i64 = 1_790_000_000;

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn id(number: i64) -> SubscriberId {
    SubscriberId::from_i64(number)
}

fn person(number: i64, text: &str, beginning: Beginning, how: How) -> NewSubscriber {
    let mut new = NewSubscriber::new(address(text), beginning, how).unwrap();
    new.id = id(number);
    new
}

async fn sqlite() -> (Conn, tempfile::TempDir) {
    sqlx::any::install_default_drivers();
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("list.db").display()
    );
    let mut conn = Conn::connect(&url).await.unwrap();
    conn.execute("PRAGMA foreign_keys = ON").await.unwrap();
    migrate(&mut conn).await;
    (conn, folder)
}

async fn migrate(conn: &mut Conn) {
    // Twice: a second start must find nothing to do.
    for _ in 0..2 {
        MIGRATIONS.run(&mut *conn).await.unwrap();
    }
}

#[tokio::test]
async fn the_story_on_sqlite() {
    let (mut conn, _folder) = sqlite().await;
    story(&mut conn).await;
}

#[tokio::test]
async fn the_story_on_postgres() {
    let Some(url) = variable("TEST_POSTGRES_URL") else {
        let required = variable("COURANT_TEST_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
        assert!(
            !required,
            "COURANT_TEST_REQUIRE_POSTGRES is set, but TEST_POSTGRES_URL is not"
        );
        return;
    };
    sqlx::any::install_default_drivers();
    let mut conn = Conn::connect(&url).await.unwrap();
    let schema = format!("story_{}", SubscriberId::random().unwrap());
    let run = |sql: String| AssertSqlSafe(sql);
    conn.execute(run(format!("CREATE SCHEMA {schema}")))
        .await
        .unwrap();
    conn.execute(run(format!("SET search_path TO {schema}")))
        .await
        .unwrap();
    migrate(&mut conn).await;
    story(&mut conn).await;
    conn.execute(run(format!("DROP SCHEMA {schema} CASCADE")))
        .await
        .unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test's database is named in the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn story(conn: &mut Conn) {
    people_come(conn).await;
    growth_is_counted(conn).await;
    people_choose(conn).await;
    people_leave_and_come_back(conn).await;
    blocks::addresses_are_blocked(conn).await;
    lists::a_list_is_imported(conn).await;
    lists::everything_is_exported(conn).await;
    a_person_is_erased(conn).await;
    strange_rows_are_named(conn).await;
}

/// Ann signs up and confirms; Bob is added by the operator; a second sign-up changes nothing.
async fn people_come(conn: &mut Conn) {
    let mut ann = person(10, "Annika@Example.org", Beginning::Pending, How::form(""));
    ann.name = Some("Annika\r\nBcc: \0Lee".to_owned());
    assert_eq!(
        subscribers::add(conn, &ann, NOW).await.unwrap(),
        Added::New(id(10))
    );
    assert_eq!(audience::count(conn, ("daily", NOW)).await.unwrap(), 0);

    let again = person(11, "annika@example.ORG", Beginning::Active, How::form(""));
    let Added::Existing(found) = subscribers::add(conn, &again, NOW + 1).await.unwrap() else {
        panic!("a second sign-up must find the first");
    };
    assert_eq!((found.id, found.status), (id(10), Status::Pending));
    assert_eq!(found.name.as_deref(), Some("Annika Bcc: Lee"));
    assert_eq!(found.address.as_str(), "Annika@example.org");

    for expected in [Outcome::Changed, Outcome::Unchanged] {
        let done = subscribers::confirm(conn, id(10), How::Button, NOW + 60)
            .await
            .unwrap();
        assert_eq!(done, expected);
    }
    let nobody = subscribers::confirm(conn, id(99), How::Button, NOW)
        .await
        .unwrap();
    assert_eq!(nobody, Outcome::Unknown);

    let bob = person(
        20,
        "bob@bücher.example",
        Beginning::Active,
        How::CommandLine,
    );
    assert_eq!(
        subscribers::add(conn, &bob, NOW).await.unwrap(),
        Added::New(id(20))
    );

    let ann = subscribers::find_by_id(conn, id(10))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ann.confirmed_at, Some(NOW + 60));
    assert_eq!(
        (ann.created_at, ann.unsubscribed_at, &ann.origin),
        (NOW, None, &How::form(""))
    );
    let same = subscribers::find_by_address(conn, &address("ANNIKA@example.org"))
        .await
        .unwrap();
    assert_eq!(same, Some(ann));
    assert_eq!(
        consents::list(conn, id(10)).await.unwrap(),
        [
            Consent {
                at: NOW,
                act: Act::Asked,
                how: How::form("")
            },
            Consent {
                at: NOW + 60,
                act: Act::Subscribed,
                how: How::Button
            },
        ]
    );
}

/// What came and went by day: Ann asked and agreed, Bob was added, and nobody is blocked.
async fn growth_is_counted(conn: &mut Conn) {
    let day = NOW / DAY;
    let acts = growth::acts(conn, NOW).await.unwrap();
    let acts: Vec<_> = acts.iter().map(|it| (it.day, it.act, it.people)).collect();
    assert_eq!(acts, [(day, Act::Asked, 1), (day, Act::Subscribed, 2)]);
    assert_eq!(growth::acts(conn, NOW + 61).await.unwrap(), []);
    let joined = growth::Joined {
        day,
        people: 2,
        active: 2,
    };
    assert_eq!(growth::joined(conn).await.unwrap(), [joined]);
    assert_eq!(growth::blocked(conn, 0).await.unwrap(), []);
}

/// Bob wants only the weekly digest, as text, uncounted; the audience obeys.
async fn people_choose(conn: &mut Conn) {
    let chosen = subscribers::preferences(conn, id(20)).await.unwrap();
    assert_eq!(chosen, Some(Preferences::default()));
    let chosen = Preferences {
        digests: Digests::Only(vec!["weekly".to_owned(), "sport".to_owned()]),
        topics: Topics::of(["World news"]),
        format: Format::Text,
        counting: Counting::Declined,
        time_zone: Some("Asia/Tokyo".to_owned()),
        language: Some("ja".to_owned()),
        paused_until: None,
    };
    for expected in [Outcome::Changed, Outcome::Unchanged] {
        assert_eq!(
            subscribers::save_preferences(conn, id(20), &chosen)
                .await
                .unwrap(),
            expected
        );
    }
    assert_eq!(
        subscribers::preferences(conn, id(20)).await.unwrap(),
        Some(chosen.clone())
    );
    // Those of everybody who wants everything are not asked for.
    let wanted = audience::topics(conn, (i64::MIN, i64::MAX)).await.unwrap();
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[&20], chosen.topics);
    let nobody = subscribers::save_preferences(conn, id(99), &chosen)
        .await
        .unwrap();
    assert_eq!(nobody, Outcome::Unknown);

    assert_eq!(
        subscribers::set_name(conn, id(20), Some(" Bob "))
            .await
            .unwrap(),
        Outcome::Changed
    );
    assert_eq!(
        subscribers::set_name(conn, id(20), Some("Bob"))
            .await
            .unwrap(),
        Outcome::Unchanged
    );
    assert_eq!(
        subscribers::set_name(conn, id(99), None).await.unwrap(),
        Outcome::Unknown
    );

    assert_eq!(mailed(conn, "daily").await, [10]);
    assert_eq!(mailed(conn, "weekly").await, [10, 20]);
    // A part of a name, and characters that LIKE would read as wildcards, find nobody.
    for digest in ["week", "w%", "Weekly", "_port"] {
        assert_eq!(mailed(conn, digest).await, [10], "{digest}");
    }
    let second = audience::page(conn, ("weekly", NOW), Some(id(10)), 10)
        .await
        .unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].address.as_str(), "bob@xn--bcher-kva.example");
    assert_eq!(second[0].name.as_deref(), Some("Bob"));
    assert_eq!(
        (second[0].format, second[0].counting),
        (Format::Text, Counting::Declined)
    );
    assert_eq!(second[0].subscribed_at, NOW);
    assert!(
        audience::page(conn, ("weekly", NOW), Some(id(20)), 10)
            .await
            .unwrap()
            .is_empty()
    );

    let none = Preferences {
        digests: Digests::Only(Vec::new()),
        ..chosen
    };
    let done = subscribers::save_preferences(conn, id(20), &none)
        .await
        .unwrap();
    assert_eq!(done, Outcome::Changed);
    assert_eq!(
        subscribers::preferences(conn, id(20)).await.unwrap(),
        Some(none)
    );
    assert_eq!(mailed(conn, "weekly").await, [10]);
    for (until, mails) in [(NOW + 1, false), (NOW, true)] {
        let paused = Preferences {
            paused_until: Some(until),
            ..Preferences::default()
        };
        let done = subscribers::save_preferences(conn, id(20), &paused).await;
        assert_eq!(done.unwrap(), Outcome::Changed);
        assert_eq!(mailed(conn, "weekly").await.contains(&20), mails, "{until}");
    }
    let default = Preferences::default();
    let done = subscribers::save_preferences(conn, id(20), &default)
        .await
        .unwrap();
    assert_eq!(done, Outcome::Changed);
}

/// Pages of one, so that paging itself is told; checked against the count and the late question.
async fn mailed(conn: &mut Conn, digest: &str) -> Vec<i64> {
    let (mut people, mut after) = (Vec::new(), None);
    while let Some(one) = audience::page(conn, (digest, NOW), after, 1)
        .await
        .unwrap()
        .pop()
    {
        let late = audience::still_mailable(conn, one.id, (digest, NOW))
            .await
            .unwrap();
        assert_eq!(late.as_ref(), Some(&one));
        after = Some(one.id);
        people.push(one);
    }
    let count = audience::count(conn, (digest, NOW)).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), people.len());
    let everybody: Vec<_> = (0..300).map(id).collect();
    let late = audience::all_still_mailable(conn, &everybody, (digest, NOW)).await;
    let mut late = late.unwrap();
    late.sort_unstable_by_key(|one| one.id);
    assert_eq!(late, people);
    let ids: Vec<_> = people.iter().map(|one| one.id).collect();
    let domains = audience::domains(conn, &ids).await.unwrap();
    let of = |one: &Recipient| one.address.as_str().rsplit('@').next().map(str::to_owned);
    assert!(
        people
            .iter()
            .all(|one| domains.get(&one.id.as_i64()) == of(one).as_ref())
    );
    ids.into_iter().map(SubscriberId::as_i64).collect()
}

/// Ann leaves by one click, twice; takes it back; only what happened is recorded.
async fn people_leave_and_come_back(conn: &mut Conn) {
    for expected in [Outcome::Changed, Outcome::Unchanged] {
        let done = subscribers::unsubscribe(conn, id(10), How::OneClick, NOW + DAY)
            .await
            .unwrap();
        assert_eq!(done, expected);
    }
    let ann = subscribers::find_by_id(conn, id(10))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (ann.status, ann.unsubscribed_at),
        (Status::Unsubscribed, Some(NOW + DAY))
    );
    assert_eq!(mailed(conn, "daily").await, [20]);
    assert_eq!(
        audience::still_mailable(conn, id(10), ("daily", NOW))
            .await
            .unwrap(),
        None
    );
    // A goodbye may still be said.
    let reached = audience::recipients(conn, &[id(99), id(20), id(10)])
        .await
        .unwrap();
    assert_eq!(
        reached.iter().map(|r| r.id).collect::<Vec<_>>(),
        [id(20), id(10)]
    );

    let refused = IllegalStep {
        from: Status::Unsubscribed,
        step: Step::Confirm,
    };
    let done = subscribers::confirm(conn, id(10), How::Button, NOW + DAY)
        .await
        .unwrap();
    assert_eq!(done, Outcome::Refused(refused));
    for expected in [Outcome::Changed, Outcome::Unchanged] {
        let done = subscribers::resubscribe(conn, id(10), How::Button, NOW + DAY)
            .await
            .unwrap();
        assert_eq!(done, expected);
    }
    let ann = subscribers::find_by_id(conn, id(10))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((ann.status, ann.unsubscribed_at), (Status::Active, None));
    assert_eq!(ann.confirmed_at, Some(NOW + 60));
    let acts = consents::list(conn, id(10)).await.unwrap();
    assert_eq!(
        acts[2..],
        [
            Consent {
                at: NOW + DAY,
                act: Act::Unsubscribed,
                how: How::OneClick
            },
            Consent {
                at: NOW + DAY,
                act: Act::Resubscribed,
                how: How::Button
            },
        ]
    );
}

/// Dee is erased with everything about her, except the promise not to mail her.
async fn a_person_is_erased(conn: &mut Conn) {
    for expected in [Outcome::Changed, Outcome::Unknown] {
        assert_eq!(
            subscribers::forget(conn, id(40), NOW).await.unwrap(),
            expected
        );
    }
    assert_eq!(subscribers::find_by_id(conn, id(40)).await.unwrap(), None);
    assert_eq!(subscribers::preferences(conn, id(40)).await.unwrap(), None);
    assert_eq!(consents::list(conn, id(40)).await.unwrap(), []);
    let held = export::held(conn, &address("dee@example.org"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(held.subscriber, None);
    let kept = held.suppression.unwrap().suppression.key;
    assert!(
        kept.starts_with("sha256:") && !kept.contains("dee"),
        "{kept}"
    );
    let new = NewSubscriber::new(
        address("dee@example.org"),
        Beginning::Active,
        How::CommandLine,
    );
    let again = subscribers::add(conn, &new.unwrap(), NOW).await.unwrap();
    assert!(
        matches!(again, Added::Suppressed(_)),
        "no list brings her back: {again:?}"
    );
    let nothing = export::held(conn, &address("stranger@example.org"))
        .await
        .unwrap();
    assert_eq!(nothing, None);
    let done = subscribers::unsubscribe(conn, id(40), How::OneClick, NOW)
        .await
        .unwrap();
    assert_eq!(done, Outcome::Unknown);
}

/// A value of a newer version is named by table, id and value; a taken id is told apart.
async fn strange_rows_are_named(conn: &mut Conn) {
    conn.execute("UPDATE subscribers SET origin = 'pigeon' WHERE id = 10")
        .await
        .unwrap();
    let error = subscribers::find_by_id(conn, id(10)).await.unwrap_err();
    let words = "subscribers 10 holds \"pigeon\", which this version does not know";
    assert_eq!(
        (error.to_string().as_str(), error.is_temporary()),
        (words, false)
    );

    let clash = person(10, "new@example.org", Beginning::Active, How::form(""));
    let error = subscribers::add(conn, &clash, NOW).await.unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert!(
        error
            .database_code()
            .is_some_and(|code| code == "23505" || code == "1555")
    );
}

/// A reader clicks twice, and two processes answer.
#[tokio::test]
async fn two_unsubscribes_at_once_are_recorded_once() {
    let (mut conn, folder) = sqlite().await;
    let ann = person(10, "ann@example.org", Beginning::Active, How::form(""));
    assert_eq!(
        subscribers::add(&mut conn, &ann, NOW).await.unwrap(),
        Added::New(id(10))
    );
    let url = format!("sqlite://{}", folder.path().join("list.db").display());
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let mut conn = Conn::connect(&url).await.unwrap();
                conn.execute("BEGIN IMMEDIATE").await.unwrap();
                let done = subscribers::unsubscribe(&mut conn, id(10), How::OneClick, NOW).await;
                conn.execute("COMMIT").await.unwrap();
                done.unwrap()
            })
        })
        .collect();
    let mut changed = 0;
    for task in tasks {
        changed += u32::from(task.await.unwrap() == Outcome::Changed);
    }
    assert_eq!(changed, 1);
    assert_eq!(consents::list(&mut conn, id(10)).await.unwrap().len(), 2);
}

#[test]
fn the_story_visits_every_store_function() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapters = [
        "tests/story.rs",
        "tests/story/blocks.rs",
        "tests/story/lists.rs",
    ];
    let story = chapters
        .map(|file| std::fs::read_to_string(here.join(file)).unwrap())
        .concat();
    let mut names = Vec::new();
    for file in std::fs::read_dir(here.join("src/store")).unwrap() {
        let path = file.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // Preferences are called through the subscribers they belong to.
        let module = if module == "preferences" {
            "subscribers".to_owned()
        } else {
            module
        };
        let text = std::fs::read_to_string(&path).unwrap();
        for (_, rest) in text
            .match_indices("pub async fn ")
            .map(|(at, f)| text.split_at(at + f.len()))
        {
            names.push(format!(
                "{module}::{}(",
                rest.split(['(', '<']).next().unwrap()
            ));
        }
    }
    assert!(names.len() > 20, "{names:?}");
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !story.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "the story does not visit {missing:?}");
}
